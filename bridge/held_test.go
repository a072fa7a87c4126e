package bridge

import (
	"slices"
	"testing"

	"passerelle/portal"
)

func TestWhatIsHeldWaitsForItsReleaseAndComesBeforeWhatIsLive(t *testing.T) {
	store := testStore(t, t.TempDir())
	hold := func(n *network, ids ...string) {
		t.Helper()
		for _, id := range ids {
			a := arrival("chat", id)
			a.Past = true
			if err := n.inbox.Hold(t.Context(), a); err != nil {
				t.Fatal(err)
			}
		}
	}
	r := newRooms(func(portal.Arrival) error { return nil })
	n := testNetwork(store, r)
	stop := running(t, n)
	hold(n, "second", "first")
	stop() // the bridge stops before the rest has come

	begun, gate := make(chan struct{}), make(chan struct{})
	r = newRooms(func(a portal.Arrival) error {
		if a.ID == "under way" {
			close(begun)
			<-gate
		}
		return nil
	})
	n = testNetwork(store, r)
	if err := n.inbox.load(t.Context()); err != nil {
		t.Fatal(err)
	}
	running(t, n)
	put(t, n, arrival("chat", "under way"))
	<-begun
	put(t, n, arrival("chat", "live"))
	lanes, err := n.inbox.Held(t.Context(), "alice")
	if err != nil || !slices.Equal(lanes, []string{"chat"}) {
		t.Fatalf("held are %v, %v", lanes, err)
	}
	err = n.inbox.Release(t.Context(), "alice", "chat", func(list []portal.Arrival) []portal.Arrival {
		slices.Reverse(list)
		return list
	})
	if err != nil {
		t.Fatal(err)
	}
	close(gate)
	want := []string{"under way", "first", "second", "live"}
	r.wait(t, 4)
	if got := r.in("chat"); !slices.Equal(got, want) {
		t.Errorf("the room shows %v, want %v", got, want)
	}
}
