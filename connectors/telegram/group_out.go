package telegram

import (
	"context"
	"errors"
	"fmt"
	"time"

	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/portal"
	"passerelle/portal/relay"
	"passerelle/portal/say"
)

// What staff change in a group's room changes the group, as far as the bot may: it has to be an administrator there. In the room of a
// direct chat it is their own.

var (
	_ bridgev2.RoomNameHandlingNetworkAPI  = (*account)(nil)
	_ bridgev2.RoomTopicHandlingNetworkAPI = (*account)(nil)
)

// Lengths, in UTF-16 units (Bot API, setChatTitle and setChatDescription).
const (
	longestTitle       = 128
	longestDescription = 255
)

// HandleMatrixRoomName renames a group (see [bridgev2.RoomNameHandlingNetworkAPI]).
func (a *account) HandleMatrixRoomName(ctx context.Context, msg *bridgev2.MatrixRoomName) (bool, error) {
	ctx = withWriter(ctx, msg.Event.Sender)
	in, is := groupOf(msg.Portal)
	if !is {
		return false, nil
	}
	if length := len(unitsOf(msg.Content.Name)); length == 0 || length > longestTitle {
		return false, a.refused(ctx, fmt.Errorf("a name of %d units", length), say.GroupNameLength, longestTitle)
	}
	name, err := passOut(ctx, a, a.crossingOfChange(msg.Portal, msg.Event, msg.Content.Name), msg.Content.Name)
	if err != nil {
		return false, err
	}
	err = a.insist(ctx, in, func(ctx context.Context) error { return a.api.setChatTitle(ctx, in.chat, name.Content()) })
	if err != nil && !isAsItIs(err) {
		return false, a.changeRefused(ctx, err)
	}
	msg.Portal.Name, msg.Portal.NameSet = msg.Content.Name, true
	return true, nil
}

// HandleMatrixRoomTopic changes a group's description (see [bridgev2.RoomTopicHandlingNetworkAPI]).
func (a *account) HandleMatrixRoomTopic(ctx context.Context, msg *bridgev2.MatrixRoomTopic) (bool, error) {
	ctx = withWriter(ctx, msg.Event.Sender)
	in, is := groupOf(msg.Portal)
	if !is {
		return false, nil
	}
	if length := len(unitsOf(msg.Content.Topic)); length > longestDescription {
		return false, a.refused(ctx, fmt.Errorf("a description of %d units", length), say.GroupTopicLength, longestDescription)
	}
	topic, err := passOut(ctx, a, a.crossingOfChange(msg.Portal, msg.Event, msg.Content.Topic), msg.Content.Topic)
	if err != nil {
		return false, err
	}
	err = a.insist(ctx, in, func(ctx context.Context) error { return a.api.setChatDescription(ctx, in.chat, topic.Content()) })
	if err != nil && !isAsItIs(err) {
		return false, a.changeRefused(ctx, err)
	}
	msg.Portal.Topic, msg.Portal.TopicSet = msg.Content.Topic, true
	return true, nil
}

// groupOf returns the group or channel of a room. It is false for the room of a direct chat.
func groupOf(room *bridgev2.Portal) (in chatID, is bool) {
	in, err := parsePortalID(room.ID)
	return in, err == nil && !in.isPrivate()
}

// withWriter returns a context in which sentences are for somebody who changed a room.
func withWriter(ctx context.Context, who id.UserID) context.Context {
	if _, known := relay.Of(ctx); known {
		return ctx
	}
	return relay.With(ctx, relay.Person{ID: who})
}

func (a *account) crossingOfChange(room *bridgev2.Portal, evt *event.Event, words string) portal.Crossing {
	c := a.crossingFrom(room)
	c.Key, c.Kind, c.Sender = evt.ID.String(), portal.KindText, evt.Sender.String()
	c.At, c.Text = time.UnixMilli(evt.Timestamp), words
	return c
}

// changeRefused says why a group was not changed.
func (a *account) changeRefused(ctx context.Context, err error) error {
	var refused *refusal
	switch {
	case errors.As(err, &refused) && refused.migratedTo != 0:
		return a.failed(ctx, err, say.GroupNotChanged)
	case errors.As(err, &refused) && refused.sentence() == say.NotPossible:
		return a.refused(ctx, err, say.GroupRefused)
	case errors.As(err, &refused) && refused.sentence() == say.BotNotInGroup:
		return a.refused(ctx, err, say.BotNotInChanged)
	case errors.As(err, &refused):
		return a.refused(ctx, err, refused.sentence())
	}
	return a.failed(ctx, err, say.GroupNotChanged)
}
