package whatsapp

import (
	"fmt"
	"sync"
	"testing"
)

// TestANameThatComesWhileItIsLookedUpIsWhole is for the race detector: whatsmeow's own store gives half of it.
func TestANameThatComesWhileItIsLookedUpIsWhole(t *testing.T) {
	w := newWorld(t)
	bob := w.phones.MustAddPerson(bobNumber, "Bob")
	a := w.link(alice, w.phones.MustAddPerson(aliceNumber, "Alice"))
	var both sync.WaitGroup
	both.Go(func() {
		for i := range 50 {
			if _, _, err := a.client.Store.Contacts.PutPushName(t.Context(), bob.LID(), fmt.Sprint("Bob ", i)); err != nil {
				t.Error(err)
			}
		}
	})
	both.Go(func() {
		for range 50 {
			a.ownName(t.Context(), bob.LID())
		}
	})
	both.Wait()
}
