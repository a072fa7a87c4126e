package bridge

import (
	"context"
	"fmt"

	"github.com/rs/zerolog"
	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/portal/say"
)

// disappearReason is what bridgev2 gives as the reason for redacting a message whose time is over (bridgev2/disappear.go,
// sleepAndDisappear).
const disappearReason = "Message disappeared"

// disappears tells whether a redaction is that of a message whose time is over.
func (i *intent) disappears(redaction *event.RedactionEventContent) bool {
	return i.GetMXID() == i.connector.Bot.UserID && redaction.Reason == disappearReason
}

// disappear redacts a message whose time is over, and its edits, which hold its words too, however long the homeserver is
// away: bridgev2 asks once, and then forgets the message. When ctx ends, bridgev2 keeps it, and the next start goes on.
func (i *intent) disappear(ctx context.Context, room id.RoomID, message id.EventID) (*mautrix.RespSendEvent, error) {
	return untilItAnswers(ctx, message, func() (*mautrix.RespSendEvent, error) {
		return i.redactWithEdits(ctx, room, message)
	})
}

// mostEdits bounds the edits that are redacted with a message.
const mostEdits = 100

func (i *intent) redactWithEdits(ctx context.Context, room id.RoomID, message id.EventID) (*mautrix.RespSendEvent, error) {
	reason := mautrix.ReqRedact{Reason: i.connector.network.sayTo(i.connector.network.ownerOf(ctx, room), say.Disappeared)}
	edits, err := i.Matrix.GetRelations(ctx, room, message, &mautrix.ReqGetRelations{RelationType: event.RelReplace, Limit: mostEdits})
	switch {
	case isAway(err):
		return nil, fmt.Errorf("look for a message's edits: %w", err)
	case err != nil: // the message itself must go all the same
		zerolog.Ctx(ctx).Warn().Err(err).Stringer("event", message).Msg("The edits of a message whose time is over stay")
		edits = &mautrix.RespGetRelations{}
	}
	for _, edit := range edits.Chunk {
		_, err := i.Matrix.RedactEvent(ctx, room, edit.ID, reason)
		switch {
		case isAway(err):
			return nil, fmt.Errorf("redact an edit: %w", err)
		case err != nil:
			zerolog.Ctx(ctx).Warn().Err(err).Stringer("event", edit.ID).Msg("An edit of a message whose time is over stays")
		}
	}
	return i.Matrix.RedactEvent(ctx, room, message, reason)
}
