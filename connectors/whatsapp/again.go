package whatsapp

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/cenkalti/backoff/v5"
	"go.mau.fi/util/variationselector"
	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
	"google.golang.org/protobuf/proto"
	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/bridgev2/database"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/portal"
	"passerelle/portal/relay"
)

// Who cannot decrypt a message asks for it again, and shows "waiting for this message" until it has come. whatsmeow has the
// newest that it sent in memory (whatsmeow/retry.go, recentMessagesSize). Of older ones, and after a restart, nothing readable is
// there: they are made once more of their events in Matrix, as they were made before. The gate has decided about them.
//
// What cannot be made again is not answered, and the log says why: what has been deleted meanwhile, on either side; a file that
// may be another one by now; that a reaction was taken back, or another one's message deleted, since nothing says any more which
// message that was about; and what did not come out of Matrix.

// askedWithin is how old a message may be that is sent again: WhatsApp keeps what it cannot deliver for a month.
const askedWithin = 30 * 24 * time.Hour

// eventSource is what the bot must be able to do beside [bridgev2.MatrixAPI], for what the tables do not hold.
type eventSource interface {
	// FindEvent returns the event whose ID is the one meant, of the newest of a room and not before since, as GetEvent does;
	// nil: it is not there.
	FindEvent(ctx context.Context, room id.RoomID, since time.Time, is func(id.EventID) bool) (*event.Event, error)
}

// Errors of a message that is not sent again.
var (
	errNotOurs    = errors.New("it did not come out of Matrix, or too long ago")
	errDeleted    = errors.New("it has been deleted, or another one has taken its place")
	errNotToldNow = errors.New("nothing says any more which message it is about")
)

// mayGoAgain tells whether a message that whatsmeow has may be sent again: not when it has been deleted since.
func (a *account) mayGoAgain(_ *events.Receipt, wid types.MessageID, _ int, _ *waE2E.Message) bool {
	deleted := a.connector.deleted.has(wid)
	if deleted {
		a.log.Info().Str("message", wid).Err(errDeleted).Msg("A message is not sent again to a device that asks for it")
	}
	return !deleted
}

// again makes a message once more that somebody asks for (whatsmeow, Client.GetMessageForRetry). While the homeserver is away it
// waits: whatsmeow takes the request for answered when it returns. It is nil for what is not sent again.
func (a *account) again(_, chat types.JID, wid types.MessageID) *waE2E.Message {
	if !a.begin() {
		return nil
	}
	defer a.running.Done()
	wait := backoff.NewExponentialBackOff()
	wait.InitialInterval, wait.MaxInterval = 500*time.Millisecond, time.Minute
	message, err := backoff.Retry(a.ctx, func() (*waE2E.Message, error) {
		message, err := a.remake(a.ctx, chat, wid)
		if err != nil && !a.mayPass(err) {
			err = backoff.Permanent(err)
		}
		return message, err
	}, backoff.WithBackOff(wait), backoff.WithMaxElapsedTime(24*time.Hour))
	if err != nil {
		a.log.Warn().Str("message", wid).Str("reason", withoutPhoneNumbers(err.Error())).
			Msg("A message is not sent again to a device that asks for it")
		return nil
	}
	a.log.Info().Str("message", wid).Msg("A message from before the start is sent again to a device that asks for it")
	return message
}

// mayPass tells whether the homeserver, the database or the connection is to blame.
func (a *account) mayPass(err error) bool {
	return isAway(err) || a.connector.border.Transient(err) || errors.Is(err, whatsmeow.ErrNotConnected)
}

// wentOut is what went out under an ID of WhatsApp's.
type wentOut struct {
	id    types.MessageID
	room  *bridgev2.Portal // a copy: the bridge's own belongs to the room's goroutine
	event *event.Event     // that it was made of
	row   *database.Message
	part  id.EventID // what of the event; "": the event itself
}

// partOf tells which part of an event went out under an ID.
func partOf(evt id.EventID, wid types.MessageID) (part id.EventID, ok bool) {
	for _, part := range []id.EventID{"", suffixPreface, suffixSaid} {
		if outgoingID(evt+part) == wid {
			return part, true
		}
	}
	return "", false
}

func (a *account) remake(ctx context.Context, chat types.JID, wid types.MessageID) (*waE2E.Message, error) {
	if !ofMany(chat) {
		lid, err := a.findLID(ctx, chat, chat)
		if err != nil {
			return nil, err
		}
		chat = lid
	}
	o, err := a.findWentOut(ctx, chat, wid)
	switch {
	case err != nil:
		return nil, err
	case o.event.Unsigned.RedactedBecause != nil:
		return nil, errDeleted
	case time.Since(time.UnixMilli(o.event.Timestamp)) > askedWithin:
		return nil, errNotOurs
	}
	if o.event.Sender != a.login.UserMXID {
		ctx = relay.With(ctx, relay.In(ctx, a.connector.bridge.Matrix, o.room.MXID, o.event.Sender))
	}
	switch {
	case o.part == suffixSaid:
		return a.saidAgain(ctx, o)
	case o.event.Type == event.EventReaction:
		return a.reactionAgain(ctx, o)
	case o.event.Type == event.EventRedaction:
		return a.deletionAgain(ctx, o)
	}
	out, err := a.outgoingAgain(ctx, o)
	if err != nil {
		return nil, err
	}
	defer out.file.close()
	return a.readyAgain(ctx, o, out)
}

// findWentOut finds what went out under an ID: in the tables, which hold messages, otherwise among the room's events.
func (a *account) findWentOut(ctx context.Context, chat types.JID, wid types.MessageID) (*wentOut, error) {
	bridge := a.connector.bridge
	for _, in := range []types.JID{chat, types.StatusBroadcastJID} { // an answer to a status post is written in the room of posts
		name := messageID{chat: portalID(in), sender: userID(a.lid), id: wid}.networkID()
		row, err := bridge.DB.Message.GetFirstPartByID(ctx, a.login.ID, name)
		if err != nil {
			return nil, fmt.Errorf("look up what went out: %w", err)
		}
		if row == nil {
			continue
		}
		part, ok := partOf(row.MXID, wid)
		to := in
		if sentTo := metadataOf(row).SentTo; !sentTo.IsEmpty() {
			to = sentTo
		}
		if !ok || to.User != chat.User { // it was shown there, not written; or it is not for who asks
			continue
		}
		room, err := a.roomCopy(ctx, in)
		if err != nil {
			return nil, err
		}
		found, err := bridge.Bot.GetEvent(ctx, room.MXID, row.MXID)
		if err != nil {
			return nil, fmt.Errorf("fetch what went out: %w", err)
		}
		return &wentOut{id: wid, room: room, event: found, row: row, part: part}, nil
	}
	room, err := a.roomCopy(ctx, chat)
	if err != nil {
		return nil, err
	}
	o := &wentOut{id: wid, room: room}
	o.event, err = a.connector.events.FindEvent(ctx, room.MXID, time.Now().Add(-askedWithin), func(evt id.EventID) (ok bool) {
		o.part, ok = partOf(evt, wid)
		return ok
	})
	switch {
	case err != nil:
		return nil, fmt.Errorf("look for what went out: %w", err)
	case o.event == nil:
		return nil, errNotOurs
	}
	o.row, err = bridge.DB.Message.GetPartByMXID(ctx, o.event.ID)
	return o, err
}

func (a *account) roomCopy(ctx context.Context, chat types.JID) (*bridgev2.Portal, error) {
	bridge := a.connector.bridge
	row, err := bridge.DB.Portal.GetByKey(ctx, portalKey(chat, a.login.ID))
	if err != nil {
		return nil, fmt.Errorf("look up a room: %w", err)
	}
	if row == nil || row.MXID == "" {
		return nil, errNotOurs
	}
	return &bridgev2.Portal{Portal: row, Bridge: bridge}, nil
}

// outgoingAgain says the event once more in WhatsApp's words, as it was said before. The caller closes the file.
func (a *account) outgoingAgain(ctx context.Context, o *wentOut) (*outgoing, error) {
	base := bridgev2.MatrixEventBase[*event.MessageEventContent]{Event: o.event, Portal: o.room}
	rows := a.connector.bridge.DB.Message
	switch content := o.event.Content.Parsed.(type) {
	case *event.MessageEventContent:
		if o.event.Type == event.EventSticker { // as bridgev2 does (bridgev2/portal.go, handleMatrixMessage)
			content.MsgType = event.CapMsgSticker
		}
		if content.RelatesTo.GetReplaceID() != "" {
			return a.editAgain(ctx, o, content)
		}
		content.RemoveReplyFallback()
		base.Content = content
		return a.messageAgain(ctx, o, &bridgev2.MatrixMessage{MatrixEventBase: base}, content.RelatesTo)
	case *event.PollStartEventContent:
		poll := &bridgev2.MatrixPollStart{MatrixMessage: bridgev2.MatrixMessage{MatrixEventBase: base}, Content: content}
		if o.row == nil {
			return nil, errDeleted
		}
		var err error
		if poll.ReplyTo, err = rows.GetPartByMXID(ctx, content.RelatesTo.GetReplyTo()); err != nil {
			return nil, fmt.Errorf("look up an answered message: %w", err)
		}
		return a.outgoingPoll(ctx, poll)
	case *event.PollResponseEventContent:
		poll, err := rows.GetPartByMXID(ctx, content.RelatesTo.GetReferenceID())
		switch {
		case err != nil:
			return nil, fmt.Errorf("look up a poll: %w", err)
		case poll == nil || o.row == nil:
			return nil, errDeleted
		}
		return a.outgoingVote(ctx, &bridgev2.MatrixPollVote{
			MatrixMessage: bridgev2.MatrixMessage{MatrixEventBase: base}, VoteTo: poll, Content: content,
		})
	}
	return nil, fmt.Errorf("%w: %s", errNotOurs, o.event.Type.Type)
}

func (a *account) messageAgain(ctx context.Context, o *wentOut, message *bridgev2.MatrixMessage, relates *event.RelatesTo) (*outgoing, error) {
	if o.row == nil {
		return nil, errDeleted
	}
	var err error
	if message.ReplyTo, err = a.connector.bridge.DB.Message.GetPartByMXID(ctx, relates.GetReplyTo()); err != nil {
		return nil, fmt.Errorf("look up an answered message: %w", err)
	}
	out, err := a.outgoingOf(ctx, message)
	if err != nil {
		return nil, err
	}
	switch {
	case o.part == suffixPreface && out.preface != nil:
		out.file.close()
		return &outgoing{message: out.preface}, nil
	case isPostsRoom(o.room.ID):
		_, err = a.readyForPosts(ctx, message, out)
	case metadataOf(o.row).Once && !out.viewedOnce():
		err = errors.New("it was to be viewed once")
	}
	if err != nil {
		out.file.close()
		return nil, err
	}
	return out, nil
}

// editAgain says an edit once more, unless a newer one has taken its place.
func (a *account) editAgain(ctx context.Context, o *wentOut, content *event.MessageEventContent) (*outgoing, error) {
	row, err := a.connector.bridge.DB.Message.GetPartByMXID(ctx, content.RelatesTo.GetReplaceID())
	switch {
	case err != nil:
		return nil, fmt.Errorf("look up the message that is edited: %w", err)
	case row == nil || metadataOf(row).Edit != o.id:
		return nil, errDeleted
	}
	chat, target, err := a.inChat(o.room, row.ID)
	if err != nil {
		return nil, err
	}
	if content.NewContent != nil {
		content = content.NewContent
		if o.event.Type == event.EventSticker {
			content.MsgType = event.CapMsgSticker
		}
	}
	message := &bridgev2.MatrixMessage{MatrixEventBase: bridgev2.MatrixEventBase[*event.MessageEventContent]{
		Event: o.event, Content: content, Portal: o.room,
	}}
	out, err := a.outgoingEdit(ctx, message, chat, target)
	if err == nil {
		out.message.EditedMessage.Message.ProtocolMessage.TimestampMS = proto.Int64(o.event.Timestamp)
	}
	return out, err
}

// saidAgain says once more in text what reaction another one has taken the place of.
func (a *account) saidAgain(ctx context.Context, o *wentOut) (*waE2E.Message, error) {
	given, ok := o.event.Content.Parsed.(*event.ReactionEventContent)
	if !ok || o.row == nil {
		return nil, errDeleted
	}
	target, err := a.connector.bridge.DB.Message.GetFirstPartByID(ctx, a.login.ID, o.row.ReplyTo.MessageID)
	if err != nil {
		return nil, fmt.Errorf("look up an answered message: %w", err)
	}
	line := a.reactionInWords(ctx, o.room, target, o.event.Sender, variationselector.Remove(given.RelatesTo.Key))
	return a.readyAgain(ctx, o, line)
}

// readyAgain returns what goes out once the gate has said that it did before. A file is uploaded anew, since nothing is kept of
// where it was: it has another key then, and is the same.
func (a *account) readyAgain(ctx context.Context, o *wentOut, out *outgoing) (*waE2E.Message, error) {
	key := o.event.ID
	if o.part == suffixSaid {
		key += suffixSaid
	}
	admitted, err := portal.PassAgain(ctx, a.connector.border.Gate, a.crossingAgain(key), out)
	if err != nil {
		return nil, err
	}
	out = admitted.Content()
	switch f := out.file; {
	case f == nil:
		return out.message, nil
	case !f.hashed:
		return nil, errSpent
	case !f.inMessage:
		client, err := a.connectedClient(ctx)
		if err == nil {
			err = a.uploadToWhatsApp(ctx, client, f)
		}
		if err != nil {
			return nil, err
		}
	}
	return out.message, nil
}

// crossingAgain names what has crossed before.
func (a *account) crossingAgain(key id.EventID) portal.Crossing {
	return portal.Crossing{Key: key.String(), Network: a.connector.border.Network, Direction: portal.Out}
}

// reactionAgain gives a reaction once more, if it is still there.
func (a *account) reactionAgain(ctx context.Context, o *wentOut) (*waE2E.Message, error) {
	given, err := a.connector.bridge.DB.Reaction.GetByMXID(ctx, o.event.ID)
	switch {
	case err != nil:
		return nil, fmt.Errorf("look up a reaction: %w", err)
	case given == nil || given.SenderID != userID(a.lid):
		return nil, errDeleted
	}
	chat, target, err := a.inChat(o.room, given.MessageID)
	if err != nil {
		return nil, err
	}
	client := a.current()
	if client == nil {
		return nil, bridgev2.ErrNotLoggedIn
	}
	message := client.BuildReaction(chat, lidOf(target.sender), target.id, given.Emoji)
	message.ReactionMessage.SenderTimestampMS = proto.Int64(o.event.Timestamp)
	return message, nil
}

// deletionAgain deletes a message once more that went out of Matrix.
func (a *account) deletionAgain(ctx context.Context, o *wentOut) (*waE2E.Message, error) {
	redacts := o.event.Redacts // since room version 11 it stands in the content
	if content, ok := o.event.Content.Parsed.(*event.RedactionEventContent); ok && redacts == "" {
		redacts = content.Redacts
	}
	removed, err := a.connector.bridge.Bot.GetEvent(ctx, o.room.MXID, redacts)
	if err != nil {
		return nil, fmt.Errorf("look at what was deleted: %w", err)
	}
	if removed.Type != event.EventEncrypted {
		return nil, errNotToldNow
	}
	if _, err := portal.PassAgain(ctx, a.connector.border.Gate, a.crossingAgain(redacts), redacts); err != nil {
		return nil, errors.Join(errNotToldNow, err)
	}
	metadata, _ := o.room.Metadata.(*PortalMetadata)
	chat, err := chatOf(o.room.ID, metadata)
	if err != nil {
		return nil, err
	}
	client := a.current()
	if client == nil {
		return nil, bridgev2.ErrNotLoggedIn
	}
	return client.BuildRevoke(chat, types.EmptyJID, outgoingID(redacts+o.part)), nil
}

// isAway tells whether an error is that of a homeserver that gives no answer now.
func isAway(err error) bool {
	var answer mautrix.HTTPError
	return errors.As(err, &answer) && (answer.Response == nil || answer.Response.StatusCode >= http.StatusInternalServerError ||
		answer.Response.StatusCode == http.StatusTooManyRequests)
}
