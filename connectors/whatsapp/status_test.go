package whatsapp

import (
	"strings"
	"testing"
	"time"

	"maunium.net/go/mautrix/bridgev2/status"
)

func TestAliceAsksHowHerAccountIs(t *testing.T) {
	w := newWorld(t, hourly)
	bot := w.botRoom(alice)
	w.answers(bot, alice, "status", "You are not linked to WhatsApp")
	alicesPhone := w.phones.MustAddPerson(aliceNumber, "Alice")
	bob, carols := w.phones.MustAddPerson(bobNumber, "Bob"), w.phones.MustAddPerson(carolNumber, "Carol")
	w.link(alice, alicesPhone)
	w.matrix.becomes(t, status.StateConnected)
	w.answers(bot, alice, "status", "WhatsApp, ", "+"+alicesPhone.Number()+": connected since ", "The phone was last online at ",
		"New people written to in the last 24 hours: 0 of 2.", "No message waits.")

	withBob, withCarol := w.chatWith(alice, bob), w.chatWith(alice, carols)
	w.writes(withBob, alice, "Hello Bob").goes(t)
	w.writes(withCarol, alice, "Hello Carol").reads(t, "waits until about")
	if err := alicesPhone.Timelock(time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	w.isTold(bot, "does not let your account write from here to people who have not written to you")
	answer := w.answers(bot, alice, "status", "1 of 2.", "Messages that wait, so that the account is not suspended: 1.\n– for ", ", until about ",
		"does not let your account write from here to people who have not written to you")
	if name := w.account().calls(t.Context(), carols.LID()); !strings.Contains(answer, "– for "+name) {
		t.Errorf("%q does not name %s", answer, name)
	}
	// Others must not read it.
	w.matrix.change(func() { withBob.join(carol) })
	if answer := w.asks(withBob, alice, "status"); strings.Contains(answer, alicesPhone.Number()) {
		t.Errorf("others read %q", answer)
	}

	if err := alicesPhone.Ban(101, time.Hour); err != nil {
		t.Fatal(err)
	}
	w.matrix.becomes(t, status.StateUnknownError)
	w.answers(bot, alice, "status", "not connected since ", "has suspended your account until ")
}
