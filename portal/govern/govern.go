// Package govern is what administrators see of the border and do about it: portals, logins, contacts, and what waits for a decision.
//
// The contract:
//
//   - A [Desk] stands between people and the bridge. Whoever comes through a door (a command, the HTTP API, the console) takes a
//     [Seat] at it first; what a seat shows and does is bound by the [Person]'s role and departments, the same way for every door.
//   - Everything that can be done is a [Verb], and all of them stand in [Verbs]: what each is about, what else it wants, who may.
//     The doors are made of that list.
//   - An [Action] is written down, through an [Auditor], before it is done, and how it ended after; so is each time that somebody
//     takes a seat. What cannot be written down is not done.
//   - The bridge behind the desk is a [Backend]. It checks no roles.
//
// Package govern imports of this module only portal and its sub-packages.
package govern

import (
	"errors"
	"time"

	"maunium.net/go/mautrix/id"
)

// Role is how much a person may do.
type Role string

// The roles, each of which may do what the one before may.
const (
	RoleAuditor       Role = "auditor"       // sees everything, changes nothing
	RoleOperator      Role = "operator"      // acts on what belongs to some departments, and sees only that
	RoleAdministrator Role = "administrator" // acts on everything
)

// Person is somebody with a role.
type Person struct {
	ID          id.UserID
	Role        Role
	Departments []string // of an operator
}

// Door is where somebody comes in.
type Door string

// The doors.
const (
	Commands Door = "commands"
	API      Door = "api"
	Console  Door = "console"
)

// PortalKey names a portal.
type PortalKey struct {
	Network  string // "whatsapp"
	ID       string // the network's identifier of the chat
	Receiver string // the login whose own the portal is; empty: several may share it
}

// Kind says what a portal is.
type Kind string

// The kinds of portals.
const (
	Direct  Kind = "direct"  // one contact
	Group   Kind = "group"   // several
	Channel Kind = "channel" // many read, few write
	Space   Kind = "space"   // holds other portals
)

// State says what may cross in a portal.
type State string

// The states of a portal.
const (
	Open     State = "open"
	Paused   State = "paused"    // what comes in waits, sealed; what goes out is refused
	ReadOnly State = "read-only" // what comes in crosses; what goes out is refused
	Closed   State = "closed"    // nothing crosses
)

// Portal is a portal as administrators see it.
type Portal struct {
	Key         PortalKey
	Room        id.RoomID // empty: it has none yet
	Name        string
	Kind        Kind
	State       State
	Mark        string // its sensitivity, in the administration's own words; empty: not marked
	Owners      []Owner
	Relay       string    // the login that people write through who have none; empty: nobody's
	Contacts    int       // how many external contacts are in it
	LastActive  time.Time // when something last crossed; zero: never
	Waiting     int       // how much in it waits for a decision
	StateSince  time.Time // zero: it was always open
	StateChange id.UserID // who brought the state about
}

// Owner is a login that is in a portal, and whose it is.
type Owner struct {
	Login      string
	User       id.UserID
	Department string // empty: none is known
}

// Filter chooses portals. The zero Filter chooses all.
type Filter struct {
	Network, Department string
	Departments         []string // only those of one of these; nil: of any
	Owner               id.UserID
	Contact             string // the network's identifier of somebody who is in it
	State               State
	Waiting             bool      // only those in which something waits for a decision
	ActiveSince         time.Time // only those in which something crossed since
	QuietSince          time.Time // only those in which nothing did
	Text                string    // part of the name, any case
	MinContacts         int
	After               string // Next of the page before
	Limit               int    // most portals of a page; 0: 100
}

// Page is a part of a long list.
type Page[T any] struct {
	Items []T
	Total int    // how many there are on all pages
	Next  string // for After; empty: this is the last page
}

// Login is somebody's account on a network.
type Login struct {
	Network, ID string
	Name        string // as the network shows it to its owner, who alone and administrators see it
	Owner       Owner
	State       string // bridgev2's words: CONNECTED, TRANSIENT_DISCONNECT, BAD_CREDENTIALS …
	Reason      string // in plain words; empty: all is well
	Since       time.Time
	Portals     int
	Limit       int // most messages a day that go out; 0: no limit of the administrators'
	SentToday   int
}

// Contact is somebody on a network.
type Contact struct {
	Network, ID string
	Name        string
	Ghost       id.UserID
	Portals     int
	Blocked     bool
	Erased      time.Time // zero: nothing was erased
	Informed    time.Time // when they were told that they talk to an administration; zero: not yet
}

// Approval is something that waits for a decision.
type Approval struct {
	ID        int64
	Portal    PortalKey
	Name      string // of the portal
	Direction string // "in", "out"
	Kind      string // as the gate calls it: "text", "media" …
	Rule      string // that holds it
	Login     string
	Sender    string // an identifier of the network's, or a Matrix ID
	// SenderName is what a contact is called; empty for staff.
	SenderName string
	Owners     []Owner
	At         time.Time
	State      string // see below
	By         id.UserID
	Decided    time.Time
}

// The states of an approval.
const (
	ApprovalWaiting  = "waiting"
	ApprovalApproved = "approved"
	ApprovalRejected = "rejected"
)

// Traffic is how much crossed on one day.
type Traffic struct {
	Day      time.Time // midnight, UTC
	Network  string
	In, Out  int
	Refused  int // what did not cross, both ways
	Withheld int // files that stayed behind
	Found    int // those of them in which something harmful was found
}

// Overview is the state of everything at one look.
type Overview struct {
	Version  string
	Networks []NetworkState
	Traffic  []Traffic
	Waiting  int // approvals
	Inbox    int // arrivals that are not in their rooms yet
	Journal  int // events whose outcome is open
}

// NetworkState is how one network's bridge does.
type NetworkState struct {
	Network string
	Running bool
	Reason  string         // why it does not run; empty: it does
	Logins  map[string]int // state -> how many
	Portals int
}

// Errors of the desk. Each one says what to do, in English; the doors say it in their reader's language.
var (
	ErrNoRole    = errors.New("this person has no role in the administration")
	ErrMayNot    = errors.New("this role may not do that")
	ErrNotYours  = errors.New("this belongs to another department")
	ErrNotFound  = errors.New("there is no such thing")
	ErrArgument  = errors.New("something is missing, or is not understood")
	ErrDecided   = errors.New("this was decided already")
	ErrCannotNow = errors.New("this cannot be done as things are")
)
