package main

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"maunium.net/go/mautrix/id"

	"passerelle/bridge/bridgetest"
	"passerelle/connectors/whatsapp/whatsapptest"
)

// What comes while the homeserver makes a room is shown in it.

func TestARoomInTheMakingIsCalledByItsAccountsNewName(t *testing.T) {
	var proxy *bridgetest.Proxy
	d := newDialogue(t, proxied(t, &proxy))
	office := d.linksTheOffice(t)
	held := proxy.Inject(bridgetest.On(http.MethodPost, "/createRoom"), bridgetest.HoldAnswer(), 1)
	says(t, d.amina, office.Number(), "Bonjour l’accueil")
	must(t, held.WaitHits(bounded(t), 1))
	must(t, office.SetName("Standard"))
	for range 20 {
		before := d.claire.Mark()
		d.claire.Says(d.desk, "status")
		said := d.claire.Waits("how the accounts are", func(h bridgetest.Heard) bool {
			return h.Room == d.desk && !h.Mine && strings.Contains(h.Text, d.phone.Number())
		}, before)
		if strings.Contains(said.Text, "Standard") {
			break
		}
	}
	held.Lift()
	room := d.claire.Waits("Amina's message to the office", func(h bridgetest.Heard) bool { return h.Text == "Bonjour l’accueil" }).Room
	if named := d.claire.WaitsForRoom("Amina · Standard"); named != room {
		t.Errorf("Amina wrote in %s, and %s is called so", room, named)
	}
}

func TestAGroupsNewNameThatComesWhileItsRoomIsMade(t *testing.T) {
	var proxy *bridgetest.Proxy
	d := newDialogue(t, proxied(t, &proxy))
	group, err := d.amina.CreateGroup("Chorale")
	must(t, err)
	link, err := d.amina.ResetInviteLink(group)
	must(t, err)
	held := proxy.Inject(bridgetest.On(http.MethodPost, "/createRoom"), bridgetest.HoldAnswer(), 1)
	d.claire.Says(d.desk, "join "+link)
	must(t, held.WaitHits(bounded(t), 1))
	must(t, d.amina.SetSubject(group, "Fanfare"))
	says(t, d.amina, d.phone.Number(), "Nous changeons de nom")
	d.claire.Hears(d.room, "Nous changeons de nom") // the bridge has the name, which came before
	held.Lift()
	d.claire.WaitsForRoom("Fanfare")
}

// startedAndHeld has Claire begin the chat with Rachid. The homeserver has made its room, and does not say so before room is called,
// which enters it.
func startedAndHeld(t *testing.T) (d *dialogue, rachid *whatsapptest.Phone, room func() id.RoomID) {
	t.Helper()
	var proxy *bridgetest.Proxy
	d = newDialogue(t, proxied(t, &proxy))
	rachid = d.whatsapp.MustAddPerson("+33698765432", "Rachid")
	held := proxy.Inject(bridgetest.On(http.MethodPost, "/createRoom"), bridgetest.HoldAnswer(), 1)
	mark := d.claire.Mark()
	d.claire.Says(d.desk, "start-chat +"+rachid.Number())
	must(t, held.WaitHits(bounded(t), 1))
	return d, rachid, func() id.RoomID {
		held.Lift()
		return d.entersStarted(mark)
	}
}

func TestWhatIsMarkedWhileItsRoomIsMade(t *testing.T) {
	d, rachid, room := startedAndHeld(t)
	must(t, d.phone.Mute(rachid.Number(), true, 0))
	must(t, d.phone.Mute(d.amina.Number(), true, 0))
	d.claire.SeesMarks(d.room, bridgetest.RoomMarks{Muted: true}) // so the bridge knows of the other one, too
	d.claire.SeesMarks(room(), bridgetest.RoomMarks{Muted: true})
}

func TestATimerThatIsSetWhileItsRoomIsMade(t *testing.T) {
	d, rachid, room := startedAndHeld(t)
	must(t, rachid.SetTimer(bounded(t), d.phone.Number(), 7*24*time.Hour))
	says(t, d.amina, d.phone.Number(), "Ça va ?")
	d.claire.Hears(d.room, "Ça va ?") // the bridge has the timer, which came before
	made := room()
	d.claire.Waits("the word of the timer", func(h bridgetest.Heard) bool {
		return h.Room == made && strings.Contains(h.Text, "7 days")
	})
}
