package telegram

import (
	"context"
	"fmt"
	"strings"

	"maunium.net/go/mautrix/bridgev2/database"
	"maunium.net/go/mautrix/bridgev2/networkid"
	"maunium.net/go/mautrix/id"

	"passerelle/portal/handover"
)

// reader returns what converts messages.
func (a *account) reader(ctx context.Context) reader {
	return reader{say: a.connector.say, moment: a.connector.moment, person: func(by *user, username string) (mentioned, bool) { return a.inMatrix(ctx, by, username) }}
}

// inMatrix returns somebody whom a text names, in Matrix: the bot's owner for the bot, otherwise the ghost. By username only bots of
// ours are known: people's change hands.
func (a *account) inMatrix(ctx context.Context, by *user, username string) (mentioned, bool) {
	bridge := a.connector.bridge
	if by != nil {
		if by.ID == a.bot || a.isOwn(by.ID) {
			return mentioned{by.name(), a.login.UserMXID}, true
		}
		return mentioned{by.name(), bridge.Matrix.GhostIntent(userID(by.ID)).GetMXID()}, true
	}
	if kept := a.kept(); kept.Username != "" && strings.EqualFold(kept.Username, username) {
		return mentioned{a.name(), a.login.UserMXID}, true
	}
	return mentioned{}, false
}

// onTelegram returns the account of somebody in Matrix; nil for somebody who is not on Telegram.
func (a *account) onTelegram(who id.UserID) *user {
	ghost, ok := a.connector.bridge.Matrix.ParseGhostMXID(who)
	if !ok {
		return nil
	}
	number, err := parseNumber(string(ghost))
	if err != nil || number < 0 { // a channel is nobody whom one can name
		return nil
	}
	return &user{ID: number, FirstName: string(ghost)}
}

// known looks a message up in bridgev2's table; nil: it is not there. Of a text that was split it returns the first message, which
// stands for all of it.
func (a *account) known(ctx context.Context, id messageID) (*database.Message, error) {
	named := id.networkID()
	for range 2 {
		row, err := a.connector.bridge.DB.Message.GetFirstPartByID(ctx, "", named)
		if err != nil || row == nil {
			return nil, wrapped("look up a message", err)
		}
		if named = metadataOf(row).PartOf; named == "" {
			return row, nil
		}
	}
	return nil, nil
}

// meant looks up a message that something has happened to. One that is not there may have gone out a moment ago, so what is being
// written in its room comes first; it must not be called by what bridgev2 calls for the room.
func (a *account) meant(ctx context.Context, id messageID) (*database.Message, error) {
	row, err := a.known(ctx, id)
	if err != nil || row != nil {
		return row, err
	}
	if err := handover.Settle(ctx, a.login, a.roomOf(id.in).key()); err != nil {
		return nil, wrapped("wait for a message", err)
	}
	return a.known(ctx, id)
}

// wrapped adds what was done to an error; nil stays nil.
func wrapped(operation string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", operation, err)
}

// isThere tells whether bridgev2's table holds a message.
func (a *account) isThere(ctx context.Context, id networkid.MessageID) (bool, error) {
	row, err := a.connector.bridge.DB.Message.GetFirstPartByID(ctx, "", id)
	return row != nil, wrapped("look up a delivered message", err)
}
