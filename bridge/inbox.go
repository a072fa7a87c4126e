package bridge

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v5"

	"passerelle/database"
	"passerelle/portal"
)

// inbox is the way in: what a network brings is stored, sealed, before the network is told that it arrived, and delivered in
// order within its lane (a chat). A row goes when its delivery is final; what is left at a start is delivered then.
type inbox struct {
	network   *network
	deliverer portal.Deliverer // nil for a connector that does not use the inbox
	lanes     *lanes[*database.StoredArrival]

	mu     sync.Mutex
	queued map[int64]bool // by Seq: in a lane
}

var _ portal.Inbox = (*inbox)(nil)

func newInbox(n *network) *inbox {
	in := &inbox{network: n, queued: map[int64]bool{}}
	in.lanes = newLanes(in.deliver)
	return in
}

// load queues what was left when the bridge last stopped. It comes before the connector's first Put.
func (in *inbox) load(ctx context.Context) error {
	waiting, err := in.network.host.options.Store.Arrivals(ctx, in.network.Name)
	if err != nil {
		return err
	}
	begun := map[string]bool{}
	for _, a := range waiting {
		a.Repeated = !begun[a.Lane] // the first of a lane is the one that was being delivered
		begun[a.Lane] = true
		in.queue(&a)
	}
	if len(waiting) > 0 {
		in.network.log.Info().Int("arrivals", len(waiting)).Msg("Messages wait in the inbox from before")
	}
	return nil
}

// Put stores an arrival (see [portal.Inbox]).
func (in *inbox) Put(ctx context.Context, a portal.Arrival) error {
	start := time.Now()
	seq, err := in.network.host.options.Store.PutArrival(ctx, in.network.Name, a)
	if err != nil {
		return err
	}
	in.network.observe(legStore, start)
	if seq != 0 { // 0: it has just been delivered
		in.queue(&database.StoredArrival{Seq: seq, Arrival: a})
	}
	return nil
}

// queue puts an arrival into its lane, unless it is there.
func (in *inbox) queue(a *database.StoredArrival) {
	in.mu.Lock()
	there := in.queued[a.Seq]
	in.queued[a.Seq] = true
	in.mu.Unlock()
	if !there {
		in.lanes.put(a.Lane, a)
	}
}

// deliver brings one arrival to its end: delivered, or given up for good. When ctx ends first the row stays.
func (in *inbox) deliver(ctx context.Context, a *database.StoredArrival) {
	log := in.network.log.With().Str("login", a.Login).Str("arrival", a.ID).Logger()
	if in.deliverer == nil {
		log.Error().Err(errors.New("the connector is no portal.Deliverer")).Msg("A message cannot be delivered")
		return
	}
	wait := backoff.NewExponentialBackOff()
	wait.InitialInterval, wait.MaxInterval = 500*time.Millisecond, 15*time.Second
	_, err := backoff.Retry(ctx, func() (struct{}, error) {
		err := in.deliverer.Deliver(log.WithContext(ctx), a.Arrival)
		a.Repeated = true
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
	in.network.host.metrics.count(in.network.Name, portal.In, outcome)
	in.network.observe(legIn, a.At)
	if err := in.network.host.options.Store.RemoveArrival(ctx, a.Seq); err != nil {
		log.Err(err).Msg("A delivered message stays in the inbox; it will be delivered again, and found delivered")
		return
	}
	in.mu.Lock()
	delete(in.queued, a.Seq)
	in.mu.Unlock()
}
