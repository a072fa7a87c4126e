package telegram

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// The Bot API's objects, under its names, with the fields that the connector reads. The library's own types are of 2021 and drop
// what came since (telegram-bot-api v5.5.1, types.go).

// user is a person or a bot (Bot API, User).
type user struct {
	ID        int64  `json:"id"`
	IsBot     bool   `json:"is_bot,omitempty"`
	FirstName string `json:"first_name"`
	LastName  string `json:"last_name,omitempty"`
	Username  string `json:"username,omitempty"`
	// CanConnectToBusiness says of a bot that it may act for people's own accounts; getMe alone tells.
	CanConnectToBusiness bool `json:"can_connect_to_business,omitempty"`
	ReadsAll             bool `json:"can_read_all_group_messages,omitempty"` // of the bot itself: its privacy mode is off
}

func (u user) name() string { return strings.TrimSpace(u.FirstName + " " + u.LastName) }

// chat is a chat (Bot API, Chat and ChatFullInfo).
type chat struct {
	ID          int64      `json:"id"`
	Type        string     `json:"type,omitempty"`
	Title       string     `json:"title,omitempty"`
	FirstName   string     `json:"first_name,omitempty"`
	LastName    string     `json:"last_name,omitempty"`
	Username    string     `json:"username,omitempty"`
	Description string     `json:"description,omitempty"`
	InviteLink  string     `json:"invite_link,omitempty"`
	Photo       *chatPhoto `json:"photo,omitempty"`
	// Permissions are what members may do; of groups, and of getChat alone.
	Permissions permissions `json:"permissions,omitempty"`
}

// name is what the chat is called: a private one as the other person.
func (c chat) name() string {
	if c.Title != "" {
		return c.Title
	}
	return strings.TrimSpace(c.FirstName + " " + c.LastName)
}

// message is a message (Bot API, Message).
type message struct {
	MessageID          int64    `json:"message_id"`
	ThreadID           int64    `json:"message_thread_id,omitempty"`
	IsTopicMessage     bool     `json:"is_topic_message,omitempty"`
	BusinessConnection string   `json:"business_connection_id,omitempty"`
	From               *user    `json:"from,omitempty"`
	SenderBusinessBot  *user    `json:"sender_business_bot,omitempty"` // which wrote it for its sender
	SenderChat         *chat    `json:"sender_chat,omitempty"`
	Date               int64    `json:"date"`
	EditDate           int64    `json:"edit_date,omitempty"`
	Chat               chat     `json:"chat"`
	ForwardOrigin      *origin  `json:"forward_origin,omitempty"`
	AutomaticForward   bool     `json:"is_automatic_forward,omitempty"` // of a channel's post, into the group where it is discussed
	AuthorSignature    string   `json:"author_signature,omitempty"`
	ReplyTo            *message `json:"reply_to_message,omitempty"`
	ExternalReply      *struct {
		Origin    origin `json:"origin"`
		Chat      *chat  `json:"chat,omitempty"`
		MessageID int64  `json:"message_id,omitempty"`
	} `json:"external_reply,omitempty"`
	Quote           *quoted  `json:"quote,omitempty"`
	Text            string   `json:"text,omitempty"`
	Entities        []entity `json:"entities,omitempty"`
	Caption         string   `json:"caption,omitempty"`
	CaptionEntities []entity `json:"caption_entities,omitempty"`
	attached
	kinds
	marks
	service
}

// service is what a message says that tells what happened in its chat ("service messages").
type service struct {
	NewChatMembers        []user   `json:"new_chat_members,omitempty"`
	LeftChatMember        *user    `json:"left_chat_member,omitempty"`
	NewChatTitle          string   `json:"new_chat_title,omitempty"`
	GroupChatCreated      bool     `json:"group_chat_created,omitempty"`
	SupergroupChatCreated bool     `json:"supergroup_chat_created,omitempty"`
	ChannelChatCreated    bool     `json:"channel_chat_created,omitempty"`
	MigrateToChatID       int64    `json:"migrate_to_chat_id,omitempty"`
	MigrateFromChatID     int64    `json:"migrate_from_chat_id,omitempty"`
	NewChatPhoto          []any    `json:"new_chat_photo,omitempty"`
	DeleteChatPhoto       bool     `json:"delete_chat_photo,omitempty"`
	PinnedMessage         *message `json:"pinned_message,omitempty"`

	TopicCreated  *topicEvent `json:"forum_topic_created,omitempty"`
	TopicEdited   *topicEvent `json:"forum_topic_edited,omitempty"`
	TopicClosed   *struct{}   `json:"forum_topic_closed,omitempty"`
	TopicReopened *struct{}   `json:"forum_topic_reopened,omitempty"`
}

// sender is who wrote a message: somebody, or a channel or group that speaks for itself; 0: nobody says. In a group, From of such a
// message is a stand-in (Bot API, Message, sender_chat).
func (m *message) sender() int64 {
	switch {
	case m.SenderChat != nil:
		return m.SenderChat.ID
	case m.From != nil:
		return m.From.ID
	}
	return 0
}

// senderName is what the sender is called.
func (m *message) senderName() string {
	switch {
	case m.SenderChat != nil:
		return m.SenderChat.name()
	case m.From != nil:
		return m.From.name()
	}
	return ""
}

// words returns what can be read in a message: its text, or what stands below its file.
func (m *message) words() (string, []entity) {
	if m.Text != "" {
		return m.Text, m.Entities
	}
	return m.Caption, m.CaptionEntities
}

// quoted is the part of a message that another one answers (Bot API, TextQuote).
type quoted struct {
	Text     string   `json:"text"`
	Entities []entity `json:"entities,omitempty"`
	IsManual bool     `json:"is_manual,omitempty"`
}

// originChannel is the type of the origin of what was posted in a channel.
const originChannel = "channel"

// origin says where a forwarded message comes from (Bot API, MessageOrigin).
type origin struct {
	Type           string `json:"type"`
	Chat           *chat  `json:"chat,omitempty"`
	SenderChat     *chat  `json:"sender_chat,omitempty"`
	SenderUser     *user  `json:"sender_user,omitempty"`
	SenderUserName string `json:"sender_user_name,omitempty"`
}

// reactionEmoji is the type of a reaction that is one of the standard emoji.
const reactionEmoji = "emoji"

// reactionPaid is the type of a reaction with Telegram's stars.
const reactionPaid = "paid"

// reactionType is a reaction (Bot API, ReactionType).
type reactionType struct {
	Type          string `json:"type"`
	Emoji         string `json:"emoji,omitempty"`
	CustomEmojiID string `json:"custom_emoji_id,omitempty"`
}

// reactionUpdate tells that somebody's reactions to a message have changed (Bot API, MessageReactionUpdated).
type reactionUpdate struct {
	Chat      chat           `json:"chat"`
	MessageID int64          `json:"message_id"`
	User      *user          `json:"user,omitempty"`
	ActorChat *chat          `json:"actor_chat,omitempty"`
	Date      int64          `json:"date"`
	New       []reactionType `json:"new_reaction"`
}

// What somebody is in a chat (Bot API, ChatMember, status).
const (
	statusCreator    = "creator"
	statusAdmin      = "administrator"
	statusMember     = "member"
	statusRestricted = "restricted"
	statusLeft       = "left"
	statusKicked     = "kicked"
)

// member says what somebody is in a chat (Bot API, ChatMember).
type member struct {
	Status   string `json:"status"`
	User     user   `json:"user"`
	IsMember bool   `json:"is_member,omitempty"` // of somebody restricted
	rights
	limits
}

// rights are what an administrator may do (Bot API, ChatMemberAdministrator).
type rights struct {
	CanManageChat       bool `json:"can_manage_chat,omitempty"`
	CanDeleteMessages   bool `json:"can_delete_messages,omitempty"`
	CanManageVideoChats bool `json:"can_manage_video_chats,omitempty"`
	CanRestrictMembers  bool `json:"can_restrict_members,omitempty"`
	CanPromoteMembers   bool `json:"can_promote_members,omitempty"`
	CanChangeInfo       bool `json:"can_change_info,omitempty"`
	CanInviteUsers      bool `json:"can_invite_users,omitempty"`
	CanPostMessages     bool `json:"can_post_messages,omitempty"`
	CanEditMessages     bool `json:"can_edit_messages,omitempty"`
	CanPinMessages      bool `json:"can_pin_messages,omitempty"`
	CanManageTopics     bool `json:"can_manage_topics,omitempty"`
}

// isAdmin tells whether somebody governs the chat.
func (m member) isAdmin() bool { return m.Status == statusCreator || m.Status == statusAdmin }

// isIn tells whether somebody is in the chat.
func (m member) isIn() bool {
	switch m.Status {
	case statusCreator, statusAdmin, statusMember:
		return true
	case statusRestricted:
		return m.IsMember
	}
	return false
}

// memberUpdate tells that what somebody is in a chat has changed (Bot API, ChatMemberUpdated).
type memberUpdate struct {
	Chat chat   `json:"chat"`
	From user   `json:"from"`
	Date int64  `json:"date"`
	Old  member `json:"old_chat_member"`
	New  member `json:"new_chat_member"`
}

// updateKind names a kind of update: the field of an Update that holds it.
type updateKind string

// The kinds of updates that the connector takes. Telegram is asked for these and no others, so none is taken and then lost; what
// takes a new kind is listed here, in content and in takers (receive.go).
const (
	updateMessage       updateKind = "message"
	updateEdited        updateKind = "edited_message"
	updatePost          updateKind = "channel_post"
	updateEditedPost    updateKind = "edited_channel_post"
	updateReaction      updateKind = "message_reaction"
	updateOwnMembership updateKind = "my_chat_member"
	updateMembership    updateKind = "chat_member"
	updateJoinRequest   updateKind = "chat_join_request"

	updateBusinessConnection updateKind = "business_connection"
	updateBusinessMessage    updateKind = "business_message"
	updateBusinessEdited     updateKind = "edited_business_message"
	updateBusinessDeleted    updateKind = "deleted_business_messages"
	updateReactionCount      updateKind = "message_reaction_count"
	updatePoll               updateKind = "poll"
	updatePollAnswer         updateKind = "poll_answer"
	updateCallback           updateKind = "callback_query"
)

// updateKinds lists them for Telegram: some it tells of only when they are named (Bot API, getUpdates, allowed_updates).
func updateKinds() []updateKind {
	return []updateKind{updateMessage, updateEdited, updatePost, updateEditedPost, updateReaction, updateOwnMembership, updateMembership, updateJoinRequest,
		updateBusinessConnection, updateBusinessMessage, updateBusinessEdited, updateBusinessDeleted,
		updateReactionCount, updatePoll, updatePollAnswer, updateCallback}
}

// update is something that happened, for a bot to know (Bot API, Update).
type update struct {
	ID      int64
	Kind    updateKind
	Content json.RawMessage // an object of the kind's
}

// errNoUpdate is the error of what is no update, or one of a kind that nobody asked for.
type errNoUpdate struct{ reason string }

func (e errNoUpdate) Error() string { return "not an update that is known: " + e.reason }

// parseUpdate takes an update apart. The ID is there as well when the rest is not as expected; 0: not even that.
func parseUpdate(raw json.RawMessage) (u update, err error) {
	var fields map[string]json.RawMessage
	if json.Unmarshal(raw, &fields) != nil {
		return u, errNoUpdate{"no object"}
	}
	if json.Unmarshal(fields["update_id"], &u.ID) != nil || u.ID <= 0 {
		return update{}, errNoUpdate{"no number"}
	}
	for name, content := range fields {
		if kind := updateKind(name); slices.Contains(updateKinds(), kind) {
			u.Kind, u.Content = kind, content
			return u, nil
		}
	}
	return u, errNoUpdate{"no kind"}
}

// content decodes what an update holds: a *message, a *reactionUpdate, a *memberUpdate and so on.
func (k updateKind) content(raw json.RawMessage) (any, error) {
	var into any
	switch k {
	case updateMessage, updateEdited, updatePost, updateEditedPost, updateBusinessMessage, updateBusinessEdited:
		into = &message{}
	case updateReaction:
		into = &reactionUpdate{}
	case updateOwnMembership, updateMembership:
		into = &memberUpdate{}
	case updateJoinRequest:
		into = &joinRequest{}
	case updateBusinessConnection:
		into = &businessConnection{}
	case updateBusinessDeleted:
		into = &businessDeletion{}
	case updateReactionCount:
		into = &reactionCount{}
	case updatePoll:
		into = &poll{}
	case updatePollAnswer:
		into = &pollAnswer{}
	case updateCallback:
		into = &callback{}
	default:
		return nil, errNoUpdate{string(k)}
	}
	if err := json.Unmarshal(raw, into); err != nil {
		return nil, fmt.Errorf("decode a %s: %w", k, err)
	}
	return into, nil
}
