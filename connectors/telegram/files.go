package telegram

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"strings"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/rs/zerolog"
	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/crypto/attachment"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/portal"
	"passerelle/portal/media"
	"passerelle/portal/say"
	"passerelle/portal/transfer"
	"passerelle/portal/unsent"
)

// The largest files that bots may fetch and send, in bytes: through Telegram's own servers, and through one of one's own (Bot API,
// "Sending files", getFile, "Using a Local Bot API Server").
const (
	mostCloudIn  = 20 << 20
	mostCloudOut = 50 << 20
	mostLocal    = 2000 << 20
)

const (
	// sealOverhead is what encryption adds to a file at most.
	sealOverhead = 64
	// fetchAttempts is how often a download is begun that breaks off, before the message is taken up again later.
	fetchAttempts = 3
	// fetchPatience is for how long a file is tried that cannot be fetched while Telegram answers otherwise: the chat's other
	// messages wait for it.
	fetchPatience = 10 * time.Minute
	// largestThumbnail bounds the small pictures that are fetched, in bytes. They have no more than 200 kB (Bot API, sendVideo).
	largestThumbnail = 2 << 20
)

// limits returns the largest files that cross, in bytes: what Telegram and the homeserver take, and what has room on its way.
func (c *Connector) limits() (in, out int64) {
	in, out = mostCloudIn, mostCloudOut
	if c.options.LocalFolder != "" {
		in, out = mostLocal, mostLocal
	}
	held := c.border.Spool.Largest()
	homeserver := c.maxFile.Load()
	if homeserver <= 0 {
		homeserver = held
	}
	return min(in, held, homeserver), min(out, held)
}

// SetMaxFileSize learns the largest file that the homeserver takes, in bytes (see [bridgev2.MaxFileSizeingNetwork]).
func (c *Connector) SetMaxFileSize(bytes int64) { c.maxFile.Store(bytes) }

// prefetch fetches the message's file, if it has one, before bridgev2 gets the message: in the lane's goroutine, which no
// other chat waits for, and not in the room's, where what staff write in this chat waits, too. Its errors are transient;
// what is final about a file that cannot be fetched is in d.unfetched, for the conversion to say.
func (d *delivery) prefetch(ctx context.Context) error {
	if d.message == nil || d.notice != "" {
		return nil
	}
	wanted := d.account.reader(ctx).convert(d.message)
	limit, _ := d.account.connector.limits()
	switch {
	case wanted.file == nil:
		return nil
	case wanted.file.size > limit:
		d.unfetched = fmt.Errorf("%w: %d bytes", transfer.ErrTooLarge, wanted.file.size)
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
	d.file, err = d.account.fetch(ctx, wanted.file.id, limit)
	switch {
	case err == nil && wanted.thumbnail != nil && wanted.thumbnail.size <= largestThumbnail:
		if d.small, err = d.account.fetch(ctx, wanted.thumbnail.id, largestThumbnail); err != nil {
			zerolog.Ctx(ctx).Debug().Err(err).Msg("A message comes without its thumbnail")
		}
	case err != nil && d.mayBeFetchedLater(ctx, err):
		return fmt.Errorf("fetch a file: %w", err)
	default:
		d.unfetched = err
	}
	return nil
}

// letGo closes the message's files.
func (d *delivery) letGo() {
	for _, f := range []*transfer.File{d.file, d.small} {
		if f != nil {
			f.Close()
		}
	}
}

// mayBeFetchedLater tells whether the connection, the disk or the end of the bridge is to blame for a file that is not here.
func (d *delivery) mayBeFetchedLater(ctx context.Context, err error) bool {
	var disk *fs.PathError
	switch {
	case ctx.Err() != nil, errors.As(err, &disk), d.account.api == nil, isUnauthorized(err): // a new token may be given
		return true
	case errors.Is(err, transfer.ErrTooLarge), errors.Is(err, errFileGone), portal.IsPermanent(err):
		return false
	case d.account.connector.now().Sub(d.stored.At) < fetchPatience:
		return true
	}
	_, err = d.account.api.getMe(ctx)
	return err != nil
}

// fetch downloads a file of at most limit bytes, and begins again when it breaks off. The caller closes the file.
func (a *account) fetch(ctx context.Context, id string, limit int64) (*transfer.File, error) {
	if a.api == nil {
		return nil, &unanswered{method: "getFile", cause: errors.New("the bot's token cannot be had")}
	}
	bounded, cancel := context.WithTimeout(ctx, filePatience)
	defer cancel()
	believed := true // that it is as long as Telegram says: more room is not kept for it
	return backoff.Retry(bounded, func() (*transfer.File, error) {
		where, err := a.api.getFile(bounded, id)
		room := limit
		switch {
		case err == nil && where.FileSize > limit:
			err = transfer.ErrTooLarge
		case err == nil && where.FileSize > 0 && believed:
			room = where.FileSize
		}
		// The bounded context must not end the file, which is read later.
		into := a.connector.border.Spool.Open(ctx, room)
		if err == nil {
			err = a.api.download(bounded, where, into)
		}
		if err == nil {
			return into, nil
		}
		into.Close()
		var fast *tooFast
		var refused *refusal
		switch {
		case errors.As(err, &fast):
			return nil, backoff.RetryAfter(int(fast.after.Seconds()))
		case errors.Is(err, transfer.ErrTooLarge) && room < limit:
			believed = false
			return nil, err
		case errors.As(err, &refused) && refused.code == http.StatusBadRequest && strings.Contains(refused.text, "too big"):
			return nil, backoff.Permanent(transfer.ErrTooLarge)
		case errors.Is(err, transfer.ErrTooLarge), errors.Is(err, errFileGone), portal.IsPermanent(err):
			return nil, backoff.Permanent(err)
		}
		return nil, err
	}, backoff.WithMaxTries(fetchAttempts))
}

// notFetched says that a file could not be fetched.
func (d *delivery) notFetched(ctx context.Context, size int64) (*bridgev2.ConvertedMessage, error) {
	zerolog.Ctx(ctx).Warn().Err(d.unfetched).Msg("A file could not be fetched")
	return d.noticed(ctx, d.whyNot(size))
}

// whyNot says why the message's file will never be fetched. The size is what Telegram says, which may be too little.
func (d *delivery) whyNot(size int64) string {
	if isTooLarge(d.unfetched) {
		return d.tooLarge(size)
	}
	return d.account.connector.say(say.FileNotFetched, networkName)
}

// tooLarge says that a file is too large.
func (d *delivery) tooLarge(size int64) string {
	limit, _ := d.account.connector.limits()
	if size <= limit {
		return d.account.connector.say(say.FileOverLimit, media.Megabytes(limit))
	}
	return d.account.connector.say(say.FileTooLarge, media.Megabytes(size), media.Megabytes(limit))
}

func isTooLarge(err error) bool {
	return errors.Is(err, transfer.ErrTooLarge) || errors.Is(err, bridgev2.ErrMediaTooLarge) || errors.Is(err, mautrix.MTooLarge)
}

// uploadToMatrix streams a file into Matrix, encrypted for the room.
func uploadToMatrix(ctx context.Context, room id.RoomID, intent bridgev2.MatrixAPI, f *file, content *transfer.File) (id.ContentURIString, *event.EncryptedFileInfo, error) {
	size := content.Size()
	return intent.UploadMediaStream(ctx, room, size, false, func(into io.Writer) (*bridgev2.FileStreamResult, error) {
		_, err := io.Copy(into, io.NewSectionReader(content, 0, size))
		return &bridgev2.FileStreamResult{FileName: f.name, MimeType: f.mime}, err
	})
}

// fetchOut fetches the files of a message from Matrix, with the small pictures that it brings. Its errors carry the sentence that the
// sender reads.
func (a *account) fetchOut(ctx context.Context, out *outgoing) error {
	for _, f := range out.files() {
		var err error
		if f.content, err = a.fetchFromMatrix(ctx, f.from); err != nil {
			return err
		}
		f.look()
		a.fetchThumbnail(ctx, f)
	}
	for _, p := range out.parts {
		p.unmix()
	}
	return nil
}

// fetchFromMatrix downloads and decrypts the file of a Matrix message, and checks that it is the one that was sent. Its
// errors carry the sentence that the sender reads. The caller closes the file.
func (a *account) fetchFromMatrix(ctx context.Context, content *event.MessageEventContent) (*transfer.File, error) {
	_, limit := a.connector.limits()
	if size := int64(content.GetInfo().Size); size > limit {
		return nil, unsent.Refused(bridgev2.ErrMediaTooLarge, a.sayToWriter(ctx, say.FileTooLarge, media.Megabytes(size), media.Megabytes(limit)))
	}
	bounded, cancel := context.WithTimeout(ctx, filePatience)
	defer cancel()
	room := limit
	if said := int64(content.GetInfo().Size); said > 0 {
		room = said // more is not kept for it, unless it is longer than its sender says
	}
	into, err := a.downloadInto(ctx, bounded, content, room)
	if errors.Is(err, transfer.ErrTooLarge) && room < limit {
		into, err = a.downloadInto(ctx, bounded, content, limit)
	}
	switch {
	case err == nil:
		return into, nil
	case errors.Is(err, transfer.ErrTooLarge):
		return nil, unsent.Refused(bridgev2.ErrMediaTooLarge, a.sayToWriter(ctx, say.FileOverLimit, media.Megabytes(limit)))
	case errors.Is(err, attachment.ErrHashMismatch):
		return nil, a.refused(ctx, fmt.Errorf("download a file: %w", err), say.FileDamaged)
	}
	return nil, a.failed(ctx, fmt.Errorf("download a file: %w", err), say.NotSent)
}

// downloadInto downloads the file of a Matrix message within a context, for as long as ctx lasts.
func (a *account) downloadInto(ctx, bounded context.Context, content *event.MessageEventContent, limit int64) (*transfer.File, error) {
	into := a.connector.border.Spool.Open(ctx, limit+sealOverhead)
	err := a.connector.media.DownloadMediaTo(bounded, content.URL, content.File, into)
	if err == nil && into.Size() > limit {
		err = transfer.ErrTooLarge
	}
	if err != nil {
		into.Close()
		return nil, err
	}
	return into, nil
}

// fetchThumbnail fetches the small picture that a Matrix message brings, and makes it as small as Telegram takes it. Telegram makes
// those of pictures by itself. The message goes without one when it cannot be fetched.
func (a *account) fetchThumbnail(ctx context.Context, f *outgoingFile) {
	info := f.from.GetInfo()
	if f.kind == kindPhoto || f.kind == kindSticker || f.kind == kindVoice || info.ThumbnailURL == "" && info.ThumbnailFile == nil ||
		info.ThumbnailInfo != nil && info.ThumbnailInfo.Size > largestThumbnail {
		return
	}
	picture := a.connector.border.Spool.Open(ctx, largestThumbnail)
	defer picture.Close()
	err := a.connector.media.DownloadMediaTo(ctx, info.ThumbnailURL, info.ThumbnailFile, picture)
	if err == nil {
		f.thumbnail, _, err = media.Shrink(io.NewSectionReader(picture, 0, picture.Size()), thumbnailWidth)
	}
	if err != nil {
		zerolog.Ctx(ctx).Debug().Err(err).Msg("A message goes without its thumbnail")
	}
}
