package whatsapp

import (
	"slices"
	"testing"

	"go.mau.fi/whatsmeow/proto/waHistorySync"
	"go.mau.fi/whatsmeow/proto/waWeb"
	"google.golang.org/protobuf/proto"
)

func TestChatsAreSortedByTheirLastActivity(t *testing.T) {
	said := func(at ...uint64) (messages []*waHistorySync.HistorySyncMsg) {
		for _, at := range at {
			messages = append(messages, &waHistorySync.HistorySyncMsg{Message: &waWeb.WebMessageInfo{MessageTimestamp: proto.Uint64(at)}})
		}
		return messages
	}
	chats := []*waHistorySync.Conversation{
		{ID: proto.String("nothing")},
		{ID: proto.String("10, by its messages"), Messages: said(10, 1)},
		{ID: proto.String("40, by one field"), LastMsgTimestamp: proto.Uint64(40), Messages: said(5)},
		{ID: proto.String("empty"), Messages: []*waHistorySync.HistorySyncMsg{{}}},
		{ID: proto.String("30, by the other"), ConversationTimestamp: proto.Uint64(30)},
		{ID: proto.String("20, by both"), LastMsgTimestamp: proto.Uint64(20), ConversationTimestamp: proto.Uint64(3)},
	}
	sortByActivity(chats)
	var got []string
	for _, chat := range chats {
		got = append(got, chat.GetID())
	}
	want := []string{"40, by one field", "30, by the other", "20, by both", "10, by its messages", "nothing", "empty"}
	if !slices.Equal(got, want) {
		t.Errorf("the chats come as %q, want %q", got, want)
	}
}
