package whatsapp

import (
	"strings"
	"testing"

	"maunium.net/go/mautrix/event"
)

func TestWhatsAppRefusesAMessage(t *testing.T) {
	w := newWorld(t)
	bob := w.phones.MustAddPerson(bobNumber, "Bob")
	w.link(alice, w.phones.MustAddPerson(aliceNumber, "Alice"))
	must[string](t)(bob.Send(t.Context(), aliceNumber, "Moin"))
	in, _ := w.hears("Moin")
	if err := w.phones.RefuseMessagesTo(bobNumber, 479); err != nil {
		t.Fatal(err)
	}
	got := w.matrix.outcome(t, w.says(in, alice, text("to nobody")))
	if got.Status != event.MessageStatusRetriable || !got.IsCertain || !got.SendNotice || !strings.HasPrefix(got.Message, "Your message did not reach WhatsApp") {
		t.Errorf("Alice reads %+v", got)
	}
	strange := w.matrix.outcome(t, w.says(in, alice, &event.MessageEventContent{MsgType: event.MsgLocation, Body: "here"}))
	if strange.Status != event.MessageStatusFail || !strings.Contains(strange.Message, "no way to show") {
		t.Errorf("Alice reads %+v", strange)
	}
}
