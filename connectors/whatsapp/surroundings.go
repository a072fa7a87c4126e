package whatsapp

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/rs/zerolog"
	"go.mau.fi/whatsmeow/types"
	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/bridgev2/networkid"
	"maunium.net/go/mautrix/id"

	"passerelle/portal/media"
	"passerelle/portal/relay"
)

// reader returns what converts messages for a chat's room.
func (a *account) reader(ctx context.Context, chat networkid.PortalKey) reader {
	return reader{say: a.connector.languageIn(chat).Say, person: func(jid types.JID) (string, id.UserID, bool) { return a.inMatrix(ctx, jid) }}
}

// content says the message in Matrix's words. The words that it answers stand in it when the room does not hold them.
func (d *delivery) content(ctx context.Context) (content, error) {
	if update := d.message.Message.GetPollUpdateMessage(); update != nil {
		return d.vote(ctx, update)
	}
	c, err := d.converted(ctx)
	if err != nil || c.quote == nil {
		return c, err
	}
	if answered := d.replyTo(ctx, c.quote); answered != nil {
		row, err := d.account.connector.bridge.DB.Message.GetFirstPartByID(ctx, d.account.login.ID, answered.MessageID)
		if err != nil {
			return content{}, fmt.Errorf("look up an answered message: %w", err)
		}
		if row != nil {
			return c, nil
		}
	}
	author, _, _ := d.account.inMatrix(ctx, c.quote.sender)
	c.recalling(author)
	return c, nil
}

// converted says the message in Matrix's words, and opens what is encrypted once more.
func (d *delivery) converted(ctx context.Context) (content, error) {
	m := d.message.Message
	switch {
	case m.GetEncEventResponseMessage() != nil:
		return d.coming(ctx, m.GetEncEventResponseMessage())
	case m.GetEncCommentMessage() != nil:
		return d.comment(ctx, m.GetEncCommentMessage())
	}
	return d.account.reader(ctx, d.PortalKey).convert(d.message), nil
}

// inMatrix returns the name and the Matrix ID of somebody on WhatsApp: of the member of staff whose account it is, otherwise
// of the ghost.
func (a *account) inMatrix(ctx context.Context, jid types.JID) (name string, mxid id.UserID, ok bool) {
	lid, err := a.knownLID(ctx, jid, jid)
	if err != nil || lid.IsEmpty() || !isLIDUser(lid.User) {
		return "", "", false
	}
	phone, err := a.phone(ctx, lid)
	if err != nil {
		return "", "", false
	}
	if name, err = a.publishedName(ctx, lid, phone); err != nil {
		return "", "", false
	}
	bridge := a.connector.bridge
	if login := bridge.GetCachedUserLoginByID(loginID(lid)); login != nil {
		return name, login.UserMXID, true
	}
	return name, bridge.Matrix.GhostIntent(userID(lid)).GetMXID(), true
}

// onWhatsApp returns the LID of somebody in a room: of a ghost, or of a member of staff by their account.
func (a *account) onWhatsApp(ctx context.Context, in *bridgev2.Portal, user id.UserID) (types.JID, bool) {
	bridge := a.connector.bridge
	if ghost, ok := bridge.Matrix.ParseGhostMXID(user); ok {
		return lidOf(ghost), isLIDUser(string(ghost))
	}
	staff, err := bridge.GetExistingUserByMXID(ctx, user)
	if err != nil || staff == nil {
		return types.EmptyJID, false
	}
	login, _, err := in.FindPreferredLogin(ctx, staff, false)
	if err != nil || login == nil {
		return types.EmptyJID, false
	}
	return lidOf(login.ID), true
}

// occasion returns what a Matrix message goes out with.
func (a *account) occasion(ctx context.Context, message *bridgev2.MatrixMessage) occasion {
	on := timely(message.Portal)
	on.person = func(user id.UserID) (types.JID, bool) { return a.onWhatsApp(ctx, message.Portal, user) }
	on.answers, on.raw = answering(message.ReplyTo), message.Event.Content.Raw
	if who, relayed := relay.Of(ctx); relayed {
		on.by = a.connector.sign(who)
	}
	if isPostsRoom(message.Portal.ID) {
		a.answersPost(ctx, message.Portal, message.ReplyTo, &on)
	}
	return on
}

// timely returns what says when a message disappears that goes out now.
func timely(room *bridgev2.Portal) occasion {
	on := occasion{expires: uint32(room.Disappear.Timer / time.Second)}
	if metadata, ok := room.Metadata.(*PortalMetadata); ok {
		on.timerSet = metadata.TimerSet
	}
	return on
}

// uploadThumbnail uploads the small picture of a message, if it has one. The message goes without it when that fails.
func (d *delivery) uploadThumbnail(ctx context.Context, room *bridgev2.Portal, intent bridgev2.MatrixAPI, t *thumbnail) {
	if t == nil {
		return
	}
	if err := d.account.connector.clean(ctx, t.data); err != nil {
		zerolog.Ctx(ctx).Debug().Err(err).Msg("A message comes without its thumbnail")
		return
	}
	url, encrypted, err := intent.UploadMedia(ctx, room.MXID, t.data, "thumbnail"+media.Extension(t.mime), t.mime)
	if err != nil {
		zerolog.Ctx(ctx).Debug().Err(err).Msg("A message comes without its thumbnail")
		return
	}
	t.show(url, encrypted)
}

// fetchThumbnail fetches the small picture that a Matrix message brings, and makes it as small as WhatsApp's are.
func (a *account) fetchThumbnail(ctx context.Context, out *outgoing) {
	t := out.thumbnail
	if t == nil || t.size > largestThumbnailFile || out.file != nil && out.file.inMessage {
		return
	}
	picture := a.connector.border.Spool.Open(ctx, largestThumbnailFile)
	defer picture.Close()
	err := a.connector.media.DownloadMediaTo(ctx, t.url, t.encrypted, picture)
	if err == nil {
		var small []byte
		if small, _, err = media.Shrink(io.NewSectionReader(picture, 0, picture.Size()), t.width); err == nil {
			t.fill(small)
			return
		}
	}
	zerolog.Ctx(ctx).Debug().Err(err).Msg("A message goes without its thumbnail")
}

// largestThumbnailFile bounds the thumbnails that are fetched from the homeserver, in bytes.
const largestThumbnailFile = 2 << 20
