package whatsapp

import (
	"context"
	"errors"
	"fmt"

	"github.com/rs/zerolog"
	"go.mau.fi/whatsmeow/proto/waCommon"
	"go.mau.fi/whatsmeow/types"
	"maunium.net/go/mautrix/bridgev2"

	"passerelle/portal/say"
)

// removal is the deletion of a message for everybody: by its author, or by an admin of the group.
type removal struct{ change }

var _ bridgev2.RemoteMessageRemove = (*removal)(nil)

func (d *delivery) removal(ctx context.Context, key *waCommon.MessageKey) (bridgev2.RemoteEvent, bool, error) {
	target, ok, err := d.keyed(ctx, key)
	if err != nil || !ok {
		return nil, false, err
	}
	if target.sender == d.id.sender {
		d.account.connector.deleted.add(target.id)
	}
	row, err := d.meant(ctx, target)
	if err == nil && row == nil { // it may stand there as one that could not be read
		row, err = d.known(ctx, target.placeholder())
	}
	if err != nil {
		return nil, false, err
	}
	if target.sender != d.id.sender {
		may, err := d.mayDelete(ctx)
		if err != nil || !may {
			return nil, false, err
		}
	}
	// What waits of it goes too: it itself, or its edits and the reactions to it.
	taken, err := d.account.connector.border.Inbox.TakeBack(ctx, d.gateKey(target.networkID()))
	if err == nil && row == nil && !taken {
		err = d.behind(ctx, target.networkID())
	}
	if err != nil || row == nil {
		return nil, false, err
	}
	d.Type = bridgev2.RemoteEventMessageRemove
	return &removal{change{d, row}}, true, nil
}

// mayDelete tells whether the sender may delete what others wrote. WhatsApp leaves that to each client to find out.
func (d *delivery) mayDelete(ctx context.Context) (bool, error) {
	if d.chat.Server != types.GroupServer {
		return false, nil
	}
	admin, err := d.account.isAdmin(ctx, d.chat, lidOf(d.id.sender))
	if err != nil {
		return false, err
	}
	if !admin {
		zerolog.Ctx(ctx).Warn().Msg("Somebody who is no admin wants to delete what another one wrote; it stays")
	}
	return admin, nil
}

// isAdmin tells whether somebody is an admin of a group.
func (a *account) isAdmin(ctx context.Context, group, who types.JID) (bool, error) {
	client := a.current()
	if client == nil {
		return false, nil
	}
	known, err := client.GetGroupInfo(ctx, group)
	if err != nil {
		return false, fmt.Errorf("ask about a group: %w", err)
	}
	for _, participant := range known.Participants {
		lid, err := a.participantLID(ctx, participant)
		if err != nil {
			return false, err
		}
		if lid.User == who.User {
			return participant.IsAdmin || participant.IsSuperAdmin, nil
		}
	}
	return false, nil
}

var _ bridgev2.RedactionHandlingNetworkAPI = (*account)(nil)

// HandleMatrixMessageRemove deletes a message for everybody (see [bridgev2.RedactionHandlingNetworkAPI]).
func (a *account) HandleMatrixMessageRemove(ctx context.Context, removed *bridgev2.MatrixMessageRemove) error {
	target, err := parseMessageID(removed.TargetMessage.ID)
	if err == nil && target.isOurs() {
		return nil // a notice of ours: there is nothing to delete there
	}
	chat, target, err := a.inChat(removed.Portal, removed.TargetMessage.ID)
	if err != nil {
		return err
	}
	if err := a.ownOnly(ctx, removed.TargetMessage.SenderMXID); err != nil {
		return err
	}
	if contact := metadataOf(removed.TargetMessage).SentTo; !contact.IsEmpty() {
		return a.takeBack(ctx, contact, target.id, removed.Event.ID)
	}
	client := a.current()
	if client == nil {
		return a.notSent(bridgev2.ErrNotLoggedIn, say.NotConnected)
	}
	author := types.EmptyJID
	if target.sender != userID(a.lid) {
		author = lidOf(target.sender)
		may := chat.Server == types.GroupServer
		if may {
			if may, err = a.isAdmin(ctx, chat, a.lid); err != nil {
				return a.notSent(err, say.NotSent)
			}
		}
		if !may {
			return a.refused(errors.New("somebody else's message"), a.sayToWriter(ctx, say.DeletedHereOnly, networkName))
		}
	}
	if _, err = a.transmit(ctx, chat, outgoingID(removed.Event.ID), client.BuildRevoke(chat, author, target.id), nil); err != nil {
		return err
	}
	return a.removePreface(ctx, client, chat, removed)
}
