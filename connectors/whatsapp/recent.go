package whatsapp

import (
	"sync"

	"go.mau.fi/whatsmeow/types"
)

// mostRecent is how many IDs are remembered. What they are for comes back within moments.
const mostRecent = 512

// recent remembers the newest message IDs. The zero value is ready to use.
type recent struct {
	mu    sync.Mutex
	known map[types.MessageID]bool // guarded by mu
	order []types.MessageID        // guarded by mu; oldest first
}

func (r *recent) add(id types.MessageID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.known[id] {
		return
	}
	if r.known == nil {
		r.known = map[types.MessageID]bool{}
	}
	if len(r.order) == mostRecent {
		delete(r.known, r.order[0])
		r.order = r.order[1:]
	}
	r.known[id] = true
	r.order = append(r.order, id)
}

func (r *recent) has(id types.MessageID) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.known[id]
}
