package whatsapp

import (
	"strings"
	"testing"
	"time"

	"maunium.net/go/mautrix/event"

	"passerelle/connectors/whatsapp/whatsapptest"
	"passerelle/portal/say"
)

func TestWhomTheAccountMayNotWriteToFirst(t *testing.T) {
	w := newWorld(t)
	alicesPhone, bob := w.phones.MustAddPerson(aliceNumber, "Alice"), w.phones.MustAddPerson(bobNumber, "Bob")
	carol, dave := w.phones.MustAddPerson(carolNumber, "Carol"), w.phones.MustAddPerson(daveNumber, "Dave")
	w.link(alice, alicesPhone)
	desk := w.botRoom(alice)
	must[string](t)(bob.Send(t.Context(), aliceNumber, "before"))
	withBob, _ := w.hears("before")
	withCarol, withDave := w.chatWith(alice, carol), w.chatWith(alice, dave)

	until := time.Now().Add(72 * time.Hour)
	if err := alicesPhone.Timelock(until); err != nil {
		t.Fatal(err)
	}
	told := w.isTold(desk, "does not let your account write from here to people who have not written to you")
	if want := "Until " + say.English.Moment(until, w.connector.now()); !strings.HasPrefix(told, want) {
		t.Errorf("Alice reads %q, want %q", told, want)
	}
	status := w.matrix.outcome(t, w.says(withCarol, alice, text("Hello Carol")))
	if want := "until " + say.English.Moment(until, w.connector.now()) + " it does not let your account"; status.Status != event.MessageStatusFail || !strings.Contains(status.Message, want) {
		t.Errorf("of her message to Carol Alice reads %+v, want %q", status, want)
	}
	w.says(withBob, alice, text("Hello Bob"))
	must[whatsapptest.Entry](t)(bob.WaitForText(deadline(t), "Hello Bob"))

	// Told once, however often WhatsApp says it, and over restarts.
	w.stop()
	w.start()
	w.botRoom(alice)
	if err := alicesPhone.Timelock(until); err != nil {
		t.Fatal(err)
	}
	if err := alicesPhone.Timelock(time.Time{}); err != nil {
		t.Fatal(err)
	}
	w.isTold(desk, "lets your account write to people who have not written to you again")
	w.matrix.change(func() {
		if n := len(desk.said); n != 4 { // the answers to start-chat are two of them
			t.Errorf("the bot has said %d things: %+v", n, desk.said)
		}
	})
	w.says(withDave, alice, text("Hello Dave"))
	must[whatsapptest.Entry](t)(dave.WaitForText(deadline(t), "Hello Dave"))

	// It refuses without having said anything.
	if err := w.phones.RefuseMessagesTo(carol.Number(), refusedFirstContact); err != nil {
		t.Fatal(err)
	}
	status = w.matrix.outcome(t, w.says(withCarol, alice, text("Hello again, Carol")))
	if !strings.Contains(status.Message, "for a while it does not let your account write to people who have not written to you") {
		t.Errorf("Alice reads %q", status.Message)
	}
	if a := w.account(); !a.kept().Timelock.holds(time.Now()) || a.kept().Timelock.holds(time.Now().Add(48*time.Hour)) {
		t.Errorf("what is kept is %+v", a.kept().Timelock)
	}
	// Another error is none of this.
	if err := w.phones.RefuseMessagesTo(carol.Number(), 479); err != nil {
		t.Fatal(err)
	}
	status = w.matrix.outcome(t, w.says(withCarol, alice, text("Carol?")))
	if !strings.HasPrefix(status.Message, "Your message did not reach WhatsApp") {
		t.Errorf("Alice reads %q", status.Message)
	}
}

// isTold waits until somebody in a room reads words, and returns all that is said there with them.
func (w *world) isTold(in *room, words string) (body string) {
	w.t.Helper()
	w.matrix.wait(w.t, "the word "+words, func() bool {
		for _, s := range in.said {
			if strings.Contains(s.content.Body, words) {
				body = s.content.Body
				return true
			}
		}
		return false
	})
	return body
}
