package database

import (
	"context"
	"fmt"
	"time"

	"passerelle/portal"
)

// under is the condition that a column holds a key ($2 of a network $1), or one that begins with it and a slash.
func under(column string) string {
	return fmt.Sprintf(`network = $1 AND (%[1]s = $2 OR substr(%[1]s, 1, length($2) + 1) = $2 || '/')`, column)
}

// WaitsUnder returns the key of the decision for which something in a network's inbox waits that crosses under a key, or under one that
// begins with it and a slash; "": nothing does.
func (s *Store) WaitsUnder(ctx context.Context, network, key string) (awaits string, err error) {
	err = s.db.QueryRow(ctx, `SELECT COALESCE((SELECT awaits FROM inbox WHERE `+under("awaits")+` ORDER BY seq LIMIT 1), '')`, network, key).
		Scan(&awaits)
	if err != nil {
		return "", fmt.Errorf("look up what waits: %w", err)
	}
	return awaits, nil
}

// Withdraw notes that whoever sent what waits for a decision under a key, or under one that begins with it and a slash, has taken it
// back, and removes what waits in the inbox for these decisions, all or nothing. It returns what was taken back, now or before.
func (s *Store) Withdraw(ctx context.Context, network string, direction portal.Direction, key string, at time.Time) (taken []Approval, err error) {
	err = s.db.DoTxn(ctx, nil, func(ctx context.Context) error {
		_, err := s.db.Exec(ctx, `UPDATE approval SET outcome = $4, decided_at = $5, handed_on = true
			WHERE `+under("key")+` AND direction = $3 AND outcome = ''`, network, key, direction, portal.Withdrawn, at.UnixMilli())
		if err != nil {
			return err
		}
		taken, err = scanApproval.NewRowIter(s.db.Query(ctx, selectApprovals+`
			WHERE `+under("key")+` AND direction = $3 AND outcome = $4 ORDER BY number`, network, key, direction, portal.Withdrawn)).AsList()
		if err != nil || direction != portal.In {
			return err
		}
		for _, a := range taken {
			if _, err := s.db.Exec(ctx, `DELETE FROM inbox WHERE network = $1 AND awaits = $2`, network, a.Key); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("take back what waits: %w", err)
	}
	return taken, nil
}
