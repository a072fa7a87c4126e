package bridge

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/rs/zerolog"
	"go.mau.fi/util/dbutil"
	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/bridgev2/commands"
	"maunium.net/go/mautrix/bridgev2/matrix"
	"maunium.net/go/mautrix/bridgev2/networkid"

	"passerelle/database"
	"passerelle/portal"
	"passerelle/portal/relay"
)

// network is one hosted network: what lasts while its bridge is started and stopped.
type network struct {
	Network
	host     *Host
	gate     *portal.Gate
	log      zerolog.Logger
	base     context.Context // outlives the start
	db       *dbutil.Database
	inbox    *inbox
	journal  *journal
	directs  *directChats
	health   health
	outage   *outage
	turns    turns
	scans    scanWaits
	teller   *teller
	lent     lent
	informer *informer
	decided  chan struct{}            // tells bringAbout that something was decided
	current  atomic.Pointer[assembly] // the bridge that runs, or will

	shares       shares
	lostSessions sync.Map // id.SessionID of a room key that was waited for in vain
}

// assembly is a bridge, which can be started once.
type assembly struct {
	bridge *bridgev2.Bridge
	matrix *matrixConnector
	keys   *roomKeys
	fatal  chan error // what ends the bridge while it runs

	ctx    context.Context // of what is said beside the bridge's own work
	cancel context.CancelFunc
	tasks  sync.WaitGroup // what is being said
}

func (n *network) bridge() *bridgev2.Bridge { return n.current.Load().bridge }
func (n *network) matrix() *matrixConnector { return n.current.Load().matrix }

func newNetwork(ctx context.Context, h *Host, spec Network, gate *portal.Gate) (*network, error) {
	n := &network{Network: spec, host: h, base: context.WithoutCancel(ctx), gate: gate, decided: make(chan struct{}, 1),
		turns: turns{notices: memory{key: "passerelle_notices_of_waiting"}},
		scans: scanWaits{notices: memory{key: "passerelle_notices_of_scans"}}, log: h.options.Log.With().Str("network", spec.Name).Logger()}
	n.inbox = newInbox(n)
	n.teller = newTeller(n.host.options.TellLostAfter, time.Now, n.tellOwner)
	n.outage = &outage{patience: worthTelling, now: time.Now, tell: n.tellOfOutage}
	n.journal, n.directs, n.informer = newJournal(n), newDirectChats(n), newInformer(n)
	var err error
	if n.db, err = h.options.Databases.OpenNetwork(ctx, n.Name, n.log); err != nil {
		return nil, err
	}
	if err := errors.Join(n.assemble(), n.inbox.load(ctx), n.journal.load(ctx)); err != nil {
		return nil, errors.Join(err, n.db.Close())
	}
	return n, nil
}

// assemble makes the network's connector and its bridge.
func (n *network) assemble() error {
	connector, err := n.Connect(portal.Border{Network: n.Name, Gate: n.gate, Inbox: n.inbox, Sealer: n.host.options.Sealer,
		Transient: database.IsTransient, Spool: n.host.spools.connectors,
		Relay: n.host.options.Relay.Style, Languages: n.host.languages})
	if err != nil {
		return err
	}
	n.inbox.deliverer, _ = connector.(portal.Deliverer)
	cfg := n.host.options.bridgeConfig(n.identity(), connector.GetName())
	if err := relay.Configure(&cfg.Bridge.Relay, n.host.options.Relay.Enabled); err != nil {
		return fmt.Errorf("prepare relaying: %w", err)
	}
	a := &assembly{fatal: make(chan error, 1)}
	a.ctx, a.cancel = context.WithCancel(n.newContext(n.base))
	a.keys = &roomKeys{log: n.log, mode: n.host.options.Encryption.Mode, fatal: a.fatal}
	a.matrix = &matrixConnector{Connector: matrix.NewConnector(cfg), network: n, keys: a.keys}
	a.matrix.IgnoreUnsupportedServer = true // Dendrite says v1.2 and does what is needed
	a.bridge = bridgev2.NewBridge(networkid.BridgeID(n.Name), n.db, n.log, &cfg.Bridge, a.matrix, connector, commands.NewProcessor)
	a.bridge.ExternallyManagedDB = true
	a.matrix.AS.DoublePuppetValue = n.puppetValue()
	keepConnections(a.matrix.AS.HTTPClient)
	n.current.Store(a)
	return nil
}

// keepConnections lets a client keep as many connections to the homeserver as rooms are busy at once. By default it would keep
// two, and make a new one for nearly every message.
func keepConnections(client *http.Client) {
	transport, ok := client.Transport.(*http.Transport) // set for a homeserver on a Unix socket
	if !ok {
		transport = http.DefaultTransport.(*http.Transport).Clone()
		client.Transport = transport
	}
	transport.MaxIdleConns, transport.MaxIdleConnsPerHost = 0, 128
}

func (n *network) identity() Identity {
	o := n.host.options
	return Identity{Network: n.Name, Domain: o.Domain, Address: o.Address, ASToken: n.ASToken, HSToken: n.HSToken}
}

// puppetValue marks what a double puppet sends, so that its echo is known for what it is.
func (n *network) puppetValue() string { return "passerelle-" + n.Name }

// run keeps the network's bridge running until ctx ends. A bridge that cannot start ends it, since that is for the
// administrator to mend; one that has run, and fails, is started again.
func (n *network) run(ctx context.Context) error {
	wait := backoff.NewExponentialBackOff()
	wait.InitialInterval, wait.MaxInterval = time.Second, time.Minute
	everRan := false
	for {
		ran, err := n.runOnce(ctx)
		if ctx.Err() != nil {
			return nil
		}
		n.health.set(phaseFailed, err.Error())
		if everRan = everRan || ran; !everRan {
			return err
		}
		next := wait.NextBackOff()
		n.log.Error().Err(err).Stringer("next", next).Msg("The bridge failed; starting it again")
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(next):
		}
		if err := n.assemble(); err != nil {
			n.log.Err(err).Msg("The bridge cannot be made anew") // the old one fails again, and so this is tried again
		}
	}
}

// runOnce starts the bridge, waiting for a homeserver that is away, and stops it when ctx ends or when it fails. ran tells
// whether it had started.
func (n *network) runOnce(ctx context.Context) (ran bool, err error) {
	n.health.set(phaseStarting, "")
	if err := n.awaitHomeserver(ctx); err != nil {
		return false, err
	}
	now := n.current.Load()
	if err := now.bridge.DB.Upgrade(ctx); err != nil {
		return false, fmt.Errorf("bring the database up to date: %w", err)
	}
	n.turns.notices.recall(ctx, now.bridge.DB.KV)
	n.scans.notices.recall(ctx, now.bridge.DB.KV)
	n.teller.told.recall(ctx, now.bridge.DB.KV)
	if err := n.lent.load(ctx, now.bridge); err != nil {
		return false, err
	}
	// The bridge's own context must outlive ctx: what it is doing when ctx ends is finished in order, below.
	lasting, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	abort := context.AfterFunc(ctx, cancel)
	if err := n.start(ctx, lasting, now); err != nil {
		now.stop()
		return false, err
	}
	if !abort() {
		now.stop()
		return false, ctx.Err()
	}
	var workers sync.WaitGroup
	delivering, finish := context.WithCancel(ctx)
	workers.Go(func() { n.inbox.run(delivering) })
	workers.Go(func() { n.journal.lanes.run(delivering) })
	workers.Go(func() { n.teller.run(delivering) })
	workers.Go(func() { n.directs.run(delivering) })
	workers.Go(func() { n.bringAbout(delivering) })
	workers.Go(func() { n.informer.run(delivering) })
	if o := n.host.options; o.Follow > 0 && o.DoublePuppetToken != "" {
		workers.Go(func() { newFollower(n).run(delivering, o.Follow) })
	}
	if n.host.options.Spaces {
		workers.Go(func() { n.fillSpaces(delivering) })
	}
	n.disconnectThoseOff()
	n.health.set(phaseRunning, "")
	n.log.Info().Msg("Bridge running")
	select {
	case <-ctx.Done():
	case err = <-now.fatal:
	}
	n.health.set(phaseStopping, "")
	finish()
	now.stop()
	workers.Wait()
	return true, err
}

// start starts the bridge. It gives up when ctx ends: the library sleeps through that (appservice/ping.go).
func (n *network) start(ctx, lasting context.Context, now *assembly) error {
	started := make(chan error, 1)
	go func() { started <- now.bridge.Start(lasting) }()
	select {
	case err := <-started:
		if err != nil {
			return n.remedy(err)
		}
	case <-ctx.Done():
		return ctx.Err()
	}
	return n.proveKeys(ctx)
}

// sayPatience is how long a stop waits for what is being said.
const sayPatience = 2 * time.Second

// stop stops the bridge and everything beside it. What does not end in time is left to the end of the process.
func (a *assembly) stop() {
	stopped := make(chan struct{})
	go func() { defer close(stopped); a.wind() }()
	select {
	case <-stopped:
	case <-time.After(stopPatience * 4 / 5):
	}
}

func (a *assembly) wind() {
	said := make(chan struct{})
	go func() { defer close(said); a.tasks.Wait() }()
	select {
	case <-said:
	case <-time.After(sayPatience):
	}
	a.cancel()
	a.bridge.StopWithTimeout(stopPatience / 2)
	<-said
}

// awaitHomeserver returns when the homeserver answers, however long that takes. It asks as nobody: whether the tokens are
// right shows later.
func (n *network) awaitHomeserver(ctx context.Context) error {
	nobody, err := mautrix.NewClient(n.host.options.HomeserverAddress, "", "")
	if err != nil {
		return err
	}
	wait := backoff.NewExponentialBackOff()
	wait.InitialInterval, wait.MaxInterval = 200*time.Millisecond, 10*time.Second
	_, err = backoff.Retry(ctx, func() (*mautrix.RespVersions, error) { return nobody.Versions(ctx) },
		backoff.WithBackOff(wait), backoff.WithMaxElapsedTime(0), backoff.WithNotify(func(err error, next time.Duration) {
			n.health.set(phaseStarting, homeserverAway)
			n.log.Warn().Err(err).Stringer("next", next.Round(time.Millisecond)).
				Msgf("The homeserver does not answer at %s; check homeserver.address, and that it is running",
					n.host.options.HomeserverAddress)
		}))
	return err
}
