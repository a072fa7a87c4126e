package whatsapp

import (
	"context"
	"slices"
	"time"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/proto/waCommon"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/proto/waHistorySync"
	"go.mau.fi/whatsmeow/proto/waWeb"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
	"google.golang.org/protobuf/proto"

	"passerelle/portal"
)

// History holds a message as it is by now (waWeb.WebMessageInfo): an edit in the place of the first words, nothing where one was
// deleted, and beside it the reactions and the votes that it has. Each of these becomes an arrival of its own behind the
// message's, as if it came by itself.

// mostAnswersShown bounds how many reactions and how many votes of one message are shown.
const mostAnswersShown = 200

// recollection is what a chunk holds of a chat.
type recollection struct {
	arrivals []*arrival // the newest first, each one's reactions and votes before it
	messages int        // how many of them are messages, and no reactions or votes
	tooOld   bool       // there are older ones than the configuration wants
}

// recollect reads a chat's messages that are shown, those of at most days days; 0: any.
func recollect(client *whatsmeow.Client, jid types.JID, chat *waHistorySync.Conversation, days int) (past recollection) {
	places := map[string]int{} // of messages, by author and ID
	for _, kept := range chat.GetMessages() {
		if kept.GetMessage().GetMessage() == nil { // deleted, or a notice of the phone's own
			continue
		}
		message, err := client.ParseWebMessage(jid, kept.GetMessage())
		if err != nil || !concernsUs(&message.Info) || !shows(message.Message) || hasPassed(message) {
			continue
		}
		if days > 0 && time.Since(message.Info.Timestamp) > time.Duration(days)*24*time.Hour {
			past.tooOld = true
			continue
		}
		name := message.Info.Sender.User + ":" + message.Info.ID
		if at, again := places[name]; again { // an edit came as a message of its own: it stands where the first words stood
			past.arrivals[at].At = message.Info.Timestamp
			past.arrivals = append(past.arrivals, answersTo(client, message, kept.GetMessage())...)
			continue
		}
		came, err := arrivalOf(&message.Info, finalWords(message))
		if err != nil {
			continue
		}
		past.arrivals = append(past.arrivals, answersTo(client, message, kept.GetMessage())...)
		if revoked := message.Message.GetProtocolMessage(); revoked != nil && revoked.GetType() == waE2E.ProtocolMessage_REVOKE {
			came.Answers = revoked.GetKey().GetID()
		} else {
			past.messages++
		}
		places[name] = len(past.arrivals)
		past.arrivals = append(past.arrivals, came)
	}
	return past
}

// finalWords is a message as it came, or what it was edited to (whatsmeow/client.go, ParseWebMessage).
func finalWords(message *events.Message) *waE2E.Message {
	first := (&events.Message{RawMessage: message.RawMessage}).UnwrapRaw()
	if first.Message.GetProtocolMessage().GetType() == waE2E.ProtocolMessage_MESSAGE_EDIT {
		return message.Message
	}
	return message.RawMessage
}

// answersTo returns the reactions and votes of a message as arrivals, the newest first as all of history.
func answersTo(client *whatsmeow.Client, message *events.Message, web *waWeb.WebMessageInfo) (answers []*arrival) {
	add := func(key *waCommon.MessageKey, id types.MessageID, millis int64, content *waE2E.Message, vote []byte) {
		info := message.Info
		info.ID, info.IsFromMe, info.PushName, info.SenderAlt = id, key.GetFromMe(), "", types.EmptyJID
		switch {
		case info.IsFromMe:
			info.Sender = client.Store.GetJID()
		case info.IsGroup:
			var err error
			if info.Sender, err = types.ParseJID(key.GetParticipant()); err != nil || !isPerson(info.Sender) {
				return
			}
		default:
			info.Sender = info.Chat
		}
		if at := time.UnixMilli(millis); at.After(info.Timestamp) && at.Before(time.Now()) {
			info.Timestamp = at
		}
		came, err := arrivalOf(&info, content)
		if err != nil {
			return
		}
		came.Answers, came.Vote = message.Info.ID, vote
		answers = append(answers, came)
	}
	for _, given := range web.GetReactions()[:min(len(web.GetReactions()), mostAnswersShown)] {
		if given.GetText() == "" {
			continue
		}
		add(given.GetKey(), "reaction."+message.Info.ID, given.GetSenderTimestampMS(), &waE2E.Message{ReactionMessage: &waE2E.ReactionMessage{
			Key: keyFrom(message, given.GetKey().GetFromMe()), Text: given.Text,
		}}, nil)
	}
	for _, cast := range web.GetPollUpdates()[:min(len(web.GetPollUpdates()), mostAnswersShown)] {
		vote, err := proto.Marshal(cast.GetVote())
		if err != nil || cast.GetVote() == nil || cast.GetPollUpdateMessageKey().GetID() == "" {
			continue
		}
		add(cast.GetPollUpdateMessageKey(), cast.GetPollUpdateMessageKey().GetID(), cast.GetSenderTimestampMS(), &waE2E.Message{
			PollUpdateMessage: &waE2E.PollUpdateMessage{PollCreationMessageKey: keyFrom(message, cast.GetPollUpdateMessageKey().GetFromMe())},
		}, vote)
	}
	return answers
}

// keyFrom names a message as somebody does who answers it: in a group by its author; in a direct chat by whether it is their
// own.
func keyFrom(message *events.Message, answererIsMe bool) *waCommon.MessageKey {
	key := &waCommon.MessageKey{ID: proto.String(message.Info.ID), RemoteJID: proto.String(message.Info.Sender.ToNonAD().String())}
	if message.Info.IsGroup {
		key.RemoteJID, key.Participant = proto.String(message.Info.Chat.String()), key.RemoteJID
	} else {
		key.FromMe = proto.Bool(message.Info.IsFromMe == answererIsMe)
	}
	return key
}

// inOrder puts what came with the newest first into the order in which it is shown, and leaves out what is beyond the newest
// most messages. Those of one second keep their order.
func inOrder(past []*arrival, most int) []*arrival {
	ordered := slices.Clone(past)
	slices.Reverse(ordered)
	slices.SortStableFunc(ordered, func(x, y *arrival) int { return x.At.Compare(y.At) })
	beyond := -most
	for _, came := range ordered {
		if came.Answers == "" {
			beyond++
		}
	}
	left := map[types.MessageID]bool{}
	return slices.DeleteFunc(ordered, func(came *arrival) bool {
		if came.Answers != "" {
			return left[came.Answers]
		}
		if beyond--; beyond >= 0 {
			left[came.ID] = true
			return true
		}
		return false
	})
}

// stored returns what the inbox keeps of messages of the past.
func (a *account) stored(ctx context.Context, past []*arrival) []portal.Arrival {
	list := make([]portal.Arrival, 0, len(past))
	for _, came := range past {
		payload, err := came.encode()
		if err != nil {
			continue
		}
		lane, id := a.place(ctx, came)
		if came.Thread != "" || came.Older != nil {
			lane = olderLane + lane
		}
		list = append(list, portal.Arrival{
			Login: string(a.login.ID), Lane: lane, ID: id, Payload: payload, At: time.Now(), Past: true,
		})
	}
	return list
}
