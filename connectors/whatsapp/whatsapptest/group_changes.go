package whatsapptest

import (
	"slices"
	"strconv"
	"time"
)

// adminChanges are what only admins may do; locked groups add the subject and the description.
var adminChanges = [...]string{
	"remove", "promote", "demote", "announcement", "not_announcement", "locked", "unlocked", "invite",
	"membership_approval_mode", "member_add_mode", "membership_requests_action", "links", "unlink", "delete_parent",
}

func (g *group) needsAdmin(change string) bool {
	switch change {
	case "subject", "description", "ephemeral", "not_ephemeral":
		return g.locked
	case "add":
		return g.addMode == "admin_add"
	}
	return slices.Contains(adminChanges[:], change)
}

// changeGroup makes a member's change and tells the others. The caller holds the mutex.
func (s *Server) changeGroup(g *group, by *device, asking *member, q *query) ([]node, error) {
	change := q.child.Tag
	if g.needsAdmin(change) && !asking.admin() {
		return nil, errNotAuthorized
	}
	switch change {
	case "add", "remove", "promote", "demote":
		return s.changeMembers(g, by, q)
	case "membership_requests_action":
		return s.decideRequests(g, by, q)
	case "links", "unlink", "delete_parent":
		return s.changeCommunity(g, by, q)
	case "subject":
		g.subject = groupText{text: string(content(q.child)), by: by.owner, at: time.Now()}
		s.notifyGroup(g, by, node{Tag: "subject", Attrs: attrs{
			"subject": g.subject.text, "s_t": unix(g.subject.at), "s_o": g.owner(by.owner), "s_o_pn": by.owner.pn(),
		}})
		return nil, nil
	case "description":
		return nil, s.changeTopic(g, by, q)
	case "invite":
		g.invite = "Invite" + randomHex(8)
		s.notifyGroup(g, by, node{Tag: "invite", Attrs: attrs{"code": g.invite}})
		return []node{{Tag: "invite", Attrs: attrs{"code": g.invite}}}, nil
	}
	news, ok := g.changeSetting(q.child)
	if !ok {
		return nil, errNotUnderstood
	}
	s.notifyGroup(g, by, news)
	return nil, nil
}

// changeSetting sets one of the group's switches and returns what members are told.
func (g *group) changeSetting(change *node) (node, bool) {
	g.version++
	news := node{Tag: change.Tag, Attrs: attrs{"v_id": strconv.Itoa(g.version)}}
	switch change.Tag {
	case "announcement", "not_announcement":
		g.announce = change.Tag == "announcement"
	case "locked", "unlocked":
		g.locked = change.Tag == "locked"
	case "ephemeral":
		g.timer = uint32(number(change, "expiration"))
		news.Attrs["expiration"] = int(g.timer)
	case "not_ephemeral":
		g.timer = 0
	case "member_add_mode":
		g.addMode = string(content(change))
		news.Content = []byte(g.addMode)
	case "membership_approval_mode":
		state := change.GetChildByTag("group_join")
		g.approval = text(&state, "state") == "on"
		news.Content = []node{{Tag: "group_join", Attrs: attrs{"state": text(&state, "state")}}}
	default:
		return node{}, false
	}
	return news, true
}

// changeTopic sets or deletes the description; who changes it names the one that it replaces.
func (s *Server) changeTopic(g *group, by *device, q *query) error {
	if previous := text(q.child, "prev"); previous != "" && previous != g.topic.id {
		return errConflict
	}
	id := text(q.child, "id")
	if id == "" {
		id = newID()
	}
	g.topic = groupText{id: id, by: by.owner, at: time.Now()}
	news := node{Tag: "description", Attrs: attrs{"id": id}, Content: []node{{Tag: "delete"}}}
	if body, ok := q.child.GetOptionalChildByTag("body"); ok {
		g.topic.text = string(content(&body))
		news.Content = []node{{Tag: "body", Content: []byte(g.topic.text)}}
	}
	s.notifyGroup(g, by, news)
	return nil
}

// changeMembers adds, removes, promotes or demotes; the answer says of each one whether it worked.
func (s *Server) changeMembers(g *group, by *device, q *query) ([]node, error) {
	change := q.child.Tag
	var results []node
	var changed []*person
	for _, asked := range q.child.GetChildrenByTag("participant") {
		jid := jidOf(&asked, "jid")
		p := s.personOf(jid)
		result := node{Tag: "participant", Attrs: attrs{"jid": jid}}
		switch {
		case p == nil:
			result.Attrs["error"] = "404"
		case change == "add" && g.members[p] != nil:
			result.Attrs["error"] = "409"
		case change != "add" && g.members[p] == nil:
			result.Attrs["error"] = "404"
		case change == "add" && !p.mayBeAddedBy(by.owner):
			result = g.turnDown(p)
		default:
			result.Attrs["phone_number"] = p.pn()
			changed = append(changed, p)
		}
		results = append(results, result)
	}
	if len(changed) > 0 {
		switch change {
		case "add":
			s.addMembers(g, by, "", changed...)
		case "remove":
			s.removeMembers(g, by, changed...)
		case "promote":
			s.setRole(g, by, change, "admin", changed)
		case "demote":
			s.setRole(g, by, change, "", changed)
		}
	}
	return []node{{Tag: change, Content: results}}, nil
}

// memberNews builds a notification's child about members.
func (g *group) memberNews(change string, people []*person) node {
	previous := strconv.Itoa(g.version)
	g.version++
	var list []node
	for _, p := range people {
		list = append(list, g.member(&member{person: p}))
	}
	return node{Tag: change, Attrs: attrs{"prev_v_id": previous, "v_id": strconv.Itoa(g.version)}, Content: list}
}

// addMembers lets people in: the others learn who came, and those who came learn what group it is. The caller holds the mutex.
func (s *Server) addMembers(g *group, by *device, reason string, people ...*person) {
	news := g.memberNews("add", people)
	if reason != "" {
		news.Attrs["reason"] = reason
	}
	s.notifyGroup(g, by, news)
	for _, p := range people {
		g.join(p, "")
		delete(g.waiting, p)
	}
	welcome := g.news(by, node{Tag: "create", Attrs: attrs{"reason": "invite"}, Content: []node{g.node()}})
	for _, p := range people {
		s.deliverAll(p, nil, welcome)
	}
	if g.parent != nil {
		s.joinCommunity(g.parent, by, people)
	}
}

// removeMembers puts people out; when the last admin goes, the one who has been there longest becomes admin. The caller holds
// the mutex.
func (s *Server) removeMembers(g *group, by *device, people ...*person) {
	news := g.memberNews("remove", people)
	for _, p := range people {
		delete(g.members, p)
	}
	s.notifyGroup(g, by, news, people...)
	if g.community { // who leaves it leaves its groups
		for _, sub := range s.subGroups(g) {
			if left := slices.DeleteFunc(slices.Clone(people), func(p *person) bool { return sub.members[p] == nil }); len(left) > 0 {
				s.removeMembers(sub, by, left...)
			}
		}
	}
	rest := g.sortedMembers()
	if len(rest) > 0 && !slices.ContainsFunc(rest, (*member).admin) {
		s.setRole(g, by, "promote", "admin", []*person{rest[0].person})
	}
}

func (s *Server) setRole(g *group, by *device, change, role string, people []*person) {
	for _, p := range people {
		g.members[p].role = role
	}
	s.notifyGroup(g, by, g.memberNews(change, people))
}

// leaveGroups takes the asking person out of groups. The caller holds the mutex.
func (s *Server) leaveGroups(d *device, q *query) ([]node, error) {
	var left []node
	for _, asked := range q.child.GetChildrenByTag("group") {
		g := s.groups[jidOf(&asked, "id")]
		if g == nil || g.members[d.owner] == nil {
			return nil, errItemNotFound
		}
		s.removeMembers(g, d, d.owner)
		left = append(left, node{Tag: "group", Attrs: attrs{"id": g.jid}})
	}
	return []node{{Tag: "leave", Content: left}}, nil
}
