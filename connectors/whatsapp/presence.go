package whatsapp

import (
	"context"
	"errors"
	"sync"
	"time"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/types"
)

// onlineLasts is how long an account stays online after its owner typed last. WhatsApp tells only those who are online that
// somebody types (whatsmeow/types/events, ChatPresence): in this time the owner sees whether an answer is under way.
const onlineLasts = time.Minute

// presence is whether contacts see the account as online. Contacts must see that when its owner types, and the phone stays
// silent meanwhile; so it is not so at other times, unless the administrator wants it.
type presence struct {
	mu    sync.Mutex
	until time.Time // guarded by mu; zero: away
	named bool      // guarded by mu; the owner's name is known, without which nothing may be said
}

// nameKnown notes that whatsmeow knows the owner's name. It is the goroutine that learned the name that calls it: whatsmeow
// keeps the name without a lock (whatsmeow/appstate.go), so that nobody may look whether it is there.
func (a *account) nameKnown() {
	a.presence.mu.Lock()
	a.presence.named = true
	a.presence.mu.Unlock()
	a.announce()
}

// announce says anew, on a new connection or under a new name, whether the account is online. Contacts see the owner's name
// only once this has been said (whatsmeow/presence.go, SendPresence).
func (a *account) announce() {
	a.spawn(func(ctx context.Context) {
		a.presence.mu.Lock()
		defer a.presence.mu.Unlock()
		if client := a.current(); client != nil {
			a.sayPresence(ctx, client)
		}
	})
}

// sayPresence tells WhatsApp whether the account is online. The caller holds the presence's mutex.
func (a *account) sayPresence(ctx context.Context, client *whatsmeow.Client) {
	if !a.presence.named {
		return // nameKnown makes up for it
	}
	state := types.PresenceUnavailable
	if a.connector.options.AlwaysOnline || !a.presence.until.IsZero() {
		state = types.PresenceAvailable
	}
	err := client.SendPresence(ctx, state)
	switch {
	case err == nil && state == types.PresenceAvailable:
		a.spawn(func(ctx context.Context) { a.watchAll(ctx, client) })
	case err == nil:
		a.watch.forget()
	}
	if err == nil || errors.Is(err, whatsmeow.ErrNoPushName) || errors.Is(err, whatsmeow.ErrNotConnected) {
		return // it is said once there is a name, or the connection stands
	}
	a.log.Debug().Str("reason", withoutPhoneNumbers(err.Error())).Msg("WhatsApp could not be told whether the account is online")
}

// isOnline tells whether contacts see the account as online.
func (a *account) isOnline() bool {
	a.presence.mu.Lock()
	defer a.presence.mu.Unlock()
	return a.connector.options.AlwaysOnline || !a.presence.until.IsZero()
}

// appear shows the account as online from now on for a while.
func (a *account) appear(ctx context.Context, client *whatsmeow.Client) {
	p := &a.presence
	p.mu.Lock()
	defer p.mu.Unlock()
	away := p.until.IsZero()
	p.until = time.Now().Add(a.connector.online)
	if away && !a.connector.options.AlwaysOnline {
		a.sayPresence(ctx, client)
		a.spawn(a.goAway)
	}
}

// goAway waits until the account need not be online any more, and shows it as away.
func (a *account) goAway(ctx context.Context) {
	for !a.goneAway(ctx) {
		a.presence.mu.Lock()
		left := time.Until(a.presence.until)
		a.presence.mu.Unlock()
		timer := time.NewTimer(left)
		select {
		case <-timer.C:
		case <-ctx.Done(): // the end of the connection shows it as away
			timer.Stop()
			return
		}
	}
}

// goneAway shows the account as away if it is time.
func (a *account) goneAway(ctx context.Context) bool {
	a.presence.mu.Lock()
	defer a.presence.mu.Unlock()
	if time.Now().Before(a.presence.until) {
		return false
	}
	a.presence.until = time.Time{}
	if client := a.current(); client != nil {
		a.sayPresence(ctx, client)
	}
	return true
}
