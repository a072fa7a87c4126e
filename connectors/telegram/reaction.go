package telegram

import (
	"context"
	"errors"
	"strings"
	"time"

	"go.mau.fi/util/variationselector"
	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/bridgev2/database"
	"maunium.net/go/mautrix/bridgev2/networkid"

	"passerelle/portal"
	"passerelle/portal/say"
)

// reactions are all reactions that somebody has to a message after a change.
type reactions struct {
	*delivery
	target *database.Message
	given  []*bridgev2.BackfillReaction
}

var _ bridgev2.RemoteReactionSync = (*reactions)(nil)

// GetTargetMessage names the target (see [bridgev2.RemoteEventWithTargetMessage]).
func (r *reactions) GetTargetMessage() networkid.MessageID { return r.target.ID }

// GetReactions lists them (see [bridgev2.RemoteReactionSync]).
func (r *reactions) GetReactions() *bridgev2.ReactionSyncData {
	return &bridgev2.ReactionSyncData{Users: map[networkid.UserID]*bridgev2.ReactionSyncUser{
		r.Sender.Sender: {Reactions: r.given, HasAllReactions: true},
	}}
}

// deliverReactions brings somebody's reactions to a message into its room.
func (a *account) deliverReactions(ctx context.Context, stored portal.Arrival, in chatID, update *reactionUpdate) error {
	var by int64
	switch {
	case update.User != nil:
		by = update.User.ID
	case update.ActorChat != nil:
		by = update.ActorChat.ID
	}
	target, err := a.meant(ctx, in.message(update.MessageID))
	if err == nil && target == nil {
		err = a.behind(ctx, in.message(update.MessageID))
	}
	if err != nil || target == nil || by == 0 || by == a.bot {
		return err
	}
	d := a.deliveryAt(stored, in, time.Unix(update.Date, 0), by)
	if crosses, err := d.follows(ctx, target); err != nil || !crosses {
		return err
	}
	d.Type, d.CreatePortal = bridgev2.RemoteEventReactionSync, false
	event := &reactions{delivery: d, target: target}
	for _, each := range update.New {
		emoji, err := a.emojiOf(ctx, each)
		if err != nil {
			return err
		}
		event.given = append(event.given, &bridgev2.BackfillReaction{Timestamp: d.Timestamp, Sender: d.Sender, EmojiID: networkid.EmojiID(emoji),
			Emoji: variationselector.Add(emoji)})
	}
	if err := d.handOver(ctx, event); err != nil {
		return err
	}
	return portal.Failure(d.passing)
}

// follows asks the gate about reactions to a message: they do not cross where administrators have stopped everything.
func (d *delivery) follows(ctx context.Context, to *database.Message) (crosses bool, err error) {
	c := d.account.crossing(portal.In, d.PortalKey, d.chatKind())
	c.Key, c.Kind, c.Sender, c.At = string(to.ID)+"/reaction/"+d.stored.ID, portal.KindReaction, string(d.Sender.Sender), d.Timestamp
	err = portal.Follow(ctx, d.account.connector.border.Gate, c)
	var refusal *portal.Refusal
	if errors.As(err, &refusal) && !refusal.Waits() {
		return false, nil
	}
	return err == nil, err
}

// behind fails when a message waits for a decision: what is about it waits with it (see [portal.Behind]).
func (a *account) behind(ctx context.Context, message messageID) error {
	return portal.Behind(ctx, a.connector.border.Inbox, string(message.networkID()))
}

// noEmoji stands for a reaction that no emoji says.
const noEmoji = "✨"

// emojiOf says a reaction as an emoji: of a picture the one that it stands for.
func (a *account) emojiOf(ctx context.Context, r reactionType) (string, error) {
	switch {
	case r.Type == reactionPaid:
		return "⭐", nil
	case r.Type == reactionEmoji && r.Emoji != "":
		return variationselector.Remove(r.Emoji), nil
	case r.CustomEmojiID == "" || a.api == nil:
		return noEmoji, nil
	}
	emoji, err := a.api.customEmoji(ctx, r.CustomEmojiID)
	switch {
	case err != nil && !portal.IsPermanent(err):
		return "", err
	case err != nil || emoji == "":
		return noEmoji, nil
	}
	return variationselector.Remove(emoji), nil
}

var _ bridgev2.ReactionHandlingNetworkAPI = (*account)(nil)

// PreHandleMatrixReaction says whose reaction it will be, and that there is one for each message (see
// [bridgev2.ReactionHandlingNetworkAPI]). Whoever gave the one before keeps it in Matrix, and it is said in text: see displace.
func (a *account) PreHandleMatrixReaction(ctx context.Context, given *bridgev2.MatrixReaction) (bridgev2.MatrixReactionPreResponse, error) {
	emoji := variationselector.Remove(given.Content.RelatesTo.Key)
	if strings.HasPrefix(emoji, "mxc://") {
		return bridgev2.MatrixReactionPreResponse{}, a.refused(ctx, errors.New("a custom picture"), say.ReactWithEmoji)
	}
	if in, err := parsePortalID(given.Portal.ID); err == nil && in.connection != "" { // no method takes a connection (Bot API, setMessageReaction)
		return bridgev2.MatrixReactionPreResponse{}, a.refused(ctx, errors.New("a business account's chat"), say.BusinessNoReactions)
	}
	if err := a.displace(ctx, given.Portal, given.TargetMessage, given.Event.Sender); err != nil {
		return bridgev2.MatrixReactionPreResponse{}, err
	}
	return bridgev2.MatrixReactionPreResponse{SenderID: a.GetUserID(), Emoji: emoji, MaxReactions: 1}, nil
}

// HandleMatrixReaction sends a reaction (see [bridgev2.ReactionHandlingNetworkAPI]).
func (a *account) HandleMatrixReaction(ctx context.Context, given *bridgev2.MatrixReaction) (*database.Reaction, error) {
	return &database.Reaction{}, a.react(ctx, given.TargetMessage.ID, given.PreHandleResp.Emoji)
}

// HandleMatrixReactionRemove takes a reaction back (see [bridgev2.ReactionHandlingNetworkAPI]).
func (a *account) HandleMatrixReactionRemove(ctx context.Context, removed *bridgev2.MatrixReactionRemove) error {
	if err := a.ownOnly(ctx, removed.TargetReaction.SenderMXID); err != nil {
		return err
	}
	return a.react(ctx, removed.TargetReaction.MessageID, "")
}

// someReactions are named to those who choose one that Telegram does not have (Bot API, ReactionTypeEmoji, has the whole list).
const someReactions = "👍 👎 ❤ 🔥 🥰 👏 😁 🤔 🤯 😱 😢 🎉 🙏 👌 🤝 ✍ 😍 💯"

func (a *account) react(ctx context.Context, to networkid.MessageID, emoji string) error {
	target, err := a.target(ctx, to)
	if err != nil {
		return err
	}
	err = a.insist(ctx, target.in, func(ctx context.Context) error { return a.api.setMessageReaction(ctx, target, emoji) })
	var refused *refusal
	switch {
	case err == nil:
		return nil
	case errors.As(err, &refused) && strings.Contains(refused.text, "REACTION_INVALID"):
		return a.refused(ctx, err, say.BotReactions, someReactions)
	}
	return a.unsent(ctx, err)
}
