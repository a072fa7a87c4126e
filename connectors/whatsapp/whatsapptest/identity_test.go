package whatsapptest

import (
	"errors"
	"testing"

	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
)

func TestAPersonChangesTheNumber(t *testing.T) {
	s := testServer(t)
	alice, bob := s.MustAddPerson(aliceNumber, "Alice"), s.MustAddPerson(bobNumber, "Bob")
	client := link(t, s, alice, "alice's client")
	group, err := alice.CreateGroup("Team", bobNumber)
	must(t, err)
	hears[*events.JoinedGroup](client, nil)
	id := phoneSays(t, bob, aliceNumber, "my old number")
	client.hearsText("my old number")
	sees(t, alice, "my old number")

	lid, bobs := bob.LID(), link(t, s, bob, "bob's client")
	must(t, bob.ChangeNumber("+33 6 12 34 50 09"))
	hears[*events.LoggedOut](bobs, nil)
	client.hearsOf("modify")
	_, err = alice.WaitForNotice(waiting(t), func(n Notice) bool {
		return n.Kind == NoticeNumberChanged && n.Detail == bobNumber && n.From == "33612345009"
	})
	must(t, err)
	if _, err := s.Phone(bobNumber); !errors.Is(err, ErrNoSuchPerson) {
		t.Errorf("the old number leads to somebody: %v", err)
	}
	phoneSays(t, bob, aliceNumber, "my new number")
	heard := client.hearsText("my new number")
	if heard.Info.Sender != lid || heard.Info.SenderAlt.User != "33612345009" {
		t.Errorf("client heard it from %s / %s", heard.Info.Sender, heard.Info.SenderAlt)
	}
	sees(t, alice, "my new number")
	_, err = bob.Edit(waiting(t), aliceNumber, id, "that was my old number")
	must(t, err)
	if edited := sees(t, alice, "that was my old number"); edited.Chat != "33612345009" || edited.ID != id {
		t.Errorf("Alice's phone shows %+v", edited)
	}
	phoneSays(t, bob, group, "still a member")
	client.hearsText("still a member")
	if err := bob.ChangeNumber(aliceNumber); !errors.Is(err, ErrPersonExists) {
		t.Errorf("Bob takes Alice's number: %v", err)
	}
	if dave := s.MustAddPerson(bobNumber, "Dave"); dave.LID() == lid {
		t.Error("who gets an old number gets the identity with it")
	}
}

func TestAChatMovesFromTheNumberToTheLID(t *testing.T) {
	s := testServer(t)
	alice, bob := s.MustAddPerson(aliceNumber, "Alice"), s.MustAddPerson(bobNumber, "Bob")
	must(t, bob.SetAddressing(ByNumber))
	client := link(t, s, alice, "alice's client")
	id := phoneSays(t, bob, aliceNumber, "by number")
	heard := client.hearsText("by number")
	if heard.Info.Chat != bob.PN() || heard.Info.SenderAlt != bob.LID() {
		t.Errorf("client heard it from %s / %s", heard.Info.Sender, heard.Info.SenderAlt)
	}
	client.says(bob.PN(), "got it")
	sees(t, bob, "got it")
	client.isThereFor(bob)
	must(t, bob.Typing(aliceNumber, true))
	hears(client, func(e *events.ChatPresence) bool { return e.Chat == bob.PN() })
	hears(client, func(e *events.Receipt) bool { return e.Chat == bob.PN() && e.Type == types.ReceiptTypeDelivered })
	phoneSays(t, alice, bobNumber, "from my phone")
	if own := client.hearsText("from my phone").Info; own.Chat != bob.PN() || own.RecipientAlt != bob.LID() || !own.IsFromMe {
		t.Errorf("client heard %+v", own)
	}
	if chat := alice.History().GetConversations()[0]; chat.GetID() != bob.PN().String() {
		t.Errorf("history names the chat %s", chat.GetID())
	}

	must(t, bob.SetAddressing(ByLID))
	must(t, alice.MigrateToLIDs(waiting(t), 1))
	hears(client, func(e *events.Message) bool {
		return e.Message.GetProtocolMessage().GetLidMigrationMappingSyncMessage() != nil
	})
	if client.Store.LIDMigrationTimestamp == 0 {
		t.Error("client does not know that chats were moved")
	}
	_, err := bob.Reply(waiting(t), aliceNumber, id, "by LID")
	must(t, err)
	if heard := client.hearsText("by LID"); heard.Info.Chat != bob.LID() || heard.Info.SenderAlt != bob.PN() {
		t.Errorf("client heard it from %s / %s", heard.Info.Sender, heard.Info.SenderAlt)
	}
	if bob.SetAddressing("by name") == nil {
		t.Error("an unknown addressing was set")
	}
}

func TestALIDThatHasToBeAskedFor(t *testing.T) {
	s := testServer(t)
	alice, bob := s.MustAddPerson(aliceNumber, "Alice"), s.MustAddPerson(bobNumber, "Bob")
	must(t, bob.SetAddressing(ByNumberOnly))
	client := link(t, s, alice, "alice's client")
	phoneSays(t, bob, aliceNumber, "guess who")
	heard := client.hearsText("guess who")
	if heard.Info.Sender != bob.PN() || !heard.Info.SenderAlt.IsEmpty() {
		t.Errorf("client heard it from %s / %s", heard.Info.Sender, heard.Info.SenderAlt)
	}
	if known, err := client.Store.LIDs.GetLIDForPN(waiting(t), bob.PN()); err != nil || !known.IsEmpty() {
		t.Errorf("client knows %s, %v", known, err)
	}
	found, err := client.GetUserInfo(waiting(t), []types.JID{bob.PN()})
	must(t, err)
	if found[bob.PN()].LID != bob.LID() {
		t.Errorf("client finds %+v", found)
	}
	client.says(bob.PN(), "Bob!")
	sees(t, bob, "Bob!")
	phoneSays(t, bob, aliceNumber, "right")
	client.hearsText("right")
}

func TestAPersonHasANewPhone(t *testing.T) {
	s := testServer(t)
	alice, bob := s.MustAddPerson(aliceNumber, "Alice"), s.MustAddPerson(bobNumber, "Bob")
	client := link(t, s, alice, "alice's client")
	phoneSays(t, bob, aliceNumber, "from my old phone")
	client.hearsText("from my old phone")
	client.says(bob.LID(), "hello")
	sees(t, bob, "hello")
	phoneSays(t, alice, bobNumber, "hello from my phone")
	sees(t, bob, "hello from my phone")

	bobs := link(t, s, bob, "bob's client")
	must(t, bob.Reinstall())
	hears[*events.LoggedOut](bobs, nil)
	if changed := hears[*events.IdentityChange](client, nil); changed.JID != bob.LID() {
		t.Errorf("client heard of %s", changed.JID)
	}
	_, err := alice.WaitForNotice(waiting(t), func(n Notice) bool { return n.Kind == NoticeIdentity && n.From == bobNumber })
	must(t, err)
	phoneSays(t, bob, aliceNumber, "from my new phone")
	client.hearsText("from my new phone")
	sees(t, alice, "from my new phone")
	client.says(bob.LID(), "congratulations")
	sees(t, bob, "congratulations")
	phoneSays(t, alice, bobNumber, "indeed")
	sees(t, bob, "indeed")
	again := link(t, s, bob, "bob's new client")
	client.says(bob.LID(), "all there?")
	again.hearsText("all there?")
}
