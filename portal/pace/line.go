package pace

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Keep keeps when turns were taken, the newest ones, over restarts. An error says that it could not.
type Keep func(ctx context.Context, taken []time.Time) error

// Line is those who wait for a limit. Its methods may be called from any goroutine.
type Line struct {
	limit Limit
	now   func() time.Time
	keep  Keep

	mu      sync.Mutex
	bucket  *rate.Limiter // guarded by mu
	taken   []time.Time   // guarded by mu; in order, no more of them than the limit looks at
	resumes time.Time     // guarded by mu; before that nobody goes
	waiting []*ticket     // guarded by mu; in order
	closed  bool          // guarded by mu
}

// ticket is somebody's place in a line. The line's mu guards it.
type ticket struct {
	name  string
	since time.Time
	freed bool          // it need not wait any more
	moved chan struct{} // holds something when the line has changed
}

// Waiting is somebody in a line, for people to see.
type Waiting struct {
	Name  string    // as given to [Line.Wait]
	Since time.Time // when it joined
	Until time.Time // about when it goes, as things stand
}

// NewLine makes a line on a clock. taken is when turns were taken before, as they were kept; keep may be nil.
func NewLine(limit Limit, now func() time.Time, taken []time.Time, keep Keep) *Line {
	l := &Line{limit: limit, now: now, keep: keep, bucket: rate.NewLimiter(rate.Every(limit.Every), limit.Burst)}
	for _, at := range taken {
		if at.After(now()) {
			at = now() // the clock was set back
		}
		l.take(at)
	}
	return l
}

// Wait returns when it is the turn of one with a name, which it then has taken; or, without one, when [Line.Free] is called
// with the name, when the line is closed, or when ctx ends. waits, if not nil, is called before each pause, with about when the
// turn comes. An error is the context's, or that of keeping the turn, which is taken all the same.
func (l *Line) Wait(ctx context.Context, name string, waits func(since, until time.Time)) error {
	if l.limit.Off() {
		return ctx.Err()
	}
	t := l.join(name)
	defer l.leave(t)
	for {
		until, taken, free := l.step(t)
		switch {
		case free:
			return ctx.Err()
		case taken != nil:
			return l.note(ctx, taken)
		}
		if waits != nil {
			waits(t.since, until)
		}
		if err := t.pause(ctx, until.Sub(l.now())); err != nil {
			return err
		}
	}
}

// pause returns when the line has moved, or when a turn may have come.
func (t *ticket) pause(ctx context.Context, d time.Duration) error {
	turn := time.NewTimer(max(d, time.Millisecond))
	defer turn.Stop()
	select {
	case <-turn.C:
	case <-t.moved:
	case <-ctx.Done():
	}
	return ctx.Err()
}

func (l *Line) note(ctx context.Context, taken []time.Time) error {
	if l.keep == nil {
		return nil
	}
	if err := l.keep(ctx, taken); err != nil {
		return fmt.Errorf("keep that a turn was taken: %w", err)
	}
	return nil
}

func (l *Line) join(name string) *ticket {
	l.mu.Lock()
	defer l.mu.Unlock()
	t := &ticket{name: name, since: l.now(), moved: make(chan struct{}, 1)}
	l.waiting = append(l.waiting, t)
	return t
}

func (l *Line) leave(t *ticket) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.waiting = slices.DeleteFunc(l.waiting, func(other *ticket) bool { return other == t })
	l.move()
}

// move wakes those who wait, since their turns may come sooner. The caller holds mu.
func (l *Line) move() {
	for _, t := range l.waiting {
		select {
		case t.moved <- struct{}{}:
		default:
		}
	}
}

// step takes the turn of one who is first, if it has come; then taken is what is to be kept. Otherwise until is about when it
// comes.
func (l *Line) step(t *ticket) (until time.Time, taken []time.Time, free bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if t.freed || l.closed {
		return until, nil, true
	}
	now, place := l.now(), slices.Index(l.waiting, t)
	until = l.turns(now, place+1)[place]
	if place > 0 || until.After(now) {
		return until, nil, false
	}
	l.take(now)
	return until, slices.Clone(l.taken), false
}

// take takes a turn. The caller holds mu, or nobody else has the line.
func (l *Line) take(at time.Time) {
	l.bucket.ReserveN(at, 1)
	l.taken = append(l.taken, at)
	l.taken = slices.Delete(l.taken, 0, max(0, len(l.taken)-max(l.limit.PerDay, l.limit.Burst)))
}

// turns returns about when the next turns come; the first one exactly. The caller holds mu.
func (l *Line) turns(now time.Time, count int) []time.Time {
	tokens, counted := l.bucket.TokensAt(now), slices.Clone(l.taken)
	turns := make([]time.Time, count)
	for i := range turns {
		// A token that is short by a rounding error only is there.
		short := time.Duration((float64(i+1) - tokens) * float64(l.limit.Every)).Truncate(time.Millisecond)
		turn := now.Add(max(0, short))
		if turn.Before(l.resumes) {
			turn = l.resumes
		}
		if oldest := len(counted) - l.limit.PerDay; l.limit.PerDay > 0 && oldest >= 0 {
			if free := counted[oldest].Add(day); turn.Before(free) {
				turn = free
			}
		}
		turns[i], counted = turn, append(counted, turn)
	}
	return turns
}

// Free lets those with a name go without a turn: they need not wait any more.
func (l *Line) Free(name string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, t := range l.waiting {
		t.freed = t.freed || t.name == name
	}
	l.move()
}

// Pause lets nobody go before a time.
func (l *Line) Pause(until time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if until.After(l.resumes) {
		l.resumes = until
		l.move()
	}
}

// Close lets everybody go, now and later.
func (l *Line) Close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	l.move()
}

// Waiting lists those who wait, in order.
func (l *Line) Waiting() []Waiting {
	l.mu.Lock()
	defer l.mu.Unlock()
	list := make([]Waiting, len(l.waiting))
	for i, turn := range l.turns(l.now(), len(l.waiting)) {
		list[i] = Waiting{Name: l.waiting[i].name, Since: l.waiting[i].since, Until: turn}
	}
	return list
}
