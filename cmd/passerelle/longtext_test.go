package main

import (
	"strings"
	"testing"

	"maunium.net/go/mautrix/event"

	"passerelle/bridge/bridgetest"
)

// TestALongTextArrivesWhole: WhatsApp's longest text is larger than the largest Matrix event.
func TestALongTextArrivesWhole(t *testing.T) {
	d := meet(t)
	fits := strings.Repeat("Le dossier est <complet>. ", 1_000) + "Fin."
	tooLong := strings.Repeat("Le dossier n’est pas « complet ».\n", 1_900) + "Fin."
	for _, text := range []string{fits, tooLong, "C’est tout."} {
		says(t, d.amina, d.phone.Number(), text)
	}
	whole := d.claire.Waits("the whole of it", func(h bridgetest.Heard) bool { return h.Text == fits })
	file := d.claire.Waits("the file", func(h bridgetest.Heard) bool { return h.Room == whole.Room && h.MsgType == event.MsgFile })
	if !file.WasEncrypted || !strings.HasPrefix(file.Text, "Le dossier n’est pas « complet ».") {
		t.Errorf("the file comes as %.100q", file.Text)
	}
	if got := string(d.claire.Downloads(file)); got != tooLong {
		t.Errorf("it holds %d bytes, want %d", len(got), len(tooLong))
	}
	d.claire.Hears(whole.Room, "C’est tout.")
}
