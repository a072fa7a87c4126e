package rowtest

import (
	"slices"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/bridge/bridgetest"
)

// whatWasBefore is what bridgev2 compares a change of members and rights with (bridgev2/portal.go, handleMatrixMembership).
const whatWasBefore = "state that was replaced (unsigned.prev_content)"

// groupOutRows are about groups that staff change in the room.
func groupOutRows() []Row {
	return []Row{
		{Holds: "staff change name, description and picture", Play: staffRename},
		{Holds: "staff add, promote and remove", Play: staffChangePeople},
		{Holds: "staff demote", Play: staffDemote},
		{Holds: "staff say who may write", Play: staffSilence},
		{Holds: "staff say who may change the group", Play: staffLock},
		{Holds: "staff leave a group", Play: staffLeave},
		{Holds: "staff make a group of a room", Play: staffMakeGroup},
	}
}

func staffRename(s *Scene) {
	g := founds(s, "Équipe")
	s.Claire.SetsState(g.room, event.StateRoomName, "", &event.RoomNameEventContent{Name: "Notre équipe"})
	s.Claire.SetsState(g.room, event.StateTopic, "", &event.TopicEventContent{Topic: "Qui travaille ici"})
	g.founder.SeesGroup(g.group, "renamed and described", func(now Group) bool { return now.Name == "Notre équipe" && now.Description == "Qui travaille ici" })
	uploaded, err := s.Claire.Client().UploadBytes(s.Context(), photo(s.T, 64, 64), "image/jpeg")
	if err != nil {
		s.Fatal(err)
	}
	s.Claire.SetsState(g.room, event.StateRoomAvatar, "", &event.RoomAvatarEventContent{URL: uploaded.ContentURI.CUString()})
	g.founder.SeesGroup(g.group, "with a picture", func(Group) bool { return len(g.founder.Picture(g.group)) > 0 })
	s.Claire.SetsState(g.room, event.StateRoomAvatar, "", &event.RoomAvatarEventContent{})
	g.founder.SeesGroup(g.group, "without a picture", func(Group) bool { return len(g.founder.Picture(g.group)) == 0 })
	s.Claire.SetsState(g.room, event.StateTopic, "", &event.TopicEventContent{})
	g.founder.SeesGroup(g.group, "not described", func(now Group) bool { return now.Description == "" && now.Name == "Notre équipe" })
}

// setsLevels changes the rights of a room as Claire.
func (g *circle) setsLevels(change func(*event.PowerLevelsEventContent)) {
	g.Helper()
	now := g.Claire.State(g.room, event.StatePowerLevels, "").Content.AsPowerLevels().Clone()
	change(now)
	g.Claire.SetsState(g.room, event.StatePowerLevels, "", now)
}

// setsMember changes who is in a room as Claire.
func (g *circle) setsMember(who id.UserID, to event.Membership) {
	g.Helper()
	g.Claire.SetsState(g.room, event.StateMember, who.String(), &event.MemberEventContent{Membership: to})
}

func staffChangePeople(s *Scene) {
	g := founds(s, "Équipe")
	d := s.Meets("Dora")
	if _, adds := s.Phone.(Host); adds {
		s.Claire.Invites(g.room, d.Ghost)
	} else {
		g.admin.Adds(g.group, d.Contact)
	}
	s.Claire.SeesMember(g.room, d.Ghost, event.MembershipJoin)
	g.founder.SeesGroup(g.group, "with Dora", func(now Group) bool { return slices.Contains(now.Members, d.Contact.Address()) })
	g.setsLevels(func(l *event.PowerLevelsEventContent) { l.SetUserLevel(d.Ghost, adminLevel) })
	g.founder.SeesGroup(g.group, "Dora an admin", func(now Group) bool { return slices.Contains(now.Admins, d.Contact.Address()) })
	g.setsMember(d.Ghost, event.MembershipLeave)
	g.founder.SeesGroup(g.group, "without Dora", func(now Group) bool { return !slices.Contains(now.Members, d.Contact.Address()) })
}

func staffDemote(s *Scene) {
	s.NeedsFromHomeserver(whatWasBefore)
	g := founds(s, "Équipe")
	ghost := g.Ghost(g.bilal)
	g.hears(g.bilal, "Me voici")
	g.setsLevels(func(l *event.PowerLevelsEventContent) { l.SetUserLevel(ghost, adminLevel) })
	g.founder.SeesGroup(g.group, "Bilal an admin", func(now Group) bool { return slices.Contains(now.Admins, g.bilal.Address()) })
	s.seesLevels(g.room, "Bilal an admin", func(l *event.PowerLevelsEventContent) bool { return l.GetUserLevel(ghost) == adminLevel })
	g.setsLevels(func(l *event.PowerLevelsEventContent) { l.SetUserLevel(ghost, memberLevel) })
	g.founder.SeesGroup(g.group, "Bilal no admin", func(now Group) bool { return !slices.Contains(now.Admins, g.bilal.Address()) })
}

func staffSilence(s *Scene) {
	g := founds(s, "Équipe")
	g.setsLevels(func(l *event.PowerLevelsEventContent) { l.EventsDefault = adminLevel })
	g.founder.SeesGroup(g.group, "for admins to write", func(now Group) bool { return now.Announce })
	g.setsLevels(func(l *event.PowerLevelsEventContent) { l.EventsDefault = memberLevel })
	if s.Hall.world.Kind() != bridgetest.Dendrite { // where it depends on the network whether that is known to be a change
		g.founder.SeesGroup(g.group, "for all to write", func(now Group) bool { return !now.Announce })
	}
}

func staffLock(s *Scene) {
	s.NeedsFromHomeserver(whatWasBefore)
	g := founds(s, "Équipe")
	g.setsLevels(func(l *event.PowerLevelsEventContent) { l.SetEventLevel(event.StateRoomName, adminLevel) })
	g.founder.SeesGroup(g.group, "locked", func(now Group) bool { return now.Locked })
	s.seesLevels(g.room, "wholly locked", func(l *event.PowerLevelsEventContent) bool { return l.GetEventLevel(event.StateTopic) == adminLevel })
}

func staffLeave(s *Scene) {
	can[Owner](s, s.Phone) // a bot stays for others when its owner leaves a room
	s.NeedsFromHomeserver(whatWasBefore)
	g := founds(s, "Équipe")
	s.Claire.Leaves(g.room)
	g.founder.SeesGroup(g.group, "without Claire", func(now Group) bool { return !slices.Contains(now.Members, s.Phone.Address()) })
}

func staffMakeGroup(s *Scene) {
	can[Host](s, s.Phone)
	c := s.Meets("Amina")
	founder := can[Founder](s, c.Contact)
	room := s.Claire.StartsRoom("Chorale de "+s.Name(), s.Bot())
	s.Claire.SetsState(room, event.StatePowerLevels, "", &event.PowerLevelsEventContent{Users: map[id.UserID]int{s.Claire.ID(): 100, s.Bot(): 100}})
	s.Claire.Invites(room, c.Ghost)
	s.Commands(room, "create-group", "This room is now the group")
	s.Claire.SeesMember(room, c.Ghost, event.MembershipJoin)
	s.Claire.Says(room, "La la la")
	shown := c.Contact.Shows("the song", func(m Shown) bool { return m.Text == "La la la" })
	founder.SeesGroup(shown.Chat, "the choir", func(now Group) bool {
		return now.Name == "Chorale de "+s.Name() && slices.Contains(now.Members, c.Contact.Address())
	})
	c.Contact.Writes(shown.Chat, "La !")
	s.Encrypted(s.Claire.Hears(room, "La !"))
}
