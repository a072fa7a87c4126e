package database_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"passerelle/database"
	"passerelle/portal"
	"passerelle/portal/govern"
)

func TestWhatWaitsIsDecidedOnceAndGivesFreeWhatItHeld(t *testing.T) {
	onBoth(t, func(t *testing.T, place database.Place) {
		store := open(t, place, sealer(t, "a"))
		c := portal.Crossing{Key: "k1", Network: "whatsapp", Direction: portal.In, Kind: portal.KindText, Portal: "p", Login: "l", Sender: "s", At: noon}
		held := portal.Verdict{Outcome: portal.Hold, Rule: "first contact"}
		ask := func(want portal.Outcome) {
			t.Helper()
			if outcome, err := store.Ask(t.Context(), c, held); err != nil || outcome != want {
				t.Fatalf("Ask gave %q, %v; want %q", outcome, err, want)
			}
		}
		ask(portal.Hold)
		ask(portal.Hold)
		seq := put(t, store, "m1", "hello")
		put(t, store, "m2", "another")
		if parked, err := store.Park(t.Context(), "whatsapp", seq, "k1"); err != nil || !parked {
			t.Fatalf("Park gave %v, %v", parked, err)
		}
		if list, err := store.Arrivals(t.Context(), "whatsapp"); err != nil || len(list) != 1 || list[0].ID != "m2" {
			t.Fatalf("the inbox would deliver %+v, %v", list, err)
		}
		waiting, err := store.Approvals(t.Context(), noon.Add(time.Hour))
		if err != nil || len(waiting) != 1 || waiting[0].Rule != "first contact" {
			t.Fatalf("there wait %+v, %v", waiting, err)
		}
		_, freed, err := store.DecideApproval(t.Context(), waiting[0].Number, portal.Admit, "@amira:state", noon)
		if err != nil || len(freed) != 1 || string(freed[0].Payload) != "hello" {
			t.Fatalf("Decide freed %+v, %v", freed, err)
		}
		ask(portal.Admit)
		if _, _, err := store.DecideApproval(t.Context(), waiting[0].Number, portal.Refuse, "@eve:state", noon); !errors.Is(err, govern.ErrDecided) {
			t.Errorf("a second decision: %v", err)
		}
		ask(portal.Admit)
		if _, _, err := store.DecideApproval(t.Context(), 99, portal.Refuse, "@eve:state", noon); !errors.Is(err, govern.ErrNotFound) {
			t.Errorf("a decision about nothing: %v", err)
		}
		if parked, err := store.Park(t.Context(), "whatsapp", seq, "k1"); err != nil || parked {
			t.Errorf("Park after the decision gave %v, %v", parked, err)
		}
		if list, err := store.Arrivals(t.Context(), "whatsapp"); err != nil || len(list) != 2 {
			t.Errorf("the inbox would deliver %+v, %v", list, err)
		}
	})
}

func TestADecisionThatSomethingWaitsGivesWayToHowItWasDecided(t *testing.T) {
	onBoth(t, func(t *testing.T, place database.Place) {
		store := open(t, place, sealer(t, "a"))
		d := portal.Decision{Key: "k", Network: "whatsapp", Direction: portal.Out, Kind: portal.KindText, At: noon}
		for _, step := range []struct{ decide, want portal.Outcome }{
			{portal.Hold, portal.Hold}, {portal.Admit, portal.Admit}, {portal.Refuse, portal.Admit}, {portal.Hold, portal.Admit},
		} {
			d.Outcome = step.decide
			if err := store.Record(t.Context(), d); err != nil {
				t.Fatal(err)
			}
			if outcome, err := store.Outcome(t.Context(), "whatsapp", portal.Out, "k"); err != nil || outcome != step.want {
				t.Errorf("after %q it is %q, %v", step.decide, outcome, err)
			}
		}
	})
}

func TestWhatAdministratorsSetIsKept(t *testing.T) {
	onBoth(t, func(t *testing.T, place database.Place) {
		store := open(t, place, sealer(t, "a"))
		key := govern.PortalKey{Network: "whatsapp", ID: "p", Receiver: "l"}
		for _, state := range []govern.State{govern.Paused, govern.Closed} {
			if err := store.SetPortalState(t.Context(), database.PortalState{Key: key, State: state, Mark: "C1", By: "@a:s", At: noon}); err != nil {
				t.Fatal(err)
			}
		}
		states, err := store.PortalStates(t.Context())
		if err != nil || len(states) != 1 || states[0].State != govern.Closed || states[0].Mark != "C1" || !states[0].At.Equal(noon) {
			t.Errorf("portals: %+v, %v", states, err)
		}
		login := database.LoginKey{Network: "whatsapp", Login: "l"}
		if err := store.SetLoginSetting(t.Context(), login, database.LoginSetting{Daily: 5, Off: true}); err != nil {
			t.Fatal(err)
		}
		if all, err := store.LoginSettings(t.Context()); err != nil || all[login] != (database.LoginSetting{Daily: 5, Off: true}) {
			t.Errorf("logins: %+v, %v", all, err)
		}
		contact := database.ContactKey{Network: "whatsapp", ID: "s"}
		if err := store.SetContactNote(t.Context(), contact, database.ContactNote{Blocked: true, Informed: noon}); err != nil {
			t.Fatal(err)
		}
		if all, err := store.ContactNotes(t.Context()); err != nil || !all[contact].Blocked || !all[contact].Informed.Equal(noon) || !all[contact].Erased.IsZero() {
			t.Errorf("contacts: %+v, %v", all, err)
		}
	})
}

func TestTrafficIsCountedByDay(t *testing.T) {
	onBoth(t, func(t *testing.T, place database.Place) {
		store := open(t, place, sealer(t, "a"))
		for i, d := range []portal.Decision{
			{Direction: portal.In, Outcome: portal.Admit, At: noon}, {Direction: portal.Out, Outcome: portal.Admit, At: noon},
			{Direction: portal.Out, Outcome: portal.Refuse, At: noon}, {Direction: portal.In, Outcome: portal.Withhold, Rule: portal.RuleScan, At: noon},
			{Direction: portal.In, Outcome: portal.Admit, At: noon.AddDate(0, 0, 1)}, {Direction: portal.In, Outcome: portal.Admit, Kind: portal.KindNotice, At: noon},
		} {
			d.Network, d.Key, d.Login, d.Sender = "whatsapp", string(rune('a'+i)), "l", "s"
			if err := store.Record(t.Context(), d); err != nil {
				t.Fatal(err)
			}
		}
		days, err := store.Traffic(t.Context(), noon.Add(-time.Hour))
		want := govern.Traffic{Day: noon.Truncate(24 * time.Hour).UTC(), Network: "whatsapp", In: 1, Out: 1, Refused: 1, Withheld: 1, Found: 1}
		if err != nil || len(days) != 2 || days[0] != want || days[1].In != 1 {
			t.Errorf("the days are %+v, %v", days, err)
		}
		if sent, err := store.SentSince(t.Context(), database.LoginKey{Network: "whatsapp", Login: "l"}, noon); err != nil || sent != 1 {
			t.Errorf("sent: %d, %v", sent, err)
		}
		if err := store.ForgetContact(t.Context(), database.ContactKey{Network: "whatsapp", ID: "s"}, nil); err != nil {
			t.Fatal(err)
		}
		if count, _, _, err := store.Crossed(t.Context(), database.ContactKey{Network: "whatsapp", ID: "s"}); err != nil || count != 0 {
			t.Errorf("after forgetting there are %d, %v", count, err)
		}
	})
}

func TestManyAskAtOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, place database.Place) {
		store := open(t, place, sealer(t, "a"))
		var asking errgroup.Group
		for i := range 20 {
			asking.Go(func() error {
				c := portal.Crossing{Key: fmt.Sprint(i), Network: "whatsapp", Direction: portal.In, At: noon}
				_, err := store.Ask(t.Context(), c, portal.Verdict{Outcome: portal.Hold})
				return err
			})
		}
		if err := asking.Wait(); err != nil {
			t.Fatal(err)
		}
		waiting, err := store.Approvals(t.Context(), noon)
		if err != nil || len(waiting) != 20 {
			t.Errorf("there wait %d, %v", len(waiting), err)
		}
	})
}
