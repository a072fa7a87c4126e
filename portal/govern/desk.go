package govern

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"maunium.net/go/mautrix/id"
)

// Backend is the bridge, as the desk sees it. Its errors are those of this package, wrapped, or transient ones.
type Backend interface {
	Overview(ctx context.Context, days int) (Overview, error)
	// Portals lists portals, those first in which something crossed last.
	Portals(ctx context.Context, f Filter) (Page[Portal], error)
	Portal(ctx context.Context, key PortalKey) (Portal, error)
	// PortalIn returns the portal of a room; ErrNotFound: it is no portal's.
	PortalIn(ctx context.Context, room id.RoomID) (Portal, error)
	Logins(ctx context.Context, network string) ([]Login, error)
	// Contacts lists the contacts whose name or identifier contains a text, in any case.
	Contacts(ctx context.Context, network, text, after string, limit int) (Page[Contact], error)
	Contact(ctx context.Context, network, id string) (Contact, error)
	// Approvals lists what waits for a decision, or all of the last thirty days.
	Approvals(ctx context.Context, all bool) ([]Approval, error)
	Approval(ctx context.Context, id int64) (Approval, error)
	// Do does what an action says.
	Do(ctx context.Context, by id.UserID, a Action) (Result, error)
}

// Roles tells who has a role.
type Roles interface {
	// Of returns the person of a Matrix ID; ok is false for somebody without a role.
	Of(user id.UserID) (p Person, ok bool)
}

// Deed is what an [Auditor] writes down.
type Deed struct {
	By     id.UserID
	Door   Door
	Verb   string // a Verb, or "sign-in"
	On     Target // what kind of thing it was about; empty: nothing
	Target string // what it was about: an identifier, no name
	// Network and ID are the parts of Target that name a chat, a login or a contact; empty for an approval.
	Network, ID string
	With        string // a Matrix ID, a login or a number; no free text
	Detail      string // what else is to be known of what was done (see [Result])
	Result      string // see below
}

// What a [Deed] ended with. Anything else says why it was not allowed.
const (
	ResultAsked  = "asked" // it is about to be done
	ResultDone   = "done"
	ResultFailed = "failed"
)

// Auditor writes down what administrators do.
type Auditor interface {
	// Note returns once the deed is on the disk. An error is transient.
	Note(ctx context.Context, d Deed) error
}

// Desk is where the bridge is governed.
type Desk struct {
	backend Backend
	roles   Roles
	auditor Auditor
}

// NewDesk returns a desk in front of a bridge.
func NewDesk(backend Backend, roles Roles, auditor Auditor) *Desk {
	return &Desk{backend: backend, roles: roles, auditor: auditor}
}

// Seat is a person's place at the desk.
type Seat struct {
	desk   *Desk
	Person Person
	Door   Door
}

// Sit gives a person a seat. It fails with ErrNoRole, or transiently.
func (d *Desk) Sit(user id.UserID, door Door) (*Seat, error) {
	person, ok := d.roles.Of(user)
	if !ok {
		return nil, ErrNoRole
	}
	return &Seat{desk: d, Person: person, Door: door}, nil
}

// SignIn writes down that the person has come in. The error is transient: nobody is in then.
func (s *Seat) SignIn(ctx context.Context) error {
	return s.note(ctx, Deed{Verb: "sign-in", Result: ResultDone})
}

// TurnAway writes down that somebody could not come in, and why, in a word or two. by is empty when it is not known who it was. The
// error is transient.
func (d *Desk) TurnAway(ctx context.Context, door Door, by id.UserID, why string) error {
	return (&Seat{desk: d, Person: Person{ID: by}, Door: door}).note(ctx, Deed{Verb: "sign-in", Result: why})
}

func (s *Seat) note(ctx context.Context, d Deed) error {
	d.By, d.Door = s.Person.ID, s.Door
	if err := s.desk.auditor.Note(ctx, d); err != nil {
		return fmt.Errorf("write down what is done: %w", err)
	}
	return nil
}

// seesAll tells whether the person sees what belongs to every department.
func (s *Seat) seesAll() bool { return s.Person.Role != RoleOperator }

// isTheirs tells whether something that belongs to owners is the person's to see.
func (s *Seat) isTheirs(owners []Owner) bool {
	return s.seesAll() || slices.ContainsFunc(owners, func(o Owner) bool {
		return o.Department != "" && slices.Contains(s.Person.Departments, o.Department)
	})
}

// Overview tells how everything does; days is for how many days back the traffic is told. An operator sees the whole of it, too:
// it names nobody.
func (s *Seat) Overview(ctx context.Context, days int) (Overview, error) {
	return s.desk.backend.Overview(ctx, days)
}

// Portals lists portals, of an operator's departments only.
func (s *Seat) Portals(ctx context.Context, f Filter) (Page[Portal], error) {
	if s.seesAll() {
		return s.desk.backend.Portals(ctx, f)
	}
	f.Departments = s.Person.Departments
	return s.desk.backend.Portals(ctx, f)
}

// Portal returns one portal.
func (s *Seat) Portal(ctx context.Context, key PortalKey) (Portal, error) {
	p, err := s.desk.backend.Portal(ctx, key)
	if err == nil && !s.isTheirs(p.Owners) {
		err = ErrNotYours
	}
	return p, err
}

// PortalIn returns the portal of a room.
func (s *Seat) PortalIn(ctx context.Context, room id.RoomID) (Portal, error) {
	p, err := s.desk.backend.PortalIn(ctx, room)
	if err == nil && !s.isTheirs(p.Owners) {
		err = ErrNotYours
	}
	return p, err
}

// Logins lists the accounts on a network; "": on all.
func (s *Seat) Logins(ctx context.Context, network string) ([]Login, error) {
	logins, err := s.desk.backend.Logins(ctx, network)
	return slices.DeleteFunc(logins, func(l Login) bool { return !s.isTheirs([]Owner{l.Owner}) }), err
}

// Contacts lists contacts. They belong to no department: only who sees everything sees them.
func (s *Seat) Contacts(ctx context.Context, network, text, after string, limit int) (Page[Contact], error) {
	if !s.seesAll() {
		return Page[Contact]{}, ErrMayNot
	}
	return s.desk.backend.Contacts(ctx, network, text, after, limit)
}

// Contact returns one contact.
func (s *Seat) Contact(ctx context.Context, network, id string) (Contact, error) {
	if !s.seesAll() {
		return Contact{}, ErrMayNot
	}
	return s.desk.backend.Contact(ctx, network, id)
}

// Approvals lists what waits for a decision; all adds what was decided in the last thirty days.
func (s *Seat) Approvals(ctx context.Context, all bool) ([]Approval, error) {
	list, err := s.desk.backend.Approvals(ctx, all)
	return slices.DeleteFunc(list, func(a Approval) bool { return !s.isTheirs(a.Owners) }), err
}

// May tells whether the person's role allows a verb, on something of theirs.
func (s *Seat) May(verb Verb) bool {
	d, ok := Describe(verb)
	return ok && rank(s.Person.Role) >= rank(d.Role)
}

func rank(r Role) int {
	return slices.Index([]Role{RoleAuditor, RoleOperator, RoleAdministrator}, r)
}

// Do does what an action says, if the person may, and has it written down before and after.
func (s *Seat) Do(ctx context.Context, a Action) (Result, error) {
	d, ok := Describe(a.Verb)
	if !ok {
		return Result{}, fmt.Errorf("%w: no verb %q", ErrArgument, a.Verb)
	}
	deed := Deed{Verb: string(a.Verb), On: d.Target, Target: a.target(d.Target), Network: a.Network, ID: a.ID}
	if d.Target == OnPortal {
		deed.Network, deed.ID = a.Portal.Network, a.Portal.ID
	}
	if d.Wants != Text {
		deed.With = a.With
	}
	if err := s.allowed(ctx, d, a); err != nil {
		deed.Result = reason(err)
		return Result{}, errors.Join(err, s.note(ctx, deed))
	}
	deed.Result = ResultAsked
	if err := s.note(ctx, deed); err != nil {
		return Result{}, err
	}
	result, err := s.desk.backend.Do(ctx, s.Person.ID, a)
	deed.Result, deed.Detail = ResultDone, result.Detail
	if err != nil {
		deed.Result = reason(err)
	}
	return result, errors.Join(err, s.note(context.WithoutCancel(ctx), deed))
}

// reason says in one word why something was not done.
func reason(err error) string {
	for _, known := range []struct {
		err  error
		word string
	}{{ErrMayNot, "may not"}, {ErrNotYours, "another department's"}, {ErrNotFound, "not found"}, {ErrArgument, "not understood"},
		{ErrDecided, "decided already"}, {ErrTakenBack, "taken back"}, {ErrCannotNow, "not possible now"}} {
		if errors.Is(err, known.err) {
			return known.word
		}
	}
	return ResultFailed
}

// allowed tells why the person may not do something; nil: they may.
func (s *Seat) allowed(ctx context.Context, d Description, a Action) error {
	if !s.May(d.Verb) {
		return ErrMayNot
	}
	if s.seesAll() {
		return nil
	}
	var owners []Owner
	switch d.Target {
	case OnPortal:
		p, err := s.desk.backend.Portal(ctx, a.Portal)
		if err != nil {
			return err
		}
		owners = p.Owners
	case OnLogin:
		logins, err := s.desk.backend.Logins(ctx, a.Network)
		if err != nil {
			return err
		}
		at := slices.IndexFunc(logins, func(l Login) bool { return l.ID == a.ID })
		if at < 0 {
			return ErrNotFound
		}
		owners = []Owner{logins[at].Owner}
	case OnApproval:
		waiting, err := s.desk.backend.Approval(ctx, a.Approval)
		if err != nil {
			return err
		}
		owners = waiting.Owners
	}
	if !s.isTheirs(owners) {
		return ErrNotYours
	}
	return nil
}

// target names what an action is about.
func (a Action) target(t Target) string {
	switch t {
	case OnPortal:
		return a.Portal.String()
	case OnApproval:
		return fmt.Sprint(a.Approval)
	default:
		return a.Network + "/" + a.ID
	}
}

// String names the portal for people who look after it: not for contacts.
func (k PortalKey) String() string {
	if k.Receiver == "" {
		return k.Network + "/" + k.ID
	}
	return k.Network + "/" + k.ID + "/" + k.Receiver
}
