package database_test

import (
	"context"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"passerelle/database"
	"passerelle/portal/audit"
)

// watched starts a watch whose clock the test moves, and returns what stops it.
func watched(t *testing.T, store audit.Store, file string, every time.Duration) (w *audit.Watch, hours *atomic.Int64, stop func()) {
	t.Helper()
	hours = new(atomic.Int64)
	w = audit.NewWatch(audit.WatchOptions{Store: store, Verifier: verifier(t), CheckpointFile: file, Every: every, Whole: 24 * time.Hour,
		Now: func() time.Time { return noon.Add(time.Duration(hours.Load()) * time.Hour) }, Log: zerolog.Nop()})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); w.Run(ctx) }()
	return w, hours, func() { cancel(); <-ended }
}

// shows waits until the watch knows something.
func shows(t *testing.T, w *audit.Watch, what string, is func(audit.Watched) bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !is(w.State()); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("the watch does not show %s, but %+v", what, w.State())
		}
	}
}

// broken tells whether a verification found something that names an entry.
func broken(name string) func(audit.Watched) bool {
	return func(s audit.Watched) bool {
		return s.Report != nil && len(s.Report.Problems) > 0 && strings.Contains(s.Report.Problems[0].String(), name)
	}
}

// sized tells whether a whole log of a size was verified.
func sized(size int64) func(audit.Watched) bool {
	return func(s audit.Watched) bool {
		return s.Report != nil && s.Report.Size == size && len(s.Report.Problems) == 0
	}
}

// counting counts the entries that are read before a place.
type counting struct {
	*database.Store
	read atomic.Int64
}

func (c *counting) AuditRows(ctx context.Context, from int64, limit int) ([]audit.Row, error) {
	rows, err := c.Store.AuditRows(ctx, from, limit)
	c.read.Add(int64(len(rows)))
	return rows, err
}

func TestAWatchReadsOnlyWhatIsNewAndAllOnceADay(t *testing.T) {
	onBoth(t, func(t *testing.T, place database.Place) {
		store := &counting{Store: open(t, place, sealer(t, "a"))}
		file := filepath.Join(t.TempDir(), "checkpoint")
		log := wholeLog(t, store.Store, file)
		w, hours, stop := watched(t, store, file, 10*time.Millisecond)
		defer stop()
		shows(t, w, "all entries", sized(19))
		store.read.Store(0)
		record(t, log, said(30), said(31))
		if err := log.Sign(t.Context()); err != nil {
			t.Fatal(err)
		}
		shows(t, w, "two more, and their checkpoint", func(s audit.Watched) bool { return sized(21)(s) && s.Report.Signed == 21 })
		if read := store.read.Load(); read > 4 { // each may come alone
			t.Errorf("%d entries were read for two", read)
		}
		if _, err := log.Prune(t.Context(), noon.Add((pruned+2)*time.Minute), audit.Action{Door: audit.DoorSelf}); err != nil {
			t.Fatal(err)
		}
		shows(t, w, "that old ones were emptied", func(s audit.Watched) bool { return sized(22)(s) && s.Report.Pruned == pruned+1 })

		execute(t, place, "UPDATE audit_entry SET rule = 'x' WHERE seq = 9")
		record(t, log, said(32))
		shows(t, w, "one more", sized(23)) // entry 9 was read before
		hours.Store(24)
		shows(t, w, "the altered entry", broken("entry 9"))
	})
}

func TestAWatchTellsWhatWasAlteredWhenItIsAsked(t *testing.T) {
	onBoth(t, func(t *testing.T, place database.Place) {
		store := open(t, place, sealer(t, "a"))
		wholeLog(t, store, "")
		w, _, stop := watched(t, store, "", time.Hour)
		defer stop()
		shows(t, w, "all entries", sized(19))
		execute(t, place, "UPDATE audit_entry SET verdict = 'refused' WHERE seq = 9")
		w.Ask()
		shows(t, w, "the altered entry", broken("entry 9"))
		shows(t, w, "that nothing is under way", func(s audit.Watched) bool { return !s.Asked && s.Since.IsZero() })
		execute(t, place, "UPDATE audit_entry SET verdict = 'admitted' WHERE seq = 9")
		w.Ask()
		shows(t, w, "that it was put back", sized(19))
	})
}

func TestAWatchTellsThatTheLogWasCut(t *testing.T) {
	store := open(t, database.Place(t.TempDir()), sealer(t, "a"))
	wholeLog(t, store, "")
	w, _, stop := watched(t, &counting{Store: store}, "", 10*time.Millisecond)
	defer stop()
	shows(t, w, "all entries", sized(19))
	err := store.ChangeAudit(t.Context(), func(_ context.Context, head audit.Head) (audit.Head, error) {
		head.Size = 17
		return head, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	shows(t, w, "the cut", broken("17"))
}
