package whatsapp

import (
	"context"
	"sync"

	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/types"
)

// contactStore lets one at a time at what whatsmeow keeps of contacts: its own lock ends before it has copied what it
// returns, and a name that comes meanwhile is half in it (whatsmeow/store/sqlstore/store.go, GetContact).
type contactStore struct {
	store.ContactStore
	mu sync.Mutex
}

// renew takes another store in the place of this one, which remembers what was read.
func (s *contactStore) renew(by store.ContactStore) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ContactStore = by
}

// PutPushName notes the name that somebody published (see [store.ContactStore]).
func (s *contactStore) PutPushName(ctx context.Context, user types.JID, name string) (bool, string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ContactStore.PutPushName(ctx, user, name)
}

// PutBusinessName notes the name that a business published (see [store.ContactStore]).
func (s *contactStore) PutBusinessName(ctx context.Context, user types.JID, name string) (bool, string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ContactStore.PutBusinessName(ctx, user, name)
}

// PutContactName notes what the owner calls somebody (see [store.ContactStore]).
func (s *contactStore) PutContactName(ctx context.Context, user types.JID, fullName, firstName string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ContactStore.PutContactName(ctx, user, fullName, firstName)
}

// PutAllContactNames notes an address book (see [store.ContactStore]).
func (s *contactStore) PutAllContactNames(ctx context.Context, contacts []store.ContactEntry) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ContactStore.PutAllContactNames(ctx, contacts)
}

// PutManyRedactedPhones notes numbers that are told in part (see [store.ContactStore]).
func (s *contactStore) PutManyRedactedPhones(ctx context.Context, entries []store.RedactedPhoneEntry) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ContactStore.PutManyRedactedPhones(ctx, entries)
}

// GetContact returns what is known of somebody (see [store.ContactStore]).
func (s *contactStore) GetContact(ctx context.Context, user types.JID) (types.ContactInfo, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ContactStore.GetContact(ctx, user)
}

// GetAllContacts returns what is known of everybody (see [store.ContactStore]).
func (s *contactStore) GetAllContacts(ctx context.Context) (map[types.JID]types.ContactInfo, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ContactStore.GetAllContacts(ctx)
}
