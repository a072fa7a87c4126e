// Package contacts counts the external contacts in a chat, as its room shows them: the ghosts in it that are no account of staff's.
//
// A network may tell of fewer people than there are: Telegram's bots learn of a group's administrators and of those who write.
package contacts

import (
	"context"
	"fmt"

	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/bridgev2/networkid"
	"maunium.net/go/mautrix/event"

	"passerelle/portal/handover"
)

// One is the number of contacts in a direct chat.
func One(context.Context) (int, error) { return 1, nil }

// In counts the contacts in a chat of several people, 0 while it has no room. An error is transient.
func In(bridge *bridgev2.Bridge, chat networkid.PortalKey) func(context.Context) (int, error) {
	return func(ctx context.Context) (int, error) {
		room, err := bridge.GetExistingPortalByKey(ctx, chat)
		if err != nil || !handover.HasRoom(room) {
			return 0, wrapped(err)
		}
		members, err := bridge.Matrix.GetMembers(ctx, room.MXID)
		if err != nil {
			return 0, wrapped(err)
		}
		ours := staff(bridge)
		count := 0
		for user, member := range members {
			ghost, is := bridge.Matrix.ParseGhostMXID(user)
			if is && !ours[ghost] && (member.Membership == event.MembershipJoin || member.Membership == event.MembershipInvite) {
				count++
			}
		}
		return count, nil
	}
}

// staff are the accounts of staff on the network.
func staff(bridge *bridgev2.Bridge) map[networkid.UserID]bool {
	ours := map[networkid.UserID]bool{}
	for _, login := range bridge.GetAllCachedUserLogins() {
		if account, ok := login.Client.(interface{ GetUserID() networkid.UserID }); ok {
			ours[account.GetUserID()] = true
		}
	}
	return ours
}

func wrapped(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("count the contacts in a chat: %w", err)
}
