package bridge

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/database"
)

// testJournal is a journal on a store of its own. What it hands on goes to handOn.
func testJournal(t testing.TB, dir string, handOn func(*event.Event)) *journal {
	n := testNetwork(testStore(t, dir), nil)
	n.journal = newJournal(n)
	n.journal.ours = func(user id.UserID) bool { return strings.HasPrefix(string(user), "@whatsapp") }
	n.journal.lanes.handle = func(_ context.Context, evt *event.Event) bool { handOn(evt); return true }
	return n.journal
}

func open(t *testing.T, j *journal) (ids []string) {
	t.Helper()
	entries, err := j.network.host.options.Store.Journal(t.Context(), j.network.Name)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		ids = append(ids, e.Event)
	}
	return ids
}

const transaction = `{"events":[
	{"type":"m.room.encrypted","event_id":"$1","room_id":"!r","sender":"@alice:x","content":{"algorithm":"m.megolm.v1.aes-sha2","ciphertext":"…"}},
	{"type":"m.room.encrypted","event_id":"$2","room_id":"!r","sender":"@whatsapp_1:x","content":{}},
	{"type":"m.room.message","event_id":"$3","room_id":"!r","sender":"@alice:x","content":{"body":"clear"}},
	{"type":"org.matrix.msc3381.poll.start","event_id":"$4","room_id":"!r","sender":"@alice:x","content":{}},
	{"type":"m.room.message","event_id":"$5","room_id":"!r","sender":"@whatsappbot:x","content":{}},
	{"type":"m.room.member","event_id":"$6","room_id":"!r","sender":"@alice:x","state_key":"@b:x","content":{}},
	{"type":"m.room.member","event_id":"$10","room_id":"!r","sender":"@whatsappbot:x","state_key":"@alice:x","content":{}},
	{"type":"m.room.redaction","event_id":"$7","room_id":"!r","sender":"@alice:x","content":{}},
	{"type":"m.reaction","event_id":"$8","room_id":"!r","sender":"@alice:x","content":{"fi.mau.double_puppet_source":"passerelle-whatsapp"}}],
	"ephemeral":[{"type":"m.typing"}]}`

// handedOn runs the journal's lanes until want events were handed on.
func handedOn(t *testing.T, j *journal, events chan *event.Event, want int) (ids []string) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); j.lanes.run(ctx) }()
	defer func() { cancel(); <-done }()
	for range want {
		select {
		case evt := <-events:
			ids = append(ids, evt.ID.String())
		case <-time.After(20 * time.Second):
			t.Fatalf("only %v were handed on", ids)
		}
	}
	return ids
}

func TestTheJournalKeepsWhatMustNotBeLost(t *testing.T) {
	events := make(chan *event.Event, 10)
	j := testJournal(t, t.TempDir(), func(evt *event.Event) { events <- evt })
	rest, err := j.take(t.Context(), "txn1", []byte(transaction))
	if err != nil {
		t.Fatal(err)
	}
	if got := open(t, j); !slices.Equal(got, []string{"$1", "$6", "$7"}) {
		t.Errorf("the journal holds %v", got)
	}
	if got := handedOn(t, j, events, 6); !slices.Equal(got, []string{"$1", "$3", "$4", "$6", "$10", "$7"}) {
		t.Errorf("handed on %v", got)
	}
	var left struct{ Events, Ephemeral []json.RawMessage }
	if err := json.Unmarshal(rest, &left); err != nil || len(left.Events) != 0 || len(left.Ephemeral) != 1 {
		t.Errorf("the rest of the transaction is %s, %v", rest, err)
	}
}

func TestARepeatedTransactionOpensNothingAgain(t *testing.T) {
	j := testJournal(t, t.TempDir(), func(*event.Event) {})
	for range 2 {
		if _, err := j.take(t.Context(), "txn1", []byte(transaction)); err != nil {
			t.Fatal(err)
		}
		j.settle(t.Context(), "$1", outcomeDelivered)
		j.settle(t.Context(), "$6", outcomeDelivered)
		j.settle(t.Context(), "$7", outcomeFailed)
	}
	if got := open(t, j); len(got) != 0 {
		t.Errorf("the journal holds %v", got)
	}
	if j.lanes.depth() != 6 {
		t.Errorf("queued %d events, want 6", j.lanes.depth())
	}
}

func TestWhatWasOpenIsTakenUpAfterARestartBeforeWhatComesThen(t *testing.T) {
	dir := t.TempDir()
	j := testJournal(t, dir, func(*event.Event) {})
	if _, err := j.take(t.Context(), "txn1", []byte(transaction)); err != nil {
		t.Fatal(err)
	}
	j.settle(t.Context(), "$1", outcomeDelivered)
	j.settle(t.Context(), "$6", outcomeDelivered)
	j.network.host.options.Store.Close()

	events := make(chan *event.Event, 10)
	j = testJournal(t, dir, func(evt *event.Event) { events <- evt })
	if err := j.load(t.Context()); err != nil {
		t.Fatal(err)
	}
	// The homeserver repeats what it got no answer to. What has an entry, or had one, is not handed on again.
	if _, err := j.take(t.Context(), "txn1", []byte(transaction)); err != nil {
		t.Fatal(err)
	}
	later := `{"events":[{"type":"m.reaction","event_id":"$9","room_id":"!r","sender":"@alice:x","content":{}}]}`
	if _, err := j.take(t.Context(), "txn2", []byte(later)); err != nil {
		t.Fatal(err)
	}
	if got := handedOn(t, j, events, 5); !slices.Equal(got, []string{"$7", "$3", "$4", "$10", "$9"}) {
		t.Errorf("handed on %v", got)
	}
}

func TestAnEntryThatIsNoEventHoldsUpNoOther(t *testing.T) {
	dir := t.TempDir()
	j := testJournal(t, dir, func(*event.Event) {})
	store := j.network.host.options.Store
	err := store.PutJournal(t.Context(), "whatsapp", []database.JournalEntry{
		{Event: "$1", Body: []byte("no JSON")}, {Event: "$2", Body: []byte(`{"type":"m.reaction","event_id":"$2","room_id":"!r","sender":"@alice:x","content":{}}`)},
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	events := make(chan *event.Event, 10)
	j = testJournal(t, dir, func(evt *event.Event) { events <- evt })
	if err := j.load(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := handedOn(t, j, events, 1); !slices.Equal(got, []string{"$2"}) {
		t.Errorf("handed on %v", got)
	}
	if got := open(t, j); !slices.Equal(got, []string{"$1", "$2"}) || j.noEvents != 1 {
		t.Errorf("the journal holds %v, %d of them no events", got, j.noEvents)
	}
}

func TestATransactionIsTakenThoughTheHomeserverGivesUp(t *testing.T) {
	j := testJournal(t, t.TempDir(), func(*event.Event) {})
	gone, giveUp := context.WithCancel(t.Context())
	giveUp()
	if _, err := j.take(gone, "txn1", []byte(transaction)); err != nil {
		t.Error(err)
	}
	if len(open(t, j)) == 0 || j.lanes.depth() == 0 {
		t.Error("its events were forgotten")
	}
}

func TestATransactionThatCannotBeStoredIsNotTaken(t *testing.T) {
	j := testJournal(t, t.TempDir(), func(*event.Event) {})
	j.network.host.options.Store.Close()
	if _, err := j.take(t.Context(), "txn1", []byte(transaction)); err == nil {
		t.Error("it was taken")
	}
	if j.lanes.depth() != 0 {
		t.Error("its events were queued")
	}
}

// FuzzTake looks for a transaction that panics.
func FuzzTake(f *testing.F) {
	f.Add([]byte(transaction))
	f.Add([]byte(`{"events":[null,1,"x",[],{"type":null,"state_key":1}]}`))
	f.Add([]byte(`{"events":null}`))
	f.Add([]byte(`null`))
	j := testJournal(f, f.TempDir(), func(*event.Event) {})
	f.Fuzz(func(t *testing.T, body []byte) {
		rest, err := j.take(context.Background(), string(body), body)
		if err == nil && !json.Valid(rest) {
			t.Errorf("the rest is %s", rest)
		}
	})
}
