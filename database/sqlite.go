package database

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"net/url"
	"strconv"

	"github.com/mattn/go-sqlite3"
	"go.mau.fi/util/dbutil"
)

// durability says when a commit to SQLite returns (SQLite, "PRAGMA synchronous").
type durability string

const (
	survivesPowerCut durability = "FULL"   // once it is on the disk
	survivesKill     durability = "NORMAL" // once it is with the system; a power cut may lose the last ones
)

const (
	// cachedStatements is how many statements each connection to SQLite keeps parsed.
	cachedStatements = 64
	// lockPatience is how long a statement waits for another one's write, in milliseconds.
	lockPatience = 5000
)

// openSQLite opens the file at path, and makes it where it does not exist. A transaction takes the right to write at its
// beginning, so that it never fails for want of it later.
func openSQLite(path string, keeps durability) (*dbutil.Database, error) {
	options := url.Values{
		"_txlock": {"immediate"}, "_journal_mode": {"WAL"}, "_synchronous": {string(keeps)}, "_foreign_keys": {"on"},
		"_busy_timeout": {strconv.Itoa(lockPatience)}, "_stmt_cache_size": {strconv.Itoa(cachedStatements)},
	}
	uri := url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: options.Encode()}
	return dbutil.NewWithDB(sql.OpenDB(sqliteConnector{uri: uri.String(), driver: &sqlite3.SQLiteDriver{}}), "sqlite3")
}

// sqliteConnector makes connections whose statements are not interrupted.
type sqliteConnector struct {
	uri    string
	driver *sqlite3.SQLiteDriver
}

var _ driver.Connector = sqliteConnector{}

// Connect opens the file.
func (c sqliteConnector) Connect(context.Context) (driver.Conn, error) {
	conn, err := c.driver.Open(c.uri)
	if err != nil {
		return nil, err
	}
	return uninterrupted{conn.(*sqlite3.SQLiteConn)}, nil
}

// Driver returns go-sqlite3's driver.
func (c sqliteConnector) Driver() driver.Driver { return c.driver }

// uninterrupted runs each statement to its end, whatever becomes of its context. Statements of ours take microseconds. To be
// able to interrupt one, go-sqlite3 runs it in a goroutine of its own, which costs about as much as the statement
// (go-sqlite3/sqlite3.go, SQLiteStmt.exec).
type uninterrupted struct{ *sqlite3.SQLiteConn }

var (
	_ driver.QueryerContext = uninterrupted{}
	_ driver.ExecerContext  = uninterrupted{}
	_ driver.ConnBeginTx    = uninterrupted{}
)

func (u uninterrupted) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	return u.SQLiteConn.QueryContext(context.WithoutCancel(ctx), query, args)
}

func (u uninterrupted) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	return u.SQLiteConn.ExecContext(context.WithoutCancel(ctx), query, args)
}

func (u uninterrupted) BeginTx(ctx context.Context, options driver.TxOptions) (driver.Tx, error) {
	return u.SQLiteConn.BeginTx(context.WithoutCancel(ctx), options)
}
