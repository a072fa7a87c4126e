package telegramtest

import "fmt"

var aboutTopics = map[string]method{
	"createForumTopic": (*call).createTopic,
	"editForumTopic":   (*call).editTopic,
	"closeForumTopic":  (*call).closeTopic,
	"reopenForumTopic": (*call).reopenTopic,
	"deleteForumTopic": (*call).deleteTopic,
}

func mayTopics(r Rights) bool { return r.CanManageTopics }

func (c *call) createTopic() (any, error) {
	in, err := c.governed(mayTopics, "create a topic")
	if err != nil {
		return nil, err
	}
	if !in.forum {
		return nil, badRequest("the chat is not a forum")
	}
	name := c.text("name")
	if name == "" || units(name) > 128 {
		return nil, badRequest("topic name must be 1-128 characters")
	}
	return map[string]any{"message_thread_id": in.openTopic(c.bot.user.ID, name), "name": name, "icon_color": 7322096}, nil
}

// openTopic opens a topic. Its ID is that of the message that says so.
func (c *chat) openTopic(by int64, name string) int64 {
	id := c.nextMessage + 1
	c.topics[id] = &topic{name: name}
	return c.post(by, Message{ThreadID: id, TopicCreated: &Topic{Name: name, IconColor: 7322096}}).MessageID
}

// topic returns the topic that a call is to change.
func (c *call) topic() (*chat, *topic, int64, error) {
	in, err := c.governed(mayTopics, "manage topics")
	if err != nil {
		return nil, nil, 0, err
	}
	id := c.number("message_thread_id")
	if in.topics[id] == nil {
		return nil, nil, 0, badRequest("message thread not found")
	}
	return in, in.topics[id], id, nil
}

func (c *call) editTopic() (any, error) {
	in, t, id, err := c.topic()
	if err != nil {
		return nil, err
	}
	t.name = c.text("name")
	in.post(c.bot.user.ID, Message{ThreadID: id, TopicEdited: &Topic{Name: t.name}})
	return true, nil
}

func (c *call) closeTopic() (any, error) {
	in, t, id, err := c.topic()
	if err != nil {
		return nil, err
	}
	if t.closed {
		return nil, badRequest("TOPIC_NOT_MODIFIED")
	}
	t.closed = true
	in.post(c.bot.user.ID, Message{ThreadID: id, TopicClosed: &struct{}{}})
	return true, nil
}

func (c *call) reopenTopic() (any, error) {
	in, t, id, err := c.topic()
	if err != nil {
		return nil, err
	}
	if !t.closed {
		return nil, badRequest("TOPIC_NOT_MODIFIED")
	}
	t.closed = false
	in.post(c.bot.user.ID, Message{ThreadID: id, TopicReopened: &struct{}{}})
	return true, nil
}

func (c *call) deleteTopic() (any, error) {
	in, _, id, err := c.topic()
	if err != nil {
		return nil, err
	}
	delete(in.topics, id)
	for _, m := range in.messages {
		if m.ThreadID == id && !m.deleted {
			m.remove()
		}
	}
	return true, nil
}

// OpenTopic opens a topic of a forum, and returns its ID.
func (p *Person) OpenTopic(forum int64, name string) (id int64, err error) {
	err = p.do(forum, func(c *chat) error {
		if !c.forum || !c.has(p.user.ID) {
			return fmt.Errorf("%w: no forum of theirs", ErrNotAllowed)
		}
		id = c.openTopic(p.user.ID, name)
		return nil
	})
	return id, err
}
