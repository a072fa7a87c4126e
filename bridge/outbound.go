package bridge

import (
	"context"
	"errors"
	"strings"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/bridgev2/matrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/portal/say"
)

// How long a message waits for a room key that comes late. Its room waits with it, so that order holds; other rooms do not.
const (
	keyPatience     = time.Minute     // for the first message of a session
	keyPatienceMore = 2 * time.Second // for the next ones, once the session's key was given up
)

// handOn hands an event of the homeserver on to bridgev2, decrypted. It is called in the order of the room.
func (n *network) handOn(ctx context.Context, evt *event.Event) {
	ctx = n.newContext(ctx)
	switch {
	case evt.Type.IsState():
		mautrix.UpdateStateStore(ctx, n.matrix().StateStore, evt)
	case evt.Type == event.EventEncrypted:
		decrypted, ok := n.decrypt(ctx, evt)
		if !ok {
			return
		}
		evt = decrypted
	}
	if ctx.Err() != nil {
		return
	}
	if n.settlesAtOnce(ctx, evt) {
		n.journal.settle(ctx, evt.ID, outcomeDelivered)
	}
	n.matrix().EventProcessor.Dispatch(ctx, evt)
}

// decrypt decrypts an event. ok is false when there is nothing to hand on: it has been sent on before, its sender may not
// use the bridge, or it cannot be read, which its sender is told.
func (n *network) decrypt(ctx context.Context, evt *event.Event) (decrypted *event.Event, ok bool) {
	if sent, err := n.bridge().DB.Message.GetPartByMXID(ctx, evt.ID); err == nil && sent != nil {
		n.journal.settle(ctx, evt.ID, outcomeDelivered)
		return nil, false
	}
	if !n.bridge().Config.Permissions.Get(evt.Sender).SendEvents {
		n.matrix().SendMessageStatus(ctx, &bridgev2.ErrNoPermissionToInteract, bridgev2.StatusEventInfoFromEvent(evt))
		return nil, false
	}
	decrypted, err := n.matrix().Crypto.Decrypt(ctx, evt)
	if errors.Is(err, matrix.NoSessionFound) {
		decrypted, err = n.decryptLate(ctx, evt)
	}
	if ctx.Err() != nil {
		return nil, false
	}
	if err == nil && decrypted.Mautrix.TrustState < id.TrustStateUnset {
		err = errors.New("the sender's device is blacklisted")
	}
	if err != nil {
		n.log.Warn().Err(err).Stringer("event", evt.ID).Msg("A message could not be decrypted")
		n.notify(ctx, evt.RoomID, evt.ID, evt.Sender, n.say(say.KeysMissing))
		n.journal.settle(ctx, evt.ID, outcomeFailed)
		return nil, false
	}
	return decrypted, true
}

// decryptLate waits for the key of an event's session, after asking its sender for it.
func (n *network) decryptLate(ctx context.Context, evt *event.Event) (*event.Event, error) {
	content := evt.Content.AsEncrypted()
	patience := keyPatience
	if _, gone := n.lostSessions.Load(content.SessionID); gone {
		patience = keyPatienceMore
	}
	//lint:ignore SA1019 the deprecated fields are what older clients still send; the library asks all devices without them
	sender, device := content.SenderKey, content.DeviceID
	n.matrix().Crypto.RequestSession(ctx, evt.RoomID, sender, content.SessionID, evt.Sender, device)
	for deadline := time.Now().Add(patience); time.Now().Before(deadline) && ctx.Err() == nil; {
		// In short turns: the library does not end its wait with the context.
		if n.matrix().Crypto.WaitForSession(ctx, evt.RoomID, sender, content.SessionID, time.Second) {
			n.lostSessions.Delete(content.SessionID)
			return n.matrix().Crypto.Decrypt(ctx, evt)
		}
	}
	n.lostSessions.Store(content.SessionID, struct{}{})
	return nil, matrix.NoSessionFound
}

// settlesAtOnce tells whether an event's entry ends when it is handed on: a command, since it is run at most once (what it
// does may not bear a second time), and what bridgev2 tells no outcome of (bridgev2/queue.go, QueueMatrixEvent).
func (n *network) settlesAtOnce(ctx context.Context, evt *event.Event) bool {
	if evt.Mautrix.WasEncrypted && !carriesContent(evt.Type) {
		return true
	}
	message, ok := evt.Content.Parsed.(*event.MessageEventContent)
	if ok && evt.Type == event.EventMessage && strings.HasPrefix(message.Body, n.bridge().Config.CommandPrefix) {
		return true
	}
	user, err := n.bridge().GetExistingUserByMXID(ctx, evt.Sender)
	return err == nil && user != nil && user.ManagementRoom == evt.RoomID
}
