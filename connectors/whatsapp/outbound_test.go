package whatsapp

import (
	"testing"

	"maunium.net/go/mautrix/bridgev2/database"
	"maunium.net/go/mautrix/event"

	"passerelle/portal"
)

func TestTextGoesOut(t *testing.T) {
	out := convertOut(&event.MessageEventContent{MsgType: event.MsgText, Body: "Bonjour"}, occasion{})
	if out.kind != portal.KindText || out.text != "Bonjour" || out.message.GetConversation() != "Bonjour" || out.file != nil {
		t.Errorf("went out as %+v", out)
	}
	if out := convertOut(&event.MessageEventContent{MsgType: event.MsgEmote, Body: "waves"}, occasion{}); out.text != "* waves" {
		t.Errorf("an emote went out as %q", out.text)
	}
}

func TestAnAnswerNamesWhatItAnswers(t *testing.T) {
	answered := messageID{chat: "84512345678901@lid", sender: "84512345678901", id: "3EB0BB"}
	out := convertOut(&event.MessageEventContent{MsgType: event.MsgText, Body: "Yes"}, occasion{answers: answering(&database.Message{ID: answered.networkID()})})
	text := out.message.GetExtendedTextMessage()
	if text.GetText() != "Yes" || text.GetContextInfo().GetStanzaID() != "3EB0BB" || text.GetContextInfo().GetParticipant() != "84512345678901@lid" {
		t.Errorf("went out as %v", out.message)
	}
	if answering(nil) != nil || answering(&database.Message{ID: "nonsense"}) != nil {
		t.Error("nothing is answered, and something is named")
	}
}

func TestWhatWhatsAppCannotShowIsRefused(t *testing.T) {
	for _, kind := range []event.MessageType{event.MsgLocation, "org.example.hologram", ""} {
		if out := convertOut(&event.MessageEventContent{MsgType: kind, Body: "x"}, occasion{}); out != nil {
			t.Errorf("%q went out as %v", kind, out.message)
		}
	}
}

func TestEveryKindOfFileReachesUs(t *testing.T) {
	features := roomFeatures(1 << 20)
	for _, kind := range []event.MessageType{event.MsgImage, event.MsgFile, event.MsgVideo, event.MsgAudio, event.CapMsgSticker} {
		if f, ok := features.File[kind]; !ok || f.GetMimeSupport("x-unheard/of").Reject() {
			t.Errorf("bridgev2 would refuse %s in its own words", kind)
		}
	}
}
