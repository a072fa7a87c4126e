package whatsapptest

import (
	"fmt"
	"testing"
	"time"

	"go.mau.fi/whatsmeow/appstate"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types/events"
)

func TestTheAddressBookReachesAClient(t *testing.T) {
	s := testServer(t)
	alice, bob := s.MustAddPerson(aliceNumber, "Alice"), s.MustAddPerson(bobNumber, "Bob")
	must(t, alice.SaveContact(bobNumber, "Bobby Tables"))
	client := link(t, s, alice, "alice's client")
	contact, err := client.Store.Contacts.GetContact(waiting(t), bob.PN())
	must(t, err)
	if contact.FullName != "Bobby Tables" || client.Store.PushName != "Alice" {
		t.Errorf("client knows %+v and calls its owner %q", contact, client.Store.PushName)
	}
	must(t, alice.SaveContact(bobNumber, "Robert"))
	hears(client, func(e *events.Contact) bool { return e.JID == bob.PN() && e.Action.GetFullName() == "Robert" })
	must(t, alice.SetName("Alice Liddell"))
	hears(client, func(e *events.PushNameSetting) bool { return e.Action.GetName() == "Alice Liddell" })
}

func TestChatMarksBothWays(t *testing.T) {
	s := testServer(t)
	alice, bob := s.MustAddPerson(aliceNumber, "Alice"), s.MustAddPerson(bobNumber, "Bob")
	carol := s.MustAddPerson(carolNumber, "Carol")
	must(t, alice.Pin(carolNumber, true)) // a collection that the client has read gives events from then on
	must(t, alice.Mute(carolNumber, true, time.Hour))
	client := link(t, s, alice, "alice's client")

	must(t, alice.Mute(bobNumber, true, 0))
	hears(client, func(e *events.Mute) bool { return e.JID == bob.LID() && e.Action.GetMuted() })
	must(t, alice.Pin(bobNumber, true))
	hears(client, func(e *events.Pin) bool { return e.JID == bob.LID() && e.Action.GetPinned() })
	must(t, alice.Archive(bobNumber, true))
	hears(client, func(e *events.Archive) bool { return e.JID == bob.LID() && e.Action.GetArchived() })

	must(t, client.SendAppState(waiting(t), appstate.BuildMute(carol.LID(), false, 0)))
	awaitState(t, alice, func() bool {
		return alice.AppStateValue("mute", carol.LID().String()).GetMuteAction().GetMuted() == false
	})
}

// awaitState waits until what a function says of a phone's app state holds.
func awaitState(t *testing.T, p *Phone, holds func() bool) {
	t.Helper()
	ctx := waiting(t)
	for {
		_, changed := p.inbox.noticesSince(0)
		if holds() {
			return
		}
		select {
		case <-changed:
		case <-ctx.Done():
			t.Fatal("the phone's app state never got there")
		}
	}
}

func TestAChangeOnTopOfAnOldVersionConflicts(t *testing.T) {
	s := testServer(t)
	alice, bob := s.MustAddPerson(aliceNumber, "Alice"), s.MustAddPerson(bobNumber, "Bob")
	carol := s.MustAddPerson(carolNumber, "Carol")
	must(t, alice.Pin(bobNumber, true))
	client := link(t, s, alice, "alice's client")

	must(t, alice.Tamper(1, Rule{Fault: Drop, Tag: "notification"})) // the client does not learn of the next change
	must(t, alice.Pin(bobNumber, false))
	must(t, client.SendAppState(waiting(t), appstate.BuildPin(carol.LID(), true)))
	hears(client, func(e *events.Pin) bool { return e.JID == bob.LID() && !e.Action.GetPinned() })
	awaitState(t, alice, func() bool {
		return alice.AppStateValue("pin_v1", carol.LID().String()).GetPinAction().GetPinned()
	})
}

func TestALongHistoryOfChangesComesAsASnapshot(t *testing.T) {
	s := testServer(t)
	alice, bob := s.MustAddPerson(aliceNumber, "Alice"), s.MustAddPerson(bobNumber, "Bob")
	for i := range s.options.SnapshotAfter + 2 {
		must(t, alice.SaveContact(bobNumber, fmt.Sprintf("Bob %d", i)))
	}
	client := link(t, s, alice, "alice's client")
	contact, err := client.Store.Contacts.GetContact(waiting(t), bob.PN())
	must(t, err)
	if want := fmt.Sprintf("Bob %d", s.options.SnapshotAfter+1); contact.FullName != want {
		t.Errorf("client knows %q instead of %q", contact.FullName, want)
	}
	must(t, alice.SaveContact(bobNumber, "Bob at last"))
	hears(client, func(e *events.Contact) bool { return e.Action.GetFullName() == "Bob at last" })
}

func TestALongHistoryOfChangesComesInParts(t *testing.T) {
	s := testServer(t, func(o *Options) { o.SnapshotAfter = 1000 })
	alice := s.MustAddPerson(aliceNumber, "Alice")
	for i := range patchesPerAnswer + 5 {
		number := fmt.Sprint(33700000000 + i)
		s.MustAddPerson(number, "somebody")
		must(t, alice.SaveContact(number, fmt.Sprintf("Contact %d", i)))
	}
	client := link(t, s, alice, "alice's client")
	contacts, err := client.Store.Contacts.GetAllContacts(waiting(t))
	must(t, err)
	named := 0
	for _, contact := range contacts {
		if contact.FullName != "" {
			named++
		}
	}
	if named != patchesPerAnswer+5 {
		t.Errorf("client knows %d contacts instead of %d", named, patchesPerAnswer+5)
	}
}

func TestAClientThatLostTheKeyAsksForIt(t *testing.T) {
	s := testServer(t)
	alice := s.MustAddPerson(aliceNumber, "Alice")
	client := link(t, s, alice, "alice's client")
	keys := func() []*waE2E.AppStateSyncKeyId { return []*waE2E.AppStateSyncKeyId{alice.state.key.GetKeyID()} }
	_, err := client.SendPeerMessage(waiting(t), &waE2E.Message{ProtocolMessage: &waE2E.ProtocolMessage{
		Type:                   waE2E.ProtocolMessage_APP_STATE_SYNC_KEY_REQUEST.Enum(),
		AppStateSyncKeyRequest: &waE2E.AppStateSyncKeyRequest{KeyIDs: keys()},
	}})
	must(t, err)
	hears(client, func(e *events.Message) bool {
		return e.Message.GetProtocolMessage().GetAppStateSyncKeyShare() != nil
	})
}
