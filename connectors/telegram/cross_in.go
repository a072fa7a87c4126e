package telegram

import (
	"context"
	"errors"

	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/bridgev2/networkid"
	"maunium.net/go/mautrix/event"

	"passerelle/portal"
	"passerelle/portal/say"
)

// ConvertMessage brings the message across the border: convert, gate (see [bridgev2.RemoteMessage]).
//
// It fails with bridgev2.ErrIgnoringRemoteEvent only: for any other error bridgev2 would write words of its own into the
// room. What went wrong is in d.err.
func (d *delivery) ConvertMessage(ctx context.Context, _ *bridgev2.Portal, _ bridgev2.MatrixAPI) (*bridgev2.ConvertedMessage, error) {
	out, err := d.converted(ctx)
	if err == nil {
		d.place(out)
	}
	return out, err
}

// place puts a converted message into the thread that it belongs to.
func (d *delivery) place(out *bridgev2.ConvertedMessage) {
	out.ThreadRoot = d.thread()
	if d.topic {
		out.Parts[0].DBMetadata = &MessageMetadata{Topic: true}
	}
}

// converted is the message once the gate has admitted it, or a sentence in its place.
func (d *delivery) converted(ctx context.Context) (*bridgev2.ConvertedMessage, error) {
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
	admitted, err := portal.Pass(ctx, d.account.connector.border.Gate, d.crossing(c), c)
	var refusal *portal.Refusal
	switch {
	case errors.As(err, &refusal):
		return d.noticed(ctx, d.account.connector.say(say.Withheld, networkName))
	case err != nil:
		return d.fail(err)
	}
	c = admitted.Content()
	return &bridgev2.ConvertedMessage{ReplyTo: answers, Parts: []*bridgev2.ConvertedMessagePart{{Type: c.eventType, Content: c.event}}}, nil
}

// content says the message in Matrix's words, and which message it answers. The words that it answers stand in it when the room
// does not hold them, or when the sender chose a part of them.
func (d *delivery) content(ctx context.Context) (c content, answers *networkid.MessageOptionalPartID, err error) {
	c = d.account.reader(ctx).convert(d.message)
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
	return portal.Crossing{
		Key: string(d.GetID()), Network: d.account.connector.border.Network, Direction: portal.In, Kind: c.kind, Portal: string(d.PortalKey.ID),
		Login: string(d.account.login.ID), Sender: string(d.Sender.Sender), At: d.Timestamp, Text: c.text,
	}
}

// noticed puts words of ours where the message cannot be. They pass the gate, too, as a notice.
func (d *delivery) noticed(ctx context.Context, text string) (*bridgev2.ConvertedMessage, error) {
	crossing := d.crossing(content{kind: portal.KindNotice, text: text})
	crossing.Key += "/notice/" + d.stored.ID
	admitted, err := portal.Pass(ctx, d.account.connector.border.Gate, crossing, text)
	var refusal *portal.Refusal
	switch {
	case errors.As(err, &refusal):
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
