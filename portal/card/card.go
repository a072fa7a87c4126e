// Package card is about contact cards: the vCards of RFC 6350 and of version 3.0 before it (RFC 2426), which phones write.
package card

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"strings"

	"github.com/emersion/go-vcard"
	"maunium.net/go/mautrix/event"
)

// Type is the media type of a file of cards.
const Type = "text/vcard"

// Card is what people read of a contact card.
type Card struct {
	Name    string
	Given   string // of a person
	Family  string
	Numbers []string
	Lines   []string // all but the name
}

// Said is what people read of a card; otherwise is its name where it has none.
func (c Card) Said(otherwise string) string {
	name := c.Name
	if name == "" {
		name = otherwise
	}
	var lines []string
	for _, line := range append([]string{name}, c.Lines...) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n")
}

// errTooManyCards is the error of a file that is more than anybody's card.
var errTooManyCards = errors.New("too many contact cards")

// Read reads the cards of a file.
func Read(from io.Reader) (all []Card, err error) {
	const most = 256
	for decoder := vcard.NewDecoder(from); ; {
		card, err := decoder.Decode()
		switch {
		case errors.Is(err, io.EOF):
			return all, nil
		case err != nil:
			return nil, fmt.Errorf("read a contact card: %w", err)
		case len(all) == most:
			return nil, errTooManyCards
		}
		all = append(all, readOne(card))
	}
}

func readOne(card vcard.Card) Card {
	c := Card{Name: plainValue(card.PreferredValue(vcard.FieldFormattedName))}
	if name := card.Name(); name != nil {
		c.Given, c.Family = plainValue(name.GivenName), plainValue(name.FamilyName)
		if c.Name == "" {
			c.Name = plainValue(strings.Join(strings.Fields(name.GivenName+" "+name.FamilyName), " "))
		}
	}
	for _, number := range card.Values(vcard.FieldTelephone) {
		c.Numbers = append(c.Numbers, plainValue(strings.TrimPrefix(number, "tel:")))
	}
	for _, field := range []string{
		vcard.FieldOrganization, vcard.FieldTitle, vcard.FieldTelephone, vcard.FieldEmail, vcard.FieldAddress, vcard.FieldURL,
		vcard.FieldNote,
	} {
		for _, value := range card.Values(field) {
			c.Lines = append(c.Lines, plainValue(value))
		}
	}
	return c
}

// plainValue is a value whose parts stand behind semicolons as people write it.
func plainValue(value string) string {
	var parts []string
	for part := range strings.SplitSeq(strings.ReplaceAll(value, `\;`, ";"), ";") {
		if part = strings.TrimSpace(strings.ReplaceAll(part, "\n", " ")); part != "" {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, ", ")
}

// IsFile tells whether a Matrix file holds contact cards.
func IsFile(content *event.MessageEventContent) bool {
	if content.Info != nil {
		switch plain, _, _ := mime.ParseMediaType(content.Info.MimeType); plain {
		case Type, "text/x-vcard", "text/directory":
			return true
		}
	}
	return strings.HasSuffix(strings.ToLower(content.GetFileName()), ".vcf")
}

// Split takes the cards of a file apart, as they are written.
func Split(source string) (all []string) {
	var one strings.Builder
	for line := range strings.Lines(source) {
		one.WriteString(line)
		if strings.EqualFold(strings.TrimSpace(line), "END:VCARD") {
			all = append(all, strings.TrimSpace(one.String()))
			one.Reset()
		}
	}
	return all
}
