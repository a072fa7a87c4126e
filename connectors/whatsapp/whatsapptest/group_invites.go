package whatsapptest

import (
	"strings"
	"time"

	"go.mau.fi/whatsmeow/types"
)

// previewInvite describes the group of an invite link. The caller holds the mutex.
func (s *Server) previewInvite(q *query) ([]node, error) {
	g, err := s.groupByInvite(text(q.child, "code"))
	if err != nil {
		return nil, err
	}
	return []node{g.node()}, nil
}

// followInvite lets a person into the group of an invite link, or has them wait. The caller holds the mutex.
func (s *Server) followInvite(d *device, q *query) ([]node, error) {
	g, err := s.groupByInvite(text(q.child, "code"))
	switch {
	case err != nil:
		return nil, err
	case g.members[d.owner] != nil:
		return nil, errConflict
	case g.approval:
		s.requestToJoin(g, d)
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

// requestToJoin has a person wait to be let in, and tells the admins. The notification is as other clients read it; whatsmeow
// hands it on as an unknown change. The caller holds the mutex.
func (s *Server) requestToJoin(g *group, d *device) {
	g.waiting[d.owner] = time.Now()
	s.tellAdmins(g, d, node{Tag: "created_membership_requests", Attrs: attrs{"request_method": "invite_link"}, Content: []node{
		{Tag: "requested_user", Attrs: attrs{"jid": d.owner.lid, "phone_number": d.owner.pn()}},
	}})
}

func (s *Server) tellAdmins(g *group, by *device, change node) {
	n := g.news(by, change)
	for _, m := range g.sortedMembers() {
		if m.admin() {
			s.deliverAll(m.person, nil, n)
		}
	}
}

// describeRequests lists those who wait to be let in. The caller holds the mutex.
func (g *group) describeRequests() []node {
	var requests []node
	for p, since := range g.waiting {
		requests = append(requests, node{Tag: "membership_approval_request", Attrs: attrs{
			"jid": p.lid, "request_time": unix(since),
		}})
	}
	return []node{{Tag: "membership_approval_requests", Content: requests}}
}

// decideRequests lets in or turns down those who asked. The caller holds the mutex.
func (s *Server) decideRequests(g *group, by *device, q *query) ([]node, error) {
	decisions := q.child.GetChildren()
	if len(decisions) != 1 || (decisions[0].Tag != "approve" && decisions[0].Tag != "reject") {
		return nil, errBadRequest
	}
	decision := decisions[0]
	var results []node
	for _, asked := range decision.GetChildrenByTag("participant") {
		p := s.personOf(jidOf(&asked, "jid"))
		result := node{Tag: "participant", Attrs: attrs{"jid": jidOf(&asked, "jid")}}
		if _, ok := g.waiting[p]; !ok {
			result.Attrs["error"] = "404"
		} else if decision.Tag == "approve" {
			s.addMembers(g, by, "invite", p)
		} else {
			delete(g.waiting, p)
			s.tellAdmins(g, by, node{Tag: "revoked_membership_requests", Content: []node{
				{Tag: "participant", Attrs: attrs{"jid": p.lid}},
			}})
		}
		results = append(results, result)
	}
	return []node{{Tag: "membership_requests_action", Content: []node{{Tag: decision.Tag, Content: results}}}}, nil
}

// mayBeAddedBy tells whether a person's privacy lets another one add them to groups. The caller holds the mutex.
func (p *person) mayBeAddedBy(other *person) bool {
	switch types.PrivacySetting(p.privacy["groupadd"]) {
	case types.PrivacySettingNone:
		return false
	case types.PrivacySettingContacts, types.PrivacySettingContactBlacklist, types.PrivacySettingContactAllowlist:
		return p.contacts[other]
	}
	return true
}

// turnDown is the answer about a person who may not be added: an invitation, to be sent in a message. The caller holds the mutex.
func (g *group) turnDown(p *person) node {
	code, i := g.invitePerson(p)
	return node{Tag: "participant", Attrs: attrs{"jid": g.owner(p), "phone_number": p.pn(), "error": "403"}, Content: []node{
		{Tag: "add_request", Attrs: attrs{"code": code, "expiration": unix(i.expires)}},
	}}
}

// invitePerson makes an invitation for one person. The caller holds the mutex.
func (g *group) invitePerson(p *person) (code string, i *invitation) {
	code = newID()
	g.invitations[code] = &invitation{to: p, expires: time.Now().Add(inviteLasts)}
	return code, g.invitations[code]
}

// invitationOf finds the invitation that a person shows, as made by an admin. The caller holds the mutex.
func (g *group) invitationOf(d *device, shown *node) (*invitation, error) {
	i := g.invitations[text(shown, "code")]
	switch {
	case i == nil || i.to != d.owner:
		return nil, errNotAcceptable
	case time.Now().After(i.expires):
		return nil, errGone
	}
	return i, nil
}

// previewInvitation describes a group to a person who was invited by a message. The caller holds the mutex.
func (s *Server) previewInvitation(g *group, d *device, q *query) ([]node, error) {
	shown := q.child.GetChildByTag("add_request")
	if _, err := g.invitationOf(d, &shown); err != nil {
		return nil, err
	}
	return []node{g.node()}, nil
}

// acceptInvitation lets in a person who was invited by a message. The caller holds the mutex.
func (s *Server) acceptInvitation(g *group, d *device, q *query) ([]node, error) {
	if _, err := g.invitationOf(d, q.child); err != nil {
		return nil, err
	} else if g.members[d.owner] != nil {
		return nil, errConflict
	}
	delete(g.invitations, text(q.child, "code"))
	s.addMembers(g, d, "invite", d.owner)
	return []node{{Tag: "group", Attrs: attrs{"jid": g.jid}}}, nil
}
