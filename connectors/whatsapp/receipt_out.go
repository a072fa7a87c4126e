package whatsapp

import (
	"context"
	"fmt"
	"slices"
	"time"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/types"
	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/bridgev2/database"
)

const (
	// mostRead bounds how many messages one receipt names.
	mostRead = 256
	// firstRead is how far back the first receipt in a room reaches.
	firstRead = 7 * 24 * time.Hour
	// privacyPatience is how long WhatsApp may take to tell the account's privacy settings. They are asked for once a start.
	privacyPatience = 5 * time.Second
)

var _ bridgev2.ReadReceiptHandlingNetworkAPI = (*account)(nil)

// HandleMatrixReadReceipt tells WhatsApp what the account's owner has read (see [bridgev2.ReadReceiptHandlingNetworkAPI]).
// When it fails, the next receipt names what this one would have named.
//
// That a voice note was played is not told: Matrix has no word for it.
func (a *account) HandleMatrixReadReceipt(ctx context.Context, read *bridgev2.MatrixReadReceipt) error {
	client := a.current()
	switch {
	case client == nil:
		return bridgev2.ErrNotLoggedIn
	case !client.IsLoggedIn():
		return whatsmeow.ErrNotConnected
	}
	metadata, _ := read.Portal.Metadata.(*PortalMetadata)
	chat, err := chatOf(read.Portal.ID, metadata)
	if err != nil {
		return err
	}
	unread, err := a.unread(ctx, read)
	if err != nil || len(unread) == 0 {
		return err
	}
	kind, err := a.readKind(ctx, client)
	if err != nil {
		return err
	}
	for author, ids := range unread {
		if err := client.MarkRead(ctx, ids, read.Receipt.Timestamp, chat, author, kind); err != nil {
			return fmt.Errorf("mark as read: %w", err)
		}
	}
	return nil
}

// unread lists by author what others wrote since the last receipt. WhatsApp's times are whole seconds: what came within the
// second of the last receipt may be named twice, rather than never.
func (a *account) unread(ctx context.Context, read *bridgev2.MatrixReadReceipt) (map[types.JID][]types.MessageID, error) {
	since := read.LastRead
	if earliest := read.ReadUpTo.Add(-firstRead); since.Unix() <= 0 {
		since = earliest
	}
	if read.ReadUpTo.Before(since) { // a message that came late
		since = read.ReadUpTo
	}
	rows, err := a.connector.bridge.DB.Message.GetMessagesBetweenTimeQuery(
		ctx, read.Portal.PortalKey, since.Truncate(time.Second).Add(-1), read.ReadUpTo)
	if err != nil {
		return nil, fmt.Errorf("look up what was read: %w", err)
	}
	slices.SortStableFunc(rows, func(a, b *database.Message) int { return a.Timestamp.Compare(b.Timestamp) })
	byAuthor := map[types.JID][]types.MessageID{}
	for _, row := range rows[max(0, len(rows)-mostRead):] {
		named, err := parseMessageID(row.ID)
		if err != nil || named.sender == userID(a.lid) || named.isOurs() {
			continue
		}
		author := lidOf(named.sender)
		if !slices.Contains(byAuthor[author], named.id) { // a message may have several parts
			byAuthor[author] = append(byAuthor[author], named.id)
		}
	}
	return byAuthor, nil
}

// readKind tells whether the authors may know, or only the account's own devices: the administrator may forbid it, and
// whatsmeow sees to the account's own setting, provided that it knows it (whatsmeow/receipt.go, MarkRead).
func (a *account) readKind(ctx context.Context, client *whatsmeow.Client) (types.ReceiptType, error) {
	if !a.connector.options.SendReadReceipts {
		return types.ReceiptTypeReadSelf, nil
	}
	patience, cancel := context.WithTimeout(ctx, privacyPatience)
	defer cancel()
	if _, err := client.TryFetchPrivacySettings(patience, false); err != nil {
		return "", fmt.Errorf("ask for the account's privacy settings: %w", err)
	}
	return types.ReceiptTypeRead, nil
}
