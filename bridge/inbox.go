package bridge

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v5"

	"passerelle/database"
	"passerelle/portal"
)

// inbox is the way in: what a network brings is stored, sealed, before the network is told that it arrived, and a worker
// for each lane (a chat) delivers it in order. A row goes when its delivery is final; what is left at a start is delivered
// then.
type inbox struct {
	network   *network
	deliverer portal.Deliverer

	starting sync.RWMutex // held by run while it reads the rows, and by each Put meanwhile: a row is queued once

	mu      sync.Mutex
	lanes   map[string][]database.StoredArrival // waiting, oldest first; a lane that has an entry has a worker
	running context.Context                     // nil before and after run
	workers sync.WaitGroup
}

var _ portal.Inbox = (*inbox)(nil)

func newInbox(n *network) *inbox {
	return &inbox{network: n, lanes: map[string][]database.StoredArrival{}}
}

// Put stores an arrival (see [portal.Inbox]).
func (in *inbox) Put(ctx context.Context, a portal.Arrival) error {
	in.starting.RLock()
	defer in.starting.RUnlock()
	start := time.Now()
	seq, fresh, err := in.network.host.options.Store.PutArrival(ctx, in.network.name, a)
	if err != nil {
		return err
	}
	in.network.observe(legStore, start)
	if fresh {
		in.enqueue(database.StoredArrival{Seq: seq, Arrival: a})
	}
	return nil
}

// run delivers what waits and what comes, until ctx ends and every worker has stopped.
func (in *inbox) run(ctx context.Context) {
	in.starting.Lock()
	waiting, err := in.network.host.options.Store.Arrivals(ctx, in.network.name)
	in.mu.Lock()
	in.running = ctx
	if err != nil {
		in.network.log.Err(err).Msg("What waited in the inbox cannot be read; it stays there")
		waiting = slices.Concat(slices.Collect(maps.Values(in.lanes))...)
	}
	clear(in.lanes) // what came while the bridge started is among the rows
	for _, a := range waiting {
		in.enqueueLocked(a)
	}
	in.mu.Unlock()
	in.starting.Unlock()
	if len(waiting) > 0 {
		in.network.log.Info().Int("arrivals", len(waiting)).Msg("Delivering what waited in the inbox")
	}
	<-ctx.Done()
	in.mu.Lock()
	in.running = nil // no new workers
	in.mu.Unlock()
	in.workers.Wait()
}

func (in *inbox) enqueue(a database.StoredArrival) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.enqueueLocked(a)
}

func (in *inbox) enqueueLocked(a database.StoredArrival) {
	lane, busy := in.lanes[a.Lane]
	in.lanes[a.Lane] = append(lane, a)
	if !busy && in.running != nil {
		ctx := in.running
		in.workers.Go(func() { in.work(ctx, a.Lane) })
	}
}

// work delivers a lane's arrivals until none is left.
func (in *inbox) work(ctx context.Context, lane string) {
	for ctx.Err() == nil {
		in.mu.Lock()
		waiting := in.lanes[lane]
		if len(waiting) == 0 {
			delete(in.lanes, lane)
			in.mu.Unlock()
			return
		}
		next := waiting[0]
		in.lanes[lane] = waiting[1:]
		in.mu.Unlock()
		in.deliver(ctx, next)
	}
}

// deliver brings one arrival to its end: delivered, or given up for good. When ctx ends first the row stays.
func (in *inbox) deliver(ctx context.Context, a database.StoredArrival) {
	log := in.network.log.With().Str("login", a.Login).Str("arrival", a.ID).Logger()
	wait := backoff.NewExponentialBackOff()
	wait.InitialInterval, wait.MaxInterval = 500*time.Millisecond, time.Minute
	_, err := backoff.Retry(ctx, func() (struct{}, error) {
		err := in.deliverer.Deliver(log.WithContext(ctx), a.Arrival)
		if portal.IsPermanent(err) {
			err = backoff.Permanent(err)
		}
		return struct{}{}, err
	}, backoff.WithBackOff(wait), backoff.WithMaxElapsedTime(0), backoff.WithNotify(func(err error, next time.Duration) {
		log.Warn().Err(err).Stringer("next", next.Round(time.Millisecond)).Msg("A message is not delivered yet; trying again")
	}))
	if ctx.Err() != nil {
		return
	}
	outcome := outcomeDelivered
	if err != nil {
		outcome = outcomeFailed
		log.Error().Err(err).Msg("A message cannot be delivered")
	}
	in.network.host.metrics.count(in.network.name, portal.In, outcome)
	in.network.observe(legIn, a.At)
	if err := in.network.host.options.Store.RemoveArrival(ctx, a.Seq); err != nil {
		log.Err(err).Msg("A delivered message stays in the inbox; it will be delivered again, and found delivered")
	}
}
