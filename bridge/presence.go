package bridge

import (
	"context"
	"fmt"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

// signalPatience bounds a request that tells of a receipt, or of somebody who types. The messages of the room wait for it, so
// it is not tried again either: what it says is soon out of date.
const signalPatience = 5 * time.Second

func brief(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(mautrix.WithMaxRetries(ctx, 0), signalPatience)
}

// MarkRead shows that the user has read up to an event.
func (i *intent) MarkRead(ctx context.Context, room id.RoomID, up id.EventID, at time.Time) error {
	ctx, cancel := brief(ctx)
	defer cancel()
	return i.ASIntent.MarkRead(ctx, room, up, at)
}

// MarkTyping shows the user as typing, or not. Matrix has one way of it (Client-Server API, m.typing): who records is shown
// as typing, too, which the library leaves out.
func (i *intent) MarkTyping(ctx context.Context, room id.RoomID, _ bridgev2.TypingType, lasts time.Duration) error {
	ctx, cancel := brief(ctx)
	defer cancel()
	if lasts > 0 && !i.connector.network.showsTyping(room) {
		return nil
	}
	return i.ASIntent.MarkTyping(ctx, room, bridgev2.TypingTypeText, lasts)
}

// ShowOnline shows the user as online, or not any more. Homeservers forget after about half a minute that somebody is
// (Client-Server API, "Presence").
func (i *intent) ShowOnline(ctx context.Context, online bool) error {
	ctx, cancel := brief(ctx)
	defer cancel()
	if err := i.Matrix.EnsureRegistered(ctx); err != nil {
		return fmt.Errorf("show who is online: %w", err)
	}
	state := event.PresenceOffline
	if online {
		state = event.PresenceOnline
	}
	if err := i.Matrix.Client.SetPresence(ctx, mautrix.ReqPresence{Presence: state}); err != nil {
		return fmt.Errorf("show who is online: %w", err)
	}
	return nil
}

// IsShownOnline tells whether the homeserver shows the user as online: one that shows nobody says nothing of it.
func (i *intent) IsShownOnline(ctx context.Context) (bool, error) {
	ctx, cancel := brief(ctx)
	defer cancel()
	shown, err := i.Matrix.Client.GetOwnPresence(ctx)
	if err != nil {
		return false, fmt.Errorf("look who is shown as online: %w", err)
	}
	return shown.Presence == event.PresenceOnline, nil
}
