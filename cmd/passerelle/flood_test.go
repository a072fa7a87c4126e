package main

import (
	"fmt"
	"testing"

	"golang.org/x/sync/errgroup"
	"maunium.net/go/mautrix/id"

	"passerelle/bridge/bridgetest"
	"passerelle/connectors/whatsapp/whatsapptest"
)

// floodLines is how many lines the flood has, from all contacts together.
const floodLines = 1000

// floodContact is a contact of the flood: what is said by it, and where.
type floodContact struct {
	phone *whatsapptest.Phone
	room  id.RoomID
	said  []string
}

// TestKilledInAFlood lets four contacts write a thousand lines as fast as their phones send, and kills the bridge when a
// quarter has been read: most of the rest has reached the bridge by then, and has been acknowledged.
func TestKilledInAFlood(t *testing.T) {
	d := newDialogue(t)
	contacts := []*floodContact{{phone: d.amina, room: d.room, said: []string{"0"}}}
	for n, name := range []string{"Badou", "Chloé", "Driss"} {
		c := &floodContact{phone: d.whatsapp.MustAddPerson(fmt.Sprintf("+3361234560%d", n), name), said: []string{name + " 0"}}
		says(t, c.phone, d.phone.Number(), c.said[0])
		c.room = d.claire.Waits(name+"'s first message", func(h bridgetest.Heard) bool { return h.Text == c.said[0] }).Room
		contacts = append(contacts, c)
	}

	mark := d.claire.Mark()
	var flood errgroup.Group
	for _, c := range contacts {
		name := c.phone.Name()
		flood.Go(func() error {
			for n := 1; n <= floodLines/len(contacts); n++ {
				text := fmt.Sprintf("%s %d", name, n)
				if _, err := c.phone.Send(t.Context(), d.phone.Number(), text); err != nil {
					return fmt.Errorf("%s: %w", text, err)
				}
				c.said = append(c.said, text)
			}
			return nil
		})
	}
	for heard := floodLines / 20; heard <= floodLines/4; heard += floodLines / 20 { // each step has its own patience
		if err := d.hearsMore(t, mark, heard); err != nil {
			t.Fatal(err)
		}
	}
	d.relaunch(t)
	if err := flood.Wait(); err != nil {
		t.Fatal(err)
	}
	if err := d.bridge.AwaitReady(t.Context()); err != nil {
		t.Fatal(err)
	}
	// What does not come is named below.
	for heard := floodLines / 4; heard <= floodLines && d.hearsMore(t, mark, heard) == nil; heard += floodLines / 20 {
	}

	for _, c := range contacts[1:] {
		says(t, c.phone, d.phone.Number(), "the end")
		d.claire.Hears(c.room, "the end")
		var heard []string
		for _, h := range d.claire.Log(c.room) {
			if h.IsMessage() && h.Err == nil {
				heard = append(heard, h.Text)
			}
		}
		compare(t, "from "+c.phone.Name()+" Claire heard", heard, append(c.said, "the end"))
	}
	d.settled(t, contacts[0].said, nil)
}

// hearsMore waits until Claire has heard so many messages since a mark.
func (d *dialogue) hearsMore(t *testing.T, since bridgetest.Mark, count int) error {
	t.Helper()
	heard := 0
	_, err := d.claire.Staff.Waits(t.Context(), fmt.Sprintf("%d messages", count), func(h bridgetest.Heard) bool {
		if h.IsMessage() && h.Sender != d.claire.ID() {
			heard++
		}
		return heard >= count
	}, since)
	return err
}
