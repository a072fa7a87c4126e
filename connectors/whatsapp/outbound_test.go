package whatsapp

import (
	"testing"

	"go.mau.fi/whatsmeow"
	"maunium.net/go/mautrix/bridgev2/database"
	"maunium.net/go/mautrix/event"

	"passerelle/portal"
)

func TestTextGoesOut(t *testing.T) {
	out := convertOut(&event.MessageEventContent{MsgType: event.MsgText, Body: "Bonjour"}, nil)
	if out.kind != portal.KindText || out.text != "Bonjour" || out.message.GetConversation() != "Bonjour" || out.file != nil {
		t.Errorf("went out as %+v", out)
	}
	if out := convertOut(&event.MessageEventContent{MsgType: event.MsgEmote, Body: "waves"}, nil); out.text != "* waves" {
		t.Errorf("an emote went out as %q", out.text)
	}
}

func TestAnAnswerNamesWhatItAnswers(t *testing.T) {
	answered := messageID{chat: "84512345678901@lid", sender: "84512345678901", id: "3EB0BB"}
	out := convertOut(&event.MessageEventContent{MsgType: event.MsgText, Body: "Yes"}, answering(&database.Message{ID: answered.networkID()}))
	text := out.message.GetExtendedTextMessage()
	if text.GetText() != "Yes" || text.GetContextInfo().GetStanzaID() != "3EB0BB" || text.GetContextInfo().GetParticipant() != "84512345678901@lid" {
		t.Errorf("went out as %v", out.message)
	}
	if answering(nil) != nil || answering(&database.Message{ID: "nonsense"}) != nil {
		t.Error("nothing is answered, and something is named")
	}
}

func TestFilesGoOut(t *testing.T) {
	uploaded := whatsmeow.UploadResponse{URL: "https://u", DirectPath: "/d", MediaKey: []byte{1}, FileEncSHA256: []byte{2}, FileSHA256: []byte{3}, FileLength: 4}
	for name, c := range map[string]struct {
		kind  event.MessageType
		mime  string
		image bool
	}{
		"a photo":              {event.MsgImage, "image/jpeg", true},
		"a screenshot":         {event.MsgImage, "image/png; charset=binary", true},
		"what phones call HEI": {event.MsgImage, "image/heic", false},
		"a letter":             {event.MsgFile, "application/pdf", false},
		"a video":              {event.MsgVideo, "video/mp4", false},
		"a sound":              {event.MsgAudio, "", false},
	} {
		out := convertOut(&event.MessageEventContent{
			MsgType: c.kind, Body: "Look", FileName: "file.bin", Info: &event.FileInfo{MimeType: c.mime, Width: 4, Height: 3},
		}, nil)
		if out.kind != portal.KindMedia || out.text != "Look" || out.file.name != "file.bin" {
			t.Errorf("%s: went out as %+v", name, out)
		}
		out.file.fill(uploaded)
		image := out.message.GetImageMessage()
		document := out.message.GetDocumentWithCaptionMessage().GetMessage().GetDocumentMessage()
		switch {
		case c.image && (image.GetDirectPath() != "/d" || image.GetCaption() != "Look" || image.GetWidth() != 4 || out.file.as != whatsmeow.MediaImage):
			t.Errorf("%s: went out as %v", name, out.message)
		case !c.image && (document.GetDirectPath() != "/d" || document.GetFileName() != "file.bin" || document.GetCaption() != "Look" || out.file.as != whatsmeow.MediaDocument):
			t.Errorf("%s: went out as %v", name, out.message)
		}
	}
}

func TestWhatWhatsAppCannotShowIsRefused(t *testing.T) {
	for _, kind := range []event.MessageType{event.MsgLocation, event.CapMsgSticker, "org.example.hologram", ""} {
		if out := convertOut(&event.MessageEventContent{MsgType: kind, Body: "x"}, nil); out != nil {
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
