package bridge

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/bridgev2/commands"
	"maunium.net/go/mautrix/bridgev2/networkid"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/portal/handover"
	"passerelle/portal/plumb"
	"passerelle/portal/say"
)

// plumb brings a chat of the person's own into the room that the command is written in. The library's own commands for this
// (bridgev2/commands/managechat.go) do not look whether the room is encrypted, send away those of its members who are not in
// the chat, and let a person bring in a group of others.
func (n *network) plumb(ce *commands.Event) {
	at, login, refusal := n.mayPlumb(ce)
	if refusal != "" {
		ce.ReplyAdvanced(refusal, false, false)
		return
	}
	if err := plumb.Into(context.WithoutCancel(ce.Ctx), at, login, ce.RoomID); err != nil { // bridgev2 goes on after the command
		ce.Log.Err(err).Msg("A chat could not be brought into a room")
		n.answer(ce, say.RoomNotLinked, n.title())
	}
}

// mayPlumb finds the chat and the login that a command means. refusal is what its sender reads when it may not be.
func (n *network) mayPlumb(ce *commands.Event) (at *bridgev2.Portal, login *bridgev2.UserLogin, refusal string) {
	login = ce.User.GetDefaultLogin()
	prefix, in := ce.Bridge.Config.CommandPrefix, n.host.languages.Of(ce.User.MXID)
	switch {
	case ce.Sudo:
		return nil, nil, in.Say(say.OnlyForOneself)
	case login == nil:
		return nil, nil, in.Say(say.LinkFirst, n.title())
	case ce.Portal != nil:
		return nil, nil, in.Say(say.RoomHasChat, prefix)
	case len(ce.Args) == 0 || ce.RoomID == ce.User.ManagementRoom:
		return nil, nil, in.Say(say.BridgeUsage)
	}
	if refusal := n.roomTakesChat(ce.Ctx, ce.RoomID, ce.User); refusal != "" {
		return nil, nil, refusal
	}
	at, err := n.ownChat(ce.Ctx, login, strings.Join(ce.Args, " "))
	var sentence bridgev2.RespError
	switch {
	case errors.As(err, &sentence):
		return nil, nil, sentence.Err
	case err != nil:
		ce.Log.Err(err).Msg("A chat could not be looked up")
		return nil, nil, in.Say(say.RoomNotLinked, n.title())
	case at == nil:
		return nil, nil, in.Say(say.ChatUnknown, n.title())
	case handover.HasRoom(at):
		return nil, nil, in.Say(say.ChatHasRoom, at.MXID.URI(n.matrix().ServerName()).MatrixToURL(), prefix)
	}
	return at, login, ""
}

// roomTakesChat tells whether a person may bring a chat into a room; if not, in words.
func (n *network) roomTakesChat(ctx context.Context, room id.RoomID, by *bridgev2.User) (refusal string) {
	why, err := plumb.Refusal(ctx, n.bridge(), room, by.MXID)
	switch {
	case err != nil:
		n.log.Err(err).Stringer("room", room).Msg("A room's rights could not be looked up")
		return n.sayTo(by.MXID, say.RoomNotLinked, n.title())
	case why != "":
		return n.sayTo(by.MXID, why)
	}
	return ""
}

// ownChat returns the chat of a login that a person names, by its identifier or by what the network resolves; nil: there is
// none. A group is the login's when the login is in it.
func (n *network) ownChat(ctx context.Context, login *bridgev2.UserLogin, name string) (*bridgev2.Portal, error) {
	key := networkid.PortalKey{ID: networkid.PortalID(name), Receiver: login.ID}
	at, err := n.bridge().GetExistingPortalByKey(ctx, key)
	if err != nil {
		return nil, err
	}
	if at != nil {
		if at.Receiver == login.ID {
			return at, nil
		}
		in, err := n.bridge().DB.UserPortal.Get(ctx, login.UserLogin, at.PortalKey)
		if err != nil || in == nil {
			return nil, err
		}
		return at, nil
	}
	resolver, ok := login.Client.(bridgev2.IdentifierResolvingNetworkAPI)
	if !ok {
		return nil, nil
	}
	found, err := resolver.ResolveIdentifier(ctx, name, true)
	if err != nil || found == nil || found.Chat == nil {
		return nil, err
	}
	return n.bridge().GetPortalByKey(ctx, found.Chat.PortalKey)
}

// unplumb takes the chat out of a room. The room and its people stay; the contacts and the bot leave.
func (n *network) unplumb(ce *commands.Event) {
	at := ce.Portal
	switch {
	case at == nil:
		n.answer(ce, say.NotAChat, n.title())
		return
	case !n.mayUnplumb(ce):
		n.answer(ce, say.NoSay)
		return
	}
	room := at.MXID
	if err := at.RemoveMXID(ce.Ctx); err != nil {
		ce.Log.Err(err).Msg("A chat could not be taken out of a room")
		n.answer(ce, say.RoomStillLinked, n.title())
		return
	}
	n.answer(ce, say.RoomUnlinked, n.title())
	if err := ce.Bot.DeleteRoom(ce.Ctx, room, true); err != nil {
		ce.Log.Err(err).Msg("Not everybody left a room whose chat was taken out")
	}
}

// mayUnplumb tells whether a person may take the chat out of a room: the owner of a direct chat, or who administers the room.
func (n *network) mayUnplumb(ce *commands.Event) bool {
	if login := ce.Bridge.GetCachedUserLoginByID(ce.Portal.Receiver); login != nil && login.UserMXID == ce.User.MXID || ce.User.Permissions.Admin {
		return true
	}
	levels, err := n.matrix().GetPowerLevels(ce.Ctx, ce.RoomID)
	return err == nil && levels.GetUserLevel(ce.User.MXID) >= levels.GetEventLevel(event.StateBridge)
}

// hasEncryption tells whether a room is encrypted. What cannot be known is no.
func (c *matrixConnector) hasEncryption(ctx context.Context, room id.RoomID) bool {
	state, err := c.GetStateEvent(ctx, room, event.StateEncryption, "")
	return err == nil && state != nil && state.Content.AsEncryption().Algorithm == id.AlgorithmMegolmV1
}

// HandleNewlyBridgedRoom prepares a room that somebody else made and that has become a chat's, and says so there (see
// [bridgev2.MatrixConnectorWithPostRoomBridgeHandling]). A room that cannot be encrypted is given back.
func (c *matrixConnector) HandleNewlyBridgedRoom(ctx context.Context, room id.RoomID) error {
	n := c.network
	if !c.hasEncryption(ctx, room) {
		if err := c.Connector.HandleNewlyBridgedRoom(ctx, room); err != nil {
			n.notify(ctx, room, "", "", n.say(say.NeedsEncryption))
			return errors.Join(err, c.giveBack(ctx, room))
		}
	} else if _, err := c.Bot.Members(ctx, room); err != nil { // those whom room keys go to
		return errors.Join(fmt.Errorf("look up a room's members: %w", err), c.giveBack(ctx, room))
	}
	n.notify(ctx, room, "", "", n.say(say.RoomLinked, n.title(), c.Bridge.Config.CommandPrefix))
	return nil
}

// giveBack takes the chat out of a room in which it cannot be.
func (c *matrixConnector) giveBack(ctx context.Context, room id.RoomID) error {
	at, err := c.Bridge.GetPortalByMXID(ctx, room)
	if err != nil || at == nil {
		return err
	}
	return errors.Join(at.RemoveMXID(ctx), c.Bridge.Bot.DeleteRoom(ctx, room, true))
}

// isLibrarys tells whether an event is a notice that the library lets a ghost say about an invitation
// (bridgev2/matrixinvite.go, sendNotice). Our own sentences stand for it: a ghost says what its contact said.
func isLibrarys(content *event.Content, extra *bridgev2.MatrixSendExtra) bool {
	message, ok := content.Parsed.(*event.MessageEventContent)
	return ok && extra == nil && message.MsgType == event.MsgNotice
}
