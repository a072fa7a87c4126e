package telegram

import (
	"context"
	"encoding/json"
	"fmt"

	"maunium.net/go/mautrix/bridgev2/database"
	"maunium.net/go/mautrix/bridgev2/networkid"
	"maunium.net/go/mautrix/id"
)

// A poll whose sending broke off may be there, and then people vote in it. Telegram tells of each vote how the poll stands, with its
// question and its answers (Bot API, Update, poll), but not where it is. So they are noted, sealed, before the poll is sent. Who votes in a
// poll that is not known votes in the one that was noted in the same words, if there is but one. Its number in its chat nobody tells, so
// that it cannot be ended or deleted from here.

// askedPoll is what is noted of a poll that is about to be sent.
type askedPoll struct {
	Room    networkid.PortalID `json:"room"`
	Answers []string           `json:"answers"` // their identifiers in Matrix, in order
	Words   []byte             `json:"words"`   // the question and the answers, sealed
	Key     string             `json:"key"`     // by which
}

// pollWords are a poll's question and answers.
func pollWords(question string, options []inputOption) []byte {
	return []byte(encoded(append([]inputOption{{question}}, options...)))
}

// askedBy notes a poll that a call sends; nil: it sends none.
func (a *account) askedBy(evt id.EventID, to chatID, p part) (*askedPoll, error) {
	if p.call == nil || p.poll == nil {
		return nil, nil
	}
	var options []inputOption
	if err := json.Unmarshal([]byte(p.call.params["options"]), &options); err != nil {
		return nil, fmt.Errorf("note a poll: %w", err)
	}
	asked := &askedPoll{Room: to.portalID(), Answers: p.poll.Answers}
	var err error
	asked.Key, asked.Words, err = a.connector.border.Sealer.Seal(pollWords(p.call.params["question"], options), pollNames(a.login.ID, evt)...)
	return asked, err
}

// pollNames names what a poll's words are sealed for.
func pollNames(login networkid.UserLoginID, evt id.EventID) []string {
	return []string{"telegram", "poll", string(login), evt.String()}
}

// claimPoll finds out which poll it is that somebody votes in, when it is one whose sending broke off.
func (a *account) claimPoll(ctx context.Context, p *poll) error {
	evt, asked := a.brokenOff(p)
	if asked == nil || a.connector.bridge.DB.KV.Get(ctx, a.pollKey(p.ID)) != "" {
		return nil
	}
	in, err := parsePortalID(asked.Room)
	if err != nil {
		return err
	}
	number, err := parseNumber(p.ID)
	if err != nil || number < 0 {
		return nil // there is nothing to name it by
	}
	row := &database.Message{ID: in.message(-number).networkID(), MXID: evt, Room: a.roomOf(in).key(), SenderID: a.GetUserID(), Timestamp: a.connector.now(),
		Metadata: &MessageMetadata{Poll: &keptPoll{ID: p.ID, Answers: asked.Answers, Anonymous: p.IsAnonymous}}}
	there, err := a.isThere(ctx, row.ID)
	if err == nil && !there {
		err = a.connector.bridge.DB.Message.Insert(ctx, row)
	}
	if err != nil {
		return fmt.Errorf("keep a poll whose sending broke off: %w", err)
	}
	a.notePoll(ctx, p.ID, row.ID)
	return nil
}

// brokenOff returns the only poll in the same words whose sending broke off; nil: there is none, or are several.
func (a *account) brokenOff(p *poll) (evt id.EventID, found *askedPoll) {
	var options []inputOption
	for _, option := range p.Options {
		options = append(options, inputOption{option.Text})
	}
	words := string(pollWords(p.Question, options))
	a.keeping.Lock()
	defer a.keeping.Unlock()
	for each, note := range a.login.Metadata.(*LoginMetadata).Sending {
		if note.Poll == nil || a.underway[each] {
			continue
		}
		noted, err := a.connector.border.Sealer.Unseal(note.Poll.Key, note.Poll.Words, pollNames(a.login.ID, each)...)
		if err != nil || string(noted) != words {
			continue
		}
		if found != nil {
			return "", nil
		}
		evt, found = each, note.Poll
	}
	return evt, found
}

// lookAtPoll looks at what came about a poll before the votes in it are delivered, which may stand before it and name the poll alone.
func (a *account) lookAtPoll(ctx context.Context, u update) error {
	content, err := u.Kind.content(u.Content)
	if err != nil {
		return err
	}
	if err := a.claimPoll(ctx, content.(*poll)); err != nil {
		a.log.Err(err).Msg("Votes in a poll whose sending broke off do not come")
	}
	return nil
}
