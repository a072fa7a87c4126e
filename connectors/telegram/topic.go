package telegram

import (
	"context"
	"errors"

	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/bridgev2/database"
	"maunium.net/go/mautrix/bridgev2/networkid"

	"passerelle/portal"
	"passerelle/portal/say"
)

// A supergroup may have topics. Each is a thread of the group's room, and not a room of its own: the group stays one room with one list
// of people and rights, to which staff are invited once, what happens in all topics comes in order, and nobody has to find out that
// there is a further room. A thread begins with a sentence that names the topic; it has the number of the message by which the topic was
// opened, which is the topic's number, too (Bot API, Message, message_thread_id). What stands in no topic (“General”) stands in
// no thread. A bot that was added later is not told of the topics that there are: the first message in one brings its name along, as the
// message that it answers (Bot API, Message, reply_to_message).

// topicEvent is what a message says of a topic (Bot API, ForumTopicCreated and ForumTopicEdited).
type topicEvent struct {
	Name string `json:"name,omitempty"`
}

// topicOf is the number of the topic that a message stands in; 0: in none.
func (m *message) topicOf() int64 {
	if !m.IsTopicMessage {
		return 0 // a thread that is no topic is a row of answers
	}
	return m.ThreadID
}

// thread names the message that a message's thread begins with; nil: it is in none, or begins one.
func (d *delivery) thread() *networkid.MessageID {
	if d.message == nil || d.message.topicOf() == 0 || d.message.topicOf() == d.id.id {
		return nil
	}
	root := d.in.message(d.message.topicOf()).networkID()
	return &root
}

// openThread begins the thread of a message's topic, unless the room has it.
func (d *delivery) openThread(ctx context.Context) error {
	root := d.thread()
	if root == nil {
		return nil
	}
	if there, err := d.account.isThere(ctx, *root); there || err != nil {
		return err
	}
	opened := &message{MessageID: d.message.topicOf(), From: d.message.From, SenderChat: d.message.SenderChat, Date: d.message.Date, Chat: d.message.Chat}
	if first := d.message.ReplyTo; first != nil && first.MessageID == opened.MessageID {
		opened.From, opened.SenderChat, opened.TopicCreated = first.From, first.SenderChat, first.TopicCreated
	}
	begins := d.account.delivery(d.stored, d.in, opened)
	begins.beginTopic(opened.TopicCreated)
	return begins.run(ctx)
}

// beginTopic makes the message the beginning of a topic's thread.
func (d *delivery) beginTopic(t *topicEvent) {
	d.topic = true
	d.notice = d.account.connector.say(say.TopicUnnamed)
	if t != nil && t.Name != "" {
		d.notice = d.account.connector.say(say.TopicOpened, t.Name)
	}
}

// serveTopic says in a topic's thread what happened to the topic. It is false when the message says nothing like it.
func (d *delivery) serveTopic(ctx context.Context) (is bool, err error) {
	m, words := d.message, d.account.connector.say
	switch {
	case m.TopicCreated != nil:
		d.beginTopic(m.TopicCreated)
	case m.TopicEdited != nil && m.TopicEdited.Name != "":
		d.notice = words(say.TopicRenamed, m.TopicEdited.Name)
		return true, d.renameThread(ctx, m.TopicEdited.Name)
	case m.TopicEdited != nil: // its icon
		d.notice = words(say.TopicIcon)
	case m.TopicClosed != nil:
		d.notice = words(say.TopicClosedIn, networkName)
	case m.TopicReopened != nil:
		d.notice = words(say.TopicReopenedIn, networkName)
	default:
		return false, nil
	}
	return true, nil
}

// renameThread changes the sentence that a topic's thread begins with, as whoever said it: apps show it as the thread's name.
func (d *delivery) renameThread(ctx context.Context, name string) error {
	root := d.thread()
	if root == nil {
		return nil
	}
	row, err := d.account.known(ctx, d.in.message(d.message.topicOf()))
	if err != nil || row == nil || !metadataOf(row).Topic {
		return err
	}
	author, err := parseNumber(string(row.SenderID))
	if err != nil {
		return portal.Permanent(err)
	}
	renamed := d.account.deliveryAt(d.stored, d.in, d.Timestamp, author)
	renamed.Type, renamed.id = bridgev2.RemoteEventEdit, d.in.message(d.message.topicOf())
	if err := renamed.handOver(ctx, &rename{renamed, row, d.account.connector.say(say.TopicOpened, name)}); err != nil {
		return err
	}
	if renamed.err != nil {
		return renamed.err
	}
	return portal.Failure(renamed.passing)
}

// rename is a topic's new name on its way to where its thread begins.
type rename struct {
	*delivery
	target *database.Message
	words  string
}

var _ bridgev2.RemoteEdit = (*rename)(nil)

// GetTargetMessage names the target (see [bridgev2.RemoteEventWithTargetMessage]).
func (r *rename) GetTargetMessage() networkid.MessageID { return r.target.ID }

// ConvertEdit brings the name across the border (see [bridgev2.RemoteEdit]). It fails with bridgev2.ErrIgnoringRemoteEvent only.
func (r *rename) ConvertEdit(ctx context.Context, _ *bridgev2.Portal, _ bridgev2.MatrixAPI, existing []*database.Message) (*bridgev2.ConvertedEdit, error) {
	said, err := r.noticed(ctx, r.words)
	if err != nil || len(existing) == 0 {
		return nil, errors.Join(err, bridgev2.ErrIgnoringRemoteEvent)
	}
	part := said.Parts[0]
	return &bridgev2.ConvertedEdit{ModifiedParts: []*bridgev2.ConvertedEditPart{{Part: existing[0], Type: part.Type, Content: part.Content}}}, nil
}

// threadOut says where a Matrix message that is written in a thread belongs: into a topic, if the thread is one's; otherwise it answers
// what the thread began with.
func threadOut(message *bridgev2.MatrixMessage, to chatID) (in chatID, answers int64) {
	root := message.ThreadRoot
	if root == nil {
		return to, 0
	}
	first := root.ID
	if root.ThreadRoot != "" {
		first = root.ThreadRoot
	}
	number := answerable(message.Portal, first)
	if number != 0 && (root.ThreadRoot != "" || metadataOf(root).Topic) {
		to.topic = number
		return to, 0
	}
	return to, number
}
