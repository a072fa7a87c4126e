package whatsapptest

import (
	"time"

	"go.mau.fi/whatsmeow/types"
)

// handlePresence notes who is there, and who wants to know.
func (s *Server) handlePresence(from *device, n *node) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch text(n, "type") {
	case "subscribe":
		if watched := s.personOf(jidOf(n, "to")); watched != nil {
			watched.watchers[from] = true
			s.deliverNow(from, watched.presence(jidOf(n, "to"), from.owner))
		}
	case "unsubscribe":
		if watched := s.personOf(jidOf(n, "to")); watched != nil {
			delete(watched.watchers, from)
		}
	case "available", "":
		if name := text(n, "name"); name != "" {
			from.owner.name = name
		}
		s.setAvailable(from, true)
	case "unavailable":
		s.setAvailable(from, false)
	default:
		return errNotUnderstood
	}
	return nil
}

// setAvailable notes whether a person is at one of their devices, and tells those who watch when that makes a difference: a
// person is there as long as one device says so. The caller holds the mutex.
func (s *Server) setAvailable(d *device, available bool) {
	p := d.owner
	d.available = available
	online := available
	for _, other := range p.devices {
		online = online || other.available
	}
	if p.online == online {
		return
	}
	p.online, p.lastSeen = online, time.Now()
	for watcher := range p.watchers {
		s.deliverNow(watcher, p.presence(p.lid, watcher.owner))
	}
}

// deviceLeft is called when a device's connection ended: nobody is at it any more, and what it watched is forgotten, as a client
// asks again when it is back. The caller holds the mutex.
func (s *Server) deviceLeft(left *device) {
	s.setAvailable(left, false)
	for _, p := range s.people {
		delete(p.watchers, left)
	}
}

// presence says how the person is seen by another, under the JID that was asked about. The caller holds the mutex.
func (p *person) presence(as types.JID, watcher *person) node {
	a := attrs{"from": as.ToNonAD()}
	if !p.online {
		a["type"] = "unavailable"
		if last := p.lastSeenBy(watcher); last != "" {
			a["last"] = last
		}
	}
	return node{Tag: "presence", Attrs: a}
}

// handleChatState passes on that somebody types, to those who are there.
func (s *Server) handleChatState(from *device, n *node) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	to := jidOf(n, "to")
	if g := s.groups[to]; g != nil {
		state := node{Tag: "chatstate", Attrs: attrs{"from": to, "participant": g.owner(from.owner)}, Content: n.Content}
		for _, member := range g.sortedMembers() {
			if member.person != from.owner {
				s.tellTyping(member.person, state)
			}
		}
		return nil
	}
	other := s.personOf(to)
	if other == nil || len(n.GetChildren()) != 1 {
		return errNotUnderstood
	}
	if other != from.owner && !other.blocked[from.owner.lid] {
		s.tellTyping(other, node{Tag: "chatstate", Attrs: attrs{"from": from.owner.direct()}, Content: n.Content})
	}
	return nil
}

// tellTyping is deliverNow for the phone of a person and those linked devices that say that somebody is at them
// (whatsmeow types/events, ChatPresence). The caller holds the mutex.
func (s *Server) tellTyping(p *person, n node) {
	for _, d := range p.sortedDevices() {
		if d.id == 0 || d.available {
			s.deliverNow(d, n)
		}
	}
}

// relayPrivacyTokens hands a companion's tokens of trust to those whom they are for: with one, a stranger may write back
// (whatsmeow tctoken.go).
func (s *Server) relayPrivacyTokens(from *device, q *query) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, token := range q.child.GetChildren() {
		trusted := s.personOf(jidOf(&token, "jid"))
		if trusted == nil {
			return errItemNotFound
		}
		if trusted == from.owner {
			continue
		}
		news := notification("privacy_token", from.owner.lid, node{Tag: "tokens", Content: []node{{
			Tag: "token", Attrs: attrs{"type": "trusted_contact", "t": text(&token, "t")}, Content: randomBytes(16),
		}}})
		s.deliverAll(trusted, nil, withAttr(news, "sender_lid", from.owner.lid))
	}
	return nil
}
