package rowtest

import (
	"slices"
	"strings"

	"maunium.net/go/mautrix/event"

	"passerelle/bridge/bridgetest"
)

// kindRows are about what is neither words nor a file.
func kindRows() []Row {
	return []Row{
		{Holds: "places come and go", Play: placesComeAndGo},
		{Holds: "contact cards come and go", Play: cardsComeAndGo},
		{Holds: "a contact's poll comes", Play: contactAsks},
		{Holds: "a contact's poll is voted in on both sides", Play: contactsPoll},
		{Holds: "a contact votes in a poll of staff", Play: staffsPoll},
		{Holds: "staff vote in a poll of their own", Play: staffVote},
	}
}

func placesComeAndGo(s *Scene) {
	c := s.Meets("Amina")
	can[Guide](s, c.Contact).SendsPlace(c.Claire, Place{53.5, 9.9, "Le port"})
	heard := s.Claire.Waits("the place", func(h bridgetest.Heard) bool { return h.Room == c.Room && h.MsgType == event.MsgLocation })
	if content := s.Encrypted(heard).Message(); content.GeoURI != "geo:53.5,9.9" || !strings.HasPrefix(content.Body, "Le port") {
		s.Errorf("it comes as %+v", content)
	}
	s.Claire.Sends(c.Room, event.EventMessage, &event.MessageEventContent{MsgType: event.MsgLocation, Body: "Le café", GeoURI: "geo:48.85,2.35;u=20"})
	shown := c.Contact.Shows("the place", func(m Shown) bool { return m.Place != nil && !m.Mine })
	if *shown.Place != (Place{48.85, 2.35, "Le café"}) {
		s.Errorf("Amina's device shows %+v", shown.Place)
	}
}

const card = "BEGIN:VCARD\r\nVERSION:3.0\r\nN:Roux;Dan;;;\r\nFN:Dan Roux\r\nTEL:+33 1 99 00 12 34\r\nEND:VCARD"

func cardsComeAndGo(s *Scene) {
	c := s.Meets("Amina")
	can[Introducer](s, c.Contact).SendsCard(c.Claire, Card{"Dan Roux", card})
	heard := s.Claire.Waits("the card", func(h bridgetest.Heard) bool { return h.Room == c.Room && h.MsgType == event.MsgFile })
	if text := s.Encrypted(heard).Text; text != "Dan Roux\n+33 1 99 00 12 34" {
		s.Errorf("it comes as %q", text)
	}
	if data := s.Claire.Downloads(heard); strings.TrimSpace(string(data)) != card {
		s.Errorf("it holds %q", data)
	}
	s.Claire.Attaches(c.Room, bridgetest.Attachment{Name: "roux.vcf", MimeType: "text/vcard", Data: []byte(card)})
	shown := c.Contact.Shows("the card", func(m Shown) bool { return m.Card != nil && !m.Mine })
	if shown.Card.Name != "Dan Roux" || shown.Card.VCard != card {
		s.Errorf("Amina's device shows %+v", shown.Card)
	}
}

// votes waits until somebody's vote in a poll is as given.
func (s *Scene) votes(who Person, poll Message, voter Address, options ...string) {
	s.Helper()
	s.Becomes(who, poll, "the vote for "+strings.Join(options, " and "), func(m Shown) bool {
		return slices.Equal(slices.Sorted(slices.Values(m.Votes[voter])), options)
	})
}

// seesVote waits until staff see what a contact chose, by the answers' identifiers.
func (s *Scene) seesVote(c *Chat, poll bridgetest.Heard, answers ...string) {
	s.Helper()
	s.Claire.Waits("the vote", func(h bridgetest.Heard) bool {
		vote, ok := h.Event.Content.Parsed.(*event.PollResponseEventContent)
		return ok && h.Sender == c.Ghost && h.WasEncrypted && vote.RelatesTo.EventID == poll.ID && slices.Equal(vote.Response.Answers, answers)
	})
}

// vote has staff vote.
func (s *Scene) vote(c *Chat, poll bridgetest.Heard, answers ...string) {
	s.Helper()
	s.Claire.Sends(c.Room, event.EventUnstablePollResponse, voteFor(poll, answers...))
}

func voteFor(poll bridgetest.Heard, answers ...string) *event.PollResponseEventContent {
	return &event.PollResponseEventContent{
		RelatesTo: event.RelatesTo{Type: event.RelReference, EventID: poll.ID}, Response: event.PollResponse{Answers: answers}}
}

func contactAsks(s *Scene) {
	c := s.Meets("Amina")
	s.asks(c, can[Asker](s, c.Contact))
}

// asks has a contact start a poll, and returns it as the contact and as staff see it.
func (s *Scene) asks(c *Chat, asker Asker) (asked Message, poll bridgetest.Heard, answers []event.PollOption) {
	s.Helper()
	asked = asker.Asks(c.Claire, Poll{Question: "Quel jour ?", Options: []string{"lundi", "mardi", "jeudi"}, Any: true})
	poll = s.Encrypted(s.Claire.Waits("the poll", func(h bridgetest.Heard) bool { return h.Room == c.Room && h.Type == event.EventUnstablePollStart }))
	start, ok := poll.Event.Content.Parsed.(*event.PollStartEventContent)
	if !ok || len(start.PollStart.Answers) != 3 || start.PollStart.MaxSelections != 3 || start.PollStart.Question.Text != "Quel jour ?" {
		s.Fatalf("it comes as %+v", poll.Event.Content.Parsed)
	}
	return asked, poll, start.PollStart.Answers
}

func contactsPoll(s *Scene) {
	can[Elector](s, s.Phone)
	c := s.Meets("Amina")
	asker, voter := can[Asker](s, c.Contact), can[Voter](s, c.Contact)
	asked, poll, answers := s.asks(c, asker)
	lundi, jeudi := answers[0].ID, answers[2].ID
	voter.Votes(c.Claire, asked, "lundi", "jeudi")
	s.seesVote(c, poll, lundi, jeudi)
	s.vote(c, poll, lundi, jeudi)
	s.votes(c.Contact, asked, s.Phone.Address(), "jeudi", "lundi")
	s.vote(c, poll, jeudi)
	s.votes(c.Contact, asked, s.Phone.Address(), "jeudi")
	voter.Votes(c.Claire, asked)
	s.seesVote(c, poll)
}

func staffsPoll(s *Scene) {
	c := s.Meets("Amina")
	voter := can[Voter](s, c.Contact)
	poll, shown := s.staffAsk(c)
	voter.Votes(c.Claire, shown.ID, "14 h")
	s.seesVote(c, poll, "b")
	voter.Votes(c.Claire, shown.ID)
	s.seesVote(c, poll)
}

func staffVote(s *Scene) {
	can[Elector](s, s.Phone)
	c := s.Meets("Amina")
	poll, shown := s.staffAsk(c)
	s.vote(c, poll, "a")
	s.votes(c.Contact, shown.ID, s.Phone.Address(), "9 h")
}

// staffAsk has staff start a poll, and returns it as they and as the contact see it.
func (s *Scene) staffAsk(c *Chat) (bridgetest.Heard, Shown) {
	s.Helper()
	poll := bridgetest.Heard{ID: s.Claire.Sends(c.Room, event.EventUnstablePollStart, question())}
	shown := c.Contact.Shows("the poll", func(m Shown) bool { return m.Poll != nil && !m.Mine })
	if shown.Text != "Quelle heure ?" || !slices.Equal(shown.Poll.Options, []string{"9 h", "14 h"}) || shown.Poll.Any {
		s.Errorf("Amina's device shows %+v", shown.Poll)
	}
	return poll, shown
}

// question is a poll as staff start it.
func question() *event.PollStartEventContent {
	return &event.PollStartEventContent{PollStart: event.PollStart{Kind: "org.matrix.msc3381.poll.disclosed", MaxSelections: 1,
		Question: event.MSC1767Message{Text: "Quelle heure ?"}, Answers: []event.PollOption{
			{ID: "a", MSC1767Message: event.MSC1767Message{Text: "9 h"}}, {ID: "b", MSC1767Message: event.MSC1767Message{Text: "14 h"}}}}}
}
