package telegram

import (
	"context"
	"fmt"

	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/bridgev2/database"
	"maunium.net/go/mautrix/event"

	"passerelle/portal"
	"passerelle/portal/say"
)

// Power levels of a group's members. Nobody gets what bridgev2 gives its bot.
const (
	levelMuted   = -1
	levelMember  = 0
	levelAdmin   = 50
	levelOwn     = 60 // of the bot, where it may appoint admins: in Matrix one stands above whom one dismisses
	levelFounder = 75
)

// GetChatInfo describes a chat for its room (see [bridgev2.NetworkAPI]).
func (a *account) GetChatInfo(ctx context.Context, room *bridgev2.Portal) (*bridgev2.ChatInfo, error) {
	in, err := parsePortalID(room.ID)
	if err != nil {
		return nil, err
	}
	if in.isPrivate() {
		return a.privateChat(ctx, in)
	}
	return a.groupChat(ctx, in)
}

// privateChat describes the chat with a person. Several members of staff may share its room, so that it has the person's name.
func (a *account) privateChat(ctx context.Context, in chatID) (*bridgev2.ChatInfo, error) {
	name := ""
	if d := deliveryOf(ctx); d != nil && d.message != nil && d.message.Chat.ID == in.chat {
		name = d.message.Chat.name()
	}
	if name == "" && a.IsLoggedIn() {
		described, err := a.api.getChat(ctx, in.chat)
		if err != nil && !portal.IsPermanent(err) {
			return nil, fmt.Errorf("ask about a chat: %w", err)
		}
		name = described.name()
	}
	if name == "" {
		name = a.neutralName(in.chat)
	}
	person := a.userInfo(name)
	members := &bridgev2.ChatMemberList{IsFull: true, TotalMemberCount: 2, OtherUserID: userID(in.chat), MemberMap: bridgev2.ChatMemberMap{}}
	members.MemberMap.Set(bridgev2.ChatMember{EventSender: a.sender(a.bot), Membership: event.MembershipJoin})
	members.MemberMap.Set(bridgev2.ChatMember{EventSender: a.sender(in.chat), Membership: event.MembershipJoin, UserInfo: person})
	kind := database.RoomTypeDM
	info := &bridgev2.ChatInfo{Type: &kind, Name: person.Name, Members: members}
	if in.connection != "" { // the contact may have another chat with the bot itself
		topic := a.say(say.BusinessChat, networkName)
		info.Topic = &topic
	}
	return info, nil
}

// groupChat describes a group or a channel: its administrators are all the members that the Bot API lists. One that the bot is not in
// any more is described as what is certain: the bot's owner is in its room.
func (a *account) groupChat(ctx context.Context, in chatID) (*bridgev2.ChatInfo, error) {
	kind := database.RoomTypeDefault
	members := &bridgev2.ChatMemberList{MemberMap: bridgev2.ChatMemberMap{}}
	members.MemberMap.Set(bridgev2.ChatMember{EventSender: a.sender(a.bot), Membership: event.MembershipJoin})
	info := &bridgev2.ChatInfo{Type: &kind, Members: members}
	if !a.IsLoggedIn() {
		return info, nil
	}
	described, err := a.api.getChat(ctx, in.chat)
	switch {
	case portal.IsPermanent(err):
		return info, nil
	case err != nil:
		return nil, fmt.Errorf("ask about a group: %w", err)
	}
	info.ExtraUpdates = keepChannel(described.Type == typeChannel)
	info.Name, info.Topic, info.Avatar = &described.Title, &described.Description, a.groupPicture(described.Photo)
	a.looks.looked(in.chat, a.connector.now())
	admins, err := a.api.getChatAdministrators(ctx, in.chat)
	if err != nil && !portal.IsPermanent(err) {
		return nil, fmt.Errorf("ask who governs a group: %w", err)
	}
	own := levelMember
	for _, admin := range admins {
		members.MemberMap.Set(a.memberOf(admin))
		if admin.User.ID == a.bot {
			own = a.levelOf(admin)
		}
	}
	members.PowerLevels = a.sharedLevel(a.levelsOf(described), own)
	return info, nil
}

// memberOf describes somebody in a group for its room.
func (a *account) memberOf(m member) bridgev2.ChatMember {
	level, membership := a.levelOf(m), event.MembershipJoin
	switch {
	case m.Status == statusKicked:
		membership = event.MembershipBan
	case !m.isIn():
		membership = event.MembershipLeave
	}
	described := bridgev2.ChatMember{EventSender: a.sender(m.User.ID), Membership: membership, PowerLevel: &level}
	if m.User.ID != a.bot {
		described.UserInfo = a.userInfo(m.User.name())
	}
	return described
}

// levelOf is somebody's level in a group's room, or the bot's own.
func (a *account) levelOf(m member) int {
	if m.User.ID == a.bot && m.Status == statusAdmin && m.CanPromoteMembers {
		return levelOwn
	}
	return m.level()
}

// level is somebody's level in a group's room.
func (m member) level() int {
	switch {
	case m.Status == statusCreator:
		return levelFounder
	case m.Status == statusAdmin:
		return levelAdmin
	case m.isMuted():
		return levelMuted
	}
	return levelMember
}
