package whatsapp

import (
	"context"
	"slices"
	"sync"

	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/bridgev2/networkid"
	"maunium.net/go/mautrix/bridgev2/simplevent"

	"passerelle/portal/handover"
)

// mostSignals bounds what waits of an account: signals on their way, and receipts for messages that are still to come.
const mostSignals = 512

// signals are what passes without being stored: receipts, and who types. They go their own way to bridgev2, because a room
// that is behind holds up who hands it something (bridgev2/portal.go, queueEvent), and whatsmeow's goroutine, which brings
// the messages of all rooms, must not wait for it. When too many wait, further ones are lost.
type signals struct {
	mu      sync.Mutex
	waiting []bridgev2.RemoteEvent // guarded by mu
	passing bool                   // guarded by mu; a goroutine passes them on
	early   []earlyReceipt         // guarded by mu
}

// earlyReceipt is a receipt for a message that is not in its room yet: what the phone shows is read at once, while the message
// waits in the inbox.
type earlyReceipt struct {
	target  networkid.MessageID
	receipt *simplevent.Receipt
}

// signal passes an event on to its room, if there is one. It does not wait.
func (a *account) signal(event bridgev2.RemoteEvent) {
	s := &a.signals
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.waiting) >= mostSignals {
		a.log.Debug().Stringer("event", event.GetType()).Msg("Too many signals wait; one is lost")
		return
	}
	s.waiting = append(s.waiting, event)
	if !s.passing {
		s.passing = true
		a.spawn(a.passSignals)
	}
}

// passSignals passes on what waits, in order, and returns when nothing does.
func (a *account) passSignals(ctx context.Context) {
	for {
		a.signals.mu.Lock()
		if len(a.signals.waiting) == 0 || ctx.Err() != nil {
			a.signals.passing = false
			a.signals.mu.Unlock()
			return
		}
		next := a.signals.waiting[0]
		a.signals.waiting = slices.Delete(a.signals.waiting, 0, 1)
		a.signals.mu.Unlock()
		a.pass(ctx, next)
	}
}

func (a *account) pass(ctx context.Context, event bridgev2.RemoteEvent) {
	room, err := a.connector.bridge.GetExistingPortalByKey(ctx, event.GetPortalKey())
	switch {
	case err != nil:
		a.log.Err(err).Stringer("event", event.GetType()).Msg("A room could not be looked up; a signal is lost")
	case handover.HasRoom(room):
		a.login.QueueRemoteEvent(event)
	default:
		if receipt, ok := event.(*simplevent.Receipt); ok {
			a.signals.keep(receipt, receipt.Targets)
		}
	}
}

// keep keeps a receipt until its messages are in their room. The oldest ones give way.
func (s *signals) keep(receipt *simplevent.Receipt, targets []networkid.MessageID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, target := range targets {
		s.early = append(s.early, earlyReceipt{target: target, receipt: receipt})
	}
	s.early = slices.Delete(s.early, 0, max(0, len(s.early)-mostSignals))
}

// take returns the receipts that were kept for a message, each for this message alone.
func (s *signals) take(target networkid.MessageID) (receipts []*simplevent.Receipt) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.early = slices.DeleteFunc(s.early, func(early earlyReceipt) bool {
		if early.target != target {
			return false
		}
		receipt := *early.receipt
		receipt.Targets = []networkid.MessageID{target}
		receipts = append(receipts, &receipt)
		return true
	})
	return receipts
}

// signalEarly passes on what came about a message before the message was in its room.
func (a *account) signalEarly(about networkid.MessageID) {
	for _, receipt := range a.signals.take(about) {
		receipt.PreHandleFunc = nil
		a.signal(receipt)
	}
}
