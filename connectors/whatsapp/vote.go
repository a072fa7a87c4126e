package whatsapp

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/rs/zerolog"
	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"google.golang.org/protobuf/proto"
	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/bridgev2/database"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/portal"
	"passerelle/portal/polls"
	"passerelle/portal/relay"
	"passerelle/portal/say"
)

var _ bridgev2.PollHandlingNetworkAPI = (*account)(nil)

// HandleMatrixPollStart brings a Matrix poll across the border (see [bridgev2.PollHandlingNetworkAPI]).
func (a *account) HandleMatrixPollStart(ctx context.Context, poll *bridgev2.MatrixPollStart) (*bridgev2.MatrixMessageResponse, error) {
	out, err := a.outgoingPoll(ctx, poll)
	if err != nil {
		return nil, err
	}
	return a.crossOut(ctx, &poll.MatrixMessage, out)
}

// outgoingPoll says a Matrix poll in WhatsApp's words. Its error carries the sentence that the sender reads.
func (a *account) outgoingPoll(ctx context.Context, poll *bridgev2.MatrixPollStart) (*outgoing, error) {
	client := a.current()
	if client == nil {
		return nil, a.notSent(bridgev2.ErrNotLoggedIn, say.NotConnected)
	}
	secret, err := secretFor(client, "poll", poll.Event.ID)
	if err != nil {
		return nil, a.notSent(err, say.NotSent)
	}
	out, problem := pollOut(&poll.Content.PollStart, secret, a.occasion(ctx, &poll.MatrixMessage))
	if problem != "" {
		return nil, a.refused(errors.New("WhatsApp has no such poll"), a.say(problem, networkName))
	}
	return out, nil
}

// HandleMatrixPollVote brings a vote across the border (see [bridgev2.PollHandlingNetworkAPI]).
func (a *account) HandleMatrixPollVote(ctx context.Context, vote *bridgev2.MatrixPollVote) (*bridgev2.MatrixMessageResponse, error) {
	out, err := a.outgoingVote(ctx, vote)
	if err != nil {
		return nil, err
	}
	return a.crossOut(ctx, &vote.MatrixMessage, out)
}

// outgoingVote says a Matrix vote in WhatsApp's words. Its errors carry the sentence that the sender reads.
func (a *account) outgoingVote(ctx context.Context, vote *bridgev2.MatrixPollVote) (*outgoing, error) {
	client := a.current()
	if client == nil {
		return nil, a.notSent(bridgev2.ErrNotLoggedIn, say.NotConnected)
	}
	metadata, _ := vote.Portal.Metadata.(*PortalMetadata)
	chat, err := chatOf(vote.Portal.ID, metadata)
	if err != nil {
		return nil, a.notSent(err, say.NotSent)
	}
	poll, err := parseMessageID(vote.VoteTo.ID)
	if err != nil {
		return nil, a.notSent(err, say.NotSent)
	}
	start, err := a.pollInRoom(ctx, vote.Portal.MXID, vote.VoteTo)
	if err != nil {
		return nil, a.notSent(err, say.NotSent)
	}
	choice, texts := voteOut(&vote.Content.Response, start)
	if who, relayed := relay.Of(ctx); relayed {
		return a.sayVote(ctx, vote, who, start != nil, texts)
	}
	update, err := client.EncryptPollVote(ctx, &types.MessageInfo{ID: poll.id, MessageSource: types.MessageSource{
		Chat: chat, Sender: lidOf(poll.sender), IsFromMe: poll.sender == userID(a.lid), IsGroup: chat.Server == types.GroupServer,
	}}, choice)
	switch {
	case errors.Is(err, whatsmeow.ErrOriginalMessageSecretNotFound):
		return nil, a.refused(err, a.say(say.VoteOnPhone, networkName))
	case err != nil:
		return nil, a.notSent(err, say.NotSent)
	}
	update.SenderTimestampMS = proto.Int64(vote.Event.Timestamp) // an earlier vote that is sent again does not take a later one's place
	return &outgoing{
		kind: portal.KindVote, text: strings.Join(texts, "\n"), message: &waE2E.Message{PollUpdateMessage: update},
	}, nil
}

// pollInRoom returns a poll as it stands in its room. It is nil for one of WhatsApp's that cannot be looked at: its answers'
// IDs say what has to be known.
func (a *account) pollInRoom(ctx context.Context, room id.RoomID, row *database.Message) (*event.PollStart, error) {
	found, err := a.connector.bridge.Bot.GetEvent(ctx, room, row.MXID)
	if err == nil {
		if content, ok := found.Content.Parsed.(*event.PollStartEventContent); ok {
			return &content.PollStart, nil
		}
		err = errors.New("it is no poll")
	}
	if _, ours := a.connector.bridge.Matrix.ParseGhostMXID(row.SenderMXID); ours || row.IsDoublePuppeted {
		zerolog.Ctx(ctx).Debug().Err(err).Msg("A poll cannot be looked at; its answers are known by their hashes")
		return nil, nil
	}
	return nil, fmt.Errorf("look at a poll: %w", err)
}

// vote says somebody's vote in Matrix's words.
func (d *delivery) vote(ctx context.Context, update *waE2E.PollUpdateMessage) (content, error) {
	unseen := content{sentence: say.OpenYourPhone}
	client, bridge := d.account.current(), d.account.connector.bridge
	voted, ok := d.votedOn(ctx, update)
	if client == nil || !ok {
		return unseen, nil
	}
	row, err := bridge.DB.Message.GetFirstPartByID(ctx, d.account.login.ID, voted.networkID())
	if err != nil {
		return content{}, fmt.Errorf("look up a poll: %w", err)
	}
	room, err := bridge.GetExistingPortalByKey(ctx, d.PortalKey)
	if err == nil && row == nil {
		err = d.behind(ctx, voted.networkID())
	}
	if err != nil || room == nil || row == nil {
		return unseen, err
	}
	choice, err := d.choice(ctx, client)
	if err != nil {
		zerolog.Ctx(ctx).Warn().Str("reason", withoutPhoneNumbers(err.Error())).Msg("A vote cannot be read")
		return unseen, nil
	}
	start, err := d.account.pollInRoom(ctx, room.MXID, row)
	if err != nil {
		zerolog.Ctx(ctx).Warn().Err(err).Msg("A vote cannot be counted")
		return unseen, nil
	}
	response, texts := voteIn(choice, start, row.MXID)
	return content{
		kind: portal.KindVote, text: strings.Join(texts, "\n"), eventType: event.EventUnstablePollResponse,
		event: &event.MessageEventContent{RelatesTo: &response.RelatesTo},
		extra: map[string]any{polls.KeyResponse: response.Response},
	}, nil
}

// choice reads a vote. History holds votes as they were decrypted by the phone.
func (d *delivery) choice(ctx context.Context, client *whatsmeow.Client) (*waE2E.PollVoteMessage, error) {
	if d.came.Vote != nil {
		var vote waE2E.PollVoteMessage
		return &vote, proto.Unmarshal(d.came.Vote, &vote)
	}
	if !canBeOpened(d.message.Message.GetPollUpdateMessage().GetVote()) {
		return nil, errNoSecret
	}
	d.message.Info = d.info()
	return client.DecryptPollVote(ctx, d.message)
}

// votedOn names the poll that a vote is for (whatsmeow/msgsecret.go, getOrigSenderFromKey).
func (d *delivery) votedOn(ctx context.Context, update *waE2E.PollUpdateMessage) (named messageID, ok bool) {
	key, author := update.GetPollCreationMessageKey(), d.came.Sender
	if !key.GetFromMe() {
		stated := key.GetRemoteJID()
		if d.chat.Server == types.GroupServer {
			stated = key.GetParticipant()
		}
		var err error
		if author, err = types.ParseJID(stated); err != nil {
			return named, false
		}
	}
	lid, err := d.account.knownLID(ctx, author, author)
	if err != nil || lid.IsEmpty() || key.GetID() == "" {
		return named, false
	}
	return messageID{chat: d.id.chat, sender: userID(lid), id: key.GetID()}, true
}
