package bridge

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"maunium.net/go/mautrix/id"
)

// testJournal is a journal on a store of its own. It returns what it refused.
func testJournal(t testing.TB, dir string) (j *journal, refused *[]id.EventID) {
	n := testNetwork(testStore(t, dir), nil)
	refused = new([]id.EventID)
	ours := func(user id.UserID) bool { return strings.HasPrefix(string(user), "@whatsapp") }
	n.journal = newJournal(n, ours, func(_ context.Context, e envelope) { *refused = append(*refused, e.ID) })
	return n.journal, refused
}

func open(t *testing.T, j *journal) (ids []string) {
	t.Helper()
	entries, err := j.network.host.options.Store.Journal(t.Context(), j.network.name)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		ids = append(ids, e.Event)
	}
	return ids
}

const transaction = `{"events":[
	{"type":"m.room.encrypted","event_id":"$1","sender":"@alice:x","content":{"ciphertext":"…"}},
	{"type":"m.room.encrypted","event_id":"$2","sender":"@whatsapp_1:x","content":{}},
	{"type":"m.room.message","event_id":"$3","sender":"@alice:x","content":{"body":"clear"}},
	{"type":"org.matrix.msc3381.poll.start","event_id":"$4","sender":"@alice:x","content":{}},
	{"type":"m.room.message","event_id":"$5","sender":"@whatsappbot:x","content":{}},
	{"type":"m.room.member","event_id":"$6","sender":"@alice:x","state_key":"@b:x","content":{}},
	{"type":"m.room.redaction","event_id":"$7","sender":"@alice:x","content":{}}],
	"ephemeral":[{"type":"m.typing"}]}`

func TestTheJournalTakesWhatHasAnOutcomeAndRefusesWhatIsClear(t *testing.T) {
	j, refused := testJournal(t, t.TempDir())
	body, err := j.take(t.Context(), "txn1", []byte(transaction))
	if err != nil {
		t.Fatal(err)
	}
	if got := open(t, j); !slices.Equal(got, []string{"$1", "$7"}) {
		t.Errorf("the journal holds %v", got)
	}
	if !slices.Equal(*refused, []id.EventID{"$3", "$4"}) {
		t.Errorf("refused %v", *refused)
	}
	var passed struct {
		Events    []envelope        `json:"events"`
		Ephemeral []json.RawMessage `json:"ephemeral"`
	}
	if err := json.Unmarshal(body, &passed); err != nil || len(passed.Events) != 5 || len(passed.Ephemeral) != 1 {
		t.Errorf("what is handed on is %s, %v", body, err)
	}
	for _, e := range passed.Events {
		if e.ID == "$3" || e.ID == "$4" {
			t.Errorf("%s was handed on", e.ID)
		}
	}
}

func TestARepeatedTransactionOpensNothingAgain(t *testing.T) {
	j, refused := testJournal(t, t.TempDir())
	for range 2 {
		if _, err := j.take(t.Context(), "txn1", []byte(transaction)); err != nil {
			t.Fatal(err)
		}
		j.settle(t.Context(), "$1", outcomeDelivered)
		j.settle(t.Context(), "$7", outcomeFailed)
	}
	if got := open(t, j); len(got) != 0 {
		t.Errorf("the journal holds %v", got)
	}
	if len(*refused) != 2 {
		t.Errorf("refused %v", *refused)
	}
}

func TestATransactionThatCannotBeStoredIsNotTaken(t *testing.T) {
	j, _ := testJournal(t, t.TempDir())
	j.network.host.options.Store.Close()
	if _, err := j.take(t.Context(), "txn1", []byte(transaction)); err == nil {
		t.Error("it was taken")
	}
}

// FuzzTake looks for a transaction that panics.
func FuzzTake(f *testing.F) {
	f.Add([]byte(transaction))
	f.Add([]byte(`{"events":[null,1,"x",[],{"type":null,"state_key":1}]}`))
	f.Add([]byte(`{"events":null}`))
	j, _ := testJournal(f, f.TempDir())
	f.Fuzz(func(t *testing.T, body []byte) {
		if _, err := j.take(context.Background(), "", body); err != nil {
			t.Error(err)
		}
	})
}
