package bridge

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/bridgev2/commands"
	"maunium.net/go/mautrix/bridgev2/networkid"
	"maunium.net/go/mautrix/bridgev2/provisionutil"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/portal/say"
)

// createGroup makes a group on the network of the room that the command is written in, and of its members.
func (n *network) createGroup(ce *commands.Event) {
	login, prefix := ce.User.GetDefaultLogin(), ce.Bridge.Config.CommandPrefix
	switch {
	case ce.Portal != nil:
		n.answer(ce, say.RoomHasChat, prefix)
		return
	case ce.OrigRoomID == ce.User.ManagementRoom:
		n.answer(ce, say.GroupInRoom, n.title(), prefix)
		return
	}
	if refusal := n.roomTakesChat(ce.Ctx, ce.RoomID, ce.User); refusal != "" {
		ce.ReplyAdvanced(refusal, false, false)
		return
	}
	wanted, err := n.groupOf(ce)
	if err == nil && wanted.Name == nil {
		n.answer(ce, say.GroupNeedsName)
		return
	}
	if err == nil {
		var made *provisionutil.RespCreateGroup
		if made, err = provisionutil.CreateGroup(ce.Ctx, login, wanted); err == nil {
			n.tellGroupMade(ce, wanted, made)
			return
		}
	}
	n.log.Warn().Err(err).Stringer("room", ce.RoomID).Msg("A group could not be made")
	var told bridgev2.MessageStatus
	if errors.As(err, &told) && told.Message != "" { // the connector's sentence
		ce.ReplyAdvanced(told.Message, false, false)
		return
	}
	n.answer(ce, say.GroupNotMade, n.title())
}

// groupOf describes the group that a room asks for.
func (n *network) groupOf(ce *commands.Event) (*bridgev2.GroupCreateParams, error) {
	members, err := ce.Bridge.Matrix.GetMembers(ce.Ctx, ce.RoomID)
	if err != nil {
		return nil, fmt.Errorf("look up a room's members: %w", err)
	}
	wanted := &bridgev2.GroupCreateParams{
		RoomID: ce.RoomID,
		Name:   stateOf[event.RoomNameEventContent](n, ce, event.StateRoomName),
		Topic:  stateOf[event.TopicEventContent](n, ce, event.StateTopic),
	}
	for kind := range ce.Bridge.Network.GetCapabilities().Provisioning.GroupCreation {
		if wanted.Type == "" || len(ce.Args) > 0 && kind == ce.Args[0] {
			wanted.Type = kind
		}
	}
	for member, is := range members {
		if member != ce.User.MXID && is.Membership.IsInviteOrJoin() {
			wanted.Participants = append(wanted.Participants, n.accountsOf(ce, member)...)
		}
	}
	slices.Sort(wanted.Participants)
	return wanted, nil
}

// accountsOf returns who a member of a room is on the network: a contact, or a member of staff with accounts there.
func (n *network) accountsOf(ce *commands.Event, member id.UserID) (accounts []networkid.UserID) {
	if contact, ok := ce.Bridge.Matrix.ParseGhostMXID(member); ok {
		return []networkid.UserID{contact}
	}
	user, err := ce.Bridge.GetExistingUserByMXID(ce.Ctx, member)
	if err != nil || user == nil {
		return nil
	}
	for _, login := range user.GetUserLogins() {
		if known, ok := login.Client.(bridgev2.NetworkAPIWithUserID); ok && known.IsLoggedIn() {
			accounts = append(accounts, known.GetUserID())
		}
	}
	return accounts
}

// stateOf returns a part of a room's state; nil: there is none.
func stateOf[T any](n *network, ce *commands.Event, kind event.Type) *T {
	evt, err := n.matrix().GetStateEvent(ce.Ctx, ce.RoomID, kind, "")
	if err != nil || evt == nil {
		return nil
	}
	content, _ := evt.Content.Parsed.(*T)
	return content
}

// tellGroupMade says what was made, and who could not be brought in.
func (n *network) tellGroupMade(ce *commands.Event, wanted *bridgev2.GroupCreateParams, made *provisionutil.RespCreateGroup) {
	lines := []string{n.sayTo(ce.User.MXID, say.GroupMade, wanted.Name.Name, n.title())}
	for _, failed := range made.FailedParticipants {
		lines = append(lines, failed.Reason)
	}
	slices.Sort(lines[1:])
	ce.ReplyAdvanced(strings.Join(lines, "\n"), false, false)
}
