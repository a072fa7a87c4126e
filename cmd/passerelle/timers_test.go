package main

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/bridge/bridgetest"
	"passerelle/connectors/whatsapp/whatsapptest"
)

// botSays waits until WhatsApp's bot says something that holds the words, encrypted, in the room.
func (d *dialogue) botSays(t *testing.T, words string) bridgetest.Heard {
	t.Helper()
	heard := d.claire.Waits("the bot's word "+words, func(h bridgetest.Heard) bool {
		return h.Room == d.room && h.Sender == id.UserID(d.bridge.Bot("whatsapp")) && strings.Contains(h.Text, words)
	})
	if !heard.WasEncrypted {
		t.Errorf("the bot says %q in the clear", heard.Text)
	}
	return heard
}

// learnsTimer waits until Amina's phone knows the chat's timer, in seconds.
func (d *dialogue) learnsTimer(t *testing.T, seconds string) {
	t.Helper()
	_, err := d.amina.WaitForNotice(bounded(t), func(n whatsapptest.Notice) bool {
		return n.Kind == whatsapptest.NoticeTimer && n.Detail == seconds
	})
	must(t, err)
}

func TestClaireSetsWhenMessagesDisappear(t *testing.T) {
	d := newDialogue(t)
	d.claire.Says(d.room, "!whatsapp timer")
	d.botSays(t, "new messages do not disappear. To change this, write “!whatsapp timer 24h”")
	d.claire.Says(d.room, "!whatsapp timer 7d")
	d.botSays(t, "claire changed this chat: new messages disappear 7 days after they are sent.")
	d.learnsTimer(t, "604800")
	d.claire.SeesState(d.room, event.StateBeeperDisappearingTimer, "", func(evt *event.Event) bool {
		content, ok := evt.Content.Parsed.(*event.BeeperDisappearingTimer)
		return ok && content.Timer.Duration == 7*24*time.Hour
	})
	d.claire.Says(d.room, "À bientôt")
	if got := reads(t, d.amina, "À bientôt"); got.Timer != 604800 {
		t.Errorf("Amina's phone keeps it for %d s", got.Timer)
	}
	d.claire.Says(d.room, "!whatsapp timer 2h")
	d.botSays(t, "messages disappear after 24 hours, 7 days, 90 days, or not at all.")
	d.claire.Says(d.room, "!whatsapp timer")
	d.botSays(t, "new messages disappear 7 days after they are sent. To change this")
	d.claire.Says(d.room, "!whatsapp timer off")
	d.botSays(t, "claire changed this chat: new messages no longer disappear.")
	d.learnsTimer(t, "0")
}

func TestMessagesDisappearFromTheHomeserver(t *testing.T) {
	var proxy *bridgetest.Proxy
	d := newDialogue(t, proxied(t, &proxy))
	must(t, d.amina.SetTimer(bounded(t), d.phone.Number(), 3*time.Second))
	announced := d.claire.Hears(d.room, "Amina changed this chat: new messages disappear 3 s after they are sent.")
	if !announced.WasEncrypted {
		t.Error("it is announced in the clear")
	}
	// The homeserver cannot, when the first one's time is over; then the bridge dies.
	away := proxy.Inject(bridgetest.On(http.MethodPut, "/redact/"), bridgetest.Fail(http.StatusBadGateway, "M_UNKNOWN", "Away"), 0)
	says(t, d.amina, d.phone.Number(), "Brûle ceci")
	hers := d.claire.Hears(d.room, "Brûle ceci")
	mine := d.claire.Says(d.room, "C’est brûlé")
	reads(t, d.amina, "C’est brûlé")
	edit := d.claire.Edits(d.room, mine, "C’est brûlé !") // it holds the words, too
	must(t, away.WaitHits(bounded(t), 2))
	d.restarts(t, away.Lift)
	bot := id.UserID(d.bridge.Bot("whatsapp"))
	for _, message := range []id.EventID{hers.ID, mine, edit} {
		if gone := d.claire.SeesDeletion(d.room, message); gone.Sender != bot {
			t.Errorf("%s is deleted by %s", message, gone.Sender)
		}
	}
	// And while the bridge goes on, the homeserver is asked until it can.
	away = proxy.Inject(bridgetest.On(http.MethodPut, "/redact/"), bridgetest.Fail(http.StatusBadGateway, "M_UNKNOWN", "Away"), 0)
	says(t, d.amina, d.phone.Number(), "Et ceci")
	later := d.claire.Hears(d.room, "Et ceci")
	must(t, away.WaitHits(bounded(t), 2))
	away.Lift()
	d.claire.SeesDeletion(d.room, later.ID)
}
