package whatsapp

import (
	"context"
	"errors"
	"time"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"google.golang.org/protobuf/proto"
	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/bridgev2/database"
	"maunium.net/go/mautrix/bridgev2/networkid"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/portal"
	"passerelle/portal/relay"
	"passerelle/portal/say"
)

// postColour is what a text post stands on, as ARGB: WhatsApp's apps show text posts on a colour.
const postColour = 0xFF075E54

// postOut sends what is written in the room of status posts: an answer to its author, anything else as a post of the
// account's own. Who gets to see that is the account's own setting (whatsmeow/broadcast.go, getStatusBroadcastRecipients).
// What may have been meant as an answer is never posted.
func (a *account) postOut(ctx context.Context, message *bridgev2.MatrixMessage, out *outgoing) (*bridgev2.MatrixMessageResponse, error) {
	to, err := a.readyForPosts(ctx, message, out)
	if err != nil {
		return nil, err
	}
	sent, err := a.crossTo(ctx, message, out, to)
	if err == nil && !isPosts(to) {
		sent.DB.Metadata = &MessageMetadata{SentTo: to}
		a.alsoInChat(to, outgoingID(message.Event.ID), out.message, sent.DB.Timestamp)
	}
	return sent, err
}

// readyForPosts makes a message of the room of status posts ready, and returns the chat that it goes to. Its errors carry the
// sentence that the sender reads.
func (a *account) readyForPosts(ctx context.Context, message *bridgev2.MatrixMessage, out *outgoing) (types.JID, error) {
	if err := a.postsAsOwner(ctx); err != nil {
		return types.EmptyJID, err
	}
	if message.ReplyTo != nil {
		return a.authorOfPost(message.ReplyTo.ID)
	}
	if about := message.Content.RelatesTo; about.GetReplyTo() != "" || about.GetThreadParent() != "" {
		return types.EmptyJID, a.refused(errors.New("an answer to what is not known"), a.say(say.PostAnswerGone, networkName))
	}
	if !out.asPost() {
		return types.EmptyJID, a.refused(errors.New("no kind of status post"), a.say(say.PostKinds, networkName))
	}
	return types.StatusBroadcastJID, nil
}

// postsAsOwner refuses what somebody else than the account's owner would post or answer: posts are personal.
func (a *account) postsAsOwner(ctx context.Context) error {
	if _, relayed := relay.Of(ctx); relayed {
		return a.refused(errors.New("status posts of another one's account"), a.sayToWriter(ctx, say.PostsOwnersOnly, networkName))
	}
	return nil
}

// asPost makes the message a status post. It is false for a kind that WhatsApp does not post.
func (o *outgoing) asPost() bool {
	m := o.message
	switch {
	case m.Conversation != nil: // the apps show posts of the other kind only
		m.ExtendedTextMessage = &waE2E.ExtendedTextMessage{Text: m.Conversation}
		m.Conversation = nil
	case m.ExtendedTextMessage != nil, m.ImageMessage != nil, m.VideoMessage != nil, m.AudioMessage.GetPTT():
	default:
		return false
	}
	if text := m.ExtendedTextMessage; text != nil {
		text.BackgroundArgb, text.TextArgb = proto.Uint32(postColour), proto.Uint32(0xFFFFFFFF)
	}
	return true
}

// authorOfPost returns who is answered by an answer to a message of the room of status posts. Its errors carry the sentence
// that the sender reads.
func (a *account) authorOfPost(post networkid.MessageID) (types.JID, error) {
	named, err := parseMessageID(post)
	switch {
	case err != nil || named.isOurs():
		return types.EmptyJID, a.refused(errors.Join(errors.New("no post"), err), a.say(say.PostAnswerGone, networkName))
	case named.sender == userID(a.lid):
		return types.EmptyJID, a.refused(errors.New("the account's own post"), a.say(say.PostAnswerWhose, networkName))
	}
	return lidOf(named.sender), nil
}

// answersPost is what an answer to a status post goes out with: the chat's timer, and the post, with the words that it holds
// in its room.
func (a *account) answersPost(ctx context.Context, room *bridgev2.Portal, post *database.Message, on *occasion) {
	on.expires, on.timerSet = 0, 0
	if on.answers = answering(post); on.answers == nil {
		return
	}
	on.answers.RemoteJID = proto.String(types.StatusBroadcastJID.String())
	bridge := a.connector.bridge
	if found, err := bridge.Bot.GetEvent(ctx, room.MXID, post.MXID); err == nil {
		if content, ok := found.Content.Parsed.(*event.MessageEventContent); ok {
			on.answers.QuotedMessage = &waE2E.Message{Conversation: proto.String(content.Body)}
		}
	}
	author, err := parseMessageID(post.ID)
	if err != nil {
		return
	}
	if chat, err := bridge.GetExistingPortalByKey(ctx, portalKey(lidOf(author.sender), a.login.ID)); err == nil && chat != nil {
		on.expires = uint32(chat.Disappear.Timer / time.Second)
		if metadata, ok := chat.Metadata.(*PortalMetadata); ok {
			on.timerSet = metadata.TimerSet
		}
	}
}

// alsoInChat shows what went from the room of status posts to a contact in the chat with the contact, too, as the phone does.
func (a *account) alsoInChat(with types.JID, id types.MessageID, message *waE2E.Message, at time.Time) {
	came, err := arrivalOf(&types.MessageInfo{ID: id, Timestamp: at, MessageSource: types.MessageSource{
		Chat: with, Sender: a.lid, IsFromMe: true,
	}}, message)
	if err == nil && a.storeMessage(came) {
		return
	}
	a.log.Warn().Err(err).Str("message", id).Msg("What answers a status post is not shown in the chat with its author")
}

// reactToPost sends a reaction to a status post: as WhatsApp does, in a message that answers it.
func (a *account) reactToPost(ctx context.Context, given *bridgev2.MatrixReaction) (time.Time, error) {
	if err := a.postsAsOwner(ctx); err != nil {
		return time.Time{}, err
	}
	author, err := a.authorOfPost(given.TargetMessage.ID)
	if err != nil {
		return time.Time{}, err
	}
	var on occasion
	a.answersPost(ctx, given.Portal, given.TargetMessage, &on)
	emoji := given.PreHandleResp.Emoji
	out := &outgoing{kind: portal.KindText, text: emoji, message: &waE2E.Message{
		ExtendedTextMessage: &waE2E.ExtendedTextMessage{Text: &emoji, ContextInfo: on.context()},
	}}
	crossing := a.crossing(portal.Out, portalKey(author, a.login.ID))
	crossing.Key, crossing.Kind, crossing.Sender = given.Event.ID.String(), portal.KindText, given.Event.Sender.String()
	crossing.At, crossing.Text = time.UnixMilli(given.Event.Timestamp), emoji
	admitted, err := passOut(ctx, a, crossing, out, say.NotSent)
	if err != nil {
		return time.Time{}, err
	}
	sent, err := a.send(ctx, author, outgoingID(given.Event.ID), admitted)
	if err == nil {
		a.alsoInChat(author, outgoingID(given.Event.ID), out.message, sent)
	}
	return sent, err
}

// takeBack deletes, for the contact too, what went to a contact from the room of status posts.
func (a *account) takeBack(ctx context.Context, from types.JID, sent types.MessageID, cause id.EventID) error {
	client := a.current()
	if client == nil {
		return a.notSent(bridgev2.ErrNotLoggedIn, say.NotConnected)
	}
	revoke := client.BuildRevoke(from, types.EmptyJID, sent)
	at, err := a.transmit(ctx, from, outgoingID(cause), revoke, nil)
	if err == nil {
		a.alsoInChat(from, outgoingID(cause), revoke, at)
	}
	return err
}
