package whatsapptest

import (
	"testing"

	"go.mau.fi/whatsmeow/types/events"
)

func TestAClientThatLostItsSessionAsksAgain(t *testing.T) {
	s := testServer(t)
	alice, bob := s.MustAddPerson(aliceNumber, "Alice"), s.MustAddPerson(bobNumber, "Bob")
	client := link(t, s, alice, "alice's client")
	phoneSays(t, bob, aliceNumber, "before")
	client.hearsText("before")
	client.says(bob.LID(), "hello")
	sees(t, bob, "hello")
	phoneSays(t, bob, aliceNumber, "in session")
	client.hearsText("in session")

	must(t, client.Store.Sessions.DeleteAllSessions(waiting(t), bob.LID().SignalAddressUser()))
	id := phoneSays(t, bob, aliceNumber, "after")
	hears[*events.UndecryptableMessage](client, nil)
	heard := client.hearsText("after")
	if heard.Info.ID != id || heard.RetryCount == 0 {
		t.Errorf("heard %+v at attempt %d", heard.Info, heard.RetryCount)
	}
	phoneSays(t, bob, aliceNumber, "and on")
	client.hearsText("and on")
}

func TestAPhoneThatLostItsSessionAsksAgain(t *testing.T) {
	s := testServer(t)
	alice, bob := s.MustAddPerson(aliceNumber, "Alice"), s.MustAddPerson(bobNumber, "Bob")
	client := link(t, s, alice, "alice's client")
	client.says(bob.LID(), "before")
	sees(t, bob, "before")
	phoneSays(t, bob, aliceNumber, "hello")
	client.hearsText("hello")
	client.says(bob.LID(), "in session")
	sees(t, bob, "in session")

	bob.LoseSessions()
	client.says(bob.LID(), "after")
	if _, err := bob.WaitForNotice(waiting(t), func(n Notice) bool { return n.Kind == NoticeUndecryptable }); err != nil {
		t.Fatal(err)
	}
	sees(t, bob, "after")
}

func TestAGroupMemberWithoutTheSenderKeyAsksAgain(t *testing.T) {
	s := testServer(t)
	alice, bob := s.MustAddPerson(aliceNumber, "Alice"), s.MustAddPerson(bobNumber, "Bob")
	client := link(t, s, alice, "alice's client")
	group, err := bob.CreateGroup("Team", aliceNumber)
	must(t, err)
	hears[*events.JoinedGroup](client, nil)
	phoneSays(t, bob, group, "before")
	client.hearsText("before")

	// The key for the next message comes in a session that the client does not have any more.
	must(t, client.Store.Sessions.DeleteAllSessions(waiting(t), bob.LID().SignalAddressUser()))
	phoneSays(t, bob, group, "after")
	client.hearsText("after")
	phoneSays(t, bob, group, "and on")
	client.hearsText("and on")
}
