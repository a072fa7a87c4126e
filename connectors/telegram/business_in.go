package telegram

import (
	"context"

	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/bridgev2/database"
	"maunium.net/go/mautrix/bridgev2/networkid"

	"passerelle/portal"
)

// takesBusiness tells whether what comes in a business account's chat is taken: of the bot's owner's account only. The bot's own words
// are in the room already.
func (a *account) takesBusiness(ctx context.Context, in chatID, m *message) (bool, error) {
	if in.connection == "" {
		return true, nil
	}
	through, err := a.connection(ctx, in.connection)
	if err != nil {
		return false, err
	}
	if !a.isOwn(through.User) {
		a.log.Info().Msg("A message of a business account is left out that is not the bot's owner's")
		return false, nil
	}
	return m == nil || m.SenderBusinessBot == nil || m.SenderBusinessBot.ID != a.bot, nil
}

// senderIn says who sent something in a chat, in bridgev2's words. In a business account's chats the account is its owner.
func (a *account) senderIn(in chatID, id int64) bridgev2.EventSender {
	if in.connection != "" && a.isOwn(id) {
		return bridgev2.EventSender{IsFromMe: true, Sender: userID(id), SenderLogin: a.login.ID}
	}
	return a.sender(id)
}

// removal is the deletion of a message in a business account's chat. Who deleted it is not told.
type removal struct {
	*delivery
	target *database.Message
}

var _ bridgev2.RemoteMessageRemove = (*removal)(nil)

// GetTargetMessage names the message (see [bridgev2.RemoteEventWithTargetMessage]).
func (r *removal) GetTargetMessage() networkid.MessageID { return r.target.ID }

// deliverDeletion takes out of a room what was deleted in its chat.
func (a *account) deliverDeletion(ctx context.Context, stored portal.Arrival, in chatID, update *businessDeletion) error {
	if takes, err := a.takesBusiness(ctx, in, nil); err != nil || !takes {
		return err
	}
	for _, id := range update.MessageIDs {
		row, err := a.meant(ctx, in.message(id))
		if err != nil {
			return err
		}
		// What waits of it goes too: it itself, or its edits and the reactions to it.
		taken, err := a.connector.border.Inbox.TakeBack(ctx, string(in.message(id).networkID()))
		if err == nil && row == nil && !taken {
			err = a.behind(ctx, in.message(id))
		}
		if err != nil {
			return err
		}
		if row == nil {
			continue
		}
		d := a.deliveryAt(stored, in, stored.At, 0)
		d.Type, d.CreatePortal = bridgev2.RemoteEventMessageRemove, false
		d.Sender = bridgev2.EventSender{Sender: row.SenderID}
		if row.SenderID == a.GetUserID() || row.SenderID == userID(a.kept().Own) {
			d.Sender = a.senderIn(in, a.kept().Own)
		}
		if err := d.handOver(ctx, &removal{d, row}); err != nil {
			return err
		}
		if err := portal.Failure(d.passing); err != nil {
			return err
		}
	}
	return nil
}
