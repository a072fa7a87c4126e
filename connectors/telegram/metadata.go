package telegram

import (
	"encoding/json"
	"sync"
	"time"

	"maunium.net/go/mautrix/bridgev2/database"
	"maunium.net/go/mautrix/bridgev2/networkid"
	"maunium.net/go/mautrix/id"
)

// LoginMetadata is what is kept of a bot besides bridgev2's own fields.
type LoginMetadata struct {
	// Token is the bot's token, sealed with the key that Key names; empty for a service bot, whose token the configuration has.
	Token []byte `json:"token,omitempty"`
	Key   string `json:"key,omitempty"`
	// Username is the bot's, without the @; empty: not known yet.
	Username string `json:"username,omitempty"`
	// Offset is the number of the first update that has not come yet, and OffsetAt when that was noted.
	Offset   int64     `json:"offset,omitempty"`
	OffsetAt time.Time `json:"offset_at,omitzero"`
	// Sending is what may have gone out, by the Matrix event: see sending.go.
	Sending map[id.EventID]sending `json:"sending,omitempty"`
	// SeenAt is about when the bot last asked Telegram what is new, and got an answer.
	SeenAt time.Time `json:"seen_at,omitzero"`
	// Staff are invited into every new room of the bot's, besides its owner.
	Staff []id.UserID `json:"staff,omitempty"`
	// Links are those by which contacts come to the bot, and LastLink the number of the newest one. The slice is replaced, never
	// changed: copies of it are read without a lock.
	Links    []startLink `json:"links,omitempty"`
	LastLink int         `json:"last_link,omitempty"`
	// Own is the owner's own account on Telegram; 0: not known. Connections are the accounts that the bot acts for, by connection.
	// The map is replaced, never changed.
	Own         int64                `json:"own,omitempty"`
	Connections map[string]connected `json:"connections,omitempty"`
	// Moved says which groups have become which supergroups: see migration.go.
	Moved map[int64]int64 `json:"moved,omitempty"`
	// Out are the groups that the bot was put out of, and which have a room.
	Out map[int64]bool `json:"out,omitempty"`
	// Silenced says in which groups only administrators may write since a room said so, and what members might do before. The map is
	// replaced, never changed.
	Silenced map[int64]permissions `json:"silenced,omitempty"`
	// Asking are those who ask to join a group, by the chat: see group_requests.go. The map is replaced, never changed.
	Asking map[int64][]int64 `json:"asking,omitempty"`
	// Pins are the messages that are known to be pinned, by the chat: see pin.go.
	Pins map[int64][]int64 `json:"pins,omitempty"`
}

// changing is held while a login's metadata changes, and while it is encoded: bridgev2 stores a login by itself, too, when its space is
// made (bridgev2/space.go, GetSpaceRoom). It is never held for longer.
var changing sync.Mutex

// MarshalJSON encodes the metadata for the database.
func (m *LoginMetadata) MarshalJSON() ([]byte, error) {
	type plain LoginMetadata
	changing.Lock()
	defer changing.Unlock()
	return json.Marshal((*plain)(m))
}

// MessageMetadata is what is kept of a message.
type MessageMetadata struct {
	// EditedAt is when the newest edit was made that the room shows, as Unix time in seconds.
	EditedAt int64 `json:"edited_at,omitempty"`
	// More are the further messages that a long text was split into.
	More []int64 `json:"more,omitempty"`
	// File is, of a message from Telegram, the unique identifier of its file; of one from here, the address of its file in Matrix.
	File string `json:"file,omitempty"`
	// PartOf is set for such a further message: the first one of the text.
	PartOf networkid.MessageID `json:"part_of,omitempty"`
	// Poll is set for a poll.
	Poll *keptPoll `json:"poll,omitempty"`
	// Topic is set for what the thread of a topic begins with: see topic.go.
	Topic bool `json:"topic,omitempty"`
}

// metadataOf returns what is kept of a message.
func metadataOf(row *database.Message) *MessageMetadata {
	kept, ok := row.Metadata.(*MessageMetadata)
	if !ok {
		kept = &MessageMetadata{}
		row.Metadata = kept
	}
	return kept
}

// GetDBMetaTypes tells bridgev2 what the connector keeps (see [bridgev2.NetworkConnector]).
func (c *Connector) GetDBMetaTypes() database.MetaTypes {
	return database.MetaTypes{
		UserLogin: func() any { return &LoginMetadata{} },
		Portal:    func() any { return &PortalMetadata{} },
		Message:   func() any { return &MessageMetadata{} },
	}
}
