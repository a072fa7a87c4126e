package whatsapp

import (
	"cmp"
	"slices"

	"go.mau.fi/whatsmeow/proto/waHistorySync"
)

// sortByActivity sorts the chats of a chunk of history: where people look first, first.
func sortByActivity(chats []*waHistorySync.Conversation) {
	slices.SortStableFunc(chats, func(x, y *waHistorySync.Conversation) int { return cmp.Compare(lastActivity(y), lastActivity(x)) })
}

// lastActivity returns when something last happened in a chat, in seconds since 1970. Phones say it in one of two fields, or
// leave it to the newest message, which comes first.
func lastActivity(chat *waHistorySync.Conversation) uint64 {
	last := max(chat.GetLastMsgTimestamp(), chat.GetConversationTimestamp())
	if messages := chat.GetMessages(); len(messages) > 0 {
		last = max(last, messages[0].GetMessage().GetMessageTimestamp())
	}
	return last
}
