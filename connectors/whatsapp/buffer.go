package whatsapp

import (
	"context"
	"encoding/hex"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/rs/zerolog"
	"go.mau.fi/whatsmeow/store"

	"passerelle/portal"
)

// sealedBuffer keeps a message that is decrypted and not yet in the inbox.
//
// Decrypting moves the Signal ratchet, and a message cannot be decrypted twice: without the buffer, a crash between the
// ratchet's commit and the inbox's would lose the message for good. whatsmeow commits the ratchet and the plaintext
// together, and drops the plaintext when the handler has returned (whatsmeow/message.go, bufferedDecrypt). Here the
// plaintext is sealed, and dropped a moment later, several at a time.
type sealedBuffer struct {
	store.EventBuffer
	sealer portal.Sealer
	passes func(error) bool            // tells that the database cannot be used now, and may be later
	spawn  func(func(context.Context)) // runs something beside the rest
	log    zerolog.Logger

	undone func()                                                   // called when a transaction has come to nothing
	inTurn func(context.Context, func(context.Context) error) error // runs what moves ratchets

	mu      sync.Mutex
	handled map[[32]byte]bool // guarded by mu; messages that have been handled and whose plaintext is still there
}

// untilItPasses repeats what fails because the database cannot be used. whatsmeow would take such a failure for a message
// that cannot be decrypted, and acknowledge it (whatsmeow/message.go, decryptMessages).
func (b *sealedBuffer) untilItPasses(ctx context.Context, do func() error) error {
	wait := backoff.NewExponentialBackOff()
	wait.InitialInterval, wait.MaxInterval = 50*time.Millisecond, 5*time.Second
	_, err := backoff.Retry(ctx, func() (struct{}, error) {
		err := do()
		if err != nil && !b.passes(err) {
			err = backoff.Permanent(err)
		}
		return struct{}{}, err
	}, backoff.WithBackOff(wait), backoff.WithMaxElapsedTime(0))
	return err
}

// bufferedKey is the context's key of what learns the hash of the message that a transaction buffers.
type bufferedKey struct{}

// DoDecryptionTxn decrypts a message and buffers it, all or nothing, and waits for the database if it has to. When it is not
// known whether the last attempt was committed, it looks: a message cannot be decrypted twice.
func (b *sealedBuffer) DoDecryptionTxn(ctx context.Context, decrypt func(context.Context) error) error {
	var buffered *[32]byte
	noting := context.WithValue(ctx, bufferedKey{}, func(hash [32]byte) { buffered = &hash })
	return b.untilItPasses(ctx, func() error {
		if buffered != nil {
			if found, err := b.EventBuffer.GetBufferedEvent(ctx, *buffered); err != nil || found != nil {
				return err
			}
		}
		err := b.inTurn(noting, func(ctx context.Context) error { return b.EventBuffer.DoDecryptionTxn(ctx, decrypt) })
		if err != nil {
			b.undone()
		}
		return err
	})
}

func (b *sealedBuffer) PutBufferedEvent(ctx context.Context, hash [32]byte, plaintext []byte, at time.Time) error {
	if note, ok := ctx.Value(bufferedKey{}).(func([32]byte)); ok {
		note(hash)
	}
	keyID, sealed, err := b.sealer.Seal(plaintext, bufferNames(hash)...)
	if err != nil {
		return err
	}
	if len(keyID) > 255 {
		return errors.New("buffer a message: the storage key's ID is too long")
	}
	row := append([]byte{byte(len(keyID))}, keyID...)
	return b.EventBuffer.PutBufferedEvent(ctx, hash, append(row, sealed...), at)
}

func (b *sealedBuffer) GetBufferedEvent(ctx context.Context, hash [32]byte) (*store.BufferedEvent, error) {
	var found *store.BufferedEvent
	err := b.untilItPasses(ctx, func() (err error) {
		found, err = b.EventBuffer.GetBufferedEvent(ctx, hash)
		return err
	})
	if err != nil || found == nil || found.Plaintext == nil {
		return found, err
	}
	if b.isHandled(hash) {
		found.Plaintext = nil
		return found, nil
	}
	row := found.Plaintext
	if len(row) == 0 || len(row) < 1+int(row[0]) {
		return nil, errors.New("read a buffered message: it is cut short")
	}
	keyID, sealed := row[1:1+int(row[0])], row[1+int(row[0]):]
	if found.Plaintext, err = b.sealer.Unseal(string(keyID), sealed, bufferNames(hash)...); err != nil {
		return nil, err
	}
	return found, nil
}

// dropAfter is how long a handled message's plaintext stays, sealed, for others to be dropped with it.
const dropAfter = time.Second

// ClearBufferedEventPlaintext drops the plaintext of a message that has been handled, soon.
func (b *sealedBuffer) ClearBufferedEventPlaintext(_ context.Context, hash [32]byte) error {
	b.mu.Lock()
	first := len(b.handled) == 0
	if first {
		b.handled = map[[32]byte]bool{}
	}
	b.handled[hash] = true
	b.mu.Unlock()
	if first {
		b.spawn(b.drop)
	}
	return nil
}

func (b *sealedBuffer) isHandled(hash [32]byte) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.handled[hash]
}

// drop drops the plaintexts of what has been handled. When the database is away it leaves them: they are sealed, and
// whatsmeow deletes what is old.
func (b *sealedBuffer) drop(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-time.After(dropAfter):
	}
	b.mu.Lock()
	handled := slices.Collect(maps.Keys(b.handled))
	b.handled = nil
	b.mu.Unlock()
	err := b.EventBuffer.DoDecryptionTxn(context.WithoutCancel(ctx), func(ctx context.Context) error {
		for _, hash := range handled {
			if err := b.EventBuffer.ClearBufferedEventPlaintext(ctx, hash); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.log.Err(err).Int("messages", len(handled)).Msg("Messages that were handled stay in the buffer, sealed")
	}
}

func bufferNames(hash [32]byte) []string {
	return []string{"whatsapp buffer", hex.EncodeToString(hash[:])}
}
