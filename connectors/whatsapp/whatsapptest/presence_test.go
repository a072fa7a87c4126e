package whatsapptest

import (
	"testing"

	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
)

// isThereFor says that somebody is at the client, and waits until a phone's owner sees it.
func (c *companion) isThereFor(watcher *Phone) {
	c.t.Helper()
	owner := c.Store.GetLID().ToNonAD()
	must(c.t, watcher.Watch(owner.String()))
	must(c.t, c.SendPresence(waiting(c.t), types.PresenceAvailable))
	_, err := watcher.WaitForNotice(waiting(c.t), func(n Notice) bool { return n.Kind == NoticeOnline })
	must(c.t, err)
}

func TestTypingBothWays(t *testing.T) {
	s := testServer(t)
	alice, bob := s.MustAddPerson(aliceNumber, "Alice"), s.MustAddPerson(bobNumber, "Bob")
	client := link(t, s, alice, "alice's client")
	ctx := waiting(t)

	must(t, client.SendChatPresence(ctx, bob.LID(), types.ChatPresenceComposing, types.ChatPresenceMediaAudio))
	_, err := bob.WaitForNotice(ctx, func(n Notice) bool { return n.Kind == NoticeTyping && n.From == aliceNumber && n.Detail == "audio" })
	must(t, err)
	must(t, client.SendChatPresence(ctx, bob.LID(), types.ChatPresencePaused, ""))
	_, err = bob.WaitForNotice(ctx, func(n Notice) bool { return n.Kind == NoticePaused })
	must(t, err)
	must(t, bob.Recording(aliceNumber)) // nobody is at the client
	client.isThereFor(bob)
	must(t, bob.Typing(aliceNumber, true))
	if heard := hears[*events.ChatPresence](client, nil); heard.State != types.ChatPresenceComposing || heard.Chat != bob.LID() {
		t.Errorf("client heard %+v", heard)
	}
	must(t, bob.Typing(aliceNumber, false))
	if heard := hears[*events.ChatPresence](client, nil); heard.State != types.ChatPresencePaused {
		t.Errorf("client heard %+v", heard)
	}

	group, err := bob.CreateGroup("Team", aliceNumber)
	must(t, err)
	must(t, bob.Typing(group, true))
	if heard := hears[*events.ChatPresence](client, nil); !heard.IsGroup || heard.Sender != bob.LID() {
		t.Errorf("client heard %+v", heard)
	}
}

func TestPresenceBothWays(t *testing.T) {
	s := testServer(t)
	alice, bob := s.MustAddPerson(aliceNumber, "Alice"), s.MustAddPerson(bobNumber, "Bob")
	client := link(t, s, alice, "alice's client")
	ctx := waiting(t)

	must(t, client.SubscribePresence(ctx, bob.LID()))
	hears(client, func(e *events.Presence) bool { return e.From == bob.LID() && e.Unavailable })
	bob.SetOnline(true)
	hears(client, func(e *events.Presence) bool { return e.From == bob.LID() && !e.Unavailable })
	bob.SetOnline(false)
	hears(client, func(e *events.Presence) bool { return e.Unavailable && !e.LastSeen.IsZero() })

	must(t, bob.Watch(aliceNumber))
	must(t, client.SendPresence(ctx, types.PresenceAvailable))
	_, err := bob.WaitForNotice(ctx, func(n Notice) bool { return n.Kind == NoticeOnline && n.From == aliceNumber })
	must(t, err)
	before := len(bob.Notices())
	client.Disconnect()
	for len(bob.Notices()) == before {
		_, changed := bob.inbox.noticesSince(before)
		select {
		case <-changed:
		case <-ctx.Done():
			t.Fatal("Bob never noticed that Alice left")
		}
	}
	if last := bob.Notices()[before]; last.Kind != NoticeAway {
		t.Errorf("Bob noticed %+v", last)
	}
}

func TestAPersonIsThereAtAnyOfTheirDevices(t *testing.T) {
	s := testServer(t)
	alice, bob := s.MustAddPerson(aliceNumber, "Alice"), s.MustAddPerson(bobNumber, "Bob")
	desk, lap := link(t, s, alice, "desk"), link(t, s, alice, "lap")
	ctx := waiting(t)
	must(t, bob.Watch(aliceNumber))
	must(t, desk.SendPresence(ctx, types.PresenceAvailable))
	_, err := bob.WaitForNotice(ctx, func(n Notice) bool { return n.Kind == NoticeOnline })
	must(t, err)
	must(t, lap.SendPresence(ctx, types.PresenceAvailable))
	must(t, desk.SendPresence(ctx, types.PresenceUnavailable))
	desk.says(bob.LID(), "still here") // goes after the presence
	sees(t, bob, "still here")
	if last := bob.Notices()[len(bob.Notices())-1]; last.Kind != NoticeOnline {
		t.Errorf("Bob noticed %+v", last)
	}
}

func TestTrustIsHandedOn(t *testing.T) {
	s := testServer(t)
	alice, bob := s.MustAddPerson(aliceNumber, "Alice"), s.MustAddPerson(bobNumber, "Bob")
	client, bobs := link(t, s, alice, "alice's client"), link(t, s, bob, "bob's client")
	client.says(bob.LID(), "you may write to me")
	bobs.hearsText("you may write to me")
	ctx := waiting(t)
	for {
		token, err := bobs.Store.PrivacyTokens.GetPrivacyToken(ctx, alice.LID())
		if err == nil && token != nil {
			return
		}
		if !pause(ctx, tick) {
			t.Fatalf("Bob's client never got Alice's token: %v", err)
		}
	}
}

func TestBlockedPeopleAreNotHeard(t *testing.T) {
	s := testServer(t)
	alice, bob := s.MustAddPerson(aliceNumber, "Alice"), s.MustAddPerson(bobNumber, "Bob")
	client := link(t, s, alice, "alice's client")
	list, err := client.UpdateBlocklist(waiting(t), bob.LID(), events.BlocklistChangeActionBlock)
	must(t, err)
	if len(list.JIDs) != 1 || list.JIDs[0] != bob.LID() {
		t.Errorf("list is %+v", list)
	}
	phoneSays(t, bob, aliceNumber, "can you hear me?")
	_, err = client.UpdateBlocklist(waiting(t), bob.LID(), events.BlocklistChangeActionUnblock)
	must(t, err)
	phoneSays(t, bob, aliceNumber, "and now?")
	client.hearsText("and now?")
	for _, e := range alice.Inbox() {
		if e.Text == "can you hear me?" {
			t.Error("a blocked person was heard")
		}
	}
}
