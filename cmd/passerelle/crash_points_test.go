package main

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/bridge/bridgetest"
	"passerelle/connectors/whatsapp/whatsapptest"
)

// proxied puts a proxy between the bridge and the homeserver.
func proxied(t *testing.T, proxy **bridgetest.Proxy) func(*bridgetest.InstallOptions) {
	return func(o *bridgetest.InstallOptions) {
		*proxy = bridgetest.NewProxy(t, o.HomeserverURL)
		o.HomeserverURL = (*proxy).URL()
	}
}

// restarts kills the bridge, lifts what held it, and starts it again.
func (d *dialogue) restarts(t *testing.T, lift func()) {
	t.Helper()
	if err := d.bridge.Kill(); err != nil {
		t.Fatal(err)
	}
	lift()
	if err := d.bridge.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestKilledBetweenTheHomeserversAnswerAndOurs(t *testing.T) {
	var proxy *bridgetest.Proxy
	d := newDialogue(t, proxied(t, &proxy))
	held := proxy.Inject(bridgetest.On(http.MethodPut, "/send/m.room.encrypted"), bridgetest.HoldAnswer(), 1)
	says(t, d.amina, d.phone.Number(), "1")
	d.claire.Hears(d.room, "1") // the homeserver has it, and the bridge does not know
	d.restarts(t, held.Lift)
	says(t, d.amina, d.phone.Number(), "2")
	d.settled(t, []string{"0", "1", "2"}, nil)
}

func TestKilledBetweenTheHomeserversAnswerAndOursAndTheHomeserverForgets(t *testing.T) {
	var proxy *bridgetest.Proxy
	d := newDialogue(t, proxied(t, &proxy))
	held := proxy.Inject(bridgetest.On(http.MethodPut, "/send/m.room.encrypted"), bridgetest.HoldAnswer(), 1)
	says(t, d.amina, d.phone.Number(), "1")
	d.claire.Hears(d.room, "1")
	d.restarts(t, func() {
		held.Lift()
		if err := d.Restart(t.Context()); err != nil {
			t.Fatal(err)
		}
	})
	says(t, d.amina, d.phone.Number(), "2")
	d.settled(t, []string{"0", "1", "2"}, nil)
}

func TestKilledBetweenARoomsCreationAndItsRecord(t *testing.T) {
	var proxy *bridgetest.Proxy
	d := meet(t, proxied(t, &proxy))
	held := proxy.Inject(bridgetest.On(http.MethodPost, "/createRoom"), bridgetest.HoldAnswer(), 1)
	says(t, d.amina, d.phone.Number(), "0")
	d.claire.WaitsForInvite("the room that was made", func(i bridgetest.Invite) bool { return i.From == id.UserID(d.bridge.Bot("whatsapp")) })
	d.restarts(t, held.Lift)
	d.room = d.claire.Waits("the message", func(h bridgetest.Heard) bool { return h.Text == "0" }).Room
	says(t, d.amina, d.phone.Number(), "1")
	d.settled(t, []string{"0", "1"}, nil)
}

func TestKilledBetweenSyncAndItsHandling(t *testing.T) {
	var proxy *bridgetest.Proxy
	d := newDialogue(t, proxied(t, &proxy))
	for i := range 5 {
		// A new session's key comes with the next /sync, whose answer the bridge gets and dies of.
		if err := d.claire.Crypto().Machine().CryptoStore.RemoveOutboundGroupSession(t.Context(), d.room); err != nil {
			t.Fatal(err)
		}
		lost := proxy.Inject(bridgetest.On(http.MethodGet, "/sync"), bridgetest.LoseAnswer(), 1)
		text := fmt.Sprintf("key %d", i)
		d.claire.Says(d.room, text)
		if err := lost.WaitHits(bounded(t), 1); err != nil {
			t.Fatal(err)
		}
		d.restarts(t, lost.Lift)
		reads(t, d.amina, text)
	}
	d.settled(t, []string{"0"}, []string{"key 0", "key 1", "key 2", "key 3", "key 4"})
}

// loseAnswerToWhat loses the answers to the transactions that hold what somebody sent to a room, and lets the others pass.
func loseAnswerToWhat(sender id.UserID, room id.RoomID) bridgetest.Action {
	lose := bridgetest.LoseAnswer()
	return func(p *bridgetest.Proxy, f *bridgetest.Fault, w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		var transaction struct {
			Events []event.Event `json:"events"`
		}
		if json.Unmarshal(body, &transaction) == nil && slices.ContainsFunc(transaction.Events, func(e event.Event) bool {
			return e.Sender == sender && e.RoomID == room
		}) {
			lose(p, f, w, r)
		} else {
			p.Pass(w, r)
		}
	}
}

func TestKilledBetweenACommandAndTheAnswerToItsTransaction(t *testing.T) {
	d := newDialogue(t)
	wayOut := d.wayOut(t)
	fromBot := func() (count int) {
		for _, h := range d.claire.Log(d.desk) {
			if h.Sender != d.claire.ID() && h.IsMessage() {
				count++
			}
		}
		return count
	}
	before, fromClaire := fromBot(), []string{}
	for n := range 3 {
		fromClaire = append(fromClaire, fmt.Sprintf("line %d", n))
		d.claire.Says(d.room, fromClaire[n])
		reads(t, d.amina, fromClaire[n]) // the homeserver has told all that was before
		// Other transactions pass: the homeserver sends no next one before one of them has its answer.
		lost := wayOut.Inject(bridgetest.On(http.MethodPut, "/transactions/"), loseAnswerToWhat(d.claire.ID(), d.desk), 0)
		d.claire.Says(d.desk, "help")
		eventually(t, "the bot's answer", func() bool { return fromBot() == before+n+1 }) // and the homeserver has no answer of ours
		d.restarts(t, lost.Lift)
	}
	d.settled(t, []string{"0"}, fromClaire) // by then the homeserver has repeated what it repeats
	if got := fromBot() - before; got != 3 {
		t.Errorf("three commands had %d answers", got)
	}
}

func TestKilledAfterDecryption(t *testing.T) {
	d := newDialogue(t)
	// The inbox cannot be written, so the message stays between WhatsApp's keys, which have moved on, and the inbox.
	store, err := sql.Open("sqlite3", "file:"+filepath.Join(filepath.Dir(d.bridge.Config()), "data", "passerelle.db")+"?_txlock=exclusive")
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	lock, err := store.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	says(t, d.amina, d.phone.Number(), "1")
	says(t, d.amina, d.phone.Number(), "2")
	time.Sleep(500 * time.Millisecond) // it decrypts, and waits for the inbox
	d.restarts(t, func() {
		if err := lock.Rollback(); err != nil {
			t.Fatal(err)
		}
	})
	d.settled(t, []string{"0", "1", "2"}, nil)
}

func TestKilledBetweenTheForeignSendAndItsRecord(t *testing.T) {
	d := newDialogue(t)
	err := d.phone.Tamper(d.phone.Devices()[0].ID, whatsapptest.Rule{Fault: whatsapptest.Drop, Tag: "ack", Times: 1})
	if err != nil {
		t.Fatal(err)
	}
	d.claire.Says(d.room, "once")
	reads(t, d.amina, "once") // WhatsApp has it, and the bridge waits for the acknowledgement
	d.restarts(t, func() {})
	d.claire.Says(d.room, "twice")
	d.settled(t, []string{"0"}, []string{"once", "twice"})
}

func TestTheNetworkIsCutTwentyTimesAndItsStanzasComeTwiceLateAndOutOfOrder(t *testing.T) {
	d := newDialogue(t)
	device := d.phone.Devices()[0].ID
	fromAmina, fromClaire := []string{"0"}, []string{}
	say := func(n int) {
		t.Helper()
		fromAmina = append(fromAmina, fmt.Sprintf("in %d", n))
		says(t, d.amina, d.phone.Number(), fromAmina[len(fromAmina)-1])
	}
	for n := range 20 {
		if err := d.phone.Cut(device); err != nil {
			t.Fatal(err)
		}
		say(2 * n)
		say(2*n + 1)
		fromClaire = append(fromClaire, fmt.Sprintf("out %d", n))
		d.claire.Says(d.room, fromClaire[n])
		d.claire.Hears(d.room, fromAmina[len(fromAmina)-1])
	}
	for _, fault := range []whatsapptest.Rule{
		{Fault: whatsapptest.Duplicate, Times: 5},
		{Fault: whatsapptest.Delay, Delay: 50 * time.Millisecond, Times: 5},
		{Fault: whatsapptest.Duplicate, Tag: "receipt", Times: 5},
	} {
		if err := d.phone.Tamper(device, fault); err != nil {
			t.Fatal(err)
		}
		for range 5 {
			say(len(fromAmina))
		}
		d.claire.Hears(d.room, fromAmina[len(fromAmina)-1])
	}
	d.settled(t, fromAmina, fromClaire)
}

func TestTheServerSpeaksNonsense(t *testing.T) {
	d := newDialogue(t)
	device := d.phone.Devices()[0].ID
	if err := d.phone.StreamError(device, "503"); err != nil {
		t.Fatal(err)
	}
	says(t, d.amina, d.phone.Number(), "after the stream error")
	d.claire.Hears(d.room, "after the stream error")
	if err := d.phone.Tamper(device, whatsapptest.Rule{Fault: whatsapptest.Reorder, Times: 1}); err != nil {
		t.Fatal(err)
	}
	says(t, d.amina, d.phone.Number(), "overtaken")
	says(t, d.amina, d.phone.Number(), "overtaking")
	d.claire.Hears(d.room, "overtaken")
	d.claire.Hears(d.room, "overtaking")
	d.settled(t, []string{"0", "after the stream error", "overtaking", "overtaken"}, nil)
}
