package whatsapp

import (
	"context"

	"go.mau.fi/whatsmeow/store"
)

// sessions lets one at a time move the ratchets of an account's Signal sessions. whatsmeow reads a session, moves it and writes it back,
// when it encrypts and when it decrypts, and does both at once (whatsmeow/send.go, encryptMessageForDevices; message.go,
// bufferedDecrypt). The later write takes the earlier one back: a message key is used twice, and who gets the second message cannot
// read it. The slower the database, the more often.
type sessions struct {
	store.SessionStore
	turn          chan struct{} // holds one who moves ratchets
	untilItPasses func(context.Context, func() error) error
}

func newSessions(kept store.SessionStore, untilItPasses func(context.Context, func() error) error) *sessions {
	return &sessions{SessionStore: kept, turn: make(chan struct{}, 1), untilItPasses: untilItPasses}
}

// movingKey is the context's key of what moves ratchets in its turn: a *sending, or a decryption.
type movingKey struct{}

// sending is a message that is being encrypted. It belongs to one goroutine.
type sending struct{ hasTurn bool }

// decrypts runs what decrypts a message.
func (s *sessions) decrypts(ctx context.Context, do func(context.Context) error) error {
	select {
	case s.turn <- struct{}{}:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	defer func() { <-s.turn }()
	return do(context.WithValue(ctx, movingKey{}, true))
}

// sends runs what encrypts and sends a message. From when the sessions are read until they are written it has the turn, and not while
// it waits for WhatsApp's answer.
func (s *sessions) sends(ctx context.Context, do func(context.Context) error) error {
	message := &sending{}
	defer s.give(message)
	return do(context.WithValue(ctx, movingKey{}, message))
}

func (s *sessions) give(message *sending) {
	if message.hasTurn {
		message.hasTurn = false
		<-s.turn
	}
}

// GetManySessions reads sessions (see [store.SessionStore]), with which a message is encrypted.
func (s *sessions) GetManySessions(ctx context.Context, addresses []string) (found map[string][]byte, err error) {
	if message, ok := ctx.Value(movingKey{}).(*sending); ok && !message.hasTurn {
		select {
		case s.turn <- struct{}{}:
			message.hasTurn = true
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
	err = s.patiently(ctx, func() (err error) { found, err = s.SessionStore.GetManySessions(ctx, addresses); return err })
	return found, err
}

// PutManySessions writes what GetManySessions has read.
func (s *sessions) PutManySessions(ctx context.Context, moved map[string][]byte) error {
	if message, ok := ctx.Value(movingKey{}).(*sending); ok {
		defer s.give(message)
	}
	return s.patiently(ctx, func() error { return s.SessionStore.PutManySessions(ctx, moved) })
}

// GetSession reads a session (see [store.SessionStore]).
func (s *sessions) GetSession(ctx context.Context, address string) (found []byte, err error) {
	err = s.patiently(ctx, func() (err error) { found, err = s.SessionStore.GetSession(ctx, address); return err })
	return found, err
}

// HasSession tells whether there is a session (see [store.SessionStore]).
func (s *sessions) HasSession(ctx context.Context, address string) (has bool, err error) {
	err = s.patiently(ctx, func() (err error) { has, err = s.SessionStore.HasSession(ctx, address); return err })
	return has, err
}

// PutSession writes a session (see [store.SessionStore]).
func (s *sessions) PutSession(ctx context.Context, address string, session []byte) error {
	return s.patiently(ctx, func() error { return s.SessionStore.PutSession(ctx, address, session) })
}

// patiently waits for a database that is away, where nobody tries again: whatsmeow answers a device that could not decrypt a message
// once, and forgets a request that failed (whatsmeow/retry.go, handleRetryReceiptAsync).
func (s *sessions) patiently(ctx context.Context, do func() error) error {
	if ctx.Value(movingKey{}) != nil {
		return do() // the whole is tried again
	}
	return s.untilItPasses(ctx, do)
}
