package whatsapp

import (
	"html"
	"strings"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"

	"passerelle/portal/say"
)

// quote is the message that a message answers.
type quote struct {
	id     types.MessageID
	sender types.JID
	// text is how the message begins, as the answer's sender has it. It is for those who cannot see the message itself.
	text string
}

// quoteLength is the length of a quote's text, in characters.
const quoteLength = 200

// quoteOf returns what a message answers; nil: nothing.
func (r reader) quoteOf(context *waE2E.ContextInfo) *quote {
	sender, err := types.ParseJID(context.GetParticipant())
	if err != nil || context.GetStanzaID() == "" || sender.User == "" {
		return nil
	}
	return &quote{id: context.GetStanzaID(), sender: sender.ToNonAD(), text: r.beginning(context.GetQuotedMessage())}
}

// beginning is the first words of a message, or of what is said in its place.
func (r reader) beginning(m *waE2E.Message) string {
	if m == nil {
		return ""
	}
	c := r.read(unwrapFutureProof(m))
	text := r.say(say.OpenYourPhone, networkName)
	if c.event != nil {
		text = c.event.Body
	}
	if runes := []rune(strings.TrimSpace(text)); len(runes) > quoteLength {
		return strings.TrimSpace(string(runes[:quoteLength])) + "…"
	}
	return strings.TrimSpace(text)
}

// recalling puts the words that a message answers above it, for a room that does not hold them, and is no answer any more.
func (c *content) recalling(author string) {
	words := c.quote.text
	c.quote = nil
	if words == "" || c.event == nil {
		return
	}
	plain, formatted := "> "+strings.ReplaceAll(words, "\n", "\n> "), lines(words)
	if author != "" {
		plain = "> " + author + ": " + plain[2:]
		formatted = "<strong>" + html.EscapeString(author) + "</strong><br>" + formatted
	}
	c.prepend(plain+"\n\n", "<blockquote>"+formatted+"</blockquote>")
	c.text = joinLines(words, c.text)
}
