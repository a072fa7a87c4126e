package bridge

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/id"

	"passerelle/portal/say"
)

// worthTelling is how long the homeserver has to be away for people to be told afterwards.
const worthTelling = 2 * time.Minute

// outage notes that the homeserver is away, by what becomes of the messages that are sent to it, and tells when it is back.
type outage struct {
	patience time.Duration // how long one lasts that is told
	now      func() time.Time
	tell     func(from, to time.Time)

	mu    sync.Mutex
	since time.Time // zero while the homeserver is there
}

// observe takes note of how an attempt to send ended. It reports whether the homeserver is away.
func (o *outage) observe(err error) (away bool) {
	away = err != nil && isAway(err)
	if err != nil && !away {
		return false // the homeserver is there, and refuses
	}
	o.mu.Lock()
	since := o.since
	switch {
	case !away:
		o.since = time.Time{}
	case since.IsZero():
		o.since = o.now()
	}
	o.mu.Unlock()
	if now := o.now(); !away && !since.IsZero() && now.Sub(since) >= o.patience {
		o.tell(since, now)
	}
	return away
}

// isAway tells whether an error means that the homeserver cannot be reached or cannot do its work, and may later.
func isAway(err error) bool {
	var answer mautrix.HTTPError
	if !errors.As(err, &answer) || errors.Is(err, context.Canceled) {
		return false
	}
	return answer.Response == nil || answer.Response.StatusCode >= http.StatusInternalServerError ||
		answer.Response.StatusCode == http.StatusTooManyRequests
}

// tellOfOutage tells everybody with a login that messages were late, while they go on arriving.
func (n *network) tellOfOutage(from, to time.Time) {
	now := n.current.Load()
	now.tasks.Go(func() { n.tellAll(now.ctx, from, to) })
}

func (n *network) tellAll(ctx context.Context, from, to time.Time) {
	const clock = "15:04"
	told := map[id.UserID]bool{}
	for _, login := range n.bridge().GetAllCachedUserLogins() {
		if told[login.UserMXID] {
			continue
		}
		told[login.UserMXID] = true
		n.notifyOwner(ctx, login.User, n.sayTo(login.UserMXID, say.WasAway, from.Format(clock), to.Format(clock), n.title()))
	}
}
