package whatsapp

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/rs/zerolog"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/bridgev2/networkid"
	"maunium.net/go/mautrix/bridgev2/simplevent"

	"passerelle/portal"
	"passerelle/portal/handover"
	"passerelle/portal/transfer"
)

// strangerPatience is how long a message of somebody without a LID is tried again. WhatsApp itself keeps messages no longer
// than two weeks (whatsmeow/store/sqlstore/store.go, DeleteOldBufferedHashes), and the chat's later messages wait for it.
const strangerPatience = 3 * 24 * time.Hour

// forbiddenPatience is how long a message is tried again that a room's rights keep out, which an administrator can change.
const forbiddenPatience = 24 * time.Hour

// Errors of a delivery that is tried again.
var (
	errNotInRoom  = errors.New("the message is not in its room")
	errNotLoaded  = errors.New("the login is not loaded")
	errUnknownLID = errors.New("WhatsApp does not say who this is")
)

// Deliver brings an arrival into its room (see [portal.Deliverer]).
func (c *Connector) Deliver(ctx context.Context, stored portal.Arrival) error {
	came, message, err := decodeArrival(stored.Payload)
	if err != nil {
		return portal.Permanent(err)
	}
	a, err := c.account(ctx, networkid.UserLoginID(stored.Login))
	if err != nil {
		return err
	}
	switch {
	case came.Kind == arrivalChunk:
		return a.takeChunk(ctx, stored, came, message)
	case !stored.Past && a.awaitsHistory():
		return errBeforeHistory
	case came.Kind == arrivalGroup:
		return a.takeGroupNews(ctx, stored, came)
	case came.Kind == arrivalMarks:
		return a.takeMarks(ctx, came)
	case came.Kind == arrivalOlder:
		return a.tellOlder(ctx, stored, came)
	case !stored.Past && a.holds(stored.Lane):
		return errors.Join(errBeforeHistory, a.release(ctx, stored.Lane)) // which the lane's worker takes up first
	}
	d, err := a.delivery(ctx, came, message)
	switch {
	case errors.Is(err, errUnknownLID) && time.Since(stored.At) > strangerPatience:
		return portal.Permanent(err)
	case err != nil:
		return err
	}
	d.stored = stored
	if came.Kind == arrivalRoom {
		_, err := d.ensureRoom(ctx)
		return err
	}
	return portal.Waiting(d.PortalKey, d.run(ctx))
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

// delivery is one attempt to bring an arrival into its room: the event that bridgev2 handles in the room's goroutine, and
// what it reports to the goroutine that waits.
type delivery struct {
	simplevent.EventMeta
	account *account
	stored  portal.Arrival
	came    *arrival
	message *events.Message // nil: it cannot be read
	chat    types.JID
	id      messageID
	named   networkid.UserID // who published came.PushName

	file      *transfer.File // the message's file, once it has been fetched; nil: it has none, or
	unfetched error          // why the file will never be fetched

	handled chan struct{} // closed by the room's goroutine when bridgev2 has done what it does
	changes bool          // it changes another message, and has no row of its own
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

func (a *account) delivery(ctx context.Context, came *arrival, message *events.Message) (*delivery, error) {
	chat, sender := came.Chat, a.lid
	var err error
	if !came.FromMe {
		if sender, err = a.findLID(ctx, came.Sender, came.SenderAlt); err != nil {
			return nil, err
		}
	}
	if !ofMany(chat) {
		if chat, err = a.findLID(ctx, came.Chat, came.ChatAlt); err != nil {
			return nil, err
		}
	}
	d := &delivery{account: a, came: came, message: message, chat: chat, handled: make(chan struct{})}
	d.id = messageID{chat: portalID(chat), sender: userID(sender), id: came.ID}
	if came.PushName != "" && came.PushName != "-" {
		d.named = d.id.sender
	}
	if came.Unreadable == notYet {
		d.id = d.id.placeholder()
	}
	d.EventMeta = simplevent.EventMeta{
		Type: bridgev2.RemoteEventMessage, PortalKey: portalKey(chat, a.login.ID), Sender: a.sender(sender),
		CreatePortal: true, Timestamp: came.At, StreamOrder: came.At.Unix(),
		MutateContextFunc: func(ctx context.Context) context.Context {
			d.passing = d.stored.WithPassage(withDelivery(ctx, d))
			return d.passing
		},
		PostHandleFunc: func(context.Context, *bridgev2.Portal) { close(d.handled) },
	}
	return d, nil
}

// findLID returns the LID of a person, and asks WhatsApp when it is not known. Its errors are transient: a person without a
// LID cannot be told from others, so nothing is delivered under a phone number.
func (a *account) findLID(ctx context.Context, jid, alt types.JID) (types.JID, error) {
	lid, err := a.knownLID(ctx, jid, alt)
	if err != nil || !lid.IsEmpty() {
		return lid, err
	}
	client := a.current()
	if client == nil {
		return types.EmptyJID, errUnknownLID
	}
	number := types.NewJID(jid.User, types.DefaultUserServer)
	found, err := client.GetUserInfo(ctx, []types.JID{number})
	if err != nil {
		return types.EmptyJID, fmt.Errorf("%w: %w", errUnknownLID, err)
	}
	if lid := found[number].LID; !lid.IsEmpty() {
		return lid.ToNonAD(), nil
	}
	return types.EmptyJID, errUnknownLID
}

// GetID returns the message's identifier (see [bridgev2.RemoteMessage]).
func (d *delivery) GetID() networkid.MessageID { return d.id.networkID() }

// run hands the message to bridgev2, waits until it is handled, and looks whether it is in the room.
func (d *delivery) run(ctx context.Context) error {
	if !d.stored.Attempted.IsZero() {
		there, err := d.inRoom(ctx)
		switch {
		case err != nil:
			return err
		case there:
			return d.remindOfTimer(ctx)
		}
	}
	// First what it is: a change of what nobody sees is not worth a room.
	event, wanted, err := d.changeOf(ctx)
	if err == nil && wanted && d.came.Thread != "" {
		wanted, err = d.hasThread(ctx)
	}
	if err != nil || !wanted {
		return err
	}
	joined, err := d.account.joinsRoom(ctx, d.PortalKey)
	if err != nil {
		return err
	}
	room, err := d.ensureRoom(ctx)
	if err != nil || room == nil {
		return err
	}
	defer joined()
	if d.stored.Past && event == nil && d.came.Thread == "" {
		if late, err := d.comesLate(ctx); err != nil || late {
			return err
		}
	}
	if event != nil {
		d.changes = true
	} else {
		event = d
		if err := d.prefetch(ctx); err != nil {
			return err
		}
		defer d.letGo()
	}
	if err := d.account.handOver(ctx, event, d.handled); err != nil {
		return err
	}
	return d.outcome(ctx)
}

// handOver hands an event to bridgev2 and waits until it has handled it, or has let go of it.
func (a *account) handOver(ctx context.Context, event bridgev2.RemoteEvent, handled <-chan struct{}) error {
	return handover.Do(ctx, a.login, event, handled, a.connector.stalls)
}

// ensureRoom returns the room of the chat, which it makes when there is none; nil when an administrator wants none, or when
// the message is not worth one.
//
// bridgev2 would make it by itself for the message, but says nothing when it cannot (bridgev2/portal.go,
// handleRemoteEvent). Messages of a chat are delivered one after another, so only a command may make it meanwhile.
func (d *delivery) ensureRoom(ctx context.Context) (*bridgev2.Portal, error) {
	bridge, login := d.account.connector.bridge, d.account.login
	room, err := bridge.GetPortalByKey(ctx, d.PortalKey)
	if err != nil {
		return nil, fmt.Errorf("look up a room: %w", err)
	}
	if handover.HasRoom(room) {
		return room, nil
	}
	if to, ok := d.setsTimer(); ok {
		if err := handover.Settle(ctx, login, d.PortalKey); err != nil { // a command may be making it
			return nil, err
		}
		if handover.HasRoom(room) {
			return room, nil
		}
		return nil, d.keepTimer(ctx, room, to)
	}
	if !bridge.Config.PortalCreateFilter.ShouldAllow(login.ID, d.PortalKey) {
		return nil, nil
	}
	if err := handover.CreateRoom(withDelivery(ctx, d), room, login, nil); err != nil {
		return nil, fmt.Errorf("make a room: %w", err)
	}
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
	if d.changes {
		return portal.Failure(d.passing)
	}
	there, err := d.inRoom(ctx)
	if err != nil {
		return err
	}
	if !there {
		return d.notTaken(ctx)
	}
	d.afterwards(ctx)
	return nil
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
	if err := d.account.handOver(ctx, d, d.handled); err != nil {
		return err
	}
	return d.outcome(ctx)
}

// inRoom tells whether bridgev2's table holds the message.
func (d *delivery) inRoom(ctx context.Context) (bool, error) {
	row, err := d.account.connector.bridge.DB.Message.GetFirstPartByID(ctx, d.account.login.ID, d.GetID())
	if err != nil {
		return false, fmt.Errorf("look up a delivered message: %w", err)
	}
	return row != nil, nil
}

// afterwards does what a delivered message makes possible. Nothing of it is needed.
func (d *delivery) afterwards(ctx context.Context) {
	d.account.refreshPictures(d)
	d.account.watchNew(ctx, d.chat)
	d.account.signalEarly(d.GetID())
	d.account.spoke(d.PortalKey.ID)
	if !d.came.Retried {
		return
	}
	bridge := d.account.connector.bridge
	placeholder := d.id.placeholder().networkID()
	row, err := bridge.DB.Message.GetFirstPartByID(ctx, d.account.login.ID, placeholder)
	if err != nil || row == nil {
		return
	}
	d.account.login.QueueRemoteEvent(&simplevent.MessageRemove{
		EventMeta: simplevent.EventMeta{
			Type: bridgev2.RemoteEventMessageRemove, PortalKey: d.PortalKey, Sender: d.Sender, Timestamp: d.Timestamp,
		},
		TargetMessage: placeholder,
	})
}
