package telegramtest

import (
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Limits of what bots and people write, in UTF-16 units after entities are parsed.
const (
	maxText    = 4096
	maxCaption = 1024
)

// units counts a text's UTF-16 units.
func units(text string) int { return len(utf16.Encode([]rune(text))) }

// entityTypes are the types of entities that a bot may send.
var entityTypes = map[string]bool{
	"mention": true, "hashtag": true, "cashtag": true, "bot_command": true, "url": true, "email": true, "phone_number": true,
	"bold": true, "italic": true, "underline": true, "strikethrough": true, "spoiler": true, "blockquote": true,
	"expandable_blockquote": true, "code": true, "pre": true, "text_link": true, "text_mention": true, "custom_emoji": true,
}

// checkText checks a text that somebody writes, with its entities.
func checkText(text string, entities []Entity, most int, tooLong string) error {
	if !utf8.ValidString(text) {
		return badRequest("strings must be encoded in UTF-8")
	}
	length := units(text)
	if length > most {
		return badRequest("%s is too long", tooLong)
	}
	for i, e := range entities {
		switch {
		case !entityTypes[e.Type]:
			return badRequest("unsupported entity type %q", e.Type)
		case e.Offset < 0 || e.Length <= 0 || e.Offset+e.Length > length:
			return badRequest("entity %s at %d+%d is out of the text's %d units", e.Type, e.Offset, e.Length, length)
		case splitsPair(text, e.Offset) || splitsPair(text, e.Offset+e.Length):
			return badRequest("entity %s at %d+%d cuts a character", e.Type, e.Offset, e.Length)
		}
		for _, other := range entities[:i] {
			if crosses(e, other) {
				return badRequest("entities %s and %s cross", other.Type, e.Type)
			}
		}
	}
	return nil
}

// splitsPair tells whether a position lies within a character.
func splitsPair(text string, at int) bool {
	all := utf16.Encode([]rune(text))
	return at < len(all) && all[at] >= 0xdc00 && all[at] <= 0xdfff // the second half of a pair
}

// crosses tells whether two entities overlap without one being in the other.
func crosses(a, b Entity) bool {
	if a.Offset > b.Offset {
		a, b = b, a
	}
	return a.Offset < b.Offset && b.Offset < a.Offset+a.Length && a.Offset+a.Length < b.Offset+b.Length
}

// command returns the command that a text begins with, and whom it is for: "" for anybody.
func command(text string) (name, username string, ok bool) {
	if !strings.HasPrefix(text, "/") {
		return "", "", false
	}
	word, _, _ := strings.Cut(strings.TrimPrefix(text, "/"), " ")
	name, username, _ = strings.Cut(word, "@")
	return name, username, name != ""
}
