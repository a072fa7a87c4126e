package database

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"go.mau.fi/util/dbutil"

	"passerelle/bridge/bridgetest"
	"passerelle/portal"
	"passerelle/portal/audit"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// searched opens a database with many entries of several people, half of whose times go back.
func searched(t *testing.T, place Place) *Store {
	t.Helper()
	store, err := Open(t.Context(), place, NewSealer(), zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	var rows []audit.Row
	for n := range int64(5000) {
		e := audit.Entry{Seq: n, At: noon.Add(time.Duration(n^1) * time.Second), Event: audit.EventCrossing, Network: "whatsapp",
			Actor: fmt.Sprintf("actor %d", n%50), Portal: fmt.Sprintf("chat %d", n%100), Kind: portal.KindText, Verdict: portal.Admit}
		switch {
		case n < 10:
			e = audit.Entry{Seq: n} // emptied
		case n%500 == 0:
			e.Kind, e.Verdict = portal.KindPoll, portal.Refuse
		case n%501 == 0:
			e.Event, e.Kind, e.Verdict, e.Action, e.Result = audit.EventAction, "", "", "portal.pause", audit.Done
		}
		rows = append(rows, audit.Row{Entry: e, Hashes: []byte{1}})
	}
	if err := store.db.DoTxn(t.Context(), nil, func(ctx context.Context) error { return store.AddAudit(ctx, rows) }); err != nil {
		t.Fatal(err)
	}
	if _, err := store.db.Exec(t.Context(), "ANALYZE"); err != nil { // PostgreSQL does so by itself
		t.Fatal(err)
	}
	return store
}

func onEach(t *testing.T, test func(*testing.T, *Store)) {
	t.Run("SQLite", func(t *testing.T) { test(t, searched(t, Place(t.TempDir()))) })
	t.Run("PostgreSQL", func(t *testing.T) {
		test(t, searched(t, Place(bridgetest.NewPostgres(t).URI("border"))))
	})
}

// searches are one for each thing that can be chosen.
func searches() map[string]audit.Search {
	return map[string]audit.Search{
		"all":          {},
		"since":        {Since: noon.Add(time.Hour)},
		"until":        {Until: noon.Add(time.Hour)},
		"a time":       {Since: noon.Add(time.Hour), Until: noon.Add(time.Hour + time.Minute)},
		"a kind":       {Kind: portal.KindPoll},
		"an action":    {Action: "portal.pause"},
		"a verdict":    {Verdict: portal.Refuse},
		"a result":     {Result: audit.Done},
		"a person":     {Actors: []string{"actor 7", "nobody"}},
		"a chat":       {Portals: []string{"chat 7", "chat 8"}},
		"both":         {Actors: []string{"actor 7"}, Portals: []string{"chat 57", "chat 7"}},
		"much":         {Actors: []string{"actor 0"}, Kind: portal.KindPoll, Verdict: portal.Refuse, Since: noon.Add(time.Minute)},
		"nothing here": {Actors: []string{"nobody"}},
	}
}

// chooses tells whether a search chooses an entry.
func chooses(q audit.Search, e *audit.Entry) bool {
	return !e.IsBlank() && !e.At.Before(q.Since) && (q.Until.IsZero() || e.At.Before(q.Until)) && (q.Kind == "" || e.Kind == q.Kind) &&
		(q.Action == "" || e.Action == q.Action) && (q.Verdict == "" || e.Verdict == q.Verdict) && (q.Result == "" || e.Result == q.Result) &&
		(q.Actors == nil || slices.Contains(q.Actors, e.Actor)) && (q.Portals == nil || slices.Contains(q.Portals, e.Portal))
}

func TestASearchLeafsThroughAllThatItChoosesAndBack(t *testing.T) {
	onEach(t, func(t *testing.T, store *Store) {
		rows, err := store.AuditRows(t.Context(), 0, 10_000)
		if err != nil {
			t.Fatal(err)
		}
		for name, q := range searches() {
			var want, there, back []int64
			for _, row := range rows {
				if chooses(q, &row.Entry) {
					want = append(want, row.Seq^1) // in the order of the times, but for the odd one out
				}
			}
			slices.Sort(want)
			slices.Reverse(want)
			var last audit.Place
			q.Limit = 37
			for page := []audit.Entry{{}}; len(page) > 0; {
				if page, err = store.SearchAudit(t.Context(), q); err != nil {
					t.Fatal(err)
				}
				for _, e := range page {
					there = append(there, e.Seq^1)
					last = audit.PlaceOf(&e)
					q.Older = &last
				}
			}
			if !slices.Equal(there, want) {
				t.Errorf("%s: found %d entries, want %d", name, len(there), len(want))
			}
			q.Older, q.Newer = nil, &audit.Place{}
			for page := []audit.Entry{{}}; len(page) > 0; {
				if page, err = store.SearchAudit(t.Context(), q); err != nil {
					t.Fatal(err)
				}
				for _, e := range slices.Backward(page) {
					back = append(back, e.Seq^1)
					last = audit.PlaceOf(&e)
					q.Newer = &last
				}
			}
			if slices.Reverse(back); !slices.Equal(back, want) {
				t.Errorf("%s: back, found %d entries, want %d", name, len(back), len(want))
			}
		}
	})
}

func TestASearchWalksAlongAnIndex(t *testing.T) {
	onEach(t, func(t *testing.T, store *Store) {
		explain := "EXPLAIN QUERY PLAN "
		if store.db.Dialect == dbutil.Postgres {
			explain = "EXPLAIN "
		}
		for name, q := range searches() {
			for _, place := range []*audit.Place{nil, {At: noon.Add(time.Hour).UnixMilli(), Seq: 3600}} {
				q.Limit, q.Older = 51, place
				for _, query := range auditSearches(q) {
					plan := planOf(t, store, explain+query.sql, query.args)
					walks := strings.Contains(plan, "USING INDEX audit_entry_") && !strings.Contains(plan, "TEMP B-TREE")
					if store.db.Dialect == dbutil.Postgres {
						walks = strings.Contains(plan, "audit_entry_") && !strings.Contains(plan, "Seq Scan")
					}
					if index := map[string]string{"a kind": "kind", "an action": "action", "a verdict": "verdict", "a result": "result",
						"a person": "actor", "a chat": "portal"}[name]; index != "" && place == nil {
						walks = walks && strings.Contains(plan, "audit_entry_"+index+"_idx")
					}
					if !walks {
						t.Errorf("%s: %s\nis done so:\n%s", name, query.sql, plan)
					}
				}
			}
		}
	})
}

func planOf(t *testing.T, store *Store, query string, args []any) string {
	t.Helper()
	rows, err := store.db.Query(t.Context(), query, args...)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	var plan strings.Builder
	for rows.Next() {
		cells := make([]any, len(columns))
		for i := range cells {
			cells[i] = new(any)
		}
		if err := rows.Scan(cells...); err != nil {
			t.Fatal(err)
		}
		last := *cells[len(cells)-1].(*any)
		if text, isBytes := last.([]byte); isBytes {
			last = string(text)
		}
		fmt.Fprintln(&plan, last)
	}
	return plan.String()
}
