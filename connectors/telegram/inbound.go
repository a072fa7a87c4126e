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
	extra     map[string]any // fields of the event that mautrix's type does not have
	file      *file          // nil: there is none
	thumbnail *file          // a small picture of it; nil: there is none
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
	switch from := m.ForwardOrigin; {
	case from == nil:
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
	if c, ok := r.media(m); ok {
		return c
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

// prepend puts words of ours before a message's, as plain text and as HTML.
func (c *content) prepend(plain, formatted string) {
	switch {
	case c.event == nil:
		return
	case c.eventType != event.EventMessage:
		c.event.Body = plain + c.event.Body // of a sticker only this is text
		return
	}
	words := c.event.Body
	if c.event.FileName != "" {
		words = c.event.GetCaption()
	}
	if c.event.FormattedBody == "" {
		c.event.FormattedBody = lines(words)
	}
	c.event.Format = event.FormatHTML
	c.event.FormattedBody = formatted + c.event.FormattedBody
	c.event.Body = strings.TrimSpace(plain + words)
}

// lines writes a plain text as HTML.
func lines(text string) string { return strings.ReplaceAll(html.EscapeString(text), "\n", "<br>") }
