package telegram

import (
	"context"
	"errors"
	"strings"

	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/event"

	"passerelle/portal"
	"passerelle/portal/geo"
	"passerelle/portal/say"
)

// A live location is one message on Telegram, which moves for as long as was said when it was sent. What staff share comes as a location
// and then as edits of it: see bridge.Following.

// FollowsPlaces tells that positions after the first go out, too (see bridge.Following).
func (c *Connector) FollowsPlaces() bool { return true }

// EndsPolls tells that polls can be ended (see bridge.PollEnding).
func (c *Connector) EndsPolls() bool { return true }

// move moves a live location, or ends it.
func (a *account) move(ctx context.Context, changed *bridgev2.MatrixEdit, of messageID) error {
	raw := changed.Event.Content.Raw
	place, ok := geo.Of(changed.Content, raw)
	ends := portal.LiveEnds(raw)
	if !ok && !ends {
		return a.refused(ctx, errors.New("no place"), say.NotPossible)
	}
	crossing := a.crossingOut(&bridgev2.MatrixMessage{MatrixEventBase: changed.MatrixEventBase}, &outgoing{kind: portal.KindLocation, text: place.URI()})
	admitted, err := passOut(ctx, a, crossing, place)
	if err != nil {
		return err
	}
	err = a.insist(ctx, of.in, func(ctx context.Context) error {
		if ends {
			return a.api.stopMessageLiveLocation(ctx, of)
		}
		return a.api.editMessageLiveLocation(ctx, of, admitted.Content())
	})
	var refused *refusal
	switch {
	case err == nil, isUnchanged(err):
		return nil
	case errors.As(err, &refused) && strings.Contains(refused.text, "can't be edited"):
		if ends {
			return nil // its time was over
		}
		return a.refused(ctx, err, say.LiveOver)
	}
	return a.unsent(ctx, err)
}

// isPlace tells whether a change is one of a place.
func isPlace(content *event.MessageEventContent, raw map[string]any) bool {
	return content.MsgType == event.MsgLocation || portal.LiveEnds(raw)
}
