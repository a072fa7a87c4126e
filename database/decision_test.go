package database_test

import (
	"testing"
	"time"

	"passerelle/database"
	"passerelle/portal"
)

func TestOldDecisionsAreForgottenButNotWhatWaits(t *testing.T) {
	onBoth(t, func(t *testing.T, place database.Place) {
		store := open(t, place, sealer(t, "a"))
		log := openLog(t, store, "")
		crossing := func(key string) portal.Crossing {
			return portal.Crossing{Key: key, Network: "whatsapp", Direction: portal.In, Kind: portal.KindText, Portal: "p", Login: "l", Sender: "s", At: noon}
		}
		for _, key := range []string{"decided", "decided later", "waits"} {
			if _, err := store.Ask(t.Context(), crossing(key), portal.Verdict{Outcome: portal.Hold, Rule: "first contact"}); err != nil {
				t.Fatal(err)
			}
		}
		waiting, err := store.Approvals(t.Context(), noon)
		if err != nil || len(waiting) != 3 {
			t.Fatalf("there wait %+v, %v", waiting, err)
		}
		for _, a := range waiting[:2] {
			if _, _, err := store.DecideApproval(t.Context(), a.Number, portal.Refuse, "@amira:state", noon); err != nil {
				t.Fatal(err)
			}
			execute(t, place, "UPDATE approval SET handed_on = TRUE WHERE key = '"+a.Key+"'")
		}
		old, held, young := said(1), said(2), said(60)
		held.Key, held.Outcome = "waits", portal.Hold
		record(t, log, old, held, young)

		forgotten, err := store.ForgetDecisions(t.Context(), noon.Add(time.Hour))
		if err != nil || forgotten != 1 {
			t.Errorf("forgotten: %d, %v", forgotten, err)
		}
		for key, want := range map[string]portal.Outcome{old.Key: "", held.Key: portal.Hold, young.Key: portal.Admit} {
			if outcome, err := store.Outcome(t.Context(), "whatsapp", portal.In, key); err != nil || outcome != want {
				t.Errorf("%s ended %q, %v", key, outcome, err)
			}
		}
		left, err := store.Approvals(t.Context(), noon.Add(-time.Hour))
		if err != nil || len(left) != 1 || left[0].Key != waiting[2].Key {
			t.Errorf("of what was asked is left %+v, %v", left, err)
		}
		if wrong := verified(t, store); wrong != "" {
			t.Error(wrong)
		}
	})
}
