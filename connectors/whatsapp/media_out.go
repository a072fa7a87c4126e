package whatsapp

import (
	"io"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"google.golang.org/protobuf/proto"
	"maunium.net/go/mautrix/event"

	"passerelle/portal"
	"passerelle/portal/card"
	"passerelle/portal/media"
)

// mediaOut says a Matrix file in WhatsApp's words: as what WhatsApp's clients can show, otherwise as a document. It is nil for
// what is no file.
func mediaOut(content *event.MessageEventContent, on occasion) *outgoing {
	plain := mediaType(content)
	switch content.MsgType {
	case event.MsgImage:
		if isShownAs(event.MsgImage, plain) {
			return imageOut(content, on)
		}
	case event.CapMsgSticker:
		switch {
		case isShownAs(event.CapMsgSticker, plain):
			return stickerOut(content, on)
		case isShownAs(event.MsgImage, plain):
			return imageOut(content, on)
		}
	case event.MsgVideo:
		if isShownAs(event.MsgVideo, plain) {
			return videoOut(content, on)
		}
	case event.MsgAudio:
		if content.GetCaption() == "" && isShownAs(event.MsgAudio, plain) { // no sound of WhatsApp's has words below it
			return audioOut(content, on)
		}
	case event.MsgFile:
		switch {
		case card.IsFile(content):
			return contactOut(content, on)
		case isCalendarFile(content):
			return calendarOut(content, on)
		}
	default:
		return nil
	}
	return documentOut(content, on)
}

// captionOut returns what stands below a file: its words, and whose they are; empty without anything.
func captionOut(content *event.MessageEventContent, on occasion) marked {
	if content.GetCaption() == "" || content.MsgType == event.CapMsgSticker {
		return marked{text: on.by.alone()}
	}
	caption := writeMarkup(content, on.person)
	caption.text = on.by.words(caption.text)
	return caption
}

// given is a text, or nil for none.
func given(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// measure is a number that a client states, or nil for none.
func measure(stated int) *uint32 {
	if stated <= 0 {
		return nil
	}
	return proto.Uint32(uint32(min(stated, 1<<30)))
}

func imageOut(content *event.MessageEventContent, on occasion) *outgoing {
	caption, info := captionOut(content, on), content.GetInfo()
	image := &waE2E.ImageMessage{
		Mimetype: proto.String(mediaType(content)), Caption: given(caption.text), ContextInfo: on.naming(caption),
		Width: measure(info.Width), Height: measure(info.Height),
	}
	out := fileOut(content, caption, whatsmeow.MediaImage, &waE2E.Message{ImageMessage: image})
	out.smallPicture(info, func(small []byte) { image.JPEGThumbnail = small })
	if out.thumbnail == nil {
		out.file.look = func(data io.ReadSeeker) {
			if small, size, err := media.Shrink(data, thumbnailWidth); err == nil {
				image.JPEGThumbnail, image.Width, image.Height = small, measure(size.X), measure(size.Y)
			}
		}
	}
	out.file.fill = func(at whatsmeow.UploadResponse) {
		image.URL, image.DirectPath, image.MediaKey = &at.URL, &at.DirectPath, at.MediaKey
		image.FileEncSHA256, image.FileSHA256, image.FileLength = at.FileEncSHA256, at.FileSHA256, &at.FileLength
	}
	return out
}

func videoOut(content *event.MessageEventContent, on occasion) *outgoing {
	caption, info := captionOut(content, on), content.GetInfo()
	video := &waE2E.VideoMessage{
		Mimetype: proto.String(mediaType(content)), Caption: given(caption.text), ContextInfo: on.naming(caption),
		Width: measure(info.Width), Height: measure(info.Height), Seconds: measure(seconds(info.Duration)),
	}
	if info.MauGIF {
		video.GifPlayback = proto.Bool(true)
	}
	out := fileOut(content, caption, whatsmeow.MediaVideo, &waE2E.Message{VideoMessage: video})
	out.smallPicture(info, func(small []byte) { video.JPEGThumbnail = small })
	out.file.fill = func(at whatsmeow.UploadResponse) {
		video.URL, video.DirectPath, video.MediaKey = &at.URL, &at.DirectPath, at.MediaKey
		video.FileEncSHA256, video.FileSHA256, video.FileLength = at.FileEncSHA256, at.FileSHA256, &at.FileLength
	}
	return out
}

func audioOut(content *event.MessageEventContent, on occasion) *outgoing {
	audio := &waE2E.AudioMessage{Mimetype: proto.String(mediaType(content)), ContextInfo: on.context()}
	if mediaType(content) == "audio/x-m4a" {
		audio.Mimetype = proto.String("audio/mp4") // its registered name
	}
	length := content.GetInfo().Duration
	if described := content.MSC1767Audio; described != nil {
		audio.Waveform = waveformOut(described.Waveform)
		if length == 0 {
			length = described.Duration
		}
	}
	audio.Seconds = measure(seconds(length))
	// WhatsApp plays a voice note in one format only.
	if codecs := parametersOf(content)["codecs"]; content.MSC3245Voice != nil && mediaType(content) == "audio/ogg" && (codecs == "" || codecs == "opus") {
		audio.PTT, audio.Mimetype = proto.Bool(true), proto.String("audio/ogg; codecs=opus")
	}
	out := fileOut(content, marked{}, whatsmeow.MediaAudio, &waE2E.Message{AudioMessage: audio})
	out.file.fill = func(at whatsmeow.UploadResponse) {
		audio.URL, audio.DirectPath, audio.MediaKey = &at.URL, &at.DirectPath, at.MediaKey
		audio.FileEncSHA256, audio.FileSHA256, audio.FileLength = at.FileEncSHA256, at.FileSHA256, &at.FileLength
	}
	return out
}

func stickerOut(content *event.MessageEventContent, on occasion) *outgoing {
	info := content.GetInfo()
	sticker := &waE2E.StickerMessage{
		Mimetype: proto.String("image/webp"), ContextInfo: on.context(), Width: measure(info.Width), Height: measure(info.Height),
		AccessibilityLabel: given(content.Body),
	}
	if info.IsAnimated {
		sticker.IsAnimated = proto.Bool(true)
	}
	out := fileOut(content, marked{text: content.Body}, whatsmeow.MediaImage, &waE2E.Message{StickerMessage: sticker})
	out.file.fill = func(at whatsmeow.UploadResponse) {
		sticker.URL, sticker.DirectPath, sticker.MediaKey = &at.URL, &at.DirectPath, at.MediaKey
		sticker.FileEncSHA256, sticker.FileSHA256, sticker.FileLength = at.FileEncSHA256, at.FileSHA256, &at.FileLength
	}
	return out
}

func documentOut(content *event.MessageEventContent, on occasion) *outgoing {
	caption, name := captionOut(content, on), content.GetFileName()
	document := &waE2E.DocumentMessage{
		Mimetype: proto.String(mediaType(content)), FileName: proto.String(name), Title: proto.String(name),
		Caption: given(caption.text), ContextInfo: on.naming(caption),
	}
	message := &waE2E.Message{DocumentMessage: document}
	if document.Caption != nil { // as WhatsApp's own clients wrap it
		message = &waE2E.Message{DocumentWithCaptionMessage: &waE2E.FutureProofMessage{Message: message}}
	}
	out := fileOut(content, caption, whatsmeow.MediaDocument, message)
	out.smallPicture(content.GetInfo(), func(small []byte) { document.JPEGThumbnail = small })
	out.file.fill = func(at whatsmeow.UploadResponse) {
		document.URL, document.DirectPath, document.MediaKey = &at.URL, &at.DirectPath, at.MediaKey
		document.FileEncSHA256, document.FileSHA256, document.FileLength = at.FileEncSHA256, at.FileSHA256, &at.FileLength
	}
	return out
}

func fileOut(content *event.MessageEventContent, caption marked, as whatsmeow.MediaType, message *waE2E.Message) *outgoing {
	return &outgoing{
		kind: portal.KindMedia, text: caption.text, message: message,
		file: &outgoingFile{name: content.GetFileName(), mime: mediaType(content), as: as},
	}
}

// smallPicture asks for the small picture that the Matrix event brings, if any.
func (o *outgoing) smallPicture(info *event.FileInfo, fill func(small []byte)) {
	if info.ThumbnailURL == "" && info.ThumbnailFile == nil {
		return
	}
	o.thumbnail = &outgoingThumbnail{
		url: info.ThumbnailURL, encrypted: info.ThumbnailFile, width: thumbnailWidth, fill: fill,
	}
	if info.ThumbnailInfo != nil {
		o.thumbnail.size = int64(info.ThumbnailInfo.Size)
	}
}

// seconds rounds up: nothing that sounds lasts for none.
func seconds(milliseconds int) int { return (max(0, milliseconds) + 999) / 1000 }
