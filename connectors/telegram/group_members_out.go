package telegram

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/portal/say"
	"passerelle/portal/undo"
)

var (
	_ bridgev2.MembershipHandlingNetworkAPI = (*account)(nil)
	_ bridgev2.PowerLevelHandlingNetworkAPI = (*account)(nil)
)

// HandleMatrixMembership takes somebody out of a group, bans them, or lets them come back (see
// [bridgev2.MembershipHandlingNetworkAPI]). A bot cannot add anybody. What Telegram refuses is undone in the room.
func (a *account) HandleMatrixMembership(ctx context.Context, msg *bridgev2.MatrixMembershipChange) (*bridgev2.MatrixMembershipResult, error) {
	ctx = withWriter(ctx, msg.Event.Sender)
	in, is := groupOf(msg.Portal)
	ghost, ok := msg.Target.(*bridgev2.Ghost)
	if !is || !ok || msg.Type.IsSelf {
		return nil, nil
	}
	who, err := parseNumber(string(ghost.ID))
	if err != nil {
		return nil, nil
	}
	if err := a.changeMember(ctx, in, who, msg.Type.To); err != nil {
		if undone := undo.Membership(ctx, msg); undone != nil {
			a.log.Err(undone).Msg("A member whom Telegram did not change stays changed in the room")
		}
		return nil, err
	}
	return nil, nil
}

// errNobodyAdds is the error of an invitation: bots have no method for it.
var errNobodyAdds = errors.New("a bot adds nobody to a group")

// changeMember makes of somebody in a group what they are in its room. Who leaves may be taken out or no longer banned: homeservers need
// not tell what somebody was (Dendrite does not), and for a supergroup both are one call (Bot API, unbanChatMember).
func (a *account) changeMember(ctx context.Context, in chatID, who int64, to event.Membership) error {
	var err error
	switch {
	case to == event.MembershipInvite:
		return a.refused(ctx, errNobodyAdds, say.BotAddsNobody, a.connector.bridge.Config.CommandPrefix)
	case to == event.MembershipBan, to == event.MembershipLeave && !in.isLarge():
		err = a.insist(ctx, in, func(ctx context.Context) error { return a.api.banChatMember(ctx, in.chat, who) })
	case to == event.MembershipLeave:
		err = a.insist(ctx, in, func(ctx context.Context) error { return a.api.unbanChatMember(ctx, in.chat, who) })
	}
	if err == nil || isNotThere(err) {
		return nil
	}
	return a.changeRefused(ctx, err)
}

// isLarge tells whether a chat is a supergroup or a channel. Their numbers begin with -100 (Bot API, "Bot API dialog IDs").
func (c chatID) isLarge() bool { return c.chat < -1_000_000_000_000 }

// isNotThere tells whether the Bot API refused to take somebody out who is not in, which a replay meets.
func isNotThere(err error) bool {
	var refused *refusal
	return errors.As(err, &refused) && refused.code == http.StatusBadRequest &&
		(strings.Contains(refused.text, "USER_NOT_PARTICIPANT") || strings.Contains(refused.text, "PARTICIPANT_ID_INVALID"))
}

// isAsItIs tells whether the Bot API refused a change since it is so already, which a replay meets.
func isAsItIs(err error) bool {
	var refused *refusal
	return errors.As(err, &refused) && refused.code == http.StatusBadRequest &&
		(strings.Contains(refused.text, "not modified") || strings.Contains(refused.text, "NOT_MODIFIED"))
}

// HandleMatrixPowerLevels makes administrators and members, and says who may write and change how the group looks (see
// [bridgev2.PowerLevelHandlingNetworkAPI]). What Telegram refuses is undone in the room.
func (a *account) HandleMatrixPowerLevels(ctx context.Context, msg *bridgev2.MatrixPowerLevelChange) (bool, error) {
	ctx = withWriter(ctx, msg.Event.Sender)
	in, is := groupOf(msg.Portal)
	if !is {
		return false, nil
	}
	err := a.changeRoles(ctx, in, msg.Users)
	if err == nil {
		err = a.changePermissions(ctx, in, msg)
	}
	if err != nil {
		if undone := a.undoLevels(ctx, in, msg); undone != nil {
			a.log.Err(undone).Msg("Rights that Telegram did not change stay changed in the room")
		}
		return false, err
	}
	a.tellRights(ctx, msg)
	return true, nil
}

// changeRoles makes administrators, members and mute ones of those whose rights changed in a room, where they are not so already. Whose
// rights the homeserver calls changed may be everybody (Dendrite does not tell what was before).
func (a *account) changeRoles(ctx context.Context, in chatID, changed map[id.UserID]*bridgev2.UserPowerLevelChange) error {
	var admins []member
	known := false
	for _, each := range changed {
		ghost, ok := each.Target.(*bridgev2.Ghost)
		if !ok {
			continue
		}
		who, err := parseNumber(string(ghost.ID))
		if err != nil || who < 0 { // a channel or group that speaks for itself
			continue
		}
		if !known {
			err := a.insist(ctx, in, func(ctx context.Context) (err error) {
				admins, err = a.api.getChatAdministrators(ctx, in.chat)
				return err
			})
			if err != nil {
				return a.changeRefused(ctx, err)
			}
			known = true
		}
		is := slices.ContainsFunc(admins, func(m member) bool { return m.User.ID == who })
		if to := each.NewLevel >= levelAdmin; to != is {
			if err := a.promote(ctx, in, who, to, admins); err != nil {
				return err
			}
		}
		if each.NewLevel < levelMember || each.OrigLevel < levelMember {
			if err := a.mute(ctx, in, who, each.NewLevel < levelMember); err != nil {
				return err
			}
		}
	}
	return nil
}

// promote makes somebody an administrator with the rights that the bot has itself, but that of making others; or a member.
func (a *account) promote(ctx context.Context, in chatID, who int64, admin bool, admins []member) error {
	var given rights
	if admin {
		at := slices.IndexFunc(admins, func(m member) bool { return m.User.ID == a.bot })
		if at < 0 {
			return a.refused(ctx, errors.New("the bot is no administrator"), say.BotMayNot)
		}
		given = admins[at].rights
		given.CanPromoteMembers = false
	}
	if err := a.insist(ctx, in, func(ctx context.Context) error { return a.api.promoteChatMember(ctx, in.chat, who, given) }); err != nil {
		return a.changeRefused(ctx, err)
	}
	return nil
}

// undoLevels gives a room the rights back that it had; where the homeserver does not tell them (Dendrite), those that Telegram tells.
func (a *account) undoLevels(ctx context.Context, in chatID, msg *bridgev2.MatrixPowerLevelChange) error {
	if msg.Event.Unsigned.PrevContent != nil {
		return undo.PowerLevels(ctx, msg)
	}
	admins, err := a.api.getChatAdministrators(ctx, in.chat)
	if err != nil {
		return wrapped("ask who governs a group", err)
	}
	levels := msg.Content.Clone()
	if described, err := a.api.getChat(ctx, in.chat); err == nil {
		a.levelsOf(described).Apply("", levels)
	}
	for who, changed := range msg.Users {
		if ghost, ok := changed.Target.(*bridgev2.Ghost); ok {
			levels.SetUserLevel(who, levelMember)
			for _, admin := range admins {
				if userID(admin.User.ID) == ghost.ID {
					levels.SetUserLevel(who, *a.memberOf(admin).PowerLevel)
				}
			}
		}
	}
	_, err = msg.Portal.Bridge.Bot.SendState(ctx, msg.Portal.MXID, event.StatePowerLevels, "", &event.Content{Parsed: levels}, a.connector.now())
	return wrapped("give a room its rights back", err)
}
