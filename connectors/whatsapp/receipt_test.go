package whatsapp

import (
	"errors"
	"slices"
	"testing"
	"time"

	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/connectors/whatsapp/whatsapptest"
)

// reads says that a member of staff has read up to a message.
func (w *world) reads(in *room, staff id.UserID, up id.EventID) {
	w.ephemeral(in, event.EphemeralEventReceipt, &event.ReceiptEventContent{up: {
		event.ReceiptTypeRead: {staff: {Timestamp: time.Now()}},
	}})
}

func (w *world) ephemeral(in *room, kind event.Type, content any) {
	evt := &event.Event{RoomID: in.id, Type: kind, Content: event.Content{Parsed: content}}
	evt.Mautrix.EventSource = event.SourceEphemeral
	w.bridge.QueueMatrixEvent(w.t.Context(), evt)
}

// haveRead waits until somebody has read up to a message in a room.
func (w *world) haveRead(in *room, who, up string, reader id.UserID, want id.EventID) {
	w.t.Helper()
	w.matrix.wait(w.t, who+" to have read "+up, func() bool { return in.read[reader] == want })
}

// learns waits until a phone shows what became of its message.
func learns(t *testing.T, phone *whatsapptest.Phone, message, reader, want string) {
	t.Helper()
	_, err := phone.WaitFor(deadline(t), func(e whatsapptest.Entry) bool { return e.ID == message && e.Receipts[reader[1:]] == want })
	if err != nil {
		t.Fatalf("waited for %s to be %s: %v, in %+v", message, want, err, phone.Inbox())
	}
}

func TestAliceSeesThatBobHasReadIt(t *testing.T) {
	w := newWorld(t)
	bob := w.phones.MustAddPerson(bobNumber, "Bob")
	w.link(alice, w.phones.MustAddPerson(aliceNumber, "Alice"))
	must[string](t)(bob.Send(t.Context(), aliceNumber, "Hello"))
	in, _ := w.hears("Hello")
	bob.SwitchOff()
	first, second := w.says(in, alice, text("Are you there?")), w.says(in, alice, text("Bob?"))
	w.matrix.outcome(t, second)
	w.matrix.wait(t, "nothing to be delivered", func() bool { return len(w.matrix.reached[first]) == 0 })

	bob.SwitchOn()
	heard := must[whatsapptest.Entry](t)(bob.WaitForText(deadline(t), "Bob?"))
	w.matrix.wait(t, "both to be delivered", func() bool {
		return slices.Contains(w.matrix.reached[first], ghostOf(bob)) && slices.Contains(w.matrix.reached[second], ghostOf(bob))
	})
	// Bob reads after the bridge has started again: it looks up what it was.
	w.stop()
	w.start()
	if err := bob.MarkRead(aliceNumber, outgoingID(first), heard.ID); err != nil {
		t.Fatal(err)
	}
	w.haveRead(in, "Bob", "the second", ghostOf(bob), second)
}

func TestAliceSeesThatBobHasListened(t *testing.T) {
	w := newWorld(t)
	bob := w.phones.MustAddPerson(bobNumber, "Bob")
	w.link(alice, w.phones.MustAddPerson(aliceNumber, "Alice"))
	must[string](t)(bob.Send(t.Context(), aliceNumber, "Hello"))
	in, _ := w.hears("Hello")
	w.matrix.change(func() { w.matrix.files["mxc://mine"] = []byte("OggS") })
	note := w.says(in, alice, &event.MessageEventContent{
		MsgType: event.MsgAudio, Body: "note.ogg", URL: "mxc://mine", MSC3245Voice: &event.MSC3245Voice{},
		Info: &event.FileInfo{MimeType: "audio/ogg; codecs=opus", Size: 4, Duration: 1000},
	})
	w.matrix.outcome(t, note)
	must[whatsapptest.Entry](t)(bob.WaitFor(deadline(t), func(e whatsapptest.Entry) bool { return e.ID == outgoingID(note) }))
	if err := bob.MarkPlayed(aliceNumber, outgoingID(note)); err != nil {
		t.Fatal(err)
	}
	w.haveRead(in, "Bob", "the voice note", ghostOf(bob), note)
}

func TestBobSeesThatAliceHasReadIt(t *testing.T) {
	w := newWorld(t)
	alicesPhone, bob := w.phones.MustAddPerson(aliceNumber, "Alice"), w.phones.MustAddPerson(bobNumber, "Bob")
	w.link(alice, alicesPhone)
	alicesPhone.SwitchOff() // what Bob learns, he learns from the bridge
	first := must[string](t)(bob.Send(t.Context(), aliceNumber, "One"))
	second := must[string](t)(bob.Send(t.Context(), aliceNumber, "Two"))
	in, two := w.hears("Two")
	learns(t, bob, first, aliceNumber, "delivered")
	w.stop()
	w.start()
	w.becomesOnline()
	w.reads(in, alice, two.id)
	learns(t, bob, first, aliceNumber, "read")
	learns(t, bob, second, aliceNumber, "read")

	third := must[string](t)(bob.Send(t.Context(), aliceNumber, "Three"))
	_, three := w.hears("Three")
	w.says(in, alice, text("Read it"))
	must[whatsapptest.Entry](t)(bob.WaitForText(deadline(t), "Read it"))
	for _, entry := range bob.Inbox() {
		if entry.ID == third && entry.Receipts[aliceNumber[1:]] == "read" {
			t.Error("Bob is told that Alice has read what she has not")
		}
	}
	w.reads(in, alice, three.id)
	learns(t, bob, third, aliceNumber, "read")
}

func TestInAGroupEachAuthorLearnsOfTheReading(t *testing.T) {
	w := newWorld(t)
	bob, dave := w.phones.MustAddPerson(bobNumber, "Bob"), w.phones.MustAddPerson(carolNumber, "Dave")
	w.link(alice, w.phones.MustAddPerson(aliceNumber, "Alice"))
	group := must[string](t)(bob.CreateGroup("Harbour works", aliceNumber, carolNumber))
	bobs := must[string](t)(bob.Send(t.Context(), group, "Who comes?"))
	must[whatsapptest.Entry](t)(dave.WaitForText(deadline(t), "Who comes?"))
	w.hears("Who comes?")
	daves := must[string](t)(dave.Send(t.Context(), group, "I do"))
	in, last := w.hears("I do")
	w.reads(in, alice, last.id)
	learns(t, bob, bobs, aliceNumber, "read")
	learns(t, dave, daves, aliceNumber, "read")

	mine := w.says(in, alice, text("So do I"))
	must[whatsapptest.Entry](t)(dave.WaitForText(deadline(t), "So do I"))
	if err := dave.MarkRead(group, outgoingID(mine)); err != nil {
		t.Fatal(err)
	}
	w.haveRead(in, "Dave", "it", ghostOf(dave), mine)
}

func TestWhatAliceReadsIsKeptFromThoseWhoMayNotKnow(t *testing.T) {
	for name, forbid := range map[string]func(*Options, *whatsapptest.Phone) error{
		"by the administrator": func(o *Options, _ *whatsapptest.Phone) error { o.SendReadReceipts = false; return nil },
		"by her own setting": func(_ *Options, phone *whatsapptest.Phone) error {
			return phone.SetPrivacy(types.PrivacySettingTypeReadReceipts, types.PrivacySettingNone)
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			alicesPhone, bob := w.phones.MustAddPerson(aliceNumber, "Alice"), w.phones.MustAddPerson(bobNumber, "Bob")
			if err := forbid(&w.connector.options, alicesPhone); err != nil {
				t.Fatal(err)
			}
			w.link(alice, alicesPhone)
			sent := must[string](t)(bob.Send(t.Context(), aliceNumber, "Have you read it?"))
			in, message := w.hears("Have you read it?")
			must[whatsapptest.Entry](t)(alicesPhone.WaitForText(deadline(t), "Have you read it?"))
			w.reads(in, alice, message.id)
			// Her own phone knows, and Bob does not.
			must[whatsapptest.Entry](t)(alicesPhone.WaitFor(deadline(t), func(e whatsapptest.Entry) bool { return e.ID == sent && e.Seen }))
			learns(t, bob, sent, aliceNumber, "delivered")
		})
	}
}

func TestWhatAliceReadsOnHerPhoneIsRead(t *testing.T) {
	w := newWorld(t)
	alicesPhone, bob := w.phones.MustAddPerson(aliceNumber, "Alice"), w.phones.MustAddPerson(bobNumber, "Bob")
	w.link(alice, alicesPhone)
	// She reads it before it is in its room, which there is not yet either.
	w.matrix.setFail(func(asked string) error {
		if asked == "create" {
			return errors.New("the homeserver is away")
		}
		return nil
	})
	sent := must[string](t)(bob.Send(t.Context(), aliceNumber, "Quick"))
	must[whatsapptest.Entry](t)(alicesPhone.WaitForText(deadline(t), "Quick"))
	w.eventually("an attempt that failed", func() bool { return len(w.inbox.errors()) > 0 })
	if err := alicesPhone.MarkRead(bobNumber, sent); err != nil {
		t.Fatal(err)
	}
	a := w.account()
	w.eventually("the receipt to wait", func() bool {
		a.signals.mu.Lock()
		defer a.signals.mu.Unlock()
		return len(a.signals.early) == 1
	})
	w.matrix.setFail(nil)
	in, quick := w.hears("Quick")
	w.haveRead(in, "Alice", "it", ghostOf(alicesPhone), quick.id)

	sent = must[string](t)(bob.Send(t.Context(), aliceNumber, "Slow"))
	_, slow := w.hears("Slow")
	must[whatsapptest.Entry](t)(alicesPhone.WaitForText(deadline(t), "Slow"))
	if err := alicesPhone.MarkRead(bobNumber, sent); err != nil {
		t.Fatal(err)
	}
	w.haveRead(in, "Alice", "it", ghostOf(alicesPhone), slow.id)
}

func TestReceiptsOfStrangersAndOfOtherThingsAreLeftAlone(t *testing.T) {
	w := newWorld(t)
	bob := w.phones.MustAddPerson(bobNumber, "Bob")
	a := w.link(alice, w.phones.MustAddPerson(aliceNumber, "Alice"))
	from := func(chat, sender types.JID) types.MessageSource {
		return types.MessageSource{Chat: chat, Sender: sender, IsGroup: chat.Server == types.GroupServer}
	}
	stranger := types.NewJID("491511111111", types.DefaultUserServer)
	for name, receipt := range map[string]*events.Receipt{
		"a stranger":       {MessageSource: from(stranger, stranger), Type: types.ReceiptTypeRead},
		"a status update":  {MessageSource: from(types.StatusBroadcastJID, bob.LID()), Type: types.ReceiptTypeRead},
		"a retry":          {MessageSource: from(bob.LID(), bob.LID()), Type: types.ReceiptTypeRetry},
		"a device asleep":  {MessageSource: from(bob.LID(), bob.LID()), Type: types.ReceiptTypeInactive},
		"group deliveries": {MessageSource: from(types.NewJID("120363", types.GroupServer), bob.LID()), Type: types.ReceiptTypeDelivered},
	} {
		receipt.MessageIDs = []types.MessageID{"3EB0AA"}
		if !a.handle(receipt) {
			t.Errorf("%s: WhatsApp is not told of its arrival", name)
		}
		a.signals.mu.Lock()
		if len(a.signals.waiting)+len(a.signals.early) != 0 {
			t.Errorf("%s: it waits", name)
		}
		a.signals.mu.Unlock()
	}
}

// becomesOnline waits until the account of the only login is connected.
func (w *world) becomesOnline() {
	w.t.Helper()
	w.eventually("the connection", func() bool { a := w.account(); return a != nil && a.current().IsLoggedIn() })
}

// account returns the account of the only login.
func (w *world) account() *account {
	for _, login := range w.bridge.GetAllCachedUserLogins() {
		return login.Client.(*account)
	}
	return nil
}
