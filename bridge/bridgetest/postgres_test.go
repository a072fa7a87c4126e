package bridgetest_test

import (
	"database/sql"
	"errors"
	"testing"

	_ "github.com/lib/pq"

	"passerelle/bridge/bridgetest"
)

func TestADatabaseOutlivesRestartAndKill(t *testing.T) {
	pg := bridgetest.NewPostgres(t)
	uri, err := pg.CreateDatabase(t.Context(), "whats app")
	if err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("postgres", uri)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })

	write := func(word string) {
		t.Helper()
		if _, err := db.ExecContext(t.Context(), `INSERT INTO words VALUES ($1)`, word); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := db.ExecContext(t.Context(), `CREATE TABLE words (word TEXT)`); err != nil {
		t.Fatal(err)
	}
	write("été")
	if err := pg.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	// The pool still holds a connection that the restart cut.
	if err := db.PingContext(t.Context()); err != nil {
		t.Fatal(err)
	}
	write("hiver")
	if err := pg.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := db.PingContext(t.Context()); err == nil {
		t.Error("the killed server still answers")
	}
	if err := pg.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	var words int
	if err := db.QueryRowContext(t.Context(), `SELECT count(*) FROM words WHERE word IN ('été', 'hiver')`).Scan(&words); err != nil || words != 2 {
		t.Errorf("%d words after the crash (%v), want both", words, err)
	}
}

func TestDatabasesAreApart(t *testing.T) {
	pg := bridgetest.NewPostgres(t)
	for _, name := range []string{"whatsapp", "telegram"} {
		uri, err := pg.CreateDatabase(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		db, err := sql.Open("postgres", uri)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { db.Close() })
		if _, err := db.ExecContext(t.Context(), `CREATE TABLE portal (id TEXT)`); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := pg.CreateDatabase(t.Context(), "telegram"); err == nil {
		t.Error("a second database telegram: no error")
	}
}

func TestAServerCanComeBackToItsFolder(t *testing.T) {
	if _, err := bridgetest.StartPostgres(t.Context(), bridgetest.PostgresOptions{Port: -1}); err == nil || errors.Is(err, bridgetest.ErrNoPostgres) {
		t.Errorf("a server on port -1: %v", err)
	}
}
