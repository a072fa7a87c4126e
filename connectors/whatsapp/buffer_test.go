package whatsapp

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"

	"go.mau.fi/whatsmeow/store"
)

// rows is an event buffer in memory.
type rows struct {
	store.EventBuffer
	held map[[32]byte][]byte
}

func (r rows) PutBufferedEvent(_ context.Context, hash [32]byte, plaintext []byte, _ time.Time) error {
	r.held[hash] = plaintext
	return nil
}

func (r rows) ClearBufferedEventPlaintext(_ context.Context, hash [32]byte) error {
	r.held[hash] = nil
	return nil
}

func (r rows) DoDecryptionTxn(ctx context.Context, do func(context.Context) error) error {
	return do(ctx)
}

func (r rows) GetBufferedEvent(_ context.Context, hash [32]byte) (*store.BufferedEvent, error) {
	row, ok := r.held[hash]
	if !ok {
		return nil, nil
	}
	return &store.BufferedEvent{Plaintext: row}, nil
}

// flip is a sealer that seals well enough for a test.
type flip struct{ key string }

func (f flip) Seal(plain []byte, names ...string) (string, []byte, error) {
	sealed := []byte(names[len(names)-1] + "|")
	for _, b := range plain {
		sealed = append(sealed, ^b)
	}
	return f.key, sealed, nil
}

func (f flip) Unseal(key string, sealed []byte, names ...string) ([]byte, error) {
	flipped, ok := bytes.CutPrefix(sealed, []byte(names[len(names)-1]+"|"))
	if !ok || key != f.key {
		return nil, errors.New("unseal: no")
	}
	plain := make([]byte, len(flipped))
	for i, b := range flipped {
		plain[i] = ^b
	}
	return plain, nil
}

func TestABufferedMessageLiesSealed(t *testing.T) {
	inner := rows{held: map[[32]byte][]byte{}}
	buffer := &sealedBuffer{EventBuffer: inner, sealer: flip{"k1"}, passes: never, inTurn: atOnce}
	hash, other := [32]byte{1}, [32]byte{2}
	if found, err := buffer.GetBufferedEvent(t.Context(), hash); found != nil || err != nil {
		t.Errorf("an empty buffer holds %v, %v", found, err)
	}
	if err := buffer.PutBufferedEvent(t.Context(), hash, []byte("the words"), noon); err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(inner.held[hash], []byte("words")) {
		t.Errorf("the database holds %q", inner.held[hash])
	}
	if found, err := buffer.GetBufferedEvent(t.Context(), hash); err != nil || string(found.Plaintext) != "the words" {
		t.Errorf("the buffer gives back %v, %v", found, err)
	}
	inner.held[other] = inner.held[hash]
	if found, err := buffer.GetBufferedEvent(t.Context(), other); err == nil {
		t.Errorf("a row in another's place gives %q", found.Plaintext)
	}
	inner.held[other] = nil // whatsmeow drops the plaintext once the message is in the inbox
	if found, err := buffer.GetBufferedEvent(t.Context(), other); err != nil || found == nil || found.Plaintext != nil {
		t.Errorf("a message that is done with gives %v, %v", found, err)
	}
	for _, cut := range [][]byte{{}, {5, 'k'}, {255}} {
		inner.held[other] = cut
		if found, err := buffer.GetBufferedEvent(t.Context(), other); err == nil {
			t.Errorf("the row %v gives %q", cut, found.Plaintext)
		}
	}
}

func TestAHandledMessageIsDroppedSoon(t *testing.T) {
	inner := rows{held: map[[32]byte][]byte{}}
	var later []func(context.Context)
	buffer := &sealedBuffer{EventBuffer: inner, sealer: flip{"k1"}, passes: never, inTurn: atOnce,
		spawn: func(do func(context.Context)) { later = append(later, do) }}
	hashes := [][32]byte{{1}, {2}, {3}}
	for _, hash := range hashes {
		if err := buffer.PutBufferedEvent(t.Context(), hash, []byte("the words"), noon); err != nil {
			t.Fatal(err)
		}
	}
	for _, hash := range hashes[:2] {
		if err := buffer.ClearBufferedEventPlaintext(t.Context(), hash); err != nil {
			t.Fatal(err)
		}
	}
	if found, err := buffer.GetBufferedEvent(t.Context(), hashes[0]); err != nil || found == nil || found.Plaintext != nil {
		t.Errorf("a message that has been handled gives %v, %v", found, err)
	}
	if len(later) != 1 {
		t.Fatalf("%d things are to be done later", len(later))
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel() // the account stops: it is done at once
	later[0](ended)
	if inner.held[hashes[0]] != nil || inner.held[hashes[1]] != nil || inner.held[hashes[2]] == nil {
		t.Errorf("the database holds %q", inner.held)
	}
}

// never takes every failure of a database for one that stays.
func never(error) bool { return false }

// atOnce runs what moves ratchets where nothing else does.
func atOnce(ctx context.Context, do func(context.Context) error) error { return do(ctx) }
