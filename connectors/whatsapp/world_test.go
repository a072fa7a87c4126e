package whatsapp

import (
	"context"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"go.mau.fi/util/dbutil"
	_ "go.mau.fi/util/dbutil/litestream" // the SQLite driver
	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/bridgev2/bridgeconfig"
	"maunium.net/go/mautrix/bridgev2/networkid"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/bridge/bridgetest"
	"passerelle/connectors/whatsapp/whatsapptest"
	"passerelle/portal"
	"passerelle/portal/relay"
	"passerelle/portal/say"
	"passerelle/portal/transfer"
)

// patience bounds every wait of the tests.
const patience = time.Minute

// world is a bridge of one WhatsApp connector: bridgev2 itself, WhatsApp simulated on the wire, and Matrix reduced to what
// bridgev2 asks of it.
type world struct {
	t         *testing.T
	phones    *whatsapptest.Server
	bridge    *bridgev2.Bridge
	connector *Connector
	matrix    *matrixSide
	inbox     *inbox
	languages languages
	policy    *policy
	db        string
	options   Options
	tune      func(*Connector) // changes what is no option; nil: nothing does
}

func newWorld(t *testing.T, adjust ...func(*Options)) *world {
	t.Helper()
	w := &world{t: t, phones: whatsapptest.NewServer(t), policy: &policy{}, languages: languages{}, db: filepath.Join(t.TempDir(), "whatsapp.db")}
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := w.phones.WriteCA(ca); err != nil {
		t.Fatal(err)
	}
	w.options = DefaultOptions()
	w.options.Server = &Server{Address: w.phones.Address(), CAFile: ca, RootKey: w.phones.RootKey().Hex()}
	for _, change := range adjust {
		change(&w.options)
	}
	w.matrix = &matrixSide{changed: make(chan struct{}), rooms: map[id.RoomID]*room{}, files: map[id.ContentURIString][]byte{},
		reached: map[id.EventID][]id.UserID{}}
	w.inbox = &inbox{held: map[string]portal.Arrival{}, seen: map[string]bool{}, later: map[string][]portal.Arrival{}}
	w.start()
	t.Cleanup(func() { w.stop() })
	return w
}

// languages are the languages that people chose; everybody else is addressed in English.
type languages map[id.UserID]say.Language

func (l languages) Of(person id.UserID) say.Language {
	if chosen, ok := l[person]; ok {
		return chosen
	}
	return say.English
}

// start starts the bridge on what an earlier start left behind.
func (w *world) start() {
	w.t.Helper()
	log := bridgetest.NewLog(w.t)
	db, err := dbutil.NewFromConfig("whatsapp", dbutil.Config{PoolConfig: dbutil.PoolConfig{
		Type: "sqlite3-fk-wal", URI: "file:" + w.db + "?_txlock=immediate", MaxOpenConns: 4, MaxIdleConns: 1,
	}}, dbutil.ZeroLogger(log))
	if err != nil {
		w.t.Fatal(err)
	}
	border := portal.Border{Network: "whatsapp", Gate: portal.NewGate(portal.Checks{Policy: w.policy, Scanner: portal.NoScanner{}, Ledger: w.policy}, time.Now), Inbox: w.inbox, Sealer: flip{"k1"},
		Transient: never, Spool: must[*transfer.Pool](w.t)(transfer.NewPool(w.t.TempDir(), 1<<30)),
		Languages: w.languages}
	if w.connector, err = New(w.options, border); err != nil {
		w.t.Fatal(err)
	}
	if w.tune != nil {
		w.tune(w.connector)
	}
	everybody := bridgeconfig.PermissionLevelUser
	cfg := &bridgeconfig.BridgeConfig{
		CommandPrefix: "!wa", Permissions: bridgeconfig.PermissionConfig{"*": &everybody}, DeduplicateMatrixMessages: true,
		RevertFailedStateChanges: true, BridgeMatrixLeave: true,
	}
	if err := relay.Configure(&cfg.Relay, true); err != nil {
		w.t.Fatal(err)
	}
	w.bridge = bridgev2.NewBridge("whatsapp", db, log, cfg, w.matrix, w.connector, w.commands)
	if err := w.bridge.Start(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	w.inbox.serve(w.connector, log)
}

// stop ends the bridge as a shutdown does.
func (w *world) stop() {
	w.inbox.rest()
	w.bridge.Stop()
	// A query that is under way at the stop still writes beside the database's file, which may be removed next.
	w.eventually("the database at rest", func() bool { return w.bridge.DB.RawDB.Stats().OpenConnections == 0 })
}

// link links the bridge to a phone by QR code, as a member of staff.
func (w *world) link(staff id.UserID, phone *whatsapptest.Phone) *account {
	w.t.Helper()
	user, err := w.bridge.GetUserByMXID(w.t.Context(), staff)
	if err != nil {
		w.t.Fatal(err)
	}
	process, err := w.connector.CreateLogin(w.t.Context(), user, flowQR)
	if err != nil {
		w.t.Fatal(err)
	}
	step, err := process.Start(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	if step.DisplayAndWaitParams.Type != bridgev2.LoginDisplayTypeQR || !strings.Contains(step.Instructions, "Linked devices") {
		w.t.Fatalf("the first step is %+v", step)
	}
	if _, err := phone.ScanQR(w.t.Context(), step.DisplayAndWaitParams.Data); err != nil {
		w.t.Fatal(err)
	}
	return w.completes(process)
}

// completes waits for the end of a login.
func (w *world) completes(process bridgev2.LoginProcess) *account {
	w.t.Helper()
	step, err := process.(bridgev2.LoginProcessDisplayAndWait).Wait(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	if step.Type != bridgev2.LoginStepTypeComplete {
		w.t.Fatalf("the login does not end, but goes on with %+v", step)
	}
	return step.CompleteParams.UserLogin.Client.(*account)
}

// says writes into a room as a member of staff.
func (w *world) says(in *room, staff id.UserID, content *event.MessageEventContent) id.EventID {
	w.t.Helper()
	return w.sends(in, staff, w.matrix.nextEvent(), content)
}

func (w *world) sends(in *room, staff id.UserID, as id.EventID, content *event.MessageEventContent) id.EventID {
	return w.does(in, staff, as, event.EventMessage, content)
}

// does sends an event of any type into a room as a member of staff.
func (w *world) does(in *room, staff id.UserID, as id.EventID, t event.Type, content any) id.EventID {
	w.queues(in, staff, as, t, content)
	return as
}

func text(body string) *event.MessageEventContent {
	return &event.MessageEventContent{MsgType: event.MsgText, Body: body}
}

// hears waits for a message in any room.
func (w *world) hears(body string) (*room, said) {
	w.t.Helper()
	var in *room
	var what said
	w.matrix.wait(w.t, "the message "+body, func() bool {
		for _, r := range w.matrix.rooms {
			for _, s := range r.said {
				if s.content.Body == body {
					in, what = r, s
					return true
				}
			}
		}
		return false
	})
	return in, what
}

// policy refuses what its function names, keeps the decisions, and fails when told to.
type policy struct {
	mu        sync.Mutex
	refuse    func(portal.Crossing) bool
	fail      error
	decisions []portal.Decision
}

func (p *policy) Judge(_ context.Context, c portal.Crossing) (portal.Verdict, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.refuse != nil && p.refuse(c) {
		return portal.Verdict{Outcome: portal.Refuse, Rule: "test"}, nil
	}
	return portal.Verdict{Outcome: portal.Admit, Rule: "test"}, p.fail
}

func (p *policy) Record(_ context.Context, d portal.Decision) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.decisions = append(p.decisions, d)
	return nil
}

func (p *policy) Outcome(_ context.Context, _ string, direction portal.Direction, key string) (portal.Outcome, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, d := range p.decisions {
		if d.Direction == direction && d.Key == key {
			return d.Outcome, nil
		}
	}
	return "", nil
}

func (p *policy) Admitted(context.Context, string, string, string, string) (bool, error) {
	return false, nil
}

func (p *policy) set(refuse func(portal.Crossing) bool, fail error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.refuse, p.fail = refuse, fail
}

// inbox keeps arrivals in memory, across starts of the bridge, and delivers them one after another.
type inbox struct {
	mu      sync.Mutex
	order   []string
	held    map[string]portal.Arrival
	seen    map[string]bool
	later   map[string][]portal.Arrival // by login and lane: what is not delivered until it is released
	fail    error                       // of Put
	failed  []error
	changed chan struct{}
	cancel  context.CancelFunc
	ended   chan struct{}
}

func (b *inbox) Put(_ context.Context, arrivals ...portal.Arrival) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.fail != nil {
		return b.fail
	}
	for _, a := range arrivals {
		key := heldAs(a)
		if _, again := b.held[key]; !again {
			b.held[key] = a
			b.seen[a.ID], b.seen[a.Lane], b.seen[key] = true, true, true
			b.order = append(b.order, key)
		}
	}
	if b.changed != nil {
		select {
		case b.changed <- struct{}{}:
		default:
		}
	}
	return nil
}

func (b *inbox) Hold(_ context.Context, arrivals ...portal.Arrival) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, a := range arrivals {
		again := func(other portal.Arrival) bool { return other.ID == a.ID }
		lane := a.Login + " " + a.Lane
		if _, waits := b.held[heldAs(a)]; !waits && !slices.ContainsFunc(b.later[lane], again) {
			b.later[lane] = append(b.later[lane], a)
		}
	}
	return nil
}

func (b *inbox) Held(_ context.Context, login string) (lanes []string, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, held := range slices.Sorted(maps.Keys(b.later)) {
		if lane, its := strings.CutPrefix(held, login+" "); its {
			lanes = append(lanes, lane)
		}
	}
	return lanes, nil
}

func (b *inbox) Release(ctx context.Context, login, lane string, arrange func([]portal.Arrival) []portal.Arrival) error {
	b.mu.Lock()
	released := arrange(b.later[login+" "+lane])
	delete(b.later, login+" "+lane)
	b.mu.Unlock()
	return b.Put(ctx, released...)
}

// Waits finds nothing: no gate of these tests has anything wait.
func (b *inbox) Waits(context.Context, string) (string, error) { return "", nil }

func (b *inbox) TakeBack(context.Context, string) (bool, error) { return false, nil }

// heldAs names an arrival: each login has its own, as in the database.
func heldAs(a portal.Arrival) string { return a.Login + " " + a.ID }

// hasSeen tells whether a login has ever brought an arrival.
func (b *inbox) hasSeen(login networkid.UserLoginID, arrival string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.seen[heldAs(portal.Arrival{Login: string(login), ID: arrival})]
}

func (b *inbox) serve(c *Connector, log zerolog.Logger) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.changed, b.ended = make(chan struct{}, 1), make(chan struct{})
	b.changed <- struct{}{}
	ctx, cancel := context.WithCancel(log.WithContext(context.Background()))
	b.cancel = cancel
	changed, ended := b.changed, b.ended
	go func() {
		defer close(ended)
		for {
			select {
			case <-ctx.Done():
				return
			case <-changed:
			}
			for ctx.Err() == nil && b.deliverNext(ctx, c) {
			}
		}
	}()
}

// deliverNext makes one attempt at the first arrival of each lane, what belongs to the past before the rest.
func (b *inbox) deliverNext(ctx context.Context, c *Connector) (more bool) {
	for _, a := range b.heads() {
		more = true
		err := c.Deliver(ctx, a)
		if err == nil || portal.IsPermanent(err) {
			b.mu.Lock()
			delete(b.held, heldAs(a))
			b.order = slices.DeleteFunc(b.order, func(key string) bool { return key == heldAs(a) })
			b.mu.Unlock()
		}
		if err != nil {
			b.mu.Lock()
			b.failed = append(b.failed, err)
			if held, waits := b.held[heldAs(a)]; waits {
				held.Attempted = time.Now()
				b.held[heldAs(a)] = held
			}
			b.mu.Unlock()
			time.Sleep(10 * time.Millisecond) // the pause before another attempt
		}
	}
	return more
}

func (b *inbox) heads() (heads []portal.Arrival) {
	b.mu.Lock()
	defer b.mu.Unlock()
	lanes := map[string]bool{}
	for _, past := range []bool{true, false} {
		for _, key := range b.order {
			if a := b.held[key]; a.Past == past && !lanes[a.Lane] {
				lanes[a.Lane] = true
				heads = append(heads, a)
			}
		}
	}
	return heads
}

func (b *inbox) rest() {
	b.cancel()
	<-b.ended
}

func (b *inbox) waiting() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.held)
}

func (b *inbox) errors() []error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.failed)
}

func (b *inbox) setFail(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.fail = err
}

// room is a Matrix room.
type room struct {
	id      id.RoomID
	name    string
	topic   string
	avatar  id.ContentURIString
	direct  bool
	space   bool
	within  map[id.RoomID]bool // of a space: the rooms in it
	members map[id.UserID]event.Membership
	levels  *event.PowerLevelsEventContent
	said    []said
	pinned  []id.EventID
	typing  map[id.UserID]bridgev2.TypingType
	read    map[id.UserID]id.EventID // the newest message that each has read
}

// said is a message in a room.
type said struct {
	id      id.EventID
	by      id.UserID
	at      int64 // Unix milliseconds
	kind    event.Type
	content *event.MessageEventContent
	extra   map[string]any
}

const (
	domain      = "state.example"
	ghostPrefix = "@whatsapp_"
	botMXID     = id.UserID("@whatsappbot:" + domain)
)

// intent acts as one Matrix user.
type intent struct {
	bridgev2.MatrixAPI // nil: what is not written below is not asked for
	matrix             *matrixSide
	user               id.UserID
}

// deadline returns a context that ends with the test or with the patience of one wait.
func deadline(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), patience) // holds while a test cleans up, too
	t.Cleanup(cancel)
	return ctx
}

func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// eventually waits until holds does. It looks again and again: what it is about tells nobody of its changes.
func (w *world) eventually(what string, holds func() bool) {
	w.t.Helper()
	ctx := deadline(w.t)
	for !holds() {
		select {
		case <-ctx.Done():
			w.t.Fatalf("waited for %s", what)
		case <-time.After(2 * time.Millisecond):
		}
	}
}
