package say

// Phrase is a sentence with what it is filled in with, to be said once it is known who reads it. The zero Phrase says nothing.
type Phrase struct {
	Sentence Sentence
	Args     []any // a Phrase among them is said in the reader's language, too
}

// With returns the sentence with what it is filled in with.
func (s Sentence) With(args ...any) Phrase { return Phrase{Sentence: s, Args: args} }

// In says the phrase in a language.
func (p Phrase) In(l Language) string {
	if p.Sentence == "" {
		return ""
	}
	args := make([]any, len(p.Args))
	for i, arg := range p.Args {
		if inner, ok := arg.(Phrase); ok {
			arg = inner.In(l)
		}
		args[i] = arg
	}
	return l.Say(p.Sentence, args...)
}
