package whatsapptest

import (
	"testing"
	"time"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types/events"
	"google.golang.org/protobuf/proto"
)

const day = 24 * time.Hour

func gone(t *testing.T, p *Phone, id string) {
	t.Helper()
	waitEntry(t, p, func(e Entry) bool { return e.ID == id && e.Expired && e.Text == "" && e.Media == nil })
}

func TestMessagesDisappearInTime(t *testing.T) {
	s := testServer(t)
	alice, bob := s.MustAddPerson(aliceNumber, "Alice"), s.MustAddPerson(bobNumber, "Bob")
	client := link(t, s, alice, "alice's client")
	ctx := waiting(t)
	before := phoneSays(t, bob, aliceNumber, "this stays")
	client.hearsText("this stays")

	must(t, bob.SetTimer(ctx, aliceNumber, day))
	setting := hears(client, func(e *events.Message) bool {
		return e.Message.GetProtocolMessage().GetType() == waE2E.ProtocolMessage_EPHEMERAL_SETTING
	})
	if seconds := setting.Message.GetProtocolMessage().GetEphemeralExpiration(); seconds != 86400 {
		t.Errorf("client heard %d seconds", seconds)
	}
	_, err := alice.WaitForNotice(ctx, func(n Notice) bool { return n.Kind == NoticeTimer && n.Chat == bobNumber && n.Detail == "86400" })
	must(t, err)
	said := phoneSays(t, bob, aliceNumber, "this goes")
	if info := client.hearsText("this goes").Message.GetExtendedTextMessage().GetContextInfo(); info.GetExpiration() != 86400 || info.GetEphemeralSettingTimestamp() == 0 {
		t.Errorf("client heard %v", info)
	}
	_, err = bob.SendFile(ctx, aliceNumber, File{Kind: KindDocument, Data: []byte("x"), Name: "x", Caption: "a document that goes"})
	must(t, err)
	hears(client, func(e *events.Message) bool {
		return e.Message.GetDocumentMessage().GetContextInfo().GetExpiration() == 86400
	})
	sees(t, alice, "a document that goes")
	reply := phoneSays(t, alice, bobNumber, "mine goes too") // Alice's phone has learnt it
	sees(t, bob, "mine goes too")

	wrapped := &waE2E.Message{ExtendedTextMessage: &waE2E.ExtendedTextMessage{
		Text: proto.String("wrapped"), ContextInfo: &waE2E.ContextInfo{Expiration: proto.Uint32(3600)},
	}}
	sent, err := client.SendMessage(ctx, bob.LID(), &waE2E.Message{EphemeralMessage: &waE2E.FutureProofMessage{Message: wrapped}})
	must(t, err)
	sees(t, bob, "wrapped")
	s.Advance(2 * time.Hour)
	gone(t, bob, sent.ID)
	sees(t, bob, "this goes")
	s.Advance(day)
	for _, phone := range []*Phone{alice, bob} {
		gone(t, phone, said)
		gone(t, phone, reply)
		if stays := sees(t, phone, "this stays"); stays.ID != before {
			t.Errorf("%s sees %+v", phone.Name(), stays)
		}
	}
	for _, chat := range alice.History().GetConversations() {
		if n := len(chat.GetMessages()); n != 1 || chat.GetEphemeralExpiration() != 86400 {
			t.Errorf("history has %d messages and %d seconds", n, chat.GetEphemeralExpiration())
		}
	}
}

func TestAClientSetsTheTimer(t *testing.T) {
	s := testServer(t)
	alice, bob := s.MustAddPerson(aliceNumber, "Alice"), s.MustAddPerson(bobNumber, "Bob")
	client := link(t, s, alice, "alice's client")
	ctx := waiting(t)
	must(t, client.SetDisappearingTimer(ctx, bob.LID(), 7*day, time.Time{}))
	for _, phone := range []*Phone{alice, bob} {
		_, err := phone.WaitForNotice(ctx, func(n Notice) bool { return n.Kind == NoticeTimer && n.Detail == "604800" })
		must(t, err)
	}
	must(t, client.SetDisappearingTimer(ctx, bob.LID(), 0, time.Now().Add(time.Second)))
	_, err := bob.WaitForNotice(ctx, func(n Notice) bool { return n.Kind == NoticeTimer && n.Detail == "0" })
	must(t, err)
	phoneSays(t, bob, aliceNumber, "for good")
	if heard := client.hearsText("for good"); heard.Message.GetExtendedTextMessage() != nil {
		t.Errorf("client heard %v", heard.Message)
	}
}

func TestAGroupWithATimer(t *testing.T) {
	s := testServer(t)
	alice, bob := s.MustAddPerson(aliceNumber, "Alice"), s.MustAddPerson(bobNumber, "Bob")
	client := link(t, s, alice, "alice's client")
	group, err := bob.CreateGroup("Team", aliceNumber)
	must(t, err)
	hears[*events.JoinedGroup](client, nil)
	must(t, bob.SetTimer(waiting(t), group, 90*day))
	hears(client, func(e *events.GroupInfo) bool { return e.Ephemeral != nil && e.Ephemeral.DisappearingTimer == 7776000 })
	id := phoneSays(t, bob, group, "for a season")
	if timer := client.hearsText("for a season").Message.GetExtendedTextMessage().GetContextInfo().GetExpiration(); timer != 7776000 {
		t.Errorf("client heard a timer of %d", timer)
	}
	sees(t, alice, "for a season")
	must(t, bob.SetTimer(waiting(t), group, 0))
	hears(client, func(e *events.GroupInfo) bool { return e.Ephemeral != nil && !e.Ephemeral.IsEphemeral })
	s.Advance(91 * day)
	gone(t, alice, id)
}

func TestANewChatBeginsWithTheOwnersTimer(t *testing.T) {
	s := testServer(t)
	alice, bob := s.MustAddPerson(aliceNumber, "Alice"), s.MustAddPerson(bobNumber, "Bob")
	client, bobs := link(t, s, alice, "alice's client"), link(t, s, bob, "bob's client")
	must(t, client.SetDefaultDisappearingTimer(waiting(t), day))
	phoneSays(t, alice, bobNumber, "hello")
	info := bobs.hearsText("hello").Message.GetExtendedTextMessage().GetContextInfo()
	if info.GetExpiration() != 86400 || info.GetDisappearingMode().GetTrigger() != waE2E.DisappearingMode_ACCOUNT_SETTING {
		t.Errorf("Bob's client heard %v", info)
	}
	sees(t, bob, "hello")
	phoneSays(t, bob, aliceNumber, "hello yourself")
	if timer := client.hearsText("hello yourself").Message.GetExtendedTextMessage().GetContextInfo().GetExpiration(); timer != 86400 {
		t.Errorf("client heard a timer of %d", timer)
	}
}
