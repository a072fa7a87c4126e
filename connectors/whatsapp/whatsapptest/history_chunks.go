package whatsapptest

import (
	"fmt"
	"time"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/proto/waHistorySync"
	"go.mau.fi/whatsmeow/types"
	"google.golang.org/protobuf/proto"
)

// HistoryOnLink is what a phone sends of its chats to a companion that it links.
type HistoryOnLink struct {
	// Inline puts the chats into the message itself, as phones do with small ones; otherwise they are uploaded as media.
	Inline bool
	// Bootstrap is how many messages of each chat come in the first chunk; without it, all come in that one. Recent is how many
	// come in the chunks after it, and the rest follows if Full is set. What does not follow is there on demand.
	Bootstrap, Recent int
	Full              bool
	// Chats is how many chats a chunk has after the first; 5 without one.
	Chats int
	// Halt keeps all chunks but the first back, until [Phone.ContinueHistory].
	Halt bool
}

// chunks splits the phone's chats: the first messages of all chats, the names of people, then more of a few chats at a time, as
// phones do. The caller holds the mutex.
func (on *HistoryOnLink) chunks(p *Phone) []*waHistorySync.HistorySync {
	whole := p.history()
	if on.Bootstrap <= 0 {
		return []*waHistorySync.HistorySync{whole}
	}
	chats := whole.Conversations
	names := &waHistorySync.HistorySync{SyncType: waHistorySync.HistorySync_PUSH_NAME.Enum(), Pushnames: whole.Pushnames}
	whole.Pushnames, whole.Conversations = nil, pageOf(chats, 0, on.Bootstrap)
	list := []*waHistorySync.HistorySync{whole, names}
	list = append(list, on.split(waHistorySync.HistorySync_RECENT, pageOf(chats, on.Bootstrap, on.Recent))...)
	if on.Full {
		const all = 1 << 30
		list = append(list, on.split(waHistorySync.HistorySync_FULL, pageOf(chats, on.Bootstrap+on.Recent, all))...)
	}
	for i, chunk := range list {
		chunk.ChunkOrder, chunk.Progress = proto.Uint32(uint32(i)), proto.Uint32(uint32(100*(i+1)/len(list)))
	}
	return list
}

// split makes chunks of a few chats each.
func (on *HistoryOnLink) split(kind waHistorySync.HistorySync_HistorySyncType, chats []*waHistorySync.Conversation) []*waHistorySync.HistorySync {
	size := on.Chats
	if size <= 0 {
		size = 5
	}
	var list []*waHistorySync.HistorySync
	for len(chats) > 0 {
		n := min(size, len(chats))
		list = append(list, &waHistorySync.HistorySync{SyncType: kind.Enum(), Conversations: chats[:n]})
		chats = chats[n:]
	}
	return list
}

// pageOf returns the chats with count messages each from the one at a place on, newest first; chats that have none there are left
// out. Each says whether the phone has more of it.
func pageOf(chats []*waHistorySync.Conversation, from, count int) []*waHistorySync.Conversation {
	var page []*waHistorySync.Conversation
	for _, chat := range chats {
		if len(chat.Messages) <= from || count <= 0 {
			continue
		}
		to := min(from+count, len(chat.Messages))
		part := proto.Clone(chat).(*waHistorySync.Conversation)
		part.Messages = part.Messages[from:to]
		part.EndOfHistoryTransferType = endOfHistory(to < len(chat.Messages))
		page = append(page, part)
	}
	return page
}

// endOfHistory says whether the phone has more of a chat than it sent.
func endOfHistory(more bool) *waHistorySync.Conversation_EndOfHistoryTransferType {
	if more {
		return waHistorySync.Conversation_COMPLETE_BUT_MORE_MESSAGES_REMAIN_ON_PRIMARY.Enum()
	}
	return waHistorySync.Conversation_COMPLETE_AND_NO_MORE_MESSAGE_REMAIN_ON_PRIMARY.Enum()
}

// Remember puts a message into the phone as from a time before, without sending it: from is who wrote it, in a direct chat the
// owner or the other person. What is remembered first is older. It returns the message's ID.
func (p *Phone) Remember(chat, from string, at time.Time, m *waE2E.Message) (string, error) {
	jid, err := p.resolve(chat)
	if err != nil {
		return "", fmt.Errorf("remember: %w", err)
	}
	author, err := p.server.Phone(from)
	if err != nil {
		return "", fmt.Errorf("remember: %w", err)
	}
	m = proto.Clone(m).(*waE2E.Message)
	if secretOf(m) == nil {
		m.MessageContextInfo = &waE2E.MessageContextInfo{MessageSecret: randomBytes(32)}
	}
	id := "3A" + newID()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.applyContent(message{id: id, chat: jid, from: author.LID(), at: at, name: author.Name()}, m)
	return id, nil
}

// describeChat fills in what a history says about a chat beside its messages. The caller holds the mutex.
func (p *Phone) describeChat(chat *waHistorySync.Conversation, jid types.JID) {
	if timer, ok := p.timers[jid]; ok {
		chat.EphemeralExpiration, chat.EphemeralSettingTimestamp = &timer.seconds, &timer.set
	}
	if group, err := p.server.Group(jid.String()); err == nil {
		chat.Name, chat.EphemeralExpiration = &group.Subject, some(group.Timer)
		chat.IsParentGroup, chat.ParentGroupID = some(group.Community), some(group.Parent)
	} else if other, err := p.server.Phone(jid.String()); err == nil {
		chat.PnJID, chat.LidJID = proto.String(other.PN().String()), proto.String(other.LID().String())
	}
	marks := p.marks(jid)
	chat.Archived, chat.MarkedAsUnread, chat.Pinned = some(marks.Archived), some(marks.Unread), nil
	if marks.Pinned {
		chat.Pinned = proto.Uint32(uint32(time.Now().Unix()))
	}
	if marks.Muted {
		end := ^uint64(0) // for good
		if !marks.MutedUntil.IsZero() {
			end = uint64(marks.MutedUntil.Unix())
		}
		chat.MuteEndTime = &end
	}
	chat.UnreadCount = some(uint32(p.inbox.unread(p.chatName(jid))))
}

// unread counts the messages of a chat that its owner has not read on any device.
func (b *inbox) unread(chat string) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := 0
	for _, e := range b.entries {
		if e.Chat == chat && !e.FromMe && !e.Seen && !e.Deleted && !e.Expired && !e.Hidden {
			n++
		}
	}
	return n
}
