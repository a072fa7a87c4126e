package bridge_test

import (
	"strings"
	"testing"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/bridge/bridgetest"
	"passerelle/portal/say"
)

func TestWhatTheLibrarySaysByItselfIsSaidInOurWords(t *testing.T) {
	h := newHouse(t, "", "red")
	alice, bob := h.Staff(t, "alice"), h.Staff(t, "bob")
	desk := h.logIn(t, alice, "red")
	alice.Says(desk, "language fr")
	alice.Hears(desk, "Désormais, je vous parle en français.")
	h.says(t, "chat", "m1", "hello")
	room := alice.Waits("the message", func(m bridgetest.Heard) bool { return m.Text == "hello" }).Room

	// Something that cannot be shown.
	h.says(t, "chat", "m2", pastShowing)
	if told := alice.Hears(room, say.French.Say(say.NotShown, "Parrot red")); !told.WasEncrypted || told.Event.Content.Raw["fi.mau.bridge.internal_error"] != nil {
		t.Errorf("alice is told %v", told.Event.Content.Raw)
	}

	// Bob, who has no account, invites a contact.
	contact := h.UserID("red_u-chat")
	made, err := bob.Client().CreateRoom(bounded(t), &mautrix.ReqCreateRoom{IsDirect: true, Invite: []id.UserID{contact}})
	if err != nil {
		t.Fatal(err)
	}
	bob.SeesMember(made.RoomID, contact, event.MembershipLeave)
	if reason := bob.Members(made.RoomID)[contact].Reason; reason != say.English.Say(say.LinkFirst, "Parrot red") {
		t.Errorf("bob reads %q", reason)
	}

	// The bot makes its room itself, and closes a chat's.
	p := h.parrot("red")
	user, err := p.bridge.GetUserByMXID(t.Context(), bob.ID())
	if err != nil {
		t.Fatal(err)
	}
	bobs, err := user.GetManagementRoom(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	bob.Joins(bobs)
	bob.SeesState(bobs, event.StateTopic, "", func(evt *event.Event) bool {
		return evt.Content.AsTopic().Topic == say.English.Say(say.BotRoom, "Parrot red")
	})
	if err := p.bridge.Bot.DeleteRoom(t.Context(), room, false); err != nil {
		t.Fatal(err)
	}
	var sent event.MemberEventContent // not as /sync has it: Dendrite may tell of the end of an invitation in the place of this
	if err := alice.Client().StateEvent(bounded(t), room, event.StateMember, alice.ID().String(), &sent); err != nil {
		t.Fatal(err)
	}
	if sent.Membership != event.MembershipLeave || sent.Reason != say.French.Say(say.RoomClosed, "Parrot red") {
		t.Errorf("alice is sent away with %+v", sent)
	}
}

func TestALoginIsForOnesOwnRoomWithTheBotOnly(t *testing.T) {
	h := newHouse(t, "", "red")
	alice, bob := h.Staff(t, "alice"), h.Staff(t, "bob")
	bot := h.UserID("redbot")
	h.logIn(t, alice, "red")
	again := alice.StartsChatWith(bot)
	alice.Hears(again, say.English.Say(say.GreetingAgain, "Parrot red", "!red"))
	both := alice.StartsRoom("Both", bot, bob.ID())
	alice.SeesMember(both, bot, event.MembershipJoin)
	alice.Says(both, "!red login")
	alice.Hears(both, say.English.Say(say.OthersReadLogin, "Parrot red"))
	for _, said := range alice.Texts(both) {
		if strings.Contains(said, "Hello") {
			t.Errorf("the bot greets in a room of several: %q", said)
		}
	}
}
