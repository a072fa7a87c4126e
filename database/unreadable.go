package database

import (
	"errors"
	"sync"

	"go.mau.fi/util/dbutil"
)

// unreadable counts, by network and table, the rows that did not open when they were last read.
type unreadable struct {
	mu    sync.Mutex
	count map[[2]string]int
}

// Unreadable tells how many rows of a network's inbox and journal could not be opened when they were last read, although
// their key is there. They stay where they are, and nothing waits for them.
func (s *Store) Unreadable(network string) (inbox, journal int) {
	s.unreadable.mu.Lock()
	defer s.unreadable.mu.Unlock()
	return s.unreadable.count[[2]string{network, "inbox"}], s.unreadable.count[[2]string{network, "journal"}]
}

// readSealed reads sealed rows of a network. One that is not authentic is left out and counted, so that all others go on. A
// missing key is an error: it can be put back, and nothing is left out for it.
func readSealed[T any](s *Store, network, table string, rows dbutil.Rows, err error, read func(dbutil.Scannable) (T, error)) ([]T, error) {
	var list []T
	left := 0
	err = dbutil.NewRowIterWithError(rows, func(row dbutil.Scannable) (struct{}, error) {
		value, err := read(row)
		switch {
		case errors.Is(err, ErrNotAuthentic):
			left++
			err = nil
		case err == nil:
			list = append(list, value)
		}
		return struct{}{}, err
	}, err).Iter(func(struct{}) (bool, error) { return true, nil })
	if err != nil {
		return nil, err
	}
	if left > 0 {
		s.log.Error().Str("network", network).Str("table", table).Int("rows", left).
			Msg("Rows are not what was sealed in them: they stay in the table, and what they held does not arrive (docs/operate.md)")
	}
	s.unreadable.mu.Lock()
	defer s.unreadable.mu.Unlock()
	s.unreadable.count[[2]string{network, table}] = left
	return list, nil
}
