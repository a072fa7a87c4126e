package whatsapp

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
	"google.golang.org/protobuf/proto"
	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/event"

	"passerelle/connectors/whatsapp/whatsapptest"
	"passerelle/portal"
	"passerelle/portal/handover"
)

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
	if failed := w.inbox.errors(); len(failed) == 0 || !errors.Is(failed[0], handover.ErrDropped) {
		t.Errorf("deliveries failed with %v, want %v first", failed, handover.ErrDropped)
	}
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
