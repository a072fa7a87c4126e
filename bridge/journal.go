package bridge

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/database"
	"passerelle/portal"
)

// maxTransaction bounds an appservice transaction, in bytes: a homeserver sends at most 100 events of 64 KiB.
const maxTransaction = 64 << 20

// journal is the way out: the events of a transaction are stored, sealed, before the homeserver is told that they arrived.
// An entry goes when its event's outcome is final. Room messages stand in it as they came, encrypted.
//
// It is also where an unencrypted message of a person's ends: it goes no further than here, and its sender is told.
type journal struct {
	network *network
	ours    func(id.UserID) bool            // tells the bot and the ghosts
	refuse  func(context.Context, envelope) // tells the sender of an unencrypted message

	mu   sync.Mutex
	last string               // the newest transaction that was taken; a homeserver repeats only that one
	open map[id.EventID]start // entries whose outcome is open
}

// start is when an event came.
type start = time.Time

func newJournal(n *network, ours func(id.UserID) bool, refuse func(context.Context, envelope)) *journal {
	return &journal{network: n, ours: ours, refuse: refuse, open: map[id.EventID]start{}}
}

// before returns a handler that journals each transaction and hands it to next.
func (j *journal) before(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		txn, ok := strings.CutPrefix(r.URL.Path, "/_matrix/app/v1/transactions/")
		if !ok || r.Method != http.MethodPut {
			next.ServeHTTP(w, r)
			return
		}
		if !j.network.matrix.AS.CheckServerToken(w, r) {
			return
		}
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxTransaction))
		if err != nil {
			mautrix.MNotJSON.WithMessage("The transaction could not be read").Write(w)
			return
		}
		body, err = j.take(r.Context(), txn, body)
		if err != nil {
			j.network.log.Err(err).Msg("A transaction could not be stored; the homeserver will send it again")
			mautrix.MUnknown.WithMessage("The transaction could not be stored").WithStatus(http.StatusServiceUnavailable).Write(w)
			return
		}
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		next.ServeHTTP(w, r)
	})
}

// take stores what a transaction asks to be done, and returns the transaction without what is refused. A body that is no
// transaction is returned as it is, for the library to refuse.
func (j *journal) take(ctx context.Context, txn string, body []byte) ([]byte, error) {
	var transaction map[string]json.RawMessage
	var events []json.RawMessage
	if json.Unmarshal(body, &transaction) != nil || json.Unmarshal(transaction["events"], &events) != nil {
		return body, nil
	}
	j.mu.Lock()
	repeated := txn == j.last
	j.mu.Unlock()
	var kept []json.RawMessage
	var entries []database.JournalEntry
	now := time.Now()
	for _, raw := range events {
		var evt envelope
		if err := json.Unmarshal(raw, &evt); err != nil {
			j.network.log.Warn().Err(err).Msg("Leaving out an event with fields of the wrong type")
			continue
		}
		switch {
		case evt.isClearMessage() && !j.ours(evt.Sender):
			if !repeated {
				j.refuse(ctx, evt)
			}
			continue
		case !repeated && evt.hasOutcome() && !j.ours(evt.Sender):
			entries = append(entries, database.JournalEntry{Event: evt.ID.String(), At: now, Body: raw})
		}
		kept = append(kept, raw)
	}
	if err := j.network.host.options.Store.PutJournal(ctx, j.network.name, entries); err != nil {
		return nil, err
	}
	if len(entries) > 0 {
		j.network.observe(legJournal, now)
	}
	j.mu.Lock()
	j.last = txn
	for _, e := range entries {
		j.open[id.EventID(e.Event)] = now
	}
	j.mu.Unlock()
	if len(kept) == len(events) {
		return body, nil
	}
	encoded, err := json.Marshal(kept)
	if err != nil {
		return nil, err
	}
	transaction["events"] = encoded
	return json.Marshal(transaction)
}

// settle removes the entry of an event whose outcome is final.
func (j *journal) settle(ctx context.Context, evt id.EventID, outcome outcome) {
	j.mu.Lock()
	came, open := j.open[evt]
	delete(j.open, evt)
	j.mu.Unlock()
	if !open {
		return
	}
	j.network.host.metrics.count(j.network.name, portal.Out, outcome)
	j.network.observe(legOut, came)
	if err := j.network.host.options.Store.RemoveJournal(ctx, j.network.name, evt.String()); err != nil {
		j.network.log.Err(err).Stringer("event", evt).Msg("A settled event stays in the journal")
	}
}

// replay takes up the events whose outcome was open when the bridge last stopped. What is in bridgev2's tables already has
// gone out, and is only struck off.
func (j *journal) replay(ctx context.Context) {
	ctx = j.network.newContext(ctx)
	entries, err := j.network.host.options.Store.Journal(ctx, j.network.name)
	if err != nil {
		j.network.log.Err(err).Msg("The journal cannot be read; what is in it stays there")
		return
	}
	for _, entry := range entries {
		evt := &event.Event{}
		if err := json.Unmarshal(entry.Body, evt); err != nil {
			j.network.log.Err(err).Str("event", entry.Event).Msg("Leaving out a journal entry that is no event")
			continue
		}
		j.mu.Lock()
		_, live := j.open[evt.ID]
		j.open[evt.ID] = entry.At
		j.mu.Unlock()
		if live { // it came after the start: it is being handled
			continue
		}
		if sent, err := j.network.bridge.DB.Message.GetPartByMXID(ctx, evt.ID); err == nil && sent != nil {
			j.settle(ctx, evt.ID, outcomeDelivered)
			continue
		}
		evt.Type.Class = event.MessageEventType
		if err := evt.Content.ParseRaw(evt.Type); err != nil {
			j.network.log.Err(err).Str("event", entry.Event).Msg("Leaving out a journal entry that cannot be read")
			continue
		}
		j.network.matrix.EventProcessor.Dispatch(ctx, evt)
	}
}

// envelope is what the journal reads of an event.
type envelope struct {
	ID       id.EventID `json:"event_id"`
	Room     id.RoomID  `json:"room_id"`
	Sender   id.UserID  `json:"sender"`
	Type     string     `json:"type"`
	StateKey *string    `json:"state_key"`
}

// isClearMessage tells whether the event carries content that a client ought to have encrypted.
func (e envelope) isClearMessage() bool {
	if e.StateKey != nil {
		return false
	}
	switch e.Type {
	case "m.room.message", "m.sticker", "m.poll.start", "m.poll.response", "m.poll.end",
		"org.matrix.msc3381.poll.start", "org.matrix.msc3381.poll.response", "org.matrix.msc3381.poll.end":
		return true
	}
	return false
}

// hasOutcome tells whether bridgev2 reports what became of the event: of messages, reactions and redactions it does.
func (e envelope) hasOutcome() bool {
	if e.StateKey != nil {
		return false
	}
	switch e.Type {
	case "m.room.encrypted", "m.reaction", "m.room.redaction":
		return true
	}
	return false
}
