package whatsapp

import (
	"strings"
	"testing"

	"go.mau.fi/whatsmeow/types"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

// numbers knows Bob's ghost, and Alice, who is linked herself.
func numbers(user id.UserID) (types.JID, bool) {
	switch user {
	case bobsGhost:
		return types.NewJID("84512345678901", types.HiddenUserServer), true
	case alice:
		return types.NewJID("99", types.HiddenUserServer), true
	}
	return types.EmptyJID, false
}

func formatted(html string) *event.MessageEventContent {
	return &event.MessageEventContent{MsgType: event.MsgText, Body: "the body", Format: event.FormatHTML, FormattedBody: html}
}

func TestMatrixHTMLIsWrittenWithMarks(t *testing.T) {
	for html, want := range map[string]string{
		"a <b>b</b> <strong>c</strong>":                                  "a *b* *c*",
		"<i>a</i><em> b </em>c":                                          "_a_ _b_ c",
		"<s>a</s> <del>b</del> <strike>c</strike> <u>d</u>":              "~a~ ~b~ ~c~ d",
		"<b>a <i>b</i> <b>c</b></b>":                                     "*a _b_ c*",
		"<b>a<br>b</b>":                                                  "*a*\n*b*",
		"a <code>x*y</code> <code>a`b</code>":                            "a `x*y` ```a`b```",
		"<pre><code class=\"language-go\">if x {\n  y\n}\n</code></pre>": "```if x {\n  y\n}```",
		"<p>one\ntwo</p>\n<p>three<br>\nfour</p>":                        "one two\n\nthree\nfour",
		"<ul>\n<li>a</li>\n<li>b<ul><li>c</li></ul></li>\n</ul>":         "* a\n* b\n  * c",
		"<ol><li><p>a</p></li><li>b</li></ol>":                           "1. a\n2. b",
		"<ol start=\"3\"><li>c</li></ol>":                                "3. c",
		"<blockquote><p>a</p><p>b</p></blockquote>me":                    "> a\n> \n> b\nme",
		"<h1>Title</h1><p>text</p>":                                      "*Title*\n\ntext",
		"<mx-reply><blockquote>old</blockquote></mx-reply>new":           "new",
		"<a href=\"https://x.org/\">https://x.org</a>":                   "https://x.org",
		"<a href=\"https://x.org/a\">here</a>":                           "here (https://x.org/a)",
		"<a href=\"javascript:alert(1)\">here</a>":                       "here",
		"<a href=\"https://matrix.to/#/#hall:x.org\">#hall:x.org</a>":    "#hall:x.org",
		"<span data-mx-spoiler=\"end\">he dies</span>":                   "||end|he dies||",
		"<img src=\"mxc://x/y\" alt=\":cat:\" data-mx-emoticon> ok":      ":cat: ok",
		"<details><summary>More</summary>text</details>":                 "*More*\ntext",
		"<table><thead><tr><th>a</th><th>b</th></tr></thead>\n<tbody><tr><td>1</td> <td>2</td></tr><tr><td>3</td><td>4</td></tr></tbody></table>": "a | b\n\n1 | 2\n3 | 4",
		"<script>alert(1)</script><style>p{}</style><!-- no -->yes":                                                                               "yes",
		"a &lt;b&gt; &amp; c":   "a <b> & c",
		"":                      "the body",
		"<mx-reply></mx-reply>": "the body",
	} {
		if got := writeMarkup(formatted(html), numbers); got.text != want || got.mentions != nil || got.all {
			t.Errorf("%q: written as %q, want %q (%v)", html, got.text, want, got.mentions)
		}
	}
	if got := writeMarkup(&event.MessageEventContent{Body: "*as* <it> is"}, numbers); got.text != "*as* <it> is" {
		t.Errorf("a plain body is written as %q", got.text)
	}
}

func TestPeopleAreWrittenByNumber(t *testing.T) {
	pill := func(user id.UserID) string { return `<a href="` + user.URI().MatrixToURL() + `">Somebody</a>` }
	got := writeMarkup(formatted(pill(bobsGhost)+", "+pill(alice)+", "+pill("@stranger:x.org")+" and "+pill(bobsGhost)), numbers)
	if got.text != "@84512345678901, @99, Somebody and @84512345678901" || strings.Join(got.mentions, " ") != "84512345678901@lid 99@lid" {
		t.Errorf("written as %+v", got)
	}
	silent := formatted(pill(bobsGhost) + " @room")
	silent.Mentions = &event.Mentions{}
	if got := writeMarkup(silent, numbers); got.text != "Somebody @room" || got.mentions != nil || got.all {
		t.Errorf("who is not to be notified is written as %+v", got)
	}
	silent.Mentions = &event.Mentions{Room: true}
	if got := writeMarkup(silent, numbers); got.text != "Somebody @all" || !got.all {
		t.Errorf("everybody is written as %+v", got)
	}
}

func FuzzWriteMarkup(f *testing.F) {
	for _, seed := range []string{
		"<b>a</b>", "<ul><li>a<ol start=-7><li>b</ol></ul>", "<table><tr><td>a", "<pre>\n</pre>", "<h1><p>x</h1>",
		`<a href="https://matrix.to/#/@whatsapp_84512345678901:state.example">x</a>`, "<p><b><table><tr><i>", strings.Repeat("<div>", 600),
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, html string) {
		got := writeMarkup(formatted(html), numbers)
		if got.text == "" {
			t.Fatalf("%q: nothing is written", html)
		}
	})
}
