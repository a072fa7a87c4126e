package whatsapp

import (
	"strings"
	"testing"

	"go.mau.fi/whatsmeow/types"
	"maunium.net/go/mautrix/bridgev2/networkid"
)

func TestAChatHasOneIdentifier(t *testing.T) {
	for _, chat := range []types.JID{
		types.NewJID("84512345678901", types.HiddenUserServer),
		types.NewJID("120363025246125486", types.GroupServer),
	} {
		back, err := chatOf(portalID(chat), &PortalMetadata{})
		if err != nil || back != chat {
			t.Errorf("portal %q leads to %s, %v; want %s", portalID(chat), back, err, chat)
		}
	}
	withDevice := types.JID{User: "84512345678901", Device: 7, Server: types.HiddenUserServer}
	if got := portalID(withDevice); got != "84512345678901@lid" {
		t.Errorf("a device's chat is %q, want the person's", got)
	}
}

func TestAnOldGroupsIdentifierHoldsNoPhoneNumber(t *testing.T) {
	group := types.NewJID("33612345678-1400000000", types.GroupServer)
	id := portalID(group)
	if strings.Contains(string(id), "33612345678") {
		t.Errorf("the identifier %q holds the founder's phone number", id)
	}
	if id != portalID(group) {
		t.Error("the identifier is another one the second time")
	}
	if back, err := chatOf(id, &PortalMetadata{Group: group}); err != nil || back != group {
		t.Errorf("the identifier leads to %s, %v; want %s", back, err, group)
	}
	if _, err := chatOf(id, &PortalMetadata{}); err == nil {
		t.Error("an old group is found without its metadata")
	}
}

func TestADirectChatHasARoomForEachLoginAndAGroupHasOne(t *testing.T) {
	person, group := lidOf("84512345678901"), types.NewJID("120363025246125486", types.GroupServer)
	if got := portalKey(person, "1"); got.Receiver != "1" {
		t.Errorf("a direct chat's receiver is %q, want the login", got.Receiver)
	}
	if got := portalKey(group, "1"); got.Receiver != "" {
		t.Errorf("a group's receiver is %q, want none", got.Receiver)
	}
}

func TestNonsenseIsNoChat(t *testing.T) {
	for _, id := range []networkid.PortalID{"", "@", "1", "1@", "@lid", "a@lid", "33612345678@s.whatsapp.net", "1@lid@lid", "1:2@lid"} {
		if chat, err := chatOf(id, nil); err == nil {
			t.Errorf("%q is the chat %s, want an error", id, chat)
		}
	}
}

func TestTheSameEventGetsTheSameID(t *testing.T) {
	one, other := outgoingID("$event-1"), outgoingID("$event-2")
	if one != outgoingID("$event-1") {
		t.Error("one event has two IDs")
	}
	if one == other {
		t.Error("two events have one ID")
	}
	if len(one) != 22 || !strings.HasPrefix(one, "3EB0") || strings.ToUpper(one) != one {
		t.Errorf("%q does not look like the ID of WhatsApp's web client", one)
	}
}

func FuzzMessageID(f *testing.F) {
	for _, seed := range []string{"1@lid:1:3EB0", "120363025246125486@g.us:84512345678901:waiting.3EB0", "a:b:c", "::", ":1:", "1@lid:1:a:b"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		id, err := parseMessageID(networkid.MessageID(text))
		if err != nil {
			return
		}
		if id.String() != text {
			t.Errorf("%q became %q", text, id)
		}
		if again, err := parseMessageID(id.placeholder().networkID()); err != nil || again.id != "waiting."+id.id {
			t.Errorf("the placeholder of %q is %v, %v", text, again, err)
		}
	})
}
