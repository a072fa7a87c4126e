package telegramtest

import (
	"fmt"
	"time"
)

// businessWindow is how long after a contact's last message a bot may write for a business account (BusinessBotRights).
const businessWindow = 24 * time.Hour

// connection is a business account that a bot acts for, and the chats that its owner chose.
type connection struct {
	BusinessConnection
	bot   *Bot
	chats map[int64]bool // by the other one; nil: all
}

var aboutBusiness = map[string]method{
	"getBusinessConnection":  (*call).getConnection,
	"readBusinessMessage":    (*call).readBusinessMessage,
	"deleteBusinessMessages": (*call).deleteBusinessMessages,
}

// Connect lets a bot act for the person's own account, and returns the connection's ID. Without chats it is for all private
// chats.
func (p *Person) Connect(bot int64, rights BusinessRights, chats ...int64) (string, error) {
	s := p.server
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.accounts[bot]
	if a == nil || a.bot == nil {
		return "", fmt.Errorf("%d: %w", bot, ErrNoSuchBot)
	}
	on := &connection{bot: a.bot, BusinessConnection: BusinessConnection{ID: fmt.Sprintf("connection-%d", s.id()), User: p.user.User,
		UserChatID: p.user.ID, Date: s.now(), Rights: rights, IsEnabled: true}}
	if len(chats) > 0 {
		on.chats = map[int64]bool{}
		for _, id := range chats {
			on.chats[id] = true
		}
	}
	s.connections[on.ID] = on
	on.bot.put("business_connection", on.BusinessConnection)
	return on.ID, nil
}

// SetConnection changes what a bot may do for the person's account, or ends it.
func (p *Person) SetConnection(id string, rights BusinessRights, enabled bool) error {
	s := p.server
	s.mu.Lock()
	defer s.mu.Unlock()
	on := s.connections[id]
	if on == nil || on.User.ID != p.user.ID {
		return fmt.Errorf("%w: no such connection", ErrNotAllowed)
	}
	on.Rights, on.IsEnabled = rights, enabled
	on.bot.put("business_connection", on.BusinessConnection)
	return nil
}

// concerns tells whether a connection is for a chat.
func (on *connection) concerns(c *chat) bool {
	other := c.other(on.User.ID)
	return on.IsEnabled && c.kind == "private" && (c.pair[0] == on.User.ID || c.pair[1] == on.User.ID) &&
		c.server.accounts[other].bot == nil && (on.chats == nil || on.chats[other])
}

// tellBusiness tells the bots that act for somebody in a private chat of a message there.
func (c *chat) tellBusiness(m *message, edited bool) {
	kind := "business_message"
	if edited {
		kind = "edited_business_message"
	}
	for _, on := range c.server.connections {
		if !on.concerns(c) || m.SenderBusinessBot != nil && m.SenderBusinessBot.ID == on.bot.user.ID {
			continue
		}
		shown := m.visible(on.User.ID)
		shown.BusinessConnectionID = on.ID
		on.bot.put(kind, shown)
	}
}

func (c *chat) tellBusinessDeleted(m *message) {
	for _, on := range c.server.connections {
		if on.concerns(c) {
			on.bot.put("deleted_business_messages", map[string]any{"business_connection_id": on.ID, "chat": c.as(on.User.ID),
				"message_ids": []int64{m.MessageID}})
		}
	}
}

func (c *call) connection() (*connection, error) {
	on := c.server.connections[c.text("business_connection_id")]
	if on == nil || on.bot != c.bot {
		return nil, badRequest("business connection not found")
	}
	return on, nil
}

func (c *call) getConnection() (any, error) {
	on, err := c.connection()
	if err != nil {
		return nil, err
	}
	return on.BusinessConnection, nil
}

// businessChat returns the chat of a call that is made for a business account.
func (c *call) businessChat() (*chat, *connection, error) {
	on, err := c.connection()
	if err != nil {
		return nil, nil, err
	}
	other := c.server.accounts[c.number("chat_id")]
	if other == nil || other.ID == on.User.ID {
		return nil, nil, badRequest("chat not found")
	}
	in := c.server.privateChat(on.User.ID, other.ID)
	if !on.concerns(in) {
		return nil, nil, badRequest("BUSINESS_CONNECTION_INVALID")
	}
	return in, on, nil
}

// outgoingForBusiness begins a message that a bot writes for a business account.
func (c *call) outgoingForBusiness() (*chat, Message, int64, error) {
	in, on, err := c.businessChat()
	if err != nil {
		return nil, Message{}, 0, err
	}
	wrote := in.wrote[in.other(on.User.ID)]
	switch {
	case !on.Rights.CanReply:
		return nil, Message{}, 0, badRequest("BUSINESS_CONNECTION_NOT_ALLOWED")
	case wrote == 0 || c.server.now()-wrote > int64(businessWindow/time.Second):
		return nil, Message{}, 0, badRequest("BUSINESS_PEER_USAGE_MISSING")
	}
	me := c.bot.user.User
	said := Message{BusinessConnectionID: on.ID, SenderBusinessBot: &me}
	return in, said, on.User.ID, c.answers(in, &said)
}

func (c *call) readBusinessMessage() (any, error) {
	in, on, err := c.businessChat()
	if err != nil {
		return nil, err
	}
	if !on.Rights.CanReadMessages {
		return nil, badRequest("BUSINESS_CONNECTION_NOT_ALLOWED")
	}
	m := in.message(c.number("message_id"))
	if m == nil {
		return nil, badRequest("message not found")
	}
	for _, earlier := range in.messages {
		if earlier.MessageID <= m.MessageID && earlier.sender != on.User.ID && !earlier.read {
			earlier.read = true
			in.changed(earlier)
		}
	}
	return true, nil
}

func (c *call) deleteBusinessMessages() (any, error) {
	on, err := c.connection()
	if err != nil {
		return nil, err
	}
	var ids []int64
	if err := c.object("message_ids", &ids); err != nil {
		return nil, err
	}
	for _, in := range c.server.private {
		if !on.concerns(in) {
			continue
		}
		for _, id := range ids {
			m := in.message(id)
			if m == nil {
				continue
			}
			own := m.SenderBusinessBot != nil && on.Rights.CanDeleteOutgoing
			if !own && !on.Rights.CanDeleteAllMessages {
				return nil, badRequest("BUSINESS_CONNECTION_NOT_ALLOWED")
			}
			m.remove()
		}
	}
	return true, nil
}
