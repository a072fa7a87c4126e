package telegram

import (
	"context"
	"strconv"
	"time"

	"go.mau.fi/util/variationselector"
	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/bridgev2/networkid"

	"passerelle/portal"
)

// reactionCount tells how many have reacted to a message, where nobody says who: to a channel's post (Bot API,
// MessageReactionCountUpdated).
type reactionCount struct {
	Chat      chat  `json:"chat"`
	MessageID int64 `json:"message_id"`
	Date      int64 `json:"date"`
	Reactions []struct {
		Type  reactionType `json:"type"`
		Count int          `json:"total_count"`
	} `json:"reactions"`
}

// deliverCount brings into a room how many have reacted to a message: as reactions of the channel's own, with their number.
func (a *account) deliverCount(ctx context.Context, stored portal.Arrival, in chatID, update *reactionCount) error {
	target, err := a.meant(ctx, in.message(update.MessageID))
	if err == nil && target == nil {
		err = a.behind(ctx, in.message(update.MessageID))
	}
	if err != nil || target == nil {
		return err
	}
	d := a.deliveryAt(stored, in, time.Unix(update.Date, 0), in.chat)
	d.Type, d.CreatePortal, d.PortalKey = bridgev2.RemoteEventReactionSync, false, target.Room
	if crosses, err := d.follows(ctx, target); err != nil || !crosses {
		return err
	}
	event := &reactions{delivery: d, target: target}
	for _, each := range update.Reactions {
		emoji, err := a.emojiOf(ctx, each.Type)
		if err != nil {
			return err
		}
		key := variationselector.Add(emoji)
		if each.Count > 1 {
			key += " " + strconv.Itoa(each.Count)
		}
		event.given = append(event.given, &bridgev2.BackfillReaction{Timestamp: d.Timestamp, Sender: d.Sender, EmojiID: networkid.EmojiID(key), Emoji: key})
	}
	if err := d.handOver(ctx, event); err != nil {
		return err
	}
	return portal.Failure(d.passing)
}
