package bridge

import (
	"net/http"
	"time"

	"github.com/rs/zerolog"
	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/bridgev2/bridgeconfig"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/database"
	"passerelle/portal"
	"passerelle/portal/govern"
	"passerelle/portal/say"
)

// Options is what the bridge is made of.
type Options struct {
	HomeserverAddress string        // URL
	Domain            string        // of the homeserver's users
	AdminToken        string        // of an administrator of the homeserver's, who removes the files of erased contacts; empty: they stay
	Listen            string        // host:port for the homeserver
	Address           string        // the same as a URL, as the homeserver writes it
	Monitor           string        // host:port of /livez, /readyz and /metrics; empty: none
	Version           string        // of this program
	Language          say.Language  // of those who chose none
	TellLostAfter     time.Duration // after how long the owner of an account is told that its connection is lost
	Encryption        Encryption
	DoublePuppetToken string            // as_token of the double puppets' registration; empty: no double puppets
	ProvisioningKey   string            // shared secret of the programs that link accounts for people; empty: none may
	Permissions       map[string]string // Matrix user ID, domain or "*" -> block, relay, user, admin
	Relay             Relay
	InitialState      []*event.Event // added to the state of every room that is made
	Spaces            bool           // a space for each login, with its chats in it
	Follow            time.Duration  // between two questions what people set about their rooms in their apps; 0: none are asked
	Databases         database.Place
	Spool             string // folder for files on their way, which are sealed; empty: the system's for temporary files
	SpoolSpace        int64  // how much of that they may take, in bytes; 0: as usual. An eighth of it is the largest file
	Store             *database.Store
	Sealer            portal.Sealer // for connectors
	Policy            portal.Policy
	Scanner           portal.Scanner
	Department        func(id.UserID) string          // of a member of staff; nil: nobody has one
	Roles             govern.Roles                    // who governs; nil: nobody
	Auditor           govern.Auditor                  // of what administrators do; nil: nothing is written down
	ConsoleLink       func(id.UserID) (string, error) // signs a person in to the console; nil: there is none
	Contacts          ContactOptions
	Services          []Service     // what else listens while the bridge runs
	TellWaitsAfter    time.Duration // after how long people are told that a file waits for the scanner
	Ledger            portal.Ledger // where the gate's decisions are written down; nil: the store
	Audit             Audit         // where administrators' actions are; nil: nowhere
	Log               zerolog.Logger
}

// ContactOptions says what external contacts are told, and how rooms show that they are there.
type ContactOptions struct {
	Notice     map[string]portal.Words // network -> what each contact is told once; empty: nothing
	RoomPrefix string                  // stands before the names of rooms in which contacts are
	RoomTopic  string                  // of rooms that have none
}

// Service is something that is served over HTTP beside the homeserver.
type Service struct {
	Name    string // for the log
	Key     string // of the configuration, where its address stands
	Listen  string // host:port
	Handler func(*Host) http.Handler
}

// bridgeConfig says in bridgev2's words what the bridge is to do. What is not said here is off.
func (o Options) bridgeConfig(id Identity, name bridgev2.BridgeName) *bridgeconfig.Config {
	cfg := &bridgeconfig.Config{
		Homeserver: bridgeconfig.HomeserverConfig{
			Address: o.HomeserverAddress, Domain: o.Domain, Software: bridgeconfig.SoftwareStandard, RetryLimit: 1,
		},
		AppService: id.appserviceConfig(),
		Matrix: bridgeconfig.MatrixConfig{
			MessageErrorNotices: true, SyncDirectChatList: true, FederateRooms: false, UploadFileThreshold: 5 << 20,
		},
		Provisioning: o.provisioningConfig(),
		Bridge: bridgeconfig.BridgeConfig{
			CommandPrefix: "!" + id.Network,
			// Direct chats are named by their members: what one login calls a contact is not shown to others.
			PrivateChatPortalMeta:   false,
			PersonalFilteringSpaces: o.Spaces,
			// Our own notices say in plain words what bridgev2's would say in protocol words (status.go).
			BridgeStatusNotices:           "none",
			UnknownErrorMaxAutoReconnects: 10,
			// The journal does (outbound.go, decrypt), by an index; bridgev2 would read every message of the login
			// (bridgev2/database/message.go, getMessageByTxnIDQuery).
			DeduplicateMatrixMessages: false,
			OnlyBridgeTags:            []event.RoomTag{event.RoomTagFavourite, event.RoomTagLowPriority},
			KickMatrixUsers:           true,
			// What a network refuses does not stay in the room, and who leaves a group's room leaves the group.
			RevertFailedStateChanges: true,
			BridgeMatrixLeave:        true,
			Permissions:              bridgeconfig.PermissionConfig{},
		},
	}
	cfg.AppService.Bot.Displayname = name.DisplayName
	enc := &cfg.Encryption
	enc.Allow, enc.Default, enc.Require = true, true, true
	enc.PickleKey = o.Encryption.PickleKey
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

// department returns the department of a member of staff; "": none is known.
func (o Options) department(user id.UserID) string {
	if o.Department == nil {
		return ""
	}
	return o.Department(user)
}

// desk returns the desk of the administrators in front of a bridge.
func (o Options) desk(bridge govern.Backend) *govern.Desk {
	roles, auditor := o.Roles, o.Auditor
	if roles == nil {
		roles = nobodyGoverns{}
	}
	if auditor == nil {
		auditor = forgetsDeeds{}
	}
	return govern.NewDesk(bridge, roles, auditor)
}
