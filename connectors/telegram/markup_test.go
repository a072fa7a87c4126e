package telegram

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/net/html"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

var bilal = mentioned{name: "Bilal", mxid: "@telegram_7:example.org"}

func knows(by *user, username string) (mentioned, bool) {
	return bilal, by != nil && by.ID == 7 || username == "bilal"
}

func TestEntitiesAreReadAsHTML(t *testing.T) {
	for _, one := range []struct {
		name     string
		text     string
		entities []entity
		want     string
	}{
		{"nothing", "a < b", nil, ""},
		{"bold after an emoji", "🦓 zebra", []entity{{Type: entityBold, Offset: 3, Length: 5}}, "🦓 <strong>zebra</strong>"},
		{"nested", "abc", []entity{{Type: entityItalic, Offset: 1, Length: 1}, {Type: entityBold, Offset: 0, Length: 3}}, "<strong>a<em>b</em>c</strong>"},
		{"crossing", "abc", []entity{{Type: entityBold, Offset: 0, Length: 2}, {Type: entityItalic, Offset: 1, Length: 2}},
			"<strong>a<em>b</em></strong><em>c</em>"},
		{"code with language", "x\n<y>", []entity{{Type: entityPre, Offset: 0, Length: 5, Language: "go"}},
			"<pre><code class=\"language-go\">x\n&lt;y&gt;</code></pre>"},
		{"a language that is none", "x", []entity{{Type: entityPre, Offset: 0, Length: 1, Language: `"><script>`}}, "<pre><code>x</code></pre>"},
		{"nothing in code", "abc", []entity{{Type: entityCode, Offset: 0, Length: 3}, {Type: entityBold, Offset: 0, Length: 3}, {Type: entityBold, Offset: 1, Length: 1}},
			"<strong><code>abc</code></strong>"},
		{"spoiler", "who did it", []entity{{Type: entitySpoiler, Offset: 0, Length: 3}}, "<span data-mx-spoiler>who</span> did it"},
		{"quote", "said\nso", []entity{{Type: entityLongQuote, Offset: 0, Length: 4}}, "<blockquote>said</blockquote><br>so"},
		{"link", "here", []entity{{Type: entityLink, Offset: 0, Length: 4, URL: `https://x.fr/?a="b"&c`}},
			`<a href="https://x.fr/?a=&#34;b&#34;&amp;c">here</a>`},
		{"a link that would run", "here", []entity{{Type: entityLink, Offset: 0, Length: 4, URL: "javascript:alert(1)"}}, ""},
		{"mentions", "@bilal and he", []entity{{Type: entityMention, Offset: 0, Length: 6}, {Type: entityTextMention, Offset: 11, Length: 2, User: &user{ID: 7}}},
			`<a href="https://matrix.to/#/@telegram_7:example.org">@bilal</a> and <a href="https://matrix.to/#/@telegram_7:example.org">he</a>`},
		{"a stranger", "@carla", []entity{{Type: entityMention, Offset: 0, Length: 6}}, ""},
		{"nonsense", "abc", []entity{{Type: entityBold, Offset: -5, Length: 6}, {Type: entityItalic, Offset: 2, Length: 1 << 62}, {Type: entityBold, Offset: 9, Length: 1}, {Type: "blink", Length: 3}},
			"<strong>a</strong>b<em>c</em>"},
		{"half a character", "🦓b", []entity{{Type: entityBold, Offset: 1, Length: 2}}, "<strong>🦓b</strong>"},
	} {
		t.Run(one.name, func(t *testing.T) {
			w := readEntities(one.text, one.entities, knows)
			if w.html != one.want || w.body != one.text {
				t.Errorf("is %q, %q; want %q", w.body, w.html, one.want)
			}
			if named := strings.Contains(one.want, "matrix.to"); named != (w.mentions != nil) {
				t.Errorf("names %+v", w.mentions)
			}
		})
	}
}

func from(source string) *event.MessageEventContent {
	return &event.MessageEventContent{MsgType: event.MsgText, Body: "plain", Format: event.FormatHTML, FormattedBody: source}
}

func TestHTMLIsWrittenAsEntities(t *testing.T) {
	person := func(who id.UserID) *user {
		if who == bilal.mxid {
			return &user{ID: 7, FirstName: "Bilal"}
		}
		return nil
	}
	e := func(kind string, offset, length int) entity {
		return entity{Type: kind, Offset: offset, Length: length}
	}
	for _, one := range []struct {
		name, source, text string
		entities           []entity
	}{
		{"marks", "<b>a</b> <i>b</i> <u>c</u> <del>d</del> <code>e</code>", "a b c d e",
			[]entity{e(entityBold, 0, 1), e(entityItalic, 2, 1), e(entityUnderline, 4, 1), e(entityStrike, 6, 1), e(entityCode, 8, 1)}},
		{"after an emoji", "🦓 <strong>zebra</strong>", "🦓 zebra", []entity{e(entityBold, 3, 5)}},
		{"paragraphs and lines", "<p>one</p>\n<p>two<br>three</p>", "one\ntwo\nthree", nil},
		{"heading", "<h1>Title</h1><p>text</p>", "Title\ntext", []entity{e(entityBold, 0, 5)}},
		{"lists", "<ul><li>a<ol start=\"3\"><li>b</li><li>c</li></ol></li><li>d</li></ul>", "• a\n    3. b\n    4. c\n• d", nil},
		{"quotes do not nest", "<blockquote>a<blockquote>b</blockquote></blockquote>c", "a\nb\nc", []entity{e(entityQuote, 0, 3)}},
		{"code block", "<pre><code class=\"language-go\">x &lt; y\n  z</code></pre>", "x < y\n  z", []entity{{Type: entityPre, Length: 9, Language: "go"}}},
		{"nothing in code", "<code>a<b>b</b></code>", "ab", []entity{e(entityCode, 0, 2)}},
		{"spoiler with its reason", `<span data-mx-spoiler="end">he</span>`, "(end) he", []entity{e(entitySpoiler, 6, 2)}},
		{"link", `<a href="https://x.fr/a">here</a>`, "here", []entity{{Type: entityLink, Length: 4, URL: "https://x.fr/a"}}},
		{"bare link", `<a href="https://x.fr/a">https://x.fr/a</a>`, "https://x.fr/a", nil},
		{"a link that would run", `<a href="javascript:alert(1)">here</a>`, "here", nil},
		{"mention", `<a href="https://matrix.to/#/@telegram_7:example.org">Bilal</a>: yes`, "Bilal: yes",
			[]entity{{Type: entityTextMention, Length: 5, User: &user{ID: 7, FirstName: "Bilal"}}}},
		{"a colleague", `<a href="https://matrix.to/#/@karim:example.org">Karim</a>: yes`, "Karim: yes", nil},
		{"what is not read", "<mx-reply>old</mx-reply><script>x</script>new", "new", nil},
		{"custom emoji", `a <img data-mx-emoticon alt=":zebra:" src="mxc://x/y"> b`, "a :zebra: b", nil},
		{"rule", "a<hr>b", "a\n———\nb", nil},
		{"white space at the ends", "<p> </p><p><b> a </b></p>", "a", []entity{e(entityBold, 0, 1)}},
		{"only markup", "<p></p>", "plain", nil},
	} {
		t.Run(one.name, func(t *testing.T) {
			m := writeEntities(from(one.source), person)
			if m.text != one.text || len(m.entities)+len(one.entities) > 0 && !reflect.DeepEqual(m.entities, one.entities) {
				t.Errorf("is %q %+v, want %q %+v", m.text, m.entities, one.text, one.entities)
			}
		})
	}
}

func TestLongTextsAreSplitAndNotCut(t *testing.T) {
	for _, one := range []struct {
		name, text string
		most       int
		want       []string
	}{
		{"short", "abc", 10, []string{"abc"}},
		{"between paragraphs", "aaaa aaaa\n\nbbbb", 13, []string{"aaaa aaaa", "bbbb"}},
		{"between words", "aaaa bbbb cccc", 10, []string{"aaaa bbbb", "cccc"}},
		{"between sentences", "aaa aa. bbb bb", 12, []string{"aaa aa.", "bbb bb"}},
		{"between characters", "🦓🦓🦓", 5, []string{"🦓🦓", "🦓"}},
		{"a family stays together", "ab👨‍👩‍👧", 9, []string{"ab", "👨‍👩‍👧"}},
	} {
		t.Run(one.name, func(t *testing.T) {
			var got []string
			for _, part := range split(marked{text: one.text}, one.most) {
				got = append(got, part.text)
			}
			if !reflect.DeepEqual(got, one.want) {
				t.Errorf("is %q, want %q", got, one.want)
			}
		})
	}
	long := marked{text: "aaaa bbbb cccc", entities: []entity{{Type: entityBold, Offset: 2, Length: 10}}}
	parts := split(long, 8)
	if len(parts) != 3 || parts[0].entities[0] != (entity{Type: entityBold, Offset: 2, Length: 2}) || parts[1].entities[0].Length != 4 || parts[2].entities[0].Length != 2 {
		t.Errorf("the mark goes on as %+v", parts)
	}
}

func FuzzReadEntities(f *testing.F) {
	f.Add("🦓 zebra", `[{"type":"bold","offset":1,"length":3},{"type":"pre","offset":0,"length":9,"language":"\""}]`)
	f.Fuzz(func(t *testing.T, text, raw string) {
		var entities []entity
		if json.Unmarshal([]byte(raw), &entities) != nil || len(entities) > 50 {
			return
		}
		w := readEntities(text, entities, knows)
		if !utf8.ValidString(w.html) || !utf8.ValidString(w.body) {
			t.Fatalf("%q is no text", w.html)
		}
		if w.html == "" {
			return
		}
		var shown strings.Builder
		tokens := html.NewTokenizer(strings.NewReader(w.html))
		depth := 0
		for kind := tokens.Next(); kind != html.ErrorToken; kind = tokens.Next() {
			switch token := tokens.Token(); kind {
			case html.TextToken:
				shown.WriteString(token.Data)
			case html.StartTagToken:
				if token.Data == "br" {
					shown.WriteString("\n")
				} else {
					depth++
				}
			case html.EndTagToken:
				depth--
			}
		}
		if clean := strings.NewReplacer("\r", "", "\x00", "", "\uFFFD", ""); clean.Replace(shown.String()) != clean.Replace(w.body) || depth != 0 {
			t.Fatalf("%q shows %q, want %q", w.html, shown.String(), w.body)
		}
	})
}

func FuzzWriteEntities(f *testing.F) {
	f.Add("<b>🦓</b><blockquote>a<pre>b</pre></blockquote><ul><li>c", 7)
	f.Fuzz(func(t *testing.T, source string, most int) {
		m := writeEntities(from(source), nil)
		length := len(unitsOf(m.text))
		if !utf8.ValidString(m.text) {
			t.Fatalf("%q is no text", m.text)
		}
		for _, e := range m.entities {
			if e.Offset < 0 || e.Length <= 0 || e.end() > length {
				t.Fatalf("%+v is not in the %d units of %q", e, length, m.text)
			}
		}
		if most < 20 || most > 5000 {
			return
		}
		for _, part := range split(m, most) {
			units := len(unitsOf(part.text))
			if units > most {
				t.Fatalf("a part has %d units, and %d is the limit", units, most)
			}
			for _, e := range part.entities {
				if e.Offset < 0 || e.Length <= 0 || e.end() > units {
					t.Fatalf("%+v is not in the %d units of %q", e, units, part.text)
				}
			}
		}
	})
}
