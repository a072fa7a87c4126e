// Package bridge hosts one bridgev2 bridge for each network behind one listener, and stands between the networks'
// connectors and the homeserver.
//
// A message travels one way through it:
//
//	in:  connector -> inbox (stored, sealed) -> connector's conversion and gate -> Matrix connector -> homeserver
//	out: homeserver -> journal (stored, sealed) -> bridgev2 -> connector's conversion and gate -> foreign network
//
// The package knows no connector: a [Network] hands in a function that makes one, any [bridgev2.NetworkConnector] whose
// messages pass the gate ([portal.Pass]) on their way in. A connector that is a [portal.Deliverer] is fed from the inbox.
//
// Each network has a path prefix on the listener (its registration's url ends in it), a database of its own, a bot, ghosts
// and an encryption device of its own. Rooms are encrypted from their creation and do not federate.
package bridge

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/sync/errgroup"
	"maunium.net/go/mautrix/bridgev2"

	"passerelle/portal"
	"passerelle/portal/govern"
)

// Network is one network that the bridge hosts.
type Network struct {
	Name    string // path prefix, database name and prefix of the ghosts: "whatsapp"
	Short   string // commands may be written behind "!" and this, too: "wa"; empty: they may not
	ASToken string
	HSToken string
	// Connect makes the network's connector, which crosses the border with what it is handed.
	Connect func(portal.Border) (bridgev2.NetworkConnector, error)
}

// Host runs the bridges.
type Host struct {
	options   Options
	networks  []*network
	metrics   *metrics
	spools    spools
	languages *languages
	standing  *standing
	desk      *govern.Desk
	shown     shownLists
}

// New makes the bridges and opens their databases. It does not connect to anything else. An error names its remedy.
func New(ctx context.Context, options Options, networks []Network) (*Host, error) {
	h := &Host{options: options}
	var err error
	if h.spools, err = newSpools(options.Spool, options.SpoolSpace); err != nil {
		return nil, err
	}
	if h.languages, err = newLanguages(ctx, options.Language, options.Store); err != nil {
		return nil, err
	}
	h.metrics = newMetrics(h)
	var ledger portal.Ledger = options.Store
	if options.Ledger != nil {
		ledger = options.Ledger
	}
	if h.standing, err = newStanding(ctx, options.Policy, options.Store); err != nil {
		return nil, err
	}
	h.standing.directWith = h.directWith
	h.desk = options.desk(h.Governor())
	gate := portal.NewGate(portal.Checks{Policy: observed{h.standing, h}, Scanner: h.metrics.countScans(options.Scanner, options.Log),
		Ledger: h.metrics.countDecisions(ledger), Approvals: options.Store}, time.Now)
	for _, n := range networks {
		made, err := newNetwork(ctx, h, n, gate)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("network %s: %w", n.Name, err), h.closeDatabases())
		}
		h.networks = append(h.networks, made)
	}
	return h, nil
}

// stopPatience is how long a stop may take. What is not finished then is taken up again at the next start.
const stopPatience = 10 * time.Second

// Run serves until ctx ends, then stops in order: no new transactions, networks disconnected, workers finished, databases
// closed. It returns nil after an orderly stop, and an error that names its remedy when a bridge could not run.
func (h *Host) Run(ctx context.Context) error {
	defer h.closeDatabases()
	group, running := errgroup.WithContext(ctx)
	serve := func(name, address string, handler http.Handler) error {
		return serveHTTP(running, group, h.options.Log, name, address, handler)
	}
	if err := serve("homeserver", h.options.Listen, h.handler()); err != nil {
		return fmt.Errorf("listen for the homeserver: %w (bridge.listen: is another bridge running?)", err)
	}
	if h.options.Monitor != "" {
		if err := serve("monitor", h.options.Monitor, h.monitor()); err != nil {
			return fmt.Errorf("listen for monitoring: %w (bridge.monitor: choose a free port)", err)
		}
	}
	for _, s := range h.options.Services {
		if err := serve(s.Name, s.Listen, s.Handler(h)); err != nil {
			return fmt.Errorf("listen for the %s: %w (%s: choose a free port)", s.Name, err, s.Key)
		}
	}
	for _, n := range h.networks {
		group.Go(func() error {
			if err := n.run(running); err != nil {
				return fmt.Errorf("network %s: %w", n.Name, err)
			}
			return nil
		})
	}
	err := group.Wait()
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		err = nil
	}
	h.options.Log.Info().Msg("Stopped")
	return err
}

// handler routes the homeserver's requests: each network has a prefix of its own.
func (h *Host) handler() http.Handler {
	mux := http.NewServeMux()
	for _, n := range h.networks {
		prefix := "/" + n.Name
		mux.Handle(prefix+"/", http.StripPrefix(prefix, n.journal.before(n.guardProvisioning(n.auditProvisioning(http.HandlerFunc(
			func(w http.ResponseWriter, r *http.Request) { n.matrix().AS.Router.ServeHTTP(w, r) }))))))
	}
	return mux
}

func (h *Host) closeDatabases() error {
	var failed []error
	for _, n := range h.networks {
		failed = append(failed, n.db.Close())
	}
	return errors.Join(failed...)
}

// serveHTTP listens now, serves in the group, and lets requests finish when ctx ends.
func serveHTTP(ctx context.Context, group *errgroup.Group, log zerolog.Logger, name, address string, handler http.Handler) error {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return err
	}
	log.Info().Str("for", name).Stringer("address", listener.Addr()).Msg("Listening")
	server := &http.Server{Handler: handler, ReadHeaderTimeout: stopPatience}
	group.Go(func() error {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("serve the %s: %w", name, err)
		}
		return nil
	})
	group.Go(func() error {
		<-ctx.Done()
		patience, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopPatience/3)
		defer cancel()
		if err := server.Shutdown(patience); err != nil {
			return server.Close()
		}
		return nil
	})
	return nil
}
