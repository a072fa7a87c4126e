package database

import (
	"testing"

	"github.com/rs/zerolog"
	"go.mau.fi/util/dbutil"
)

func TestOutagesAreNotedWhereTheyAreAskedFor(t *testing.T) {
	db, err := Place(t.TempDir()).OpenNetwork(t.Context(), "red", zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.RawDB.SetMaxOpenConns(1)
	child := db.Child("child_version", nil, dbutil.NoopLogger) // as libraries have it
	ctx, away := NotingOutages(t.Context())
	if _, err := child.Exec(ctx, "PRAGMA query_only = ON"); err != nil || away() != nil {
		t.Fatalf("a success, %v, is noted as %v", err, away())
	}
	if _, err := child.Exec(t.Context(), "CREATE TABLE elsewhere (a INTEGER)"); err == nil || away() != nil {
		t.Fatalf("an outage elsewhere, %v, is noted as %v", err, away())
	}
	if _, err := child.Query(ctx, "SELECT nonsense"); err == nil || away() != nil {
		t.Fatalf("a mistake, %v, is noted as %v", err, away())
	}
	_, first := child.Exec(ctx, "CREATE TABLE here (a INTEGER)")
	if _, err := child.Exec(ctx, "PRAGMA query_only = OFF"); err != nil || first == nil || away() != first {
		t.Errorf("%v is noted as %v", first, away())
	}
}
