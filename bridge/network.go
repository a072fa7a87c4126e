package bridge

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/rs/zerolog"
	"go.mau.fi/util/dbutil"
	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/bridgev2/bridgeconfig"
	"maunium.net/go/mautrix/bridgev2/commands"
	"maunium.net/go/mautrix/bridgev2/matrix"
	"maunium.net/go/mautrix/bridgev2/networkid"
	mxid "maunium.net/go/mautrix/id"

	"passerelle/portal"
)

// network is one hosted bridge and what stands around it.
type network struct {
	name    string
	host    *Host
	log     zerolog.Logger
	db      *dbutil.Database
	bridge  *bridgev2.Bridge
	matrix  *matrixConnector
	inbox   *inbox
	journal *journal
	health  health

	lostSessions sync.Map // id.SessionID of a room key that was waited for in vain
}

func newNetwork(ctx context.Context, h *Host, n Network, gate *portal.Gate) (*network, error) {
	made := &network{name: n.Name, host: h, log: h.options.Log.With().Str("network", n.Name).Logger()}
	made.inbox = newInbox(made)
	connector, err := n.Connect(portal.Border{Network: n.Name, Gate: gate, Inbox: made.inbox, Sealer: h.options.Sealer})
	if err != nil {
		return nil, err
	}
	if deliverer, ok := connector.(portal.Deliverer); ok {
		made.inbox.deliverer = deliverer
	}
	made.db, err = h.options.Databases.OpenNetwork(ctx, n.Name, made.log)
	if err != nil {
		return nil, err
	}
	cfg := h.options.bridgeConfig(Identity{
		Network: n.Name, Domain: h.options.Domain, Address: h.options.Address, ASToken: n.ASToken, HSToken: n.HSToken,
	}, connector.GetName())
	made.matrix = &matrixConnector{Connector: matrix.NewConnector(cfg), network: made}
	made.matrix.IgnoreUnsupportedServer = true // Dendrite says v1.2 and does what is needed
	made.bridge = bridgev2.NewBridge(networkid.BridgeID(n.Name), made.db, made.log, &cfg.Bridge, made.matrix, connector,
		commands.NewProcessor)
	made.matrix.AS.DoublePuppetValue = made.puppetValue()
	made.journal = newJournal(made, made.matrix.isOurs, made.refuseClear, made.handOn)
	if err := errors.Join(made.inbox.load(ctx), made.journal.load(ctx)); err != nil {
		return nil, errors.Join(err, made.db.Close())
	}
	return made, nil
}

// puppetValue marks what a double puppet sends, so that its echo is known for what it is.
func (n *network) puppetValue() string { return "passerelle-" + n.name }

// run starts the bridge, keeps it until ctx ends, and stops it. A homeserver that is away is waited for.
func (n *network) run(ctx context.Context) error {
	n.health.set(phaseStarting, "")
	if err := n.awaitHomeserver(ctx); err != nil {
		return err
	}
	// The bridge's own context must outlive ctx: what it is doing when ctx ends is finished in order, below.
	lasting, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	abort := context.AfterFunc(ctx, cancel)
	if err := n.bridge.Start(lasting); err != nil {
		n.health.set(phaseFailed, err.Error())
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return n.remedy(err)
	}
	if !abort() {
		return ctx.Err()
	}
	var workers sync.WaitGroup
	workers.Go(func() { n.inbox.lanes.run(ctx) })
	workers.Go(func() { n.journal.lanes.run(ctx) })
	n.health.set(phaseRunning, "")
	n.log.Info().Msg("Bridge running")
	<-ctx.Done()
	n.health.set(phaseStopping, "")
	n.bridge.StopWithTimeout(stopPatience / 2)
	workers.Wait()
	return nil
}

// awaitHomeserver returns when the homeserver answers, however long that takes.
func (n *network) awaitHomeserver(ctx context.Context) error {
	wait := backoff.NewExponentialBackOff()
	wait.InitialInterval, wait.MaxInterval = 200*time.Millisecond, 10*time.Second
	_, err := backoff.Retry(ctx, func() (*mautrix.RespVersions, error) { return n.matrix.Bot.Versions(ctx) },
		backoff.WithBackOff(wait), backoff.WithMaxElapsedTime(0), backoff.WithNotify(func(err error, next time.Duration) {
			n.health.set(phaseStarting, "the homeserver does not answer")
			n.log.Warn().Err(err).Stringer("next", next.Round(time.Millisecond)).
				Msgf("The homeserver does not answer at %s; check homeserver.address, and that it is running",
					n.host.options.HomeserverAddress)
		}))
	return err
}

// remedy turns an error of bridgev2's start, which is often no more than an exit code, into a sentence that helps.
func (n *network) remedy(err error) error {
	var exit matrix.ExitError
	code := 0
	if errors.As(err, &exit) {
		code = exit.ExitCode
	}
	if code == 0 {
		if advice := encryptionAdvice(err); advice != "" {
			return fmt.Errorf("%s (%w)", advice, err)
		}
		return err
	}
	advice := map[int]string{
		13: fmt.Sprintf("the homeserver cannot reach the bridge at %s: check bridge.address and bridge.listen, and that the registration's url and hs_token are the ones in the configuration", n.host.options.Address),
		16: "the homeserver refuses the as_token: list the registration in app_service_config_files, restart the homeserver, and check that its tokens are the ones in the configuration",
		17: "the homeserver takes the bot for another user: check homeserver.domain",
		33: "the homeserver did not answer about the bridge's own device; start again",
		34: "the bridge's device could not be signed: the bot's cross-signing keys on the homeserver are not the ones in the database",
	}[code]
	if advice == "" {
		return err
	}
	return fmt.Errorf("%s (%w)", advice, err)
}

// bridgeConfig says in bridgev2's words what the bridge is to do. What is not said here is off.
func (o Options) bridgeConfig(id Identity, name bridgev2.BridgeName) *bridgeconfig.Config {
	cfg := &bridgeconfig.Config{
		Homeserver: bridgeconfig.HomeserverConfig{
			Address: o.HomeserverAddress, Domain: o.Domain, Software: bridgeconfig.SoftwareStandard, RetryLimit: 4,
		},
		AppService: id.appserviceConfig(),
		Matrix: bridgeconfig.MatrixConfig{
			MessageErrorNotices: true, SyncDirectChatList: true, FederateRooms: false, UploadFileThreshold: 5 << 20,
		},
		Provisioning: bridgeconfig.ProvisioningConfig{SharedSecret: "disable"},
		Bridge: bridgeconfig.BridgeConfig{
			CommandPrefix: "!" + id.Network,
			// Direct chats are named by their members: what one login calls a contact is not shown to others.
			PrivateChatPortalMeta: false,
			// Our own notices say in plain words what bridgev2's would say in protocol words (status.go).
			BridgeStatusNotices:           "none",
			UnknownErrorMaxAutoReconnects: 10,
			DeduplicateMatrixMessages:     true,
			TagOnlyOnCreate:               true,
			MuteOnlyOnCreate:              true,
			KickMatrixUsers:               true,
			Permissions:                   bridgeconfig.PermissionConfig{},
		},
	}
	cfg.AppService.Bot.Displayname = name.DisplayName
	enc := &cfg.Encryption
	enc.Allow, enc.Default, enc.Require, enc.AllowKeySharing = true, true, true, true
	enc.PickleKey = o.Encryption.PickleKey
	enc.VerificationLevels.Share = mxid.TrustStateCrossSignedTOFU
	enc.MSC4190 = o.Encryption.Mode != ModeLogin
	enc.SelfSign = enc.MSC4190
	enc.Appservice = o.Encryption.Mode == ModeTransactions
	if o.DoublePuppetToken != "" {
		cfg.DoublePuppet.Secrets = map[string]string{o.Domain: "as_token:" + o.DoublePuppetToken}
	}
	levels := map[string]bridgeconfig.Permissions{
		"block": bridgeconfig.PermissionLevelBlock, "relay": bridgeconfig.PermissionLevelRelay,
		"user": bridgeconfig.PermissionLevelUser, "admin": bridgeconfig.PermissionLevelAdmin,
	}
	for who, level := range o.Permissions {
		permissions := levels[level]
		cfg.Bridge.Permissions[who] = &permissions
	}
	return cfg
}
