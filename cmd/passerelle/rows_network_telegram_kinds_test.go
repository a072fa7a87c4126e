package main

import (
	"slices"
	"strings"

	"passerelle/bridge/bridgetest/rowtest"
	"passerelle/connectors/telegram/telegramtest"
)

// showKind puts what a message is into the words of rows.
func showKind(s *rowtest.Shown, m telegramtest.Message) {
	switch {
	case m.Venue != nil:
		s.Place = &rowtest.Place{Latitude: m.Venue.Location.Latitude, Longitude: m.Venue.Location.Longitude, Name: m.Venue.Title}
	case m.Location != nil:
		s.Place = &rowtest.Place{Latitude: m.Location.Latitude, Longitude: m.Location.Longitude}
	case m.Contact != nil:
		s.Card = &rowtest.Card{Name: strings.TrimSpace(m.Contact.FirstName + " " + m.Contact.LastName), VCard: m.Contact.VCard}
	case m.Poll != nil:
		s.Text, s.Poll = m.Poll.Question, &rowtest.Poll{Question: m.Poll.Question, Any: m.Poll.Multiple}
		for _, option := range m.Poll.Options {
			s.Poll.Options = append(s.Poll.Options, option.Text)
		}
	}
}

func (m rowMember) SendsPlace(to rowtest.Address, place rowtest.Place) rowtest.Message {
	m.t.Helper()
	at := telegramtest.Location{Latitude: place.Latitude, Longitude: place.Longitude}
	said := telegramtest.Message{Location: &at}
	if place.Name != "" {
		said.Venue = &telegramtest.Venue{Location: at, Title: place.Name, Address: "Quai 1"}
	}
	return m.sends(to, said)
}

// sends sends a message of any kind.
func (m rowMember) sends(to rowtest.Address, said telegramtest.Message) rowtest.Message {
	m.t.Helper()
	return m.sent(m.SendMessage(m.network.number(to), said))
}

func (m rowMember) SendsCard(to rowtest.Address, card rowtest.Card) rowtest.Message {
	m.t.Helper()
	return m.sends(to, telegramtest.Message{Contact: &telegramtest.Contact{PhoneNumber: "+33199001234", FirstName: card.Name, VCard: card.VCard}})
}

func (m rowMember) Asks(to rowtest.Address, poll rowtest.Poll) rowtest.Message {
	m.t.Helper()
	return m.sent(m.SendPoll(m.network.number(to), telegramtest.Poll{Question: poll.Question, Multiple: poll.Any}, poll.Options...))
}

func (m rowMember) Votes(in rowtest.Address, poll rowtest.Message, options ...string) {
	m.t.Helper()
	var chosen []int
	for _, e := range m.Inbox() {
		if e.ID != numbered(poll) || e.Message.Poll == nil {
			continue
		}
		for i, option := range e.Message.Poll.Options {
			if slices.Contains(options, option.Text) {
				chosen = append(chosen, i)
			}
		}
	}
	m.did(m.Vote(m.network.number(in), numbered(poll), chosen...))
}
