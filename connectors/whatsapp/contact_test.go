package whatsapp

import (
	"strings"
	"testing"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"google.golang.org/protobuf/proto"
	"maunium.net/go/mautrix/event"

	"passerelle/portal"
)

// A card as WhatsApp writes it.
const carolsCard = "BEGIN:VCARD\r\nVERSION:3.0\r\nN:Dupont;Carol;;;\r\nFN:Carol Dupont\r\nORG:Harbour office;Pilots\r\n" +
	"item1.TEL;waid=33698765432:+33 6 98 76 54 32\r\nitem1.X-ABLabel:Mobile\r\nEMAIL;TYPE=WORK:carol@example.org\r\nEND:VCARD"

const carolsWords = "Carol Dupont\nHarbour office, Pilots\n+33 6 98 76 54 32\ncarol@example.org"

const namelessCard = "BEGIN:VCARD\nVERSION:3.0\nN:Roux;Dan;;;\nEND:VCARD\n"

func TestAContactCardComesIn(t *testing.T) {
	card := &waE2E.ContactMessage{DisplayName: proto.String("Carol"), Vcard: proto.String(carolsCard)}
	c := words.convert(in(&waE2E.Message{ContactMessage: card}))
	if c.kind != portal.KindContact || c.text != carolsWords || c.event.GetCaption() != carolsWords || c.event.GetFileName() != "Carol.vcf" {
		t.Errorf("came in as %+v %q", c, c.event.Body)
	}
	if c.event.MsgType != event.MsgFile || strings.TrimSpace(string(c.file.data)) != carolsCard || c.file.mime != "text/vcard" || c.file.source != nil {
		t.Errorf("its file is %+v", c.file)
	}
	several := words.convert(in(&waE2E.Message{ContactsArrayMessage: &waE2E.ContactsArrayMessage{
		DisplayName: proto.String("2 contacts"), Contacts: []*waE2E.ContactMessage{card, {DisplayName: proto.String("Broken"), Vcard: proto.String("BEGIN:CAKE")}},
	}}))
	if several.text != carolsWords+"\n\nBroken" || several.file.name != "2 contacts.vcf" || !strings.Contains(string(several.file.data), "BEGIN:CAKE") {
		t.Errorf("several came in as %+v", several)
	}
}

func TestAContactFileGoesOut(t *testing.T) {
	send := func(source string, caption string) *outgoing {
		content := &event.MessageEventContent{MsgType: event.MsgFile, Body: "carol.vcf", Info: &event.FileInfo{MimeType: "text/x-vcard"}}
		if caption != "" {
			content.FileName, content.Body = content.Body, caption
		}
		out := convertOut(content, occasion{})
		if out.file.look != nil {
			out.file.look(strings.NewReader(source))
		}
		return out
	}
	one := send(carolsCard, "")
	if contact := one.message.GetContactMessage(); contact.GetVcard() != carolsCard || contact.GetDisplayName() != "Carol Dupont" || !one.file.inMessage || one.text != carolsWords || one.kind != portal.KindContact {
		t.Errorf("went out as %+v", one)
	}
	two := send(carolsCard+"\r\n"+namelessCard, "")
	cards := two.message.GetContactsArrayMessage().GetContacts()
	if len(cards) != 2 || cards[0].GetVcard() != carolsCard || cards[1].GetDisplayName() != "Dan Roux" || !strings.HasPrefix(cards[1].GetVcard(), "BEGIN:VCARD") {
		t.Errorf("went out as %v", two.message)
	}
	for name, out := range map[string]*outgoing{
		"no card": send("Dear Sir", ""), "cut off": send("BEGIN:VCARD\nFN:x", ""), "too large": send(strings.Repeat(carolsCard+"\n", 2000), ""),
	} {
		if out.message.GetDocumentMessage() == nil || out.file.inMessage || out.kind != portal.KindMedia {
			t.Errorf("%s: went out as %v", name, out.message)
		}
	}
	if out := send(carolsCard, "My colleague"); out.message.GetDocumentWithCaptionMessage() == nil || out.text != "My colleague" {
		t.Errorf("with words it went out as %v", out.message)
	}
}

func FuzzReadVCards(f *testing.F) {
	f.Add(carolsCard)
	f.Add(namelessCard)
	f.Add("BEGIN:VCARD\nTEL;A=\"\\x\":1\n folded\nEND:VCARD")
	f.Fuzz(func(t *testing.T, source string) {
		card := &waE2E.ContactMessage{DisplayName: proto.String("Somebody"), Vcard: proto.String(source)}
		if c := words.convert(in(&waE2E.Message{ContactMessage: card})); c.event == nil || c.event.Body == "" {
			t.Errorf("%q came in as %+v", source, c)
		}
		out := convertOut(&event.MessageEventContent{MsgType: event.MsgFile, Body: "x.vcf"}, occasion{})
		out.file.look(strings.NewReader(source))
		if out.file.inMessage && out.message.GetContactMessage() == nil && len(out.message.GetContactsArrayMessage().GetContacts()) == 0 {
			t.Errorf("%q went out as %v", source, out.message)
		}
	})
}
