package telegram

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"maunium.net/go/mautrix/bridgev2/networkid"
)

// Identifiers, as the databases hold them and bridgev2 sees them.
//
//	person, channel  Telegram's number, which is the same for every bot: "84512345678", of a channel or group "-1001234567890"
//	login            the bot's number: "7300000001"
//	chat             the bot and the chat, since two bots have the same number for their chats with one person:
//	                 "7300000001:84512345678"; a business account's chat has the account's first connection after it:
//	                 "7300000001:84512345678:bAb_3". A topic is a thread, not a chat (topic.go)
//	message          the chat in which it was written, and the number, which is unique there: "7300000001:84512345678/42"
//
// A chat has one room whoever looks at it: its portal has no receiver, so that several members of staff may share the room.

func userID(id int64) networkid.UserID { return networkid.UserID(number(id)) }

func loginID(bot int64) networkid.UserLoginID { return networkid.UserLoginID(number(bot)) }

// parseNumber reads an identifier in the one way in which it is written.
func parseNumber(text string) (int64, error) {
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil || id == 0 || number(id) != text {
		return 0, fmt.Errorf("not a number of Telegram's: %q", text)
	}
	return id, nil
}

// chatID names a chat as one bot sees it.
type chatID struct {
	bot, chat  int64
	connection string // of a business account for which the bot is in it, as it was first called (see connected); "": as itself
	topic      int64  // into which a message goes; 0: into none
}

// errUnknownChat is the error of an identifier that names no chat.
var errUnknownChat = errors.New("not a Telegram chat")

func (c chatID) portalID() networkid.PortalID {
	text := number(c.bot) + ":" + number(c.chat)
	if c.connection != "" {
		text += ":b" + c.connection
	}
	return networkid.PortalID(text)
}

// key names the room of the chat.
func (c chatID) key() networkid.PortalKey { return networkid.PortalKey{ID: c.portalID()} }

// whole is the chat without a topic.
func (c chatID) whole() chatID {
	c.topic = 0
	return c
}

// isPrivate tells whether the chat is one with a person; groups and channels have negative numbers (Bot API, Chat).
func (c chatID) isPrivate() bool { return c.chat > 0 }

func (c chatID) message(id int64) messageID { return messageID{c.whole(), id} }

func parsePortalID(id networkid.PortalID) (chatID, error) {
	parts := strings.SplitN(string(id), ":", 3)
	if len(parts) < 2 {
		return chatID{}, fmt.Errorf("%w: %q", errUnknownChat, id)
	}
	var c chatID
	var errs [2]error
	c.bot, errs[0] = parseNumber(parts[0])
	c.chat, errs[1] = parseNumber(parts[1])
	if len(parts) == 3 {
		c.connection = strings.TrimPrefix(parts[2], "b")
	}
	if err := errors.Join(errs[:]...); err != nil || c.portalID() != id {
		return chatID{}, fmt.Errorf("%w: %q", errUnknownChat, id)
	}
	return c, nil
}

// messageID names a message of a chat.
type messageID struct {
	in chatID
	id int64
}

// isElsewhere tells whether a message is in another chat than one that others go to.
func (m messageID) isElsewhere(to chatID) bool { return m.in.chat != 0 && m.in.chat != to.chat }

func (m messageID) networkID() networkid.MessageID {
	return networkid.MessageID(string(m.in.portalID()) + "/" + number(m.id))
}

func parseMessageID(id networkid.MessageID) (m messageID, err error) {
	in, text, ok := strings.Cut(string(id), "/")
	if !ok {
		return m, fmt.Errorf("not a Telegram message: %q", id)
	}
	if m.in, err = parsePortalID(networkid.PortalID(in)); err != nil {
		return m, err
	}
	m.id, err = parseNumber(text)
	return m, err
}
