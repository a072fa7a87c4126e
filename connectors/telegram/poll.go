package telegram

import (
	"slices"
	"strconv"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"
	"maunium.net/go/mautrix/event"

	"passerelle/portal"
	"passerelle/portal/polls"
	"passerelle/portal/say"
)

// poll is a poll or a quiz (Bot API, Poll).
type poll struct {
	ID       string `json:"id"`
	Question string `json:"question"`
	Options  []struct {
		Text   string `json:"text"`
		Voters int    `json:"voter_count"`
	} `json:"options"`
	Voters      int    `json:"total_voter_count"`
	IsClosed    bool   `json:"is_closed"`
	IsAnonymous bool   `json:"is_anonymous"`
	Type        string `json:"type"`
	Multiple    bool   `json:"allows_multiple_answers"`
	Right       *int   `json:"correct_option_id,omitempty"`
	Explanation string `json:"explanation,omitempty"`
}

// pollAnswer tells that somebody voted in a poll of the bot's, or took the vote back (Bot API, PollAnswer).
type pollAnswer struct {
	PollID  string `json:"poll_id"`
	Voter   *chat  `json:"voter_chat,omitempty"` // for whom an admin of a group or channel voted
	User    *user  `json:"user,omitempty"`
	Options []int  `json:"option_ids"`
}

// by is who voted; 0: nobody says.
func (p pollAnswer) by() int64 {
	switch {
	case p.Voter != nil:
		return p.Voter.ID
	case p.User != nil:
		return p.User.ID
	}
	return 0
}

// keptPoll is what is kept of a poll with its message.
type keptPoll struct {
	ID string `json:"id"`
	// Answers are the answers' identifiers in Matrix, in Telegram's order.
	Answers []string `json:"answers"`
	Closed  bool     `json:"closed,omitempty"`
	// Anonymous says that nobody is told who voted.
	Anonymous bool `json:"anonymous,omitempty"`
	// Told says that staff know that a bot has no vote.
	Told bool `json:"told,omitempty"`
}

// chosen are the answers that a vote on Telegram is for.
func (k keptPoll) chosen(options []int) []string {
	chosen := []string{}
	for _, option := range options {
		if option >= 0 && option < len(k.Answers) {
			chosen = append(chosen, k.Answers[option])
		}
	}
	return chosen
}

// pollIn is a poll in Matrix's words. Its answers are named by their place, as Telegram's votes name them.
func (r reader) poll(p *poll) content {
	start := event.PollStart{Kind: polls.Disclosed, Question: event.MSC1767Message{Text: p.Question}, MaxSelections: 1}
	kept := &keptPoll{ID: p.ID, Closed: p.IsClosed}
	for i, option := range p.Options[:min(len(p.Options), polls.MostAnswers)] {
		start.Answers = append(start.Answers, event.PollOption{ID: strconv.Itoa(i), MSC1767Message: event.MSC1767Message{Text: option.Text}})
		kept.Answers = append(kept.Answers, strconv.Itoa(i))
	}
	if p.Type == "quiz" {
		start.Question.Text = joinLines(r.say(say.Quiz), p.Question)
	}
	if p.Multiple {
		start.MaxSelections = len(start.Answers)
	}
	if len(start.Answers) == 0 {
		return content{sentence: say.CannotShow}
	}
	out, extra := polls.Content(start)
	return content{kind: portal.KindPoll, text: out.Body, eventType: event.EventUnstablePollStart, event: out, extra: extra, start: &start,
		kept: MessageMetadata{Poll: kept}}
}

// Limits of polls (Bot API, sendPoll). A question counts with the name of who asks.
const (
	leastAnswers, mostAnswers = 2, 12
	mostQuestion, mostAnswer  = 300, 100
)

// inputOption is an answer of a poll that goes out (Bot API, InputPollOption).
type inputOption struct {
	Text string `json:"text"`
}

// pollOut is a poll in Telegram's words. It is not anonymous: of anonymous ones a bot learns no votes. A sentence says why Telegram
// cannot have it; then there is nothing else. It takes the network's name.
func pollOut(start event.PollStart, on occasion) (*outgoing, say.Sentence) {
	question := on.by.before.text + polls.Text(start.Question)
	if polls.Text(start.Question) == "" || len(unitsOf(question)) > mostQuestion {
		return nil, say.PollTooLong
	}
	var options []inputOption
	kept := &keptPoll{}
	text := question
	for _, answer := range start.Answers {
		option := inputOption{polls.Text(answer.MSC1767Message)}
		switch {
		case option.Text == "" || slices.Contains(options, option):
			return nil, say.PollNotPossible
		case len(unitsOf(option.Text)) > mostAnswer:
			return nil, say.PollTooLong
		}
		options, kept.Answers = append(options, option), append(kept.Answers, answer.ID)
		text += "\n- " + option.Text
	}
	if len(options) < leastAnswers || len(options) > mostAnswers {
		return nil, say.PollNotPossible
	}
	params := tgbotapi.Params{"question": question, "options": encoded(options), "is_anonymous": "false"}
	if start.MaxSelections > 1 {
		params["allows_multiple_answers"] = "true"
	}
	return &outgoing{kind: portal.KindPoll, text: text, answers: on.answers, calls: []call{{"sendPoll", params}}, kept: MessageMetadata{Poll: kept}}, ""
}

// results tells how a poll stands.
func (r reader) results(p *poll) string {
	lines := []string{r.say(say.PollResults, p.Question)}
	for i, option := range p.Options {
		line := "- " + r.say(say.PollResult, option.Text, option.Voters)
		if p.Right != nil && *p.Right == i {
			line += " ✓"
		}
		lines = append(lines, line)
	}
	return joinLines(append(lines, p.Explanation)...)
}
