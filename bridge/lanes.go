package bridge

import (
	"context"
	"sync"
)

// lanes are queues by name, each with a worker of its own while it holds anything: items of a lane are handled one after
// another, in the order in which they were put, and lanes do not wait for each other.
//
// Items can be put at any time. They are handled while start's context lasts; what is left then waits for the next start.
type lanes[T any] struct {
	// handle brings an item to its end. When its context ends first the item stays in front of its lane.
	handle func(ctx context.Context, item T)

	mu      sync.Mutex
	waiting map[string][]T
	running context.Context // nil while nothing is handled
	workers sync.WaitGroup
}

func newLanes[T any](handle func(context.Context, T)) *lanes[T] {
	return &lanes[T]{handle: handle, waiting: map[string][]T{}}
}

// put puts an item at the end of a lane.
func (l *lanes[T]) put(lane string, item T) {
	l.mu.Lock()
	defer l.mu.Unlock()
	queue, busy := l.waiting[lane]
	l.waiting[lane] = append(queue, item)
	if !busy && l.running != nil {
		l.goWork(lane)
	}
}

// run handles items until ctx ends, and returns when every worker has stopped.
func (l *lanes[T]) run(ctx context.Context) {
	l.mu.Lock()
	l.running = ctx
	for lane := range l.waiting {
		l.goWork(lane)
	}
	l.mu.Unlock()
	<-ctx.Done()
	l.mu.Lock()
	l.running = nil // no new workers
	l.mu.Unlock()
	l.workers.Wait()
}

// goWork starts a lane's worker. The caller holds mu.
func (l *lanes[T]) goWork(lane string) {
	ctx := l.running
	l.workers.Go(func() {
		for {
			l.mu.Lock()
			queue := l.waiting[lane]
			if len(queue) == 0 {
				delete(l.waiting, lane)
				l.mu.Unlock()
				return
			}
			l.mu.Unlock()
			l.handle(ctx, queue[0])
			if ctx.Err() != nil {
				return
			}
			l.mu.Lock()
			var none T
			l.waiting[lane][0] = none // let go of it
			l.waiting[lane] = l.waiting[lane][1:]
			l.mu.Unlock()
		}
	})
}

// depth counts the items that wait or are being handled.
func (l *lanes[T]) depth() (count int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, queue := range l.waiting {
		count += len(queue)
	}
	return count
}
