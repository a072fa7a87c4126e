// Package whatsapp connects WhatsApp accounts to Matrix: a bridgev2 network connector on whatsmeow.
//
// A member of staff links the bridge to an account as one links WhatsApp Web: by scanning a QR code or by typing a pairing
// code. From then on the bridge is one of the account's linked devices.
//
// The contract:
//
//   - In: whatsmeow hands over a message, the message goes into the [portal.Inbox], and only then WhatsApp is told that it
//     arrived. [Connector.Deliver] takes it out again, converts it, asks the gate, and returns nil when bridgev2's table
//     holds it. What cannot be shown is replaced by a sentence that says so, never by nothing.
//   - Out: a Matrix event is converted, asks the gate, and is sent under an ID derived from the event's, so that sending it
//     again is no second message.
//   - Receipts and who types pass without the inbox and without a gate: they hold no content, and one that is lost is no
//     message lost. They never hold up a message (see signals).
//   - People are known by LID, WhatsApp's identifier that is no phone number; a number is kept in the ghost's metadata.
//     A chat, too, has one identifier whatever it is addressed by (see ids.go).
//   - Names of contacts are the ones that they published, never the ones in an account's address book.
//   - whatsmeow's keys lie in the network's own database.
//
// Conversion is pure: inbound.go and outbound.go choose, a file for each kind of content converts, and surroundings.go hands in
// what they have to know of people. An [account] owns the connection of one login.
package whatsapp

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"go.mau.fi/util/configupgrade"
	"go.mau.fi/util/dbutil"
	"go.mau.fi/whatsmeow/store/sqlstore"
	"go.mau.fi/whatsmeow/store/sqlstore/upgrades"
	"go.mau.fi/whatsmeow/types"
	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/bridgev2/networkid"

	"passerelle/portal"
	"passerelle/portal/handover"
	"passerelle/portal/media"
	"passerelle/portal/naming"
)

// networkName is WhatsApp's name as people write it.
const networkName = "WhatsApp"

// Connector is the WhatsApp side of a bridge.
type Connector struct {
	options     Options
	displayName naming.Template
	border      portal.Border
	transport   *transport

	bridge  *bridgev2.Bridge    // set by Init
	devices *sqlstore.Container // set by Start
	lids    *lidMap             // set by Start
	maxFile atomic.Int64        // largest file that the homeserver takes, in bytes
	media   media.Source        // set by Start
	events  eventSource         // set by Start
	stalls  time.Duration       // see handover.Patience

	phoneWait    time.Duration // see phonePatience
	online       time.Duration // see onlineLasts
	historyPause time.Duration // see historyPause
	olderWait    time.Duration // see olderPatience
	again        time.Duration // see onlineAgain
	now          func() time.Time

	phoneLook      time.Duration // see phoneLook
	phoneAnswersIn time.Duration // see phoneAnswersIn

	reacted recent // the IDs of reactions that went out
	deleted recent // the IDs of messages that were deleted for everybody

	// hasPresence and noPresence say whether the homeserver shows who is online, once that is known.
	hasPresence, noPresence atomic.Bool

	mu       sync.Mutex
	pictures map[types.JID]bool // guarded by mu; people and groups whose picture has been asked for
}

var (
	_ bridgev2.NetworkConnector            = (*Connector)(nil)
	_ bridgev2.StoppableNetwork            = (*Connector)(nil)
	_ bridgev2.IdentifierValidatingNetwork = (*Connector)(nil)
	_ bridgev2.MaxFileSizeingNetwork       = (*Connector)(nil)
	_ portal.Deliverer                     = (*Connector)(nil)
)

// defaultMaxFile is assumed until the homeserver has told its limit (see [bridgev2.MaxFileSizeingNetwork]).
const defaultMaxFile = 50 << 20

// New returns a connector that crosses the given border, and seals with its sealer what whatsmeow keeps for a moment. An error
// names the option and what to do.
func New(options Options, border portal.Border) (*Connector, error) {
	quietenSignal()
	if err := options.Validate(); err != nil {
		return nil, err
	}
	name, err := parseDisplayName(options.DisplayName)
	if err != nil {
		return nil, err
	}
	way, err := newTransport(options.Server)
	if err != nil {
		return nil, err
	}
	c := &Connector{
		options: options, displayName: name, border: border, transport: way,
		stalls: handover.Patience, phoneWait: phonePatience, online: onlineLasts, historyPause: historyPause, olderWait: olderPatience,
		now: time.Now, again: onlineAgain,
		phoneLook: phoneLook, phoneAnswersIn: phoneAnswersIn,
		pictures: map[types.JID]bool{},
	}
	c.maxFile.Store(defaultMaxFile)
	return c, nil
}

// Init takes the bridge (see [bridgev2.NetworkConnector]).
func (c *Connector) Init(bridge *bridgev2.Bridge) {
	c.bridge = bridge
	bridge.Config.PhoneNumbersInProfile = c.options.PhoneNumbersInProfile
}

// Start opens whatsmeow's tables and brings them up to date (see [bridgev2.NetworkConnector]).
func (c *Connector) Start(ctx context.Context) error {
	var ok bool
	if c.media, ok = c.bridge.Bot.(media.Source); !ok {
		return fmt.Errorf("start: %T cannot stream files", c.bridge.Bot)
	}
	if c.events, ok = c.bridge.Bot.(eventSource); !ok {
		return fmt.Errorf("start: %T cannot look for events", c.bridge.Bot)
	}
	log := c.bridge.Log.With().Str("part", "whatsmeow").Logger()
	db := c.bridge.DB.Child("whatsmeow_version", upgrades.Table, dbutil.ZeroLogger(log))
	c.devices = sqlstore.NewWithWrappedDB(db, discreetLog{ctx: c.bridge.BackgroundCtx, log: log})
	c.lids = &lidMap{db: db, known: c.devices.LIDMap}
	if err := c.devices.Upgrade(ctx); err != nil {
		return bridgev2.DBUpgradeError{Err: fmt.Errorf("upgrade whatsmeow's tables: %w", err), Section: "whatsmeow"}
	}
	return nil
}

// Stop closes what is open. bridgev2 has disconnected the logins before.
func (c *Connector) Stop() { c.transport.close() }

// GetName names the network (see [bridgev2.NetworkConnector]).
func (c *Connector) GetName() bridgev2.BridgeName {
	return bridgev2.BridgeName{
		DisplayName: networkName, NetworkURL: "https://whatsapp.com", NetworkID: "whatsapp",
		BeeperBridgeType: "whatsapp", DefaultCommandPrefix: "!whatsapp",
	}
}

// GetConfig returns nothing: the options are handed to [New].
func (c *Connector) GetConfig() (example string, data any, upgrader configupgrade.Upgrader) {
	return "", nil, configupgrade.NoopUpgrader
}

// ValidateUserID tells whether id has the shape of a person's identifier.
func (c *Connector) ValidateUserID(id networkid.UserID) bool { return isLIDUser(string(id)) }

// SetMaxFileSize learns the largest file that the homeserver takes, in bytes.
func (c *Connector) SetMaxFileSize(bytes int64) {
	if bytes > 0 {
		c.maxFile.Store(min(bytes, maxDownload))
	}
}
