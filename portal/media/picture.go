package media

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
)

const (
	// LargestThumbnail bounds the small pictures that are decoded on the way in, in pixels.
	LargestThumbnail = 1 << 20
	// LargestPicture bounds the pictures that are decoded on the way out, in pixels.
	LargestPicture = 16 << 20
	// blurhash's detail in each direction, as https://blurha.sh recommends.
	blurhashX, blurhashY = 4, 3
	// blurhashWidth is how wide a picture is looked at for it, in pixels: more would take long and show no difference.
	blurhashWidth = 32
)

// ErrPictureTooLarge is the error of a picture that has more pixels than are decoded.
var ErrPictureTooLarge = errors.New("the picture has too many pixels")

// Decode reads a picture of at most limit pixels. It fails with [ErrPictureTooLarge], and with what package image or the reader does.
func Decode(from io.ReadSeeker, limit int) (image.Image, error) {
	config, _, err := image.DecodeConfig(from)
	if err != nil {
		return nil, fmt.Errorf("read a picture: %w", err)
	}
	if config.Width <= 0 || config.Height <= 0 || config.Width > limit/config.Height {
		return nil, ErrPictureTooLarge
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

// Shrink makes the small JPEG of a picture, at most width pixels wide, and tells how large the picture itself is. Its errors are
// Decode's.
func Shrink(from io.ReadSeeker, width int) (small []byte, size image.Point, err error) {
	picture, err := Decode(from, LargestPicture)
	if err != nil {
		return nil, image.Point{}, err
	}
	size = picture.Bounds().Size()
	var out bytes.Buffer
	if err := jpeg.Encode(&out, Scale(picture, width), &jpeg.Options{Quality: 60}); err != nil {
		return nil, image.Point{}, fmt.Errorf("write a small picture: %w", err)
	}
	return out.Bytes(), size, nil
}

// Scale makes a picture at most width pixels wide, on white: JPEG has no transparency.
func Scale(picture image.Image, width int) image.Image {
	size := picture.Bounds().Size()
	to := image.Rect(0, 0, min(width, size.X), 0)
	to.Max.Y = min(max(1, size.Y*to.Dx()/size.X), 4*width)
	scaled := image.NewRGBA(to)
	draw.Draw(scaled, to, image.White, image.Point{}, draw.Src)
	draw.ApproxBiLinear.Scale(scaled, to, picture, picture.Bounds(), draw.Over, nil)
	return scaled
}

// Blurhash says in a few characters what a picture looks like; empty when it cannot.
func Blurhash(picture image.Image) string {
	hash, err := blurhash.Encode(blurhashX, blurhashY, Scale(picture, blurhashWidth))
	if err != nil {
		return ""
	}
	return hash
}
