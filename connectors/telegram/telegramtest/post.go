package telegramtest

import (
	"slices"
	"strings"
	"time"
)

// post puts a message into the chat and tells the bots in it. The caller holds the mutex.
func (c *chat) post(sender int64, said Message) *message {
	s := c.server
	m := &message{Message: said, in: c, sender: sender, reactions: map[int64][]Reaction{}}
	m.MessageID, m.Date = c.takeNumber(), s.now()
	a := s.accounts[sender]
	if c.kind == "channel" {
		here := c.as(sender)
		m.SenderChat = &here
	} else if m.From == nil {
		user := a.User
		m.From = &user
	}
	if m.ThreadID != 0 {
		m.IsTopicMessage = true
		if first := c.message(m.ThreadID); m.ReplyTo == nil && first != nil { // what answers nothing answers the topic's beginning
			m.ReplyTo = &first.Message
		}
	}
	c.messages = append(c.messages, m)
	c.wrote[sender] = m.Date
	delete(c.doing, sender)
	s.version++
	m.version = s.version
	c.tellBots(m, "message")
	if a.bot != nil {
		c.lastBot = sender
	}
	s.wake()
	return m
}

// takeNumber returns the number of the next message. Supergroups and channels count by themselves; private chats and groups share
// a count, which is each account's own on the real service.
func (c *chat) takeNumber() int64 {
	number := &c.nextMessage
	if c.kind == "private" || c.kind == "group" {
		number = &c.server.nextMessage
	}
	*number++
	return *number
}

// changed notes that people see a message differently.
func (c *chat) changed(m *message) {
	c.server.version++
	m.version = c.server.version
	c.server.wake()
}

// tellBots tells the bots in the chat of a message, or of its edit.
func (c *chat) tellBots(m *message, kind string) {
	s := c.server
	edited := strings.HasPrefix(kind, "edited_")
	if c.kind == "channel" {
		kind = strings.Replace(kind, "message", "channel_post", 1)
	}
	for _, id := range c.present() {
		bot := s.accounts[id].bot
		if bot != nil && id != m.sender && bot.sees(c, m) {
			bot.put(kind, m.visible(id))
		}
	}
	c.tellBusiness(m, edited)
}

// sees tells whether a bot is shown a message ("Privacy mode").
func (b *Bot) sees(c *chat, m *message) bool {
	s, me := b.server, b.user
	if sender := s.accounts[m.sender]; sender.bot != nil && !m.isService() {
		return false // nobody's bot sees another bot's messages
	}
	switch {
	case c.kind == "private":
		return !b.blockedBy[m.sender]
	case c.kind == "channel", c.isAdmin(me.ID), !b.privacyMode, m.isService():
		return true
	case m.ReplyTo != nil && m.ReplyTo.From != nil && m.ReplyTo.From.ID == me.ID:
		return true
	}
	_, whose, ok := command(m.Text)
	return ok && (strings.EqualFold(whose, me.Username) || whose == "" && c.lastBot == me.ID || whose == "" && m.Text == "/start")
}

// isService tells whether a message says what happened in its chat.
func (m *message) isService() bool {
	return len(m.NewChatMembers) > 0 || m.LeftChatMember != nil || m.NewChatTitle != "" || m.NewChatPhoto != nil ||
		m.DeleteChatPhoto || m.GroupChatCreated || m.SupergroupCreated || m.ChannelCreated || m.MigrateToChatID != 0 ||
		m.MigrateFromChatID != 0 || m.PinnedMessage != nil || m.TopicCreated != nil || m.TopicEdited != nil ||
		m.TopicClosed != nil || m.TopicReopened != nil
}

// edit changes a message and tells the bots.
func (m *message) edit(change func(*Message)) {
	change(&m.Message)
	m.EditDate = m.in.server.now()
	m.in.changed(m)
	m.in.tellBots(m, "edited_message")
}

// remove takes a message out of its chat. Bots are not told, but those that act for a business account.
func (m *message) remove() {
	m.deleted = true
	m.in.changed(m)
	m.in.tellBusinessDeleted(m)
}

// react sets somebody's reactions to a message, and tells the bots that may know.
func (m *message) react(by int64, reactions []Reaction) {
	s := m.in.server
	before := m.reactions[by]
	if slices.Equal(before, reactions) {
		return
	}
	m.reactions[by] = reactions
	m.in.changed(m)
	if before == nil {
		before = []Reaction{}
	}
	if reactions == nil {
		reactions = []Reaction{}
	}
	for _, id := range m.in.present() {
		bot := s.accounts[id].bot
		if bot == nil || id == by || m.in.kind != "private" && !m.in.isAdmin(id) {
			continue
		}
		bot.put("message_reaction", map[string]any{"chat": m.in.as(id), "message_id": m.MessageID, "user": s.accounts[by].User,
			"date": s.now(), "old_reaction": before, "new_reaction": reactions})
	}
}

// mayWrite checks whether a bot may write into the chat.
func (c *call) mayWrite(in *chat) error {
	me := c.bot.user.ID
	switch {
	case in.movedTo != 0:
		return &apiError{code: 400, text: "Bad Request: group chat was upgraded to a supergroup chat", migrateTo: in.movedTo}
	case in.kind == "private":
		other := in.other(me)
		if c.server.accounts[other].bot != nil {
			return forbidden("bot can't send messages to bots")
		}
		if c.bot.blockedBy[other] {
			return forbidden("bot was blocked by the user")
		}
		if in.wrote[other] == 0 {
			return forbidden("bot can't initiate conversation with a user")
		}
	case in.members[me] == nil || in.members[me].Status == "left":
		return forbidden("bot is not a member of the %s chat", in.kind)
	case in.members[me].Status == "kicked":
		return forbidden("bot was kicked from the %s chat", in.kind)
	case in.kind == "channel" && !in.members[me].rights().CanPostMessages:
		return badRequest("need administrator rights in the channel chat")
	}
	return nil
}

// rights returns what a member may do as an administrator.
func (m *Member) rights() Rights {
	if m == nil || m.Rights == nil {
		return Rights{}
	}
	return *m.Rights
}

// chat returns the chat that a call is about: the ID, or the @username of a channel or supergroup.
func (c *call) chat() (*chat, error) {
	name := c.text("chat_id")
	if username, ok := strings.CutPrefix(name, "@"); ok {
		for _, in := range c.server.chats {
			if strings.EqualFold(in.username, username) {
				return in, nil
			}
		}
		return nil, badRequest("chat not found")
	}
	if name == "" {
		return nil, badRequest("chat_id is empty")
	}
	id := c.number("chat_id")
	if in := c.server.chats[id]; in != nil {
		return in, nil
	}
	if other := c.server.accounts[id]; other != nil && id != c.bot.user.ID {
		in := c.server.privateChat(c.bot.user.ID, id)
		if other.bot == nil && in.wrote[id] == 0 && c.text("business_connection_id") == "" && len(in.messages) == 0 {
			return nil, badRequest("chat not found") // a bot knows nobody who has not written to it
		}
		return in, nil
	}
	return nil, badRequest("chat not found")
}

// outgoing begins a message of the bot's: where it goes, and what it answers.
func (c *call) outgoing() (in *chat, said Message, sender int64, err error) {
	if c.text("business_connection_id") != "" {
		return c.outgoingForBusiness()
	}
	if in, err = c.chat(); err != nil {
		return nil, said, 0, err
	}
	if err = c.mayWrite(in); err != nil {
		return nil, said, 0, err
	}
	said.ThreadID = c.number("message_thread_id")
	if said.ThreadID != 0 {
		t := in.topics[said.ThreadID]
		switch {
		case t == nil:
			return nil, said, 0, badRequest("message thread not found")
		case t.closed && !in.isAdmin(c.bot.user.ID):
			return nil, said, 0, badRequest("TOPIC_CLOSED")
		}
	}
	return in, said, c.bot.user.ID, c.answers(in, &said)
}

// answers reads what a message answers, and what comes with every kind of message.
func (c *call) answers(in *chat, said *Message) error {
	var reply struct {
		MessageID     int64    `json:"message_id"`
		ChatID        int64    `json:"chat_id"`
		AllowWithout  bool     `json:"allow_sending_without_reply"`
		Quote         string   `json:"quote"`
		QuoteEntities []Entity `json:"quote_entities"`
		QuotePosition int      `json:"quote_position"`
	}
	if err := c.object("reply_parameters", &reply); err != nil {
		return err
	}
	if old := c.number("reply_to_message_id"); old != 0 && reply.MessageID == 0 {
		reply.MessageID, reply.AllowWithout = old, c.flag("allow_sending_without_reply")
	}
	if c.text("reply_markup") != "" {
		said.ReplyMarkup = []byte(c.text("reply_markup"))
	}
	if reply.MessageID == 0 {
		return nil
	}
	if elsewhere := c.elsewhere(in, reply.ChatID); elsewhere != nil {
		answered := elsewhere.message(reply.MessageID)
		switch {
		case answered == nil && !reply.AllowWithout:
			return badRequest("message to be replied not found")
		case answered != nil: // where it is is told of supergroups and channels only
			said.ExternalReply = &ExternalReply{Origin: Origin{Type: "user", Date: answered.Date, SenderUser: answered.From}}
		}
		return nil
	}
	answered := in.message(reply.MessageID)
	switch {
	case answered == nil && reply.AllowWithout:
		return nil
	case answered == nil:
		return badRequest("message to be replied not found")
	}
	said.ReplyTo = &answered.Message
	if reply.Quote != "" {
		whole := answered.Text + answered.Caption
		at := strings.Index(whole, reply.Quote)
		if at < 0 {
			return badRequest("QUOTE_TEXT_INVALID")
		}
		said.Quote = &Quote{Text: reply.Quote, Entities: reply.QuoteEntities, Position: units(whole[:at]), IsManual: true}
	}
	return nil
}

// elsewhere returns the other chat in which the message is that a message answers, if the bot was there; nil: it is in the same one.
func (c *call) elsewhere(in *chat, id int64) *chat {
	other := c.server.chats[id]
	if other == nil || other == in || other.members[c.bot.user.ID] == nil {
		return nil
	}
	return other
}

// sent answers with a message of the bot's.
func (c *call) sent(m *message) (any, error) {
	if m.BusinessConnectionID != "" {
		if on := c.server.connections[m.BusinessConnectionID]; on != nil {
			return m.visible(on.User.ID), nil
		}
	}
	return m.visible(c.bot.user.ID), nil
}

// deletable is how long a bot may delete what it wrote.
const deletable = 48 * time.Hour
