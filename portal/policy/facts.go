package policy

import (
	"context"
	"fmt"
	"path"
	"strings"
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"

	"passerelle/portal"
	"passerelle/portal/policy/document"
)

const (
	// longest is how many bytes of a text rules see at most: as much as a Matrix event can hold (Client-Server API, "Size limits").
	longest = 64 << 10
	// longestName bounds names, identifiers and types in the same way.
	longestName = 1024
)

// variable is something that a rule can ask about.
type variable struct {
	name  string
	kind  *cel.Type
	most  uint64 // characters of a text, at most
	value func(*facts) ref.Val
}

// variables are all that a rule can ask about. docs/policy.md explains each.
var variables = []variable{
	text("direction", 16, func(f *facts) string { return string(f.crossing.Direction) }),
	text("network", 32, func(f *facts) string { return f.crossing.Network }),
	text("kind", 16, func(f *facts) string { return string(f.crossing.Kind) }),
	text("text", longest, func(f *facts) string { return f.crossing.Text }),
	truth("has_file", func(f *facts) bool { return f.crossing.File != nil }),
	text("file.name", longestName, func(f *facts) string { return f.file().Name }),
	text("file.extension", longestName, func(f *facts) string { return extension(f.file().Name) }),
	text("file.type", longestName, func(f *facts) string { return mediaType(f.file().MIME) }),
	number("file.size", func(f *facts) int64 { return f.file().Size }),
	truth("file.program", func(f *facts) bool { return f.isProgram() }),
	text("document.kind", 16, func(f *facts) string { return f.document().Kind }),
	text("document.title", longestName, func(f *facts) string { return f.document().Title }),
	text("document.subject", longestName, func(f *facts) string { return f.document().Subject }),
	text("document.author", longestName, func(f *facts) string { return f.document().Author }),
	text("document.keywords", longestName, func(f *facts) string { return f.document().Keywords }),
	text("document.properties", longest, func(f *facts) string { return f.document().Properties }),
	text("document.text", longest, func(f *facts) string { return f.document().Text }),
	truth("document.macros", func(f *facts) bool { return f.document().Macros }),
	truth("document.unreadable", func(f *facts) bool { return f.document().Unreadable }),
	text("sender", longestName, func(f *facts) string { return f.crossing.Sender }),
	text("staff", longestName, func(f *facts) string { return f.crossing.Staff().String() }),
	text("department", longestName, func(f *facts) string { return f.set.departments.Of(f.crossing.Staff()) }),
	text("chat.id", longestName, func(f *facts) string { return f.crossing.Portal }),
	text("chat.kind", 16, func(f *facts) string { return string(f.crossing.Chat) }),
	text("chat.mark", longestName, func(f *facts) string { return f.crossing.Mark }),
	number("chat.contacts", func(f *facts) int64 { return f.contacts() }),
	truth("first_contact", func(f *facts) bool { return f.first() }),
	{"time", cel.TimestampType, 0, func(f *facts) ref.Val { return types.Timestamp{Time: f.crossing.At.UTC()} }},
	number("hour", func(f *facts) int64 { return int64(f.at().Hour()) }),
	text("weekday", 16, func(f *facts) string { return strings.ToLower(f.at().Weekday().String()) }),
}

func text(name string, most uint64, of func(*facts) string) variable {
	return variable{name, cel.StringType, most, func(f *facts) ref.Val { return types.String(cut(of(f), int(most))) }}
}

func number(name string, of func(*facts) int64) variable {
	return variable{name, cel.IntType, 0, func(f *facts) ref.Val { return types.Int(of(f)) }}
}

func truth(name string, of func(*facts) bool) variable {
	return variable{name, cel.BoolType, 0, func(f *facts) ref.Val { return types.Bool(of(f)) }}
}

// variableNames lists what a rule can ask about.
func variableNames() (names []string) {
	for _, v := range variables {
		names = append(names, v.name)
	}
	return names
}

// places are the variables' places in the list, by their names.
var places = func() map[string]int {
	places := map[string]int{}
	for i, v := range variables {
		places[v.name] = i
	}
	return places
}()

// facts are what rules know about one crossing: each is found out when it is first asked for. It is what CEL calls an activation.
type facts struct {
	ctx      context.Context
	crossing portal.Crossing
	set      *Set
	known    []ref.Val // in the order of variables
	looked   *document.Document
	err      error // why something could not be found out; transient
}

// ResolveName returns what a rule asks about.
func (f *facts) ResolveName(name string) (any, bool) {
	at, ok := places[name]
	if !ok {
		return nil, false
	}
	if f.known[at] == nil {
		f.known[at] = variables[at].value(f)
	}
	return f.known[at], true
}

// Parent returns nil: these are all the facts.
func (f *facts) Parent() cel.Activation { return nil }

// fail notes that something could not be found out.
func (f *facts) fail(about string, err error) {
	if f.err == nil {
		f.err = fmt.Errorf("%s: %w", about, err)
	}
}

func (f *facts) file() portal.File {
	if f.crossing.File == nil {
		return portal.File{}
	}
	return *f.crossing.File
}

// document looks into the file, once.
func (f *facts) document() *document.Document {
	if f.looked != nil {
		return f.looked
	}
	f.looked = &document.Document{}
	if file := f.file(); file.Content != nil {
		var err error
		if *f.looked, err = document.Read(file.Content, file.Size); err != nil {
			f.fail("look into a document", err)
		}
	}
	return f.looked
}

// isProgram tells whether the file begins as what a computer runs.
func (f *facts) isProgram() bool {
	file := f.file()
	if file.Content == nil {
		return false
	}
	is, err := document.IsProgram(file.Content, file.Size)
	if err != nil {
		f.fail("look into a file", err)
	}
	return is
}

func (f *facts) contacts() int64 {
	if f.crossing.Contacts == nil {
		return 0
	}
	count, err := f.crossing.Contacts(f.ctx)
	if err != nil {
		f.fail("count the contacts in a chat", err)
	}
	return int64(count)
}

func (f *facts) first() bool {
	if f.crossing.First == nil {
		return false
	}
	first, err := f.crossing.First(f.ctx)
	if err != nil {
		f.fail("look for a first contact", err)
	}
	return first
}

func (f *facts) at() time.Time { return f.crossing.At.In(f.set.zone) }

// extension returns what stands behind the last dot of a file's name, in small letters. What Windows leaves out at the end of a
// name is no part of it.
func extension(name string) string {
	name = strings.TrimRight(strings.Map(visible, name), ". ")
	return strings.ToLower(strings.TrimPrefix(path.Ext(name), "."))
}

// visible takes characters out that only change how a name looks, such as those that turn the direction of writing.
func visible(r rune) rune {
	switch {
	case r < ' ', r == 0x7f, r >= 0x200b && r <= 0x200f, r >= 0x202a && r <= 0x202e, r >= 0x2060 && r <= 0x2069, r == 0xfeff:
		return -1
	}
	return r
}

// mediaType returns a media type without its parameters, in small letters.
func mediaType(mime string) string {
	bare, _, _ := strings.Cut(mime, ";")
	return strings.ToLower(strings.TrimSpace(bare))
}

// cut shortens a text to at most n bytes, whole characters, and makes it valid.
func cut(text string, n int) string {
	if len(text) > n {
		text = text[:n]
	}
	return strings.ToValidUTF8(text, "")
}
