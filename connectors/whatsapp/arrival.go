package whatsapp

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
	"google.golang.org/protobuf/proto"
)

// arrivalVersion is the encoding's version. A change that older programs cannot read gets a new one.
const arrivalVersion = 1

// unreadable says why a message cannot be read.
type unreadable string

const (
	readable    unreadable = ""
	onPhoneOnly unreadable = "phone"   // linked devices never get it: a photo to be viewed once
	notYet      unreadable = "waiting" // it could not be decrypted; the sender was asked to send it again
)

// arrivalKind says what an arrival is.
type arrivalKind string

const (
	arrivalMessage arrivalKind = ""
	arrivalChunk   arrivalKind = "history" // the news of a chunk of history (history.go)
	arrivalGroup   arrivalKind = "group"   // a change of a group (group_news.go)
	arrivalTimer   arrivalKind = "timer"   // a chat's timer, of which no message told (timer.go)
	arrivalRoom    arrivalKind = "room"    // a chat whose messages are still to come (history_held.go)
	arrivalOlder   arrivalKind = "older"   // what the phone answered when it was asked for older messages (history_older.go)
	arrivalCall    arrivalKind = "call"    // a step of a call (call.go)
	arrivalLiveEnd arrivalKind = "live"    // the end of a live location (live.go)
	arrivalMarks   arrivalKind = "marks"   // a chat's marks may be others than before (marks.go)
)

// arrival is a message as WhatsApp brought it: what the inbox keeps.
type arrival struct {
	Version    int             `json:"v"`
	Kind       arrivalKind     `json:"kind,omitempty"`
	Chat       types.JID       `json:"chat"` // the group, or the other person of a direct chat
	ChatAlt    types.JID       `json:"chat_alt,omitzero"`
	Sender     types.JID       `json:"sender"`
	SenderAlt  types.JID       `json:"sender_alt,omitzero"` // the same person by number or LID, as ChatAlt
	FromMe     bool            `json:"from_me,omitempty"`
	ID         types.MessageID `json:"id"`
	At         time.Time       `json:"at"`
	PushName   string          `json:"name,omitempty"` // the name that the sender published
	Unreadable unreadable      `json:"unreadable,omitempty"`
	Retried    bool            `json:"retried,omitempty"` // sent again, after it could not be decrypted
	Encoded    []byte          `json:"message,omitempty"` // protobuf of the message, with all its wrappings
	Group      *groupNews      `json:"group,omitempty"`   // what changed in a group
	Answers    types.MessageID `json:"answers,omitempty"` // of history: the message to which a reaction or a vote belongs
	Vote       []byte          `json:"vote,omitempty"`    // of history: protobuf of a vote, which is not encrypted there
	Thread     types.MessageID `json:"thread,omitempty"`  // of older messages: the notice in whose thread it is shown
	Older      *olderPage      `json:"older,omitempty"`   // what came of asking for older messages
	Call       *callNews       `json:"call,omitempty"`    // how far a call has come
	Ends       types.MessageID `json:"ends,omitempty"`    // the live location that ends
	Mark       mark            `json:"mark,omitempty"`    // which of a chat's marks may have changed
}

// arrivalOf describes a message. message is nil for one that cannot be read.
func arrivalOf(info *types.MessageInfo, message *waE2E.Message) (*arrival, error) {
	a := &arrival{
		Version: arrivalVersion, Chat: info.Chat.ToNonAD(), ChatAlt: info.RecipientAlt.ToNonAD(),
		Sender: info.Sender.ToNonAD(), SenderAlt: info.SenderAlt.ToNonAD(), FromMe: info.IsFromMe, ID: info.ID,
		At: info.Timestamp, PushName: info.PushName,
	}
	if info.IsIncomingBroadcast() || !info.IsFromMe && !info.IsGroup {
		a.Chat, a.ChatAlt = a.Sender, a.SenderAlt
	}
	if a.FromMe {
		a.PushName = ""
	}
	if message != nil {
		var err error
		if a.Encoded, err = proto.Marshal(message); err != nil {
			return nil, fmt.Errorf("encode a message: %w", err)
		}
	}
	return a, nil
}

func (a *arrival) encode() ([]byte, error) { return json.Marshal(a) }

// decodeArrival reads what encode wrote. The message is unwrapped; it is nil when it could not be read.
func decodeArrival(payload []byte) (*arrival, *events.Message, error) {
	var a arrival
	if err := json.Unmarshal(payload, &a); err != nil {
		return nil, nil, fmt.Errorf("decode an arrival: %w", err)
	}
	switch {
	case a.Version != arrivalVersion:
		return nil, nil, fmt.Errorf("decode an arrival: version %d is not known", a.Version)
	case a.ID == "" || a.Chat.User == "" || a.Chat.Server == "" || a.Sender.User == "" || a.Sender.Server == "":
		return nil, nil, errors.New("decode an arrival: it names no chat, sender or message")
	case (a.Kind == arrivalGroup) != (a.Group != nil), (a.Kind == arrivalOlder) != (a.Older != nil),
		(a.Kind == arrivalCall) != (a.Call != nil), (a.Kind == arrivalLiveEnd) != (a.Ends != ""):
		return nil, nil, errors.New("decode an arrival: its kind and what it holds differ")
	case a.Unreadable != readable, a.Kind == arrivalGroup, a.Kind == arrivalRoom, a.Kind == arrivalOlder, a.Kind == arrivalCall,
		a.Kind == arrivalLiveEnd, a.Kind == arrivalMarks:
		return &a, nil, nil
	}
	var message waE2E.Message
	if err := proto.Unmarshal(a.Encoded, &message); err != nil {
		return nil, nil, fmt.Errorf("decode an arrival: %w", err)
	}
	return &a, (&events.Message{RawMessage: &message}).UnwrapRaw(), nil
}
