package telegram

import (
	"html"
	"strings"
)

// quote is the message that a message answers.
type quote struct {
	id     int64  // 0: nobody says
	author string // what whoever wrote it is called
	// text is how the message begins, for those who cannot see it; or the part of it that is answered.
	text string
	// part says that the sender chose a part to answer: it is shown also to those who see the whole.
	part bool
	// chat is the other chat that the message is in; 0: it is in this one.
	chat int64
}

// quoteLength is the length of a quote's text, in characters.
const quoteLength = 200

// quoteOf returns what a message answers; nil: nothing.
func (r reader) quoteOf(m *message) *quote {
	var q quote
	switch {
	case m.ReplyTo != nil:
		if m.IsTopicMessage && m.ReplyTo.MessageID == m.ThreadID && m.Quote == nil {
			return nil // every message of a topic that answers nothing answers its beginning (Bot API, Message, reply_to_message)
		}
		q.id, q.author = m.ReplyTo.MessageID, m.ReplyTo.senderName()
		q.text, _ = m.ReplyTo.words()
	case m.ExternalReply == nil:
		return nil
	case m.ExternalReply.Chat != nil: // one of before the group became a supergroup, perhaps
		q.id, q.chat = m.ExternalReply.MessageID, m.ExternalReply.Chat.ID
	}
	if m.Quote != nil && m.Quote.Text != "" {
		q.text, q.part = m.Quote.Text, m.Quote.IsManual
	}
	q.text = strings.TrimSpace(strings.ToValidUTF8(q.text, "\uFFFD"))
	if runes := []rune(q.text); len(runes) > quoteLength {
		q.text = strings.TrimSpace(string(runes[:quoteLength])) + "…"
	}
	if q.id == 0 && q.text == "" {
		return nil
	}
	return &q
}

// recalling puts the words that a message answers above it: for a room that does not hold them, with who wrote them, or because the
// sender chose them.
func (c *content) recalling(author string) {
	words := c.quote.text
	if words == "" || c.event == nil {
		return
	}
	plain, formatted := "> "+strings.ReplaceAll(words, "\n", "\n> "), lines(words)
	if author != "" {
		plain = "> " + author + ": " + plain[2:]
		formatted = "<strong>" + html.EscapeString(author) + "</strong><br>" + formatted
	}
	c.prepend(plain+"\n\n", "<blockquote>"+formatted+"</blockquote>")
	c.text = words + "\n" + c.text
}
