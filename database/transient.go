package database

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"net"

	"github.com/lib/pq"
	"github.com/mattn/go-sqlite3"
)

// IsTransient tells whether err means that a database cannot be used now, and may be used later: the server is away or
// shutting down, the disk is full, the file is locked.
func IsTransient(err error) bool {
	if errors.Is(err, context.Canceled) {
		return false
	}
	var answer *pq.Error
	if errors.As(err, &answer) {
		switch answer.Code.Class() {
		case "08", "25", "40", "53", "57", "58": // PostgreSQL, appendix A: connection, state, rollback, resources, intervention, system
			return true
		}
		return false
	}
	var file sqlite3.Error
	if errors.As(err, &file) {
		switch file.Code {
		case sqlite3.ErrBusy, sqlite3.ErrLocked, sqlite3.ErrFull, sqlite3.ErrIoErr, sqlite3.ErrCantOpen, sqlite3.ErrNomem, sqlite3.ErrReadonly:
			return true
		}
		return false
	}
	var connection *net.OpError
	return errors.As(err, &connection) || errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone)
}
