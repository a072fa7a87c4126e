package main

import (
	"net/http"
	"strings"
	"testing"

	"passerelle/bridge/bridgetest"
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
