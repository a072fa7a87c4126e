package bridge

import (
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"passerelle/portal"
)

// parlour is a network in which a poll waits for a decision, and a vote in it that has a lane of its own waits behind it.
type parlour struct {
	*network
	rooms *rooms

	mu    sync.Mutex
	order []string      // guarded by mu
	again chan struct{} // holds a word once the vote was tried after the decision
}

func newParlour(t *testing.T) *parlour {
	t.Helper()
	store := testStore(t, t.TempDir())
	p := &parlour{again: make(chan struct{}, 1)}
	p.rooms = newRooms(nil)
	p.network = testNetwork(store, p.rooms)
	p.network.gate = portal.NewGate(portal.Checks{Policy: portal.AdmitAll{}, Scanner: portal.NoScanner{}, Ledger: store, Approvals: store}, time.Now)
	p.host.networks = []*network{p.network}
	var decided atomic.Bool
	p.rooms.fail = func(a portal.Arrival) error {
		switch a.ID {
		case "poll":
			c := portal.Crossing{Key: "poll", Network: "whatsapp", Direction: portal.In, Kind: portal.KindPoll, Portal: "chat", Login: a.Login, Sender: "s", At: a.At}
			verdict := portal.Verdict{Outcome: portal.Hold, Rule: rulePaused}
			var err error
			if verdict.Outcome, err = store.Ask(t.Context(), c, verdict); err != nil {
				return err
			}
			if verdict.Outcome != portal.Admit {
				return &portal.Refusal{Verdict: verdict, Of: c}
			}
			decided.Store(true)
			<-p.again // the vote comes first, and must not pass
		case "vote":
			err := portal.Behind(t.Context(), p.inbox, "poll")
			if err == nil || decided.Load() {
				select {
				case p.again <- struct{}{}:
				default:
				}
			}
			if err != nil {
				return err
			}
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		p.order = append(p.order, a.ID)
		return nil
	}
	running(t, p.network)
	put(t, p.network, arrival("chat", "poll"))
	put(t, p.network, arrival("chat", "other"))
	p.rooms.wait(t, 1) // which does not wait behind the poll
	put(t, p.network, arrival("votes", "vote"))
	return p
}

// parked waits until so many arrivals are in no lane.
func (p *parlour) parked(t *testing.T) {
	t.Helper()
	for end := time.Now().Add(time.Minute); p.inbox.lanes.depth() > 0; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("something is still in a lane")
		}
	}
}

func TestWhatIsAboutSomethingThatWaitsComesAfterItWhateverItsLane(t *testing.T) {
	p := newParlour(t)
	p.parked(t)
	if err := p.host.decide(t.Context(), 1, portal.Admit, "@amira:state"); err != nil {
		t.Fatal(err)
	}
	p.rooms.wait(t, 2)
	if want := []string{"other", "poll", "vote"}; !slices.Equal(p.order, want) {
		t.Errorf("delivered were %q, want %q", p.order, want)
	}
	if left, err := p.inbox.Waits(t.Context(), "poll"); err != nil || left != "" {
		t.Errorf("there still waits %q, %v", left, err)
	}
}

func TestWhatIsTakenBackTakesWhatIsAboutItAlong(t *testing.T) {
	p := newParlour(t)
	p.parked(t)
	if taken, err := p.inbox.TakeBack(t.Context(), "poll"); err != nil || !taken {
		t.Fatalf("TakeBack gave %v, %v", taken, err)
	}
	if left := waiting(t, p.network); left > 1 { // the other one's row may still go
		t.Errorf("the inbox holds %d", left)
	}
	outcome, err := p.host.options.Store.Outcome(t.Context(), "whatsapp", portal.In, "poll")
	if err != nil || outcome != portal.Withdrawn {
		t.Errorf("written down is %q, %v", outcome, err)
	}
}
