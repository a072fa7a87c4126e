package whatsapp

import (
	"slices"
	"strings"
	"testing"
	"time"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/connectors/whatsapp/whatsapptest"
	"passerelle/portal"
	"passerelle/portal/polls"
)

// polls starts a poll in a room as a member of staff.
func (w *world) polls(in *room, staff id.UserID, start *event.PollStart) id.EventID {
	w.t.Helper()
	made := w.matrix.nextEvent()
	content := &event.PollStartEventContent{PollStart: *start}
	w.matrix.change(func() {
		in.said = append(in.said, said{id: made, by: staff, kind: event.EventUnstablePollStart,
			content: &event.MessageEventContent{}, extra: map[string]any{polls.KeyStart: content.PollStart}})
	})
	w.queues(in, staff, made, event.EventUnstablePollStart, content)
	return made
}

// votes answers a poll as a member of staff.
func (w *world) votes(in *room, staff id.UserID, poll id.EventID, answers ...string) id.EventID {
	w.t.Helper()
	made := w.matrix.nextEvent()
	w.queues(in, staff, made, event.EventUnstablePollResponse, &event.PollResponseEventContent{
		RelatesTo: event.RelatesTo{Type: event.RelReference, EventID: poll}, Response: event.PollResponse{Answers: answers},
	})
	return made
}

func (w *world) queues(in *room, staff id.UserID, as id.EventID, kind event.Type, content any) {
	w.bridge.QueueMatrixEvent(w.t.Context(), w.matrix.write(&event.Event{
		ID: as, RoomID: in.id, Sender: staff, Type: kind, Timestamp: time.Now().UnixMilli(), Content: event.Content{Parsed: content},
	}))
}

// roomOf waits for a room that somebody is in and in which something was said.
func (w *world) roomOf(staff id.UserID, body string) (in *room, what said) {
	w.t.Helper()
	w.matrix.wait(w.t, string(staff)+" to read "+body, func() bool {
		for _, r := range w.matrix.rooms {
			for _, s := range r.said {
				if r.members[staff] != "" && s.content.Body == body {
					in, what = r, s
					return true
				}
			}
		}
		return false
	})
	return in, what
}

// counted waits for a vote on a poll by somebody.
func (w *world) counted(in *room, by id.UserID, poll id.EventID, answers ...string) {
	w.t.Helper()
	w.matrix.wait(w.t, "the vote for "+strings.Join(answers, ", "), func() bool {
		return slices.ContainsFunc(in.said, func(s said) bool {
			response, _ := s.extra[polls.KeyResponse].(event.PollResponse)
			return s.kind == event.EventUnstablePollResponse && s.by == by && s.content.RelatesTo.GetReferenceID() == poll &&
				slices.Equal(response.Answers, answers)
		})
	})
}

// TestTwoMembersOfStaffVote plays both halves of a poll: Alice and Carol are linked, and write to each other through WhatsApp.
func TestTwoMembersOfStaffVote(t *testing.T) {
	w := newWorld(t)
	alicesPhone, carolsPhone := w.phones.MustAddPerson(aliceNumber, "Alice"), w.phones.MustAddPerson(carolNumber, "Carol")
	w.link(alice, alicesPhone)
	w.link(carol, carolsPhone)
	must[string](t)(carolsPhone.Send(t.Context(), aliceNumber, "Let us vote"))
	atAlices, _ := w.roomOf(alice, "Let us vote")

	asked := w.polls(atAlices, alice, mxPoll("When?", 1, "Monday", "Tuesday"))
	if got := w.matrix.outcome(t, asked); got.Status != event.MessageStatusSuccess {
		t.Fatalf("Alice's poll is %+v", got)
	}
	if got := must[whatsapptest.Entry](t)(carolsPhone.WaitForText(deadline(t), "When?")); got.Kind != whatsapptest.KindPoll {
		t.Errorf("Carol's phone shows %+v", got)
	}
	atCarols, poll := w.roomOf(carol, "When?\n- Monday\n- Tuesday")
	cast := w.votes(atCarols, carol, poll.id, answerID("Tuesday"))
	if got := w.matrix.outcome(t, cast); got.Status != event.MessageStatusSuccess {
		t.Fatalf("Carol's vote is %+v", got)
	}
	w.counted(atAlices, ghostOf(carolsPhone), asked, "a1")
	w.votes(atCarols, carol, poll.id)
	w.counted(atAlices, ghostOf(carolsPhone), asked)
	w.votes(atAlices, alice, asked, "a0")
	w.counted(atCarols, ghostOf(alicesPhone), poll.id, answerID("Monday"))

	w.policy.set(func(c portal.Crossing) bool { return c.Kind == portal.KindVote && c.Text == "Tuesday" }, nil)
	if got := w.matrix.outcome(t, w.votes(atCarols, carol, poll.id, answerID("Tuesday"))); got.Status != event.MessageStatusFail {
		t.Errorf("a vote that the gate refused is %+v", got)
	}
	if got := w.matrix.outcome(t, w.polls(atAlices, alice, mxPoll("Only one?", 1, "Yes"))); !strings.Contains(got.Message, "2 to 12 different answers") {
		t.Errorf("of a poll that WhatsApp cannot have Alice reads %+v", got)
	}
}

func TestAVoteOnAnUnknownPollIsSaid(t *testing.T) {
	w, _, bob, in := acquainted(t)
	must[string](t)(bob.SendMessage(t.Context(), aliceNumber, &waE2E.Message{PollUpdateMessage: &waE2E.PollUpdateMessage{}}))
	w.hears("This message can only be read on the phone. Open WhatsApp there.")
	must[string](t)(bob.SendMessage(t.Context(), aliceNumber, &waE2E.Message{
		PollCreationMessage: waPoll("When?", 1, "a", "b"), MessageContextInfo: &waE2E.MessageContextInfo{},
	}))
	_, poll := w.hears("When?\n- a\n- b")
	if got := w.matrix.outcome(t, w.votes(in, alice, poll.id, answerID("a"))); got.Status != event.MessageStatusSuccess {
		t.Errorf("Alice's vote is %+v", got)
	}
}
