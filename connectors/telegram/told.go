package telegram

import (
	"context"

	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/portal/say"
)

// tellInRoom says something to somebody in a room, beside what they did, perhaps as an answer.
func (a *account) tellInRoom(ctx context.Context, room *bridgev2.Portal, who id.UserID, answers id.EventID, sentence say.Sentence) {
	content := &event.MessageEventContent{MsgType: event.MsgNotice, Body: a.sayToWriter(ctx, sentence, networkName),
		Mentions: &event.Mentions{UserIDs: []id.UserID{who}}}
	if answers != "" {
		content.RelatesTo = (&event.RelatesTo{}).SetReplyTo(answers)
	}
	if _, err := a.connector.bridge.Bot.SendMessage(ctx, room.MXID, event.EventMessage, &event.Content{Parsed: content}, nil); err != nil {
		a.log.Err(err).Str("sentence", string(sentence)).Msg("Nobody was told of something in a room")
	}
}
