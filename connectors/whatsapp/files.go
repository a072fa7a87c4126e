package whatsapp

import (
	"context"
	"crypto/aes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/rs/zerolog"
	"go.mau.fi/whatsmeow"
	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/crypto/attachment"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/portal/media"
	"passerelle/portal/say"
	"passerelle/portal/transfer"
)

const (
	// sealOverhead is what WhatsApp's encryption adds to a file at most: padding and the beginning of a MAC
	// (whatsmeow/upload.go).
	sealOverhead = aes.BlockSize + 10
	// filePatience bounds a download or an upload: a peer that stops in the middle must not keep space for ever.
	filePatience = 15 * time.Minute
	// fetchAttempts is how often a download is begun that breaks off. By itself whatsmeow only asks WhatsApp's other hosts.
	fetchAttempts = 3
)

// errFileGone is the error of a file that nothing will bring back.
var errFileGone = errors.New("the file cannot be fetched any more")

// prefetch fetches the message's file, if it has one, before bridgev2 gets the message: in the lane's goroutine, which no
// other chat waits for, and not in the room's, where what staff write in this chat waits, too. Its errors are transient;
// what is final about a file that cannot be fetched is in d.unfetched, for the conversion to say.
func (d *delivery) prefetch(ctx context.Context) error {
	if d.message == nil {
		return nil
	}
	wanted := d.account.reader(ctx, d.PortalKey).convert(d.message).file
	switch {
	case wanted == nil:
		return nil
	case wanted.size > d.account.connector.maxFile.Load():
		d.unfetched = fmt.Errorf("%w: %d bytes", transfer.ErrTooLarge, wanted.size)
		return nil
	case !d.stored.Attempted.IsZero():
		// The homeserver may be away for hours: the file is not fetched again each time that is found out.
		if err := d.account.connector.media.TakesMedia(ctx); err != nil {
			return err
		}
	}
	if err := d.account.connector.border.Gate.ScannerReady(ctx); err != nil {
		return err
	}
	var err error
	d.file, err = d.account.fetch(ctx, d.came, wanted)
	if err != nil && d.account.mayBeFetchedLater(ctx, err) {
		return fmt.Errorf("fetch a file: %w", err)
	}
	d.unfetched = err
	return nil
}

// letGo closes the message's file.
func (d *delivery) letGo() {
	if d.file != nil {
		d.file.Close()
	}
}

// mayBeFetchedLater tells whether the connection, the disk or the end of the bridge is to blame for a file that is not here.
func (a *account) mayBeFetchedLater(ctx context.Context, err error) bool {
	var disk *fs.PathError
	if ctx.Err() != nil || errors.As(err, &disk) {
		return true
	}
	if isTooLarge(err) || errors.Is(err, errFileGone) {
		return false
	}
	client := a.current()
	return client != nil && !(client.IsConnected() && client.IsLoggedIn())
}

func isTooLarge(err error) bool {
	return errors.Is(err, transfer.ErrTooLarge) || errors.Is(err, errTooMuch)
}

// fetch downloads a file, and checks that it is the one that the message means. WhatsApp keeps files for some weeks: one that
// it has no more is asked for from the phone. The caller closes the file.
func (a *account) fetch(ctx context.Context, came *arrival, f *file) (*transfer.File, error) {
	if f.source == nil { // the message itself holds it
		inside := a.connector.border.Spool.Open(ctx, a.connector.maxFile.Load())
		if _, err := inside.Write(f.data); err != nil {
			inside.Close()
			return nil, err
		}
		return inside, nil
	}
	fetched, err := a.download(ctx, f.source)
	if !isLost(err) {
		return fetched, err
	}
	found, err := a.askPhone(ctx, came, f.source)
	if err != nil {
		return nil, err
	}
	return a.download(ctx, found)
}

// isLost tells whether a file is no longer on WhatsApp's servers.
func isLost(err error) bool {
	return errors.Is(err, whatsmeow.ErrMediaDownloadFailedWith403) || errors.Is(err, whatsmeow.ErrMediaDownloadFailedWith404) ||
		errors.Is(err, whatsmeow.ErrMediaDownloadFailedWith410) || errors.Is(err, whatsmeow.ErrNoURLPresent)
}

// download downloads a file, and begins again when it breaks off.
func (a *account) download(ctx context.Context, source whatsmeow.DownloadableMessage) (*transfer.File, error) {
	bounded, cancel := context.WithTimeout(ctx, filePatience)
	defer cancel()
	return backoff.Retry(bounded, func() (*transfer.File, error) {
		into := a.connector.border.Spool.Open(ctx, a.connector.maxFile.Load()+sealOverhead)
		err := a.downloadInto(bounded, into, source)
		if err == nil {
			return into, nil
		}
		into.Close()
		if isLost(err) || isTooLarge(err) || errors.Is(err, errFileGone) {
			err = backoff.Permanent(err)
		}
		return nil, err
	}, backoff.WithMaxTries(fetchAttempts))
}

func (a *account) downloadInto(ctx context.Context, into *transfer.File, source whatsmeow.DownloadableMessage) error {
	client := a.current()
	if client == nil {
		return errFileGone
	}
	// whatsmeow would put the next host's answer behind what the last one sent (whatsmeow/download-to-file.go).
	fresh := beforeDownload(ctx, func() error {
		_, err := into.Seek(0, io.SeekStart)
		return errors.Join(err, into.Truncate(0))
	})
	if err := client.DownloadToFile(fresh, source, into); err != nil {
		return err
	}
	if into.Size() > a.connector.maxFile.Load() {
		return transfer.ErrTooLarge
	}
	return nil
}

// notFetched says that a file could not be fetched.
func (d *delivery) notFetched(ctx context.Context, err error) (*bridgev2.ConvertedMessage, error) {
	if isTooLarge(err) {
		return d.tooLarge(ctx, d.account.reader(ctx, d.PortalKey).convert(d.message).file.size)
	}
	zerolog.Ctx(ctx).Warn().Str("reason", withoutPhoneNumbers(err.Error())).Msg("A file could not be fetched")
	return d.notice(ctx, say.FileNotFetched, networkName)
}

// tooLarge says that a file is too large. The size is what its sender says, which may be too little.
func (d *delivery) tooLarge(ctx context.Context, size int64) (*bridgev2.ConvertedMessage, error) {
	limit := d.account.connector.maxFile.Load()
	if size <= limit {
		return d.notice(ctx, say.FileOverLimit, media.Megabytes(limit))
	}
	return d.notice(ctx, say.FileTooLarge, media.Megabytes(size), media.Megabytes(limit))
}

// uploadToMatrix streams a file into Matrix, encrypted for the room.
func uploadToMatrix(ctx context.Context, room id.RoomID, intent bridgev2.MatrixAPI, f *file, content *transfer.File) (id.ContentURIString, *event.EncryptedFileInfo, error) {
	size := content.Size()
	return intent.UploadMediaStream(ctx, room, size, false, func(into io.Writer) (*bridgev2.FileStreamResult, error) {
		_, err := io.Copy(into, io.NewSectionReader(content, 0, size))
		return &bridgev2.FileStreamResult{FileName: f.name, MimeType: f.mime}, err
	})
}

// fetchFromMatrix downloads and decrypts the file of a Matrix message, and checks that it is the one that was sent. Its
// errors carry the sentence that the sender reads. The caller closes the file.
func (a *account) fetchFromMatrix(ctx context.Context, content *event.MessageEventContent) (*transfer.File, error) {
	limit := a.connector.maxFile.Load()
	if size := int64(content.GetInfo().Size); size > limit {
		return nil, a.refused(bridgev2.ErrMediaTooLarge, a.sayToWriter(ctx, say.FileTooLarge, media.Megabytes(size), media.Megabytes(limit)))
	}
	bounded, cancel := context.WithTimeout(ctx, filePatience)
	defer cancel()
	into := a.connector.border.Spool.Open(ctx, limit+sealOverhead) // it will be encrypted in place
	err := a.connector.media.DownloadMediaTo(bounded, content.URL, content.File, into)
	if err == nil && into.Size() > limit {
		err = transfer.ErrTooLarge
	}
	if err == nil {
		_, err = into.Seek(0, io.SeekStart)
	}
	if err == nil {
		return into, nil
	}
	into.Close()
	switch {
	case isTooLarge(err):
		return nil, a.refused(bridgev2.ErrMediaTooLarge, a.sayToWriter(ctx, say.FileOverLimit, media.Megabytes(limit)))
	case errors.Is(err, attachment.ErrHashMismatch):
		return nil, a.refused(fmt.Errorf("download a file: %w", err), a.sayToWriter(ctx, say.FileDamaged, networkName))
	}
	return nil, a.notSent(fmt.Errorf("download a file: %w", err), say.NotSent)
}

// errSpent is the error of a file that would have to be fetched again, and might be another one then.
var errSpent = errors.New("the file cannot be told from another one")

// uploadToWhatsApp encrypts a file in place, uploads it, and notes in the message where it is. That uses the content up: a
// second attempt fetches it again. It must be what the gate has seen, so it is fetched again only by its hash.
func (a *account) uploadToWhatsApp(ctx context.Context, client *whatsmeow.Client, f *outgoingFile) error {
	if f.spent && !f.hashed {
		return backoff.Permanent(errSpent)
	}
	if f.spent {
		f.close()
		content, err := f.fetch(ctx)
		if err != nil {
			return backoff.Permanent(err)
		}
		f.content, f.spent = content, false
	}
	f.spent = true
	bounded, cancel := context.WithTimeout(ctx, filePatience)
	defer cancel()
	// Without its Close: net/http would close it.
	content := struct{ whatsmeow.File }{f.content}
	at, err := client.UploadReader(bounded, content, content, f.as)
	if err != nil {
		return fmt.Errorf("upload a file: %w", err)
	}
	f.fill(at)
	return nil
}

func (f *outgoingFile) close() {
	if f != nil && f.content != nil {
		f.content.Close()
	}
}
