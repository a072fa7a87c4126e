package bridgetest

import (
	"fmt"
	"strings"
	"time"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

// Heard is one event of a room as a person's client received it: a message, a
// reaction, a deletion, a change of the room.
type Heard struct {
	Room   id.RoomID
	ID     id.EventID
	Sender id.UserID
	// At is when the homeserver received it, or when its sender said so.
	At time.Time
	// Type is the type of the event, of the decrypted one when it was encrypted.
	Type event.Type
	// StateKey is set for changes of the room, and nil for everything else.
	StateKey *string

	// MsgType and Text are those of a message. An edit has the new ones, a
	// reply has no fallback in its text, and media has its caption or else the
	// name of the file.
	MsgType event.MessageType
	Text    string
	// Edits, RepliesTo, ReactsTo and Deletes name the event that this one is
	// about, when it is such a one.
	Edits, RepliesTo, ReactsTo, Deletes id.EventID
	// Reaction is the key of a reaction, most often an emoji.
	Reaction string

	// WasEncrypted tells whether the event travelled end-to-end encrypted.
	WasEncrypted bool
	// Mine tells whether this very client sent it.
	Mine bool
	// Late tells whether the key came after the message, so that it could not
	// be read at first.
	Late bool
	// Err tells why the event cannot be read as yet; nil once it can.
	Err error
	// Event is the event in full, decrypted when it could be. Not to be changed.
	Event *event.Event
}

// interpret makes an event, already decrypted if it was encrypted, into what
// its reader makes of it.
func interpret(evt *event.Event, self id.UserID) Heard {
	h := Heard{
		Room: evt.RoomID, ID: evt.ID, Sender: evt.Sender,
		At:           time.UnixMilli(evt.Timestamp),
		Type:         evt.Type,
		StateKey:     evt.StateKey,
		WasEncrypted: evt.Mautrix.WasEncrypted,
		// The homeserver repeats the transaction ID to the device that sent
		// the event and to nobody else (Matrix 1.11, 6.4 "Room events").
		Mine:  evt.Sender == self && evt.Unsigned.TransactionID != "",
		Event: evt,
	}
	switch content := evt.Content.Parsed.(type) {
	case *event.MessageEventContent:
		h.Edits = content.OptionalGetRelatesTo().GetReplaceID()
		if h.Edits != "" && content.NewContent != nil {
			content = content.NewContent
		}
		h.MsgType, h.Text = content.MsgType, content.Body
		if h.RepliesTo = content.OptionalGetRelatesTo().GetReplyTo(); h.RepliesTo != "" {
			h.Text = event.TrimReplyFallbackText(h.Text)
		}
	case *event.ReactionEventContent:
		h.ReactsTo, h.Reaction = content.RelatesTo.EventID, content.RelatesTo.Key
	case *event.RedactionEventContent:
		// The target moved into the content with room version 11.
		if h.Deletes = content.Redacts; h.Deletes == "" {
			h.Deletes = evt.Redacts
		}
	case *event.EncryptedEventContent:
		h.WasEncrypted = true
	}
	return h
}

// IsMessage tells whether it is something said for the first time: text or
// media, and no edit.
func (h Heard) IsMessage() bool {
	return (h.Type == event.EventMessage || h.Type == event.EventSticker) && h.Edits == ""
}

// Message returns the content of a message, the new one of an edit, and nil
// for everything else.
func (h Heard) Message() *event.MessageEventContent {
	content, ok := h.Event.Content.Parsed.(*event.MessageEventContent)
	if !ok {
		return nil
	}
	if h.Edits != "" && content.NewContent != nil {
		return content.NewContent
	}
	return content
}

// String is one line about the event, for a person who reads why a test failed.
func (h Heard) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s %s", h.At.Format("15:04:05.000"), h.Sender, h.Type.Type)
	if h.StateKey != nil {
		fmt.Fprintf(&b, " [%s]", *h.StateKey)
	}
	about := func(what string, target id.EventID) {
		if target != "" {
			fmt.Fprintf(&b, " %s %s", what, target)
		}
	}
	about("edits", h.Edits)
	about("replies to", h.RepliesTo)
	about("reacts to", h.ReactsTo)
	about("deletes", h.Deletes)
	if h.Text != "" {
		fmt.Fprintf(&b, " %.80q", h.Text)
	}
	if h.Reaction != "" {
		fmt.Fprintf(&b, " %q", h.Reaction)
	}
	switch {
	case h.Err != nil:
		fmt.Fprintf(&b, " UNREADABLE: %v", h.Err)
	case h.Late:
		b.WriteString(" (encrypted, the key came late)")
	case h.WasEncrypted:
		b.WriteString(" (encrypted)")
	case h.IsMessage() || h.Edits != "":
		b.WriteString(" (CLEAR)")
	}
	if h.Mine {
		b.WriteString(" (mine)")
	}
	fmt.Fprintf(&b, " %s", h.ID)
	return b.String()
}
