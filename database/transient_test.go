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
	"github.com/rs/zerolog"

	"passerelle/database"
)

func TestAServerThatHangsUpIsAway(t *testing.T) {
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			_, _ = conn.Read(make([]byte, 1024)) // the first words: a close with words unread would be a reset
			conn.Close()
		}
	}()
	place := database.Place("postgres://someone@" + listener.Addr().String() + "/border?sslmode=disable")
	if _, err := place.OpenNetwork(t.Context(), "border", zerolog.Nop()); !database.IsTransient(err) {
		t.Errorf("the error is %v", err)
	}
}

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
