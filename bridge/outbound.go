package bridge

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/cenkalti/backoff/v5"
	"golang.org/x/time/rate"
	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/bridgev2/matrix"
	"maunium.net/go/mautrix/crypto"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/database"
	"passerelle/portal/say"
)

// How long a message waits for a room key that comes late. Its room waits with it, so that order holds; other rooms do not.
// The time in which no key can come, since the homeserver is away, does not count.
const (
	keyPatience     = time.Minute     // for the first message of a session
	keyPatienceMore = 2 * time.Second // for the next ones, once the session's key was given up
	keyTurn         = time.Second     // the library does not end its wait with the context
	keyHurry        = 5 * time.Second // between looks at what the homeserver has, should it have forgotten to tell
)

// handOn hands an event of the homeserver on to bridgev2, decrypted, and returns when its outcome is final: the next event of
// its room comes after it. What fails because a database is away is tried again.
func (n *network) handOn(ctx context.Context, evt *event.Event) (ended bool) {
	ctx = n.newContext(ctx)
	if isClearMessage(evt) && !n.journal.ours(evt.Sender) {
		n.refuseClear(evt)
		return true
	}
	if evt.Type.IsState() {
		mautrix.UpdateStateStore(ctx, n.matrix().StateStore, evt)
	}
	wait := backoff.NewExponentialBackOff()
	wait.InitialInterval, wait.MaxInterval = 200*time.Millisecond, 15*time.Second
	waiting, end := context.WithCancel(ctx)
	defer end()
	n.scans.out.begin(evt.ID, end)
	defer n.scans.out.end(evt.ID)
	for n.try(ctx, evt) == tryAgain {
		select {
		case <-waiting.Done():
		case <-time.After(wait.NextBackOff()):
		}
		if ctx.Err() != nil {
			return false
		}
		if waiting.Err() != nil { // its sender has deleted it
			n.journal.settle(ctx, evt.ID, outcomeWithdrawn)
			break
		}
	}
	if ctx.Err() == nil { // otherwise it may wait again after the restart
		n.fileGoes(evt.ID.String())
	}
	return true
}

// try makes one attempt to send an event on.
func (n *network) try(ctx context.Context, evt *event.Event) ending {
	n.journal.begin(evt.ID)
	if evt.Type == event.EventEncrypted {
		decrypted, err := n.decrypt(ctx, evt)
		switch {
		case database.IsTransient(err):
			n.log.Warn().Err(err).Stringer("event", evt.ID).Msg("A message cannot be decrypted now; trying again")
			return tryAgain
		case err != nil || decrypted == nil || ctx.Err() != nil:
			return settled
		}
		evt = decrypted
	}
	n.spellOut(evt)
	if isPollEnd(evt.Type) {
		end := n.fromPollEnd(evt)
		if end == nil {
			n.journal.settle(ctx, evt.ID, outcomeDelivered)
			return settled
		}
		evt = end
	}
	if end := n.fromShareEnd(evt); end != nil {
		evt = end
	}
	if isBeacon(evt.Type) {
		location, err := n.fromBeacon(ctx, evt)
		switch {
		case database.IsTransient(err), isAway(err):
			n.log.Warn().Err(err).Stringer("event", evt.ID).Msg("A position cannot be sent on now; trying again")
			return tryAgain
		case err != nil:
			n.log.Err(err).Stringer("event", evt.ID).Msg("A position cannot be sent on")
		}
		if location == nil {
			n.journal.settle(ctx, evt.ID, outcomeDelivered)
			return settled
		}
		evt = location
	}
	if how := n.heldBack(ctx, evt); how != goesOn {
		return how
	}
	if n.settlesAtOnce(ctx, evt) {
		n.journal.settle(ctx, evt.ID, outcomeDelivered)
	} else if how := n.mayGo(ctx, evt); how != goesOn {
		return how
	}
	n.unshow(ctx, evt)
	ctx = withReader(ctx, evt.Sender)
	if !n.accepts(ctx, evt) {
		n.dispatch(ctx, evt)
	}
	if evt.Type.IsState() {
		n.welcome(ctx, evt)
		n.pin(ctx, evt)
		n.journal.settle(ctx, evt.ID, outcomeDelivered)
	}
	return n.journal.await(ctx, evt.ID)
}

// decrypt decrypts an event. It returns nil when there is nothing to hand on: the event has been sent on before, its sender
// may not use the bridge, or it cannot be read, which its sender is told. An error is one of a database.
func (n *network) decrypt(ctx context.Context, evt *event.Event) (*event.Event, error) {
	sent, err := n.bridge().DB.Message.GetPartByMXID(ctx, evt.ID)
	if err != nil {
		return nil, err
	}
	if sent != nil {
		n.journal.settle(ctx, evt.ID, outcomeDelivered)
		return nil, nil
	}
	if !n.bridge().Config.Permissions.Get(evt.Sender).SendEvents {
		n.matrix().SendMessageStatus(ctx, &bridgev2.ErrNoPermissionToInteract, bridgev2.StatusEventInfoFromEvent(evt))
		return nil, nil
	}
	noting, away := database.NotingOutages(ctx)
	decrypted, err := n.matrix().Crypto.Decrypt(noting, evt)
	if errors.Is(err, matrix.NoSessionFound) {
		decrypted, err = n.decryptLate(noting, evt)
	}
	if errors.Is(err, crypto.ErrRatchetError) && away() != nil {
		err = away() // the library does not say why it could not store a session that it has just used
	}
	if ctx.Err() != nil || database.IsTransient(err) {
		return nil, err
	}
	if err == nil && decrypted.Mautrix.TrustState < id.TrustStateUnset {
		err = errors.New("the sender's device is blacklisted")
	}
	if err != nil {
		n.log.Warn().Err(err).Stringer("event", evt.ID).Msg("A message could not be decrypted")
		n.journal.settle(ctx, evt.ID, outcomeFailed)
		text := n.sayTo(evt.Sender, say.KeysMissing)
		if isMeant(n.current.Load().keys.withheld.code(evt.Sender, evt.Content.AsEncrypted().SessionID)) {
			text = n.sayTo(evt.Sender, say.KeysWithheld)
		}
		n.tell(evt.RoomID, evt.ID, evt.Sender, text)
		return nil, nil
	}
	return decrypted, nil
}

// decryptLate waits for the key of an event's session, after asking its sender for it. A key that is withheld may still come,
// unless the sender's app says that it never will.
func (n *network) decryptLate(ctx context.Context, evt *event.Event) (*event.Event, error) {
	content := evt.Content.AsEncrypted()
	patience := keyPatience
	if _, gone := n.lostSessions.Load(content.SessionID); gone {
		patience = keyPatienceMore
	}
	//lint:ignore SA1019 the deprecated fields are what older clients still send; the library asks all devices without them
	sender, device := content.SenderKey, content.DeviceID
	keys, asked := n.current.Load().keys, false
	hurry := rate.Sometimes{Interval: keyHurry}
	for waited := time.Duration(0); waited < patience && ctx.Err() == nil; {
		hears := keys.hears()
		if hears && !asked {
			keys.RequestSession(ctx, evt.RoomID, sender, content.SessionID, evt.Sender, device)
		}
		asked = hears // a homeserver that was away may have lost the request
		if waited > 0 {
			hurry.Do(keys.hurry)
		}
		began := time.Now()
		if keys.WaitForSession(ctx, evt.RoomID, sender, content.SessionID, keyTurn) {
			n.lostSessions.Delete(content.SessionID)
			return keys.Decrypt(ctx, evt)
		}
		if isFinal(keys.withheld.code(evt.Sender, content.SessionID)) {
			break
		}
		if hears {
			waited += time.Since(began)
		}
	}
	if ctx.Err() == nil {
		n.lostSessions.Store(content.SessionID, struct{}{})
	}
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

// spellOut gives a command that is written behind the network's short name ("!wa help") the whole one, which bridgev2 knows.
func (n *network) spellOut(evt *event.Event) {
	message, ok := evt.Content.Parsed.(*event.MessageEventContent)
	if !ok || n.Short == "" || evt.Type != event.EventMessage {
		return
	}
	short := "!" + n.Short
	if rest, found := strings.CutPrefix(message.Body, short); found && (rest == "" || rest[0] == ' ') {
		message.Body = n.bridge().Config.CommandPrefix + rest
	}
}
