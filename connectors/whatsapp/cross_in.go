package whatsapp

import (
	"context"
	"errors"
	"fmt"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/bridgev2/networkid"
	"maunium.net/go/mautrix/event"

	"passerelle/portal"
	"passerelle/portal/say"
	"passerelle/portal/transfer"
)

// incoming is a message on its way into its room: what the gate decides about.
type incoming struct {
	content content
	file    *transfer.File // nil: there is none
}

// ConvertMessage brings the message across the border: convert, gate, upload (see [bridgev2.RemoteMessage]). Its file has
// been fetched (see prefetch).
//
// It fails with bridgev2.ErrIgnoringRemoteEvent only: for any other error bridgev2 would write words of its own into the
// room. What went wrong is in d.err.
func (d *delivery) ConvertMessage(ctx context.Context, room *bridgev2.Portal, intent bridgev2.MatrixAPI) (*bridgev2.ConvertedMessage, error) {
	if d.refused {
		return d.notice(ctx, say.NotTakenHere, networkName)
	}
	if d.came.Call != nil {
		return d.callNotice(ctx)
	}
	if d.message == nil {
		if d.came.Unreadable == notYet {
			return d.notice(ctx, say.NotYetReadable)
		}
		return d.notice(ctx, say.OpenYourPhone, networkName)
	}
	if to, ok := d.setsTimer(); ok {
		return d.timerSet(ctx, room, to)
	}
	if d.came.Thread == "" { // what is much older says nothing about the chat's timer
		if err := d.learnTimer(ctx, room); err != nil {
			return d.fail(err)
		}
	}
	c, err := d.content(ctx)
	if err != nil {
		return d.fail(err)
	}
	if c.sentence != "" {
		return d.notice(ctx, c.sentence, networkName)
	}
	if d.unfetched != nil {
		return d.notFetched(ctx, d.unfetched)
	}
	message := incoming{content: c, file: d.file}
	admitted, err := portal.Pass(ctx, d.account.connector.border.Gate, d.crossing(message), message)
	var refusal *portal.Refusal
	switch {
	case errors.As(err, &refusal) && refusal.TakenBack():
		d.dropped = true
		return nil, bridgev2.ErrIgnoringRemoteEvent
	case errors.As(err, &refusal) && !refusal.Waits():
		return d.withheld(ctx, room, intent, c, refusal.Verdict)
	case err != nil:
		return d.fail(err)
	}
	return d.place(ctx, room, intent, admitted)
}

// place makes the Matrix event of what the gate admitted.
func (d *delivery) place(ctx context.Context, room *bridgev2.Portal, intent bridgev2.MatrixAPI, admitted portal.Admitted[incoming]) (*bridgev2.ConvertedMessage, error) {
	message := admitted.Content()
	part := &bridgev2.ConvertedMessagePart{
		Type: message.content.eventType, Content: message.content.event, Extra: message.content.extra,
	}
	if message.content.live {
		part.DBMetadata = &MessageMetadata{Live: &live{Sequence: liveOf(d.message.Message).GetSequenceNumber()}}
	}
	if f := message.content.file; f != nil {
		part.Content.Info.Size = int(message.file.Size())
		var err error
		part.Content.URL, part.Content.File, err = uploadToMatrix(ctx, room.MXID, intent, f, message.file)
		switch {
		case errors.Is(err, bridgev2.ErrMediaTooLarge), errors.Is(err, mautrix.MTooLarge):
			return d.tooLarge(ctx, message.file.Size())
		case err != nil:
			return d.fail(fmt.Errorf("upload a file: %w", err))
		}
	}
	if message.content.expires == 0 {
		message.content.expires = d.lifetime()
	}
	d.uploadThumbnail(ctx, room, intent, message.content.thumbnail)
	return &bridgev2.ConvertedMessage{
		ReplyTo: d.replyTo(ctx, message.content.quote), ThreadRoot: d.threadRoot(),
		Parts:     []*bridgev2.ConvertedMessagePart{part},
		Disappear: setting(message.content.expires),
	}, nil
}

// crossing describes the message to the gate.
func (d *delivery) crossing(message incoming) portal.Crossing {
	c := d.account.crossing(portal.In, d.PortalKey)
	c.Key, c.Kind, c.Sender = d.PortalKey.String()+"/"+d.id.String(), message.content.kind, string(d.id.sender)
	c.At, c.Past, c.Text = d.came.At, d.stored.Past, message.content.text
	if f := message.content.file; f != nil {
		c.File = &portal.File{Name: f.name, MIME: f.mime, Size: message.file.Size(), Content: message.file}
	}
	return c
}

// notice puts a sentence where the message cannot be. It passes the gate, too, as a notice.
func (d *delivery) notice(ctx context.Context, sentence say.Sentence, args ...any) (*bridgev2.ConvertedMessage, error) {
	return d.noticed(ctx, d.language().Say(sentence, args...), "/notice")
}

// language is the language of the sentences that are said in the message's room.
func (d *delivery) language() say.Language { return d.account.connector.languageIn(d.PortalKey) }

// noticed is a notice of words of ours; as tells the gate which of the message's it is.
func (d *delivery) noticed(ctx context.Context, text, as string) (*bridgev2.ConvertedMessage, error) {
	crossing := d.crossing(incoming{content: content{kind: portal.KindNotice, text: text}})
	crossing.Key += as
	admitted, err := portal.Pass(ctx, d.account.connector.border.Gate, crossing, text)
	var refusal *portal.Refusal
	switch {
	case errors.As(err, &refusal) && !refusal.Waits():
		d.dropped = true
		return nil, bridgev2.ErrIgnoringRemoteEvent
	case err != nil:
		return d.fail(err)
	}
	return &bridgev2.ConvertedMessage{ThreadRoot: d.threadRoot(), Disappear: setting(d.lifetime()), Parts: []*bridgev2.ConvertedMessagePart{{
		Type:    event.EventMessage,
		Content: &event.MessageEventContent{MsgType: event.MsgNotice, Body: admitted.Content()},
	}}}, nil
}

// fail ends the attempt with an error that the inbox learns.
func (d *delivery) fail(err error) (*bridgev2.ConvertedMessage, error) {
	d.err = err
	return nil, bridgev2.ErrIgnoringRemoteEvent
}

// replyTo names the message that a message answers; nil when it is not known.
func (d *delivery) replyTo(ctx context.Context, q *quote) *networkid.MessageOptionalPartID {
	if q == nil {
		return nil
	}
	sender, err := d.account.knownLID(ctx, q.sender, q.sender)
	if err != nil || sender.IsEmpty() {
		return nil
	}
	answered := messageID{chat: d.id.chat, sender: userID(sender), id: q.id}
	return &networkid.MessageOptionalPartID{MessageID: answered.networkID()}
}
