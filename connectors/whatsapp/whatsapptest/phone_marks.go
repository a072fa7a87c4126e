package whatsapptest

import (
	"fmt"
	"time"

	"go.mau.fi/whatsmeow/appstate"
	"go.mau.fi/whatsmeow/proto/waCommon"
	"go.mau.fi/whatsmeow/proto/waSyncAction"
	"go.mau.fi/whatsmeow/types"
	"google.golang.org/protobuf/proto"
)

// ChatMarks are what the owner has marked a chat with, on any device.
type ChatMarks struct {
	Muted    bool `json:"muted"`
	Pinned   bool `json:"pinned"`
	Archived bool `json:"archived"`
	// Unread says that the owner marked it so, whatever they have read.
	Unread bool `json:"unread"`
	// MutedUntil is when a muted chat sounds again; the zero time for never.
	MutedUntil time.Time `json:"muted_until,omitzero"`
}

// Marks returns the marks of a chat.
func (p *Phone) Marks(chat string) (ChatMarks, error) {
	jid, err := p.resolve(chat)
	if err != nil {
		return ChatMarks{}, fmt.Errorf("marks of %s: %w", chat, err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.marks(jid), nil
}

// marks is Marks for a chat's address. The caller holds the mutex.
func (p *Phone) marks(jid types.JID) ChatMarks {
	value := func(index string) *waSyncAction.SyncActionValue { return p.state.memory.values[index+" "+jid.String()] }
	mute, read := value(appstate.IndexMute).GetMuteAction(), value(appstate.IndexMarkChatAsRead).GetMarkChatAsReadAction()
	marks := ChatMarks{
		Muted: mute.GetMuted(), Pinned: value(appstate.IndexPin).GetPinAction().GetPinned(),
		Archived: value(appstate.IndexArchive).GetArchiveChatAction().GetArchived(), Unread: read != nil && !read.GetRead(),
	}
	if end := mute.GetMuteEndTimestamp(); marks.Muted && end > 0 {
		marks.MutedUntil = time.UnixMilli(end)
	}
	return marks
}

// MarkChat marks a whole chat as read or unread; those who wrote are not told.
func (p *Phone) MarkChat(chat string, read bool) error {
	at, key := p.lastOf(chat)
	return p.markChat(chat, func(jid types.JID) appstate.PatchInfo {
		return appstate.BuildMarkChatAsRead(jid, read, at, key)
	})
}

// DeleteChat deletes a chat on the owner's devices.
func (p *Phone) DeleteChat(chat string) error {
	at, key := p.lastOf(chat)
	return p.markChat(chat, func(jid types.JID) appstate.PatchInfo {
		return appstate.BuildDeleteChat(jid, at, key, true)
	})
}

// ClearChat deletes all messages of a chat on the owner's devices.
func (p *Phone) ClearChat(chat string) error {
	at, _ := p.lastOf(chat)
	return p.markChat(chat, func(jid types.JID) appstate.PatchInfo {
		return appstate.PatchInfo{Type: appstate.WAPatchRegularHigh, Mutations: []appstate.MutationInfo{{
			Index: []string{appstate.IndexClearChat, jid.String(), "1", "1"}, Version: 6,
			Value: &waSyncAction.SyncActionValue{ClearChatAction: &waSyncAction.ClearChatAction{
				MessageRange: &waSyncAction.SyncActionMessageRange{LastMessageTimestamp: proto.Int64(at.Unix())},
			}},
		}}}
	})
}

// lastOf names the newest message of a chat; nothing for an empty one.
func (p *Phone) lastOf(chat string) (time.Time, *waCommon.MessageKey) {
	jid, err := p.resolve(chat)
	if err != nil {
		return time.Time{}, nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := len(p.log) - 1; i >= 0; i-- {
		if p.log[i].chat == jid {
			return p.log[i].at, p.webMessage(p.log[i]).GetKey()
		}
	}
	return time.Time{}, nil
}

// Star marks a message with a star, or takes it away.
func (p *Phone) Star(chat, id string, starred bool) error {
	return p.markMessage(chat, id, func(jid, author types.JID, fromMe bool) appstate.PatchInfo {
		return appstate.BuildStar(jid, author, id, fromMe, starred)
	})
}

// DeleteForMe deletes a message on the owner's devices alone.
func (p *Phone) DeleteForMe(chat, id string) error {
	return p.markMessage(chat, id, func(jid, author types.JID, fromMe bool) appstate.PatchInfo {
		patch := appstate.BuildStar(jid, author, id, fromMe, false) // the indexes are alike but for the name
		patch.Mutations[0].Index[0], patch.Mutations[0].Version = appstate.IndexDeleteMessageForMe, 3
		patch.Mutations[0].Value = &waSyncAction.SyncActionValue{DeleteMessageForMeAction: &waSyncAction.DeleteMessageForMeAction{
			DeleteMedia: proto.Bool(true), MessageTimestamp: proto.Int64(time.Now().Unix()),
		}}
		return patch
	})
}

func (p *Phone) markMessage(chat, id string, build func(chat, author types.JID, fromMe bool) appstate.PatchInfo) error {
	key, entry, err := p.keyOf(chat, id)
	if err != nil {
		return fmt.Errorf("mark message: %w", err)
	}
	jid, err := p.resolve(chat)
	if err != nil {
		return fmt.Errorf("mark message: %w", err)
	}
	author := jid // in direct chats, and of own messages, nobody is named
	if key.GetParticipant() != "" {
		if author, err = types.ParseJID(key.GetParticipant()); err != nil {
			return fmt.Errorf("mark message: %w", err)
		}
	}
	return p.ChangeAppState(build(jid, author, entry.FromMe))
}

// applyMark shows a change of the app state in the inbox, whichever device made it. The caller holds the mutex.
func (p *Phone) applyMark(index []string, value *waSyncAction.SyncActionValue) {
	if len(index) < 2 {
		return
	}
	jid, err := types.ParseJID(index[1])
	if err != nil {
		return
	}
	chat := p.chatName(p.asLID(jid))
	switch {
	case index[0] == appstate.IndexDeleteChat, index[0] == appstate.IndexClearChat:
		p.inbox.hide(chat)
	case len(index) >= 3 && index[0] == appstate.IndexStar:
		p.inbox.change(chat, index[2], func(e *Entry) { e.Starred = value.GetStarAction().GetStarred() })
	case len(index) >= 3 && index[0] == appstate.IndexDeleteMessageForMe:
		p.inbox.change(chat, index[2], func(e *Entry) { e.Hidden = true })
	}
}

// hide takes all entries of a chat out of the owner's sight.
func (b *inbox) hide(chat string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, e := range b.entries {
		if e.Chat == chat && !e.Hidden {
			b.version++
			e.Hidden, e.Version = true, b.version
		}
	}
	b.wake()
}
