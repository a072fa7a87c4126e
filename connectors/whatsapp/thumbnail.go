package whatsapp

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	_ "image/gif" // the formats in which people send pictures
	"image/jpeg"
	_ "image/png"
	"io"

	"github.com/bbrks/go-blurhash"
	"golang.org/x/image/draw"
	_ "golang.org/x/image/webp" // and stickers
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

const (
	// thumbnailWidth is the width of the small pictures that WhatsApp's clients put into their messages, in pixels.
	thumbnailWidth = 72
	// previewWidth is that of the picture beside a link.
	previewWidth = 192
	// largestThumbnail bounds the pictures that are decoded on the way in, in pixels, and largestPicture on the way out.
	largestThumbnail = 1 << 20
	largestPicture   = 16 << 20
	// blurhash's detail in each direction, as https://blurha.sh recommends.
	blurhashX, blurhashY = 4, 3
	// blurhashWidth is how wide a picture is looked at for it, in pixels: more would take long and show no difference.
	blurhashWidth = 32
)

var errPictureTooLarge = errors.New("the picture has too many pixels")

// showThumbnail attaches a small picture, and says in a few characters what it looks like, for those who wait for it.
func (c *content) showThumbnail(data []byte, mimeType string) {
	picture, err := decodePicture(bytes.NewReader(data), largestThumbnail)
	if err != nil {
		return // the message is understood without it
	}
	info, size := c.event.GetInfo(), picture.Bounds().Size()
	if hash, err := blurhash.Encode(blurhashX, blurhashY, scale(picture, blurhashWidth)); err == nil {
		info.AnoaBlurhash = hash
	}
	c.thumbnail = &thumbnail{data: data, mime: mimeType, show: func(url id.ContentURIString, encrypted *event.EncryptedFileInfo) {
		info.ThumbnailURL, info.ThumbnailFile = url, encrypted
		info.ThumbnailInfo = &event.FileInfo{MimeType: mimeType, Size: len(data), Width: size.X, Height: size.Y}
	}}
}

// decodePicture reads a picture of at most limit pixels.
func decodePicture(from io.ReadSeeker, limit int) (image.Image, error) {
	config, _, err := image.DecodeConfig(from)
	if err != nil {
		return nil, fmt.Errorf("read a picture: %w", err)
	}
	if config.Width <= 0 || config.Height <= 0 || config.Width > limit/config.Height {
		return nil, errPictureTooLarge
	}
	if _, err := from.Seek(0, io.SeekStart); err != nil {
		return nil, fmt.Errorf("read a picture: %w", err)
	}
	picture, _, err := image.Decode(from)
	if err != nil {
		return nil, fmt.Errorf("read a picture: %w", err)
	}
	return picture, nil
}

// shrink makes the small JPEG of a picture, at most width pixels wide, and tells how large the picture itself is.
func shrink(from io.ReadSeeker, width int) (small []byte, size image.Point, err error) {
	picture, err := decodePicture(from, largestPicture)
	if err != nil {
		return nil, image.Point{}, err
	}
	size = picture.Bounds().Size()
	var out bytes.Buffer
	if err := jpeg.Encode(&out, scale(picture, width), &jpeg.Options{Quality: 60}); err != nil {
		return nil, image.Point{}, fmt.Errorf("write a small picture: %w", err)
	}
	return out.Bytes(), size, nil
}

// scale makes a picture at most width pixels wide, on white: JPEG has no transparency.
func scale(picture image.Image, width int) image.Image {
	size := picture.Bounds().Size()
	to := image.Rect(0, 0, min(width, size.X), 0)
	to.Max.Y = min(max(1, size.Y*to.Dx()/size.X), 4*width)
	scaled := image.NewRGBA(to)
	draw.Draw(scaled, to, image.White, image.Point{}, draw.Src)
	draw.ApproxBiLinear.Scale(scaled, to, picture, picture.Bounds(), draw.Over, nil)
	return scaled
}
