package database_test

import (
	"encoding/base64"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"passerelle/database"
	"passerelle/portal"
	"passerelle/portal/audit"
)

// elsewhere reads the checkpoint that lies in a file.
func elsewhere(t *testing.T, file string) audit.Checkpoint {
	t.Helper()
	c, err := verifier(t).ReadCheckpoint(file)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestALogThatWasCutOrWrittenAnewContradictsItsCheckpoint: somebody who can write to the database, and even has the keys, cuts
// the log's end, or makes it anew without what should not be known. Nothing in the database shows it.
func TestALogThatWasCutOrWrittenAnewContradictsItsCheckpoint(t *testing.T) {
	cut := func(t *testing.T, place database.Place) {
		execute(t, place, "DELETE FROM audit_entry WHERE seq >= 15", "DELETE FROM audit_checkpoint WHERE size > 15",
			"UPDATE audit_head SET size = 15, checkpoints = 1")
	}
	forge := func(t *testing.T, place database.Place) {
		execute(t, place, "DELETE FROM audit_entry", "DELETE FROM audit_checkpoint", "DELETE FROM decision", "UPDATE audit_head SET size = 0, pruned = 0, checkpoints = 0")
		store := open(t, place, sealer(t, "a"))
		log := openLog(t, store, "")
		for n := range 25 {
			if n != 15 {
				record(t, log, said(n))
			}
		}
		if err := log.Sign(t.Context()); err != nil {
			t.Fatal(err)
		}
		store.Close()
	}
	for name, crime := range map[string]func(*testing.T, database.Place){"cut": cut, "written anew": forge} {
		t.Run(name, func(t *testing.T) {
			onBoth(t, func(t *testing.T, place database.Place) {
				file := filepath.Join(t.TempDir(), "checkpoint")
				store := open(t, place, sealer(t, "a"))
				wholeLog(t, store, file)
				kept := elsewhere(t, file)
				if wrong := verified(t, store, kept); wrong != "" || kept.Size != 17 {
					t.Fatalf("of %d signed entries: %s", kept.Size, wrong)
				}
				store.Close()
				crime(t, place)

				store = open(t, place, sealer(t, "a"))
				if wrong := verified(t, store); wrong != "" {
					t.Errorf("the database shows it by itself, so it is no test: %s", wrong)
				}
				wrong := verified(t, store, kept)
				if want := map[string]string{"cut": "entries 15 to 16: missing", "written anew": "were written anew"}[name]; !strings.Contains(wrong, want) {
					t.Errorf("with the checkpoint found: %q, want %q", wrong, want)
				}
				before, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				if _, err := audit.Open(t.Context(), auditOptions(t, store, file)); !errors.Is(err, audit.ErrContradiction) {
					t.Errorf("it was opened: %v", err)
				}
				if after, err := os.ReadFile(file); err != nil || string(after) != string(before) {
					t.Errorf("the proof was written over (%v)", err)
				}
			})
		})
	}
}

func TestALogThatIsCutWhileItRunsSignsNothingMore(t *testing.T) {
	place := database.Place(t.TempDir())
	file := filepath.Join(t.TempDir(), "checkpoint")
	store := open(t, place, sealer(t, "a"))
	log := wholeLog(t, store, file)
	execute(t, place, "DELETE FROM audit_entry WHERE seq >= 10", "UPDATE audit_head SET size = 10")
	if err := log.Record(t.Context(), said(50)); !errors.Is(err, audit.ErrBroken) || portal.IsPermanent(err) {
		t.Errorf("Record gave %v", err)
	}
	if err := log.Sign(t.Context()); !errors.Is(err, audit.ErrBroken) {
		t.Errorf("Sign gave %v", err)
	}
	// Another process knows nothing of how long it was, but the file does.
	other := open(t, place, sealer(t, "a"))
	if _, err := audit.Open(t.Context(), auditOptions(t, other, file)); !errors.Is(err, audit.ErrContradiction) {
		t.Errorf("Open gave %v", err)
	}
}

func TestAnEntryIsProvedToSomebodyWhoHasTheCheckpointAlone(t *testing.T) {
	store := open(t, database.Place(t.TempDir()), sealer(t, "a"))
	wholeLog(t, store, "")
	v := verifier(t)
	checkpoints, err := store.Checkpoints(t.Context())
	if err != nil || len(checkpoints) != 3 {
		t.Fatal(checkpoints, err)
	}
	older, newest := checkpoints[0], checkpoints[2]
	rows := auditRows(t, store)
	for seq := int64(pruned); seq < newest.Size; seq++ {
		proof, err := audit.ProveEntry(t.Context(), store, v, newest.Signed, seq)
		if err != nil {
			t.Fatal(err)
		}
		proved, err := audit.CheckProof(proof, v)
		if err != nil || proved.Seq != seq || *proved.Entry != rows[seq].Entry || proved.Checkpoint.Size != newest.Size {
			t.Fatalf("entry %d: %+v, %v", seq, proved, err)
		}
		lines := strings.SplitN(string(proof), "\n", 4)
		forged := *proved.Entry
		forged.Verdict = "refused"
		lines[1] = "extra " + base64.StdEncoding.EncodeToString(forged.Encode())
		if _, err := audit.CheckProof([]byte(strings.Join(lines, "\n")), v); !errors.Is(err, audit.ErrNoProof) {
			t.Errorf("another entry was proved: %v", err)
		}
	}
	for _, seq := range []int64{-1, 2, newest.Size} {
		if proof, err := audit.ProveEntry(t.Context(), store, v, newest.Signed, seq); err == nil {
			t.Errorf("entry %d was proved:\n%s", seq, proof)
		}
	}
	grown, err := audit.ProveGrowth(t.Context(), store, v, older.Signed, newest.Signed)
	if err != nil {
		t.Fatal(err)
	}
	proved, err := audit.CheckProof(grown, v)
	if err != nil || proved.Older.Size != older.Size || proved.Checkpoint.Size != newest.Size {
		t.Errorf("the growth: %+v, %v", proved, err)
	}
	first, _, _ := strings.Cut(string(grown), "\n\n")
	swapped := first + "\n\n" + string(checkpoints[1].Signed) + "\n" + string(newest.Signed)
	if _, err := audit.CheckProof([]byte(swapped), v); !errors.Is(err, audit.ErrNoProof) {
		t.Errorf("growth from another checkpoint was proved: %v", err)
	}
	if _, err := audit.ProveGrowth(t.Context(), store, v, newest.Signed, older.Signed); !errors.Is(err, audit.ErrContradiction) {
		t.Errorf("a shrinking log was proved: %v", err)
	}
}
