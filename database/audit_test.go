package database_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"passerelle/bridge/bridgetest"
	"passerelle/database"
	"passerelle/portal"
	"passerelle/portal/audit"
)

// auditKeys are the keys of the logs of these tests.
var auditKeys = sync.OnceValues(func() (*audit.Signer, *audit.Pseudonyms) {
	key, err := audit.NewSigningKey("example.org/passerelle")
	if err != nil {
		panic(err)
	}
	signer, err := audit.ParseSigner(key)
	if err != nil {
		panic(err)
	}
	names, err := audit.ParsePseudonyms(audit.NewPseudonymKey())
	if err != nil {
		panic(err)
	}
	return signer, names
})

func verifier(t *testing.T) *audit.Verifier {
	t.Helper()
	signer, _ := auditKeys()
	v, err := audit.NewVerifier(signer.PublicKey())
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// auditOptions are those of a log that a store keeps.
func auditOptions(t *testing.T, store *database.Store, file string) audit.Options {
	t.Helper()
	signer, names := auditKeys()
	return audit.Options{Store: store, Pseudonyms: names, Signer: signer, Verifier: verifier(t), CheckpointFile: file,
		CheckpointEvery: time.Hour, Patience: time.Minute, Transient: database.IsTransient, Now: func() time.Time { return noon }, Log: zerolog.Nop()}
}

func openLog(t *testing.T, store *database.Store, file string) *audit.Log {
	t.Helper()
	log, err := audit.Open(t.Context(), auditOptions(t, store, file))
	if err != nil {
		t.Fatal(err)
	}
	return log
}

// said is Amina's n-th message to Claire.
func said(n int) portal.Decision {
	return portal.Decision{Key: fmt.Sprintf("84512345678901@lid:84512345678901:3EB0%d", n), Network: "whatsapp", Direction: portal.In,
		Kind: portal.KindText, Portal: "84512345678901@lid", Login: "84598765432109", Sender: "84512345678901", Size: 7,
		Outcome: portal.Admit, Rule: "default", At: noon.Add(time.Duration(n) * time.Minute)}
}

func record(t *testing.T, log portal.Ledger, decisions ...portal.Decision) {
	t.Helper()
	for _, d := range decisions {
		if err := log.Record(t.Context(), d); err != nil {
			t.Fatal(err)
		}
	}
}

// auditRows returns all entries.
func auditRows(t *testing.T, store *database.Store) []audit.Row {
	t.Helper()
	rows, err := store.AuditRows(t.Context(), 0, 100_000)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// verified checks the log, and returns what is wrong, a line each.
func verified(t *testing.T, store *database.Store, elsewhere ...audit.Checkpoint) string {
	t.Helper()
	report, err := audit.Verify(t.Context(), store, verifier(t), elsewhere...)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, p := range report.Problems {
		lines = append(lines, p.String())
	}
	return strings.Join(lines, "\n")
}

func TestADecisionHasOneEntryHoweverOftenItIsRecorded(t *testing.T) {
	onBoth(t, func(t *testing.T, place database.Place) {
		store := open(t, place, sealer(t, "a"))
		log := openLog(t, store, "")
		refused := said(2)
		refused.Direction, refused.Sender, refused.Outcome, refused.Rule = portal.Out, "@claire:example.org", portal.Withhold, "scan"
		refused.Found, refused.Digest, refused.Kind = "Eicar-Test", strings.Repeat("ab", 32), portal.KindMedia
		record(t, log, said(1), refused, said(1), said(1))
		store.Close()

		store = open(t, place, sealer(t, "a"))
		log = openLog(t, store, "") // a replay after a restart
		record(t, log, refused, said(1), said(3))
		rows := auditRows(t, store)
		if len(rows) != 3 {
			t.Fatalf("there are %d entries, want 3", len(rows))
		}
		_, names := auditKeys()
		got := rows[1].Entry
		want := audit.Entry{Seq: 1, At: refused.At, Salt: got.Salt, Key: names.ID(), Event: audit.EventCrossing, Network: "whatsapp",
			Actor: names.Of("", "@claire:example.org"), Portal: names.Of("whatsapp", refused.Portal), Login: names.Of("whatsapp", refused.Login),
			Message: names.Message("whatsapp", portal.Out, refused.Key), Direction: portal.Out, Kind: portal.KindMedia, Size: 7,
			Verdict: portal.Withhold, Rule: "scan", Found: "Eicar-Test", Digest: refused.Digest}
		if got.At = got.At.UTC(); got != want {
			t.Errorf("the entry is\n%+v, want\n%+v", got, want)
		}
		if rows[0].Actor != rows[2].Actor || rows[0].Salt == rows[2].Salt || len(got.Salt) != 32 {
			t.Errorf("Amina is %q and %q, with the salts %q and %q", rows[0].Actor, rows[2].Actor, rows[0].Salt, rows[2].Salt)
		}
		if outcome, err := log.Outcome(t.Context(), "whatsapp", portal.Out, refused.Key); err != nil || outcome != portal.Withhold {
			t.Errorf("the decision ended %q, %v", outcome, err)
		}
		if wrong := verified(t, store); wrong != "" {
			t.Error(wrong)
		}
	})
}

func TestTwoProcessesAndManyMessagesAtOnceMakeOneLog(t *testing.T) {
	onBoth(t, func(t *testing.T, place database.Place) {
		first, second := open(t, place, sealer(t, "a")), open(t, place, sealer(t, "a"))
		logs := []*audit.Log{openLog(t, first, ""), openLog(t, second, "")}
		const messages = 120
		var all sync.WaitGroup
		for n := range messages {
			for _, log := range logs {
				all.Go(func() {
					for _, err := range []error{log.Record(t.Context(), said(n)), log.Append(t.Context(), audit.Action{Action: "test"})} {
						if err != nil {
							t.Error(err)
						}
					}
				})
			}
		}
		all.Wait()
		const turns = 6
		for n := range turns { // in turn, each by itself
			if err := logs[n%2].Append(t.Context(), audit.Action{Action: "test"}); err != nil {
				t.Error(err)
			}
		}
		crossings := map[string]int{}
		rows := auditRows(t, first)
		for _, row := range rows {
			if row.Event == audit.EventCrossing {
				crossings[row.Message]++
			}
		}
		if len(crossings) != messages || len(rows) != 3*messages+turns {
			t.Errorf("%d messages have entries, of %d; there are %d entries", len(crossings), messages, len(rows))
		}
		if wrong := verified(t, second); wrong != "" {
			t.Error(wrong)
		}
	})
}

func TestOneDecisionThatCannotBeKeptDoesNotStandInTheWayOfOthers(t *testing.T) {
	place := database.Place(bridgetest.NewPostgres(t).URI("border"))
	store := open(t, place, sealer(t, "a"))
	log := openLog(t, store, "")
	var all sync.WaitGroup
	for n := range 40 {
		all.Go(func() {
			d := said(n)
			if n == 20 {
				d.Key = "\xff" // PostgreSQL takes no text that is not UTF-8
			}
			if err := log.Record(t.Context(), d); (err != nil) != (n == 20) {
				t.Errorf("message %d: %v", n, err)
			}
		})
	}
	all.Wait()
	if rows := auditRows(t, store); len(rows) != 39 {
		t.Errorf("there are %d entries, want 39", len(rows))
	}
	if wrong := verified(t, store); wrong != "" {
		t.Error(wrong)
	}
}

func TestWithoutItsDatabaseNothingCrosses(t *testing.T) {
	pg := bridgetest.NewPostgres(t)
	store := open(t, database.Place(pg.URI("border")), sealer(t, "a"))
	gate := portal.NewGate(portal.Checks{Policy: portal.AdmitAll{}, Scanner: portal.NoScanner{}, Ledger: openLog(t, store, "")}, time.Now)
	crossing := portal.Crossing{Key: "k1", Network: "whatsapp", Direction: portal.Out, Kind: portal.KindText}
	if _, err := portal.Pass(t.Context(), gate, crossing, "Bonjour"); err != nil {
		t.Fatal(err)
	}
	if err := pg.Kill(); err != nil {
		t.Fatal(err)
	}
	crossing.Key = "k2"
	_, err := portal.Pass(t.Context(), gate, crossing, "Ça va ?")
	if err == nil || portal.IsPermanent(err) || !database.IsTransient(err) {
		t.Fatalf("without the database Pass gave %v", err)
	}
	if err := pg.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := portal.Pass(t.Context(), gate, crossing, "Ça va ?"); err != nil {
		t.Errorf("with the database back Pass gave %v", err)
	}
	if wrong := verified(t, store); wrong != "" || len(auditRows(t, store)) != 2 {
		t.Errorf("the log has %d entries; %s", len(auditRows(t, store)), wrong)
	}
}

func TestADatabaseThatHangsIsOneThatIsAway(t *testing.T) {
	place := database.Place(bridgetest.NewPostgres(t).URI("border"))
	store := open(t, place, sealer(t, "a"))
	options := auditOptions(t, store, "")
	options.Patience = 300 * time.Millisecond
	log, err := audit.Open(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	held, err := raw(t, place).BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := held.ExecContext(t.Context(), "SELECT * FROM audit_head FOR UPDATE"); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for n := range 5 { // one waits for the lock, the others for that one
		all.Go(func() {
			if err := log.Record(t.Context(), said(n)); err == nil || !database.IsTransient(err) || portal.IsPermanent(err) {
				t.Errorf("message %d: %v", n, err)
			}
		})
	}
	all.Wait()
	if err := held.Rollback(); err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{1, 2} { // as whoever waits for an entry tries again; a slow machine needs longer than that patience
		err := log.Record(t.Context(), said(n))
		for ; err != nil && database.IsTransient(err) && t.Context().Err() == nil; err = log.Record(t.Context(), said(n)) {
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if wrong := verified(t, store); wrong != "" || len(auditRows(t, store)) != 2 {
		t.Errorf("there are %d entries; %s", len(auditRows(t, store)), wrong)
	}
}

// pruned is how many entries of a whole log were emptied.
const pruned = 8

// wholeLog fills a log: some entries were emptied, there are three checkpoints, and entries behind the last one.
func wholeLog(t *testing.T, store *database.Store, file string) *audit.Log {
	t.Helper()
	log := openLog(t, store, file)
	steps := []func() error{
		func() error { return log.Sign(t.Context()) },
		func() error {
			_, err := log.Prune(t.Context(), noon.Add((pruned+1)*time.Minute), audit.Action{Actor: "@admin:example.org", Door: audit.DoorConsole})
			return err
		},
		func() error {
			return log.Append(t.Context(), audit.Action{Actor: "@admin:example.org", Action: "portal.close", Network: "whatsapp",
				Portal: "84512345678901@lid", Target: "84512345678901", Detail: "announced", Result: audit.Done, Door: audit.DoorCommands})
		},
		func() error { return log.Sign(t.Context()) },
		func() error { return log.Sign(t.Context()) }, // nothing new
	}
	for n := range 14 {
		record(t, log, said(n+1))
	}
	for _, step := range steps {
		if err := step(); err != nil {
			t.Fatal(err)
		}
	}
	record(t, log, said(20))
	if err := log.Sign(t.Context()); err != nil {
		t.Fatal(err)
	}
	record(t, log, said(21), said(22))
	return log
}

func TestOldEntriesAreEmptiedAndTheLogStaysWhole(t *testing.T) {
	onBoth(t, func(t *testing.T, place database.Place) {
		store := open(t, place, sealer(t, "a"))
		log := wholeLog(t, store, "")
		if wrong := verified(t, store); wrong != "" {
			t.Fatal(wrong)
		}
		rows := auditRows(t, store)
		if len(rows) != 19 || !rows[pruned-1].IsBlank() || rows[pruned].IsBlank() {
			t.Fatalf("there are %d entries, among them %+v", len(rows), rows[pruned-1:pruned+1])
		}
		if a := rows[14]; a.Action != "audit.prune" || a.Detail != "until 8" || a.Door != audit.DoorConsole || a.Result != audit.Done {
			t.Errorf("the action is %+v", a.Entry)
		}
		// Everything grows old, the action that says so last of all.
		if n, err := log.Prune(t.Context(), noon.Add(time.Hour), audit.Action{Door: audit.DoorSelf}); err != nil || n != 11 {
			t.Errorf("Prune gave %d, %v", n, err)
		}
		if n, err := log.Prune(t.Context(), noon, audit.Action{Door: audit.DoorSelf}); err != nil || n != 0 {
			t.Errorf("Prune gave %d, %v", n, err)
		}
		record(t, log, said(30))
		if wrong := verified(t, store); wrong != "" {
			t.Error(wrong)
		}
	})
}

func TestTheLogIsKeptWhileItRuns(t *testing.T) {
	place := database.Place(t.TempDir())
	file := filepath.Join(t.TempDir(), "checkpoint")
	store := open(t, place, sealer(t, "a"))
	options := auditOptions(t, store, file)
	options.CheckpointEvery, options.Retention = 10*time.Millisecond, 24*time.Hour
	options.Now = func() time.Time { return noon.Add(24*time.Hour + 5*time.Minute) }
	log, err := audit.Open(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	for n := range 10 {
		record(t, log, said(n))
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); log.Run(ctx) }()
	deadline := time.Now().Add(20 * time.Second)
	for signed := false; !signed; {
		head, err := store.AuditHead(t.Context())
		if err != nil || time.Now().After(deadline) {
			t.Fatalf("the head is %+v, %v", head, err)
		}
		if c, err := verifier(t).ReadCheckpoint(file); err == nil {
			signed = head.Pruned == 5 && c.Size == head.Size // messages 0 to 4 are older than a day
		}
	}
	record(t, log, said(30))
	stop()
	<-ended
	if c := elsewhere(t, file); c.Size != int64(len(auditRows(t, store))) {
		t.Errorf("at the stop %d of %d entries were signed", c.Size, len(auditRows(t, store)))
	}
	if wrong := verified(t, store, elsewhere(t, file)); wrong != "" {
		t.Error(wrong)
	}
}

func TestEntriesThatChangedPlacesAreBothNamed(t *testing.T) {
	place := database.Place(t.TempDir())
	store := open(t, place, sealer(t, "a"))
	wholeLog(t, store, "")
	store.Close()
	execute(t, place, "UPDATE audit_entry SET seq = -7 WHERE seq = 10", "UPDATE audit_entry SET seq = 10 WHERE seq = 12",
		"UPDATE audit_entry SET seq = 12 WHERE seq = -7")
	wrong := verified(t, open(t, place, sealer(t, "a")))
	for _, want := range []string{"entry 10: it stands in the place of another one: it was entry 12", "entry 12: it stands in the place of another one: it was entry 10"} {
		if !strings.Contains(wrong, want) {
			t.Errorf("found\n%s\nwant: %s", wrong, want)
		}
	}
}

func TestTheAuditTablesShowNobodyAndNothing(t *testing.T) {
	place := database.Place(t.TempDir())
	store := open(t, place, sealer(t, "a"))
	gate := portal.NewGate(portal.Checks{Policy: portal.AdmitAll{}, Scanner: portal.NoScanner{}, Ledger: openLog(t, store, "")}, time.Now)
	secrets := []string{"84512345678901", "84598765432109", "claire", "33612345678", "mayor", "budget.pdf", "3EB0C767"}
	for _, c := range []portal.Crossing{
		{Direction: portal.In, Sender: "84512345678901"}, {Direction: portal.Out, Sender: "@claire:example.org"},
	} {
		c.Key, c.Network, c.Kind, c.Portal, c.Login = "84512345678901@lid:3EB0C767", "whatsapp", portal.KindMedia, "84512345678901@lid", "84598765432109"
		c.Text, c.File = "the mayor resigns", &portal.File{Name: "budget.pdf", Size: 3}
		if _, err := portal.Pass(t.Context(), gate, c, ""); err != nil {
			t.Fatal(err)
		}
	}
	log := openLog(t, store, "")
	err := log.Append(t.Context(), audit.Action{Actor: "@claire:example.org", Action: "contact.block", Network: "whatsapp",
		Target: "33612345678", Portal: "84512345678901@lid", Result: audit.Done, Door: audit.DoorAPI})
	if err = errors.Join(err, log.Sign(context.Background())); err != nil {
		t.Fatal(err)
	}
	if rows := auditRows(t, store); len(rows) != 3 || rows[0].Actor == "" || rows[1].Actor != rows[2].Actor {
		t.Errorf("the entries are %+v", rows)
	}
	store.Close()
	// The gate's own table, which the bridge looks decisions up in, holds identifiers: what is left is the audit's.
	execute(t, place, "DROP TABLE decision", "VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)")
	files, err := os.ReadDir(string(place))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		bytes, err := os.ReadFile(filepath.Join(string(place), file.Name()))
		if err != nil || !slices.Contains([]bool{strings.Contains(string(bytes), "contact.block")}, file.Name() == "passerelle.db") {
			t.Errorf("%s does not hold the log (%v)", file.Name(), err)
		}
		for _, secret := range secrets {
			if strings.Contains(string(bytes), secret) {
				t.Errorf("%s holds %q", file.Name(), secret)
			}
		}
	}
}
