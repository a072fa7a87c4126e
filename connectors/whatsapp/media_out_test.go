package whatsapp

import (
	"bytes"
	"io"
	"testing"

	"go.mau.fi/whatsmeow"
	"maunium.net/go/mautrix/event"

	"passerelle/portal"
)

var uploaded = whatsmeow.UploadResponse{
	URL: "https://u", DirectPath: "/d", MediaKey: []byte{1}, FileEncSHA256: []byte{2}, FileSHA256: []byte{3}, FileLength: 4,
}

func TestFilesGoOutAsWhatWhatsAppShows(t *testing.T) {
	voice := &event.MSC3245Voice{}
	for name, c := range map[string]struct {
		content event.MessageEventContent
		want    string
	}{
		"a photo":              {event.MessageEventContent{MsgType: event.MsgImage, Info: &event.FileInfo{MimeType: "image/jpeg"}}, "image"},
		"a screenshot":         {event.MessageEventContent{MsgType: event.MsgImage, Info: &event.FileInfo{MimeType: "image/png; x=y"}}, "image"},
		"what phones call HEI": {event.MessageEventContent{MsgType: event.MsgImage, Info: &event.FileInfo{MimeType: "image/heic"}}, "document"},
		"a moving picture":     {event.MessageEventContent{MsgType: event.MsgImage, Info: &event.FileInfo{MimeType: "image/gif"}}, "document"},
		"a video":              {event.MessageEventContent{MsgType: event.MsgVideo, Info: &event.FileInfo{MimeType: "video/mp4"}}, "video"},
		"a GIF":                {event.MessageEventContent{MsgType: event.MsgVideo, Info: &event.FileInfo{MimeType: "video/mp4", MauGIF: true}}, "gif"},
		"another video":        {event.MessageEventContent{MsgType: event.MsgVideo, Info: &event.FileInfo{MimeType: "video/webm"}}, "document"},
		"a song":               {event.MessageEventContent{MsgType: event.MsgAudio, Info: &event.FileInfo{MimeType: "audio/mpeg"}}, "audio"},
		"a sound with words":   {event.MessageEventContent{MsgType: event.MsgAudio, FileName: "a", Body: "b", Info: &event.FileInfo{MimeType: "audio/mpeg"}}, "document"},
		"a voice note":         {event.MessageEventContent{MsgType: event.MsgAudio, MSC3245Voice: voice, Info: &event.FileInfo{MimeType: "audio/ogg"}}, "voice"},
		"another voice note":   {event.MessageEventContent{MsgType: event.MsgAudio, MSC3245Voice: voice, Info: &event.FileInfo{MimeType: "audio/mp4"}}, "audio"},
		"a sound of no kind":   {event.MessageEventContent{MsgType: event.MsgAudio}, "document"},
		"a sticker":            {event.MessageEventContent{MsgType: event.CapMsgSticker, Info: &event.FileInfo{MimeType: "image/webp"}}, "sticker"},
		"a drawn sticker":      {event.MessageEventContent{MsgType: event.CapMsgSticker, Info: &event.FileInfo{MimeType: "image/png"}}, "image"},
		"a letter":             {event.MessageEventContent{MsgType: event.MsgFile, Info: &event.FileInfo{MimeType: "application/pdf"}}, "document"},
	} {
		out := convertOut(&c.content, occasion{expires: 60})
		out.file.fill(uploaded)
		m := out.message
		if wrapping := m.GetDocumentWithCaptionMessage(); wrapping != nil {
			m = wrapping.GetMessage()
		}
		got, path := "", ""
		switch {
		case m.ImageMessage != nil:
			got, path = "image", m.ImageMessage.GetDirectPath()
		case m.VideoMessage.GetGifPlayback():
			got, path = "gif", m.VideoMessage.GetDirectPath()
		case m.VideoMessage != nil:
			got, path = "video", m.VideoMessage.GetDirectPath()
		case m.AudioMessage.GetPTT():
			got, path = "voice", m.AudioMessage.GetDirectPath()
		case m.AudioMessage != nil:
			got, path = "audio", m.AudioMessage.GetDirectPath()
		case m.StickerMessage != nil:
			got, path = "sticker", m.StickerMessage.GetDirectPath()
		case m.DocumentMessage != nil:
			got, path = "document", m.DocumentMessage.GetDirectPath()
		}
		if got != c.want || path != "/d" || out.kind != portal.KindMedia || contextOf(m).GetExpiration() != 60 {
			t.Errorf("%s: went out as %v", name, out.message)
		}
	}
}

func TestWhatIsSaidOfAFileGoesOut(t *testing.T) {
	out := convertOut(&event.MessageEventContent{
		MsgType: event.MsgVideo, FileName: "sea.mp4", Body: "The sea, Bob", Format: event.FormatHTML,
		FormattedBody: `The <b>sea</b>, <a href="` + bobsGhost.URI().MatrixToURL() + `">Bob</a>`,
		Info: &event.FileInfo{MimeType: "video/mp4", Width: 4, Height: 3, Duration: 1001, ThumbnailURL: "mxc://x/small",
			ThumbnailInfo: &event.FileInfo{Size: 77}},
	}, occasion{person: numbers})
	video := out.message.GetVideoMessage()
	if video.GetCaption() != "The *sea*, @84512345678901" || out.text != video.GetCaption() || video.GetWidth() != 4 || video.GetSeconds() != 2 {
		t.Errorf("went out as %v", video)
	}
	if mentioned := video.GetContextInfo().GetMentionedJID(); len(mentioned) != 1 || mentioned[0] != "84512345678901@lid" {
		t.Errorf("it names %v", mentioned)
	}
	if out.thumbnail == nil || out.thumbnail.url != "mxc://x/small" || out.thumbnail.size != 77 {
		t.Fatalf("its thumbnail is %+v", out.thumbnail)
	}
	out.thumbnail.fill([]byte("small"))
	if string(video.GetJPEGThumbnail()) != "small" {
		t.Errorf("it goes out with %q", video.GetJPEGThumbnail())
	}
}

func TestAPictureGetsItsThumbnailFromItself(t *testing.T) {
	out := convertOut(&event.MessageEventContent{MsgType: event.MsgImage, Info: &event.FileInfo{MimeType: "image/jpeg"}}, occasion{})
	out.file.look(bytes.NewReader(photo(t, 200, 100)))
	if image := out.message.GetImageMessage(); len(image.GetJPEGThumbnail()) == 0 || image.GetWidth() != 200 || image.GetHeight() != 100 {
		t.Errorf("went out as %v", image)
	}
	out.file.look(io.NewSectionReader(bytes.NewReader([]byte("no picture")), 0, 10))
}

func TestAVoiceNoteGoesOutWithItsShape(t *testing.T) {
	out := convertOut(&event.MessageEventContent{
		MsgType: event.MsgAudio, Body: "Voice message.ogg", MSC3245Voice: &event.MSC3245Voice{}, Info: &event.FileInfo{MimeType: "audio/ogg"},
		MSC1767Audio: &event.MSC1767Audio{Duration: 2400, Waveform: []int{0, 1024}},
	}, occasion{})
	audio := out.message.GetAudioMessage()
	if !audio.GetPTT() || audio.GetSeconds() != 3 || audio.GetMimetype() != "audio/ogg; codecs=opus" || len(audio.GetWaveform()) != 64 || audio.GetWaveform()[63] != 100 {
		t.Errorf("went out as %v", audio)
	}
}

func TestAPreviewGoesOutAsItCame(t *testing.T) {
	encrypted := &event.EncryptedFileInfo{URL: "mxc://x/pic"}
	content := &event.MessageEventContent{MsgType: event.MsgText, Body: "See https://x.org/a", BeeperLinkPreviews: []*event.BeeperLinkPreview{
		{MatchedURL: "https://elsewhere.org", LinkPreview: event.LinkPreview{Title: "Elsewhere"}},
		{MatchedURL: "https://x.org/a", ImageEncryption: encrypted, LinkPreview: event.LinkPreview{Title: "A", Description: "About A"}},
	}}
	out := convertOut(content, occasion{})
	text := out.message.GetExtendedTextMessage()
	if text.GetMatchedText() != "https://x.org/a" || text.GetTitle() != "A" || text.GetDescription() != "About A" || out.text != "See https://x.org/a\nA\nAbout A" {
		t.Errorf("went out as %v with %q", text, out.text)
	}
	if out.thumbnail == nil || out.thumbnail.encrypted != encrypted {
		t.Fatalf("its picture is %+v", out.thumbnail)
	}
	content.BeeperLinkPreviews = content.BeeperLinkPreviews[:1]
	if out := convertOut(content, occasion{}); out.message.GetConversation() != "See https://x.org/a" {
		t.Errorf("without its link the preview went out as %v", out.message)
	}
}

func TestRoomsSayWhatTheyCanDo(t *testing.T) {
	features := roomFeatures(1 << 20)
	if !features.LocationMessage.Full() || !features.Reply.Full() || !features.Formatting[event.FmtBold].Full() || features.Formatting[event.FmtUnderline] != event.CapLevelDropped {
		t.Errorf("a room can do %+v", features)
	}
	for kind, mimeTypes := range shownAs {
		for _, mimeType := range mimeTypes {
			if mimeType != mimeAll && !features.File[kind].GetMimeSupport(mimeType).Full() {
				t.Errorf("%s as %s is %d", mimeType, kind, features.File[kind].GetMimeSupport(mimeType))
			}
		}
	}
}
