// Package plumb brings a chat into a room that people made, whatever network it is of.
package plumb

import (
	"context"
	"fmt"

	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/portal/handover"
	"passerelle/portal/say"
)

// Refusal tells why a person may not have a chat brought into a room: a sentence without placeholders; "": they may. The error is of
// the homeserver. by "" asks for the bot alone.
func Refusal(ctx context.Context, bridge *bridgev2.Bridge, room id.RoomID, by id.UserID) (say.Sentence, error) {
	if !isEncrypted(ctx, bridge, room) {
		return say.NeedsEncryption, nil
	}
	levels, err := bridge.Matrix.GetPowerLevels(ctx, room)
	switch {
	case err != nil:
		return "", fmt.Errorf("look up a room's rights: %w", err)
	case by != "" && levels.GetUserLevel(by) < levels.GetEventLevel(event.StateBridge):
		return say.NoSay, nil
	case levels.GetUserLevel(bridge.Bot.GetMXID()) < levels.GetEventLevel(event.StateBridge):
		return say.BotNeedsRights, nil
	}
	return "", nil
}

// isEncrypted tells whether a room is encrypted. What cannot be known is no.
func isEncrypted(ctx context.Context, bridge *bridgev2.Bridge, room id.RoomID) bool {
	matrix, ok := bridge.Matrix.(bridgev2.MatrixConnectorWithArbitraryRoomState)
	if !ok {
		return false
	}
	state, err := matrix.GetStateEvent(ctx, room, event.StateEncryption, "")
	return err == nil && state != nil && state.Content.AsEncryption().Algorithm == id.AlgorithmMegolmV1
}

// Into makes a room the room of a chat that has none. What the room is called, who is in it and who has a say stay as they are; the
// chat's people join.
func Into(ctx context.Context, at *bridgev2.Portal, login *bridgev2.UserLogin, room id.RoomID) error {
	info, err := login.Client.GetChatInfo(ctx, at)
	if err != nil {
		return fmt.Errorf("ask about the chat: %w", err)
	}
	info.Name, info.Topic, info.Avatar, info.JoinRule = nil, nil, nil, nil
	if members := info.Members; members != nil {
		members.IsFull, members.PowerLevels = false, nil
		for user, member := range members.MemberMap {
			member.PowerLevel = nil
			members.MemberMap[user] = member
		}
	}
	if err := at.UpdateMatrixRoomID(ctx, room, bridgev2.UpdateMatrixRoomIDParams{
		FailIfMXIDSet: true,
		SyncDBMetadata: func() {
			if at.Receiver != "" { // a name that the owner alone may read, from the room before
				at.Name, at.NameIsCustom = "", false
			}
		},
	}); err != nil {
		return fmt.Errorf("make a room a chat's: %w", err)
	}
	if err := handover.Inform(ctx, login, at.PortalKey, info); err != nil {
		return fmt.Errorf("show a chat in its room: %w", err)
	}
	at.UpdateBridgeInfo(ctx)
	if matrix, ok := at.Bridge.Matrix.(bridgev2.MatrixConnectorWithPostRoomBridgeHandling); ok {
		return matrix.HandleNewlyBridgedRoom(ctx, room)
	}
	return nil
}
