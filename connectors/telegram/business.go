package telegram

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"time"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/format"

	"passerelle/portal"
	"passerelle/portal/say"
)

// Telegram Business: somebody lets a bot act for their own account, in the private chats that they choose (Bot API,
// BusinessConnection). The bot sees what both write there, and may write for them as long as the contact's last message is not older
// than a day.
//
// Anybody on Telegram may connect their account with any bot. Only what comes through the account of the bot's owner is taken, and
// whose account that is has to be shown: the owner opens a link that was made for that in Matrix (see the command “business”).

// businessConnection is an account that the bot acts for (Bot API, BusinessConnection).
type businessConnection struct {
	ID        string         `json:"id"`
	User      user           `json:"user"`
	Date      int64          `json:"date"`
	Rights    businessRights `json:"rights"`
	CanReply  bool           `json:"can_reply,omitempty"` // before there were rights (Bot API 9.0)
	IsEnabled bool           `json:"is_enabled"`
}

// businessRights is what the bot may do for it (Bot API, BusinessBotRights).
type businessRights struct {
	CanReply          bool `json:"can_reply,omitempty"`
	CanRead           bool `json:"can_read_messages,omitempty"`
	CanDeleteOutgoing bool `json:"can_delete_sent_messages,omitempty"`
	CanDeleteAll      bool `json:"can_delete_all_messages,omitempty"`
}

// businessDeletion tells that messages were deleted in a chat (Bot API, BusinessMessagesDeleted).
type businessDeletion struct {
	Chat       chat    `json:"chat"`
	MessageIDs []int64 `json:"message_ids"`
}

// connected is what is kept of a connection.
type connected struct {
	User    int64          `json:"user"`
	Name    string         `json:"name"`
	Rights  businessRights `json:"rights"`
	Enabled bool           `json:"enabled"`
	Date    int64          `json:"date"`
	// First is the first connection of the same account: it names the rooms, so that chats keep theirs when the account is connected
	// anew, which gives the connection another identifier.
	First string `json:"first"`
	// Told says that the bot's owner was told of it.
	Told bool `json:"told,omitempty"`
}

func (b *businessConnection) connected() connected {
	c := connected{User: b.User.ID, Name: b.User.name(), Rights: b.Rights, Enabled: b.IsEnabled, Date: b.Date, First: b.ID}
	c.Rights.CanReply = c.Rights.CanReply || b.CanReply
	return c
}

// firstOf returns the first connection of an account; otherwise the given one.
func firstOf(known map[string]connected, user int64, otherwise string) string {
	for _, is := range known {
		if is.User == user {
			return is.First
		}
	}
	return otherwise
}

// liveOf returns the connection through which an account is reached now, by its first one.
func liveOf(known map[string]connected, first string) string {
	live, since := first, int64(-1)
	for id, is := range known {
		if is.First == first && is.Enabled && is.Date >= since {
			live, since = id, is.Date
		}
	}
	return live
}

// mostStrangers bounds how many connections of others are kept, and told of: anybody on Telegram can make them.
const mostStrangers = 20

// strangers counts the connections of others than the owner.
func strangers(known map[string]connected, own int64) (count int) {
	for _, is := range known {
		if is.User != own {
			count++
		}
	}
	return count
}

// linkOwnLasts is how long the link holds that shows whose an account is.
const linkOwnLasts = time.Hour

// connection returns what is known of a connection. One that nothing is known of is asked about.
func (a *account) connection(ctx context.Context, id string) (connected, error) {
	if known, ok := a.kept().Connections[id]; ok {
		return known, nil
	}
	if a.api == nil {
		return connected{}, nil
	}
	asked, err := a.api.getBusinessConnection(ctx, id)
	switch {
	case portal.IsPermanent(err):
		return connected{}, nil
	case err != nil:
		return connected{}, fmt.Errorf("ask about a business connection: %w", err)
	}
	return a.keepConnection(ctx, id, asked.connected())
}

// throughFirst names a chat by the first connection of its account.
func (a *account) throughFirst(ctx context.Context, in chatID) (chatID, error) {
	if in.connection == "" {
		return in, nil
	}
	through, err := a.connection(ctx, in.connection)
	if through.First != "" {
		in.connection = through.First
	}
	return in, err
}

// liveConnection returns the connection by which the Bot API knows an account now, by its first one.
func (a *account) liveConnection(first string) string { return liveOf(a.kept().Connections, first) }

// isOwn tells whether a person on Telegram is the bot's owner.
func (a *account) isOwn(id int64) bool { return id != 0 && a.kept().Own == id }

// keepConnection stores what a connection is like now, and returns that.
func (a *account) keepConnection(ctx context.Context, id string, is connected) (connected, error) {
	err := a.keep(ctx, func(kept *LoginMetadata) {
		is.First = firstOf(kept.Connections, is.User, id)
		if _, known := kept.Connections[id]; !known && is.User != kept.Own && strangers(kept.Connections, kept.Own) >= mostStrangers {
			return
		}
		kept.Connections = maps.Clone(kept.Connections) // others read the one before
		if kept.Connections == nil {
			kept.Connections = map[string]connected{}
		}
		kept.Connections[id] = is
	})
	return is, wrapped("keep a business connection", err)
}

// deliverConnection takes note that a connection was made, changed or cut, and tells the bot's owner. It may be told of twice when
// the process ends meanwhile, but not never.
func (a *account) deliverConnection(ctx context.Context, update *businessConnection) error {
	was, is := a.kept().Connections[update.ID], update.connected()
	known := was.Told
	if !known {
		was = connected{}
	}
	switch {
	case !a.isOwn(is.User):
		if kept := a.kept(); is.Enabled && !known && strangers(kept.Connections, kept.Own) < mostStrangers {
			a.tellOwner(ctx, a.say(say.BusinessStranger, networkName, is.Name))
		}
	case !is.Enabled:
		if !known || was.Enabled {
			a.tellOwner(ctx, a.say(say.BusinessCut, networkName, is.Name))
		}
	case !was.Enabled:
		a.tellOwner(ctx, a.describe(say.BusinessConnected, is))
	case was.Rights != is.Rights:
		a.tellOwner(ctx, a.describe(say.BusinessChanged, is))
	}
	is.Told = true
	_, err := a.keepConnection(ctx, update.ID, is)
	return err
}

// describe says something of a connection, and what it does not allow.
func (a *account) describe(sentence say.Sentence, is connected) string {
	lines := []string{a.say(sentence, networkName, is.Name)}
	for _, missing := range is.Rights.missing() {
		lines = append(lines, a.say(missing))
	}
	return strings.Join(lines, "\n")
}

// missing says what a bot with these rights may not do.
func (r businessRights) missing() (sentences []say.Sentence) {
	if !r.CanReply {
		sentences = append(sentences, say.BusinessCannotReply)
	}
	if !r.CanRead {
		sentences = append(sentences, say.BusinessCannotRead)
	}
	if !r.CanDeleteOutgoing && !r.CanDeleteAll {
		sentences = append(sentences, say.BusinessCannotDrop)
	}
	return sentences
}

// provenOwn takes note that the person who wrote a message on Telegram is the bot's owner: they have come by the link that only the
// owner had.
func (a *account) provenOwn(ctx context.Context, m *message) error {
	if m.From == nil {
		return portal.Permanent(errNoUpdate{"no sender"})
	}
	own := m.From.ID
	if err := a.keep(ctx, func(kept *LoginMetadata) { kept.Own = own }); err != nil {
		return fmt.Errorf("keep whose an account is: %w", err)
	}
	for _, is := range a.kept().Connections {
		if is.User == own && is.Enabled {
			a.tellOwner(ctx, a.describe(say.BusinessConnected, is))
			return nil
		}
	}
	a.tellOwner(ctx, a.say(say.BusinessProven, networkName, m.From.name()))
	return nil
}

// tellOwner says something in the owner's chat with the bridge's bot.
func (a *account) tellOwner(ctx context.Context, sentence string) {
	room, err := a.login.User.GetManagementRoom(ctx)
	if err == nil {
		content := format.TextToContent(sentence)
		content.MsgType = event.MsgNotice
		_, err = a.connector.bridge.Bot.SendMessage(ctx, room, event.EventMessage, &event.Content{Parsed: &content}, nil)
	}
	if err != nil {
		a.log.Err(err).Msg("A notice could not be sent")
	}
}
