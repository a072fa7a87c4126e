package telegramtest

import "encoding/json"

// The objects below are the Bot API's, under its names, with the fields that the simulation knows.

// User is a person or a bot.
type User struct {
	ID           int64  `json:"id"`
	IsBot        bool   `json:"is_bot"`
	FirstName    string `json:"first_name"`
	LastName     string `json:"last_name,omitempty"`
	Username     string `json:"username,omitempty"`
	LanguageCode string `json:"language_code,omitempty"`
	IsPremium    bool   `json:"is_premium,omitempty"`
	// Of getMe alone.
	CanJoinGroups           bool `json:"can_join_groups,omitempty"`
	CanReadAllGroupMessages bool `json:"can_read_all_group_messages,omitempty"`
	CanConnectToBusiness    bool `json:"can_connect_to_business,omitempty"`
}

// Chat is a chat as one of those in it sees it: a private chat has the other one's name and ID.
type Chat struct {
	ID        int64  `json:"id"`
	Type      string `json:"type"` // private, group, supergroup, channel
	Title     string `json:"title,omitempty"`
	Username  string `json:"username,omitempty"`
	FirstName string `json:"first_name,omitempty"`
	LastName  string `json:"last_name,omitempty"`
	IsForum   bool   `json:"is_forum,omitempty"`
}

// Entity marks a part of a text. Offset and Length are in UTF-16 units.
type Entity struct {
	Type          string `json:"type"`
	Offset        int    `json:"offset"`
	Length        int    `json:"length"`
	URL           string `json:"url,omitempty"`
	User          *User  `json:"user,omitempty"`
	Language      string `json:"language,omitempty"`
	CustomEmojiID string `json:"custom_emoji_id,omitempty"`
}

// Message is a message.
type Message struct {
	MessageID            int64           `json:"message_id"`
	ThreadID             int64           `json:"message_thread_id,omitempty"`
	From                 *User           `json:"from,omitempty"`
	SenderChat           *Chat           `json:"sender_chat,omitempty"`
	SenderBusinessBot    *User           `json:"sender_business_bot,omitempty"`
	Date                 int64           `json:"date"`
	BusinessConnectionID string          `json:"business_connection_id,omitempty"`
	Chat                 Chat            `json:"chat"`
	ForwardOrigin        *Origin         `json:"forward_origin,omitempty"`
	AutomaticForward     bool            `json:"is_automatic_forward,omitempty"`
	IsTopicMessage       bool            `json:"is_topic_message,omitempty"`
	ReplyTo              *Message        `json:"reply_to_message,omitempty"`
	ExternalReply        *ExternalReply  `json:"external_reply,omitempty"`
	Quote                *Quote          `json:"quote,omitempty"`
	EditDate             int64           `json:"edit_date,omitempty"`
	MediaGroupID         string          `json:"media_group_id,omitempty"`
	AuthorSignature      string          `json:"author_signature,omitempty"`
	Text                 string          `json:"text,omitempty"`
	Entities             []Entity        `json:"entities,omitempty"`
	LinkPreviewOptions   json.RawMessage `json:"link_preview_options,omitempty"`
	Animation            *Media          `json:"animation,omitempty"`
	Audio                *Media          `json:"audio,omitempty"`
	Document             *Media          `json:"document,omitempty"`
	Photo                []Media         `json:"photo,omitempty"`
	Sticker              *Media          `json:"sticker,omitempty"`
	Video                *Media          `json:"video,omitempty"`
	VideoNote            *Media          `json:"video_note,omitempty"`
	Voice                *Media          `json:"voice,omitempty"`
	Caption              string          `json:"caption,omitempty"`
	CaptionEntities      []Entity        `json:"caption_entities,omitempty"`
	HasMediaSpoiler      bool            `json:"has_media_spoiler,omitempty"`
	Contact              *Contact        `json:"contact,omitempty"`
	Dice                 *Dice           `json:"dice,omitempty"`
	Game                 *Game           `json:"game,omitempty"`
	Poll                 *Poll           `json:"poll,omitempty"`
	Venue                *Venue          `json:"venue,omitempty"`
	Location             *Location       `json:"location,omitempty"`
	ViaBot               *User           `json:"via_bot,omitempty"`
	EffectID             string          `json:"effect_id,omitempty"`
	Protected            bool            `json:"has_protected_content,omitempty"`
	Checklist            json.RawMessage `json:"checklist,omitempty"`
	Story                json.RawMessage `json:"story,omitempty"`
	Giveaway             json.RawMessage `json:"giveaway,omitempty"`
	Invoice              json.RawMessage `json:"invoice,omitempty"`
	Gift                 json.RawMessage `json:"gift,omitempty"`
	NewChatMembers       []User          `json:"new_chat_members,omitempty"`
	LeftChatMember       *User           `json:"left_chat_member,omitempty"`
	NewChatTitle         string          `json:"new_chat_title,omitempty"`
	NewChatPhoto         []Media         `json:"new_chat_photo,omitempty"`
	DeleteChatPhoto      bool            `json:"delete_chat_photo,omitempty"`
	GroupChatCreated     bool            `json:"group_chat_created,omitempty"`
	SupergroupCreated    bool            `json:"supergroup_chat_created,omitempty"`
	ChannelCreated       bool            `json:"channel_chat_created,omitempty"`
	MigrateToChatID      int64           `json:"migrate_to_chat_id,omitempty"`
	MigrateFromChatID    int64           `json:"migrate_from_chat_id,omitempty"`
	PinnedMessage        *Message        `json:"pinned_message,omitempty"`
	TopicCreated         *Topic          `json:"forum_topic_created,omitempty"`
	TopicEdited          *Topic          `json:"forum_topic_edited,omitempty"`
	TopicClosed          *struct{}       `json:"forum_topic_closed,omitempty"`
	TopicReopened        *struct{}       `json:"forum_topic_reopened,omitempty"`
	ReplyMarkup          json.RawMessage `json:"reply_markup,omitempty"`
	// Unknown is a kind of message that the documentation does not know yet.
	Unknown json.RawMessage `json:"kind_from_the_future,omitempty"`
}

// Media is a file in a message, of whichever kind; for a picture one of its sizes.
type Media struct {
	FileID       string `json:"file_id"`
	FileUniqueID string `json:"file_unique_id"`
	Width        int    `json:"width,omitempty"`
	Height       int    `json:"height,omitempty"`
	Length       int    `json:"length,omitempty"`   // diameter of a video note
	Duration     int    `json:"duration,omitempty"` // seconds
	FileName     string `json:"file_name,omitempty"`
	MimeType     string `json:"mime_type,omitempty"`
	FileSize     int64  `json:"file_size,omitempty"` // bytes
	Performer    string `json:"performer,omitempty"`
	Title        string `json:"title,omitempty"`
	Thumbnail    *Media `json:"thumbnail,omitempty"`
	// Of stickers.
	Type       string `json:"type,omitempty"`
	Emoji      string `json:"emoji,omitempty"`
	SetName    string `json:"set_name,omitempty"`
	IsAnimated bool   `json:"is_animated,omitempty"`
	IsVideo    bool   `json:"is_video,omitempty"`
}

// Contact is a contact card.
type Contact struct {
	PhoneNumber string `json:"phone_number"`
	FirstName   string `json:"first_name"`
	LastName    string `json:"last_name,omitempty"`
	UserID      int64  `json:"user_id,omitempty"`
	VCard       string `json:"vcard,omitempty"`
}

// Dice is a thrown die, or another toss of chance.
type Dice struct {
	Emoji string `json:"emoji"`
	Value int    `json:"value"`
}

// Game is a game.
type Game struct {
	Title       string  `json:"title"`
	Description string  `json:"description"`
	Photo       []Media `json:"photo"`
}

// Location is a place; a live one has a period.
type Location struct {
	Latitude   float64 `json:"latitude"`
	Longitude  float64 `json:"longitude"`
	Accuracy   float64 `json:"horizontal_accuracy,omitempty"` // meters
	LivePeriod int     `json:"live_period,omitempty"`         // seconds
	Heading    int     `json:"heading,omitempty"`             // degrees
}

// Venue is a place with a name.
type Venue struct {
	Location Location `json:"location"`
	Title    string   `json:"title"`
	Address  string   `json:"address"`
}

// Poll is a poll or a quiz.
type Poll struct {
	ID              string       `json:"id"`
	Question        string       `json:"question"`
	Options         []PollOption `json:"options"`
	TotalVoterCount int          `json:"total_voter_count"`
	IsClosed        bool         `json:"is_closed"`
	IsAnonymous     bool         `json:"is_anonymous"`
	Type            string       `json:"type"` // regular, quiz
	Multiple        bool         `json:"allows_multiple_answers"`
	CorrectOption   *int         `json:"correct_option_id,omitempty"`
	Explanation     string       `json:"explanation,omitempty"`
}

// PollOption is an answer of a poll.
type PollOption struct {
	Text       string `json:"text"`
	VoterCount int    `json:"voter_count"`
}

// Topic is what a service message says of a topic of a forum.
type Topic struct {
	Name      string `json:"name,omitempty"`
	IconColor int    `json:"icon_color,omitempty"`
}

// Quote is the part of a message that another one answers.
type Quote struct {
	Text     string   `json:"text"`
	Entities []Entity `json:"entities,omitempty"`
	Position int      `json:"position"` // in UTF-16 units
	IsManual bool     `json:"is_manual,omitempty"`
}

// ExternalReply is a message of another chat that a message answers.
type ExternalReply struct {
	Origin    Origin `json:"origin"`
	Chat      *Chat  `json:"chat,omitempty"`
	MessageID int64  `json:"message_id,omitempty"`
}

// Origin says where a forwarded message comes from.
type Origin struct {
	Type           string `json:"type"` // user, hidden_user, chat, channel
	Date           int64  `json:"date"`
	SenderUser     *User  `json:"sender_user,omitempty"`
	SenderUserName string `json:"sender_user_name,omitempty"`
	SenderChat     *Chat  `json:"sender_chat,omitempty"`
	Chat           *Chat  `json:"chat,omitempty"`
	MessageID      int64  `json:"message_id,omitempty"`
}

// Reaction is an emoji below a message.
type Reaction struct {
	Type          string `json:"type"` // emoji, custom_emoji
	Emoji         string `json:"emoji,omitempty"`
	CustomEmojiID string `json:"custom_emoji_id,omitempty"`
}

// Member says what somebody is in a chat, and may do there.
type Member struct {
	Status string `json:"status"` // creator, administrator, member, restricted, left, kicked
	User   User   `json:"user"`
	*Rights
	*Restricted
	CustomTitle string `json:"custom_title,omitempty"`
	UntilDate   int64  `json:"until_date,omitempty"`

	writes    bool  // of somebody restricted
	appointed int64 // of an administrator: by whom
}

// Restricted is what somebody restricted may do beside what Rights says (ChatMemberRestricted).
type Restricted struct {
	IsMember          bool `json:"is_member"`
	CanSendMessages   bool `json:"can_send_messages"`
	CanSendAudios     bool `json:"can_send_audios"`
	CanSendDocuments  bool `json:"can_send_documents"`
	CanSendPhotos     bool `json:"can_send_photos"`
	CanSendVideos     bool `json:"can_send_videos"`
	CanSendVideoNotes bool `json:"can_send_video_notes"`
	CanSendVoiceNotes bool `json:"can_send_voice_notes"`
	CanSendPolls      bool `json:"can_send_polls"`
	CanSendOther      bool `json:"can_send_other_messages"`
	CanAddPreviews    bool `json:"can_add_web_page_previews"`
}

// Rights is what an administrator may do.
type Rights struct {
	CanDeleteMessages  bool `json:"can_delete_messages"`
	CanRestrictMembers bool `json:"can_restrict_members"`
	CanPromoteMembers  bool `json:"can_promote_members"`
	CanChangeInfo      bool `json:"can_change_info"`
	CanInviteUsers     bool `json:"can_invite_users"`
	CanPinMessages     bool `json:"can_pin_messages"`
	CanManageTopics    bool `json:"can_manage_topics"`
	CanPostMessages    bool `json:"can_post_messages,omitempty"`
	CanEditMessages    bool `json:"can_edit_messages,omitempty"`
}

// MemberUpdate tells that what somebody is in a chat has changed.
type MemberUpdate struct {
	Chat Chat   `json:"chat"`
	From User   `json:"from"`
	Date int64  `json:"date"`
	Old  Member `json:"old_chat_member"`
	New  Member `json:"new_chat_member"`
}

// BusinessConnection is a business account that a bot acts for.
type BusinessConnection struct {
	ID         string         `json:"id"`
	User       User           `json:"user"`
	UserChatID int64          `json:"user_chat_id"`
	Date       int64          `json:"date"`
	Rights     BusinessRights `json:"rights"`
	IsEnabled  bool           `json:"is_enabled"`
}

// BusinessRights is what a bot may do for a business account.
type BusinessRights struct {
	CanReply             bool `json:"can_reply,omitempty"`
	CanReadMessages      bool `json:"can_read_messages,omitempty"`
	CanDeleteOutgoing    bool `json:"can_delete_sent_messages,omitempty"`
	CanDeleteAllMessages bool `json:"can_delete_all_messages,omitempty"`
}
