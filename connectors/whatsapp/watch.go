package whatsapp

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
)

// Whether contacts are online is shown where the administrator wants it. It costs: WhatsApp tells it only to those who are
// online, for each contact that they ask about, and homeservers forget it within half a minute.

const (
	// mostWatched bounds how many contacts of an account are asked about.
	mostWatched = 200
	// onlineAgain is how often it is said again that a contact is online.
	onlineAgain = 20 * time.Second
	// betweenWatched is the pause between two questions, since WhatsApp limits them.
	betweenWatched = 50 * time.Millisecond
)

// presenceShower is what ghosts must be able to do beside [bridgev2.MatrixAPI], which knows no way to show them as online.
type presenceShower interface {
	// ShowOnline shows the ghost as online for about half a minute, or not any more. An error is the homeserver's, and
	// tried again by and by.
	ShowOnline(ctx context.Context, online bool) error
	// IsShownOnline tells whether the homeserver shows it.
	IsShownOnline(ctx context.Context) (bool, error)
}

// watch is who of an account's contacts is online.
type watch struct {
	mu      sync.Mutex
	online  map[types.JID]bool // guarded by mu; by LID
	asked   map[types.JID]bool // guarded by mu; since the account is online
	changed chan struct{}      // holds that online has changed
}

// presenceCame notes what WhatsApp tells about a contact.
func (a *account) presenceCame(event *events.Presence) {
	if !a.connector.options.ContactPresence {
		return
	}
	lid, err := a.knownLID(a.ctx, event.From, types.EmptyJID)
	if err != nil || lid.IsEmpty() || lid.User == a.lid.User {
		return
	}
	w := &a.watch
	w.mu.Lock()
	defer w.mu.Unlock()
	if event.Unavailable {
		delete(w.online, lid)
	} else if len(w.online) < mostWatched {
		w.online[lid] = true
	}
	w.tell()
}

// tell wakes the goroutine that shows who is online.
func (w *watch) tell() {
	select {
	case w.changed <- struct{}{}:
	default:
	}
}

// forget notes that nothing is known of anybody any more: WhatsApp has stopped telling.
func (w *watch) forget() {
	w.mu.Lock()
	defer w.mu.Unlock()
	clear(w.online)
	clear(w.asked)
	w.tell()
}

// isNew tells whether a contact has not been asked about, and may be, and notes that it is.
func (w *watch) isNew(lid types.JID) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.asked[lid] || len(w.asked) >= mostWatched {
		return false
	}
	w.asked[lid] = true
	return true
}

// watchAll asks about those whom the account has a direct chat with. The account must be online.
func (a *account) watchAll(ctx context.Context, client *whatsmeow.Client) {
	if !a.connector.options.ContactPresence {
		return
	}
	chats, err := a.connector.bridge.DB.UserPortal.GetAllForLogin(ctx, a.login.UserLogin)
	if err != nil {
		a.log.Err(err).Msg("Whom to ask about could not be looked up; nobody is shown as online")
		return
	}
	for _, chat := range chats {
		lid, err := chatOf(chat.Portal.ID, nil)
		if err != nil || ofMany(lid) || chat.Portal.Receiver != a.login.ID {
			continue
		}
		if err := a.watchOne(ctx, client, lid); err != nil {
			a.log.Debug().Str("reason", withoutPhoneNumbers(err.Error())).Msg("WhatsApp was not asked who is online")
			return
		}
		select {
		case <-time.After(betweenWatched):
		case <-ctx.Done():
			return
		}
	}
}

// watchNew asks about somebody who has just written, if nobody has and the account is online.
func (a *account) watchNew(ctx context.Context, chat types.JID) {
	client := a.current()
	if !a.connector.options.ContactPresence || ofMany(chat) || client == nil || !a.isOnline() {
		return
	}
	if err := a.watchOne(ctx, client, chat); err != nil {
		a.log.Debug().Str("reason", withoutPhoneNumbers(err.Error())).Msg("WhatsApp was not asked whether somebody is online")
	}
}

func (a *account) watchOne(ctx context.Context, client *whatsmeow.Client, lid types.JID) error {
	if !a.watch.isNew(lid) {
		return nil
	}
	if err := client.SubscribePresence(ctx, lid); err != nil {
		return fmt.Errorf("ask whether somebody is online: %w", err)
	}
	return nil
}

// showOnline shows who is online, and says it again in time, until ctx ends.
func (a *account) showOnline(ctx context.Context) {
	shown := map[types.JID]bool{}
	again := time.NewTicker(a.connector.again)
	defer again.Stop()
	for {
		refresh := false
		select {
		case <-a.watch.changed:
		case <-again.C:
			refresh = true
		case <-ctx.Done():
			return // the homeserver forgets them by itself
		}
		a.watch.mu.Lock()
		online := maps.Clone(a.watch.online)
		a.watch.mu.Unlock()
		for _, lid := range slices.Collect(maps.Keys(shown)) {
			if !online[lid] {
				a.showPresence(ctx, lid, false)
				delete(shown, lid)
			}
		}
		for lid := range online {
			if refresh || !shown[lid] {
				a.showPresence(ctx, lid, true)
				shown[lid] = true
			}
		}
	}
}

// showPresence shows whether a contact is online, unless the homeserver shows that of nobody.
func (a *account) showPresence(ctx context.Context, lid types.JID, online bool) {
	c := a.connector
	if c.noPresence.Load() {
		return
	}
	ghost, ok := c.bridge.Matrix.GhostIntent(userID(lid)).(presenceShower)
	if !ok {
		return
	}
	if err := ghost.ShowOnline(ctx, online); err != nil {
		a.log.Debug().Err(err).Msg("Whether a contact is online is not shown")
		return
	}
	if !online || c.hasPresence.Load() {
		return
	}
	shown, err := ghost.IsShownOnline(ctx)
	switch {
	case err != nil:
		a.log.Debug().Err(err).Msg("Whether a contact is shown as online could not be looked up")
	case shown:
		c.hasPresence.Store(true)
	case c.noPresence.CompareAndSwap(false, true):
		a.log.Warn().Msg("contact_presence is on, but the homeserver shows nobody as online; turn on its presence, or contact_presence off")
	}
}
