package rowtest

import (
	"fmt"
	"strings"
	"testing"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/bridge/bridgetest"
)

// A Hall is where rows are played: a homeserver, the bridge, and two members of
// staff whose accounts on the network are linked.
type Hall struct {
	network Network
	world   *bridgetest.World
	bridge  *bridgetest.Installation
	claire  seat
	karim   seat
}

// A seat is a member of staff with an account on the network and the room of
// its bot.
type seat struct {
	staff   *bridgetest.Actor
	account Person
	desk    id.RoomID
}

// Open lets two members of staff, Claire and Karim, link their accounts. World
// and bridge run already.
func Open(t testing.TB, network Network, world *bridgetest.World, bridge *bridgetest.Installation) *Hall {
	t.Helper()
	h := &Hall{network: network, world: world, bridge: bridge}
	h.claire, h.karim = h.takesSeat(t, "claire", network.Join(t, "Claire")), h.takesSeat(t, "karim", network.Join(t, "Karim"))
	return h
}

// takesSeat makes a member of staff whose account is linked.
func (h *Hall) takesSeat(t testing.TB, user string, account Person) seat {
	t.Helper()
	s := seat{staff: h.world.Staff(t, user), account: account}
	bot := id.UserID(h.bridge.Bot(h.network.Name()))
	s.desk = s.staff.StartsChatWith(bot)
	s.staff.Waits("the bot's greeting", func(e bridgetest.Heard) bool { return e.Room == s.desk && e.Sender == bot && e.IsMessage() })
	h.network.Link(t, s.staff, s.desk, s.account)
	return s
}

// A Row is a sentence that holds, with the conversation that shows it.
type Row struct {
	// Area groups rows as the table of features does; Holds is the sentence.
	Area, Holds string
	Play        func(*Scene)
}

// Rows are the rows that networks share.
func Rows() (all []Row) {
	for _, area := range []struct {
		name string
		rows []Row
	}{
		{"messages", messageRows()}, {"changes", changeRows()}, {"media", mediaRows()}, {"kinds", kindRows()},
		{"presence", presenceRows()}, {"timers", timerRows()}, {"groups", groupRows()}, {"staff in groups", groupOutRows()},
		{"people", peopleRows()}, {"history", historyRows()}, {"relay", relayRows()},
	} {
		for _, row := range area.rows {
			row.Area = area.name
			all = append(all, row)
		}
	}
	return all
}

// Run plays rows one after another, and checks after each that staff could
// read all that came.
func (h *Hall) Run(t *testing.T, rows []Row) {
	t.Helper()
	for _, row := range rows {
		t.Run(row.Area+"/"+row.Holds, func(t *testing.T) {
			s := &Scene{T: t, Hall: h}
			s.Claire, s.Karim = h.claire.staff.In(t), h.karim.staff.In(t)
			s.Phone, s.KarimsPhone, s.Desk = h.network.In(t, h.claire.account), h.network.In(t, h.karim.account), h.claire.desk
			row.Play(s)
			s.Claire.UnderstandsAll()
		})
	}
}

// A Scene is one row's stage. What fails in it fails the row's test.
type Scene struct {
	*testing.T
	Hall *Hall
	// Claire and Karim are the staff, the phones their own devices on the
	// network, Desk Claire's room with the network's bot.
	Claire, Karim      *bridgetest.Actor
	Phone, KarimsPhone Person
	Desk               id.RoomID
}

// Join gives a new contact an account on the network.
func (s *Scene) Join(name string) Person {
	s.Helper()
	return s.Hall.network.Join(s.T, name)
}

// A Chat is a contact's direct chat with Claire.
type Chat struct {
	Contact Person
	// Ghost is the contact on the homeserver, Room the chat there.
	Ghost id.UserID
	Room  id.RoomID
	// Claire is the chat as the contact's device names it, Contact's Address as
	// Claire's does.
	Claire Address
	// Opening is the contact's first message, and as staff see it.
	Opening Message
	Opened  id.EventID
}

// Meets has a new contact write to Claire for the first time.
func (s *Scene) Meets(name string) *Chat {
	s.Helper()
	c := &Chat{Contact: s.Join(name), Claire: s.Phone.Address()}
	text := fmt.Sprintf("Bonjour, je suis %s, n° %s", name, c.Contact.Identity())
	c.Opening = c.Contact.Writes(c.Claire, text)
	heard := s.Claire.Waits("the first words of "+name, func(h bridgetest.Heard) bool { return h.Text == text })
	s.Encrypted(heard)
	c.Room, c.Opened, c.Ghost = heard.Room, heard.ID, s.Ghost(c.Contact)
	if heard.Sender != c.Ghost {
		s.Errorf("%s's words come from %s, want %s", name, heard.Sender, c.Ghost)
	}
	return c
}

// Ghost returns a contact on the homeserver.
func (s *Scene) Ghost(of Person) id.UserID {
	return s.Hall.world.UserID(s.Hall.network.Name() + "_" + of.Identity())
}

// ServerName is what comes after the colon in IDs.
func (h *Hall) ServerName() string { return h.world.ServerName() }

// Bot returns the network's bot.
func (s *Scene) Bot() id.UserID { return id.UserID(s.Hall.bridge.Bot(s.Hall.network.Name())) }

// Title is what people call the network.
func (s *Scene) Title() string { return s.Hall.network.Title() }

// Encrypted checks that what was heard came encrypted.
func (s *Scene) Encrypted(h bridgetest.Heard) bridgetest.Heard {
	s.Helper()
	if !h.WasEncrypted {
		s.Errorf("it came in the clear: %v", h)
	}
	return h
}

// Told waits until the bot says something that holds the words, encrypted.
func (s *Scene) Told(by *bridgetest.Actor, room id.RoomID, words string, since ...bridgetest.Mark) bridgetest.Heard {
	s.Helper()
	return s.Encrypted(by.Waits("the bot's words "+words, func(h bridgetest.Heard) bool {
		return h.Room == room && h.Sender == s.Bot() && h.IsMessage() && strings.Contains(h.Text, words)
	}, since...))
}

// Commands writes a command into a room and waits for the bot's answer.
func (s *Scene) Commands(room id.RoomID, command, answer string) bridgetest.Heard {
	s.Helper()
	mark := s.Claire.Mark()
	s.Claire.Says(room, "!"+s.Hall.network.Name()+" "+command)
	return s.Told(s.Claire, room, answer, mark)
}

// Says has Claire say something, and returns it as she and as the contact sees it.
func (s *Scene) Says(c *Chat, text string) (id.EventID, Shown) {
	s.Helper()
	said := s.Claire.Says(c.Room, text)
	return said, c.Contact.Shows(text, func(m Shown) bool { return m.Text == text })
}

// Becomes waits until the message is so on somebody's device.
func (s *Scene) Becomes(who Person, message Message, what string, so func(Shown) bool) Shown {
	s.Helper()
	return who.Shows(what, func(m Shown) bool { return m.ID == message && so(m) })
}

// NeedsFromHomeserver skips a row, or the rest of it, where the homeserver
// keeps to itself what an application service needs: Dendrite does so with
// redactions, receipts and typing.
func (s *Scene) NeedsFromHomeserver(what string) {
	s.Helper()
	if s.Hall.world.Kind() == bridgetest.Dendrite {
		s.Skipf("Dendrite tells application services of no %s; HOMESERVER=synapse plays this", what)
	}
}

// can returns a person as somebody who can do something, and skips the row when
// the network has nothing like it.
func can[Ability any](s *Scene, who Person) Ability {
	s.Helper()
	able, ok := who.(Ability)
	if !ok {
		s.Skipf("%s has nothing like it: %T", s.Title(), new(Ability))
	}
	return able
}

// seesLevels waits until a room's rights are so.
func (s *Scene) seesLevels(room id.RoomID, what string, so func(*event.PowerLevelsEventContent) bool) {
	s.Helper()
	_, err := s.Claire.Staff.SeesState(s.Context(), room, event.StatePowerLevels, "", func(e *event.Event) bool {
		return e != nil && so(e.Content.AsPowerLevels())
	})
	if err != nil {
		s.Fatalf("%s: %v", what, err)
	}
}
