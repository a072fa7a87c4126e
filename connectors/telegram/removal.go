package telegram

import (
	"context"
	"errors"
	"strings"
	"time"

	"maunium.net/go/mautrix/bridgev2"

	"passerelle/portal/say"
)

// deletable is how long a bot may delete a message (Bot API, deleteMessage).
const deletable = 48 * time.Hour

var _ bridgev2.RedactionHandlingNetworkAPI = (*account)(nil)

// HandleMatrixMessageRemove deletes a message for everybody (see [bridgev2.RedactionHandlingNetworkAPI]). Telegram does not tell bots
// of what others delete.
func (a *account) HandleMatrixMessageRemove(ctx context.Context, removed *bridgev2.MatrixMessageRemove) error {
	target, err := parseMessageID(removed.TargetMessage.ID)
	if err == nil && target.id < 0 {
		return nil // a notice of ours: there is nothing to delete there
	}
	if target, err = a.target(ctx, removed.TargetMessage.ID); err != nil {
		return err
	}
	if err := a.ownOnly(ctx, removed.TargetMessage.SenderMXID); err != nil {
		return err
	}
	for _, each := range append([]int64{target.id}, metadataOf(removed.TargetMessage).More...) {
		of := target.in.message(each)
		err := a.insist(ctx, of.in, func(ctx context.Context) error { return a.api.deleteMessage(ctx, of) })
		var refused *refusal
		switch {
		case err == nil || isGone(err):
		case errors.As(err, &refused) && strings.Contains(refused.text, "can't be deleted"):
			if a.connector.now().Sub(removed.TargetMessage.Timestamp) > deletable {
				return a.refused(ctx, err, say.BotDeletesEarly, int(deletable.Hours()))
			}
			return a.refused(ctx, err, say.DeletedHereOnly)
		default:
			return a.unsent(ctx, err)
		}
	}
	return nil
}
