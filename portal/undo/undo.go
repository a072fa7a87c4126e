// Package undo takes back in a room what staff changed there and a network refused. bridgev2 does so on one homeserver only
// (bridgev2/portal.go, revertRoomMeta).
package undo

import (
	"context"
	"fmt"
	"time"

	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

// Membership puts a member back to where they were in the room.
func Membership(ctx context.Context, msg *bridgev2.MatrixMembershipChange) error {
	bot, room, who := msg.Portal.Bridge.Bot, msg.Portal.MXID, id.UserID(msg.Event.GetStateKey())
	out := func() error {
		_, err := bot.SendState(ctx, room, event.StateMember, who.String(), &event.Content{
			Parsed: &event.MemberEventContent{Membership: event.MembershipLeave},
		}, time.Now())
		return err
	}
	switch msg.Type.To {
	case event.MembershipInvite:
		return wrapped(out())
	case event.MembershipBan:
		if err := out(); err != nil {
			return wrapped(err)
		}
	}
	if err := bot.EnsureInvited(ctx, room, who); err != nil {
		return wrapped(err)
	}
	if ghost, ok := msg.Target.(*bridgev2.Ghost); ok {
		return wrapped(ghost.Intent.EnsureJoined(ctx, room))
	}
	return nil
}

func wrapped(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("put a member back: %w", err)
}

// PowerLevels gives a room the rights back that it had. Where the homeserver does not tell which those were, they stay.
func PowerLevels(ctx context.Context, msg *bridgev2.MatrixPowerLevelChange) error {
	if msg.Event.Unsigned.PrevContent == nil {
		return nil
	}
	_, err := msg.Portal.Bridge.Bot.SendState(ctx, msg.Portal.MXID, event.StatePowerLevels, "", &event.Content{Parsed: msg.PrevContent}, time.Now())
	if err != nil {
		return fmt.Errorf("give a room its rights back: %w", err)
	}
	return nil
}
