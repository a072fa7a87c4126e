package whatsapp

import (
	"errors"
	"testing"

	"maunium.net/go/mautrix/event"

	"passerelle/connectors/whatsapp/whatsapptest"
)

const daveNumber = "+447700900123"

// team is a group of Alice, who is its admin, Bob and Carol, with Alice's room.
type team struct {
	*world
	alice, bob, carol *whatsapptest.Phone
	account           *account
	id                string
	in                *room
}

func newTeam(t *testing.T) *team {
	t.Helper()
	w := newWorld(t)
	g := &team{world: w, alice: w.phones.MustAddPerson(aliceNumber, "Alice"), bob: w.phones.MustAddPerson(bobNumber, "Bob"),
		carol: w.phones.MustAddPerson(carolNumber, "Carol")}
	g.account = w.link(alice, g.alice)
	g.id = must[string](t)(g.alice.CreateGroup("Team", bobNumber, carolNumber))
	must[string](t)(g.bob.Send(t.Context(), g.id, "Moin"))
	g.in, _ = w.hears("Moin")
	return g
}

// becomes waits until the room is so.
func (g *team) becomes(what string, so func(*room) bool) {
	g.t.Helper()
	g.matrix.wait(g.t, what, func() bool { return so(g.in) })
}

// settles waits until nothing is on its way into a room.
func (g *team) settles() {
	g.t.Helper()
	g.eventually("the inbox to be empty", func() bool { return g.inbox.waiting() == 0 })
}

// now looks at the group as it is on WhatsApp.
func (g *team) now() whatsapptest.GroupInfo {
	g.t.Helper()
	return must[whatsapptest.GroupInfo](g.t)(g.phones.Group(g.id))
}

// messages counts the messages that wait, without changes of groups.
func (b *inbox) messages() (n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, held := range b.held {
		if came, _, err := decodeArrival(held.Payload); err == nil && came.Kind == arrivalMessage {
			n++
		}
	}
	return n
}

func fine(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestAGroupChangesOnThePhones(t *testing.T) {
	g := newTeam(t)
	bobs, carols := ghostOf(g.bob), ghostOf(g.carol)
	if g.in.name != "Team" || g.in.members[bobs] != event.MembershipJoin || g.in.levels.GetEventLevel(event.StateRoomName) != levelMember {
		t.Errorf("the room is %+v", g.in)
	}
	fine(t, g.bob.SetSubject(g.id, "Our team"))
	g.becomes("the new name", func(r *room) bool { return r.name == "Our team" })
	fine(t, g.bob.SetDescription(g.id, "Who works here"))
	g.becomes("the description", func(r *room) bool { return r.topic == "Who works here" })
	picture := somePicture(t)
	fine(t, g.alice.SetGroupPicture(g.id, picture))
	g.becomes("the picture", func(r *room) bool { return string(g.matrix.files[r.avatar]) == string(picture) })
	fine(t, g.alice.SetGroupPicture(g.id, nil))
	g.becomes("no picture", func(r *room) bool { return r.avatar == "" })

	fine(t, g.alice.SetAnnounce(g.id, true))
	g.becomes("a room for admins to write", func(r *room) bool { return r.levels.EventsDefault == levelAdmin })
	fine(t, g.alice.SetAnnounce(g.id, false))
	g.becomes("a room for all to write", func(r *room) bool { return r.levels.EventsDefault == levelMember })
	fine(t, g.alice.SetLocked(g.id, true))
	g.becomes("a locked room", func(r *room) bool { return r.levels.GetEventLevel(event.StateTopic) == levelAdmin })
	fine(t, g.alice.SetLocked(g.id, false))
	g.becomes("an unlocked room", func(r *room) bool { return r.levels.GetEventLevel(event.StateTopic) == levelMember })

	fine(t, g.alice.ChangeMembers(g.id, whatsapptest.GroupPromote, bobNumber))
	g.becomes("Bob an admin", func(r *room) bool { return r.levels.GetUserLevel(bobs) == levelAdmin })
	fine(t, g.alice.ChangeMembers(g.id, whatsapptest.GroupDemote, bobNumber))
	g.becomes("Bob no admin", func(r *room) bool { return r.levels.GetUserLevel(bobs) == levelMember })
	fine(t, g.alice.ChangeMembers(g.id, whatsapptest.GroupRemove, bobNumber))
	g.becomes("Bob out", func(r *room) bool { return r.members[bobs] == event.MembershipLeave })
	fine(t, g.alice.ChangeMembers(g.id, whatsapptest.GroupAdd, bobNumber))
	g.becomes("Bob in", func(r *room) bool { return r.members[bobs] == event.MembershipJoin })
	fine(t, g.carol.LeaveGroup(g.id))
	g.becomes("Carol out", func(r *room) bool { return r.members[carols] == event.MembershipLeave })
}

func TestAGroupWithoutARoomChangesWithoutARoom(t *testing.T) {
	w := newWorld(t)
	w.link(alice, w.phones.MustAddPerson(aliceNumber, "Alice"))
	bob := w.phones.MustAddPerson(bobNumber, "Bob")
	group := must[string](t)(bob.CreateGroup("Team", aliceNumber))
	fine(t, bob.SetSubject(group, "Our team"))
	must[string](t)(bob.Send(t.Context(), group, "Moin"))
	in, _ := w.hears("Moin")
	if in.name != "Our team" || len(w.matrix.rooms) != 1 {
		t.Errorf("the room is called %q, of %d", in.name, len(w.matrix.rooms))
	}
}

func TestAChangeOfAGroupOutlivesACrash(t *testing.T) {
	g := newTeam(t)
	g.settles()
	g.inbox.rest() // what comes in stays where it is
	fine(t, g.bob.SetSubject(g.id, "Our team"))
	fine(t, g.alice.ChangeMembers(g.id, whatsapptest.GroupRemove, carolNumber))
	must[string](t)(g.bob.Send(t.Context(), g.id, "Alone at last"))
	g.eventually("all to have arrived", func() bool { return g.inbox.waiting() == 3 && g.inbox.messages() == 1 })
	g.stop()
	if g.in.name != "Team" {
		t.Errorf("the room is called %q already", g.in.name)
	}
	g.start()
	g.hears("Alone at last") // after what came before it
	if g.in.name != "Our team" || g.in.members[ghostOf(g.carol)] != event.MembershipLeave {
		t.Errorf("the room is %+v", g.in)
	}
}

func TestAChangeWaitsForTheHomeserver(t *testing.T) {
	g := newTeam(t)
	g.settles()
	g.matrix.setFail(func(what string) error {
		if what == "state" {
			return errors.New("the homeserver is away")
		}
		return nil
	})
	fine(t, g.bob.SetSubject(g.id, "Our team"))
	g.eventually("an attempt that failed", func() bool {
		failed := g.inbox.errors()
		return len(failed) > 0 && errors.Is(failed[len(failed)-1], errNotShown)
	})
	g.matrix.setFail(nil)
	g.becomes("the new name", func(r *room) bool { return r.name == "Our team" })
	g.settles()
}

func TestAliceIsTakenOutAndComesBack(t *testing.T) {
	g := newTeam(t)
	fine(t, g.alice.ChangeMembers(g.id, whatsapptest.GroupPromote, bobNumber))
	fine(t, g.bob.ChangeMembers(g.id, whatsapptest.GroupRemove, aliceNumber))
	g.becomes("Alice out", func(r *room) bool { return r.members[alice] == event.MembershipLeave })
	fine(t, g.bob.SetSubject(g.id, "Without Alice"))
	fine(t, g.bob.ChangeMembers(g.id, whatsapptest.GroupAdd, aliceNumber))
	g.becomes("Alice invited", func(r *room) bool { return r.members[alice] == event.MembershipInvite && r.name == "Without Alice" })
	if len(g.matrix.rooms) != 1 {
		t.Errorf("there are %d rooms", len(g.matrix.rooms))
	}
}
