package telegram

import (
	"encoding/json"
	"fmt"

	"passerelle/portal"
)

// arrivalVersion is the encoding's version. A change that older programs cannot read gets a new one.
const arrivalVersion = 1

// arrival is an update as Telegram brought it: what the inbox keeps.
type arrival struct {
	Version int             `json:"v"`
	Kind    updateKind      `json:"kind"`
	Content json.RawMessage `json:"content"`
}

// placed is what every update says of where it belongs.
type placed struct {
	Chat               chat   `json:"chat"`
	ThreadID           int64  `json:"message_thread_id"`
	IsTopicMessage     bool   `json:"is_topic_message"`
	BusinessConnection string `json:"business_connection_id"`
	// Message is the message that an update is about, which then says where it belongs.
	Message *placed `json:"message"`
	// What votes and polls name instead of a chat.
	PollID string `json:"poll_id"`
	ID     string `json:"id"`
}

// lane is in which order an update is kept: its chat's, or its own.
func (p placed) lane(bot int64) string {
	if in := p.in(bot); in.chat != 0 {
		return string(in.portalID())
	}
	return number(bot) + "/" + p.PollID + p.ID
}

// isSomewhere tells whether an update says where it belongs.
func (p placed) isSomewhere(kind updateKind, bot int64) bool {
	switch kind {
	case updatePoll, updatePollAnswer, updateCallback, updateBusinessConnection:
		return p.in(bot).chat != 0 || p.PollID+p.ID != ""
	}
	return p.Chat.ID != 0
}

// in is the chat that an update belongs to, as the bot sees it. Votes and polls name none.
func (p placed) in(bot int64) chatID {
	if p.Message != nil && p.Chat.ID == 0 {
		return p.Message.in(bot)
	}
	return chatID{bot: bot, chat: p.Chat.ID, connection: p.BusinessConnection}
}

// arrivalOf says how an update is kept: in the order of its chat.
func (a *account) arrivalOf(u update) (came portal.Arrival, err error) {
	if _, err := u.Kind.content(u.Content); err != nil {
		return came, err
	}
	var where placed
	if err := json.Unmarshal(u.Content, &where); err != nil || !where.isSomewhere(u.Kind, a.bot) {
		return came, errNoUpdate{"no chat"}
	}
	payload, err := json.Marshal(arrival{Version: arrivalVersion, Kind: u.Kind, Content: u.Content})
	if err != nil {
		return came, fmt.Errorf("encode an update: %w", err)
	}
	return portal.Arrival{Login: string(a.login.ID), Lane: where.lane(a.bot), ID: "u" + number(u.ID),
		Payload: payload, At: a.connector.now()}, nil
}

// decodeArrival reads what was kept: the kind, the chat, and what the update holds (see updateKind.content).
func decodeArrival(payload []byte, bot int64) (kind updateKind, in chatID, content any, err error) {
	var came arrival
	var where placed
	if err := json.Unmarshal(payload, &came); err != nil {
		return "", in, nil, fmt.Errorf("decode an arrival: %w", err)
	}
	if came.Version != arrivalVersion {
		return "", in, nil, fmt.Errorf("decode an arrival: version %d is not known", came.Version)
	}
	if content, err = came.Kind.content(came.Content); err != nil {
		return "", in, nil, err
	}
	if err := json.Unmarshal(came.Content, &where); err != nil || !where.isSomewhere(came.Kind, bot) {
		return "", in, nil, errNoUpdate{"no chat"}
	}
	return came.Kind, where.in(bot), content, nil
}
