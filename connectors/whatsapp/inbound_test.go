package whatsapp

import (
	"testing"

	"go.mau.fi/whatsmeow/proto/waCommon"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
	"google.golang.org/protobuf/proto"
	"maunium.net/go/mautrix/event"

	"passerelle/portal"
	"passerelle/portal/say"
)

func in(m *waE2E.Message) *events.Message { return (&events.Message{RawMessage: m}).UnwrapRaw() }

func wrapped(m *waE2E.Message) *waE2E.FutureProofMessage {
	return &waE2E.FutureProofMessage{Message: m}
}

func protocolMessage(kind waE2E.ProtocolMessage_Type) *waE2E.Message {
	return &waE2E.Message{ProtocolMessage: &waE2E.ProtocolMessage{Type: kind.Enum(), Key: &waCommon.MessageKey{ID: proto.String("3EB0")}}}
}

func TestTextComesIn(t *testing.T) {
	answer := &waE2E.ContextInfo{StanzaID: proto.String("3EB0BB"), Participant: proto.String("84512345678901:3@lid")}
	text := proto.String("Bonjour *Bob*")
	for name, message := range map[string]*waE2E.Message{
		"plain":            {Conversation: text},
		"extended":         {ExtendedTextMessage: &waE2E.ExtendedTextMessage{Text: text}},
		"disappearing":     {EphemeralMessage: wrapped(&waE2E.Message{Conversation: text})},
		"from one's phone": {DeviceSentMessage: &waE2E.DeviceSentMessage{Message: &waE2E.Message{Conversation: text}}},
		"answer":           {ExtendedTextMessage: &waE2E.ExtendedTextMessage{Text: text, ContextInfo: answer}},
	} {
		c := words.convert(in(message))
		if c.kind != portal.KindText || c.text != *text || c.event.MsgType != event.MsgText || c.event.Body != *text || c.file != nil {
			t.Errorf("%s: came in as %+v", name, c)
		}
		if (c.quote != nil) != (name == "answer") {
			t.Errorf("%s: quotes %+v", name, c.quote)
		}
		if c.quote != nil && (c.quote.id != "3EB0BB" || c.quote.sender != types.NewJID("84512345678901", types.HiddenUserServer)) {
			t.Errorf("%s: quotes %+v", name, c.quote)
		}
	}
}

func TestAnImageComesIn(t *testing.T) {
	image := &waE2E.ImageMessage{Mimetype: proto.String("image/jpeg"), FileLength: proto.Uint64(1234),
		Width: proto.Uint32(40), Height: proto.Uint32(30), DirectPath: proto.String("/v/x?y")}
	c := words.convert(in(&waE2E.Message{ImageMessage: image}))
	if c.kind != portal.KindMedia || c.event.MsgType != event.MsgImage || c.event.Body != "image.jpg" || c.file.size != 1234 || c.file.source != image {
		t.Errorf("came in as %+v", c)
	}
	if info := c.event.Info; info.Width != 40 || info.Height != 30 || info.MimeType != "image/jpeg" {
		t.Errorf("came in with %+v", info)
	}
	image.Caption = proto.String("The lake")
	if c := words.convert(in(&waE2E.Message{ImageMessage: image})); c.text != "The lake" || c.event.GetCaption() != "The lake" || c.event.GetFileName() != "image.jpg" {
		t.Errorf("with a caption it came in as %+v", c.event)
	}
}

func TestWhatCannotBeShownIsSaid(t *testing.T) {
	picture := &waE2E.Message{ImageMessage: &waE2E.ImageMessage{}}
	for name, c := range map[string]struct {
		message *waE2E.Message
		says    say.Sentence
	}{
		"a place nowhere":       {&waE2E.Message{LocationMessage: &waE2E.LocationMessage{}}, say.OpenYourPhone},
		"a poll of nothing":     {&waE2E.Message{PollCreationMessageV3: &waE2E.PollCreationMessage{}}, say.OpenYourPhone},
		"a moving sticker":      {&waE2E.Message{LottieStickerMessage: wrapped(&waE2E.Message{StickerMessage: &waE2E.StickerMessage{}})}, say.OpenYourPhone},
		"no contact":            {&waE2E.Message{ContactsArrayMessage: &waE2E.ContactsArrayMessage{}}, say.OpenYourPhone},
		"an empty choice":       {&waE2E.Message{InteractiveResponseMessage: &waE2E.InteractiveResponseMessage{}}, say.OpenYourPhone},
		"a hidden template":     {&waE2E.Message{TemplateMessage: &waE2E.TemplateMessage{}}, say.OpenYourPhone},
		"a setting, wrapped":    {&waE2E.Message{LimitSharingMessage: wrapped(protocolMessage(waE2E.ProtocolMessage_LIMIT_SHARING))}, say.OpenYourPhone},
		"masked on this device": {&waE2E.Message{PlaceholderMessage: &waE2E.PlaceholderMessage{}}, say.OpenYourPhone},
		"to be seen once":       {&waE2E.Message{ViewOnceMessageV2: wrapped(picture)}, say.OpenYourPhone},
	} {
		message := in(c.message)
		if !shows(message.Message) {
			t.Errorf("%s: passes in silence", name)
		}
		if got := words.convert(message); got.sentence != c.says || got.event != nil || got.file != nil {
			t.Errorf("%s: came in as %+v, want %s", name, got, c.says)
		}
	}
}

func TestAKindFromTheFutureIsSaid(t *testing.T) {
	message := &waE2E.Message{}
	if err := proto.Unmarshal([]byte{0xc2, 0x3e, 0x02, 0x08, 0x01}, message); err != nil { // field 1000
		t.Fatal(err)
	}
	for _, context := range []*waE2E.MessageContextInfo{nil, {MessageSecret: make([]byte, 32)}} { // phones send one with everything
		message.MessageContextInfo = context
		if !shows(message) {
			t.Errorf("with %v it passes in silence", context)
		}
		if got := words.convert(in(message)); got.sentence != say.OpenYourPhone {
			t.Errorf("with %v it came in as %+v", context, got)
		}
	}
}

func TestWhatShowsNothingPassesInSilence(t *testing.T) {
	keys := &waE2E.SenderKeyDistributionMessage{}
	for name, message := range map[string]*waE2E.Message{
		"nothing":        nil,
		"empty":          {},
		"a group's keys": {SenderKeyDistributionMessage: keys, MessageContextInfo: &waE2E.MessageContextInfo{}},
		"history":        protocolMessage(waE2E.ProtocolMessage_HISTORY_SYNC_NOTIFICATION),
		"settings":       protocolMessage(waE2E.ProtocolMessage_APP_STATE_SYNC_KEY_SHARE),
	} {
		if shows(message) {
			t.Errorf("%s: is shown", name)
		}
	}
	if !shows(&waE2E.Message{SenderKeyDistributionMessage: keys, Conversation: proto.String("with words")}) {
		t.Error("words beside a group's keys pass in silence")
	}
}

func TestOnlyConversationsConcernUs(t *testing.T) {
	bob := types.NewJID("84512345678901", types.HiddenUserServer)
	for name, c := range map[string]struct {
		source types.MessageSource
		want   bool
	}{
		"a person":              {types.MessageSource{Chat: bob, Sender: bob}, true},
		"a person by number":    {types.MessageSource{Chat: bobPN.ToNonAD(), Sender: bobPN}, true},
		"a group":               {types.MessageSource{Chat: groupChat, Sender: bob, IsGroup: true}, true},
		"a broadcast":           {types.MessageSource{Chat: types.NewJID("17", types.BroadcastServer), Sender: bob, IsGroup: true}, true},
		"one's own broadcast":   {types.MessageSource{Chat: types.NewJID("17", types.BroadcastServer), Sender: aliceLID, IsFromMe: true}, false},
		"a status update":       {types.MessageSource{Chat: types.StatusBroadcastJID, Sender: bob, IsGroup: true}, false},
		"a channel":             {types.MessageSource{Chat: types.NewJID("12", types.NewsletterServer)}, false},
		"WhatsApp's own news":   {types.MessageSource{Chat: types.PSAJID, Sender: types.PSAJID}, false},
		"a bot":                 {types.MessageSource{Chat: types.NewMetaAIJID, Sender: types.NewMetaAIJID}, false},
		"somebody's other chat": {types.MessageSource{Chat: types.NewJID("x", types.HiddenUserServer)}, false},
	} {
		if got := concernsUs(&types.MessageInfo{MessageSource: c.source}); got != c.want {
			t.Errorf("%s: %t, want %t", name, got, c.want)
		}
	}
}

// words is a reader for people who read English.
var words = reader{person: people, say: say.English.Say}
