package whatsapptest

import (
	"slices"
	"testing"
	"time"

	"go.mau.fi/whatsmeow/types/events"
)

func TestADriverRunsGroups(t *testing.T) {
	s := testServer(t)
	r := newRemote(t, s)
	alice, bob := s.MustAddPerson(aliceNumber, "Alice"), s.MustAddPerson(bobNumber, "Bob")
	client := link(t, s, alice, "alice's client")
	by := func(in object) object { in["by"] = bobNumber; return in }

	school := r.ok("/groups", object{"subject": "School", "members": []string{bobNumber, aliceNumber}, "community": true})["id"].(string)
	class := "/groups/" + r.ok("/groups", object{"subject": "Class", "members": []string{bobNumber}, "parent": school})["id"].(string)
	r.ok("/groups", object{"subject": "Old", "members": []string{bobNumber}, "by_number": true})
	r.ok(class+"/settings", by(object{"locked": true, "announce": true, "approval": true, "description": "3 b", "timer": 86400, "picture": testPNG(t)}))
	link := r.ok(class+"/invite-link", by(object{}))["link"]
	if in := r.ok("/people/"+aliceNumber+"/join", object{"link": link})["in"]; in != false {
		t.Errorf("Alice is in: %v", in)
	}
	r.ok(class+"/members", by(object{"change": "approve", "members": []string{aliceNumber}}))
	joined := hears(client, func(e *events.JoinedGroup) bool { return e.Name == "Class" })
	if !joined.IsLocked || !joined.IsAnnounce || !joined.IsJoinApprovalRequired || joined.Topic != "3 b" || joined.DisappearingTimer != 86400 {
		t.Errorf("Alice's client joined %+v", joined.GroupInfo)
	}
	for _, linked := range []bool{false, true} {
		r.ok("/groups/"+school+"/link", by(object{"group": joined.JID.String(), "linked": linked}))
	}
	hears(client, func(e *events.GroupInfo) bool { return e.Link != nil })
	r.ok(class+"/members", object{"by": aliceNumber, "change": "leave"})
	hears(client, func(e *events.GroupInfo) bool { return slices.Contains(e.Leave, alice.LID()) })
	invite := r.ok("/people/"+bobNumber+"/send-invite", object{"to": aliceNumber, "group": joined.JID.String(), "caption": "come back"})["id"]
	sees(t, alice, "come back")
	r.ok("/people/"+aliceNumber+"/accept-invite", object{"chat": bobNumber, "id": invite})
	hears(client, func(e *events.JoinedGroup) bool { return e.Name == "Class" })
	r.ok("/groups/"+school+"/end", by(object{}))
	hears(client, func(e *events.GroupInfo) bool { return e.Delete != nil })
	if status, _ := r.call(class+"/subject", object{"by": aliceNumber, "subject": "mine"}); status != 403 {
		t.Errorf("a member of a locked group renames it: %d", status)
	}
	if _, err := s.Group(bob.LID().String()); err == nil {
		t.Error("a person is a group")
	}
}

func TestADriverPlaysWhatHappensToAccounts(t *testing.T) {
	s := testServer(t)
	r := newRemote(t, s)
	alice, bob := s.MustAddPerson(aliceNumber, "Alice"), s.MustAddPerson(bobNumber, "Bob")
	client := link(t, s, alice, "alice's client")
	r.ok("/people/"+bobNumber+"/addressing", object{"addressing": ByNumber})
	r.ok("/people/"+bobNumber+"/send", object{"to": aliceNumber, "text": "hello"})
	if heard := client.hearsText("hello"); heard.Info.Chat != bob.PN() {
		t.Errorf("client heard it from %s", heard.Info.Chat)
	}
	fault := func(f object) { t.Helper(); f["phone"] = aliceNumber; r.ok("/faults", f) }
	fault(object{"kind": "timelock", "expire": "1h"})
	hears[*events.NotifyAccountReachoutTimelock](client, nil)
	fault(object{"kind": "refuse-messages", "to": bobNumber, "code": 479})
	client.refused(bob.LID(), "no", "479")
	fault(object{"kind": "accept-messages"})
	client.says(bob.LID(), "yes")
	r.ok("/people/"+aliceNumber+"/power", object{"on": false})
	r.ok("/people/"+aliceNumber+"/power", object{"on": true})
	r.ok("/people/"+bobNumber+"/reinstall", object{})
	hears[*events.IdentityChange](client, nil)
	r.ok("/people/"+bobNumber+"/number", object{"number": "+33612345009"})
	if _, err := s.Phone("33612345009"); err != nil {
		t.Error(err)
	}
	fault(object{"kind": "ban", "code": 101, "expire": "1h"})
	hears[*events.TemporaryBan](client, nil)
}

func TestADriverDecidesForPeople(t *testing.T) {
	s := testServer(t)
	r := newRemote(t, s)
	alice, bob := s.MustAddPerson(aliceNumber, "Alice"), s.MustAddPerson(bobNumber, "Bob")
	must(t, alice.SaveContact(bobNumber, "Bob"))
	client := link(t, s, alice, "alice's client")
	person := "/people/" + bobNumber
	r.ok(person+"/about", object{"text": "busy"})
	hears(client, func(e *events.UserAbout) bool { return e.Status == "busy" })
	r.ok(person+"/privacy", object{"name": "last", "value": "none"})
	r.ok(person+"/online", object{"online": false, "last_seen": time.Now().Add(-time.Hour)})
	must(t, client.SubscribePresence(waiting(t), bob.LID()))
	if seen := hears[*events.Presence](client, nil); !seen.LastSeen.IsZero() {
		t.Errorf("client heard %+v", seen)
	}
	r.ok(person+"/timer", object{"chat": aliceNumber, "seconds": 3600})
	id := r.ok(person+"/send", object{"to": aliceNumber, "text": "for an hour"})["id"].(string)
	sees(t, alice, "for an hour")
	r.ok("/clock", object{"ahead": "2h"})
	gone(t, alice, id)
	r.ok(person+"/block", object{"phone": aliceNumber, "blocked": true})
	client.says(bob.LID(), "hello?")
	sees(t, alice, "hello?")
	for _, e := range bob.Inbox() {
		if e.Text == "hello?" {
			t.Error("Bob hears whom he blocked")
		}
	}
	call := r.ok("/people/"+bobNumber+"/call", object{"phone": aliceNumber, "video": true})["id"].(string)
	hears(client, func(e *events.CallOffer) bool { return e.CallID == call })
	r.ok("/people/"+bobNumber+"/hang-up", object{"phone": aliceNumber, "call": call})
	hears[*events.CallTerminate](client, nil)
	must(t, bob.SaveContact(aliceNumber, "Alice"))
	r.ok("/people/"+bobNumber+"/send", object{"to": "status@broadcast", "text": "at the beach"})
	client.hearsText("at the beach")
}
