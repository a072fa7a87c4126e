package whatsapp

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/rs/zerolog"
	"go.mau.fi/util/variationselector"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/bridgev2/database"
	"maunium.net/go/mautrix/bridgev2/networkid"
	"maunium.net/go/mautrix/id"

	"passerelle/portal"
	"passerelle/portal/say"
)

// reaction is a reaction that somebody gave or took back. One person has one for each message: a new one takes its place.
type reaction struct {
	change
	emoji string // empty: the reaction is taken back
}

var (
	_ bridgev2.RemoteReaction       = (*reaction)(nil)
	_ bridgev2.RemoteReactionRemove = (*reaction)(nil)
	_ bridgev2.RemotePreHandler     = (*reaction)(nil)
)

// GetReactionEmoji returns the reaction (see [bridgev2.RemoteReaction]).
func (r *reaction) GetReactionEmoji() (string, networkid.EmojiID) { return r.emoji, "" }

// GetRemovedEmojiID tells which reaction is taken back: the only one (see [bridgev2.RemoteReactionRemove]).
func (r *reaction) GetRemovedEmojiID() networkid.EmojiID { return "" }

// PreHandle makes room for a reaction that the owner of an account gave on the phone: see displace.
func (r *reaction) PreHandle(ctx context.Context, room *bridgev2.Portal) {
	login := r.account.connector.bridge.GetCachedUserLoginByID(networkid.UserLoginID(r.id.sender))
	if r.emoji == "" || login == nil {
		return
	}
	if owner, ok := login.Client.(*account); ok {
		if err := owner.displace(ctx, room, r.target, login.UserMXID); err != nil {
			zerolog.Ctx(ctx).Err(err).Msg("A reaction that another took the place of is not said")
		}
	}
}

func (d *delivery) reaction(ctx context.Context, given *waE2E.ReactionMessage) (bridgev2.RemoteEvent, bool, error) {
	if d.PortalKey.Receiver == "" && d.account.connector.reacted.has(d.came.ID) {
		return nil, false, nil // another account in the room gets what went out of it; a newer one may stand by now
	}
	target, ok, err := d.keyed(ctx, given.GetKey())
	if err != nil || !ok {
		return nil, false, err
	}
	row, err := d.meant(ctx, target)
	if err == nil && row == nil {
		err = d.behind(ctx, target.networkID())
	}
	if err != nil || row == nil {
		return nil, false, err
	}
	if crosses, err := d.follows(ctx, row); err != nil || !crosses {
		return nil, false, err
	}
	d.Type = bridgev2.RemoteEventReaction
	if given.GetText() == "" {
		d.Type = bridgev2.RemoteEventReactionRemove
	}
	return &reaction{change: change{d, row}, emoji: given.GetText()}, true, nil
}

// follows asks the gate about a reaction to a message: it does not cross where administrators have stopped everything.
func (d *delivery) follows(ctx context.Context, to *database.Message) (crosses bool, err error) {
	c := d.crossing(incoming{content: content{kind: portal.KindReaction}})
	c.Key = d.gateKey(to.ID) + "/reaction/" + d.came.ID
	err = portal.Follow(ctx, d.account.connector.border.Gate, c)
	var refusal *portal.Refusal
	if errors.As(err, &refusal) && !refusal.Waits() {
		return false, nil
	}
	return err == nil, err
}

// encryptedReaction reads a reaction of a community's announcement group, which is encrypted for those who have the message.
func (d *delivery) encryptedReaction(ctx context.Context) (bridgev2.RemoteEvent, bool, error) {
	client := d.account.current()
	if client == nil || !canBeOpened(d.message.Message.GetEncReactionMessage()) {
		return nil, false, nil
	}
	d.message.Info = d.info()
	given, err := client.DecryptReaction(ctx, d.message)
	if err != nil {
		zerolog.Ctx(ctx).Warn().Str("reason", withoutPhoneNumbers(err.Error())).Msg("A reaction cannot be read")
		return nil, false, nil
	}
	if given.Key == nil {
		given.Key = d.message.Message.GetEncReactionMessage().GetTargetMessageKey()
	}
	return d.reaction(ctx, given)
}

// info describes the message as whatsmeow does.
func (d *delivery) info() types.MessageInfo {
	return types.MessageInfo{ID: d.came.ID, MessageSource: types.MessageSource{
		Chat: d.came.Chat, Sender: d.came.Sender, IsFromMe: d.came.FromMe, IsGroup: ofMany(d.came.Chat),
	}}
}

var _ bridgev2.ReactionHandlingNetworkAPI = (*account)(nil)

// PreHandleMatrixReaction says whose reaction it will be, and that there is one for each message (see
// [bridgev2.ReactionHandlingNetworkAPI]).
//
// Whoever gave the one before keeps it in Matrix, and it is said in text on WhatsApp: see displace.
func (a *account) PreHandleMatrixReaction(ctx context.Context, given *bridgev2.MatrixReaction) (bridgev2.MatrixReactionPreResponse, error) {
	emoji := variationselector.Remove(given.Content.RelatesTo.Key)
	if strings.HasPrefix(emoji, "mxc://") {
		return bridgev2.MatrixReactionPreResponse{}, a.refused(errors.New("a custom picture"), a.sayToWriter(ctx, say.ReactWithEmoji, networkName))
	}
	if !isPostsRoom(given.Portal.ID) { // there a reaction is a message, and takes no other one's place
		if err := a.displace(ctx, given.Portal, given.TargetMessage, given.Event.Sender); err != nil {
			return bridgev2.MatrixReactionPreResponse{}, err
		}
	}
	return bridgev2.MatrixReactionPreResponse{SenderID: userID(a.lid), Emoji: emoji, MaxReactions: 1}, nil
}

// HandleMatrixReaction sends a reaction (see [bridgev2.ReactionHandlingNetworkAPI]).
func (a *account) HandleMatrixReaction(ctx context.Context, given *bridgev2.MatrixReaction) (*database.Reaction, error) {
	if isPostsRoom(given.Portal.ID) {
		sent, err := a.reactToPost(ctx, given)
		return &database.Reaction{Timestamp: sent}, err
	}
	sent, err := a.sendReaction(ctx, given.Portal, given.TargetMessage.ID, given.Event.ID, given.PreHandleResp.Emoji)
	return &database.Reaction{Timestamp: sent}, err
}

// HandleMatrixReactionRemove takes a reaction back (see [bridgev2.ReactionHandlingNetworkAPI]).
func (a *account) HandleMatrixReactionRemove(ctx context.Context, removed *bridgev2.MatrixReactionRemove) error {
	if isPostsRoom(removed.Portal.ID) {
		author, err := a.authorOfPost(removed.TargetReaction.MessageID)
		if err != nil {
			return err
		}
		return a.takeBack(ctx, author, outgoingID(removed.TargetReaction.MXID), removed.Event.ID)
	}
	if err := a.ownOnly(ctx, removed.TargetReaction.SenderMXID); err != nil {
		return err
	}
	_, err := a.sendReaction(ctx, removed.Portal, removed.TargetReaction.MessageID, removed.Event.ID, "")
	return err
}

func (a *account) sendReaction(ctx context.Context, room *bridgev2.Portal, to networkid.MessageID, cause id.EventID, emoji string) (time.Time, error) {
	chat, target, err := a.inChat(room, to)
	if err != nil {
		return time.Time{}, err
	}
	client := a.current()
	if client == nil {
		return time.Time{}, a.notSent(bridgev2.ErrNotLoggedIn, say.NotConnected)
	}
	message, wid := client.BuildReaction(chat, lidOf(target.sender), target.id, emoji), outgoingID(cause)
	a.connector.reacted.add(wid)
	return a.transmit(ctx, chat, wid, message, nil)
}

// inChat returns the chat of a room and a message of it. Its errors carry the sentence that the sender reads.
func (a *account) inChat(room *bridgev2.Portal, message networkid.MessageID) (types.JID, messageID, error) {
	metadata, _ := room.Metadata.(*PortalMetadata)
	chat, err := chatOf(room.ID, metadata)
	if err != nil {
		return chat, messageID{}, a.notSent(err, say.NotSent)
	}
	target, err := parseMessageID(message)
	if err == nil && target.isOurs() {
		err = fmt.Errorf("%s has not come yet", message)
	}
	if err != nil {
		return chat, target, a.refused(err, a.say(say.NotPossible, networkName))
	}
	return chat, target, nil
}
