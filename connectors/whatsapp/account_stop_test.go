package whatsapp

import (
	"testing"
	"time"

	"maunium.net/go/mautrix/event"

	"passerelle/connectors/whatsapp/whatsapptest"
)

func TestAStopWaitsForTheAnswerToAMessage(t *testing.T) {
	w := newWorld(t)
	bob, alices := w.phones.MustAddPerson(bobNumber, "Bob"), w.phones.MustAddPerson(aliceNumber, "Alice")
	a := w.link(alice, alices)
	must[string](t)(bob.Send(t.Context(), aliceNumber, "Moin"))
	in, _ := w.hears("Moin")
	rule := whatsapptest.Rule{Fault: whatsapptest.Delay, Tag: "ack", Delay: 300 * time.Millisecond}
	if err := alices.Tamper(alices.Devices()[0].ID, rule); err != nil {
		t.Fatal(err)
	}
	said := w.says(in, alice, text("Moin, Bob"))
	must[whatsapptest.Entry](t)(bob.WaitForText(deadline(t), "Moin, Bob"))
	a.Disconnect()
	if got := w.matrix.outcome(t, said); got.Status != event.MessageStatusSuccess {
		t.Errorf("Alice is told %q", got.Message)
	}
}
