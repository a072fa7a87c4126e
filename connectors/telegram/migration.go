package telegram

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/bridgev2/networkid"
	"maunium.net/go/mautrix/event"

	"passerelle/portal/handover"
)

// A group that grows, or gets a public address, topics or finer rights, becomes a supergroup: another chat with another number, whose
// messages are counted from 1 again. Its room stays. Both chats tell of it in a message (Bot API, Message, migrate_to_chat_id and
// migrate_from_chat_id), in any order; a bot that missed both learns of it when it writes (ResponseParameters, migrate_to_chat_id).
//
// Messages keep the identifier that they came with, so that those of before are known in the room (ids.go). What comes late from
// the old chat belongs into the room too: which chat became which is kept with the login.

// migrateInTurn is migrate once what is being written in the group's room is done with: bridgev2 would not know a message again that it
// keeps while the room's key changes. It must not be called by what bridgev2 calls for the room.
func (a *account) migrateInTurn(ctx context.Context, from, to chatID) error {
	room, err := a.connector.bridge.GetExistingPortalByKey(ctx, from.key())
	switch {
	case err != nil:
		return fmt.Errorf("look up a group's room: %w", err)
	case !handover.HasRoom(room):
		return a.migrate(ctx, from, to)
	}
	var failed error
	err = handover.InTurn(ctx, a.login, from.key(), func(ctx context.Context, _ *bridgev2.Portal) { failed = a.migrate(ctx, from, to) }, a.connector.stalls)
	if err != nil {
		return fmt.Errorf("wait for a group's room: %w", err)
	}
	return failed
}

// migrate keeps the room of a group that has become a supergroup.
func (a *account) migrate(ctx context.Context, from, to chatID) error {
	if from.whole() == to.whole() || from.isPrivate() || to.isPrivate() || a.kept().Moved[to.chat] != 0 {
		return nil // nonsense
	}
	a.migrating.Lock() // both chats tell of it at once, and bridgev2 would wait for itself
	defer a.migrating.Unlock()
	if a.kept().Moved[from.chat] == to.chat {
		return nil
	}
	bridge := a.connector.bridge
	before, err := bridge.GetExistingPortalByKey(ctx, from.key())
	if err != nil {
		return fmt.Errorf("look up a group's room: %w", err)
	}
	second, err := bridge.GetExistingPortalByKey(ctx, to.key())
	if err != nil {
		return fmt.Errorf("look up a supergroup's room: %w", err)
	}
	if handover.HasRoom(before) && handover.HasRoom(second) {
		if err := a.closeSecond(ctx, second, before); err != nil {
			return err
		}
	}
	if _, _, err := bridge.ReIDPortal(ctx, from.key(), to.key()); err != nil {
		return fmt.Errorf("take a group's room over: %w", err)
	}
	// After a crash in between, the message comes again, and there is no room of the old chat any more.
	return wrapped("keep what a group became", a.keep(ctx, func(kept *LoginMetadata) {
		moved := map[int64]int64{from.chat: to.chat} // a new one: others read the one that is there
		maps.Copy(moved, kept.Moved)
		kept.Moved = moved
		kept.Silenced, kept.Asking = renumbered(kept.Silenced, from.chat, to.chat), renumbered(kept.Asking, from.chat, to.chat)
	}))
}

// renumbered returns what is kept of chats with that of one under another's number. The map that is given stays as it is.
func renumbered[T any](all map[int64]T, from, to int64) map[int64]T {
	of, there := all[from]
	if !there {
		return all
	}
	moved := maps.Clone(all)
	delete(moved, from)
	moved[to] = of
	return moved
}

// closeSecond gives up the room that a supergroup got before it was known to be a group's that has one: for a bot that was away for
// longer than Telegram keeps what happens. Who is in it is led to the other one, and can read it still.
func (a *account) closeSecond(ctx context.Context, second, first *bridgev2.Portal) error {
	_, err := a.connector.bridge.Bot.SendState(ctx, second.MXID, event.StateTombstone, "", &event.Content{
		Parsed: &event.TombstoneEventContent{ReplacementRoom: first.MXID},
	}, time.Now())
	if err != nil {
		return fmt.Errorf("lead from a supergroup's second room to the first: %w", err)
	}
	return wrapped("give up a supergroup's second room", second.Delete(ctx))
}

// roomOf is the chat whose room shows what happens in a chat: the supergroup that it has become.
func (a *account) roomOf(in chatID) chatID {
	if to := a.kept().Moved[in.chat]; to != 0 {
		in.chat = to
	}
	return in
}

// follow has the room of a group follow it when a call was refused since the group has become a supergroup, and returns that. It
// runs in the room's goroutine. found is false when that is not why the call failed.
func (a *account) follow(ctx context.Context, from chatID, refusedWith error) (to chatID, found bool) {
	var refused *refusal
	if !errors.As(refusedWith, &refused) || refused.migratedTo == 0 {
		return from, false
	}
	to = chatID{bot: from.bot, chat: refused.migratedTo}
	if err := a.migrate(ctx, from.whole(), to); err != nil {
		a.log.Err(err).Msg("A room could not follow its group, which is a supergroup now")
		return from, false
	}
	return to, true
}

// isOfBefore tells whether a message is one of the group that a room's supergroup was.
func isOfBefore(room *bridgev2.Portal, id networkid.MessageID) bool {
	in, is := groupOf(room)
	message, err := parseMessageID(id)
	return err == nil && is && message.id > 0 && message.in != in.whole()
}
