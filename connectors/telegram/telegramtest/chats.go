package telegramtest

import (
	"fmt"
	"slices"
)

// chat is a private chat, a group, a supergroup or a channel. The server's mutex guards it.
type chat struct {
	server      *Server
	id          int64    // 0 of a private chat
	pair        [2]int64 // of a private chat: the two
	kind        string
	title       string
	username    string
	description string
	permissions Permissions // of members; of groups and supergroups
	forum       bool
	photo       *file
	members     map[int64]*Member
	joined      []int64 // members in the order of their coming
	messages    []*message
	nextMessage int64
	topics      map[int64]*topic
	pinned      []int64
	movedTo     int64 // the supergroup that it has become
	links       []*inviteLink
	lastBot     int64           // whose message was the last of a bot's
	wrote       map[int64]int64 // when somebody wrote last, in Unix seconds
	doing       map[int64]doing // what somebody is about to send
}

// topic is a topic of a forum.
type topic struct {
	name   string
	closed bool
}

// message is a message in a chat.
type message struct {
	Message
	in        *chat
	sender    int64 // account
	version   int64 // of the last change that people see
	deleted   bool
	read      bool                 // of a private chat of two people
	reactions map[int64][]Reaction // by who
}

// privateChat returns the chat of two accounts. The caller holds the mutex.
func (s *Server) privateChat(a, b int64) *chat {
	pair := [2]int64{min(a, b), max(a, b)}
	if s.private[pair] == nil {
		s.private[pair] = &chat{server: s, pair: pair, kind: "private", members: map[int64]*Member{}, wrote: map[int64]int64{}}
	}
	return s.private[pair]
}

// chatFor returns a chat by the ID that somebody in it knows it by. The caller holds the mutex.
func (s *Server) chatFor(viewer, id int64) (*chat, error) {
	if c := s.chats[id]; c != nil {
		return c, nil
	}
	if s.accounts[id] != nil && id != viewer {
		return s.privateChat(viewer, id), nil
	}
	return nil, fmt.Errorf("%d: %w", id, ErrNoSuchChat)
}

// as describes the chat as one of those in it sees it.
func (c *chat) as(viewer int64) Chat {
	if c.kind == "private" {
		other := c.server.accounts[c.other(viewer)]
		return Chat{ID: other.ID, Type: "private", FirstName: other.FirstName, LastName: other.LastName, Username: other.Username}
	}
	return Chat{ID: c.id, Type: c.kind, Title: c.title, Username: c.username, IsForum: c.forum}
}

// other returns the other one of a private chat.
func (c *chat) other(viewer int64) int64 {
	if c.pair[0] == viewer {
		return c.pair[1]
	}
	return c.pair[0]
}

// present lists those who are in the chat.
func (c *chat) present() (ids []int64) {
	if c.kind == "private" {
		return c.pair[:]
	}
	for _, id := range c.joined {
		if c.has(id) {
			ids = append(ids, id)
		}
	}
	return ids
}

// has tells whether somebody is in the chat.
func (c *chat) has(id int64) bool {
	if c.kind == "private" {
		return c.pair[0] == id || c.pair[1] == id
	}
	m := c.members[id]
	return m != nil && m.Status != "left" && m.Status != "kicked"
}

func (c *chat) isAdmin(id int64) bool {
	m := c.members[id]
	return m != nil && (m.Status == "creator" || m.Status == "administrator")
}

// message returns a message that is there.
func (c *chat) message(id int64) *message {
	at := slices.IndexFunc(c.messages, func(m *message) bool { return m.MessageID == id && !m.deleted })
	if at < 0 {
		return nil
	}
	return c.messages[at]
}

// visible returns the message as one of those in the chat sees it.
func (m *message) visible(viewer int64) Message {
	shown := m.Message
	shown.Chat = m.in.as(viewer)
	if m.ReplyTo != nil {
		answered := *m.ReplyTo
		answered.Chat, answered.ReplyTo = shown.Chat, nil
		shown.ReplyTo = &answered
	}
	if m.PinnedMessage != nil {
		pinned := *m.PinnedMessage
		pinned.Chat, pinned.ReplyTo = shown.Chat, nil
		shown.PinnedMessage = &pinned
	}
	return shown
}

// GroupOptions says what a new group or channel is like.
type GroupOptions struct {
	Supergroup bool
	Channel    bool
	Forum      bool // a supergroup with topics
}

// CreateGroup makes a group, a supergroup or a channel, with the person as its owner, and returns its ID.
func (p *Person) CreateGroup(title string, options GroupOptions, members ...int64) (int64, error) {
	s := p.server
	s.mu.Lock()
	defer s.mu.Unlock()
	c := &chat{server: s, kind: "group", title: title, permissions: AllPermissions(), members: map[int64]*Member{}, topics: map[int64]*topic{}, wrote: map[int64]int64{}}
	switch {
	case options.Channel:
		c.kind = "channel"
	case options.Supergroup, options.Forum:
		c.kind, c.forum = "supergroup", options.Forum
	}
	if c.id = -s.id(); c.kind != "group" {
		c.id -= 1_000_000_000_000
	}
	s.chats[c.id] = c
	all := allRights()
	c.set(&Member{Status: "creator", User: p.user.User, Rights: &all})
	created := Message{GroupChatCreated: c.kind == "group", SupergroupCreated: c.kind == "supergroup", ChannelCreated: c.kind == "channel"}
	c.post(p.user.ID, created)
	for _, id := range members {
		if err := c.add(p.user.ID, id); err != nil {
			return 0, err
		}
	}
	return c.id, nil
}

func allRights() Rights { return Rights{true, true, true, true, true, true, true, true, true} }

// set notes what somebody is in the chat.
func (c *chat) set(m *Member) {
	if c.members[m.User.ID] == nil {
		c.joined = append(c.joined, m.User.ID)
	}
	c.members[m.User.ID] = m
}

// add brings somebody into the chat. In a channel that is not said.
func (c *chat) add(by, who int64) error {
	a := c.server.accounts[who]
	if a == nil {
		return fmt.Errorf("%d: %w", who, ErrNoSuchPerson)
	}
	if c.has(who) {
		return nil
	}
	added := &Member{Status: "member", User: a.User}
	if c.kind == "channel" && a.bot != nil { // bots are in channels as administrators only
		all := allRights()
		added.Status, added.Rights = "administrator", &all
	}
	c.change(by, added)
	if c.kind != "channel" {
		c.post(by, Message{NewChatMembers: []User{a.User}})
	}
	return nil
}

// change changes what somebody is in the chat, and tells the bots that may know.
func (c *chat) change(by int64, to *Member) {
	s := c.server
	before := c.members[to.User.ID]
	if before == nil {
		before = &Member{Status: "left", User: to.User}
	}
	old := *before
	c.set(to)
	said := MemberUpdate{From: s.accounts[by].User, Date: s.now(), Old: old, New: *to}
	said.Chat = c.as(to.User.ID)
	if bot := s.accounts[to.User.ID].bot; bot != nil {
		bot.put("my_chat_member", said)
	}
	for _, id := range c.present() {
		if bot := s.accounts[id].bot; bot != nil && c.isAdmin(id) {
			said.Chat = c.as(id)
			bot.put("chat_member", said)
		}
	}
}
