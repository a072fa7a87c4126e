package bridge

import (
	"context"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/bridgev2"
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
	return i.ASIntent.MarkTyping(ctx, room, bridgev2.TypingTypeText, lasts)
}
