package whatsapp

import (
	"context"
	"fmt"
	"slices"

	"go.mau.fi/whatsmeow/proto/waCommon"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/bridgev2/database"
	"maunium.net/go/mautrix/bridgev2/networkid"

	"passerelle/portal"
	"passerelle/portal/handover"
)

// Edits, reactions and deletions come as messages that name another one, the target.

// change is a message on its way into its room that changes its target there.
type change struct {
	*delivery
	target *database.Message
}

// GetTargetMessage names the target (see [bridgev2.RemoteEventWithTargetMessage]).
func (c *change) GetTargetMessage() networkid.MessageID { return c.target.ID }

// reword puts words of ours into the target's place, and changes what is kept of it.
func (c *change) reword(ctx context.Context, existing []*database.Message, text string, keep func(*MessageMetadata)) (*bridgev2.ConvertedEdit, error) {
	at := slices.IndexFunc(existing, func(row *database.Message) bool { return row.RowID == c.target.RowID })
	if at < 0 {
		return nil, bridgev2.ErrIgnoringRemoteEvent // it was deleted meanwhile
	}
	said, err := c.noticed(ctx, text, "/notice")
	if err != nil {
		return nil, err
	}
	keep(metadataOf(existing[at]))
	return &bridgev2.ConvertedEdit{ModifiedParts: []*bridgev2.ConvertedEditPart{{
		Part: existing[at], Type: said.Parts[0].Type, Content: said.Parts[0].Content,
	}}}, nil
}

// changeOf returns the event that a message is, if it changes another one; nil: it is one to be shown by itself. It is not
// wanted when there is nothing to change: its target never came to the room.
func (d *delivery) changeOf(ctx context.Context) (event bridgev2.RemoteEvent, wanted bool, err error) {
	switch {
	case d.came.Call != nil:
		return d.callChange(ctx)
	case d.came.Ends != "":
		return d.liveEnd(ctx)
	case d.message == nil:
		return nil, true, nil
	}
	if at := liveOf(d.message.Message); at != nil {
		return d.position(ctx, at)
	}
	if pin := d.message.Message.GetPinInChatMessage(); pin != nil {
		return nil, false, d.pin(ctx, pin)
	}
	protocol := d.message.Message.GetProtocolMessage()
	switch {
	case d.message.Message.GetReactionMessage() != nil:
		return d.reaction(ctx, d.message.Message.GetReactionMessage())
	case d.message.Message.GetEncReactionMessage() != nil:
		return d.encryptedReaction(ctx)
	case d.came.Vote != nil:
		poll, ok := d.votedOn(ctx, d.message.Message.GetPollUpdateMessage())
		if !ok {
			return nil, false, nil
		}
		row, err := d.meant(ctx, poll)
		if err == nil && row == nil {
			err = d.behind(ctx, poll.networkID())
		}
		return nil, row != nil, err
	case protocol != nil && protocol.GetType() == waE2E.ProtocolMessage_REVOKE:
		return d.removal(ctx, protocol.GetKey())
	case protocol != nil && protocol.GetType() == waE2E.ProtocolMessage_MESSAGE_EDIT:
		return d.edit(ctx, protocol)
	}
	return nil, true, nil
}

// keyed names the message that a key stands for. A key tells who wrote the message as the one saw it who made the key. It is
// not ok for a key that names nobody who has written here: nobody is asked, since whoever has is known.
func (d *delivery) keyed(ctx context.Context, key *waCommon.MessageKey) (named messageID, ok bool, err error) {
	named = messageID{chat: d.id.chat, sender: d.id.sender, id: key.GetID()}
	switch {
	case key.GetFromMe():
	case ofMany(d.chat):
		author, err := types.ParseJID(key.GetParticipant())
		if err != nil || !isPerson(author) {
			return named, false, nil
		}
		lid, err := d.account.knownLID(ctx, author, author)
		if err != nil || lid.IsEmpty() {
			return named, false, err
		}
		named.sender = userID(lid)
	case d.came.FromMe:
		named.sender = userID(d.chat)
	default:
		named.sender = userID(d.account.lid)
	}
	return named, named.id != "", nil
}

// meant looks up the message that a change is about; nil: nobody knows it. What staff wrote may be changed before bridgev2 has noted
// it. It is not for what bridgev2 calls for the room.
func (d *delivery) meant(ctx context.Context, id messageID) (*database.Message, error) {
	row, err := d.known(ctx, id)
	if err != nil || row != nil || d.account.connector.bridge.GetCachedUserLoginByID(networkid.UserLoginID(id.sender)) == nil {
		return row, err
	}
	if err := handover.Settle(ctx, d.account.login, d.PortalKey); err != nil {
		return nil, fmt.Errorf("wait for the message that is meant: %w", err)
	}
	return d.known(ctx, id)
}

// gateKey is the key under which a message crosses. What is about the message crosses under one that begins with it.
func (d *delivery) gateKey(message networkid.MessageID) string {
	return d.PortalKey.String() + "/" + string(message)
}

// behind fails when a message waits for a decision: what is about it waits with it (see [portal.Behind]).
func (d *delivery) behind(ctx context.Context, message networkid.MessageID) error {
	return portal.Behind(ctx, d.account.connector.border.Inbox, d.gateKey(message))
}

// known looks a message up in bridgev2's table; nil: it is not there.
func (d *delivery) known(ctx context.Context, id messageID) (*database.Message, error) {
	row, err := d.account.connector.bridge.DB.Message.GetFirstPartByID(ctx, d.account.login.ID, id.networkID())
	if err != nil {
		return nil, fmt.Errorf("look up the message that is meant: %w", err)
	}
	return row, nil
}
