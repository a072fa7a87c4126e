package whatsapp

import (
	"time"

	"go.mau.fi/whatsmeow/types"
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
	// Further says that the person had another account when this one was linked.
	Further bool `json:"further,omitempty"`
	// Mutes is when the silence of chats ends that are muted for a while.
	Mutes map[networkid.PortalID]time.Time `json:"mutes,omitempty"`
}

// MessageMetadata is what is kept of a message besides bridgev2's own fields.
type MessageMetadata struct {
	// Before is set for a notice about older messages: where to go on (see history_older.go).
	Before *olderAnchor `json:"before,omitempty"`
	// Edit is the newest edit that the room shows, and EditedAt when it was made, as Unix time in seconds.
	Edit     types.MessageID `json:"edit,omitempty"`
	EditedAt int64           `json:"edited_at,omitempty"`
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

// GetDBMetaTypes tells bridgev2 what the connector keeps (see [bridgev2.NetworkConnector]).
func (c *Connector) GetDBMetaTypes() database.MetaTypes {
	return database.MetaTypes{
		Portal:    func() any { return &PortalMetadata{} },
		Ghost:     func() any { return &GhostMetadata{} },
		UserLogin: func() any { return &LoginMetadata{} },
		Message:   func() any { return &MessageMetadata{} },
	}
}
