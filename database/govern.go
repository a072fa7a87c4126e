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

// PortalState is what administrators have set about a portal.
type PortalState struct {
	Key   govern.PortalKey
	State govern.State
	Mark  string // its sensitivity; empty: not marked
	By    id.UserID
	At    time.Time
}

var scanPortalState = dbutil.ConvertRowFn[PortalState](func(row dbutil.Scannable) (p PortalState, err error) {
	var at int64
	err = row.Scan(&p.Key.Network, &p.Key.ID, &p.Key.Receiver, &p.State, &p.Mark, &p.By, &at)
	p.At = time.UnixMilli(at)
	return p, err
})

// PortalStates returns what was set about portals. A portal that is not there is open, and not marked.
func (s *Store) PortalStates(ctx context.Context) ([]PortalState, error) {
	list, err := scanPortalState.NewRowIter(s.db.Query(ctx, `SELECT network, portal, receiver, state, mark, set_by, set_at FROM portal_state`)).AsList()
	if err != nil {
		return nil, fmt.Errorf("load the states of portals: %w", err)
	}
	return list, nil
}

// SetPortalState keeps what was set about a portal.
func (s *Store) SetPortalState(ctx context.Context, p PortalState) error {
	_, err := s.db.Exec(ctx, `
		INSERT INTO portal_state (network, portal, receiver, state, mark, set_by, set_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (network, portal, receiver) DO UPDATE
		SET state = excluded.state, mark = excluded.mark, set_by = excluded.set_by, set_at = excluded.set_at`,
		p.Key.Network, p.Key.ID, p.Key.Receiver, p.State, p.Mark, p.By, p.At.UnixMilli())
	if err != nil {
		return fmt.Errorf("keep the state of a portal: %w", err)
	}
	return nil
}

// ForgetPortal removes what was set about a portal that is deleted, and what waits in it.
func (s *Store) ForgetPortal(ctx context.Context, key govern.PortalKey) error {
	err := s.db.DoTxn(ctx, nil, func(ctx context.Context) error {
		for _, query := range []string{
			`DELETE FROM portal_state WHERE network = $1 AND portal = $2 AND receiver = $3`,
			`DELETE FROM inbox WHERE network = $1 AND awaits IN (SELECT key FROM approval WHERE network = $1 AND portal = $2 AND receiver = $3 AND outcome = '')`,
			`DELETE FROM approval WHERE network = $1 AND portal = $2 AND receiver = $3`,
		} {
			if _, err := s.db.Exec(ctx, query, key.Network, key.ID, key.Receiver); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("forget a portal: %w", err)
	}
	return nil
}

// LoginKey names a login.
type LoginKey struct{ Network, Login string }

// LoginSetting is what administrators have set about a login.
type LoginSetting struct {
	Daily int  // most messages a day that go out; 0: as many as there are
	Off   bool // it is not to be connected
}

// LoginSettings returns what was set about logins. About one that is not there nothing was.
func (s *Store) LoginSettings(ctx context.Context) (map[LoginKey]LoginSetting, error) {
	all := map[LoginKey]LoginSetting{}
	rows, err := s.db.Query(ctx, `SELECT network, login, daily, off FROM login_setting`)
	err = dbutil.NewRowIterWithError(rows, func(row dbutil.Scannable) (struct{}, error) {
		var key LoginKey
		var setting LoginSetting
		err := row.Scan(&key.Network, &key.Login, &setting.Daily, &setting.Off)
		all[key] = setting
		return struct{}{}, err
	}, err).Iter(func(struct{}) (bool, error) { return true, nil })
	if err != nil {
		return nil, fmt.Errorf("load the settings of logins: %w", err)
	}
	return all, nil
}

// SetLoginSetting keeps what is set about a login.
func (s *Store) SetLoginSetting(ctx context.Context, key LoginKey, setting LoginSetting) error {
	_, err := s.db.Exec(ctx, `
		INSERT INTO login_setting (network, login, daily, off) VALUES ($1, $2, $3, $4)
		ON CONFLICT (network, login) DO UPDATE SET daily = excluded.daily, off = excluded.off`, key.Network, key.Login, setting.Daily, setting.Off)
	if err != nil {
		return fmt.Errorf("keep the setting of a login: %w", err)
	}
	return nil
}

// SentSince counts what went out of a login since a time.
func (s *Store) SentSince(ctx context.Context, key LoginKey, since time.Time) (count int, err error) {
	err = s.db.QueryRow(ctx, `SELECT COUNT(*) FROM decision WHERE network = $1 AND login = $2 AND direction = $3 AND outcome = $4 AND at >= $5`,
		key.Network, key.Login, portal.Out, portal.Admit, since.UnixMilli()).Scan(&count)
	if err != nil {
		return 0, fmt.Errorf("count what went out: %w", err)
	}
	return count, nil
}

// ContactNote is what is kept about a contact beside what bridgev2 keeps.
type ContactNote struct {
	Blocked          bool
	Erased, Informed time.Time // zero: never
}

// ContactKey names a contact.
type ContactKey struct{ Network, ID string }

// ContactNotes returns what is kept about contacts. Of who is not there nothing is.
func (s *Store) ContactNotes(ctx context.Context) (map[ContactKey]ContactNote, error) {
	notes := map[ContactKey]ContactNote{}
	rows, err := s.db.Query(ctx, `SELECT network, id, blocked, erased, informed FROM contact`)
	err = dbutil.NewRowIterWithError(rows, func(row dbutil.Scannable) (struct{}, error) {
		var key ContactKey
		var note ContactNote
		var erased, informed int64
		err := row.Scan(&key.Network, &key.ID, &note.Blocked, &erased, &informed)
		note.Erased, note.Informed = momentOf(erased), momentOf(informed)
		notes[key] = note
		return struct{}{}, err
	}, err).Iter(func(struct{}) (bool, error) { return true, nil })
	if err != nil {
		return nil, fmt.Errorf("load what is kept about contacts: %w", err)
	}
	return notes, nil
}

// SetContactNote keeps what is to be kept about a contact.
func (s *Store) SetContactNote(ctx context.Context, key ContactKey, note ContactNote) error {
	_, err := s.db.Exec(ctx, `
		INSERT INTO contact (network, id, blocked, erased, informed) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (network, id) DO UPDATE SET blocked = excluded.blocked, erased = excluded.erased, informed = excluded.informed`,
		key.Network, key.ID, note.Blocked, milliseconds(note.Erased), milliseconds(note.Informed))
	if err != nil {
		return fmt.Errorf("keep something about a contact: %w", err)
	}
	return nil
}

func momentOf(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms)
}

func milliseconds(at time.Time) int64 {
	if at.IsZero() {
		return 0
	}
	return at.UnixMilli()
}

// LastActive tells when something last crossed in each of a network's portals, by the network's identifier of the chat.
func (s *Store) LastActive(ctx context.Context, network string) (map[string]time.Time, error) {
	active := map[string]time.Time{}
	rows, err := s.db.Query(ctx, `SELECT portal, MAX(at) FROM decision WHERE network = $1 GROUP BY portal`, network)
	err = dbutil.NewRowIterWithError(rows, func(row dbutil.Scannable) (struct{}, error) {
		var id string
		var at int64
		err := row.Scan(&id, &at)
		active[id] = time.UnixMilli(at)
		return struct{}{}, err
	}, err).Iter(func(struct{}) (bool, error) { return true, nil })
	if err != nil {
		return nil, fmt.Errorf("look when something last crossed: %w", err)
	}
	return active, nil
}

// Traffic tells how much crossed on each day since a time, by network, the oldest day first.
func (s *Store) Traffic(ctx context.Context, since time.Time) ([]govern.Traffic, error) {
	const day = 24 * 60 * 60 * 1000 // milliseconds
	var list []govern.Traffic
	rows, err := s.db.Query(ctx, `
		SELECT at / $2, network, direction, outcome, rule = $3, COUNT(*) FROM decision
		WHERE at >= $1 AND kind <> $4 GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2`, since.UnixMilli(), day, portal.RuleScan, portal.KindNotice)
	err = dbutil.NewRowIterWithError(rows, func(row dbutil.Scannable) (struct{}, error) {
		var number int64
		var t govern.Traffic
		var direction portal.Direction
		var outcome portal.Outcome
		var scanned bool
		var count int
		if err := row.Scan(&number, &t.Network, &direction, &outcome, &scanned, &count); err != nil {
			return struct{}{}, err
		}
		t.Day = time.UnixMilli(number * day).UTC()
		if last := len(list) - 1; last < 0 || !list[last].Day.Equal(t.Day) || list[last].Network != t.Network {
			list = append(list, t)
		}
		at := &list[len(list)-1]
		switch {
		case outcome == portal.Admit && direction == portal.In:
			at.In += count
		case outcome == portal.Admit:
			at.Out += count
		case outcome == portal.Withhold:
			at.Withheld += count
			if scanned {
				at.Found += count
			}
		case outcome == portal.Refuse:
			at.Refused += count
		}
		return struct{}{}, nil
	}, err).Iter(func(struct{}) (bool, error) { return true, nil })
	if err != nil {
		return nil, fmt.Errorf("count what crossed: %w", err)
	}
	return list, nil
}

// Crossed counts the decisions about what a contact sent, and tells the times of the first and the last.
func (s *Store) Crossed(ctx context.Context, key ContactKey) (count int, first, last time.Time, err error) {
	var from, to sql.NullInt64
	err = s.db.QueryRow(ctx, `SELECT COUNT(*), MIN(at), MAX(at) FROM decision WHERE network = $1 AND sender = $2`, key.Network, key.ID).
		Scan(&count, &from, &to)
	if err != nil {
		return 0, first, last, fmt.Errorf("count what a contact sent: %w", err)
	}
	return count, momentOf(from.Int64), momentOf(to.Int64), nil
}

// ForgetContact removes the decisions about what a contact sent, and about what was written in chats with them alone, and what waits
// of theirs in the inbox for a decision. chats are the network's identifiers of those chats.
func (s *Store) ForgetContact(ctx context.Context, key ContactKey, chats []string) error {
	err := s.db.DoTxn(ctx, nil, func(ctx context.Context) error {
		forget := func(column, value string) error {
			_, waiting := s.db.Exec(ctx, `DELETE FROM inbox WHERE network = $1 AND awaits IN
				(SELECT key FROM approval WHERE network = $1 AND `+column+` = $2 AND outcome = '')`, key.Network, value)
			_, asked := s.db.Exec(ctx, `DELETE FROM approval WHERE network = $1 AND `+column+` = $2`, key.Network, value)
			_, decided := s.db.Exec(ctx, `DELETE FROM decision WHERE network = $1 AND `+column+` = $2`, key.Network, value)
			return errors.Join(waiting, asked, decided)
		}
		err := forget("sender", key.ID)
		for _, chat := range chats {
			err = errors.Join(err, forget("portal", chat))
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("forget a contact: %w", err)
	}
	return nil
}
