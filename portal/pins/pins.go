// Package pins changes what is pinned in a room (Matrix Client-Server API, m.room.pinned_events), where a network tells that a
// message of its chat was pinned.
package pins

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/rs/zerolog"
	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

// Most bounds how many messages are pinned in a room.
const Most = 50

// Change pins a message in a room, or no longer. In a room whose owner does not let the bot do that, nothing is, which is logged.
// An error passes.
func Change(ctx context.Context, bridge *bridgev2.Bridge, room id.RoomID, message id.EventID, on bool, at time.Time) error {
	pinned, err := in(ctx, bridge, room)
	if err == nil && slices.Contains(pinned, message) != on {
		pinned = slices.DeleteFunc(pinned, func(other id.EventID) bool { return other == message })
		if on {
			pinned = append(pinned, message)
		}
		content := &event.PinnedEventsEventContent{Pinned: pinned[max(0, len(pinned)-Most):]}
		_, err = bridge.Bot.SendState(ctx, room, event.StatePinnedEvents, "", &event.Content{Parsed: content}, at)
	}
	var answer mautrix.HTTPError
	if errors.As(err, &answer) && answer.Response != nil && answer.Response.StatusCode < http.StatusInternalServerError &&
		answer.Response.StatusCode != http.StatusTooManyRequests {
		zerolog.Ctx(ctx).Warn().Err(err).Msg("What is pinned in a room could not be changed")
		return nil
	}
	if err != nil {
		return fmt.Errorf("change what is pinned: %w", err)
	}
	return nil
}

// in lists what is pinned in a room.
func in(ctx context.Context, bridge *bridgev2.Bridge, room id.RoomID) ([]id.EventID, error) {
	states, ok := bridge.Bot.(bridgev2.MatrixAPIWithArbitraryRoomState)
	if !ok {
		return nil, nil
	}
	state, err := states.GetStateEvent(ctx, room, event.StatePinnedEvents, "")
	if errors.Is(err, mautrix.MNotFound) || err == nil && state == nil {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look at what is pinned: %w", err)
	}
	return slices.Clone(state.Content.AsPinnedEvents().Pinned), nil
}
