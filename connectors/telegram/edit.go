package telegram

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/bridgev2/database"
	"maunium.net/go/mautrix/bridgev2/networkid"
	"maunium.net/go/mautrix/event"

	"passerelle/portal"
	"passerelle/portal/polls"
	"passerelle/portal/say"
)

// edit is a message whose author changed it.
type edit struct {
	*delivery
	target *database.Message
}

var _ bridgev2.RemoteEdit = (*edit)(nil)

// runEdit brings an edit into its room. An edit of a message that the room does not hold is shown as that message.
func (d *delivery) runEdit(ctx context.Context) error {
	row, err := d.account.meant(ctx, d.id)
	if err == nil && row == nil {
		err = d.account.behind(ctx, d.id)
	}
	switch {
	case err != nil:
		return err
	case row == nil:
		return d.run(ctx)
	case d.message.EditDate < metadataOf(row).EditedAt:
		return nil // the room shows a newer one
	}
	if !d.hasFileAlready(ctx, row) {
		if err := d.prefetch(ctx); err != nil {
			return err
		}
		defer d.letGo()
	}
	d.Type = bridgev2.RemoteEventEdit
	if err := d.handOver(ctx, &edit{d, row}); err != nil {
		return err
	}
	if d.dropped || d.err != nil {
		return d.err
	}
	return portal.Failure(d.passing)
}

// GetTargetMessage names the target (see [bridgev2.RemoteEventWithTargetMessage]).
func (e *edit) GetTargetMessage() networkid.MessageID { return e.target.ID }

// ConvertEdit brings an edit across the border: convert, gate (see [bridgev2.RemoteEdit]). Like ConvertMessage it fails with
// bridgev2.ErrIgnoringRemoteEvent only.
func (e *edit) ConvertEdit(ctx context.Context, room *bridgev2.Portal, intent bridgev2.MatrixAPI, existing []*database.Message) (*bridgev2.ConvertedEdit, error) {
	at := slices.IndexFunc(existing, func(row *database.Message) bool { return row.RowID == e.target.RowID })
	if at < 0 {
		return nil, bridgev2.ErrIgnoringRemoteEvent // it was deleted meanwhile
	}
	part := existing[at]
	c, _, err := e.content(ctx)
	if err != nil {
		return nil, e.give(err)
	}
	switch {
	case c.sentence != "":
		return e.instead(ctx, part, c.sentence)
	case c.card != nil:
		return nil, bridgev2.ErrIgnoringRemoteEvent // only what stands around a card can change
	}
	if c.file != nil && e.unfetched != nil {
		said, err := e.notFetched(ctx, c.file.size)
		return e.answering(part, said, err)
	}
	crossing := e.crossing(c)
	crossing.Key += "/edit/" + e.stored.ID
	if crossing.Kind != portal.KindLocation { // where somebody is now is a place as the first one was
		crossing.Kind = portal.KindEdit
	}
	admitted, err := portal.Pass(ctx, e.account.connector.border.Gate, crossing, incoming{content: c, file: e.file})
	var refusal *portal.Refusal
	switch {
	case errors.As(err, &refusal) && refusal.TakenBack():
		return nil, bridgev2.ErrIgnoringRemoteEvent
	case errors.As(err, &refusal) && refusal.Verdict.Outcome == portal.Withhold:
		said, err := e.withheld(ctx, room, intent, c, nil, refusal.Verdict)
		return e.answering(part, said, err)
	case errors.As(err, &refusal) && !refusal.Waits():
		return e.instead(ctx, part, say.EditWithheld)
	case err != nil:
		return nil, e.give(err)
	}
	c = admitted.Content().content
	if c.file != nil {
		c, err = e.editFile(ctx, room, intent, part, admitted)
		switch {
		case isTooLarge(err):
			said, err := e.noticed(ctx, e.tooLarge(e.file.Size()))
			return e.answering(part, said, err)
		case err != nil:
			return nil, e.give(err)
		}
	}
	metadataOf(part).EditedAt = e.message.EditDate
	return &bridgev2.ConvertedEdit{ModifiedParts: []*bridgev2.ConvertedEditPart{{Part: part, Type: c.eventType, Content: c.event, Extra: c.extra}}}, nil
}

// give ends the attempt with an error that the inbox learns.
func (e *edit) give(err error) error {
	e.err = err
	return bridgev2.ErrIgnoringRemoteEvent
}

// instead says a sentence where the new words cannot be, as an answer to the message, which stays as it was.
func (e *edit) instead(ctx context.Context, about *database.Message, sentence say.Sentence) (*bridgev2.ConvertedEdit, error) {
	said, err := e.noticed(ctx, e.account.connector.say(sentence, networkName))
	return e.answering(about, said, err)
}

// answering has a notice answer the message that it is about.
func (e *edit) answering(about *database.Message, said *bridgev2.ConvertedMessage, err error) (*bridgev2.ConvertedEdit, error) {
	if err != nil {
		return nil, err
	}
	said.Parts[0].Content.RelatesTo = (&event.RelatesTo{}).SetReplyTo(about.MXID)
	said.Parts[0].ID = networkid.PartID("edit-" + e.stored.ID)
	return &bridgev2.ConvertedEdit{AddedParts: said}, nil
}

var _ bridgev2.EditHandlingNetworkAPI = (*account)(nil)

// HandleMatrixEdit sends an edit (see [bridgev2.EditHandlingNetworkAPI]). Its errors carry the sentence that the sender reads.
func (a *account) HandleMatrixEdit(ctx context.Context, changed *bridgev2.MatrixEdit) error {
	target, err := a.target(ctx, changed.EditTarget.ID)
	switch {
	case err != nil:
		return err
	case changed.EditTarget.SenderID != a.GetUserID():
		return a.refused(ctx, errors.New("somebody else's message"), say.BotEditsOwn)
	case changed.EditTarget.SenderMXID != changed.Event.Sender: // the bot's messages are of several people
		return a.refused(ctx, errors.New("another one's message"), say.RelayNotYours)
	}
	raw := changed.Event.Content.Raw
	if _, ends := raw[polls.KeyEnd]; ends {
		return a.endPoll(ctx, changed, target)
	}
	if isPlace(changed.Content, raw) {
		return a.move(ctx, changed, target)
	}
	message := &bridgev2.MatrixMessage{MatrixEventBase: changed.MatrixEventBase}
	out, err := a.editedOf(ctx, message, metadataOf(changed.EditTarget))
	defer out.close()
	if err != nil {
		return err
	}
	crossing := a.crossingOut(message, out)
	crossing.Kind = portal.KindEdit
	admitted, err := a.passFiles(ctx, crossing, out)
	if err != nil {
		return err
	}
	return a.editTo(ctx, changed, target, admitted)
}

// editTo changes the messages that hold a text into those that hold the new one: it may need more of them, or fewer.
func (a *account) editTo(ctx context.Context, changed *bridgev2.MatrixEdit, first messageID, admitted portal.Admitted[*outgoing]) error {
	out, kept := admitted.Content(), metadataOf(changed.EditTarget)
	parts := out.parts
	all := append([]int64{first.id}, kept.More...)
	for i, part := range parts[:min(len(parts), len(all))] {
		of := first.in.message(all[i])
		err := a.insist(ctx, of.in, func(ctx context.Context) error {
			return a.editPart(ctx, of, part, i == 0 && kept.File != "", out.preview)
		})
		if err != nil && !isUnchanged(err) {
			return a.unsent(ctx, err)
		}
	}
	if len(parts[0].files) > 0 {
		kept.File = addressOf(parts[0].files[0].from)
	}
	for _, surplus := range all[min(len(parts), len(all)):] {
		of := first.in.message(surplus)
		if err := a.insist(ctx, of.in, func(ctx context.Context) error { return a.api.deleteMessage(ctx, of) }); err != nil && !isGone(err) {
			return a.unsent(ctx, err)
		}
	}
	sent, err := a.sendParts(ctx, changed.Event.ID, first.in, parts[min(len(parts), len(all)):], messageID{}, out.preview)
	if err != nil {
		return err
	}
	defer a.endSending(changed.Event.ID)
	ids := numbersOf(sent)
	kept.More = append(all[1:min(len(parts), len(all))], ids...)
	return a.notePartsOf(ctx, changed.EditTarget, changed.Portal, ids)
}

// isUnchanged tells whether the Bot API refused an edit since the message is so already, which a replay meets.
func isUnchanged(err error) bool {
	var refused *refusal
	return errors.As(err, &refused) && refused.code == http.StatusBadRequest && strings.Contains(refused.text, "message is not modified")
}

// isGone tells whether the Bot API refused to delete a message that is not there, which a replay meets.
func isGone(err error) bool {
	var refused *refusal
	return errors.As(err, &refused) && refused.code == http.StatusBadRequest && strings.Contains(refused.text, "message to delete not found")
}
