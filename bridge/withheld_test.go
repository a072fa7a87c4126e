package bridge_test

import (
	"context"
	"testing"

	"maunium.net/go/mautrix/crypto"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/bridge/bridgetest"
	"passerelle/portal/say"
)

// chat starts a chat of alice's on the network red, and returns its room.
func (h *house) chat(t *testing.T, alice *bridgetest.Actor) id.RoomID {
	t.Helper()
	h.logIn(t, alice, "red")
	h.says(t, "chat", "m1", "hello")
	return alice.Waits("the contact's message", func(m bridgetest.Heard) bool { return m.Text == "hello" }).Room
}

// forgetsKeys makes a person's app begin a new session with its next message in a room.
func forgetsKeys(t *testing.T, who *bridgetest.Actor, room id.RoomID) *crypto.OlmMachine {
	t.Helper()
	machine := who.Crypto().Machine()
	if err := machine.CryptoStore.RemoveOutboundGroupSession(t.Context(), room); err != nil {
		t.Fatal(err)
	}
	return machine
}

func TestAKeyThatIsWithheldAndThenGivenIsWaitedFor(t *testing.T) {
	h := newHouse(t, "", "red")
	alice := h.Staff(t, "alice")
	room := h.chat(t, alice)
	machine := forgetsKeys(t, alice, room)
	// Her app tells unverified devices that they get no keys, and gives them when it is asked.
	machine.SendKeysMinTrust = id.TrustStateVerified
	machine.AllowKeyShare = func(context.Context, *id.Device, event.RequestedKeyInfo) *crypto.KeyShareRejection { return nil }
	alice.Says(room, "for verified eyes")
	if err := h.parrot("red").hears(bounded(t), "for verified eyes"); err != nil {
		t.Error(err)
	}
}

func TestAMessageWhoseKeyNeverComesIsRefusedAtOnce(t *testing.T) {
	h := newHouse(t, "", "red")
	alice := h.Staff(t, "alice")
	room := h.chat(t, alice)
	trusts := func(state id.TrustState) {
		t.Helper()
		machine := forgetsKeys(t, alice, room)
		devices, err := machine.CryptoStore.GetDevices(t.Context(), h.UserID("redbot"))
		if err != nil || len(devices) == 0 {
			t.Fatalf("alice's app knows %d devices of the bot, %v", len(devices), err)
		}
		for _, device := range devices {
			device.Trust = state
			if err := machine.CryptoStore.PutDevice(t.Context(), device.UserID, device); err != nil {
				t.Fatal(err)
			}
		}
	}
	trusts(id.TrustStateBlacklisted)
	secret := alice.Says(room, "not for the bot")
	told := alice.Waits("the refusal", func(m bridgetest.Heard) bool { return m.RepliesTo == secret })
	if told.Text != say.English.Say(say.KeysWithheld) || !told.WasEncrypted {
		t.Errorf("alice was told %v", told)
	}
	trusts(id.TrustStateUnset)
	alice.Says(room, "for everybody")
	if err := h.parrot("red").hears(bounded(t), "for everybody"); err != nil {
		t.Error(err)
	}
}
