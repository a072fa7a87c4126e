package whatsapp

import (
	"strings"
	"time"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"maunium.net/go/mautrix/event"

	"passerelle/portal"
	"passerelle/portal/media"
)

// media reads the kinds of messages that are files.
func (r reader) media(m *waE2E.Message) (content, bool) {
	switch {
	case m.GetImageMessage() != nil:
		return r.image(m.GetImageMessage()), true
	case m.GetVideoMessage() != nil:
		return r.video(m.GetVideoMessage()), true
	case m.GetPtvMessage() != nil: // a video note, which WhatsApp shows as a circle
		return r.video(m.GetPtvMessage()), true
	case m.GetAudioMessage() != nil:
		return r.audio(m.GetAudioMessage()), true
	case m.GetDocumentMessage() != nil:
		return r.document(m.GetDocumentMessage()), true
	case m.GetStickerMessage() != nil && isPlainSticker(m.GetStickerMessage()):
		return r.sticker(m.GetStickerMessage()), true
	}
	return content{}, false
}

// downloadable is what the kinds of files have in common.
type downloadable interface {
	whatsmeow.DownloadableMessage
	GetMimetype() string
	GetFileLength() uint64
	GetContextInfo() *waE2E.ContextInfo
}

// fileContent is a message that is a file, with its caption.
func (r reader) fileContent(source downloadable, as event.MessageType, name, caption string) content {
	f := &file{source: source, name: name, mime: source.GetMimetype(), size: int64(min(source.GetFileLength(), 1<<62))}
	out := &event.MessageEventContent{
		MsgType: as, Body: f.name, FileName: f.name, Info: &event.FileInfo{MimeType: media.PlainType(f.mime), Size: int(f.size)},
	}
	if strings.TrimSpace(caption) != "" { // Client-Server API, "Media captions": a body that is not the file's name
		readMarkup(caption, source.GetContextInfo(), r.person).put(out)
	}
	return content{kind: portal.KindMedia, text: out.GetCaption(), eventType: event.EventMessage, event: out, file: f}
}

func (r reader) image(image *waE2E.ImageMessage) content {
	c := r.fileContent(image, event.MsgImage, "image"+media.Extension(image.GetMimetype()), image.GetCaption())
	c.event.Info.Width, c.event.Info.Height = pixels(image.GetWidth()), pixels(image.GetHeight())
	c.showThumbnail(image.GetJPEGThumbnail(), "image/jpeg")
	return c
}

func (r reader) video(video *waE2E.VideoMessage) content {
	name := "video"
	if video.GetGifPlayback() {
		name = "gif"
	}
	c := r.fileContent(video, event.MsgVideo, name+media.Extension(video.GetMimetype()), video.GetCaption())
	info := c.event.Info
	info.Width, info.Height, info.Duration = pixels(video.GetWidth()), pixels(video.GetHeight()), milliseconds(video.GetSeconds())
	if video.GetGifPlayback() { // as Matrix bridges and Beeper's clients say it; others read the plain fields
		info.MauGIF = true
		info.Extra = map[string]any{
			"fi.mau.loop": true, "fi.mau.autoplay": true, "fi.mau.hide_controls": true, "fi.mau.no_audio": true,
		}
	}
	c.showThumbnail(video.GetJPEGThumbnail(), "image/jpeg")
	return c
}

func (r reader) audio(audio *waE2E.AudioMessage) content {
	name := "audio"
	if audio.GetPTT() {
		name = "voice"
	}
	c := r.fileContent(audio, event.MsgAudio, name+media.Extension(audio.GetMimetype()), "")
	c.event.Info.Duration = milliseconds(audio.GetSeconds())
	c.event.MSC1767Audio = &event.MSC1767Audio{Duration: c.event.Info.Duration, Waveform: waveformIn(audio.GetWaveform())}
	if audio.GetPTT() {
		c.event.MSC3245Voice = &event.MSC3245Voice{}
	}
	return c
}

func (r reader) document(document *waE2E.DocumentMessage) content {
	name := media.FileName(document.GetFileName())
	if name == "" {
		name = media.FileName(document.GetTitle())
	}
	if name == "" {
		name = "document" + media.Extension(document.GetMimetype())
	}
	c := r.fileContent(document, event.MsgFile, name, document.GetCaption())
	c.showThumbnail(document.GetJPEGThumbnail(), "image/jpeg")
	return c
}

// isPlainSticker tells whether a sticker is a picture: the other kind is a program for WhatsApp's own player.
func isPlainSticker(sticker *waE2E.StickerMessage) bool {
	return !sticker.GetIsLottie() && media.PlainType(sticker.GetMimetype()) != "application/was"
}

func (r reader) sticker(sticker *waE2E.StickerMessage) content {
	c := r.fileContent(sticker, "", "sticker"+media.Extension(sticker.GetMimetype()), "")
	c.eventType, c.event.FileName = event.EventSticker, ""
	if label := sticker.GetAccessibilityLabel(); label != "" {
		c.event.Body, c.text = label, label
	} else if emojis := sticker.GetEmojis(); emojis != "" {
		c.event.Body, c.text = emojis, emojis
	}
	info := c.event.Info
	info.Width, info.Height, info.IsAnimated = pixels(sticker.GetWidth()), pixels(sticker.GetHeight()), sticker.GetIsAnimated()
	c.showThumbnail(sticker.GetPngThumbnail(), "image/png")
	return c
}

// pixels is a length that a stranger states, in the bounds of reason.
func pixels(stated uint32) int { return int(min(stated, 1<<16)) }

func milliseconds(seconds uint32) int {
	return int((time.Duration(seconds) * time.Second).Milliseconds())
}
