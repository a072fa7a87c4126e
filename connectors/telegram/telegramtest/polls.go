package telegramtest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
)

// poll is a poll or a quiz, with who voted for what.
type poll struct {
	*Poll
	m     *message
	by    int64
	votes map[int64][]int
}

// Limits of polls (sendPoll).
const (
	maxQuestion = 300
	maxOption   = 100
	maxOptions  = 12
)

func (c *call) sendPoll() (any, error) {
	in, said, sender, err := c.outgoing()
	if err != nil {
		return nil, err
	}
	// Options are InputPollOption objects; older clients send plain strings.
	var raw []json.RawMessage
	if err := c.object("options", &raw); err != nil {
		return nil, err
	}
	var options []string
	for _, one := range raw {
		var option struct {
			Text string `json:"text"`
		}
		if json.Unmarshal(one, &option.Text) != nil && json.Unmarshal(one, &option) != nil {
			return nil, badRequest("can't parse options")
		}
		options = append(options, option.Text)
	}
	p := Poll{Question: c.text("question"), IsAnonymous: c.text("is_anonymous") != "false", Type: "regular",
		Multiple: c.flag("allows_multiple_answers"), Explanation: c.text("explanation")}
	if kind := c.text("type"); kind != "" {
		p.Type = kind
	}
	if p.Type == "quiz" {
		right, err := strconv.Atoi(c.text("correct_option_id"))
		if err != nil || right < 0 || right >= len(options) {
			return nil, badRequest("wrong correct option ID specified")
		}
		p.CorrectOption = &right
	}
	m, err := in.postPoll(sender, said, p, options)
	if err != nil {
		return nil, err
	}
	return c.sent(m)
}

func (c *chat) postPoll(sender int64, said Message, p Poll, options []string) (*message, error) {
	switch {
	case p.Question == "" || units(p.Question) > maxQuestion:
		return nil, badRequest("poll question must be non-empty and at most %d characters", maxQuestion)
	case len(options) < 2 && p.Type != "quiz", len(options) == 0:
		return nil, badRequest("poll must have at least 2 option")
	case !p.IsAnonymous && c.kind == "channel":
		return nil, badRequest("non-anonymous polls can't be sent to channel chats")
	case len(options) > maxOptions:
		return nil, badRequest("poll can't have more than %d options", maxOptions)
	}
	for _, option := range options {
		if option == "" || units(option) > maxOption {
			return nil, badRequest("poll options must be non-empty and at most %d characters", maxOption)
		}
		p.Options = append(p.Options, PollOption{Text: option})
	}
	p.ID = fmt.Sprint(c.server.id() * 7919)
	said.Poll = &p
	m := c.post(sender, said)
	c.server.polls[p.ID] = &poll{Poll: m.Poll, m: m, by: sender, votes: map[int64][]int{}}
	return m, nil
}

func (c *call) stopPoll() (any, error) {
	m, err := c.own("edit")
	if err != nil {
		return nil, err
	}
	if m.Poll == nil || m.Poll.IsClosed {
		return nil, badRequest("poll has already been closed")
	}
	c.server.polls[m.Poll.ID].close()
	return m.Poll, nil
}

func (p *poll) close() {
	p.IsClosed = true
	p.changed()
}

// changed tells people and the poll's own bot of its state, and once it is closed the bots that see it ("Update", poll).
func (p *poll) changed() {
	in := p.m.in
	in.changed(p.m)
	if bot := in.server.accounts[p.by].bot; bot != nil {
		bot.put("poll", *p.Poll)
		return
	}
	for _, id := range in.present() {
		if bot := in.server.accounts[id].bot; bot != nil && p.IsClosed && bot.sees(in, p.m) {
			bot.put("poll", *p.Poll)
		}
	}
}

// vote sets what somebody chose; nothing takes a vote back.
func (p *poll) vote(by int64, options []int) error {
	switch {
	case p.IsClosed:
		return fmt.Errorf("%w: the poll is closed", ErrNotAllowed)
	case len(options) > 1 && !p.Multiple, p.Type == "quiz" && p.votes[by] != nil:
		return fmt.Errorf("%w: one answer only", ErrNotAllowed)
	}
	for _, o := range options {
		if o < 0 || o >= len(p.Options) {
			return fmt.Errorf("%w: no such answer", ErrNotAllowed)
		}
	}
	p.votes[by] = slices.Clone(options)
	if len(options) == 0 {
		delete(p.votes, by)
	}
	counts := make([]PollOption, len(p.Options)) // a new one: what was told before stays
	for i := range p.Options {
		counts[i].Text = p.Options[i].Text
	}
	for _, chosen := range p.votes {
		for _, o := range chosen {
			counts[o].VoterCount++
		}
	}
	p.Options, p.TotalVoterCount = counts, len(p.votes)
	s := p.m.in.server
	// A bot learns who voted only in a poll that it sent and that is not anonymous (PollAnswer).
	if bot := s.accounts[p.by].bot; bot != nil && !p.IsAnonymous {
		if options == nil {
			options = []int{}
		}
		bot.put("poll_answer", map[string]any{"poll_id": p.ID, "user": s.accounts[by].User, "option_ids": options})
	}
	p.changed()
	return nil
}
