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

var _ portal.Ledger = (*Store)(nil)

// Record keeps a decision of the gate (see [portal.Ledger]).
func (s *Store) Record(ctx context.Context, d portal.Decision) error {
	_, err := s.Decide(ctx, d)
	return err
}

// Decide keeps a decision as [Store.Record] does, and tells whether that changed anything.
func (s *Store) Decide(ctx context.Context, d portal.Decision) (news bool, err error) {
	result, err := s.db.Exec(ctx, `
		INSERT INTO decision (network, direction, key, kind, portal, login, sender, size, outcome, rule, at, found, digest)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
		ON CONFLICT (network, direction, key) DO UPDATE
		SET outcome = excluded.outcome, rule = excluded.rule, at = excluded.at, found = excluded.found, digest = excluded.digest
		WHERE decision.outcome IN ('held', 'unconfirmed') AND excluded.outcome <> decision.outcome`,
		d.Network, d.Direction, d.Key, d.Kind, d.Portal, d.Login, d.Sender, d.Size, d.Outcome, d.Rule, d.At.UnixMilli(),
		d.Found, d.Digest)
	if err != nil {
		return false, fmt.Errorf("record a decision: %w", err)
	}
	added, err := result.RowsAffected()
	return added > 0, err
}

// Outcome returns how a decision ended (see [portal.Ledger]).
func (s *Store) Outcome(ctx context.Context, network string, direction portal.Direction, key string) (portal.Outcome, error) {
	var outcome portal.Outcome
	err := s.db.QueryRow(ctx, "SELECT outcome FROM decision WHERE network = $1 AND direction = $2 AND key = $3", network, direction, key).Scan(&outcome)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return "", fmt.Errorf("look up a decision: %w", err)
	}
	return outcome, nil
}

// Admitted tells whether anything was admitted in a chat before (see [portal.Ledger]).
func (s *Store) Admitted(ctx context.Context, network, chat, login, key string) (before bool, err error) {
	err = s.db.QueryRow(ctx, `
		SELECT EXISTS(SELECT 1 FROM decision WHERE network = $1 AND portal = $2 AND ($3 = '' OR login = $3)
			AND outcome = 'admitted' AND kind NOT IN ('notice', 'reaction') AND key <> $4 AND substr(key, 1, length($4) + 1) <> $4 || '/')`,
		network, chat, login, key).Scan(&before)
	if err != nil {
		return false, fmt.Errorf("look for what was admitted before: %w", err)
	}
	return before, nil
}

// Decisions returns a network's decisions since a time, the oldest first.
func (s *Store) Decisions(ctx context.Context, network string, since time.Time) ([]portal.Decision, error) {
	rows, err := s.db.Query(ctx, `
		SELECT network, direction, key, kind, portal, login, sender, size, outcome, rule, at, found, digest FROM decision
		WHERE network = $1 AND at >= $2 ORDER BY at, key`, network, since.UnixMilli())
	list, err := dbutil.NewRowIterWithError(rows, func(row dbutil.Scannable) (portal.Decision, error) {
		var d portal.Decision
		var at int64
		err := row.Scan(&d.Network, &d.Direction, &d.Key, &d.Kind, &d.Portal, &d.Login, &d.Sender, &d.Size, &d.Outcome,
			&d.Rule, &at, &d.Found, &d.Digest)
		d.At = time.UnixMilli(at)
		return d, err
	}, err).AsList()
	if err != nil {
		return nil, fmt.Errorf("read the decisions: %w", err)
	}
	return list, nil
}

// ForgetDecisions deletes what was decided before a time, by the rules and by people, and returns how many of the gate's decisions went.
// What still waits for somebody stays, and so does the newest of what people decided: the next number comes behind it.
func (s *Store) ForgetDecisions(ctx context.Context, before time.Time) (forgotten int64, err error) {
	err = s.db.DoTxn(ctx, nil, func(ctx context.Context) error {
		result, err := s.db.Exec(ctx, `
			DELETE FROM decision WHERE at < $1 AND NOT EXISTS (SELECT 1 FROM approval WHERE approval.network = decision.network
				AND approval.direction = decision.direction AND approval.key = decision.key AND NOT (approval.outcome <> '' AND approval.handed_on))`,
			before.UnixMilli())
		if err != nil {
			return err
		}
		if forgotten, err = result.RowsAffected(); err != nil {
			return err
		}
		_, err = s.db.Exec(ctx, `
			DELETE FROM approval WHERE outcome <> '' AND handed_on AND decided_at < $1 AND number < (SELECT MAX(number) FROM approval)`,
			before.UnixMilli())
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("forget old decisions: %w", err)
	}
	return forgotten, nil
}
