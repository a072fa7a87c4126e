package pace

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// queue is a line on the clock of a synctest bubble, and when those in it went.
type queue struct {
	*Line
	began time.Time
	went  chan string
}

func newQueue(limit Limit, taken []time.Time, keep Keep) *queue {
	return &queue{Line: NewLine(limit, time.Now, taken, keep), began: time.Now(), went: make(chan string, 100)}
}

// joins lets people join, one after another.
func (q *queue) joins(t *testing.T, ctx context.Context, people ...string) {
	t.Helper()
	for _, name := range people {
		go func() {
			if err := q.Wait(ctx, name, nil); err != nil {
				q.went <- name + " " + err.Error()
				return
			}
			q.went <- name + " " + time.Since(q.began).Round(time.Second).String()
		}()
		synctest.Wait()
	}
}

// goes checks who goes next, and when.
func (q *queue) goes(t *testing.T, want ...string) {
	t.Helper()
	for _, next := range want {
		if got := <-q.went; got != next {
			t.Errorf("went %q, want %q", got, next)
		}
	}
}

func TestABurstGoesAndTheRestFollowsInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue(Limit{Burst: 2, Every: time.Minute}, nil, nil)
		q.joins(t, t.Context(), "ann", "ben", "cleo", "dan")
		q.goes(t, "ann 0s", "ben 0s")
		if got := q.Waiting(); len(got) != 2 || got[0].Name != "cleo" || got[1].Until.Sub(q.began).Round(time.Second) != 2*time.Minute {
			t.Errorf("those who wait are shown as %+v", got)
		}
		q.goes(t, "cleo 1m0s", "dan 2m0s")
		time.Sleep(10 * time.Minute) // a rest
		q.joins(t, t.Context(), "eve", "fred", "gus")
		q.goes(t, "eve 12m0s", "fred 12m0s", "gus 13m0s")
	})
}

func TestADayHasSoManyTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var kept []time.Time
		keep := func(_ context.Context, taken []time.Time) error { kept = taken; return nil }
		limit := Limit{Burst: 2, Every: time.Minute, PerDay: 3}
		q := newQueue(limit, nil, keep)
		q.joins(t, t.Context(), "ann", "ben", "cleo")
		q.goes(t, "ann 0s", "ben 0s", "cleo 1m0s")
		if len(kept) != 3 {
			t.Fatalf("kept %v", kept)
		}
		// After a restart the day is the same one, and the bucket as empty.
		again := newQueue(limit, kept, keep)
		again.began = q.began
		again.joins(t, t.Context(), "dan", "eve", "fred")
		if got := again.Waiting()[2].Until.Sub(q.began).Round(time.Second); got != 24*time.Hour+time.Minute {
			t.Errorf("Fred is to wait for %s", got)
		}
		again.goes(t, "dan 24h0m0s", "eve 24h0m0s", "fred 24h1m0s")
	})
}

func TestWhoNeedNotWaitAnyMoreGoesAndTheOthersMoveUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue(Limit{Burst: 1, Every: time.Hour}, nil, nil)
		ctx, regrets := context.WithCancel(t.Context())
		q.joins(t, t.Context(), "ann", "ben")
		q.joins(t, ctx, "cleo")
		q.joins(t, t.Context(), "dan", "ben")
		q.goes(t, "ann 0s")
		time.Sleep(time.Minute)
		q.Free("ben")
		q.goes(t, "ben 1m0s", "ben 1m0s")
		regrets()
		q.goes(t, "cleo context canceled", "dan 1h0m0s")
		q.joins(t, t.Context(), "eve")
		q.Close()
		q.goes(t, "eve 1h0m0s")
		q.joins(t, t.Context(), "fred")
		q.goes(t, "fred 1h0m0s")
	})
}

func TestANetworkSaysWhenToComeBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue(Limit{Burst: 5, Every: time.Second}, nil, nil)
		q.Pause(q.began.Add(30 * time.Second))
		q.Pause(q.began.Add(20 * time.Second)) // does not make it shorter
		q.joins(t, t.Context(), "ann", "ben")
		together := []string{<-q.went, <-q.went} // whoever says so first
		if slices.Sort(together); !slices.Equal(together, []string{"ann 30s", "ben 30s"}) {
			t.Errorf("went %q", together)
		}
	})
}

func TestHowLongItTakesIsToldBeforeEachPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue(Limit{Burst: 1, Every: time.Minute}, []time.Time{time.Now().Add(time.Hour)}, nil) // of a clock that was set back
		var told []time.Duration
		err := q.Wait(t.Context(), "ann", func(since, until time.Time) {
			told = append(told, until.Sub(since).Round(time.Second))
			if len(told) == 1 {
				q.Pause(q.began.Add(5 * time.Minute))
			}
		})
		if err != nil || !slices.Equal(told, []time.Duration{time.Minute, 5 * time.Minute}) {
			t.Errorf("told %v, %v", told, err)
		}
	})
}

func TestWhatCannotBeKeptIsAnError(t *testing.T) {
	full := errors.New("the disk is full")
	l := NewLine(Limit{Burst: 1, Every: time.Minute}, time.Now, nil, func(context.Context, []time.Time) error { return full })
	if err := l.Wait(t.Context(), "ann", nil); !errors.Is(err, full) {
		t.Errorf("got %v", err)
	}
}

func TestLimitsThatMakeNoSense(t *testing.T) {
	for _, c := range []struct {
		limit Limit
		want  string
	}{
		{Limit{}, ""},
		{Limit{Burst: 3, Every: time.Minute, PerDay: 20}, ""},
		{Limit{Burst: -1}, "negative"},
		{Limit{Burst: 3}, "every"},
		{Limit{Burst: 3, Every: time.Minute, PerDay: 2}, "per_day"},
	} {
		if err := c.limit.Validate(); (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, want %q", c.limit, err, c.want)
		}
	}
	if err := NewLine(Limit{}, time.Now, nil, nil).Wait(t.Context(), "ann", nil); err != nil {
		t.Errorf("no limit: %v", err)
	}
}
