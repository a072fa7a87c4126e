package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"go.mau.fi/util/dbutil"
	"maunium.net/go/mautrix/id"

	"passerelle/portal"
	"passerelle/portal/govern"
)

var _ portal.Approvals = (*Store)(nil)

// Approval is something that waits for somebody's decision, or waited.
type Approval struct {
	Number    int64 // what people call it by; rising
	Network   string
	Direction portal.Direction
	Key       string // the gate's, of the attempt
	Kind      portal.Kind
	Rule      string
	Portal    string
	Receiver  string
	Login     string
	Sender    string
	Room      id.RoomID // where what goes out was written
	At        time.Time
	WaitsFor  portal.Outcome // Hold: an administrator; Confirm: the sender
	Outcome   portal.Outcome // Admit, Refuse or Withdrawn; empty: nobody has decided
	By        id.UserID      // who decided; empty: time, or nobody
	Decided   time.Time
}

const selectApprovals = `SELECT number, network, direction, key, kind, rule, portal, receiver, login, sender, room, at, waits_for,
	outcome, decided_by, decided_at FROM approval `

var scanApproval = dbutil.ConvertRowFn[Approval](func(row dbutil.Scannable) (a Approval, err error) {
	var at, decided int64
	err = row.Scan(&a.Number, &a.Network, &a.Direction, &a.Key, &a.Kind, &a.Rule, &a.Portal, &a.Receiver, &a.Login, &a.Sender, &a.Room,
		&at, &a.WaitsFor, &a.Outcome, &a.By, &decided)
	a.At = time.UnixMilli(at)
	if decided != 0 {
		a.Decided = time.UnixMilli(decided)
	}
	return a, err
})

// asks is how often a number is looked for that nobody else takes at the same moment.
const asks = 10

// Ask tells how a crossing was decided, and has it wait where it was not (see [portal.Approvals]).
func (s *Store) Ask(ctx context.Context, c portal.Crossing, v portal.Verdict) (outcome portal.Outcome, err error) {
	for range asks {
		if outcome, err = s.ask(ctx, c, v); !errors.Is(err, sql.ErrNoRows) { // somebody else took the number
			break
		}
	}
	if err != nil {
		return "", fmt.Errorf("ask for a decision: %w", err)
	}
	if outcome == "" {
		outcome = v.Outcome
	}
	return outcome, nil
}

func (s *Store) ask(ctx context.Context, c portal.Crossing, v portal.Verdict) (outcome portal.Outcome, err error) {
	_, err = s.db.Exec(ctx, `
		INSERT INTO approval (number, network, direction, key, kind, rule, portal, receiver, login, sender, room, at, waits_for,
			outcome, handed_on, decided_by, decided_at)
		VALUES ((SELECT COALESCE(MAX(number), 0) + 1 FROM approval), $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, '', false, '', 0)
		ON CONFLICT DO NOTHING`, c.Network, c.Direction, c.Key, c.Kind, v.Rule, c.Portal, c.Receiver, c.Login, c.Sender, c.Room,
		c.At.UnixMilli(), v.Outcome)
	if err == nil {
		err = s.db.QueryRow(ctx, `SELECT outcome FROM approval WHERE network = $1 AND direction = $2 AND key = $3`,
			c.Network, c.Direction, c.Key).Scan(&outcome)
	}
	return outcome, err
}

// DecideApproval notes how something that waits was decided, and gives free what waits in the inbox for it, all or nothing. It fails with
// [govern.ErrNotFound], [govern.ErrDecided] and [govern.ErrTakenBack].
func (s *Store) DecideApproval(ctx context.Context, number int64, outcome portal.Outcome, by id.UserID, at time.Time) (a Approval, freed []StoredArrival, err error) {
	err = s.db.DoTxn(ctx, nil, func(ctx context.Context) error {
		changed, err := s.db.Exec(ctx, `UPDATE approval SET outcome = $2, decided_by = $3, decided_at = $4 WHERE number = $1 AND outcome = ''`,
			number, outcome, by, at.UnixMilli())
		if err != nil {
			return err
		}
		if a, err = s.Approval(ctx, number); err != nil {
			return err
		}
		switch n, err := changed.RowsAffected(); {
		case err != nil:
			return err
		case n == 0 && a.Outcome == portal.Withdrawn:
			return govern.ErrTakenBack
		case n == 0:
			return govern.ErrDecided
		}
		if a.Direction != portal.In {
			return nil
		}
		rows, err := s.db.Query(ctx, selectArrivals+`WHERE network = $1 AND awaits = $2 AND NOT held ORDER BY seq`, a.Network, a.Key)
		if freed, err = readSealed(s, a.Network, "inbox", rows, err, s.scanArrival(a.Network)); err != nil {
			return err
		}
		_, err = s.db.Exec(ctx, `UPDATE inbox SET awaits = '' WHERE network = $1 AND awaits = $2`, a.Network, a.Key)
		return err
	})
	if err != nil {
		return a, nil, fmt.Errorf("decide about what waits: %w", err)
	}
	return a, freed, nil
}

// Park has an arrival wait in the inbox for the decision about a crossing. parked is false when it has been made meanwhile.
func (s *Store) Park(ctx context.Context, network string, seq int64, key string) (parked bool, err error) {
	err = s.db.DoTxn(ctx, nil, func(ctx context.Context) error {
		// This locks the row: who decides at the same time comes before, or sees what waits.
		open, err := s.db.Exec(ctx, `UPDATE approval SET outcome = outcome WHERE network = $1 AND direction = $2 AND key = $3 AND outcome = ''`,
			network, portal.In, key)
		if err != nil {
			return err
		}
		n, err := open.RowsAffected()
		if err != nil || n == 0 {
			return err
		}
		parked = true
		_, err = s.db.Exec(ctx, `UPDATE inbox SET awaits = $2 WHERE seq = $1`, seq, key)
		return err
	})
	if err != nil {
		return false, fmt.Errorf("have a message wait for a decision: %w", err)
	}
	return parked, nil
}

// Approval returns what has a number; [govern.ErrNotFound]: nothing.
func (s *Store) Approval(ctx context.Context, number int64) (Approval, error) {
	list, err := scanApproval.NewRowIter(s.db.Query(ctx, selectApprovals+`WHERE number = $1`, number)).AsList()
	switch {
	case err != nil:
		return Approval{}, fmt.Errorf("look up what waits: %w", err)
	case len(list) == 0:
		return Approval{}, govern.ErrNotFound
	}
	return list[0], nil
}

// ApprovalOf returns what waits, or waited, of a Matrix event; ok is false when nothing does.
func (s *Store) ApprovalOf(ctx context.Context, network string, evt id.EventID) (a Approval, ok bool, err error) {
	row, err := scanApproval(s.db.QueryRow(ctx, selectApprovals+`WHERE network = $1 AND direction = $2 AND key = $3`, network, portal.Out, evt))
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return a, false, nil
	case err != nil:
		return a, false, fmt.Errorf("look up what waits: %w", err)
	}
	return row, true, nil
}

// Approvals lists what waits, the oldest first, and what came since a time even where it was decided.
func (s *Store) Approvals(ctx context.Context, since time.Time) ([]Approval, error) {
	list, err := scanApproval.NewRowIter(s.db.Query(ctx, selectApprovals+`WHERE outcome = '' OR at >= $1 ORDER BY number`, since.UnixMilli())).AsList()
	if err != nil {
		return nil, fmt.Errorf("list what waits: %w", err)
	}
	return list, nil
}

// NotHandedOn lists what goes out of a network and was decided, and has not been brought about.
func (s *Store) NotHandedOn(ctx context.Context, network string) ([]Approval, error) {
	list, err := scanApproval.NewRowIter(s.db.Query(ctx, selectApprovals+`
		WHERE network = $1 AND direction = $2 AND outcome <> '' AND NOT handed_on ORDER BY number`, network, portal.Out)).AsList()
	if err != nil {
		return nil, fmt.Errorf("list what was decided: %w", err)
	}
	return list, nil
}

// HandedOn notes that what was decided has been brought about.
func (s *Store) HandedOn(ctx context.Context, number int64) error {
	if _, err := s.db.Exec(ctx, `UPDATE approval SET handed_on = true WHERE number = $1`, number); err != nil {
		return fmt.Errorf("note that a decision was brought about: %w", err)
	}
	return nil
}
