package whatsapp

import (
	"fmt"
	"io"
	"strings"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"google.golang.org/protobuf/proto"
	"maunium.net/go/mautrix/event"

	"passerelle/portal"
	"passerelle/portal/card"
	"passerelle/portal/media"
)

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
	for _, each := range cards {
		source := strings.TrimSpace(each.GetVcard())
		file.WriteString(source + "\r\n")
		read, err := card.Read(strings.NewReader(source))
		if err != nil || len(read) == 0 {
			said = append(said, each.GetDisplayName())
			continue
		}
		for _, one := range read {
			said = append(said, one.Said(each.GetDisplayName()))
		}
	}
	return contactContent(title, strings.Join(said, "\n\n"), []byte(file.String())), true
}

func contactContent(title, said string, data []byte) content {
	name := media.FileName(title)
	if name == "" {
		name = "contact"
	}
	f := &file{data: data, name: name + ".vcf", mime: card.Type, size: int64(len(data))}
	out := &event.MessageEventContent{
		MsgType: event.MsgFile, Body: said, FileName: f.name, Info: &event.FileInfo{MimeType: f.mime, Size: len(data)},
	}
	if strings.TrimSpace(said) == "" {
		out.Body = f.name
	}
	return content{kind: portal.KindContact, text: said, eventType: event.EventMessage, event: out, file: f}
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
		cards, err := card.Read(strings.NewReader(string(source)))
		if err != nil || len(cards) == 0 {
			return
		}
		out.contacts(cards, string(source), on)
	}
	return out
}

// contacts makes the message one of contact cards.
func (o *outgoing) contacts(cards []card.Card, source string, on occasion) {
	var said []string
	for _, each := range cards {
		said = append(said, each.Said(""))
	}
	o.kind, o.text, o.file.inMessage = portal.KindContact, strings.Join(said, "\n\n"), true
	if len(cards) == 1 {
		o.message = &waE2E.Message{ContactMessage: &waE2E.ContactMessage{
			DisplayName: proto.String(cards[0].Name), Vcard: proto.String(source), ContextInfo: on.context(),
		}}
		return
	}
	array := &waE2E.ContactsArrayMessage{ContextInfo: on.context(), DisplayName: proto.String(fmt.Sprint(len(cards)))}
	for i, one := range card.Split(source) {
		if i < len(cards) {
			array.Contacts = append(array.Contacts, &waE2E.ContactMessage{
				DisplayName: proto.String(cards[i].Name), Vcard: proto.String(one),
			})
		}
	}
	o.message = &waE2E.Message{ContactsArrayMessage: array}
}
