package telegram

import (
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/portal/markup"
)

// marked is a text as Telegram takes it.
type marked struct {
	text     string
	entities []entity
}

// writeEntities says a Matrix text in Telegram's words. Without HTML the body stands as it is. person returns the account of
// somebody in Matrix; nil for somebody who is not on Telegram.
func writeEntities(content *event.MessageEventContent, person func(id.UserID) *user) marked {
	if content.Format == event.FormatHTML && content.FormattedBody != "" {
		if body, ok := markup.Tidy(content.FormattedBody); ok {
			w := entityWriter{person: person}
			w.children(body)
			if m := w.done(); m.text != "" {
				return m
			}
		}
	}
	return marked{text: strings.ToValidUTF8(content.Body, "\uFFFD")}
}

// entityWriter writes one text.
type entityWriter struct {
	person   func(id.UserID) *user
	text     units
	entities []entity
	quoted   bool  // within a quote
	code     bool  // within code
	lists    []int // the next number of each open list; -1 of one without numbers
}

// done returns the text without white space at its ends, which Telegram takes away, too.
func (w *entityWriter) done() marked {
	whole := w.text.String()
	kept := strings.TrimRight(whole, " \n")
	before := len(kept) - len(strings.TrimLeft(kept, " \n"))
	kept = kept[before:]
	u := unitsOf(kept)
	for i := range w.entities {
		e := &w.entities[i]
		end := min(e.end()-before, len(u)) // white space has one unit a byte
		e.Offset = max(0, e.Offset-before)
		e.Length = end - e.Offset
	}
	return marked{text: kept, entities: within(u, w.entities)}
}

func (w *entityWriter) children(of *html.Node) {
	for node := of.FirstChild; node != nil; node = node.NextSibling {
		switch node.Type {
		case html.TextNode:
			w.write(node.Data)
		case html.ElementNode:
			w.element(node)
		}
	}
}

func (w *entityWriter) write(text string) {
	w.text = append(w.text, unitsOf(strings.ToValidUTF8(text, "\uFFFD"))...)
}

// freshLine begins a new line, unless one has just begun.
func (w *entityWriter) freshLine() {
	if n := len(w.text); n > 0 && w.text[n-1] != '\n' {
		w.write("\n")
	}
}

func (w *entityWriter) element(node *html.Node) {
	switch node.DataAtom {
	case atom.Br:
		w.write("\n")
	case atom.Hr:
		w.freshLine()
		w.write("———\n")
	case atom.Img:
		w.write(attribute(node, "alt"))
	case atom.P, atom.Div:
		w.freshLine()
		w.children(node)
		w.freshLine()
	case atom.Ul, atom.Ol:
		w.list(node)
	case atom.Li:
		w.item(node)
	case atom.Blockquote:
		w.freshLine()
		w.quote(node)
		w.freshLine()
	case atom.Pre:
		w.freshLine()
		w.pre(node)
		w.freshLine()
	case atom.A:
		w.link(node)
	case atom.Span:
		w.span(node)
	default:
		w.mark(entity{Type: entityOf[node.DataAtom]}, node)
	}
}

// entityOf are the entities of HTML's elements.
var entityOf = map[atom.Atom]string{
	atom.B: entityBold, atom.Strong: entityBold, atom.I: entityItalic, atom.Em: entityItalic, atom.U: entityUnderline,
	atom.Ins: entityUnderline, atom.S: entityStrike, atom.Del: entityStrike, atom.Strike: entityStrike, atom.Code: entityCode,
	atom.Tt: entityCode,
}

// mark writes an element as an entity. Nothing is marked within code, and nothing twice.
func (w *entityWriter) mark(e entity, node *html.Node) {
	if e.Type == "" || w.code {
		w.children(node)
		return
	}
	was := w.code
	w.code = e.Type == entityCode
	e.Offset = len(w.text)
	w.children(node)
	w.code = was
	e.Length = len(w.text) - e.Offset
	w.add(e)
}

func (w *entityWriter) add(e entity) {
	if e.Length > 0 {
		w.entities = append(w.entities, e)
	}
}

func (w *entityWriter) list(node *html.Node) {
	next := -1
	if node.DataAtom == atom.Ol {
		next = 1
		if start, err := strconv.Atoi(attribute(node, "start")); err == nil {
			next = start
		}
	}
	w.freshLine()
	w.lists = append(w.lists, next)
	w.children(node)
	w.lists = w.lists[:len(w.lists)-1]
	w.freshLine()
}

func (w *entityWriter) item(node *html.Node) {
	w.freshLine()
	if depth := len(w.lists); depth > 0 {
		w.write(strings.Repeat("    ", depth-1))
		if next := &w.lists[depth-1]; *next >= 0 {
			w.write(strconv.Itoa(*next) + ". ")
			*next++
		} else {
			w.write("• ")
		}
	}
	w.children(node)
	w.freshLine()
}

// quote writes a quote. Telegram's do not stand in one another.
func (w *entityWriter) quote(node *html.Node) {
	if w.quoted || w.code {
		w.children(node)
		return
	}
	w.quoted = true
	e := entity{Type: entityQuote, Offset: len(w.text)}
	w.children(node)
	w.quoted = false
	for len(w.text) > e.Offset && w.text[len(w.text)-1] == '\n' {
		w.text = w.text[:len(w.text)-1]
	}
	w.trimEntities()
	e.Length = len(w.text) - e.Offset
	w.add(e)
}

// trimEntities ends the entities that reach beyond the text at its end.
func (w *entityWriter) trimEntities() {
	for i := range w.entities {
		w.entities[i].Length = min(w.entities[i].Length, len(w.text)-w.entities[i].Offset)
	}
	w.entities = slices.DeleteFunc(w.entities, func(e entity) bool { return e.Length <= 0 })
}

// pre writes a block of code, as it stands, with its language.
func (w *entityWriter) pre(node *html.Node) {
	e := entity{Type: entityPre, Offset: len(w.text)}
	var code strings.Builder
	var walk func(*html.Node)
	walk = func(n *html.Node) {
		if language, ok := strings.CutPrefix(attribute(n, "class"), "language-"); ok && n.DataAtom == atom.Code {
			e.Language, _, _ = strings.Cut(language, " ")
		}
		switch {
		case n.Type == html.TextNode:
			code.WriteString(n.Data)
		case n.DataAtom == atom.Br:
			code.WriteString("\n")
		}
		for child := n.FirstChild; child != nil; child = child.NextSibling {
			walk(child)
		}
	}
	walk(node)
	w.write(strings.Trim(code.String(), "\n"))
	if e.Length = len(w.text) - e.Offset; !w.code {
		w.add(e)
	}
}

// link writes a link: a person's name where it leads to somebody on Telegram, a link where an app can open it.
func (w *entityWriter) link(node *html.Node) {
	target := attribute(node, "href")
	if parsed, err := id.ParseMatrixURIOrMatrixToURL(target); err == nil && parsed != nil {
		if who := w.somebody(parsed.UserID()); who != nil {
			w.mark(entity{Type: entityTextMention, User: who}, node)
			return
		}
		w.children(node)
		return
	}
	if !opens(target) {
		w.children(node)
		return
	}
	start := len(w.text)
	w.mark(entity{Type: entityLink, URL: target}, node)
	switch shown := strings.TrimSuffix(w.text[start:].String(), "/"); shown {
	case "":
		w.write(target)
	case strings.TrimSuffix(target, "/"): // apps see by themselves that it is a link
		w.entities = slices.DeleteFunc(w.entities, func(e entity) bool { return e.Type == entityLink && e.Offset == start })
	}
}

func (w *entityWriter) somebody(who id.UserID) *user {
	if who == "" || w.person == nil {
		return nil
	}
	return w.person(who)
}

// span writes words that may be hidden (Client-Server API, "Spoiler messages"), after the reason.
func (w *entityWriter) span(node *html.Node) {
	at := slices.IndexFunc(node.Attr, func(a html.Attribute) bool { return a.Key == "data-mx-spoiler" })
	if at < 0 {
		w.children(node)
		return
	}
	if reason := node.Attr[at].Val; reason != "" {
		w.write("(" + reason + ") ")
	}
	w.mark(entity{Type: entitySpoiler}, node)
}

func attribute(node *html.Node, name string) string {
	for _, a := range node.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}
