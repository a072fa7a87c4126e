package database

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"go.mau.fi/util/dbutil"
)

// JournalEntry is a Matrix event whose outcome is open, as it came with its transaction. Body is JSON.
type JournalEntry struct {
	Event string // Matrix event ID
	At    time.Time
	Body  []byte
}

// PutJournal seals and stores the entries of a transaction, and the Matrix IDs of the events that were taken with it (see
// [Store.Taken]), all or none. An event that stands there already stays as it is.
func (s *Store) PutJournal(ctx context.Context, network string, entries []JournalEntry, taken []string) error {
	return s.db.DoTxn(ctx, nil, func(ctx context.Context) error {
		for _, e := range entries {
			if err := s.AddJournal(ctx, network, e); err != nil {
				return err
			}
		}
		events, err := json.Marshal(taken)
		if err != nil {
			return fmt.Errorf("note a transaction: %w", err)
		}
		_, err = s.db.Exec(ctx, `
			INSERT INTO taken (network, events) VALUES ($1, $2)
			ON CONFLICT (network) DO UPDATE SET events = excluded.events`, network, string(events))
		if err != nil {
			return fmt.Errorf("note a transaction: %w", err)
		}
		return nil
	})
}

// Taken returns the Matrix IDs of the events that were taken last, also of those whose entries have been removed since.
func (s *Store) Taken(ctx context.Context, network string) (events []string, err error) {
	var list string
	err = s.db.QueryRow(ctx, `SELECT events FROM taken WHERE network = $1`, network).Scan(&list)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err == nil {
		err = json.Unmarshal([]byte(list), &events)
	}
	if err != nil {
		return nil, fmt.Errorf("read the newest transaction: %w", err)
	}
	return events, nil
}

// Journal returns a network's entries in the order in which they came. What cannot be opened is left out (see
// [Store.Unreadable]).
func (s *Store) Journal(ctx context.Context, network string) ([]JournalEntry, error) {
	rows, err := s.db.Query(ctx, `SELECT event, at, key_id, sealed FROM journal WHERE network = $1 ORDER BY seq`, network)
	list, err := readSealed(s, network, "journal", rows, err, func(row dbutil.Scannable) (e JournalEntry, err error) {
		var at int64
		var keyID string
		var sealed []byte
		if err := row.Scan(&e.Event, &at, &keyID, &sealed); err != nil {
			return e, err
		}
		e.At = time.UnixMilli(at)
		e.Body, err = s.sealer.Unseal(keyID, sealed, "journal", network, e.Event)
		return e, err
	})
	if err != nil {
		return nil, fmt.Errorf("read the journal: %w", err)
	}
	return list, nil
}

// RemoveJournal removes the entry of an event. Removing one that is not there is no error.
func (s *Store) RemoveJournal(ctx context.Context, network, event string) error {
	if _, err := s.db.Exec(ctx, `DELETE FROM journal WHERE network = $1 AND event = $2`, network, event); err != nil {
		return fmt.Errorf("remove a journal entry: %w", err)
	}
	return nil
}

// AddJournal seals and stores one more entry. One of the same event that stands there already stays as it is.
func (s *Store) AddJournal(ctx context.Context, network string, e JournalEntry) error {
	keyID, sealed, err := s.sealer.Seal(e.Body, "journal", network, e.Event)
	if err != nil {
		return err
	}
	_, err = s.db.Exec(ctx, `
		INSERT INTO journal (network, event, at, key_id, sealed) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (network, event) DO NOTHING`, network, e.Event, e.At.UnixMilli(), keyID, sealed)
	if err != nil {
		return fmt.Errorf("store a journal entry: %w", err)
	}
	return nil
}
