package bridge

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v5"
	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/bridgev2/networkid"
	"maunium.net/go/mautrix/bridgev2/status"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/database"
	"passerelle/portal"
	"passerelle/portal/say"
)

// SendMessageStatus learns what became of a Matrix event: a failure is said in the room, in plain words, and a final
// outcome ends the event's stay in the journal.
func (c *matrixConnector) SendMessageStatus(ctx context.Context, ms *bridgev2.MessageStatus, evt *bridgev2.MessageStatusEventInfo) {
	if evt.SourceEventID == "" || ms.Status == event.MessageStatusPending {
		return
	}
	failed := ms.Status == event.MessageStatusFail || ms.Status == event.MessageStatusRetriable
	unscanned := errors.Is(ms.InternalError, portal.ErrScannerAway)
	if failed && (unscanned || database.IsTransient(ms.InternalError)) && c.network.journal.again(evt.SourceEventID) {
		if unscanned {
			c.network.fileWaits(evt.SourceEventID.String(), evt.RoomID, evt.SourceEventID, evt.Sender,
				c.network.sayTo(evt.Sender, say.FileWaitsOut, c.network.title()))
		}
		c.network.log.Warn().Err(ms.InternalError).Stringer("event", evt.SourceEventID).Msg("A Matrix event was not sent on yet; trying again")
		return
	}
	result := outcomeDelivered
	if failed {
		result = outcomeFailed
	}
	if failed && carriesContent(evt.EventType) {
		c.network.log.Warn().Err(ms.InternalError).Stringer("event", evt.SourceEventID).Msg("A Matrix event was not sent on")
	}
	c.network.journal.settle(context.WithoutCancel(ctx), evt.SourceEventID, result)
	if text := c.network.explain(ms, evt); failed && text != "" {
		c.network.tell(evt.RoomID, evt.SourceEventID, evt.Sender, text)
	}
}

// explain returns what the sender of an event that was not sent on is told; "" for what nobody misses. bridgev2's own
// messages are in English and speak of bridges, so they are said in other words.
func (n *network) explain(ms *bridgev2.MessageStatus, evt *bridgev2.MessageStatusEventInfo) string {
	content := carriesContent(evt.EventType) || evt.EventType == event.EventReaction || evt.EventType == event.EventRedaction ||
		evt.EventType == event.StateBeeperDisappearingTimer
	if evt.EventType.IsState() && ms.SendNotice && !ms.ErrorAsMessage {
		return ms.Message // why the network does not take a change of the room
	}
	switch {
	case !content || evt.MessageType == event.MsgNotice || errors.Is(ms.InternalError, bridgev2.ErrNoPortal):
		return ""
	case evt.EventType == event.EventRedaction && errors.Is(ms.InternalError, bridgev2.ErrTargetMessageNotFound):
		return "" // it never crossed, or is deleted there already
	case errors.Is(ms.InternalError, bridgev2.ErrNotLoggedIn) && strings.HasPrefix(ms.Message, "You're "):
		return n.sayTo(evt.Sender, say.NotLinked, n.title())
	case ms.SendNotice && ms.Message != "" && !ms.ErrorAsMessage:
		return ms.Message // the connector's sentence
	case errors.Is(ms.InternalError, bridgev2.ErrMediaTooLarge):
		return n.tooLarge(ms.InternalError, evt.Sender)
	case ms.ErrorReason == event.MessageStatusUnsupported:
		return n.sayTo(evt.Sender, say.NotPossible, n.title())
	case ms.SendNotice:
		return n.sayTo(evt.Sender, say.NotSent, n.title())
	}
	return ""
}

// tooLarge says that a file is larger than a room's capabilities announce, which bridgev2 finds before the connector is asked
// (bridgev2/portal.go, checkMessageContentCaps).
func (n *network) tooLarge(err error, to id.UserID) string {
	var size, limit float64
	_, sizes, _ := strings.Cut(err.Error(), bridgev2.ErrMediaTooLarge.Error()+": ")
	if _, err := fmt.Sscanf(sizes, "%f MiB is larger than the maximum of %f MiB", &size, &limit); err != nil {
		return n.sayTo(to, say.NotPossible, n.title())
	}
	return n.sayTo(to, say.FileTooLarge, size, limit)
}

// refuseClear tells the sender of an unencrypted message that it went no further.
func (n *network) refuseClear(evt *event.Event) {
	if isBeacon(evt.Type) && !n.shares.isNew(evt) { // it is told once, and not with each position
		return
	}
	n.log.Warn().Stringer("event", evt.ID).Stringer("room", evt.RoomID).Msg("Refused an unencrypted message")
	n.host.metrics.count(n.Name, portal.Out, outcomeRefused)
	if !n.bridge().Config.Permissions.Get(evt.Sender).SendEvents {
		return
	}
	n.tell(evt.RoomID, evt.ID, evt.Sender, n.sayTo(evt.Sender, say.EncryptThis))
}

// tell says something to a person in a room, beside what goes on: those who call it hold up a room, or the homeserver.
func (n *network) tell(room id.RoomID, about id.EventID, to id.UserID, text string) {
	now := n.current.Load()
	now.tasks.Go(func() { n.notify(now.ctx, room, about, to, text) })
}

// notify says something to a person in a room, encrypted, as a reply to what it is about. A failure is logged.
func (n *network) notify(ctx context.Context, room id.RoomID, about id.EventID, to id.UserID, text string) (id.EventID, error) {
	content := &event.MessageEventContent{MsgType: event.MsgNotice, Body: text, Mentions: &event.Mentions{}}
	if about != "" {
		content.RelatesTo = (&event.RelatesTo{}).SetReplyTo(about)
	}
	if to != "" {
		content.Mentions.UserIDs = []id.UserID{to}
	}
	wait := backoff.NewExponentialBackOff()
	wait.InitialInterval, wait.MaxInterval = 500*time.Millisecond, 15*time.Second
	sent, err := backoff.Retry(ctx, func() (*mautrix.RespSendEvent, error) {
		// Encrypting puts the ciphertext in the content's place: each attempt has a content of its own.
		sent, err := n.bridge().Bot.SendMessage(ctx, room, event.EventMessage, &event.Content{Parsed: content}, nil)
		if err != nil && !isAway(err) {
			err = backoff.Permanent(err)
		}
		return sent, err
	}, backoff.WithBackOff(wait), backoff.WithMaxElapsedTime(0)) // for as long as the homeserver is away
	if err != nil {
		n.log.Err(err).Stringer("room", room).Msg("A notice could not be sent")
		return "", err
	}
	return sent.EventID, nil
}

// notifyOwner says something to a person in the chat with the bot. A failure is logged.
func (n *network) notifyOwner(ctx context.Context, user *bridgev2.User, text string) {
	room, err := user.GetManagementRoom(ctx)
	if err != nil {
		n.log.Err(err).Msg("A notice to the owner of an account could not be sent")
		return
	}
	n.notify(ctx, room, "", user.MXID, text)
}

// title is the network's name as people write it.
func (n *network) title() string { return n.bridge().Network.GetName().DisplayName }

// SendBridgeStatus learns the state of a login. What its owner must know or do is said in the owner's management room (see
// [teller]).
func (c *matrixConnector) SendBridgeStatus(ctx context.Context, state *status.BridgeState) error {
	if state.RemoteID == "" {
		return nil
	}
	changed := c.network.health.login(state)
	if state.StateEvent == status.StateLoggedOut || state.StateEvent == status.StateConnected && changed {
		now := c.network.current.Load()
		now.tasks.Go(func() { c.network.forgetRelay(now.ctx, state.RemoteID) })
	}
	c.network.teller.observe(ctx, *state)
	return nil
}

// phase is how far a network's bridge has come.
type phase string

const (
	phaseStarting phase = "starting"
	phaseRunning  phase = "running"
	phaseStopping phase = "stopping"
	phaseFailed   phase = "failed"
)

// homeserverAway is the reason that is given while the homeserver does not answer.
const homeserverAway = "the homeserver does not answer"

// health is what can be told of a network's state, without secrets.
type health struct {
	mu     sync.Mutex
	phase  phase
	reason string
	away   bool // the homeserver does not answer
	logins map[networkid.UserLoginID]loginReport
}

func (h *health) set(p phase, reason string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.phase, h.reason = p, reason
}

// setAway notes whether the homeserver answers.
func (h *health) setAway(away bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.away = away
}

// login notes a login's state.
func (h *health) login(state *status.BridgeState) (changed bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.logins == nil {
		h.logins = map[networkid.UserLoginID]loginReport{}
	}
	if state.StateEvent == status.StateLoggedOut {
		delete(h.logins, state.RemoteID)
		return true
	}
	now := loginReport{Login: string(state.RemoteID), State: strings.ToLower(string(state.StateEvent)),
		Error: string(state.Error), Reason: state.Reason, Since: state.Timestamp.Time}
	before := h.logins[state.RemoteID]
	if before.State == now.State && before.Error == now.Error {
		now.Since = before.Since
	}
	h.logins[state.RemoteID] = now
	return before.State != now.State
}

// loginReport is one login's state, for /readyz.
type loginReport struct {
	Login  string    `json:"login"`
	State  string    `json:"state"`
	Error  string    `json:"error,omitempty"`  // the connector's word for what is wrong
	Reason string    `json:"reason,omitempty"` // more of it: a number of the network's, or until when, as RFC 3339
	Since  time.Time `json:"since"`
}

// networkReport is one network's state, for /readyz.
type networkReport struct {
	State  phase         `json:"state"`
	Reason string        `json:"reason,omitempty"`
	Logins []loginReport `json:"logins"`
}

func (h *health) report() networkReport {
	h.mu.Lock()
	defer h.mu.Unlock()
	r := networkReport{State: h.phase, Reason: h.reason, Logins: []loginReport{}}
	if h.away && r.Reason == "" {
		r.Reason = homeserverAway
	}
	r.Logins = slices.AppendSeq(r.Logins, maps.Values(h.logins))
	slices.SortFunc(r.Logins, func(a, b loginReport) int { return strings.Compare(a.Login, b.Login) })
	return r
}
