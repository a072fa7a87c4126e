package main

import (
	"testing"
	"time"

	"maunium.net/go/mautrix/event"

	"passerelle/bridge/bridgetest"
	"passerelle/connectors/whatsapp/whatsapptest"
)

// followed has the bridge ask every second what Claire sets in her app. It begins when her phone is linked, before the first
// message.
func followed(o *bridgetest.InstallOptions) {
	o.Replace = map[string]string{"\nnetworks:": "\nrooms:\n  follow: 1s\n\nnetworks:"}
}

// phoneMarks waits until Claire's phone has marked her chat with Amina like that. How long it is muted is not looked at.
func (d *dialogue) phoneMarks(t *testing.T, want whatsapptest.ChatMarks) {
	t.Helper()
	ctx := bounded(t)
	for {
		marks, err := d.phone.Marks(d.amina.Number())
		must(t, err)
		marks.MutedUntil = want.MutedUntil
		if marks == want {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("Claire's phone has the marks %+v, want %+v", marks, want)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func TestWhatClaireMarksOnHerPhoneIsMarked(t *testing.T) {
	d := newDialogue(t)
	amina := d.amina.Number()
	must(t, d.phone.Pin(amina, true))
	d.claire.SeesMarks(d.room, bridgetest.RoomMarks{Favourite: true})
	must(t, d.phone.Mute(amina, true, 0))
	d.claire.SeesMarks(d.room, bridgetest.RoomMarks{Favourite: true, Muted: true})
	must(t, d.phone.Archive(amina, true)) // which unpins
	d.claire.SeesMarks(d.room, bridgetest.RoomMarks{Low: true, Muted: true})
	must(t, d.phone.MarkChat(amina, false))
	d.claire.SeesMarks(d.room, bridgetest.RoomMarks{Low: true, Muted: true, Unread: true})
	must(t, d.phone.MarkChat(amina, true))
	must(t, d.phone.Archive(amina, false))
	must(t, d.phone.Mute(amina, false, 0))
	d.claire.SeesMarks(d.room, bridgetest.RoomMarks{})

	// A silence ends by itself, also when the bridge was down in between.
	must(t, d.phone.Mute(amina, true, 6*time.Second))
	d.claire.SeesMarks(d.room, bridgetest.RoomMarks{Muted: true})
	d.restarts(t, func() {})
	d.claire.SeesMarks(d.room, bridgetest.RoomMarks{})
}

func TestWhatClaireMarksInHerAppIsMarkedOnHerPhone(t *testing.T) {
	d := newDialogue(t, followed)
	d.claire.Tags(d.room, event.RoomTagFavourite, true)
	d.phoneMarks(t, whatsapptest.ChatMarks{Pinned: true})
	d.claire.Mutes(d.room, true)
	d.phoneMarks(t, whatsapptest.ChatMarks{Pinned: true, Muted: true})
	d.claire.Tags(d.room, event.RoomTagFavourite, false)
	d.claire.Tags(d.room, event.RoomTagLowPriority, true)
	d.claire.LeavesUnread(d.room, true)
	d.phoneMarks(t, whatsapptest.ChatMarks{Archived: true, Muted: true, Unread: true})

	// What she takes back on her phone is taken back in her app, though the app muted the chat in a way of its own.
	must(t, d.phone.Mute(d.amina.Number(), false, 0))
	must(t, d.phone.MarkChat(d.amina.Number(), true))
	d.claire.SeesMarks(d.room, bridgetest.RoomMarks{Low: true})

	// What she sets while the bridge is down, her phone learns when it is back.
	must(t, d.bridge.Stop())
	d.claire.Tags(d.room, event.RoomTagLowPriority, false)
	must(t, d.bridge.Start(t.Context()))
	d.phoneMarks(t, whatsapptest.ChatMarks{})
}

func TestClaireMarksAChatByCommand(t *testing.T) {
	d := newDialogue(t)
	d.claire.Says(d.room, "!whatsapp mute 8h")
	d.botSays(t, "This chat is muted for 8 hours, here and on WhatsApp.")
	d.phoneMarks(t, whatsapptest.ChatMarks{Muted: true})
	marks, err := d.phone.Marks(d.amina.Number())
	must(t, err)
	if left := time.Until(marks.MutedUntil); left < 7*time.Hour || left > 8*time.Hour {
		t.Errorf("it is muted for %s", left)
	}
	d.claire.Says(d.room, "!whatsapp pin")
	d.botSays(t, "This chat is pinned on WhatsApp, and a favourite here.")
	d.claire.SeesMarks(d.room, bridgetest.RoomMarks{Muted: true, Favourite: true})
	d.claire.Says(d.room, "!whatsapp archive")
	d.botSays(t, "This chat is archived on WhatsApp, and among those of low priority here.")
	d.claire.SeesMarks(d.room, bridgetest.RoomMarks{Muted: true, Low: true})
	d.claire.Says(d.room, "!whatsapp mute tomorrow")
	d.botSays(t, "That is no time. Write “!whatsapp mute”")
	d.claire.Says(d.room, "!whatsapp unmute")
	d.botSays(t, "This chat is no longer muted, neither here nor on WhatsApp.")
	d.claire.Says(d.room, "!whatsapp unarchive")
	d.botSays(t, "This chat is no longer archived on WhatsApp, and of normal priority here.")
	d.phoneMarks(t, whatsapptest.ChatMarks{})
	d.claire.SeesMarks(d.room, bridgetest.RoomMarks{})
}
