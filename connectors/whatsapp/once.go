package whatsapp

import (
	"context"
	"errors"
	"time"

	"github.com/rs/zerolog"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"google.golang.org/protobuf/proto"
	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/bridgev2/commands"
	"maunium.net/go/mautrix/bridgev2/networkid"
	"maunium.net/go/mautrix/event"

	"passerelle/portal/relay"
	"passerelle/portal/say"
)

// Matrix has no word for what is to be viewed once, so staff say so before they send it. The wish is kept with the login: what
// is meant to be seen once must not stay because the bridge was started again in between.

// onceLasts is how long the wish lasts.
const onceLasts = 10 * time.Minute

// chooseOnce has the next file of a chat be viewed once, or not.
func (c *Connector) chooseOnce(ce *commands.Event, a *account) {
	room := ce.Portal
	if isPostsRoom(room.ID) || room.Receiver != "" && room.Receiver != a.login.ID {
		c.answer(ce, say.OnceNotHere, networkName)
		return
	}
	until := time.Now().Add(onceLasts)
	if len(ce.Args) > 0 && ce.Args[0] == "off" {
		until = time.Time{}
	}
	if err := a.wishOnce(ce.Ctx, room.ID, until); err != nil {
		a.log.Err(err).Msg("What is to be viewed once could not be kept")
		c.answer(ce, say.OnceNotKept)
		return
	}
	if until.IsZero() {
		c.answer(ce, say.OnceOff)
		return
	}
	c.answer(ce, say.OnceReady, networkName, c.border.Languages.Of(ce.User.MXID).Duration(onceLasts), c.bridge.Config.CommandPrefix)
}

// wishOnce keeps until when the next file of a chat is to be viewed once; zero: it is not. Old wishes go.
func (a *account) wishOnce(ctx context.Context, chat networkid.PortalID, until time.Time) error {
	return a.keep(ctx, func(kept *LoginMetadata) {
		wishes := map[networkid.PortalID]time.Time{}
		for other, lasts := range kept.ViewOnce {
			if other != chat && time.Since(lasts) < time.Hour { // a message of that time may still be on its way
				wishes[other] = lasts
			}
		}
		if !until.IsZero() {
			wishes[chat] = until
		}
		kept.ViewOnce = wishes
	})
}

// wishesOnce tells whether a message of a chat is to be viewed once: the wish is the account's owner's.
func (a *account) wishesOnce(ctx context.Context, message *bridgev2.MatrixMessage) bool {
	if _, relayed := relay.Of(ctx); relayed {
		return false
	}
	a.keeping.Lock()
	defer a.keeping.Unlock()
	until, wished := a.login.Metadata.(*LoginMetadata).ViewOnce[message.Portal.ID]
	return wished && time.UnixMilli(message.Event.Timestamp).Before(until)
}

// asOnce makes a file one that is viewed once, as WhatsApp's apps wrap it, if that is wished for. Its error carries the
// sentence that the sender reads: what cannot be viewed once is not sent so that it stays.
func (a *account) asOnce(ctx context.Context, message *bridgev2.MatrixMessage, out *outgoing) (once bool, err error) {
	if out.file == nil || !a.wishesOnce(ctx, message) || out.message.StickerMessage != nil {
		return false, nil
	}
	if !out.viewedOnce() {
		return false, a.refused(errors.New("not to be viewed once"),
			a.say(say.OnceNotThis, networkName, a.connector.bridge.Config.CommandPrefix))
	}
	return true, nil
}

// viewedOnce marks a picture, a video or a voice note as to be viewed once. It is false for anything else. No small picture
// goes with it, which would stay.
func (o *outgoing) viewedOnce() bool {
	inner := o.message
	wrapped := &waE2E.FutureProofMessage{Message: inner}
	switch {
	case inner.ImageMessage != nil:
		inner.ImageMessage.ViewOnce, inner.ImageMessage.JPEGThumbnail = proto.Bool(true), nil
		o.message = &waE2E.Message{ViewOnceMessageV2: wrapped}
	case inner.VideoMessage != nil:
		inner.VideoMessage.ViewOnce, inner.VideoMessage.JPEGThumbnail, inner.VideoMessage.GifPlayback = proto.Bool(true), nil, nil
		o.message = &waE2E.Message{ViewOnceMessageV2: wrapped}
	case inner.AudioMessage.GetPTT():
		inner.AudioMessage.ViewOnce = proto.Bool(true)
		o.message = &waE2E.Message{ViewOnceMessageV2Extension: wrapped}
	default:
		return false
	}
	return true
}

// onceSent says that a message went out to be viewed once, and that the next one will not.
func (a *account) onceSent(ctx context.Context, message *bridgev2.MatrixMessage) {
	if err := a.wishOnce(ctx, message.Portal.ID, time.Time{}); err != nil {
		zerolog.Ctx(ctx).Err(err).Msg("The next file will be viewed once, too")
	}
	content := &event.MessageEventContent{MsgType: event.MsgNotice, Body: a.say(say.OnceSent), Mentions: &event.Mentions{},
		RelatesTo: (&event.RelatesTo{}).SetReplyTo(message.Event.ID)}
	_, err := a.connector.bridge.Bot.SendMessage(ctx, message.Portal.MXID, event.EventMessage, &event.Content{Parsed: content}, nil)
	if err != nil {
		zerolog.Ctx(ctx).Err(err).Msg("That a file is viewed once could not be said")
	}
}
