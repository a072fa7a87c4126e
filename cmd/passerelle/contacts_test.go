package main

import (
	"slices"
	"strings"
	"testing"

	"maunium.net/go/mautrix/event"

	"passerelle/bridge/bridgetest"
)

const noticeWords = "You write to the Ministry of the Sea, through a gateway. Your rights: sea.example/privacy"

func TestContactsAreToldOnceWhomTheyTalkToAndRoomsShowThem(t *testing.T) {
	desk := newDesk(t)
	d := newDialogue(t, desk.install, func(o *bridgetest.InstallOptions) {
		o.Replace["\nnetworks:\n"] = "\ncontacts:\n  notice:\n    whatsapp: {en: \"" + noticeWords + "\", fr: Vous écrivez au ministère.}\n" +
			"  room_prefix: \"[ext] \"\n  room_topic: \"External contacts read along\"\n" + o.Replace["\nnetworks:\n"]
	})
	reads(t, d.amina, noticeWords)
	d.claire.Hears(d.room, noticeWords)
	topic := d.claire.State(d.room, event.StateTopic, "")
	if topic == nil || topic.Content.AsTopic().Topic != "External contacts read along" {
		t.Errorf("the room's topic is %v", topic)
	}
	desk.awaits(t, "/contacts?text=amina", func(answer string) bool { return strings.Contains(answer, `"informed"`) })
	if err := d.bridge.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := d.bridge.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	says(t, d.amina, d.phone.Number(), "thank you")
	d.claire.Hears(d.room, "thank you")
	d.claire.Says(d.room, "you are welcome")
	reads(t, d.amina, "you are welcome")
	told := 0
	for _, entry := range d.amina.Inbox() {
		if entry.Text == noticeWords {
			told++
		}
	}
	if told != 1 {
		t.Errorf("Amina was told %d times", told)
	}
	group, err := d.amina.CreateGroup("Port", d.phone.Number())
	must(t, err)
	says(t, d.amina, group, "hello port")
	room := d.claire.Waits("the group", func(h bridgetest.Heard) bool { return h.Text == "hello port" }).Room
	if name := d.claire.RoomName(room); name != "[ext] Port" {
		t.Errorf("the group's room is called %q", name)
	}
	must(t, d.amina.SetSubject(group, "Harbour"))
	d.claire.SeesState(room, event.StateRoomName, "", func(e *event.Event) bool { return e.Content.AsRoomName().Name == "[ext] Harbour" })
	if texts := d.claire.Texts(room); slices.Contains(texts, noticeWords) {
		t.Errorf("a group was told, too: %q", texts)
	}
}
