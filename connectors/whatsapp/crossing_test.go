package whatsapp

import (
	"testing"

	"maunium.net/go/mautrix/bridgev2/networkid"

	"passerelle/portal"
)

func TestChatsAreOfAKind(t *testing.T) {
	for chat, want := range map[networkid.PortalID]portal.ChatKind{
		"84512345678901@lid": portal.ChatDirect, "120363025246125486@g.us": portal.ChatGroup, "old-0a1b2c3d4e5f60718293@g.us": portal.ChatGroup,
		"status@broadcast": portal.ChatChannel, "": portal.ChatDirect,
	} {
		if got := chatKind(chat); got != want {
			t.Errorf("%s is %s, want %s", chat, got, want)
		}
	}
}

// TestRulesLearnWhoIsInAGroup has Bob write to Alice's group, and Alice answer.
func TestRulesLearnWhoIsInAGroup(t *testing.T) {
	g := newTeam(t)
	asked := make(chan portal.Crossing, 10)
	g.policy.set(func(c portal.Crossing) bool { asked <- c; return false }, nil)
	must[string](t)(g.bob.Send(t.Context(), g.id, "Who comes?"))
	g.hears("Who comes?")
	g.matrix.outcome(t, g.says(g.in, alice, text("I do")))
	for _, want := range []struct {
		direction    portal.Direction
		sender, text string
	}{{portal.In, string(userID(g.bob.LID())), "Who comes?"}, {portal.Out, alice.String(), "I do"}} {
		c := <-asked
		contacts, err := c.Contacts(t.Context())
		if err != nil || contacts != 2 || c.Chat != portal.ChatGroup || c.Owner != alice || c.Staff() != alice ||
			c.Direction != want.direction || c.Sender != want.sender || c.Text != want.text {
			t.Errorf("rules are asked about %+v with %d contacts, %v", c, contacts, err)
		}
	}
}
