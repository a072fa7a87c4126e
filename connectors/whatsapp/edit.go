package whatsapp

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/bridgev2/database"
	"maunium.net/go/mautrix/event"

	"passerelle/portal"
	"passerelle/portal/say"
)

// edit is a message whose author changed it.
type edit struct{ change }

var _ bridgev2.RemoteEdit = (*edit)(nil)

// edit returns the edit that a message is. An edit of a message that is not known is shown as that message.
func (d *delivery) edit(ctx context.Context, protocol *waE2E.ProtocolMessage) (bridgev2.RemoteEvent, bool, error) {
	// Nobody edits what others wrote.
	target := messageID{chat: d.id.chat, sender: d.id.sender, id: protocol.GetKey().GetID()}
	if target.id == "" || protocol.GetEditedMessage() == nil {
		return nil, false, nil
	}
	row, err := d.meant(ctx, target)
	if err == nil && row == nil {
		err = d.behind(ctx, target.networkID())
	}
	if err != nil {
		return nil, false, err
	}
	d.message.Message, d.message.IsEdit = protocol.GetEditedMessage(), false
	if row == nil {
		d.id = target
		return nil, true, nil
	}
	d.Type = bridgev2.RemoteEventEdit
	return &edit{change{d, row}}, true, nil
}

// ConvertEdit brings an edit across the border: convert, gate (see [bridgev2.RemoteEdit]). Like ConvertMessage it fails with
// bridgev2.ErrIgnoringRemoteEvent only.
func (e *edit) ConvertEdit(ctx context.Context, room *bridgev2.Portal, _ bridgev2.MatrixAPI, existing []*database.Message) (*bridgev2.ConvertedEdit, error) {
	c, err := e.content(ctx)
	if err != nil {
		return nil, e.give(err)
	}
	at := slices.IndexFunc(existing, func(row *database.Message) bool { return row.RowID == e.target.RowID })
	if at < 0 {
		return nil, bridgev2.ErrIgnoringRemoteEvent // it was deleted meanwhile
	}
	part := existing[at]
	if isShown(part, e.came.ID, e.came.At) {
		return nil, bridgev2.ErrIgnoringRemoteEvent
	}
	if c.sentence != "" {
		return e.instead(ctx, part, c.sentence)
	}
	if c.isLongText() {
		return e.instead(ctx, part, say.OpenYourPhone)
	}
	hasFile := c.file != nil
	c.file = nil // the file is the one that is there: people change what stands below it
	message := incoming{content: c}
	crossing := e.crossing(message)
	crossing.Key = e.gateKey(e.target.ID) + "/edit/" + e.came.ID
	if crossing.Kind != portal.KindLocation { // where somebody is now is a place as the first one was
		crossing.Kind = portal.KindEdit
	}
	admitted, err := portal.Pass(ctx, e.account.connector.border.Gate, crossing, message)
	var refusal *portal.Refusal
	switch {
	case errors.As(err, &refusal) && refusal.TakenBack():
		return nil, bridgev2.ErrIgnoringRemoteEvent
	case errors.As(err, &refusal) && !refusal.Waits():
		return e.instead(ctx, part, say.EditWithheld)
	case err != nil:
		return nil, e.give(err)
	}
	c = admitted.Content().content
	if hasFile {
		if c.event, err = e.recaptioned(ctx, room, part, c.event); err != nil {
			return nil, e.give(err)
		}
	}
	noteEdit(part, e.came.ID, e.came.At)
	return &bridgev2.ConvertedEdit{ModifiedParts: []*bridgev2.ConvertedEditPart{{
		Part: part, Type: c.eventType, Content: c.event, Extra: c.extra,
	}}}, nil
}

// isShown tells whether a room shows an edit of a message already, or a newer one: each login in a group brings it, and one that
// was away brings it late.
func isShown(row *database.Message, id types.MessageID, at time.Time) bool {
	kept, ok := row.Metadata.(*MessageMetadata)
	return ok && (kept.Edit == id || at.Unix() < kept.EditedAt)
}

// noteEdit notes the edit of a message that its room shows. bridgev2 stores it once it does.
func noteEdit(row *database.Message, id types.MessageID, at time.Time) {
	kept, ok := row.Metadata.(*MessageMetadata)
	if !ok {
		kept = &MessageMetadata{}
		row.Metadata = kept
	}
	kept.Edit, kept.EditedAt = id, at.Unix()
}

// give ends the attempt with an error that the inbox learns.
func (e *edit) give(err error) error {
	e.err = err
	return bridgev2.ErrIgnoringRemoteEvent
}

// instead says a sentence where the new words cannot be, as an answer to the message, which stays as it was.
func (e *edit) instead(ctx context.Context, about *database.Message, sentence say.Sentence) (*bridgev2.ConvertedEdit, error) {
	notice, err := e.notice(ctx, sentence, networkName)
	if err != nil {
		return nil, err
	}
	notice.Parts[0].Content.RelatesTo = (&event.RelatesTo{}).SetReplyTo(about.MXID)
	notice.Parts[0].ID = "edit-withheld"
	return &bridgev2.ConvertedEdit{AddedParts: notice}, nil
}

// recaptioned returns the message of a file, as it stands in its room, with other words below it.
func (e *edit) recaptioned(ctx context.Context, room *bridgev2.Portal, row *database.Message, said *event.MessageEventContent) (*event.MessageEventContent, error) {
	found, err := e.account.connector.bridge.Bot.GetEvent(ctx, room.MXID, row.MXID)
	if err != nil {
		return nil, fmt.Errorf("look at the message that is edited: %w", err)
	}
	shown, ok := found.Content.Parsed.(*event.MessageEventContent)
	if !ok {
		return nil, portal.Permanent(fmt.Errorf("the message that is edited is %T", found.Content.Parsed))
	}
	changed := *shown
	changed.Body, changed.Format, changed.FormattedBody, changed.Mentions = said.Body, said.Format, said.FormattedBody, said.Mentions
	changed.RelatesTo, changed.NewContent = nil, nil
	if said.GetCaption() == "" {
		changed.Body = shown.GetFileName()
	}
	return &changed, nil
}

var _ bridgev2.EditHandlingNetworkAPI = (*account)(nil)

// HandleMatrixEdit sends an edit (see [bridgev2.EditHandlingNetworkAPI]). Its errors carry the sentence that the sender reads.
func (a *account) HandleMatrixEdit(ctx context.Context, changed *bridgev2.MatrixEdit) error {
	chat, target, err := a.inChat(changed.Portal, changed.EditTarget.ID)
	if err != nil {
		return err
	}
	switch {
	case isPosts(chat):
		return a.refused(errors.New("a status post"), a.say(say.PostNotChanged, networkName))
	case target.sender != userID(a.lid):
		return a.refused(errors.New("somebody else's message"), a.sayToWriter(ctx, say.NotPossible, networkName))
	case changed.EditTarget.SenderMXID != changed.Event.Sender: // one account may hold the messages of several people
		return a.refused(errors.New("another one's message"), a.sayToWriter(ctx, say.RelayNotYours, networkName))
	case time.Since(changed.EditTarget.Timestamp) > whatsmeow.EditWindow:
		return a.refused(errors.New("too late"), a.sayToWriter(ctx, say.EditTooLate, networkName, int(whatsmeow.EditWindow.Minutes())))
	}
	message := &bridgev2.MatrixMessage{MatrixEventBase: changed.MatrixEventBase}
	out, err := a.outgoingEdit(ctx, message, chat, target)
	if err != nil {
		return err
	}
	defer out.file.close()
	if _, err = a.crossOut(ctx, message, out); err == nil {
		noteEdit(changed.EditTarget, outgoingID(changed.Event.ID), time.Now())
	}
	return err
}

// outgoingEdit is outgoingOf for what takes the place of an earlier message.
func (a *account) outgoingEdit(ctx context.Context, message *bridgev2.MatrixMessage, chat types.JID, target messageID) (*outgoing, error) {
	client := a.current()
	if client == nil {
		return nil, a.notSent(bridgev2.ErrNotLoggedIn, say.NotConnected)
	}
	out, err := a.outgoingOf(ctx, message)
	if err != nil {
		return nil, err
	}
	out.kind, out.message, out.preface = portal.KindEdit, client.BuildEdit(chat, target.id, out.message), nil
	return out, nil
}
