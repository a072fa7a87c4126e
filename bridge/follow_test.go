package bridge

import (
	"encoding/json"
	"testing"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

// answered reads the answer of a homeserver to /sync.
func answered(t *testing.T, text string) *mautrix.RespSync {
	t.Helper()
	var came mautrix.RespSync
	if err := json.Unmarshal([]byte(text), &came); err != nil {
		t.Fatal(err)
	}
	return &came
}

// rules is an answer with one push rule in each of two kinds.
func rules(override, room string) string {
	return `{"account_data":{"events":[{"type":"m.push_rules","content":{"global":{"override":[` + override + `],"room":[` + room + `]}}}]}}`
}

func TestWhatAppsSetIsUnderstood(t *testing.T) {
	const room = id.RoomID("!amina:example")
	about := func(t, content string) string {
		return `{"rooms":{"join":{"!amina:example":{"account_data":{"events":[{"type":"` + t + `","content":` + content + `}]}}}}}`
	}
	known := &followed{Set: map[id.RoomID]roomMarks{}}
	for _, step := range []struct {
		what, came string
		want       roomMarks
	}{
		{"nothing", `{}`, roomMarks{}},
		{"Element mutes", rules(`{"rule_id":"!amina:example","enabled":true,"actions":["dont_notify"],
			"conditions":[{"kind":"event_match","key":"room_id","pattern":"!amina:example"}]}`, ``), roomMarks{Muted: true}},
		{"mentions only", rules(``, `{"rule_id":"!amina:example","enabled":true,"actions":[]}`), roomMarks{Muted: true}},
		{"a rule that is off", rules(``, `{"rule_id":"!amina:example","enabled":false,"actions":[]}`), roomMarks{}},
		{"a rule that notifies", rules(``, `{"rule_id":"!amina:example","enabled":true,"actions":["notify"]}`), roomMarks{}},
		{"a rule about words", rules(`{"rule_id":"!amina:example","enabled":true,"actions":[],
			"conditions":[{"kind":"event_match","key":"content.body","pattern":"spam"}]}`, ``), roomMarks{}},
		{"a favourite", about("m.tag", `{"tags":{"m.favourite":{"order":0.1},"u.work":{}}}`), roomMarks{Tag: event.RoomTagFavourite}},
		{"both tags", about("m.tag", `{"tags":{"m.favourite":{},"m.lowpriority":{}}}`), roomMarks{Tag: event.RoomTagFavourite}},
		{"a tag of one's own", about("m.tag", `{"tags":{"u.work":{}}}`), roomMarks{}},
		{"a low priority", about("m.tag", `{"tags":{"m.lowpriority":{}}}`), roomMarks{Tag: event.RoomTagLowPriority}},
		{"nonsense", about("m.tag", `{"tags":"all of them"}`), roomMarks{Tag: event.RoomTagLowPriority}},
		{"unread", about("m.marked_unread", `{"unread":true}`), roomMarks{Tag: event.RoomTagLowPriority, Unread: true}},
		{"nonsense", about("m.marked_unread", `{"unread":"very"}`), roomMarks{Tag: event.RoomTagLowPriority, Unread: true}},
		{"nonsense", rules(`7`, ``), roomMarks{Tag: event.RoomTagLowPriority, Unread: true}},
		{"read", about("m.marked_unread", `{"unread":false}`), roomMarks{Tag: event.RoomTagLowPriority}},
		{"no tag", about("m.tag", `{"tags":{}}`), roomMarks{}},
	} {
		known.take(answered(t, step.came))
		if got := known.Set[room]; got != step.want {
			t.Errorf("%s: it is %+v, want %+v", step.what, got, step.want)
		}
	}
	if len(known.Set) != 0 {
		t.Errorf("%v is kept of rooms about which nothing is set", known.Set)
	}
}
