package whatsapptest

import (
	"testing"

	"go.mau.fi/whatsmeow/types/events"
)

func TestAliceLinksAClientByQRCode(t *testing.T) {
	s := NewServer(t)
	alice := s.MustAddPerson("+33 6 12 34 50 01", "Alice")
	client := newCompanion(t, s, "alice's client")

	device, err := alice.ScanQR(waiting(t), client.showsQR())
	must(t, err)
	if device.ID != 1 {
		t.Errorf("first companion has number %d, want 1", device.ID)
	}
	paired := hears[*events.PairSuccess](client, nil)
	if paired.ID.User != aliceNumber || paired.LID.User != alice.LID().User {
		t.Errorf("client was linked as %s / %s", paired.ID, paired.LID)
	}
	hears[*events.Connected](client, nil)
	if client.Store.LID.User != alice.LID().User {
		t.Errorf("client does not know its LID: %s", client.Store.LID)
	}
}

func TestDirectMessagesBothWays(t *testing.T) {
	s := NewServer(t)
	alice, bob := s.MustAddPerson(aliceNumber, "Alice"), s.MustAddPerson(bobNumber, "Bob")
	client := link(t, s, alice, "alice's client")

	client.says(bob.PN(), "hello Bob")
	got := sees(t, bob, "hello Bob")
	if got.From != aliceNumber || got.Chat != aliceNumber || got.FromMe || got.Kind != KindText {
		t.Errorf("Bob sees %+v", got)
	}
	if own := sees(t, alice, "hello Bob"); !own.FromMe || own.Chat != bobNumber {
		t.Errorf("Alice's phone shows %+v", own)
	}

	phoneSays(t, bob, "+"+aliceNumber, "hello Alice")
	heard := client.hearsText("hello Alice")
	if heard.Info.Sender != bob.LID() || heard.Info.SenderAlt.User != bobNumber || heard.Info.PushName != "Bob" {
		t.Errorf("client heard it from %s / %s, %q", heard.Info.Sender, heard.Info.SenderAlt, heard.Info.PushName)
	}
}
