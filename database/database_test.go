package database_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"go.mau.fi/util/dbutil"

	"passerelle/bridge/bridgetest"
	"passerelle/database"
	"passerelle/portal"
)

// onBoth runs a test on SQLite and on PostgreSQL.
func onBoth(t *testing.T, test func(t *testing.T, place database.Place)) {
	t.Run("SQLite", func(t *testing.T) { test(t, database.Place(filepath.Join(t.TempDir(), "data"))) })
	t.Run("PostgreSQL", func(t *testing.T) {
		pg := bridgetest.NewPostgres(t)
		test(t, database.Place(pg.URI("border"))) // it does not exist yet
	})
}

func sealer(t *testing.T, ids ...string) *database.Sealer {
	t.Helper()
	s := database.NewSealer()
	for _, id := range ids {
		if err := s.Add(id, bytes.Repeat([]byte(id[:1]), 32)); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func open(t *testing.T, place database.Place, s *database.Sealer) *database.Store {
	t.Helper()
	store, err := database.Open(t.Context(), place, s, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	return store
}

// execute changes our own database as somebody would who has got at it.
func execute(t *testing.T, place database.Place, statements ...string) {
	t.Helper()
	uri, dialect := "file:"+filepath.Join(string(place), "passerelle.db"), "sqlite3"
	if strings.HasPrefix(string(place), "postgres") {
		uri, dialect = string(place), "postgres"
	}
	db, err := dbutil.NewWithDialect(uri, dialect)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, statement := range statements {
		if _, err := db.Exec(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
}

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func put(t *testing.T, s *database.Store, id, payload string) (seq int64) {
	t.Helper()
	seqs, err := s.PutArrivals(t.Context(), "whatsapp", []portal.Arrival{{
		Login: "alice", Lane: "chat", ID: id, Payload: []byte(payload), At: noon}})
	if err != nil {
		t.Fatal(err)
	}
	return seqs[0]
}

func TestAnArrivalWaitsUntilItIsRemoved(t *testing.T) {
	onBoth(t, func(t *testing.T, place database.Place) {
		store := open(t, place, sealer(t, "a"))
		put(t, store, "m1", "first")
		put(t, store, "m2", "second")
		put(t, store, "m1", "first again")
		store.Close()

		store = open(t, place, sealer(t, "a"))
		list, err := store.Arrivals(t.Context(), "whatsapp")
		if err != nil || len(list) != 2 {
			t.Fatalf("the inbox holds %v, %v", list, err)
		}
		first := list[0]
		if first.Login != "alice" || first.Lane != "chat" || first.ID != "m1" || string(first.Payload) != "first" || !first.At.Equal(noon) {
			t.Errorf("the first arrival is %+v", first)
		}
		if other, err := store.Arrivals(t.Context(), "telegram"); err != nil || len(other) != 0 {
			t.Errorf("another network's inbox holds %v, %v", other, err)
		}
		for range 2 { // removing twice is no error
			if err := store.RemoveArrivals(t.Context(), []int64{first.Seq}); err != nil {
				t.Error(err)
			}
		}
		if inbox, _, err := store.Depths(t.Context(), "whatsapp"); err != nil || inbox != 1 {
			t.Errorf("%d arrivals wait, %v", inbox, err)
		}
	})
}

func TestAKeyCanBeReplacedWhileArrivalsWait(t *testing.T) {
	place := database.Place(t.TempDir())
	store := open(t, place, sealer(t, "old"))
	put(t, store, "m1", "sealed with the old key")
	store.Close()

	store = open(t, place, sealer(t, "new", "old"))
	put(t, store, "m2", "sealed with the new key")
	list, err := store.Arrivals(t.Context(), "whatsapp")
	if err != nil || len(list) != 2 || string(list[0].Payload) != "sealed with the old key" {
		t.Fatalf("the inbox holds %v, %v", list, err)
	}
	store.Close()

	store = open(t, place, sealer(t, "new"))
	if _, err := store.Arrivals(t.Context(), "whatsapp"); err == nil || !strings.Contains(err.Error(), "storage_keys") {
		t.Errorf("without the old key the error is %v", err)
	}
}

func TestNoContentIsAtRest(t *testing.T) {
	place := database.Place(t.TempDir())
	store := open(t, place, sealer(t, "a"))
	put(t, store, "m1", "the mayor resigns")
	err := store.PutJournal(t.Context(), "whatsapp", []database.JournalEntry{{Event: "$e", At: noon, Body: []byte("the mayor stays")}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir(string(place))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		text, err := os.ReadFile(filepath.Join(string(place), file.Name()))
		if err != nil || bytes.Contains(text, []byte("mayor")) {
			t.Errorf("%s holds the conversation (%v)", file.Name(), err)
		}
	}
}

func TestTheJournalKeepsWhatIsOpen(t *testing.T) {
	onBoth(t, func(t *testing.T, place database.Place) {
		store := open(t, place, sealer(t, "a"))
		entries := []database.JournalEntry{{Event: "$1", At: noon, Body: []byte("{}")}, {Event: "$2", At: noon, Body: []byte("[]")}}
		for range 2 { // the homeserver repeats a transaction
			if err := store.PutJournal(t.Context(), "whatsapp", entries, []string{"$1", "$2"}); err != nil {
				t.Fatal(err)
			}
		}
		if err := store.RemoveJournal(t.Context(), "whatsapp", "$1"); err != nil {
			t.Error(err)
		}
		if taken, err := store.Taken(t.Context(), "whatsapp"); err != nil || !slices.Equal(taken, []string{"$1", "$2"}) {
			t.Errorf("the newest transaction was %q, %v", taken, err)
		}
		if taken, err := store.Taken(t.Context(), "telegram"); err != nil || len(taken) != 0 {
			t.Errorf("another network's newest transaction was %q, %v", taken, err)
		}
		left, err := store.Journal(t.Context(), "whatsapp")
		if err != nil || len(left) != 1 || left[0].Event != "$2" || string(left[0].Body) != "[]" || !left[0].At.Equal(noon) {
			t.Errorf("the journal holds %+v, %v", left, err)
		}
	})
}

func TestADecisionIsKeptOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, place database.Place) {
		store := open(t, place, sealer(t, "a"))
		d := portal.Decision{Key: "k", Network: "whatsapp", Direction: portal.In, Kind: portal.KindText, Portal: "p", Login: "l",
			Sender: "s", Size: 7, Outcome: portal.Withhold, Rule: "scan", Found: "Eicar",
			Digest: "275a021b", At: noon}
		again := d
		again.At = noon.Add(time.Minute)
		for _, x := range []portal.Decision{d, again} {
			if err := store.Record(t.Context(), x); err != nil {
				t.Fatal(err)
			}
		}
		list, err := store.Decisions(t.Context(), "whatsapp", noon)
		if err != nil || len(list) != 1 {
			t.Fatalf("the ledger holds %+v, %v", list, err)
		}
		list[0].At = list[0].At.UTC()
		if list[0] != d {
			t.Errorf("the ledger holds %+v, want %+v", list[0], d)
		}
		for key, want := range map[string]portal.Outcome{d.Key: d.Outcome, "another": ""} {
			if outcome, err := store.Outcome(t.Context(), d.Network, d.Direction, key); err != nil || outcome != want {
				t.Errorf("the decision on %s ended %q, %v; want %q", key, outcome, err, want)
			}
		}
	})
}

func TestADatabaseThatCannotBeUsedNamesTheRemedy(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct{ place, want string }{
		"a file in the folder's place": {filepath.Join(file, "data"), "right to write"},
		"no database in the URI":       {"postgres://127.0.0.1", "names no database"},
		"no server":                    {"postgres://127.0.0.1:1/x?sslmode=disable&connect_timeout=2", "is the server running"},
	} {
		_, err := database.Open(t.Context(), database.Place(test.place), sealer(t, "a"), zerolog.Nop())
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: the error is %v, want one with %q", name, err, test.want)
		}
	}
}

// TestAnOlderDatabaseIsBroughtUpToDate begins with the tables of the first version.
func TestAnOlderDatabaseIsBroughtUpToDate(t *testing.T) {
	onBoth(t, func(t *testing.T, place database.Place) {
		store := open(t, place, sealer(t, "a"))
		put(t, store, "m1", "from before")
		store.Close()
		execute(t, place, "DROP TABLE taken", "DROP TABLE language", "DROP TABLE approval", "DROP TABLE portal_state",
			"DROP TABLE login_setting", "DROP TABLE contact", "DROP TABLE audit_entry", "DROP TABLE audit_head",
			"DROP TABLE audit_checkpoint", "DROP INDEX decision_portal_idx", "ALTER TABLE inbox DROP COLUMN past",
			"ALTER TABLE inbox DROP COLUMN held", "ALTER TABLE inbox DROP COLUMN awaits",
			"ALTER TABLE decision DROP COLUMN found", "ALTER TABLE decision DROP COLUMN digest", "UPDATE version SET version = 1, compat = 1")

		store = open(t, place, sealer(t, "a"))
		entries := []database.JournalEntry{{Event: "$1", At: noon, Body: []byte("{}")}}
		if err := store.PutJournal(t.Context(), "whatsapp", entries, []string{"$1", "$2"}); err != nil {
			t.Error(err)
		}
		if list, err := store.Arrivals(t.Context(), "whatsapp"); err != nil || len(list) != 1 || string(list[0].Payload) != "from before" {
			t.Errorf("the inbox holds %+v, %v", list, err)
		}
	})
}

func TestANewerSchemaIsRefused(t *testing.T) {
	place := database.Place(t.TempDir())
	store := open(t, place, sealer(t, "a"))
	store.Close()
	execute(t, place, "UPDATE version SET version = 99, compat = 99")
	_, err := database.Open(t.Context(), place, sealer(t, "a"), zerolog.Nop())
	if !errors.Is(err, dbutil.ErrUnsupportedDatabaseVersion) || !strings.Contains(err.Error(), "newer version") {
		t.Errorf("the error is %v", err)
	}
}

func TestSealedValuesOpenInTheirOwnRowOnly(t *testing.T) {
	s := sealer(t, "a")
	id, sealed, err := s.Seal([]byte("x"), "inbox", "ab", "c")
	if err != nil {
		t.Fatal(err)
	}
	if plain, err := s.Unseal(id, sealed, "inbox", "ab", "c"); err != nil || string(plain) != "x" {
		t.Errorf("Unseal gave %q, %v", plain, err)
	}
	for _, names := range [][]string{{"inbox", "a", "bc"}, {"journal", "ab", "c"}, {}} {
		if _, err := s.Unseal(id, sealed, names...); err == nil {
			t.Errorf("it opened for %q", names)
		}
	}
	if _, err := s.Unseal(id, sealed[:10], "inbox", "ab", "c"); err == nil {
		t.Error("a cut value opened")
	}
	if _, _, err := database.NewSealer().Seal(nil); err == nil {
		t.Error("a sealer without a key seals")
	}
	if err := s.Add("short", []byte("x")); err == nil {
		t.Error("a short key was taken")
	}
}

func TestARoomIsBegunOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, place database.Place) {
		store := open(t, place, sealer(t, "a"))
		r, begun, err := store.BeginRoom(t.Context(), "whatsapp", "p", "first")
		if err != nil || !begun || r != (database.Room{Marker: "first"}) {
			t.Fatalf("BeginRoom gave %+v, %v, %v", r, begun, err)
		}
		r, begun, err = store.BeginRoom(t.Context(), "whatsapp", "p", "second")
		if err != nil || begun || r != (database.Room{Marker: "first"}) {
			t.Errorf("the second BeginRoom gave %+v, %v, %v", r, begun, err)
		}
		made := database.Room{Marker: "first", ID: "!r"}
		if err := store.SetRoom(t.Context(), "whatsapp", "p", made); err != nil {
			t.Fatal(err)
		}
		if r, _, err := store.BeginRoom(t.Context(), "whatsapp", "p", "third"); err != nil || r != made {
			t.Errorf("after its creation the room is %+v, %v", r, err)
		}
	})
}

func TestWhetherAnythingWasAdmittedInAChatBefore(t *testing.T) {
	onBoth(t, func(t *testing.T, place database.Place) {
		s := open(t, place, sealer(t, "a"))
		for _, d := range []portal.Decision{
			{Key: "refused", Portal: "amina", Login: "claire", Kind: portal.KindText, Outcome: portal.Refuse},
			{Key: "told", Portal: "amina", Login: "claire", Kind: portal.KindNotice, Outcome: portal.Admit},
			{Key: "1", Portal: "ben", Login: "claire", Kind: portal.KindText, Outcome: portal.Admit},
			{Key: "album/1", Portal: "ida", Login: "claire", Kind: portal.KindMedia, Outcome: portal.Admit},
		} {
			d.Network, d.Direction, d.At = "whatsapp", portal.Out, noon
			if err := s.Record(t.Context(), d); err != nil {
				t.Fatal(err)
			}
		}
		for _, each := range []struct {
			network, chat, login, key string
			want                      bool
		}{
			{"whatsapp", "amina", "claire", "2", false},
			{"whatsapp", "ben", "claire", "2", true},
			{"whatsapp", "ben", "claire", "1", false},
			{"whatsapp", "ben", "karim", "2", false},
			{"whatsapp", "ben", "", "2", true},
			{"telegram", "ben", "claire", "2", false},
			{"whatsapp", "ida", "claire", "album", false},
			{"whatsapp", "ida", "claire", "albu", true},
		} {
			got, err := s.Admitted(t.Context(), each.network, each.chat, each.login, each.key)
			if err != nil || got != each.want {
				t.Errorf("%+v: %v, %v", each, got, err)
			}
		}
	})
}
