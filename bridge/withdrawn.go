package bridge

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/database"
	"passerelle/portal"
	"passerelle/portal/govern"
	"passerelle/portal/say"
)

// What somebody takes back while it waits for a decision does not cross any more; what is about something that waits (an edit of it, a
// reaction to it) waits with it, and comes after it.

// behindPause is how long an arrival pauses whose target has been decided about, and is on its way.
const behindPause = 200 * time.Millisecond

// arrivalKey is the key of the place of the arrival that is being delivered in a context.
type arrivalKey struct{}

func withArrival(ctx context.Context, seq int64) context.Context {
	return context.WithValue(ctx, arrivalKey{}, seq)
}

func arrivalIn(ctx context.Context) int64 {
	seq, _ := ctx.Value(arrivalKey{}).(int64)
	return seq
}

// Waits tells under which key something waits, or is on its way after a decision (see [portal.Inbox]).
func (in *inbox) Waits(ctx context.Context, key string) (string, error) {
	in.mu.Lock()
	for seq, freed := range in.freed {
		if seq != arrivalIn(ctx) && (freed == key || strings.HasPrefix(freed, key+"/")) {
			in.mu.Unlock()
			return freed, nil
		}
	}
	in.mu.Unlock()
	return in.network.host.options.Store.WaitsUnder(ctx, in.network.Name, key)
}

// TakeBack removes what waits (see [portal.Inbox]).
func (in *inbox) TakeBack(ctx context.Context, key string) (taken bool, err error) {
	n := in.network
	withdrawn, err := n.withdrawn(ctx, portal.In, key)
	if err != nil {
		return false, err
	}
	// Of what a pause holds back the room has not been told.
	if at := slices.IndexFunc(withdrawn, func(a database.Approval) bool { return a.Rule != rulePaused }); at >= 0 {
		n.sayInPortal(ctx, govern.PortalKey{ID: withdrawn[at].Portal, Receiver: withdrawn[at].Receiver}, say.HeldTakenBack, n.title())
	}
	return len(withdrawn) > 0, nil
}

// withdrawn has what waits under a key not cross any more, writes that down, and returns what it was.
func (n *network) withdrawn(ctx context.Context, direction portal.Direction, key string) ([]database.Approval, error) {
	taken, err := n.host.options.Store.Withdraw(ctx, n.Name, direction, key, time.Now())
	if err != nil {
		return nil, err
	}
	for _, a := range taken {
		if err := n.gate.TakenBack(ctx, crossingOf(a), a.Rule); err != nil {
			return nil, err
		}
	}
	return taken, nil
}

// crossingOf describes what waits to the gate.
func crossingOf(a database.Approval) portal.Crossing {
	return portal.Crossing{Key: a.Key, Network: a.Network, Direction: a.Direction, Kind: a.Kind, Portal: a.Portal, Receiver: a.Receiver,
		Login: a.Login, Sender: a.Sender, Room: a.Room, At: a.At}
}

// waitBehind has an arrival wait behind another one for the same decision. Where that has been made meanwhile, the arrival comes after the
// other one, which is in a lane by now.
func (in *inbox) waitBehind(ctx context.Context, a *waitingArrival, key string) error {
	in.unqueue(a.Seq)
	parked, err := in.network.host.options.Store.Park(ctx, in.network.Name, a.Seq, key)
	switch {
	case err != nil:
		in.setQueued(a.Seq) // it is tried again
		return err
	case parked:
		return nil
	}
	wait(ctx, behindPause)
	in.queue(a.StoredArrival)
	return nil
}

// unqueue notes that an arrival is in no lane, and on no way.
func (in *inbox) unqueue(seq int64) {
	in.mu.Lock()
	defer in.mu.Unlock()
	delete(in.queued, seq)
	delete(in.freed, seq)
}

// freeing notes that an arrival is on its way after the decision about a key, until it ends.
func (in *inbox) freeing(seq int64, key string) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.freed[seq] = key
}

// takesBack has what waits for a decision not go out any more when its sender deletes it. It is not what becomes of the deletion.
func (n *network) takesBack(ctx context.Context, evt *event.Event) error {
	if evt.Type != event.EventRedaction {
		return nil
	}
	_, err := n.withdrawn(ctx, portal.Out, redacted(evt).String())
	return err
}

// redacted names what a redaction deletes, in which place of it that ever stands (Matrix Client-Server API, m.room.redaction).
func redacted(evt *event.Event) id.EventID {
	if content, ok := evt.Content.Parsed.(*event.RedactionEventContent); ok && evt.Redacts == "" {
		return content.Redacts
	}
	return evt.Redacts
}

// stillThere fails with [govern.ErrTakenBack] when what waits to go out has been deleted in its room: not every homeserver tells bridges
// of deletions. What cannot be looked up now is looked for once more when it goes.
func (n *network) stillThere(ctx context.Context, a database.Approval) error {
	_, err := n.fetchEvent(ctx, a.Room, heldEvent(a))
	if !errors.Is(err, errGone) {
		return nil
	}
	if _, err := n.withdrawn(ctx, portal.Out, a.Key); err != nil {
		return fmt.Errorf("take back what was deleted: %w", err)
	}
	return govern.ErrTakenBack
}

// heldEvent is the Matrix event of what waits to go out.
func heldEvent(a database.Approval) id.EventID { return id.EventID(strings.SplitN(a.Key, "/", 2)[0]) }
