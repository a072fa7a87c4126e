package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"go.mau.fi/util/dbutil"

	"passerelle/portal"
)

// StoredArrival is an arrival that waits in the inbox. Seq is its place: arrivals of a lane are delivered by rising Seq.
type StoredArrival struct {
	Seq int64
	portal.Arrival
}

// PutArrival seals and stores a, and returns its place once the row is on the disk. When the same arrival (network, login and
// ID) waits already, its place is returned and nothing changes; the place is 0 when it has been removed meanwhile.
func (s *Store) PutArrival(ctx context.Context, network string, a portal.Arrival) (seq int64, err error) {
	keyID, sealed, err := s.sealer.Seal(a.Payload, "inbox", network, a.Login, a.Lane, a.ID)
	if err != nil {
		return 0, err
	}
	rows, err := s.db.Query(ctx, `
		INSERT INTO inbox (network, login, lane, id, at, key_id, sealed) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (network, login, id) DO NOTHING RETURNING seq`,
		network, a.Login, a.Lane, a.ID, a.At.UnixMilli(), keyID, sealed)
	seqs, err := dbutil.NewRowIterWithError(rows, dbutil.ScanSingleColumn[int64], err).AsList()
	if err == nil && len(seqs) == 0 {
		seqs = []int64{0}
		err = s.db.QueryRow(ctx, `SELECT seq FROM inbox WHERE network = $1 AND login = $2 AND id = $3`, network, a.Login, a.ID).
			Scan(&seqs[0])
		if errors.Is(err, sql.ErrNoRows) { // it has just been delivered
			err = nil
		}
	}
	if err != nil {
		return 0, fmt.Errorf("store an arrival: %w", err)
	}
	return seqs[0], nil
}

// Arrivals returns what waits in a network's inbox, in order. What cannot be opened is left out (see [Store.Unreadable]).
func (s *Store) Arrivals(ctx context.Context, network string) ([]StoredArrival, error) {
	rows, err := s.db.Query(ctx, `
		SELECT seq, login, lane, id, at, key_id, sealed FROM inbox WHERE network = $1 ORDER BY seq`, network)
	list, err := readSealed(s, network, "inbox", rows, err, func(row dbutil.Scannable) (a StoredArrival, err error) {
		var at int64
		var keyID string
		var sealed []byte
		if err := row.Scan(&a.Seq, &a.Login, &a.Lane, &a.ID, &at, &keyID, &sealed); err != nil {
			return a, err
		}
		a.At = time.UnixMilli(at)
		a.Payload, err = s.sealer.Unseal(keyID, sealed, "inbox", network, a.Login, a.Lane, a.ID)
		return a, err
	})
	if err != nil {
		return nil, fmt.Errorf("read the inbox: %w", err)
	}
	return list, nil
}

// RemoveArrival removes the arrival at seq. Removing one that is not there is no error.
func (s *Store) RemoveArrival(ctx context.Context, seq int64) error {
	if _, err := s.db.Exec(ctx, `DELETE FROM inbox WHERE seq = $1`, seq); err != nil {
		return fmt.Errorf("remove an arrival: %w", err)
	}
	return nil
}
