package telegram

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"go.mau.fi/util/configupgrade"
	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/bridgev2/networkid"

	"passerelle/portal"
	"passerelle/portal/handover"
	"passerelle/portal/media"
	"passerelle/portal/naming"
)

// networkName is Telegram's name as people write it.
const networkName = "Telegram"

// Connector is the Telegram side of a bridge.
type Connector struct {
	options     Options
	displayName naming.Template
	border      portal.Border
	services    map[networkid.UserLoginID]serviceBot

	bridge  *bridgev2.Bridge // set by Init
	media   media.Source     // set by Start
	maxFile atomic.Int64     // largest file that the homeserver takes, in bytes; 0: not known yet
	stalls  time.Duration    // see handover.Patience
	hooks   *http.Server     // to which updates are pushed; nil: they are fetched. Set by Start
	serving sync.WaitGroup
	now     func() time.Time

	mu       sync.Mutex
	pictures map[int64]bool // guarded by mu; people and groups whose picture has been asked for
}

var (
	_ bridgev2.NetworkConnector            = (*Connector)(nil)
	_ bridgev2.IdentifierValidatingNetwork = (*Connector)(nil)
	_ bridgev2.MaxFileSizeingNetwork       = (*Connector)(nil)
	_ bridgev2.StoppableNetwork            = (*Connector)(nil)
	_ portal.Deliverer                     = (*Connector)(nil)
)

// New returns a connector that crosses the given border. An error names the option and what to do.
func New(options Options, border portal.Border) (*Connector, error) {
	if err := options.Validate(); err != nil {
		return nil, err
	}
	name, err := parseDisplayName(options.DisplayName)
	if err != nil {
		return nil, err
	}
	services, err := options.services()
	if err != nil {
		return nil, err
	}
	if err := quietenLibrary(); err != nil {
		return nil, err
	}
	return &Connector{options: options, displayName: name, border: border, services: services, stalls: handover.Patience, now: time.Now,
		pictures: map[int64]bool{}}, nil
}

// Init takes the bridge (see [bridgev2.NetworkConnector]).
func (c *Connector) Init(bridge *bridgev2.Bridge) { c.bridge = bridge }

// Start begins to listen for what Telegram pushes, and makes the logins of the bots that the configuration names (see
// [bridgev2.NetworkConnector]).
func (c *Connector) Start(ctx context.Context) error {
	var ok bool
	if c.media, ok = c.bridge.Bot.(media.Source); !ok {
		return fmt.Errorf("start: %T cannot stream files", c.bridge.Bot)
	}
	if err := c.startWebhooks(ctx); err != nil {
		return err
	}
	return c.startServices(ctx)
}

// GetName names the network (see [bridgev2.NetworkConnector]).
func (c *Connector) GetName() bridgev2.BridgeName {
	return bridgev2.BridgeName{
		DisplayName: networkName, NetworkURL: "https://telegram.org", NetworkID: "telegram",
		BeeperBridgeType: "telegram", DefaultCommandPrefix: "!telegram",
	}
}

// GetConfig returns nothing: the options are handed to [New].
func (c *Connector) GetConfig() (example string, data any, upgrader configupgrade.Upgrader) {
	return "", nil, configupgrade.NoopUpgrader
}

// ValidateUserID tells whether id has the shape of a person's identifier.
func (c *Connector) ValidateUserID(id networkid.UserID) bool {
	_, err := parseNumber(string(id))
	return err == nil
}

// GetBridgeInfoVersion is raised when what rooms say about themselves changes (see [bridgev2.NetworkConnector]).
func (c *Connector) GetBridgeInfoVersion() (info, capabilities int) { return 1, 2 }

// GetCapabilities says what the network can do (see [bridgev2.NetworkConnector]).
func (c *Connector) GetCapabilities() *bridgev2.NetworkGeneralCapabilities {
	return &bridgev2.NetworkGeneralCapabilities{}
}
