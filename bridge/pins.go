package bridge

import (
	"context"
	"errors"
	"time"

	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/event"
)

// Pinning is a connector to whose network what staff pin in a room goes. bridgev2 does not tell of it.
type Pinning interface {
	// Pin has a chat's pinned messages be those of an event (Matrix Client-Server API, m.room.pinned_events). It comes in order
	// with everything else in the room, maybe twice. An error is a [bridgev2.MessageStatus] with the sentence that whoever
	// pinned reads.
	Pin(ctx context.Context, room *bridgev2.Portal, pinned *event.Event) error
}

// pinPatience bounds how long the rest of a room waits for what is pinned there.
const pinPatience = 3 * time.Minute

// pin hands on what somebody has pinned in a room.
func (n *network) pin(ctx context.Context, evt *event.Event) {
	pinning, ok := n.bridge().Network.(Pinning)
	if !ok || evt.Type != event.StatePinnedEvents || evt.GetStateKey() != "" || n.journal.ours(evt.Sender) ||
		!n.bridge().Config.Permissions.Get(evt.Sender).SendEvents {
		return
	}
	room, err := n.bridge().GetPortalByMXID(ctx, evt.RoomID)
	if err != nil {
		n.log.Err(err).Stringer("room", evt.RoomID).Msg("What is pinned in a room is not handed on")
		return
	}
	if room == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, pinPatience)
	defer cancel()
	if err := pinning.Pin(ctx, room, evt); err != nil {
		n.log.Warn().Err(err).Stringer("room", evt.RoomID).Msg("What is pinned in a room was not pinned there")
		var told bridgev2.MessageStatus
		if !errors.As(err, &told) {
			told = bridgev2.WrapErrorInStatus(err)
		}
		n.matrix().SendMessageStatus(ctx, &told, bridgev2.StatusEventInfoFromEvent(evt))
	}
}
