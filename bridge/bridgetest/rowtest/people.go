package rowtest

import (
	"bytes"

	"maunium.net/go/mautrix/event"

	"passerelle/bridge/bridgetest"
)

// peopleRows are about who is who.
func peopleRows() []Row {
	return []Row{
		{Holds: "staff start a chat by inviting a contact", Play: staffInvite},
		{Holds: "a contact's name and picture are shown, and change", Play: faceIsShown},
		{Holds: "in a group and alone, a contact is one person", Play: onePerson},
		{Holds: "two contacts of one name are two people", Play: twoPeople},
		{Holds: "two members of staff have a room each with one contact", Play: roomsOfTheirOwn},
	}
}

func staffInvite(s *Scene) {
	c := s.Join("Amina")
	can[Reachable](s, c)
	room := s.Claire.StartsChatWith(s.Ghost(c))
	s.Told(s.Claire, room, "now shows the "+s.Title()+" chat")
	s.Claire.Says(room, "Bonjour Amina")
	c.Shows("Claire's words", func(m Shown) bool { return m.Text == "Bonjour Amina" })
	c.Writes(s.Phone.Address(), "Bonjour")
	s.Encrypted(s.Claire.Hears(room, "Bonjour"))
}

func faceIsShown(s *Scene) {
	amina := s.Join("Amina")
	performer := can[Performer](s, amina)
	picture := photo(s.T, 64, 64)
	performer.ChangesPicture(picture)
	amina.Writes(s.Phone.Address(), "Me voici")
	heard := s.Claire.Waits("her words", func(h bridgetest.Heard) bool { return h.Text == "Me voici" && h.Sender == s.Ghost(amina) })
	member := s.Claire.SeesState(heard.Room, event.StateMember, heard.Sender.String(), func(e *event.Event) bool {
		return e != nil && e.Content.AsMember().AvatarURL != ""
	}).Content.AsMember()
	uri, err := member.AvatarURL.Parse()
	if err != nil {
		s.Fatal(err)
	}
	if data, err := s.Claire.Client().DownloadBytes(s.Context(), uri); err != nil || !bytes.Equal(data, picture) {
		s.Errorf("her picture is another: %v", err)
	}
	performer.ChangesName("Amina B.")
	amina.Writes(s.Phone.Address(), "Mariée !")
	s.Claire.Hears(heard.Room, "Mariée !")
	// By the event, not by the state that her client holds: Synapse lets the change of name fork from the message, and then
	// repeats in "state" what was before both (MSC4222 is about that).
	s.Claire.Waits("her new name", func(h bridgetest.Heard) bool {
		return h.Room == heard.Room && h.Type == event.StateMember && *h.StateKey == heard.Sender.String() &&
			h.Event.Content.AsMember().Displayname == "Amina B. ("+s.Title()+")"
	})
}

func onePerson(s *Scene) {
	g := founds(s, "Équipe")
	g.amina.Writes(s.Phone.Address(), "Entre nous")
	alone := s.Claire.Waits("her words", func(h bridgetest.Heard) bool { return h.Text == "Entre nous" && h.Sender == s.Ghost(g.amina) })
	if alone.Room == g.room {
		s.Error("what she says to Claire alone is in the group's room")
	}
	if inGroup := g.hears(g.amina, "À tous"); inGroup.Sender != alone.Sender || inGroup.Room != g.room {
		s.Errorf("in the group she is %v", inGroup)
	}
}

func twoPeople(s *Scene) {
	first, second := s.Meets("Ali"), s.Meets("Ali")
	if first.Room == second.Room || first.Ghost == second.Ghost {
		s.Error("they are one")
	}
	s.Claire.Says(first.Room, "à l’un")
	s.Claire.Says(second.Room, "à l’autre")
	first.Contact.Shows("his words", func(m Shown) bool { return m.Text == "à l’un" })
	second.Contact.Shows("his words", func(m Shown) bool { return m.Text == "à l’autre" })
	for _, m := range append(first.Contact.Screen(), second.Contact.Screen()...) {
		if m.Chat != s.Phone.Address() {
			s.Errorf("somebody reads what is not for him: %+v", m)
		}
	}
}

func roomsOfTheirOwn(s *Scene) {
	c := s.Meets("Amina")
	c.Contact.Writes(s.KarimsPhone.Address(), "Bonjour Karim")
	karims := s.Karim.Waits("her words", func(h bridgetest.Heard) bool { return h.Text == "Bonjour Karim" && h.Sender == c.Ghost })
	if karims.Room == c.Room {
		s.Error("Claire reads what Amina writes to Karim")
	}
	s.Karim.Says(karims.Room, "Bonjour, ici Karim")
	c.Contact.Shows("Karim's words", func(m Shown) bool { return m.Text == "Bonjour, ici Karim" && m.Chat == s.KarimsPhone.Address() })
}
