package telegramtest

import (
	"fmt"
	"slices"
)

var aboutMembers = map[string]method{
	"getChatAdministrators":  (*call).administrators,
	"getChatMemberCount":     (*call).memberCount,
	"getChatMember":          (*call).member,
	"banChatMember":          (*call).ban,
	"unbanChatMember":        (*call).unban,
	"promoteChatMember":      (*call).promote,
	"createChatInviteLink":   (*call).createLink,
	"exportChatInviteLink":   (*call).exportLink,
	"revokeChatInviteLink":   (*call).revokeLink,
	"approveChatJoinRequest": (*call).approve,
	"declineChatJoinRequest": (*call).decline,
}

// inviteLink lets people into a chat (ChatInviteLink).
type inviteLink struct {
	Link        string `json:"invite_link"`
	Creator     User   `json:"creator"`
	NeedsAdmin  bool   `json:"creates_join_request"`
	IsPrimary   bool   `json:"is_primary"`
	IsRevoked   bool   `json:"is_revoked"`
	Name        string `json:"name,omitempty"`
	ExpireDate  int64  `json:"expire_date,omitempty"`
	MemberLimit int64  `json:"member_limit,omitempty"`

	used int64
	wait map[int64]bool // who asks to be let in
}

// seen returns the chat of a call in which the bot is.
func (c *call) seen() (*chat, error) {
	in, err := c.chat()
	switch {
	case err != nil:
		return nil, err
	case in.movedTo != 0:
		return nil, &apiError{code: 400, text: "Bad Request: group chat was upgraded to a supergroup chat", migrateTo: in.movedTo}
	case in.kind != "private" && !in.has(c.bot.user.ID):
		return nil, forbidden("bot is not a member of the %s chat", in.kind)
	}
	return in, nil
}

// administrators lists the administrators, without other bots.
func (c *call) administrators() (any, error) {
	in, err := c.seen()
	if err != nil {
		return nil, err
	}
	if in.kind == "private" {
		return nil, badRequest("there are no administrators in the private chat")
	}
	admins := []Member{}
	for _, id := range in.present() {
		if in.isAdmin(id) && (c.server.accounts[id].bot == nil || id == c.bot.user.ID) {
			admins = append(admins, in.shown(id))
		}
	}
	return admins, nil
}

// shown describes a member with the name of today.
func (c *chat) shown(id int64) Member {
	m := *c.members[id]
	m.User = c.server.accounts[id].User
	return m
}

func (c *call) memberCount() (any, error) {
	in, err := c.seen()
	if err != nil {
		return nil, err
	}
	return len(in.present()), nil
}

func (c *call) member() (any, error) {
	in, err := c.seen()
	if err != nil {
		return nil, err
	}
	id := c.number("user_id")
	a := c.server.accounts[id]
	switch {
	case a == nil:
		return nil, badRequest("invalid user_id specified")
	case in.kind == "private":
		return Member{Status: "member", User: a.User}, nil
	case in.members[id] == nil:
		return Member{Status: "left", User: a.User}, nil
	}
	return in.shown(id), nil
}

const onlyLarge = "method is available for supergroup and channel chats only"

func mayRestrict(r Rights) bool { return r.CanRestrictMembers }
func mayInvite(r Rights) bool   { return r.CanInviteUsers }
func mayPromote(r Rights) bool  { return r.CanPromoteMembers }

// somebody returns the chat of a call and the member that it is about, whom the bot may govern.
func (c *call) somebody(may func(Rights) bool, to string) (*chat, *account, error) {
	in, err := c.governed(may, to)
	if err != nil {
		return nil, nil, err
	}
	a := c.server.accounts[c.number("user_id")]
	switch {
	case a == nil:
		return nil, nil, badRequest("invalid user_id specified")
	case in.members[a.ID] != nil && in.members[a.ID].Status == "creator":
		return nil, nil, badRequest("can't remove chat owner")
	case in.isAdmin(a.ID) && in.members[a.ID].appointed == c.bot.user.ID: // whom it may dismiss, too
	case in.isAdmin(a.ID) && to == "promote chat member":
		return nil, nil, badRequest("CHAT_ADMIN_REQUIRED")
	case in.isAdmin(a.ID):
		return nil, nil, badRequest("user is an administrator of the chat")
	}
	return in, a, nil
}

func (c *call) ban() (any, error) {
	in, a, err := c.somebody(mayRestrict, "restrict/unrestrict chat member")
	if err != nil {
		return nil, err
	}
	in.leave(c.bot.user.ID, a.ID)
	return true, nil
}

// unban lets somebody come back. Without only_if_banned it also removes who is there.
func (c *call) unban() (any, error) {
	in, a, err := c.somebody(mayRestrict, "restrict/unrestrict chat member")
	if err != nil {
		return nil, err
	}
	if in.kind == "group" {
		return nil, badRequest(onlyLarge)
	}
	if in.has(a.ID) {
		if !c.flag("only_if_banned") {
			in.leave(c.bot.user.ID, a.ID)
			in.members[a.ID].Status = "left"
		}
		return true, nil
	}
	if m := in.members[a.ID]; m != nil && m.Status == "kicked" {
		in.change(c.bot.user.ID, &Member{Status: "left", User: a.User})
		c.server.wake()
	}
	return true, nil
}

func (c *call) promote() (any, error) {
	in, a, err := c.somebody(mayPromote, "promote chat member")
	if err != nil {
		return nil, err
	}
	if in.kind == "group" {
		return nil, badRequest(onlyLarge)
	}
	if !in.has(a.ID) {
		return nil, badRequest("USER_NOT_PARTICIPANT")
	}
	rights := Rights{CanDeleteMessages: c.flag("can_delete_messages"), CanRestrictMembers: c.flag("can_restrict_members"),
		CanPromoteMembers: c.flag("can_promote_members"), CanChangeInfo: c.flag("can_change_info"),
		CanInviteUsers: c.flag("can_invite_users"), CanPinMessages: c.flag("can_pin_messages"), CanManageTopics: c.flag("can_manage_topics")}
	to := &Member{Status: "administrator", User: a.User, Rights: &rights, appointed: c.bot.user.ID}
	if rights == (Rights{}) {
		to = &Member{Status: "member", User: a.User}
	}
	in.change(c.bot.user.ID, to)
	return true, nil
}

func (c *call) createLink() (any, error) {
	in, err := c.governed(mayInvite, "manage chat invite link")
	if err != nil {
		return nil, err
	}
	link := in.newLink(c.bot.user.User)
	link.Name, link.ExpireDate, link.MemberLimit = c.text("name"), c.number("expire_date"), c.number("member_limit")
	link.NeedsAdmin = c.flag("creates_join_request")
	return link, nil
}

func (c *chat) newLink(by User) *inviteLink {
	link := &inviteLink{Link: fmt.Sprintf("https://t.me/+sim%x", c.server.id()*2654435761), Creator: by, wait: map[int64]bool{}}
	c.links = append(c.links, link)
	return link
}

// exportLink makes a new primary link, which revokes the one before.
func (c *call) exportLink() (any, error) {
	in, err := c.governed(mayInvite, "manage chat invite link")
	if err != nil {
		return nil, err
	}
	for _, link := range in.links {
		link.IsRevoked = link.IsRevoked || link.IsPrimary
	}
	link := in.newLink(c.bot.user.User)
	link.IsPrimary = true
	return link.Link, nil
}

func (c *call) revokeLink() (any, error) {
	in, err := c.governed(mayInvite, "manage chat invite link")
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(in.links, func(l *inviteLink) bool { return l.Link == c.text("invite_link") })
	if at < 0 {
		return nil, badRequest("INVITE_HASH_EXPIRED")
	}
	in.links[at].IsRevoked = true
	return in.links[at], nil
}

// Join follows an invite link. It is not in yet when an administrator has to let the person in.
func (p *Person) Join(link string) (in bool, err error) {
	s := p.server
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.chats {
		for _, l := range c.links {
			if l.Link != link {
				continue
			}
			switch {
			case l.IsRevoked, l.ExpireDate != 0 && l.ExpireDate < s.now(), l.MemberLimit != 0 && l.used >= l.MemberLimit,
				c.members[p.user.ID] != nil && c.members[p.user.ID].Status == "kicked":
				return false, fmt.Errorf("%w: the link does not let %s in", ErrNotAllowed, p.user.FirstName)
			case l.NeedsAdmin:
				l.wait[p.user.ID] = true
				for _, id := range c.present() {
					if bot := s.accounts[id].bot; bot != nil && c.members[id].rights().CanInviteUsers {
						bot.put("chat_join_request", map[string]any{"chat": c.as(id), "from": p.user.User, "user_chat_id": p.user.ID,
							"date": s.now(), "invite_link": l})
					}
				}
				return false, nil
			}
			l.used++
			return true, c.add(p.user.ID, p.user.ID)
		}
	}
	return false, fmt.Errorf("%w: %s", ErrNoSuchChat, link)
}

func (c *call) approve() (any, error) { return c.decide(true) }
func (c *call) decline() (any, error) { return c.decide(false) }

func (c *call) decide(letIn bool) (any, error) {
	in, err := c.governed(mayInvite, "manage chat join requests")
	if err != nil {
		return nil, err
	}
	return in.decide(c.number("user_id"), letIn)
}

func (c *chat) decide(who int64, letIn bool) (any, error) {
	for _, l := range c.links {
		if l.wait[who] {
			delete(l.wait, who)
			c.server.wake()
			if !letIn {
				return true, nil
			}
			l.used++
			return true, c.add(who, who)
		}
	}
	return nil, badRequest("HIDE_REQUESTER_MISSING")
}

// LinkWithApproval makes a link by which an administrator has to let people in.
func (p *Person) LinkWithApproval(group int64) (link string, err error) {
	err = p.do(group, func(c *chat) error {
		if !c.isAdmin(p.user.ID) {
			return fmt.Errorf("%w: no administrator", ErrNotAllowed)
		}
		made := c.newLink(p.user.User)
		made.NeedsAdmin, link = true, made.Link
		return nil
	})
	return link, err
}

// LetIn lets somebody in who asks to join a group, or turns them down.
func (p *Person) LetIn(group, who int64, in bool) error {
	return p.do(group, func(c *chat) error {
		if !c.isAdmin(p.user.ID) {
			return fmt.Errorf("%w: no administrator", ErrNotAllowed)
		}
		_, err := c.decide(who, in)
		return err
	})
}

// Asks tells whether somebody asks to join a group and is neither let in nor turned down.
func (s *Server) Asks(group, who int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.chats[group]
	return c != nil && slices.ContainsFunc(c.links, func(l *inviteLink) bool { return l.wait[who] })
}
