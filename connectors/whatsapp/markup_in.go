package whatsapp

import (
	"html"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

// everybody is what stands in a text of WhatsApp's for everybody in the group (waE2E.ContextInfo, nonJIDMentions).
const everybody = "@all"

// everybodyMatrix is the same in Matrix (Client-Server API, "User and room mentions").
const everybodyMatrix = "@room"

// mentioned is somebody whom a text names.
type mentioned struct {
	name string
	mxid id.UserID
}

// written is a text of WhatsApp's in Matrix's words.
type written struct {
	body     string
	html     string // empty: the body says it all
	mentions *event.Mentions
}

// put writes the text into a message.
func (w written) put(into *event.MessageEventContent) {
	into.Body, into.Mentions = w.body, w.mentions
	into.Format, into.FormattedBody = "", ""
	if w.html != "" {
		into.Format, into.FormattedBody = event.FormatHTML, w.html
	}
}

// lines is a plain text in HTML.
func lines(text string) string { return strings.ReplaceAll(html.EscapeString(text), "\n", "<br>") }

// readMarkup reads a text with WhatsApp's marks (*bold*, _italic_, ~struck~, `code`, ```code```, lists and quotes, as
// https://faq.whatsapp.com/539178204879377 lists them), with the people whom its context mentions.
func readMarkup(text string, context *waE2E.ContextInfo, person lookup) written {
	text = strings.ToValidUTF8(text, "\uFFFD")
	r := markupReader{mentions: event.Mentions{}, people: map[string]mentioned{}}
	for _, jid := range context.GetMentionedJID() {
		parsed, err := types.ParseJID(jid)
		if err != nil || parsed.User == "" || person == nil {
			continue
		}
		if name, mxid, ok := person(parsed.ToNonAD()); ok {
			r.people[parsed.User] = mentioned{name, mxid}
		}
	}
	r.all = context.GetNonJIDMentions() > 0
	w := written{body: r.plain(text)}
	if formatted := r.blocks(text); r.formatted {
		w.html = formatted
	}
	if len(r.mentions.UserIDs) > 0 || r.mentions.Room {
		w.mentions = &r.mentions
	}
	return w
}

// markupReader reads one text.
type markupReader struct {
	people    map[string]mentioned // by the digits that stand for them
	all       bool                 // the text may name everybody
	mentions  event.Mentions       // those named so far
	formatted bool                 // there was something that a plain body does not say
}

var mention = regexp.MustCompile(`@([0-9]+|all\b)`)

// plain is the text as it was typed, with names in the place of numbers.
func (r *markupReader) plain(text string) string {
	return mention.ReplaceAllStringFunc(text, func(found string) string {
		if who, ok := r.people[found[1:]]; ok {
			return who.name
		} else if found == everybody && r.all {
			return everybodyMatrix
		}
		return found
	})
}

const fence = "```"

var (
	bullet   = regexp.MustCompile(`^[-*] +(\S.*)$`)
	numbered = regexp.MustCompile(`^([0-9]{1,3})\. +(\S.*)$`)
	quoted   = regexp.MustCompile(`^> ?(.*\S.*)$`)
)

// blocks reads lines: lists, quotes, blocks of code, and what is between them.
func (r *markupReader) blocks(text string) string {
	var out strings.Builder
	open, inline := "", false // the block that is open; whether the last line was none of a block
	next := 0                 // the number that goes on an open list
	switchTo := func(tag string, start string) {
		if open == tag {
			return
		}
		if open != "" {
			out.WriteString("</" + open + ">")
		}
		if tag != "" {
			out.WriteString("<" + tag + start + ">")
			r.formatted = true
		}
		open, inline = tag, false
	}
	for more := true; more; {
		if code, rest, ok := cutCodeBlock(text); ok {
			switchTo("", "")
			out.WriteString("<pre><code>" + html.EscapeString(code) + "</code></pre>")
			r.formatted, inline = true, false
			text, more = rest, rest != ""
			continue
		}
		line := text
		line, text, more = cutLine(text)
		switch {
		case bullet.MatchString(line):
			switchTo("ul", "")
			out.WriteString("<li>" + r.inline(bullet.FindStringSubmatch(line)[1], "") + "</li>")
		case numbered.MatchString(line):
			match := numbered.FindStringSubmatch(line)
			number, _ := strconv.Atoi(match[1])
			start := ""
			if open == "ol" && number != next {
				switchTo("", "")
			}
			next = number + 1
			if number != 1 {
				start = ` start="` + strconv.Itoa(number) + `"`
			}
			switchTo("ol", start)
			out.WriteString("<li>" + r.inline(match[2], "") + "</li>")
		case quoted.MatchString(line):
			again := open == "blockquote"
			switchTo("blockquote", "")
			if again {
				out.WriteString("<br>")
			}
			out.WriteString(r.inline(quoted.FindStringSubmatch(line)[1], ""))
		default:
			switchTo("", "")
			if inline {
				out.WriteString("<br>")
			}
			out.WriteString(r.inline(line, ""))
			inline = true
		}
	}
	switchTo("", "")
	return out.String()
}

// cutLine takes the next line off a text. A line ends before a block of code that begins within it and ends beyond it.
func cutLine(text string) (line, rest string, more bool) {
	line, rest, more = strings.Cut(text, "\n")
	for at := 0; ; {
		i := strings.Index(line[at:], fence)
		if i < 0 {
			return line, rest, more
		}
		at += i
		end := strings.Index(text[at+len(fence):], fence)
		if end < 0 {
			return line, rest, more
		}
		if after := at + end + 2*len(fence); after <= len(line) {
			at = after
			continue
		}
		if at == 0 {
			return line, rest, more // not a block, or cutCodeBlock had taken it
		}
		return strings.TrimRight(line[:at], " "), text[at:], true
	}
}

// cutCodeBlock takes a block of code off the beginning of a text: one of several lines, or of a line of its own.
func cutCodeBlock(text string) (code, rest string, ok bool) {
	after, found := strings.CutPrefix(text, fence)
	if !found {
		return "", text, false
	}
	code, rest, found = strings.Cut(after, fence)
	if !found || strings.TrimSpace(code) == "" {
		return "", text, false
	}
	if rest != "" && rest[0] != '\n' && !strings.Contains(code, "\n") {
		return "", text, false // within a line: inline reads it
	}
	return strings.Trim(code, "\n"), strings.TrimPrefix(rest, "\n"), true
}

// inlineTags are the marks that stand around words.
var inlineTags = map[byte]string{'*': "strong", '_': "em", '~': "del"}

// inline reads the marks within a line. Those in open are around it already.
func (r *markupReader) inline(line, open string) string {
	var out strings.Builder
	var hopeless string // marks that do not end any more in this line
	for at := 0; at < len(line); {
		c := line[at]
		switch {
		case c == '`':
			if code, length := codeSpan(line[at:]); length > 0 {
				out.WriteString("<code>" + html.EscapeString(code) + "</code>")
				r.formatted = true
				at += length
				continue
			}
		case c == '@':
			if pill, length := r.pill(line[at:]); length > 0 {
				out.WriteString(pill)
				at += length
				continue
			}
		case c == 'h' && boundaryBefore(line, at):
			if length := linkLength(line[at:]); length > 0 {
				out.WriteString(html.EscapeString(line[at : at+length]))
				at += length
				continue
			}
		case inlineTags[c] != "" && !strings.ContainsRune(open+hopeless, rune(c)) && boundaryBefore(line, at):
			if end := closing(line, at); end > 0 {
				tag := inlineTags[c]
				out.WriteString("<" + tag + ">" + r.inline(line[at+1:end], open+string(c)) + "</" + tag + ">")
				r.formatted = true
				at = end + 1
				continue
			} else if end < 0 {
				hopeless += string(c)
			}
		}
		_, size := utf8.DecodeRuneInString(line[at:])
		out.WriteString(html.EscapeString(line[at : at+size]))
		at += size
	}
	return out.String()
}

// closing returns where the mark at a place ends; 0: it marks nothing here; -1: nor does any later one in the line.
func closing(line string, at int) int {
	if first, _ := utf8.DecodeRuneInString(line[at+1:]); at+1 == len(line) || unicode.IsSpace(first) || first == rune(line[at]) {
		return 0
	}
	for end := at + 2; end < len(line); end++ {
		if line[end] != line[at] {
			continue
		}
		last, _ := utf8.DecodeLastRuneInString(line[:end])
		next, size := utf8.DecodeRuneInString(line[end+1:])
		if !unicode.IsSpace(last) && (size == 0 || !isWord(next)) {
			return end
		}
	}
	return -1
}

func boundaryBefore(line string, at int) bool {
	before, size := utf8.DecodeLastRuneInString(line[:at])
	return size == 0 || !isWord(before)
}

func isWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// codeSpan reads `code` or ```code``` at the beginning of a line's rest.
func codeSpan(rest string) (code string, length int) {
	for _, mark := range []string{fence, "`"} {
		after, ok := strings.CutPrefix(rest, mark)
		if !ok {
			continue
		}
		if code, _, ok := strings.Cut(after, mark); ok && strings.TrimSpace(code) != "" {
			return code, len(code) + 2*len(mark)
		}
	}
	return "", 0
}

// linkLength is the length of a web address at the beginning of a line's rest: no mark stands within one.
func linkLength(rest string) int {
	if !strings.HasPrefix(rest, "https://") && !strings.HasPrefix(rest, "http://") {
		return 0
	}
	if end := strings.IndexFunc(rest, unicode.IsSpace); end >= 0 {
		return end
	}
	return len(rest)
}

// pill reads the mention of a person or of everybody at the beginning of a line's rest.
func (r *markupReader) pill(rest string) (pill string, length int) {
	at := mention.FindStringIndex(rest)
	if at == nil || at[0] != 0 {
		return "", 0
	}
	found := rest[:at[1]]
	who, known := r.people[found[1:]]
	switch {
	case known:
		r.formatted = true
		r.mentions.Add(who.mxid)
		return `<a href="` + html.EscapeString(who.mxid.URI().MatrixToURL()) + `">` + html.EscapeString(who.name) + "</a>", at[1]
	case found == everybody && r.all:
		r.mentions.Room = true
		return everybodyMatrix, at[1]
	}
	return "", 0
}
