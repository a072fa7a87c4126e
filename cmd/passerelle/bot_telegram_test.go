package main

import (
	"net/http"
	"strings"
	"testing"

	"maunium.net/go/mautrix/event"

	"passerelle/bridge/bridgetest"
	"passerelle/connectors/telegram/telegramtest"
	"passerelle/portal/say"
)

func TestAnotherProgramTakesTheBotsUpdates(t *testing.T) {
	d := newBotDialogue(t, telegramSetup{})
	mark := d.claire.Mark()
	response, err := http.Get(d.telegram.URL() + "/bot" + d.bot.Token() + "/getUpdates?timeout=0")
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	d.claire.Waits("that somebody else takes them", func(h bridgetest.Heard) bool {
		return h.Room == d.desk && strings.Contains(h.Text, say.English.Say(say.BotUsedTwice, "Telegram"))
	}, mark)
	send(t, d.amina, d.bot.ID(), "1") // and once it stops, all is as before
	d.settled(t, []string{"0", "1"}, nil)
}

func TestABotHasASpaceWithItsChats(t *testing.T) {
	d := newBotDialogue(t, telegramSetup{})
	space := d.claire.WaitsForRoom("Telegram (Guichet)")
	holds(t, d.claire, space, d.room)
	create := d.claire.State(space, event.StateCreate, "")
	if federate, _ := create.Content.Raw["m.federate"].(bool); federate || create.Content.AsCreate().Type != event.RoomTypeSpace {
		t.Errorf("it is made with %v", create.Content.Raw)
	}
	d.bot.SetPrivacy(false)
	group, err := d.amina.CreateGroup("Voisins", telegramtest.GroupOptions{Supergroup: true}, d.bot.ID())
	must(t, err)
	send(t, d.amina, group, "Bonjour à tous")
	holds(t, d.claire, space, d.claire.Waits("Amina's words", func(h bridgetest.Heard) bool { return h.Text == "Bonjour à tous" }).Room)
}
