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
}

// in is the chat that an update belongs to, as the bot sees it.
func (p placed) in(bot int64) chatID {
	return chatID{bot: bot, chat: p.Chat.ID, connection: p.BusinessConnection}
}

// arrivalOf says how an update is kept: in the order of its chat.
func (a *account) arrivalOf(u update) (came portal.Arrival, err error) {
	if _, err := u.Kind.content(u.Content); err != nil {
		return came, err
	}
	in, err := u.Kind.place(u.Content, a.bot)
	if err != nil {
		return came, err
	}
	payload, err := json.Marshal(arrival{Version: arrivalVersion, Kind: u.Kind, Content: u.Content})
	if err != nil {
		return came, fmt.Errorf("encode an update: %w", err)
	}
	return portal.Arrival{Login: string(a.login.ID), Lane: string(in.portalID()), ID: "u" + number(u.ID),
		Payload: payload, At: a.connector.now()}, nil
}

// decodeArrival reads what was kept: the kind, the chat, and what the kind holds.
func decodeArrival(payload []byte, bot int64) (kind updateKind, in chatID, content any, err error) {
	var came arrival
	if err := json.Unmarshal(payload, &came); err != nil {
		return "", in, nil, fmt.Errorf("decode an arrival: %w", err)
	}
	if came.Version != arrivalVersion {
		return "", in, nil, fmt.Errorf("decode an arrival: version %d is not known", came.Version)
	}
	if content, err = came.Kind.content(came.Content); err != nil {
		return "", in, nil, err
	}
	if in, err = came.Kind.place(came.Content, bot); err != nil {
		return "", in, nil, err
	}
	return came.Kind, in, content, nil
}

// place tells the chat that an update belongs to. What is of no chat belongs to the bot's own, which no bot has.
func (k updateKind) place(content json.RawMessage, bot int64) (chatID, error) {
	if k == updateBusinessConnection {
		return chatID{bot: bot, chat: bot}, nil
	}
	var where placed
	if err := json.Unmarshal(content, &where); err != nil || where.Chat.ID == 0 {
		return chatID{}, errNoUpdate{"no chat"}
	}
	return where.in(bot), nil
}
