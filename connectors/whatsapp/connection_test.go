package whatsapp

import (
	"strings"
	"testing"

	"maunium.net/go/mautrix/bridgev2/status"

	"passerelle/connectors/whatsapp/whatsapptest"
)

func TestTheConnectionComesBack(t *testing.T) {
	w := newWorld(t)
	alicesPhone, bob := w.phones.MustAddPerson(aliceNumber, "Alice"), w.phones.MustAddPerson(bobNumber, "Bob")
	w.link(alice, alicesPhone)
	must[string](t)(bob.Send(t.Context(), aliceNumber, "before"))
	in, _ := w.hears("before")
	if err := alicesPhone.Cut(alicesPhone.Devices()[0].ID); err != nil {
		t.Fatal(err)
	}
	w.says(in, alice, text("meanwhile"))
	must[whatsapptest.Entry](t)(bob.WaitForText(deadline(t), "meanwhile"))
	must[string](t)(bob.Send(t.Context(), aliceNumber, "after"))
	w.hears("after")
	w.matrix.becomes(t, status.StateConnected)
}

func TestTroubleIsSaid(t *testing.T) {
	w := newWorld(t)
	alicesPhone := w.phones.MustAddPerson(aliceNumber, "Alice")
	w.link(alice, alicesPhone)
	device := alicesPhone.Devices()[0].ID
	for name, c := range map[string]struct {
		happens func() error
		refusal whatsapptest.Refusal
		state   status.BridgeStateEvent
		says    string
	}{
		"used elsewhere": {happens: func() error { return alicesPhone.ReplaceStream(device) }, state: status.StateUnknownError, says: "another program"},
		"outdated":       {refusal: whatsapptest.Refusal{Reason: 405}, state: status.StateUnknownError, says: "newer version"},
		"refused":        {refusal: whatsapptest.Refusal{Reason: 400}, state: status.StateUnknownError, says: "refused"},
		"busy":           {refusal: whatsapptest.Refusal{Reason: 503}, state: status.StateConnected},
		"sent away":      {happens: func() error { return alicesPhone.StreamError(device, "515") }, state: status.StateConnected},
		"restarting":     {happens: func() error { return alicesPhone.StreamError(device, "503") }, state: status.StateConnected},
	} {
		w.stop()
		if c.refusal.Reason != 0 {
			if err := alicesPhone.RefuseLogin(device, c.refusal); err != nil {
				t.Fatal(err)
			}
		}
		w.matrix.change(func() { w.matrix.states = nil })
		w.start()
		if c.happens != nil {
			w.matrix.becomes(t, status.StateConnected)
			w.matrix.change(func() { w.matrix.states = nil })
			if err := c.happens(); err != nil {
				t.Fatal(err)
			}
		}
		if got := w.matrix.becomes(t, c.state); !strings.Contains(got.Message, c.says) {
			t.Errorf("%s: Alice reads %q, want something about %q", name, got.Message, c.says)
		}
		if err := alicesPhone.ClearFaults(device); err != nil {
			t.Fatal(err)
		}
	}
}

func TestTheLinkIsRemovedOnThePhone(t *testing.T) {
	w := newWorld(t)
	alicesPhone, bob := w.phones.MustAddPerson(aliceNumber, "Alice"), w.phones.MustAddPerson(bobNumber, "Bob")
	a := w.link(alice, alicesPhone)
	must[string](t)(bob.Send(t.Context(), aliceNumber, "before"))
	in, _ := w.hears("before")
	w.matrix.becomes(t, status.StateConnected)
	if err := alicesPhone.Unlink(alicesPhone.Devices()[0].ID); err != nil {
		t.Fatal(err)
	}
	state := w.matrix.becomes(t, status.StateBadCredentials)
	if !strings.HasPrefix(state.Message, "You are logged out of WhatsApp") || state.UserAction != status.UserActionRelogin {
		t.Errorf("Alice reads %+v", state)
	}
	if a.IsLoggedIn() {
		t.Error("the login says that it is logged in")
	}
	// The same after a start; then Alice links again, and the room is the same one.
	w.stop()
	w.start()
	w.matrix.becomes(t, status.StateBadCredentials)
	w.link(alice, alicesPhone)
	w.matrix.becomes(t, status.StateConnected)
	must[string](t)(bob.Send(t.Context(), aliceNumber, "again"))
	if same, _ := w.hears("again"); same.id != in.id {
		t.Errorf("after the new link Bob writes into %s, want %s", same.id, in.id)
	}
}
