package whatsapptest

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/proto/waHistorySync"
	"go.mau.fi/whatsmeow/proto/waWeb"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
	"google.golang.org/protobuf/proto"
)

// remembers has a phone remember texts of a chat, a minute apart.
func remembers(t *testing.T, p *Phone, chat, from string, start time.Time, texts ...string) {
	t.Helper()
	for i, text := range texts {
		_, err := p.Remember(chat, from, start.Add(time.Duration(i)*time.Minute), &waE2E.Message{Conversation: proto.String(text)})
		must(t, err)
	}
}

// textsOf returns the texts of a chat in a chunk, newest first.
func textsOf(history *waHistorySync.HistorySync, chat types.JID) []string {
	var texts []string
	for _, c := range history.GetConversations() {
		for _, m := range c.GetMessages() {
			if c.GetID() == chat.String() {
				texts = append(texts, textOf(m.GetMessage().GetMessage()))
			}
		}
	}
	return texts
}

func TestALongHistoryComesInChunks(t *testing.T) {
	s := testServer(t)
	alice, bob, carol := s.MustAddPerson(aliceNumber, "Alice"), s.MustAddPerson(bobNumber, "Bob"), s.MustAddPerson(carolNumber, "Carol")
	year := time.Now().AddDate(-1, 0, 0)
	remembers(t, alice, bobNumber, bobNumber, year, "1", "2", "3", "4", "5", "6", "7")
	remembers(t, alice, carolNumber, aliceNumber, year.Add(time.Hour), "a", "b")
	if _, err := alice.Remember(daveNumber, daveNumber, year, &waE2E.Message{}); err == nil {
		t.Error("Alice remembers nobody")
	}
	alice.ShareHistory(&HistoryOnLink{Bootstrap: 1, Recent: 3, Chats: 1})
	client := link(t, s, alice, "alice's client")
	chunk := func(kind waHistorySync.HistorySync_HistorySyncType) *waHistorySync.HistorySync {
		t.Helper()
		return hears(client, func(e *events.HistorySync) bool { return e.Data.GetSyncType() == kind }).Data
	}
	first := chunk(waHistorySync.HistorySync_INITIAL_BOOTSTRAP)
	if got := fmt.Sprint(textsOf(first, bob.LID()), textsOf(first, carol.LID())); got != "[7] [b]" || len(first.GetPhoneNumberToLidMappings()) != 3 {
		t.Errorf("first chunk has %s", got)
	}
	if at := first.GetConversations()[1].GetMessages()[0].GetMessage().GetMessageTimestamp(); at != uint64(year.Add(6*time.Minute).Unix()) {
		t.Errorf("newest message is from %d", at)
	}
	if names := chunk(waHistorySync.HistorySync_PUSH_NAME).GetPushnames(); len(names) != 3 {
		t.Errorf("names are %v", names)
	}
	recent := []*waHistorySync.HistorySync{chunk(waHistorySync.HistorySync_RECENT), chunk(waHistorySync.HistorySync_RECENT)}
	if got := fmt.Sprint(textsOf(recent[0], carol.LID()), textsOf(recent[1], bob.LID())); got != "[a] [6 5 4]" {
		t.Errorf("recent chunks have %s", got)
	}
	if recent[0].GetChunkOrder() != 2 || recent[0].GetProgress() != 75 || recent[1].GetProgress() != 100 {
		t.Errorf("recent chunks are number %d at %d, %d", recent[0].GetChunkOrder(), recent[0].GetProgress(), recent[1].GetProgress())
	}

	last := recent[1].GetConversations()[0].GetMessages()[2].GetMessage()
	for _, want := range []string{"[3 2]", "[1]"} {
		_, err := client.SendPeerMessage(waiting(t), client.BuildHistorySyncRequest(&types.MessageInfo{
			ID: last.GetKey().GetID(), Timestamp: time.Unix(int64(last.GetMessageTimestamp()), 0), MessageSource: types.MessageSource{Chat: bob.LID()},
		}, 2))
		must(t, err)
		page := chunk(waHistorySync.HistorySync_ON_DEMAND)
		if got := fmt.Sprint(textsOf(page, bob.LID())); got != want {
			t.Errorf("page has %s instead of %s", got, want)
		}
		messages := page.GetConversations()[0].GetMessages()
		last = messages[len(messages)-1].GetMessage()
		more := page.GetConversations()[0].GetEndOfHistoryTransferType() == waHistorySync.Conversation_COMPLETE_BUT_MORE_MESSAGES_REMAIN_ON_PRIMARY
		if more != (want == "[3 2]") {
			t.Errorf("phone says of %s that there is more: %t", want, more)
		}
	}
}

func TestTheRestOfHistoryFollowsIfWanted(t *testing.T) {
	s := testServer(t)
	alice, bob := s.MustAddPerson(aliceNumber, "Alice"), s.MustAddPerson(bobNumber, "Bob")
	remembers(t, alice, bobNumber, bobNumber, time.Now().Add(-time.Hour), "1", "2", "3", "4")
	alice.ShareHistory(&HistoryOnLink{Bootstrap: 1, Recent: 1, Full: true, Inline: true})
	client := link(t, s, alice, "alice's client")
	full := hears(client, func(e *events.HistorySync) bool { return e.Data.GetSyncType() == waHistorySync.HistorySync_FULL }).Data
	if got := fmt.Sprint(textsOf(full, bob.LID())); got != "[2 1]" || full.GetProgress() != 100 {
		t.Errorf("last chunk has %s at %d", got, full.GetProgress())
	}
}

func TestHistorySaysWhatBecameOfMessages(t *testing.T) {
	s := testServer(t)
	alice, bob := s.MustAddPerson(aliceNumber, "Alice"), s.MustAddPerson(bobNumber, "Bob")
	group, err := bob.CreateNumberedGroup("Old team", aliceNumber)
	must(t, err)
	ctx := waiting(t)
	ids := map[string]string{}
	for _, text := range []string{"wrong", "regret", "nice", "mine alone"} {
		ids[text] = phoneSays(t, bob, group, text)
		sees(t, alice, text)
	}
	ids["photo"], err = bob.SendFile(ctx, group, File{Data: testPNG(t), Caption: "photo"})
	must(t, err)
	sees(t, alice, "photo")
	ids["lunch?"], err = bob.SendPoll(ctx, group, Poll{Question: "lunch?", Options: []string{"soup", "salad"}})
	must(t, err)
	sees(t, alice, "lunch?")
	ids["answer"], err = alice.Reply(ctx, group, ids["nice"], "indeed")
	must(t, err)
	_, err = bob.Edit(ctx, group, ids["wrong"], "right")
	must(t, err)
	_, err = bob.Delete(ctx, group, ids["regret"])
	must(t, err)
	_, err = bob.React(ctx, group, ids["nice"], "👍")
	must(t, err)
	_, err = alice.React(ctx, group, ids["nice"], "❤️")
	must(t, err)
	_, err = alice.Vote(ctx, group, ids["lunch?"], "soup")
	must(t, err)
	waitEntry(t, alice, func(e Entry) bool { return e.ID == ids["nice"] && len(e.Reactions) == 2 })
	must(t, alice.MarkRead(group, ids["wrong"]))
	must(t, alice.DeleteForMe(group, ids["mine alone"]))
	must(t, alice.Mute(group, true, 0))

	alice.ShareHistory(&HistoryOnLink{})
	client := link(t, s, alice, "alice's client")
	history := hears[*events.HistorySync](client, nil).Data
	chat := history.GetConversations()[0]
	if chat.GetID() != group || chat.GetName() != "Old team" || chat.GetMuteEndTime() == 0 || chat.GetUnreadCount() != 3 {
		t.Errorf("chat is %s %q, muted until %d, %d unread", chat.GetID(), chat.GetName(), chat.GetMuteEndTime(), chat.GetUnreadCount())
	}
	messages := map[string]*waWeb.WebMessageInfo{}
	for _, m := range chat.GetMessages() {
		messages[m.GetMessage().GetKey().GetID()] = m.GetMessage()
	}
	if len(messages) != 6 || messages[ids["mine alone"]] != nil {
		t.Errorf("history has %d messages", len(messages))
	}
	edited, err := client.ParseWebMessage(types.EmptyJID, messages[ids["wrong"]])
	must(t, err)
	if edited.Info.ID != ids["wrong"] || textOf(edited.Message) != "right" || edited.Info.Sender != bob.PN() {
		t.Errorf("edited message is %+v %v", edited.Info, edited.Message)
	}
	if m := messages[ids["regret"]]; m.GetMessageStubType() != waWeb.WebMessageInfo_REVOKE || m.Message != nil {
		t.Errorf("deleted message is %v", m)
	}
	reactions := messages[ids["nice"]].GetReactions()
	if len(reactions) != 2 || reactions[0].GetText() != "❤️" || !reactions[0].GetKey().GetFromMe() || reactions[1].GetKey().GetParticipant() != bob.PN().String() {
		t.Errorf("reactions are %v", reactions)
	}
	if info := messages[ids["answer"]].GetMessage().GetExtendedTextMessage().GetContextInfo(); info.GetStanzaID() != ids["nice"] || messages[ids["answer"]].GetStatus() < waWeb.WebMessageInfo_SERVER_ACK {
		t.Errorf("reply is %v", messages[ids["answer"]])
	}
	photo := messages[ids["photo"]].GetMessage().GetImageMessage()
	if data, err := client.Download(ctx, photo); err != nil || !bytes.Equal(data, testPNG(t)) {
		t.Errorf("photo has %d bytes, %v", len(data), err)
	}
	poll := messages[ids["lunch?"]]
	if votes := poll.GetPollUpdates(); len(votes) != 1 || len(votes[0].GetVote().GetSelectedOptions()) != 1 || len(poll.GetMessageSecret()) != 32 {
		t.Errorf("poll is %v", poll)
	}
}

func TestStatusPostsAreNoChatInHistory(t *testing.T) {
	s := testServer(t)
	alice, bob := s.MustAddPerson(aliceNumber, "Alice"), s.MustAddPerson(bobNumber, "Bob")
	must(t, bob.SaveContact(aliceNumber, "Alice"))
	_, err := bob.PostStatus(waiting(t), &waE2E.Message{Conversation: proto.String("at the beach")})
	must(t, err)
	sees(t, alice, "at the beach")
	history := alice.History()
	if len(history.GetConversations()) != 0 || len(history.GetStatusV3Messages()) != 1 || history.GetStatusV3Messages()[0].GetParticipant() != bob.LID().String() {
		t.Errorf("history is %v", history)
	}
}

func TestADriverSharesHistory(t *testing.T) {
	s := testServer(t)
	r := newRemote(t, s)
	alice, bob := s.MustAddPerson(aliceNumber, "Alice"), s.MustAddPerson(bobNumber, "Bob")
	person := "/people/" + aliceNumber
	r.ok(person+"/remember", object{"chat": bobNumber, "from": bobNumber, "at": "2020-01-01T00:00:00Z", "message": object{"conversation": "long ago"}})
	r.ok(person+"/share-history", object{"share": true, "bootstrap": 10, "inline": true})
	client := link(t, s, alice, "alice's client")
	chunk := hears[*events.HistorySync](client, nil).Data
	if got := fmt.Sprint(textsOf(chunk, bob.LID())); got != "[long ago]" {
		t.Errorf("chunk has %s", got)
	}
	r.ok(person+"/share-history", object{"share": false})
	if status, _ := r.call(person+"/remember", object{"chat": bobNumber, "from": bobNumber}); status != 400 {
		t.Errorf("nothing to remember gives %d", status)
	}
}

func TestAPhoneSendsItsHistoryInSteps(t *testing.T) {
	s := testServer(t)
	alice := s.MustAddPerson(aliceNumber, "Alice")
	s.MustAddPerson(bobNumber, "Bob")
	remembers(t, alice, bobNumber, bobNumber, time.Now().Add(-time.Hour), "1", "2", "3", "4")
	alice.ShareHistory(&HistoryOnLink{Bootstrap: 1, Recent: 1, Full: true, Inline: true, Halt: true})
	client := link(t, s, alice, "alice's client")
	if first := hears[*events.HistorySync](client, nil).Data; first.GetSyncType() != waHistorySync.HistorySync_INITIAL_BOOTSTRAP {
		t.Errorf("phone begins with %v", first)
	}
	for _, want := range []struct {
		kind waHistorySync.HistorySync_HistorySyncType
		left int
	}{{waHistorySync.HistorySync_PUSH_NAME, 2}, {waHistorySync.HistorySync_RECENT, 1}, {waHistorySync.HistorySync_FULL, 0}} {
		left, err := alice.ContinueHistory(waiting(t), 1, 1)
		must(t, err)
		if next := hears[*events.HistorySync](client, nil).Data; next.GetSyncType() != want.kind || left != want.left {
			t.Errorf("phone goes on with %s and has %d left, want %s and %d", next.GetSyncType(), left, want.kind, want.left)
		}
	}
	if _, err := alice.ContinueHistory(waiting(t), 7, 1); err == nil {
		t.Error("phone sends history to a companion that it does not have")
	}
}

func TestAPhoneGivesFiftyMessagesAtATime(t *testing.T) {
	s := testServer(t)
	alice, bob := s.MustAddPerson(aliceNumber, "Alice"), s.MustAddPerson(bobNumber, "Bob")
	var texts []string
	for n := range 60 {
		texts = append(texts, fmt.Sprint(n))
	}
	remembers(t, alice, bobNumber, bobNumber, time.Now().Add(-2*time.Hour), texts...)
	alice.ShareHistory(&HistoryOnLink{Bootstrap: 1, Inline: true})
	client := link(t, s, alice, "alice's client")
	newest := hears[*events.HistorySync](client, nil).Data.GetConversations()[0].GetMessages()[0].GetMessage()
	_, err := client.SendPeerMessage(waiting(t), client.BuildHistorySyncRequest(&types.MessageInfo{
		ID: newest.GetKey().GetID(), Timestamp: time.Unix(int64(newest.GetMessageTimestamp()), 0), MessageSource: types.MessageSource{Chat: bob.LID()},
	}, 100))
	must(t, err)
	page := hears(client, func(e *events.HistorySync) bool { return e.Data.GetSyncType() == waHistorySync.HistorySync_ON_DEMAND }).Data
	if got := textsOf(page, bob.LID()); len(got) != 50 || got[0] != "58" {
		t.Errorf("phone sent %v", got)
	}
	if asked := alice.HistoryRequests(); len(asked) != 1 || asked[0].GetOldestMsgID() != newest.GetKey().GetID() || asked[0].GetOnDemandMsgCount() != 100 {
		t.Errorf("phone was asked for %v", asked)
	}
}
