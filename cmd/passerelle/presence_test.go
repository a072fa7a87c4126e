package main

import (
	"testing"
	"time"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/connectors/whatsapp/whatsapptest"
)

func TestReadingAndTypingAreSeenBothWays(t *testing.T) {
	d := newDialogue(t)
	if err := d.amina.Watch(d.phone.Number()); err != nil {
		t.Fatal(err)
	}
	asked := says(t, d.amina, d.phone.Number(), "Bonjour ?")
	question := d.claire.Hears(d.room, "Bonjour ?")
	d.homeserverPasses(t, event.EphemeralEventReceipt, event.ReceiptEventContent{question.ID: {
		event.ReceiptTypeRead: {d.claire.ID(): {Timestamp: time.Now()}},
	}})
	learns(t, d.amina, asked, d.phone.Number(), "read")

	d.homeserverPasses(t, event.EphemeralEventTyping, event.TypingEventContent{UserIDs: []id.UserID{d.claire.ID()}})
	notices(t, d.amina, whatsapptest.NoticeOnline)
	notices(t, d.amina, whatsapptest.NoticeTyping)
	ghost := question.Sender
	for name, begin := range map[string]func() error{
		"types":   func() error { return d.amina.Typing(d.phone.Number(), true) },
		"records": func() error { return d.amina.Recording(d.phone.Number()) },
	} {
		if err := begin(); err != nil {
			t.Fatalf("Amina %s: %v", name, err)
		}
		d.claire.SeesTyping(d.room, ghost, true)
		if err := d.amina.Typing(d.phone.Number(), false); err != nil {
			t.Fatal(err)
		}
		d.claire.SeesTyping(d.room, ghost, false)
	}
	d.homeserverPasses(t, event.EphemeralEventTyping, event.TypingEventContent{UserIDs: []id.UserID{}})
	notices(t, d.amina, whatsapptest.NoticePaused)

	answer := d.claire.Says(d.room, "Bonjour !")
	if err := d.amina.MarkRead(d.phone.Number(), reads(t, d.amina, "Bonjour !").ID); err != nil {
		t.Fatal(err)
	}
	d.claire.SeesRead(d.room, ghost, answer)

	// What she reads on her phone, she has read.
	again := says(t, d.amina, d.phone.Number(), "Encore une question")
	heard := d.claire.Hears(d.room, "Encore une question")
	reads(t, d.phone, "Encore une question")
	if err := d.phone.MarkRead(d.amina.Number(), again); err != nil {
		t.Fatal(err)
	}
	d.claire.SeesRead(d.room, d.claire.ID(), heard.ID)
}

// homeserverPasses hands the bridge what Claire does in her room, as Synapse does (MSC2409). The tests' homeserver, Dendrite,
// keeps it to itself.
func (d *dialogue) homeserverPasses(t *testing.T, kind event.Type, content any) {
	t.Helper()
	d.transacts(t, map[string]any{"events": []any{}, "ephemeral": []any{
		map[string]any{"type": kind.Type, "room_id": d.room, "content": content},
	}})
}

// learns waits until a phone shows what became of its message.
func learns(t *testing.T, phone *whatsapptest.Phone, message, reader, want string) {
	t.Helper()
	_, err := phone.WaitFor(bounded(t), func(e whatsapptest.Entry) bool { return e.ID == message && e.Receipts[reader] == want })
	if err != nil {
		t.Fatalf("%s does not learn that %s has %s it: %v", phone.Name(), reader, want, err)
	}
}

// notices waits until a phone's owner notices something.
func notices(t *testing.T, phone *whatsapptest.Phone, kind string) {
	t.Helper()
	if _, err := phone.WaitForNotice(bounded(t), func(n whatsapptest.Notice) bool { return n.Kind == kind }); err != nil {
		t.Fatalf("%s does not notice %s: %v", phone.Name(), kind, err)
	}
}
