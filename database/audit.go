package database

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"go.mau.fi/util/dbutil"

	"passerelle/portal/audit"
)

var _ audit.Store = (*Store)(nil)

// AuditHead returns the audit log's head (see [audit.Store]).
func (s *Store) AuditHead(ctx context.Context) (audit.Head, error) { return s.auditHead(ctx, "") }

func (s *Store) auditHead(ctx context.Context, lock string) (h audit.Head, err error) {
	err = s.db.QueryRow(ctx, `SELECT size, pruned, checkpoints FROM audit_head`+lock).Scan(&h.Size, &h.Pruned, &h.Checkpoints)
	if errors.Is(err, sql.ErrNoRows) {
		err = fmt.Errorf("%w: it has no head", audit.ErrBroken)
	}
	if err != nil {
		return h, fmt.Errorf("read the audit log's head: %w", err)
	}
	return h, nil
}

// ChangeAudit changes the audit log (see [audit.Store]). With SQLite every transaction has the right to write from its
// beginning (sqlite.go); with PostgreSQL the head's row is locked.
func (s *Store) ChangeAudit(ctx context.Context, change func(ctx context.Context, head audit.Head) (audit.Head, error)) error {
	err := s.db.DoTxn(ctx, nil, func(ctx context.Context) error {
		lock := ""
		if s.db.Dialect == dbutil.Postgres {
			lock = " FOR UPDATE"
		}
		before, err := s.auditHead(ctx, lock)
		if err != nil {
			return err
		}
		after, err := change(ctx, before)
		if err != nil || after == before {
			return err
		}
		_, err = s.db.Exec(ctx, `UPDATE audit_head SET size = $1, pruned = $2, checkpoints = $3`, after.Size, after.Pruned, after.Checkpoints)
		if err != nil {
			return fmt.Errorf("write the audit log's head: %w", err)
		}
		return nil
	})
	if errors.Is(err, context.DeadlineExceeded) { // a database that does not answer is away
		err = fmt.Errorf("%w: %w", driver.ErrBadConn, err)
	}
	return err
}

// auditColumns are the columns of an entry, in the order of [audit.Entry.Fields].
var auditColumns = func() (columns []string) {
	for _, f := range new(audit.Entry).Fields() {
		columns = append(columns, f.Name)
	}
	return columns
}()

var (
	insertAudit        = "INSERT INTO audit_entry (" + strings.Join(auditColumns, ", ") + ", hashes) VALUES "
	selectAuditEntries = "SELECT " + strings.Join(auditColumns, ", ") + ", hashes FROM audit_entry"
	selectAudit        = selectAuditEntries + " WHERE seq >= $1 ORDER BY seq LIMIT $2"
	blankAudit         = func() string {
		blank := audit.Entry{}
		var set []string
		for _, f := range blank.Fields()[1:] {
			if _, isText := f.Value.(string); isText {
				set = append(set, f.Name+" = ''")
			} else {
				set = append(set, f.Name+" = 0")
			}
		}
		return "UPDATE audit_entry SET " + strings.Join(set, ", ") + " WHERE seq >= $1 AND seq < $2"
	}()
)

// rowsTogether is how many rows are inserted by one statement: SQLite takes 32,766 parameters (SQLite, "Limits").
const rowsTogether = 32

// AddAudit adds entries to the audit log (see [audit.Store]).
func (s *Store) AddAudit(ctx context.Context, rows []audit.Row) error {
	for len(rows) > 0 {
		some := rows[:min(len(rows), rowsTogether)]
		rows = rows[len(some):]
		var values strings.Builder
		args := make([]any, 0, len(some)*(len(auditColumns)+1))
		for i, row := range some {
			if i > 0 {
				values.WriteByte(',')
			}
			values.WriteByte('(')
			for _, f := range row.Fields() {
				args = append(args, f.Value)
				values.WriteString("$" + strconv.Itoa(len(args)) + ",")
			}
			args = append(args, row.Hashes)
			values.WriteString("$" + strconv.Itoa(len(args)) + ")")
		}
		if _, err := s.db.Exec(ctx, insertAudit+values.String(), args...); err != nil {
			return fmt.Errorf("add to the audit log: %w", err)
		}
	}
	return nil
}

// AuditRows returns entries of the audit log (see [audit.Store]).
func (s *Store) AuditRows(ctx context.Context, from int64, limit int) ([]audit.Row, error) {
	rows, err := s.db.Query(ctx, selectAudit, from, limit)
	list, err := dbutil.NewRowIterWithError(rows, scanAudit, err).AsList()
	if err != nil {
		return nil, fmt.Errorf("read the audit log: %w", err)
	}
	return list, nil
}

func scanAudit(row dbutil.Scannable) (r audit.Row, err error) {
	var at int64
	e := &r.Entry
	err = row.Scan(&e.Seq, &at, &e.Salt, &e.Key, &e.Event, &e.Network, &e.Actor, &e.Portal, &e.Login, &e.Message, &e.Direction, &e.Kind,
		&e.Size, &e.Verdict, &e.Rule, &e.Found, &e.Digest, &e.Action, &e.Target, &e.Detail, &e.Result, &e.Door, &r.Hashes)
	if at != 0 {
		e.At = time.UnixMilli(at)
	}
	return r, err
}

// AuditHashes returns the hashes that are stored with entries (see [audit.Store]).
func (s *Store) AuditHashes(ctx context.Context, seqs []int64) (map[int64][]byte, error) {
	hashes := make(map[int64][]byte, len(seqs))
	for _, seq := range seqs {
		var stored []byte
		err := s.db.QueryRow(ctx, `SELECT hashes FROM audit_entry WHERE seq = $1`, seq).Scan(&stored)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return nil, fmt.Errorf("read the audit log's hashes: %w", err)
		}
		hashes[seq] = stored
	}
	return hashes, nil
}

// BlankAudit empties entries of the audit log (see [audit.Store]).
func (s *Store) BlankAudit(ctx context.Context, from, until int64) error {
	if _, err := s.db.Exec(ctx, blankAudit, from, until); err != nil {
		return fmt.Errorf("empty entries of the audit log: %w", err)
	}
	return nil
}

// AddCheckpoint adds a signed checkpoint of the audit log (see [audit.Store]).
func (s *Store) AddCheckpoint(ctx context.Context, size int64, signed []byte) error {
	if _, err := s.db.Exec(ctx, `INSERT INTO audit_checkpoint (size, signed) VALUES ($1, $2)`, size, string(signed)); err != nil {
		return fmt.Errorf("keep a checkpoint: %w", err)
	}
	return nil
}

const selectCheckpoints = `SELECT size, signed FROM audit_checkpoint ORDER BY size`

var scanCheckpoint = dbutil.ConvertRowFn[audit.StoredCheckpoint](func(row dbutil.Scannable) (c audit.StoredCheckpoint, err error) {
	err = row.Scan(&c.Size, &c.Signed)
	return c, err
})

// NewestCheckpoint returns the newest checkpoint of the audit log (see [audit.Store]).
func (s *Store) NewestCheckpoint(ctx context.Context) (c audit.StoredCheckpoint, err error) {
	err = s.db.QueryRow(ctx, selectCheckpoints+` DESC LIMIT 1`).Scan(&c.Size, &c.Signed)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return c, fmt.Errorf("read the newest checkpoint: %w", err)
	}
	return c, nil
}

// Checkpoints returns the checkpoints of the audit log (see [audit.Store]).
func (s *Store) Checkpoints(ctx context.Context) ([]audit.StoredCheckpoint, error) {
	list, err := scanCheckpoint.NewRowIter(s.db.Query(ctx, selectCheckpoints)).AsList()
	if err != nil {
		return nil, fmt.Errorf("read the checkpoints: %w", err)
	}
	return list, nil
}
