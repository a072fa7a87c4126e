package whatsapptest

import (
	"testing"

	"go.mau.fi/whatsmeow/types"
)

func TestAClientUploadsMorePreKeysWhenFewAreLeft(t *testing.T) {
	s := testServer(t)
	alice, bob := s.MustAddPerson(aliceNumber, "Alice"), s.MustAddPerson(bobNumber, "Bob")
	client := link(t, s, alice, "alice's client")
	must(t, alice.LosePreKeys(1, lowPreKeys))
	phoneSays(t, bob, aliceNumber, "opens a session") // takes one
	client.hearsText("opens a session")
	ctx := waiting(t)
	for alice.Devices()[0].PreKeys < lowPreKeys {
		if !pause(ctx, tick) {
			t.Fatalf("client uploaded no prekeys: %+v", alice.Devices())
		}
	}
}

func TestSessionsOpenWithoutOneTimePreKeys(t *testing.T) {
	s := testServer(t)
	alice, bob := s.MustAddPerson(aliceNumber, "Alice"), s.MustAddPerson(bobNumber, "Bob")
	client := link(t, s, alice, "alice's client")
	must(t, alice.LosePreKeys(1, 0))
	phoneSays(t, bob, aliceNumber, "no keys left?")
	client.hearsText("no keys left?")
}

func TestAPhoneNeverRunsOutOfPreKeys(t *testing.T) {
	s := testServer(t)
	alice := s.MustAddPerson(aliceNumber, "Alice")
	for i := range 2 * preKeyBatch {
		b, err := s.fetchBundle(alice.device)
		must(t, err)
		if b.oneTime == nil && i < preKeyBatch {
			t.Fatalf("bundle %d has no one-time prekey", i)
		}
	}
	ctx := waiting(t)
	for {
		s.mu.Lock()
		left := len(alice.device.keys.oneTime)
		s.mu.Unlock()
		if left >= lowPreKeys {
			return
		}
		if !pause(ctx, tick) {
			t.Fatalf("the phone has published %d prekeys", left)
		}
	}
}

func TestLookingPeopleUp(t *testing.T) {
	s := testServer(t)
	alice, bob := s.MustAddPerson(aliceNumber, "Alice"), s.MustAddPerson(bobNumber, "Bob")
	client := link(t, s, alice, "alice's client")
	link(t, s, bob, "bob's client")
	found, err := client.IsOnWhatsApp(waiting(t), []string{"+" + bobNumber, "+" + carolNumber})
	must(t, err)
	if len(found) != 2 || !found[0].IsIn || found[0].JID != bob.LID() || found[0].PhoneNumber != bob.PN() || found[1].IsIn {
		t.Errorf("found %+v", found)
	}
	info, err := client.GetUserInfo(waiting(t), []types.JID{bob.PN()})
	must(t, err)
	if got := info[bob.PN()]; got.LID != bob.LID() || len(got.Devices) != 2 || got.Status == "" {
		t.Errorf("info is %+v", info)
	}
	devices, err := client.GetUserDevices(waiting(t), []types.JID{bob.LID()})
	must(t, err)
	if len(devices) != 2 || devices[0].Device != 0 || devices[1].Device != 1 {
		t.Errorf("devices are %v", devices)
	}
}
