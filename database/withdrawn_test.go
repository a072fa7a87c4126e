package database_test

import (
	"errors"
	"testing"
	"time"

	"passerelle/database"
	"passerelle/portal"
	"passerelle/portal/govern"
)

func TestWhatItsSenderTakesBackLeavesTheInboxWithWhatIsAboutIt(t *testing.T) {
	onBoth(t, func(t *testing.T, place database.Place) {
		store := open(t, place, sealer(t, "a"))
		asks := func(key string) portal.Outcome {
			t.Helper()
			c := portal.Crossing{Key: key, Network: "whatsapp", Direction: portal.In, Kind: portal.KindText, Portal: "p", Login: "l", Sender: "s", At: noon}
			outcome, err := store.Ask(t.Context(), c, portal.Verdict{Outcome: portal.Hold, Rule: "invoices"})
			if err != nil {
				t.Fatal(err)
			}
			return outcome
		}
		parks := func(id, key string) {
			t.Helper()
			if parked, err := store.Park(t.Context(), "whatsapp", put(t, store, id, id), key); err != nil || !parked {
				t.Fatalf("Park gave %v, %v", parked, err)
			}
		}
		for _, key := range []string{"k1", "k1/edit/2", "k10"} {
			asks(key)
			parks("message "+key, key)
		}
		parks("reaction", "k1") // behind the message
		waits := func(key, want string) {
			t.Helper()
			if got, err := store.WaitsUnder(t.Context(), "whatsapp", key); err != nil || got != want {
				t.Errorf("under %s there waits %q, %v; want %q", key, got, err, want)
			}
		}
		waits("k1", "k1")
		waits("k1/edit", "k1/edit/2")
		waits("k", "")
		for range 2 { // who asks again hears the same
			taken, err := store.Withdraw(t.Context(), "whatsapp", portal.In, "k1", noon)
			if err != nil || len(taken) != 2 || taken[0].Key != "k1" || taken[1].Key != "k1/edit/2" {
				t.Fatalf("taken back were %+v, %v", taken, err)
			}
		}
		waits("k1", "")
		waits("k10", "k10")
		if outcome := asks("k1"); outcome != portal.Withdrawn {
			t.Errorf("who brings it again learns %q", outcome)
		}
		waiting, err := store.Approvals(t.Context(), noon.Add(time.Hour))
		if err != nil || len(waiting) != 1 || waiting[0].Key != "k10" {
			t.Fatalf("there wait %+v, %v", waiting, err)
		}
		if _, _, err := store.DecideApproval(t.Context(), 1, portal.Admit, "@amira:state", noon); !errors.Is(err, govern.ErrTakenBack) {
			t.Errorf("a decision about what was taken back: %v", err)
		}
		_, freed, err := store.DecideApproval(t.Context(), waiting[0].Number, portal.Admit, "@amira:state", noon)
		if err != nil || len(freed) != 1 || freed[0].ID != "message k10" {
			t.Errorf("the other one freed %+v, %v", freed, err)
		}
		if list, err := store.Arrivals(t.Context(), "whatsapp"); err != nil || len(list) != 1 {
			t.Errorf("the inbox would deliver %+v, %v", list, err)
		}
	})
}
