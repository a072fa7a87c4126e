package telegram

import (
	"strings"
	"time"

	"maunium.net/go/mautrix/event"

	"passerelle/portal"
	"passerelle/portal/media"
	"passerelle/portal/say"
)

// file is the file of a message: where it is, and what it is.
type file struct {
	id     string // by which it is asked for
	unique string
	name   string
	mime   string // empty: whatever it turns out to be
	size   int64  // in bytes, as Telegram says
}

const (
	// albumField names the album that a file belongs to. Each file is a message of its own, which people can answer.
	albumField = "org.passerelle.album"
	// thumbnailWidth is the width of Telegram's small pictures, in pixels (Bot API, sendVideo, thumbnail).
	thumbnailWidth = 320
)

// media reads the kinds of messages that are files.
func (r reader) media(m *message) (c content, ok bool) {
	switch {
	case m.Animation != nil: // which is a document, too (Bot API, Message, animation)
		c = r.moving(m, m.Animation, "gif")
		c.playAsGIF()
	case len(m.Photo) > 0:
		c = r.photo(m)
	case m.Video != nil:
		c = r.moving(m, m.Video, "video")
	case m.VideoNote != nil:
		note := *m.VideoNote
		note.Width, note.Height, note.MimeType = note.Length, note.Length, "video/mp4"
		c = r.moving(m, &note, "video-note")
	case m.Voice != nil:
		c = r.sound(m, m.Voice, "audio/ogg", "voice")
		c.event.MSC3245Voice = &event.MSC3245Voice{}
	case m.Audio != nil:
		c = r.sound(m, m.Audio, "audio/mpeg", titleOf(m.Audio))
	case m.Sticker != nil:
		c = r.sticker(m)
	case m.Document != nil:
		c = r.fileContent(m, event.MsgFile, m.Document, "document"+media.Extension(m.Document.MimeType))
	default:
		return c, false
	}
	if c.file != nil && m.MediaGroupID != "" {
		c.adds(albumField, m.MediaGroupID)
	}
	return c, true
}

// fileContent is a message that is a file, with its caption. The file is called name unless it has one.
func (r reader) fileContent(m *message, as event.MessageType, of *fileObject, name string) content {
	if stated := media.FileName(strings.ToValidUTF8(of.FileName, "\uFFFD")); stated != "" {
		name = stated
	}
	f := &file{id: of.FileID, unique: of.FileUniqueID, name: name, mime: media.PlainType(of.MimeType), size: of.FileSize}
	info := &event.FileInfo{MimeType: f.mime, Size: int(of.FileSize), Width: pixels(of.Width), Height: pixels(of.Height), Duration: milliseconds(of.Duration)}
	c := content{kind: portal.KindMedia, eventType: event.EventMessage, file: f, event: &event.MessageEventContent{}}
	if strings.TrimSpace(m.Caption) != "" { // Client-Server API, "Media captions": a body that is not the file's name
		c.event = r.text(m.Caption, m.CaptionEntities).event
		c.text = c.event.Body
	} else {
		c.event.Body = name
	}
	c.event.MsgType, c.event.FileName, c.event.Info = as, name, info
	if of.Thumbnail != nil {
		c.thumbnail = &file{id: of.Thumbnail.FileID, name: "thumbnail", size: of.Thumbnail.FileSize}
	}
	return c
}

// photo is a picture, in the largest of its sizes. A small one is shown meanwhile.
func (r reader) photo(m *message) content {
	whole := &m.Photo[0]
	for i := range m.Photo {
		if size := &m.Photo[i]; pixels(size.Width)*pixels(size.Height) > pixels(whole.Width)*pixels(whole.Height) {
			whole = size
		}
	}
	picture := *whole
	picture.MimeType = "image/jpeg" // which Telegram makes of every one
	for i := range m.Photo {
		size := &m.Photo[i]
		if size != whole && size.Width <= thumbnailWidth && (picture.Thumbnail == nil || size.Width > picture.Thumbnail.Width) {
			picture.Thumbnail = size
		}
	}
	return r.fileContent(m, event.MsgImage, &picture, "image.jpg")
}

// moving is a video.
func (r reader) moving(m *message, of *fileObject, name string) content {
	return r.fileContent(m, event.MsgVideo, of, name+media.Extension(of.MimeType))
}

// playAsGIF has a video play again and again, as Matrix bridges and Beeper's clients say it; others read the plain fields.
func (c *content) playAsGIF() {
	if c.event.MsgType != event.MsgVideo {
		return
	}
	if strings.HasPrefix(c.file.mime, "image/") { // an animation may be a GIF, too
		c.event.MsgType = event.MsgImage
		return
	}
	c.event.Info.MauGIF = true
	c.event.Info.Extra = map[string]any{"fi.mau.loop": true, "fi.mau.autoplay": true, "fi.mau.hide_controls": true, "fi.mau.no_audio": true}
}

// sound is audio. Telegram tells bots nothing of its shape.
func (r reader) sound(m *message, of *fileObject, mime, name string) content {
	sound := *of
	if sound.MimeType == "" {
		sound.MimeType = mime
	}
	c := r.fileContent(m, event.MsgAudio, &sound, name+media.Extension(sound.MimeType))
	c.event.MSC1767Audio = &event.MSC1767Audio{Duration: c.event.Info.Duration}
	return c
}

// titleOf is what a piece of music is called.
func titleOf(of *fileObject) string {
	title := of.Title
	if of.Performer != "" && title != "" {
		title = of.Performer + " – " + title
	}
	if title = media.FileName(strings.ReplaceAll(strings.ToValidUTF8(title, "\uFFFD"), "/", "-")); title != "" {
		return title
	}
	return "audio"
}

// sticker is a sticker. Static ones are pictures; those that move are videos, which Matrix's clients show as such; or programs for
// Telegram's own player (tgs), of which the small picture is shown.
func (r reader) sticker(m *message) content {
	of := *m.Sticker
	emoji := of.Emoji
	if emoji == "" {
		emoji = r.say(say.Sticker)
	}
	if of.IsAnimated && of.Thumbnail == nil {
		return r.text(emoji, nil)
	}
	if of.IsVideo {
		of.MimeType = "video/webm"
		c := r.moving(m, &of, "sticker")
		c.playAsGIF()
		c.event.Body, c.text = emoji, emoji
		return c
	}
	of.MimeType = "image/webp"
	if of.IsAnimated {
		still := *of.Thumbnail
		still.Emoji, still.MimeType = of.Emoji, ""
		of = still
	}
	c := r.fileContent(m, "", &of, "sticker.webp")
	if of.MimeType == "" {
		c.file.mime = ""
	}
	c.eventType, c.event.FileName = event.EventSticker, ""
	c.event.Body, c.text = emoji, emoji
	return c
}

// pixels is a length that comes from outside, in the bounds of reason.
func pixels(stated int) int { return max(0, min(stated, 1<<16)) }

func milliseconds(seconds int) int {
	return int((time.Duration(max(0, min(seconds, 1<<31-1))) * time.Second).Milliseconds())
}
