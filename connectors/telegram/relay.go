package telegram

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.mau.fi/util/variationselector"
	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/bridgev2/database"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/portal/relay"
	"passerelle/portal/say"
)

// Several people write through one bot (see package relay). What goes out for somebody else than the bot's owner carries a name. A
// bot has one reaction to a message: the newest of anybody is the bot's, and the one whose place it takes is said in text, by name, as
// an answer to the message.

// signature says whose words a message holds. The zero signature is the bot's owner's, and is not shown.
type signature struct {
	before marked // stands before words: “Karim: ”
	does   marked // stands before a deed: “Karim ”
}

// sign returns the signature of somebody who writes through the bot.
func (c *Connector) sign(who relay.Person) signature {
	name := who.Name
	if name == "" {
		name = relay.Clean(who.ID.Localpart())
	}
	return signature{before: withName(c.border.Relay.Before, name), does: withName(c.border.Relay.ForDeed, name)}
}

// Marks around the bold part of a signature. Names that are clean hold no characters of private use.
const beginBold, endBold = "\uE000", "\uE001"

// withName writes a signature with its bold part as an entity.
func withName(style func(string, func(string) string) string, name string) marked {
	text := style(name, func(name string) string { return beginBold + name + endBold })
	before, rest, found := strings.Cut(text, beginBold)
	bold, after, closed := strings.Cut(rest, endBold)
	if !found || !closed {
		return marked{text: text}
	}
	return marked{text: before + bold + after, entities: []entity{{Type: entityBold, Offset: len(unitsOf(before)), Length: len(unitsOf(bold))}}}
}

// words signs a text.
func (s signature) words(text marked) marked { return joined(s.before, text) }

// alone is the signature where there are no words.
func (s signature) alone() marked {
	text := strings.TrimRight(s.before.text, " ")
	return marked{text, inPart(s.before.entities, 0, len(unitsOf(text)))}
}

// deed signs what somebody does.
func (s signature) deed(text marked) marked {
	if s.does.text == "" {
		return joined(marked{text: "* "}, text)
	}
	return joined(s.does, text)
}

// joined writes one text after another. What Telegram shows as a block begins on a line of its own.
func joined(a, b marked) marked {
	if a.text != "" && len(b.entities) > 0 && b.entities[0].Offset == 0 && rank(b.entities[0]) < 2 {
		a.text = strings.TrimRight(a.text, " ") + "\n"
	}
	moved := len(unitsOf(a.text))
	entities := slices.Clone(a.entities)
	for _, e := range b.entities {
		e.Offset += moved
		entities = append(entities, e)
	}
	return marked{text: a.text + b.text, entities: entities}
}

// ownOnly refuses a person who writes through the bot what would change what somebody else wrote.
func (a *account) ownOnly(ctx context.Context, author id.UserID) error {
	if who, relayed := relay.Of(ctx); relayed && who.ID != author {
		return a.refused(ctx, errors.New("another one's message"), say.RelayNotYours)
	}
	return nil
}

// displace makes room for a reaction of by's: when the bot's reaction to a message is somebody else's, it becomes a line of text,
// which stands for it from then on: who takes the reaction back deletes the line. A line that the gate refuses is not said, and its
// author is told.
func (a *account) displace(ctx context.Context, room *bridgev2.Portal, target *database.Message, by id.UserID) error {
	reactions := a.connector.bridge.DB.Reaction
	given, err := reactions.GetByID(ctx, room.Receiver, target.ID, target.PartID, a.GetUserID(), "")
	if err != nil {
		return a.failed(ctx, fmt.Errorf("look up the bot's reaction: %w", err), say.NotSent)
	}
	if given == nil || given.SenderMXID == by {
		return nil
	}
	row, err := a.sayReaction(ctx, room, target, given)
	var told bridgev2.MessageStatus
	switch {
	case errors.As(err, &told) && told.Status == event.MessageStatusFail:
		a.connector.bridge.Matrix.SendMessageStatus(ctx, &told, &bridgev2.MessageStatusEventInfo{
			RoomID: room.MXID, SourceEventID: given.MXID, EventType: event.EventReaction, Sender: given.SenderMXID,
		})
	case err != nil:
		return err
	default:
		if err := a.connector.bridge.DB.Message.Insert(ctx, row); err != nil {
			return a.failed(ctx, fmt.Errorf("keep what went out: %w", err), say.BotPerhaps)
		}
		a.endSending(row.MXID)
	}
	if err := reactions.Delete(ctx, given); err != nil {
		return a.failed(ctx, fmt.Errorf("forget a reaction: %w", err), say.NotSent)
	}
	return nil
}

// sayReaction says a reaction in text, and returns what bridgev2's table is to hold of it: under the reaction's event, so that what
// is done to the one is done to the other.
func (a *account) sayReaction(ctx context.Context, room *bridgev2.Portal, target *database.Message, given *database.Reaction) (*database.Message, error) {
	to, err := a.target(ctx, target.ID)
	if err != nil {
		return nil, err
	}
	who := relay.In(ctx, a.connector.bridge.Matrix, room.MXID, given.SenderMXID)
	line := textOut(a.connector.sign(who).words(marked{text: variationselector.Add(given.Emoji)}), occasion{answers: to})
	crossing := a.crossingFrom(room)
	crossing.Key, crossing.Kind, crossing.Sender = given.MXID.String()+"/said", line.kind, given.SenderMXID.String()
	crossing.At, crossing.Text = given.Timestamp, line.text
	admitted, err := passOut(ctx, a, crossing, line)
	if err != nil {
		return nil, err
	}
	ids, err := a.send(ctx, given.MXID, to.in, admitted)
	if err != nil {
		return nil, err
	}
	return &database.Message{
		ID: to.in.message(ids[0]).networkID(), MXID: given.MXID, Room: room.PortalKey, SenderID: a.GetUserID(), SenderMXID: given.SenderMXID,
		Timestamp: given.Timestamp, Metadata: &MessageMetadata{},
	}, nil
}
