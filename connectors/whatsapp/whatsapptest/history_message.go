package whatsapptest

import (
	"crypto/sha256"
	"maps"
	"slices"

	"go.mau.fi/whatsmeow/proto/waCommon"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/proto/waWeb"
	"google.golang.org/protobuf/proto"
)

// webMessage is a message as histories carry it, with what became of it: an edit in the place of the content, a mark in the place
// of what was deleted, reactions and votes beside it. Real phones leave out the keys of the messages that brought those, or
// not; whatsmeow reads neither. The caller holds the mutex.
func (p *Phone) webMessage(m loggedMessage) *waWeb.WebMessageInfo {
	fromMe := p.isOwn(m.from)
	web := &waWeb.WebMessageInfo{
		Key:     &waCommon.MessageKey{RemoteJID: proto.String(p.server.directName(m.chat).String()), FromMe: &fromMe, ID: proto.String(m.id)},
		Message: m.content, MessageTimestamp: proto.Uint64(uint64(m.at.Unix())), MessageSecret: secretOf(m.content),
		PushName: some(m.name),
	}
	if ofMany(m.chat) && !fromMe {
		if author, err := p.server.lookUp(m.from.ToNonAD().String()); err == nil {
			name := p.server.nameIn(m.chat, author).String()
			web.Participant, web.Key.Participant = &name, &name
		}
	}
	entry, ok := p.inbox.find(p.chatName(m.chat), m.id)
	if !ok {
		return web
	}
	switch {
	case entry.Deleted:
		web.Message, web.MessageSecret, web.MessageStubType = nil, nil, waWeb.WebMessageInfo_REVOKE.Enum()
	case m.edited != nil:
		web.Message = &waE2E.Message{EditedMessage: &waE2E.FutureProofMessage{Message: &waE2E.Message{
			ProtocolMessage: &waE2E.ProtocolMessage{
				Type: waE2E.ProtocolMessage_MESSAGE_EDIT.Enum(), Key: web.Key, EditedMessage: m.edited,
			},
		}}}
	}
	web.Starred, web.Status = some(entry.Starred), historyStatus(&entry)
	if entry.Timer > 0 {
		web.EphemeralDuration, web.EphemeralStartTimestamp = &entry.Timer, proto.Uint64(uint64(m.at.Unix()))
	}
	p.addAnswers(web, m, &entry)
	return web
}

// addAnswers adds reactions, votes and answers to an event. The caller holds the mutex.
func (p *Phone) addAnswers(web *waWeb.WebMessageInfo, m loggedMessage, e *Entry) {
	at := proto.Int64(m.at.UnixMilli())
	for _, who := range slices.Sorted(maps.Keys(e.Reactions)) {
		web.Reactions = append(web.Reactions, &waWeb.Reaction{
			Key: p.answerKey(m, who), Text: proto.String(e.Reactions[who]), SenderTimestampMS: at,
		})
	}
	for _, who := range slices.Sorted(maps.Keys(e.Votes)) {
		vote := &waE2E.PollVoteMessage{}
		for _, option := range e.Votes[who] {
			hash := sha256.Sum256([]byte(option))
			vote.SelectedOptions = append(vote.SelectedOptions, hash[:])
		}
		web.PollUpdates = append(web.PollUpdates, &waWeb.PollUpdate{
			PollUpdateMessageKey: p.answerKey(m, who), Vote: vote, SenderTimestampMS: at,
		})
	}
	for _, who := range slices.Sorted(maps.Keys(e.Answers)) {
		response := &waE2E.EventResponseMessage{TimestampMS: at}
		for kind, word := range eventAnswers {
			if word == e.Answers[who] {
				response.Response = kind.Enum()
			}
		}
		web.EventResponses = append(web.EventResponses, &waWeb.EventResponse{
			EventResponseMessageKey: p.answerKey(m, who), TimestampMS: at, EventResponseMessage: response,
		})
	}
}

// answerKey names the message with which somebody reacted or voted.
func (p *Phone) answerKey(m loggedMessage, who string) *waCommon.MessageKey {
	fromMe := who == p.Number()
	key := &waCommon.MessageKey{
		RemoteJID: proto.String(p.server.directName(m.chat).String()), FromMe: &fromMe, ID: proto.String("3A" + m.id + who),
	}
	if person, err := p.server.lookUp(who); err == nil && ofMany(m.chat) && !fromMe {
		key.Participant = proto.String(p.server.nameIn(m.chat, person).String())
	}
	return key
}

// historyStatus is how far an own message has come.
func historyStatus(e *Entry) *waWeb.WebMessageInfo_Status {
	if !e.FromMe {
		return nil
	}
	best := waWeb.WebMessageInfo_SERVER_ACK
	for _, state := range e.Receipts {
		best = max(best, map[string]waWeb.WebMessageInfo_Status{
			"delivered": waWeb.WebMessageInfo_DELIVERY_ACK, "read": waWeb.WebMessageInfo_READ, "played": waWeb.WebMessageInfo_PLAYED,
		}[state])
	}
	return &best
}
