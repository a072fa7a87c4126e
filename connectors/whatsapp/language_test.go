package whatsapp

import (
	"strings"
	"testing"

	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/bridgev2/status"

	"passerelle/portal"
	"passerelle/portal/say"
)

// TestWhoReadsDecidesAboutTheLanguage: Alice chose French, her group's room is everybody's.
func TestWhoReadsDecidesAboutTheLanguage(t *testing.T) {
	w := newWorld(t)
	w.languages[alice] = say.French
	alicesPhone, bob := w.phones.MustAddPerson(aliceNumber, "Alice"), w.phones.MustAddPerson(bobNumber, "Bob")
	user := must[*bridgev2.User](t)(w.bridge.GetUserByMXID(t.Context(), alice))
	process := must[bridgev2.LoginProcess](t)(w.connector.CreateLogin(t.Context(), user, flowQR))
	step := must[*bridgev2.LoginStep](t)(process.Start(t.Context()))
	if step.Instructions != say.French.Say(say.ScanQR, networkName) {
		t.Errorf("Alice reads %q", step.Instructions)
	}
	if _, err := alicesPhone.ScanQR(t.Context(), step.DisplayAndWaitParams.Data); err != nil {
		t.Fatal(err)
	}
	w.completes(process)

	must[string](t)(bob.Send(t.Context(), aliceNumber, "Moin"))
	room, _ := w.hears("Moin")
	w.policy.set(func(c portal.Crossing) bool { return strings.Contains(c.Text, "secret") }, nil)
	must[string](t)(bob.Send(t.Context(), aliceNumber, "secret"))
	w.hears(say.French.Say(say.Withheld, networkName))
	refused := w.says(room, alice, text("secret, too"))
	if told := w.matrix.outcome(t, refused); told.Message != say.French.Say(say.WithheldOut, networkName) {
		t.Errorf("Alice reads %q", told.Message)
	}
	w.answers(w.botRoom(alice), alice, "block", say.French.Say(say.BlockWhom))

	group := must[string](t)(bob.CreateGroup("Team", aliceNumber))
	must[string](t)(bob.Send(t.Context(), group, "secret of the team"))
	w.hears(say.English.Say(say.Withheld, networkName))

	if err := alicesPhone.Unlink(alicesPhone.Devices()[0].ID); err != nil {
		t.Fatal(err)
	}
	if state := w.matrix.becomes(t, status.StateBadCredentials); state.Message != say.French.Say(say.LoggedOut, networkName) {
		t.Errorf("Alice reads %q", state.Message)
	}
	if flows := w.connector.LoginFlowsIn(say.French); flows[0].Description != say.French.Say(say.FlowQR) {
		t.Errorf("the ways to log in are %v", flows)
	}
}
