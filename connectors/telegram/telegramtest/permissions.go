package telegramtest

import (
	"fmt"
	"maps"
	"slices"
)

var aboutPermissions = map[string]method{
	"setChatPermissions": (*call).setPermissions,
	"restrictChatMember": (*call).restrict,
}

// Permissions are what members may do that are no administrators, by name (ChatPermissions).
type Permissions map[string]bool

// sending are those about writing. Without independent permissions the last two imply those before.
var sending = []string{"can_send_messages", "can_send_audios", "can_send_documents", "can_send_photos", "can_send_videos",
	"can_send_video_notes", "can_send_voice_notes", "can_send_polls", "can_send_other_messages", "can_add_web_page_previews"}

var otherPermissions = []string{"can_change_info", "can_invite_users", "can_pin_messages", "can_manage_topics"}

// SendingPermissions are the names of those about writing.
func SendingPermissions() []string { return slices.Clone(sending) }

// AllPermissions is what members may do in a new group.
func AllPermissions() Permissions {
	all := Permissions{}
	for _, name := range slices.Concat(sending, otherPermissions) {
		all[name] = true
	}
	return all
}

// permissions reads a call's permissions. Those that are not named are not given.
func (c *call) permissions() (Permissions, error) {
	given, read := Permissions{}, Permissions{}
	if err := c.object("permissions", &read); err != nil {
		return nil, err
	}
	for name := range AllPermissions() {
		given[name] = read[name]
	}
	if !c.flag("use_independent_chat_permissions") {
		given.imply()
	}
	return given, nil
}

// imply gives what other permissions imply (setChatPermissions, use_independent_chat_permissions).
func (p Permissions) imply() {
	if p["can_send_other_messages"] || p["can_add_web_page_previews"] {
		for _, name := range sending[:7] {
			p[name] = true
		}
	}
	for _, name := range sending[1:] {
		p["can_send_messages"] = p["can_send_messages"] || p[name]
	}
}

// writes tells whether anything may be written.
func (p Permissions) writes() bool {
	for _, name := range sending {
		if p[name] {
			return true
		}
	}
	return false
}

func (c *call) setPermissions() (any, error) {
	in, err := c.governed(mayRestrict, "change chat permissions")
	if err != nil {
		return nil, err
	}
	if in.kind == "channel" {
		return nil, badRequest("can't change channel chat permissions")
	}
	given, err := c.permissions()
	if err != nil {
		return nil, err
	}
	in.permissions = given
	c.server.wake()
	return true, nil
}

// restrict takes permissions from somebody, or gives them back: who may do all that others may is no longer restricted.
func (c *call) restrict() (any, error) {
	in, a, err := c.somebody(mayRestrict, "restrict/unrestrict chat member")
	if err != nil {
		return nil, err
	}
	if in.kind != "supergroup" {
		return nil, badRequest("method is available only for supergroups")
	}
	given, err := c.permissions()
	if err != nil {
		return nil, err
	}
	in.limit(c.bot.user.ID, a.User, given, c.number("until_date"))
	return true, nil
}

// limit lets somebody do no more than some permissions say.
func (c *chat) limit(by int64, who User, to Permissions, until int64) {
	m := &Member{Status: "member", User: who}
	if !maps.Equal(to, AllPermissions()) {
		m.Status, m.UntilDate = "restricted", until
		m.Restricted = &Restricted{IsMember: c.has(who.ID), CanSendMessages: to["can_send_messages"], CanSendAudios: to["can_send_audios"],
			CanSendDocuments: to["can_send_documents"], CanSendPhotos: to["can_send_photos"], CanSendVideos: to["can_send_videos"],
			CanSendVideoNotes: to["can_send_video_notes"], CanSendVoiceNotes: to["can_send_voice_notes"], CanSendPolls: to["can_send_polls"],
			CanSendOther: to["can_send_other_messages"], CanAddPreviews: to["can_add_web_page_previews"]}
		m.Rights = &Rights{CanChangeInfo: to["can_change_info"], CanInviteUsers: to["can_invite_users"],
			CanPinMessages: to["can_pin_messages"], CanManageTopics: to["can_manage_topics"]}
		m.writes = to.writes()
	}
	c.change(by, m)
	c.server.wake()
}

// Permit says what members may do in a group. Names that are not there are taken from them. Bots are not told.
func (p *Person) Permit(group int64, to Permissions) error {
	return p.do(group, func(c *chat) error {
		if !c.isAdmin(p.user.ID) {
			return fmt.Errorf("%w: no administrator", ErrNotAllowed)
		}
		c.permissions = Permissions{}
		for name := range AllPermissions() {
			c.permissions[name] = to[name]
		}
		c.server.wake()
		return nil
	})
}

// Mute takes the permission to write from somebody in a supergroup, or gives it back.
func (p *Person) Mute(group, who int64, muted bool) error {
	return p.do(group, func(c *chat) error {
		if !c.isAdmin(p.user.ID) || !c.has(who) || c.isAdmin(who) {
			return fmt.Errorf("%w: no member to be muted", ErrNotAllowed)
		}
		to := AllPermissions()
		for _, name := range sending {
			to[name] = !muted
		}
		c.limit(p.user.ID, c.server.accounts[who].User, to, 0)
		return nil
	})
}
