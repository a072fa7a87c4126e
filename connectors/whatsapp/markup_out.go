package whatsapp

import (
	"context"
	"slices"
	"strings"

	"go.mau.fi/whatsmeow/types"
	"golang.org/x/net/html"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/format"
	"maunium.net/go/mautrix/id"

	"passerelle/portal/markup"
)

// marked is a Matrix text in WhatsApp's words.
type marked struct {
	text     string
	mentions []string // JIDs of the people whom it names
	all      bool     // it names everybody
}

// writeMarkup says a Matrix text with WhatsApp's marks. Without HTML the body stands as it is.
func writeMarkup(content *event.MessageEventContent, person func(id.UserID) (types.JID, bool)) marked {
	m := marked{text: content.Body}
	if content.Format == event.FormatHTML && content.FormattedBody != "" {
		writer := markupWriter{content: content, person: person}
		if tidy, ok := renderTidy(content.FormattedBody); ok {
			if text := writer.parser().Parse(tidy, format.NewContext(context.Background())); text != "" {
				m.text, m.mentions = text, writer.mentions
			}
		}
	}
	if mentions := content.Mentions; mentions != nil && mentions.Room {
		if strings.Contains(m.text, everybodyMatrix) {
			m.text = strings.ReplaceAll(m.text, everybodyMatrix, everybody)
			m.all = true
		}
	}
	return m
}

// renderTidy writes the HTML of a message as mautrix's parser reads it well.
func renderTidy(source string) (string, bool) {
	body, ok := markup.Tidy(source)
	if !ok {
		return "", false
	}
	var out strings.Builder
	err := html.Render(&out, body)
	return out.String(), err == nil
}

// markupWriter writes one text.
type markupWriter struct {
	content  *event.MessageEventContent
	person   func(id.UserID) (types.JID, bool)
	mentions []string
}

func (w *markupWriter) parser() *format.HTMLParser {
	return &format.HTMLParser{
		TabsToSpaces: 4, Newline: "\n", HorizontalLine: "\n———\n",
		PillConverter:          w.pill,
		LinkConverter:          writeLink,
		BoldConverter:          around("*", "b", "strong"),
		ItalicConverter:        around("_", "i", "em"),
		StrikethroughConverter: around("~", "s", "del", "strike"),
		MonospaceConverter:     writeCode,
		MonospaceBlockConverter: func(code, _ string, _ format.Context) string {
			return fence + strings.Trim(code, "\n") + fence
		},
	}
}

// around returns what puts a mark around each line of a text: WhatsApp's marks do not reach over the end of a line.
func around(mark string, tags ...string) format.TextConverter {
	return func(text string, ctx format.Context) string {
		depth := 0
		for _, tag := range ctx.TagStack {
			if slices.Contains(tags, tag) {
				depth++
			}
		}
		if depth > 1 || ctx.TagStack.Has("pre") || ctx.TagStack.Has("code") {
			return text
		}
		return eachLine(text, func(line string) string { return mark + line + mark })
	}
}

func eachLine(text string, change func(string) string) string {
	all := strings.Split(text, "\n")
	for i, line := range all {
		if inner := strings.TrimSpace(line); inner != "" {
			all[i] = change(inner)
		}
	}
	return strings.Join(all, "\n")
}

func writeCode(code string, ctx format.Context) string {
	if ctx.TagStack.Has("pre") {
		return code
	}
	mark := "`"
	if strings.Contains(code, mark) {
		mark = fence
	}
	return eachLine(code, func(line string) string { return mark + line + mark })
}

// writeLink says where a link leads, unless its text does.
func writeLink(text, href string, _ format.Context) string {
	scheme, address, _ := strings.Cut(href, ":")
	switch scheme = strings.ToLower(scheme); scheme {
	case "http", "https":
		address = strings.TrimPrefix(address, "//")
	case "mailto", "tel", "geo", "magnet", "xmpp", "matrix":
	default:
		return text // nothing that a reader could open
	}
	switch strings.TrimSuffix(text, "/") {
	case strings.TrimSuffix(href, "/"), strings.TrimSuffix(address, "/"):
		return text
	case "":
		return href
	}
	return text + " (" + href + ")"
}

// pill says whom or what a link into Matrix means: a person by the number that WhatsApp's clients replace with the name, if
// the message may notify them (Client-Server API, "User and room mentions").
func (w *markupWriter) pill(shown, target, event string, ctx format.Context) string {
	user := id.UserID(target)
	if !strings.HasPrefix(target, "@") || w.person == nil || w.content.Mentions != nil && !w.content.Mentions.Has(user) {
		return format.DefaultPillConverter(shown, target, event, ctx)
	}
	lid, ok := w.person(user)
	if !ok {
		return shown
	}
	if jid := lid.ToNonAD().String(); !slices.Contains(w.mentions, jid) {
		w.mentions = append(w.mentions, jid)
	}
	return "@" + lid.User
}
