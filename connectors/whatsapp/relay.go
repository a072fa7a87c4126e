package whatsapp

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode"

	"go.mau.fi/util/variationselector"
	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"google.golang.org/protobuf/proto"
	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/bridgev2/database"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/portal"
	"passerelle/portal/relay"
	"passerelle/portal/say"
)

// Several people may write through one account (see package relay). What goes out for somebody else than the account's owner
// carries a name. On WhatsApp an account has one reaction to a message and one vote in a poll. The rule:
//
//   - The newest reaction of anybody who writes through the account is the account's reaction. The one whose place it takes is
//     said in text, by name, as an answer to the message.
//   - The account's vote is its owner's. Votes of others are said in text, by name, as answers to the poll.

// signature says whose words a message holds. The zero signature is the account's owner's, and is not shown.
type signature struct {
	before string // stands before words: "*Karim*: "
	plain  string // the same where WhatsApp has no marks: "Karim: "
	does   string // stands before a deed: "*Karim* "
}

// sign returns the signature of somebody who writes through another one's account.
func (c *Connector) sign(who relay.Person) signature {
	name := unmarked(who.Name)
	if name == "" {
		name = unmarked(who.ID.Localpart())
	}
	bold := func(name string) string { return "*" + name + "*" }
	style := c.border.Relay
	return signature{before: style.Before(name, bold), plain: style.Before(name, nil), does: style.ForDeed(name, bold)}
}

// unmarked leaves out of a name what WhatsApp would read as a mark. Inside a word it reads none.
func unmarked(name string) string {
	runes := []rune(name)
	isWord := func(at int) bool {
		return at >= 0 && at < len(runes) && (unicode.IsLetter(runes[at]) || unicode.IsDigit(runes[at]))
	}
	var out strings.Builder
	for i, r := range runes {
		if strings.ContainsRune("*_~`", r) && !(isWord(i-1) && isWord(i+1)) {
			continue
		}
		out.WriteRune(r)
	}
	return strings.Join(strings.Fields(out.String()), " ")
}

// words signs a text. What WhatsApp reads as a mark at the beginning of a line only stays at one.
func (s signature) words(text string) string {
	if s.before == "" {
		return text
	}
	for _, mark := range []string{"> ", "- ", "* ", "1. ", fence} {
		if strings.HasPrefix(text, mark) {
			return strings.TrimSpace(s.before) + "\n" + text
		}
	}
	return s.before + text
}

// deed signs what somebody does.
func (s signature) deed(text string) string {
	if s.before == "" {
		return "* " + text
	}
	return s.does + text
}

// question signs the question of a poll, in which WhatsApp has no marks.
func (s signature) question(text string) string { return s.plain + text }

// alone is the signature where there are no words.
func (s signature) alone() string { return strings.TrimSpace(s.before) }

// introduce gives a message a preface if it cannot hold a name.
func (o *outgoing) introduce(on occasion) {
	name := on.by.alone()
	if name == "" || !isWordless(o.message) {
		return
	}
	quiet := on // the message itself is the answer
	quiet.answers = nil
	o.preface, o.text = plainText(name, quiet.context()), joinLines(name, o.text)
}

// isWordless tells whether a message is of a kind that has no words below it.
func isWordless(m *waE2E.Message) bool {
	return m.StickerMessage != nil || m.AudioMessage != nil || m.LocationMessage != nil || m.ContactMessage != nil ||
		m.ContactsArrayMessage != nil || m.EventMessage != nil
}

func plainText(text string, context *waE2E.ContextInfo) *waE2E.Message {
	if context == nil {
		return &waE2E.Message{Conversation: proto.String(text)}
	}
	return &waE2E.Message{ExtendedTextMessage: &waE2E.ExtendedTextMessage{Text: proto.String(text), ContextInfo: context}}
}

// What goes out of an event beside the event itself: what says whose a message is, and a reaction in words.
const (
	suffixPreface id.EventID = "/preface"
	suffixSaid    id.EventID = "/said"
)

// prefaceID derives the ID of a message's preface from the message's Matrix event.
func prefaceID(of id.EventID) types.MessageID { return outgoingID(of + suffixPreface) }

// sendPreface sends what says whose a message is, if it needs that. bridgev2's table holds it, so that no other account that
// gets it shows it as something new.
func (a *account) sendPreface(ctx context.Context, chat types.JID, message *bridgev2.MatrixMessage, admitted portal.Admitted[*outgoing]) error {
	preface := admitted.Content().preface
	if preface == nil {
		return nil
	}
	wid := prefaceID(message.Event.ID)
	sent, err := a.transmit(ctx, chat, wid, preface, nil)
	if err != nil {
		return err
	}
	row := &database.Message{
		ID:   messageID{chat: message.Portal.ID, sender: userID(a.lid), id: wid}.networkID(),
		Room: message.Portal.PortalKey, SenderID: userID(a.lid), SenderMXID: message.Event.Sender, Timestamp: sent,
	}
	row.SetFakeMXID()
	return a.note(ctx, row)
}

// note keeps that something went out, unless it is kept already. Its errors carry the sentence that the sender reads.
func (a *account) note(ctx context.Context, row *database.Message) error {
	messages := a.connector.bridge.DB.Message
	known, err := messages.GetFirstPartByID(ctx, row.Room.Receiver, row.ID)
	if err == nil && known == nil {
		err = messages.Insert(ctx, row)
	}
	if err != nil {
		return a.notSent(fmt.Errorf("keep what went out: %w", err), say.PerhapsNotSent)
	}
	return nil
}

// removePreface deletes what said whose a deleted message was.
func (a *account) removePreface(ctx context.Context, client *whatsmeow.Client, chat types.JID, removed *bridgev2.MatrixMessageRemove) error {
	wid, messages := prefaceID(removed.TargetMessage.MXID), a.connector.bridge.DB.Message
	named := messageID{chat: removed.Portal.ID, sender: removed.TargetMessage.SenderID, id: wid}.networkID()
	row, err := messages.GetFirstPartByID(ctx, removed.Portal.Receiver, named)
	if err != nil {
		return a.notSent(fmt.Errorf("look for a message's preface: %w", err), say.NotSent)
	}
	if row == nil || row.SenderID != userID(a.lid) {
		return nil
	}
	if _, err := a.transmit(ctx, chat, prefaceID(removed.Event.ID), client.BuildRevoke(chat, types.EmptyJID, wid), nil); err != nil {
		return err
	}
	if err := messages.Delete(ctx, row.RowID); err != nil {
		return a.notSent(fmt.Errorf("forget a message's preface: %w", err), say.NotSent)
	}
	return nil
}

// ownOnly refuses a person who writes through the account what would change what somebody else wrote.
func (a *account) ownOnly(ctx context.Context, author id.UserID) error {
	if who, relayed := relay.Of(ctx); relayed && who.ID != author {
		return a.refused(errors.New("another one's message"), a.sayToWriter(ctx, say.RelayNotYours, networkName))
	}
	return nil
}

// ownersOnly refuses what only the owner of the account may change.
func (a *account) ownersOnly(by *bridgev2.OrigSender) error {
	if by == nil {
		return nil
	}
	return a.refused(errors.New("a change by somebody without an account"), a.connector.sayTo(by.UserID, say.RelayOwnersOnly, networkName))
}

// displace makes room for a reaction of by's: when the account's reaction to a message is somebody else's, it becomes a line of
// text, which stands for it from then on: who takes the reaction back deletes the line. A line that the gate refuses is not
// said, and its author is told.
func (a *account) displace(ctx context.Context, room *bridgev2.Portal, target *database.Message, by id.UserID) error {
	reactions := a.connector.bridge.DB.Reaction
	given, err := reactions.GetByID(ctx, room.Receiver, target.ID, target.PartID, userID(a.lid), "")
	if err != nil {
		return a.notSent(fmt.Errorf("look up the account's reaction: %w", err), say.NotSent)
	}
	if given == nil || a.ghostless(given.SenderMXID) == by {
		return nil
	}
	row, err := a.sayInstead(ctx, room, given, a.reactionInWords(ctx, room, target, given.SenderMXID, given.Emoji))
	var told bridgev2.MessageStatus
	switch {
	case errors.As(err, &told) && told.Status == event.MessageStatusFail:
		a.connector.bridge.Matrix.SendMessageStatus(ctx, &told, &bridgev2.MessageStatusEventInfo{
			RoomID: room.MXID, SourceEventID: given.MXID, EventType: event.EventReaction, Sender: given.SenderMXID,
		})
	case err != nil:
		return err
	default:
		row.ReplyTo.MessageID, row.ReplyTo.PartID = target.ID, &target.PartID
		if err := a.note(ctx, row); err != nil {
			return err
		}
	}
	if err := reactions.Delete(ctx, given); err != nil {
		return a.notSent(fmt.Errorf("forget a reaction: %w", err), say.NotSent)
	}
	return nil
}

// reactionInWords says in text who gave a reaction to a message.
func (a *account) reactionInWords(ctx context.Context, room *bridgev2.Portal, target *database.Message, by id.UserID, emoji string) *outgoing {
	who := relay.In(ctx, a.connector.bridge.Matrix, room.MXID, a.ghostless(by))
	on := timely(room)
	on.answers = answering(target)
	text := a.connector.sign(who).words(variationselector.Add(emoji))
	return &outgoing{kind: portal.KindText, text: text, message: plainText(text, on.context())}
}

// ghostless returns the account's owner for the owner's ghost, as which what comes from the phone may be shown.
func (a *account) ghostless(user id.UserID) id.UserID {
	if ghost, ok := a.connector.bridge.Matrix.ParseGhostMXID(user); ok && ghost == userID(a.lid) {
		return a.login.UserMXID
	}
	return user
}

// sayInstead sends a line in the place of a reaction, and returns what bridgev2's table is to hold of it: under the reaction's
// event, so that what is done to the one is done to the other.
func (a *account) sayInstead(ctx context.Context, room *bridgev2.Portal, given *database.Reaction, line *outgoing) (*database.Message, error) {
	metadata, _ := room.Metadata.(*PortalMetadata)
	chat, err := chatOf(room.ID, metadata)
	if err != nil {
		return nil, a.notSent(err, say.NotSent)
	}
	as := given.MXID + suffixSaid
	crossing := a.crossing(portal.Out, room.PortalKey)
	crossing.Key, crossing.Kind, crossing.Sender = as.String(), line.kind, given.SenderMXID.String()
	crossing.Room, crossing.At, crossing.Text = room.MXID, given.Timestamp, line.text
	admitted, err := passOut(ctx, a, crossing, line, say.NotSent)
	if err != nil {
		return nil, err
	}
	sent, err := a.send(ctx, chat, outgoingID(as), admitted)
	if err != nil {
		return nil, err
	}
	return &database.Message{
		ID:   messageID{chat: room.ID, sender: userID(a.lid), id: outgoingID(as)}.networkID(),
		MXID: given.MXID, Room: room.PortalKey, SenderID: userID(a.lid), SenderMXID: given.SenderMXID, Timestamp: sent,
	}, nil
}

// sayVote says in text how somebody votes who writes through the account. readable tells whether the poll's answers are known.
func (a *account) sayVote(ctx context.Context, vote *bridgev2.MatrixPollVote, who relay.Person, readable bool, texts []string) (*outgoing, error) {
	if !readable {
		return nil, a.refused(errors.New("the poll cannot be looked at"), a.sayToWriter(ctx, say.RelayVoteUnread, networkName))
	}
	chosen := strings.Join(texts, ", ")
	if len(texts) == 0 {
		chosen = a.connector.say(say.RelayVoteTakenBack)
	}
	on := timely(vote.Portal)
	on.answers = answering(vote.VoteTo)
	text := a.connector.sign(who).words(chosen)
	return &outgoing{kind: portal.KindVote, text: text, message: plainText(text, on.context())}, nil
}
