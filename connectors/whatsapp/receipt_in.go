package whatsapp

import (
	"context"
	"slices"

	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/bridgev2/networkid"
	"maunium.net/go/mautrix/bridgev2/simplevent"
)

// receipt passes on that messages were delivered, read or played. A message that was played was read: Matrix knows no more.
func (a *account) receipt(event *events.Receipt) {
	kind := receiptKind(event)
	if kind == bridgev2.RemoteEventUnknown {
		return
	}
	chat, sender, author, err := a.receiptParties(event)
	switch {
	case err != nil:
		a.log.Err(err).Msg("It could not be looked up whom a receipt is about; it is lost")
		return
	case chat.IsEmpty() || sender.IsEmpty() || author.IsEmpty():
		return // people of whom nothing is in a room yet
	}
	receipt := &simplevent.Receipt{EventMeta: simplevent.EventMeta{
		Type: kind, PortalKey: portalKey(chat, a.login.ID), Sender: a.sender(sender), Timestamp: event.Timestamp,
	}}
	for _, id := range event.MessageIDs {
		named := messageID{chat: portalID(chat), sender: userID(author), id: id}
		receipt.Targets = append(receipt.Targets, named.networkID())
	}
	if kind == bridgev2.RemoteEventReadReceipt {
		receipt.PreHandleFunc = func(ctx context.Context, room *bridgev2.Portal) { a.keepEarly(ctx, room, receipt) }
	}
	a.signal(receipt)
}

// receiptKind tells what a receipt is to bridgev2; unknown: nothing that concerns people. In groups bridgev2 shows no
// delivery. WhatsApp's apps do not show that a message was delivered to a device that nobody is at (whatsmeow/receipt.go,
// SetForceActiveDeliveryReceipts), and neither is it shown here.
func receiptKind(event *events.Receipt) bridgev2.RemoteEventType {
	switch event.Type {
	case types.ReceiptTypeRead, types.ReceiptTypePlayed:
		return bridgev2.RemoteEventReadReceipt
	case types.ReceiptTypeReadSelf, types.ReceiptTypePlayedSelf:
		if event.IsFromMe {
			return bridgev2.RemoteEventReadReceipt
		}
	case types.ReceiptTypeDelivered:
		if !event.IsFromMe && !event.IsGroup {
			return bridgev2.RemoteEventDeliveryReceipt
		}
	}
	return bridgev2.RemoteEventUnknown
}

// receiptParties returns the chat of a receipt, who received or read, and whose messages. One that is not known, or not
// bridged, is empty. Others tell us about our messages only; our own devices tell what we have read of others.
func (a *account) receiptParties(event *events.Receipt) (chat, sender, author types.JID, err error) {
	if chat, sender, err = a.parties(event.MessageSource); err != nil || !event.IsFromMe {
		return chat, sender, a.lid, err
	}
	if chat.Server != types.GroupServer {
		return chat, sender, chat, nil
	}
	author, err = a.knownLID(a.ctx, event.MessageSender, types.EmptyJID)
	return chat, sender, author, err
}

// parties returns the chat that something happens in and who does it, without asking WhatsApp. One that is not known, or not
// bridged, is empty.
func (a *account) parties(source types.MessageSource) (chat, sender types.JID, err error) {
	sender, chat = a.lid, source.Chat
	if !source.IsFromMe {
		if sender, err = a.knownLID(a.ctx, source.Sender, source.SenderAlt); err != nil {
			return chat, sender, err
		}
	}
	switch {
	case chat.Server == types.GroupServer:
	case !isPerson(chat):
		chat = types.EmptyJID
	case source.IsFromMe:
		chat, err = a.knownLID(a.ctx, chat, source.RecipientAlt)
	default:
		chat = sender
	}
	return chat, sender, err
}

// keepEarly keeps a receipt for those of its messages that are not in the room yet. It runs in the room's goroutine, where
// the messages come into the room, too: none slips through between.
func (a *account) keepEarly(ctx context.Context, room *bridgev2.Portal, receipt *simplevent.Receipt) {
	absent := slices.DeleteFunc(slices.Clone(receipt.Targets), func(target networkid.MessageID) bool {
		row, err := room.Bridge.DB.Message.GetFirstPartByID(ctx, room.Receiver, target)
		return err != nil || row != nil
	})
	a.signals.keep(receipt, absent)
}
