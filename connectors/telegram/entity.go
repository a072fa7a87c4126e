package telegram

import (
	"cmp"
	"slices"
	"unicode/utf16"
)

// Types of entities (Bot API, MessageEntity).
const (
	entityBold        = "bold"
	entityItalic      = "italic"
	entityUnderline   = "underline"
	entityStrike      = "strikethrough"
	entitySpoiler     = "spoiler"
	entityQuote       = "blockquote"
	entityLongQuote   = "expandable_blockquote"
	entityCode        = "code"
	entityPre         = "pre"
	entityLink        = "text_link"
	entityMention     = "mention"
	entityTextMention = "text_mention"
)

// entity marks a part of a text (Bot API, MessageEntity). Offset and Length are in UTF-16 units.
type entity struct {
	Type          string `json:"type"`
	Offset        int    `json:"offset"`
	Length        int    `json:"length"`
	URL           string `json:"url,omitempty"`
	User          *user  `json:"user,omitempty"`
	Language      string `json:"language,omitempty"`
	CustomEmojiID string `json:"custom_emoji_id,omitempty"`
}

func (e entity) end() int { return e.Offset + e.Length }

// units is a text in the UTF-16 units in which Telegram counts.
type units []uint16

func unitsOf(text string) units { return utf16.Encode([]rune(text)) }

func (u units) String() string { return string(utf16.Decode(u)) }

// clamp returns a position within the text that does not stand in the middle of a character.
func (u units) clamp(at int) int {
	at = max(0, min(at, len(u)))
	if at > 0 && at < len(u) && isLow(u[at]) && isHigh(u[at-1]) {
		at--
	}
	return at
}

func isHigh(unit uint16) bool { return unit >= 0xd800 && unit < 0xdc00 }
func isLow(unit uint16) bool  { return unit >= 0xdc00 && unit < 0xe000 }

// within returns entities with their ranges in the text, in the order in which they begin, outer ones first. They come from
// outside: what is empty then is left out.
func within(u units, entities []entity) []entity {
	kept := make([]entity, 0, len(entities))
	for _, e := range entities {
		end := u.clamp(saturating(e.Offset, e.Length))
		e.Offset = u.clamp(e.Offset)
		if e.Length = end - e.Offset; e.Length > 0 {
			kept = append(kept, e)
		}
	}
	slices.SortStableFunc(kept, func(a, b entity) int {
		return cmp.Or(cmp.Compare(a.Offset, b.Offset), cmp.Compare(b.Length, a.Length), cmp.Compare(rank(a), rank(b)))
	})
	return kept
}

// saturating adds what may be as large as an integer can be.
func saturating(a, b int) int {
	if sum := a + b; b < 0 || sum >= a {
		return sum
	}
	return int(^uint(0) >> 1)
}

// rank orders entities of the same range: blocks around lines around words.
func rank(e entity) int {
	switch e.Type {
	case entityQuote, entityLongQuote:
		return 0
	case entityPre:
		return 1
	case entityCode:
		return 3
	}
	return 2
}
