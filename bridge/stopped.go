package bridge

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/database"
	"passerelle/portal/govern"
	"passerelle/portal/say"
)

// In a portal that administrators have paused or closed, or made read-only, the gate refuses what carries content. Here is stopped what
// the gate does not see: reactions, deletions, changes of members, rights, timers and pins; who types, and who has read.

// writes tells whether staff may write where a portal stands so.
func writes(state govern.State) bool { return state == govern.Open }

// stoppedOut is what the sender of something reads that does not go out where a portal stands so.
func stoppedOut(state govern.State) say.Sentence {
	return map[govern.State]say.Sentence{govern.Paused: say.ChatPausedOut, govern.ReadOnly: say.ChatReadOnlyOut, govern.Closed: say.ChatClosedOut}[state]
}

// reaching are the commands that change something on the network in the chat in whose room they are written.
var reaching = []string{"timer", "invite-link", "approve", "reject"}

// heldBack takes what goes no further than here: a reaction that is its sender's word about a message that waits, an edit of such a
// message, and what the gate does not see in a portal out of which nothing goes.
func (n *network) heldBack(ctx context.Context, evt *event.Event) ending {
	if n.journal.ours(evt.Sender) {
		return goesOn
	}
	taken, err := n.ofWaiting(ctx, evt)
	switch {
	case database.IsTransient(err):
		n.log.Warn().Err(err).Stringer("event", evt.ID).Msg("It cannot be looked up whether an event is about what waits; trying again")
		return tryAgain
	case err != nil:
		n.log.Err(err).Stringer("event", evt.ID).Msg("It cannot be looked up whether an event is about what waits; it goes")
	case taken:
		n.journal.settle(ctx, evt.ID, outcomeDelivered)
		return settled
	}
	state := n.standsIn(evt.RoomID)
	if writes(state) {
		return goesOn
	}
	stops, err := n.stops(ctx, evt)
	switch {
	case database.IsTransient(err):
		n.log.Warn().Err(err).Stringer("event", evt.ID).Msg("It cannot be looked up what an event deletes; trying again")
		return tryAgain
	case err != nil: // it is not let out for that
		n.log.Err(err).Stringer("event", evt.ID).Msg("It cannot be looked up what an event deletes; it does not go")
		stops = true
	}
	if !stops {
		return goesOn
	}
	n.journal.settle(ctx, evt.ID, outcomeFailed)
	text := n.sayTo(evt.Sender, stoppedOut(state))
	if evt.Type == event.EventRedaction {
		text += "\n" + n.sayTo(evt.Sender, say.StoppedDeletion, n.title())
	}
	n.tell(evt.RoomID, evt.ID, evt.Sender, text)
	if evt.StateKey != nil {
		if err := n.showAsIs(ctx, evt); err != nil {
			n.log.Err(err).Stringer("room", evt.RoomID).Msg("A room goes on showing a change that did not go out")
		}
	}
	return settled
}

// showAsIs undoes in a room what staff changed there of the members, the rights or the timer.
func (n *network) showAsIs(ctx context.Context, changed *event.Event) error {
	at, err := n.bridge().GetPortalByMXID(ctx, changed.RoomID)
	if err != nil || at == nil {
		return err
	}
	switch changed.Type {
	case event.StateBeeperDisappearingTimer:
		_, err := n.bridge().Bot.SendState(ctx, at.MXID, changed.Type, "", &event.Content{Parsed: at.Disappear.ToEventContent()}, time.Now())
		return err
	case event.StateMember, event.StatePowerLevels:
		logins, err := n.loginsIn(ctx, at.PortalKey)
		if err != nil || len(logins) == 0 {
			return err
		}
		return n.syncMembers(at.PortalKey, logins[0])
	}
	return nil
}

// ofWaiting takes what is about a message that waits for a decision, and tells whether that was all.
func (n *network) ofWaiting(ctx context.Context, evt *event.Event) (bool, error) {
	switch content := evt.Content.Parsed.(type) {
	case *event.ReactionEventContent:
		return n.confirms(ctx, evt)
	case *event.RedactionEventContent:
		return false, n.takesBack(ctx, evt)
	case *event.MessageEventContent:
		return n.waitsWith(ctx, evt, content.RelatesTo.GetReplaceID())
	}
	return false, nil
}

// waitsWith tells whether an event edits a message that waits for a decision. It is fetched from the room after that message.
func (n *network) waitsWith(ctx context.Context, evt *event.Event, edits id.EventID) (bool, error) {
	if edits == "" {
		return false, nil
	}
	a, ok, err := n.host.options.Store.ApprovalOf(ctx, n.Name, edits)
	if err != nil || !ok || a.Outcome != "" || a.Sender != evt.Sender.String() {
		return false, err
	}
	n.tell(evt.RoomID, evt.ID, evt.Sender, n.sayTo(evt.Sender, say.HeldChange, n.title()))
	return true, nil
}

// editsOf fetches the edits that a sender has made of a message, as the room holds them, the oldest first.
func (n *network) editsOf(ctx context.Context, room id.RoomID, message id.EventID, by id.UserID) (edits [][]byte, err error) {
	found, err := n.matrix().Bot.Client.GetRelations(ctx, room, message, &mautrix.ReqGetRelations{RelationType: event.RelReplace, Limit: mostEdits})
	if err != nil {
		return nil, fmt.Errorf("look for a message's edits: %w", err)
	}
	slices.SortStableFunc(found.Chunk, func(a, b *event.Event) int { return int(a.Timestamp - b.Timestamp) })
	for _, evt := range found.Chunk {
		if evt.Sender != by {
			continue
		}
		raw, err := n.fetchEvent(ctx, room, evt.ID)
		switch {
		case errors.Is(err, errGone):
		case err != nil:
			return nil, err
		default:
			edits = append(edits, raw)
		}
	}
	return edits, nil
}

// stops tells whether an event is one that the gate does not see, and would reach the network.
func (n *network) stops(ctx context.Context, evt *event.Event) (bool, error) {
	switch evt.Type {
	case event.EventReaction, event.StatePowerLevels, event.StateBeeperDisappearingTimer, event.StatePinnedEvents:
		return true, nil
	case event.StateMember:
		_, contact := n.matrix().ParseGhostMXID(id.UserID(evt.GetStateKey()))
		return contact, nil
	case event.EventRedaction: // of what never went out nobody need hear
		message, err := n.bridge().DB.Message.GetPartByMXID(ctx, redacted(evt))
		if err != nil || message != nil {
			return message != nil, err
		}
		reaction, err := n.bridge().DB.Reaction.GetByMXID(ctx, redacted(evt))
		return reaction != nil, err
	}
	return false, nil
}

// hush takes out of a transaction who types where nobody may write, and who has read where nothing crosses. In a read-only portal people
// read, and the contact learns that they have.
//
// Homeservers tell of it in two fields (Matrix Application Service API, "Pushing ephemeral data", and MSC2409, by which that was tried).
// What was read meanwhile is told by the next receipt after the portal is reopened: it reaches back to the last one that was told.
func (n *network) hush(transaction map[string]json.RawMessage) error {
	for _, field := range []string{"ephemeral", "de.sorunome.msc2409.ephemeral"} {
		var all []json.RawMessage
		if given, ok := transaction[field]; !ok {
			continue
		} else if err := json.Unmarshal(given, &all); err != nil {
			return err
		}
		kept := make([]json.RawMessage, 0, len(all))
		for _, raw := range all {
			if raw = n.hushed(raw); raw != nil {
				kept = append(kept, raw)
			}
		}
		said, err := json.Marshal(kept)
		if err != nil {
			return err
		}
		transaction[field] = said
	}
	return nil
}

// hushed is what may go on of a piece of ephemeral data; nil: nothing. That nobody types may always be told.
func (n *network) hushed(raw json.RawMessage) json.RawMessage {
	var told struct {
		Type string    `json:"type"`
		Room id.RoomID `json:"room_id"`
	}
	if json.Unmarshal(raw, &told) != nil || told.Room == "" {
		return raw // the library leaves it out, or it is about no room
	}
	state := n.standsIn(told.Room)
	switch {
	case writes(state):
		return raw
	case told.Type == event.EphemeralEventTyping.Type:
		nobody, err := json.Marshal(map[string]any{"type": told.Type, "room_id": told.Room, "content": event.TypingEventContent{UserIDs: []id.UserID{}}})
		if err != nil {
			return nil
		}
		return nobody
	case told.Type == event.EphemeralEventReceipt.Type && state != govern.ReadOnly:
		return nil
	}
	return raw
}

// stopTyping has the network told that nobody types any more in a room out of which nothing goes from now on.
func (n *network) stopTyping(ctx context.Context, at *bridgev2.Portal) {
	n.bridge().QueueMatrixEvent(ctx, &event.Event{
		Type: event.EphemeralEventTyping, RoomID: at.MXID, Content: event.Content{Parsed: &event.TypingEventContent{UserIDs: []id.UserID{}}},
		Mautrix: event.MautrixInfo{EventSource: event.SourceEphemeral},
	})
}

// showsTyping tells whether it is shown in a room that a contact types.
func (n *network) showsTyping(room id.RoomID) bool {
	state := n.standsIn(room)
	return state != govern.Paused && state != govern.Closed
}
