package database

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"go.mau.fi/util/dbutil"

	"passerelle/portal/audit"
)

// SearchAudit returns entries of the audit log, the newest first: those next to the place that the search names. What it costs depends
// on how many it returns, and not on how many there are: each condition has an index in the list's order (upgrades/09-search.sql).
// Where two conditions hold together, one index finds what the other one is tried on.
func (s *Store) SearchAudit(ctx context.Context, q audit.Search) ([]audit.Entry, error) {
	var found []audit.Entry
	for _, query := range auditSearches(q) {
		rows, err := s.db.Query(ctx, query.sql, query.args...)
		list, err := dbutil.NewRowIterWithError(rows, scanAudit, err).AsList()
		if err != nil {
			return nil, fmt.Errorf("search the audit log: %w", err)
		}
		for _, row := range list {
			found = append(found, row.Entry)
		}
	}
	slices.SortFunc(found, func(a, b audit.Entry) int {
		return cmp.Or(cmp.Compare(b.Millis(), a.Millis()), cmp.Compare(b.Seq, a.Seq))
	})
	if len(found) > q.Limit {
		if q.Newer != nil {
			return found[len(found)-q.Limit:], nil
		}
		return found[:q.Limit], nil
	}
	return found, nil
}

// statement is a query with what it is filled in with.
type statement struct {
	sql  string
	args []any
}

func (s *statement) where(condition string, args ...any) {
	for _, arg := range args {
		s.args = append(s.args, arg)
		condition = strings.Replace(condition, "?", "$"+strconv.Itoa(len(s.args)), 1)
	}
	s.sql += " AND " + condition
}

// auditSearches returns the queries of a search: one for each pseudonym, so that each is one walk along an index.
func auditSearches(q audit.Search) (all []statement) {
	portals, actors := q.Portals, q.Actors
	if len(portals) == 0 {
		portals = []string{""}
	}
	if len(actors) == 0 {
		actors = []string{""}
	}
	for _, portal := range portals {
		for _, actor := range actors {
			all = append(all, auditSearch(q, portal, actor))
		}
	}
	return all
}

func auditSearch(q audit.Search, portal, actor string) statement {
	s := statement{sql: selectAuditEntries + " WHERE at > 0"} // an emptied entry has no time
	for _, c := range []struct{ column, value string }{{"portal", portal}, {"actor", actor}, {"kind", string(q.Kind)}, {"action", q.Action},
		{"verdict", string(q.Verdict)}, {"result", string(q.Result)}} {
		if c.value != "" {
			s.where(c.column+" = ?", c.value)
		}
	}
	if !q.Since.IsZero() {
		s.where("at >= ?", q.Since.UnixMilli())
	}
	if !q.Until.IsZero() {
		s.where("at < ?", q.Until.UnixMilli())
	}
	order := " ORDER BY at DESC, seq DESC"
	switch {
	case q.Older != nil:
		s.where("(at, seq) < (?, ?)", q.Older.At, q.Older.Seq)
	case q.Newer != nil:
		s.where("(at, seq) > (?, ?)", q.Newer.At, q.Newer.Seq)
		order = " ORDER BY at, seq"
	}
	s.args = append(s.args, q.Limit)
	s.sql += order + " LIMIT $" + strconv.Itoa(len(s.args))
	return s
}
