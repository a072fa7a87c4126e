package whatsapp

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"go.mau.fi/util/dbutil"
	_ "go.mau.fi/util/dbutil/litestream" // the SQLite driver
	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/bridgev2/bridgeconfig"
	"maunium.net/go/mautrix/bridgev2/networkid"
	"maunium.net/go/mautrix/bridgev2/status"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/connectors/whatsapp/whatsapptest"
	"passerelle/portal"
	"passerelle/portal/say"
)

// patience bounds every wait of the tests.
const patience = 30 * time.Second

// world is a bridge of one WhatsApp connector: bridgev2 itself, WhatsApp simulated on the wire, and Matrix reduced to what
// bridgev2 asks of it.
type world struct {
	t         *testing.T
	phones    *whatsapptest.Server
	bridge    *bridgev2.Bridge
	connector *Connector
	matrix    *matrixSide
	inbox     *inbox
	policy    *policy
	db        string
	options   Options
}

func newWorld(t *testing.T, adjust ...func(*Options)) *world {
	t.Helper()
	w := &world{t: t, phones: whatsapptest.NewServer(t), policy: &policy{}, db: filepath.Join(t.TempDir(), "whatsapp.db")}
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := w.phones.WriteCA(ca); err != nil {
		t.Fatal(err)
	}
	w.options = DefaultOptions()
	w.options.Server = &Server{Address: w.phones.Address(), CAFile: ca, RootKey: w.phones.RootKey().Hex()}
	for _, change := range adjust {
		change(&w.options)
	}
	w.matrix = &matrixSide{changed: make(chan struct{}), rooms: map[id.RoomID]*room{}}
	w.inbox = &inbox{held: map[string]portal.Arrival{}, seen: map[string]bool{}}
	w.start()
	t.Cleanup(func() { w.stop() })
	return w
}

// start starts the bridge on what an earlier start left behind.
func (w *world) start() {
	w.t.Helper()
	log := zerolog.New(zerolog.NewTestWriter(w.t)).Level(zerolog.WarnLevel)
	db, err := dbutil.NewFromConfig("whatsapp", dbutil.Config{PoolConfig: dbutil.PoolConfig{
		Type: "sqlite3-fk-wal", URI: "file:" + w.db + "?_txlock=immediate", MaxOpenConns: 4, MaxIdleConns: 1,
	}}, dbutil.ZeroLogger(log))
	if err != nil {
		w.t.Fatal(err)
	}
	border := portal.Border{Network: "whatsapp", Gate: portal.NewGate(w.policy, w.policy, time.Now), Inbox: w.inbox, Sealer: flip{"k1"}}
	if w.connector, err = New(w.options, say.English, border.Sealer, border); err != nil {
		w.t.Fatal(err)
	}
	everybody := bridgeconfig.PermissionLevelUser
	w.bridge = bridgev2.NewBridge("whatsapp", db, log, &bridgeconfig.BridgeConfig{
		CommandPrefix: "!wa", Permissions: bridgeconfig.PermissionConfig{"*": &everybody}, DeduplicateMatrixMessages: true,
	}, w.matrix, w.connector, func(*bridgev2.Bridge) bridgev2.CommandProcessor { return nil })
	if err := w.bridge.Start(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	w.inbox.serve(w.connector, log)
}

// stop ends the bridge as a shutdown does.
func (w *world) stop() {
	w.inbox.rest()
	w.bridge.Stop()
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
	w.bridge.QueueMatrixEvent(w.t.Context(), &event.Event{
		ID: as, RoomID: in.id, Sender: staff, Type: event.EventMessage, Timestamp: time.Now().UnixMilli(),
		Content: event.Content{Parsed: content},
	})
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
	fail    error // of Put
	failed  []error
	changed chan struct{}
	cancel  context.CancelFunc
	ended   chan struct{}
}

func (b *inbox) Put(_ context.Context, a portal.Arrival) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.fail != nil {
		return b.fail
	}
	if _, again := b.held[a.ID]; !again {
		b.held[a.ID] = a
		b.seen[a.ID], b.seen[a.Lane] = true, true
		b.order = append(b.order, a.ID)
	}
	if b.changed != nil {
		select {
		case b.changed <- struct{}{}:
		default:
		}
	}
	return nil
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

func (b *inbox) deliverNext(ctx context.Context, c *Connector) (more bool) {
	b.mu.Lock()
	if len(b.order) == 0 {
		b.mu.Unlock()
		return false
	}
	a := b.held[b.order[0]]
	b.mu.Unlock()
	err := c.Deliver(ctx, a)
	b.mu.Lock()
	defer b.mu.Unlock()
	if err != nil {
		b.failed = append(b.failed, err)
	}
	if err == nil || portal.IsPermanent(err) {
		delete(b.held, a.ID)
		b.order = b.order[1:]
		return true
	}
	time.Sleep(10 * time.Millisecond) // the pause before another attempt
	return true
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
	direct  bool
	members map[id.UserID]event.Membership
	levels  *event.PowerLevelsEventContent
	said    []said
}

func (r *room) join(user id.UserID) { r.members[user] = event.MembershipJoin }

// said is a message in a room.
type said struct {
	id      id.EventID
	by      id.UserID
	content *event.MessageEventContent
}

// matrixSide is what bridgev2 asks of Matrix, in memory.
type matrixSide struct {
	bridgev2.MatrixConnector // nil: what is not written below is not asked for

	mu       sync.Mutex
	changed  chan struct{} // closed at each change, and made anew
	rooms    map[id.RoomID]*room
	events   int
	redacted []id.EventID
	profiles map[id.UserID]string
	avatars  map[id.UserID]string
	files    map[id.ContentURIString][]byte
	states   []status.BridgeState
	statuses map[id.EventID]bridgev2.MessageStatus
	fail     func(what string) error
}

// change changes the state and wakes those who wait for it.
func (m *matrixSide) change(f func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	f()
	close(m.changed)
	m.changed = make(chan struct{})
}

// wait waits until holds does.
func (m *matrixSide) wait(t *testing.T, what string, holds func() bool) {
	t.Helper()
	limit := time.After(patience)
	for {
		m.mu.Lock()
		held, changed := holds(), m.changed
		m.mu.Unlock()
		if held {
			return
		}
		select {
		case <-changed:
		case <-limit:
			m.mu.Lock()
			defer m.mu.Unlock()
			for _, r := range m.rooms {
				for _, s := range r.said {
					t.Logf("%s (%s): %s: %s", r.id, r.name, s.by, s.content.Body)
				}
			}
			t.Fatalf("waited %s for %s", patience, what)
		}
	}
}

func (m *matrixSide) failing(what string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fail == nil {
		return nil
	}
	return m.fail(what)
}

func (m *matrixSide) setFail(fail func(what string) error) { m.change(func() { m.fail = fail }) }

func (m *matrixSide) nextEvent() (event id.EventID) {
	m.change(func() {
		m.events++
		event = id.EventID(fmt.Sprintf("$event-%d", m.events))
	})
	return event
}

const (
	domain      = "state.example"
	ghostPrefix = "@whatsapp_"
	botMXID     = id.UserID("@whatsappbot:" + domain)
)

func ghostMXID(user networkid.UserID) id.UserID {
	return id.UserID(ghostPrefix + string(user) + ":" + domain)
}

func (m *matrixSide) Init(*bridgev2.Bridge)         {}
func (m *matrixSide) Start(context.Context) error   { return nil }
func (m *matrixSide) PreStop()                      {}
func (m *matrixSide) Stop()                         {}
func (m *matrixSide) ServerName() string            { return domain }
func (m *matrixSide) BotIntent() bridgev2.MatrixAPI { return &intent{matrix: m, user: botMXID} }
func (m *matrixSide) GetCapabilities() *bridgev2.MatrixCapabilities {
	return &bridgev2.MatrixCapabilities{ExtraProfileMeta: true}
}
func (m *matrixSide) FormatGhostMXID(user networkid.UserID) id.UserID { return ghostMXID(user) }
func (m *matrixSide) GhostIntent(user networkid.UserID) bridgev2.MatrixAPI {
	return &intent{matrix: m, user: ghostMXID(user)}
}
func (m *matrixSide) ParseGhostMXID(user id.UserID) (networkid.UserID, bool) {
	local, isGhost := strings.CutPrefix(string(user), ghostPrefix)
	return networkid.UserID(strings.TrimSuffix(local, ":"+domain)), isGhost
}
func (m *matrixSide) NewUserIntent(context.Context, id.UserID, string) (bridgev2.MatrixAPI, string, error) {
	return nil, "", nil // no double puppets
}
func (m *matrixSide) GenerateDeterministicRoomID(networkid.PortalKey) id.RoomID { return "" }
func (m *matrixSide) SendBridgeStatus(_ context.Context, state *status.BridgeState) error {
	m.change(func() { m.states = append(m.states, *state) })
	return nil
}
func (m *matrixSide) SendMessageStatus(_ context.Context, s *bridgev2.MessageStatus, about *bridgev2.MessageStatusEventInfo) {
	m.change(func() {
		if m.statuses == nil {
			m.statuses = map[id.EventID]bridgev2.MessageStatus{}
		}
		m.statuses[about.SourceEventID] = *s
	})
}
func (m *matrixSide) GetPowerLevels(_ context.Context, in id.RoomID) (*event.PowerLevelsEventContent, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.rooms[in].levels.Clone(), nil
}
func (m *matrixSide) GetMembers(_ context.Context, in id.RoomID) (map[id.UserID]*event.MemberEventContent, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	members := map[id.UserID]*event.MemberEventContent{}
	for user, membership := range m.rooms[in].members {
		members[user] = &event.MemberEventContent{Membership: membership}
	}
	return members, nil
}

// becomes waits until a login's last state is the wanted one, and returns it.
func (m *matrixSide) becomes(t *testing.T, want status.BridgeStateEvent) (last status.BridgeState) {
	t.Helper()
	m.wait(t, "the state "+string(want), func() bool {
		for _, s := range m.states {
			last = s
		}
		return last.StateEvent == want
	})
	return last
}

// outcome waits for what became of a Matrix event.
func (m *matrixSide) outcome(t *testing.T, of id.EventID) (s bridgev2.MessageStatus) {
	t.Helper()
	m.wait(t, "the outcome of "+of.String(), func() (known bool) {
		s, known = m.statuses[of]
		return known
	})
	return s
}

// intent acts as one Matrix user.
type intent struct {
	bridgev2.MatrixAPI // nil: what is not written below is not asked for
	matrix             *matrixSide
	user               id.UserID
}

func (i *intent) GetMXID() id.UserID   { return i.user }
func (i *intent) IsDoublePuppet() bool { return false }

func (i *intent) CreateRoom(_ context.Context, req *mautrix.ReqCreateRoom) (made id.RoomID, err error) {
	if err := i.matrix.failing("create"); err != nil {
		return "", err
	}
	i.matrix.change(func() {
		r := &room{
			id: id.RoomID(fmt.Sprintf("!room-%d:%s", len(i.matrix.rooms)+1, domain)), direct: req.IsDirect,
			members: map[id.UserID]event.Membership{i.user: event.MembershipJoin}, levels: req.PowerLevelOverride,
		}
		for _, state := range req.InitialState {
			if name, ok := state.Content.Parsed.(*event.RoomNameEventContent); ok {
				r.name = name.Name
			}
		}
		i.matrix.rooms[r.id] = r
		made = r.id
	})
	return made, nil
}

func (i *intent) SendMessage(ctx context.Context, in id.RoomID, t event.Type, content *event.Content, extra *bridgev2.MatrixSendExtra) (*mautrix.RespSendEvent, error) {
	if err := i.matrix.failing("send"); err != nil {
		return nil, err
	}
	made := i.matrix.nextEvent()
	if redaction, ok := content.Parsed.(*event.RedactionEventContent); ok {
		i.matrix.change(func() { i.matrix.redacted = append(i.matrix.redacted, redaction.Redacts) })
		return &mautrix.RespSendEvent{EventID: made}, nil
	}
	if i.user != botMXID && !portal.MayPass(ctx) {
		return nil, errors.New("no gate has admitted this message")
	}
	i.matrix.change(func() {
		r := i.matrix.rooms[in]
		r.said = append(r.said, said{id: made, by: i.user, content: content.Parsed.(*event.MessageEventContent)})
	})
	return &mautrix.RespSendEvent{EventID: made}, nil
}

func (i *intent) SendState(_ context.Context, in id.RoomID, t event.Type, key string, content *event.Content, _ time.Time) (*mautrix.RespSendEvent, error) {
	made := i.matrix.nextEvent()
	i.matrix.change(func() {
		r := i.matrix.rooms[in]
		switch state := content.Parsed.(type) {
		case *event.MemberEventContent:
			r.members[id.UserID(key)] = state.Membership
		case *event.RoomNameEventContent:
			r.name = state.Name
		case *event.PowerLevelsEventContent:
			r.levels = state
		}
	})
	return &mautrix.RespSendEvent{EventID: made}, nil
}

func (i *intent) EnsureJoined(_ context.Context, in id.RoomID, _ ...bridgev2.EnsureJoinedParams) error {
	i.matrix.change(func() { i.matrix.rooms[in].join(i.user) })
	return nil
}

func (i *intent) EnsureInvited(_ context.Context, in id.RoomID, user id.UserID) error {
	i.matrix.change(func() {
		if r := i.matrix.rooms[in]; r.members[user] == "" {
			r.members[user] = event.MembershipInvite
		}
	})
	return nil
}

func (i *intent) SetDisplayName(_ context.Context, name string) error {
	i.matrix.change(func() {
		if i.matrix.profiles == nil {
			i.matrix.profiles = map[id.UserID]string{}
		}
		i.matrix.profiles[i.user] = name
	})
	return nil
}

func (i *intent) SetAvatarURL(_ context.Context, url id.ContentURIString) error {
	i.matrix.change(func() {
		if i.matrix.avatars == nil {
			i.matrix.avatars = map[id.UserID]string{}
		}
		i.matrix.avatars[i.user] = string(i.matrix.files[url])
	})
	return nil
}

func (i *intent) SetExtraProfileMeta(context.Context, any) error { return nil }

func (i *intent) UploadMedia(_ context.Context, _ id.RoomID, data []byte, _, _ string) (url id.ContentURIString, _ *event.EncryptedFileInfo, err error) {
	if err := i.matrix.failing("upload"); err != nil {
		return "", nil, err
	}
	i.matrix.change(func() {
		if i.matrix.files == nil {
			i.matrix.files = map[id.ContentURIString][]byte{}
		}
		url = id.ContentURIString(fmt.Sprintf("mxc://%s/%d", domain, len(i.matrix.files)+1))
		i.matrix.files[url] = data
	})
	return url, nil, nil
}

func (i *intent) DownloadMedia(_ context.Context, url id.ContentURIString, _ *event.EncryptedFileInfo) ([]byte, error) {
	i.matrix.mu.Lock()
	defer i.matrix.mu.Unlock()
	data, ok := i.matrix.files[url]
	if !ok {
		return nil, errors.New("no such file")
	}
	return slices.Clone(data), nil
}

func (i *intent) MarkTyping(context.Context, id.RoomID, bridgev2.TypingType, time.Duration) error {
	return nil
}
