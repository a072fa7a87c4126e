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

// StoredArrival is an arrival that waits in the inbox. Seq is its place: arrivals of a lane are delivered
// by rising Seq, those of the past before the others.
type StoredArrival struct {
	Seq int64
	portal.Arrival
}

// PutArrivals seals and stores arrivals, all or none, and returns their places once the rows are on the disk. When the same
// arrival (network, login and ID) waits already, its place is returned and nothing changes; the place is 0 when it has been
// removed meanwhile.
func (s *Store) PutArrivals(ctx context.Context, network string, arrivals []portal.Arrival) (seqs []int64, err error) {
	put := func(ctx context.Context) error {
		seqs, err = s.putArrivals(ctx, network, false, arrivals)
		return err
	}
	if len(arrivals) == 1 {
		err = put(ctx)
	} else {
		err = s.db.DoTxn(ctx, nil, put)
	}
	if err != nil {
		return nil, fmt.Errorf("store what arrived: %w", err)
	}
	return seqs, nil
}

func (s *Store) putArrivals(ctx context.Context, network string, held bool, arrivals []portal.Arrival) (seqs []int64, err error) {
	seqs = make([]int64, len(arrivals))
	for i, a := range arrivals {
		if seqs[i], err = s.putArrival(ctx, network, held, a); err != nil {
			return nil, err
		}
	}
	return seqs, nil
}

func (s *Store) putArrival(ctx context.Context, network string, held bool, a portal.Arrival) (seq int64, err error) {
	keyID, sealed, err := s.sealer.Seal(a.Payload, "inbox", network, a.Login, a.Lane, a.ID)
	if err != nil {
		return 0, err
	}
	rows, err := s.db.Query(ctx, `
		INSERT INTO inbox (network, login, lane, id, past, held, at, key_id, sealed) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
		ON CONFLICT (network, login, id) DO NOTHING RETURNING seq`,
		network, a.Login, a.Lane, a.ID, a.Past, held, a.At.UnixMilli(), keyID, sealed)
	seqs, err := dbutil.NewRowIterWithError(rows, dbutil.ScanSingleColumn[int64], err).AsList()
	if err != nil || len(seqs) == 1 {
		return append(seqs, 0)[0], err
	}
	err = s.db.QueryRow(ctx, `SELECT seq FROM inbox WHERE network = $1 AND login = $2 AND id = $3`, network, a.Login, a.ID).Scan(&seq)
	if errors.Is(err, sql.ErrNoRows) { // it has just been delivered
		err = nil
	}
	return seq, err
}

// selectArrivals begins the queries that scanArrival reads.
const selectArrivals = `SELECT seq, login, lane, id, past, at, key_id, sealed FROM inbox `

func (s *Store) scanArrival(network string) func(dbutil.Scannable) (StoredArrival, error) {
	return func(row dbutil.Scannable) (a StoredArrival, err error) {
		var at int64
		var keyID string
		var sealed []byte
		if err := row.Scan(&a.Seq, &a.Login, &a.Lane, &a.ID, &a.Past, &at, &keyID, &sealed); err != nil {
			return a, err
		}
		a.At = time.UnixMilli(at)
		a.Payload, err = s.sealer.Unseal(keyID, sealed, "inbox", network, a.Login, a.Lane, a.ID)
		return a, err
	}
}

// Arrivals returns what waits in a network's inbox to be delivered, in order; what belongs to the past comes first. What
// cannot be opened is left out (see [Store.Unreadable]).
func (s *Store) Arrivals(ctx context.Context, network string) ([]StoredArrival, error) {
	rows, err := s.db.Query(ctx, selectArrivals+`WHERE network = $1 AND NOT held AND awaits = '' ORDER BY past DESC, seq`, network)
	list, err := readSealed(s, network, "inbox", rows, err, s.scanArrival(network))
	if err != nil {
		return nil, fmt.Errorf("read the inbox: %w", err)
	}
	return list, nil
}

// RemoveArrivals removes the arrivals at the given places, all or none. Removing one that is not there is no error.
func (s *Store) RemoveArrivals(ctx context.Context, seqs []int64) error {
	err := s.db.DoTxn(ctx, nil, func(ctx context.Context) error {
		for _, seq := range seqs {
			if _, err := s.db.Exec(ctx, `DELETE FROM inbox WHERE seq = $1`, seq); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("remove arrivals: %w", err)
	}
	return nil
}
