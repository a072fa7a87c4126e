package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"google.golang.org/protobuf/proto"
	"maunium.net/go/mautrix/id"

	"passerelle/bridge/bridgetest"
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
