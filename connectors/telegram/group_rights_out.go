package telegram

import (
	"context"
	"errors"
	"maps"

	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/event"

	"passerelle/portal/say"
)

// errNoSuchRight is the error of a right that a channel's room was to have and the channel cannot.
var errNoSuchRight = errors.New("the Bot API has no permissions of channels")

// changePermissions makes of a group's permissions what changed in its room: who may write, and who may change how the group looks.
func (a *account) changePermissions(ctx context.Context, in chatID, msg *bridgev2.MatrixPowerLevelChange) error {
	known := msg.Event.Unsigned.PrevContent != nil // Dendrite does not tell what was before
	silent, before := msg.Content.EventsDefault > levelMember, msg.PrevContent.EventsDefault > levelMember
	if !known {
		_, before = a.kept().Silenced[in.chat]
	}
	locked, changesLooks := a.looksChanged(msg)
	if silent == before && !changesLooks {
		return nil
	}
	var described chat
	if err := a.insist(ctx, in, func(ctx context.Context) (err error) { described, err = a.api.getChat(ctx, in.chat); return err }); err != nil {
		return a.changeRefused(ctx, err)
	}
	if described.Permissions == nil {
		return a.refused(ctx, errNoSuchRight, say.ChannelRights)
	}
	had := described.Permissions
	wanted := maps.Clone(had)
	if silent != before && silent != wanted.isSilent() {
		wanted = a.silence(in.chat, wanted, silent)
	}
	if changesLooks {
		wanted[mayDescribe] = !locked
	}
	if maps.Equal(wanted, had) {
		return nil
	}
	err := a.insist(ctx, in, func(ctx context.Context) error { return a.api.setChatPermissions(ctx, in.chat, wanted) })
	if err != nil && !isAsItIs(err) {
		return a.changeRefused(ctx, err)
	}
	if described.Permissions = wanted; changesLooks {
		a.alignLooks(ctx, msg, described)
	}
	if wanted.isSilent() != had.isSilent() {
		a.noteSilence(ctx, in.chat, had)
	}
	return nil
}

// noteSilence keeps what members might do before a room silenced a group, or forgets it when the group is silent no more.
func (a *account) noteSilence(ctx context.Context, chat int64, had permissions) {
	err := a.keep(ctx, func(kept *LoginMetadata) {
		all := map[int64]permissions{}
		maps.Copy(all, kept.Silenced) // a new one: others read the one that is there
		if delete(all, chat); !had.isSilent() {
			all[chat] = had
		}
		kept.Silenced = all
	})
	if err != nil { // all are given back, then
		a.log.Err(err).Msg("What members of a group might write could not be kept")
	}
}

// alignLooks gives a room the rights that belong together on Telegram: who may change the name may change the picture.
func (a *account) alignLooks(ctx context.Context, msg *bridgev2.MatrixPowerLevelChange, described chat) {
	levels := msg.Content.Clone()
	if !a.levelsOf(described).Apply("", levels) {
		return
	}
	_, err := msg.Portal.Bridge.Bot.SendState(ctx, msg.Portal.MXID, event.StatePowerLevels, "", &event.Content{Parsed: levels}, a.connector.now())
	if err != nil {
		a.looks.again(described.ID) // and it is done with the next message
		a.log.Err(err).Msg("A room's other rights do not follow")
	}
}

// silence returns permissions without those about writing; or with those that members had before they were taken here, otherwise all.
func (a *account) silence(chat int64, now permissions, silent bool) permissions {
	changed := now.silenced(silent)
	if before := a.kept().Silenced[chat]; !silent && before != nil && !before.isSilent() {
		for _, name := range sends() {
			changed[name] = before[name]
		}
	}
	return changed
}

// looksChanged tells whether it changed in a room who may change how it looks, and whether that is admins now.
func (a *account) looksChanged(msg *bridgev2.MatrixPowerLevelChange) (locked, changed bool) {
	if msg.Event.Unsigned.PrevContent == nil {
		return false, false
	}
	for _, kind := range []event.Type{event.StateRoomName, event.StateRoomAvatar, event.StateTopic} {
		before, now := msg.PrevContent.GetEventLevel(kind) > levelMember, msg.Content.GetEventLevel(kind) > levelMember
		if before != now {
			return now, true
		}
	}
	return false, false
}

// mute takes the right to write from a member of a supergroup, or gives it back, where it is not so already.
func (a *account) mute(ctx context.Context, in chatID, who int64, muted bool) error {
	var is member
	var described chat
	err := a.insist(ctx, in, func(ctx context.Context) (err error) {
		if is, err = a.api.getChatMember(ctx, in.chat, who); err == nil && is.isMuted() != muted {
			described, err = a.api.getChat(ctx, in.chat)
		}
		return err
	})
	if err == nil && is.isMuted() != muted {
		err = a.insist(ctx, in, func(ctx context.Context) error {
			return a.api.restrictChatMember(ctx, in.chat, who, allOf(described.Permissions).silenced(muted))
		})
	}
	if err != nil && !isAsItIs(err) && !isNotThere(err) {
		return a.changeRefused(ctx, err)
	}
	return nil
}

// allOf gives every permission that is named: it lifts what holds for somebody alone, and not what holds for all (Bot API,
// restrictChatMember).
func allOf(p permissions) permissions {
	all := permissions{}
	for name := range p {
		all[name] = true
	}
	return all
}

// tellRights says in a room which of the rights that somebody changed hold there alone: Telegram has none like them.
func (a *account) tellRights(ctx context.Context, msg *bridgev2.MatrixPowerLevelChange) {
	if msg.Event.Unsigned.PrevContent == nil || msg.Invite == nil && msg.Kick == nil && msg.Ban == nil && msg.Redact == nil &&
		msg.UsersDefault == nil && msg.StateDefault == nil {
		return
	}
	a.tellInRoom(ctx, msg.Portal, msg.Event.Sender, "", say.RightsHereOnly)
}
