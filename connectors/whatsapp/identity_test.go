package whatsapp

import (
	"testing"

	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/bridgev2/status"

	"passerelle/connectors/whatsapp/whatsapptest"
)

// The tests of this file are named after what other bridges are known to get wrong: one person as two contacts, and a chat
// that is a new room after it moved.

// ghosts counts the contacts other than the account itself that stand in rooms.
func (w *world) ghosts(but ...*whatsapptest.Phone) int {
	seen := map[string]bool{}
	w.matrix.change(func() {
		for _, r := range w.matrix.rooms {
			for user := range r.members {
				if w.bridge.IsGhostMXID(user) {
					seen[string(user)] = true
				}
			}
		}
	})
	for _, phone := range but {
		delete(seen, string(ghostOf(phone)))
	}
	return len(seen)
}

func TestOnePersonIsNotTwoGhostsByNumberAndByLID(t *testing.T) {
	w := newWorld(t)
	alicesPhone, bob := w.phones.MustAddPerson(aliceNumber, "Alice"), w.phones.MustAddPerson(bobNumber, "Bob")
	w.link(alice, alicesPhone)
	for _, how := range []whatsapptest.Addressing{whatsapptest.ByNumberOnly, whatsapptest.ByNumber, whatsapptest.ByLID} {
		if err := bob.SetAddressing(how); err != nil {
			t.Fatal(err)
		}
		must[string](t)(bob.Send(t.Context(), aliceNumber, "Named by "+string(how)))
		in, said := w.hears("Named by " + string(how))
		if said.by != ghostOf(bob) || in != w.only(bob) {
			t.Errorf("named by %s, Bob is %s in %s", how, said.by, in.id)
		}
		w.says(in, alice, text("Heard by "+string(how)))
		must[whatsapptest.Entry](t)(bob.WaitForText(deadline(t), "Heard by "+string(how)))
	}
	// What she writes on her phone names him otherwise again.
	must[string](t)(alicesPhone.Send(t.Context(), bobNumber, "From the train"))
	if in, _ := w.hears("From the train"); in != w.only(bob) {
		t.Errorf("her own words come into %s", in.id)
	}
	if n := w.ghosts(alicesPhone); n != 1 {
		t.Errorf("Bob is %d contacts", n)
	}
}

func TestAGroupMemberAndADirectContactAreOneGhost(t *testing.T) {
	w := newWorld(t)
	alicesPhone, bob := w.phones.MustAddPerson(aliceNumber, "Alice"), w.phones.MustAddPerson(bobNumber, "Bob")
	w.link(alice, alicesPhone)
	if err := bob.SetAddressing(whatsapptest.ByNumberOnly); err != nil {
		t.Fatal(err)
	}
	must[string](t)(bob.Send(t.Context(), aliceNumber, "Direct"))
	_, direct := w.hears("Direct")
	group := must[string](t)(bob.CreateGroup("Harbour works", aliceNumber))
	must[string](t)(bob.Send(t.Context(), group, "In the group"))
	if _, said := w.hears("In the group"); said.by != direct.by {
		t.Errorf("Bob is %s in the group and %s in the direct chat", said.by, direct.by)
	}
	if n := w.ghosts(alicesPhone); n != 1 {
		t.Errorf("Bob is %d contacts", n)
	}
}

func TestANumberChangeKeepsGhostAndRoom(t *testing.T) {
	const newNumber = "+4915112345678"
	w := newWorld(t)
	alicesPhone, bob := w.phones.MustAddPerson(aliceNumber, "Alice"), w.phones.MustAddPerson(bobNumber, "Bob")
	w.link(alice, alicesPhone)
	bot := w.botRoom(alice)
	must[string](t)(bob.Send(t.Context(), aliceNumber, "Before"))
	in, before := w.hears("Before")
	if err := bob.ChangeNumber(newNumber); err != nil {
		t.Fatal(err)
	}
	must[string](t)(bob.Send(t.Context(), aliceNumber, "After"))
	if same, after := w.hears("After"); same != in || after.by != before.by {
		t.Errorf("after the change Bob is %s in %s", after.by, same.id)
	}
	w.says(in, alice, text("Congratulations"))
	must[whatsapptest.Entry](t)(bob.WaitForText(deadline(t), "Congratulations"))
	w.answers(bot, alice, "start-chat "+newNumber, w.connector.link(in.id))
	w.answers(in, alice, "who", newNumber)
	if n := w.ghosts(alicesPhone); n != 1 {
		t.Errorf("Bob is %d contacts", n)
	}
}

func TestANumberThatIsGivenToSomebodyElseIsAnotherGhost(t *testing.T) {
	w := newWorld(t)
	alicesPhone, bob := w.phones.MustAddPerson(aliceNumber, "Alice"), w.phones.MustAddPerson(bobNumber, "Bob")
	w.link(alice, alicesPhone)
	must[string](t)(bob.Send(t.Context(), aliceNumber, "It is Bob"))
	bobs, asBob := w.hears("It is Bob")
	if err := bob.ChangeNumber("+4915112345678"); err != nil {
		t.Fatal(err)
	}
	must[string](t)(bob.Send(t.Context(), aliceNumber, "I have a new number"))
	w.hears("I have a new number")
	dora := w.phones.MustAddPerson(bobNumber, "Dora")
	must[string](t)(dora.Send(t.Context(), aliceNumber, "It is Dora"))
	if doras, said := w.hears("It is Dora"); doras == bobs || said.by == asBob.by {
		t.Errorf("Dora is %s in %s, as Bob was", said.by, doras.id)
	}
}

func TestAChatThatMovesToLIDsStaysInItsRoom(t *testing.T) {
	w := newWorld(t)
	alicesPhone, bob := w.phones.MustAddPerson(aliceNumber, "Alice"), w.phones.MustAddPerson(bobNumber, "Bob")
	w.link(alice, alicesPhone)
	if err := bob.SetAddressing(whatsapptest.ByNumber); err != nil {
		t.Fatal(err)
	}
	first := must[string](t)(bob.Send(t.Context(), aliceNumber, "Before the move"))
	in, before := w.hears("Before the move")
	if err := alicesPhone.MigrateToLIDs(t.Context(), alicesPhone.Devices()[0].ID); err != nil {
		t.Fatal(err)
	}
	if err := bob.SetAddressing(whatsapptest.ByLID); err != nil {
		t.Fatal(err)
	}
	// An answer across the move finds what it answers.
	must[string](t)(bob.Reply(t.Context(), aliceNumber, first, "After the move"))
	same, after := w.hears("After the move")
	if same != in || after.by != before.by || after.content.RelatesTo.GetReplyTo() != before.id {
		t.Errorf("after the move Bob is %s in %s, and answers %q", after.by, same.id, after.content.RelatesTo.GetReplyTo())
	}
	w.stop()
	w.start()
	must[string](t)(bob.Send(t.Context(), aliceNumber, "After a restart"))
	if same, _ := w.hears("After a restart"); same != in {
		t.Errorf("after a restart Bob writes into %s", same.id)
	}
	if n := w.ghosts(alicesPhone); n != 1 {
		t.Errorf("Bob is %d contacts", n)
	}
}

func TestANewPhoneKeepsGhostAndRoom(t *testing.T) {
	w := newWorld(t)
	bob := w.phones.MustAddPerson(bobNumber, "Bob")
	w.link(alice, w.phones.MustAddPerson(aliceNumber, "Alice"))
	must[string](t)(bob.Send(t.Context(), aliceNumber, "Before"))
	in, before := w.hears("Before")
	if err := bob.Reinstall(); err != nil {
		t.Fatal(err)
	}
	must[string](t)(bob.Send(t.Context(), aliceNumber, "From a new phone"))
	if same, after := w.hears("From a new phone"); same != in || after.by != before.by {
		t.Errorf("with a new phone Bob is %s in %s", after.by, same.id)
	}
	nice := w.says(in, alice, text("Nice"))
	must[whatsapptest.Entry](t)(bob.WaitForText(deadline(t), "Nice"))
	w.matrix.outcome(t, nice)
}

func TestALinkThatIsMadeAgainDoublesNoRoom(t *testing.T) {
	w := newWorld(t)
	alicesPhone, bob := w.phones.MustAddPerson(aliceNumber, "Alice"), w.phones.MustAddPerson(bobNumber, "Bob")
	w.link(alice, alicesPhone)
	must[string](t)(bob.Send(t.Context(), aliceNumber, "Before"))
	in, _ := w.hears("Before")
	if err := alicesPhone.Unlink(alicesPhone.Devices()[0].ID); err != nil {
		t.Fatal(err)
	}
	w.matrix.becomes(t, status.StateBadCredentials)
	w.link(alice, alicesPhone)
	must[string](t)(bob.Send(t.Context(), aliceNumber, "After"))
	if same, _ := w.hears("After"); same != in {
		t.Errorf("after a new link Bob writes into %s", same.id)
	}
	portals := must[[]*bridgev2.Portal](t)(w.bridge.GetAllPortalsWithMXID(t.Context()))
	if len(portals) != 1 {
		t.Errorf("there are %d chats", len(portals))
	}
}
