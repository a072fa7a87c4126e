package whatsapp

import (
	"context"
	"errors"
	"fmt"

	"github.com/rs/zerolog"
	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/bridgev2/networkid"
	"maunium.net/go/mautrix/event"

	"passerelle/portal"
	"passerelle/portal/say"
)

// incoming is a message on its way into its room: what the gate decides about.
type incoming struct {
	content content
	data    []byte // of the file, when there is one
}

// ConvertMessage brings the message across the border: convert, fetch, gate, upload (see [bridgev2.RemoteMessage]).
//
// It fails with bridgev2.ErrIgnoringRemoteEvent only: for any other error bridgev2 would write words of its own into the
// room. What went wrong is in d.err.
func (d *delivery) ConvertMessage(ctx context.Context, room *bridgev2.Portal, intent bridgev2.MatrixAPI) (*bridgev2.ConvertedMessage, error) {
	if d.message == nil {
		if d.came.Unreadable == notYet {
			return d.notice(ctx, say.NotYetReadable)
		}
		return d.notice(ctx, say.OpenYourPhone, networkName)
	}
	c, err := d.content(ctx)
	if err != nil {
		return d.fail(err)
	}
	if c.sentence != "" {
		return d.notice(ctx, c.sentence, networkName)
	}
	message := incoming{content: c}
	if c.file != nil {
		if message.data, err = d.fetch(ctx, c.file); err != nil {
			return d.notFetched(ctx, err)
		}
	}
	admitted, err := portal.Pass(ctx, d.account.connector.border.Gate, d.crossing(message), message)
	var refusal *portal.Refusal
	switch {
	case errors.As(err, &refusal):
		return d.notice(ctx, say.Withheld, networkName)
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
	if f := message.content.file; f != nil {
		part.Content.Info.Size = len(message.data)
		var err error
		part.Content.URL, part.Content.File, err = intent.UploadMedia(ctx, room.MXID, message.data, f.name, f.mime)
		switch {
		case errors.Is(err, bridgev2.ErrMediaTooLarge), errors.Is(err, mautrix.MTooLarge):
			return d.tooLarge(ctx, int64(len(message.data)))
		case err != nil:
			return d.fail(fmt.Errorf("upload a file: %w", err))
		}
	}
	uploadThumbnail(ctx, room, intent, message.content.thumbnail)
	return &bridgev2.ConvertedMessage{ReplyTo: d.replyTo(ctx, message.content.quote), Parts: []*bridgev2.ConvertedMessagePart{part}}, nil
}

// crossing describes the message to the gate.
func (d *delivery) crossing(message incoming) portal.Crossing {
	c := portal.Crossing{
		Key:     d.PortalKey.String() + "/" + d.id.String(),
		Network: d.account.connector.border.Network, Direction: portal.In, Kind: message.content.kind,
		Portal: string(d.PortalKey.ID), Login: string(d.account.login.ID), Sender: string(d.id.sender), At: d.came.At,
		Text: message.content.text,
	}
	if f := message.content.file; f != nil {
		c.File = &portal.File{Name: f.name, MIME: f.mime, Size: int64(len(message.data))}
	}
	return c
}

// notice puts a sentence where the message cannot be. It passes the gate, too, as a notice.
func (d *delivery) notice(ctx context.Context, sentence say.Sentence, args ...any) (*bridgev2.ConvertedMessage, error) {
	text := d.account.connector.say(sentence, args...)
	crossing := d.crossing(incoming{content: content{kind: portal.KindNotice, text: text}})
	crossing.Key += "/notice"
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
		Type:    event.EventMessage,
		Content: &event.MessageEventContent{MsgType: event.MsgNotice, Body: admitted.Content()},
	}}}, nil
}

// fail ends the attempt with an error that the inbox learns.
func (d *delivery) fail(err error) (*bridgev2.ConvertedMessage, error) {
	d.err = err
	return nil, bridgev2.ErrIgnoringRemoteEvent
}

// fetch downloads a file.
func (d *delivery) fetch(ctx context.Context, f *file) ([]byte, error) {
	if f.data != nil {
		return f.data, nil
	}
	if limit := d.account.connector.maxFile.Load(); f.size > limit {
		return nil, errTooMuch
	}
	client := d.account.current()
	if client == nil {
		return nil, errFileGone
	}
	return client.Download(ctx, f.source)
}

// errFileGone is the error of a file that nothing will bring back.
var errFileGone = errors.New("the file cannot be fetched any more")

// notFetched says that a file could not be fetched, or tries again when the connection is to blame.
func (d *delivery) notFetched(ctx context.Context, err error) (*bridgev2.ConvertedMessage, error) {
	client := d.account.current()
	switch {
	case errors.Is(err, errTooMuch):
		return d.tooLarge(ctx, d.declaredSize(ctx))
	case ctx.Err() != nil:
		return d.fail(ctx.Err())
	case client != nil && !(client.IsConnected() && client.IsLoggedIn()):
		return d.fail(fmt.Errorf("fetch a file: %w", err))
	}
	zerolog.Ctx(ctx).Warn().Str("reason", withoutPhoneNumbers(err.Error())).Msg("A file could not be fetched")
	return d.notice(ctx, say.FileNotFetched, networkName)
}

func (d *delivery) declaredSize(ctx context.Context) int64 {
	if f := d.account.reader(ctx).convert(d.message).file; f != nil {
		return f.size
	}
	return 0
}

func (d *delivery) tooLarge(ctx context.Context, size int64) (*bridgev2.ConvertedMessage, error) {
	return d.notice(ctx, say.FileTooLarge, megabytes(size), megabytes(d.account.connector.maxFile.Load()))
}

func megabytes(bytes int64) float64 { return float64(bytes) / (1 << 20) }

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
