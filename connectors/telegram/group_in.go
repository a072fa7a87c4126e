package telegram

import (
	"context"
	"fmt"
	"maps"
	"time"

	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/event"

	"passerelle/portal"
	"passerelle/portal/handover"
	"passerelle/portal/say"
)

// What happens in groups comes as service messages, as changes of what the bot is there, and, to a bot that is an administrator, as
// changes of what others are there.

// chatChange is a change of a chat on its way into its room.
type chatChange struct {
	*delivery
	change *bridgev2.ChatInfoChange
}

var _ bridgev2.RemoteChatInfoChange = (*chatChange)(nil)

// GetChatInfoChange returns what changes (see [bridgev2.RemoteChatInfoChange]).
func (c *chatChange) GetChatInfoChange(context.Context) (*bridgev2.ChatInfoChange, error) {
	return c.change, nil
}

// changeRoom changes what a room says of its chat. A room that is made for it says so from the start.
func (d *delivery) changeRoom(ctx context.Context, change *bridgev2.ChatInfoChange) error {
	room, err := d.account.connector.bridge.GetExistingPortalByKey(ctx, d.PortalKey)
	if err != nil {
		return fmt.Errorf("look up a room: %w", err)
	}
	if !handover.HasRoom(room) {
		_, err := d.ensureRoom(ctx)
		return err
	}
	d.Type = bridgev2.RemoteEventChatInfoChange
	if err := d.handOver(ctx, &chatChange{d, change}); err != nil {
		return err
	}
	return portal.Failure(d.passing)
}

// changeMembers changes who is in a room.
func (d *delivery) changeMembers(ctx context.Context, changed ...member) error {
	if err := d.account.joined(ctx, d.in, changed...); err != nil {
		return err
	}
	list := &bridgev2.ChatMemberList{MemberMap: bridgev2.ChatMemberMap{}}
	for _, m := range changed {
		if m.User.ID != d.account.bot { // see deliverMembership
			list.MemberMap.Set(d.account.memberOf(m))
		}
	}
	if len(list.MemberMap) == 0 {
		_, err := d.ensureRoom(ctx)
		return err
	}
	return d.changeRoom(ctx, &bridgev2.ChatInfoChange{MemberChanges: list})
}

// serve does in the room what a service message says. It is not handled when the message is none; what has no place in a room's
// state is said in it.
func (d *delivery) serve(ctx context.Context) (handled bool, err error) {
	m := d.message
	switch {
	case m.NewChatTitle != "":
		d.account.looks.again(d.account.roomOf(d.in).chat)
		return true, d.changeRoom(ctx, &bridgev2.ChatInfoChange{ChatInfo: &bridgev2.ChatInfo{Name: &m.NewChatTitle}})
	case len(m.NewChatMembers) > 0:
		var joined []member
		for _, who := range m.NewChatMembers {
			joined = append(joined, member{Status: statusMember, User: who})
		}
		return true, d.changeMembers(ctx, joined...)
	case m.LeftChatMember != nil && m.LeftChatMember.ID == d.account.bot:
		return true, nil // see deliverMembership
	case m.LeftChatMember != nil:
		left := d.account.memberOf(member{Status: statusLeft, User: *m.LeftChatMember})
		left.PrevMembership = event.MembershipJoin // who was banned is told to have left, too, and stays banned
		list := &bridgev2.ChatMemberList{MemberMap: bridgev2.ChatMemberMap{}}
		list.MemberMap.Set(left)
		return true, d.changeRoom(ctx, &bridgev2.ChatInfoChange{MemberChanges: list})
	case m.GroupChatCreated, m.SupergroupChatCreated, m.ChannelChatCreated:
		_, err := d.ensureRoom(ctx)
		return true, err
	case m.MigrateToChatID != 0:
		return true, d.account.migrateInTurn(ctx, d.in, chatID{bot: d.in.bot, chat: m.MigrateToChatID})
	case m.MigrateFromChatID != 0:
		d.notice = d.account.connector.say(say.GroupGrew, networkName)
		return false, d.account.migrateInTurn(ctx, chatID{bot: d.in.bot, chat: m.MigrateFromChatID}, d.in)
	case m.NewChatPhoto != nil, m.DeleteChatPhoto: // what it is now says lookAround
		d.account.looks.again(d.account.roomOf(d.in).chat)
		_, err := d.ensureRoom(ctx)
		return true, err
	case m.PinnedMessage != nil:
		return d.pin(ctx)
	}
	_, err = d.serveTopic(ctx)
	return false, err
}

// deliverMembership brings into a room what somebody has become in its chat.
func (a *account) deliverMembership(ctx context.Context, stored portal.Arrival, kind updateKind, in chatID, update *memberUpdate) error {
	d := a.deliveryAt(stored, in, time.Unix(update.Date, 0), update.From.ID)
	if kind == updateMembership {
		return d.changeMembers(ctx, update.New)
	}
	was, is := update.Old.isIn(), update.New.isIn()
	switch {
	case in.isPrivate() && was == is:
		return nil
	case in.isPrivate():
		if is {
			return d.tell(ctx, say.BotUnblockedIn)
		}
		return d.tell(ctx, say.BotBlockedIn)
	case is && !was:
		return d.comeIn(ctx, update)
	case is: // it may do more, or less
		return d.ownRights(ctx, update)
	case !was:
		return nil
	}
	if err := d.isOut(ctx, true); err != nil {
		return err
	}
	return d.tell(ctx, say.BotPutOut)
}

// isOut notes whether the bot has been put out of the group.
func (d *delivery) isOut(ctx context.Context, out bool) error {
	chat := d.account.roomOf(d.in).chat
	return wrapped("note whether a bot is in a group", d.account.keep(ctx, func(kept *LoginMetadata) {
		all := maps.Clone(kept.Out) // a new one: others read the one that is there
		delete(all, chat)
		if out {
			if all == nil {
				all = map[int64]bool{}
			}
			all[chat] = true
		}
		kept.Out = all
	}))
}

// comeIn makes the room of a group that the bot was added to, or says there that it is back. A supergroup tells of it in a message, too:
// a group that became one just now has a room already, which it may not be known by yet.
func (d *delivery) comeIn(ctx context.Context, update *memberUpdate) error {
	room, err := d.account.connector.bridge.GetExistingPortalByKey(ctx, d.PortalKey)
	switch {
	case err != nil:
		return fmt.Errorf("look up a room: %w", err)
	case handover.HasRoom(room):
		if err := d.ownRights(ctx, update); err != nil || !d.account.kept().Out[d.account.roomOf(d.in).chat] {
			return err // what made the room may come twice
		}
		if err := d.account.deliveryAt(d.stored, d.in, d.Timestamp, update.From.ID).tell(ctx, say.BotBackIn); err != nil {
			return err
		}
		return d.isOut(ctx, false)
	case update.Chat.Type == typeSupergroup:
		return nil
	}
	_, err = d.ensureRoom(ctx)
	return err
}

// ownRights gives staff in a room the rights that the bot has in its group.
func (d *delivery) ownRights(ctx context.Context, update *memberUpdate) error {
	d.account.looks.again(d.account.roomOf(d.in).chat)
	list := &bridgev2.ChatMemberList{MemberMap: bridgev2.ChatMemberMap{}}
	list.MemberMap.Set(d.account.memberOf(update.New))
	list.PowerLevels = d.account.sharedLevel(nil, d.account.levelOf(update.New))
	return d.changeRoom(ctx, &bridgev2.ChatInfoChange{MemberChanges: list})
}

// tell says something of the bot in a room, if there is one.
func (d *delivery) tell(ctx context.Context, sentence say.Sentence) error {
	room, err := d.account.connector.bridge.GetExistingPortalByKey(ctx, d.PortalKey)
	if err != nil || !handover.HasRoom(room) {
		return wrapped("look up a room", err)
	}
	d.notice = d.account.connector.say(sentence, networkName)
	var update int64
	if _, err := fmt.Sscanf(d.stored.ID, "u%d", &update); err != nil {
		return portal.Permanent(fmt.Errorf("an arrival is called %q", d.stored.ID))
	}
	d.id = d.in.message(-update) // no number of a message
	return d.run(ctx)
}
