package whatsapptest

import (
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"time"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"google.golang.org/protobuf/proto"
)

// SendPoll sends a poll and returns its ID.
func (p *Phone) SendPoll(ctx context.Context, to string, poll Poll) (string, error) {
	if len(poll.Options) < 2 || poll.Max < 0 || poll.Max > len(poll.Options) {
		return "", fmt.Errorf("%w: a poll has two options at least, and allows some of them", errBadInput)
	}
	creation := &waE2E.PollCreationMessage{Name: &poll.Question, SelectableOptionsCount: proto.Uint32(uint32(poll.Max))}
	for _, option := range poll.Options {
		creation.Options = append(creation.Options, &waE2E.PollCreationMessage_Option{OptionName: &option})
	}
	if poll.Max == 1 { // as phones do: a field of its own for polls with one choice
		return p.SendMessage(ctx, to, &waE2E.Message{PollCreationMessageV3: creation})
	}
	return p.SendMessage(ctx, to, &waE2E.Message{PollCreationMessage: creation})
}

// Vote chooses options of a poll in place of those that the owner chose before; none takes the vote back.
func (p *Phone) Vote(ctx context.Context, to, poll string, options ...string) (string, error) {
	key, original, err := p.keyTo(to, poll)
	if err != nil {
		return "", fmt.Errorf("vote: %w", err)
	}
	asked := pollOf(unwrap(original.content))
	if asked == nil {
		return "", fmt.Errorf("vote: %w: %s is not a poll", errBadInput, poll)
	}
	vote := &waE2E.PollVoteMessage{}
	for _, option := range options {
		if !slices.Contains(describePoll(asked).Options, option) {
			return "", fmt.Errorf("vote: %w: %q is not an option", errBadInput, option)
		}
		hash := sha256.Sum256([]byte(option))
		vote.SelectedOptions = append(vote.SelectedOptions, hash[:])
	}
	p.mu.Lock()
	payload, iv, err := p.sealAnswer(original, sealsVote, vote)
	p.mu.Unlock()
	if err != nil {
		return "", fmt.Errorf("vote: %w", err)
	}
	return p.SendMessage(ctx, to, &waE2E.Message{PollUpdateMessage: &waE2E.PollUpdateMessage{
		PollCreationMessageKey: key, Vote: &waE2E.PollEncValue{EncPayload: payload, EncIV: iv},
		SenderTimestampMS: proto.Int64(time.Now().UnixMilli()),
	}})
}

// pollOf returns a message's poll, or nil; kinds of polls have fields of their own.
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

func describePoll(m *waE2E.PollCreationMessage) *Poll {
	poll := &Poll{Question: m.GetName(), Max: int(m.GetSelectableOptionsCount())}
	for _, option := range m.GetOptions() {
		poll.Options = append(poll.Options, option.GetOptionName())
	}
	return poll
}

// applyVote notes what somebody chose. The caller holds the mutex.
func (p *Phone) applyVote(m message, update *waE2E.PollUpdateMessage) {
	var vote waE2E.PollVoteMessage
	if err := p.openAnswer(m, update.GetPollCreationMessageKey(), sealsVote, update.GetVote(), &vote); err != nil {
		p.noteUnopened(m, err)
		return
	}
	chosen := map[string]bool{}
	for _, hash := range vote.GetSelectedOptions() {
		chosen[string(hash)] = true
	}
	from := p.nameOf(m.from)
	p.inbox.change(p.chatName(m.chat), update.GetPollCreationMessageKey().GetID(), func(e *Entry) {
		if e.Poll == nil {
			return
		}
		var options []string
		for _, option := range e.Poll.Options {
			if hash := sha256.Sum256([]byte(option)); chosen[string(hash[:])] {
				options = append(options, option)
			}
		}
		if len(options) == 0 {
			delete(e.Votes, from)
			return
		}
		if e.Votes == nil {
			e.Votes = map[string][]string{}
		}
		e.Votes[from] = options
	})
}

// SendEvent announces an event and returns the message's ID.
func (p *Phone) SendEvent(ctx context.Context, to string, event Event) (string, error) {
	m := &waE2E.EventMessage{
		Name: &event.Name, StartTime: proto.Int64(event.Start.Unix()), IsCanceled: some(event.Canceled),
		Description: some(event.Description), JoinLink: some(event.JoinLink),
	}
	if event.Place != nil {
		m.Location = event.Place.message()
	}
	return p.SendMessage(ctx, to, &waE2E.Message{EventMessage: m})
}

// eventAnswers are what one may say to an event.
var eventAnswers = map[waE2E.EventResponseMessage_EventResponseType]string{
	waE2E.EventResponseMessage_GOING: "going", waE2E.EventResponseMessage_NOT_GOING: "not going",
	waE2E.EventResponseMessage_MAYBE: "maybe",
}

// AnswerEvent says whether the owner comes to an event: "going", "not going" or "maybe".
func (p *Phone) AnswerEvent(ctx context.Context, to, event, answer string) (string, error) {
	key, original, err := p.keyTo(to, event)
	if err != nil {
		return "", fmt.Errorf("answer event: %w", err)
	}
	response := &waE2E.EventResponseMessage{TimestampMS: proto.Int64(time.Now().UnixMilli())}
	for kind, word := range eventAnswers {
		if word == answer {
			response.Response = kind.Enum()
		}
	}
	if response.Response == nil {
		return "", fmt.Errorf("answer event: %w: unknown answer %q", errBadInput, answer)
	}
	p.mu.Lock()
	payload, iv, err := p.sealAnswer(original, sealsEventAnswer, response)
	p.mu.Unlock()
	if err != nil {
		return "", fmt.Errorf("answer event: %w", err)
	}
	return p.SendMessage(ctx, to, &waE2E.Message{EncEventResponseMessage: &waE2E.EncEventResponseMessage{
		EventCreationMessageKey: key, EncPayload: payload, EncIV: iv,
	}})
}

// applyEventAnswer notes whether somebody comes. The caller holds the mutex.
func (p *Phone) applyEventAnswer(m message, sealed *waE2E.EncEventResponseMessage) {
	var answer waE2E.EventResponseMessage
	if err := p.openAnswer(m, sealed.GetEventCreationMessageKey(), sealsEventAnswer, sealed, &answer); err != nil {
		p.noteUnopened(m, err)
		return
	}
	from := p.nameOf(m.from)
	p.inbox.change(p.chatName(m.chat), sealed.GetEventCreationMessageKey().GetID(), func(e *Entry) {
		if e.Answers == nil {
			e.Answers = map[string]string{}
		}
		e.Answers[from] = eventAnswers[answer.GetResponse()]
	})
}
