package telegram

import (
	"slices"
	"strings"
	"testing"

	"maunium.net/go/mautrix/event"
)

func TestFilesInTelegramsWords(t *testing.T) {
	voice, loops := &event.MSC3245Voice{}, true
	for name, c := range map[string]struct {
		content      event.MessageEventContent
		method, file string
		details      map[string]any
	}{
		"a picture":             {event.MessageEventContent{MsgType: event.MsgImage, Body: "plan.jpg", Info: &event.FileInfo{MimeType: "image/jpeg", Width: 9}}, "sendPhoto", "plan.jpg", nil},
		"an old format":         {event.MessageEventContent{MsgType: event.MsgImage, Body: "plan.bmp", Info: &event.FileInfo{MimeType: "image/bmp"}}, "sendDocument", "plan.bmp", nil},
		"an animated one":       {event.MessageEventContent{MsgType: event.MsgImage, Body: "a", Info: &event.FileInfo{MimeType: "image/gif", Width: 9}}, "sendAnimation", "a.gif", map[string]any{"width": 9}},
		"a video":               {event.MessageEventContent{MsgType: event.MsgVideo, Body: "a.mp4", Info: &event.FileInfo{MimeType: "video/mp4", Height: 5, Duration: 1200}}, "sendVideo", "a.mp4", map[string]any{"height": 5, "duration": 2}},
		"a video that is a GIF": {event.MessageEventContent{MsgType: event.MsgVideo, Body: "a.mp4", Info: &event.FileInfo{MimeType: "video/mp4", MauGIF: loops}}, "sendAnimation", "a.mp4", nil},
		"another video":         {event.MessageEventContent{MsgType: event.MsgVideo, Body: "a.mkv", Info: &event.FileInfo{MimeType: "video/x-matroska"}}, "sendDocument", "a.mkv", map[string]any{"disable_content_type_detection": true}},
		"a voice note": {event.MessageEventContent{MsgType: event.MsgAudio, Body: "Message vocal", Info: &event.FileInfo{MimeType: "audio/ogg; codecs=opus"},
			MSC3245Voice: voice, MSC1767Audio: &event.MSC1767Audio{Duration: 3000}}, "sendVoice", "Message vocal.ogg", map[string]any{"duration": 3}},
		"music":                  {event.MessageEventContent{MsgType: event.MsgAudio, Body: "a.mp3", Info: &event.FileInfo{MimeType: "audio/mpeg"}}, "sendAudio", "a.mp3", nil},
		"sound that is no music": {event.MessageEventContent{MsgType: event.MsgAudio, Body: "a.ogg", Info: &event.FileInfo{MimeType: "audio/ogg"}}, "sendDocument", "a.ogg", nil},
		"a document":             {event.MessageEventContent{MsgType: event.MsgFile, Body: "../a\r\n.pdf", Info: &event.FileInfo{MimeType: "application/pdf"}}, "sendDocument", "a.pdf", nil},
		"a file of nothing":      {event.MessageEventContent{MsgType: event.MsgFile}, "sendDocument", "file", nil},
		"a sticker":              {event.MessageEventContent{MsgType: event.CapMsgSticker, Body: "chat", Info: &event.FileInfo{MimeType: "image/webp"}}, "sendSticker", "chat.webp", nil},
		"a drawn sticker":        {event.MessageEventContent{MsgType: event.CapMsgSticker, Body: "chat", Info: &event.FileInfo{MimeType: "image/png"}}, "sendPhoto", "chat.png", nil},
		"Telegram's own":         {event.MessageEventContent{MsgType: event.CapMsgSticker, Body: "chat", Info: &event.FileInfo{MimeType: "application/x-tgsticker"}}, "sendSticker", "sticker.tgs", nil},
	} {
		out := convertOut(&c.content, occasion{})
		if out == nil || len(out.parts) != 1 || len(out.files()) != 1 {
			t.Errorf("%s: %+v", name, out)
			continue
		}
		f := out.files()[0]
		if f.method() != c.method || f.name != c.file {
			t.Errorf("%s goes by %s as %q", name, f.method(), f.name)
		}
		for key, value := range c.details {
			if f.details[key] != value {
				t.Errorf("%s: %s is %v", name, key, f.details[key])
			}
		}
	}
}

// captioned is a picture with words below it.
func captioned(caption string) *event.MessageEventContent {
	return &event.MessageEventContent{MsgType: event.MsgImage, FileName: "a.jpg", Body: caption, Info: &event.FileInfo{MimeType: "image/jpeg"}}
}

func TestACaptionThatIsTooLongGoesOn(t *testing.T) {
	words := strings.Repeat("mot ", 2000) + "fin"
	out := convertOut(captioned(words), occasion{by: signed(), answers: messageID{id: 7}})
	var read []string
	for i, p := range out.parts {
		most := maxText
		if i == 0 {
			most = maxCaption
		}
		if len(unitsOf(p.text)) > most || (len(p.files) == 1) != (i == 0) {
			t.Errorf("part %d has %d units and %d files", i, len(unitsOf(p.text)), len(p.files))
		}
		read = append(read, p.text)
	}
	if got := strings.Join(read, " "); got != "Karim 🎈: "+words || len(out.parts) != 3 {
		t.Errorf("it goes in %d parts, as %.60q", len(out.parts), got)
	}
}

func TestWhoseAFileIs(t *testing.T) {
	if out := convertOut(captioned("a.jpg"), occasion{by: signed()}); out.parts[0].text != "Karim 🎈:" {
		t.Errorf("below a picture without words stands %q", out.parts[0].text)
	}
	sticker := &event.MessageEventContent{MsgType: event.CapMsgSticker, Body: "chat", Info: &event.FileInfo{MimeType: "image/webp"}}
	out := convertOut(sticker, occasion{by: signed()})
	if len(out.parts) != 2 || out.parts[0].text != "Karim 🎈:" || out.parts[0].files != nil || len(out.parts[1].files) != 1 || out.text != "Karim 🎈: chat" {
		t.Errorf("a sticker goes as %+v", out)
	}
}

func TestGalleriesGoAsAlbums(t *testing.T) {
	gallery := &event.MessageEventContent{MsgType: event.MsgBeeperGallery, BeeperGalleryCaption: "Le chantier"}
	for range 11 {
		gallery.BeeperGalleryImages = append(gallery.BeeperGalleryImages, captioned("a.jpg"))
	}
	gallery.BeeperGalleryImages = append(gallery.BeeperGalleryImages, nil, &event.MessageEventContent{MsgType: event.MsgText, Body: "x"}, captioned("le pont"))
	out := convertOut(gallery, occasion{by: signed()})
	if len(out.parts) != 2 || len(out.parts[0].files) != 10 || len(out.parts[1].files) != 2 || out.parts[0].text != "Karim 🎈: Le chantier" {
		t.Fatalf("it goes as %+v", out.parts)
	}
	if got := out.parts[1].files[1].caption.text; got != "le pont" || out.text != "Karim 🎈: Le chantier\nle pont" {
		t.Errorf("below the last stands %q; the gate reads %q", got, out.text)
	}
	out.parts[0].files[3].kind = kindAnimation
	out.parts[0].unmix()
	if slices.ContainsFunc(out.parts[0].files, func(f *outgoingFile) bool { return f.kind != kindDocument }) {
		t.Error("documents mix with pictures")
	}
	if convertOut(&event.MessageEventContent{MsgType: event.MsgBeeperGallery}, occasion{}) != nil {
		t.Error("an empty gallery is something")
	}
}
