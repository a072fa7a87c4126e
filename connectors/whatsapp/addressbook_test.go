package whatsapp

import (
	"strings"
	"testing"

	"maunium.net/go/mautrix/bridgev2/provisionutil"
)

func TestANameFromOnesAddressBookNeverShowsToAnother(t *testing.T) {
	w := newWorld(t)
	alicesPhone, carolsPhone := w.phones.MustAddPerson(aliceNumber, "Alice"), w.phones.MustAddPerson(carolNumber, "Carol")
	bob := w.phones.MustAddPerson(bobNumber, "Bob")
	if err := alicesPhone.SaveContact(bobNumber, "Bob the informer"); err != nil {
		t.Fatal(err)
	}
	a := w.link(alice, alicesPhone)
	w.link(carol, carolsPhone)
	alicesBot, carolsBot := w.botRoom(alice), w.botRoom(carol)
	w.eventually("Alice's address book", func() bool { return a.ownName(t.Context(), bob.LID()) == "Bob the informer" })

	must[string](t)(bob.Send(t.Context(), aliceNumber, "To Alice"))
	must[string](t)(bob.Send(t.Context(), carolNumber, "To Carol"))
	hers, _ := w.hears("To Alice")
	other, _ := w.hears("To Carol")
	w.matrix.wait(t, "Alice's name for Bob on her room", func() bool { return hers.name == "Bob the informer" })

	// Alice alone finds him by it, also through the programs that list people, which save what they list.
	w.answers(alicesBot, alice, "contacts", "Bob the informer", bobNumber, w.connector.link(hers.id))
	w.answers(alicesBot, alice, "search INFORM", "Bob the informer")
	w.answers(alicesBot, alice, "search 7012", "Bob the informer")
	w.answers(carolsBot, carol, "contacts", "Your address book is empty")
	w.answers(carolsBot, carol, "search inform", "Nobody you know")
	if found, err := provisionutil.SearchUsers(t.Context(), a.login, "informer"); err != nil || len(found.Results) != 1 || found.Results[0].Name != "Bob the informer" {
		t.Errorf("Alice finds %+v, %v", found, err)
	}
	if found, err := provisionutil.GetContactList(t.Context(), a.login); err != nil || len(found.Contacts) != 1 || found.Contacts[0].DMRoomID != hers.id {
		t.Errorf("Alice's contacts are %+v, %v", found, err)
	}
	if _, err := provisionutil.ResolveIdentifier(t.Context(), a.login, bobNumber, false); err != nil {
		t.Error(err)
	}

	if err := alicesPhone.SaveContact(bobNumber, "Bob the traitor"); err != nil {
		t.Fatal(err)
	}
	w.matrix.wait(t, "Alice's new name for Bob", func() bool { return hers.name == "Bob the traitor" })
	w.matrix.change(func() {
		if other.name != "" {
			t.Errorf("Carol's room with Bob is called %q", other.name)
		}
		if name := w.matrix.profiles[ghostOf(bob)]; name != "Bob (WhatsApp)" {
			t.Errorf("everybody sees Bob as %q", name)
		}
		for _, r := range w.matrix.rooms {
			for _, s := range r.said {
				if r != alicesBot && (strings.Contains(s.content.Body, "informer") || strings.Contains(s.content.Body, "traitor")) {
					t.Errorf("%s holds %q", r.id, s.content.Body)
				}
			}
		}
	})
}

func TestARoomThatOthersReadDoesNotGetTheOwnersName(t *testing.T) {
	w := newWorld(t)
	alicesPhone, bob := w.phones.MustAddPerson(aliceNumber, "Alice"), w.phones.MustAddPerson(bobNumber, "Bob")
	a := w.link(alice, alicesPhone)
	must[string](t)(bob.Send(t.Context(), aliceNumber, "Moin"))
	in, _ := w.hears("Moin")
	w.matrix.change(func() { in.join(carol) })
	if err := alicesPhone.SaveContact(bobNumber, "Bob the informer"); err != nil {
		t.Fatal(err)
	}
	w.eventually("Alice's address book", func() bool { return a.ownName(t.Context(), bob.LID()) == "Bob the informer" })
	must[string](t)(bob.Send(t.Context(), aliceNumber, "Still there?"))
	w.hears("Still there?")
	w.matrix.change(func() {
		if in.name != "" {
			t.Errorf("Carol reads that Alice calls him %q", in.name)
		}
	})
	if answer := w.asks(in, alice, "who"); !strings.Contains(answer, "Others read here") {
		t.Errorf("with Carol in the room the bot answers %q", answer)
	}
}
