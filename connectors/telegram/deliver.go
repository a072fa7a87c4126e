package telegram

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/rs/zerolog"
	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/bridgev2/networkid"
	"maunium.net/go/mautrix/bridgev2/simplevent"

	"passerelle/portal"
	"passerelle/portal/handover"
	"passerelle/portal/transfer"
)

// forbiddenPatience is how long a message is tried again that a room's rights keep out, which an administrator can change.
const forbiddenPatience = 24 * time.Hour

// Errors of a delivery that is tried again.
var (
	errNotInRoom = errors.New("the message is not in its room")
	errNotLoaded = errors.New("the login is not loaded")
)

// Deliver brings an arrival into its room (see [portal.Deliverer]).
func (c *Connector) Deliver(ctx context.Context, stored portal.Arrival) error {
	a, err := c.account(ctx, networkid.UserLoginID(stored.Login))
	if err != nil {
		return err
	}
	kind, in, update, err := decodeArrival(stored.Payload, a.bot)
	if err != nil {
		return portal.Permanent(err)
	}
	if in, err = a.throughFirst(ctx, in); err != nil {
		return err
	}
	switch update := update.(type) {
	case *message:
		return a.deliverMessage(ctx, stored, kind, in, update)
	case *reactionUpdate:
		return a.deliverReactions(ctx, stored, in, update)
	case *memberUpdate:
		return a.deliverMembership(ctx, stored, kind, in, update)
	case *joinRequest:
		return a.deliverRequest(ctx, stored, in, update)
	case *businessConnection:
		return a.deliverConnection(ctx, update)
	case *businessDeletion:
		return a.deliverDeletion(ctx, stored, in, update)
	case *reactionCount:
		return a.deliverCount(ctx, stored, in, update)
	case *poll:
		return a.deliverPoll(ctx, stored, update)
	case *pollAnswer:
		return a.deliverVote(ctx, stored, update)
	case *callback:
		return a.deliverCallback(ctx, stored, in, update)
	}
	return portal.Permanent(fmt.Errorf("nobody takes a %T", update))
}

// account returns the account of a login. It fails for good when there is no such login any more.
func (c *Connector) account(ctx context.Context, id networkid.UserLoginID) (*account, error) {
	if login := c.bridge.GetCachedUserLoginByID(id); login != nil {
		return login.Client.(*account), nil
	}
	row, err := c.bridge.DB.UserLogin.GetByID(ctx, id)
	switch {
	case err != nil:
		return nil, fmt.Errorf("look up a login: %w", err)
	case row == nil:
		return nil, portal.Permanent(fmt.Errorf("the login %s has logged out", id))
	}
	return nil, errNotLoaded
}

// deliverMessage brings a message, a post or an edit of one into its room, or does there what a service message says.
func (a *account) deliverMessage(ctx context.Context, stored portal.Arrival, kind updateKind, in chatID, m *message) error {
	if takes, err := a.takesBusiness(ctx, in, m); err != nil || !takes {
		return err
	}
	d := a.delivery(stored, in, m)
	handled, err := d.serve(ctx)
	payload, starts := d.isStart()
	if m.Poll != nil {
		a.notePoll(ctx, m.Poll.ID, d.GetID())
	}
	switch {
	case handled || err != nil:
	case m.Poll != nil && m.EditDate != 0:
		err = a.deliverPoll(ctx, stored, m.Poll)
	case kind == updateEdited || kind == updateEditedPost || kind == updateBusinessEdited:
		err = d.runEdit(ctx)
	case starts:
		err = d.start(ctx, payload)
	default:
		err = d.run(ctx)
	}
	if err != nil {
		return portal.Waiting(d.PortalKey, err)
	}
	return d.lookAround(ctx, m.Chat)
}

// delivery is one attempt to bring an arrival into its room: the event that bridgev2 handles in the room's goroutine, and
// what it reports to the goroutine that waits.
type delivery struct {
	simplevent.EventMeta
	account *account
	stored  portal.Arrival
	in      chatID
	message *message // nil: the arrival is none
	id      messageID
	// notice stands in the place of the message's content, when set: a sentence of ours.
	notice string
	// says says it in Matrix's words, when set, of what is no message on Telegram.
	says func(context.Context) (content, error)

	file      *transfer.File // the message's file, once it has been fetched; nil: it has none, or
	unfetched error          // why the file will never be fetched
	small     *transfer.File // its small picture; nil: none
	topic     bool           // the thread of a topic begins with it

	handled chan struct{} // closed by the room's goroutine when bridgev2 has done what it does
	// Written by the room's goroutine before it closes handled, and not read before:
	passing context.Context // the event's
	err     error           // why the message is not in the room
	dropped bool            // the policy lets not even a notice pass

	refused bool // the homeserver does not take the message as it is
}

var (
	_ bridgev2.RemoteMessage                  = (*delivery)(nil)
	_ bridgev2.RemoteEventThatMayCreatePortal = (*delivery)(nil)
	_ bridgev2.RemoteEventWithContextMutation = (*delivery)(nil)
	_ bridgev2.RemotePostHandler              = (*delivery)(nil)
)

// delivery begins the delivery of a message.
func (a *account) delivery(stored portal.Arrival, in chatID, m *message) *delivery {
	d := a.deliveryAt(stored, in, time.Unix(m.Date, 0), m.sender())
	d.message, d.id = m, in.message(m.MessageID)
	return d
}

// deliveryAt begins the delivery of what somebody did in a chat at a time.
func (a *account) deliveryAt(stored portal.Arrival, in chatID, at time.Time, sender int64) *delivery {
	d := &delivery{account: a, stored: stored, in: in, handled: make(chan struct{})}
	d.EventMeta = simplevent.EventMeta{
		Type: bridgev2.RemoteEventMessage, PortalKey: a.roomOf(in).key(), Sender: a.senderIn(in, sender), CreatePortal: true, Timestamp: at, StreamOrder: at.Unix(),
		MutateContextFunc: func(ctx context.Context) context.Context {
			d.passing = d.stored.WithPassage(withDelivery(ctx, d))
			return d.passing
		},
		PostHandleFunc: func(context.Context, *bridgev2.Portal) { close(d.handled) },
	}
	return d
}

// GetID returns the message's identifier (see [bridgev2.RemoteMessage]).
func (d *delivery) GetID() networkid.MessageID { return d.id.networkID() }

// run hands the message to bridgev2, waits until it is handled, and looks whether it is in the room.
func (d *delivery) run(ctx context.Context) error {
	if !d.stored.Attempted.IsZero() {
		if there, err := d.account.isThere(ctx, d.GetID()); there || err != nil {
			return err
		}
	}
	if room, err := d.ensureRoom(ctx); err != nil || room == nil {
		return err
	}
	if err := d.openThread(ctx); err != nil {
		return err
	}
	d.renameGhost(ctx)
	if err := d.prefetch(ctx); err != nil {
		return err
	}
	defer d.letGo()
	if err := d.handOver(ctx, d); err != nil {
		return err
	}
	if err := d.outcome(ctx); err != nil {
		return err
	}
	d.refreshPictures()
	return nil
}

// handOver hands an event to bridgev2 and waits until it has handled it, or has let go of it.
func (d *delivery) handOver(ctx context.Context, event bridgev2.RemoteEvent) error {
	if err := d.letWrite(ctx); err != nil {
		return err
	}
	return handover.Do(ctx, d.account.login, event, d.handled, d.account.connector.stalls)
}

// ensureRoom returns the room of the chat, which it makes when there is none; nil when an administrator wants none.
//
// bridgev2 would make it by itself for the message, but says nothing when it cannot (bridgev2/portal.go,
// handleRemoteEvent). Messages of a chat are delivered one after another, so nobody else makes it meanwhile.
func (d *delivery) ensureRoom(ctx context.Context) (*bridgev2.Portal, error) {
	bridge, login := d.account.connector.bridge, d.account.login
	room, err := bridge.GetPortalByKey(ctx, d.PortalKey)
	if err != nil {
		return nil, fmt.Errorf("look up a room: %w", err)
	}
	if handover.HasRoom(room) {
		return room, d.inviteStaffAgain(ctx, room)
	}
	if !bridge.Config.PortalCreateFilter.ShouldAllow(login.ID, d.PortalKey) {
		return nil, nil
	}
	if err := handover.CreateRoom(withDelivery(ctx, d), room, login, nil); err != nil {
		return nil, fmt.Errorf("make a room: %w", err)
	}
	d.account.inviteStaff(ctx, d.in, room)
	return room, nil
}

// deliveryKey is the key of the delivery that a context belongs to.
type deliveryKey struct{}

// withDelivery returns a context that knows what is being delivered, for those that bridgev2 asks on its way.
func withDelivery(ctx context.Context, d *delivery) context.Context {
	return context.WithValue(ctx, deliveryKey{}, d)
}

// deliveryOf returns what is being delivered in a context; nil: nothing.
func deliveryOf(ctx context.Context) *delivery {
	d, _ := ctx.Value(deliveryKey{}).(*delivery)
	return d
}

// outcome tells what became of the message once bridgev2 has handled it.
func (d *delivery) outcome(ctx context.Context) error {
	if d.dropped || d.err != nil {
		return d.err
	}
	there, err := d.account.isThere(ctx, d.GetID())
	if err != nil || there {
		return err
	}
	return d.notTaken(ctx)
}

// notTaken is called when the homeserver has not taken the message. Where it never will, a sentence takes the message's place,
// so that the chat's later messages do not wait for it.
func (d *delivery) notTaken(ctx context.Context) error {
	failure := portal.Failure(d.passing)
	switch {
	case !portal.IsPermanent(failure):
		return errNotInRoom
	case errors.Is(failure, mautrix.MForbidden) && time.Since(d.stored.At) < forbiddenPatience:
		return fmt.Errorf("%w: %v", errNotInRoom, failure) // not its kind: this one is tried again
	case d.refused:
		return failure
	}
	zerolog.Ctx(ctx).Error().Err(failure).Msg("The homeserver does not take a message; a sentence takes its place")
	d.refused, d.handled = true, make(chan struct{})
	if err := d.handOver(ctx, d); err != nil {
		return err
	}
	return d.outcome(ctx)
}
