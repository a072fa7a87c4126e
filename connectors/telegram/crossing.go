package telegram

import (
	"context"

	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/bridgev2/networkid"

	"passerelle/portal"
	"passerelle/portal/contacts"
)

// PortalMetadata is what is kept of a chat.
type PortalMetadata struct {
	// Channel says that it is a channel: one writes, many read.
	Channel bool `json:"channel,omitempty"`
}

// typeChannel is the type of a channel (Bot API, Chat).
const typeChannel = "channel"

// keepChannel notes whether a chat is a channel.
func keepChannel(channel bool) bridgev2.ExtraUpdater[*bridgev2.Portal] {
	return func(_ context.Context, room *bridgev2.Portal) bool {
		kept, ok := room.Metadata.(*PortalMetadata)
		if !ok || kept.Channel == channel {
			return false
		}
		kept.Channel = channel
		return true
	}
}

// crossing begins the description of something that is to cross from or into a chat.
func (a *account) crossing(direction portal.Direction, chat networkid.PortalKey, kind portal.ChatKind) portal.Crossing {
	c := portal.Crossing{
		Network: a.connector.border.Network, Direction: direction, Portal: string(chat.ID),
		Receiver: string(chat.Receiver), Login: string(a.login.ID), Owner: a.login.UserMXID, Chat: kind,
	}
	if c.Contacts = contacts.One; kind != portal.ChatDirect {
		c.Contacts = contacts.In(a.connector.bridge, chat)
	}
	return c
}

// crossingFrom begins the description of something that is to cross out of a room.
func (a *account) crossingFrom(room *bridgev2.Portal) portal.Crossing {
	kind := portal.ChatDirect
	if _, is := groupOf(room); is {
		kind = portal.ChatGroup
		if kept, ok := room.Metadata.(*PortalMetadata); ok && kept.Channel {
			kind = portal.ChatChannel
		}
	}
	c := a.crossing(portal.Out, room.PortalKey, kind)
	c.Room = room.MXID
	return c
}

// chatKind says what sort of chat a message is from.
func (d *delivery) chatKind() portal.ChatKind {
	switch {
	case d.in.isPrivate():
		return portal.ChatDirect
	case d.message != nil && d.message.Chat.Type == typeChannel:
		return portal.ChatChannel
	}
	return portal.ChatGroup
}
