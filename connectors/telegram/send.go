package telegram

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/bridgev2/database"
	"maunium.net/go/mautrix/bridgev2/networkid"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/portal"
	"passerelle/portal/card"
	"passerelle/portal/relay"
	"passerelle/portal/say"
	"passerelle/portal/unsent"
)

// HandleMatrixMessage brings a Matrix message across the border: convert, gate, send (see [bridgev2.NetworkAPI]). Its errors carry
// the sentence that the sender reads.
func (a *account) HandleMatrixMessage(ctx context.Context, message *bridgev2.MatrixMessage) (*bridgev2.MatrixMessageResponse, error) {
	if isFile(message.Content.MsgType) || message.Content.MsgType == event.MsgBeeperGallery {
		if err := a.connector.border.Gate.ScannerReady(ctx); err != nil {
			return nil, a.failed(ctx, err, say.FileUnscannedOut)
		}
	}
	out, err := a.outgoingOf(ctx, message)
	defer out.close()
	if err != nil {
		return nil, err
	}
	return a.crossOut(ctx, message, out)
}

// crossOut sends what a Matrix event became, once the gate has admitted it. Its errors carry the sentence that the sender reads.
func (a *account) crossOut(ctx context.Context, message *bridgev2.MatrixMessage, out *outgoing) (*bridgev2.MatrixMessageResponse, error) {
	to, err := parsePortalID(message.Portal.ID)
	if err != nil {
		return nil, a.failed(ctx, err, say.NotSent)
	}
	to, _ = threadOut(message, to)
	admitted, err := a.passFiles(ctx, a.crossingOut(message, out), out)
	if err != nil {
		return nil, err
	}
	ids, err := a.send(ctx, message.Event.ID, to, admitted)
	if moved, found := a.follow(ctx, to, err); found {
		to = moved // what it answers is in the chat of before
		ids, err = a.send(ctx, message.Event.ID, to, admitted)
	}
	if err != nil {
		return nil, err
	}
	kept := out.kept
	kept.More, kept.File = ids[1:], fileKept(out)
	row := &database.Message{ID: to.message(ids[0]).networkID(), SenderID: a.GetUserID(), Timestamp: time.UnixMilli(message.Event.Timestamp),
		Metadata: &kept}
	if kept.Poll != nil {
		a.notePoll(ctx, kept.Poll.ID, row.ID)
	}
	return &bridgev2.MatrixMessageResponse{DB: row, PostSave: func(ctx context.Context, saved *database.Message) {
		if err := a.notePartsOf(ctx, saved, message.Portal, ids[1:]); err != nil {
			a.log.Err(err).Stringer("event", message.Event.ID).Msg("Answers to the rest of a long text will not be known as such")
		}
		a.endSending(message.Event.ID)
		if out.unlinked {
			a.tellInRoom(ctx, message.Portal, message.Event.Sender, message.Event.ID, say.AnswerUnlinked)
		}
	}}, nil
}

// send sends what the gate admitted, and returns the numbers of its messages. Its errors carry the sentence that the sender reads.
func (a *account) send(ctx context.Context, evt id.EventID, to chatID, admitted portal.Admitted[*outgoing]) ([]int64, error) {
	out := admitted.Content()
	parts, first := out.parts, 0
	if len(out.calls) > 0 && out.preface.text != "" {
		parts, first = append(parts, part{marked: out.preface}), 1
	}
	for _, each := range out.calls {
		parts = append(parts, part{call: &each, poll: out.kept.Poll})
	}
	sent, err := a.sendParts(ctx, evt, to, parts, out.answers, out.preview)
	if err != nil {
		return nil, err
	}
	if asked := sent[first].Poll; asked != nil && out.kept.Poll != nil {
		out.kept.Poll.ID, out.kept.Poll.Anonymous = asked.ID, asked.IsAnonymous
	}
	out.unlinked = out.answers.isElsewhere(to) && sent[0].ExternalReply == nil && sent[0].ReplyTo == nil
	ids := numbersOf(sent)
	return append(ids[first:], ids[:first]...), nil // what says whose it is stands behind it
}

// outgoingOf says a Matrix message in Telegram's words, its files fetched. The caller closes it, also after an error.
func (a *account) outgoingOf(ctx context.Context, message *bridgev2.MatrixMessage) (*outgoing, error) {
	on := a.occasion(ctx, message)
	cards, err := a.cardOf(ctx, message.Content)
	if err != nil {
		return nil, a.failed(ctx, err, say.NotSent)
	}
	if out := contactOut(cards, on); cards != "" && out != nil {
		return out, nil
	}
	out := convertOut(message.Content, on)
	if out == nil {
		return nil, a.refused(ctx, fmt.Errorf("no way to send %s", message.Content.MsgType), say.UnknownKindOut)
	}
	return out, a.fetchOut(ctx, out)
}

// occasion returns what a Matrix message goes out with.
func (a *account) occasion(ctx context.Context, message *bridgev2.MatrixMessage) occasion {
	on := occasion{person: a.onTelegram, raw: message.Event.Content.Raw}
	if _, root := threadOut(message, chatID{}); root != 0 {
		on.answers = messageID{id: root}
	}
	if message.ReplyTo != nil {
		on.answers = answerOf(message.Portal, message.ReplyTo.ID)
	}
	if who, relayed := relay.Of(ctx); relayed {
		on.by = a.connector.sign(who)
	}
	return on
}

// answerable returns the number of a message that others in a room's chat may answer; 0: it is none of Telegram's, or one of a chat
// that the room's has grown out of, where the number is another message's.
func answerable(room *bridgev2.Portal, id networkid.MessageID) int64 {
	in, err := parsePortalID(room.ID)
	if err != nil {
		return 0
	}
	answered, err := parseMessageID(id)
	if err != nil || answered.id < 0 || answered.in != in.whole() {
		return 0
	}
	return answered.id
}

// answerOf returns the message that is answered in a room: of its chat, or of one that the chat has grown out of; zero: none of Telegram's.
func answerOf(room *bridgev2.Portal, id networkid.MessageID) messageID {
	answered, err := parseMessageID(id)
	if err != nil || answered.id < 0 || answerable(room, id) == 0 && !isOfBefore(room, id) {
		return messageID{}
	}
	return answered
}

// passOut asks the gate for something that is to go out. Its errors carry the sentence that the sender reads.
func passOut[T any](ctx context.Context, a *account, crossing portal.Crossing, content T) (portal.Admitted[T], error) {
	admitted, err := portal.Pass(ctx, a.connector.border.Gate, crossing, content)
	var refusal *portal.Refusal
	switch {
	case errors.As(err, &refusal):
		sentence := refusal.Explain(a.writersLanguage(ctx), networkName)
		return admitted, unsent.Refused(err, sentence)
	case errors.Is(err, portal.ErrScannerAway):
		return admitted, a.failed(ctx, err, say.FileUnscannedOut)
	case err != nil:
		return admitted, a.failed(ctx, err, say.NotSent)
	}
	return admitted, nil
}

// passFiles is passOut for a message that may have files: the gate sees each.
func (a *account) passFiles(ctx context.Context, crossing portal.Crossing, out *outgoing) (admitted portal.Admitted[*outgoing], err error) {
	if out.card != "" {
		crossing.File = &portal.File{Name: "contact.vcf", MIME: card.Type, Size: int64(len(out.card)), Content: strings.NewReader(out.card)}
	}
	for i, f := range out.files() {
		each := crossing
		each.File = &portal.File{Name: f.name, MIME: f.mime, Size: f.content.Size(), Content: f.content}
		if i == 0 {
			crossing = each
			continue
		}
		each.Key += "/" + number(int64(i))
		if _, err := passOut(ctx, a, each, f); err != nil {
			return admitted, a.ofAlbum(ctx, f, err)
		}
	}
	admitted, err = passOut(ctx, a, crossing, out)
	if files := out.files(); len(files) > 1 {
		err = a.ofAlbum(ctx, files[0], err)
	}
	return admitted, err
}

// ofAlbum names the file of an album that is withheld in the sentence that says so: the whole album does not go.
func (a *account) ofAlbum(ctx context.Context, f *outgoingFile, err error) error {
	var refusal *portal.Refusal
	var status bridgev2.MessageStatus
	if !errors.As(err, &refusal) || refusal.Verdict.Outcome != portal.Withhold || !errors.As(err, &status) {
		return err
	}
	return status.WithMessage(a.sayToWriter(ctx, say.FileOfAlbum, f.name, status.Message))
}

func (a *account) crossingOut(message *bridgev2.MatrixMessage, out *outgoing) portal.Crossing {
	c := a.crossingFrom(message.Portal)
	c.Key, c.Kind, c.Sender = message.Event.ID.String(), out.kind, message.Event.Sender.String()
	c.At, c.Text = time.UnixMilli(message.Event.Timestamp), out.text
	return c
}

// target returns the message of Telegram's that something in Matrix is about. Its error carries the sentence that the sender reads.
func (a *account) target(ctx context.Context, id networkid.MessageID) (messageID, error) {
	target, err := parseMessageID(id)
	if err == nil && target.id < 0 {
		err = fmt.Errorf("%s is a notice of ours", id)
	}
	if err != nil {
		return target, a.refused(ctx, err, say.NotPossible)
	}
	return target, nil
}

// notePartsOf keeps the further messages of a text, so that what is said about them is known to be about the text.
func (a *account) notePartsOf(ctx context.Context, head *database.Message, room *bridgev2.Portal, ids []int64) error {
	first, err := parseMessageID(head.ID)
	for _, part := range ids {
		row := &database.Message{
			ID: first.in.message(part).networkID(), Room: room.PortalKey, SenderID: head.SenderID, SenderMXID: head.SenderMXID,
			Timestamp: head.Timestamp, Metadata: &MessageMetadata{PartOf: head.ID},
		}
		row.SetFakeMXID()
		err = errors.Join(err, a.connector.bridge.DB.Message.Insert(ctx, row))
	}
	return wrapped("keep the parts of a long text", err)
}
