package telegram

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/rs/zerolog"
	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/bridgev2/database"
	"maunium.net/go/mautrix/bridgev2/networkid"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/portal"
	"passerelle/portal/polls"
	"passerelle/portal/say"
)

// Votes name a poll and no chat, so which message a poll is is kept beside the message. A bot is told who voted in its own polls, and of
// other polls that they have ended. It cannot vote: how staff vote is said in text.

// votePatience is how long a vote waits for its poll to be known: it may come before the answer on the poll's sending.
const votePatience = time.Minute

var errUnknownPoll = errors.New("the poll is not known")

// pollKey names where it is kept which message a poll is.
func (a *account) pollKey(poll string) database.Key {
	return database.Key("telegram_poll:" + string(a.login.ID) + ":" + poll)
}

// notePoll keeps which message a poll is.
func (a *account) notePoll(ctx context.Context, poll string, message networkid.MessageID) {
	ctx = context.WithoutCancel(ctx)                                                      // it has been sent
	if kv := a.connector.bridge.DB.KV; poll != "" && kv.Get(ctx, a.pollKey(poll)) == "" { // otherwise it is a copy that was forwarded
		kv.Set(ctx, a.pollKey(poll), string(message))
	}
}

// pollNamed returns the message that a poll is. It waits for one that is not known yet.
func (a *account) pollNamed(ctx context.Context, stored portal.Arrival, poll string) (*database.Message, messageID, error) {
	named := networkid.MessageID(a.connector.bridge.DB.KV.Get(ctx, a.pollKey(poll)))
	if named == "" {
		if a.connector.now().Sub(stored.At) > votePatience {
			return nil, messageID{}, portal.Permanent(errUnknownPoll)
		}
		return nil, messageID{}, errUnknownPoll
	}
	of, err := parseMessageID(named)
	if err != nil {
		return nil, of, portal.Permanent(err)
	}
	row, err := a.known(ctx, of)
	if err == nil && row == nil {
		err = a.behind(ctx, of)
	}
	if err == nil && (row == nil || metadataOf(row).Poll == nil) {
		err = errUnknownPoll
		if a.connector.now().Sub(stored.At) > votePatience {
			err = portal.Permanent(err)
		}
	}
	return row, of, err
}

// about begins the delivery of what somebody did about a poll. Who did it may have no number of a message: the update's stands for it.
func (a *account) about(stored portal.Arrival, row *database.Message, of messageID, by int64) (*delivery, error) {
	d := a.deliveryAt(stored, of.in, stored.At, by)
	d.PortalKey, d.CreatePortal = row.Room, false
	var update int64
	if _, err := fmt.Sscanf(stored.ID, "u%d", &update); err != nil {
		return nil, portal.Permanent(fmt.Errorf("an arrival is called %q", stored.ID))
	}
	d.id = of.in.message(-update)
	return d, nil
}

// deliverVote brings a vote into its poll's room.
func (a *account) deliverVote(ctx context.Context, stored portal.Arrival, vote *pollAnswer) error {
	by := vote.by()
	if by == 0 || by == a.bot {
		return nil
	}
	row, of, err := a.pollNamed(ctx, stored, vote.PollID)
	if err != nil {
		return err
	}
	d, err := a.about(stored, row, of, by)
	if err != nil {
		return err
	}
	d.message = &message{From: vote.User, SenderChat: vote.Voter} // whom GetUserInfo describes
	d.says = func(ctx context.Context) (content, error) {
		chosen := metadataOf(row).Poll.chosen(vote.Options)
		out, extra := polls.Vote(row.MXID, chosen...)
		return content{kind: portal.KindVote, text: a.answersIn(ctx, row, chosen), eventType: event.EventUnstablePollResponse, event: out, extra: extra}, nil
	}
	return d.run(ctx)
}

// answersIn says answers of a poll in words, for the gate; "" when the poll cannot be looked at: its words have crossed before.
func (a *account) answersIn(ctx context.Context, row *database.Message, chosen []string) string {
	start, err := a.pollInRoom(ctx, row)
	if err != nil {
		zerolog.Ctx(ctx).Warn().Err(err).Msg("A poll cannot be looked at")
		return ""
	}
	start.MaxSelections = len(start.Answers)
	return inWords(polls.Chosen(event.PollResponse{Answers: chosen}, start))
}

func inWords(answers []event.PollOption) string {
	var words []string
	for _, answer := range answers {
		words = append(words, polls.Text(answer.MSC1767Message))
	}
	return strings.Join(words, ", ")
}

// pollInRoom returns a poll as it stands in its room.
func (a *account) pollInRoom(ctx context.Context, row *database.Message) (event.PollStart, error) {
	room, err := a.connector.bridge.GetExistingPortalByKey(ctx, row.Room)
	if err != nil || room == nil {
		return event.PollStart{}, errors.Join(errUnknownPoll, err)
	}
	found, err := a.connector.bridge.Bot.GetEvent(ctx, room.MXID, row.MXID)
	if err != nil {
		return event.PollStart{}, fmt.Errorf("look at a poll: %w", err)
	}
	return polls.Start(found)
}

// deliverPoll brings into a room that its poll has ended, and how. (Telegram tells of each vote in an anonymous poll of the bot's, too,
// without who it was of: the result is what counts.)
func (a *account) deliverPoll(ctx context.Context, stored portal.Arrival, p *poll) error {
	if !p.IsClosed {
		return nil
	}
	row, of, err := a.pollNamed(ctx, stored, p.ID)
	if err != nil {
		return err
	}
	own := row.SenderID == a.GetUserID()
	kept := metadataOf(row)
	if kept.Poll.Closed && !kept.Poll.Anonymous {
		return nil // whoever ended it did so here
	}
	author, err := parseNumber(string(row.SenderID))
	if err != nil {
		return portal.Permanent(err)
	}
	d, err := a.about(stored, row, of, author)
	if err != nil {
		return err
	}
	if own && kept.Poll.Closed {
		d.notice = a.reader(ctx).results(p)
		return d.run(ctx)
	}
	d.says = func(ctx context.Context) (content, error) {
		results := a.reader(ctx).told(a.reader(ctx).results(p))
		return content{kind: portal.KindText, text: results.text, eventType: event.EventUnstablePollEnd, event: pollEnd(row.MXID),
			extra: map[string]any{polls.KeyEnd: map[string]any{}, polls.KeyText: results.text}, also: &results}, nil
	}
	if err := d.run(ctx); err != nil {
		return err
	}
	kept.Poll.Closed = true
	return wrapped("keep that a poll has ended", a.connector.bridge.DB.Message.Update(ctx, row))
}

// pollEnd is the event that ends a poll (MSC3381, "Ending a poll").
func pollEnd(of id.EventID) *event.MessageEventContent {
	return &event.MessageEventContent{RelatesTo: &event.RelatesTo{Type: event.RelReference, EventID: of}}
}

var _ bridgev2.PollHandlingNetworkAPI = (*account)(nil)

// HandleMatrixPollStart sends a poll (see [bridgev2.PollHandlingNetworkAPI]).
func (a *account) HandleMatrixPollStart(ctx context.Context, asked *bridgev2.MatrixPollStart) (*bridgev2.MatrixMessageResponse, error) {
	out, problem := pollOut(asked.Content.PollStart, a.occasion(ctx, &asked.MatrixMessage))
	if problem != "" {
		return nil, a.refused(ctx, errors.New("no such poll on Telegram"), problem)
	}
	return a.crossOut(ctx, &asked.MatrixMessage, out)
}

// HandleMatrixPollVote says in text how somebody votes, as an answer to the poll (see [bridgev2.PollHandlingNetworkAPI]).
func (a *account) HandleMatrixPollVote(ctx context.Context, vote *bridgev2.MatrixPollVote) (*bridgev2.MatrixMessageResponse, error) {
	target, err := a.target(ctx, vote.VoteTo.ID)
	if err != nil {
		return nil, err
	}
	start, err := a.pollInRoom(ctx, vote.VoteTo)
	if err != nil {
		return nil, a.refused(ctx, err, say.RelayVoteUnread)
	}
	on := a.occasion(ctx, &vote.MatrixMessage)
	on.answers = target
	words := a.connector.say(say.RelayVoteTakenBack)
	if chosen := inWords(polls.Chosen(vote.Content.Response, start)); chosen != "" {
		words = a.connector.say(say.VotesFor, chosen)
	}
	out := textOut(on.by.words(marked{text: words}), on)
	out.kind = portal.KindVote
	response, err := a.crossOut(ctx, &vote.MatrixMessage, out)
	if kept := metadataOf(vote.VoteTo); err == nil && kept.Poll != nil && !kept.Poll.Told {
		told := *kept.Poll
		told.Told = true
		kept.Poll = &told
		if err := a.connector.bridge.DB.Message.Update(ctx, vote.VoteTo); err != nil {
			a.log.Warn().Err(err).Msg("That staff know that a bot has no vote could not be kept")
		}
		a.tellVoter(ctx, vote)
	}
	return response, err
}

// tellVoter says once below a poll what becomes of votes in it, beside what goes on.
func (a *account) tellVoter(ctx context.Context, vote *bridgev2.MatrixPollVote) {
	room, text := vote.Portal.MXID, a.sayToWriter(ctx, say.BotCannotVote, networkName)
	content := &event.MessageEventContent{MsgType: event.MsgNotice, Body: text, Mentions: &event.Mentions{UserIDs: []id.UserID{vote.Event.Sender}},
		RelatesTo: (&event.RelatesTo{}).SetReplyTo(vote.VoteTo.MXID)}
	a.spawn(func(ctx context.Context) {
		_, err := a.connector.bridge.Bot.SendMessage(ctx, room, event.EventMessage, &event.Content{Parsed: content}, nil)
		if err != nil && ctx.Err() == nil {
			a.log.Warn().Err(err).Msg("A voter could not be told that a bot has no vote")
		}
	})
}

// endPoll ends a poll. Who wrote the event has been looked at: it is the poll's author.
func (a *account) endPoll(ctx context.Context, changed *bridgev2.MatrixEdit, of messageID) error {
	kept := metadataOf(changed.EditTarget)
	if kept.Poll == nil {
		return a.refused(ctx, errUnknownPoll, say.NotPossible)
	}
	crossing := a.crossingOut(&bridgev2.MatrixMessage{MatrixEventBase: changed.MatrixEventBase}, &outgoing{kind: portal.KindEdit})
	if _, err := passOut(ctx, a, crossing, of); err != nil {
		return err
	}
	// Before the call, by which Telegram tells of the end: that is for those who did not end it.
	before, closed := kept.Poll, *kept.Poll
	closed.Closed = true
	kept.Poll = &closed
	if err := a.connector.bridge.DB.Message.Update(ctx, changed.EditTarget); err != nil {
		return a.failed(ctx, fmt.Errorf("keep that a poll ends: %w", err), say.NotSent)
	}
	err := a.insist(ctx, of.in, func(ctx context.Context) error { return a.api.stopPoll(ctx, of) })
	var refused *refusal
	if errors.As(err, &refused) && refused.code == http.StatusBadRequest && strings.Contains(refused.text, "already been closed") {
		return nil
	}
	if err != nil {
		kept.Poll = before
		if err := a.connector.bridge.DB.Message.Update(ctx, changed.EditTarget); err != nil {
			a.log.Warn().Err(err).Msg("That a poll goes on could not be kept")
		}
		return a.unsent(ctx, err)
	}
	return nil
}
