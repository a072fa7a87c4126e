package telegram

import (
	"testing"

	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/bridgev2/database"

	"passerelle/portal"
)

func TestChatsAreOfAKind(t *testing.T) {
	for name, test := range map[string]struct {
		d    delivery
		want portal.ChatKind
	}{
		"a person":  {delivery{in: chatID{bot: 1, chat: 2}}, portal.ChatDirect},
		"a group":   {delivery{in: chatID{bot: 1, chat: -2}, message: &message{Chat: chat{Type: "supergroup"}}}, portal.ChatGroup},
		"a channel": {delivery{in: chatID{bot: 1, chat: -2}, message: &message{Chat: chat{Type: "channel"}}}, portal.ChatChannel},
		"a vote":    {delivery{in: chatID{bot: 1, chat: -2}}, portal.ChatGroup},
	} {
		if got := test.d.chatKind(); got != test.want {
			t.Errorf("%s is %s, want %s", name, got, test.want)
		}
	}
	kept := &PortalMetadata{}
	room := &bridgev2.Portal{Portal: &database.Portal{Metadata: kept}}
	if !keepChannel(true)(t.Context(), room) || !kept.Channel || keepChannel(true)(t.Context(), room) {
		t.Errorf("a channel is kept as %+v", kept)
	}
}
