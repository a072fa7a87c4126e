package telegram

import (
	"context"
	"errors"
	"io"

	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/bridgev2/networkid"
	"maunium.net/go/mautrix/event"

	"passerelle/portal"
)

// withheld says why the gate did not admit a message. When only its file stays behind, what is written beside that comes all the
// same, judged anew.
func (d *delivery) withheld(ctx context.Context, room *bridgev2.Portal, intent bridgev2.MatrixAPI, c content, answers *networkid.MessageOptionalPartID, verdict portal.Verdict) (*bridgev2.ConvertedMessage, error) {
	why := d.why(verdict)
	rest, ok := c.withoutFile(why)
	if verdict.Outcome != portal.Withhold || !ok {
		return d.noticed(ctx, why)
	}
	crossing := d.crossing(rest)
	if d.Type == bridgev2.RemoteEventEdit {
		crossing.Kind, crossing.Key = portal.KindEdit, crossing.Key+"/edit/"+d.stored.ID
	}
	crossing.Key += "/without"
	admitted, err := portal.Pass(ctx, d.account.connector.border.Gate, crossing, incoming{content: rest})
	var refusal *portal.Refusal
	switch {
	case errors.As(err, &refusal):
		return d.noticed(ctx, d.why(refusal.Verdict))
	case err != nil:
		return d.fail(err)
	}
	return d.place(ctx, room, intent, admitted, answers)
}

// why is the sentence of a verdict: the policy's, if it has one.
func (d *delivery) why(verdict portal.Verdict) string {
	if text := verdict.Sentence.In(d.account.connector.border.Languages.Of("")); text != "" {
		return text
	}
	return d.account.connector.say(verdict.Why(portal.In), networkName)
}

// withoutFile is what is written beside a message's file, below why the file is not there. It is not ok when there is nothing.
func (c content) withoutFile(why string) (rest content, ok bool) {
	if c.event == nil || c.eventType != event.EventMessage || c.event.GetCaption() == "" {
		return c, false
	}
	c.kind, c.file, c.thumbnail, c.card, c.extra = portal.KindText, nil, nil, nil, nil
	c.event = &event.MessageEventContent{
		MsgType: event.MsgText, Body: c.event.GetCaption(), Format: c.event.Format, FormattedBody: c.event.FormattedBody, Mentions: c.event.Mentions,
	}
	c.above(why)
	return c, true
}

// clean has a file looked into that goes along with another, or belongs to a name (see [portal.Gate.Clean]).
func (c *Connector) clean(ctx context.Context, content io.ReaderAt, size int64) error {
	return c.border.Gate.Clean(ctx, &portal.File{MIME: "image/jpeg", Size: size, Content: content})
}
