package main

import (
	"net/http"
	"os"
	"strings"
	"testing"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/bridge/bridgetest"
	"passerelle/connectors/whatsapp/whatsapptest"
)

// spaces lists the spaces of a name that somebody is in.
func spaces(of *bridgetest.Actor, name string) (found []id.RoomID) {
	for _, room := range of.Rooms() {
		create := of.State(room, event.StateCreate, "")
		if create != nil && create.Content.AsCreate().Type == event.RoomTypeSpace && of.RoomName(room) == name {
			found = append(found, room)
		}
	}
	return found
}

// holds waits until a space holds a room.
func holds(t *testing.T, of *bridgetest.Actor, space, room id.RoomID) {
	t.Helper()
	of.SeesState(space, event.StateSpaceChild, room.String(), func(evt *event.Event) bool {
		return evt != nil && len(evt.Content.AsSpaceChild().Via) > 0
	})
}

func TestALoginHasASpaceWithItsChats(t *testing.T) {
	d := newDialogue(t)
	space := d.claire.WaitsForRoom("WhatsApp (Claire)")
	holds(t, d.claire, space, d.room)
	create := d.claire.State(space, event.StateCreate, "")
	if federate, _ := create.Content.Raw["m.federate"].(bool); federate || create.Content.AsCreate().Type != event.RoomTypeSpace {
		t.Errorf("it is made with %v", create.Content.Raw)
	}
	if d.claire.State(space, event.StateEncryption, "") == nil {
		t.Error("it is not encrypted")
	}
	rachid := d.whatsapp.MustAddPerson("+33698765432", "Rachid")
	says(t, rachid, d.phone.Number(), "Bonjour")
	holds(t, d.claire, space, d.claire.Waits("Rachid's message", func(h bridgetest.Heard) bool { return h.Text == "Bonjour" }).Room)
}

func TestKilledBetweenASpacesCreationAndItsRecord(t *testing.T) {
	var proxy *bridgetest.Proxy
	const without, with = "rooms:\n  spaces: false\n", "rooms:\n  spaces: true\n"
	d := newDialogue(t, proxied(t, &proxy), func(o *bridgetest.InstallOptions) {
		o.Replace = map[string]string{"\nnetworks:": "\n" + without + "\nnetworks:"}
	})
	if all := spaces(d.claire, "WhatsApp (Claire)"); len(all) > 0 {
		t.Errorf("there are the spaces %v", all)
	}
	// The administrator wants spaces now: the chats that are there get one.
	held := proxy.Inject(bridgetest.On(http.MethodPost, "/createRoom"), bridgetest.HoldAnswer(), 1)
	d.restarts(t, func() {
		text, err := os.ReadFile(d.bridge.Config())
		must(t, err)
		must(t, os.WriteFile(d.bridge.Config(), []byte(strings.Replace(string(text), without, with, 1)), 0o600))
	})
	must(t, held.WaitHits(bounded(t), 1))
	d.claire.WaitsForRoom("WhatsApp (Claire)") // it is there, and the bridge does not know
	d.restarts(t, held.Lift)
	holds(t, d.claire, d.claire.WaitsForRoom("WhatsApp (Claire)"), d.room)
	if all := spaces(d.claire, "WhatsApp (Claire)"); len(all) != 1 {
		t.Errorf("there are the spaces %v", all)
	}
}

// linksTheOffice links a second number of Claire's.
func (d *dialogue) linksTheOffice(t *testing.T) *whatsapptest.Phone {
	t.Helper()
	office := d.whatsapp.MustAddPerson("+33700000042", "Accueil")
	before := d.claire.Mark()
	d.claire.Says(d.desk, "login qr")
	code := d.claire.Waits("the second QR code", func(h bridgetest.Heard) bool {
		return h.Room == d.desk && h.MsgType == event.MsgImage
	}, before)
	_, err := office.ScanQR(bounded(t), code.Text)
	must(t, err)
	return office
}

func TestClaireHasTwoAccountsAndLogsOutOfOne(t *testing.T) {
	d := newDialogue(t)
	office := d.linksTheOffice(t)
	says(t, d.amina, office.Number(), "Bonjour l’accueil")
	second := d.claire.Waits("Amina's message to the office", func(h bridgetest.Heard) bool { return h.Text == "Bonjour l’accueil" }).Room
	if named := d.claire.WaitsForRoom("Amina · Accueil"); named != second || second == d.room {
		t.Errorf("Amina's second room is %s, and %s is called so", second, named)
	}
	holds(t, d.claire, d.claire.WaitsForRoom("WhatsApp (Accueil)"), second)
	group, err := d.amina.CreateGroup("Voisins", d.phone.Number(), office.Number())
	must(t, err)
	says(t, d.amina, group, "Bonjour à tous")
	shared := d.claire.Waits("the group's message", func(h bridgetest.Heard) bool { return h.Text == "Bonjour à tous" }).Room

	d.claire.Says(d.desk, "logout +"+office.Number())
	d.claire.Waits("the bot's word", func(h bridgetest.Heard) bool {
		return h.Room == d.desk && h.WasEncrypted && strings.Contains(h.Text, "You are logged out of WhatsApp (Accueil)")
	})
	d.claire.Waits("the room's word", func(h bridgetest.Heard) bool {
		return h.Room == second && h.WasEncrypted && strings.Contains(h.Text, "Nobody is linked to WhatsApp for this chat any more")
	})
	says(t, d.amina, group, "Encore là ?")
	d.claire.Hears(shared, "Encore là ?")
	d.claire.Says(shared, "Oui, moi")
	if got := reads(t, d.amina, "Oui, moi"); got.From != d.phone.Number() {
		t.Errorf("it comes from %s", got.From)
	}
	count := 0
	for _, h := range d.claire.Log(shared) {
		if h.Text == "Bonjour à tous" {
			count++
		}
	}
	if count != 1 {
		t.Errorf("the group's first message is there %d times", count)
	}
}
