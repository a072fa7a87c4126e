package audit

import (
	"context"
	"errors"
	"io/fs"
	"sync"
	"time"

	"github.com/rs/zerolog"
)

// WatchOptions is what a [Watch] needs.
type WatchOptions struct {
	Store    Store
	Verifier *Verifier
	// CheckpointFile has a checkpoint that was kept elsewhere, too; "": there is none.
	CheckpointFile string
	// Every is how often what is new is verified, and Whole how often all is.
	Every, Whole time.Duration
	Now          func() time.Time
	Log          zerolog.Logger
}

// Watch verifies a log again and again beside those who write it: all of it at the start, once in a while and when it is asked to, and
// between only what is new since. What was altered in entries that were verified before shows once all are verified.
type Watch struct {
	options WatchOptions
	asked   chan struct{} // has room for one

	mu    sync.Mutex
	state Watched // guarded by mu

	// Owned by Run.
	verified *verification // of a log that was whole; nil: all has to be verified
}

// Watched is what is known of a log.
type Watched struct {
	Report *Report   // nil: it was not verified yet
	At     time.Time // of the report
	Whole  time.Time // when all of it was last verified
	Since  time.Time // when the verification began that is under way; zero: none is
	Asked  bool      // another one comes next
	Failed bool      // the last attempt came to no end: the database was away
}

// NewWatch returns a watch. It does nothing until [Watch.Run].
func NewWatch(o WatchOptions) *Watch { return &Watch{options: o, asked: make(chan struct{}, 1)} }

// State returns what is known now, at once.
func (w *Watch) State() Watched {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.state
}

// Ask has all of the log verified as soon as may be. Who asks while somebody else's wish waits asks for the same.
func (w *Watch) Ask() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.state.Asked = true
	select {
	case w.asked <- struct{}{}:
	default:
	}
}

// Run verifies the log until ctx ends.
func (w *Watch) Run(ctx context.Context) {
	every := time.NewTicker(w.options.Every)
	defer every.Stop()
	w.verify(ctx, true)
	for {
		select {
		case <-ctx.Done():
			return
		case <-w.asked:
			w.verify(ctx, true)
		case <-every.C:
			w.verify(ctx, false)
		}
	}
}

// verify verifies the log once.
func (w *Watch) verify(ctx context.Context, whole bool) {
	begun := w.options.Now()
	w.mu.Lock()
	if whole = whole || w.verified == nil || begun.Sub(w.state.Whole) >= w.options.Whole; whole {
		w.state.Asked = false
	}
	w.state.Since = begun
	w.mu.Unlock()
	v, err := w.pass(ctx, whole)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.state.Since, w.state.Failed = time.Time{}, err != nil
	if err != nil {
		if ctx.Err() == nil {
			w.options.Log.Err(err).Msg("The audit log could not be verified")
		}
		return
	}
	report := v.Report
	w.state.Report, w.state.At = &report, begun
	if whole {
		w.state.Whole = begun
	}
	if w.verified = v; len(v.Problems) > 0 {
		w.verified = nil
		w.options.Log.Error().Stringer("first", v.Problems[0]).Int("findings", len(v.Problems)).
			Msg("The audit log was changed from outside; passerelle audit verify says more")
	}
}

func (w *Watch) pass(ctx context.Context, whole bool) (*verification, error) {
	var elsewhere []Checkpoint
	if w.options.CheckpointFile != "" {
		c, err := w.options.Verifier.ReadCheckpoint(w.options.CheckpointFile)
		if err == nil {
			elsewhere = append(elsewhere, c)
		} else if !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	if !whole {
		v, err := goOn(ctx, w.options.Store, w.verified, elsewhere)
		if v != nil && len(v.Problems) == 0 || err != nil {
			return v, err
		}
		// All of it says more about what is wrong.
	}
	return verify(ctx, w.options.Store, w.options.Verifier, elsewhere)
}
