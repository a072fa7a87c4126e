package main

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
	"maunium.net/go/mautrix/id"

	"passerelle/bridge/bridgetest"
	"passerelle/connectors/whatsapp/whatsapptest"
)

var kills = flag.Int("kills", 50, "how often the bridge is killed at random instants")

// dialogue is a conversation in one room, whose lines are counted on both sides.
type dialogue struct {
	*stage
	claire *bridgetest.Actor
	phone  *whatsapptest.Phone // Claire's
	amina  *whatsapptest.Phone
	room   id.RoomID // Amina's
	desk   id.RoomID // the bot's
}

// meet links Claire's phone. Nobody has said anything yet.
func meet(t *testing.T, adjust ...func(*bridgetest.InstallOptions)) *dialogue {
	t.Helper()
	d := &dialogue{stage: newStage(t, adjust...)}
	d.claire = d.Staff(t, "claire")
	d.phone = d.whatsapp.MustAddPerson("+33700000001", "Claire")
	d.amina = d.whatsapp.MustAddPerson("+33612345678", "Amina")
	d.desk = d.links(t, d.claire, d.phone)
	return d
}

// newDialogue lets Amina say "0".
func newDialogue(t *testing.T, adjust ...func(*bridgetest.InstallOptions)) *dialogue {
	t.Helper()
	d := meet(t, adjust...)
	says(t, d.amina, d.phone.Number(), "0")
	d.room = d.claire.Waits("the first message", func(h bridgetest.Heard) bool { return h.Text == "0" }).Room
	return d
}

// settled waits until the last lines have arrived, and checks that each side saw every line once and in order.
func (d *dialogue) settled(t *testing.T, fromAmina, fromClaire []string) {
	t.Helper()
	const step = 20 // lines that come within one patience; hundreds may have to be caught up with
	for n := 0; n < len(fromAmina); n += step {
		d.claire.Hears(d.room, fromAmina[n])
	}
	for n := 0; n < len(fromClaire); n += step {
		reads(t, d.amina, fromClaire[n])
	}
	d.claire.Hears(d.room, fromAmina[len(fromAmina)-1])
	if len(fromClaire) > 0 {
		reads(t, d.amina, fromClaire[len(fromClaire)-1])
	}
	d.ends(t)
	d.agrees(t, fromAmina, fromClaire)
}

// ends has each side say a last line. A double would come after its first: what comes before the last line is all there is.
func (d *dialogue) ends(t *testing.T) (other id.EventID) {
	t.Helper()
	says(t, d.amina, d.phone.Number(), theEnd)
	d.claire.Hears(d.room, theEnd)
	other = d.claire.Says(d.room, theOtherEnd)
	reads(t, d.amina, theOtherEnd)
	return other
}

const theEnd, theOtherEnd = "the end", "the other end"

// agrees checks that each side saw every line once and in order, up to the end.
func (d *dialogue) agrees(t *testing.T, fromAmina, fromClaire []string) {
	t.Helper()
	var heard []string
	for _, h := range d.heardToTheEnd() {
		heard = append(heard, h.Text)
	}
	compare(t, "Claire heard", heard, fromAmina)
	compare(t, "Amina read", d.readToTheEnd(), fromClaire)
	d.isOneReadableRoom(t)
}

// isOneReadableRoom checks that the chat has one room, in which Claire can read all.
func (d *dialogue) isOneReadableRoom(t *testing.T) {
	t.Helper()
	if bad := d.claire.Undecryptable(); len(bad) > 0 {
		t.Errorf("Claire cannot read %v", bad)
	}
	if rooms := d.claire.RoomsWith(id.NewUserID("whatsapp_"+d.amina.LID().User, d.ServerName())); len(rooms) != 1 {
		t.Errorf("Amina's chat has the rooms %v", rooms)
	}
}

// readToTheEnd returns what Amina read of others, up to the end.
func (d *dialogue) readToTheEnd() (lines []string) {
	for _, entry := range d.amina.Inbox() {
		if entry.Text == theOtherEnd {
			break
		}
		if !entry.FromMe {
			lines = append(lines, entry.Text)
		}
	}
	return lines
}

// heardToTheEnd returns what Claire could read of the others, up to the end.
func (d *dialogue) heardToTheEnd() (lines []bridgetest.Heard) {
	for _, h := range d.claire.Log(d.room) {
		if h.Text == theEnd {
			break
		}
		if h.IsMessage() && h.Sender != d.claire.ID() && h.Err == nil {
			lines = append(lines, h)
		}
	}
	return lines
}

// compare tells what is missing, doubled or out of order.
func compare(t *testing.T, what string, got, want []string) {
	t.Helper()
	if slices.Equal(got, want) {
		return
	}
	count := map[string]int{}
	for _, line := range got {
		count[line]++
	}
	var missing, doubled []string
	for _, line := range want {
		if count[line] == 0 {
			missing = append(missing, line)
		}
		if count[line] > 1 {
			doubled = append(doubled, line)
		}
	}
	t.Errorf("%s %d lines, want %d; missing: %q; doubled: %q; in order: %t", what, len(got), len(want), missing, doubled,
		len(missing) == 0 && len(doubled) == 0 && slices.Equal(got, want))
	if len(missing) == 0 && len(doubled) == 0 {
		t.Logf("%s:\n%s", what, strings.Join(got, "\n"))
	}
}

// relaunch kills the bridge, and starts it again.
func (d *dialogue) relaunch(t *testing.T) {
	t.Helper()
	if err := d.bridge.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := d.bridge.Launch(); err != nil {
		t.Fatal(err)
	}
}

// isKilledUnderTraffic has both sides talk while the bridge is killed at random instants, and returns what they said.
func (d *dialogue) isKilledUnderTraffic(t *testing.T, kills int) (fromAmina, fromClaire []string) {
	t.Helper()
	fromAmina, fromClaire = []string{"0"}, []string{}
	ctx, stop := context.WithCancel(t.Context())
	var traffic errgroup.Group
	talk := func(to *[]string, who string, say func(text string) error) {
		traffic.Go(func() error {
			for n := 1; ctx.Err() == nil; n++ {
				text := fmt.Sprintf("%s %d", who, n)
				if err := say(text); err != nil {
					return fmt.Errorf("%s: %w", text, err)
				}
				*to = append(*to, text)
				time.Sleep(time.Duration(rand.IntN(200)) * time.Millisecond) // people pause
			}
			return nil
		})
	}
	talk(&fromAmina, "Amina", func(text string) error {
		_, err := d.amina.Send(t.Context(), d.phone.Number(), text)
		return err
	})
	talk(&fromClaire, "Claire", func(text string) error {
		_, err := d.claire.Staff.Says(t.Context(), d.room, text)
		return err
	})
	for range kills {
		time.Sleep(time.Duration(rand.IntN(1500)) * time.Millisecond) // the instant is random
		d.relaunch(t)
	}
	stop()
	if err := traffic.Wait(); err != nil {
		t.Fatal(err)
	}
	if err := d.bridge.AwaitReady(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d kills, %d lines in, %d lines out", kills, len(fromAmina), len(fromClaire))
	return fromAmina, fromClaire
}

func TestKilledAtRandomInstantsUnderTrafficBothWays(t *testing.T) {
	d := newDialogue(t)
	fromAmina, fromClaire := d.isKilledUnderTraffic(t, *kills)
	d.settled(t, fromAmina, fromClaire)
}
