package whatsapptest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.mau.fi/whatsmeow/types"
)

// inviteLasts is how long a person may follow an invitation that was sent to them.
const inviteLasts = 72 * time.Hour

// group is a chat of several people. The server's mutex guards it.
type group struct {
	jid     types.JID
	subject groupText
	topic   groupText
	creator *person
	created time.Time
	members map[*person]*member
	joins   int // how many have joined so far, for the order of members
	version int // of the list of members

	announce, locked bool // only admins write; only admins change subject and description
	approval         bool // who follows the invite link has to be let in
	addMode          string
	timer            uint32 // of disappearing messages, in seconds
	invite           string
	picture          *picture
	waiting          map[*person]time.Time // those who asked to be let in
}

// groupText is a subject or description, and who set it when.
type groupText struct {
	id, text string
	by       *person
	at       time.Time
}

type member struct {
	person *person
	role   string // "", admin or superadmin
	order  int
}

func (m *member) admin() bool { return m != nil && m.role != "" }

func (m *member) node() node {
	a := attrs{"jid": m.person.lid, "phone_number": m.person.pn()}
	if m.role != "" {
		a["type"] = m.role
	}
	return node{Tag: "participant", Attrs: a}
}

// sortedMembers returns the members in the order in which they joined. The caller holds the mutex.
func (g *group) sortedMembers() []*member {
	members := make([]*member, 0, len(g.members))
	for _, m := range g.members {
		members = append(members, m)
	}
	slices.SortFunc(members, func(a, b *member) int { return a.order - b.order })
	return members
}

func (g *group) join(p *person, role string) *member {
	g.joins++
	m := &member{person: p, role: role, order: g.joins}
	g.members[p] = m
	return m
}

// node describes the group as its members are told. The caller holds the mutex.
func (g *group) node() node {
	a := attrs{
		"id": g.jid.User, "creator": g.creator.lid, "creator_pn": g.creator.pn(), "creation": unix(g.created),
		"subject": g.subject.text, "s_t": unix(g.subject.at), "s_o": g.subject.by.lid, "s_o_pn": g.subject.by.pn(),
		"addressing_mode": "lid", "p_v_id": strconv.Itoa(g.version), "a_v_id": "1", "size": len(g.members),
	}
	var children []node
	for _, m := range g.sortedMembers() {
		children = append(children, m.node())
	}
	if g.topic.text != "" {
		children = append(children, node{Tag: "description", Attrs: attrs{
			"id": g.topic.id, "participant": g.topic.by.lid, "participant_pn": g.topic.by.pn(), "t": unix(g.topic.at),
		}, Content: []node{{Tag: "body", Content: []byte(g.topic.text)}}})
	}
	for tag, set := range map[string]bool{"announcement": g.announce, "locked": g.locked, "membership_approval_mode": g.approval} {
		if set {
			children = append(children, node{Tag: tag})
		}
	}
	if g.timer > 0 {
		children = append(children, node{Tag: "ephemeral", Attrs: attrs{"expiration": int(g.timer)}})
	}
	children = append(children, node{Tag: "member_add_mode", Content: []byte(g.addMode)})
	return node{Tag: "group", Attrs: a, Content: children}
}

func unix(t time.Time) string { return strconv.FormatInt(t.Unix(), 10) }

// answerGroups serves the namespace w:g2.
func (s *Server) answerGroups(d *device, q *query) ([]node, error) {
	if !strings.HasPrefix(q.name, "w:g2 ") {
		return nil, errNotUnderstood
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch q.name {
	case "w:g2 set create":
		return s.createGroup(d, q)
	case "w:g2 get participating":
		return s.groupsOf(d.owner), nil
	case "w:g2 set leave":
		return s.leaveGroups(d, q)
	case "w:g2 get invite":
		if q.to.User == "" {
			return s.previewInvite(q)
		}
	case "w:g2 set invite":
		if q.to.User == "" {
			return s.followInvite(d, q)
		}
	}
	g := s.groups[q.to]
	if g == nil {
		return nil, errItemNotFound
	}
	asking := g.members[d.owner]
	if asking == nil {
		return nil, errForbidden
	}
	if q.kind == "get" {
		return g.describe(asking, q)
	}
	return s.changeGroup(g, d, asking, q)
}

// describe answers a member's question about a group. The caller holds the mutex.
func (g *group) describe(asking *member, q *query) ([]node, error) {
	switch q.child.Tag {
	case "query":
		return []node{g.node()}, nil
	case "invite":
		if !asking.admin() {
			return nil, errNotAuthorized
		}
		return []node{{Tag: "invite", Attrs: attrs{"code": g.invite}}}, nil
	case "membership_approval_requests":
		var requests []node
		for p, since := range g.waiting {
			requests = append(requests, node{Tag: "membership_approval_request", Attrs: attrs{
				"jid": p.lid, "request_time": unix(since),
			}})
		}
		return []node{{Tag: "membership_approval_requests", Content: requests}}, nil
	}
	return nil, errNotUnderstood
}

// createGroup opens a group with the asking person as its first admin. The caller holds the mutex.
func (s *Server) createGroup(d *device, q *query) ([]node, error) {
	subject := text(q.child, "subject")
	if len([]rune(subject)) > 100 {
		return nil, errNotAcceptable
	}
	now := time.Now()
	g := &group{
		jid:     types.NewJID(fmt.Sprintf("120363%012d", len(s.groups)+1), types.GroupServer),
		subject: groupText{text: subject, by: d.owner, at: now}, creator: d.owner, created: now,
		members: map[*person]*member{}, version: 1, addMode: "all_member_add", invite: "Invite" + randomHex(8),
		waiting: map[*person]time.Time{},
	}
	g.join(d.owner, "superadmin")
	for _, child := range q.child.GetChildren() {
		switch child.Tag {
		case "participant":
			p := s.personOf(jidOf(&child, "jid"))
			if p == nil {
				return nil, errBadRequest
			}
			if g.members[p] == nil {
				g.join(p, "")
			}
		case "member_add_mode":
			g.addMode = string(content(&child))
		case "ephemeral":
			g.timer = uint32(number(&child, "expiration"))
		case "announcement":
			g.announce = true
		case "locked":
			g.locked = true
		case "membership_approval_mode":
			state := child.GetChildByTag("group_join")
			g.approval = text(&state, "state") == "on"
		case "description", "linked_parent", "parent":
			return nil, errNotUnderstood // communities are beyond this server
		}
	}
	s.groups[g.jid] = g
	s.notifyGroup(g, d, node{Tag: "create", Attrs: attrs{"type": "new", "key": newID(), "reason": "invite"}, Content: []node{g.node()}})
	return []node{g.node()}, nil
}

// groupsOf lists a person's groups. The caller holds the mutex.
func (s *Server) groupsOf(p *person) []node {
	var groups []node
	for _, g := range s.sortedGroups() {
		if g.members[p] != nil {
			groups = append(groups, g.node())
		}
	}
	return []node{{Tag: "groups", Content: groups}}
}

func (s *Server) sortedGroups() []*group {
	groups := make([]*group, 0, len(s.groups))
	for _, g := range s.groups {
		groups = append(groups, g)
	}
	slices.SortFunc(groups, func(a, b *group) int { return strings.Compare(a.jid.User, b.jid.User) })
	return groups
}

// notifyGroup tells all members, and those who just left, of a change. The caller holds the mutex.
func (s *Server) notifyGroup(g *group, by *device, change node, left ...*person) {
	n := notification("w:gp2", g.jid, change)
	n.Attrs["participant"], n.Attrs["participant_pn"] = by.owner.lid, by.owner.pn()
	n.Attrs["notify"], n.Attrs["addressing_mode"] = by.owner.name, "lid"
	for _, m := range g.sortedMembers() {
		s.deliverAll(m.person, nil, n)
	}
	for _, p := range left {
		s.deliverAll(p, nil, n)
	}
}

// previewInvite describes the group of an invite link. The caller holds the mutex.
func (s *Server) previewInvite(q *query) ([]node, error) {
	g, err := s.groupByInvite(text(q.child, "code"))
	if err != nil {
		return nil, err
	}
	return []node{g.node()}, nil
}

// followInvite lets a person into the group of an invite link. The caller holds the mutex.
func (s *Server) followInvite(d *device, q *query) ([]node, error) {
	g, err := s.groupByInvite(text(q.child, "code"))
	switch {
	case err != nil:
		return nil, err
	case g.members[d.owner] != nil:
		return nil, errConflict
	case g.approval:
		g.waiting[d.owner] = time.Now()
		return []node{{Tag: "membership_approval_request", Attrs: attrs{"jid": g.jid}}}, nil
	}
	s.addMembers(g, d, "invite", d.owner)
	return []node{{Tag: "group", Attrs: attrs{"jid": g.jid}}}, nil
}

func (s *Server) groupByInvite(code string) (*group, error) {
	for _, g := range s.groups {
		if g.invite == code {
			return g, nil
		}
	}
	if strings.HasPrefix(code, "Invite") {
		return nil, errGone
	}
	return nil, errNotAcceptable
}
