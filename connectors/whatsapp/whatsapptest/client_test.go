package whatsapptest

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	_ "github.com/mattn/go-sqlite3"
	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/store/sqlstore"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
	waLog "go.mau.fi/whatsmeow/util/log"
	"google.golang.org/protobuf/proto"
)

// patience is how long a test waits for what has to happen.
const patience = time.Minute

// The numbers of the people in the tests.
const (
	aliceNumber = "33612345001"
	bobNumber   = "33612345002"
	carolNumber = "33612345003"
	daveNumber  = "33612345004"
)

func waiting(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

// testServer starts a server for a test, which runs beside others.
func testServer(t *testing.T, adjust ...func(*Options)) *Server {
	t.Helper()
	t.Parallel()
	// History comes with its owner's name, in a goroutine that whatsmeow does not end when a client is unlinked.
	keep := func(o *Options) { o.KeepHistory = true }
	return NewServer(t, append([]func(*Options){keep}, adjust...)...)
}

// newStore opens an empty whatsmeow store in memory.
func newStore(t *testing.T) *sqlstore.Container {
	t.Helper()
	db, err := sql.Open("sqlite3", fmt.Sprintf("file:%s?mode=memory&cache=shared&_foreign_keys=on", newID()))
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { db.Close() })
	container := sqlstore.NewWithDB(db, "sqlite3", waLog.Noop)
	if err := container.Upgrade(t.Context()); err != nil {
		t.Fatal(err)
	}
	return container
}

// companion is an unmodified whatsmeow client with the events that it has emitted.
type companion struct {
	*whatsmeow.Client
	t    *testing.T
	name string

	mu      sync.Mutex
	events  []any
	changed chan struct{}
}

func newCompanion(t *testing.T, s *Server, name string) *companion {
	t.Helper()
	return companionOn(t, s, name, newStore(t).NewDevice())
}

func companionOn(t *testing.T, s *Server, name string, device *store.Device) *companion {
	t.Helper()
	log := waLog.Noop
	if testing.Verbose() {
		log = waLog.Stdout(name, "WARN", false)
	}
	c := &companion{Client: whatsmeow.NewClient(device, log), t: t, name: name, changed: make(chan struct{})}
	c.SetWebsocketHTTPClient(s.HTTPClient())
	c.SetPreLoginHTTPClient(s.HTTPClient())
	c.SetMediaHTTPClient(s.HTTPClient())
	c.AddEventHandler(func(event any) {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.events = append(c.events, event)
		close(c.changed)
		c.changed = make(chan struct{})
	})
	t.Cleanup(c.Disconnect)
	return c
}

// hears waits for an event of a kind of which the function holds; the event is taken off the list.
func hears[E any](c *companion, holds func(E) bool) E {
	c.t.Helper()
	deadline := time.After(patience)
	for {
		c.mu.Lock()
		for i, event := range c.events {
			if e, ok := event.(E); ok && (holds == nil || holds(e)) {
				c.events = slices.Delete(c.events, i, i+1)
				c.mu.Unlock()
				return e
			}
		}
		changed := c.changed
		c.mu.Unlock()
		select {
		case <-changed:
		case <-deadline:
			var want E
			c.mu.Lock()
			defer c.mu.Unlock()
			for _, event := range c.events {
				c.t.Logf("%s heard %T", c.name, event)
			}
			c.t.Fatalf("%s never heard a %T", c.name, want)
		}
	}
}

// forgets drops the events so far.
func (c *companion) forgets() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.events = nil
}

// hearsText waits for a message with a text.
func (c *companion) hearsText(text string) *events.Message {
	c.t.Helper()
	return hears(c, func(e *events.Message) bool { return textOf(e.Message) == text })
}

func textOf(m *waE2E.Message) string {
	if extended := m.GetExtendedTextMessage(); extended != nil {
		return extended.GetText()
	}
	return m.GetConversation()
}

// says sends a text and returns its ID.
func (c *companion) says(to types.JID, text string) string {
	c.t.Helper()
	response, err := c.SendMessage(waiting(c.t), to, &waE2E.Message{Conversation: proto.String(text)})
	if err != nil {
		c.t.Fatalf("%s cannot say %q: %v", c.name, text, err)
	}
	return response.ID
}

// showsQR connects an unlinked client and returns the QR code that it shows.
func (c *companion) showsQR() string {
	c.t.Helper()
	codes, err := c.GetQRChannel(c.t.Context())
	if err != nil {
		c.t.Fatal(err)
	}
	if err := c.Connect(); err != nil {
		c.t.Fatalf("%s cannot connect: %v", c.name, err)
	}
	item := <-codes
	if item.Event != whatsmeow.QRChannelEventCode {
		c.t.Fatalf("%s shows %q instead of a code", c.name, item.Event)
	}
	return item.Code
}

// link links a new companion to a phone by QR code and waits until it has logged in and read the app state.
func link(t *testing.T, s *Server, phone *Phone, name string) *companion {
	t.Helper()
	c := newCompanion(t, s, name)
	c.AddEventHandler(func(event any) {
		if _, ok := event.(*events.PairSuccess); ok {
			c.needsFewPreKeys()
		}
	})
	if _, err := phone.ScanQR(waiting(t), c.showsQR()); err != nil {
		t.Fatalf("%s cannot be linked: %v", name, err)
	}
	hears[*events.PairSuccess](c, nil)
	hears[*events.Connected](c, nil)
	c.readsAppState(phone)
	return c
}

// needsFewPreKeys makes the client believe that it has uploaded a prekey before: it then uploads 50 instead of 812 at its first
// login, which under the race detector is most of a test's time. If the login comes first, nothing is lost but time.
func (c *companion) needsFewPreKeys() {
	if keys, err := c.Store.PreKeys.GetOrGenPreKeys(c.t.Context(), 1); err == nil {
		c.Store.PreKeys.MarkPreKeysAsUploaded(c.t.Context(), keys[0].KeyID)
	}
}

// readsAppState waits until a new companion has taken the phone's app-state key, read the app state and said so. From then on
// it has nothing left to do: whatsmeow's Store.Delete, at a logout, races with what it does in the background.
func (c *companion) readsAppState(phone *Phone) {
	c.t.Helper()
	hears[*events.OfflineSyncCompleted](c, nil)
	for range 5 {
		hears[*events.AppStateSyncComplete](c, nil)
	}
	_, err := phone.WaitForNotice(waiting(c.t), func(n Notice) bool {
		return n.Kind == NoticePeerReceived && n.Device == c.Store.GetJID().Device
	})
	must(c.t, err)
	settled(c.t, phone, c.Store.GetJID().Device)
}

// sees waits for an entry with a text on a phone.
func sees(t *testing.T, p *Phone, text string) Entry {
	t.Helper()
	e, err := p.WaitForText(waiting(t), text)
	if err != nil {
		t.Fatalf("%q never arrived: %v", text, err)
	}
	return e
}

// phoneSays sends a text from a phone and returns its ID.
func phoneSays(t *testing.T, p *Phone, to, text string) string {
	t.Helper()
	id, err := p.Send(waiting(t), to, text)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// tick is how often a test looks at what it cannot be told of.
const tick = 5 * time.Millisecond
