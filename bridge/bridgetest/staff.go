package bridgetest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/rs/zerolog"
	"go.mau.fi/util/dbutil"
	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/crypto/cryptohelper"
	"maunium.net/go/mautrix/id"
)

// A Staff is a person with an account on the homeserver and a client that
// encrypts end to end. She reads and writes as people do: her client keeps
// syncing, over restarts of the homeserver too, and her notebook keeps all
// that she heard, in order.
//
// Methods that wait take their bound from the context or, when that has none,
// from Homeserver.Patience. They may be called from any goroutine.
type Staff struct {
	name     string
	patience time.Duration
	client   *mautrix.Client
	crypto   *cryptohelper.CryptoHelper
	hooks    *hooks
	notes    *notebook
	filter   string

	keepInvites bool
	invited     map[id.RoomID]bool // open invitations; the sync loop's alone

	cancel context.CancelFunc
	done   chan struct{} // closed when the sync loop has ended
}

// A StaffOption changes how a Staff is made.
type StaffOption func(*staffOptions)

type staffOptions struct {
	url         string
	patience    time.Duration
	keepInvites bool
	log         zerolog.Logger
}

// KeepsInvites makes a Staff leave invitations alone until she is told to join
// (Joins). Otherwise she joins by herself.
func KeepsInvites() StaffOption {
	return func(o *staffOptions) { o.keepInvites = true }
}

// Through makes a Staff reach the homeserver at another address, such as that
// of a Proxy.
func Through(url string) StaffOption {
	return func(o *staffOptions) { o.url = url }
}

// LogsTo gives the client a logger. Otherwise it logs nothing.
func LogsTo(log zerolog.Logger) StaffOption {
	return func(o *staffOptions) { o.log = log }
}

// NewStaff makes a person of that name, the local part of her Matrix ID, logs
// her in and returns once her first sync is done. A second call with the same
// name gives the same person a second device.
//
// The context bounds the making, not her life: call Stop.
func (h *Homeserver) NewStaff(ctx context.Context, name string, options ...StaffOption) (*Staff, error) {
	o := staffOptions{url: h.URL(), patience: Patience, log: zerolog.Nop()}
	for _, option := range options {
		option(&o)
	}
	ctx, cancel := context.WithTimeout(ctx, o.patience)
	defer cancel()
	password := StaffPassword(name)
	if _, err := h.CreateUser(ctx, name, password); err != nil && !errors.Is(err, mautrix.MUserInUse) {
		return nil, err
	}
	dir, err := h.deviceFolder(name)
	if err != nil {
		return nil, err
	}
	s, err := newStaff(ctx, name, password, dir, o)
	if err != nil {
		return nil, fmt.Errorf("making staff %s: %w", name, err)
	}
	return s, nil
}

// StaffPassword returns the password of the person of that name, for those who
// want to log in as her.
func StaffPassword(name string) string { return name + " is on the staff" }

// deviceFolder makes a folder for the keys of one more device.
func (h *Homeserver) deviceFolder(name string) (string, error) {
	h.mu.Lock()
	h.devices++
	dir := filepath.Join(h.dir, "staff", name+"-"+strconv.Itoa(h.devices))
	h.mu.Unlock()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("making the folder of %s's device: %w", name, err)
	}
	return dir, nil
}

func newStaff(ctx context.Context, name, password, dir string, o staffOptions) (_ *Staff, err error) {
	client, err := mautrix.NewClient(o.url, "", "")
	if err != nil {
		return nil, err
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	client.Client = &http.Client{Transport: transport, Timeout: 3 * syncWait}
	client.Log = o.log
	// People's clients keep trying: ride out a restart of the homeserver. The
	// repeated request carries the same transaction ID.
	client.DefaultHTTPRetries = 100
	client.DefaultHTTPBackoff = 50 * time.Millisecond
	client.MaxHTTPBackoff = 500 * time.Millisecond
	s := &Staff{
		name:        name,
		patience:    o.patience,
		client:      client,
		hooks:       newHooks(),
		notes:       newNotebook(),
		keepInvites: o.keepInvites,
		invited:     make(map[id.RoomID]bool),
		done:        make(chan struct{}),
	}
	client.Syncer = s.hooks
	// Keys of a test need not survive the machine: spare the disk.
	db, err := dbutil.NewWithDialect("file:"+filepath.Join(dir, "crypto.db")+"?_txlock=immediate&_synchronous=off", "sqlite3-fk-wal")
	if err != nil {
		return nil, fmt.Errorf("opening the key store: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, db.Close())
			transport.CloseIdleConnections()
		}
	}()
	if s.crypto, err = cryptohelper.NewCryptoHelper(client, []byte("pickle"), db); err != nil {
		return nil, fmt.Errorf("preparing encryption: %w", err)
	}
	s.crypto.LoginAs = &mautrix.ReqLogin{
		Type:                     mautrix.AuthTypePassword,
		Identifier:               mautrix.UserIdentifier{Type: mautrix.IdentifierTypeUser, User: name},
		Password:                 password,
		InitialDeviceDisplayName: name + "'s client",
	}
	if err = s.crypto.Init(ctx); err != nil {
		return nil, fmt.Errorf("logging in: %w", err)
	}
	client.Crypto = s.crypto
	since, err := s.firstSync(ctx)
	if err != nil {
		return nil, fmt.Errorf("syncing for the first time: %w", err)
	}
	// The sync loop lives until Stop, longer than the context of this call.
	life, cancel := context.WithCancel(context.WithoutCancel(ctx))
	s.cancel = cancel
	go s.syncLoop(life, since)
	return s, nil
}

// Name returns the local part of her Matrix ID.
func (s *Staff) Name() string { return s.name }

// ID returns her Matrix ID.
func (s *Staff) ID() id.UserID { return s.client.UserID }

// Device returns the ID of her device.
func (s *Staff) Device() id.DeviceID { return s.client.DeviceID }

// Client returns the library's client underneath, for odd needs. Its sync loop
// is not the library's: do not start that.
func (s *Staff) Client() *mautrix.Client { return s.client }

// Crypto returns the library's encryption underneath, for odd needs.
func (s *Staff) Crypto() *cryptohelper.CryptoHelper { return s.crypto }

// Stop ends the client. What she heard can still be read.
func (s *Staff) Stop() error {
	s.cancel()
	<-s.done
	s.client.Client.CloseIdleConnections()
	s.crypto.Machine().Destroy()
	if err := s.crypto.Close(); err != nil {
		return fmt.Errorf("closing the key store of %s: %w", s.name, err)
	}
	return nil
}

// bounded gives a context the default bound when it has none of its own.
func (s *Staff) bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	if _, ok := ctx.Deadline(); ok {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, s.patience)
}
