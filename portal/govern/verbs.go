package govern

import "passerelle/portal/say"

// Target says what a verb is about.
type Target string

// What verbs are about.
const (
	OnPortal   Target = "portal"
	OnLogin    Target = "login"
	OnContact  Target = "contact"
	OnApproval Target = "approval"
)

// Verb is something that can be done.
type Verb string

// The verbs.
const (
	Pause    Verb = "pause"
	Lock     Verb = "read-only"
	Close    Verb = "close"
	Reopen   Verb = "reopen"
	HandOver Verb = "hand-over"
	Invite   Verb = "invite"
	Remove   Verb = "remove"
	Mark     Verb = "mark"
	Repair   Verb = "repair"
	Delete   Verb = "delete"

	Connect    Verb = "connect"
	Disconnect Verb = "disconnect"
	LogOut     Verb = "log-out"
	Limit      Verb = "limit"

	Block   Verb = "block"
	Unblock Verb = "unblock"
	Access  Verb = "access"
	Erase   Verb = "erase"

	Approve Verb = "approve"
	Reject  Verb = "reject"
)

// Wants says what a verb wants beside its target.
type Wants string

// What verbs want.
const (
	Nothing   Wants = ""
	Staff     Wants = "staff"     // a Matrix user ID
	Account   Wants = "account"   // the ID of a login
	Text      Wants = "text"      // words, which may be missing
	Number    Wants = "number"    // 0 takes it back
	RepairWay Wants = "repair-by" // see RepairWays
)

// RepairWays lists how a portal can be repaired: "members" brings the members of the room into line with the chat's; "keys" has the
// bridge use new room keys from now on; "room" makes a new room and leads people there.
func RepairWays() []string { return []string{"members", "keys", "room"} }

// Description is what the doors are made of.
type Description struct {
	Verb   Verb
	Target Target
	Wants  Wants
	Role   Role // the least that may
	Final  bool // it cannot be taken back: the doors ask once more
}

// Verbs lists everything that can be done.
func Verbs() []Description {
	return []Description{
		{Verb: Pause, Target: OnPortal, Role: RoleOperator},
		{Verb: Lock, Target: OnPortal, Role: RoleOperator},
		{Verb: Close, Target: OnPortal, Wants: Text, Role: RoleOperator},
		{Verb: Reopen, Target: OnPortal, Role: RoleOperator},
		{Verb: HandOver, Target: OnPortal, Wants: Account, Role: RoleOperator},
		{Verb: Invite, Target: OnPortal, Wants: Staff, Role: RoleOperator},
		{Verb: Remove, Target: OnPortal, Wants: Staff, Role: RoleOperator},
		{Verb: Mark, Target: OnPortal, Wants: Text, Role: RoleOperator},
		{Verb: Repair, Target: OnPortal, Wants: RepairWay, Role: RoleOperator},
		{Verb: Delete, Target: OnPortal, Role: RoleAdministrator, Final: true},

		{Verb: Connect, Target: OnLogin, Role: RoleOperator},
		{Verb: Disconnect, Target: OnLogin, Role: RoleOperator},
		{Verb: LogOut, Target: OnLogin, Role: RoleAdministrator, Final: true},
		{Verb: Limit, Target: OnLogin, Wants: Number, Role: RoleOperator},

		{Verb: Block, Target: OnContact, Role: RoleAdministrator},
		{Verb: Unblock, Target: OnContact, Role: RoleAdministrator},
		{Verb: Access, Target: OnContact, Role: RoleAdministrator},
		{Verb: Erase, Target: OnContact, Role: RoleAdministrator, Final: true},

		{Verb: Approve, Target: OnApproval, Role: RoleOperator},
		{Verb: Reject, Target: OnApproval, Role: RoleOperator},
	}
}

// Describe returns what a verb is; ok is false when there is none of that name.
func Describe(verb Verb) (d Description, ok bool) {
	for _, d := range Verbs() {
		if d.Verb == verb {
			return d, true
		}
	}
	return Description{}, false
}

// Action is a verb with what it is about.
type Action struct {
	Verb     Verb
	Portal   PortalKey    // OnPortal
	Network  string       // OnLogin, OnContact
	ID       string       // OnLogin: the login's; OnContact: the contact's
	Approval int64        // OnApproval
	With     string       // what the verb wants beside
	Language say.Language // in which the result is said; empty: English
}

// Result is what became of an action.
type Result struct {
	Done string            `json:"done,omitzero"` // what was done, for those who did it; empty: what the verb says
	Data map[string]string `json:"data,omitzero"` // Access: everything that is known, by its name
	Left []string          `json:"left,omitzero"` // what could not be done, and stays so
	// Detail is what the audit says beside: a word of ours, which the console has sentences for, perhaps with a number behind it.
	Detail string `json:"-"`
}
