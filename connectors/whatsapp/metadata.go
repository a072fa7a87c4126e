package whatsapp

import (
	"encoding/json"
	"sync"
	"time"

	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
	"maunium.net/go/mautrix/bridgev2/database"
	"maunium.net/go/mautrix/bridgev2/networkid"
)

// LoginMetadata is what is kept of a login besides bridgev2's own fields.
type LoginMetadata struct {
	// Device is the linked device, with its number, by which whatsmeow's store knows it; empty: the phone removed the link.
	Device types.JID `json:"device,omitzero"`
	// HistoryUntil is until when live messages wait for the first chunk of history; zero: they do not (any more).
	HistoryUntil time.Time `json:"history_until,omitzero"`
	// Asked is which older messages the phone has been asked for, by chat, and has not given yet.
	Asked map[networkid.PortalID]olderRequest `json:"asked,omitempty"`
	// PhoneSeen is when the phone was last online, as far as is known, within a few hours.
	PhoneSeen time.Time `json:"phone_seen,omitzero"`
	// PhoneWarned is the number of days for which the phone was offline when its owner was last warned; 0: it has come back.
	PhoneWarned int `json:"phone_warned,omitempty"`
	// LoggedOut is why the link is gone; 0: it is not, or that is not known.
	LoggedOut events.ConnectFailureReason `json:"logged_out,omitempty"`
	// Ban is a time for which WhatsApp has suspended the account.
	Ban Ban `json:"ban,omitzero"`
	// FirstContacts is when the account last wrote to people for the first time, in order, as far as the limit looks back.
	FirstContacts []time.Time `json:"first_contacts,omitempty"`
	// Timelock is when the account may not write to people who have not written to it.
	Timelock Timelock `json:"timelock,omitzero"`
	// StatusPosts says whether the owner wants to see contacts' status posts; nil: as the administrator chose.
	StatusPosts *bool `json:"status_posts,omitempty"`
	// ViewOnce is until when the next file of a chat is to be viewed once.
	ViewOnce map[networkid.PortalID]time.Time `json:"view_once,omitempty"`
	// Due is what is done later by itself (see due).
	Due []due `json:"due,omitempty"`
	// Further says that the person had another account when this one was linked.
	Further bool `json:"further,omitempty"`
	// Mutes is when the silence of chats ends that are muted for a while.
	Mutes map[networkid.PortalID]time.Time `json:"mutes,omitempty"`
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

// GhostMetadata is what is kept of a contact besides the public profile.
type GhostMetadata struct {
	// Phone is the phone number in international form, without the plus sign; empty: not known.
	Phone string `json:"phone,omitempty"`
}

// PortalMetadata is what is kept of a chat.
type PortalMetadata struct {
	// Group is the JID of an old group, which its identifier does not hold (see portalID).
	Group types.JID `json:"group,omitzero"`
	// TimerSet is when the chat's timer was decided, as Unix time in seconds; 0: not known.
	TimerSet int64 `json:"timer_set,omitempty"`
}

// MessageMetadata is what is kept of a message.
type MessageMetadata struct {
	// Before is set for a notice about older messages: where to go on (see history_older.go).
	Before *olderAnchor `json:"before,omitempty"`
	// Edit is the newest edit that the room shows, and EditedAt when it was made, as Unix time in seconds.
	Edit     types.MessageID `json:"edit,omitempty"`
	EditedAt int64           `json:"edited_at,omitempty"`
	// Call is what a notice says of a call.
	Call *call `json:"call,omitempty"`
	// Live is what is shown of a live location.
	Live *live `json:"live,omitempty"`
	// SentTo is the contact whom an answer to a status post went to.
	SentTo types.JID `json:"sent_to,omitzero"`
	// Once says that the message went out to be viewed once.
	Once bool `json:"once,omitempty"`
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
		Portal:    func() any { return &PortalMetadata{} },
		Ghost:     func() any { return &GhostMetadata{} },
		UserLogin: func() any { return &LoginMetadata{} },
		Message:   func() any { return &MessageMetadata{} },
	}
}
