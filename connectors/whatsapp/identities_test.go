package whatsapp

import (
	"context"
	"errors"
	"testing"

	"go.mau.fi/whatsmeow/store"
)

// keyTable is an identity store in memory that counts how often it is asked.
type keyTable struct {
	store.IdentityStore
	keys  map[string][32]byte
	asked int
	fail  error
}

func (k *keyTable) PutIdentity(_ context.Context, address string, key [32]byte) error {
	k.asked++
	if k.fail == nil {
		k.keys[address] = key
	}
	return k.fail
}

func (k *keyTable) IsTrustedIdentity(_ context.Context, address string, key [32]byte) (bool, error) {
	k.asked++
	known, ok := k.keys[address]
	return !ok || known == key, k.fail
}

func (k *keyTable) DeleteIdentity(_ context.Context, address string) error {
	delete(k.keys, address)
	return nil
}

func TestAnIdentityKeyIsStoredOnce(t *testing.T) {
	table := &keyTable{keys: map[string][32]byte{}}
	known := &identities{IdentityStore: table}
	const bob = "123:0"
	first, second := [32]byte{1}, [32]byte{2}
	put := func(key [32]byte) {
		t.Helper()
		if err := known.PutIdentity(t.Context(), bob, key); err != nil {
			t.Fatal(err)
		}
	}
	trusted := func(key [32]byte) bool {
		t.Helper()
		is, err := known.IsTrustedIdentity(t.Context(), bob, key)
		if err != nil {
			t.Fatal(err)
		}
		return is
	}
	table.fail = errors.New("away")
	if err := known.PutIdentity(t.Context(), bob, first); err == nil {
		t.Error("a failure is kept secret")
	}
	table.fail, table.asked = nil, 0
	put(first)
	put(first)
	if !trusted(first) || table.asked != 1 {
		t.Errorf("the database was asked %d times, want 1", table.asked)
	}
	if trusted(second) {
		t.Error("another key is trusted")
	}
	put(second)
	if table.keys[bob] != second || trusted(first) {
		t.Error("a new key does not take the old one's place")
	}
	if err := known.DeleteIdentity(t.Context(), bob); err != nil {
		t.Fatal(err)
	}
	put(second)
	if table.keys[bob] != second {
		t.Error("a key that was deleted is not stored again")
	}
	delete(table.keys, bob) // the transaction came to nothing
	known.forget()
	put(second)
	if table.keys[bob] != second {
		t.Error("a key whose transaction came to nothing is not stored again")
	}
}
