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
	waiting          map[*person]time.Time  // those who asked to be let in
	invitations      map[string]*invitation // for one person each, by code

	byNumber bool   // members are addressed by phone number, as in groups from before LIDs
	parent   *group // the community that it belongs to
	// community says that it is one: nobody writes in it, and it has groups. announces is its group where admins write to all.
	community bool
	announces *group
}

// invitation lets one person in, until it expires.
type invitation struct {
	to      *person
	expires time.Time
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

// address returns how a device is named in the group.
func (g *group) address(d *device) types.JID {
	if g.byNumber {
		return d.pn()
	}
	return d.lid()
}

// owner returns how a person is named in the group.
func (g *group) owner(p *person) types.JID {
	if g.byNumber {
		return p.pn()
	}
	return p.lid
}

// source says which device something in the group comes from, under both its names.
func (g *group) source(d *device) attrs {
	a := attrs{"from": g.jid, "participant": g.address(d)}
	if g.byNumber {
		a["participant_lid"], a["addressing_mode"] = d.owner.lid, "pn"
	} else {
		a["participant_pn"], a["addressing_mode"] = d.owner.pn(), "lid"
	}
	return a
}

// member describes one, under both names.
func (g *group) member(m *member) node {
	a := attrs{"jid": g.owner(m.person), "phone_number": m.person.pn()}
	if g.byNumber {
		a = attrs{"jid": m.person.pn(), "lid": m.person.lid}
	}
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
		"id": g.jid.User, "creator": g.owner(g.creator), "creator_pn": g.creator.pn(), "creation": unix(g.created),
		"subject": g.subject.text, "s_t": unix(g.subject.at), "s_o": g.owner(g.subject.by), "s_o_pn": g.subject.by.pn(),
		"addressing_mode": g.addressing(), "p_v_id": strconv.Itoa(g.version), "a_v_id": "1", "size": len(g.members),
	}
	var children []node
	for _, m := range g.sortedMembers() {
		children = append(children, g.member(m))
	}
	if g.topic.text != "" {
		children = append(children, node{Tag: "description", Attrs: attrs{
			"id": g.topic.id, "participant": g.owner(g.topic.by), "participant_pn": g.topic.by.pn(), "t": unix(g.topic.at),
		}, Content: []node{{Tag: "body", Content: []byte(g.topic.text)}}})
	}
	for tag, set := range map[string]bool{
		"announcement": g.announce, "locked": g.locked, "membership_approval_mode": g.approval,
		"default_sub_group": g.parent != nil && g.parent.announces == g,
	} {
		if set {
			children = append(children, node{Tag: tag})
		}
	}
	if g.timer > 0 {
		children = append(children, node{Tag: "ephemeral", Attrs: attrs{"expiration": int(g.timer)}})
	}
	if g.community {
		children = append(children, node{Tag: "parent", Attrs: attrs{"default_membership_approval_mode": "request_required"}})
	} else if g.parent != nil {
		children = append(children, node{Tag: "linked_parent", Attrs: attrs{"jid": g.parent.jid}})
	}
	children = append(children, node{Tag: "member_add_mode", Content: []byte(g.addMode)})
	return node{Tag: "group", Attrs: a, Content: children}
}

func (g *group) addressing() string {
	if g.byNumber {
		return "pn"
	}
	return "lid"
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
	if q.child.Tag == "accept" {
		return s.acceptInvitation(g, d, q)
	}
	asking := g.members[d.owner]
	if _, invited := q.child.GetOptionalChildByTag("add_request"); invited && asking == nil && q.name == "w:g2 get query" {
		return s.previewInvitation(g, d, q)
	}
	if asking == nil {
		return nil, errForbidden
	}
	if q.kind == "get" {
		return s.describeGroup(g, asking, q)
	}
	return s.changeGroup(g, d, asking, q)
}

// describeGroup answers a member's question about a group. The caller holds the mutex.
func (s *Server) describeGroup(g *group, asking *member, q *query) ([]node, error) {
	switch q.child.Tag {
	case "query":
		return []node{g.node()}, nil
	case "invite":
		if !asking.admin() {
			return nil, errNotAuthorized
		}
		return []node{{Tag: "invite", Attrs: attrs{"code": g.invite}}}, nil
	case "membership_approval_requests":
		return g.describeRequests(), nil
	case "sub_groups":
		return s.describeSubGroups(g), nil
	case "linked_groups_participants":
		return s.describeCommunityMembers(g), nil
	}
	return nil, errNotUnderstood
}

// newGroup opens a group with a person as its first admin. The caller holds the mutex.
func (s *Server) newGroup(creator *person, subject string) *group {
	s.groupsMade++
	now := time.Now()
	g := &group{
		jid:     types.NewJID(fmt.Sprintf("120363%012d", s.groupsMade), types.GroupServer),
		subject: groupText{text: subject, by: creator, at: now}, creator: creator, created: now,
		members: map[*person]*member{}, version: 1, addMode: "all_member_add", invite: "Invite" + randomHex(8),
		waiting: map[*person]time.Time{}, invitations: map[string]*invitation{},
	}
	g.join(creator, "superadmin")
	s.groups[g.jid] = g
	return g
}

// createGroup opens a group, a community or a group of one, with the asking person as its first admin. The caller holds the mutex.
func (s *Server) createGroup(d *device, q *query) ([]node, error) {
	subject := text(q.child, "subject")
	if len([]rune(subject)) > 100 {
		return nil, errNotAcceptable
	}
	var parent *group
	if linked, ok := q.child.GetOptionalChildByTag("linked_parent"); ok {
		parent = s.groups[jidOf(&linked, "jid")]
		if parent == nil || !parent.community {
			return nil, errItemNotFound
		} else if !parent.members[d.owner].admin() {
			return nil, errNotAuthorized
		}
	}
	for _, asked := range q.child.GetChildrenByTag("participant") {
		if s.personOf(jidOf(&asked, "jid")) == nil {
			return nil, errBadRequest
		}
	}
	g := s.newGroup(d.owner, subject)
	answer := g.furnish(s, d, q.child.GetChildren())
	s.welcome(g, d)
	switch {
	case g.community:
		s.openAnnouncements(g, d)
	case parent != nil:
		s.linkGroup(parent, g, d)
	}
	return []node{answer}, nil
}

// furnish gives a new group the members and settings that it was asked with, and returns the answer, which names also those who
// may not be added. The caller holds the mutex.
func (g *group) furnish(s *Server, by *device, wanted []node) node {
	var turnedDown []node
	for _, child := range wanted {
		switch child.Tag {
		case "participant":
			p := s.personOf(jidOf(&child, "jid"))
			if g.members[p] != nil {
				continue
			}
			if !p.mayBeAddedBy(by.owner) {
				turnedDown = append(turnedDown, g.turnDown(p))
				continue
			}
			g.join(p, "")
		case "member_add_mode":
			g.addMode = string(content(&child))
		case "ephemeral":
			g.timer = uint32(number(&child, "expiration"))
		case "announcement":
			g.announce = true
		case "locked":
			g.locked = true
		case "parent":
			g.community = true
		case wishNumbered:
			g.byNumber = true
		case "membership_approval_mode":
			state := child.GetChildByTag("group_join")
			g.approval = text(&state, "state") == "on"
		case "description":
			g.topic = groupText{id: text(&child, "id"), by: by.owner, at: time.Now(), text: string(childContent(&child, "body"))}
		}
	}
	answer := g.node()
	answer.Content = append(answer.GetChildren(), turnedDown...)
	return answer
}

// welcome tells the members of a new group that they are in it. The caller holds the mutex.
func (s *Server) welcome(g *group, by *device) {
	s.notifyGroup(g, by, node{Tag: "create", Attrs: attrs{"type": "new", "key": newID(), "reason": "invite"}, Content: []node{g.node()}})
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

// news builds a notification of a change.
func (g *group) news(by *device, change node) node {
	n := notification("w:gp2", g.jid, change)
	n.Attrs["participant"], n.Attrs["participant_pn"] = g.owner(by.owner), by.owner.pn()
	n.Attrs["notify"], n.Attrs["addressing_mode"] = by.owner.name, g.addressing()
	return n
}

// notifyGroup tells all members, and those who just left, of a change. The caller holds the mutex.
func (s *Server) notifyGroup(g *group, by *device, change node, left ...*person) {
	n := g.news(by, change)
	for _, m := range g.sortedMembers() {
		s.deliverAll(m.person, nil, n)
	}
	for _, p := range left {
		s.deliverAll(p, nil, n)
	}
}
