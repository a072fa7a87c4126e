package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"testing"
	"time"

	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/id"

	"passerelle/bridge/bridgetest"
	"passerelle/config"
	"passerelle/connectors/whatsapp/whatsapptest"
)

var away = flag.Duration("away", 95*time.Second, "how long the homeserver is away in the test of bridgev2's patience")

// runsHere runs the program's own run in this process, in the place of the bridge that was installed. bridgev2 lets go of an
// event after so many ticks of 30 seconds (bridgev2/portal.go, handleSingleEventWithDelayLogging). The product lets it wait for
// ever, so its clock can only be set from inside.
func (d *dialogue) runsHere(t *testing.T, ticks int) {
	t.Helper()
	must(t, d.bridge.Stop())
	if bridgev2.EventHandlingTimeoutTicks != ticks { // nothing else in this process runs bridgev2, so it is not set back
		bridgev2.EventHandlingTimeoutTicks = ticks
	}
	c, err := config.Load(d.bridge.Config(), nil)
	must(t, err)
	log, err := os.OpenFile(d.bridge.LogPath(), os.O_WRONLY|os.O_APPEND, 0)
	must(t, err)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, "", c, log) }()
	t.Cleanup(func() {
		stop()
		if err := errors.Join(<-ended, log.Close()); err != nil {
			t.Errorf("the bridge ended with %v", err)
		}
	})
	eventually(t, "the bridge to be ready", func() bool {
		ready, err := d.bridge.Readiness(bounded(t))
		return err == nil && ready.Ready
	})
}

// chat is a chat of Claire's with a contact.
type chat struct {
	contact *whatsapptest.Phone
	room    id.RoomID // empty until it is made
	in, out []string  // what the contact said, what Claire answered
}

func (c *chat) asks(t *testing.T, d *dialogue, text string) {
	t.Helper()
	c.in = append(c.in, text)
	says(t, c.contact, d.phone.Number(), text)
}

func (c *chat) answers(t *testing.T, d *dialogue, text string) {
	t.Helper()
	c.out = append(c.out, text)
	d.claire.Says(c.room, text)
}

// settled checks that each side saw every line once and in order.
func (c *chat) settled(t *testing.T, d *dialogue) {
	t.Helper()
	alone := &dialogue{stage: d.stage, claire: d.claire, phone: d.phone, amina: c.contact, room: c.room}
	alone.settled(t, c.in, c.out)
}

// TestTheHomeserverIsAwayForLongerThanBridgev2IsPatient lets bridgev2 wait for half a minute, and takes the homeserver away for
// three times as long: it says nothing, then is gone, then cannot, then is asked too much. That is also longer than a room key
// is waited for. Meanwhile the homeserver hears Claire and tells the bridge, and the contacts write.
func TestTheHomeserverIsAwayForLongerThanBridgev2IsPatient(t *testing.T) {
	var proxy *bridgetest.Proxy
	d := newDialogue(t, proxied(t, &proxy))
	d.runsHere(t, 1)
	chats := []*chat{{contact: d.amina, room: d.room, in: []string{"0"}}}
	for n, name := range []string{"Badou", "Chloé"} {
		c := &chat{contact: d.whatsapp.MustAddPerson(fmt.Sprintf("+3361234560%d", n), name)}
		c.asks(t, d, "from "+name)
		c.room = d.claire.Waits(name+"'s first message", func(h bridgetest.Heard) bool { return h.Text == c.in[0] }).Room
		c.answers(t, d, "hello")
		reads(t, c.contact, "hello")
		chats = append(chats, c)
	}
	driss := &chat{contact: d.whatsapp.MustAddPerson("+33612345699", "Driss")} // whose room is still to be made

	for n, phase := range []struct {
		fault  bridgetest.Action
		length time.Duration
	}{
		{bridgetest.Hold(), *away * 2 / 5},
		{bridgetest.Cut(), *away / 5},
		{bridgetest.Fail(http.StatusServiceUnavailable, "M_UNKNOWN", "Try later"), *away / 5},
		{bridgetest.TooMany(time.Second), *away / 5},
	} {
		outage := proxy.Inject(bridgetest.Every(), phase.fault, 0)
		if n == 0 { // the key of Badou's next answers cannot come
			must(t, d.claire.Crypto().Machine().CryptoStore.RemoveOutboundGroupSession(t.Context(), chats[1].room))
		}
		const lines = 3
		for line := range lines {
			for _, c := range chats {
				c.asks(t, d, fmt.Sprintf("in %d %d", n, line))
				c.answers(t, d, fmt.Sprintf("out %d %d", n, line))
			}
			driss.asks(t, d, fmt.Sprintf("in %d %d", n, line))
			time.Sleep(phase.length / lines) // it is away
		}
		outage.Lift()
	}
	ghost := id.NewUserID("whatsapp_"+driss.contact.LID().User, d.ServerName())
	driss.room = d.claire.Waits("Driss's first message", func(h bridgetest.Heard) bool { return h.Sender == ghost && h.IsMessage() }).Room
	for _, c := range append(chats, driss) {
		c.settled(t, d)
	}
}
