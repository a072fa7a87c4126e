package telegram

import (
	"html"
	"regexp"
	"strings"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

// mentioned is somebody whom a text names.
type mentioned struct {
	name string
	mxid id.UserID
}

// lookup finds whom a text names: by the account, or by a username without the @. It is not ok for somebody who is not known.
type lookup func(by *user, username string) (mentioned, bool)

// written is a text of Telegram's in Matrix's words.
type written struct {
	body     string
	html     string // empty: the body says it all
	mentions *event.Mentions
}

// readEntities reads a text with its entities. Entities that cross, which Telegram does not send, are closed and opened again.
func readEntities(text string, entities []entity, person lookup) written {
	text = strings.ToValidUTF8(text, "\uFFFD")
	r := entityReader{text: unitsOf(text), person: person}
	r.read(within(r.text, entities))
	w := written{body: text}
	if r.formatted {
		w.html = r.out.String()
	}
	if len(r.mentions.UserIDs) > 0 {
		w.mentions = &r.mentions
	}
	return w
}

// entityReader reads one text.
type entityReader struct {
	text      units
	person    lookup
	out       strings.Builder
	open      []tagged // innermost last
	mentions  event.Mentions
	formatted bool // there was something that a plain body does not say
}

// tagged is an entity with its tags.
type tagged struct {
	entity
	start, stop string
}

// read goes through the text from one beginning or end of an entity to the next.
func (r *entityReader) read(entities []entity) {
	at := 0
	for {
		r.close(at)
		for len(entities) > 0 && entities[0].Offset == at {
			r.begin(entities[0])
			entities = entities[1:]
		}
		if at == len(r.text) {
			return
		}
		next := len(r.text)
		if len(entities) > 0 {
			next = entities[0].Offset
		}
		for _, open := range r.open {
			next = min(next, open.end())
		}
		r.write(r.text[at:next])
		at = next
	}
}

// write writes what is between two tags.
func (r *entityReader) write(part units) {
	words := html.EscapeString(part.String())
	if !r.inside(entityPre) {
		words = strings.ReplaceAll(words, "\n", "<br>")
	}
	r.out.WriteString(words)
}

func (r *entityReader) inside(kinds ...string) bool {
	for _, open := range r.open {
		for _, kind := range kinds {
			if open.Type == kind {
				return true
			}
		}
	}
	return false
}

// close closes the entities that end at a position, and opens again those that had to be closed for it.
func (r *entityReader) close(at int) {
	first := len(r.open)
	for i, open := range r.open {
		if open.end() <= at {
			first = i
			break
		}
	}
	for i := len(r.open) - 1; i >= first; i-- {
		r.out.WriteString(r.open[i].stop)
	}
	again := r.open[first:]
	r.open = r.open[:first:first]
	for _, t := range again {
		if t.end() > at {
			r.out.WriteString(t.start)
			r.open = append(r.open, t)
		}
	}
}

// begin opens an entity. Nothing is marked within code.
func (r *entityReader) begin(e entity) {
	if r.inside(entityCode, entityPre) {
		return
	}
	t := tagged{entity: e}
	if t.start, t.stop = r.tags(e); t.start == "" {
		return
	}
	r.formatted = true
	r.out.WriteString(t.start)
	r.open = append(r.open, t)
}

// languageForm is what the name of a programming language may look like in a class.
var languageForm = regexp.MustCompile(`^[A-Za-z0-9_+#.-]{1,32}$`)

// tags returns the HTML of an entity; none for what needs no mark, as hashtags and addresses.
func (r *entityReader) tags(e entity) (start, stop string) {
	switch e.Type {
	case entityBold:
		return "<strong>", "</strong>"
	case entityItalic:
		return "<em>", "</em>"
	case entityUnderline:
		return "<u>", "</u>"
	case entityStrike:
		return "<del>", "</del>"
	case entitySpoiler:
		return "<span data-mx-spoiler>", "</span>"
	case entityQuote, entityLongQuote:
		return "<blockquote>", "</blockquote>"
	case entityCode:
		return "<code>", "</code>"
	case entityPre:
		if languageForm.MatchString(e.Language) {
			return `<pre><code class="language-` + html.EscapeString(e.Language) + `">`, "</code></pre>"
		}
		return "<pre><code>", "</code></pre>"
	case entityLink:
		if !opens(e.URL) {
			return "", ""
		}
		return `<a href="` + html.EscapeString(e.URL) + `">`, "</a>"
	case entityMention, entityTextMention:
		return r.pill(e)
	}
	return "", ""
}

// pill links the name of somebody who is known (Client-Server API, "User and room mentions").
func (r *entityReader) pill(e entity) (start, stop string) {
	if r.person == nil {
		return "", ""
	}
	username := ""
	if e.Type == entityMention {
		username = strings.TrimPrefix(r.text[e.Offset:e.end()].String(), "@")
	}
	who, ok := r.person(e.User, username)
	if !ok {
		return "", ""
	}
	r.mentions.Add(who.mxid)
	return `<a href="` + html.EscapeString(who.mxid.URI().MatrixToURL()) + `">`, "</a>"
}

// opens tells whether a link is one that a reader's app may open (Client-Server API, "m.room.message msgtypes": the schemes of a).
func opens(link string) bool {
	scheme, _, ok := strings.Cut(link, ":")
	if !ok {
		return false
	}
	switch strings.ToLower(scheme) {
	case "http", "https", "ftp", "mailto", "magnet", "tg":
		return true
	}
	return false
}
