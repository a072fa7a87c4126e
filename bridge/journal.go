package bridge

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v5"
	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/database"
	"passerelle/portal"
)

// maxTransaction bounds an appservice transaction, in bytes. Homeservers send at most 100 events, as many to-device events,
// receipts and the like, of 64 KiB each, and in mode transactions the users whose devices have changed: less than half of it.
const maxTransaction = 64 << 20

// storePatience is for how long the storing of a transaction is tried while the database is away. A homeserver that is answered
// with an error, or gives up, sends the transaction again; Dendrite sends newer ones before it.
const storePatience = time.Minute

// journal is the way out: the events of a transaction are stored, sealed, before the homeserver is told that they arrived,
// and handed on in order within their room. An entry goes when its event's outcome is final; what is left at a start is
// taken up again. Room messages stand in it as they came, encrypted.
//
// An unencrypted message of a person's goes no further than its lane (see [network.handOn]).
type journal struct {
	network *network
	ours    func(id.UserID) bool // tells the bot and the ghosts
	lanes   *lanes[*event.Event] // by room

	// A homeserver repeats its newest transaction until that is answered, over our restarts too.
	taking sync.Mutex          // one transaction at a time
	last   string              // guarded by taking; the newest transaction that this process took
	taken  map[id.EventID]bool // guarded by taking; the events with an outcome of the newest transaction that gave entries

	mu   sync.Mutex
	open map[id.EventID]*entry // guarded by mu; entries whose outcome is open

	noEvents int // entries that load left out; nothing writes it afterwards
}

// entry is an event whose outcome is open.
type entry struct {
	came  time.Time
	ended chan ending // holds how the last attempt ended
}

// ending is how an attempt to send an event on ended.
type ending string

const (
	settled  ending = "settled"   // it is final, or nobody will tell
	tryAgain ending = "try again" // it failed for a reason that passes
	goesOn   ending = "goes on"   // it has not ended
)

func newEntry(came time.Time) *entry { return &entry{came: came, ended: make(chan ending, 1)} }

// end notes how an attempt ended, unless it is noted already.
func (e *entry) end(how ending) {
	select {
	case e.ended <- how:
	default:
	}
}

func newJournal(n *network) *journal {
	return &journal{
		network: n, lanes: newLanes(n.handOn), open: map[id.EventID]*entry{}, taken: map[id.EventID]bool{},
		ours: func(user id.UserID) bool { return n.matrix().isOurs(user) },
	}
}

// load queues the events whose outcome was open when the bridge last stopped. It comes before the first transaction.
func (j *journal) load(ctx context.Context) error {
	entries, err := j.network.host.options.Store.Journal(ctx, j.network.Name)
	if err != nil {
		return err
	}
	taken, err := j.network.host.options.Store.Taken(ctx, j.network.Name)
	if err != nil {
		return err
	}
	for _, evt := range taken {
		j.taken[id.EventID(evt)] = true
	}
	for _, entry := range entries {
		evt, err := parseEvent(entry.Body)
		if err != nil {
			j.network.log.Err(err).Str("event", entry.Event).Msg("A journal entry is no event: it stays in the table, and is not handed on")
			j.noEvents++
			continue
		}
		j.open[evt.ID] = newEntry(entry.At)
		j.lanes.put(evt.RoomID.String(), evt)
	}
	if len(entries) > 0 {
		j.network.log.Info().Int("events", len(entries)).Msg("Taking up what was open in the journal")
	}
	return nil
}

// before returns a handler that takes each transaction's events, and hands everything else on to next.
func (j *journal) before(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		txn, ok := strings.CutPrefix(r.URL.Path, "/_matrix/app/v1/transactions/")
		if !ok || r.Method != http.MethodPut {
			next.ServeHTTP(w, r)
			return
		}
		if !j.network.matrix().AS.CheckServerToken(w, r) {
			return
		}
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxTransaction))
		var size *http.MaxBytesError
		switch {
		case errors.As(err, &size):
			j.network.log.Error().Str("transaction", txn).Int64("bytes", r.ContentLength).Int64("limit", size.Limit).
				Msg("A transaction is larger than any homeserver's: it was not taken, and the homeserver sends nothing else until it " +
					"is gone (docs/operate.md, \"When something fails\")")
			mautrix.MTooLarge.WithMessage("The transaction is larger than %d bytes", size.Limit).Write(w)
			return
		case err != nil:
			mautrix.MNotJSON.WithMessage("The transaction could not be read").Write(w)
			return
		}
		body, err = j.take(r.Context(), txn, body)
		var syntax *json.SyntaxError
		var kind *json.UnmarshalTypeError
		switch {
		case errors.As(err, &syntax), errors.As(err, &kind):
			mautrix.MBadJSON.WithMessage("This is no transaction").Write(w)
			return
		case err != nil:
			j.network.log.Err(err).Msg("A transaction could not be taken; the homeserver will send it again")
			mautrix.MUnknown.WithMessage("The transaction could not be taken").WithStatus(http.StatusServiceUnavailable).Write(w)
			return
		}
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		next.ServeHTTP(w, r)
	})
}

// take stores and queues a transaction's events, and returns the transaction without them. The transaction has come whole: it
// is kept though the homeserver gives up meanwhile, which may end, and forget it.
func (j *journal) take(ctx context.Context, txn string, body []byte) (rest []byte, err error) {
	var transaction map[string]json.RawMessage
	var events []json.RawMessage
	if err := json.Unmarshal(body, &transaction); err != nil {
		return nil, err
	}
	if given, ok := transaction["events"]; ok {
		if err := json.Unmarshal(given, &events); err != nil {
			return nil, err
		}
	}
	if err := j.network.hush(transaction); err != nil {
		return nil, err
	}
	ctx = context.WithoutCancel(ctx)
	if err := j.network.takeKeys(ctx, transaction); err != nil {
		return nil, err
	}
	j.taking.Lock()
	defer j.taking.Unlock()
	ctx, cancel := context.WithTimeout(ctx, storePatience)
	defer cancel()
	if txn != j.last {
		if err := j.store(ctx, events); err != nil {
			return nil, err
		}
	}
	j.last = txn
	if transaction == nil { // the body was `null`
		transaction = map[string]json.RawMessage{}
	}
	transaction["events"] = json.RawMessage("[]")
	return json.Marshal(transaction)
}

// store sorts events into what is refused, what gets an entry, and what is only handed on.
func (j *journal) store(ctx context.Context, events []json.RawMessage) error {
	var passed []*event.Event
	var entries []database.JournalEntry
	var known []string // of this transaction; homeservers may repeat an event together with newer ones
	now := time.Now()
	for _, raw := range events {
		var e envelope
		if err := json.Unmarshal(raw, &e); err != nil {
			j.network.log.Warn().Err(err).Msg("Leaving out an event with fields of the wrong type")
			continue
		}
		ours := j.ours(e.Sender) || e.Content.DoublePuppet == j.network.puppetValue()
		if j.taken[e.ID] || j.isOpen(e.ID) {
			known = append(known, e.ID.String())
			continue // it came before the last stop, and again since the homeserver did not get its answer
		}
		if ours && !e.tellsOfKeys() {
			continue // the echo of what we sent
		}
		evt, err := parseEvent(raw)
		if err != nil {
			j.network.log.Warn().Err(err).Stringer("event", e.ID).Msg("Leaving out an event that cannot be read")
			continue
		}
		if !ours && e.hasOutcome() {
			entries = append(entries, database.JournalEntry{Event: e.ID.String(), At: now, Body: raw})
			known = append(known, e.ID.String())
		}
		passed = append(passed, evt)
	}
	if len(entries) > 0 {
		if err := j.put(ctx, entries, known); err != nil {
			return err
		}
		j.network.observe(legJournal, now)
		clear(j.taken)
		for _, evt := range known {
			j.taken[id.EventID(evt)] = true
		}
	}
	j.mu.Lock()
	for _, e := range entries {
		j.open[id.EventID(e.Event)] = newEntry(now)
	}
	j.mu.Unlock()
	for _, evt := range passed {
		if evt.Type == event.EventRedaction {
			j.network.turns.deleted(evt)
			j.network.scans.out.deleted(evt)
		}
		j.lanes.put(evt.RoomID.String(), evt)
	}
	return nil
}

// put stores the entries, as soon as the database is there.
func (j *journal) put(ctx context.Context, entries []database.JournalEntry, known []string) error {
	wait := backoff.NewExponentialBackOff()
	wait.InitialInterval, wait.MaxInterval = 100*time.Millisecond, time.Second
	_, err := backoff.Retry(ctx, func() (struct{}, error) {
		err := j.network.host.options.Store.PutJournal(ctx, j.network.Name, entries, known)
		if err != nil && !database.IsTransient(err) {
			err = backoff.Permanent(err)
		}
		return struct{}{}, err
	}, backoff.WithBackOff(wait))
	return err
}

func (j *journal) isOpen(evt id.EventID) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	_, open := j.open[evt]
	return open
}

// settle removes the entry of an event whose outcome is final.
func (j *journal) settle(ctx context.Context, evt id.EventID, outcome outcome) {
	j.mu.Lock()
	e, open := j.open[evt]
	delete(j.open, evt)
	j.mu.Unlock()
	if !open {
		return
	}
	defer e.end(settled)
	j.network.host.metrics.count(j.network.Name, portal.Out, outcome)
	j.network.observe(legOut, e.came)
	if err := j.network.host.options.Store.RemoveJournal(ctx, j.network.Name, evt.String()); err != nil {
		j.network.log.Err(err).Stringer("event", evt).Msg("A settled event stays in the journal")
	}
}

// again notes that an attempt failed for a reason that passes. It is false when the event has no entry.
func (j *journal) again(evt id.EventID) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	e, open := j.open[evt]
	if open {
		e.end(tryAgain)
	}
	return open
}

// outcomePatience is how long an event's outcome is waited for. All are told sooner; an event of which none is told does not
// hold up its room for good. While the homeserver is away, what comes in may hold up the portal for much longer.
const outcomePatience = 5 * time.Minute

// await waits for the end of an attempt to send an event on, and tells whether it is to be tried again.
func (j *journal) await(ctx context.Context, evt id.EventID) ending {
	j.mu.Lock()
	e, open := j.open[evt]
	j.mu.Unlock()
	if !open {
		return settled
	}
	limit := time.NewTimer(outcomePatience)
	defer limit.Stop()
	for {
		select {
		case how := <-e.ended:
			return how
		case <-ctx.Done():
			return settled
		case <-limit.C:
		}
		if j.network.current.Load().keys.hears() {
			j.network.log.Error().Stringer("event", evt).Msg("Nobody tells what became of an event; going on")
			j.settle(ctx, evt, outcomeFailed)
			return settled
		}
		limit.Reset(outcomePatience) // its portal waits for the homeserver
	}
}

// begin forgets how the last attempt to send an event on ended.
func (j *journal) begin(evt id.EventID) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if e, open := j.open[evt]; open {
		select {
		case <-e.ended:
		default:
		}
	}
}

// parseEvent reads an event as it came, and what its type says of its content. A content that its type does not know stays
// raw.
func parseEvent(raw []byte) (*event.Event, error) {
	evt := &event.Event{}
	if err := json.Unmarshal(raw, evt); err != nil {
		return nil, err
	}
	evt.Type.Class = event.MessageEventType
	evt.Mautrix.EventSource = event.SourceTimeline
	if evt.StateKey != nil {
		evt.Type.Class = event.StateEventType
		evt.Mautrix.EventSource |= event.SourceJoin
	}
	evt.Mautrix.ReceivedAt = time.Now()
	if err := evt.Content.ParseRaw(evt.Type); err != nil && !errors.Is(err, event.ErrUnsupportedContentType) {
		return nil, err
	}
	return evt, nil
}

// envelope is what the journal reads of an event.
type envelope struct {
	ID       id.EventID `json:"event_id"`
	Sender   id.UserID  `json:"sender"`
	Type     string     `json:"type"`
	StateKey *string    `json:"state_key"`
	Content  struct {
		DoublePuppet string `json:"fi.mau.double_puppet_source"` // appservice.DoublePuppetKey
	} `json:"content"`
}

// isClearMessage tells whether an event, as it came, carries content that a client ought to have encrypted.
func isClearMessage(evt *event.Event) bool {
	if evt.StateKey != nil || evt.Mautrix.WasEncrypted {
		return false
	}
	switch evt.Type.Type {
	case "m.room.message", "m.sticker", "m.poll.start", "m.poll.response", "m.poll.end",
		"org.matrix.msc3381.poll.start", "org.matrix.msc3381.poll.response", "org.matrix.msc3381.poll.end":
		return true
	}
	return isBeacon(evt.Type)
}

// tellsOfKeys tells whether an event is one of those that a room's encryption depends on, or who may change what in the room,
// whoever sent it (mautrix statestore.go, UpdateStateStore).
func (e envelope) tellsOfKeys() bool {
	if e.StateKey == nil {
		return false
	}
	switch e.Type {
	case "m.room.member", "m.room.encryption", "m.room.history_visibility", "m.room.create", "m.room.power_levels",
		"m.room.join_rules":
		return true
	}
	return false
}

// hasOutcome tells whether the event must not be lost: messages, reactions and redactions, of which bridgev2 reports what
// became, and memberships, invitations of the bot among them.
func (e envelope) hasOutcome() bool {
	if e.StateKey != nil {
		return e.Type == "m.room.member"
	}
	switch e.Type {
	case "m.room.encrypted", "m.reaction", "m.room.redaction":
		return true
	}
	return false
}
