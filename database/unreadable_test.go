package database_test

import (
	"strings"
	"testing"

	"passerelle/database"
)

// changed makes every sealed value of a table something else, where the condition holds.
func changed(table, condition string) string {
	return "UPDATE " + table + " SET sealed = '01234567890123456789012345678901234567890123456789' WHERE " + condition
}

func TestARowThatWasChangedHoldsUpNoOther(t *testing.T) {
	onBoth(t, func(t *testing.T, place database.Place) {
		store := open(t, place, sealer(t, "a"))
		for _, id := range []string{"m1", "m2", "m3", "m4"} {
			put(t, store, id, "payload of "+id)
		}
		entries := []database.JournalEntry{{Event: "$1", At: noon, Body: []byte("{}")}, {Event: "$2", At: noon, Body: []byte("[]")}}
		if err := store.PutJournal(t.Context(), "whatsapp", entries, []string{"$1", "$2"}); err != nil {
			t.Fatal(err)
		}
		store.Close()
		execute(t, place, changed("inbox", "id = 'm2'"), "UPDATE inbox SET sealed = 'short' WHERE id = 'm3'", changed("journal", "event LIKE '%1'"))

		store = open(t, place, sealer(t, "a"))
		for range 2 { // read twice, counted once
			arrivals, err := store.Arrivals(t.Context(), "whatsapp")
			if err != nil || len(arrivals) != 2 || arrivals[0].ID != "m1" || string(arrivals[1].Payload) != "payload of m4" {
				t.Errorf("the inbox holds %+v, %v", arrivals, err)
			}
			journal, err := store.Journal(t.Context(), "whatsapp")
			if err != nil || len(journal) != 1 || journal[0].Event != "$2" {
				t.Errorf("the journal holds %+v, %v", journal, err)
			}
		}
		if inbox, journal := store.Unreadable("whatsapp"); inbox != 2 || journal != 1 {
			t.Errorf("%d rows of the inbox and %d of the journal count as unreadable, want 2 and 1", inbox, journal)
		}
		if inbox, journal := store.Unreadable("telegram"); inbox != 0 || journal != 0 {
			t.Errorf("another network has %d and %d unreadable rows", inbox, journal)
		}
		if inbox, journal, err := store.Depths(t.Context(), "whatsapp"); err != nil || inbox != 4 || journal != 2 {
			t.Errorf("%d and %d rows are left, %v", inbox, journal, err)
		}
	})
}

func TestAMissingKeyIsAnErrorBesideRowsThatWereChanged(t *testing.T) {
	onBoth(t, func(t *testing.T, place database.Place) {
		store := open(t, place, sealer(t, "old"))
		put(t, store, "m1", "sealed")
		put(t, store, "m2", "and changed")
		if err := store.PutJournal(t.Context(), "whatsapp", []database.JournalEntry{{Event: "$1", At: noon, Body: []byte("{}")}}, nil); err != nil {
			t.Fatal(err)
		}
		store.Close()
		execute(t, place, changed("inbox", "id = 'm2'"))
		store = open(t, place, sealer(t, "new"))
		if _, err := store.Arrivals(t.Context(), "whatsapp"); err == nil || !strings.Contains(err.Error(), "storage_keys") {
			t.Errorf("reading the inbox without the key gives %v", err)
		}
		if _, err := store.Journal(t.Context(), "whatsapp"); err == nil || !strings.Contains(err.Error(), "storage_keys") {
			t.Errorf("reading the journal without the key gives %v", err)
		}
	})
}
