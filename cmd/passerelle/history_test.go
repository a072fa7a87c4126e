package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"google.golang.org/protobuf/proto"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/bridge/bridgetest"
	"passerelle/connectors/whatsapp/whatsapptest"
)

// TestKilledWhileHistoryComes links a phone that remembers ten chats, and kills the bridge twice on the way. Every chat is
// shown whole, in order and once, and what is said meanwhile comes behind it.
func TestKilledWhileHistoryComes(t *testing.T) {
	const chats, lines = 10, 6
	s := newStage(t)
	claire := s.Staff(t, "claire")
	phone := s.whatsapp.MustAddPerson("+33700000001", "Claire")
	want := map[string][]string{}
	start := time.Now().Add(-24 * time.Hour).Truncate(time.Second)
	for n := range chats {
		name := fmt.Sprintf("Contact %d", n)
		contact := s.whatsapp.MustAddPerson(fmt.Sprintf("+3361234560%d", n), name)
		for line := range lines {
			from, text := contact, fmt.Sprintf("%s, line %d", name, line)
			if line%3 == 2 {
				from = phone
			}
			at := start.Add(time.Duration(n)*time.Minute + time.Duration(line)*time.Second)
			if _, err := phone.Remember(contact.Number(), from.Number(), at, &waE2E.Message{Conversation: proto.String(text)}); err != nil {
				t.Fatal(err)
			}
			want[name] = append(want[name], text)
		}
		want[name] = append(want[name], name+" writes now")
	}

	mark := claire.Mark()
	s.links(t, claire, phone)
	for _, lines := range []int{5, 20} {
		heard := 0
		claire.Waits(fmt.Sprintf("%d lines", lines), func(h bridgetest.Heard) bool {
			if strings.Contains(h.Text, ", line") {
				heard++
			}
			return heard == lines
		}, mark)
		if err := s.bridge.Kill(); err != nil {
			t.Fatal(err)
		}
		if err := s.bridge.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	rooms := map[string]id.RoomID{}
	for n := range chats {
		name := fmt.Sprintf("Contact %d", n)
		contact, err := s.whatsapp.Phone(fmt.Sprintf("+3361234560%d", n))
		if err != nil {
			t.Fatal(err)
		}
		says(t, contact, phone.Number(), name+" writes now")
		rooms[name] = claire.Waits(name, func(h bridgetest.Heard) bool { return h.Text == name+" writes now" }, mark).Room
	}
	for name, room := range rooms {
		var heard []string
		for _, h := range claire.Log(room) {
			if h.IsMessage() && h.Err == nil {
				heard = append(heard, h.Text)
			}
		}
		compare(t, "from "+name+" Claire heard", heard, want[name])
	}
	claire.UnderstandsAll()
}

// TestKilledWhileHistoryWaits links a phone that sends its history in steps, and kills the bridge between them and while it
// shows what has come. Every chat is shown whole, in order and once.
func TestKilledWhileHistoryWaits(t *testing.T) {
	const chats, lines = 4, 7
	s := newStage(t)
	claire := s.Staff(t, "claire")
	phone := s.whatsapp.MustAddPerson("+33700000001", "Claire")
	want := map[string][]string{}
	for n := range chats {
		contact := s.whatsapp.MustAddPerson(fmt.Sprintf("+3361234560%d", n), fmt.Sprintf("Contact %d", n))
		want[contact.Name()] = remembers(t, phone, contact, time.Now().Add(-24*time.Hour).Truncate(time.Second), lines)
	}
	phone.ShareHistory(&whatsapptest.HistoryOnLink{Bootstrap: 2, Recent: lines, Chats: 1, Halt: true})
	mark := claire.Mark()
	s.links(t, claire, phone)
	rooms := map[string]id.RoomID{}
	for name := range want {
		rooms[name] = claire.Waits("an invitation to "+name, func(h bridgetest.Heard) bool {
			return h.Type == event.StateMember && h.StateKey != nil && strings.HasPrefix(h.Event.Content.AsMember().Displayname, name)
		}, mark).Room
	}
	heard := func(room id.RoomID) (texts []string) {
		for _, h := range claire.Log(room) {
			if h.IsMessage() && h.Err == nil {
				texts = append(texts, h.Text)
			}
		}
		return texts
	}
	for name, room := range rooms {
		if got := heard(room); len(got) > 0 {
			t.Errorf("from %s Claire has heard %q before the rest has come", name, got)
		}
	}
	restart := func() {
		t.Helper()
		must(t, s.bridge.Kill())
		must(t, s.bridge.Start(t.Context()))
	}
	restart() // nothing but the newest messages is there
	for left := 1; left > 0; {
		var err error
		if left, err = phone.ContinueHistory(bounded(t), phone.Devices()[0].ID, 2); err != nil {
			t.Fatal(err)
		}
		restart() // whatever of them has been stored, shown or neither
	}
	for name, room := range rooms {
		last := want[name][lines-1]
		claire.Waits(last, func(h bridgetest.Heard) bool { return h.Room == room && h.Text == last }, mark)
	}
	for name, room := range rooms {
		compare(t, "from "+name+" Claire heard", heard(room), want[name])
	}
	claire.UnderstandsAll()
}

// remembers has a phone remember lines of a chat, and returns them.
func remembers(t *testing.T, phone, contact *whatsapptest.Phone, start time.Time, count int) (lines []string) {
	t.Helper()
	for n := range count {
		from, text := contact, fmt.Sprintf("%s, line %d", contact.Name(), n)
		if n%3 == 2 {
			from = phone
		}
		_, err := phone.Remember(contact.Number(), from.Number(), start.Add(time.Duration(n)*time.Second), &waE2E.Message{Conversation: proto.String(text)})
		must(t, err)
		lines = append(lines, text)
	}
	return lines
}

// TestClaireAsksForOlderMessages kills the bridge while the thread grows.
func TestClaireAsksForOlderMessages(t *testing.T) {
	const count = 40
	s := newStage(t)
	claire := s.Staff(t, "claire")
	phone, amina := s.whatsapp.MustAddPerson("+33700000001", "Claire"), s.whatsapp.MustAddPerson("+33612345601", "Amina")
	start := time.Now().Add(-48 * time.Hour).Truncate(time.Second)
	want := remembers(t, phone, amina, start, count+50)
	liked := phone.Inbox()[count-1]
	_, err := phone.React(bounded(t), amina.Number(), liked.ID, "👍")
	must(t, err)
	s.links(t, claire, phone)
	room := claire.Waits("the newest line", func(h bridgetest.Heard) bool { return h.Text == want[len(want)-1] }).Room
	mark := claire.Mark()
	claire.Says(room, "!whatsapp history 40")
	root := claire.Waits("the thread's beginning", func(h bridgetest.Heard) bool {
		return h.Room == room && strings.HasPrefix(h.Text, "Older messages, ") && h.WasEncrypted
	}, mark)
	heard := 0
	claire.Waits("some older lines", func(h bridgetest.Heard) bool {
		if strings.Contains(h.Text, ", line ") {
			heard++
		}
		return heard == 5
	}, mark)
	must(t, s.bridge.Kill())
	must(t, s.bridge.Start(t.Context()))
	last := claire.Waits("the last older line", func(h bridgetest.Heard) bool { return h.Room == room && h.Text == want[count-1] }, mark)
	claire.Waits("the reaction to it", func(h bridgetest.Heard) bool { return h.ReactsTo == last.ID }, mark)

	// What is written now comes into the room, whatever the thread does.
	says(t, amina, phone.Number(), "And today?")
	claire.Waits("today's words", func(h bridgetest.Heard) bool { return h.Room == room && h.Text == "And today?" }, mark)
	var thread []string
	roots := 0
	for _, h := range claire.Log(room) {
		switch {
		case h.ID == root.ID || strings.HasPrefix(h.Text, "Older messages, "):
			roots++
		case h.IsMessage() && h.Message().RelatesTo.GetThreadParent() == root.ID:
			thread = append(thread, h.Text)
			if len(thread) == 1 && !h.At.Equal(start) {
				t.Errorf("the first line is dated %s, want %s", h.At, start)
			}
		}
	}
	if roots != 1 {
		t.Errorf("there are %d notices about older messages", roots)
	}
	compare(t, "in the thread Claire heard", thread, want[:count])
	claire.UnderstandsAll()
}
