package bridge

import (
	"context"
	"strings"
	"sync"
	"time"

	"maunium.net/go/mautrix/bridgev2/networkid"
	"maunium.net/go/mautrix/bridgev2/status"

	"passerelle/portal/say"
)

// teller tells the owners of accounts what has become of their connections, once: at once what does not mend by itself, after a
// while that the connection is lost, and, if something was told, that it is back. What was told is remembered over restarts.
type teller struct {
	patience time.Duration // how long a loss lasts that is told
	now      func() time.Time
	tell     func(state status.BridgeState, sentence say.Sentence) // sentence "": the state's own message
	told     memory                                                // by login: what was told last

	mu      sync.Mutex
	lost    map[networkid.UserLoginID]*loss // guarded by mu; connections that are gone for now
	changed chan struct{}                   // holds something when lost has changed
}

// loss is a connection that is gone for now.
type loss struct {
	since time.Time
	state status.BridgeState // the last one
	told  bool
}

// lostFor is what is remembered of a login whose owner was told that the connection is lost.
const lostFor = "lost"

func newTeller(patience time.Duration, now func() time.Time, tell func(status.BridgeState, say.Sentence)) *teller {
	return &teller{patience: patience, now: now, tell: tell, told: memory{key: "passerelle_told_of_logins"},
		lost: map[networkid.UserLoginID]*loss{}, changed: make(chan struct{}, 1)}
}

// observe takes note of a login's state.
func (t *teller) observe(ctx context.Context, state status.BridgeState) {
	t.mu.Lock()
	defer t.mu.Unlock()
	login := state.RemoteID
	switch state.StateEvent {
	case status.StateTransientDisconnect:
		if t.lost[login] == nil {
			t.lost[login] = &loss{since: t.now(), told: t.told.get(string(login)) == lostFor}
		}
		t.lost[login].state = state
	case status.StateConnected:
		delete(t.lost, login)
		if before := t.remember(ctx, login, ""); before != "" && !strings.HasPrefix(before, string(status.StateBadCredentials)) {
			t.tell(state, say.ConnectionBack) // who has just linked the phone again knows
		}
	case status.StateBadCredentials, status.StateUnknownError:
		delete(t.lost, login)
		what := string(state.StateEvent) + " " + string(state.Error) + " " + state.Reason
		if before := t.remember(ctx, login, what); before != what && state.Message != "" {
			t.tell(state, "")
		}
	case status.StateLoggedOut:
		delete(t.lost, login)
		t.remember(ctx, login, "")
	}
	select {
	case t.changed <- struct{}{}:
	default:
	}
}

// remember remembers what is told of a login, and returns what was told before.
func (t *teller) remember(ctx context.Context, login networkid.UserLoginID, what string) (before string) {
	before = t.told.get(string(login))
	t.told.set(ctx, string(login), what)
	return before
}

// run tells of what is lost for long, until ctx ends.
func (t *teller) run(ctx context.Context) {
	for {
		pause := time.NewTimer(t.tellLost(ctx))
		select {
		case <-pause.C:
		case <-t.changed:
		case <-ctx.Done():
			pause.Stop()
			return
		}
		pause.Stop()
	}
}

// tellLost tells of what has been lost for long, and returns when to look again.
func (t *teller) tellLost(ctx context.Context) (next time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	next = time.Hour
	for login, l := range t.lost {
		left := t.patience - t.now().Sub(l.since)
		switch {
		case l.told:
		case left > 0:
			next = min(next, left)
		default:
			l.told = true
			t.remember(ctx, login, lostFor)
			t.tell(l.state, "")
		}
	}
	return next
}

// tellOwner tells the owner of a login something about it, in the chat with the bot, beside what goes on.
func (n *network) tellOwner(state status.BridgeState, sentence say.Sentence) {
	text := state.Message
	if sentence != "" {
		text = n.sayTo(state.UserID, sentence, n.title())
	}
	now := n.current.Load()
	now.tasks.Go(func() {
		user, err := now.bridge.GetExistingUserByMXID(now.ctx, state.UserID)
		if err != nil || user == nil {
			n.log.Error().Err(err).Str("login", string(state.RemoteID)).Msg("The owner of a login could not be told of its state")
			return
		}
		n.notifyOwner(now.ctx, user, text)
	})
}
