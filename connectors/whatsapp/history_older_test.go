package whatsapp

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/proto/waHistorySync"
	"google.golang.org/protobuf/proto"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/connectors/whatsapp/whatsapptest"
)

// thread lists what stands in the thread below a message.
func (w *world) thread(in *room, root id.EventID) (list []string) {
	w.matrix.mu.Lock()
	defer w.matrix.mu.Unlock()
	for _, s := range in.said {
		if s.content.RelatesTo.GetThreadParent() == root {
			list = append(list, s.content.Body)
		}
	}
	return list
}

// finds waits for the nth notice of the bot that begins with some words.
func (w *world) finds(in *room, nth int, begins string) (found said) {
	w.t.Helper()
	w.matrix.wait(w.t, "the notice "+begins, func() bool {
		seen := 0
		for _, s := range in.said {
			if s.by == botMXID && strings.HasPrefix(s.content.Body, begins) {
				found = s
				seen++
			}
		}
		return seen == nth
	})
	return found
}

// settles waits until everything that came is delivered.
func (w *world) settles() {
	w.t.Helper()
	w.eventually("all is delivered", func() bool { return w.inbox.waiting() == 0 })
}

func TestAliceAsksForOlderMessages(t *testing.T) {
	w := newWorld(t, func(o *Options) { o.History.Messages = 2 })
	alices, bob := w.phones.MustAddPerson(aliceNumber, "Alice"), w.phones.MustAddPerson(bobNumber, "Bob")
	first := time.Date(2026, 5, 12, 9, 0, 0, 0, time.Local)
	ids := map[string]string{}
	for n := range 9 {
		text := fmt.Sprintf("line %d", n)
		content := sentence(text)
		if n == 4 {
			content = &waE2E.Message{ExtendedTextMessage: &waE2E.ExtendedTextMessage{Text: proto.String(text), ContextInfo: &waE2E.ContextInfo{
				StanzaID: proto.String(ids["line 3"]), Participant: proto.String(bob.LID().String()), QuotedMessage: sentence("line 3"),
			}}}
		}
		ids[text] = must[string](t)(alices.Remember(bobNumber, bobNumber, first.AddDate(0, 0, 2*n), content))
	}
	must[string](t)(alices.React(t.Context(), bobNumber, ids["line 3"], "👍"))
	w.link(alice, alices)
	in, _ := w.hears("line 8")
	w.settles()
	w.fills(in, []string{"line 7", "line 8"})

	// Three of the seven before, then the other four, then none.
	w.answers(in, alice, "history 3", "the 3 messages before the oldest one here", "Keep WhatsApp open")
	page := w.finds(in, 1, "Older messages, 20 May to 24 May 2026. They stand in this thread. For still older ones write “!wa history”.")
	w.eventually("the thread", func() bool { return len(w.thread(in, page.id)) == 3 })
	if got := w.thread(in, page.id); !slices.Equal(got, []string{"> Bob: line 3\n\nline 4", "line 5", "line 6"}) { // line 3 is not here
		t.Errorf("the thread shows %q", got)
	}
	for n, s := range in.said {
		if s.content.Body == "line 5" && (s.by != ghostOf(bob) || s.at != first.AddDate(0, 0, 10).UnixMilli()) {
			t.Errorf("message %d is by %s at %v", n, s.by, time.UnixMilli(s.at))
		}
	}
	w.asks(in, alice, "history")
	last := w.finds(in, 1, "Older messages, 12 May to 18 May 2026. They stand in this thread; the phone has no older ones.")
	w.eventually("the second thread", func() bool { return len(w.thread(in, last.id)) == 4 })
	if got := w.thread(in, last.id); !slices.Equal(got, []string{"line 0", "line 1", "line 2", "line 3"}) {
		t.Errorf("the second thread shows %q", got)
	}
	_, liked := w.hears("line 3")
	w.eventually("the reaction", func() bool { return len(w.reactionsTo(liked.id)) == 1 })
	w.asks(in, alice, "history")
	w.finds(in, 1, "The phone has no older messages of this chat on WhatsApp.")

	// What is written now stands in the room, and what answers an older message names it.
	must[string](t)(bob.Reply(t.Context(), aliceNumber, must[string](t)(bob.Send(t.Context(), aliceNumber, "now")), "and now"))
	if _, now := w.hears("and now"); now.content.RelatesTo.GetThreadParent() != "" {
		t.Error("what is written now stands in the thread")
	}
	answer := text("I remember")
	answer.RelatesTo = (&event.RelatesTo{}).SetReplyTo(liked.id)
	w.says(in, alice, answer)
	if got := must[whatsapptest.Entry](t)(bob.WaitForText(deadline(t), "I remember")); got.Quoted != ids["line 3"] {
		t.Errorf("Bob hears %+v", got)
	}
	// The notice itself is ours: who answers it answers nobody on WhatsApp.
	answer = text("thank you")
	answer.RelatesTo = (&event.RelatesTo{}).SetReplyTo(page.id)
	w.says(in, alice, answer)
	if got := must[whatsapptest.Entry](t)(bob.WaitForText(deadline(t), "thank you")); got.Quoted != "" {
		t.Errorf("Bob hears %+v", got)
	}
}

func TestAnAnswerWithinAThreadOfOlderMessages(t *testing.T) {
	w := newWorld(t, func(o *Options) { o.History.Messages = 1 })
	alices, carols := w.phones.MustAddPerson(aliceNumber, "Alice"), w.phones.MustAddPerson(carolNumber, "Carol")
	group := must[string](t)(carols.CreateGroup("Bridge works", aliceNumber))
	question := must[string](t)(carols.Send(t.Context(), group, "Who comes?"))
	knows(t, alices, func(e whatsapptest.Entry) bool { return e.ID == question })
	must[string](t)(alices.Reply(t.Context(), group, question, "I do"))
	must[string](t)(alices.Send(t.Context(), group, "the newest"))
	w.link(alice, alices)
	in, _ := w.hears("the newest")
	w.settles()
	w.asks(in, alice, "history")
	_, asked := w.hears("Who comes?")
	_, answer := w.hears("I do")
	if got := answer.content.RelatesTo; got.GetReplyTo() != asked.id || got.GetThreadParent() != asked.content.RelatesTo.GetThreadParent() || got.IsFallingBack {
		t.Errorf("the answer relates to %+v, want to %s", got, asked.id)
	}
	if answer.by != ghostOf(alices) {
		t.Errorf("the answer is by %s", answer.by)
	}
}

func TestAPhoneThatDoesNotAnswerIsSaid(t *testing.T) {
	w := newWorld(t, func(o *Options) { o.History.Messages = 1 })
	alices, bob := w.phones.MustAddPerson(aliceNumber, "Alice"), w.phones.MustAddPerson(bobNumber, "Bob")
	spoken(t, alices, bobNumber, time.Now().Add(-time.Hour).Truncate(time.Second), 4)
	w.connector.olderWait = 50 * time.Millisecond
	w.link(alice, alices)
	in, _ := w.hears(bobNumber + " 3")
	w.settles()
	alices.SwitchOff()
	w.asks(in, alice, "history")
	w.finds(in, 1, "Your phone has not sent the older messages yet. Open WhatsApp on the phone. If they do not come then, write “!wa history” again.")
	// Its answer is welcome later, and it was asked under both of the chat's names; one answer is enough.
	alices.SwitchOn()
	page := w.finds(in, 1, "Older messages")
	w.eventually("the thread", func() bool { return len(w.thread(in, page.id)) == 3 })
	w.eventually("both requests", func() bool { return len(alices.HistoryRequests()) == 2 })
	if asked := alices.HistoryRequests(); asked[0].GetChatJID() != bob.LID().String() || asked[1].GetChatJID() != bob.PN().String() {
		t.Errorf("the phone was asked for %v", asked)
	}
	must[string](t)(bob.Send(t.Context(), aliceNumber, "the end"))
	w.hears("the end")
	w.settles()
	w.finds(in, 1, "Older messages")
}

func TestAnAnswerThatComesAfterARestart(t *testing.T) {
	w := newWorld(t, func(o *Options) { o.History.Messages = 1 })
	alices := w.phones.MustAddPerson(aliceNumber, "Alice")
	w.phones.MustAddPerson(bobNumber, "Bob")
	spoken(t, alices, bobNumber, time.Now().Add(-time.Hour).Truncate(time.Second), 4)
	w.link(alice, alices)
	in, _ := w.hears(bobNumber + " 3")
	w.settles()
	alices.SwitchOff()
	w.asks(in, alice, "history 2")
	w.answers(in, alice, "history", "has been asked for older messages of this chat already")
	w.stop()
	w.start()
	w.answers(in, alice, "history", "has been asked for older messages of this chat already")
	alices.SwitchOn()
	page := w.finds(in, 1, "Older messages")
	w.eventually("the thread", func() bool { return len(w.thread(in, page.id)) == 2 })
}

func TestOlderMessagesThatNobodyAskedForAreLeftOut(t *testing.T) {
	w := newWorld(t, func(o *Options) { o.History.Messages = 1 })
	alices, bob := w.phones.MustAddPerson(aliceNumber, "Alice"), w.phones.MustAddPerson(bobNumber, "Bob")
	spoken(t, alices, bobNumber, time.Now().Add(-time.Hour).Truncate(time.Second), 4)
	w.link(alice, alices)
	in, _ := w.hears(bobNumber + " 3")
	w.settles()
	for _, chunk := range []*waHistorySync.HistorySync{
		{SyncType: waHistorySync.HistorySync_ON_DEMAND.Enum(), Conversations: alices.History().Conversations},
		{SyncType: waHistorySync.HistorySync_ON_DEMAND.Enum(), Conversations: []*waHistorySync.Conversation{
			{ID: proto.String("nobody")}, {ID: proto.String("")}, {ID: proto.String(bob.LID().String()), Messages: []*waHistorySync.HistorySyncMsg{{}}},
		}},
		{SyncType: waHistorySync.HistorySync_RECENT.Enum(), Conversations: []*waHistorySync.Conversation{
			{ID: proto.String("nobody@example")}, {ID: proto.String(bob.LID().String()), Messages: []*waHistorySync.HistorySyncMsg{{}}},
		}},
	} {
		if err := alices.SendHistory(t.Context(), alices.Devices()[0].ID, chunk, true); err != nil {
			t.Fatal(err)
		}
	}
	must[string](t)(bob.Send(t.Context(), aliceNumber, "the end"))
	w.hears("the end")
	w.settles()
	w.fills(in, []string{bobNumber + " 3", "the end"})
}

func TestOnlyWhoHasTheChatAsksForOlderMessages(t *testing.T) {
	w := newWorld(t, func(o *Options) { o.History.Messages = 1 })
	alices, carols := w.phones.MustAddPerson(aliceNumber, "Alice"), w.phones.MustAddPerson(carolNumber, "Carol")
	w.phones.MustAddPerson(bobNumber, "Bob")
	spoken(t, alices, bobNumber, time.Now().Add(-time.Hour).Truncate(time.Second), 4)
	w.link(alice, alices)
	w.link(carol, carols)
	in, _ := w.hears(bobNumber + " 3")
	w.settles()
	w.answers(in, carol, "history", "Only somebody who has this chat in an account of their own")
	for _, count := range []string{"0", "51", "many", "1 2"} {
		w.answers(in, alice, "history "+count, "Phones give 1 to 50 messages at a time. Write “!wa history 20”")
	}
	if asked := alices.HistoryRequests(); len(asked) != 0 {
		t.Errorf("Alice's phone was asked for %v", asked)
	}
}
