package rowtest

import "passerelle/bridge/bridgetest"

// presenceRows are about what people see of each other beside messages.
func presenceRows() []Row {
	return []Row{
		{Holds: "staff see that a contact types", Play: contactTypes},
		{Holds: "a contact sees that staff type", Play: staffType},
		{Holds: "staff see that a contact has read", Play: contactReads},
		{Holds: "a contact sees that staff have read", Play: staffRead},
		{Holds: "what is read on the own device is read", Play: ownDeviceReads},
	}
}

func contactTypes(s *Scene) {
	s.NeedsFromHomeserver("typing")
	c := s.Meets("Amina")
	typist := can[Typist](s, c.Contact)
	if watcher, ok := c.Contact.(Watcher); ok { // a network may tell of typing only those whom it knows to be there
		watcher.Opens(c.Claire)
		s.Claire.Types(c.Room, true)
		watcher.SeesTyping(c.Claire, true)
		s.Claire.Types(c.Room, false)
	}
	for _, begin := range []func(){func() { typist.Types(c.Claire, true) }, func() { typist.Records(c.Claire) }} {
		begin()
		s.Claire.SeesTyping(c.Room, c.Ghost, true)
		typist.Types(c.Claire, false)
		s.Claire.SeesTyping(c.Room, c.Ghost, false)
	}
}

func staffType(s *Scene) {
	s.NeedsFromHomeserver("typing")
	c := s.Meets("Amina")
	watcher := can[Watcher](s, c.Contact)
	watcher.Opens(c.Claire)
	s.Claire.Types(c.Room, true)
	watcher.SeesTyping(c.Claire, true)
	s.Claire.Types(c.Room, false)
	watcher.SeesTyping(c.Claire, false)
}

func contactReads(s *Scene) {
	c := s.Meets("Amina")
	reader := can[Reader](s, c.Contact)
	said, shown := s.Says(c, "Vous me lisez ?")
	reader.Reads(c.Claire, shown.ID)
	s.Claire.SeesRead(c.Room, c.Ghost, said)
	voice := s.Claire.Attaches(c.Room, voiceOut("Mot de Claire"))
	note := c.Contact.Shows("the voice note", func(m Shown) bool { return m.Kind == Voice })
	reader.Listens(c.Claire, note.ID)
	s.Claire.SeesRead(c.Room, c.Ghost, voice)
}

func staffRead(s *Scene) {
	s.NeedsFromHomeserver("receipts")
	c := s.Meets("Amina")
	can[Reader](s, c.Contact)
	second := c.Contact.Writes(c.Claire, "Allô ?")
	s.Claire.Reads(c.Room, s.Claire.Hears(c.Room, "Allô ?").ID)
	for _, message := range []Message{c.Opening, second} {
		s.Becomes(c.Contact, message, "that it is read", func(m Shown) bool { return m.Read[s.Phone.Address()] })
	}
}

func ownDeviceReads(s *Scene) {
	c := s.Meets("Amina")
	reader := can[Reader](s, s.Phone)
	s.Becomes(s.Phone, c.Opening, "the message", func(Shown) bool { return true })
	reader.Reads(c.Contact.Address(), c.Opening)
	s.Claire.SeesRead(c.Room, s.Claire.ID(), c.Opened)
	if s.Hall.world.Kind() == bridgetest.Dendrite { // which tells application services of no receipts
		return
	}
	asked := c.Contact.Writes(c.Claire, "Et ceci ?")
	s.Claire.Reads(c.Room, s.Claire.Hears(c.Room, "Et ceci ?").ID)
	s.Becomes(s.Phone, asked, "that it is read", func(m Shown) bool { return m.Seen })
}
