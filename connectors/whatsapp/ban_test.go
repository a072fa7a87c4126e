package whatsapp

import (
	"strings"
	"testing"
	"time"

	"go.mau.fi/whatsmeow/types/events"
	"maunium.net/go/mautrix/bridgev2/status"

	"passerelle/connectors/whatsapp/whatsapptest"
)

func TestASuspendedAccountStaysAwayUntilItIsOver(t *testing.T) {
	w := newWorld(t)
	alicesPhone, bob := w.phones.MustAddPerson(aliceNumber, "Alice"), w.phones.MustAddPerson(bobNumber, "Bob")
	w.link(alice, alicesPhone)
	w.matrix.becomes(t, status.StateConnected)
	device := alicesPhone.Devices()[0].ID
	if err := alicesPhone.Ban(int(events.TempBanSentTooManySameMessage), 26*time.Hour); err != nil {
		t.Fatal(err)
	}
	state := w.matrix.becomes(t, status.StateUnknownError)
	if !strings.HasPrefix(state.Message, "WhatsApp has suspended your account until ") || !strings.Contains(state.Message, "it sent the same message to too many people") {
		t.Errorf("Alice reads %q", state.Message)
	}
	// WhatsApp would let it in, and it does not ask: that is what makes it longer.
	if err := alicesPhone.ClearFaults(device); err != nil {
		t.Fatal(err)
	}
	logins := alicesPhone.Devices()[0].Logins
	w.stop()
	w.matrix.change(func() { w.matrix.states = nil })
	w.start()
	again := w.matrix.becomes(t, status.StateUnknownError)
	if again.Reason != state.Reason || again.Error != codeSuspended {
		t.Errorf("after a restart the state is %+v, before it was %+v", again, state)
	}
	if got := alicesPhone.Devices()[0].Logins; got != logins {
		t.Errorf("the account connected %d times meanwhile", got-logins)
	}
	w.stop()
	w.tune = ahead(27 * time.Hour)
	w.start()
	w.matrix.becomes(t, status.StateConnected)
	must[string](t)(bob.Send(t.Context(), aliceNumber, "Where have you been?"))
	w.hears("Where have you been?")
	if ban := w.account().kept().Ban; ban != (Ban{}) {
		t.Errorf("it is kept that the account is suspended: %+v", ban)
	}
}

func TestASuspensionWithoutAnEndOrReason(t *testing.T) {
	w := newWorld(t)
	now := time.Now()
	for _, odd := range []time.Duration{0, -time.Hour} {
		ban := newBan(&events.TemporaryBan{Code: 999, Expire: odd}, now)
		if !ban.Until.IsZero() || ban.Again != now.Add(unknownBan) {
			t.Errorf("%s: %+v", odd, ban)
		}
		if got := w.connector.suspended(alice, ban); !strings.Contains(got, "for a while: it gives no reason") {
			t.Errorf("%s: %q", odd, got)
		}
	}
}

func TestWhyTheLinkIsGone(t *testing.T) {
	for reason, want := range map[events.ConnectFailureReason]string{
		events.ConnectFailureLoggedOut:      "the link was removed on the phone",
		events.ConnectFailureMainDeviceGone: "signed out on its phone, or locked",
		events.ConnectFailureUnknownLogout:  "ask for a review",
	} {
		w := newWorld(t)
		alicesPhone := w.phones.MustAddPerson(aliceNumber, "Alice")
		w.link(alice, alicesPhone)
		w.stop()
		if err := alicesPhone.RefuseLogin(alicesPhone.Devices()[0].ID, whatsapptest.Refusal{Reason: int(reason)}); err != nil {
			t.Fatal(err)
		}
		for range 2 { // the same after a restart
			w.matrix.change(func() { w.matrix.states = nil })
			w.start()
			if got := w.matrix.becomes(t, status.StateBadCredentials); !strings.Contains(got.Message, want) || got.Reason != reason.NumberString() {
				t.Errorf("%d: Alice reads %q (%s), want %q", reason, got.Message, got.Reason, want)
			}
			w.stop()
		}
		w.start()
	}
}
