// Package handover hands events of a network on to bridgev2 and tells when it has done with them, which bridgev2 itself does not:
// it queues an event, drops one whose room is given up, and lets go of one that panicked, all without a word. It waits for a room's
// other work in the same way, and makes rooms.
package handover

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/rs/zerolog"
	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/bridgev2/database"
	"maunium.net/go/mautrix/bridgev2/networkid"
	"maunium.net/go/mautrix/bridgev2/simplevent"
)

// Errors of what bridgev2 did not do. They pass: the event is to be handed over again.
var (
	ErrNotTaken = errors.New("bridgev2 did not take the event")
	ErrDropped  = errors.New("bridgev2 dropped the event")
)

// Patience is how long an event may be with bridgev2 before it is asked whether it still is.
const Patience = 30 * time.Second

// HasRoom reports whether a portal has its room. The portal may be nil. It is the way to ask from outside the portal's own event
// loop: that loop writes the room's ID into the portal, and announces it, while others read.
func HasRoom(portal *bridgev2.Portal) bool {
	return portal != nil && portal.RoomCreated.IsSet()
}

// Do hands an event over and returns when handled is closed, which the event does once it is done with; or when bridgev2 has let
// go of it without. An error is one of the above, or the context's.
func Do(ctx context.Context, login *bridgev2.UserLogin, event bridgev2.RemoteEvent, handled <-chan struct{}, patience time.Duration) error {
	if result := login.QueueRemoteEvent(event); !result.Queued {
		return errors.Join(ErrNotTaken, result.Error)
	}
	stalled := time.NewTimer(patience)
	defer stalled.Stop()
	select {
	case <-handled:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-stalled.C:
	}
	passed := newMarker(event.GetPortalKey())
	login.QueueRemoteEvent(passed)
	select {
	case <-handled:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-passed.reached: // bridgev2 dropped the event or has let go of it: it handles a room's events in order
		return ErrDropped
	}
}

// InTurn has something done with a room that is there by the room's own goroutine, once what is being written in it is done with. It
// must not be called by what bridgev2 calls for the room. Its errors are those of Do.
func InTurn(ctx context.Context, login *bridgev2.UserLogin, room networkid.PortalKey, do func(context.Context, *bridgev2.Portal), patience time.Duration) error {
	handled := make(chan struct{})
	return Do(ctx, login, &simplevent.EventMeta{
		Type: bridgev2.RemoteEventUnknown, PortalKey: room, PreHandleFunc: do,
		PostHandleFunc: func(context.Context, *bridgev2.Portal) { close(handled) },
	}, handled, patience)
}

// Inform shows in a room what is known of its chat. bridgev2 would do so beside what the room's goroutine does, when it is given
// the same with the room (bridgev2/portal.go, UpdateMatrixRoomID).
func Inform(ctx context.Context, login *bridgev2.UserLogin, room networkid.PortalKey, info *bridgev2.ChatInfo) error {
	whole := context.WithoutCancel(ctx)
	return InTurn(ctx, login, room, func(_ context.Context, room *bridgev2.Portal) {
		room.UpdateInfo(whole, info, login, nil, time.Time{})
	}, Patience)
}

// Settle returns when what was with bridgev2 for a room is done with, what is written in it too: then its table holds it. It must not
// be called by what bridgev2 calls for the room. An error is ErrNotTaken or the context's.
func Settle(ctx context.Context, login *bridgev2.UserLogin, room networkid.PortalKey) error {
	passed := newMarker(room)
	if result := login.QueueRemoteEvent(passed); !result.Queued {
		return errors.Join(ErrNotTaken, result.Error)
	}
	select {
	case <-passed.reached:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Kept returns what the table holds of a chat that has a room; nil: it has none. A room that is in the making is waited for. It must
// not be called by what bridgev2 calls for the room.
func Kept(ctx context.Context, login *bridgev2.UserLogin, room networkid.PortalKey) (*database.Portal, error) {
	rows := login.Bridge.DB.Portal
	row, err := rows.GetByKey(ctx, room)
	if err == nil && row != nil && row.MXID == "" {
		if err := Settle(ctx, login, room); err != nil {
			return nil, err
		}
		row, err = rows.GetByKey(ctx, room)
	}
	if err != nil {
		return nil, fmt.Errorf("look up a room: %w", err)
	}
	if row == nil || row.MXID == "" {
		return nil, nil
	}
	return row, nil
}

// roomPatience is how long a room may still be in the making when ctx ends.
const roomPatience = 2 * time.Second

// CreateRoom makes the room of a chat. It goes on for a moment when ctx ends: most rooms are whole by then, and CreateMatrixRoom
// (bridgev2/portal.go) writes its error twice at once when its own context ends.
func CreateRoom(ctx context.Context, room *bridgev2.Portal, login *bridgev2.UserLogin, info *bridgev2.ChatInfo) error {
	lasting, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(roomPatience, cancel) })()
	return room.CreateMatrixRoom(lasting, login, info)
}

// marker is an event that does nothing but tell that the events before it in its room are done with. bridgev2 does not tell
// the end of an event that panicked, or whose portal was deleted; but it asks each event for its context first, in order.
type marker struct {
	key     networkid.PortalKey
	reached chan struct{}
}

var _ bridgev2.RemoteEventWithContextMutation = (*marker)(nil)

func newMarker(key networkid.PortalKey) *marker {
	return &marker{key: key, reached: make(chan struct{})}
}

func (m *marker) GetType() bridgev2.RemoteEventType                 { return bridgev2.RemoteEventUnknown }
func (m *marker) GetPortalKey() networkid.PortalKey                 { return m.key }
func (m *marker) GetSender() bridgev2.EventSender                   { return bridgev2.EventSender{} }
func (m *marker) AddLogContext(log zerolog.Context) zerolog.Context { return log }

// MutateContext is called once, when the room's goroutine takes the event up.
func (m *marker) MutateContext(ctx context.Context) context.Context {
	close(m.reached)
	return ctx
}
