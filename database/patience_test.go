package database_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/rs/zerolog"
	"go.mau.fi/util/dbutil"

	"passerelle/bridge/bridgetest"
	"passerelle/database"
)

// opened opens a network's database, and returns what is told of its outages, too.
func opened(t *testing.T, place database.Place) (*dbutil.Database, <-chan string) {
	t.Helper()
	told := make(chan string, 10)
	db, err := place.OpenNetwork(t.Context(), "red", zerolog.New(teller(told)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db, told
}

// teller is a log that tells of each line about an outage.
type teller chan<- string

func (told teller) Write(line []byte) (int, error) {
	if strings.Contains(string(line), "for it") {
		told <- string(line)
	}
	return len(line), nil
}

func TestWhatMustNotBeLostWaitsForAFullDisk(t *testing.T) {
	db, told := opened(t, database.Place(t.TempDir()))
	db.RawDB.SetMaxOpenConns(1) // the limit is one of the connection's
	do := func(query string) {
		t.Helper()
		if _, err := db.Exec(t.Context(), query); err != nil {
			t.Fatal(err)
		}
	}
	do("CREATE TABLE keys (a BLOB)")
	do("PRAGMA max_page_count = 1") // which is no less than what is there
	const store = "INSERT INTO keys VALUES (zeroblob(100000))"
	if _, err := db.Exec(t.Context(), store); !database.IsTransient(err) {
		t.Fatalf("on a full disk: %v", err)
	}
	err := db.DoTxn(database.Patiently(t.Context()), nil, func(ctx context.Context) error {
		_, err := db.Exec(ctx, store)
		return err
	})
	if !database.IsTransient(err) {
		t.Errorf("in a transaction on a full disk: %v", err)
	}
	given, giveUp := context.WithCancel(database.Patiently(t.Context()))
	ended := make(chan error, 1)
	wait := func(ctx context.Context) {
		go func() {
			_, err := db.Exec(ctx, store)
			ended <- err
		}()
		select {
		case <-told:
		case err := <-ended:
			t.Fatalf("it did not wait: %v", err)
		}
	}
	wait(given)
	giveUp()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("given up on a full disk: %v", err)
	}
	if _, err := db.Exec(database.Patiently(t.Context()), "INSERT INTO nowhere VALUES (1)"); err == nil {
		t.Error("a mistake counts as an outage")
	}
	wait(database.Patiently(t.Context()))
	do("PRAGMA max_page_count = 1000000")
	if err := <-ended; err != nil {
		t.Errorf("with room again: %v", err)
	}
	var rows int
	if err := db.QueryRow(t.Context(), "SELECT count(*) FROM keys").Scan(&rows); err != nil || rows != 1 {
		t.Errorf("there are %d rows, %v", rows, err)
	}
}

func TestWhatMustNotBeLostWaitsForPostgreSQL(t *testing.T) {
	server := bridgetest.NewPostgres(t)
	db, told := opened(t, database.Place(server.URI("border")))
	ctx := database.Patiently(t.Context())
	for name, query := range map[string]func() error{
		"a row": func() error {
			var one int
			return db.QueryRow(ctx, "SELECT 1").Scan(&one)
		},
		"rows": func() error {
			rows, err := db.Query(ctx, "SELECT 1")
			if err != nil {
				return err
			}
			return rows.Close()
		},
	} {
		if err := server.Kill(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- query() }()
		select {
		case <-told:
		case err := <-ended:
			t.Fatalf("%s did not wait: %v", name, err)
		}
		if err := server.Restart(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := <-ended; err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for len(told) > 0 {
			<-told
		}
	}
}
