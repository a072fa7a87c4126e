package bridge

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/cenkalti/backoff/v5"
	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/database"
	"passerelle/portal"
	"passerelle/portal/govern"
	"passerelle/portal/handover"
	"passerelle/portal/say"
)

// What somebody has to decide about waits: what comes in stays in the inbox, sealed, out of its lane; what goes out is in its room,
// and only its event ID is kept. Once it is decided, both go their way once more, and the gate knows the answer.

// approvalsLast is how long something waits for a decision at most. Then it is refused.
const approvalsLast = 14 * 24 * time.Hour

// confirmWith is what a sender reacts to their own message with, so that it goes out all the same.
const confirmWith = "✅"

// park has an arrival wait for a decision. It is false when the decision has been made meanwhile: the arrival is to be delivered
// again.
func (in *inbox) park(ctx context.Context, a *waitingArrival, refusal *portal.Refusal) (parked bool, err error) {
	n := in.network
	in.unqueue(a.Seq) // before it is parked: who decides right after that queues it
	parked, err = n.host.options.Store.Park(ctx, n.Name, a.Seq, refusal.Of.Key)
	if err != nil || !parked {
		in.setQueued(a.Seq)
		return parked, err
	}
	if refusal.Verdict.Rule != rulePaused { // of which the room has been told
		n.sayInPortal(ctx, govern.PortalKey{ID: refusal.Of.Portal, Receiver: refusal.Of.Receiver}, say.HeldIn, n.title())
	}
	return true, nil
}

// setQueued notes that an arrival is in its lane.
func (in *inbox) setQueued(seq int64) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.queued[seq] = true
}

// sayInPortal says a sentence in a portal's room, if it has one.
func (n *network) sayInPortal(ctx context.Context, key govern.PortalKey, sentence say.Sentence, args ...any) {
	at, err := n.bridge().GetExistingPortalByKey(ctx, theirKey(key))
	switch {
	case err != nil:
		n.log.Err(err).Msg("A room could not be looked up; something is not said there")
	case handover.HasRoom(at):
		n.tell(at.MXID, "", "", n.say(sentence, args...))
	}
}

// decide brings a decision about. It fails with the errors of package govern.
func (h *Host) decide(ctx context.Context, number int64, outcome portal.Outcome, by id.UserID) error {
	decided, freed, err := h.options.Store.DecideApproval(ctx, number, outcome, by, time.Now())
	if err != nil {
		return err
	}
	n := h.network(decided.Network)
	if n == nil { // its network is not configured any more
		return nil
	}
	for _, a := range freed {
		n.inbox.freeing(a.Seq, decided.Key)
		n.inbox.queue(a)
	}
	if decided.Direction == portal.Out {
		select {
		case n.decided <- struct{}{}:
		default:
		}
	}
	return nil
}

// handAgain hands on what was decided and goes out.
func (n *network) handAgain(ctx context.Context, decided database.Approval) error {
	evt := heldEvent(decided)
	if decided.Outcome == portal.Admit {
		raw, err := n.fetchEvent(ctx, decided.Room, evt)
		switch {
		case errors.Is(err, errGone):
			if err := n.gate.TakenBack(ctx, crossingOf(decided), decided.Rule); err != nil {
				return err
			}
			n.tell(decided.Room, evt, id.UserID(decided.Sender), n.sayTo(id.UserID(decided.Sender), say.HeldGone, n.title()))
		case err != nil:
			return fmt.Errorf("fetch what was approved: %w", err)
		default:
			edits, err := n.editsOf(ctx, decided.Room, evt, id.UserID(decided.Sender))
			if err != nil {
				return err
			}
			for _, each := range append([][]byte{raw}, edits...) {
				if err := n.journal.takeAgain(ctx, each); err != nil {
					return err
				}
			}
		}
	} else if decided.WaitsFor == portal.Hold {
		n.tell(decided.Room, evt, id.UserID(decided.Sender), n.sayTo(id.UserID(decided.Sender), say.HeldRejected, n.title()))
	}
	return n.host.options.Store.HandedOn(ctx, decided.Number)
}

// errGone is the error of an event that is not in its room any more.
var errGone = errors.New("the event was deleted")

// fetchEvent returns an event as its room holds it, encrypted (Matrix Client-Server API, GET /rooms/{roomId}/event/{eventId}).
func (n *network) fetchEvent(ctx context.Context, room id.RoomID, evt id.EventID) ([]byte, error) {
	client := n.matrix().Bot.Client
	raw, err := client.MakeRequest(ctx, http.MethodGet, client.BuildClientURL("v3", "rooms", room, "event", evt), nil, nil)
	if errors.Is(err, mautrix.MNotFound) {
		return nil, errGone
	}
	if err != nil {
		return nil, err
	}
	parsed, err := parseEvent(raw)
	if err == nil && (parsed.Unsigned.RedactedBecause != nil || len(parsed.Content.VeryRaw) <= len("{}")) {
		err = errGone
	}
	return raw, err
}

// takeAgain stores and queues an event that came before and has been given up.
func (j *journal) takeAgain(ctx context.Context, raw []byte) error {
	evt, err := parseEvent(raw)
	if err != nil {
		return fmt.Errorf("read an event again: %w", err)
	}
	if j.isOpen(evt.ID) {
		return nil
	}
	now := time.Now()
	entry := database.JournalEntry{Event: evt.ID.String(), At: now, Body: raw}
	if err := j.network.host.options.Store.AddJournal(ctx, j.network.Name, entry); err != nil {
		return err
	}
	j.mu.Lock()
	j.open[evt.ID] = newEntry(now)
	j.mu.Unlock()
	j.lanes.put(evt.RoomID.String(), evt)
	return nil
}

// bringAbout brings about what is decided and goes out, and refuses what has waited for too long, until ctx ends.
func (n *network) bringAbout(ctx context.Context) {
	again := backoff.NewExponentialBackOff()
	again.InitialInterval, again.MaxInterval = 500*time.Millisecond, 15*time.Second
	for {
		wait := time.Hour
		if err := n.bringAboutOnce(ctx); err == nil {
			again.Reset()
		} else if ctx.Err() == nil {
			n.log.Err(err).Msg("Not everything that was decided has been brought about; trying again")
			wait = again.NextBackOff()
		}
		select {
		case <-ctx.Done():
			return
		case <-n.decided:
		case <-time.After(wait):
		}
	}
}

func (n *network) bringAboutOnce(ctx context.Context) error {
	open, err := n.host.options.Store.NotHandedOn(ctx, n.Name)
	for _, decided := range open {
		err = errors.Join(err, n.handAgain(ctx, decided))
	}
	waiting, listed := n.host.options.Store.Approvals(ctx, time.Now())
	err = errors.Join(err, listed)
	for _, a := range waiting {
		if a.Network == n.Name && a.Outcome == "" && a.Rule != rulePaused && time.Since(a.At) > approvalsLast {
			err = errors.Join(err, n.host.decide(ctx, a.Number, portal.Refuse, ""))
		}
	}
	return err
}

// confirms tells whether an event is its sender's word that a message of theirs goes out all the same, and brings that about.
func (n *network) confirms(ctx context.Context, evt *event.Event) (bool, error) {
	reaction, ok := evt.Content.Parsed.(*event.ReactionEventContent)
	if !ok || evt.Type != event.EventReaction || strings.TrimSuffix(reaction.RelatesTo.Key, "\ufe0f") != confirmWith {
		return false, nil
	}
	a, ok, err := n.host.options.Store.ApprovalOf(ctx, n.Name, reaction.RelatesTo.EventID)
	if err != nil || !ok || a.WaitsFor != portal.Confirm || a.Sender != evt.Sender.String() || a.Outcome != "" {
		return false, err
	}
	err = n.host.decide(ctx, a.Number, portal.Admit, evt.Sender)
	if errors.Is(err, govern.ErrDecided) {
		err = nil
	}
	return true, err
}
