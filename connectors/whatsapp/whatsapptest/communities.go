package whatsapptest

import (
	"time"

	"go.mau.fi/whatsmeow/types"
)

// A community is a group that nobody writes in and that other groups belong to. One of them, made with it, has all members of
// the community, and only its admins write there. Who joins any of its groups joins the community.

// openAnnouncements makes a community's group for announcements. The caller holds the mutex.
func (s *Server) openAnnouncements(community *group, by *device) {
	g := s.newGroup(by.owner, community.subject.text)
	g.announce, g.parent, community.announces = true, community, g
	for _, m := range community.sortedMembers() {
		if g.members[m.person] == nil {
			g.join(m.person, m.role)
		}
	}
	s.welcome(g, by)
}

// joinCommunity makes members of those who are not. The caller holds the mutex.
func (s *Server) joinCommunity(community *group, by *device, people []*person) {
	for _, g := range []*group{community, community.announces} {
		var missing []*person
		for _, p := range people {
			if g.members[p] == nil {
				missing = append(missing, p)
			}
		}
		if len(missing) > 0 {
			s.addMembers(g, by, "linked_group_join", missing...)
		}
	}
}

// subGroups lists a community's groups in the order in which they were made. The caller holds the mutex.
func (s *Server) subGroups(community *group) []*group {
	var subs []*group
	for _, g := range s.sortedGroups() {
		if g.parent == community {
			subs = append(subs, g)
		}
	}
	return subs
}

// target describes a group that is linked.
func (g *group) target() node {
	n := node{Tag: "group", Attrs: attrs{
		"jid": g.jid, "id": g.jid.User, "subject": g.subject.text, "s_t": unix(g.subject.at),
	}}
	if g.parent != nil && g.parent.announces == g {
		n.Content = []node{{Tag: "default_sub_group"}}
	}
	return n
}

// describeSubGroups lists a community's groups. The caller holds the mutex.
func (s *Server) describeSubGroups(community *group) []node {
	var subs []node
	for _, g := range s.subGroups(community) {
		subs = append(subs, g.target())
	}
	return []node{{Tag: "sub_groups", Content: subs}}
}

// describeCommunityMembers lists all who are in one of a community's groups, which are all of its members. The caller holds the
// mutex.
func (s *Server) describeCommunityMembers(community *group) []node {
	var people []node
	for _, m := range community.sortedMembers() {
		people = append(people, community.member(&member{person: m.person}))
	}
	return []node{{Tag: "linked_groups_participants", Content: people}}
}

// changeCommunity links groups, takes them out, or ends a community. The caller holds the mutex.
func (s *Server) changeCommunity(community *group, by *device, q *query) ([]node, error) {
	if !community.community {
		return nil, errBadRequest
	}
	if q.child.Tag == "delete_parent" {
		s.endCommunity(community, by)
		return nil, nil
	}
	asked := []node{*q.child}
	if q.child.Tag == "links" {
		asked = q.child.GetChildrenByTag("link")
	}
	for _, change := range asked {
		for _, named := range change.GetChildrenByTag("group") {
			g := s.groups[jidOf(&named, "jid")]
			switch {
			case g == nil || g.community:
				return nil, errItemNotFound
			case change.Tag == "link" && !g.members[by.owner].admin():
				return nil, errNotAuthorized
			case change.Tag == "link" && g.parent != nil:
				return nil, errConflict
			case change.Tag == "link":
				s.linkGroup(community, g, by)
			case g.parent != community || g == community.announces:
				return nil, errNotAcceptable
			default:
				s.unlinkGroup(community, g, by, types.GroupUnlinkReasonDefault)
			}
		}
	}
	return []node{*q.child}, nil
}

// linkGroup makes a group one of a community's: its members learn of the community, and join it. The caller holds the mutex.
func (s *Server) linkGroup(community, g *group, by *device) {
	g.parent = community
	s.notifyGroup(community, by, linkNews(g, types.GroupLinkChangeTypeSub))
	s.notifyGroup(g, by, linkNews(community, types.GroupLinkChangeTypeParent))
	var people []*person
	for _, m := range g.sortedMembers() {
		people = append(people, m.person)
	}
	s.joinCommunity(community, by, people)
}

func linkNews(g *group, kind types.GroupLinkChangeType) node {
	return node{Tag: "link", Attrs: attrs{"link_type": string(kind)}, Content: []node{g.target()}}
}

// unlinkGroup takes a group out of its community; people stay in both. The caller holds the mutex.
func (s *Server) unlinkGroup(community, g *group, by *device, reason types.GroupUnlinkReason) {
	g.parent = nil
	news := func(other *group, kind types.GroupLinkChangeType) node {
		return node{Tag: "unlink", Attrs: attrs{"unlink_type": string(kind), "unlink_reason": string(reason)}, Content: []node{other.target()}}
	}
	s.notifyGroup(community, by, news(g, types.GroupLinkChangeTypeSub))
	s.notifyGroup(g, by, news(community, types.GroupLinkChangeTypeParent))
}

// endCommunity takes all groups out of a community and deletes it with its announcements. The caller holds the mutex.
func (s *Server) endCommunity(community *group, by *device) {
	for _, g := range s.subGroups(community) {
		if g != community.announces {
			s.unlinkGroup(community, g, by, types.GroupUnlinkReasonDelete)
		}
	}
	for _, g := range []*group{community.announces, community} {
		s.notifyGroup(g, by, node{Tag: "delete", Attrs: attrs{"reason": "delete_parent"}})
		delete(s.groups, g.jid)
	}
}

// joinSubGroup lets a member of a community into one of its groups. The caller holds the mutex.
func (s *Server) joinSubGroup(g *group, d *device) error {
	switch {
	case g == nil || g.parent == nil || g.parent.members[d.owner] == nil:
		return errForbidden
	case g.members[d.owner] != nil:
		return errConflict
	case g.approval:
		g.waiting[d.owner] = time.Now()
		return nil
	}
	s.addMembers(g, d, "linked_group_join", d.owner)
	return nil
}
