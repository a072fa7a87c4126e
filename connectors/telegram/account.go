package telegram

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/rs/zerolog"
	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/bridgev2/networkid"
	"maunium.net/go/mautrix/id"
)

// account is one login: a bot. It owns what runs for it.
type account struct {
	connector *Connector
	login     *bridgev2.UserLogin
	bot       int64 // its number
	log       zerolog.Logger
	api       *api // nil: the token cannot be had

	ctx     context.Context // of everything that the account does by itself
	cancel  context.CancelFunc
	running sync.WaitGroup

	mu       sync.Mutex
	stopped  bool // guarded by mu; nothing is begun any more
	rejected bool // guarded by mu; Telegram does not take the token

	settled chan struct{} // closed once the first connection has succeeded or cannot; the closing is guarded by mu

	pace   paces
	looks  looks
	typing typists

	migrating sync.Mutex // one group that becomes a supergroup at a time

	hook   pushSecret
	taking sync.Mutex // updates are taken one after another

	keeping  sync.Mutex          // one change of what the database keeps of the login at a time
	underway map[id.EventID]bool // guarded by keeping; what is being sent, and has not broken off
	telling  sync.Mutex          // one state at a time: bridgev2's queue keeps the last one without a lock
}

var (
	_ bridgev2.NetworkAPI           = (*account)(nil)
	_ bridgev2.NetworkAPIWithUserID = (*account)(nil)
)

// LoadUserLogin gives a login its account (see [bridgev2.NetworkConnector]). It does not connect.
func (c *Connector) LoadUserLogin(ctx context.Context, login *bridgev2.UserLogin) error {
	if _, ok := login.Metadata.(*LoginMetadata); !ok {
		return fmt.Errorf("load a login: unexpected metadata %T", login.Metadata)
	}
	bot, err := parseNumber(string(login.ID))
	if err != nil {
		return fmt.Errorf("load a login: %w", err)
	}
	a := &account{connector: c, login: login, bot: bot, log: login.Log, settled: make(chan struct{})}
	a.ctx, a.cancel = context.WithCancel(login.Log.WithContext(c.bridge.BackgroundCtx))
	a.pace.open(c.options.Pace, func() time.Time { return c.now() })
	if token, err := a.token(); err != nil {
		a.log.Err(err).Msg("A bot's token cannot be read")
	} else {
		a.api = newAPI(c.options.Server, token)
		a.api.folder = c.options.LocalFolder
		a.api.live = a.liveConnection
		if err := a.resealToken(ctx, token); err != nil {
			a.log.Err(err).Msg("A bot's token stays sealed with an older key")
		}
	}
	login.Client = a
	return nil
}

// token returns the bot's token.
func (a *account) token() (string, error) {
	if service, ok := a.connector.services[a.login.ID]; ok {
		return service.token, nil
	}
	kept := a.kept()
	if len(kept.Token) == 0 {
		return "", errors.New("the bot is no service bot any more, and nobody gave its token")
	}
	token, err := a.connector.border.Sealer.Unseal(kept.Key, kept.Token, sealNames(a.login.ID)...)
	return string(token), err
}

// resealToken seals the token with the key that seals now, when it was sealed with an older one: that one can be taken away then.
func (a *account) resealToken(ctx context.Context, token string) error {
	kept := a.kept()
	if len(kept.Token) == 0 {
		return nil // a service bot's
	}
	key, sealed, err := a.connector.border.Sealer.Seal([]byte(token), sealNames(a.login.ID)...)
	if err != nil || key == kept.Key {
		return err
	}
	return a.keep(ctx, func(kept *LoginMetadata) { kept.Key, kept.Token = key, sealed })
}

// sealNames names what a bot's token is sealed for.
func sealNames(login networkid.UserLoginID) []string {
	return []string{"telegram", "token", string(login)}
}

// spawn runs f beside the rest, unless the account has stopped. f returns when its context ends.
func (a *account) spawn(f func(ctx context.Context)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.stopped {
		return
	}
	a.running.Go(func() { f(a.ctx) })
}

// Disconnect ends everything that the account began, and returns when all of it has ended.
func (a *account) Disconnect() {
	a.mu.Lock()
	a.stopped = true
	a.mu.Unlock()
	a.cancel()
	a.pace.close()
	a.running.Wait()
	if a.api != nil {
		a.api.close()
	}
}

// IsLoggedIn tells whether the bot's token is taken. The connection may be down.
func (a *account) IsLoggedIn() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.api != nil && !a.rejected
}

// LogoutRemote ends the login: the token is forgotten with it.
func (a *account) LogoutRemote(context.Context) { a.Disconnect() }

// IsThisUser tells whether a person is the bot.
func (a *account) IsThisUser(_ context.Context, user networkid.UserID) bool {
	return user == a.GetUserID()
}

// GetUserID returns the bot.
func (a *account) GetUserID() networkid.UserID { return userID(a.bot) }

// IsShared tells that a bot is there for everybody in its rooms (see bridge.SharedAccount).
func (a *account) IsShared() bool { return true }

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

// name is what the bot is called.
func (a *account) name() string {
	a.keeping.Lock()
	defer a.keeping.Unlock()
	return a.login.RemoteName
}

// sender says who sent something, in bridgev2's words.
func (a *account) sender(id int64) bridgev2.EventSender {
	if id == a.bot {
		return bridgev2.EventSender{IsFromMe: true, Sender: userID(id), SenderLogin: a.login.ID}
	}
	return bridgev2.EventSender{Sender: userID(id)}
}
