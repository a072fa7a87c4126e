package telegram

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/bridgev2/database"
	"maunium.net/go/mautrix/bridgev2/networkid"

	"passerelle/connectors/telegram/telegramtest"
	"passerelle/portal/say"
)

func TestInWhichOrderAnUpdateIsKept(t *testing.T) {
	a := &account{bot: 1, connector: &Connector{now: time.Now}, login: &bridgev2.UserLogin{UserLogin: &database.UserLogin{ID: "1"}}}
	for _, c := range []struct {
		kind    updateKind
		content string
		want    string
	}{
		{updateMessage, `{"chat":{"id":7}}`, "1:7"},
		{updateBusinessMessage, `{"chat":{"id":7},"business_connection_id":"Ab_3"}`, "1:7:bAb_3"},
		{updateBusinessDeleted, `{"chat":{"id":7},"business_connection_id":"Ab_3","message_ids":[1]}`, "1:7:bAb_3"},
		{updateBusinessConnection, `{"id":"Ab_3","user":{"id":7}}`, "1/Ab_3"},
		{updateCallback, `{"id":"5","message":{"chat":{"id":7}}}`, "1:7"},
		{updatePollAnswer, `{"poll_id":"9"}`, "1/9"},
	} {
		came, err := a.arrivalOf(update{ID: 3, Kind: c.kind, Content: json.RawMessage(c.content)})
		if err != nil || came.Lane != c.want {
			t.Errorf("%s: %q, %v", c.kind, came.Lane, err)
		}
		if _, in, _, err := decodeArrival(came.Payload, 1); err != nil || (in.chat != 0 || !strings.Contains(c.want, "/")) && string(in.portalID()) != c.want {
			t.Errorf("%s is of %+v, %v", c.kind, in, err)
		}
	}
	for kind, content := range map[updateKind]string{updateBusinessMessage: `{"chat":{}}`, updatePollAnswer: `{}`} {
		if came, err := a.arrivalOf(update{ID: 3, Kind: kind, Content: json.RawMessage(content)}); err == nil {
			t.Errorf("%s of no chat is in %q", kind, came.Lane)
		}
	}
}

func TestWhatABotMayDoForAnAccount(t *testing.T) {
	for content, want := range map[string]struct {
		is      connected
		missing []say.Sentence
	}{
		`{"id":"a","user":{"id":7,"first_name":"Claire"},"is_enabled":true,"rights":{"can_reply":true,"can_read_messages":true,"can_delete_sent_messages":true}}`: {
			connected{User: 7, Name: "Claire", Enabled: true, First: "a", Rights: businessRights{CanReply: true, CanRead: true, CanDeleteOutgoing: true}}, nil},
		`{"id":"a","user":{"id":7,"first_name":"Claire"},"is_enabled":true,"can_reply":true,"date":5}`: { // as before Bot API 9.0
			connected{User: 7, Name: "Claire", Enabled: true, First: "a", Date: 5, Rights: businessRights{CanReply: true}},
			[]say.Sentence{say.BusinessCannotRead, say.BusinessCannotDrop}},
		`{"id":"a","user":{"id":7,"first_name":"Claire"}}`: {connected{User: 7, Name: "Claire", First: "a"},
			[]say.Sentence{say.BusinessCannotReply, say.BusinessCannotRead, say.BusinessCannotDrop}},
	} {
		var update businessConnection
		if err := json.Unmarshal([]byte(content), &update); err != nil {
			t.Fatal(err)
		}
		if got := update.connected(); got != want.is || !slices.Equal(got.Rights.missing(), want.missing) {
			t.Errorf("%s: %+v, %v", content, got, got.Rights.missing())
		}
	}
}

func TestAnAccountThatIsConnectedAnewKeepsItsRooms(t *testing.T) {
	known := map[string]connected{
		"a": {User: 7, First: "a", Date: 1}, "b": {User: 7, First: "a", Date: 2, Enabled: true}, "c": {User: 8, First: "c", Enabled: true},
		"d": {User: 9, First: "d"},
	}
	if first := firstOf(known, 7, "e"); first != "a" {
		t.Errorf("its first connection is %q", first)
	}
	if first := firstOf(known, 10, "e"); first != "e" {
		t.Errorf("another one's first connection is %q", first)
	}
	for first, want := range map[string]string{"a": "b", "c": "c", "d": "d", "unknown": "unknown"} {
		if live := liveOf(known, first); live != want {
			t.Errorf("%q is reached by %q, want %q", first, live, want)
		}
	}
}

func TestWhatWasReadIsTheContactsNewest(t *testing.T) {
	in := chatID{bot: 1, chat: 7, connection: "a"}
	row := func(id int64, by networkid.UserID) *database.Message {
		return &database.Message{ID: in.message(id).networkID(), SenderID: by}
	}
	rows := []*database.Message{row(3, "7"), row(9, "1"), row(5, "7"), row(-12, "7"), row(4, "7"), {ID: "nonsense", SenderID: "7"}}
	if newest, ok := newestOf(rows, "7"); !ok || newest != in.message(5) {
		t.Errorf("it is %+v", newest)
	}
	if newest, ok := newestOf(rows[1:2], "7"); ok {
		t.Errorf("where the contact wrote nothing, it is %+v", newest)
	}
}

func TestABotReadsAndDeletesForAnAccount(t *testing.T) {
	server, bot, way := aBot(t)
	claire, amina := server.MustAddPerson("Claire", "claire"), server.MustAddPerson("Amina", "amina")
	connection, err := claire.Connect(bot.ID(), telegramtest.BusinessRights{CanReadMessages: true, CanDeleteAllMessages: true})
	if err != nil {
		t.Fatal(err)
	}
	way.live = func(first string) string { return map[string]string{"first": connection}[first] }
	in := chatID{bot: bot.ID(), chat: amina.ID(), connection: "first"}
	for _, text := range []string{"un", "deux"} {
		if _, err := amina.Send(claire.ID(), text); err != nil {
			t.Fatal(err)
		}
	}
	sent := amina.Inbox()
	if err := way.readBusinessMessage(t.Context(), in.message(sent[1].ID)); err != nil {
		t.Fatal(err)
	}
	if err := way.deleteMessage(t.Context(), in.message(sent[0].ID)); err != nil {
		t.Fatal(err)
	}
	for _, e := range amina.Inbox() {
		if !e.Seen || e.Deleted != (e.ID == sent[0].ID) {
			t.Errorf("Amina's app shows %+v", e)
		}
	}
	if _, err := way.getBusinessConnection(t.Context(), "nonsense"); !hasCode(err, 400) {
		t.Errorf("a connection that is not there: %v", err)
	}
}
