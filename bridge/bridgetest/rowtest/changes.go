package rowtest

// changeRows are about messages that are changed, deleted and reacted to.
func changeRows() []Row {
	return []Row{
		{Holds: "a contact edits what staff have read", Play: contactEdits},
		{Holds: "staff edit what a contact has read", Play: staffEdit},
		{Holds: "a contact deletes a message", Play: contactDeletes},
		{Holds: "staff delete a message", Play: staffDelete},
		{Holds: "a contact reacts, thinks again and takes it back", Play: contactReacts},
		{Holds: "staff react and think again", Play: staffReact},
		{Holds: "staff take a reaction back", Play: staffTakeBack},
	}
}

func contactEdits(s *Scene) {
	c := s.Meets("Amina")
	editor := can[Editor](s, c.Contact)
	message := c.Contact.Writes(c.Claire, "Rendez-vous lundi")
	first := s.Claire.Hears(c.Room, "Rendez-vous lundi")
	for _, text := range []string{"Rendez-vous mardi", "Rendez-vous mercredi"} {
		editor.Edits(c.Claire, message, text)
		if edit := s.Encrypted(s.Claire.SeesEdit(c.Room, first.ID, text)); edit.Sender != c.Ghost {
			s.Errorf("the edit comes from %s", edit.Sender)
		}
	}
}

func staffEdit(s *Scene) {
	c := s.Meets("Amina")
	can[Editor](s, c.Contact)
	said, shown := s.Says(c, "Bonjour Amnia")
	s.Claire.Edits(c.Room, said, "Bonjour Amina")
	s.Becomes(c.Contact, shown.ID, "the edit", func(m Shown) bool { return m.Edited && m.Text == "Bonjour Amina" })
	s.Claire.Edits(c.Room, said, "Bonjour, Amina")
	s.Becomes(c.Contact, shown.ID, "the second edit", func(m Shown) bool { return m.Text == "Bonjour, Amina" })
}

func contactDeletes(s *Scene) {
	c := s.Meets("Amina")
	can[Deleter](s, c.Contact).Deletes(c.Claire, c.Opening)
	if deletion := s.Claire.SeesDeletion(c.Room, c.Opened); deletion.Sender != c.Ghost {
		s.Errorf("it is deleted by %s", deletion.Sender)
	}
}

func staffDelete(s *Scene) {
	s.NeedsFromHomeserver("deletions")
	c := s.Meets("Amina")
	said, shown := s.Says(c, "Ceci n’est pas pour vous")
	s.Claire.Deletes(c.Room, said)
	s.Becomes(c.Contact, shown.ID, "the deletion", func(m Shown) bool { return m.Deleted })
	// What was edited goes, too.
	said, shown = s.Says(c, "Ni ceci")
	s.Claire.Edits(c.Room, said, "Ni cela")
	s.Becomes(c.Contact, shown.ID, "the edit", func(m Shown) bool { return m.Edited })
	s.Claire.Deletes(c.Room, said)
	s.Becomes(c.Contact, shown.ID, "the deletion", func(m Shown) bool { return m.Deleted })
}

func contactReacts(s *Scene) {
	c := s.Meets("Amina")
	reactor := can[Reactor](s, c.Contact)
	said, shown := s.Says(c, "C’est fait")
	reactor.Reacts(c.Claire, shown.ID, "🎉")
	party := s.Claire.SeesReaction(c.Room, said, "🎉")
	if party.Sender != c.Ghost {
		s.Errorf("it comes from %s", party.Sender)
	}
	reactor.Reacts(c.Claire, shown.ID, "😀")
	smile := s.Claire.SeesReaction(c.Room, said, "😀")
	s.Claire.SeesDeletion(c.Room, party.ID)
	reactor.Reacts(c.Claire, shown.ID, "")
	s.Claire.SeesDeletion(c.Room, smile.ID)
	reactor.Reacts(c.Claire, c.Opening, "😀") // to one's own
	s.Claire.SeesReaction(c.Room, c.Opened, "😀")
}

func staffReact(s *Scene) {
	c := s.Meets("Amina")
	can[Reactor](s, c.Contact)
	first := s.Claire.Reacts(c.Room, c.Opened, "👍")
	s.Becomes(c.Contact, c.Opening, "the reaction", func(m Shown) bool { return m.Reactions[s.Phone.Address()] == "👍" })
	s.Claire.Reacts(c.Room, c.Opened, "🎉")
	s.Becomes(c.Contact, c.Opening, "another one", func(m Shown) bool { return m.Reactions[s.Phone.Address()] == "🎉" })
	s.Claire.SeesDeletion(c.Room, first) // the network keeps the newest
}

func staffTakeBack(s *Scene) {
	s.NeedsFromHomeserver("deletions")
	c := s.Meets("Amina")
	can[Reactor](s, c.Contact)
	reaction := s.Claire.Reacts(c.Room, c.Opened, "👍")
	s.Becomes(c.Contact, c.Opening, "the reaction", func(m Shown) bool { return m.Reactions[s.Phone.Address()] == "👍" })
	s.Claire.Deletes(c.Room, reaction)
	s.Becomes(c.Contact, c.Opening, "no reaction", func(m Shown) bool { return len(m.Reactions) == 0 })
}
