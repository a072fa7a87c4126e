package whatsapptest

import (
	"testing"

	"go.mau.fi/whatsmeow/types/events"
)

// rings waits until a phone notes a step of a call.
func rings(t *testing.T, p *Phone, step string) {
	t.Helper()
	_, err := p.WaitForNotice(waiting(t), func(n Notice) bool { return n.Kind == NoticeCall && n.Detail == step })
	must(t, err)
}

func TestACallIsOfferedAndEnds(t *testing.T) {
	s := testServer(t)
	alice, bob := s.MustAddPerson(aliceNumber, "Alice"), s.MustAddPerson(bobNumber, "Bob")
	client := link(t, s, alice, "alice's client")
	id, err := bob.Call(aliceNumber, true)
	must(t, err)
	offer := hears[*events.CallOffer](client, nil)
	if offer.CallID != id || offer.CallCreator != bob.LID() || offer.CallCreatorAlt != bob.PN() || len(offer.Data.GetChildrenByTag("video")) != 1 {
		t.Errorf("client heard %+v", offer)
	}
	rings(t, alice, "offer "+id)
	must(t, bob.HangUp(aliceNumber, id, "timeout"))
	if end := hears[*events.CallTerminate](client, nil); end.CallID != id || end.Reason != "timeout" {
		t.Errorf("client heard %+v", end)
	}

	id, err = bob.Call(aliceNumber, false)
	must(t, err)
	hears[*events.CallOffer](client, nil)
	must(t, alice.AcceptCall(bobNumber, id))
	rings(t, bob, "accept "+id)
	if end := hears[*events.CallTerminate](client, nil); end.CallID != id || end.Reason != "accepted_elsewhere" {
		t.Errorf("client heard %+v", end)
	}
}

func TestAClientRejectsACall(t *testing.T) {
	s := testServer(t)
	alice, bob := s.MustAddPerson(aliceNumber, "Alice"), s.MustAddPerson(bobNumber, "Bob")
	client := link(t, s, alice, "alice's client")
	id, err := bob.Call(aliceNumber, false)
	must(t, err)
	offer := hears[*events.CallOffer](client, nil)
	must(t, client.RejectCall(waiting(t), offer.From, offer.CallID))
	rings(t, bob, "reject "+id)
	rings(t, alice, "terminate "+id)
	id, err = alice.Call(bobNumber, false)
	must(t, err)
	must(t, bob.RejectCall(aliceNumber, id))
	if heard := hears[*events.CallReject](client, nil); heard.CallID != id || heard.CallCreator != alice.LID() {
		t.Errorf("client heard %+v", heard)
	}
	settled(t, alice, 1)
}

func TestAGroupIsCalled(t *testing.T) {
	s := testServer(t)
	alice, bob := s.MustAddPerson(aliceNumber, "Alice"), s.MustAddPerson(bobNumber, "Bob")
	client := link(t, s, alice, "alice's client")
	group, err := bob.CreateGroup("Team", aliceNumber)
	must(t, err)
	id, err := bob.CallGroup(group, true)
	must(t, err)
	heard := hears[*events.CallOfferNotice](client, nil)
	if heard.CallID != id || heard.GroupJID.String() != group || heard.Media != "video" || heard.Type != "group" {
		t.Errorf("client heard %+v", heard)
	}
	rings(t, alice, "offer_notice "+id)
}
