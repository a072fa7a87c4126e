package whatsapptest

import (
	"context"
	"sync"
)

// mailbox is an unbounded queue for one taker: putting never waits, so that it may happen under a lock.
type mailbox[T any] struct {
	mu    sync.Mutex
	items []T
	ready chan struct{} // holds a token while items may be there
}

func newMailbox[T any]() *mailbox[T] { return &mailbox[T]{ready: make(chan struct{}, 1)} }

func (m *mailbox[T]) put(item T) {
	m.mu.Lock()
	m.items = append(m.items, item)
	m.mu.Unlock()
	select {
	case m.ready <- struct{}{}:
	default:
	}
}

// take waits for the next item; it fails only when the context ends.
func (m *mailbox[T]) take(ctx context.Context) (T, error) {
	for {
		m.mu.Lock()
		if len(m.items) > 0 {
			item := m.items[0]
			m.items = m.items[1:]
			m.mu.Unlock()
			return item, nil
		}
		m.mu.Unlock()
		select {
		case <-m.ready:
		case <-ctx.Done():
			var none T
			return none, ctx.Err()
		}
	}
}
