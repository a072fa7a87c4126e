package bridge

import (
	"context"

	"maunium.net/go/mautrix/event"

	"passerelle/portal/say"
)

// accepts lets the bot join a room that a person invites it to, and greets them when nobody else is there. It is false for
// every other event. The library's own way (bridgev2/matrixinvite.go, handleBotInvite) greets in English, and turns down those
// who may not use the bridge, which is left to it.
func (n *network) accepts(ctx context.Context, evt *event.Event) bool {
	if evt.Type != event.StateMember || evt.GetStateKey() != n.matrix().Bot.UserID.String() ||
		evt.Content.AsMember().Membership != event.MembershipInvite || n.matrix().isOurs(evt.Sender) {
		return false
	}
	user, err := n.bridge().GetUserByMXID(ctx, evt.Sender)
	if err != nil || user == nil || !user.Permissions.SendEvents || !user.Permissions.Commands {
		return false
	}
	if err := n.bridge().Bot.EnsureJoined(ctx, evt.RoomID); err != nil {
		n.log.Err(err).Stringer("room", evt.RoomID).Msg("The bot could not follow an invitation")
		return true
	}
	members, err := n.matrix().GetMembers(ctx, evt.RoomID)
	if err != nil {
		n.log.Err(err).Stringer("room", evt.RoomID).Msg("A room's members could not be looked up")
	}
	if len(members) != 2 {
		return true
	}
	greeting := say.GreetingAgain
	if user.ManagementRoom == "" {
		user.ManagementRoom, greeting = evt.RoomID, say.Greeting
		if err := user.Save(ctx); err != nil {
			n.log.Err(err).Stringer("room", evt.RoomID).Msg("A person's chat with the bot could not be kept")
		}
	}
	n.tell(evt.RoomID, "", "", n.sayTo(evt.Sender, greeting, n.title(), n.bridge().Config.CommandPrefix))
	return true
}
