// Package media holds what connectors have in common about the files of messages: what they are called and of which type they are,
// and the small pictures of them that both sides show to those who wait.
//
// What strangers state is bounded: a name is its last part, a picture is decoded only when its pixels are few enough.
package media

import (
	"context"
	"io"
	"mime"
	"path"
	"strings"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

// Source is what the bridge's bot must be able to do beside bridgev2.MatrixAPI, which knows no way to stream a file out of Matrix
// but through a plain one on the disk.
type Source interface {
	// DownloadMediaTo writes a file, decrypted, as it comes. What is written may be used once it has returned nil; an
	// encrypted file that is not the one that was sent gives attachment.ErrHashMismatch.
	DownloadMediaTo(ctx context.Context, uri id.ContentURIString, key *event.EncryptedFileInfo, into io.Writer) error
	// TakesMedia fails while the homeserver is away.
	TakesMedia(ctx context.Context) error
}

// FileName is the last part of a name that a stranger states; empty without one.
func FileName(stated string) string {
	name := path.Base(strings.ReplaceAll(stated, `\`, "/"))
	if name == "." || name == "/" || name == ".." {
		return ""
	}
	return name
}

// PlainType is a media type without parameters; what is none is application/octet-stream.
func PlainType(stated string) string {
	plain, _, err := mime.ParseMediaType(stated)
	if err != nil {
		return "application/octet-stream"
	}
	return plain
}

// Extension returns a file name's extension for a media type. The common ones are fixed, since systems differ about them.
func Extension(mimeType string) string {
	switch plain := PlainType(mimeType); plain {
	case "image/jpeg":
		return ".jpg"
	case "image/png", "image/gif", "image/webp", "video/mp4", "video/webm", "audio/ogg", "audio/aac", "application/pdf":
		return "." + plain[strings.IndexByte(plain, '/')+1:]
	case "audio/mpeg":
		return ".mp3"
	case "audio/mp4":
		return ".m4a"
	case "video/3gpp":
		return ".3gp"
	case "application/octet-stream":
		return ""
	default:
		known, err := mime.ExtensionsByType(plain)
		if err != nil || len(known) == 0 {
			return ""
		}
		return known[0]
	}
}

// Megabytes is a size as sentences say it.
func Megabytes(bytes int64) float64 { return float64(bytes) / (1 << 20) }
