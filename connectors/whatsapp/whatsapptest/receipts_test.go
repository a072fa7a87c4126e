package whatsapptest

import (
	"testing"
	"time"

	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
)

func TestReceiptsBothWays(t *testing.T) {
	s := testServer(t)
	alice, bob := s.MustAddPerson(aliceNumber, "Alice"), s.MustAddPerson(bobNumber, "Bob")
	client := link(t, s, alice, "alice's client")
	other := link(t, s, alice, "alice's other client")

	id := client.says(bob.LID(), "did you get it?")
	hears(client, func(e *events.Receipt) bool {
		return e.Type == types.ReceiptTypeDelivered && e.MessageIDs[0] == id && e.Sender.User == bob.LID().User
	})
	sees(t, bob, "did you get it?")
	must(t, bob.MarkRead(aliceNumber, id))
	hears(client, func(e *events.Receipt) bool { return e.Type == types.ReceiptTypeRead && e.MessageIDs[0] == id })
	must(t, bob.MarkPlayed(aliceNumber, id))
	hears(client, func(e *events.Receipt) bool { return e.Type == types.ReceiptTypePlayed && e.MessageIDs[0] == id })

	client.SetForceActiveDeliveryReceipts(true)
	answer := phoneSays(t, bob, aliceNumber, "yes")
	heard := client.hearsText("yes")
	waitEntry(t, bob, func(e Entry) bool { return e.ID == answer && e.Receipts[aliceNumber] == "delivered" })
	must(t, client.MarkRead(waiting(t), []types.MessageID{answer}, time.Now(), heard.Info.Chat, heard.Info.Sender))
	waitEntry(t, bob, func(e Entry) bool { return e.ID == answer && e.Receipts[aliceNumber] == "read" })
	hears(other, func(e *events.Receipt) bool { // what was read here is read there
		return e.IsFromMe && e.Type == types.ReceiptTypeRead && e.Chat == bob.LID() && e.MessageIDs[0] == answer
	})
	if _, err := alice.WaitForNotice(waiting(t), func(n Notice) bool { return n.Kind == NoticeReadSelf && n.Detail == answer }); err != nil {
		t.Fatal(err)
	}
}

func TestSeveralMessagesAreReadAtOnceInAGroup(t *testing.T) {
	s := testServer(t)
	alice, bob := s.MustAddPerson(aliceNumber, "Alice"), s.MustAddPerson(bobNumber, "Bob")
	client := link(t, s, alice, "alice's client")
	group, err := bob.CreateGroup("Team", aliceNumber)
	must(t, err)
	var ids []types.MessageID
	var last *events.Message
	for _, text := range []string{"one", "two", "three"} {
		ids = append(ids, phoneSays(t, bob, group, text))
		last = client.hearsText(text)
	}
	must(t, client.MarkRead(waiting(t), ids, time.Now(), last.Info.Chat, last.Info.Sender))
	for _, id := range ids {
		waitEntry(t, bob, func(e Entry) bool { return e.ID == id && e.Receipts[aliceNumber] == "read" })
	}
	own := client.says(last.Info.Chat, "read me")
	sees(t, bob, "read me")
	must(t, bob.MarkRead(group, own))
	hears(client, func(e *events.Receipt) bool {
		return e.Type == types.ReceiptTypeRead && e.IsGroup && e.Sender.User == bob.LID().User && e.MessageIDs[0] == own
	})
}
