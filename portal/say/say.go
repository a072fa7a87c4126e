// Package say holds the sentences that people read, in English and French.
//
// A sentence is plain and names what to do; it has no protocol word in it. Each one has an ID, a constant of this package,
// and is filled in as [fmt.Sprintf] does. A language that lacks a sentence uses the English one.
package say

import "fmt"

// Language is a language that people are addressed in: its ISO 639-1 code.
type Language string

// The languages that the sentences are written in.
const (
	English Language = "en"
	French  Language = "fr"
)

// Known tells whether the sentences are written in l.
func (l Language) Known() bool { return l == English || l == French }

// Sentence names a sentence.
type Sentence string

// Say returns the sentence in the language, filled in with args.
func (l Language) Say(s Sentence, args ...any) string {
	text, ok := sentences[s][l]
	if !ok {
		text = sentences[s][English]
	}
	if len(args) == 0 {
		return text
	}
	return fmt.Sprintf(text, args...)
}
