package bridge

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/crypto/attachment"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/portal/transfer"
)

// usualSpoolSpace is how much of the disk files on their way may take when nobody says it, in bytes.
const usualSpoolSpace = 2 << 30

// spools are where files lie on their way. There are two, since a file in the first waits for a place in the second; each may take half of
// the space.
type spools struct {
	connectors *transfer.Pool
	uploads    *transfer.Pool
}

func newSpools(folder string, space int64) (s spools, err error) {
	if space <= 0 {
		space = usualSpoolSpace
	}
	if s.connectors, err = transfer.NewPool(folder, space/2); err == nil {
		s.uploads, err = transfer.NewPool(folder, space/2)
	}
	if err != nil {
		return s, fmt.Errorf("%w (spool: name a folder that the bridge's user may write to)", err)
	}
	return s, nil
}

// ErrPlainFile is the error of what would want a file's content to lie readable on the disk.
var ErrPlainFile = errors.New("a plain temporary file is not made; stream instead")

// UploadMediaStream uploads what write writes, encrypted if it is for a room. It differs from the library's in that no plain
// temporary file is made, so requireFile is refused with [ErrPlainFile], and that the size, which may be a guess, decides
// nothing: what is written does. The file is [bridgev2.ErrMediaTooLarge] when the homeserver does not take it.
func (i *intent) UploadMediaStream(ctx context.Context, room id.RoomID, size int64, requireFile bool, write bridgev2.FileStreamCallback) (id.ContentURIString, *event.EncryptedFileInfo, error) {
	if requireFile {
		return "", nil, ErrPlainFile
	}
	limit, err := i.maxUpload(ctx)
	limit = min(limit, i.connector.network.host.spools.uploads.Largest())
	switch {
	case err != nil:
		return "", nil, err
	case size > limit:
		return "", nil, fmt.Errorf("%w: %d bytes, and %d is the limit", bridgev2.ErrMediaTooLarge, size, limit)
	}
	content := i.connector.network.host.spools.uploads.Open(ctx, limit)
	defer content.Close()
	described, err := write(content)
	switch {
	case errors.Is(err, transfer.ErrTooLarge):
		return "", nil, fmt.Errorf("%w: more than %d bytes", bridgev2.ErrMediaTooLarge, limit)
	case err != nil:
		return "", nil, bridgev2.CallbackError{Type: "write", Wrapped: err}
	}
	request := mautrix.ReqUploadMedia{ContentType: described.MimeType, FileName: described.FileName}
	if room == "" {
		url, err := i.upload(ctx, request, content)
		return url, nil, err
	}
	// Matrix Client-Server API, "Sending encrypted attachments". The hash is known before anything is sent, whatever the
	// homeserver does with what is sent.
	key := attachment.NewEncryptedFile()
	if _, err := content.Seek(0, io.SeekStart); err != nil {
		return "", nil, err
	}
	if err := key.EncryptFile(content); err != nil {
		return "", nil, fmt.Errorf("encrypt a file: %w", err)
	}
	request.ContentType, request.FileName = "application/octet-stream", ""
	url, err := i.upload(ctx, request, content)
	if err != nil {
		return "", nil, err
	}
	return "", &event.EncryptedFileInfo{EncryptedFile: *key, URL: url}, nil
}

func (i *intent) upload(ctx context.Context, request mautrix.ReqUploadMedia, content *transfer.File) (id.ContentURIString, error) {
	if request.ContentLength = content.Size(); request.ContentLength > 0 {
		request.Content = io.NewSectionReader(content, 0, request.ContentLength)
	} else {
		request.ContentBytes = []byte{} // a stream without a length would be sent in chunks
	}
	answer, err := i.Matrix.UploadMedia(mautrix.WithMaxRetries(ctx, 0), request) // whoever sends it tries again
	if err != nil {
		return "", err
	}
	return answer.ContentURI.CUString(), nil
}

// DownloadMediaTo downloads a file, decrypts it if it is encrypted, and writes it into a writer as it comes. What is written
// may be used once it has returned nil: the hash of an encrypted file is known at its end (attachment.ErrHashMismatch).
func (i *intent) DownloadMediaTo(ctx context.Context, uri id.ContentURIString, key *event.EncryptedFileInfo, into io.Writer) error {
	if key != nil {
		uri = key.URL
		if err := key.PrepareForDecryption(); err != nil {
			return fmt.Errorf("read a file's key: %w", err)
		}
	}
	parsed, err := uri.Parse()
	if err != nil {
		return err
	}
	response, err := i.Matrix.Download(ctx, parsed)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	content := response.Body
	if key != nil {
		content = key.DecryptStream(response.Body)
	}
	if _, err := io.Copy(into, content); err != nil {
		return fmt.Errorf("download a file: %w", err)
	}
	if err := content.Close(); err != nil {
		return fmt.Errorf("download a file: %w", err)
	}
	return nil
}

// DownloadMediaToFile would write the file, decrypted, to the disk: it is refused with [ErrPlainFile]. See DownloadMediaTo.
func (i *intent) DownloadMediaToFile(context.Context, id.ContentURIString, *event.EncryptedFileInfo, bool, func(*os.File) error) error {
	return ErrPlainFile
}

// defaultMaxUpload is assumed where the homeserver tells no limit, in bytes.
const defaultMaxUpload = 50 << 20

// TakesMedia asks the homeserver what files it takes. It fails while the homeserver is away.
func (i *intent) TakesMedia(ctx context.Context) error {
	config, err := i.connector.Bot.GetMediaConfig(mautrix.WithMaxRetries(ctx, 0))
	if err != nil {
		return fmt.Errorf("ask the homeserver what files it takes: %w", err)
	}
	limit := config.UploadSize
	if limit <= 0 {
		limit = defaultMaxUpload
	}
	i.connector.uploadLimit.Store(limit)
	return nil
}

// maxUpload returns the largest file that the homeserver takes, in bytes.
func (i *intent) maxUpload(ctx context.Context) (int64, error) {
	if known := i.connector.uploadLimit.Load(); known > 0 {
		return known, nil
	}
	if err := i.TakesMedia(ctx); err != nil {
		return 0, err
	}
	return i.connector.uploadLimit.Load(), nil
}
