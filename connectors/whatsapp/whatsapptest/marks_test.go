package whatsapptest

import (
	"testing"
	"time"

	"go.mau.fi/whatsmeow/appstate"
	"go.mau.fi/whatsmeow/types/events"
)

// marks waits until a chat has marks of which the function holds.
func marks(t *testing.T, p *Phone, chat string, holds func(ChatMarks) bool) {
	t.Helper()
	awaitState(t, p, func() bool {
		m, err := p.Marks(chat)
		must(t, err)
		return holds(m)
	})
}

// linkWithState links a client whose collections are not empty: of those that it has read, it hears the changes.
func linkWithState(t *testing.T, s *Server, alice *Phone) *companion {
	t.Helper()
	s.MustAddPerson(daveNumber, "Dave")
	group, err := alice.CreateGroup("Notes")
	must(t, err)
	note := phoneSays(t, alice, group, "note")
	must(t, alice.Star(group, note, true))
	must(t, alice.Pin(daveNumber, true))
	must(t, alice.ChangeAppState(appstate.BuildLabelEdit("1", "work", 1, false)))
	return link(t, s, alice, "alice's client")
}

func TestMarksFromThePhone(t *testing.T) {
	s := testServer(t)
	alice, bob := s.MustAddPerson(aliceNumber, "Alice"), s.MustAddPerson(bobNumber, "Bob")
	client := linkWithState(t, s, alice)
	id := phoneSays(t, bob, aliceNumber, "remember this")
	client.hearsText("remember this")
	sees(t, alice, "remember this")

	must(t, alice.Star(bobNumber, id, true))
	if star := hears[*events.Star](client, nil); star.MessageID != id || star.ChatJID != bob.LID() || !star.Action.GetStarred() || star.IsFromMe {
		t.Errorf("client heard %+v", star)
	}
	waitEntry(t, alice, func(e Entry) bool { return e.ID == id && e.Starred })
	must(t, alice.MarkChat(bobNumber, false))
	unread := hears[*events.MarkChatAsRead](client, nil)
	if unread.JID != bob.LID() || unread.Action.GetRead() || unread.Action.GetMessageRange().GetMessages()[0].GetKey().GetID() != id {
		t.Errorf("client heard %+v", unread)
	}
	marks(t, alice, bobNumber, func(m ChatMarks) bool { return m.Unread })
	must(t, alice.MarkChat(bobNumber, true))
	hears(client, func(e *events.MarkChatAsRead) bool { return e.Action.GetRead() })
	must(t, alice.DeleteForMe(bobNumber, id))
	if deleted := hears[*events.DeleteForMe](client, nil); deleted.MessageID != id || deleted.ChatJID != bob.LID() {
		t.Errorf("client heard %+v", deleted)
	}
	waitEntry(t, alice, func(e Entry) bool { return e.ID == id && e.Hidden })
	must(t, alice.ClearChat(bobNumber))
	hears(client, func(e *events.ClearChat) bool { return e.JID == bob.LID() })
	must(t, alice.DeleteChat(bobNumber))
	hears(client, func(e *events.DeleteChat) bool { return e.JID == bob.LID() && e.DeleteMedia })
	must(t, alice.ChangeAppState(appstate.BuildLabelEdit("1", "private", 1, false)))
	hears(client, func(e *events.LabelEdit) bool { return e.Action.GetName() == "private" })
	must(t, alice.ChangeAppState(appstate.BuildLabelChat(bob.LID(), "1", true)))
	hears(client, func(e *events.LabelAssociationChat) bool { return e.JID == bob.LID() && e.Action.GetLabeled() })
}

func TestMarksFromAClient(t *testing.T) {
	s := testServer(t)
	alice, bob := s.MustAddPerson(aliceNumber, "Alice"), s.MustAddPerson(bobNumber, "Bob")
	client := linkWithState(t, s, alice)
	group, err := bob.CreateGroup("Team", aliceNumber)
	must(t, err)
	id := phoneSays(t, bob, group, "remember this")
	heard := client.hearsText("remember this")
	sees(t, alice, "remember this")
	ctx := waiting(t)
	for _, patch := range []appstate.PatchInfo{
		appstate.BuildStar(heard.Info.Chat, heard.Info.Sender, id, false, true),
		appstate.BuildMute(heard.Info.Chat, true, time.Hour),
		appstate.BuildPin(heard.Info.Chat, true),
		appstate.BuildMarkChatAsRead(heard.Info.Chat, false, heard.Info.Timestamp, nil),
	} {
		must(t, client.SendAppState(ctx, patch))
	}
	waitEntry(t, alice, func(e Entry) bool { return e.ID == id && e.Starred })
	marks(t, alice, group, func(m ChatMarks) bool {
		return m.Muted && m.Pinned && m.Unread && time.Until(m.MutedUntil) > 50*time.Minute
	})
	must(t, client.SendAppState(ctx, appstate.BuildArchive(heard.Info.Chat, true, heard.Info.Timestamp, nil)))
	marks(t, alice, group, func(m ChatMarks) bool { return m.Archived && !m.Pinned })
	must(t, client.SendAppState(ctx, appstate.BuildDeleteChat(heard.Info.Chat, heard.Info.Timestamp, nil, false)))
	waitEntry(t, alice, func(e Entry) bool { return e.ID == id && e.Hidden })
	if _, err := alice.Marks(carolNumber); err == nil {
		t.Error("a chat with nobody has marks")
	}
}

func TestADriverMarksChats(t *testing.T) {
	s := testServer(t)
	r := newRemote(t, s)
	alice, bob := s.MustAddPerson(aliceNumber, "Alice"), s.MustAddPerson(bobNumber, "Bob")
	id := phoneSays(t, bob, aliceNumber, "hello")
	sees(t, alice, "hello")
	person := "/people/" + aliceNumber
	for _, mark := range []string{"mute", "archive", "pin", "unread"} {
		r.ok(person+"/mark", object{"chat": bobNumber, "mark": mark, "on": true})
	}
	got := r.ok(person+"/marks?chat="+bobNumber, nil)
	if got["muted"] != true || got["archived"] != true || got["pinned"] != true || got["unread"] != true {
		t.Errorf("marks are %v", got)
	}
	r.ok(person+"/mark", object{"chat": bobNumber, "mark": "star", "id": id, "on": true})
	r.ok(person+"/mark", object{"chat": bobNumber, "mark": "hide", "id": id, "on": true})
	waitEntry(t, alice, func(e Entry) bool { return e.Starred && e.Hidden })
	r.ok(person+"/mark", object{"chat": bobNumber, "mark": "delete", "on": true})
	if status, _ := r.call(person+"/mark", object{"chat": bobNumber, "mark": "paint"}); status != 400 {
		t.Errorf("an unknown mark gives %d", status)
	}
}
