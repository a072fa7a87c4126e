package telegram

import (
	"bytes"
	"context"
	"io"
	"net/http"

	"github.com/rs/zerolog"
	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/portal/media"
	"passerelle/portal/transfer"
)

// showThumbnail shows a small picture of a message's file, and says in a few characters what it looks like, for those who wait for
// it. A picture that is small itself is looked at instead. The message is understood without.
func (d *delivery) showThumbnail(ctx context.Context, room id.RoomID, intent bridgev2.MatrixAPI, c *event.MessageEventContent) {
	info := c.GetInfo()
	if d.small == nil {
		if picture, err := media.Decode(io.NewSectionReader(d.file, 0, d.file.Size()), media.LargestThumbnail); err == nil {
			info.AnoaBlurhash = media.Blurhash(picture)
		}
		return
	}
	data, err := io.ReadAll(io.NewSectionReader(d.small, 0, d.small.Size()))
	if err != nil {
		return
	}
	picture, err := media.Decode(bytes.NewReader(data), media.LargestThumbnail)
	if err != nil {
		return
	}
	size, mime := picture.Bounds().Size(), http.DetectContentType(data)
	info.AnoaBlurhash = media.Blurhash(picture)
	if err := d.account.connector.clean(ctx, d.small, d.small.Size()); err != nil {
		zerolog.Ctx(ctx).Debug().Err(err).Msg("A message comes without its thumbnail")
		return
	}
	url, encrypted, err := intent.UploadMedia(ctx, room, data, "thumbnail"+media.Extension(mime), mime)
	if err != nil {
		zerolog.Ctx(ctx).Debug().Err(err).Msg("A message comes without its thumbnail")
		return
	}
	info.ThumbnailURL, info.ThumbnailFile = url, encrypted
	info.ThumbnailInfo = &event.FileInfo{MimeType: mime, Size: len(data), Width: size.X, Height: size.Y}
}

// typeOf finds out what a file is.
func typeOf(content *transfer.File) string {
	head, err := io.ReadAll(io.NewSectionReader(content, 0, 512)) // as much as it looks at
	if err != nil {
		return media.PlainType("")
	}
	return media.PlainType(http.DetectContentType(head))
}
