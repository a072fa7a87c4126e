package telegram

import (
	"context"
	"fmt"
	"sync"
	"time"

	"maunium.net/go/mautrix/bridgev2"

	"passerelle/portal"
	"passerelle/portal/handover"
	"passerelle/portal/say"
)

// Telegram does not tell bots of everything that changes in a group: not of its description, and not of what changed while the bot was
// away for more than a day. So a group is looked at again from time to time, with a message of it. And people are told, once, what a bot
// does not see there.

// lookAgainAfter is how long what is known of a group counts as new.
const lookAgainAfter = time.Hour

// Types of chats (Bot API, Chat, type).
const (
	typeGroup      = "group"
	typeSupergroup = "supergroup"
)

// privacyNotice stands for the number of a message in what a room is told once of privacy mode. It is no number of Telegram's.
const privacyNotice = -1

// looks notes when groups were looked at.
type looks struct {
	mu        sync.Mutex
	described map[int64]time.Time // guarded by mu; when a chat was described
	privacy   map[int64]bool      // guarded by mu; whose privacy is settled
}

// due tells whether it is time to look at a chat, which it is not again for a while.
func (l *looks) due(chat int64, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if now.Sub(l.described[chat]) < lookAgainAfter {
		return false
	}
	l.note(chat, now)
	return true
}

// looked notes that a chat was looked at.
func (l *looks) looked(chat int64, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.note(chat, now)
}

func (l *looks) note(chat int64, now time.Time) {
	if l.described == nil {
		l.described = map[int64]time.Time{}
	}
	l.described[chat] = now
}

// again has a chat be looked at with its next message, or with this one.
func (l *looks) again(chat int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.described, chat)
	delete(l.privacy, chat)
}

// settlesPrivacy tells whether it is to be found out what the bot sees in a chat, which it is not again.
func (l *looks) settlesPrivacy(chat int64) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.privacy[chat] {
		return false
	}
	if l.privacy == nil {
		l.privacy = map[int64]bool{}
	}
	l.privacy[chat] = true
	return true
}

// lookAround follows a message of a group's: it keeps what the room says of the group up to date.
func (d *delivery) lookAround(ctx context.Context, at chat) error {
	room, err := d.account.connector.bridge.GetExistingPortalByKey(ctx, d.PortalKey)
	if err != nil || !handover.HasRoom(room) || d.in.isPrivate() || !d.account.IsLoggedIn() {
		return wrapped("look up a room", err)
	}
	if err := d.describeAgain(ctx); err != nil {
		return err
	}
	if at.Type == typeGroup || at.Type == typeSupergroup {
		return d.tellPrivacy(ctx)
	}
	return nil
}

// describeAgain has the room show what the group is called, says of itself, and who governs it, if that was long ago.
func (d *delivery) describeAgain(ctx context.Context) error {
	a, in := d.account, d.account.roomOf(d.in)
	if !a.looks.due(in.chat, a.connector.now()) {
		return nil
	}
	described, err := a.groupChat(ctx, in)
	if err != nil {
		a.looks.again(in.chat) // with the next message
		a.log.Warn().Err(err).Msg("A group cannot be looked at")
		return nil
	}
	news := a.deliveryAt(d.stored, d.in, d.Timestamp, d.message.sender())
	return news.changeRoom(ctx, &bridgev2.ChatInfoChange{ChatInfo: described})
}

// tellPrivacy says in the room, once, that the bot sees only a part of what is written in the group, and what to do ("Privacy mode").
func (d *delivery) tellPrivacy(ctx context.Context) error {
	a, in := d.account, d.account.roomOf(d.in)
	if !a.looks.settlesPrivacy(in.chat) {
		return nil
	}
	for _, said := range append(a.before(in), in) {
		if there, err := a.isThere(ctx, said.message(privacyNotice).networkID()); there || err != nil {
			return err
		}
	}
	sees, err := a.seesAll(ctx, in.chat)
	if err != nil && !portal.IsPermanent(err) {
		a.looks.again(in.chat)
	}
	if err != nil || sees {
		return nil // what cannot be asked is not told
	}
	said := a.deliveryAt(d.stored, in, d.Timestamp, d.message.sender())
	said.id, said.notice = in.message(privacyNotice), a.connector.say(say.BotSeesLittle, networkName, a.name())
	return said.run(ctx)
}

// seesAll tells whether the bot sees all that is written in a group: an administrator does, and one whose privacy mode is off.
func (a *account) seesAll(ctx context.Context, chat int64) (bool, error) {
	me, err := a.api.getMe(ctx)
	if err != nil || me.ReadsAll {
		return err == nil, wrapped("ask what the bot sees", err)
	}
	self, err := a.api.getChatMember(ctx, chat, a.bot)
	if err != nil {
		return false, fmt.Errorf("ask what the bot is in a group: %w", err)
	}
	return self.isAdmin(), nil
}

// before lists the groups that have become a supergroup.
func (a *account) before(in chatID) (all []chatID) {
	for from, to := range a.kept().Moved {
		if to == in.chat {
			all = append(all, chatID{bot: in.bot, chat: from})
		}
	}
	return all
}
