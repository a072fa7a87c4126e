// Package markup reads the HTML of Matrix messages (Client-Server API, "m.room.message msgtypes") for networks that write marks
// or ranges of text instead. What it is handed comes from people's apps, and may be anything.
package markup

import (
	"slices"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Tidy reads the HTML of a Matrix message and returns its body with what a reader of it need not think of any more: white space
// is as browsers collapse it (https://drafts.csswg.org/css-text/#white-space-phase-1) and outside the tags of words, headings
// are bold paragraphs, tables are lines, and nothing is left of what is not to be read (scripts, the words of an answered
// message). It is false when the HTML cannot be read.
func Tidy(source string) (body *html.Node, ok bool) {
	body = &html.Node{Type: html.ElementNode, Data: "body", DataAtom: atom.Body}
	nodes, err := html.ParseFragment(strings.NewReader(source), body)
	if err != nil {
		return nil, false
	}
	for _, node := range nodes {
		body.AppendChild(node)
	}
	t := &tidier{afterSpace: true}
	t.children(body)
	hoistSpaces(body)
	return body, true
}

// tidier goes through a document in its order.
type tidier struct {
	afterSpace bool // what was read last ends a line or is a space
}

func (t *tidier) children(of *html.Node) {
	var next *html.Node
	for node := of.FirstChild; node != nil; node = next {
		next = node.NextSibling
		switch node.Type {
		case html.TextNode:
			t.text(node)
		case html.ElementNode:
			t.element(node)
		default:
			of.RemoveChild(node)
		}
	}
}

func (t *tidier) text(node *html.Node) {
	words := strings.Join(strings.FieldsFunc(node.Data, isHTMLSpace), " ")
	before, after := "", ""
	if !t.afterSpace && node.Data != "" && isHTMLSpace(rune(node.Data[0])) {
		before = " "
	}
	if words != "" && isHTMLSpace(rune(node.Data[len(node.Data)-1])) {
		after = " "
	}
	node.Data = before + words + after
	if node.Data != "" {
		t.afterSpace = strings.HasSuffix(node.Data, " ")
	} else if inList(node) || t.afterSpace {
		node.Parent.RemoveChild(node)
	}
}

// isHTMLSpace leaves the no-break space alone, as HTML does.
func isHTMLSpace(r rune) bool { return strings.ContainsRune(" \t\n\r\f", r) }

func inList(node *html.Node) bool {
	return node.Parent != nil && (node.Parent.DataAtom == atom.Ul || node.Parent.DataAtom == atom.Ol)
}

func (t *tidier) element(node *html.Node) {
	switch node.DataAtom {
	case atom.Script, atom.Style, atom.Template, atom.Head, atom.Title, atom.Iframe, atom.Noscript:
		node.Parent.RemoveChild(node)
		return
	case atom.Pre, atom.Br, atom.Hr:
		t.afterSpace = true
		return
	case atom.Img:
		t.afterSpace = false
		return
	case atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Summary:
		makeBold(node)
	case atom.Table, atom.Thead, atom.Tbody, atom.Tfoot, atom.Caption, atom.Details:
		rename(node, atom.Div)
	case atom.Tr:
		rename(node, atom.Span)
		node.Parent.InsertBefore(element(atom.Br), node.NextSibling)
		t.afterSpace = true
	case atom.Td, atom.Th:
		rename(node, atom.Span)
		if precededByElement(node) {
			node.Parent.InsertBefore(&html.Node{Type: html.TextNode, Data: " | "}, node)
		}
		t.afterSpace = true
	}
	if node.Data == "mx-reply" {
		node.Parent.RemoveChild(node)
		return
	}
	block := isBlock(node)
	t.afterSpace = t.afterSpace || block
	t.children(node)
	t.afterSpace = t.afterSpace || block
}

func element(a atom.Atom) *html.Node {
	return &html.Node{Type: html.ElementNode, DataAtom: a, Data: a.String()}
}

func precededByElement(node *html.Node) bool {
	for before := node.PrevSibling; before != nil; before = before.PrevSibling {
		if before.Type == html.ElementNode {
			return true
		}
	}
	return false
}

func rename(node *html.Node, to atom.Atom) { node.DataAtom, node.Data = to, to.String() }

// makeBold turns a block into a bold paragraph.
func makeBold(node *html.Node) {
	rename(node, atom.P)
	bold := element(atom.B)
	for child := node.FirstChild; child != nil; child = node.FirstChild {
		node.RemoveChild(child)
		bold.AppendChild(child)
	}
	node.AppendChild(bold)
}

func isBlock(node *html.Node) bool {
	switch node.DataAtom {
	case atom.P, atom.Ol, atom.Ul, atom.Li, atom.Blockquote, atom.Div:
		return true
	}
	return false
}

// hoistSpaces moves the white space at the edges of marked words out of them: marks stand at words.
func hoistSpaces(node *html.Node) {
	var next *html.Node
	for child := node.FirstChild; child != nil; child = next {
		next = child.NextSibling
		if child.Type != html.ElementNode || child.DataAtom == atom.Pre {
			continue
		}
		hoistSpaces(child)
		if !isMark(child) {
			continue
		}
		if first := child.FirstChild; first != nil && first.Type == html.TextNode && strings.HasPrefix(first.Data, " ") {
			first.Data = first.Data[1:]
			node.InsertBefore(&html.Node{Type: html.TextNode, Data: " "}, child)
		}
		if last := child.LastChild; last != nil && last.Type == html.TextNode && strings.HasSuffix(last.Data, " ") {
			last.Data = last.Data[:len(last.Data)-1]
			node.InsertBefore(&html.Node{Type: html.TextNode, Data: " "}, child.NextSibling)
		}
	}
}

func isMark(node *html.Node) bool {
	return slices.Contains([]atom.Atom{
		atom.B, atom.Strong, atom.I, atom.Em, atom.S, atom.Del, atom.Strike, atom.U, atom.Ins, atom.Code, atom.Tt, atom.A, atom.Span, atom.Font,
	}, node.DataAtom)
}
