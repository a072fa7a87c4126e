package telegram

import (
	"context"
	"encoding/json"
	"maps"
	"strconv"
	"time"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"

	"passerelle/portal/geo"
)

// The methods that the connector calls, under the Bot API's names.

// number writes an identifier as a parameter.
func number(id int64) string { return strconv.FormatInt(id, 10) }

// encoded writes an object as a parameter. It is one of our own types, which always can be written.
func encoded(object any) string {
	text, err := json.Marshal(object)
	if err != nil {
		return ""
	}
	return string(text)
}

// inChat begins the parameters of a call about a chat: the chat, and on whose behalf.
func inChat(in chatID) tgbotapi.Params {
	params := tgbotapi.Params{"chat_id": number(in.chat)}
	params.AddNonEmpty("business_connection_id", in.connection)
	return params
}

// getMe tells who the bot is.
func (a *api) getMe(ctx context.Context) (me user, err error) {
	return me, a.call(ctx, "getMe", nil, &me)
}

// getUpdates fetches what has happened from an update on, and tells Telegram that all before has arrived. It waits for the first
// one as long as holds.
func (a *api) getUpdates(ctx context.Context, offset int64, holds time.Duration) (updates []json.RawMessage, err error) {
	params := tgbotapi.Params{"timeout": strconv.Itoa(int(holds.Seconds())), "allowed_updates": encoded(updateKinds())}
	params.AddNonZero64("offset", offset)
	err = a.within(ctx, holds+callPatience, "getUpdates", &updates, func(bot *tgbotapi.BotAPI) (*tgbotapi.APIResponse, error) {
		return bot.MakeRequest("getUpdates", params)
	})
	return updates, err
}

// getChat describes a chat.
func (a *api) getChat(ctx context.Context, id int64) (described chat, err error) {
	return described, a.call(ctx, "getChat", tgbotapi.Params{"chat_id": number(id)}, &described)
}

// getChatAdministrators lists those who govern a group; the Bot API lists no other members.
func (a *api) getChatAdministrators(ctx context.Context, id int64) (admins []member, err error) {
	return admins, a.call(ctx, "getChatAdministrators", tgbotapi.Params{"chat_id": number(id)}, &admins)
}

// answersTo is the message that a message answers (Bot API, ReplyParameters). It goes as well when that one is gone.
type answersTo struct {
	ChatID    int64 `json:"chat_id,omitempty"` // 0: it is in the same chat
	MessageID int64 `json:"message_id"`
	Anyway    bool  `json:"allow_sending_without_reply"`
}

// textCall is the call that sends a text.
func textCall(text marked, preview *linkPreview) call {
	params := tgbotapi.Params{}
	putText(params, text, preview)
	return call{"sendMessage", params}
}

// putText adds a text to the parameters of a call.
func putText(params tgbotapi.Params, text marked, preview *linkPreview) {
	params["text"] = text.text
	if len(text.entities) > 0 {
		params["entities"] = encoded(text.entities)
	}
	if preview != nil {
		params["link_preview_options"] = encoded(preview)
	}
}

// send sends a message. answers may be none.
func (a *api) send(ctx context.Context, to chatID, c call, answers messageID) (sent message, err error) {
	params := sendingTo(to, answers)
	maps.Copy(params, c.params)
	return sent, a.call(ctx, c.method, params, &sent)
}

// editMessageLiveLocation moves a live location.
func (a *api) editMessageLiveLocation(ctx context.Context, of messageID, place geo.Place) error {
	params := inChat(of.in)
	maps.Copy(params, positioned(place))
	params["message_id"] = number(of.id)
	return a.call(ctx, "editMessageLiveLocation", params, nil)
}

// stopMessageLiveLocation ends a live location.
func (a *api) stopMessageLiveLocation(ctx context.Context, of messageID) error {
	params := inChat(of.in)
	params["message_id"] = number(of.id)
	return a.call(ctx, "stopMessageLiveLocation", params, nil)
}

// stopPoll ends a poll of the bot's.
func (a *api) stopPoll(ctx context.Context, of messageID) error {
	params := inChat(of.in)
	params["message_id"] = number(of.id)
	return a.call(ctx, "stopPoll", params, nil)
}

// answerCallbackQuery tells something to who pressed a button.
func (a *api) answerCallbackQuery(ctx context.Context, id, text string) error {
	return a.call(ctx, "answerCallbackQuery", tgbotapi.Params{"callback_query_id": id, "text": text}, nil)
}

// editMessageText changes a text of the bot's.
func (a *api) editMessageText(ctx context.Context, of messageID, text marked, preview *linkPreview) error {
	params := inChat(of.in)
	params["message_id"] = number(of.id)
	putText(params, text, preview)
	return a.call(ctx, "editMessageText", params, nil)
}

// deleteMessage deletes a message for everybody: the bot's own, or, for an administrator, anybody's.
func (a *api) deleteMessage(ctx context.Context, of messageID) error {
	if of.in.connection != "" {
		return a.deleteBusinessMessages(ctx, of)
	}
	params := inChat(of.in)
	params["message_id"] = number(of.id)
	return a.call(ctx, "deleteMessage", params, nil)
}

// setMessageReaction sets the bot's only reaction to a message; an empty one takes it back.
func (a *api) setMessageReaction(ctx context.Context, to messageID, emoji string) error {
	params, reactions := inChat(to.in), []reactionType{}
	if emoji != "" {
		reactions = append(reactions, reactionType{Type: reactionEmoji, Emoji: emoji})
	}
	params["message_id"], params["reaction"] = number(to.id), encoded(reactions)
	return a.call(ctx, "setMessageReaction", params, nil)
}

// sendChatAction shows for some seconds that the bot is doing something.
func (a *api) sendChatAction(ctx context.Context, in chatID, action string) error {
	params := inChat(in)
	params["action"] = action
	params.AddNonZero64("message_thread_id", in.topic)
	return a.call(ctx, "sendChatAction", params, nil)
}

// customEmoji returns the emoji that a custom one stands for.
func (a *api) customEmoji(ctx context.Context, id string) (string, error) {
	var stickers []struct {
		Emoji string `json:"emoji"`
	}
	err := a.call(ctx, "getCustomEmojiStickers", tgbotapi.Params{"custom_emoji_ids": encoded([]string{id})}, &stickers)
	if err != nil || len(stickers) == 0 {
		return "", err
	}
	return stickers[0].Emoji, nil
}
