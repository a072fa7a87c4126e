package whatsapp

import (
	"reflect"
	"testing"
	"time"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"google.golang.org/protobuf/proto"
)

var (
	bobLID    = types.JID{User: "84512345678901", Device: 3, Server: types.HiddenUserServer}
	bobPN     = types.JID{User: "4917012345678", Device: 3, Server: types.DefaultUserServer}
	aliceLID  = types.JID{User: "90000000000001", Server: types.HiddenUserServer}
	groupChat = types.NewJID("120363025246125486", types.GroupServer)
	noon      = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
)

func textFromBob() *types.MessageInfo {
	return &types.MessageInfo{
		MessageSource: types.MessageSource{Chat: bobLID.ToNonAD(), Sender: bobLID, SenderAlt: bobPN},
		ID:            "3EB0AA", PushName: "Bob", Timestamp: noon,
	}
}

func TestAnArrivalComesOutOfTheInboxAsItWentIn(t *testing.T) {
	message := &waE2E.Message{EphemeralMessage: &waE2E.FutureProofMessage{Message: &waE2E.Message{Conversation: proto.String("Moin")}}}
	went, err := arrivalOf(textFromBob(), message)
	if err != nil {
		t.Fatal(err)
	}
	payload, err := went.encode()
	if err != nil {
		t.Fatal(err)
	}
	came, unwrapped, err := decodeArrival(payload)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(came, went) {
		t.Errorf("came %+v, went %+v", came, went)
	}
	if got := unwrapped.Message.GetConversation(); got != "Moin" {
		t.Errorf("the message says %q", got)
	}
}

func TestTheChatOfAnArrivalIsTheOtherPerson(t *testing.T) {
	fromPhone := textFromBob()
	fromPhone.IsFromMe, fromPhone.Sender, fromPhone.SenderAlt = true, aliceLID, types.EmptyJID
	fromPhone.RecipientAlt = bobPN
	broadcast := textFromBob()
	broadcast.IsGroup, broadcast.Chat = true, types.NewJID("1718", types.BroadcastServer)
	group := textFromBob()
	group.IsGroup, group.Chat = true, groupChat
	for name, c := range map[string]struct {
		info      *types.MessageInfo
		chat, alt types.JID
	}{
		"to me":           {textFromBob(), bobLID.ToNonAD(), bobPN.ToNonAD()},
		"from my phone":   {fromPhone, bobLID.ToNonAD(), bobPN.ToNonAD()},
		"to many at once": {broadcast, bobLID.ToNonAD(), bobPN.ToNonAD()},
		"in a group":      {group, groupChat, types.EmptyJID},
	} {
		a, err := arrivalOf(c.info, nil)
		if err != nil || a.Chat != c.chat || a.ChatAlt != c.alt {
			t.Errorf("%s: the chat is %s (%s), %v; want %s (%s)", name, a.Chat, a.ChatAlt, err, c.chat, c.alt)
		}
	}
}

func FuzzDecodeArrival(f *testing.F) {
	good, _ := arrivalOf(textFromBob(), &waE2E.Message{Conversation: proto.String("Moin")})
	payload, _ := good.encode()
	f.Add(payload)
	f.Add([]byte(`{"v":1,"chat":"1@lid","sender":"1@lid","id":"A","unreadable":"phone"}`))
	f.Add([]byte(`{"v":1,"chat":"1@lid","sender":"1@lid","id":"A","message":"/w=="}`))
	f.Add([]byte(`{"v":1,"kind":"group","chat":"1@g.us","sender":"1@lid","id":"A","group":{"name":"Team","left":["1@lid"]}}`))
	f.Add([]byte(`{"v":1,"kind":"group","chat":"1@g.us","sender":"1@lid","id":"A"}`))
	f.Add([]byte(`{"v":2}`))
	f.Add([]byte(`{"v":1,"chat":"a:b:c@d"}`))
	f.Fuzz(func(t *testing.T, payload []byte) {
		came, message, err := decodeArrival(payload)
		if err != nil {
			return
		}
		if came.Kind == arrivalGroup {
			if message != nil || came.Group == nil {
				t.Errorf("a change of a group is %+v", came)
			}
			return
		}
		if (message == nil) != (came.Unreadable != readable) {
			t.Errorf("unreadable is %q, and the message is %v", came.Unreadable, message)
		}
		if message != nil {
			shows(message.Message)
			if c := words.convert(message); c.sentence == "" && c.event == nil {
				t.Error("a message became nothing")
			}
		}
	})
}
