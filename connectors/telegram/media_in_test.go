package telegram

import (
	"encoding/json"
	"testing"

	"maunium.net/go/mautrix/event"

	"passerelle/portal/say"
)

// readsMedia converts a message in JSON.
func readsMedia(t *testing.T, text string) content {
	t.Helper()
	var m message
	if err := json.Unmarshal([]byte(text), &m); err != nil {
		t.Fatal(err)
	}
	return english.convert(&m)
}

func TestFilesInMatrixsWords(t *testing.T) {
	for name, c := range map[string]struct {
		message            string
		as                 event.MessageType // empty: a sticker
		file, small        string            // their identifiers
		body, called, mime string
		width, duration    int
		loops, voice       bool
	}{
		"a picture": {`{"photo":[{"file_id":"s","width":90,"height":60},{"file_id":"l","width":1200,"height":800},{"file_id":"m","width":300,"height":200}]}`,
			event.MsgImage, "l", "m", "image.jpg", "image.jpg", "image/jpeg", 1200, 0, false, false},
		"a picture of one size": {`{"photo":[{"file_id":"l","width":80,"height":60}],"caption":"Le port"}`,
			event.MsgImage, "l", "", "Le port", "image.jpg", "image/jpeg", 80, 0, false, false},
		"a video": {`{"video":{"file_id":"v","mime_type":"video/mp4","width":640,"height":480,"duration":7,"thumbnail":{"file_id":"t"}}}`,
			event.MsgVideo, "v", "t", "video.mp4", "video.mp4", "video/mp4", 640, 7000, false, false},
		"an animation, which is a document, too": {`{"document":{"file_id":"d"},"animation":{"file_id":"a","file_name":"chat.mp4","mime_type":"video/mp4","duration":1}}`,
			event.MsgVideo, "a", "", "chat.mp4", "chat.mp4", "video/mp4", 0, 1000, true, false},
		"an animated picture": {`{"animation":{"file_id":"a","mime_type":"image/gif"}}`, event.MsgImage, "a", "", "gif.gif", "gif.gif", "image/gif", 0, 0, false, false},
		"a video note": {`{"video_note":{"file_id":"n","length":240,"duration":3}}`,
			event.MsgVideo, "n", "", "video-note.mp4", "video-note.mp4", "video/mp4", 240, 3000, false, false},
		"a voice note": {`{"voice":{"file_id":"o","duration":4}}`, event.MsgAudio, "o", "", "voice.ogg", "voice.ogg", "audio/ogg", 0, 4000, false, true},
		"music": {`{"audio":{"file_id":"m","performer":"Fairuz","title":"Habbaytak","mime_type":"audio/mpeg","duration":200}}`,
			event.MsgAudio, "m", "", "Fairuz – Habbaytak.mp3", "Fairuz – Habbaytak.mp3", "audio/mpeg", 0, 200000, false, false},
		"a document": {`{"document":{"file_id":"d","file_name":"../../acte.pdf","mime_type":"application/pdf"},"caption":"À signer"}`,
			event.MsgFile, "d", "", "À signer", "acte.pdf", "application/pdf", 0, 0, false, false},
		"a document without anything": {`{"document":{"file_id":"d"}}`, event.MsgFile, "d", "", "document", "document", "application/octet-stream", 0, 0, false, false},
		"a sticker":                   {`{"sticker":{"file_id":"s","width":512,"height":512,"emoji":"🙂"}}`, "", "s", "", "🙂", "", "image/webp", 512, 0, false, false},
		"a sticker that is a video": {`{"sticker":{"file_id":"s","is_video":true,"width":512,"emoji":"🙂"}}`,
			event.MsgVideo, "s", "", "🙂", "sticker.webm", "video/webm", 512, 0, true, false},
		"a sticker that is a program": {`{"sticker":{"file_id":"s","is_animated":true,"width":512,"emoji":"🙂","thumbnail":{"file_id":"t","width":128}}}`,
			"", "t", "", "🙂", "", "", 128, 0, false, false},
	} {
		got := readsMedia(t, c.message)
		if got.file == nil {
			t.Errorf("%s: %+v", name, got)
			continue
		}
		e, small := got.event, ""
		if got.thumbnail != nil {
			small = got.thumbnail.id
		}
		if e.MsgType != c.as || got.file.id != c.file || small != c.small || e.Body != c.body || e.FileName != c.called || got.file.mime != c.mime ||
			e.Info.Width != c.width || e.Info.Duration != c.duration || e.Info.MauGIF != c.loops || (e.MSC3245Voice != nil) != c.voice {
			t.Errorf("%s: %+v %+v, %+v", name, e, e.Info, got.file)
		}
		if sticker := got.eventType == event.EventSticker; sticker != (c.as == "") {
			t.Errorf("%s: its event is %s", name, got.eventType.Type)
		}
	}
}

func TestAStickerWithoutAnyPictureIsItsEmoji(t *testing.T) {
	got := readsMedia(t, `{"sticker":{"file_id":"s","is_animated":true,"emoji":"🙂"}}`)
	if got.file != nil || got.event.Body != "🙂" || got.event.MsgType != event.MsgText {
		t.Errorf("it is %+v", got.event)
	}
}

func TestWhatIsAroundAFile(t *testing.T) {
	got := readsMedia(t, `{"photo":[{"file_id":"a"}],"caption":"Le port","caption_entities":[{"type":"bold","offset":3,"length":4}],
		"media_group_id":"77","has_media_spoiler":true,"forward_origin":{"type":"user"}}`)
	if want := say.English.Say(say.Forwarded) + "\nLe port"; got.event.Body != want || got.event.FormattedBody != "<em>Forwarded</em><br>Le <strong>port</strong>" {
		t.Errorf("below it stands %q, %q", got.event.Body, got.event.FormattedBody)
	}
	if got.text != "Le port" || got.extra[albumField] != "77" || got.extra[keySpoiler] != true {
		t.Errorf("it is %q with %v", got.text, got.extra)
	}
	got = readsMedia(t, `{"document":{"file_id":"a","file_name":"a.pdf"},"forward_origin":{"type":"user"}}`)
	if got.event.Body != "Forwarded" || got.event.FileName != "a.pdf" || got.event.FormattedBody != "<em>Forwarded</em><br>" {
		t.Errorf("below a file without words stands %q, %q", got.event.Body, got.event.FormattedBody)
	}
}
