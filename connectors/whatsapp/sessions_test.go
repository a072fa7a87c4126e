package whatsapp

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cenkalti/backoff/v5"
	"go.mau.fi/whatsmeow/store"
)

// ratchet is a table with one session, which is a number that only grows. Reading and writing it fail as often as fails says.
type ratchet struct {
	store.SessionStore
	at    byte
	fails int
}

var errTableAway = errors.New("the table is away")

func (r *ratchet) GetManySessions(context.Context, []string) (map[string][]byte, error) {
	if r.fails > 0 {
		r.fails--
		return nil, errTableAway
	}
	return map[string][]byte{"amina": {r.at}}, nil
}

func (r *ratchet) PutManySessions(_ context.Context, moved map[string][]byte) error {
	r.at = moved["amina"][0]
	return nil
}

func (r *ratchet) GetSession(ctx context.Context, _ string) ([]byte, error) {
	found, err := r.GetManySessions(ctx, nil)
	return found["amina"], err
}

func (r *ratchet) PutSession(ctx context.Context, _ string, session []byte) error {
	return r.PutManySessions(ctx, map[string][]byte{"amina": session})
}

// everyTime tries again whatever fails.
func everyTime(ctx context.Context, do func() error) error {
	_, err := backoff.Retry(ctx, func() (struct{}, error) { return struct{}{}, do() })
	return err
}

func TestOneRatchetMovesAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		table := &ratchet{}
		kept := newSessions(table, everyTime)
		const each = 20
		send := func(ctx context.Context) error {
			found, err := kept.GetManySessions(ctx, []string{"amina"})
			if err != nil {
				return err
			}
			time.Sleep(time.Millisecond) // it encrypts
			if err := kept.PutManySessions(ctx, map[string][]byte{"amina": {found["amina"][0] + 1}}); err != nil {
				return err
			}
			time.Sleep(time.Minute) // WhatsApp's answer takes long
			return nil
		}
		decrypt := func(ctx context.Context) error {
			found, err := kept.GetSession(ctx, "amina")
			if err != nil {
				return err
			}
			time.Sleep(time.Millisecond)
			return kept.PutSession(ctx, "amina", []byte{found[0] + 1})
		}
		done := make(chan error, 2*each)
		begun := time.Now()
		for range each {
			go func() { done <- kept.sends(t.Context(), send) }()
			go func() { done <- kept.decrypts(t.Context(), decrypt) }()
		}
		for range 2 * each {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
		if table.at != 2*each {
			t.Errorf("%d of %d movements were kept", table.at, 2*each)
		}
		if waited := time.Since(begun); waited > 2*time.Minute {
			t.Errorf("one message waited for the answer to another: all took %v", waited)
		}
	})
}

func TestWhatFailsGivesItsTurnBack(t *testing.T) {
	table := &ratchet{fails: 1}
	kept := newSessions(table, everyTime)
	read := func(ctx context.Context) error {
		_, err := kept.GetManySessions(ctx, []string{"amina"})
		return err
	}
	if err := kept.sends(t.Context(), read); !errors.Is(err, errTableAway) {
		t.Errorf("sending while the table is away gave %v", err)
	}
	if err := kept.sends(t.Context(), read); err != nil { // it writes nothing
		t.Error(err)
	}
	if err := kept.decrypts(t.Context(), func(context.Context) error { return nil }); err != nil {
		t.Error(err)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	err := kept.sends(t.Context(), func(ctx context.Context) error {
		if err := read(ctx); err != nil {
			return err
		}
		return kept.decrypts(gone, func(context.Context) error { return nil })
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("who gives up waiting has %v", err)
	}
}

func TestWhoAnswersOnceWaitsForTheTable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		kept := newSessions(&ratchet{at: 7, fails: 3}, everyTime)
		if found, err := kept.GetSession(t.Context(), "amina"); err != nil || found[0] != 7 {
			t.Errorf("it got %v, %v", found, err)
		}
	})
}
