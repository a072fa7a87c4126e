package portal

import (
	"context"
	"time"
)

// Arrival is one event of a foreign network on its way in.
type Arrival struct {
	// Login is the login through which it came.
	Login string
	// Lane is the network's identifier of the chat. Arrivals of one lane are delivered one after another, in the order
	// in which they were put; lanes do not wait for each other.
	Lane string
	// ID names the event within its login. Putting the same ID twice stores it once.
	ID string
	// Payload is the event in the connector's own encoding. It is sealed wherever it is stored.
	Payload []byte
	// At is when it came.
	At time.Time
	// Past says that it was said before the login was made: it comes before everything else in its lane, and may wait for
	// other lanes.
	Past bool
	// Attempted is when an attempt to deliver it may last have been under way, so that it may be in its room already, whole
	// or in part; zero when there has been none. The inbox sets it.
	Attempted time.Time
}

// Inbox stores what comes from a foreign network until it has been delivered.
type Inbox interface {
	// Put stores arrivals, all or none. When it returns nil the network may be told that they arrived; an error means that
	// it may not.
	Put(ctx context.Context, arrivals ...Arrival) error
	// Hold stores arrivals as Put does, all or none, but they are not delivered before they are released. One that is stored
	// already, held or not, stays as it is. An error is transient.
	Hold(ctx context.Context, arrivals ...Arrival) error
	// Held lists the lanes of a login in which arrivals are held, the one first that was held first. An error is transient.
	Held(ctx context.Context, login string) (lanes []string, err error)
	// Release has what is held in a lane of a login delivered, behind what is in the lane, in the order in which arrange puts
	// it; what arrange leaves out is removed. It is handed what is held in the order in which it was held. All of it is
	// released or nothing; an error is transient.
	Release(ctx context.Context, login, lane string, arrange func([]Arrival) []Arrival) error
	// Waits tells under which key something waits for a decision, or has been decided and is not delivered yet, that crosses under
	// key, or under one that begins with it and a slash; "": nothing does. An error is transient.
	Waits(ctx context.Context, key string) (under string, err error)
	// TakeBack removes what waits for a decision under such keys, since its sender has taken it back. taken is false when nothing
	// waits. An error is transient.
	TakeBack(ctx context.Context, key string) (taken bool, err error)
}

// BehindError is the error of an arrival that is about another one which waits for a decision: it waits for the same one. It is
// transient.
type BehindError struct {
	Key string // what waits
}

// Error says that it waits.
func (e *BehindError) Error() string { return "what this is about waits for a decision" }

// Behind fails with a *[BehindError] when what crosses under a key, or under one that begins with it and a slash, waits in an inbox.
// An arrival calls it whose target is not in its room. Every other error is transient, too.
func Behind(ctx context.Context, in Inbox, key string) error {
	under, err := in.Waits(ctx, key)
	if err == nil && under != "" {
		err = &BehindError{Key: under}
	}
	return err
}

// Deliverer brings arrivals into their rooms. A connector that uses an [Inbox] is one.
type Deliverer interface {
	// Deliver returns when the outcome is final: nil when the arrival is in its room (or calls for nothing there), a
	// permanent error when it never will be. After any other error the same arrival is delivered again, so Deliver must
	// bear that it is already in its room.
	Deliver(ctx context.Context, a Arrival) error
}
