package whatsapp

import (
	"encoding/hex"
	"fmt"
	"slices"
	"testing"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"google.golang.org/protobuf/proto"
	"maunium.net/go/mautrix/event"

	"passerelle/portal"
	"passerelle/portal/polls"
	"passerelle/portal/say"
)

func waPoll(question string, most uint32, options ...string) *waE2E.PollCreationMessage {
	poll := &waE2E.PollCreationMessage{Name: proto.String(question), SelectableOptionsCount: proto.Uint32(most)}
	for _, option := range options {
		poll.Options = append(poll.Options, &waE2E.PollCreationMessage_Option{OptionName: proto.String(option)})
	}
	return poll
}

func mxPoll(question string, most int, answers ...string) *event.PollStart {
	start := &event.PollStart{Question: event.MSC1767Message{Text: question}, MaxSelections: most}
	for i, answer := range answers {
		start.Answers = append(start.Answers, event.PollOption{ID: fmt.Sprint("a", i), MSC1767Message: event.MSC1767Message{Text: answer}})
	}
	return start
}

func TestAPollComesIn(t *testing.T) {
	poll := waPoll("When?", 0, "Monday", "<Tuesday>", "Monday")
	for name, m := range map[string]*waE2E.Message{
		"1": {PollCreationMessage: poll}, "2": {PollCreationMessageV2: poll}, "3": {PollCreationMessageV3: poll}, "5": {PollCreationMessageV5: poll},
		"4": {PollCreationMessageV4: wrapped(&waE2E.Message{PollCreationMessage: poll})}, "6": {PollCreationMessageV6: poll},
	} {
		c := words.convert(in(m))
		if c.eventType != event.EventUnstablePollStart || c.kind != portal.KindPoll || c.text != "When?\n- Monday\n- <Tuesday>" || c.event.Body != c.text {
			t.Errorf("version %s came in as %+v", name, c)
			continue
		}
		start := c.extra[polls.KeyStart].(event.PollStart)
		if len(start.Answers) != 2 || start.Answers[1].Text != "<Tuesday>" || start.MaxSelections != 2 || start.Question.Text != "When?" || c.extra[polls.KeyText] != c.text {
			t.Errorf("version %s came in with %+v", name, start)
		}
		if want := whatsmeow.HashPollOptions([]string{"Monday"})[0]; start.Answers[0].ID != hex.EncodeToString(want) {
			t.Errorf("its first answer is %s", start.Answers[0].ID)
		}
	}
	results := words.convert(in(&waE2E.Message{PollResultSnapshotMessage: &waE2E.PollResultSnapshotMessage{
		Name: proto.String("When?"), PollVotes: []*waE2E.PollResultSnapshotMessage_PollVote{{OptionName: proto.String("Monday"), OptionVoteCount: proto.Int64(3)}},
	}}))
	if results.event == nil || results.event.Body != "Poll results: When?\n- Monday: 3" {
		t.Errorf("results came in as %+v", results)
	}
}

func TestAPollGoesOut(t *testing.T) {
	secret := []byte("0123456789abcdef0123456789abcdef")
	out, problem := pollOut(mxPoll("When?", 1, "Monday", "Tuesday"), secret, occasion{expires: 7})
	if problem != "" {
		t.Fatal(problem)
	}
	poll := out.message.GetPollCreationMessage()
	if poll.GetName() != "When?" || len(poll.GetOptions()) != 2 || poll.GetSelectableOptionsCount() != 1 || out.text != "When?\n- Monday\n- Tuesday" || out.kind != portal.KindPoll {
		t.Errorf("went out as %v", out.message)
	}
	if string(out.message.GetMessageContextInfo().GetMessageSecret()) != string(secret) || poll.GetContextInfo().GetExpiration() != 7 {
		t.Errorf("went out with %v", out.message)
	}
	if out, _ := pollOut(mxPoll("?", 9, "a", "b"), secret, occasion{}); out.message.GetPollCreationMessage().GetSelectableOptionsCount() != 0 {
		t.Errorf("a poll of many answers went out as %v", out.message)
	}
	if out, _ := pollOut(mxPoll("?", 0, "a", "b"), secret, occasion{}); out.message.GetPollCreationMessage().GetSelectableOptionsCount() != 1 {
		t.Errorf("a poll that says nothing went out as %v", out.message)
	}
	for name, start := range map[string]*event.PollStart{
		"no question": mxPoll("", 1, "a", "b"), "one answer": mxPoll("?", 1, "a"), "the same twice": mxPoll("?", 1, "a", "a"),
		"13 answers": mxPoll("?", 1, "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13"), "empty": mxPoll("?", 1, "a", ""),
	} {
		if out, problem := pollOut(start, secret, occasion{}); out != nil || problem != say.PollNotPossible {
			t.Errorf("%s: went out as %v", name, out)
		}
	}
}

func TestVotesCountOnBothSides(t *testing.T) {
	start := mxPoll("When?", 1, "Monday", "Tuesday")
	hashes := whatsmeow.HashPollOptions([]string{"Tuesday", "Never"})
	response, texts := voteIn(&waE2E.PollVoteMessage{SelectedOptions: hashes}, start, "$poll")
	if !slices.Equal(response.Response.Answers, []string{"a1"}) || !slices.Equal(texts, []string{"Tuesday"}) || response.RelatesTo.EventID != "$poll" || response.RelatesTo.Type != event.RelReference {
		t.Errorf("a vote came in as %+v, %v", response, texts)
	}
	if response, _ := voteIn(&waE2E.PollVoteMessage{SelectedOptions: hashes[:1]}, nil, "$poll"); !slices.Equal(response.Response.Answers, []string{answerID("Tuesday")}) {
		t.Errorf("a vote on WhatsApp's poll came in as %+v", response)
	}
	if response, _ := voteIn(&waE2E.PollVoteMessage{}, start, "$poll"); response.Response.Answers == nil || len(response.Response.Answers) != 0 {
		t.Errorf("a vote taken back came in as %+v", response)
	}
	vote, texts := voteOut(&event.PollResponse{Answers: []string{"nonsense", "a1", "a0"}}, start)
	if len(vote.SelectedOptions) != 1 || string(vote.SelectedOptions[0]) != string(hashes[0]) || !slices.Equal(texts, []string{"Tuesday"}) {
		t.Errorf("a vote went out as %v, %v", vote, texts)
	}
	if vote, _ := voteOut(&event.PollResponse{Answers: []string{answerID("Tuesday"), "zz", "00"}}, nil); len(vote.SelectedOptions) != 1 || string(vote.SelectedOptions[0]) != string(hashes[0]) {
		t.Errorf("a vote on WhatsApp's poll went out as %v", vote)
	}
}
