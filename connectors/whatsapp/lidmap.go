package whatsapp

import (
	"context"
	"sync"

	"go.mau.fi/util/dbutil"
	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/store/sqlstore"
	"go.mau.fi/whatsmeow/types"
)

// lidMap knows which phone number belongs to which LID, as whatsmeow does, and can be told to look into the database again:
// whatsmeow's own never forgets what it has read (whatsmeow/store/sqlstore/lidmap.go).
type lidMap struct {
	db *dbutil.Database

	mu    sync.RWMutex
	known *sqlstore.CachedLIDMap // guarded by mu
}

var _ store.LIDStore = (*lidMap)(nil)

func (m *lidMap) current() *sqlstore.CachedLIDMap {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.known
}

// forget forgets what was read.
func (m *lidMap) forget() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.known = sqlstore.NewCachedLIDMap(m.db)
}

// PutManyLIDMappings notes numbers (see [store.LIDStore]).
func (m *lidMap) PutManyLIDMappings(ctx context.Context, mappings []store.LIDMapping) error {
	return m.current().PutManyLIDMappings(ctx, mappings)
}

// PutLIDMapping notes a number (see [store.LIDStore]).
func (m *lidMap) PutLIDMapping(ctx context.Context, lid, pn types.JID) error {
	return m.current().PutLIDMapping(ctx, lid, pn)
}

// GetPNForLID returns a number; empty: it is not known.
func (m *lidMap) GetPNForLID(ctx context.Context, lid types.JID) (types.JID, error) {
	return m.current().GetPNForLID(ctx, lid)
}

// GetLIDForPN returns whose a number is; empty: that is not known.
func (m *lidMap) GetLIDForPN(ctx context.Context, pn types.JID) (types.JID, error) {
	return m.current().GetLIDForPN(ctx, pn)
}

// GetManyLIDsForPNs returns whose numbers are, as far as it is known.
func (m *lidMap) GetManyLIDsForPNs(ctx context.Context, pns []types.JID) (map[types.JID]types.JID, error) {
	return m.current().GetManyLIDsForPNs(ctx, pns)
}
