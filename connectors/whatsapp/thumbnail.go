package whatsapp

import (
	"bytes"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/portal/media"
)

const (
	// thumbnailWidth is the width of the small pictures that WhatsApp's clients put into their messages, in pixels.
	thumbnailWidth = 72
	// previewWidth is that of the picture beside a link.
	previewWidth = 192
)

// showThumbnail attaches a small picture, and says in a few characters what it looks like, for those who wait for it.
func (c *content) showThumbnail(data []byte, mimeType string) {
	picture, err := media.Decode(bytes.NewReader(data), media.LargestThumbnail)
	if err != nil {
		return // the message is understood without it
	}
	info, size := c.event.GetInfo(), picture.Bounds().Size()
	info.AnoaBlurhash = media.Blurhash(picture)
	c.thumbnail = &thumbnail{data: data, mime: mimeType, show: func(url id.ContentURIString, encrypted *event.EncryptedFileInfo) {
		info.ThumbnailURL, info.ThumbnailFile = url, encrypted
		info.ThumbnailInfo = &event.FileInfo{MimeType: mimeType, Size: len(data), Width: size.X, Height: size.Y}
	}}
}
