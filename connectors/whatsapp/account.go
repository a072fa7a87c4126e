package whatsapp

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"
	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/types"
	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/bridgev2/networkid"

	"passerelle/portal/pace"
)

// account is one login: a WhatsApp account that the bridge is a linked device of. It owns the connection.
type account struct {
	connector *Connector
	login     *bridgev2.UserLogin
	lid       types.JID // the account itself, without a device
	contacts  store.ContactStore
	sessions  *sessions // nil without a client
	log       zerolog.Logger

	ctx     context.Context // of everything that the account does by itself
	cancel  context.CancelFunc
	running sync.WaitGroup // event handlers and goroutines

	client *whatsmeow.Client // nil: the phone removed the link before the start
	device types.JID         // by which whatsmeow's tables know the account

	mu           sync.Mutex
	unlinked     bool                 // guarded by mu; the phone removed the link
	stopped      bool                 // guarded by mu; nothing is begun any more
	groupCalls   map[string]types.JID // guarded by mu; the groups that calls are made to
	historyUntil time.Time            // guarded by mu; until when live messages wait for the first chunk of history
	standing     standing             // guarded by mu

	met        map[networkid.PortalKey]bool // guarded by mu; chats whose rooms the account has met since the start
	leftUnread map[networkid.PortalID]bool  // guarded by mu; chats that are marked as unread, as far as is known

	settled chan struct{} // closed once the first connection has succeeded or cannot; the closing is guarded by mu

	muteNoted chan struct{} // tells endMutes that there is another end

	held          heldHistory
	firstContacts *pace.Line // those who write to somebody for the first time
	quietChats    *pace.Line // those who write into a chat where nothing was said lately

	primary      primary
	phoneAnswers phoneAnswers
	signals      signals
	presence     presence
	watch        watch
	posts        atomic.Bool // the owner wants to see contacts' status posts

	asking     sync.WaitGroup // messages whose answer is awaited; begun under mu
	beginning  sync.Once      // what runs for as long as the account does
	dueChanged chan struct{}  // holds that something else is due

	keeping sync.Mutex // one change of what the database keeps of the login at a time
	telling sync.Mutex // one state at a time: bridgev2's queue keeps the last one without a lock
}

var (
	_ bridgev2.NetworkAPI           = (*account)(nil)
	_ bridgev2.NetworkAPIWithUserID = (*account)(nil)
)

// LoadUserLogin gives a login its account (see [bridgev2.NetworkConnector]). It does not connect.
func (c *Connector) LoadUserLogin(ctx context.Context, login *bridgev2.UserLogin) error {
	metadata, ok := login.Metadata.(*LoginMetadata)
	if !ok {
		return fmt.Errorf("load a login: unexpected metadata %T", login.Metadata)
	}
	device, err := c.device(ctx, metadata.Device)
	if err != nil {
		return err
	}
	a := &account{connector: c, login: login, lid: lidOf(login.ID), log: login.Log, settled: make(chan struct{}), muteNoted: make(chan struct{}, 1),
		dueChanged: make(chan struct{}, 1), historyUntil: metadata.HistoryUntil}
	a.watch = watch{online: map[types.JID]bool{}, asked: map[types.JID]bool{}, changed: make(chan struct{}, 1)}
	a.ctx, a.cancel = context.WithCancel(login.Log.WithContext(c.bridge.BackgroundCtx))
	a.posts.Store(c.wantsPosts(metadata))
	if device != nil {
		if login.RemoteName == "" {
			login.RemoteName = device.PushName
		}
		a.presence.named = device.PushName != ""
		device.Contacts = &contactStore{ContactStore: device.Contacts}
		a.contacts = device.Contacts
		known := &identities{IdentityStore: device.Identities}
		device.Identities = known
		buffer := &sealedBuffer{EventBuffer: device.EventBuffer, sealer: c.border.Sealer, passes: c.border.Transient,
			spawn: a.spawn, log: a.log, undone: known.forget}
		a.sessions = newSessions(device.Sessions, buffer.untilItPasses)
		buffer.inTurn = a.sessions.decrypts
		device.EventBuffer, device.Sessions = buffer, a.sessions
		a.device = *device.ID
		a.client = c.newClient(a.ctx, device, login.Log)
		a.client.AddEventHandlerWithSuccessStatus(a.handle)
		a.client.AutoReconnectHook = a.reconnectFailed
		a.client.GetMessageForRetry, a.client.PreRetryCallback = a.again, a.mayGoAgain
	}
	if a.primary.seen = metadata.PhoneSeen; a.primary.seen.IsZero() {
		a.primary.seen = c.now() // of an older version, which did not look
	}
	a.pace(metadata)
	login.Client = a
	if err := a.resumeHistory(ctx); err != nil {
		return err
	}
	a.resumeOlder()
	return nil
}

// current returns the account's client; nil when the phone removed the link.
func (a *account) current() *whatsmeow.Client {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.unlinked {
		return nil
	}
	return a.client
}

// begin notes that something runs, until a.running.Done. It is false when the account has stopped: then nothing may run.
func (a *account) begin() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.stopped {
		return false
	}
	a.running.Add(1)
	return true
}

// spawn runs f beside the rest, unless the account has stopped. f returns when its context ends.
func (a *account) spawn(f func(ctx context.Context)) {
	if !a.begin() {
		return
	}
	go func() {
		defer a.running.Done()
		f(a.ctx)
	}()
}

// sendsNow notes that a message is sent, until the function that it returns is called: its answer has come.
func (a *account) sendsNow() (answered func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.stopped {
		return func() {}
	}
	a.asking.Add(1)
	return a.asking.Done
}

// lastAnswers is how long a stop waits for WhatsApp's answers: without one it is uncertain whether the message was sent.
const lastAnswers = time.Second

func (a *account) awaitLastAnswers() {
	answered := make(chan struct{})
	go func() {
		a.asking.Wait()
		close(answered)
	}()
	select {
	case <-answered:
	case <-time.After(lastAnswers):
	}
}

// Disconnect ends the connection and everything that the account began, and returns when all of it has ended.
func (a *account) Disconnect() {
	a.mu.Lock()
	a.stopped = true
	a.mu.Unlock()
	a.awaitLastAnswers()
	if a.client != nil {
		a.client.Disconnect() // before the context ends: whatsmeow's socket does not bear both at once
	}
	a.cancel()
	a.firstContacts.Close()
	a.quietChats.Close()
	a.running.Wait()
	if a.client != nil {
		a.client.Disconnect() // an attempt to connect may have been under way
	}
}

// IsLoggedIn tells whether the account is still linked. The connection may be down.
func (a *account) IsLoggedIn() bool { return a.current() != nil }

// LogoutRemote removes the link. When WhatsApp cannot be reached, the keys are destroyed all the same; the phone goes on
// showing a device that can no longer do anything.
func (a *account) LogoutRemote(ctx context.Context) {
	defer a.forgetHistory(ctx)
	client := a.current()
	if client == nil {
		a.Disconnect()
		return
	}
	if err := unlink(ctx, client); err != nil {
		a.log.Warn().Err(err).Msg("The link was removed on this side only; remove it on the phone, too")
	}
	a.Disconnect()
}

// IsThisUser tells whether a person is the account's owner.
func (a *account) IsThisUser(_ context.Context, user networkid.UserID) bool {
	return user == a.GetUserID()
}

// GetUserID returns the account's owner.
func (a *account) GetUserID() networkid.UserID { return userID(a.lid) }

// keep changes what the database keeps of the login.
func (a *account) keep(ctx context.Context, change func(*LoginMetadata)) error {
	a.keeping.Lock()
	defer a.keeping.Unlock()
	changing.Lock()
	change(a.login.Metadata.(*LoginMetadata))
	changing.Unlock()
	return a.login.Save(ctx)
}

// kept returns what the database keeps of the login.
func (a *account) kept() LoginMetadata {
	a.keeping.Lock()
	defer a.keeping.Unlock()
	return *a.login.Metadata.(*LoginMetadata)
}

// sender says who sent something, in bridgev2's words.
func (a *account) sender(lid types.JID) bridgev2.EventSender {
	return bridgev2.EventSender{IsFromMe: lid.User == a.lid.User, Sender: userID(lid), SenderLogin: loginID(lid)}
}
