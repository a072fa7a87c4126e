package telegram

import (
	"net/http"
	"strings"

	"passerelle/portal/say"
)

// refusals are the reasons of the Bot API's that people can do something about, by a part of its text. It has no codes for them.
var refusals = []struct {
	code     int
	text     string
	sentence say.Sentence
}{
	{http.StatusForbidden, "blocked by the user", say.BotBlocked},
	{http.StatusForbidden, "user is deactivated", say.BotBlocked},
	{http.StatusForbidden, "can't initiate conversation", say.BotNotFirst},
	{http.StatusForbidden, "not a member", say.BotNotInGroup},
	{http.StatusForbidden, "kicked", say.BotNotInGroup},
	{http.StatusBadRequest, "chat not found", say.BotNotFirst},
	{http.StatusBadRequest, "BUSINESS_PEER_USAGE_MISSING", say.BusinessWindow},
	{http.StatusBadRequest, "BUSINESS_CONNECTION_NOT_ALLOWED", say.BusinessMayNot},
	{http.StatusBadRequest, "BUSINESS_CONNECTION_INVALID", say.BusinessGone},
	{http.StatusBadRequest, "BUSINESS_PEER_INVALID", say.BusinessGone},
	{http.StatusBadRequest, "usiness connection not found", say.BusinessGone},
	{http.StatusBadRequest, "message can't be edited", say.BotEditsOwn},
	{http.StatusBadRequest, "not enough rights", say.BotMayNot},
	{http.StatusBadRequest, "have no rights", say.BotMayNot},
	{http.StatusBadRequest, "need administrator rights", say.BotMayNot},
	{http.StatusBadRequest, "CHAT_WRITE_FORBIDDEN", say.BotMayNot},
	{http.StatusBadRequest, "CHAT_ADMIN_REQUIRED", say.BotMayNot},
	{http.StatusBadRequest, "TOPIC_CLOSED", say.TopicClosed},
	{http.StatusBadRequest, "message thread not found", say.TopicGone},
	{http.StatusBadRequest, "for supergroup", say.GroupMustGrow},
	{http.StatusBadRequest, "administrator of the chat", say.MemberAdmin},
	{http.StatusBadRequest, "chat owner", say.MemberAdmin},
}

// sentence says the reason to the person whose message it is. It takes the network's name.
func (e *refusal) sentence() say.Sentence {
	for _, known := range refusals {
		if known.code == e.code && strings.Contains(e.text, known.text) {
			return known.sentence
		}
	}
	return say.NotPossible
}
