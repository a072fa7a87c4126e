package database_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"go.mau.fi/util/dbutil"

	"passerelle/database"
	"passerelle/portal/audit"
)

// tables lists the columns of the audit tables, and whether each is a text.
func tables(t *testing.T, place database.Place) map[string]map[string]string {
	t.Helper()
	db := raw(t, place)
	found := map[string]map[string]string{}
	for _, table := range []string{"audit_entry", "audit_head", "audit_checkpoint"} {
		rows, err := db.Query(t.Context(), "SELECT * FROM "+table+" LIMIT 0")
		if err != nil {
			t.Fatal(err)
		}
		types, err := rows.ColumnTypes()
		if err != nil {
			t.Fatal(err)
		}
		found[table] = map[string]string{}
		for _, column := range types {
			found[table][column.Name()] = column.DatabaseTypeName()
		}
		rows.Close()
	}
	return found
}

// raw opens our own database as somebody would who has got at it.
func raw(t *testing.T, place database.Place) *dbutil.Database {
	t.Helper()
	uri, dialect := "file:"+filepath.Join(string(place), "passerelle.db")+"?_busy_timeout=5000", "sqlite3"
	if strings.HasPrefix(string(place), "postgres") {
		uri, dialect = string(place), "postgres"
	}
	db, err := dbutil.NewWithDialect(uri, dialect)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// tampering is what somebody does to the tables, and which entry has to be named.
type tampering struct {
	name  string
	does  []string
	names string
}

// tamperings are of every column of every audit table, and of whole rows. The log is that of wholeLog.
func tamperings(columns map[string]map[string]string) (all []tampering) {
	for table, types := range columns {
		for column, kind := range types {
			change := column + " || 'x'"
			switch strings.ToUpper(kind) {
			case "INTEGER", "BIGINT", "INT4", "INT8":
				change = column + " + 5"
			case "BLOB":
				change = "x'00'"
				all = append(all, hashTamperings(
					"CAST(substr(hashes, 1, 39) || CASE substr(hashes, 40, 1) WHEN x'00' THEN x'01' ELSE x'00' END || substr(hashes, 41) AS BLOB)", "CAST(hashes || hashes AS BLOB)")...)
			case "BYTEA":
				change = `'\x00'`
				all = append(all, hashTamperings("set_byte(hashes, 39, get_byte(hashes, 39) # 1)", "hashes || hashes")...)
			}
			switch {
			case table == "audit_entry":
				change := fmt.Sprintf("UPDATE audit_entry SET %s = %s WHERE seq = ", column, change)
				if column == "seq" {
					change = "UPDATE audit_entry SET seq = 100 WHERE seq = "
				}
				for _, seq := range []string{"2", "10", "13", "15", "18"} {
					all = append(all, tampering{column + " of entry " + seq, []string{change + seq}, seq})
				}
			case column == "one": // its constraint allows no other value
			default:
				all = append(all, tampering{table + "." + column, []string{fmt.Sprintf("UPDATE %s SET %s = %s", table, column, change)}, ""})
			}
		}
	}
	for seq := range 19 {
		at := fmt.Sprint(seq)
		all = append(all, tampering{"entry " + at + " taken out", []string{"DELETE FROM audit_entry WHERE seq = " + at}, at})
	}
	for _, pair := range [][2]string{{"9", "10"}, {"9", "16"}, {"10", "12"}, {"13", "18"}, {"1", "6"}} {
		all = append(all, tampering{"entries " + pair[0] + " and " + pair[1] + " exchanged", []string{
			"UPDATE audit_entry SET seq = -7 WHERE seq = " + pair[0], "UPDATE audit_entry SET seq = " + pair[0] + " WHERE seq = " + pair[1],
			"UPDATE audit_entry SET seq = " + pair[1] + " WHERE seq = -7"}, pair[1]})
	}
	return append(all,
		tampering{"the tail cut", []string{"DELETE FROM audit_entry WHERE seq >= 17"}, "17"},
		tampering{"the tail cut, and the head changed", []string{"DELETE FROM audit_entry WHERE seq >= 16", "UPDATE audit_head SET size = 16"}, "16"},
		tampering{"an entry emptied", []string{"UPDATE audit_entry SET at = 0, salt = '', key = '', event = '', network = '', actor = '', portal = '', login = '', " +
			"message = '', direction = '', kind = '', size = 0, verdict = '', rule = '' WHERE seq = 9"}, "9"},
		tampering{"an entry emptied, and the head changed", []string{"UPDATE audit_entry SET at = 0, salt = '', key = '', event = '', network = '', actor = '', portal = '', " +
			"login = '', message = '', direction = '', kind = '', size = 0, verdict = '', rule = '' WHERE seq = 8", "UPDATE audit_head SET pruned = 9"}, "before 9"},
		tampering{"the head taken out", []string{"DELETE FROM audit_head"}, "head"},
		tampering{"a checkpoint taken out", []string{"DELETE FROM audit_checkpoint WHERE size = 14"}, "2 checkpoints"},
		tampering{"a checkpoint of before in the place of a newer one", []string{
			"UPDATE audit_checkpoint SET signed = (SELECT signed FROM audit_checkpoint WHERE size = 14) WHERE size = 16"}, "signs 14"},
		tampering{"two checkpoints exchanged", []string{"UPDATE audit_checkpoint SET size = 2 WHERE size = 14",
			"UPDATE audit_checkpoint SET size = 14 WHERE size = 16", "UPDATE audit_checkpoint SET size = 16 WHERE size = 2"}, "signs 14"},
	)
}

// hashTamperings change the hash of a subtree, and add hashes.
func hashTamperings(oneByte, twice string) []tampering {
	return []tampering{
		{"a hash above entries 12 and 13", []string{"UPDATE audit_entry SET hashes = " + oneByte + " WHERE seq = 13"}, "entries 12 to 13"},
		{"a hash above entries 14 and 15", []string{"UPDATE audit_entry SET hashes = " + oneByte + " WHERE seq = 15"}, "entries 14 to 15"},
		{"more hashes", []string{"UPDATE audit_entry SET hashes = " + twice + " WHERE seq = 10"}, "entry 10"},
	}
}

func TestWhateverIsChangedByHandIsFoundAndNamed(t *testing.T) {
	onBoth(t, func(t *testing.T, place database.Place) {
		store := open(t, place, sealer(t, "a"))
		wholeLog(t, store, "")
		if wrong := verified(t, store); wrong != "" {
			t.Fatal(wrong)
		}
		columns, db := tables(t, place), raw(t, place)
		run := func(statements ...string) {
			t.Helper()
			for _, statement := range statements {
				if _, err := db.Exec(t.Context(), statement); err != nil {
					t.Fatalf("%s: %v", statement, err)
				}
			}
		}
		for table := range columns {
			run("CREATE TABLE kept_" + table + " AS SELECT * FROM " + table)
		}
		changed := 0
		for _, test := range tamperings(columns) {
			run(test.does...)
			report, err := audit.Verify(t.Context(), store, verifier(t))
			found := fmt.Sprint(err)
			if err == nil {
				found = fmt.Sprint(report.Problems)
			}
			if (err == nil && len(report.Problems) == 0) || !strings.Contains(found, test.names) {
				t.Errorf("%s: found %s", test.name, found)
			}
			for table := range columns {
				run("DELETE FROM "+table, "INSERT INTO "+table+" SELECT * FROM kept_"+table)
			}
			changed++
		}
		t.Logf("%d ways to change the tables", changed)
		if wrong := verified(t, store); wrong != "" {
			t.Error(wrong)
		}
	})
}
