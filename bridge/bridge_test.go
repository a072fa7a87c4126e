package bridge_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/bridge"
	"passerelle/bridge/bridgetest"
	"passerelle/database"
	"passerelle/portal"
	"passerelle/portal/say"
)

const asToken, hsToken = "as-token-of-the-test-", "hs-token-of-the-test-"

// house is a running host of parrots, with a homeserver.
type house struct {
	*bridgetest.World
	proxy   *bridgetest.Proxy // between the host and the homeserver
	options bridge.Options
	store   *database.Store

	mu      sync.Mutex
	parrots map[string]*parrot // the newest of each network
}

func (h *house) parrot(network string) *parrot {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.parrots[network]
}

// newHouse starts a homeserver and a host of the named networks, on the databases in a place ("" for SQLite).
func newHouse(t *testing.T, place database.Place, names ...string) *house {
	t.Helper()
	h, networks := buildHouse(t, place, homeserverMode(t), nil, names...)
	h.start(t, networks)
	return h
}

// homeserverMode is the mode that every version of the chosen homeserver knows.
func homeserverMode(t *testing.T) bridge.EncryptionMode {
	t.Helper()
	if homeserver(t) == bridgetest.Dendrite {
		return bridge.ModeLogin
	}
	return bridge.ModeDevice
}

func homeserver(t *testing.T) bridgetest.HomeserverKind {
	t.Helper()
	kind, err := bridgetest.ChosenHomeserver()
	if err != nil {
		t.Fatal(err)
	}
	return kind
}

// buildHouse starts a homeserver with experimental features, and returns a house whose host has yet to start.
func buildHouse(t *testing.T, place database.Place, mode bridge.EncryptionMode, features []string, names ...string) (*house, []bridge.Network) {
	t.Helper()
	dir := t.TempDir()
	if place == "" {
		place = database.Place(filepath.Join(dir, "data"))
	}
	listen, monitor := freeAddress(t), freeAddress(t)
	h := &house{parrots: map[string]*parrot{}, options: bridge.Options{
		Domain: bridgetest.DefaultServerName, Listen: listen, Address: "http://" + listen, Monitor: monitor,
		Language: say.English, Encryption: bridge.Encryption{Mode: mode, PickleKey: "pickle-key-of-the-test"},
		Permissions: map[string]string{bridgetest.DefaultServerName: "user"}, Databases: place, Policy: portal.AdmitAll{}, Scanner: portal.NoScanner{},
		Log: bridgetest.NewLog(t),
	}}
	var registrations []string
	var networks []bridge.Network
	for _, name := range names {
		identity := bridge.Identity{Network: name, Domain: h.options.Domain, Address: h.options.Address,
			ASToken: asToken + name, HSToken: hsToken + name}
		path := filepath.Join(dir, name+".yaml")
		if err := identity.Registration(mode).Save(path); err != nil {
			t.Fatal(err)
		}
		registrations = append(registrations, path)
		networks = append(networks, bridge.Network{Name: name, ASToken: identity.ASToken, HSToken: identity.HSToken,
			Connect: func(border portal.Border) (bridgev2.NetworkConnector, error) {
				h.mu.Lock()
				defer h.mu.Unlock()
				h.parrots[name] = &parrot{border: border, heard: make(chan string, 10)}
				return h.parrots[name], nil
			}})
	}
	h.World = bridgetest.NewWorld(t, bridgetest.HomeserverOptions{Registrations: registrations, SynapseFeatures: features})
	h.proxy = bridgetest.NewProxy(t, h.URL())
	h.options.HomeserverAddress = h.proxy.URL()
	return h, networks
}

// start runs the host until the test ends.
func (h *house) start(t *testing.T, networks []bridge.Network) {
	t.Helper()
	host := h.build(t, networks)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- host.Run(ctx) }()
	t.Cleanup(func() {
		start := time.Now()
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("the host ended with %v", err)
		}
		if took := time.Since(start); took > 10*time.Second {
			t.Errorf("the stop took %s, want 10 s at most", took)
		}
	})
	h.awaitReady(t)
}

// build makes the host and its store.
func (h *house) build(t *testing.T, networks []bridge.Network) *bridge.Host {
	t.Helper()
	sealer := database.NewSealer()
	if err := sealer.Add("k1", make([]byte, 32)); err != nil {
		t.Fatal(err)
	}
	var err error
	if h.store, err = database.Open(t.Context(), h.options.Databases, sealer, zerolog.Nop()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.store.Close() })
	h.options.Store, h.options.Sealer = h.store, sealer
	host, err := bridge.New(t.Context(), h.options, networks)
	if err != nil {
		t.Fatal(err)
	}
	return host
}

// awaitReady waits until /readyz says that every bridge runs, and returns what it says.
func (h *house) awaitReady(t *testing.T) string {
	t.Helper()
	deadline := time.Now().Add(time.Minute)
	for {
		response, err := http.Get("http://" + h.options.Monitor + "/readyz")
		if err == nil {
			body, _ := io.ReadAll(response.Body)
			response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return string(body)
			}
			err = io.ErrUnexpectedEOF
		}
		if time.Now().After(deadline) {
			t.Fatalf("the bridge is not ready: %v", err)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func freeAddress(t *testing.T) string {
	t.Helper()
	port, err := bridgetest.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("127.0.0.1:%d", port)
}

// logIn logs a person in through the network's bot, and returns the room of the bot.
func (h *house) logIn(t *testing.T, who *bridgetest.Actor, network string) id.RoomID {
	t.Helper()
	room := who.StartsChatWith(h.UserID(network + "bot"))
	who.Waits("the bot's greeting", func(m bridgetest.Heard) bool {
		return m.Room == room && m.Sender == h.UserID(network+"bot") && m.WasEncrypted && strings.Contains(m.Text, "Write “login”")
	})
	who.Says(room, "login")
	who.Hears(room, "You are in.")
	return room
}

func bounded(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), bridgetest.Patience)
	t.Cleanup(cancel)
	return ctx
}

func TestTwoNetworksTalkThroughOneListener(t *testing.T) {
	h := newHouse(t, "", "red", "green")
	alice := h.Staff(t, "alice")
	for _, network := range []string{"red", "green"} {
		h.logIn(t, alice, network)
		p := h.parrot(network)
		if err := p.contactSays(t.Context(), "alice", "chat", "m1", "hello from "+network); err != nil {
			t.Fatal(err)
		}
		hello := alice.Waits("the contact's message", func(m bridgetest.Heard) bool { return m.Text == "hello from "+network })
		if !hello.WasEncrypted || !strings.HasPrefix(hello.Sender.Localpart(), network+"_u-chat") {
			t.Errorf("alice saw %v", hello)
		}
		alice.Says(hello.Room, "hello to "+network)
		if err := p.hears(bounded(t), "hello to "+network); err != nil {
			t.Error(err)
		}
		create := alice.State(hello.Room, event.StateCreate, "")
		if federate, ok := create.Content.Raw["m.federate"].(bool); !ok || federate {
			t.Errorf("the portal's room federates: %v", create.Content.Raw)
		}
		decisions, err := h.store.Decisions(t.Context(), network, time.Time{})
		if err != nil || len(decisions) != 2 || decisions[0].Direction != portal.In || decisions[1].Direction != portal.Out {
			t.Errorf("the ledger of %s holds %+v, %v", network, decisions, err)
		}
	}
	if ready := h.awaitReady(t); !strings.Contains(ready, `"login":"alice","state":"connected"`) {
		t.Errorf("/readyz says %s", ready)
	}
	h.checkMetrics(t)
}

func (h *house) checkMetrics(t *testing.T) {
	t.Helper()
	h.shows(t,
		`passerelle_messages_total{direction="in",network="red",outcome="delivered"} 1`,
		`passerelle_messages_total{direction="out",network="green",outcome="delivered"}`,
		`passerelle_logins{network="red",state="connected"} 1`,
		`passerelle_queue_depth{network="red",queue="inbox"}`,
		`passerelle_leg_seconds_count{leg="matrix_send",network="green"} 1`,
	)
}

// shows waits until /metrics has lines.
func (h *house) shows(t *testing.T, lines ...string) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for _, want := range lines {
		for !strings.Contains(h.metrics(t), want) {
			if time.Now().After(deadline) {
				t.Errorf("/metrics lacks %s", want)
				break
			}
			time.Sleep(20 * time.Millisecond)
		}
	}
}

func (h *house) metrics(t *testing.T) string {
	t.Helper()
	response, err := http.Get("http://" + h.options.Monitor + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestAClearMessageGoesNoFurtherAndItsSenderIsTold(t *testing.T) {
	h := newHouse(t, "", "red")
	alice := h.Staff(t, "alice")
	h.logIn(t, alice, "red")
	p := h.parrot("red")
	if err := p.contactSays(t.Context(), "alice", "chat", "m1", "hello"); err != nil {
		t.Fatal(err)
	}
	room := alice.Waits("the contact's message", func(m bridgetest.Heard) bool { return m.Text == "hello" }).Room
	clear := alice.SaysInClear(room, "in the clear")
	notice := alice.Waits("the refusal", func(m bridgetest.Heard) bool { return m.RepliesTo == clear })
	if !notice.WasEncrypted || notice.Text != say.English.Say(say.EncryptThis) {
		t.Errorf("alice was told %v", notice)
	}
	poll := alice.SendsInClear(room, event.EventUnstablePollStart, map[string]any{"org.matrix.msc1767.text": "Which day?"})
	alice.Waits("the refusal of the poll", func(m bridgetest.Heard) bool { return m.RepliesTo == poll && m.WasEncrypted })
	alice.Says(room, "encrypted")
	if err := p.hears(bounded(t), "encrypted"); err != nil {
		t.Error(err)
	}
}

func TestAMessageThatNoGateAdmittedIsNotSent(t *testing.T) {
	h := newHouse(t, "", "red")
	alice := h.Staff(t, "alice")
	h.logIn(t, alice, "red")
	p := h.parrot("red")
	if err := p.contactSays(t.Context(), "alice", "chat", "m1", pastTheGate); err != nil {
		t.Fatal(err)
	}
	if err := p.contactSays(t.Context(), "alice", "chat", "m2", "through the gate"); err != nil {
		t.Fatal(err)
	}
	room := alice.Waits("the second message", func(m bridgetest.Heard) bool { return m.Text == "through the gate" }).Room
	for _, text := range alice.Texts(room) {
		if text == pastTheGate {
			t.Error("a message that no gate had seen was sent")
		}
	}
}

func TestTheBridgeRunsOnPostgreSQL(t *testing.T) {
	pg := bridgetest.NewPostgres(t)
	uri, err := pg.CreateDatabase(t.Context(), "border")
	if err != nil {
		t.Fatal(err)
	}
	h := newHouse(t, database.Place(uri), "red")
	alice := h.Staff(t, "alice")
	h.logIn(t, alice, "red")
	if err := h.parrot("red").contactSays(t.Context(), "alice", "chat", "m1", "hello"); err != nil {
		t.Fatal(err)
	}
	room := alice.Waits("the contact's message", func(m bridgetest.Heard) bool { return m.Text == "hello" }).Room
	alice.Says(room, "hello back")
	if err := h.parrot("red").hears(bounded(t), "hello back"); err != nil {
		t.Error(err)
	}
}

func TestCheckTellsWhatWorks(t *testing.T) {
	h := newHouse(t, "", "red")
	networks := []bridge.Network{{Name: "red", ASToken: asToken + "red", HSToken: hsToken + "red"}}
	for _, f := range h.options.Check(bounded(t), networks) {
		if f.Result == bridge.Failed {
			t.Errorf("%s: %s", f.Subject.In(say.English), f.Detail.In(say.English))
		}
	}
	wrong := []bridge.Network{{Name: "red", ASToken: "another-token-of-mine", HSToken: hsToken + "red"}}
	findings := h.options.Check(bounded(t), wrong)
	if last := findings[len(findings)-1]; last.Result != bridge.Failed || !strings.Contains(last.Remedy.In(say.French), "Inscrivez l’enregistrement sous app_service_config_files") {
		t.Errorf("a wrong token gave %+v", last)
	}
	nowhere := h.options
	nowhere.HomeserverAddress = "http://" + freeAddress(t)
	findings = nowhere.Check(bounded(t), networks)
	if len(findings) != 1 || findings[0].Result != bridge.Failed || !strings.Contains(findings[0].Remedy.In(say.English), "homeserver.address") {
		t.Errorf("no homeserver gave %+v", findings)
	}
}

func TestTheBridgeGetsUpAgainWhenTheHomeserverForgetsItsDevice(t *testing.T) {
	h := newHouse(t, "", "red", "green")
	alice := h.Staff(t, "alice")
	h.logIn(t, alice, "red")
	if err := h.parrot("red").contactSays(t.Context(), "alice", "chat", "m1", "before"); err != nil {
		t.Fatal(err)
	}
	room := alice.Waits("the first message", func(m bridgetest.Heard) bool { return m.Text == "before" }).Room

	before := h.parrot("red")
	bot, err := mautrix.NewClient(h.URL(), h.UserID("redbot"), asToken+"red")
	if err != nil {
		t.Fatal(err)
	}
	bot.SetAppServiceUserID = true
	if _, err := bot.LogoutAll(bounded(t)); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(bridgetest.Patience); h.parrot("red") == before; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the bridge was not started again")
		}
	}
	h.awaitReady(t)
	for i := range 100 { // more than the library's queue has room for: somebody must read it
		if got := h.send(t, "red", hsToken+"red", fmt.Sprint("typing", i), `{"events":[],"ephemeral":[{"type":"m.typing","room_id":"!x","content":{"user_ids":[]}}]}`); got != http.StatusOK {
			t.Fatalf("a transaction gave %d", got)
		}
	}
	if err := h.parrot("red").contactSays(t.Context(), "alice", "chat", "m2", "after"); err != nil {
		t.Fatal(err)
	}
	alice.Hears(room, "after")
	alice.Says(room, "welcome back")
	if err := h.parrot("red").hears(bounded(t), "welcome back"); err != nil {
		t.Error(err)
	}
}

// says lets a contact say something in a chat of the network red, to alice.
func (h *house) says(t *testing.T, chat, id, text string) {
	t.Helper()
	if err := h.parrot("red").contactSays(t.Context(), "alice", chat, id, text); err != nil {
		t.Fatal(err)
	}
}

func TestARoomWhoseCreationWasNotAnsweredIsNotMadeTwice(t *testing.T) {
	h := newHouse(t, "", "red")
	alice := h.Staff(t, "alice")
	h.logIn(t, alice, "red")
	lost := h.proxy.Inject(bridgetest.On(http.MethodPost, "/createRoom"), bridgetest.LoseAnswer(), 1)
	h.says(t, "chat", "m1", "hello")
	room := alice.Waits("the message", func(m bridgetest.Heard) bool { return m.Text == "hello" }).Room
	if lost.Hits() != 1 {
		t.Fatalf("%d answers were lost, want 1", lost.Hits())
	}
	h.says(t, "chat", "m2", "hello again")
	alice.Hears(room, "hello again")
	if rooms := alice.RoomsWith(h.UserID("red_u-chat")); len(rooms) != 1 {
		t.Errorf("the chat has the rooms %v", rooms)
	}
}

func TestAMessageWhoseSendingWasNotAnsweredIsNotSentTwice(t *testing.T) {
	h := newHouse(t, "", "red")
	alice := h.Staff(t, "alice")
	h.logIn(t, alice, "red")
	h.says(t, "chat", "m1", "1")
	room := alice.Waits("the first message", func(m bridgetest.Heard) bool { return m.Text == "1" }).Room

	lost := h.proxy.Inject(bridgetest.On(http.MethodPut, "/send/m.room.encrypted"), bridgetest.LoseAnswer(), 1)
	h.says(t, "chat", "m2", "2")
	if err := lost.WaitHits(bounded(t), 1); err != nil {
		t.Fatal(err)
	}
	// The homeserver's memory of transaction IDs does not outlive it.
	if err := h.Restart(bounded(t)); err != nil {
		t.Fatal(err)
	}
	h.says(t, "chat", "m3", "3")
	alice.Hears(room, "3")
	if got := alice.Texts(room); !slices.Equal(got, []string{"1", "2", "3"}) {
		t.Errorf("the room holds %q", got)
	}
}

func TestMessagesWaitForAHomeserverThatIsAway(t *testing.T) {
	h := newHouse(t, "", "red")
	alice := h.Staff(t, "alice")
	h.logIn(t, alice, "red")
	h.says(t, "chat", "m0", "0")
	room := alice.Waits("the first message", func(m bridgetest.Heard) bool { return m.Text == "0" }).Room
	if err := h.proxy.Refuse(); err != nil {
		t.Fatal(err)
	}
	want := []string{"0"}
	for i := range 5 {
		want = append(want, fmt.Sprint("away ", i))
		h.says(t, "chat", fmt.Sprint("a", i), want[i+1])
		h.says(t, fmt.Sprint("other", i), fmt.Sprint("o", i), fmt.Sprint("other ", i)) // a room has to be made
	}
	time.Sleep(time.Second) // let some tries fail
	if err := h.proxy.Accept(); err != nil {
		t.Fatal(err)
	}
	overloaded := h.proxy.Inject(bridgetest.On(http.MethodPut, "/send/"), bridgetest.TooMany(50*time.Millisecond), 3)
	broken := h.proxy.Inject(bridgetest.On(http.MethodPut, "/send/"), bridgetest.Fail(http.StatusBadGateway, "M_UNKNOWN", "away"), 3)
	alice.Hears(room, want[len(want)-1])
	if got := alice.Texts(room); !slices.Equal(got, want) {
		t.Errorf("the room holds %q, want %q", got, want)
	}
	for i := range 5 {
		alice.Waits("another chat's message", func(m bridgetest.Heard) bool { return m.Text == fmt.Sprint("other ", i) })
		if rooms := alice.RoomsWith(h.UserID(fmt.Sprint("red_u-other", i))); len(rooms) != 1 {
			t.Errorf("another chat has the rooms %v", rooms)
		}
	}
	if overloaded.Hits() != 3 || broken.Hits() != 3 {
		t.Errorf("429 was answered %d times and 502 %d times, want 3 each", overloaded.Hits(), broken.Hits())
	}
	if bad := alice.Undecryptable(); len(bad) > 0 {
		t.Errorf("alice cannot read %v", bad)
	}
}

// keysInTransactions are what Synapse needs for encryption through transactions.
var keysInTransactions = []string{"msc2409_to_device_messages_enabled", "msc3202_transaction_extensions"}

func TestKeysComeWithTheTransactions(t *testing.T) {
	if homeserver(t) != bridgetest.Synapse {
		t.Skip("only Synapse sends keys with its transactions: HOMESERVER=synapse")
	}
	h, networks := buildHouse(t, "", bridge.ModeTransactions, keysInTransactions, "red")
	h.start(t, networks)
	alice := h.Staff(t, "alice")
	h.logIn(t, alice, "red")
	h.says(t, "chat", "m1", "hello")
	room := alice.Waits("the message", func(m bridgetest.Heard) bool { return m.Text == "hello" }).Room
	alice.Says(room, "hello back")
	if err := h.parrot("red").hears(bounded(t), "hello back"); err != nil {
		t.Error(err)
	}
}

func TestAStartThatWouldGetNoKeysIsRefused(t *testing.T) {
	if homeserver(t) != bridgetest.Synapse {
		t.Skip("Dendrite refuses the mode by itself: HOMESERVER=synapse")
	}
	h, networks := buildHouse(t, "", bridge.ModeTransactions, nil, "red")
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	err := h.build(t, networks).Run(ctx)
	if err == nil || !strings.Contains(err.Error(), "msc2409_to_device_messages_enabled") {
		t.Errorf("the start ended with %v", err)
	}
}

func TestAModeThatTheHomeserverDoesNotKnowIsRefused(t *testing.T) {
	if homeserver(t) != bridgetest.Dendrite {
		t.Skip("Synapse knows every mode")
	}
	for _, mode := range []bridge.EncryptionMode{bridge.ModeDevice, bridge.ModeTransactions} {
		h, networks := buildHouse(t, "", mode, nil, "red")
		err := h.build(t, networks).Run(bounded(t))
		if err == nil || !strings.Contains(err.Error(), "encryption.mode to login") {
			t.Errorf("mode %s: the start ended with %v", mode, err)
		}
	}
}
