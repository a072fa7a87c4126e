package telegram

import (
	"html"
	"strings"
	"time"

	"maunium.net/go/mautrix/event"

	"passerelle/portal"
	"passerelle/portal/polls"
	"passerelle/portal/say"
)

// content is a message of Telegram's in Matrix's words.
type content struct {
	kind      portal.Kind
	text      string // everything in it that can be read: what the gate judges by
	eventType event.Type
	event     *event.MessageEventContent
	extra     map[string]any   // fields of the event that mautrix's type does not have
	file      *file            // nil: there is none
	thumbnail *file            // a small picture of it; nil: there is none
	start     *event.PollStart // what extra holds of a poll
	card      []byte           // the file of contact cards that event is about
	also      *content         // what is said beside it
	kept      MessageMetadata  // what is kept with it
	quote     *quote
	// sentence stands for a message that has no words of Matrix's: then nothing else is set but quote.
	sentence say.Sentence
}

// reader is what the conversion asks of its caller.
type reader struct {
	person lookup
	say    func(say.Sentence, ...any) string
	moment func(time.Time) string
}

// convert says a message in Matrix's words, with what is around it: the answered message, the mark of what was forwarded.
func (r reader) convert(m *message) content {
	c := r.read(m)
	c.quote = r.quoteOf(m)
	c.signed(m.AuthorSignature)
	r.mark(m, &c)
	return c
}

// read says the one thing that a message is in Matrix's words, without what is around it. Each further kind has a file of its own,
// and its turn here.
func (r reader) read(m *message) content {
	switch {
	case m.pressed != "":
		return r.told(r.say(say.ButtonPressed, m.pressed))
	case m.Text != "":
		return r.text(m.Text, m.Entities)
	}
	if c, ok := r.kind(m); ok {
		return c
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

// signed puts below a message who wrote it, where a channel or a group speaks for itself: the name of a channel's author, the title of
// an administrator who stays anonymous (Bot API, Message, author_signature).
func (c *content) signed(by string) {
	if by == "" || c.event == nil || c.text == "" {
		return
	}
	c.below("— "+by, "<br><em>— "+html.EscapeString(by)+"</em>")
	c.text += "\n" + by
}

// prepend puts words of ours before a message's, as plain text and as HTML.
func (c *content) prepend(plain, formatted string) {
	switch {
	case c.event == nil:
		return
	case c.start != nil: // apps that show polls do not show the body
		c.start.Question.Text = strings.TrimSpace(plain + c.start.Question.Text)
		c.event, c.extra = polls.Content(*c.start)
		return
	case c.eventType != event.EventMessage:
		c.event.Body = plain + c.event.Body // of a sticker only this is text
		return
	}
	c.withHTML()
	c.event.FormattedBody = formatted + c.event.FormattedBody
	c.event.Body = strings.TrimSpace(plain + c.words())
}

// below puts words of ours after a message's, as plain text and as HTML.
func (c *content) below(plain, formatted string) {
	if c.event == nil || c.start != nil || c.eventType != event.EventMessage {
		return
	}
	c.withHTML()
	c.event.FormattedBody += formatted
	c.event.Body = strings.TrimSpace(c.words() + "\n" + plain)
}

// words are a message's own: of a file, what stands below it.
func (c *content) words() string {
	if c.event.FileName != "" {
		return c.event.GetCaption()
	}
	return c.event.Body
}

func (c *content) withHTML() {
	if c.event.FormattedBody == "" {
		c.event.FormattedBody = lines(c.words())
	}
	c.event.Format = event.FormatHTML
}

// lines writes a plain text as HTML.
func lines(text string) string { return strings.ReplaceAll(html.EscapeString(text), "\n", "<br>") }
