package whatsapp

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/proto/waMmsRetry"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
)

// phonePatience is how long the phone may take to upload a file again. Only the lane of the file's chat waits for it; the
// answer comes by whatsmeow's own goroutine.
const phonePatience = 30 * time.Second

// gcmNonceSize is how long the nonce of an answer is, in bytes (whatsmeow/mediaretry.go).
const gcmNonceSize = 12

// phoneAnswers are the phone's answers to the requests for files that WhatsApp's server has no more.
type phoneAnswers struct {
	mu      sync.Mutex
	waiting map[types.MessageID][]chan *events.MediaRetry // guarded by mu
}

// expect returns where the answers about a message will come, until forget.
func (p *phoneAnswers) expect(id types.MessageID) (answers <-chan *events.MediaRetry, forget func()) {
	waiter := make(chan *events.MediaRetry, 1)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.waiting == nil {
		p.waiting = map[types.MessageID][]chan *events.MediaRetry{}
	}
	p.waiting[id] = append(p.waiting[id], waiter)
	return waiter, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.waiting[id] = slices.DeleteFunc(p.waiting[id], func(c chan *events.MediaRetry) bool { return c == waiter })
		if len(p.waiting[id]) == 0 {
			delete(p.waiting, id)
		}
	}
}

// take hands an answer to those who wait for it. It does not wait itself: whatsmeow's next event waits for it.
func (p *phoneAnswers) take(answer *events.MediaRetry) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, waiter := range p.waiting[answer.MessageID] {
		select {
		case waiter <- answer:
		default: // it has one to look at
		}
	}
}

// movedFile is a file that the phone has uploaded again.
type movedFile struct {
	whatsmeow.DownloadableMessage
	path string
	kind whatsmeow.MediaType
}

// GetDirectPath returns where the file is now.
func (m movedFile) GetDirectPath() string { return m.path }

// GetMediaType returns what the file's key was made for (see [whatsmeow.MediaTypeable]).
func (m movedFile) GetMediaType() whatsmeow.MediaType { return m.kind }

// askPhone asks the phone to upload a message's file again, and returns where it is then. A phone that has no such file, or
// does not answer in time, gives errFileGone.
func (a *account) askPhone(ctx context.Context, came *arrival, lost whatsmeow.DownloadableMessage) (whatsmeow.DownloadableMessage, error) {
	client := a.current()
	if client == nil {
		return nil, errFileGone
	}
	answers, forget := a.phoneAnswers.expect(came.ID)
	defer forget()
	about := &types.MessageInfo{ID: came.ID, MessageSource: types.MessageSource{
		Chat: came.Chat, Sender: came.Sender, IsFromMe: came.FromMe, IsGroup: ofMany(came.Chat),
	}}
	if err := client.SendMediaRetryReceipt(ctx, about, lost.GetMediaKey()); err != nil {
		return nil, fmt.Errorf("ask the phone for a file: %w", err)
	}
	patience := time.NewTimer(a.connector.phoneWait)
	defer patience.Stop()
	for {
		select {
		case answer := <-answers:
			path, err := newPath(answer, lost.GetMediaKey())
			switch {
			case errors.Is(err, errFileGone):
				return nil, err
			case err == nil:
				return movedFile{DownloadableMessage: lost, path: path, kind: whatsmeow.GetMediaType(lost)}, nil
			}
			a.log.Warn().Err(err).Str("message", came.ID).Msg("An answer about a file is not the phone's, or about another file")
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-patience.C:
			return nil, fmt.Errorf("%w: the phone does not answer", errFileGone)
		}
	}
}

// newPath reads from the phone's answer where the file is. It fails with errFileGone when the phone has none, otherwise when
// the answer was not made with the file's key.
func newPath(answer *events.MediaRetry, key []byte) (string, error) {
	if isError := answer.Error != nil && answer.Ciphertext == nil; !isError && len(answer.IV) != gcmNonceSize {
		return "", fmt.Errorf("read the phone's answer: its nonce has %d bytes", len(answer.IV)) // whatsmeow would panic
	}
	told, err := whatsmeow.DecryptMediaRetryNotification(answer, key)
	switch {
	case errors.Is(err, whatsmeow.ErrMediaNotAvailableOnPhone), errors.Is(err, whatsmeow.ErrUnknownMediaRetryError):
		return "", fmt.Errorf("%w: %w", errFileGone, err)
	case err != nil:
		return "", err
	case told.GetResult() != waMmsRetry.MediaRetryNotification_SUCCESS || told.GetDirectPath() == "":
		return "", fmt.Errorf("%w: the phone says %s", errFileGone, told.GetResult())
	}
	return told.GetDirectPath(), nil
}
