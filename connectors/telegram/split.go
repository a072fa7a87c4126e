package telegram

import (
	"strings"
	"unicode"

	"github.com/rivo/uniseg"
)

// split cuts a text into parts of at most most UTF-16 units, so that nothing of it is lost: between paragraphs if it can be,
// otherwise between lines, sentences, words, and in the end between characters as people see them. Entities that reach over a
// cut go on in the next part.
func split(m marked, most int) (parts []marked) { return splitFrom(m, most, most) }

// splitFrom is split with a limit of its own for the first part.
func splitFrom(m marked, most, further int) (parts []marked) {
	text, entities := m.text, m.entities
	at := 0 // units before text
	for {
		u := unitsOf(text)
		if len(u) <= most {
			if strings.TrimSpace(text) != "" || len(parts) == 0 {
				parts = append(parts, marked{text, inPart(entities, at, len(u))})
			}
			return parts
		}
		head := u[:u.clamp(most)].String()
		end := cutAt(head, text)
		part := strings.TrimRightFunc(text[:end], unicode.IsSpace)
		parts = append(parts, marked{part, inPart(entities, at, len(unitsOf(part)))})
		rest := strings.TrimLeftFunc(text[end:], unicode.IsSpace)
		at += len(unitsOf(text[:len(text)-len(rest)]))
		text, most = rest, further
	}
}

// cutAt returns where to cut a text that begins with head, in bytes: in the second half of head, if there is a place.
func cutAt(head, text string) int {
	for _, between := range []string{"\n\n", "\n", ". ", "! ", "? ", "… ", " "} {
		if at := strings.LastIndex(head, between); at >= len(head)/2 && at > 0 {
			return at + len(between)
		}
	}
	end := 0
	for rest, state := text, -1; rest != ""; {
		var character string
		character, rest, _, state = uniseg.FirstGraphemeClusterInString(rest, state)
		if end+len(character) > len(head) {
			break
		}
		end += len(character)
	}
	if end == 0 { // one that is larger than the limit, which nobody can read
		return len(head)
	}
	return end
}

// inPart returns the entities of a text as they are in a part of it, which begins at a unit.
func inPart(entities []entity, from, length int) (kept []entity) {
	for _, e := range entities {
		end := min(e.end(), from+length) - from
		e.Offset = max(e.Offset, from) - from
		if e.Length = end - e.Offset; e.Length > 0 {
			kept = append(kept, e)
		}
	}
	return kept
}
