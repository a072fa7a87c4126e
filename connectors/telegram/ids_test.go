package telegram

import (
	"testing"

	"maunium.net/go/mautrix/bridgev2/networkid"
)

func TestIdentifiersComeBack(t *testing.T) {
	for text, want := range map[networkid.PortalID]chatID{
		"7300000001:84512345678":           {bot: 7300000001, chat: 84512345678},
		"7300000001:-1001234567890":        {bot: 7300000001, chat: -1001234567890},
		"7300000001:84512345678:bAb_3:x/y": {bot: 7300000001, chat: 84512345678, connection: "Ab_3:x/y"},
	} {
		got, err := parsePortalID(text)
		if err != nil || got != want || got.portalID() != text {
			t.Errorf("%q is %+v, %v", text, got, err)
		}
	}
	topic := chatID{bot: 1, chat: -2, topic: 3}
	if a, b := topic.message(9), topic.whole().message(9); a != b || a.networkID() != "1:-2/9" {
		t.Errorf("a message in a topic is %q, and in its chat %q", a.networkID(), b.networkID())
	}
	for _, wrong := range []networkid.PortalID{"", "1", "1:", ":1", "1:x", "01:2", "1:2:", "1:2:t", "1:2:t17", "1:2:x", "1:2:b", "1:0"} {
		if got, err := parsePortalID(wrong); err == nil {
			t.Errorf("%q is %+v", wrong, got)
		}
	}
}

func FuzzIdentifiers(f *testing.F) {
	f.Add("7300000001:84512345678:bx/42")
	f.Fuzz(func(t *testing.T, text string) {
		if c, err := parsePortalID(networkid.PortalID(text)); err == nil && string(c.portalID()) != text {
			t.Errorf("%q comes back as %q", text, c.portalID())
		}
		if m, err := parseMessageID(networkid.MessageID(text)); err == nil && string(m.networkID()) != text {
			t.Errorf("%q comes back as %q", text, m.networkID())
		}
	})
}
