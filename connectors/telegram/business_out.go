package telegram

import (
	"context"
	"fmt"
	"time"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"
	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/bridgev2/database"
	"maunium.net/go/mautrix/bridgev2/networkid"
)

// getBusinessConnection describes a connection.
func (a *api) getBusinessConnection(ctx context.Context, id string) (is businessConnection, err error) {
	return is, a.call(ctx, "getBusinessConnection", tgbotapi.Params{"business_connection_id": id}, &is)
}

// readBusinessMessage marks a message in a business account's chat as read, and those before it.
func (a *api) readBusinessMessage(ctx context.Context, m messageID) error {
	params := inChat(m.in)
	params["message_id"] = number(m.id)
	return a.call(ctx, "readBusinessMessage", params, nil)
}

// deleteBusinessMessages deletes messages in a business account's chats for everybody.
func (a *api) deleteBusinessMessages(ctx context.Context, of messageID) error {
	return a.call(ctx, "deleteBusinessMessages", tgbotapi.Params{"business_connection_id": of.in.connection, "message_ids": encoded([]int64{of.id})}, nil)
}

// firstRead is how far back is looked for what was read.
const firstRead = 7 * 24 * time.Hour

var _ bridgev2.ReadReceiptHandlingNetworkAPI = (*account)(nil)

// HandleMatrixReadReceipt marks in the chats of the owner's own account as read what the owner has read (see
// [bridgev2.ReadReceiptHandlingNetworkAPI]), if the account lets the bot. In the bot's own chats there is no such thing.
func (a *account) HandleMatrixReadReceipt(ctx context.Context, read *bridgev2.MatrixReadReceipt) error {
	in, err := parsePortalID(read.Portal.ID)
	if err != nil || in.connection == "" || !a.IsLoggedIn() {
		return err
	}
	through, err := a.connection(ctx, a.liveConnection(in.connection))
	if err != nil || !through.Enabled || !through.Rights.CanRead || !a.isOwn(through.User) {
		return err
	}
	rows, err := a.connector.bridge.DB.Message.GetMessagesBetweenTimeQuery(ctx, read.Portal.PortalKey, read.ReadUpTo.Add(-firstRead), read.ReadUpTo)
	if err != nil {
		return fmt.Errorf("look up what was read: %w", err)
	}
	newest, ok := newestOf(rows, userID(in.chat))
	if !ok {
		return nil
	}
	return a.insist(ctx, in, func(ctx context.Context) error { return a.api.readBusinessMessage(ctx, newest) })
}

// newestOf returns the newest message of somebody's.
func newestOf(rows []*database.Message, by networkid.UserID) (newest messageID, ok bool) {
	for _, row := range rows {
		m, err := parseMessageID(row.ID)
		if err == nil && row.SenderID == by && m.id > newest.id {
			newest, ok = m, true
		}
	}
	return newest, ok
}
