package relay

import (
	"errors"
	"fmt"
	"strings"
	"text/template"
	"unicode"

	"golang.org/x/text/unicode/bidi"
)

// Style is how a person's name stands before what they write. The zero Style is the default one: “Karim: ”, in bold.
type Style struct {
	template *template.Template
	plain    bool
}

// DefaultTemplate is what [ParseStyle] is given when nothing else is chosen.
const DefaultTemplate = "{{.Name}}: "

// ParseStyle reads a Go template that uses .Name. bold asks for the name in bold, where the network has that. An error says what
// to write.
func ParseStyle(text string, bold bool) (Style, error) {
	const remedy = "must be a Go template that uses .Name, such as “{{.Name}}: ”"
	parsed, err := template.New("relay").Option("missingkey=error").Parse(text)
	if err != nil {
		return Style{}, fmt.Errorf("%s: %w", remedy, err)
	}
	s := Style{template: parsed, plain: !bold}
	for _, name := range []string{"Karim", "Sofia"} {
		if shown, err := s.execute(name); err != nil {
			return Style{}, fmt.Errorf("%s: %w", remedy, err)
		} else if !strings.Contains(shown, name) {
			return Style{}, errors.New(remedy)
		}
	}
	return s, nil
}

// Before returns what stands before the words of a person. bold makes a name bold as the network has it; nil: it has not.
func (s Style) Before(name string, bold func(string) string) string {
	if bold != nil && !s.plain {
		name = bold(name)
	}
	shown, err := s.execute(name)
	if err != nil { // ParseStyle has tried it
		return name + ": "
	}
	return shown
}

// ForDeed returns what stands before what a person does: “Karim waves”, and not “Karim: waves”.
func (s Style) ForDeed(name string, bold func(string) string) string {
	return strings.TrimRight(s.Before(name, bold), ":： ") + " "
}

func (s Style) execute(name string) (string, error) {
	if s.template == nil {
		return name + ": ", nil
	}
	var out strings.Builder
	err := s.template.Execute(&out, struct{ Name string }{name})
	return out.String(), err
}

// longestName is how much of a name is shown, in characters.
const longestName = 60

// Marks that keep the direction of the characters between them from reaching what follows (Unicode Standard Annex 9, section 2.3).
const (
	isolate    = "\u2068"
	endIsolate = "\u2069"
)

// Clean makes a name harmless: it is one line of what can be seen, and turns the direction of nothing that stands beside it. It
// is empty when nothing of the name can be seen.
func Clean(name string) string {
	var seen strings.Builder
	rightToLeft := false
	for _, r := range name {
		switch {
		case unicode.IsSpace(r):
			seen.WriteByte(' ')
		case strings.ContainsRune(blank, r) || !unicode.IsPrint(r):
		default:
			class, _ := bidi.LookupRune(r)
			rightToLeft = rightToLeft || class.Class() == bidi.R || class.Class() == bidi.AL
			seen.WriteRune(r)
		}
	}
	words := strings.Join(strings.Fields(seen.String()), " ")
	if runes := []rune(words); len(runes) > longestName {
		words = strings.TrimSpace(string(runes[:longestName])) + "…"
	}
	if rightToLeft {
		words = isolate + words + endIsolate
	}
	return words
}

// blank are the characters that Unicode calls letters or symbols, and that show nothing.
const blank = "\u115f\u1160\u3164\uffa0\u2800"
