package whatsapp

import (
	"bytes"
	"context"
	"errors"

	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/event"

	"passerelle/portal"
)

// withheld says why the gate did not admit a message. When only its file stays behind, what is written beside that comes all the
// same, judged anew.
func (d *delivery) withheld(ctx context.Context, room *bridgev2.Portal, intent bridgev2.MatrixAPI, c content, verdict portal.Verdict) (*bridgev2.ConvertedMessage, error) {
	why := d.why(verdict)
	rest, ok := c.withoutFile(why)
	if verdict.Outcome != portal.Withhold || !ok {
		return d.noticed(ctx, why, "/notice")
	}
	message := incoming{content: rest}
	crossing := d.crossing(message)
	crossing.Key += "/without"
	admitted, err := portal.Pass(ctx, d.account.connector.border.Gate, crossing, message)
	var refusal *portal.Refusal
	switch {
	case errors.As(err, &refusal):
		return d.noticed(ctx, d.why(refusal.Verdict), "/notice")
	case err != nil:
		return d.fail(err)
	}
	return d.place(ctx, room, intent, admitted)
}

// why is the sentence of a verdict: the policy's, if it has one.
func (d *delivery) why(verdict portal.Verdict) string {
	if text := verdict.Sentence.In(d.language()); text != "" {
		return text
	}
	return d.language().Say(verdict.Why(portal.In), networkName)
}

// withoutFile is what is written beside a message's file, below why the file is not there. It is not ok when there is nothing.
func (c content) withoutFile(why string) (rest content, ok bool) {
	if c.event == nil || c.eventType != event.EventMessage || c.event.GetCaption() == "" {
		return c, false
	}
	c.kind, c.file, c.thumbnail, c.extra = portal.KindText, nil, nil, nil
	c.event = &event.MessageEventContent{
		MsgType: event.MsgText, Body: c.event.GetCaption(), Format: c.event.Format, FormattedBody: c.event.FormattedBody, Mentions: c.event.Mentions,
	}
	c.above(why)
	return c, true
}

// clean has a picture looked into that goes along with a message, or belongs to a name (see [portal.Gate.Clean]).
func (c *Connector) clean(ctx context.Context, picture []byte) error {
	return c.border.Gate.Clean(ctx, &portal.File{MIME: "image/jpeg", Size: int64(len(picture)), Content: bytes.NewReader(picture)})
}
