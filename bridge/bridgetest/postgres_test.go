package bridgetest_test

import (
	"database/sql"
	"os"
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
	execute(t, uri, `CREATE TABLE words (word TEXT)`)
	execute(t, uri, `INSERT INTO words VALUES ('été')`)
	if err := pg.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	execute(t, uri, `INSERT INTO words VALUES ('hiver')`)

	// A client keeps its connection open over the crash.
	db := open(t, uri)
	if err := db.PingContext(t.Context()); err != nil {
		t.Fatal(err)
	}
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
	row := open(t, uri).QueryRowContext(t.Context(), `SELECT count(*) FROM words WHERE word IN ('été', 'hiver')`)
	if err := row.Scan(&words); err != nil || words != 2 {
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
		execute(t, uri, `CREATE TABLE portal (id TEXT)`)
	}
	if _, err := pg.CreateDatabase(t.Context(), "telegram"); err == nil {
		t.Error("a second database telegram: no error")
	}
}

func TestAServerComesBackToItsFolder(t *testing.T) {
	if os.Getenv("PASSERELLE_NO_POSTGRES") == "1" {
		t.Skip("not testing on PostgreSQL")
	}
	// Not t.TempDir: root's would be closed to the user that the server runs as.
	dir, err := os.MkdirTemp("", "passerelle-postgres-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	for _, statement := range []string{`CREATE TABLE words (word TEXT)`, `INSERT INTO words VALUES ('again')`} {
		pg, err := bridgetest.StartPostgres(t.Context(), bridgetest.PostgresOptions{Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { pg.Stop() })
		execute(t, pg.URI("postgres"), statement)
		if err := pg.Stop(); err != nil {
			t.Fatal(err)
		}
	}
}

func open(t *testing.T, uri string) *sql.DB {
	t.Helper()
	db, err := sql.Open("postgres", uri)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func execute(t *testing.T, uri, statement string) {
	t.Helper()
	db := open(t, uri)
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}
