package telegram

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/bridgev2/networkid"
	"maunium.net/go/mautrix/event"

	"passerelle/portal"
	"passerelle/portal/card"
	"passerelle/portal/say"
	"passerelle/portal/transfer"
)

// incoming is a message on its way into its room: what the gate decides about.
type incoming struct {
	content content
	file    *transfer.File // nil: there is none
}

// ConvertMessage brings the message across the border: convert, gate, upload (see [bridgev2.RemoteMessage]). Its file has been
// fetched (see prefetch).
//
// It fails with bridgev2.ErrIgnoringRemoteEvent only: for any other error bridgev2 would write words of its own into the
// room. What went wrong is in d.err.
func (d *delivery) ConvertMessage(ctx context.Context, room *bridgev2.Portal, intent bridgev2.MatrixAPI) (*bridgev2.ConvertedMessage, error) {
	out, err := d.converted(ctx, room, intent)
	if err == nil {
		d.intoThread(out)
	}
	return out, err
}

// intoThread puts a converted message into the thread that it belongs to.
func (d *delivery) intoThread(out *bridgev2.ConvertedMessage) {
	out.ThreadRoot = d.thread()
	if d.topic {
		out.Parts[0].DBMetadata = &MessageMetadata{Topic: true}
	}
}

// converted is the message once the gate has admitted it, or a sentence in its place.
func (d *delivery) converted(ctx context.Context, room *bridgev2.Portal, intent bridgev2.MatrixAPI) (*bridgev2.ConvertedMessage, error) {
	switch {
	case d.refused:
		return d.noticed(ctx, d.account.connector.say(say.NotTakenHere, networkName))
	case d.notice != "":
		return d.noticed(ctx, d.notice)
	}
	c, answers, err := d.content(ctx)
	if err != nil {
		return d.fail(err)
	}
	if c.sentence != "" {
		return d.noticed(ctx, d.account.connector.say(c.sentence, networkName))
	}
	if c.file != nil && d.unfetched != nil {
		return d.notFetched(ctx, c.file.size)
	}
	message := incoming{content: c, file: d.file}
	admitted, err := portal.Pass(ctx, d.account.connector.border.Gate, d.crossing(c), message)
	var refusal *portal.Refusal
	switch {
	case errors.As(err, &refusal) && refusal.TakenBack():
		d.dropped = true
		return nil, bridgev2.ErrIgnoringRemoteEvent
	case errors.As(err, &refusal) && !refusal.Waits():
		return d.withheld(ctx, room, intent, c, answers, refusal.Verdict)
	case err != nil:
		return d.fail(err)
	}
	return d.place(ctx, room, intent, admitted, answers)
}

// place makes the Matrix event of what the gate admitted.
func (d *delivery) place(ctx context.Context, room *bridgev2.Portal, intent bridgev2.MatrixAPI, admitted portal.Admitted[incoming], answers *networkid.MessageOptionalPartID) (*bridgev2.ConvertedMessage, error) {
	c := admitted.Content().content
	if c.file != nil {
		c.kept.File = c.file.unique
		err := d.uploadFile(ctx, room, intent, admitted)
		switch {
		case isTooLarge(err):
			return d.noticed(ctx, d.tooLarge(d.file.Size()))
		case err != nil:
			return d.fail(err)
		}
	}
	if c.card != nil {
		var err error
		c.event.URL, c.event.File, err = intent.UploadMedia(ctx, room.MXID, c.card, c.event.FileName, card.Type)
		if err != nil {
			return d.fail(fmt.Errorf("upload a contact card: %w", err))
		}
	}
	converted := &bridgev2.ConvertedMessage{ReplyTo: answers, Parts: []*bridgev2.ConvertedMessagePart{c.part("")}}
	if c.also != nil {
		converted.Parts = append(converted.Parts, c.also.part("also"))
	}
	return converted, nil
}

// uploadFile uploads the file of what the gate admitted, and puts into the message where it is.
func (d *delivery) uploadFile(ctx context.Context, room *bridgev2.Portal, intent bridgev2.MatrixAPI, admitted portal.Admitted[incoming]) (err error) {
	c, content := admitted.Content().content, admitted.Content().file
	c.event.Info.Size = int(content.Size())
	if c.event.URL, c.event.File, err = uploadToMatrix(ctx, room.MXID, intent, c.file, content); err != nil {
		return fmt.Errorf("upload a file: %w", err)
	}
	d.showThumbnail(ctx, room.MXID, intent, c.event)
	return nil
}

// part is a message as bridgev2 takes it.
func (c *content) part(id networkid.PartID) *bridgev2.ConvertedMessagePart {
	return &bridgev2.ConvertedMessagePart{ID: id, Type: c.eventType, Content: c.event, Extra: c.extra, DBMetadata: &c.kept}
}

// content says the message in Matrix's words, and which message it answers. The words that it answers stand in it when the room
// does not hold them, or when the sender chose a part of them.
func (d *delivery) content(ctx context.Context) (c content, answers *networkid.MessageOptionalPartID, err error) {
	if d.says != nil {
		c, err = d.says(ctx)
		return c, nil, err
	}
	c = d.account.reader(ctx).convert(d.message)
	if c.file != nil && c.file.mime == "" && d.file != nil {
		c.file.mime = typeOf(d.file)
		c.event.Info.MimeType = c.file.mime
	}
	if d.unfetched != nil && c.file != nil && d.message.Caption != "" { // what stands below the file comes without it
		without := *d.message
		without.attached, without.Caption, without.CaptionEntities = attached{}, "", nil
		without.Text, without.Entities = d.message.Caption, d.message.CaptionEntities
		size := c.file.size
		c = d.account.reader(ctx).convert(&without)
		c.above(d.whyNot(size))
	}
	if c.quote == nil {
		return c, nil, nil
	}
	if c.quote.id != 0 {
		of := d.in.message(c.quote.id)
		if c.quote.chat != 0 {
			of = chatID{bot: d.in.bot, chat: c.quote.chat}.message(c.quote.id)
		}
		row, err := d.account.known(ctx, of)
		if err != nil {
			return c, nil, err
		}
		if row != nil && row.Room == d.PortalKey {
			answers = &networkid.MessageOptionalPartID{MessageID: row.ID}
		}
	}
	switch {
	case answers == nil:
		c.recalling(c.quote.author)
	case c.quote.part:
		c.recalling("")
	}
	return c, answers, nil
}

// crossing describes the message to the gate.
func (d *delivery) crossing(c content) portal.Crossing {
	crossing := d.account.crossing(portal.In, d.PortalKey, d.chatKind())
	crossing.Key, crossing.Kind, crossing.Sender = string(d.GetID()), c.kind, string(d.Sender.Sender)
	crossing.At, crossing.Text = d.Timestamp, c.text
	switch {
	case c.file != nil && d.file != nil:
		crossing.File = &portal.File{Name: c.file.name, MIME: c.file.mime, Size: d.file.Size(), Content: d.file}
	case c.card != nil:
		crossing.File = &portal.File{Name: c.event.FileName, MIME: card.Type, Size: int64(len(c.card)), Content: bytes.NewReader(c.card)}
	}
	return crossing
}

// noticed puts words of ours where the message cannot be. They pass the gate, too, as a notice.
func (d *delivery) noticed(ctx context.Context, text string) (*bridgev2.ConvertedMessage, error) {
	crossing := d.crossing(content{kind: portal.KindNotice, text: text})
	crossing.Key += "/notice/" + d.stored.ID
	admitted, err := portal.Pass(ctx, d.account.connector.border.Gate, crossing, text)
	var refusal *portal.Refusal
	switch {
	case errors.As(err, &refusal) && !refusal.Waits():
		d.dropped = true
		return nil, bridgev2.ErrIgnoringRemoteEvent
	case err != nil:
		return d.fail(err)
	}
	return &bridgev2.ConvertedMessage{Parts: []*bridgev2.ConvertedMessagePart{{
		Type: event.EventMessage, Content: &event.MessageEventContent{MsgType: event.MsgNotice, Body: admitted.Content()},
	}}}, nil
}

// fail ends the attempt with an error that the inbox learns.
func (d *delivery) fail(err error) (*bridgev2.ConvertedMessage, error) {
	d.err = err
	return nil, bridgev2.ErrIgnoringRemoteEvent
}
