package bridge

import (
	"context"
	"slices"
	"sync"
)

// lanes are queues by name, each with a worker of its own while it holds anything: items of a lane are handled one after
// another, in the order in which they were put, and lanes do not wait for each other.
//
// Items of the past come before the others of their lane. Only some lanes that hold nothing else are worked at a time, those
// first that were put first, each owner's in turn: a long past keeps nobody from the present, or from a past of their own.
//
// Items can be put at any time. They are handled while run's context lasts; what is left then waits for the next run.
type lanes[T any] struct {
	// handle takes an item a step further, and tells whether that was its end. If not, or if its context ended, the item
	// stays in its lane, and is handled again.
	handle func(ctx context.Context, item T) (ended bool)
	isPast func(T) bool   // nil: nothing is
	owner  func(T) string // of an item of the past
	slots  int            // how many lanes of the past are worked at a time

	mu      sync.Mutex
	lanes   map[string]*lane[T]
	made    int             // lanes so far
	taken   int             // slots
	backlog backlog         // lanes of the past that wait for a slot
	running context.Context // nil while nothing is handled
	workers sync.WaitGroup
}

// lane is one queue. lanes.mu guards it.
type lane[T any] struct {
	number     int // rises with each lane that is made
	past, live []T
	waits      bool // it is in the backlog
	busy       bool // a worker is at it
	slot       bool // the worker has taken a slot
}

func newLanes[T any](handle func(context.Context, T) bool) *lanes[T] {
	return &lanes[T]{handle: handle, lanes: map[string]*lane[T]{}}
}

// put puts an item at the end of a lane, or of its past.
func (l *lanes[T]) put(name string, item T) {
	l.mu.Lock()
	defer l.mu.Unlock()
	at := l.lanes[name]
	if at == nil {
		l.made++
		at = &lane[T]{number: l.made}
		l.lanes[name] = at
	}
	if l.isPast != nil && l.isPast(item) {
		at.past = append(at.past, item)
	} else {
		at.live = append(at.live, item)
	}
	if l.running != nil {
		l.wake(name)
	}
}

// run handles items until ctx ends, and returns when every worker has stopped.
func (l *lanes[T]) run(ctx context.Context) {
	l.mu.Lock()
	l.running = ctx
	names := make([]string, 0, len(l.lanes))
	for name := range l.lanes {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int { return l.lanes[a].number - l.lanes[b].number })
	for _, name := range names {
		l.wake(name)
	}
	l.mu.Unlock()
	<-ctx.Done()
	l.mu.Lock()
	l.running = nil // no new workers
	for name, ok := l.backlog.pop(); ok; name, ok = l.backlog.pop() {
		if at := l.lanes[name]; at != nil {
			at.waits = false
		}
	}
	l.mu.Unlock()
	l.workers.Wait()
}

// wake sees to it that a lane is worked. The caller holds mu.
func (l *lanes[T]) wake(name string) {
	at := l.lanes[name]
	switch {
	case at == nil || at.busy:
		return
	case len(at.live) > 0:
	case l.taken < l.slots:
		at.slot = true
		l.taken++
	case !at.waits:
		at.waits = true
		l.backlog.push(l.owner(at.past[0]), name)
		return
	default:
		return
	}
	at.busy = true
	ctx := l.running
	l.workers.Go(func() { l.work(ctx, name, at) })
}

// work handles a lane's items until it is empty or ctx ends.
func (l *lanes[T]) work(ctx context.Context, name string, at *lane[T]) {
	for {
		item, queue := l.next(name, at)
		if queue == nil {
			return
		}
		ended := l.handle(ctx, item)
		if ctx.Err() != nil {
			l.leave(at)
			return
		}
		if ended {
			l.mu.Lock()
			var none T
			(*queue)[0] = none // let go of it
			*queue = (*queue)[1:]
			l.mu.Unlock()
		}
	}
}

// next returns a lane's first item and the queue that it stands in. When there is none, the lane is gone.
func (l *lanes[T]) next(name string, at *lane[T]) (item T, queue *[]T) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(at.past) > 0 {
		return at.past[0], &at.past
	}
	if at.slot {
		l.release(at)
	}
	if len(at.live) > 0 {
		return at.live[0], &at.live
	}
	delete(l.lanes, name)
	return item, nil
}

// release gives back a lane's slot, to the lane whose turn it is. The caller holds mu.
func (l *lanes[T]) release(at *lane[T]) {
	at.slot = false
	l.taken--
	for l.taken < l.slots {
		name, ok := l.backlog.pop()
		if !ok {
			return
		}
		if waiting := l.lanes[name]; waiting != nil {
			waiting.waits = false
			l.wake(name)
		}
	}
}

// leave leaves a lane for the next run.
func (l *lanes[T]) leave(at *lane[T]) {
	l.mu.Lock()
	defer l.mu.Unlock()
	at.busy = false
	if at.slot {
		l.release(at)
	}
}

// depth counts the items that wait or are being handled.
func (l *lanes[T]) depth() (count int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, at := range l.lanes {
		count += len(at.past) + len(at.live)
	}
	return count
}
