package database

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net"

	"github.com/lib/pq"
	"go.mau.fi/util/dbutil"
)

// openPostgres opens a database on a PostgreSQL server.
func openPostgres(uri string) (*dbutil.Database, error) {
	connector, err := pq.NewConnector(uri)
	if err != nil {
		return nil, err
	}
	return dbutil.NewWithDB(sql.OpenDB(postgresConnector{connector}), "postgres")
}

// postgresConnector makes connections. A server that hangs up on the first words, as one that is ending does, is one that is away, which
// [IsTransient] tells by the error: lib/pq gives a bare io.EOF then (lib/pq/conn.go, open).
type postgresConnector struct{ *pq.Connector }

func (c postgresConnector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, &net.OpError{Op: "dial", Net: "postgres", Err: err}
	}
	return conn, err
}
