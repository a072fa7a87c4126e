package whatsapp

import (
	"strings"
	"testing"

	"passerelle/connectors/whatsapp/whatsapptest"
)

func TestWhichRoomIsThisNumberAndWhoIsThisRoom(t *testing.T) {
	w := newWorld(t)
	alicesPhone, bob := w.phones.MustAddPerson(aliceNumber, "Alice"), w.phones.MustAddPerson(bobNumber, "Bob")
	w.link(alice, alicesPhone)
	w.link(carol, w.phones.MustAddPerson(carolNumber, "Carol"))
	bot := w.botRoom(alice)
	w.answers(bot, alice, "which-room "+bobNumber, "You have no chat with "+bobNumber)
	must[string](t)(bob.Send(t.Context(), aliceNumber, "Moin"))
	in, _ := w.hears("Moin")
	w.answers(bot, alice, "which-room +49 170 12345678", "Your chat with Bob is here: "+w.connector.link(in.id))
	w.answers(in, alice, "who", "with Bob", bobNumber)
	// Nobody else is told, not even an administrator in her name.
	w.answers(w.botRoom(carol), carol, "which-room "+bobNumber, "You have no chat")
	w.matrix.change(func() { in.join(carol) })
	if answer := w.asks(in, carol, "who"); strings.Contains(answer, bobNumber) {
		t.Errorf("Carol is told %q", answer)
	}

	group := must[string](t)(bob.CreateGroup("Harbour works", aliceNumber, carolNumber))
	must[string](t)(bob.Send(t.Context(), group, "Welcome"))
	works, _ := w.hears("Welcome")
	w.answers(works, alice, "who", "group “Harbour works”")
}

func TestAliceBlocksAndUnblocksBob(t *testing.T) {
	w := newWorld(t)
	bob := w.phones.MustAddPerson(bobNumber, "Bob")
	a := w.link(alice, w.phones.MustAddPerson(aliceNumber, "Alice"))
	bot := w.botRoom(alice)
	must[string](t)(bob.Send(t.Context(), aliceNumber, "Buy my stamps"))
	in, _ := w.hears("Buy my stamps")

	w.answers(bot, alice, "block", "Say whom")
	w.answers(in, alice, "block", "Bob is blocked")
	if list, err := a.current().GetBlocklist(deadline(t)); err != nil || len(list.JIDs) != 1 || list.JIDs[0] != bob.LID() {
		t.Errorf("WhatsApp lists %+v, %v", list, err)
	}
	bob.Send(t.Context(), aliceNumber, "Do you hear me?") // WhatsApp takes it, and hands it on to nobody
	w.answers(bot, alice, "unblock "+bobNumber, "Bob is not blocked any more")
	if list, err := a.current().GetBlocklist(deadline(t)); err != nil || len(list.JIDs) != 0 {
		t.Errorf("WhatsApp lists %+v, %v", list, err)
	}
	must[string](t)(bob.Send(t.Context(), aliceNumber, "Sorry"))
	w.hears("Sorry")
	w.says(in, alice, text("Hello again"))
	must[whatsapptest.Entry](t)(bob.WaitForText(deadline(t), "Hello again"))
	w.matrix.change(func() {
		for _, s := range in.said {
			if s.content.Body == "Do you hear me?" {
				t.Error("Alice hears Bob while he is blocked")
			}
		}
	})
}
