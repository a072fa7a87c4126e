package rowtest

import (
	"bytes"
	"slices"
	"strconv"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/bridge/bridgetest"
)

// groupRows are about groups that change on people's devices.
func groupRows() []Row {
	return []Row{
		{Holds: "a group is one room for all staff in it", Play: groupIsOneRoom},
		{Holds: "a member of staff who is added later reads what follows", Play: staffAddedLater},
		{Holds: "name, description and picture change on the devices", Play: groupIsRenamed},
		{Holds: "people come, go and rise on the devices", Play: groupPeopleChange},
		{Holds: "who may write and change is as on the devices", Play: groupRights},
		{Holds: "an admin deletes what others wrote, and nobody else does", Play: adminDeletes},
		{Holds: "staff who are admins delete what others wrote", Play: staffDeleteOthers},
		{Holds: "members react, edit and answer in a group", Play: groupTalk},
		{Holds: "a group's timer is one for all", Play: groupTimer},
		{Holds: "staff see who has read in a group", Play: groupReads},
		{Holds: "members see that staff type in a group", Play: groupTyping},
		{Holds: "members see who reads and types in a group", Play: groupPresence},
	}
}

// A circle is a group of Claire and two contacts.
type circle struct {
	*Scene
	amina, bilal Person
	founder      Founder // Amina
	admin        Founder // who made it: Claire on her own device, or Amina
	group        Address
	room         id.RoomID
}

// founds has Claire make a group on her device, in which somebody writes. Where her account has none, a contact makes it, adds that
// account and makes it an admin.
func founds(s *Scene, name string, others ...Person) *circle {
	s.Helper()
	g := &circle{Scene: s, amina: s.Join("Amina"), bilal: s.Join("Bilal")}
	g.founder = can[Founder](s, g.amina)
	if _, owner := s.Phone.(Owner); owner {
		g.admin = can[Founder](s, s.Phone)
		g.group = g.admin.Founds(name, append([]Person{g.amina, g.bilal}, others...)...)
	} else {
		g.admin = g.founder
		g.group = g.admin.Founds(name, append([]Person{s.Phone, g.bilal}, others...)...)
		g.admin.Promotes(g.group, s.Phone)
	}
	g.room = g.hears(g.amina, "Bonjour à tous, "+s.Name()).Room
	return g
}

// hears has a member write, and returns it as Claire sees it.
func (g *circle) hears(from Person, text string) bridgetest.Heard {
	g.Helper()
	from.Writes(g.group, text)
	return g.Encrypted(g.Claire.Waits(text, func(h bridgetest.Heard) bool { return h.Text == text && h.Sender == g.Ghost(from) }))
}

// levels are the rights of admins and members.
const (
	adminLevel  = 50
	memberLevel = 0
)

func groupIsOneRoom(s *Scene) {
	can[Neighbour](s, s.KarimsPhone)
	g := founds(s, "Voisins", s.KarimsPhone)
	first := s.Karim.Hears(g.room, "Bonjour à tous, "+s.Name())
	s.Encrypted(first)
	if name := s.Claire.RoomName(g.room); name != "Voisins" {
		s.Errorf("the room is called %q", name)
	}
	s.Claire.Says(g.room, "Bonjour Amina")
	g.amina.Shows("Claire's words", func(m Shown) bool { return m.Text == "Bonjour Amina" && m.From == s.Phone.Address() })
	if heard := s.Karim.Hears(g.room, "Bonjour Amina"); heard.Sender != s.Claire.ID() {
		s.Errorf("Karim sees it from %s", heard.Sender)
	}
	s.Karim.Says(g.room, "Ici Karim")
	g.amina.Shows("Karim's words", func(m Shown) bool { return m.Text == "Ici Karim" && m.From == s.KarimsPhone.Address() })
	s.Claire.Hears(g.room, "Ici Karim")
	g.hears(g.bilal, "fin")
	want := []string{"Bonjour à tous, " + s.Name(), "Bonjour Amina", "Ici Karim", "fin"}
	if got := s.Claire.Texts(g.room); !slices.Equal(got, want) {
		s.Errorf("the room holds %q, want %q", got, want)
	}
}

func staffAddedLater(s *Scene) {
	can[Neighbour](s, s.KarimsPhone)
	g := founds(s, "Voisins")
	g.admin.Adds(g.group, s.KarimsPhone)
	s.Karim.SeesMember(g.room, s.Karim.ID(), event.MembershipJoin)
	g.hears(g.amina, "avec Karim")
	s.Encrypted(s.Karim.Hears(g.room, "avec Karim"))
	s.Karim.Says(g.room, "me voilà")
	g.amina.Shows("Karim's words", func(m Shown) bool { return m.Text == "me voilà" })
	s.Claire.Hears(g.room, "me voilà")
}

// seesText waits until a state event's only field is as given.
func (g *circle) seesText(kind event.Type, field, want string) {
	g.Helper()
	g.Claire.SeesState(g.room, kind, "", func(e *event.Event) bool {
		if e == nil {
			return want == ""
		}
		got, _ := e.Content.Raw[field].(string)
		return got == want
	})
}

func groupIsRenamed(s *Scene) {
	g := founds(s, "Équipe")
	g.founder.Renames(g.group, "Notre équipe")
	g.seesText(event.StateRoomName, "name", "Notre équipe")
	g.founder.Describes(g.group, "Qui travaille ici") // which may be known with the next change only
	picture := photo(s.T, 64, 64)
	g.founder.Pictures(g.group, picture)
	g.seesText(event.StateTopic, "topic", "Qui travaille ici")
	avatar := s.Claire.SeesState(g.room, event.StateRoomAvatar, "", func(e *event.Event) bool {
		return e != nil && e.Content.AsRoomAvatar().URL != ""
	}).Content.AsRoomAvatar()
	uri, err := avatar.URL.Parse()
	if err != nil {
		s.Fatal(err)
	}
	if data, err := s.Claire.Client().DownloadBytes(s.Context(), uri); err != nil || !bytes.Equal(data, picture) {
		s.Errorf("the room's picture is another: %v", err)
	}
	g.founder.Pictures(g.group, nil)
	g.seesText(event.StateRoomAvatar, "url", "")
}

func groupPeopleChange(s *Scene) {
	g := founds(s, "Équipe")
	dora := s.Join("Dora")
	g.admin.Adds(g.group, dora)
	s.Claire.SeesMember(g.room, s.Ghost(dora), event.MembershipJoin)
	g.admin.Promotes(g.group, dora)
	s.seesLevels(g.room, "Dora an admin", func(l *event.PowerLevelsEventContent) bool { return l.GetUserLevel(s.Ghost(dora)) == adminLevel })
	g.admin.Demotes(g.group, dora)
	s.seesLevels(g.room, "Dora no admin", func(l *event.PowerLevelsEventContent) bool { return l.GetUserLevel(s.Ghost(dora)) == memberLevel })
	g.admin.Removes(g.group, dora)
	s.Claire.SeesState(g.room, event.StateMember, s.Ghost(dora).String(), func(e *event.Event) bool { // a network may keep whom it removes out
		return e != nil && (e.Content.AsMember().Membership == event.MembershipLeave || e.Content.AsMember().Membership == event.MembershipBan)
	})
	can[Founder](s, g.bilal).Leaves(g.group)
	s.Claire.SeesMember(g.room, s.Ghost(g.bilal), event.MembershipLeave)
	g.hears(g.amina, "Nous voilà deux")
	if _, owner := s.Phone.(Owner); !owner { // the room of a bot that is out is its owner's still
		return
	}
	// Whom others remove is out of the room.
	g.admin.Promotes(g.group, g.amina)
	g.founder.Removes(g.group, s.Phone)
	s.Claire.SeesMember(g.room, s.Claire.ID(), event.MembershipLeave)
}

func groupRights(s *Scene) {
	g := founds(s, "Équipe")
	count := 0
	changes := func() { // a network may tell of rights with the next change only
		count++
		g.admin.Renames(g.group, "Équipe "+strconv.Itoa(count))
	}
	g.admin.Announces(g.group, true)
	changes()
	s.seesLevels(g.room, "admins write", func(l *event.PowerLevelsEventContent) bool { return l.EventsDefault == adminLevel })
	g.admin.Announces(g.group, false)
	changes()
	s.seesLevels(g.room, "all write", func(l *event.PowerLevelsEventContent) bool { return l.EventsDefault == memberLevel })
	g.admin.Locks(g.group, true)
	changes()
	s.seesLevels(g.room, "locked", func(l *event.PowerLevelsEventContent) bool { return l.GetEventLevel(event.StateTopic) == adminLevel })
	g.admin.Locks(g.group, false)
	changes()
	s.seesLevels(g.room, "unlocked", func(l *event.PowerLevelsEventContent) bool { return l.GetEventLevel(event.StateTopic) == memberLevel })
}

func adminDeletes(s *Scene) {
	can[Deleter](s, s.Phone)
	g := founds(s, "Équipe")
	amina, bilal := can[Deleter](s, g.amina), can[Deleter](s, g.bilal)
	bilals := g.bilal.Writes(g.group, "de Bilal")
	heard := s.Claire.Hears(g.room, "de Bilal")
	aminas := g.amina.Writes(g.group, "d’Amina")
	kept := s.Claire.Hears(g.room, "d’Amina")
	s.Becomes(g.bilal, aminas, "Amina's words", func(Shown) bool { return true })
	s.Becomes(g.amina, bilals, "Bilal's words", func(Shown) bool { return true })
	bilal.Deletes(g.group, aminas) // who is no admin
	g.admin.Promotes(g.group, g.amina)
	amina.Deletes(g.group, bilals)
	s.Claire.SeesDeletion(g.room, heard.ID)
	g.hears(g.amina, "fin")
	for _, h := range s.Claire.Log(g.room) {
		if h.Deletes == kept.ID {
			s.Error("Bilal deleted what Amina wrote")
		}
	}
}

func staffDeleteOthers(s *Scene) {
	s.NeedsFromHomeserver("deletions")
	g := founds(s, "Équipe") // where Claire is an admin
	bilals := g.bilal.Writes(g.group, "de Bilal")
	heard := s.Claire.Hears(g.room, "de Bilal")
	s.Becomes(g.amina, bilals, "Bilal's words", func(Shown) bool { return true })
	s.Claire.Deletes(g.room, heard.ID)
	s.Becomes(g.amina, bilals, "the deletion", func(m Shown) bool { return m.Deleted })
}

func groupTalk(s *Scene) {
	g := founds(s, "Équipe")
	message := g.amina.Writes(g.group, "On mnage ?")
	heard := s.Claire.Hears(g.room, "On mnage ?")
	s.Becomes(g.bilal, message, "Amina's words", func(Shown) bool { return true })
	if reactor, ok := g.bilal.(Reactor); ok {
		reactor.Reacts(g.group, message, "🎉")
		if seen := s.Claire.SeesReaction(g.room, heard.ID, "🎉"); seen.Sender != s.Ghost(g.bilal) {
			s.Errorf("it comes from %s", seen.Sender)
		}
		s.Claire.Reacts(g.room, heard.ID, "👍")
		s.Becomes(g.bilal, message, "Claire's reaction", func(m Shown) bool { return m.Reactions[s.Phone.Address()] == "👍" })
	}
	if editor, ok := g.amina.(Editor); ok {
		editor.Edits(g.group, message, "On mange ?")
		s.Claire.SeesEdit(g.room, heard.ID, "On mange ?")
	}
	g.bilal.Answers(g.group, message, "Oui")
	if answer := s.Claire.Hears(g.room, "Oui"); answer.RepliesTo != heard.ID {
		s.Errorf("it answers %s", answer.RepliesTo)
	}
	s.Claire.Replies(g.room, heard.ID, "Moi aussi")
	g.amina.Shows("Claire's answer", func(m Shown) bool { return m.Text == "Moi aussi" && m.Answers == message })
}

func groupTimer(s *Scene) {
	can[Timekeeper](s, s.Phone)
	g := founds(s, "Équipe")
	const week = 7 * 24 * 3600e9
	can[Timekeeper](s, g.amina).SetsTimer(g.group, week)
	s.Claire.SeesState(g.room, event.StateBeeperDisappearingTimer, "", isTimer(week))
	s.Claire.Says(g.room, "Une semaine")
	g.bilal.Shows("Claire's words", func(m Shown) bool { return m.Text == "Une semaine" && m.Expires == week })
	s.Commands(g.room, "timer off", "no longer disappear")
	g.founder.SeesGroup(g.group, "no timer", func(now Group) bool { return now.Timer == 0 })
}

func groupReads(s *Scene) {
	can[Reader](s, s.Phone)
	g := founds(s, "Équipe")
	reader := can[Reader](s, g.amina)
	said := s.Claire.Says(g.room, "Lu ?")
	shown := g.amina.Shows("Claire's words", func(m Shown) bool { return m.Text == "Lu ?" })
	reader.Reads(g.group, shown.ID)
	s.Claire.SeesRead(g.room, s.Ghost(g.amina), said)
}

func groupTyping(s *Scene) {
	s.NeedsFromHomeserver("typing")
	g := founds(s, "Équipe")
	watcher := can[Watcher](s, g.amina)
	s.Claire.Types(g.room, true)
	watcher.SeesTyping(g.group, true)
	s.Claire.Types(g.room, false)
	watcher.SeesTyping(g.group, false)
}

func groupPresence(s *Scene) {
	s.NeedsFromHomeserver("receipts and typing")
	can[Typist](s, s.Phone)
	g := founds(s, "Équipe")
	typist := can[Typist](s, g.amina)
	can[Reader](s, g.bilal)
	asked := g.bilal.Writes(g.group, "Et vous ?")
	s.Claire.Reads(g.room, s.Claire.Hears(g.room, "Et vous ?").ID)
	s.Becomes(g.bilal, asked, "that Claire has read it", func(m Shown) bool { return m.Read[s.Phone.Address()] })
	typist.Types(g.group, true)
	s.Claire.SeesTyping(g.room, s.Ghost(g.amina), true)
	typist.Types(g.group, false)
	s.Claire.SeesTyping(g.room, s.Ghost(g.amina), false)
}
