package telegram

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/portal/handover"
)

// Who may write in a group, and who may change how it looks. Telegram says it of all members (Bot API, ChatPermissions), and less of some
// (ChatMemberRestricted); administrators may always. Bots are not told when it changes for all: a group is looked at again (group_news.go),
// and when somebody writes whom the room does not let.

// permissions are what members may do, by the Bot API's names. Those that are not known here are kept as they are.
type permissions map[string]bool

// mayDescribe is the permission to change a group's name, picture and description.
const mayDescribe = "can_change_info"

// sends are the permissions about writing.
func sends() []string {
	return []string{"can_send_messages", "can_send_audios", "can_send_documents", "can_send_photos", "can_send_videos", "can_send_video_notes",
		"can_send_voice_notes", "can_send_polls", "can_send_other_messages", "can_add_web_page_previews"}
}

// isSilent tells whether members may send nothing at all. Matrix has no rights by kinds: who may send some may write.
func (p permissions) isSilent() bool {
	return p != nil && !slices.ContainsFunc(sends(), func(name string) bool { return p[name] })
}

// silenced returns permissions without those about writing, or with all of them.
func (p permissions) silenced(silent bool) permissions {
	changed := maps.Clone(p)
	if changed == nil {
		changed = permissions{}
	}
	for _, name := range sends() {
		changed[name] = !silent
	}
	return changed
}

// limits are what somebody restricted may send (Bot API, ChatMemberRestricted).
type limits struct {
	Messages   bool `json:"can_send_messages,omitempty"`
	Audios     bool `json:"can_send_audios,omitempty"`
	Documents  bool `json:"can_send_documents,omitempty"`
	Photos     bool `json:"can_send_photos,omitempty"`
	Videos     bool `json:"can_send_videos,omitempty"`
	VideoNotes bool `json:"can_send_video_notes,omitempty"`
	VoiceNotes bool `json:"can_send_voice_notes,omitempty"`
	Polls      bool `json:"can_send_polls,omitempty"`
	Other      bool `json:"can_send_other_messages,omitempty"`
	Previews   bool `json:"can_add_web_page_previews,omitempty"`
}

// isMuted tells whether somebody may send nothing at all.
func (m member) isMuted() bool { return m.Status == statusRestricted && m.limits == limits{} }

// levelsOf are the rights in a room of a group with some permissions; nil: none are told, as of a channel.
func (a *account) levelsOf(described chat) *bridgev2.PowerLevelOverrides {
	if described.Permissions == nil {
		return nil
	}
	return &bridgev2.PowerLevelOverrides{
		EventsDefault: new(levelFor(described.Permissions.isSilent())),
		// In a public group members change nothing, whatever the permission says (Bot API, ChatPermissions, can_change_info).
		Events: looksLevels(!described.Permissions[mayDescribe] || described.Username != ""),
	}
}

// levelFor is the level that something takes.
func levelFor(adminsOnly bool) int {
	if adminsOnly {
		return levelAdmin
	}
	return levelMember
}

// looksLevels are the levels that it takes to change how a group looks. Members react whether they may write or not, and take that back.
func looksLevels(locked bool) map[event.Type]int {
	level := levelFor(locked)
	return map[event.Type]int{event.StateRoomName: level, event.StateRoomAvatar: level, event.StateTopic: level,
		event.EventReaction: levelMember, event.EventRedaction: levelMember}
}

// sharedLevel gives those in charge of the bot the level in a room that it gives its owner: they write through it, too.
func (a *account) sharedLevel(overrides *bridgev2.PowerLevelOverrides, level int) *bridgev2.PowerLevelOverrides {
	staff := a.inCharge()
	if len(staff) == 0 {
		return overrides
	}
	if overrides == nil {
		overrides = &bridgev2.PowerLevelOverrides{}
	}
	overrides.Custom = func(levels *event.PowerLevelsEventContent) (changed bool) {
		for _, who := range staff {
			now := levels.GetUserLevel(who)
			if level > now || now == levelAdmin || now == levelOwn { // what else they were given in the room stays
				changed = levels.EnsureUserLevel(who, level) || changed
			}
		}
		return changed
	}
	return overrides
}

// letWrite sees to it that the room takes what somebody wrote on Telegram: Telegram took it. What the room knows of who may write may be
// old.
func (d *delivery) letWrite(ctx context.Context) error {
	a, in := d.account, d.account.roomOf(d.in)
	if in.isPrivate() || d.Sender.IsFromMe || d.Sender.Sender == "" || d.Type != bridgev2.RemoteEventMessage && d.Type != bridgev2.RemoteEventEdit {
		return nil
	}
	room, err := a.connector.bridge.GetExistingPortalByKey(ctx, d.PortalKey)
	if err != nil || !handover.HasRoom(room) {
		return wrapped("look up a room", err)
	}
	levels, err := a.connector.bridge.Matrix.GetPowerLevels(ctx, room.MXID)
	if err != nil {
		return fmt.Errorf("look up a room's rights: %w", err)
	}
	ghost := a.connector.bridge.Matrix.GhostIntent(d.Sender.Sender).GetMXID()
	if levels == nil || levels.GetUserLevel(ghost) >= levels.EventsDefault {
		return nil
	}
	who, err := parseNumber(string(d.Sender.Sender))
	if err != nil {
		return err
	}
	news := a.deliveryAt(d.stored, d.in, d.Timestamp, who)
	return news.changeRoom(ctx, &bridgev2.ChatInfoChange{MemberChanges: a.openTo(ctx, in, who, ghost)})
}

// openTo are the changes of a room by which somebody writes there, as Telegram says it today.
func (a *account) openTo(ctx context.Context, in chatID, who int64, ghost id.UserID) *bridgev2.ChatMemberList {
	overrides, asks := &bridgev2.PowerLevelOverrides{}, a.IsLoggedIn()
	if asks {
		if described, err := a.api.getChat(ctx, in.chat); err == nil && described.Permissions != nil {
			overrides = a.levelsOf(described)
		}
	}
	level := levelAdmin // of who speaks as a channel, or as the group: an admin does
	if who > 0 {
		level = levelMember
	}
	if who > 0 && asks {
		if is, err := a.api.getChatMember(ctx, in.chat, who); err == nil {
			level = max(level, is.level())
		}
	}
	overrides.Custom = func(levels *event.PowerLevelsEventContent) bool {
		changed := levels.EnsureUserLevel(ghost, level)
		if levels.EventsDefault > level { // a vote, say, or what was written before
			levels.EventsDefault, changed = level, true
		}
		return changed
	}
	return &bridgev2.ChatMemberList{MemberMap: bridgev2.ChatMemberMap{}, PowerLevels: overrides}
}
