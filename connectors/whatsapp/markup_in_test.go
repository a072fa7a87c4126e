package whatsapp

import (
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"google.golang.org/protobuf/proto"
	"maunium.net/go/mautrix/id"
)

const bobsGhost = id.UserID("@whatsapp_84512345678901:" + domain)

// people knows Bob, by LID and by number.
func people(jid types.JID) (string, id.UserID, bool) {
	if jid.User == "84512345678901" || jid.User == "4917012345678" {
		return "Bob <b>", bobsGhost, true
	}
	return "", "", false
}

func TestWhatsAppsMarksAreRead(t *testing.T) {
	for typed, want := range map[string]string{ // empty: nothing but the body
		"Bonjour":                        "",
		"5*3*2 snake_case_name ~ 3":      "",
		"* not bold *":                   "<ul><li>not bold *</li></ul>",
		"one\ntwo <3":                    "",
		"*bold*":                         "<strong>bold</strong>",
		"a *b c*, d":                     "a <strong>b c</strong>, d",
		"*_~all~_*":                      "<strong><em><del>all</del></em></strong>",
		"(_so_)!":                        "(<em>so</em>)!",
		"*a_b*":                          "<strong>a_b</strong>",
		"*open\nnot closed*":             "",
		"* *":                            "<ul><li>*</li></ul>",
		"***":                            "",
		"*é*à":                           "",
		"1 < 2 *&*":                      "1 &lt; 2 <strong>&amp;</strong>",
		"`*raw*` *x*":                    "<code>*raw*</code> <strong>x</strong>",
		"see ```a*b*``` now":             "see <code>a*b*</code> now",
		"```one line```":                 "<pre><code>one line</code></pre>",
		"```\nif *x* {\n}\n```\nthen":    "<pre><code>if *x* {\n}</code></pre>then",
		"so: ```a\nb``` done":            "so:<pre><code>a\nb</code></pre> done",
		"``` ```":                        "",
		"```never closed":                "",
		"- a\n- *b*\nend":                "<ul><li>a</li><li><strong>b</strong></li></ul>end",
		"* a\n* b":                       "<ul><li>a</li><li>b</li></ul>",
		"1. a\n2. b":                     "<ol><li>a</li><li>b</li></ol>",
		"7. a":                           `<ol start="7"><li>a</li></ol>`,
		"1. a\n3. c":                     `<ol><li>a</li></ol><ol start="3"><li>c</li></ol>`,
		"1984. A book":                   "",
		"> said\n> *twice*\nme":          "<blockquote>said<br><strong>twice</strong></blockquote>me",
		"a\n\n*b*":                       "a<br><br><strong>b</strong>",
		"https://x.org/_a_b_ *c*":        "https://x.org/_a_b_ <strong>c</strong>",
		"*https://x.org*":                "<strong>https://x.org</strong>",
		"<script>alert(1)</script> *ok*": "&lt;script&gt;alert(1)&lt;/script&gt; <strong>ok</strong>",
	} {
		if got := readMarkup(typed, nil, nil); got.html != want || got.body != typed || got.mentions != nil {
			t.Errorf("%q: read as %q, want %q (body %q)", typed, got.html, want, got.body)
		}
	}
}

func TestMentionsAreReadByName(t *testing.T) {
	pill := `<a href="https://matrix.to/#/@whatsapp_84512345678901:state.example">Bob &lt;b&gt;</a>`
	both := &waE2E.ContextInfo{MentionedJID: []string{"84512345678901@lid", "4917012345678@s.whatsapp.net", "77@lid", "nonsense@", ""}}
	got := readMarkup("*@84512345678901* and @4917012345678, not @77 or `@84512345678901` or a@84512345678901x", both, people)
	if want := "<strong>" + pill + "</strong> and " + pill + ", not @77 or <code>@84512345678901</code> or a" + pill + "x"; got.html != want {
		t.Errorf("read as %q", got.html)
	}
	if !strings.HasPrefix(got.body, "*Bob <b>* and Bob <b>, not @77") {
		t.Errorf("the body is %q", got.body)
	}
	if len(got.mentions.UserIDs) != 1 || got.mentions.UserIDs[0] != bobsGhost || got.mentions.Room {
		t.Errorf("mentioned are %+v", got.mentions)
	}
	if got := readMarkup("@84512345678901", nil, people); got.mentions != nil || got.body != "@84512345678901" {
		t.Errorf("a number without a mention is read as %+v", got)
	}
	all := readMarkup("@all, @allez", &waE2E.ContextInfo{NonJIDMentions: proto.Uint32(1)}, people)
	if all.body != "@room, @allez" || !all.mentions.Room {
		t.Errorf("everybody is read as %+v %+v", all, all.mentions)
	}
	if got := readMarkup("@all", nil, people); got.mentions != nil || got.body != "@all" {
		t.Errorf("nobody in particular is read as %+v", got)
	}
}

func FuzzReadMarkup(f *testing.F) {
	for _, seed := range []string{"*a* _b_", "```x\ny``` `z`", "- a\n1. b\n> c", "@84512345678901 @all", "*_~`", "https://a\n\n", "\xff*\xff*"} {
		f.Add(seed)
	}
	tag := regexp.MustCompile(`</?([a-z]+)[^<>]*>`)
	context := &waE2E.ContextInfo{MentionedJID: []string{"84512345678901@lid"}, NonJIDMentions: proto.Uint32(1)}
	f.Fuzz(func(t *testing.T, typed string) {
		got := readMarkup(typed, context, people)
		if !utf8.ValidString(got.body) || !utf8.ValidString(got.html) {
			t.Fatalf("%q: read as %q, which is no text", typed, got.html)
		}
		var open []string
		for _, found := range tag.FindAllStringSubmatch(got.html, -1) {
			switch {
			case found[1] == "br":
			case strings.HasPrefix(found[0], "</"):
				if len(open) == 0 || open[len(open)-1] != found[1] {
					t.Fatalf("%q: read as %q, whose tags are not in order", typed, got.html)
				}
				open = open[:len(open)-1]
			default:
				open = append(open, found[1])
			}
		}
		if len(open) > 0 || strings.ContainsAny(tag.ReplaceAllString(got.html, ""), "<>") {
			t.Fatalf("%q: read as %q", typed, got.html)
		}
	})
}
