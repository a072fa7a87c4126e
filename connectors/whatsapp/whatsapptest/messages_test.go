package whatsapptest

import (
	"testing"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
	"google.golang.org/protobuf/proto"
)

func TestDirectMessagesBothWays(t *testing.T) {
	s := testServer(t)
	alice, bob := s.MustAddPerson(aliceNumber, "Alice"), s.MustAddPerson(bobNumber, "Bob")
	client := link(t, s, alice, "alice's client")

	client.says(bob.PN(), "hello Bob")
	got := sees(t, bob, "hello Bob")
	if got.From != aliceNumber || got.Chat != aliceNumber || got.FromMe || got.Kind != KindText || got.Name != "Alice" {
		t.Errorf("Bob sees %+v", got)
	}
	if own := sees(t, alice, "hello Bob"); !own.FromMe || own.Chat != bobNumber || own.Device != 1 {
		t.Errorf("Alice's phone shows %+v", own)
	}

	phoneSays(t, bob, "+"+aliceNumber, "hello Alice")
	heard := client.hearsText("hello Alice")
	if heard.Info.Sender != bob.LID() || heard.Info.SenderAlt.User != bobNumber || heard.Info.PushName != "Bob" {
		t.Errorf("client heard it from %s / %s, %q", heard.Info.Sender, heard.Info.SenderAlt, heard.Info.PushName)
	}
	sees(t, alice, "hello Alice")

	for _, text := range []string{"one", "two", "three", "four"} { // the sessions go on
		client.says(bob.LID(), text)
		sees(t, bob, text)
		phoneSays(t, bob, aliceNumber, text+" too")
		client.hearsText(text + " too")
	}
}

func TestPhonesTalkWithoutCompanions(t *testing.T) {
	s := testServer(t)
	alice, bob := s.MustAddPerson(aliceNumber, "Alice"), s.MustAddPerson(bobNumber, "Bob")
	phoneSays(t, alice, bobNumber, "are you there?")
	sees(t, bob, "are you there?")
	phoneSays(t, bob, aliceNumber, "yes")
	sees(t, alice, "yes")
	phoneSays(t, alice, aliceNumber, "note to self")
	if note := sees(t, alice, "note to self"); !note.FromMe || note.Chat != aliceNumber {
		t.Errorf("Alice sees %+v", note)
	}
	if _, err := alice.Send(waiting(t), carolNumber, "hello?"); err == nil {
		t.Error("a message to nobody was sent")
	}
}

func TestAllDevicesOfBothSidesHearAMessage(t *testing.T) {
	s := testServer(t)
	alice, bob := s.MustAddPerson(aliceNumber, "Alice"), s.MustAddPerson(bobNumber, "Bob")
	desk, lap := link(t, s, alice, "desk"), link(t, s, alice, "lap")
	bobs := link(t, s, bob, "bob's")

	id := desk.says(bob.LID(), "from the desk")
	bobs.hearsText("from the desk")
	sees(t, bob, "from the desk")
	sees(t, alice, "from the desk")
	copied := lap.hearsText("from the desk")
	if !copied.Info.IsFromMe || copied.Info.Chat != bob.LID() || copied.Info.ID != id {
		t.Errorf("the other device heard %+v", copied.Info)
	}

	phoneSays(t, alice, bobNumber, "from the phone")
	bobs.hearsText("from the phone")
	for _, own := range []*companion{desk, lap} {
		if heard := own.hearsText("from the phone"); !heard.Info.IsFromMe || heard.Info.Chat != bob.LID() {
			t.Errorf("%s heard %+v", own.name, heard.Info)
		}
	}
}

func TestARepliedReactedEditedAndDeletedMessage(t *testing.T) {
	s := testServer(t)
	alice, bob := s.MustAddPerson(aliceNumber, "Alice"), s.MustAddPerson(bobNumber, "Bob")
	client := link(t, s, alice, "alice's client")
	ctx := waiting(t)

	// Alice's client to Bob's phone.
	id := client.says(bob.LID(), "first draft")
	sees(t, bob, "first draft")
	send := func(m *waE2E.Message) {
		t.Helper()
		_, err := client.SendMessage(ctx, bob.LID(), m)
		must(t, err)
	}
	send(client.BuildEdit(bob.LID(), id, &waE2E.Message{Conversation: proto.String("second draft")}))
	if edited := sees(t, bob, "second draft"); !edited.Edited || edited.ID != id {
		t.Errorf("Bob sees %+v", edited)
	}
	send(client.BuildReaction(bob.LID(), alice.LID(), id, "👍"))
	waitEntry(t, bob, func(e Entry) bool { return e.ID == id && e.Reactions[aliceNumber] == "👍" })
	send(client.BuildReaction(bob.LID(), alice.LID(), id, ""))
	waitEntry(t, bob, func(e Entry) bool { return e.ID == id && len(e.Reactions) == 0 })
	send(client.BuildRevoke(bob.LID(), types.EmptyJID, id))
	waitEntry(t, bob, func(e Entry) bool { return e.ID == id && e.Deleted && e.Text == "" })

	// Bob's phone to Alice's client.
	question := client.says(bob.LID(), "tea or coffee?")
	sees(t, bob, "tea or coffee?")
	answer, err := bob.Reply(ctx, aliceNumber, question, "tee")
	must(t, err)
	heard := client.hearsText("tee")
	if quoted := heard.Message.GetExtendedTextMessage().GetContextInfo(); quoted.GetStanzaID() != question || quoted.GetParticipant() != alice.LID().String() {
		t.Errorf("client heard a reply to %v", quoted)
	}
	_, err = bob.Edit(ctx, aliceNumber, answer, "tea")
	must(t, err)
	hears(client, func(e *events.Message) bool {
		return e.IsEdit && e.Message.GetProtocolMessage().GetEditedMessage().GetConversation() == "tea"
	})
	_, err = bob.React(ctx, aliceNumber, question, "🫖")
	must(t, err)
	hears(client, func(e *events.Message) bool {
		r := e.Message.GetReactionMessage()
		return r.GetText() == "🫖" && r.GetKey().GetID() == question
	})
	_, err = bob.Delete(ctx, aliceNumber, answer)
	must(t, err)
	hears(client, func(e *events.Message) bool {
		return e.Message.GetProtocolMessage().GetType() == waE2E.ProtocolMessage_REVOKE && e.Message.GetProtocolMessage().GetKey().GetID() == answer
	})
	if _, err := bob.Edit(ctx, aliceNumber, question, "mine now"); err == nil {
		t.Error("Bob edited Alice's message")
	}
}

func waitEntry(t *testing.T, p *Phone, holds func(Entry) bool) Entry {
	t.Helper()
	e, err := p.WaitFor(waiting(t), holds)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestAReplayedMessageIsSeenOnce(t *testing.T) {
	s := testServer(t)
	alice, bob := s.MustAddPerson(aliceNumber, "Alice"), s.MustAddPerson(bobNumber, "Bob")
	client := link(t, s, alice, "alice's client")
	for range 2 {
		_, err := client.SendMessage(waiting(t), bob.LID(), &waE2E.Message{Conversation: proto.String("only once")},
			whatsmeow.SendRequestExtra{ID: "3EB0AABBCCDDEEFF001122"})
		must(t, err)
	}
	client.says(bob.LID(), "and then")
	sees(t, bob, "and then")
	if entries := bob.Inbox(); len(entries) != 2 {
		t.Errorf("Bob sees %d messages: %+v", len(entries), entries)
	}
}

func TestMessagesWaitWhileAClientIsAway(t *testing.T) {
	s := testServer(t)
	alice, bob := s.MustAddPerson(aliceNumber, "Alice"), s.MustAddPerson(bobNumber, "Bob")
	client := link(t, s, alice, "alice's client")
	settled(t, alice, 1)
	client.Disconnect()
	client.forgets()
	texts := []string{"one", "two", "three"}
	for _, text := range texts {
		phoneSays(t, bob, aliceNumber, text)
	}
	must(t, client.Connect())
	for _, text := range texts {
		if heard := hears[*events.Message](client, nil); textOf(heard.Message) != text {
			t.Errorf("heard %q instead of %q", textOf(heard.Message), text)
		}
	}
	if done := hears[*events.OfflineSyncCompleted](client, func(e *events.OfflineSyncCompleted) bool { return e.Count > 0 }); done.Count < 3 {
		t.Errorf("server counted %d", done.Count)
	}
	settled(t, alice, 1)
	client.Disconnect()
	must(t, client.Connect())
	if done := hears[*events.OfflineSyncCompleted](client, nil); done.Count != 0 {
		t.Errorf("server counted %d although all was acknowledged", done.Count)
	}
}

// settled waits until a companion has acknowledged all that was for it.
func settled(t *testing.T, p *Phone, id uint16) {
	t.Helper()
	ctx := waiting(t)
	for {
		for _, d := range p.Devices() {
			if d.ID == id && d.Queued == 0 {
				return
			}
		}
		if !pause(ctx, tick) {
			t.Fatalf("device %d never acknowledged: %+v", id, p.Devices())
		}
	}
}

func TestAClientThatCannotStoreAMessageGetsItAgain(t *testing.T) {
	s := testServer(t)
	alice, bob := s.MustAddPerson(aliceNumber, "Alice"), s.MustAddPerson(bobNumber, "Bob")
	device := newStore(t).NewDevice()
	client := companionOn(t, s, "alice's client", device)
	_, err := alice.ScanQR(waiting(t), client.showsQR())
	must(t, err)
	client.readsAppState(alice)
	client.SynchronousAck, client.EnableDecryptedEventBuffer = true, true
	full := make(chan struct{})
	handler := client.AddEventHandlerWithSuccessStatus(func(event any) bool {
		if m, ok := event.(*events.Message); ok && textOf(m.Message) == "do not lose me" {
			close(full)
			return false
		}
		return true
	})
	phoneSays(t, bob, aliceNumber, "do not lose me")
	<-full
	client.Disconnect()
	client.RemoveEventHandler(handler)
	if queued := alice.Devices()[0].Queued; queued == 0 {
		t.Fatal("server forgot a message that was not acknowledged")
	}
	client.forgets()
	must(t, client.Connect())
	client.hearsText("do not lose me")
	settled(t, alice, 1)
}
