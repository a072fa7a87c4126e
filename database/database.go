// Package database opens every database of the bridge, and holds our own tables: the inbox, the journal and the gate's
// decisions.
//
// There is one database for each network, which bridgev2 and the network's library own, and one of our own: a shared one
// would let a reset of one network's encryption delete the other's keys (bridgev2/matrix/crypto.go, clearDatabase). They
// are SQLite files in one folder (mode 0700), or databases of one PostgreSQL server whose names begin alike.
//
// At rest stand identifiers, times and decisions; what waits to be delivered is sealed (see [Sealer]). A schema that is
// newer than this program is refused.
package database

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/lib/pq"
	"github.com/rs/zerolog"
	"go.mau.fi/util/dbutil"
)

//go:embed upgrades/*.sql
var upgrades embed.FS

// Place is where the databases are: a folder, or a PostgreSQL URI whose database is our own.
type Place string

// own is the name of our own database.
const own = "passerelle"

func (p Place) postgres() bool {
	return strings.HasPrefix(string(p), "postgres://") || strings.HasPrefix(string(p), "postgresql://")
}

// uri returns the URI of the PostgreSQL database of that name, which is called NAME_name beside our own, NAME.
func (p Place) uri(name string) (string, error) {
	u, err := url.Parse(string(p))
	if err != nil || strings.Trim(u.Path, "/") == "" {
		return "", errors.New("the PostgreSQL URI names no database; write postgres://USER:PASSWORD@HOST/DATABASE")
	}
	if name != own {
		u.Path += "_" + name
	}
	return u.String(), nil
}

// OpenNetwork opens the database of a network, and makes it where it does not exist. The tables are the network's own
// affair. Unlike our own database it may lose its last commits when the power fails: what it must not lose waits in ours.
func (p Place) OpenNetwork(ctx context.Context, network string, log zerolog.Logger) (*dbutil.Database, error) {
	return p.open(ctx, network, survivesKill, log)
}

// maxConnections bounds the connections to one database.
const maxConnections = 8

func (p Place) open(ctx context.Context, name string, keeps durability, log zerolog.Logger) (*dbutil.Database, error) {
	db, err := p.connect(ctx, name, keeps)
	if err != nil {
		return nil, err
	}
	log = log.With().Str("database", name).Logger()
	db.Owner, db.Log = "passerelle/"+name, noting{dbutil.ZeroLogger(log)}
	db.LoggingDB.UnderlyingExecable = patient{DB: db.RawDB, log: log}
	db.RawDB.SetMaxOpenConns(maxConnections)
	db.RawDB.SetMaxIdleConns(maxConnections)
	if err := tryWriting(ctx, db); err != nil {
		return nil, errors.Join(fmt.Errorf("open the database %s: %w", name, err), db.Close())
	}
	return db, nil
}

func (p Place) connect(ctx context.Context, name string, keeps durability) (*dbutil.Database, error) {
	if !p.postgres() {
		if err := os.MkdirAll(string(p), 0o700); err != nil {
			return nil, fmt.Errorf("make the folder of the databases: %w (give the bridge's user the right to write there)", err)
		}
		return openSQLite(filepath.Join(string(p), name+".db"), keeps)
	}
	uri, err := p.uri(name)
	if err != nil {
		return nil, err
	}
	if err := p.createDatabase(ctx, uri); err != nil {
		return nil, err
	}
	return openPostgres(uri)
}

// tryWriting finds out now, and not at the first message, that a database cannot be written.
func tryWriting(ctx context.Context, db *dbutil.Database) error {
	err := db.DoTxn(ctx, nil, func(ctx context.Context) error {
		if _, err := db.Exec(ctx, "CREATE TABLE passerelle_write_test (x INTEGER)"); err != nil {
			return err
		}
		_, err := db.Exec(ctx, "DROP TABLE passerelle_write_test")
		return err
	})
	if err != nil {
		return fmt.Errorf("it cannot be written: %w (check the rights of the bridge's user, and the space on the disk)", err)
	}
	return nil
}

// createDatabase makes the database that uri names, where the server says that it does not exist.
func (p Place) createDatabase(ctx context.Context, uri string) error {
	db, err := openPostgres(uri)
	if err != nil {
		return fmt.Errorf("open PostgreSQL: %w", err)
	}
	defer db.Close()
	err = db.RawDB.PingContext(ctx)
	const invalidCatalogName = "3D000" // PostgreSQL, appendix A: the database does not exist
	var answer *pq.Error
	if !errors.As(err, &answer) || answer.Code != invalidCatalogName {
		if err != nil {
			return fmt.Errorf("reach PostgreSQL: %w (is the server running, and the URI right?)", err)
		}
		return nil
	}
	target, err := url.Parse(uri)
	if err != nil {
		return fmt.Errorf("open PostgreSQL: %w", err)
	}
	name := strings.Trim(target.Path, "/")
	target.Path = "/postgres"
	server, err := openPostgres(target.String())
	if err != nil {
		return fmt.Errorf("open PostgreSQL: %w", err)
	}
	defer server.Close()
	if _, err := server.RawDB.ExecContext(ctx, "CREATE DATABASE "+pq.QuoteIdentifier(name)); err != nil {
		return fmt.Errorf("make the database %s: %w (make it by hand: createdb --owner USER %s)", name, err, name)
	}
	return nil
}

// Store is our own database.
type Store struct {
	db         *dbutil.Database
	sealer     *Sealer
	log        zerolog.Logger
	unreadable unreadable
}

// Open opens our own database and brings its tables up to date. It fails when the database cannot be written, or when a
// newer version of the bridge has used it.
func Open(ctx context.Context, p Place, sealer *Sealer, log zerolog.Logger) (*Store, error) {
	db, err := p.open(ctx, own, survivesPowerCut, log)
	if err != nil {
		return nil, err
	}
	db.UpgradeTable = dbutil.BuildUpgradeTable().WithFSPath(upgrades, "upgrades").Finish()
	err = db.Upgrade(ctx)
	if errors.Is(err, dbutil.ErrUnsupportedDatabaseVersion) {
		err = fmt.Errorf("%w: a newer version of the bridge has used it; run that version, or restore a backup", err)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("bring our own database up to date: %w", err), db.Close())
	}
	return &Store{db: db, sealer: sealer, log: log, unreadable: unreadable{count: map[[2]string]int{}}}, nil
}

// Close closes the database.
func (s *Store) Close() error { return s.db.Close() }

// Depths counts what waits in a network's inbox and journal.
func (s *Store) Depths(ctx context.Context, network string) (inbox, journal int, err error) {
	err = s.db.QueryRow(ctx, `
		SELECT (SELECT COUNT(*) FROM inbox WHERE network = $1), (SELECT COUNT(*) FROM journal WHERE network = $1)`,
		network).Scan(&inbox, &journal)
	if err != nil {
		return 0, 0, fmt.Errorf("count what waits: %w", err)
	}
	return inbox, journal, nil
}
