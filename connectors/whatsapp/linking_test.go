package whatsapp

import (
	"context"
	"errors"
	"strings"
	"testing"

	"maunium.net/go/mautrix/bridgev2"

	"passerelle/connectors/whatsapp/whatsapptest"
	"passerelle/portal"
)

func TestAliceLogsOut(t *testing.T) {
	w := newWorld(t)
	alicesPhone := w.phones.MustAddPerson(aliceNumber, "Alice")
	a := w.link(alice, alicesPhone)
	a.login.Logout(t.Context())
	if devices := alicesPhone.Devices(); len(devices) != 0 {
		t.Errorf("the phone still lists %+v", devices)
	}
	if rows, err := w.connector.devices.GetAllDevices(t.Context()); err != nil || len(rows) != 0 {
		t.Errorf("the keys of %d devices are kept, %v", len(rows), err)
	}
	err := w.connector.Deliver(t.Context(), portal.Arrival{Login: string(a.login.ID), Payload: []byte(`{"v":1,"chat":"1@lid","sender":"1@lid","id":"A"}`)})
	if !portal.IsPermanent(err) {
		t.Errorf("what waits for a login that is gone fails with %v, want for good", err)
	}
}

func TestLinkingAgainTakesThePlaceOfTheFirstLink(t *testing.T) {
	w := newWorld(t)
	alicesPhone := w.phones.MustAddPerson(aliceNumber, "Alice")
	first := w.link(alice, alicesPhone)
	second := w.link(alice, alicesPhone)
	if first.login != second.login {
		t.Error("one account has two logins")
	}
	if devices := alicesPhone.Devices(); len(devices) != 1 {
		t.Errorf("the phone lists %+v, want one", devices)
	}
}

func TestAnAccountBelongsToOneMemberOfStaff(t *testing.T) {
	w := newWorld(t)
	alicesPhone := w.phones.MustAddPerson(aliceNumber, "Alice")
	a := w.link(alice, alicesPhone)
	user := must[*bridgev2.User](t)(w.bridge.GetUserByMXID(t.Context(), carol))
	process := must[bridgev2.LoginProcess](t)(w.connector.CreateLogin(t.Context(), user, flowQR))
	step := must[*bridgev2.LoginStep](t)(process.Start(t.Context()))
	must[whatsapptest.DeviceInfo](t)(alicesPhone.ScanQR(t.Context(), step.DisplayAndWaitParams.Data))
	if _, err := process.(bridgev2.LoginProcessDisplayAndWait).Wait(t.Context()); err == nil || !strings.Contains(err.Error(), "somebody else") {
		t.Errorf("Carol reads %v", err)
	}
	if devices := alicesPhone.Devices(); len(devices) != 1 {
		t.Errorf("the phone lists %+v, want Alice's link only", devices)
	}
	if !a.IsLoggedIn() {
		t.Error("Alice lost her login")
	}
}

func TestAliceTypesACode(t *testing.T) {
	w := newWorld(t)
	alicesPhone := w.phones.MustAddPerson(aliceNumber, "Alice")
	user := must[*bridgev2.User](t)(w.bridge.GetUserByMXID(t.Context(), alice))
	process := must[bridgev2.LoginProcess](t)(w.connector.CreateLogin(t.Context(), user, flowCode))
	step := must[*bridgev2.LoginStep](t)(process.Start(t.Context()))
	field := step.UserInputParams.Fields[0]
	if _, err := field.Validate("0612345678"); err == nil || !strings.Contains(err.Error(), "country code") {
		t.Errorf("of a number without country code Alice reads %v", err)
	}
	number := must[string](t)(field.Validate("+33 6 12 34 56 78"))
	step = must[*bridgev2.LoginStep](t)(process.(bridgev2.LoginProcessUserInput).SubmitUserInput(t.Context(), map[string]string{field.ID: number}))
	if step.DisplayAndWaitParams.Type != bridgev2.LoginDisplayTypeCode {
		t.Fatalf("Alice is shown %+v", step)
	}
	must[whatsapptest.DeviceInfo](t)(alicesPhone.EnterCode(t.Context(), step.DisplayAndWaitParams.Data))
	if a := w.completes(process); a.GetUserID() != userID(alicesPhone.LID()) {
		t.Errorf("the login belongs to %s", a.GetUserID())
	}
}

func TestLinkingBreaksInTheMiddle(t *testing.T) {
	w := newWorld(t)
	alicesPhone := w.phones.MustAddPerson(aliceNumber, "Alice")
	user := must[*bridgev2.User](t)(w.bridge.GetUserByMXID(t.Context(), alice))
	links := func() (*bridgev2.LoginStep, error) {
		process := must[bridgev2.LoginProcess](t)(w.connector.CreateLogin(t.Context(), user, flowQR))
		step := must[*bridgev2.LoginStep](t)(process.Start(t.Context()))
		scanning, stop := context.WithCancel(t.Context())
		scanned := make(chan struct{})
		go func() {
			defer close(scanned)
			alicesPhone.ScanQR(scanning, step.DisplayAndWaitParams.Data) // fails, or waits for what never comes
		}()
		defer func() { stop(); <-scanned }()
		return process.(bridgev2.LoginProcessDisplayAndWait).Wait(t.Context())
	}
	w.phones.BreakNextLink("515", false)
	if step, err := links(); err == nil || !strings.Contains(err.Error(), "Write “login”") {
		t.Errorf("Alice reads %v, and is shown %+v", err, step)
	}
	if rows, err := w.connector.devices.GetAllDevices(t.Context()); err != nil || len(rows) != 0 {
		t.Errorf("the keys of %d devices are kept, %v", len(rows), err)
	}
	// The stream error comes while the success is still being worked on.
	w.phones.BreakNextLink("515", true)
	if step, err := links(); err != nil || step.Type != bridgev2.LoginStepTypeComplete {
		t.Errorf("Alice reads %v, and is shown %+v", err, step)
	}
}

func TestALoginIsCancelled(t *testing.T) {
	w := newWorld(t)
	user := must[*bridgev2.User](t)(w.bridge.GetUserByMXID(t.Context(), alice))
	process := must[bridgev2.LoginProcess](t)(w.connector.CreateLogin(t.Context(), user, flowQR))
	must[*bridgev2.LoginStep](t)(process.Start(t.Context()))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := process.(bridgev2.LoginProcessDisplayAndWait).Wait(ctx); err == nil || !strings.Contains(err.Error(), "cancelled") {
		t.Errorf("Alice reads %v", err)
	}
	process.Cancel()
	if process.(*linking).client.IsConnected() {
		t.Error("the client stays connected")
	}
	if _, err := w.connector.CreateLogin(t.Context(), user, "carrier-pigeon"); !errors.Is(err, bridgev2.ErrInvalidLoginFlowID) {
		t.Errorf("an unknown way to log in gives %v", err)
	}
}
