package bridge

import (
	"context"
	"encoding/json"
	"maps"
	"sync"

	bridgedb "maunium.net/go/mautrix/bridgev2/database"
)

// memory is what a network's bridge remembers over restarts of what it has told people, so that it does not tell it again: a
// few short words by name, without content. It is one value in bridgev2's own table. When the database is away, what changes
// is remembered until the next restart; the worst is that something is told twice.
type memory struct {
	key bridgedb.Key

	mu     sync.Mutex
	kept   *bridgedb.KVQuery // guarded by mu; nil: nothing is recalled, and nothing kept
	values map[string]string // guarded by mu
}

// recall reads what an earlier run remembered.
func (m *memory) recall(ctx context.Context, from *bridgedb.KVQuery) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.kept, m.values = from, map[string]string{}
	if stored := from.Get(ctx, m.key); stored != "" {
		if err := json.Unmarshal([]byte(stored), &m.values); err != nil {
			m.values = map[string]string{} // it is told again
		}
	}
}

// get returns what is remembered under a name; "": nothing.
func (m *memory) get(name string) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.values[name]
}

// set remembers something under a name; "" forgets it.
func (m *memory) set(ctx context.Context, name, value string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.values[name] == value {
		return
	}
	if m.values == nil {
		m.values = map[string]string{}
	}
	m.values[name] = value
	maps.DeleteFunc(m.values, func(_, value string) bool { return value == "" })
	if m.kept == nil {
		return
	}
	if stored, err := json.Marshal(m.values); err == nil { // words by name are always JSON
		m.kept.Set(context.WithoutCancel(ctx), m.key, string(stored))
	}
}
