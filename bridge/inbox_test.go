package bridge

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"passerelle/database"
	"passerelle/portal"
)

// rooms is a deliverer that remembers what it delivered, lane by lane.
type rooms struct {
	mu        sync.Mutex
	delivered map[string][]string
	fail      func(portal.Arrival) error
	changed   chan struct{}
}

func newRooms(fail func(portal.Arrival) error) *rooms {
	return &rooms{delivered: map[string][]string{}, fail: fail, changed: make(chan struct{}, 1000)}
}

func (r *rooms) Deliver(ctx context.Context, a portal.Arrival) error {
	if r.fail != nil {
		if err := r.fail(a); err != nil {
			return err
		}
	}
	r.mu.Lock()
	r.delivered[a.Lane] = append(r.delivered[a.Lane], string(a.Payload))
	r.mu.Unlock()
	r.changed <- struct{}{}
	return nil
}

func (r *rooms) wait(t *testing.T, count int) {
	t.Helper()
	for range count {
		select {
		case <-r.changed:
		case <-time.After(20 * time.Second):
			t.Fatalf("waited for %d deliveries; delivered: %v", count, r.delivered)
		}
	}
}

func (r *rooms) in(lane string) []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.delivered[lane])
}

func testStore(t testing.TB, dir string) *database.Store {
	t.Helper()
	sealer := database.NewSealer()
	if err := sealer.Add("k1", make([]byte, 32)); err != nil {
		t.Fatal(err)
	}
	store, err := database.Open(context.Background(), database.Place(dir), sealer, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	return store
}

// testNetwork is a network with an inbox and a journal, and nothing else.
func testNetwork(store *database.Store, deliverer portal.Deliverer) *network {
	h := &Host{options: Options{Store: store, Log: zerolog.Nop()}}
	h.metrics = newMetrics(h)
	n := &network{Network: Network{Name: "whatsapp"}, host: h, log: zerolog.Nop()}
	n.inbox = newInbox(n)
	n.inbox.deliverer = deliverer
	return n
}

// running runs an inbox until the returned function is called.
func running(t *testing.T, n *network) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); n.inbox.run(ctx) }()
	stop = sync.OnceFunc(func() { cancel(); <-done })
	t.Cleanup(stop)
	return stop
}

func arrival(lane, id string) portal.Arrival {
	return portal.Arrival{Login: "alice", Lane: lane, ID: id, Payload: []byte(id), At: time.Now()}
}

func put(t *testing.T, n *network, a portal.Arrival) {
	t.Helper()
	if err := n.inbox.Put(t.Context(), a); err != nil {
		t.Fatal(err)
	}
}

func waiting(t *testing.T, n *network) int {
	t.Helper()
	inbox, _, err := n.host.options.Store.Depths(t.Context(), n.Name)
	if err != nil {
		t.Fatal(err)
	}
	return inbox
}

func TestALaneKeepsItsOrderAndOtherLanesDoNotWaitForIt(t *testing.T) {
	release := make(chan struct{})
	r := newRooms(func(a portal.Arrival) error {
		if a.Lane == "slow" {
			<-release
		}
		return nil
	})
	n := testNetwork(testStore(t, t.TempDir()), r)
	running(t, n)
	var want []string
	for i := range 20 {
		id := fmt.Sprintf("m%02d", i)
		want = append(want, id)
		put(t, n, portal.Arrival{Login: "alice", Lane: "slow", ID: "slow" + id, Payload: []byte(id)})
		put(t, n, portal.Arrival{Login: "alice", Lane: "quick", ID: "quick" + id, Payload: []byte(id)})
	}
	r.wait(t, 20)
	if got := r.in("quick"); !slices.Equal(got, want) {
		t.Errorf("the quick lane delivered %v", got)
	}
	close(release)
	r.wait(t, 20)
	if got := r.in("slow"); !slices.Equal(got, want) {
		t.Errorf("the slow lane delivered %v", got)
	}
}

func TestWhatComesTwiceIsDeliveredOnce(t *testing.T) {
	hold := make(chan struct{})
	r := newRooms(func(portal.Arrival) error { <-hold; return nil })
	n := testNetwork(testStore(t, t.TempDir()), r)
	running(t, n)
	put(t, n, arrival("chat", "m1"))
	put(t, n, arrival("chat", "m1"))
	put(t, n, arrival("chat", "m2"))
	close(hold)
	r.wait(t, 2)
	if got := r.in("chat"); !slices.Equal(got, []string{"m1", "m2"}) {
		t.Errorf("delivered %v", got)
	}
}

func TestWhatWasNotDeliveredIsDeliveredAfterARestartInOrder(t *testing.T) {
	dir := t.TempDir()
	stuck := newRooms(func(portal.Arrival) error { return errors.New("the homeserver is away") })
	store := testStore(t, dir)
	n := testNetwork(store, stuck)
	stop := running(t, n)
	for _, id := range []string{"m1", "m2", "m3"} {
		put(t, n, arrival("chat", id))
	}
	stop()
	if got := waiting(t, n); got != 3 {
		t.Fatalf("%d arrivals wait after the stop, want 3", got)
	}
	store.Close()

	r := newRooms(nil)
	n = testNetwork(testStore(t, dir), r)
	if err := n.inbox.load(t.Context()); err != nil {
		t.Fatal(err)
	}
	put(t, n, arrival("chat", "m4")) // it comes while the bridge starts
	running(t, n)
	r.wait(t, 4)
	if got := r.in("chat"); !slices.Equal(got, []string{"m1", "m2", "m3", "m4"}) {
		t.Errorf("delivered %v", got)
	}
}

func TestATransientFailureIsTriedAgainAndAPermanentOneGivenUp(t *testing.T) {
	tries := map[string]int{}
	r := newRooms(func(a portal.Arrival) error {
		tries[a.ID]++
		switch {
		case a.ID == "never":
			return portal.Permanent(errors.New("the login is gone"))
		case a.ID == "later" && tries[a.ID] < 2:
			return errors.New("not now")
		}
		return nil
	})
	n := testNetwork(testStore(t, t.TempDir()), r)
	stop := running(t, n)
	for _, id := range []string{"never", "later", "last"} {
		put(t, n, arrival("chat", id))
	}
	r.wait(t, 2)
	for deadline := time.Now().Add(20 * time.Second); waiting(t, n) > 0; {
		if time.Now().After(deadline) {
			t.Fatalf("%d arrivals still wait", waiting(t, n))
		}
		time.Sleep(time.Millisecond)
	}
	stop()
	if got := r.in("chat"); !slices.Equal(got, []string{"later", "last"}) {
		t.Errorf("delivered %v", got)
	}
	if tries["never"] != 1 || tries["later"] != 2 {
		t.Errorf("tried %v", tries)
	}
}

func TestWhatMayHaveBeenDeliveredBeforeARestartIsKnown(t *testing.T) {
	dir := t.TempDir()
	store := testStore(t, dir)
	n := testNetwork(store, newRooms(nil))
	for i := range maxDone + 3 {
		put(t, n, arrival("chat", fmt.Sprintf("m%02d", i)))
	}
	put(t, n, arrival("other", "o"))
	store.Close()

	var mu sync.Mutex
	attempted := map[string]bool{}
	r := newRooms(func(a portal.Arrival) error {
		mu.Lock()
		defer mu.Unlock()
		_, again := attempted[a.ID]
		attempted[a.ID] = !a.Attempted.IsZero()
		if a.ID == fmt.Sprintf("m%02d", maxDone+2) && !again {
			return errors.New("not now")
		}
		return nil
	})
	n = testNetwork(testStore(t, dir), r)
	if err := n.inbox.load(t.Context()); err != nil {
		t.Fatal(err)
	}
	put(t, n, arrival("other", "new"))
	running(t, n)
	r.wait(t, maxDone+5)
	for id, want := range map[string]bool{
		"m00": true, fmt.Sprintf("m%02d", maxDone): true, fmt.Sprintf("m%02d", maxDone+1): false,
		fmt.Sprintf("m%02d", maxDone+2): true, // since it was tried twice
		"o":                             true, "new": false,
	} {
		if attempted[id] != want {
			t.Errorf("%s comes with attempted = %t", id, attempted[id])
		}
	}
}

func TestTheRowsOfWhatIsDeliveredGo(t *testing.T) {
	r := newRooms(nil)
	n := testNetwork(testStore(t, t.TempDir()), r)
	stop := running(t, n)
	for i := range 3 * maxDone {
		put(t, n, arrival(fmt.Sprintf("chat%d", i%3), fmt.Sprintf("m%d", i)))
	}
	r.wait(t, 3*maxDone)
	put(t, n, arrival("chat0", "m0")) // again; it may be delivered and its row be there still
	stop()
	if got := waiting(t, n); got > 1 {
		t.Errorf("%d rows are left", got)
	}
}
