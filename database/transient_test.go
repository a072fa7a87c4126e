package database_test

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"net"
	"testing"

	"github.com/lib/pq"
	"github.com/mattn/go-sqlite3"

	"passerelle/database"
)

func TestWhatPassesIsToldFromWhatStays(t *testing.T) {
	for err, want := range map[error]bool{
		&pq.Error{Code: "57P03"}:                       true, // cannot connect now
		&pq.Error{Code: "53100"}:                       true, // disk full
		&pq.Error{Code: "23505"}:                       false,
		sqlite3.Error{Code: sqlite3.ErrFull}:           true,
		sqlite3.Error{Code: sqlite3.ErrConstraint}:     false,
		&net.OpError{Op: "dial", Err: errors.New("x")}: true,
		driver.ErrBadConn:                              true,
		context.Canceled:                               false,
		errors.New("no such table"):                    false,
	} {
		if got := database.IsTransient(fmt.Errorf("look up: %w", err)); got != want {
			t.Errorf("IsTransient(%v) = %t, want %t", err, got, want)
		}
	}
	if database.IsTransient(nil) {
		t.Error("no error is transient")
	}
}
