package telegram

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/portal/pins"
	"passerelle/portal/say"
)

// What is pinned in a chat is pinned in its room, and the other way round. Telegram tells bots what is pinned and not what no longer is,
// and lists only the newest: what is known to be pinned is kept with the login, so that a change in the room becomes the calls that make
// it there.

// pin shows that a message was pinned. It is not handled when the room does not hold that message: then a sentence says so.
func (d *delivery) pin(ctx context.Context) (handled bool, err error) {
	pinned := d.in.message(d.message.PinnedMessage.MessageID)
	row, err := d.account.meant(ctx, pinned)
	if err != nil {
		return false, err
	}
	room, err := d.ensureRoom(ctx)
	if err != nil || room == nil {
		return true, err
	}
	if row == nil {
		d.notice = d.account.connector.say(say.PinnedElsewhere, networkName)
		return false, nil
	}
	if err := pins.Change(ctx, d.account.connector.bridge, room.MXID, row.MXID, true, d.Timestamp); err != nil {
		return false, err
	}
	return true, d.account.notePin(ctx, d.account.roomOf(d.in).chat, pinned.id, true)
}

// notePin keeps whether a message is pinned in a chat.
func (a *account) notePin(ctx context.Context, chat, message int64, on bool) error {
	return wrapped("keep what is pinned", a.keep(ctx, func(kept *LoginMetadata) {
		all := slices.DeleteFunc(slices.Clone(kept.Pins[chat]), func(other int64) bool { return other == message })
		if on {
			all = append(all, message)
		}
		now := map[int64][]int64{} // a new one: others read the one that is there
		maps.Copy(now, kept.Pins)
		if now[chat] = all[max(0, len(all)-pins.Most):]; len(all) == 0 {
			delete(now, chat)
		}
		kept.Pins = now
	}))
}

// Pin pins in a chat what is pinned in its room (see bridge.Pinning). What Telegram refuses is undone in the room.
func (c *Connector) Pin(ctx context.Context, room *bridgev2.Portal, pinned *event.Event) error {
	in, err := parsePortalID(room.ID)
	if err != nil {
		return fmt.Errorf("find out which chat a room is of: %w", err)
	}
	a := c.accountOf(in)
	if a == nil {
		return nil // the bot is not connected any more, which is told elsewhere
	}
	ctx = withWriter(ctx, pinned.Sender)
	wanted, err := a.pinnedBy(ctx, in, pinned.Content.AsPinnedEvents())
	if err != nil {
		return a.failed(ctx, err, say.GroupNotChanged)
	}
	before := a.kept().Pins[in.chat]
	for _, message := range before {
		if _, still := wanted[message]; !still {
			if err := a.pinTo(ctx, in, message, false); err != nil {
				return errors.Join(err, a.keepPinned(ctx, room, in.message(message)))
			}
		}
	}
	for _, message := range slices.Sorted(maps.Keys(wanted)) {
		if !slices.Contains(before, message) {
			if err := a.pinTo(ctx, in, message, true); err != nil {
				return errors.Join(err, pins.Change(ctx, c.bridge, room.MXID, wanted[message], false, a.connector.now()))
			}
		}
	}
	return nil
}

// keepPinned shows in a room that a message is pinned still.
func (a *account) keepPinned(ctx context.Context, room *bridgev2.Portal, of messageID) error {
	row, err := a.known(ctx, of)
	if err != nil || row == nil {
		return err
	}
	return pins.Change(ctx, a.connector.bridge, room.MXID, row.MXID, true, a.connector.now())
}

// pinnedBy lists the messages of a chat that a room shows as pinned, with their events. What never crossed is pinned in the room alone.
func (a *account) pinnedBy(ctx context.Context, in chatID, content *event.PinnedEventsEventContent) (map[int64]id.EventID, error) {
	all := map[int64]id.EventID{}
	for _, evt := range content.Pinned[max(0, len(content.Pinned)-pins.Most):] {
		row, err := a.connector.bridge.DB.Message.GetPartByMXID(ctx, evt)
		if err != nil {
			return nil, fmt.Errorf("look up what is pinned: %w", err)
		}
		if row == nil {
			continue
		}
		if message, err := parseMessageID(row.ID); err == nil && message.id > 0 && message.in == in.whole() {
			all[message.id] = evt
		}
	}
	return all, nil
}

// pinTo pins a message, or no longer. Nothing is wrong when it is so already, or the message is gone.
func (a *account) pinTo(ctx context.Context, in chatID, message int64, on bool) error {
	of := in.message(message)
	err := a.insist(ctx, in, func(ctx context.Context) error { return a.api.pinChatMessage(ctx, of, on) })
	var refused *refusal
	gone := errors.As(err, &refused) && refused.code == http.StatusBadRequest && strings.Contains(refused.text, "not found")
	if err != nil && (on || !gone) {
		return a.changeRefused(ctx, err)
	}
	if err := a.notePin(ctx, in.chat, message, on); err != nil {
		return a.failed(ctx, err, say.GroupNotChanged)
	}
	return nil
}
