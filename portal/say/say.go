// Package say holds the sentences that people read, in English and French.
//
// A sentence is plain and names what to do; it has no protocol word in it. Each one has an ID, a constant of this package,
// and is filled in as [fmt.Sprintf] does. A language that lacks a sentence uses the English one.
package say

import (
	"fmt"
	"strings"
)

// Language is a language that people are addressed in: its ISO 639-1 code.
type Language string

// The languages that the sentences are written in.
const (
	English Language = "en"
	French  Language = "fr"
)

// Languages lists the languages that the sentences are written in.
func Languages() []Language { return []Language{English, French} }

// Known tells whether the sentences are written in l.
func (l Language) Known() bool { return l == English || l == French }

// Name is what the language calls itself.
func (l Language) Name() string {
	if l == French {
		return "français"
	}
	return "English"
}

// ParseLanguage reads a language as people name it: "fr", "French", "français".
func ParseLanguage(name string) (l Language, ok bool) {
	switch strings.ToLower(strings.TrimSpace(name)) {
	case "en", "english", "anglais":
		return English, true
	case "fr", "french", "français", "francais":
		return French, true
	}
	return "", false
}

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
