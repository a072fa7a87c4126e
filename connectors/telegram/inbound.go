package telegram

import (
	"html"
	"strings"

	"maunium.net/go/mautrix/event"

	"passerelle/portal"
	"passerelle/portal/say"
)

// content is a message of Telegram's in Matrix's words.
type content struct {
	kind      portal.Kind
	text      string // everything in it that can be read: what the gate judges by
	eventType event.Type
	event     *event.MessageEventContent
	quote     *quote
	// sentence stands for a message that has no words of Matrix's: then nothing else is set but quote.
	sentence say.Sentence
}

// reader is what the conversion asks of its caller.
type reader struct {
	person lookup
	say    func(say.Sentence, ...any) string
}

// convert says a message in Matrix's words, with what is around it: the answered message, the mark of what was forwarded.
func (r reader) convert(m *message) content {
	c := r.read(m)
	c.quote = r.quoteOf(m)
	c.signed(m.AuthorSignature)
	switch from := m.ForwardOrigin; {
	case from == nil, m.AutomaticForward: // as if the channel had written it there
	case from.Type == originChannel && from.Chat != nil && from.Chat.name() != "":
		c.above(r.say(say.ForwardedFromChannel, from.Chat.name()))
	default:
		c.above(r.say(say.Forwarded))
	}
	return c
}

// read says the one thing that a message is in Matrix's words, without what is around it. Each further kind has a file of its own,
// and its turn here.
func (r reader) read(m *message) content {
	if m.Text != "" {
		return r.text(m.Text, m.Entities)
	}
	if words, entities := m.words(); words != "" {
		c := r.text(words, entities)
		c.above(r.say(say.CannotShowAbove, networkName))
		return c
	}
	return content{sentence: say.CannotShow}
}

// text is a text message.
func (r reader) text(text string, entities []entity) content {
	w := readEntities(text, entities, r.person)
	out := &event.MessageEventContent{MsgType: event.MsgText, Body: w.body, Mentions: w.mentions}
	if w.html != "" {
		out.Format, out.FormattedBody = event.FormatHTML, w.html
	}
	return content{kind: portal.KindText, text: w.body, eventType: event.EventMessage, event: out}
}

// above puts a line of ours above a message.
func (c *content) above(line string) {
	c.prepend(line+"\n", "<em>"+html.EscapeString(line)+"</em><br>")
}

// signed puts below a message who wrote it, where a channel or a group speaks for itself: the name of a channel's author, the title of
// an administrator who stays anonymous (Bot API, Message, author_signature).
func (c *content) signed(by string) {
	if by == "" || c.event == nil || c.text == "" {
		return
	}
	if c.event.FormattedBody == "" {
		c.event.FormattedBody = lines(c.event.Body)
	}
	c.event.Format = event.FormatHTML
	c.event.Body += "\n— " + by
	c.event.FormattedBody += "<br><em>— " + html.EscapeString(by) + "</em>"
	c.text += "\n" + by
}

// prepend puts words of ours before a message's, as plain text and as HTML.
func (c *content) prepend(plain, formatted string) {
	if c.event == nil {
		return
	}
	if c.event.FormattedBody == "" {
		c.event.FormattedBody = lines(c.event.Body)
	}
	c.event.Format = event.FormatHTML
	c.event.FormattedBody = formatted + c.event.FormattedBody
	c.event.Body = strings.TrimSpace(plain + c.event.Body)
}

// lines writes a plain text as HTML.
func lines(text string) string { return strings.ReplaceAll(html.EscapeString(text), "\n", "<br>") }
