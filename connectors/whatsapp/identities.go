package whatsapp

import (
	"context"
	"sync"

	"go.mau.fi/whatsmeow/store"
)

// identities remembers the identity keys of the devices that the account hears from. With every message libsignal asks
// whether the key is the known one, and stores it again (libsignal/session/SessionCipher.go); the database is spared both.
type identities struct {
	store.IdentityStore

	mu    sync.Mutex
	known map[string][32]byte // guarded by mu; by Signal address: what the database holds
}

// maxIdentities bounds what is remembered.
const maxIdentities = 4096

// forget forgets everything, because a transaction came to nothing or keys were deleted.
func (i *identities) forget() {
	i.mu.Lock()
	defer i.mu.Unlock()
	clear(i.known)
}

func (i *identities) isKnown(address string, key [32]byte) bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	known, ok := i.known[address]
	return ok && known == key
}

// PutIdentity stores the identity key of a device.
func (i *identities) PutIdentity(ctx context.Context, address string, key [32]byte) error {
	if i.isKnown(address, key) {
		return nil
	}
	if err := i.IdentityStore.PutIdentity(ctx, address, key); err != nil {
		return err
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.known == nil || len(i.known) >= maxIdentities {
		i.known = map[string][32]byte{}
	}
	i.known[address] = key
	return nil
}

// IsTrustedIdentity tells whether the key is the one that is stored, or none is.
func (i *identities) IsTrustedIdentity(ctx context.Context, address string, key [32]byte) (bool, error) {
	if i.isKnown(address, key) {
		return true, nil
	}
	return i.IdentityStore.IsTrustedIdentity(ctx, address, key)
}

// DeleteIdentity deletes the key of a device.
func (i *identities) DeleteIdentity(ctx context.Context, address string) error {
	defer i.forget()
	return i.IdentityStore.DeleteIdentity(ctx, address)
}

// DeleteAllIdentities deletes the keys of all devices of a person.
func (i *identities) DeleteAllIdentities(ctx context.Context, user string) error {
	defer i.forget()
	return i.IdentityStore.DeleteAllIdentities(ctx, user)
}
