package telegram

import (
	"strings"
	"testing"

	"passerelle/portal"
)

// roux is a card as phones write it.
const roux = "BEGIN:VCARD\r\nVERSION:3.0\r\nN:Roux;Dan;;;\r\nFN:Dan Roux\r\nTEL:+33 1 99 00 12 34\r\nEND:VCARD"

func TestContactCardsInTelegramsWords(t *testing.T) {
	out := contactOut(roux+"\r\n"+strings.ReplaceAll(roux, "N:Roux;Dan;;;\r\n", ""), occasion{by: signed()})
	if out == nil || len(out.calls) != 2 || out.preface.text != "Karim 🎈:" || out.kind != portal.KindContact {
		t.Fatalf("%+v", out)
	}
	if first := out.calls[0].params; first["first_name"] != "Dan" || first["last_name"] != "Roux" || first["phone_number"] != "+33 1 99 00 12 34" || first["vcard"] != roux {
		t.Errorf("%v", first)
	}
	if second := out.calls[1].params; second["first_name"] != "Dan Roux" || second["last_name"] != "" {
		t.Errorf("%v", second)
	}
	for name, source := range map[string]string{
		"nothing": "", "no card": "Bonjour", "no number": strings.ReplaceAll(roux, "TEL", "EMAIL"), "too large": strings.ReplaceAll(roux, "END:", "NOTE:"+strings.Repeat("x", mostVCard)+"\r\nEND:"),
		"too many": strings.Repeat(roux+"\r\n", mostCards+1),
	} {
		if out := contactOut(source, occasion{}); out != nil {
			t.Errorf("%s: %+v", name, out)
		}
	}
}

func TestACardOfWhatTelegramTells(t *testing.T) {
	for _, c := range []contact{{PhoneNumber: "+331", FirstName: "Dan", LastName: "Roux"}, {PhoneNumber: "+331", FirstName: "Dan", LastName: "Roux", VCard: "BEGIN:CAKE"}} {
		if got := c.vcard(); !strings.Contains(got, "FN:Dan Roux\r\n") || !strings.Contains(got, "TEL:+331") {
			t.Errorf("%+v: %q", c, got)
		}
	}
	if got := (contact{VCard: roux + "\n"}).vcard(); got != roux {
		t.Errorf("%q", got)
	}
}
