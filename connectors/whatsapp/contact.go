package whatsapp

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/emersion/go-vcard"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"google.golang.org/protobuf/proto"
	"maunium.net/go/mautrix/event"

	"passerelle/portal"
	"passerelle/portal/media"
)

const vcardType = "text/vcard"

// largestContact bounds a file of contact cards that is read, in bytes. Some hold a picture.
const largestContact = 256 << 10

// contacts reads contact cards: their words, and a file that address books read.
func (r reader) contacts(m *waE2E.Message) (content, bool) {
	var cards []*waE2E.ContactMessage
	title := ""
	switch {
	case m.GetContactMessage() != nil:
		cards = []*waE2E.ContactMessage{m.GetContactMessage()}
		title = m.GetContactMessage().GetDisplayName()
	case m.GetContactsArrayMessage() != nil:
		cards, title = m.GetContactsArrayMessage().GetContacts(), m.GetContactsArrayMessage().GetDisplayName()
	}
	if len(cards) == 0 {
		return content{}, false
	}
	var file strings.Builder
	var said []string
	for _, card := range cards {
		source := strings.TrimSpace(card.GetVcard())
		file.WriteString(source + "\r\n")
		read, err := readVCards(strings.NewReader(source))
		if err != nil || len(read) == 0 {
			said = append(said, card.GetDisplayName())
			continue
		}
		for _, one := range read {
			said = append(said, one.said(card.GetDisplayName()))
		}
	}
	return contactContent(title, strings.Join(said, "\n\n"), []byte(file.String())), true
}

func contactContent(title, said string, data []byte) content {
	name := media.FileName(title)
	if name == "" {
		name = "contact"
	}
	f := &file{data: data, name: name + ".vcf", mime: vcardType, size: int64(len(data))}
	out := &event.MessageEventContent{
		MsgType: event.MsgFile, Body: said, FileName: f.name, Info: &event.FileInfo{MimeType: f.mime, Size: len(data)},
	}
	if strings.TrimSpace(said) == "" {
		out.Body = f.name
	}
	return content{kind: portal.KindContact, text: said, eventType: event.EventMessage, event: out, file: f}
}

// contactCard is what people read of a contact card.
type contactCard struct {
	name  string
	lines []string
}

func (c contactCard) said(otherwise string) string {
	name := c.name
	if name == "" {
		name = otherwise
	}
	return joinLines(append([]string{name}, c.lines...)...)
}

var errTooManyCards = errors.New("too many contact cards")

// readVCards reads the cards of a file (RFC 6350; WhatsApp writes version 3.0, RFC 2426).
func readVCards(from io.Reader) (all []contactCard, err error) {
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
		all = append(all, readVCard(card))
	}
}

func readVCard(card vcard.Card) contactCard {
	c := contactCard{name: plainValue(card.PreferredValue(vcard.FieldFormattedName))}
	if name := card.Name(); c.name == "" && name != nil {
		c.name = plainValue(strings.Join(strings.Fields(name.GivenName+" "+name.FamilyName), " "))
	}
	for _, field := range []string{
		vcard.FieldOrganization, vcard.FieldTitle, vcard.FieldTelephone, vcard.FieldEmail, vcard.FieldAddress, vcard.FieldURL,
		vcard.FieldNote,
	} {
		for _, value := range card.Values(field) {
			c.lines = append(c.lines, plainValue(value))
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

// isContactFile tells whether a Matrix file holds contact cards.
func isContactFile(content *event.MessageEventContent) bool {
	switch mediaType(content) {
	case vcardType, "text/x-vcard", "text/directory":
		return true
	}
	return strings.HasSuffix(strings.ToLower(content.GetFileName()), ".vcf")
}

// contactOut sends a file of contact cards as WhatsApp's own kind, unless it cannot be read or says more: then it is a
// document like any other.
func contactOut(content *event.MessageEventContent, on occasion) *outgoing {
	out := documentOut(content, on)
	if content.GetCaption() != "" {
		return out
	}
	out.file.look = func(data io.ReadSeeker) {
		source, err := io.ReadAll(io.LimitReader(data, largestContact+1))
		if err != nil || len(source) > largestContact {
			return
		}
		cards, err := readVCards(strings.NewReader(string(source)))
		if err != nil || len(cards) == 0 {
			return
		}
		out.contacts(cards, string(source), on)
	}
	return out
}

// contacts makes the message one of contact cards.
func (o *outgoing) contacts(cards []contactCard, source string, on occasion) {
	var said []string
	for _, card := range cards {
		said = append(said, card.said(""))
	}
	o.kind, o.text, o.file.inMessage = portal.KindContact, strings.Join(said, "\n\n"), true
	if len(cards) == 1 {
		o.message = &waE2E.Message{ContactMessage: &waE2E.ContactMessage{
			DisplayName: proto.String(cards[0].name), Vcard: proto.String(source), ContextInfo: on.context(),
		}}
		return
	}
	array := &waE2E.ContactsArrayMessage{ContextInfo: on.context(), DisplayName: proto.String(fmt.Sprint(len(cards)))}
	for i, one := range splitVCards(source) {
		if i < len(cards) {
			array.Contacts = append(array.Contacts, &waE2E.ContactMessage{
				DisplayName: proto.String(cards[i].name), Vcard: proto.String(one),
			})
		}
	}
	o.message = &waE2E.Message{ContactsArrayMessage: array}
}

// splitVCards takes the cards of a file apart, as they are written.
func splitVCards(source string) (all []string) {
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
