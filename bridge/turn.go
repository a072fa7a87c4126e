package bridge

import (
	"context"
	"sync"

	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/database"
)

// Pacing is a connector that lets some of what people write wait for its turn, so that its network does not take their
// accounts for spammers'.
//
// It waits in front of bridgev2, in its room's lane of the journal: the rest of the room waits behind it and no other room does,
// what the contact writes meanwhile comes in, no time limit of bridgev2's counts, and after a restart it waits again.
type Pacing interface {
	// AwaitTurn returns when a message may go to a room's chat. If that takes a while, it calls says once, with the sentence
	// that the sender reads meanwhile. An error is that of ctx, or of a database.
	AwaitTurn(ctx context.Context, to *bridgev2.Portal, message *event.Event, says func(text string)) error
	// Waiting counts what waits now, by the limit that it waits for.
	Waiting() map[string]int
}

// turns are the messages that wait for their turn.
type turns struct {
	notices memory // by message: the notice that says that it waits

	mu      sync.Mutex
	waiting map[id.EventID]context.CancelFunc // guarded by mu; ends the wait
}

// await returns when it is a message's turn. It is false when the message is to go no further: its sender has deleted it.
func (n *network) awaitTurn(ctx context.Context, evt *event.Event) (goes bool, err error) {
	pacing, ok := n.bridge().Network.(Pacing)
	if !ok || !opens(evt) {
		return true, nil
	}
	room, err := n.bridge().GetPortalByMXID(ctx, evt.RoomID)
	if err != nil || room == nil {
		return true, err
	}
	waiting, end := context.WithCancel(ctx)
	defer end()
	n.turns.begin(evt.ID, end)
	defer n.turns.end(evt.ID)
	said := n.turns.notices.get(evt.ID.String()) != "" // before a restart
	var saying sync.WaitGroup
	now := n.current.Load()
	err = pacing.AwaitTurn(waiting, room, evt, func(text string) {
		if said {
			return
		}
		said = true
		saying.Add(1)
		now.tasks.Go(func() {
			defer saying.Done()
			if notice, err := n.notify(now.ctx, evt.RoomID, evt.ID, evt.Sender, text); err == nil {
				n.turns.notices.set(now.ctx, evt.ID.String(), notice.String())
			}
		})
	})
	if ctx.Err() != nil {
		return false, ctx.Err() // it waits again after the restart, and its notice stands
	}
	if said {
		now.tasks.Go(func() {
			saying.Wait()
			n.withdraw(now.ctx, evt)
		})
	}
	if waiting.Err() != nil {
		n.journal.settle(ctx, evt.ID, outcomeWithdrawn)
		return false, nil
	}
	return true, err
}

// opens tells whether an event may open a chat: what changes or answers to something is part of one.
func opens(evt *event.Event) bool {
	switch content := evt.Content.Parsed.(type) {
	case *event.MessageEventContent:
		return content.RelatesTo.GetReplaceID() == ""
	case *event.PollStartEventContent:
		return true
	}
	return false
}

// withdraw takes the notice back that a message waits.
func (n *network) withdraw(ctx context.Context, evt *event.Event) {
	notice := n.turns.notices.get(evt.ID.String())
	if notice == "" {
		return
	}
	_, err := n.bridge().Bot.SendMessage(ctx, evt.RoomID, event.EventRedaction, &event.Content{
		Parsed: &event.RedactionEventContent{Redacts: id.EventID(notice)},
	}, nil)
	switch {
	case err == nil:
		n.turns.notices.set(ctx, evt.ID.String(), "")
	case ctx.Err() == nil:
		n.log.Warn().Err(err).Stringer("event", evt.ID).Msg("A notice that a message waits stays, though it does not any more")
		n.turns.notices.set(ctx, evt.ID.String(), "")
	}
}

func (t *turns) begin(message id.EventID, end context.CancelFunc) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.waiting == nil {
		t.waiting = map[id.EventID]context.CancelFunc{}
	}
	t.waiting[message] = end
}

func (t *turns) end(message id.EventID) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.waiting, message)
}

// deleted ends the wait of a message that its sender deletes. The homeserver sees to it that nobody else does (Matrix
// Client-Server API, "Redactions").
func (t *turns) deleted(redaction *event.Event) {
	target := redacted(redaction)
	t.mu.Lock()
	defer t.mu.Unlock()
	if end := t.waiting[target]; end != nil {
		end()
	}
}

// mayGo is awaitTurn for the way out: what cannot be looked up because a database is away is tried again, and otherwise goes.
func (n *network) mayGo(ctx context.Context, evt *event.Event) ending {
	goes, err := n.awaitTurn(ctx, evt)
	switch {
	case database.IsTransient(err):
		n.log.Warn().Err(err).Stringer("event", evt.ID).Msg("It cannot be looked up whether a message is to wait; trying again")
		return tryAgain
	case !goes:
		return settled
	case err != nil:
		n.log.Err(err).Stringer("event", evt.ID).Msg("It cannot be looked up whether a message is to wait; it goes")
	}
	return goesOn
}
