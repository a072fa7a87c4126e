package database

import (
	"context"
	"errors"
	"fmt"

	"go.mau.fi/util/dbutil"

	"passerelle/portal"
)

// HoldArrivals seals and stores arrivals, all or none, that are not delivered until they are released. One that waits
// already, held or not, stays as it is.
func (s *Store) HoldArrivals(ctx context.Context, network string, arrivals []portal.Arrival) error {
	err := s.db.DoTxn(ctx, nil, func(ctx context.Context) error {
		_, err := s.putArrivals(ctx, network, true, arrivals)
		return err
	})
	if err != nil {
		return fmt.Errorf("hold what arrived: %w", err)
	}
	return nil
}

// HeldLanes lists the lanes of a login in which arrivals are held, the one first that was held first.
func (s *Store) HeldLanes(ctx context.Context, network, login string) ([]string, error) {
	rows, err := s.db.Query(ctx, `
		SELECT lane FROM inbox WHERE network = $1 AND login = $2 AND held GROUP BY lane ORDER BY MIN(seq)`, network, login)
	lanes, err := dbutil.NewRowIterWithError(rows, dbutil.ScanSingleColumn[string], err).AsList()
	if err != nil {
		return nil, fmt.Errorf("look what is held: %w", err)
	}
	return lanes, nil
}

// ReleaseArrivals has what is held in a lane of a login wait to be delivered, in the order in which arrange puts it, and
// removes what arrange leaves out: all or nothing. It returns what was released, with its places.
func (s *Store) ReleaseArrivals(ctx context.Context, network, login, lane string, arrange func([]portal.Arrival) []portal.Arrival) (released []StoredArrival, err error) {
	err = s.db.DoTxn(ctx, nil, func(ctx context.Context) error {
		released, err = s.releaseArrivals(ctx, network, login, lane, arrange)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("release what is held: %w", err)
	}
	return released, nil
}

func (s *Store) releaseArrivals(ctx context.Context, network, login, lane string, arrange func([]portal.Arrival) []portal.Arrival) ([]StoredArrival, error) {
	rows, err := s.db.Query(ctx, selectArrivals+`WHERE network = $1 AND login = $2 AND lane = $3 AND held ORDER BY seq`, network, login, lane)
	scan := s.scanArrival(network)
	stored, err := dbutil.NewRowIterWithError(rows, func(row dbutil.Scannable) (StoredArrival, error) {
		a, err := scan(row)
		if errors.Is(err, ErrNotAuthentic) { // it stays where it is, as in the rest of the inbox
			return StoredArrival{}, nil
		}
		return a, err
	}, err).AsList()
	if err != nil {
		return nil, err
	}
	var held []portal.Arrival
	for _, a := range stored {
		if a.Seq == 0 {
			continue
		}
		held = append(held, a.Arrival)
		if _, err := s.db.Exec(ctx, `DELETE FROM inbox WHERE seq = $1`, a.Seq); err != nil {
			return nil, err
		}
	}
	arranged := arrange(held)
	seqs, err := s.putArrivals(ctx, network, false, arranged) // in new places, which give the order
	if err != nil {
		return nil, err
	}
	released := make([]StoredArrival, len(arranged))
	for i, a := range arranged {
		released[i] = StoredArrival{Seq: seqs[i], Arrival: a}
	}
	return released, nil
}
