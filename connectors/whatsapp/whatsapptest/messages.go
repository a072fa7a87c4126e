package whatsapptest

import (
	"maps"
	"slices"
	"strconv"

	"go.mau.fi/whatsmeow/types"
)

// handleMessage fans a message out to the devices that it is for, and returns the acknowledgement.
func (s *Server) handleMessage(from *device, n *node) node {
	s.mu.Lock()
	defer s.mu.Unlock()
	to := jidOf(n, "to")
	ack := node{Tag: "ack", Attrs: attrs{"class": "message", "id": text(n, "id"), "from": to, "t": unixNow()}}
	m := newOutgoing(from, n, to, s.lidOf)
	var expected string
	err := s.refusal(m)
	switch {
	case err != nil:
	case to.Server == types.GroupServer:
		expected, err = s.routeToGroup(m)
	case to.Server == types.BroadcastServer:
		expected, err = s.routeBroadcast(m)
	case s.personOf(to) != nil:
		expected, err = s.routeToPerson(m, s.personOf(to))
	default:
		err = errItemNotFound
	}
	if err != nil {
		ack.Attrs["error"] = strconv.Itoa(err.code)
	} else if expected != "" {
		ack.Attrs["phash"] = expected
	}
	return ack
}

// outgoing is a message on its way from one device to many.
type outgoing struct {
	from   *device
	to     types.JID
	stanza *node
	base   attrs
	// perDevice holds what was encrypted for one device, shared what all get (a group's sender-key message, or the one payload
	// of a message to a single device), beside what travels with either.
	perDevice map[types.JID][]node
	order     []types.JID
	shared    []node
	beside    []node
}

// newOutgoing reads a message; named finds the one name of devices that have two.
func newOutgoing(from *device, n *node, to types.JID, named func(types.JID) types.JID) *outgoing {
	m := &outgoing{from: from, to: to, stanza: n, perDevice: map[types.JID][]node{}}
	m.base = attrs{"id": text(n, "id"), "t": unixNow(), "notify": from.owner.name, "addressing_mode": "lid"}
	for _, key := range []string{"type", "edit", "category"} {
		if value := text(n, key); value != "" {
			m.base[key] = value
		}
	}
	for _, child := range n.GetChildren() {
		switch child.Tag {
		case "participants":
			for _, p := range child.GetChildren() {
				jid := named(jidOf(&p, "jid"))
				m.perDevice[jid] = append(m.perDevice[jid], p.GetChildren()...)
				m.order = append(m.order, jid)
			}
		case "enc":
			m.shared = append(m.shared, child)
		case "device-identity", "meta", "reporting":
			m.beside = append(m.beside, child)
		}
	}
	return m
}

// stanzaWith builds what one device gets: the payloads for it, the sender's identity if a payload opens a session, and where it
// came from.
func (m *outgoing) stanzaWith(payloads []node, source attrs) node {
	a := maps.Clone(m.base)
	maps.Copy(a, source)
	opensSession := false
	for _, payload := range payloads {
		opensSession = opensSession || text(&payload, "type") == "pkmsg"
	}
	children := append([]node(nil), payloads...)
	for _, child := range m.beside {
		if child.Tag != "device-identity" || opensSession {
			children = append(children, child)
		}
	}
	return node{Tag: "message", Attrs: a, Content: children}
}

// routeToPerson delivers a direct message: to the recipient's devices as from the sender, to the sender's own other devices with
// the recipient beside. It returns the hash of the devices that there are if the client addressed others.
func (s *Server) routeToPerson(m *outgoing, recipient *person) (string, *stanzaError) {
	m.from.owner.talked[recipient], recipient.talked[m.from.owner] = true, true
	blocked := recipient.blocked[m.from.owner.lid] // the real server takes it and says nothing
	if len(m.order) == 0 {                         // to one device: a peer message, or an answer to a retry receipt
		if d := s.deviceOf(m.to); d != nil && !blocked {
			s.deliver(d, m.stanzaWith(m.shared, m.directSource(d, recipient)))
		}
		return "", nil
	}
	covered := map[*device]bool{m.from: true}
	for _, jid := range m.order {
		d := s.deviceOf(jid)
		if d == nil || covered[d] || (d.owner != recipient && d.owner != m.from.owner) {
			continue
		}
		covered[d] = true
		if !blocked || d.owner == m.from.owner {
			s.deliver(d, m.stanzaWith(m.perDevice[jid], m.directSource(d, recipient)))
		}
	}
	return missedDevices(covered, recipient, m.from.owner), nil
}

// directSource says to one device where a direct message came from. The caller holds the mutex.
func (m *outgoing) directSource(d *device, recipient *person) attrs {
	source := attrs{"from": m.from.direct()}
	if d.owner != m.from.owner {
		switch m.from.owner.addressing {
		case ByNumberOnly:
			source["addressing_mode"] = "pn"
		case ByNumber:
			source["addressing_mode"], source["sender_lid"] = "pn", m.from.lid()
		default:
			source["sender_pn"] = m.from.pn()
		}
		return source
	}
	source["from"] = m.from.lid()
	switch {
	case text(m.stanza, "category") == "peer":
	case m.stanza.Attrs["recipient"] != nil: // an answer to a retry receipt of an own device
		source["recipient"] = m.stanza.Attrs["recipient"]
	default:
		source["recipient"] = recipient.direct()
		if recipient.addressing == ByNumber {
			source["peer_recipient_lid"] = recipient.lid
		}
		if recipient.byNumber() {
			break
		}
		if pn := jidOf(m.stanza, "peer_recipient_pn"); !pn.IsEmpty() {
			source["peer_recipient_pn"] = pn
		}
	}
	return source
}

// routeToGroup delivers a message to the devices of all members.
func (s *Server) routeToGroup(m *outgoing) (string, *stanzaError) {
	g := s.groups[m.to]
	switch {
	case g == nil:
		return "", errItemNotFound
	case g.members[m.from.owner] == nil, g.community, g.announce && !g.members[m.from.owner].admin():
		return "", errForbidden
	}
	source := s.sourceIn(m.to, m.from)
	if one := jidOf(m.stanza, "participant"); !one.IsEmpty() { // an answer to a retry receipt
		if d := s.deviceOf(one); d != nil && g.members[d.owner] != nil {
			s.deliver(d, m.stanzaWith(m.shared, source))
		}
		return "", nil
	}
	var all []types.JID
	for _, member := range g.sortedMembers() {
		for _, d := range member.person.sortedDevices() {
			all = append(all, g.address(d))
			if d != m.from {
				s.deliver(d, m.stanzaWith(m.groupPayloads(d), source))
			}
		}
	}
	if expected := deviceHash(all); text(m.stanza, "phash") != expected {
		return expected, nil
	}
	return "", nil
}

// groupPayloads returns what one device gets of a group's message: what was encrypted for it and what all get, or the word that
// there is something that it does not get.
func (m *outgoing) groupPayloads(d *device) []node {
	payloads := m.perDevice[d.lid()]
	if len(payloads) == 1 && payloads[0].Tag == "unavailable" {
		return payloads
	}
	return append(slices.Clone(payloads), m.shared...)
}

// missedDevices returns the hash of the devices of both sides if one of them was not addressed, as the server tells a client
// whose device lists are old.
func missedDevices(covered map[*device]bool, a, b *person) string {
	devices := a.sortedDevices()
	if a != b {
		devices = append(devices, b.sortedDevices()...)
	}
	for _, d := range devices {
		if !covered[d] {
			return deviceHash(lidsOf(devices))
		}
	}
	return ""
}
