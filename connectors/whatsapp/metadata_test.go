package whatsapp

import (
	"context"
	"strconv"
	"testing"
	"time"

	"maunium.net/go/mautrix/bridgev2/networkid"
)

func TestALoginIsStoredByBridgev2WhileItChanges(t *testing.T) {
	w := newWorld(t)
	w.link(alice, w.phones.MustAddPerson(aliceNumber, "Alice"))
	a := w.account()
	stored := make(chan error, 1)
	go func() {
		var err error
		for i := 0; i < 200 && err == nil; i++ {
			err = a.login.Save(context.WithoutCancel(t.Context())) // as GetSpaceRoom does
		}
		stored <- err
	}()
	for i := range 200 {
		fine(t, a.keep(t.Context(), func(kept *LoginMetadata) {
			if kept.Mutes == nil {
				kept.Mutes = map[networkid.PortalID]time.Time{}
			}
			kept.Mutes[networkid.PortalID(strconv.Itoa(i))] = time.Now()
		}))
	}
	fine(t, <-stored)
}
