package whatsapp

import (
	"strings"

	"go.mau.fi/whatsmeow/types"
	"maunium.net/go/mautrix/bridgev2/networkid"

	"passerelle/portal"
	"passerelle/portal/contacts"
)

// crossing begins the description of something that is to cross from or into a chat.
func (a *account) crossing(direction portal.Direction, chat networkid.PortalKey) portal.Crossing {
	c := portal.Crossing{
		Network: a.connector.border.Network, Direction: direction, Portal: string(chat.ID),
		Receiver: string(chat.Receiver), Login: string(a.login.ID), Owner: a.login.UserMXID, Chat: chatKind(chat.ID),
	}
	if c.Contacts = contacts.One; c.Chat != portal.ChatDirect {
		c.Contacts = contacts.In(a.connector.bridge, chat)
	}
	return c
}

// chatKind says what sort of chat one is, by the server in its identifier.
func chatKind(chat networkid.PortalID) portal.ChatKind {
	_, server, _ := strings.Cut(string(chat), "@")
	switch server {
	case types.GroupServer:
		return portal.ChatGroup
	case types.BroadcastServer, types.NewsletterServer:
		return portal.ChatChannel
	}
	return portal.ChatDirect
}
