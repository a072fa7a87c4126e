package main

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
	"maunium.net/go/mautrix/crypto"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/bridge/bridgetest"
	"passerelle/connectors/whatsapp/whatsapptest"
)

// A chatter is a conversation that goes on while something else happens.
type chatter struct {
	ctx     context.Context
	stop    context.CancelFunc
	traffic errgroup.Group
	// typing is held by Claire while she sends. A homeserver that ends, and forgets, in the middle of that would make two
	// events of one, which is her client's affair and not the bridge's.
	typing                sync.Mutex
	fromAmina, fromClaire []string // to be read after hushed
	events                map[string]id.EventID
}

// chats begins a conversation both ways, until hushed.
func (d *dialogue) chats(t *testing.T) *chatter {
	c := &chatter{fromAmina: []string{"0"}, events: map[string]id.EventID{}}
	c.ctx, c.stop = context.WithCancel(t.Context())
	t.Cleanup(func() {
		c.stop()
		_ = c.traffic.Wait() // hushed has asked, unless the test has failed already
	})
	talk := func(lines *[]string, who string, say func(text string) error) {
		c.traffic.Go(func() error {
			for n := 1; c.ctx.Err() == nil; n++ {
				text := fmt.Sprintf("%s %d", who, n)
				if err := say(text); err != nil {
					return fmt.Errorf("%s: %w", text, err)
				}
				*lines = append(*lines, text)
				time.Sleep(time.Duration(rand.IntN(200)) * time.Millisecond) // people pause
			}
			return nil
		})
	}
	talk(&c.fromAmina, "Amina", func(text string) error {
		_, err := d.amina.Send(t.Context(), d.phone.Number(), text)
		return err
	})
	talk(&c.fromClaire, "Claire", func(text string) error {
		c.typing.Lock()
		defer c.typing.Unlock()
		sent, err := d.claire.Staff.Says(t.Context(), d.room, text)
		c.events[text] = sent
		return err
	})
	return c
}

// catchesUp waits until Claire has heard a line, as long as that takes while others come before it.
func (d *dialogue) catchesUp(line string) {
	for {
		mark := d.claire.Mark()
		if slices.Contains(d.claire.Texts(d.room), line) {
			return
		}
		d.claire.Waits("another line on the way to "+line, func(h bridgetest.Heard) bool { return h.Room == d.room && h.IsMessage() }, mark)
	}
}

// wayOut puts a proxy between the homeserver, which it restarts, and the bridge. What a homeserver has begun to tell arrives,
// though it ends in the middle: it may not tell that again.
func (d *dialogue) wayOut(t *testing.T) *bridgetest.Proxy {
	t.Helper()
	path := d.bridge.Registrations()[1]
	text, err := os.ReadFile(path)
	must(t, err)
	address := regexp.MustCompile(`http://127\.0\.0\.1:\d+`).Find(text)
	proxy := bridgetest.NewProxy(t, string(address))
	must(t, os.WriteFile(path, bytes.ReplaceAll(text, address, []byte(proxy.URL())), 0o600))
	proxy.Inject(bridgetest.On(http.MethodPut, "/transactions/"), bridgetest.Outlive(), 0)
	must(t, d.Restart(t.Context()))
	return proxy
}

// agreeWhereTold checks that each side saw every line once that the homeserver has told of, in the order in which it took or
// told it. A homeserver that was stopped some times may have made as many doubles: it had the line, and had not answered.
func (c *chatter) agreeWhereTold(t *testing.T, d *dialogue, told *bridgetest.Recording, stops int) {
	t.Helper()
	d.catchesUp(c.fromAmina[len(c.fromAmina)-1])
	reads(t, d.amina, c.fromClaire[len(c.fromClaire)-1])
	end := d.ends(t)
	compare(t, "Amina read", d.readToTheEnd(), c.given(t, told, end))

	took := d.took(t)
	if want := len(c.fromAmina) + 1; len(took) != want {
		t.Fatalf("the homeserver took %d of %d lines, Amina's and the end", len(took), want)
	}
	said := map[id.EventID]string{}
	for n, line := range c.fromAmina {
		said[took[n]] = line
	}
	var doubled []string
	for _, h := range d.heardToTheEnd() {
		if line, ok := said[h.ID]; !ok {
			doubled = append(doubled, h.Text)
		} else if line != h.Text {
			t.Errorf("the homeserver took %q in the place of %q", h.Text, line)
		}
		delete(said, h.ID)
	}
	for evt, line := range said {
		t.Logf("the homeserver does not tell, or tells late, of %q, which it has as %s", line, evt)
	}
	if len(doubled) > stops {
		t.Errorf("Claire heard %q twice; the homeserver was stopped %d times", doubled, stops)
	}
	d.isOneReadableRoom(t)
}

// given returns those of Claire's lines that the homeserver has told the bridge of before another event, in the order in
// which it did. One that is killed may forget to, or tell late, and whom it has not told cannot know (Dendrite writes its
// queues with a delay).
func (c *chatter) given(t *testing.T, transactions *bridgetest.Recording, before id.EventID) (lines []string) {
	t.Helper()
	var told []byte
	for _, transaction := range transactions.Requests() {
		told = append(told, transaction.Body...)
	}
	told, _, _ = bytes.Cut(told, []byte(before))
	at := func(line string) int { return bytes.Index(told, []byte(c.events[line])) }
	for _, line := range c.fromClaire {
		if at(line) >= 0 {
			lines = append(lines, line)
		} else {
			t.Logf("the homeserver has not told the bridge of %q, %s", line, c.events[line])
		}
	}
	slices.SortFunc(lines, func(a, b string) int { return at(a) - at(b) })
	return lines
}

// took returns the event IDs that the homeserver gave Amina's lines, in the order in which the bridge gave it the lines.
func (d *dialogue) took(t *testing.T) (events []id.EventID) {
	t.Helper()
	db, err := sql.Open("sqlite3", "file:"+filepath.Join(filepath.Dir(d.bridge.Config()), "data", "whatsapp.db")+"?_busy_timeout=5000")
	must(t, err)
	defer db.Close()
	rows, err := db.QueryContext(t.Context(), "SELECT mxid FROM message WHERE sender_id = $1 AND room_id = $2 ORDER BY rowid",
		d.amina.LID().User, d.amina.LID().String())
	must(t, err)
	defer rows.Close()
	for rows.Next() {
		var evt id.EventID
		must(t, rows.Scan(&evt))
		events = append(events, evt)
	}
	must(t, rows.Err())
	return events
}

// goesOn lets the conversation go on for a moment.
func (c *chatter) goesOn() { time.Sleep(500*time.Millisecond + rand.N(500*time.Millisecond)) }

// hushed ends the conversation.
func (c *chatter) hushed(t *testing.T) {
	t.Helper()
	c.stop()
	if err := c.traffic.Wait(); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d lines in, %d lines out", len(c.fromAmina), len(c.fromClaire))
}

// must fails the test when something that is no part of the bridge does not do what it is told.
func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestPostgreSQLIsRestartedUnderTrafficBothWays(t *testing.T) {
	d, pg := onPostgres(t)
	c := d.chats(t)
	for range 3 {
		c.goesOn()
		must(t, pg.Restart(t.Context()))
	}
	c.goesOn()
	must(t, pg.Kill())
	c.goesOn()
	must(t, pg.Restart(t.Context()))
	c.goesOn()
	c.hushed(t)
	d.settled(t, c.fromAmina, c.fromClaire)
}

// onPostgres is a dialogue whose bridge keeps everything in a PostgreSQL of its own.
func onPostgres(t *testing.T, adjust ...func(*bridgetest.InstallOptions)) (*dialogue, *bridgetest.Postgres) {
	t.Helper()
	pg := bridgetest.NewPostgres(t)
	return newDialogue(t, append(adjust, func(o *bridgetest.InstallOptions) { o.Database = pg.URI("border") })...), pg
}

func TestPostgreSQLIsAwayWhenAMessageComes(t *testing.T) {
	d, pg := onPostgres(t)
	must(t, pg.Kill())
	says(t, d.amina, d.phone.Number(), "1")
	says(t, d.amina, d.phone.Number(), "2")
	time.Sleep(time.Second) // it tries
	if kept := d.phone.Devices()[0].Queued; kept != 2 {
		t.Errorf("WhatsApp keeps %d messages of 2 that the bridge could not store", kept)
	}
	must(t, pg.Restart(t.Context()))
	d.settled(t, []string{"0", "1", "2"}, nil)
}

func TestPostgreSQLIsAwayWhenAMessageComesAndThenTheBridgeIsKilled(t *testing.T) {
	d, pg := onPostgres(t)
	must(t, pg.Kill())
	says(t, d.amina, d.phone.Number(), "1")
	says(t, d.amina, d.phone.Number(), "2")
	time.Sleep(time.Second) // it tries
	d.restarts(t, func() { must(t, pg.Restart(t.Context())) })
	says(t, d.amina, d.phone.Number(), "3")
	d.settled(t, []string{"0", "1", "2", "3"}, nil)
}

func TestPostgreSQLIsAwayWhenRoomKeysCome(t *testing.T) {
	d, pg := onPostgres(t)
	waits := func() int {
		log, err := os.ReadFile(d.bridge.LogPath())
		must(t, err)
		return strings.Count(string(log), "what must not be lost waits for it")
	}
	// Her app gives keys once, as most do: who lost one need not ask for it again.
	d.claire.Crypto().Machine().AllowKeyShare = func(context.Context, *id.Device, event.RequestedKeyInfo) *crypto.KeyShareRejection {
		return &crypto.KeyShareRejectNoResponse
	}
	fromClaire := []string{}
	for n := range 3 {
		must(t, pg.Kill())
		// The new session's key comes with the /sync that is under way, and its message once a transaction can be stored.
		must(t, d.claire.Crypto().Machine().CryptoStore.RemoveOutboundGroupSession(t.Context(), d.room))
		before := waits()
		fromClaire = append(fromClaire, fmt.Sprintf("key %d", n))
		d.claire.Says(d.room, fromClaire[n])
		eventually(t, "the key to wait", func() bool { return waits() > before })
		time.Sleep(time.Second) // it tries
		must(t, pg.Restart(t.Context()))
		reads(t, d.amina, fromClaire[n])
	}
	d.settled(t, []string{"0"}, fromClaire)
}

func TestTheHomeserverForgetsToTellOfARoomKey(t *testing.T) {
	var proxy *bridgetest.Proxy
	d := newDialogue(t, proxied(t, &proxy))
	forgets := proxy.Inject(bridgetest.On(http.MethodGet, "/sync"), bridgetest.HoldAnswer(), 1)
	says(t, d.amina, d.phone.Number(), "1") // which the /sync of before tells of
	must(t, forgets.WaitHits(bounded(t), 1))
	begun := time.Now()
	d.claire.Says(d.room, "with a new key")
	reads(t, d.amina, "with a new key")
	if waited := time.Since(begun); waited > 40*time.Second { // after 45 s the bridge gives the /sync up
		t.Errorf("the key came after %v", waited)
	}
	d.settled(t, []string{"0", "1"}, []string{"with a new key"})
}

func TestPostgreSQLGoesAwayWhileMessagesWaitToGoOut(t *testing.T) {
	d, pg := onPostgres(t)
	rule := whatsapptest.Rule{Fault: whatsapptest.Delay, Tag: "ack", Delay: 2 * time.Second, Times: 1}
	must(t, d.phone.Tamper(d.phone.Devices()[0].ID, rule))
	fromClaire := []string{"first", "second", "third"}
	for _, text := range fromClaire {
		d.claire.Says(d.room, text)
	}
	reads(t, d.amina, "first")         // and the bridge waits for the acknowledgement
	time.Sleep(500 * time.Millisecond) // the others wait for the first
	must(t, pg.Kill())
	time.Sleep(3 * time.Second) // they try
	must(t, pg.Restart(t.Context()))
	d.settled(t, []string{"0"}, fromClaire)
}

func TestTheHomeserverIsRestartedAndKilledUnderTrafficBothWays(t *testing.T) {
	d := newDialogue(t)
	told := d.wayOut(t).Record()
	c := d.chats(t)
	for range 2 {
		c.goesOn()
		c.typing.Lock()
		must(t, d.Restart(t.Context()))
		c.typing.Unlock()
		c.goesOn()
		c.typing.Lock()
		must(t, d.Kill())
		c.typing.Unlock()
		c.goesOn()
		must(t, d.Restart(t.Context()))
	}
	c.goesOn()
	c.hushed(t)
	c.agreeWhereTold(t, d, told, 4)
}

func TestTheHomeserverAnswersThatItCannot(t *testing.T) {
	var proxy *bridgetest.Proxy
	d := newDialogue(t, proxied(t, &proxy))
	page := func(_ *bridgetest.Proxy, _ *bridgetest.Fault, w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "<html>Bad Gateway</html>", http.StatusBadGateway) // what stands in front of the homeserver says so
	}
	c := d.chats(t)
	for _, answer := range []bridgetest.Action{
		bridgetest.TooMany(500 * time.Millisecond),
		bridgetest.Fail(http.StatusInternalServerError, "M_UNKNOWN", "Internal server error"),
		page,
		bridgetest.Fail(http.StatusServiceUnavailable, "M_UNKNOWN", "Try later"),
		bridgetest.Cut(),
		bridgetest.LoseAnswer(),
	} {
		c.goesOn()
		fault := proxy.Inject(bridgetest.Every(), answer, 0)
		c.goesOn()
		must(t, fault.WaitHits(bounded(t), 1))
		fault.Lift()
	}
	c.goesOn()
	c.hushed(t)
	d.settled(t, c.fromAmina, c.fromClaire)
}

func TestTheHomeserverIsGoneWhileBothSidesWrite(t *testing.T) {
	d := newDialogue(t)
	told := d.wayOut(t).Record()
	rachid := d.whatsapp.MustAddPerson("+33698765432", "Rachid")
	must(t, d.Kill())
	c := d.chats(t) // Claire's app goes on trying
	says(t, rachid, d.phone.Number(), "a room that is still to be made")
	c.goesOn()
	must(t, d.bridge.Stop())
	c.goesOn()
	must(t, d.bridge.Launch()) // it waits for the homeserver
	eventually(t, "the bridge to say what it waits for", func() bool {
		ready, err := d.bridge.Readiness(bounded(t))
		return err == nil && !ready.Ready && ready.Networks["whatsapp"].Reason != ""
	})
	c.goesOn()
	must(t, d.Restart(t.Context()))
	must(t, d.bridge.AwaitReady(t.Context()))
	c.goesOn()
	c.typing.Lock()
	must(t, d.Kill()) // the bridge runs
	c.typing.Unlock()
	says(t, rachid, d.phone.Number(), "a room that is there")
	for range 3 {
		c.goesOn()
	}
	must(t, d.Restart(t.Context()))
	c.goesOn()
	c.hushed(t)
	c.agreeWhereTold(t, d, told, 2)
	room := d.claire.Waits("Rachid's first message", func(h bridgetest.Heard) bool { return h.Text == "a room that is still to be made" }).Room
	d.claire.Hears(room, "a room that is there")
	if rooms := d.claire.RoomsWith(id.NewUserID("whatsapp_"+rachid.LID().User, d.ServerName())); len(rooms) != 1 {
		t.Errorf("Rachid's chat has the rooms %v", rooms)
	}
}

// smallDisk mounts a disk of some MiB that ends with the test.
func smallDisk(t *testing.T, size int) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "disk")
	must(t, os.Mkdir(dir, 0o700))
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", fmt.Sprintf("size=%dm", size), "tmpfs", dir).CombinedOutput(); err != nil {
		t.Skipf("a disk of its own, which can be filled, needs the right to mount one: %v: %s", err, out)
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", dir).CombinedOutput(); err != nil {
			t.Errorf("taking the disk away: %v: %s", err, out)
		}
	})
	return dir
}

// fill writes a file until the disk takes no more, and into the databases until what they hold of the disk is used, too. It
// returns what makes room again.
func fill(t *testing.T, disk string) (free func()) {
	t.Helper()
	path := filepath.Join(disk, "ballast")
	file, err := os.Create(path)
	must(t, err)
	defer file.Close()
	for block := make([]byte, 4096); err == nil; {
		_, err = file.Write(block)
	}
	for _, name := range []string{"passerelle", "whatsapp"} {
		db, err := sql.Open("sqlite3", "file:"+filepath.Join(disk, name+".db")+"?_txlock=immediate&_busy_timeout=5000")
		must(t, err)
		defer db.Close()
		for err == nil {
			_, err = db.ExecContext(t.Context(), "CREATE TABLE IF NOT EXISTS ballast (x BLOB)")
			for err == nil {
				_, err = db.ExecContext(t.Context(), "INSERT INTO ballast VALUES (zeroblob(2000))")
			}
		}
		if !strings.Contains(err.Error(), "full") {
			t.Fatal(err)
		}
	}
	return func() { must(t, os.Remove(path)) }
}

func TestTheDiskIsFull(t *testing.T) {
	disk := smallDisk(t, 24)
	d := newDialogue(t, func(o *bridgetest.InstallOptions) { o.Database = disk })
	fromAmina, fromClaire := []string{"0"}, []string{}
	queued := func() int { return d.phone.Devices()[0].Queued }
	for n := range 2 {
		free := fill(t, disk)
		for line := range 5 {
			fromAmina = append(fromAmina, fmt.Sprintf("in %d %d", n, line))
			fromClaire = append(fromClaire, fmt.Sprintf("out %d %d", n, line))
			says(t, d.amina, d.phone.Number(), fromAmina[len(fromAmina)-1])
			d.claire.Says(d.room, fromClaire[len(fromClaire)-1])
		}
		time.Sleep(2 * time.Second) // it tries
		t.Logf("on the full disk WhatsApp keeps %d of 5 messages", queued())
		if queued() == 0 {
			t.Error("WhatsApp was told that messages arrived which could not be stored")
		}
		free()
		d.claire.Hears(d.room, fromAmina[len(fromAmina)-1])
	}
	eventually(t, "the bridge to acknowledge what it has stored", func() bool { return queued() == 0 })
	d.settled(t, fromAmina, fromClaire)
}

// What a library could not store it keeps to itself: a room key that it has taken out of its Olm session, and a Megolm session that
// it has used.
func TestOnlyTheNetworksDatabaseCannotBeWritten(t *testing.T) {
	d := newDialogue(t)
	path := filepath.Join(filepath.Dir(d.bridge.Config()), "data", "whatsapp.db")
	db, err := sql.Open("sqlite3", "file:"+path+"?_txlock=immediate&_busy_timeout=10000")
	must(t, err)
	defer db.Close()
	for _, part := range []struct{ line, waits string }{
		{"the first, which brings a room key", "what must not be lost waits for it"},
		{"the second, which its key can read", "A message cannot be decrypted now"},
	} {
		lock, err := db.BeginTx(t.Context(), nil)
		must(t, err)
		d.claire.Says(d.room, part.line)
		d.logs(t, part.waits)
		must(t, lock.Rollback())
		reads(t, d.amina, part.line)
	}
	d.settled(t, []string{"0"}, []string{"the first, which brings a room key", "the second, which its key can read"})
}
