package whatsapptest

import (
	"fmt"
	"time"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/types"
)

// CreateNumberedGroup makes a group whose members are addressed by phone number, as groups from before LIDs are.
func (p *Phone) CreateNumberedGroup(subject string, members ...string) (string, error) {
	return p.createGroup(subject, []node{{Tag: wishNumbered}}, members)
}

// wishNumbered asks for such a group; clients cannot.
const wishNumbered = "by_number"

// SetLocked lets only admins change a group's subject, description and picture, or everybody.
func (p *Phone) SetLocked(group string, locked bool) error {
	return p.setSwitch(group, locked, "locked", "unlocked")
}

// SetAnnounce lets only admins write to a group, or everybody.
func (p *Phone) SetAnnounce(group string, only bool) error {
	return p.setSwitch(group, only, "announcement", "not_announcement")
}

func (p *Phone) setSwitch(group string, on bool, onTag, offTag string) error {
	tag := offTag
	if on {
		tag = onTag
	}
	_, err := p.changeGroup(group, node{Tag: tag})
	return err
}

// SetApproval has those who follow the invite link wait until an admin lets them in, or not.
func (p *Phone) SetApproval(group string, needed bool) error {
	state := "off"
	if needed {
		state = "on"
	}
	_, err := p.changeGroup(group, node{Tag: "membership_approval_mode", Content: []node{
		{Tag: "group_join", Attrs: attrs{"state": state}},
	}})
	return err
}

// SetMemberAddMode lets only admins add people ([types.GroupMemberAddModeAdmin]), or everybody.
func (p *Phone) SetMemberAddMode(group string, mode types.GroupMemberAddMode) error {
	_, err := p.changeGroup(group, node{Tag: "member_add_mode", Content: []byte(mode)})
	return err
}

// ResetInviteLink replaces a group's invite link and returns the new one.
func (p *Phone) ResetInviteLink(group string) (string, error) {
	answer, err := p.changeGroup(group, node{Tag: "invite"})
	if err != nil {
		return "", err
	}
	return whatsmeow.InviteLinkPrefix + text(&answer[0], "code"), nil
}

// JoinByLink follows an invite link, and reports whether the owner is in; otherwise an admin has to let them in.
func (p *Phone) JoinByLink(link string) (in bool, err error) {
	code := link[min(len(link), len(whatsmeow.InviteLinkPrefix)):]
	answer, err := p.ask(iq("w:g2", "set", types.GroupServerJID, node{Tag: "invite", Attrs: attrs{"code": code}}))
	if err != nil {
		return false, fmt.Errorf("join group: %w", err)
	}
	return answer[0].Tag == "group", nil
}

// DecideRequests lets in or turns down people who wait to join a group.
func (p *Phone) DecideRequests(group string, let bool, people ...string) error {
	participants, err := p.participants(people)
	if err != nil {
		return fmt.Errorf("decide requests: %w", err)
	}
	decision := "reject"
	if let {
		decision = "approve"
	}
	answer, err := p.changeGroup(group, node{Tag: "membership_requests_action", Content: []node{{Tag: decision, Content: participants}}})
	if err != nil {
		return err
	}
	for _, result := range answer[0].GetChildrenByTag(decision)[0].GetChildren() {
		if code := text(&result, "error"); code != "" {
			return fmt.Errorf("%s %s: error %s", decision, p.nameOf(jidOf(&result, "jid")), code)
		}
	}
	return nil
}

// invite makes an invitation into a group for one person.
func (p *Phone) invite(to, group string) (*GroupInvite, error) {
	jid, err := p.resolve(group)
	if err != nil {
		return nil, err
	}
	other, err := p.server.lookUp(to)
	if err != nil {
		return nil, err
	}
	p.server.mu.Lock()
	defer p.server.mu.Unlock()
	g := p.server.groups[jid]
	if g == nil || g.members[p.owner] == nil {
		return nil, errForbidden
	}
	code, i := g.invitePerson(other)
	return &GroupInvite{Group: jid.String(), Subject: g.subject.text, Code: code, Expires: i.expires}, nil
}

// AcceptInvite joins the group of an invitation that came in a chat.
func (p *Phone) AcceptInvite(chat, id string) error {
	jid, err := p.resolve(chat)
	if err != nil {
		return fmt.Errorf("accept invite: %w", err)
	}
	entry, ok := p.inbox.find(p.chatName(jid), id)
	if !ok || entry.Invite == nil {
		return fmt.Errorf("accept invite: %w", ErrNoSuchMessage)
	}
	_, err = p.changeGroup(entry.Invite.Group, node{Tag: "accept", Attrs: attrs{
		"code": entry.Invite.Code, "expiration": unix(entry.Invite.Expires),
	}})
	return err
}

// setGroupTimer has the messages of a group disappear a while after they were sent; zero ends it.
func (p *Phone) setGroupTimer(group string, timer time.Duration) error {
	change := node{Tag: "not_ephemeral"}
	if timer > 0 {
		change = node{Tag: "ephemeral", Attrs: attrs{"expiration": fmt.Sprint(int(timer.Seconds()))}}
	}
	_, err := p.changeGroup(group, change)
	return err
}

// CreateCommunity makes a community of the owner and others, and returns its ID and that of its group for announcements.
func (p *Phone) CreateCommunity(name string, members ...string) (id, announcements string, err error) {
	id, err = p.createGroup(name, []node{{Tag: "parent"}}, members)
	if err != nil {
		return "", "", err
	}
	info, err := p.server.Group(id)
	return id, info.Announcements, err
}

// CreateSubGroup makes a group in a community, and returns its ID.
func (p *Phone) CreateSubGroup(community, subject string, members ...string) (string, error) {
	jid, err := p.resolve(community)
	if err != nil {
		return "", fmt.Errorf("create group: %w", err)
	}
	return p.createGroup(subject, []node{{Tag: "linked_parent", Attrs: attrs{"jid": jid}}}, members)
}

// LinkGroup makes a group one of a community's.
func (p *Phone) LinkGroup(community, group string) error {
	return p.changeLink(community, group, func(g node) node {
		return node{Tag: "links", Content: []node{{
			Tag: "link", Attrs: attrs{"link_type": string(types.GroupLinkChangeTypeSub)}, Content: []node{g},
		}}}
	})
}

// UnlinkGroup takes a group out of a community.
func (p *Phone) UnlinkGroup(community, group string) error {
	return p.changeLink(community, group, func(g node) node {
		return node{Tag: "unlink", Attrs: attrs{"unlink_type": string(types.GroupLinkChangeTypeSub)}, Content: []node{g}}
	})
}

func (p *Phone) changeLink(community, group string, change func(node) node) error {
	jid, err := p.resolve(group)
	if err != nil {
		return fmt.Errorf("link group: %w", err)
	}
	_, err = p.changeGroup(community, change(node{Tag: "group", Attrs: attrs{"jid": jid}}))
	return err
}

// EndCommunity deletes a community; its groups go on without it.
func (p *Phone) EndCommunity(community string) error {
	_, err := p.changeGroup(community, node{Tag: "delete_parent"})
	return err
}

// JoinSubGroup joins a group of a community that the owner is in.
func (p *Phone) JoinSubGroup(group string) error {
	jid, err := p.resolve(group)
	if err != nil {
		return fmt.Errorf("join group: %w", err)
	}
	p.server.mu.Lock()
	defer p.server.mu.Unlock()
	if err := p.server.joinSubGroup(p.server.groups[jid], p.device); err != nil {
		return fmt.Errorf("join group: %w", err)
	}
	return nil
}
