package govern

import (
	"context"
	"errors"
	"testing"

	"maunium.net/go/mautrix/id"
)

// town is a bridge with two departments' portals.
type town struct {
	Backend
	did []Action
}

var (
	taxes  = Portal{Key: PortalKey{Network: "whatsapp", ID: "1", Receiver: "a"}, Owners: []Owner{{Login: "a", Department: "taxes"}}}
	health = Portal{Key: PortalKey{Network: "whatsapp", ID: "2", Receiver: "b"}, Owners: []Owner{{Login: "b", Department: "health"}}}
)

func (t *town) Portal(_ context.Context, key PortalKey) (Portal, error) {
	for _, p := range []Portal{taxes, health} {
		if p.Key == key {
			return p, nil
		}
	}
	return Portal{}, ErrNotFound
}

func (t *town) Approval(context.Context, int64) (Approval, error) {
	return Approval{Owners: health.Owners}, nil
}

func (t *town) Logins(context.Context, string) ([]Login, error) {
	return []Login{{ID: "a", Owner: taxes.Owners[0]}, {ID: "b", Owner: health.Owners[0]}}, nil
}

func (t *town) Do(_ context.Context, _ id.UserID, a Action) (Result, error) {
	t.did = append(t.did, a)
	return Result{}, nil
}

// book is an auditor in memory.
type book struct {
	deeds []Deed
	err   error
}

func (b *book) Note(_ context.Context, d Deed) error {
	b.deeds = append(b.deeds, d)
	return b.err
}

type people map[id.UserID]Person

func (p people) Of(user id.UserID) (Person, bool) {
	person, ok := p[user]
	return person, ok
}

var staff = people{
	"@amira:state": {ID: "@amira:state", Role: RoleAdministrator},
	"@olga:state":  {ID: "@olga:state", Role: RoleOperator, Departments: []string{"taxes"}},
	"@aude:state":  {ID: "@aude:state", Role: RoleAuditor},
}

func TestEachRoleMayDoWhatItMayAndNoMore(t *testing.T) {
	erase := Action{Verb: Erase, Network: "whatsapp", ID: "x"}
	for _, c := range []struct {
		who  id.UserID
		does Action
		want error
	}{
		{"@amira:state", Action{Verb: Pause, Portal: health.Key}, nil},
		{"@amira:state", erase, nil},
		{"@olga:state", Action{Verb: Pause, Portal: taxes.Key}, nil},
		{"@olga:state", Action{Verb: Pause, Portal: health.Key}, ErrNotYours},
		{"@olga:state", Action{Verb: Pause, Portal: PortalKey{ID: "none"}}, ErrNotFound},
		{"@olga:state", Action{Verb: Delete, Portal: taxes.Key}, ErrMayNot},
		{"@olga:state", Action{Verb: Connect, Network: "whatsapp", ID: "a"}, nil},
		{"@olga:state", Action{Verb: Connect, Network: "whatsapp", ID: "b"}, ErrNotYours},
		{"@olga:state", Action{Verb: Approve, Approval: 1}, ErrNotYours},
		{"@olga:state", erase, ErrMayNot},
		{"@aude:state", Action{Verb: Pause, Portal: taxes.Key}, ErrMayNot},
		{"@amira:state", Action{Verb: "destroy"}, ErrArgument},
	} {
		bridge, audit := &town{}, &book{}
		seat, err := NewDesk(bridge, staff, audit).Sit(c.who, Console)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := seat.Do(t.Context(), c.does); !errors.Is(err, c.want) {
			t.Errorf("%s does %+v: %v, want %v", c.who, c.does, err, c.want)
		}
		if did := len(bridge.did) == 1; did != (c.want == nil) {
			t.Errorf("%s does %+v: the bridge did %v", c.who, c.does, bridge.did)
		}
		if _, known := Describe(c.does.Verb); known && len(audit.deeds) == 0 {
			t.Errorf("%s does %+v: nothing was written down", c.who, c.does)
		}
	}
}

func TestWhoHasNoRoleHasNoSeat(t *testing.T) {
	if _, err := NewDesk(&town{}, staff, &book{}).Sit("@eve:state", API); !errors.Is(err, ErrNoRole) {
		t.Errorf("eve got a seat: %v", err)
	}
}

func TestWhatCannotBeWrittenDownIsNotDone(t *testing.T) {
	bridge, away := &town{}, errors.New("the disk is full")
	seat, err := NewDesk(bridge, staff, &book{err: away}).Sit("@amira:state", Commands)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := seat.Do(t.Context(), Action{Verb: Pause, Portal: taxes.Key}); !errors.Is(err, away) || len(bridge.did) > 0 {
		t.Errorf("the error is %v, the bridge did %v", err, bridge.did)
	}
}

func TestAnActionIsWrittenDownBeforeAndAfterWithoutFreeText(t *testing.T) {
	audit := &book{}
	seat, err := NewDesk(&town{}, staff, audit).Sit("@amira:state", Commands)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := seat.Do(t.Context(), Action{Verb: Close, Portal: taxes.Key, With: "Mr Martin has moved"}); err != nil {
		t.Fatal(err)
	}
	want := Deed{By: "@amira:state", Door: Commands, Verb: "close", On: OnPortal, Target: "whatsapp/1/a", Network: "whatsapp", ID: "1",
		Result: "asked"}
	if len(audit.deeds) != 2 || audit.deeds[0] != want || audit.deeds[1].Result != "done" {
		t.Errorf("written down: %+v", audit.deeds)
	}
}
