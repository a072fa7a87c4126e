package whatsapp

import (
	"bytes"
	"errors"
	"image"
	"image/png"
	"strings"
	"testing"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"google.golang.org/protobuf/proto"
	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/bridgev2/status"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/connectors/whatsapp/whatsapptest"
	"passerelle/portal"
)

const (
	alice = id.UserID("@alice:" + domain)
	carol = id.UserID("@carol:" + domain)

	aliceNumber = "+33612345678"
	bobNumber   = "+4917012345678"
	carolNumber = "+33698765432"
)

func ghostOf(phone *whatsapptest.Phone) id.UserID { return ghostMXID(userID(phone.LID())) }

func somePicture(t *testing.T) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := png.Encode(&out, image.NewGray(image.Rect(0, 0, 4, 3))); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestAliceAndBobTalk(t *testing.T) {
	w := newWorld(t)
	alicesPhone, bob := w.phones.MustAddPerson(aliceNumber, "Alice"), w.phones.MustAddPerson(bobNumber, "Bob")
	a := w.link(alice, alicesPhone)
	w.matrix.becomes(t, status.StateConnected)
	if devices := alicesPhone.Devices(); len(devices) != 1 {
		t.Errorf("Alice's phone lists %+v, want the bridge", devices)
	}

	must[string](t)(bob.Send(t.Context(), aliceNumber, "Moin Alice"))
	in, moin := w.hears("Moin Alice")
	if moin.by != ghostOf(bob) || moin.content.MsgType != event.MsgText || !in.direct || in.name != "" {
		t.Errorf("Bob's words come from %s, as %s, into %+v", moin.by, moin.content.MsgType, in)
	}
	if in.members[alice] == "" || in.members[ghostOf(bob)] != event.MembershipJoin {
		t.Errorf("in the room are %v", in.members)
	}
	if got := w.matrix.profiles[ghostOf(bob)]; got != "Bob (WhatsApp)" {
		t.Errorf("Bob's ghost is called %q", got)
	}
	for _, name := range []string{string(ghostOf(bob)), w.matrix.profiles[ghostOf(bob)], string(in.id)} {
		if strings.Contains(name, "17012345678") {
			t.Errorf("%q holds Bob's phone number", name)
		}
	}
	if ghost := must[*bridgev2.Ghost](t)(w.bridge.GetGhostByID(t.Context(), userID(bob.LID()))); ghost.Metadata.(*GhostMetadata).Phone != "4917012345678" || len(ghost.Identifiers) != 0 {
		t.Errorf("of Bob is kept %+v, and published %v", ghost.Metadata, ghost.Identifiers)
	}

	hello := w.says(in, alice, text("Bonjour Bob"))
	heard := must[whatsapptest.Entry](t)(bob.WaitForText(deadline(t), "Bonjour Bob"))
	if "+"+heard.From != aliceNumber || heard.ID != outgoingID(hello) {
		t.Errorf("Bob hears it from %s as %s", heard.From, heard.ID)
	}
	if got := w.matrix.outcome(t, hello); got.Status != event.MessageStatusSuccess {
		t.Errorf("Alice's message is %+v", got)
	}
	// What Alice writes on her phone is hers in the room, too.
	must[string](t)(alicesPhone.Send(t.Context(), bobNumber, "From the train"))
	if same, train := w.hears("From the train"); same != in || train.by != ghostOf(alicesPhone) {
		t.Errorf("Alice's words from her phone come from %s into %s", train.by, same.id)
	}
	// An answer names what it answers, both ways.
	answer := text("Ja")
	answer.RelatesTo = (&event.RelatesTo{}).SetReplyTo(moin.id)
	w.says(in, alice, answer)
	if got := must[whatsapptest.Entry](t)(bob.WaitForText(deadline(t), "Ja")); got.Quoted == "" {
		t.Errorf("Bob hears %+v, want an answer", got)
	}
	must[string](t)(bob.Reply(t.Context(), aliceNumber, heard.ID, "Ach so"))
	if _, got := w.hears("Ach so"); got.content.RelatesTo.GetReplyTo() != hello {
		t.Errorf("Bob's answer answers %q, want %q", got.content.RelatesTo.GetReplyTo(), hello)
	}
	w.eventually("the inbox to be empty", func() bool { return w.inbox.waiting() == 0 })
	if failed := w.inbox.errors(); len(failed) != 0 {
		t.Errorf("deliveries failed with %v", failed)
	}
	if !a.IsLoggedIn() || a.GetUserID() != userID(alicesPhone.LID()) {
		t.Errorf("the login belongs to %s", a.GetUserID())
	}
}

func TestPicturesGoBothWays(t *testing.T) {
	w := newWorld(t)
	bob := w.phones.MustAddPerson(bobNumber, "Bob")
	w.link(alice, w.phones.MustAddPerson(aliceNumber, "Alice"))
	picture := somePicture(t)

	must[string](t)(bob.SendImage(t.Context(), aliceNumber, whatsapptest.Image{Data: picture, Caption: "The lake"}))
	in, lake := w.hears("The lake")
	if lake.content.MsgType != event.MsgImage || !bytes.Equal(w.matrix.files[lake.content.URL], picture) {
		t.Errorf("Bob's picture comes as %+v", lake.content)
	}

	w.matrix.change(func() { w.matrix.files["mxc://mine"] = picture })
	w.says(in, alice, &event.MessageEventContent{
		MsgType: event.MsgImage, Body: "The hill", FileName: "hill.png", URL: "mxc://mine",
		Info: &event.FileInfo{MimeType: "image/png", Size: len(picture), Width: 4, Height: 3},
	})
	hill := must[whatsapptest.Entry](t)(bob.WaitForText(deadline(t), "The hill"))
	if hill.Kind != "image" || hill.Media == nil || !bytes.Equal(hill.Media.Data(), picture) {
		t.Errorf("Alice's picture comes as %+v", hill)
	}
	for _, d := range w.policy.decisions {
		if d.Kind == portal.KindMedia && d.Size != int64(len(picture)) {
			t.Errorf("the gate wrote down %+v", d)
		}
	}
}

func TestAGroupIsOneRoomForTwoMembersOfStaff(t *testing.T) {
	w := newWorld(t)
	alicesPhone, carolsPhone := w.phones.MustAddPerson(aliceNumber, "Alice"), w.phones.MustAddPerson(carolNumber, "Carol")
	bob := w.phones.MustAddPerson(bobNumber, "Bob")
	w.link(alice, alicesPhone)
	w.link(carol, carolsPhone)
	group := must[string](t)(bob.CreateGroup("Harbour works", aliceNumber, carolNumber))
	must[string](t)(bob.Send(t.Context(), group, "Welcome"))
	in, _ := w.hears("Welcome")
	if in.name != "Harbour works" || in.direct {
		t.Errorf("the group's room is %+v", in)
	}
	w.matrix.wait(t, "everybody to be in the room", func() bool {
		return in.members[alice] != "" && in.members[carol] != "" && in.members[ghostOf(bob)] == event.MembershipJoin
	})
	if got := in.levels.GetUserLevel(ghostOf(bob)); got < levelAdmin {
		t.Errorf("the group's founder has level %d", got)
	}
	w.says(in, alice, text("Thanks"))
	must[whatsapptest.Entry](t)(bob.WaitForText(deadline(t), "Thanks"))
	w.says(in, carol, text("Me too"))
	must[whatsapptest.Entry](t)(bob.WaitForText(deadline(t), "Me too"))
	must[string](t)(bob.Send(t.Context(), group, "Bye"))
	w.hears("Bye")
	if err := bob.SetSubject(group, "Harbour, finished"); err != nil {
		t.Fatal(err)
	}
	w.matrix.wait(t, "the new name", func() bool { return in.name == "Harbour, finished" })
	// Each word stands once, though both logins brought it.
	must[string](t)(bob.Send(t.Context(), group, "Last word"))
	w.hears("Last word")
	w.matrix.wait(t, "each word once", func() bool {
		if len(w.matrix.rooms) != 1 {
			t.Errorf("there are %d rooms", len(w.matrix.rooms))
		}
		seen := map[string]int{}
		for _, s := range in.said {
			seen[s.content.Body]++
		}
		for body, times := range seen {
			if times != 1 {
				t.Errorf("%q stands %d times", body, times)
			}
		}
		return true
	})
}

func TestWhatTheBridgeCannotShowIsANotice(t *testing.T) {
	w := newWorld(t)
	bob := w.phones.MustAddPerson(bobNumber, "Bob")
	w.link(alice, w.phones.MustAddPerson(aliceNumber, "Alice"))
	must[string](t)(bob.SendMessage(t.Context(), aliceNumber, &waE2E.Message{LocationMessage: &waE2E.LocationMessage{DegreesLatitude: proto.Float64(50)}}))
	_, notice := w.hears("This message can only be read on the phone. Open WhatsApp there.")
	if notice.content.MsgType != event.MsgNotice || notice.by != ghostOf(bob) {
		t.Errorf("the notice is %+v by %s", notice.content, notice.by)
	}
	// A file that is gone is said, too.
	must[string](t)(bob.SendMessage(t.Context(), aliceNumber, &waE2E.Message{ImageMessage: &waE2E.ImageMessage{
		DirectPath: proto.String("/v/gone?x"), MediaKey: make([]byte, 32), FileEncSHA256: make([]byte, 32), FileSHA256: make([]byte, 32),
		Mimetype: proto.String("image/png"),
	}}))
	w.hears("A file could not be fetched from WhatsApp. Ask the sender to send it again.")
	w.connector.SetMaxFileSize(10)
	must[string](t)(bob.SendImage(t.Context(), aliceNumber, whatsapptest.Image{Data: somePicture(t)}))
	w.matrix.wait(t, "the notice about the size", func() bool {
		for _, r := range w.matrix.rooms {
			for _, s := range r.said {
				if strings.HasPrefix(s.content.Body, "This file is too large") {
					return true
				}
			}
		}
		return false
	})
}

func TestTheGateStandsInBothWays(t *testing.T) {
	w := newWorld(t)
	bob := w.phones.MustAddPerson(bobNumber, "Bob")
	w.link(alice, w.phones.MustAddPerson(aliceNumber, "Alice"))
	w.policy.set(func(c portal.Crossing) bool { return strings.Contains(c.Text, "secret") }, nil)

	must[string](t)(bob.Send(t.Context(), aliceNumber, "a secret"))
	in, _ := w.hears("A message from WhatsApp was withheld by your administration’s rules.")
	told := w.says(in, alice, text("another secret"))
	got := w.matrix.outcome(t, told)
	if got.Status != event.MessageStatusFail || !got.SendNotice || !strings.Contains(got.Message, "rules") {
		t.Errorf("Alice reads %+v", got)
	}
	w.says(in, alice, text("nothing much"))
	must[whatsapptest.Entry](t)(bob.WaitForText(deadline(t), "nothing much"))
	for _, entry := range bob.Inbox() {
		if !entry.FromMe && strings.Contains(entry.Text, "secret") {
			t.Errorf("Bob hears %q", entry.Text)
		}
	}

	// When no decision can be made, a message waits; when not even a notice may pass, it is done with.
	w.policy.set(nil, errors.New("the rules cannot be read"))
	must[string](t)(bob.Send(t.Context(), aliceNumber, "patience"))
	w.eventually("an attempt that failed", func() bool { return len(w.inbox.errors()) > 0 })
	w.policy.set(nil, nil)
	w.hears("patience")
	w.policy.set(func(portal.Crossing) bool { return true }, nil)
	must[string](t)(bob.Send(t.Context(), aliceNumber, "into nothing"))
	w.eventually("the inbox to be empty", func() bool { return w.inbox.waiting() == 0 })
}
