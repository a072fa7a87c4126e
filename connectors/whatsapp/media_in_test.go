package whatsapp

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"slices"
	"testing"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"google.golang.org/protobuf/proto"
	"maunium.net/go/mautrix/event"

	"passerelle/portal"
	"passerelle/portal/say"
)

// photo is a JPEG of a blue sky over green land.
func photo(t *testing.T, width, height int) []byte {
	t.Helper()
	picture := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			shade := color.RGBA{B: 200, A: 255}
			if y > height/2 {
				shade = color.RGBA{G: 150, A: 255}
			}
			picture.Set(x, y, shade)
		}
	}
	var out bytes.Buffer
	if err := jpeg.Encode(&out, picture, nil); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestFilesComeInAsWhatTheyAre(t *testing.T) {
	n, s, key := proto.Uint32, proto.String, []byte{1}
	for name, c := range map[string]struct {
		message *waE2E.Message
		as      event.MessageType
		file    string
		caption string
		info    event.FileInfo
	}{
		"a photo": {&waE2E.Message{ImageMessage: &waE2E.ImageMessage{Mimetype: s("image/jpeg"), Width: n(40), Height: n(30), Caption: s("*Hi*")}},
			event.MsgImage, "image.jpg", "*Hi*", event.FileInfo{MimeType: "image/jpeg", Width: 40, Height: 30}},
		"a video": {&waE2E.Message{VideoMessage: &waE2E.VideoMessage{Mimetype: s("video/mp4"), Seconds: n(7), Caption: s("Sea")}},
			event.MsgVideo, "video.mp4", "Sea", event.FileInfo{MimeType: "video/mp4", Duration: 7000}},
		"a GIF": {&waE2E.Message{VideoMessage: &waE2E.VideoMessage{Mimetype: s("video/mp4"), GifPlayback: proto.Bool(true)}},
			event.MsgVideo, "gif.mp4", "", event.FileInfo{MimeType: "video/mp4", MauGIF: true}},
		"a video note": {&waE2E.Message{PtvMessage: &waE2E.VideoMessage{Mimetype: s("video/mp4"), Seconds: n(3)}},
			event.MsgVideo, "video.mp4", "", event.FileInfo{MimeType: "video/mp4", Duration: 3000}},
		"a song": {&waE2E.Message{AudioMessage: &waE2E.AudioMessage{Mimetype: s("audio/mpeg"), Seconds: n(200)}},
			event.MsgAudio, "audio.mp3", "", event.FileInfo{MimeType: "audio/mpeg", Duration: 200000}},
		"a letter": {&waE2E.Message{DocumentWithCaptionMessage: wrapped(&waE2E.Message{DocumentMessage: &waE2E.DocumentMessage{
			Mimetype: s("application/pdf"), FileName: s(`C:\..\Brief.pdf`), Caption: s("Read")}})},
			event.MsgFile, "Brief.pdf", "Read", event.FileInfo{MimeType: "application/pdf"}},
		"a nameless letter": {&waE2E.Message{DocumentMessage: &waE2E.DocumentMessage{Mimetype: s("application/pdf"), FileName: s("..")}},
			event.MsgFile, "document.pdf", "", event.FileInfo{MimeType: "application/pdf"}},
		"to be seen once, yet here": {&waE2E.Message{ViewOnceMessageV2: wrapped(&waE2E.Message{ImageMessage: &waE2E.ImageMessage{
			Mimetype: s("image/jpeg"), MediaKey: key}})},
			event.MsgImage, "image.jpg", "Meant to be viewed once", event.FileInfo{MimeType: "image/jpeg"}},
	} {
		got := words.convert(in(c.message))
		if got.event == nil || got.file == nil {
			t.Errorf("%s: came in as %+v", name, got)
			continue
		}
		if got.kind != portal.KindMedia || got.eventType != event.EventMessage || got.event.MsgType != c.as || got.event.GetFileName() != c.file || got.file.name != c.file || got.event.GetCaption() != c.caption {
			t.Errorf("%s: came in as %+v", name, got.event)
		}
		info := got.event.Info
		if info.MimeType != c.info.MimeType || info.Width != c.info.Width || info.Height != c.info.Height || info.Duration != c.info.Duration || info.MauGIF != c.info.MauGIF {
			t.Errorf("%s: came in with %+v", name, info)
		}
		if (got.event.FormattedBody == "<strong>Hi</strong>") != (name == "a photo") {
			t.Errorf("%s: came in with %q", name, got.event.FormattedBody)
		}
	}
}

func TestAVoiceNoteComesInWithItsShape(t *testing.T) {
	c := words.convert(in(&waE2E.Message{AudioMessage: &waE2E.AudioMessage{
		Mimetype: proto.String("audio/ogg; codecs=opus"), PTT: proto.Bool(true), Seconds: proto.Uint32(2), Waveform: []byte{0, 50, 100, 200},
	}}))
	if c.event.MSC3245Voice == nil || c.event.MSC1767Audio.Duration != 2000 || c.file.name != "voice.ogg" {
		t.Errorf("came in as %+v", c.event)
	}
	if got := c.event.MSC1767Audio.Waveform; !slices.Equal(got, []int{0, 512, 1024, 1024}) {
		t.Errorf("its shape is %v", got)
	}
}

func TestAStickerComesIn(t *testing.T) {
	c := words.convert(in(&waE2E.Message{StickerMessage: &waE2E.StickerMessage{
		Mimetype: proto.String("image/webp"), Width: proto.Uint32(512), Height: proto.Uint32(512), IsAnimated: proto.Bool(true), Emojis: proto.String("🐈"),
	}}))
	if c.eventType != event.EventSticker || c.event.MsgType != "" || c.event.Body != "🐈" || c.text != "🐈" || !c.event.Info.IsAnimated || c.event.Info.Width != 512 || c.file.mime != "image/webp" {
		t.Errorf("came in as %+v", c.event)
	}
	for name, sticker := range map[string]*waE2E.StickerMessage{
		"said so": {IsLottie: proto.Bool(true)}, "by its type": {Mimetype: proto.String("application/was")},
	} {
		if got := words.convert(in(&waE2E.Message{StickerMessage: sticker})); got.sentence != say.OpenYourPhone {
			t.Errorf("%s: a sticker that nobody can show came in as %+v", name, got)
		}
	}
}

func TestAThumbnailIsASecondFile(t *testing.T) {
	small := photo(t, 40, 30)
	c := words.convert(in(&waE2E.Message{ImageMessage: &waE2E.ImageMessage{Mimetype: proto.String("image/jpeg"), JPEGThumbnail: small}}))
	if c.thumbnail == nil || !bytes.Equal(c.thumbnail.data, small) || len(c.event.Info.AnoaBlurhash) < 6 {
		t.Fatalf("came in as %+v", c.event.Info)
	}
	c.thumbnail.show("mxc://x/small", nil)
	if info := c.event.Info; info.ThumbnailURL != "mxc://x/small" || info.ThumbnailInfo.Width != 40 || info.ThumbnailInfo.Height != 30 || info.ThumbnailInfo.MimeType != "image/jpeg" || info.ThumbnailInfo.Size != len(small) {
		t.Errorf("its thumbnail is %+v", info.ThumbnailInfo)
	}
	broken := words.convert(in(&waE2E.Message{ImageMessage: &waE2E.ImageMessage{JPEGThumbnail: small[:20]}}))
	if broken.thumbnail != nil || broken.file == nil {
		t.Errorf("with a broken thumbnail it came in as %+v", broken)
	}
}

func FuzzThumbnail(f *testing.F) {
	f.Add([]byte("\xff\xd8\xff"))
	f.Add([]byte("RIFF\x00\x00\x00\x00WEBPVP8 "))
	f.Add([]byte("GIF89a"))
	f.Fuzz(func(t *testing.T, data []byte) {
		c := content{event: &event.MessageEventContent{Info: &event.FileInfo{}}}
		c.showThumbnail(data, "image/jpeg")
		if c.thumbnail == nil != (c.event.Info.AnoaBlurhash == "") {
			t.Errorf("shown as %+v", c.event.Info)
		}
	})
}

func TestAShapeGoesOutInWhatsAppsMeasure(t *testing.T) {
	if got := waveformOut(nil); got != nil {
		t.Errorf("no shape is %v", got)
	}
	got := waveformOut([]int{0, 1024, -5, 5000})
	if len(got) != 64 || got[0] != 0 || got[16] != 100 || got[32] != 0 || got[63] != 100 {
		t.Errorf("four samples are %v", got)
	}
	long := make([]int, 1000)
	long[500] = 512
	if got := waveformOut(long); len(got) != 64 || slices.Max(got) != 50 {
		t.Errorf("a thousand samples are %v", got)
	}
}
