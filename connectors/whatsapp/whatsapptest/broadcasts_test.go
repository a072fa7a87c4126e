package whatsapptest

import (
	"testing"
	"time"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
	"google.golang.org/protobuf/proto"
)

func TestStatusPostsBothWays(t *testing.T) {
	s := testServer(t)
	alice, bob, carol := s.MustAddPerson(aliceNumber, "Alice"), s.MustAddPerson(bobNumber, "Bob"), s.MustAddPerson(carolNumber, "Carol")
	must(t, alice.SaveContact(bobNumber, "Bob"))
	must(t, bob.SaveContact(aliceNumber, "Alice"))
	client := link(t, s, alice, "alice's client")
	ctx := waiting(t)
	id, err := bob.PostStatus(ctx, &waE2E.Message{ExtendedTextMessage: &waE2E.ExtendedTextMessage{Text: proto.String("at the beach")}})
	must(t, err)
	heard := client.hearsText("at the beach")
	if heard.Info.Chat != types.StatusBroadcastJID || heard.Info.Sender != bob.LID() || heard.Info.ID != id {
		t.Errorf("client heard %+v", heard.Info)
	}
	if shown := sees(t, alice, "at the beach"); shown.Chat != "status@broadcast" || shown.From != bobNumber {
		t.Errorf("Alice's phone shows %+v", shown)
	}
	must(t, client.MarkRead(ctx, []types.MessageID{id}, time.Now(), types.StatusBroadcastJID, bob.LID()))
	waitEntry(t, bob, func(e Entry) bool { return e.ID == id && e.Receipts[aliceNumber] == "read" })

	client.says(types.StatusBroadcastJID, "at work")
	if shown := sees(t, bob, "at work"); shown.Chat != "status@broadcast" || shown.From != aliceNumber {
		t.Errorf("Bob sees %+v", shown)
	}
	if own := sees(t, alice, "at work"); !own.FromMe {
		t.Errorf("Alice's phone shows %+v", own)
	}
	if entries := carol.Inbox(); len(entries) != 0 {
		t.Errorf("Carol, whom nobody knows, sees %+v", entries)
	}
}

func TestABroadcastListReachesEachPerson(t *testing.T) {
	s := testServer(t)
	alice, bob, carol := s.MustAddPerson(aliceNumber, "Alice"), s.MustAddPerson(bobNumber, "Bob"), s.MustAddPerson(carolNumber, "Carol")
	client, bobs := link(t, s, alice, "alice's client"), link(t, s, bob, "bob's client")
	_, err := bob.Broadcast(waiting(t), &waE2E.Message{Conversation: proto.String("party!")}, aliceNumber, carolNumber)
	must(t, err)
	heard := client.hearsText("party!")
	if !heard.Info.Chat.IsBroadcastList() || heard.Info.Sender != bob.LID() || !heard.Info.IsIncomingBroadcast() {
		t.Errorf("client heard %+v", heard.Info)
	}
	for _, phone := range []*Phone{alice, carol} {
		if shown := sees(t, phone, "party!"); shown.Chat != bobNumber {
			t.Errorf("%s sees %+v", phone.Name(), shown)
		}
	}
	if own := bobs.hearsText("party!").Info; !own.IsFromMe || len(own.BroadcastRecipients) != 2 || own.BroadcastRecipients[0].LID != alice.LID() {
		t.Errorf("Bob's client heard %+v", own)
	}
}

func TestRecordingAndPlaying(t *testing.T) {
	s := testServer(t)
	alice, bob := s.MustAddPerson(aliceNumber, "Alice"), s.MustAddPerson(bobNumber, "Bob")
	client := link(t, s, alice, "alice's client")
	group, err := bob.CreateGroup("Team", aliceNumber)
	must(t, err)
	hears[*events.JoinedGroup](client, nil)
	client.isThereFor(bob)
	for _, chat := range []string{aliceNumber, group} {
		must(t, bob.Recording(chat))
		hears(client, func(e *events.ChatPresence) bool {
			return e.State == types.ChatPresenceComposing && e.Media == types.ChatPresenceMediaAudio && e.IsGroup == (chat == group)
		})
	}
	id, err := bob.SendFile(waiting(t), aliceNumber, File{Kind: KindVoice, Data: []byte("ogg"), Seconds: 3})
	must(t, err)
	hears(client, func(e *events.Message) bool { return e.Message.GetAudioMessage().GetPTT() })
	must(t, client.MarkRead(waiting(t), []types.MessageID{id}, time.Now(), bob.LID(), bob.LID(), types.ReceiptTypePlayed))
	waitEntry(t, bob, func(e Entry) bool { return e.ID == id && e.Receipts[aliceNumber] == "played" })
}
