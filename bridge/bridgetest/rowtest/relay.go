package rowtest

import (
	"strings"

	"maunium.net/go/mautrix/event"

	"passerelle/bridge/bridgetest"
)

// relayRows are about staff who write through somebody else's account.
func relayRows() []Row {
	return []Row{
		{Holds: "a colleague writes under a name", Play: colleagueWrites},
		{Holds: "the newest reaction stands, and the other one is said", Play: colleagueReacts},
		{Holds: "a colleague's place carries a name", Play: colleagueIsThere},
		{Holds: "a colleague's poll carries a name, and votes are said", Play: colleagueAsks},
	}
}

// colleagues lets Karim into Claire's chat, who writes there through her account.
func (s *Scene) colleagues() *Chat {
	s.Helper()
	c := s.Meets("Amina")
	if _, ok := s.Phone.(Owner); ok { // it is hers alone until she says so
		s.Commands(c.Room, "set-relay", "goes out through")
	}
	s.Claire.Invites(c.Room, s.Karim.ID())
	s.Karim.Joins(c.Room)
	s.Claire.SeesMember(c.Room, s.Karim.ID(), event.MembershipJoin)
	s.Karim.Sees(c.Room, s.Claire.Says(c.Room, "Bienvenue, Karim"))
	return c
}

// named is how a contact's device shows the name before what a colleague writes.
func (s *Scene) named(c *Chat, who string) string {
	s.Helper()
	return can[Stylist](s, c.Contact).Spells(Words{who, Bold}) + ":"
}

func colleagueWrites(s *Scene) {
	c := s.colleagues()
	karim := s.named(c, "karim")
	said := s.Karim.Says(c.Room, "Je prends la suite")
	shown := c.Contact.Shows("Karim's words", func(m Shown) bool { return m.Text == karim+" Je prends la suite" })
	s.Karim.Edits(c.Room, said, "Je prends le relais")
	s.Becomes(c.Contact, shown.ID, "Karim's edit", func(m Shown) bool { return m.Text == karim+" Je prends le relais" })
	s.Karim.Sends(c.Room, event.EventMessage, &event.MessageEventContent{MsgType: event.MsgEmote, Body: "salue"})
	deed := strings.TrimSuffix(karim, ":") + " salue"
	c.Contact.Shows("what Karim does", func(m Shown) bool { return m.Text == deed })
	c.Contact.Answers(c.Claire, shown.ID, "Merci à vous deux")
	if heard := s.Karim.Hears(c.Room, "Merci à vous deux"); heard.RepliesTo != said {
		s.Errorf("it answers %s, want %s", heard.RepliesTo, said)
	}
	s.Claire.Says(c.Room, "Et moi aussi")
	c.Contact.Shows("Claire's words", func(m Shown) bool { return m.Text == "Et moi aussi" })
}

func colleagueReacts(s *Scene) {
	c := s.colleagues()
	can[Reactor](s, c.Contact)
	stands := func(emoji string) {
		s.Helper()
		s.Becomes(c.Contact, c.Opening, emoji, func(m Shown) bool { return m.Reactions[s.Phone.Address()] == emoji })
	}
	said := func(who, emoji string) {
		s.Helper()
		line := s.named(c, who) + " " + emoji
		c.Contact.Shows("in text: "+line, func(m Shown) bool { return strings.HasPrefix(m.Text, line) && m.Answers == c.Opening })
	}
	s.Claire.Reacts(c.Room, c.Opened, "👍")
	stands("👍")
	s.Karim.Reacts(c.Room, c.Opened, "🎉")
	stands("🎉")
	said("claire", "👍")
	s.Claire.Reacts(c.Room, c.Opened, "🙏")
	stands("🙏")
	said("karim", "🎉")
}

func colleagueIsThere(s *Scene) {
	c := s.colleagues()
	can[Guide](s, c.Contact)
	place := s.Karim.Sends(c.Room, event.EventMessage, &event.MessageEventContent{MsgType: event.MsgLocation, Body: "Le café", GeoURI: "geo:48.85,2.35"})
	karim := s.named(c, "karim")
	c.Contact.Shows("whose place it is", func(m Shown) bool { return m.Text == karim })
	shown := c.Contact.Shows("the place", func(m Shown) bool { return m.Place != nil })
	c.Contact.Answers(c.Claire, shown.ID, "J’y suis")
	if heard := s.Karim.Hears(c.Room, "J’y suis"); heard.RepliesTo != place {
		s.Errorf("it answers %s, want %s", heard.RepliesTo, place)
	}
}

func colleagueAsks(s *Scene) {
	c := s.colleagues()
	can[Asker](s, c.Contact)
	poll := bridgetest.Heard{ID: s.Karim.Sends(c.Room, event.EventUnstablePollStart, question())}
	asked := c.Contact.Shows("Karim's poll", func(m Shown) bool { return m.Poll != nil && m.Text == "karim: Quelle heure ?" })
	can[Voter](s, c.Contact).Votes(c.Claire, asked.ID, "9 h")
	s.seesVote(c, poll, "a")
	s.Karim.Sends(c.Room, event.EventUnstablePollResponse, voteFor(poll, "b"))
	karim := s.named(c, "karim")
	c.Contact.Shows("Karim's vote", func(m Shown) bool {
		return strings.HasPrefix(m.Text, karim) && strings.HasSuffix(m.Text, "14 h") && m.Answers == asked.ID
	})
}
