package bridge

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/rs/zerolog"

	"passerelle/database"
	"passerelle/portal"
)

// inbox is the way in: what a network brings is stored, sealed, before the network is told that it arrived, and delivered in
// order within its lane (a chat). A row goes when its delivery is final; what is left at a start is delivered then.
//
// Rows go several at a time, a moment after their delivery: a crash in between leaves some that have been delivered, but
// never more than maxDone. So the first ones of each lane are looked for in the room when they are delivered after a start.
type inbox struct {
	network   *network
	deliverer portal.Deliverer // nil for a connector that does not use the inbox
	lanes     *lanes[*waitingArrival]

	mu     sync.Mutex
	queued map[int64]bool   // by Seq: in a lane, or done
	done   []int64          // Seqs of what is delivered and whose row is still there
	freed  map[int64]string // by Seq: what is decided and on its way, and the key of the decision

	removing sync.Mutex    // one removal at a time
	finished chan struct{} // tells sweep that something is done
}

var _ portal.Inbox = (*inbox)(nil)

const (
	// maxDone is how many rows of delivered arrivals there may be when the next delivery begins.
	maxDone = 32
	// sweepAfter is how long the row of a delivered arrival stays, for others to go with it.
	sweepAfter = 200 * time.Millisecond
)

// pastAtOnce is how many chats' history is delivered at a time (docs/performance.md, "Where a first sync's requests go").
const pastAtOnce = 3

// waitingArrival is an arrival in its lane.
type waitingArrival struct {
	database.StoredArrival
	wait backoff.BackOff // the time until the next attempt; nil before the first
}

// waitName names the arrival among what waits for the scanner.
func (a *waitingArrival) waitName() string { return "in/" + a.Login + "/" + a.ID }

func newInbox(n *network) *inbox {
	in := &inbox{network: n, queued: map[int64]bool{}, freed: map[int64]string{}, finished: make(chan struct{}, 1)}
	in.lanes = newLanes(in.deliver)
	in.lanes.isPast, in.lanes.slots = func(a *waitingArrival) bool { return a.Past }, pastAtOnce
	in.lanes.owner = func(a *waitingArrival) string { return a.Login }
	return in
}

// load queues what was left when the bridge last stopped. It comes before the connector's first Put.
func (in *inbox) load(ctx context.Context) error {
	waiting, err := in.network.host.options.Store.Arrivals(ctx, in.network.Name)
	if err != nil {
		return err
	}
	now := time.Now()
	loaded := map[string]int{}
	for _, a := range waiting {
		if loaded[a.Lane]++; loaded[a.Lane] <= maxDone+1 { // what is done, and what was under way
			a.Attempted = now
		}
		in.queue(a)
	}
	if len(waiting) > 0 {
		in.network.log.Info().Int("arrivals", len(waiting)).Msg("Messages wait in the inbox from before")
	}
	return nil
}

// Put stores arrivals (see [portal.Inbox]).
func (in *inbox) Put(ctx context.Context, arrivals ...portal.Arrival) error {
	if len(arrivals) == 0 {
		return nil
	}
	start := time.Now()
	seqs, err := in.network.host.options.Store.PutArrivals(ctx, in.network.Name, arrivals)
	if err != nil {
		return err
	}
	in.network.observe(legStore, start)
	for i, seq := range seqs {
		if seq != 0 { // 0: it has just been delivered
			in.queue(database.StoredArrival{Seq: seq, Arrival: arrivals[i]})
		}
	}
	return nil
}

// Hold stores arrivals that are not delivered yet (see [portal.Inbox]).
func (in *inbox) Hold(ctx context.Context, arrivals ...portal.Arrival) error {
	if len(arrivals) == 0 {
		return nil
	}
	return in.network.host.options.Store.HoldArrivals(ctx, in.network.Name, arrivals)
}

// Held lists the lanes in which arrivals are held (see [portal.Inbox]).
func (in *inbox) Held(ctx context.Context, login string) ([]string, error) {
	return in.network.host.options.Store.HeldLanes(ctx, in.network.Name, login)
}

// Release has what is held in a lane delivered (see [portal.Inbox]).
func (in *inbox) Release(ctx context.Context, login, lane string, arrange func([]portal.Arrival) []portal.Arrival) error {
	released, err := in.network.host.options.Store.ReleaseArrivals(ctx, in.network.Name, login, lane, arrange)
	if err != nil {
		return err
	}
	for _, a := range released {
		in.queue(a)
	}
	return nil
}

// queue puts an arrival into its lane, unless it is there, or done.
func (in *inbox) queue(a database.StoredArrival) {
	in.mu.Lock()
	there := in.queued[a.Seq]
	in.queued[a.Seq] = true
	in.mu.Unlock()
	if !there {
		in.lanes.put(a.Lane, &waitingArrival{StoredArrival: a})
	}
}

// run delivers until ctx ends, and returns when every worker has stopped.
func (in *inbox) run(ctx context.Context) {
	var sweeping sync.WaitGroup
	sweeping.Go(func() { in.sweep(ctx) })
	in.lanes.run(ctx)
	sweeping.Wait()
	in.removeDone(context.WithoutCancel(ctx))
}

// deliver makes one attempt to deliver an arrival, and tells whether that was its end: it is delivered, or given up for good.
// If not, it returns when it is time for the next one.
func (in *inbox) deliver(ctx context.Context, a *waitingArrival) (ended bool) {
	log := in.network.log.With().Str("login", a.Login).Str("arrival", a.ID).Logger()
	if in.deliverer == nil {
		log.Error().Err(errors.New("the connector is no portal.Deliverer")).Msg("A message cannot be delivered")
		return true
	}
	in.awaitRemoval(ctx)
	err := in.deliverer.Deliver(withArrival(log.WithContext(ctx), a.Seq), a.Arrival)
	a.Attempted = time.Now()
	switch {
	case ctx.Err() != nil:
		return false
	case err == nil, portal.IsPermanent(err):
		in.network.fileGoes(a.waitName())
		in.end(a, log, err)
		return true
	}
	var refusal *portal.Refusal
	if errors.As(err, &refusal) && refusal.Waits() {
		var parked bool
		if parked, err = in.park(ctx, a, refusal); err == nil {
			return parked
		}
	}
	var behind *portal.BehindError
	if errors.As(err, &behind) {
		if err = in.waitBehind(ctx, a, behind.Key); err == nil {
			return true
		}
	}
	var unscanned *portal.WaitingError
	if errors.As(err, &unscanned) {
		in.network.fileWaitsIn(ctx, a.waitName(), unscanned.Room)
	}
	if a.wait == nil {
		wait := backoff.NewExponentialBackOff()
		wait.InitialInterval, wait.MaxInterval = 500*time.Millisecond, 15*time.Second
		a.wait = wait
	}
	next := a.wait.NextBackOff()
	log.Warn().Err(err).Stringer("next", next.Round(time.Millisecond)).Msg("A message is not delivered yet; trying again")
	select {
	case <-ctx.Done():
	case <-time.After(next):
	}
	return false
}

// end notes the outcome of an arrival; err is why it is given up.
func (in *inbox) end(a *waitingArrival, log zerolog.Logger, err error) {
	outcome := outcomeDelivered
	if err != nil {
		outcome = outcomeFailed
		log.Error().Err(err).Msg("A message cannot be delivered")
	}
	in.network.host.metrics.count(in.network.Name, portal.In, outcome)
	if !a.Past { // which waits for the present
		in.network.observe(legIn, a.At)
	}
	in.mu.Lock()
	in.done = append(in.done, a.Seq)
	delete(in.freed, a.Seq)
	in.mu.Unlock()
	select {
	case in.finished <- struct{}{}:
	default:
	}
}

// awaitRemoval keeps the rows of what is done below their limit.
func (in *inbox) awaitRemoval(ctx context.Context) {
	wait := backoff.NewExponentialBackOff()
	wait.InitialInterval, wait.MaxInterval = 50*time.Millisecond, 5*time.Second
	for in.countDone() >= maxDone && !in.removeDone(ctx) {
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait.NextBackOff()):
		}
	}
}

func (in *inbox) countDone() int {
	in.mu.Lock()
	defer in.mu.Unlock()
	return len(in.done)
}

// sweep removes the rows of what is done, a moment after it is.
func (in *inbox) sweep(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-in.finished:
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(sweepAfter):
		}
		in.removeDone(ctx)
	}
}

// removeDone removes the rows of what is done. It is false when they could not be removed; they will be delivered again after
// a restart, and found delivered.
func (in *inbox) removeDone(ctx context.Context) (removed bool) {
	in.removing.Lock()
	defer in.removing.Unlock()
	in.mu.Lock()
	seqs := slices.Clone(in.done)
	in.mu.Unlock()
	if len(seqs) == 0 {
		return true
	}
	if err := in.network.host.options.Store.RemoveArrivals(ctx, seqs); err != nil {
		in.network.log.Err(err).Int("messages", len(seqs)).Msg("Delivered messages stay in the inbox for now")
		return false
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	in.done = in.done[len(seqs):]
	for _, seq := range seqs {
		delete(in.queued, seq)
	}
	return true
}
