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
	noted := a.brokenOff(p)
	if len(noted) == 0 || a.connector.bridge.DB.KV.Get(ctx, a.pollKey(p.ID)) != "" {
		return nil
	}
	for evt := range noted { // what is there is another poll, whose note goes later; or this one, when it was cut short
		row, err := a.connector.bridge.DB.Message.GetPartByMXID(ctx, evt)
		if err != nil {
			return fmt.Errorf("look up a poll: %w", err)
		}
		if row != nil && (metadataOf(row).Poll == nil || metadataOf(row).Poll.ID != p.ID) {
			delete(noted, evt)
		}
	}
	if len(noted) != 1 {
		return nil
	}
	for evt, asked := range noted {
		return a.claim(ctx, p, evt, asked)
	}
	return nil
}

// claim keeps that a poll is one whose sending broke off.
func (a *account) claim(ctx context.Context, p *poll, evt id.EventID, asked *askedPoll) error {
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

// brokenOff lists the polls in the same words whose sending broke off.
func (a *account) brokenOff(p *poll) map[id.EventID]*askedPoll {
	var options []inputOption
	for _, option := range p.Options {
		options = append(options, inputOption{option.Text})
	}
	words, found := string(pollWords(p.Question, options)), map[id.EventID]*askedPoll{}
	a.keeping.Lock()
	defer a.keeping.Unlock()
	for evt, note := range a.login.Metadata.(*LoginMetadata).Sending {
		if note.Poll == nil || a.underway[evt] {
			continue
		}
		noted, err := a.connector.border.Sealer.Unseal(note.Poll.Key, note.Poll.Words, pollNames(a.login.ID, evt)...)
		if err == nil && string(noted) == words {
			found[evt] = note.Poll
		}
	}
	return found
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
