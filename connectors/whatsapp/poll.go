package whatsapp

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"google.golang.org/protobuf/proto"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/portal"
	"passerelle/portal/polls"
	"passerelle/portal/say"
)

const (
	// leastAnswers and mostAnswers are how many a poll of WhatsApp's has.
	leastAnswers, mostAnswers = 2, 12
)

// pollOf returns the poll that a message is; nil: none. Those that are wrapped have been unwrapped.
func pollOf(m *waE2E.Message) *waE2E.PollCreationMessage {
	for _, poll := range []*waE2E.PollCreationMessage{
		m.GetPollCreationMessage(), m.GetPollCreationMessageV2(), m.GetPollCreationMessageV3(), m.GetPollCreationMessageV5(),
		m.GetPollCreationMessageV6(),
	} {
		if poll != nil {
			return poll
		}
	}
	return nil
}

// poll reads polls, and their results when somebody shows them.
func (r reader) poll(m *waE2E.Message) (content, bool) {
	if snapshot := m.GetPollResultSnapshotMessage(); snapshot != nil {
		return r.pollResults(snapshot), true
	}
	if snapshot := m.GetPollResultSnapshotMessageV3(); snapshot != nil {
		return r.pollResults(snapshot), true
	}
	poll := pollOf(m)
	if poll == nil {
		return content{}, false
	}
	start := event.PollStart{
		Kind: polls.Disclosed, Question: event.MSC1767Message{Text: poll.GetName()}, MaxSelections: int(poll.GetSelectableOptionsCount()),
	}
	for _, option := range poll.GetOptions() {
		name := option.GetOptionName()
		answer := event.PollOption{ID: answerID(name), MSC1767Message: event.MSC1767Message{Text: name}}
		known := func(other event.PollOption) bool { return other.ID == answer.ID }
		if slices.ContainsFunc(start.Answers, known) || len(start.Answers) == polls.MostAnswers {
			continue
		}
		start.Answers = append(start.Answers, answer)
	}
	if start.MaxSelections <= 0 || start.MaxSelections > len(start.Answers) {
		start.MaxSelections = len(start.Answers)
	}
	if len(start.Answers) == 0 {
		return content{sentence: say.OpenYourPhone}, true
	}
	out, extra := polls.Content(start)
	return content{kind: portal.KindPoll, text: out.Body, eventType: event.EventUnstablePollStart, event: out, extra: extra}, true
}

func (r reader) pollResults(snapshot *waE2E.PollResultSnapshotMessage) content {
	text := []string{r.say(say.PollResults, snapshot.GetName())}
	for _, vote := range snapshot.GetPollVotes() {
		text = append(text, "- "+r.say(say.PollResult, vote.GetOptionName(), vote.GetOptionVoteCount()))
	}
	return r.said(snapshot.GetContextInfo(), text...)
}

// answerID is the ID of an answer in Matrix: WhatsApp's hash of the option, by which votes name it.
func answerID(option string) string {
	hash := sha256.Sum256([]byte(option))
	return hex.EncodeToString(hash[:])
}

// pollOut says a Matrix poll in WhatsApp's words. secret is new for each poll: votes are encrypted with it. A sentence says
// why WhatsApp cannot have it; then there is nothing else.
func pollOut(start *event.PollStart, secret []byte, on occasion) (*outgoing, say.Sentence) {
	question := polls.Text(start.Question)
	poll := &waE2E.PollCreationMessage{
		Name: proto.String(on.by.question(question)), ContextInfo: on.context(), SelectableOptionsCount: proto.Uint32(0),
	}
	text := poll.GetName()
	var seen []string
	for _, answer := range start.Answers {
		option := polls.Text(answer.MSC1767Message)
		if option == "" || slices.Contains(seen, option) {
			return nil, say.PollNotPossible // WhatsApp's votes could not tell the two apart
		}
		seen = append(seen, option)
		poll.Options = append(poll.Options, &waE2E.PollCreationMessage_Option{OptionName: proto.String(option)})
		text += "\n- " + option
	}
	if question == "" || len(seen) < leastAnswers || len(seen) > mostAnswers {
		return nil, say.PollNotPossible
	}
	if most := start.MaxSelections; most < len(seen) { // 0: any number
		poll.SelectableOptionsCount = proto.Uint32(uint32(max(1, most))) // MSC3381: 1 when it is not stated
	}
	return &outgoing{kind: portal.KindPoll, text: text, message: &waE2E.Message{
		PollCreationMessage: poll, MessageContextInfo: &waE2E.MessageContextInfo{MessageSecret: secret},
	}}, ""
}

// voteIn says a decrypted vote in Matrix's words. start is the poll as it stands in the room; nil: it came from WhatsApp, whose
// hashes its answers' IDs are. A vote for nothing takes an earlier one back. The texts are what the gate judges by; without
// start they are not known.
func voteIn(vote *waE2E.PollVoteMessage, start *event.PollStart, poll id.EventID) (*event.PollResponseEventContent, []string) {
	response := &event.PollResponseEventContent{
		RelatesTo: event.RelatesTo{Type: event.RelReference, EventID: poll}, Response: event.PollResponse{Answers: []string{}},
	}
	var texts []string
	for _, hash := range vote.GetSelectedOptions() {
		chosen := hex.EncodeToString(hash)
		if start == nil {
			response.Response.Answers = append(response.Response.Answers, chosen)
			continue
		}
		for _, answer := range start.Answers {
			if option := polls.Text(answer.MSC1767Message); answer.ID == chosen || answerID(option) == chosen {
				response.Response.Answers = append(response.Response.Answers, answer.ID)
				texts = append(texts, option)
				break
			}
		}
	}
	return response, texts
}

// voteOut says a Matrix vote in WhatsApp's words, which are encrypted before they are sent. start is as in voteIn. Answers that
// the poll does not have, and those beyond the most that it allows, do not count (MSC3381, "Votes").
func voteOut(response *event.PollResponse, start *event.PollStart) (*waE2E.PollVoteMessage, []string) {
	vote := &waE2E.PollVoteMessage{}
	var texts []string
	for _, chosen := range response.Answers {
		if start == nil {
			if hash, err := hex.DecodeString(chosen); err == nil && len(hash) == sha256.Size {
				vote.SelectedOptions = append(vote.SelectedOptions, hash)
			}
			continue
		}
		i := slices.IndexFunc(start.Answers, func(answer event.PollOption) bool { return answer.ID == chosen })
		if i < 0 || len(texts) == max(1, start.MaxSelections) {
			continue
		}
		option := polls.Text(start.Answers[i].MSC1767Message)
		hash := sha256.Sum256([]byte(option))
		vote.SelectedOptions, texts = append(vote.SelectedOptions, hash[:]), append(texts, option)
	}
	return vote, texts
}
