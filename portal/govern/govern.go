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
	Network  string `json:"network"`           // "whatsapp"
	ID       string `json:"id"`                // the network's identifier of the chat
	Receiver string `json:"receiver,omitzero"` // the login whose own the portal is; empty: several may share it
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
	Key         PortalKey `json:"key"`
	Room        id.RoomID `json:"room,omitzero"` // empty: it has none yet
	Name        string    `json:"name"`
	Kind        Kind      `json:"kind"`
	State       State     `json:"state"`
	Mark        string    `json:"mark,omitzero"` // its sensitivity, in the administration's own words; empty: not marked
	Owners      []Owner   `json:"owners"`
	Relay       string    `json:"relay,omitzero"`       // the login that people write through who have none; empty: nobody's
	Contacts    int       `json:"contacts"`             // how many external contacts are in it
	LastActive  time.Time `json:"last_active,omitzero"` // when something last crossed; zero: never
	Waiting     int       `json:"waiting"`              // how much in it waits for a decision
	StateSince  time.Time `json:"state_since,omitzero"` // zero: it was always open
	StateChange id.UserID `json:"state_by,omitzero"`    // who brought the state about
}

// Owner is a login that is in a portal, and whose it is.
type Owner struct {
	Login      string    `json:"login"`
	User       id.UserID `json:"user"`
	Department string    `json:"department,omitzero"` // empty: none is known
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
	Items []T    `json:"items"`
	Total int    `json:"total"`         // how many there are on all pages
	Next  string `json:"next,omitzero"` // for After; empty: this is the last page
}

// Login is somebody's account on a network.
type Login struct {
	Network   string    `json:"network"`
	ID        string    `json:"id"`
	Name      string    `json:"name"` // as the network shows it to its owner, who alone and administrators see it
	Owner     Owner     `json:"owner"`
	State     string    `json:"state"`           // bridgev2's words: CONNECTED, TRANSIENT_DISCONNECT, BAD_CREDENTIALS …
	Reason    string    `json:"reason,omitzero"` // in plain words; empty: all is well
	Since     time.Time `json:"since,omitzero"`
	Portals   int       `json:"portals"`
	Limit     int       `json:"limit"` // most messages a day that go out; 0: no limit of the administrators'
	SentToday int       `json:"sent_today"`
}

// Contact is somebody on a network.
type Contact struct {
	Network  string    `json:"network"`
	ID       string    `json:"id"`
	Name     string    `json:"name"`
	Ghost    id.UserID `json:"ghost"`
	Portals  int       `json:"portals"`
	Blocked  bool      `json:"blocked"`
	Erased   time.Time `json:"erased,omitzero"`   // zero: nothing was erased
	Informed time.Time `json:"informed,omitzero"` // when they were told that they talk to an administration; zero: not yet
}

// Approval is something that waits for a decision.
type Approval struct {
	ID        int64     `json:"id"`
	Portal    PortalKey `json:"portal"`
	Name      string    `json:"name"`      // of the portal
	Direction string    `json:"direction"` // "in", "out"
	Kind      string    `json:"kind"`      // as the gate calls it: "text", "media" …
	Rule      string    `json:"rule"`      // that holds it
	Login     string    `json:"login"`
	Sender    string    `json:"sender"` // an identifier of the network's, or a Matrix ID
	// SenderName is what a contact is called; empty for staff.
	SenderName string    `json:"sender_name,omitzero"`
	Owners     []Owner   `json:"owners"`
	At         time.Time `json:"at"`
	State      string    `json:"state"` // see below
	By         id.UserID `json:"by,omitzero"`
	Decided    time.Time `json:"decided,omitzero"`
}

// The states of an approval.
const (
	ApprovalWaiting  = "waiting"
	ApprovalApproved = "approved"
	ApprovalRejected = "rejected"
	// ApprovalWithdrawn is what its sender took back before anybody had decided.
	ApprovalWithdrawn = "withdrawn"
)

// Traffic is how much crossed on one day.
type Traffic struct {
	Day      time.Time `json:"day"` // midnight, UTC
	Network  string    `json:"network"`
	In       int       `json:"in"`
	Out      int       `json:"out"`
	Refused  int       `json:"refused"`  // what did not cross, both ways
	Withheld int       `json:"withheld"` // files that stayed behind
	Found    int       `json:"found"`    // those of them in which something harmful was found
}

// Overview is the state of everything at one look.
type Overview struct {
	Version  string         `json:"version"`
	Networks []NetworkState `json:"networks"`
	Traffic  []Traffic      `json:"traffic"`
	Waiting  int            `json:"waiting"` // approvals
	Inbox    int            `json:"inbox"`   // arrivals that are not in their rooms yet
	Journal  int            `json:"journal"` // events whose outcome is open
}

// NetworkState is how one network's bridge does.
type NetworkState struct {
	Network string         `json:"network"`
	Running bool           `json:"running"`
	Reason  string         `json:"reason,omitzero"` // why it does not run; empty: it does
	Logins  map[string]int `json:"logins"`          // state -> how many
	Portals int            `json:"portals"`
}

// Errors of the desk. Each one says what to do, in English; the doors say it in their reader's language.
var (
	ErrNoRole    = errors.New("this person has no role in the administration")
	ErrMayNot    = errors.New("this role may not do that")
	ErrNotYours  = errors.New("this belongs to another department")
	ErrNotFound  = errors.New("there is no such thing")
	ErrArgument  = errors.New("something is missing, or is not understood")
	ErrDecided   = errors.New("this was decided already")
	ErrTakenBack = errors.New("its sender has taken it back")
	ErrCannotNow = errors.New("this cannot be done as things are")
)
