package telegramtest

import (
	"context"
	"fmt"
	"maps"
	"slices"
)

// GroupInfo is a group or channel as it is.
type GroupInfo struct {
	Title, Description      string
	Members, Admins, Banned []int64
	Pinned                  []int64 // messages
	Photo                   []byte
	Permissions             Permissions // of members
	Muted                   []int64     // who may not write
}

// Group describes a group or channel.
func (s *Server) Group(id int64) (GroupInfo, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.chats[id]
	if c == nil {
		return GroupInfo{}, fmt.Errorf("%d: %w", id, ErrNoSuchChat)
	}
	return c.info(), nil
}

func (c *chat) info() GroupInfo {
	g := GroupInfo{Title: c.title, Description: c.description, Members: c.present(), Pinned: slices.Clone(c.pinned), Permissions: maps.Clone(c.permissions)}
	for id, m := range c.members {
		switch {
		case m.Status == "kicked":
			g.Banned = append(g.Banned, id)
		case m.Status == "restricted" && !m.writes:
			g.Muted = append(g.Muted, id)
		case c.isAdmin(id):
			g.Admins = append(g.Admins, id)
		}
	}
	if c.photo != nil {
		g.Photo = slices.Clone(c.photo.data)
	}
	return g
}

// WaitForGroup waits until a group is so.
func (s *Server) WaitForGroup(ctx context.Context, id int64, so func(GroupInfo) bool) (g GroupInfo, err error) {
	err = s.wait(ctx, func() bool {
		c := s.chats[id]
		if c == nil {
			return false
		}
		g = c.info()
		return so(g)
	})
	return g, err
}

// Describe describes a group or channel. Bots are not told.
func (p *Person) Describe(chatID int64, description string) error {
	return p.do(chatID, func(c *chat) error {
		c.description = description
		c.server.wake()
		return nil
	})
}

// RemovePicture takes a group's picture away.
func (p *Person) RemovePicture(chatID int64) error {
	return p.do(chatID, func(c *chat) error {
		c.photo = nil
		c.post(p.user.ID, Message{DeleteChatPhoto: true})
		return nil
	})
}

// RenameTopic names a topic of a forum.
func (p *Person) RenameTopic(forum, id int64, name string) error {
	return p.inTopic(forum, id, func(t *topic) Message {
		t.name = name
		return Message{ThreadID: id, TopicEdited: &Topic{Name: name}}
	})
}

// CloseTopic closes a topic: only administrators write there.
func (p *Person) CloseTopic(forum, id int64) error {
	return p.inTopic(forum, id, func(t *topic) Message {
		t.closed = true
		return Message{ThreadID: id, TopicClosed: &struct{}{}}
	})
}

// ReopenTopic opens a closed topic again.
func (p *Person) ReopenTopic(forum, id int64) error {
	return p.inTopic(forum, id, func(t *topic) Message {
		t.closed = false
		return Message{ThreadID: id, TopicReopened: &struct{}{}}
	})
}

func (p *Person) inTopic(forum, id int64, change func(*topic) Message) error {
	return p.do(forum, func(c *chat) error {
		t := c.topics[id]
		if t == nil || !c.isAdmin(p.user.ID) {
			return fmt.Errorf("%w: no topic of theirs", ErrNotAllowed)
		}
		c.post(p.user.ID, change(t))
		return nil
	})
}
