package whatsapp

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/png"
	"slices"
	"strings"
	"testing"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
	"google.golang.org/protobuf/proto"
	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/bridgev2/networkid"
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

// deadline returns a context that ends with the test or with the patience of one wait.
func deadline(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

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

func TestAReplayIsNoSecondMessage(t *testing.T) {
	w := newWorld(t)
	alicesPhone, bob := w.phones.MustAddPerson(aliceNumber, "Alice"), w.phones.MustAddPerson(bobNumber, "Bob")
	a := w.link(alice, alicesPhone)
	must[string](t)(bob.Send(t.Context(), aliceNumber, "Once"))
	in, _ := w.hears("Once")

	// Out: the same event again, and its row lost.
	twice := w.says(in, alice, text("Twice?"))
	w.matrix.outcome(t, twice)
	sent := messageID{chat: portalID(bob.LID()), sender: a.GetUserID(), id: outgoingID(twice)}
	if err := w.bridge.DB.Message.DeleteAllParts(t.Context(), a.login.ID, sent.networkID()); err != nil {
		t.Fatal(err)
	}
	w.sends(in, alice, twice, text("Twice?"))
	w.says(in, alice, text("Afterwards"))
	must[whatsapptest.Entry](t)(bob.WaitForText(deadline(t), "Afterwards"))
	count := 0
	for _, entry := range bob.Inbox() {
		if entry.Text == "Twice?" {
			count++
		}
	}
	if count != 1 {
		t.Errorf("Bob hears it %d times, want once", count)
	}

	// In: the same arrival again.
	came := must[*arrival](t)(arrivalOf(textFromBob(), &waE2E.Message{Conversation: proto.String("Again")}))
	payload := must[[]byte](t)(came.encode())
	for range 2 {
		if err := w.connector.Deliver(t.Context(), portal.Arrival{Login: string(a.login.ID), Payload: payload}); err != nil {
			t.Fatal(err)
		}
	}
	again := 0
	w.hears("Again")
	w.matrix.wait(t, "the room", func() bool {
		for _, r := range w.matrix.rooms {
			for _, s := range r.said {
				if s.content.Body == "Again" {
					again++
				}
			}
		}
		return true
	})
	if again != 1 {
		t.Errorf("Alice hears it %d times, want once", again)
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

func TestWhatCannotBeReadYetFollows(t *testing.T) {
	w := newWorld(t)
	bob := w.phones.MustAddPerson(bobNumber, "Bob")
	a := w.link(alice, w.phones.MustAddPerson(aliceNumber, "Alice"))
	info := textFromBob()
	info.Sender, info.Chat, info.SenderAlt = bob.LID(), bob.LID(), bob.PN()
	a.handle(&events.UndecryptableMessage{Info: *info, DecryptFailMode: events.DecryptFailHide})
	a.handle(&events.UndecryptableMessage{Info: *info})
	_, waiting := w.hears("A message cannot be read yet. It has been asked for again and will follow.")
	a.handle((&events.Message{Info: *info, RetryCount: 1, RawMessage: &waE2E.Message{Conversation: proto.String("Here I am")}}).UnwrapRaw())
	w.hears("Here I am")
	w.matrix.wait(t, "the notice to go", func() bool { return slices.Contains(w.matrix.redacted, waiting.id) })
	info.ID = "3EB0CC"
	a.handle(&events.UndecryptableMessage{Info: *info, IsUnavailable: true, UnavailableType: events.UnavailableTypeViewOnce})
	w.hears("This message can only be read on the phone. Open WhatsApp there.")
}

func TestAPersonKnownByNumberIsTheSamePerson(t *testing.T) {
	w := newWorld(t)
	bob := w.phones.MustAddPerson(bobNumber, "Bob")
	a := w.link(alice, w.phones.MustAddPerson(aliceNumber, "Alice"))
	byNumber := textFromBob()
	byNumber.Chat, byNumber.Sender, byNumber.SenderAlt = bob.PN(), bob.PN(), types.EmptyJID
	a.handle((&events.Message{Info: *byNumber, RawMessage: &waE2E.Message{Conversation: proto.String("By number")}}).UnwrapRaw())
	in, said := w.hears("By number")
	if said.by != ghostOf(bob) {
		t.Errorf("Bob is %s, want %s", said.by, ghostOf(bob))
	}
	must[string](t)(bob.Send(t.Context(), aliceNumber, "By LID"))
	if same, _ := w.hears("By LID"); same != in {
		t.Errorf("Bob has two rooms: %s and %s", in.id, same.id)
	}
	for id := range w.inbox.seen {
		if strings.Contains(id, "17012345678") {
			t.Errorf("the inbox names an arrival %q", id)
		}
	}
}

func TestAnOldGroupCanBeAnswered(t *testing.T) {
	w := newWorld(t)
	bob := w.phones.MustAddPerson(bobNumber, "Bob")
	a := w.link(alice, w.phones.MustAddPerson(aliceNumber, "Alice"))
	old := types.NewJID("4917012345678-1400000000", types.GroupServer)
	info := textFromBob()
	info.Chat, info.IsGroup, info.Sender = old, true, bob.LID()
	a.handle((&events.Message{Info: *info, RawMessage: &waE2E.Message{Conversation: proto.String("As ever")}}).UnwrapRaw())
	w.hears("As ever")
	room := must[*bridgev2.Portal](t)(w.bridge.GetPortalByKey(t.Context(), portalKey(old, a.login.ID)))
	if chat, err := chatOf(room.ID, room.Metadata.(*PortalMetadata)); err != nil || chat != old {
		t.Errorf("the room leads to %s, %v; want %s", chat, err, old)
	}
}

func TestAMessageThatBridgev2DropsIsDeliveredAgain(t *testing.T) {
	w := newWorld(t)
	bob := w.phones.MustAddPerson(bobNumber, "Bob")
	w.link(alice, w.phones.MustAddPerson(aliceNumber, "Alice"))
	must[string](t)(bob.Send(t.Context(), aliceNumber, "before"))
	w.hears("before")
	w.eventually("the inbox to be empty", func() bool { return w.inbox.waiting() == 0 })
	w.connector.stalls = 0
	panics := 1
	w.matrix.setFail(func(asked string) error {
		if asked == "send" && panics > 0 {
			panics--
			panic("bridgev2 falls over")
		}
		return nil
	})
	must[string](t)(bob.Send(t.Context(), aliceNumber, "in spite of all"))
	w.hears("in spite of all")
	w.eventually("the inbox to be empty", func() bool { return w.inbox.waiting() == 0 })
	if failed := w.inbox.errors(); len(failed) == 0 || !errors.Is(failed[0], errDropped) {
		t.Errorf("deliveries failed with %v, want %v first", failed, errDropped)
	}
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

func TestAMessageWaitsForTheHomeserver(t *testing.T) {
	w := newWorld(t)
	bob := w.phones.MustAddPerson(bobNumber, "Bob")
	w.link(alice, w.phones.MustAddPerson(aliceNumber, "Alice"))
	for _, what := range []string{"create", "send", "upload"} {
		before := len(w.inbox.errors())
		w.matrix.setFail(func(asked string) error {
			if asked == what {
				return errors.New("the homeserver is away")
			}
			return nil
		})
		must[string](t)(bob.SendImage(t.Context(), aliceNumber, whatsapptest.Image{Data: somePicture(t), Caption: "in spite of " + what}))
		w.eventually("two attempts that failed", func() bool { return len(w.inbox.errors()) >= before+2 })
		w.matrix.setFail(nil)
		w.hears("in spite of " + what)
	}
	w.eventually("the inbox to be empty", func() bool { return w.inbox.waiting() == 0 })
	for _, r := range w.matrix.rooms {
		for _, s := range r.said {
			if s.content.MsgType == event.MsgNotice {
				t.Errorf("meanwhile the room says %q", s.content.Body)
			}
		}
	}
}

func TestWhatsAppIsNotToldOfWhatIsNotStored(t *testing.T) {
	w := newWorld(t)
	alicesPhone, bob := w.phones.MustAddPerson(aliceNumber, "Alice"), w.phones.MustAddPerson(bobNumber, "Bob")
	a := w.link(alice, alicesPhone)
	w.inbox.setFail(errors.New("the disk is full"))
	must[string](t)(bob.Send(t.Context(), aliceNumber, "do not lose me"))
	// The message is decrypted and cannot be stored; the bridge stops, and starts with room on the disk.
	w.eventually("the message to be decrypted", func() bool {
		var rows int
		err := w.bridge.DB.QueryRow(t.Context(), "SELECT COUNT(*) FROM whatsmeow_event_buffer WHERE plaintext IS NOT NULL").Scan(&rows)
		return err == nil && rows == 1
	})
	var row []byte
	if err := w.bridge.DB.QueryRow(t.Context(), "SELECT plaintext FROM whatsmeow_event_buffer").Scan(&row); err != nil || bytes.Contains(row, []byte("lose me")) {
		t.Errorf("the database holds %q, %v", row, err)
	}
	w.stop()
	if a.begin() {
		t.Error("the account goes on after the stop")
	}
	w.inbox.setFail(nil)
	w.start()
	w.hears("do not lose me")
}

func TestTheConnectionComesBack(t *testing.T) {
	w := newWorld(t)
	alicesPhone, bob := w.phones.MustAddPerson(aliceNumber, "Alice"), w.phones.MustAddPerson(bobNumber, "Bob")
	w.link(alice, alicesPhone)
	must[string](t)(bob.Send(t.Context(), aliceNumber, "before"))
	in, _ := w.hears("before")
	if err := alicesPhone.Cut(alicesPhone.Devices()[0].ID); err != nil {
		t.Fatal(err)
	}
	w.says(in, alice, text("meanwhile"))
	must[whatsapptest.Entry](t)(bob.WaitForText(deadline(t), "meanwhile"))
	must[string](t)(bob.Send(t.Context(), aliceNumber, "after"))
	w.hears("after")
	w.matrix.becomes(t, status.StateConnected)
}

func TestTroubleIsSaid(t *testing.T) {
	w := newWorld(t)
	alicesPhone := w.phones.MustAddPerson(aliceNumber, "Alice")
	w.link(alice, alicesPhone)
	device := alicesPhone.Devices()[0].ID
	for name, c := range map[string]struct {
		happens func() error
		refusal whatsapptest.Refusal
		state   status.BridgeStateEvent
		says    string
	}{
		"used elsewhere": {happens: func() error { return alicesPhone.ReplaceStream(device) }, state: status.StateUnknownError, says: "another program"},
		"suspended":      {refusal: whatsapptest.Refusal{Reason: 402, Code: 101, Expire: 3600e9}, state: status.StateUnknownError, says: "suspended"},
		"outdated":       {refusal: whatsapptest.Refusal{Reason: 405}, state: status.StateUnknownError, says: "newer version"},
		"refused":        {refusal: whatsapptest.Refusal{Reason: 400}, state: status.StateUnknownError, says: "refused"},
		"busy":           {refusal: whatsapptest.Refusal{Reason: 503}, state: status.StateConnected},
		"sent away":      {happens: func() error { return alicesPhone.StreamError(device, "515") }, state: status.StateConnected},
		"restarting":     {happens: func() error { return alicesPhone.StreamError(device, "503") }, state: status.StateConnected},
	} {
		w.stop()
		if c.refusal.Reason != 0 {
			if err := alicesPhone.RefuseLogin(device, c.refusal); err != nil {
				t.Fatal(err)
			}
		}
		w.matrix.change(func() { w.matrix.states = nil })
		w.start()
		if c.happens != nil {
			w.matrix.becomes(t, status.StateConnected)
			w.matrix.change(func() { w.matrix.states = nil })
			if err := c.happens(); err != nil {
				t.Fatal(err)
			}
		}
		if got := w.matrix.becomes(t, c.state); !strings.Contains(got.Message, c.says) {
			t.Errorf("%s: Alice reads %q, want something about %q", name, got.Message, c.says)
		}
		if err := alicesPhone.ClearFaults(device); err != nil {
			t.Fatal(err)
		}
	}
}

func TestTheLinkIsRemovedOnThePhone(t *testing.T) {
	w := newWorld(t)
	alicesPhone, bob := w.phones.MustAddPerson(aliceNumber, "Alice"), w.phones.MustAddPerson(bobNumber, "Bob")
	a := w.link(alice, alicesPhone)
	must[string](t)(bob.Send(t.Context(), aliceNumber, "before"))
	in, _ := w.hears("before")
	w.matrix.becomes(t, status.StateConnected)
	if err := alicesPhone.Unlink(alicesPhone.Devices()[0].ID); err != nil {
		t.Fatal(err)
	}
	state := w.matrix.becomes(t, status.StateBadCredentials)
	if !strings.HasPrefix(state.Message, "You are logged out of WhatsApp") || state.UserAction != status.UserActionRelogin {
		t.Errorf("Alice reads %+v", state)
	}
	if a.IsLoggedIn() {
		t.Error("the login says that it is logged in")
	}
	// The same after a start; then Alice links again, and the room is the same one.
	w.stop()
	w.start()
	w.matrix.becomes(t, status.StateBadCredentials)
	w.link(alice, alicesPhone)
	w.matrix.becomes(t, status.StateConnected)
	must[string](t)(bob.Send(t.Context(), aliceNumber, "again"))
	if same, _ := w.hears("again"); same.id != in.id {
		t.Errorf("after the new link Bob writes into %s, want %s", same.id, in.id)
	}
}

func TestAliceLogsOut(t *testing.T) {
	w := newWorld(t)
	alicesPhone := w.phones.MustAddPerson(aliceNumber, "Alice")
	a := w.link(alice, alicesPhone)
	a.login.Logout(t.Context())
	if devices := alicesPhone.Devices(); len(devices) != 0 {
		t.Errorf("the phone still lists %+v", devices)
	}
	if rows, err := w.connector.devices.GetAllDevices(t.Context()); err != nil || len(rows) != 0 {
		t.Errorf("the keys of %d devices are kept, %v", len(rows), err)
	}
	err := w.connector.Deliver(t.Context(), portal.Arrival{Login: string(a.login.ID), Payload: []byte(`{"v":1,"chat":"1@lid","sender":"1@lid","id":"A"}`)})
	if !portal.IsPermanent(err) {
		t.Errorf("what waits for a login that is gone fails with %v, want for good", err)
	}
}

func TestLinkingAgainTakesThePlaceOfTheFirstLink(t *testing.T) {
	w := newWorld(t)
	alicesPhone := w.phones.MustAddPerson(aliceNumber, "Alice")
	first := w.link(alice, alicesPhone)
	second := w.link(alice, alicesPhone)
	if first.login != second.login {
		t.Error("one account has two logins")
	}
	if devices := alicesPhone.Devices(); len(devices) != 1 {
		t.Errorf("the phone lists %+v, want one", devices)
	}
}

func TestAnAccountBelongsToOneMemberOfStaff(t *testing.T) {
	w := newWorld(t)
	alicesPhone := w.phones.MustAddPerson(aliceNumber, "Alice")
	a := w.link(alice, alicesPhone)
	user := must[*bridgev2.User](t)(w.bridge.GetUserByMXID(t.Context(), carol))
	process := must[bridgev2.LoginProcess](t)(w.connector.CreateLogin(t.Context(), user, flowQR))
	step := must[*bridgev2.LoginStep](t)(process.Start(t.Context()))
	must[whatsapptest.DeviceInfo](t)(alicesPhone.ScanQR(t.Context(), step.DisplayAndWaitParams.Data))
	if _, err := process.(bridgev2.LoginProcessDisplayAndWait).Wait(t.Context()); err == nil || !strings.Contains(err.Error(), "somebody else") {
		t.Errorf("Carol reads %v", err)
	}
	if devices := alicesPhone.Devices(); len(devices) != 1 {
		t.Errorf("the phone lists %+v, want Alice's link only", devices)
	}
	if !a.IsLoggedIn() {
		t.Error("Alice lost her login")
	}
}

func TestAliceTypesACode(t *testing.T) {
	w := newWorld(t)
	alicesPhone := w.phones.MustAddPerson(aliceNumber, "Alice")
	user := must[*bridgev2.User](t)(w.bridge.GetUserByMXID(t.Context(), alice))
	process := must[bridgev2.LoginProcess](t)(w.connector.CreateLogin(t.Context(), user, flowCode))
	step := must[*bridgev2.LoginStep](t)(process.Start(t.Context()))
	field := step.UserInputParams.Fields[0]
	if _, err := field.Validate("0612345678"); err == nil || !strings.Contains(err.Error(), "country code") {
		t.Errorf("of a number without country code Alice reads %v", err)
	}
	number := must[string](t)(field.Validate("+33 6 12 34 56 78"))
	step = must[*bridgev2.LoginStep](t)(process.(bridgev2.LoginProcessUserInput).SubmitUserInput(t.Context(), map[string]string{field.ID: number}))
	if step.DisplayAndWaitParams.Type != bridgev2.LoginDisplayTypeCode {
		t.Fatalf("Alice is shown %+v", step)
	}
	must[whatsapptest.DeviceInfo](t)(alicesPhone.EnterCode(t.Context(), step.DisplayAndWaitParams.Data))
	if a := w.completes(process); a.GetUserID() != userID(alicesPhone.LID()) {
		t.Errorf("the login belongs to %s", a.GetUserID())
	}
}

func TestALoginIsCancelled(t *testing.T) {
	w := newWorld(t)
	user := must[*bridgev2.User](t)(w.bridge.GetUserByMXID(t.Context(), alice))
	process := must[bridgev2.LoginProcess](t)(w.connector.CreateLogin(t.Context(), user, flowQR))
	must[*bridgev2.LoginStep](t)(process.Start(t.Context()))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := process.(bridgev2.LoginProcessDisplayAndWait).Wait(ctx); err == nil || !strings.Contains(err.Error(), "cancelled") {
		t.Errorf("Alice reads %v", err)
	}
	process.Cancel()
	if process.(*linking).client.IsConnected() {
		t.Error("the client stays connected")
	}
	if _, err := w.connector.CreateLogin(t.Context(), user, "carrier-pigeon"); !errors.Is(err, bridgev2.ErrInvalidLoginFlowID) {
		t.Errorf("an unknown way to log in gives %v", err)
	}
}

func TestAFaceGoesWithTheName(t *testing.T) {
	w := newWorld(t, func(o *Options) { o.PhoneNumbersInProfile = true })
	bob := w.phones.MustAddPerson(bobNumber, "Bob")
	if err := bob.SetPicture(somePicture(t)); err != nil {
		t.Fatal(err)
	}
	w.link(alice, w.phones.MustAddPerson(aliceNumber, "Alice"))
	must[string](t)(bob.Send(t.Context(), aliceNumber, "Moin"))
	w.hears("Moin")
	w.matrix.wait(t, "Bob's picture", func() bool { return w.matrix.avatars[ghostOf(bob)] != "" })
	ghost := must[*bridgev2.Ghost](t)(w.bridge.GetGhostByID(t.Context(), userID(bob.LID())))
	if len(ghost.Identifiers) != 1 || ghost.Identifiers[0] != "tel:"+bobNumber {
		t.Errorf("the administrator wants numbers in profiles; published is %v", ghost.Identifiers)
	}
	if err := bob.SetName("Robert"); err != nil {
		t.Fatal(err)
	}
	must[string](t)(bob.Send(t.Context(), aliceNumber, "Call me Robert"))
	w.matrix.wait(t, "the new name", func() bool { return w.matrix.profiles[ghostOf(bob)] == "Robert (WhatsApp)" })
}

func TestAStrangerWithoutANameHasNoNumberEither(t *testing.T) {
	a := &account{connector: must[*Connector](t)(New(DefaultOptions(), "en", flip{"k"}, portal.Border{}))}
	if got := a.neutralName(lidOf(networkid.UserID("84512345678901")), "4917012345678"); got != "Contact 8901" {
		t.Errorf("the stranger is called %q", got)
	}
	a.connector.options.PhoneNumbersInProfile = true
	if got := a.neutralName(lidOf(networkid.UserID("84512345678901")), "4917012345678"); got != "+4917012345678" {
		t.Errorf("with numbers in profiles the stranger is called %q", got)
	}
}

func TestWhatsAppRefusesAMessage(t *testing.T) {
	w := newWorld(t)
	bob := w.phones.MustAddPerson(bobNumber, "Bob")
	w.link(alice, w.phones.MustAddPerson(aliceNumber, "Alice"))
	must[string](t)(bob.Send(t.Context(), aliceNumber, "Moin"))
	in, _ := w.hears("Moin")
	if err := w.phones.RefuseMessagesTo(bobNumber, 463); err != nil {
		t.Fatal(err)
	}
	got := w.matrix.outcome(t, w.says(in, alice, text("to nobody")))
	if got.Status != event.MessageStatusRetriable || !got.IsCertain || !got.SendNotice || !strings.HasPrefix(got.Message, "Your message did not reach WhatsApp") {
		t.Errorf("Alice reads %+v", got)
	}
	strange := w.matrix.outcome(t, w.says(in, alice, &event.MessageEventContent{MsgType: event.MsgLocation, Body: "here"}))
	if strange.Status != event.MessageStatusFail || !strings.Contains(strange.Message, "no way to show") {
		t.Errorf("Alice reads %+v", strange)
	}
}

// eventually waits until holds does. It looks again and again: what it is about tells nobody of its changes.
func (w *world) eventually(what string, holds func() bool) {
	w.t.Helper()
	ctx := deadline(w.t)
	for !holds() {
		select {
		case <-ctx.Done():
			w.t.Fatalf("waited for %s", what)
		default:
		}
		w.matrix.nextEvent()
	}
}
