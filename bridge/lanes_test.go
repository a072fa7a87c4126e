package bridge

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// job is an item of a lane that ends, or not, when it is told to.
type job struct {
	text string // the lane, and what; with a "<" it is of the past, of the owner whom the lane's first letter names
	end  chan bool
}

// desk handles jobs.
type desk struct {
	lanes *lanes[*job]
	begun chan string
	jobs  map[string]*job
}

func newDesk(t *testing.T, slots int, jobs ...string) *desk {
	t.Helper()
	d := &desk{begun: make(chan string, 100), jobs: map[string]*job{}}
	d.lanes = newLanes(func(ctx context.Context, j *job) bool {
		d.begun <- j.text
		select {
		case ended := <-j.end:
			return ended
		case <-ctx.Done():
			return false
		}
	})
	d.lanes.isPast, d.lanes.slots = func(j *job) bool { return strings.Contains(j.text, "<") }, slots
	d.lanes.owner = func(j *job) string { return j.text[:1] }
	d.put(jobs...)
	return d
}

func (d *desk) put(texts ...string) {
	for _, text := range texts {
		d.jobs[text] = &job{text: text, end: make(chan bool, 10)}
		lane, _, _ := strings.Cut(text, " ")
		d.lanes.put(lane, d.jobs[text])
	}
}

func (d *desk) ends(text string)    { d.jobs[text].end <- true }
func (d *desk) putsOff(text string) { d.jobs[text].end <- false }

func (d *desk) run(t *testing.T) (stop func()) {
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); d.lanes.run(ctx) }()
	stop = sync.OnceFunc(func() { cancel(); <-ended })
	t.Cleanup(stop)
	return stop
}

func (d *desk) begins(t *testing.T, want ...string) {
	t.Helper()
	var got []string
	for range want {
		select {
		case item := <-d.begun:
			got = append(got, item)
		case <-time.After(20 * time.Second):
			t.Fatalf("begun are %q, want %q", got, want)
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Fatalf("begun are %q, want %q", got, want)
	}
}

func TestThePastOfALaneComesFirstAndLongPastsKeepNobodyFromThePresent(t *testing.T) {
	d := newDesk(t, 2, "a live", "a <past", "b <past", "c <past", "c <past, too", "d <past")
	d.run(t)
	// a has something live, and takes no slot; b and c take the two, and d waits.
	d.begins(t, "a <past", "b <past", "c <past")
	d.ends("a <past")
	d.begins(t, "a live")
	d.put("e live", "d live")
	d.begins(t, "e live", "d <past") // since something live waits behind it now
	d.put("f <past")
	d.ends("c <past")
	d.begins(t, "c <past, too") // a lane keeps its slot
	d.ends("b <past")
	d.begins(t, "f <past")
}

func TestAnItemThatHasNotEndedStaysBehindThePast(t *testing.T) {
	d := newDesk(t, 1, "a live")
	stop := d.run(t)
	d.begins(t, "a live")
	d.put("a <past")
	d.putsOff("a live")
	d.begins(t, "a <past")
	stop() // in the middle

	d.run(t)
	d.begins(t, "a <past")
	d.ends("a <past")
	d.begins(t, "a live")
	if depth := d.lanes.depth(); depth != 1 {
		t.Errorf("%d items are left, want 1", depth)
	}
}

func TestPastsAreWorkedInTheirOrderAndEachOwnersInTurn(t *testing.T) {
	d := newDesk(t, 1, "a1 <", "a2 <", "a3 <", "b1 <", "b2 <")
	d.run(t)
	d.begins(t, "a1 <")
	d.put("c1 <")
	for _, step := range []struct{ ends, begins string }{
		{"a1 <", "a2 <"}, {"a2 <", "b1 <"}, {"b1 <", "c1 <"}, {"c1 <", "a3 <"}, {"a3 <", "b2 <"},
	} {
		d.ends(step.ends)
		d.begins(t, step.begins)
	}
}
