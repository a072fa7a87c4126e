package whatsapp

import (
	"html"
	"strings"
	"time"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
	"google.golang.org/protobuf/reflect/protoreflect"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/portal"
	"passerelle/portal/say"
)

// content is a message of WhatsApp's in Matrix's words, before its file is fetched.
type content struct {
	kind      portal.Kind
	text      string // everything in it that can be read: what the gate judges by
	eventType event.Type
	event     *event.MessageEventContent
	extra     map[string]any // fields of the event that mautrix's type does not have
	file      *file          // nil: there is none
	// thumbnail is a small picture that WhatsApp's message holds. It is uploaded as a second file, and then shown.
	thumbnail *thumbnail
	quote     *quote
	// expires is how long after its sending the message disappears; 0: it stays.
	expires time.Duration
	// live is set for the first and all later positions of one live location, which are shown as edits of the first (live.go).
	live bool
	// sentence stands for a message that has no words of Matrix's: then nothing else is set but quote and expires.
	sentence say.Sentence
}

// file is a message's file: what it holds, or where it is.
type file struct {
	source whatsmeow.DownloadableMessage
	data   []byte // not nil: the file itself, which came in the message
	name   string
	mime   string
	size   int64 // in bytes, as the sender says
}

// thumbnail is a small picture, and what to do once it has been uploaded.
type thumbnail struct {
	data []byte
	mime string
	show func(url id.ContentURIString, encrypted *event.EncryptedFileInfo)
}

// lookup returns the name and the Matrix ID of somebody on WhatsApp. It is not ok for somebody who is not known.
type lookup func(types.JID) (name string, mxid id.UserID, ok bool)

// reader is what the conversion asks of its caller.
type reader struct {
	person lookup
	say    func(say.Sentence, ...any) string
}

// convert says a message in Matrix's words.
func (r reader) convert(message *events.Message) content {
	c := r.message(message.Message)
	switch {
	case message.IsLottieSticker, message.IsViewOnce && !c.hasKey():
		return content{sentence: say.OpenYourPhone, quote: c.quote, expires: c.expires}
	case message.IsViewOnce:
		c.above(r.say(say.ViewOnce))
	}
	c.fit()
	return c
}

// hasKey tells whether linked devices can have the message's file.
func (c *content) hasKey() bool {
	return c.file != nil && c.file.source != nil && len(c.file.source.GetMediaKey()) > 0
}

// message says an unwrapped message in Matrix's words, with what is around it: the answered message, the mark of what was
// forwarded, the time after which it disappears.
func (r reader) message(m *waE2E.Message) content {
	m = unwrapFutureProof(m)
	c, context := r.read(m), contextOf(m)
	c.quote = r.quoteOf(context)
	c.expires = time.Duration(context.GetExpiration()) * time.Second
	switch channel := context.GetForwardedNewsletterMessageInfo().GetNewsletterName(); {
	case channel != "":
		c.above(r.say(say.ForwardedFromChannel, channel))
	case context.GetForwardingScore() >= forwardedOften:
		c.above(r.say(say.ForwardedOften))
	case context.GetIsForwarded():
		c.above(r.say(say.Forwarded))
	}
	return c
}

// forwardedOften is the score from which on WhatsApp's clients say that a message was forwarded many times.
const forwardedOften = 4

// read says the one thing that a message is in Matrix's words, without what is around it.
func (r reader) read(m *waE2E.Message) content {
	switch {
	case m.GetConversation() != "":
		return r.text(m.GetConversation(), nil)
	case m.GetExtendedTextMessage().GetText() != "":
		return r.extendedText(m.GetExtendedTextMessage())
	}
	for _, read := range []func(*waE2E.Message) (content, bool){
		r.media, r.place, r.contacts, r.poll, r.appointment, r.business, r.answer, r.invitation, r.call, r.payment,
	} {
		if c, ok := read(m); ok {
			return c
		}
	}
	return content{sentence: say.OpenYourPhone}
}

// text is a text message in WhatsApp's marks.
func (r reader) text(text string, context *waE2E.ContextInfo) content {
	out := &event.MessageEventContent{MsgType: event.MsgText}
	readMarkup(text, context, r.person).put(out)
	return content{kind: portal.KindText, text: out.Body, eventType: event.EventMessage, event: out}
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
		c.event.Body = plain + c.event.Body // of a sticker or a poll only this is text
		return
	}
	caption := c.event.Body
	if c.event.FileName != "" {
		caption = c.event.GetCaption()
	}
	if c.event.FormattedBody == "" {
		c.event.FormattedBody = lines(caption)
	}
	c.event.Format = event.FormatHTML
	c.event.FormattedBody = formatted + c.event.FormattedBody
	c.event.Body = strings.TrimSpace(plain + caption)
}

// unwrapFutureProof takes a message out of the wrappings that only older programs need, or that say how to show it.
// whatsmeow takes off the commonest ones (types/events/events.go, UnwrapRaw).
func unwrapFutureProof(m *waE2E.Message) *waE2E.Message {
	for range 8 { // deeper ones are not made by WhatsApp
		next := m
		m.ProtoReflect().Range(func(_ protoreflect.FieldDescriptor, value protoreflect.Value) bool {
			if wrapped := inside(value); wrapped != nil {
				next = wrapped
			}
			return next == m
		})
		if next == m {
			return m
		}
		m = next
	}
	return m
}

func inside(value protoreflect.Value) *waE2E.Message {
	message, ok := value.Interface().(protoreflect.Message)
	if !ok {
		return nil
	}
	wrapping, ok := message.Interface().(*waE2E.FutureProofMessage)
	if !ok {
		return nil
	}
	return wrapping.GetMessage()
}

// contextOf returns what a message says about what is around it. The field has the same name in each kind.
func contextOf(m *waE2E.Message) *waE2E.ContextInfo {
	var context *waE2E.ContextInfo
	m.ProtoReflect().Range(func(_ protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		kind, ok := value.Interface().(protoreflect.Message)
		if !ok {
			return true
		}
		if with, ok := kind.Interface().(interface{ GetContextInfo() *waE2E.ContextInfo }); ok {
			context = with.GetContextInfo()
		}
		return context == nil
	})
	return context
}
