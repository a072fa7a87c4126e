package main

import (
	"database/sql"
	"encoding/json"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"maunium.net/go/mautrix/id"

	"passerelle/bridge/bridgetest"
	"passerelle/config"
	"passerelle/database"
	"passerelle/portal"
	"passerelle/portal/audit"
	"passerelle/portal/console"
	"passerelle/portal/say"
)

// exported is a line of `audit export`.
type exported struct {
	Seq                                                                                           int64
	Pruned                                                                                        bool
	Key, Event, Network, Actor, Message, Direction, Kind, Verdict, Action, Detail, Target, Result string
}

func exportedLines(t *testing.T, text string) (lines []exported) {
	t.Helper()
	for line := range strings.SplitSeq(strings.TrimSpace(text), "\n") {
		var e exported
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		lines = append(lines, e)
	}
	return lines
}

// changes changes our own database by hand.
func changes(t *testing.T, config string, statements ...string) {
	t.Helper()
	db, err := sql.Open("sqlite3", "file:"+filepath.Join(filepath.Dir(config), "data", "passerelle.db")+"?_busy_timeout=5000")
	must(t, err)
	defer db.Close()
	for _, statement := range statements {
		_, err := db.ExecContext(t.Context(), statement)
		must(t, err)
	}
}

func TestAfterKillsEveryMessageHasOneEntryAndTheLogIsWhole(t *testing.T) {
	checkpoint := filepath.Join(t.TempDir(), "checkpoint")
	d := newDialogue(t, func(o *bridgetest.InstallOptions) {
		o.Replace = map[string]string{"  # checkpoint_file: /mnt/elsewhere/passerelle.checkpoint ": "  checkpoint_every: 1s\n  checkpoint_file: " + checkpoint + " "}
	})
	fromAmina, fromClaire := d.isKilledUnderTraffic(t, 12)
	d.settled(t, fromAmina, fromClaire)
	// While it runs, too, and beside its writing.
	if printed, err := passerelle(t, "audit", "verify", "-c", d.bridge.Config()); err != nil {
		t.Fatalf("%v\n%s", err, printed)
	}
	must(t, d.bridge.Stop())
	printed, err := passerelle(t, "audit", "verify", "-c", d.bridge.Config(), "--checkpoint", checkpoint)
	if err != nil || !strings.Contains(printed, "is whole") {
		t.Fatalf("%v\n%s", err, printed)
	}
	t.Log(printed)
	text, err := passerelle(t, "audit", "export", "-c", d.bridge.Config())
	must(t, err)
	messages, ways, starts := map[string]int{}, map[string]int{}, 0
	lines := exportedLines(t, text)
	for _, line := range lines {
		if line.Event == "crossing" {
			messages[line.Message]++
			ways[line.Direction+" "+line.Verdict]++
		}
		if line.Action == "bridge.start" {
			starts++
		}
	}
	for message, entries := range messages {
		if entries != 1 {
			t.Errorf("the message %s has %d entries", message, entries)
		}
	}
	if in, out := len(fromAmina)+1, len(fromClaire)+1; ways["in admitted"] != in || ways["out admitted"] != out || len(ways) != 2 {
		t.Errorf("the entries are %v; want %d in, %d out", ways, in, out)
	}
	if last := lines[len(lines)-1]; starts < 2 || last.Action != "bridge.stop" {
		t.Errorf("%d starts are in the log, and the last entry is %+v", starts, last)
	}

	// Somebody cuts the end, with all in the database that would show it.
	changes(t, d.bridge.Config(), "DELETE FROM audit_entry WHERE seq > 10", "DELETE FROM audit_checkpoint WHERE size > 11",
		"UPDATE audit_head SET size = 11, checkpoints = (SELECT COUNT(*) FROM audit_checkpoint)")
	if printed, err := passerelle(t, "audit", "verify", "-c", d.bridge.Config()); err == nil || !strings.Contains(printed, "the log was cut") {
		t.Errorf("verify gave %v\n%s", err, printed)
	}
	if err := d.bridge.Start(t.Context()); err == nil {
		t.Error("the bridge starts with a log that was cut")
	}
}

// auditedInstallation is a new installation whose log has some entries, written as the bridge would.
func auditedInstallation(t *testing.T) (path string) {
	t.Helper()
	dir, _ := initialised(t)
	path = filepath.Join(dir, "config.yaml")
	c, err := config.Load(path, nil)
	must(t, err)
	a, err := openAudit(t.Context(), c)
	must(t, err)
	defer a.store.Close()
	for i, sender := range []string{"84512345678901", "@claire:example.org", "84512345678901"} {
		must(t, a.log.Record(t.Context(), portal.Decision{Key: strings.Repeat("k", i+1), Network: "whatsapp", Direction: portal.In,
			Kind: portal.KindText, Portal: "84512345678901@lid", Sender: sender, Outcome: portal.Admit, Rule: "default", At: time.Now()}))
	}
	must(t, a.log.Append(t.Context(), audit.Action{Actor: "@claire:example.org", Action: "command.pause", Result: audit.Done, Door: audit.DoorCommands}))
	return path
}

func TestAnAuditorReadsProvesAndChecks(t *testing.T) {
	path := auditedInstallation(t)
	dir := t.TempDir()
	run := func(args ...string) string {
		t.Helper()
		printed, err := passerelle(t, append(args, "-c", path)...)
		if err != nil {
			t.Fatalf("%v: %v\n%s", args, err, printed)
		}
		return printed
	}
	kept := func(name, text string) string {
		file := filepath.Join(dir, name)
		must(t, os.WriteFile(file, []byte(text), 0o600))
		return file
	}
	if printed := run("audit", "verify"); !strings.Contains(printed, "4 entries") || !strings.Contains(printed, "kept elsewhere") {
		t.Error(printed)
	}
	public := strings.TrimSpace(run("audit", "key"))
	if !strings.HasPrefix(public, "example.org/passerelle+") {
		t.Errorf("the public key is %q", public)
	}

	// Whose entries are they?
	lines := exportedLines(t, run("audit", "export"))
	claire := strings.Fields(run("audit", "resolve", "@claire:example.org"))[0]
	if len(lines) != 4 || lines[1].Actor != claire || lines[3].Actor != claire || lines[0].Actor == claire {
		t.Errorf("Claire is %s, and the entries are %+v", claire, lines)
	}
	if asked := exportedLines(t, run("audit", "export", "--from", "4")); len(asked) != 1 || asked[0].Action != "audit.resolve" || asked[0].Target != claire {
		t.Errorf("that somebody asked for Claire stands there as %+v", asked)
	}

	// A proof for somebody who has the public key and nothing else.
	proof := kept("entry.tlog-proof", run("audit", "prove", "1"))
	printed, err := passerelle(t, "audit", "prove", "--check", proof, "--public-key", public)
	if err != nil || !strings.Contains(printed, "Proved: entry 1") || !strings.Contains(printed, claire) {
		t.Errorf("%v\n%s", err, printed)
	}
	text, err := os.ReadFile(proof)
	must(t, err)
	older := kept("older.checkpoint", string(text[strings.Index(string(text), "example.org/passerelle\n"):]))
	other, err := audit.NewSigningKey("example.org/passerelle")
	must(t, err)
	stranger, err := audit.ParseSigner(other)
	must(t, err)
	if _, err := passerelle(t, "audit", "prove", "--check", proof, "--public-key", stranger.PublicKey()); !errors.Is(err, audit.ErrNoCheckpoint) {
		t.Errorf("by a stranger's key the proof gave %v", err)
	}
	run("audit", "resolve", "84512345678901")
	growth := kept("growth", run("audit", "prove", "--since", older))
	if printed := run("audit", "prove", "--check", growth); !strings.Contains(printed, "begins with the 5 that were signed before") {
		t.Error(printed)
	}
	if printed := run("audit", "verify", "--checkpoint", older); strings.Contains(printed, "no checkpoint that was kept") {
		t.Error(printed)
	}

	// Somebody makes Amina's message one that was refused.
	changes(t, path, "UPDATE audit_entry SET verdict = 'refused' WHERE seq = 2")
	if printed, err := passerelle(t, "audit", "verify", "-c", path); err == nil || !strings.Contains(printed, "entry 2: it, or its hash, was altered") {
		t.Errorf("verify gave %v\n%s", err, printed)
	}
}

func TestOldEntriesAreEmptiedByHand(t *testing.T) {
	path := auditedInstallation(t)
	if printed, err := passerelle(t, "audit", "prune", "-c", path, "--days", "1"); err != nil || !strings.Contains(printed, "0 entries") {
		t.Errorf("%v\n%s", err, printed)
	}
	if _, err := passerelle(t, "audit", "prune", "-c", path, "--days", "-1"); err == nil {
		t.Error("a negative age was taken")
	}
	if printed, err := passerelle(t, "audit", "verify", "-c", path); err != nil {
		t.Errorf("%v\n%s", err, printed)
	}
}

// TestAnOlderConfigurationHasNoAuditLog: it has no keys, and nobody is to find out by a bridge that does not start.
func TestAnOlderConfigurationHasNoAuditLog(t *testing.T) {
	dir, _ := initialised(t)
	path := filepath.Join(dir, "config.yaml")
	text, err := os.ReadFile(path)
	must(t, err)
	before, after, found := strings.Cut(string(text), "audit:\n")
	_, after, more := strings.Cut(after, "\n\n")
	if !found || !more {
		t.Fatal("the configuration has no audit section")
	}
	must(t, os.WriteFile(path, []byte(before+after), 0o600))
	printed, _ := passerelle(t, "check", "-c", path) // there is no homeserver
	if !strings.Contains(printed, "warning     audit log: off") {
		t.Errorf("check says\n%s", printed)
	}
	if _, err := passerelle(t, "audit", "verify", "-c", path); !errors.Is(err, errAuditOff) {
		t.Errorf("verify gave %v", err)
	}
	keys := t.TempDir()
	printed, err = passerelle(t, "audit", "key", "--dir", keys, "--origin", "example.org/passerelle")
	must(t, err)
	section := printed[strings.Index(printed, "audit:"):strings.Index(printed, "Public key")]
	must(t, os.WriteFile(path, []byte(before+section+after), 0o600))
	if printed, err := passerelle(t, "audit", "verify", "-c", path); err != nil || !strings.Contains(printed, "0 entries") {
		t.Errorf("with the new keys verify gave %v\n%s", err, printed)
	}
	for _, name := range []string{signingKeyFile, pseudonymKeyFile} {
		if info, err := os.Stat(filepath.Join(keys, name)); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
	}
	if _, err := passerelle(t, "audit", "key", "--dir", keys, "--origin", "example.org/passerelle"); err == nil {
		t.Error("keys were written over")
	}
}

func TestWhatAdministratorsDoIsWrittenDownOrNotDone(t *testing.T) {
	s := newStage(t, func(o *bridgetest.InstallOptions) {
		o.Replace = map[string]string{"  # \"@admin:" + o.Domain + "\": admin": "  \"@claire:" + o.Domain + "\": admin"}
	})
	claire, karim := s.Staff(t, "claire"), s.Staff(t, "karim")
	phone, amina := s.whatsapp.MustAddPerson("+33700000001", "Claire"), s.whatsapp.MustAddPerson("+33612345678", "Amina")
	desk := s.links(t, claire, phone)
	answered := func(who *bridgetest.Actor, room id.RoomID, command, answer string) {
		t.Helper()
		mark := who.Mark()
		who.Says(room, command)
		who.Waits("the answer to "+command, func(h bridgetest.Heard) bool {
			return h.Room == room && h.Sender != who.ID() && strings.Contains(h.Text, answer)
		}, mark)
	}
	answered(claire, desk, "version", "Passerelle")
	answered(claire, desk, "discard-megolm-session", say.English.Say(say.NewKeys))
	answered(karim, s.botRoom(t, karim), "discard-megolm-session", say.English.Say(say.OnlyAdministrators))

	// From now on nothing can be written into the log.
	config := s.bridge.Config()
	changes(t, config, "CREATE TRIGGER full BEFORE INSERT ON audit_entry BEGIN SELECT RAISE(ABORT, 'full'); END")
	answered(claire, desk, "discard-megolm-session", say.English.Say(say.CommandFailed))
	says(t, amina, phone.Number(), "Is anybody there?")
	eventually(t, "the message to be tried", func() bool {
		log, err := os.ReadFile(s.bridge.LogPath())
		return err == nil && strings.Contains(string(log), "record a decision")
	})
	for _, room := range claire.Rooms() {
		if slices.Contains(claire.Texts(room), "Is anybody there?") {
			t.Error("a message crossed that could not be written down")
		}
	}
	changes(t, config, "DROP TRIGGER full")
	claire.Waits("the message", func(h bridgetest.Heard) bool { return h.Text == "Is anybody there?" })

	text, err := passerelle(t, "audit", "export", "-c", config)
	must(t, err)
	var done []string
	for _, line := range exportedLines(t, text) {
		if line.Event == "action" {
			done = append(done, line.Action+" "+line.Actor+" "+line.Result)
		} else {
			done = append(done, line.Direction+" "+line.Verdict)
		}
	}
	pseudonym := func(who *bridgetest.Actor) string {
		printed, err := passerelle(t, "audit", "resolve", who.ID().String(), "-c", config)
		must(t, err)
		return strings.Fields(printed)[0]
	}
	want := []string{"bridge.start  done", "command.login " + pseudonym(claire) + " asked", "command.discard-megolm-session " + pseudonym(claire) + " asked",
		"command.discard-megolm-session " + pseudonym(karim) + " denied", "in admitted"}
	if !slices.Equal(done, want) {
		t.Errorf("the log holds\n%s\nwant\n%s", strings.Join(done, "\n"), strings.Join(want, "\n"))
	}
	// The number that a contact is known by leads to the entries about them.
	printed, err := passerelle(t, "audit", "resolve", "+33 6 12 34 56 78", "-c", config)
	must(t, err)
	lines := exportedLines(t, text)
	if last := lines[len(lines)-1]; !strings.Contains(printed, last.Actor+"  whatsapp  "+amina.LID().User) {
		t.Errorf("Amina is %s, and resolve says\n%s", last.Actor, printed)
	}
}

func TestTheLogGoesToACollectorOnce(t *testing.T) {
	path := auditedInstallation(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer listener.Close()
	position := filepath.Join(t.TempDir(), "position")
	collected := func() string {
		t.Helper()
		came := make(chan string, 1)
		go func() {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			text, _ := io.ReadAll(conn)
			conn.Close()
			came <- string(text)
		}()
		printed, err := passerelle(t, "audit", "export", "-c", path, "--syslog", "tcp://"+listener.Addr().String(), "--position", position)
		if err != nil || printed != "" {
			t.Fatalf("%v\n%s", err, printed)
		}
		select {
		case text := <-came:
			return text
		case <-time.After(time.Minute):
			t.Fatal("nothing came")
			return ""
		}
	}
	if got := collected(); strings.Count(got, "passerelle - crossing [audit@32473 seq=") != 3 || strings.Count(got, "passerelle - action ") != 1 {
		t.Errorf("the collector has\n%s", got)
	}
	_, err = passerelle(t, "audit", "resolve", "@karim:example.org", "-c", path)
	must(t, err)
	if got := collected(); strings.Count(got, "seq=") != 1 || !strings.Contains(got, `action="audit.resolve"`) {
		t.Errorf("the collector was sent again\n%s", got)
	}
	changes(t, path, "DELETE FROM audit_entry WHERE seq > 2", "UPDATE audit_head SET size = 3")
	if _, err := passerelle(t, "audit", "export", "-c", path, "--position", position); !errors.Is(err, audit.ErrContradiction) {
		t.Errorf("of a log that was cut the export gave %v", err)
	}
}

// TestTheKeyOfThePseudonymsIsReplaced has an administrator replace the key as docs/audit.md says: Claire is found in the entries of before
// and of after, which name their keys, and the log is whole.
func TestTheKeyOfThePseudonymsIsReplaced(t *testing.T) {
	path := auditedInstallation(t)
	run := func(args ...string) string {
		t.Helper()
		printed, err := passerelle(t, append(args, "-c", path)...)
		if err != nil {
			t.Fatalf("%v: %v\n%s", args, err, printed)
		}
		return printed
	}
	before := strings.Fields(run("audit", "resolve", "@claire:example.org"))[0]
	dir := t.TempDir()
	printed := run("audit", "key", "--pseudonyms", "--dir", dir)
	fresh, err := filepath.Glob(filepath.Join(dir, "audit-pseudonym-*.key"))
	if err != nil || len(fresh) != 1 || !strings.Contains(printed, "pseudonym_key_file: "+fresh[0]) {
		t.Fatalf("there are %v, %v, and it said\n%s", fresh, err, printed)
	}
	c, err := config.Load(path, nil)
	must(t, err)
	older := filepath.Join(dir, "older.keys")
	must(t, os.WriteFile(older, []byte(c.Audit.PseudonymKey+"\n"), 0o600))
	text, err := os.ReadFile(path)
	must(t, err)
	changed := regexp.MustCompile(`pseudonym_key_file: .*`).ReplaceAllString(string(text), "pseudonym_key_file: "+fresh[0]+"\n  older_pseudonym_keys_file: "+older)
	must(t, os.WriteFile(path, []byte(changed), 0o600))

	var both []string
	for line := range strings.Lines(run("audit", "resolve", "@claire:example.org")) {
		both = append(both, strings.Fields(line)[0])
	}
	if len(both) != 2 || both[0] == before || both[1] != before {
		t.Fatalf("Claire was %s, and is %v", before, both)
	}
	rows := exportedLines(t, run("audit", "export"))
	first, last := rows[0], rows[len(rows)-1]
	if rows[1].Actor != both[1] || last.Target != both[0] || first.Key == "" || last.Key == "" || first.Key == last.Key {
		t.Errorf("the entries are %+v", rows)
	}
	if printed := run("audit", "verify"); !strings.Contains(printed, "The audit log is whole") {
		t.Error(printed)
	}
	changes(t, path, "UPDATE audit_entry SET key = '' WHERE seq = 1")
	if printed, err := passerelle(t, "audit", "verify", "-c", path); err == nil || !strings.Contains(printed, "entry 1: it, or its hash, was altered") {
		t.Errorf("verify gave %v\n%s", err, printed)
	}

	log, err := newConsoleLog(mustLoad(t, path), openedStore(t, path), zerolog.Nop())
	must(t, err)
	page, err := log.Search(t.Context(), console.AuditQuery{Actor: "@claire:example.org", Limit: 10})
	if err != nil || len(page.Entries) != 2 || page.Entries[0].Actor != before {
		t.Errorf("the console finds %+v, %v", page, err)
	}
}

func mustLoad(t *testing.T, path string) *config.Config {
	t.Helper()
	c, err := config.Load(path, nil)
	must(t, err)
	return c
}

func openedStore(t *testing.T, path string) *database.Store {
	t.Helper()
	a, err := openAuditStore(t.Context(), mustLoad(t, path))
	must(t, err)
	t.Cleanup(func() { a.store.Close() })
	return a.store
}
