package bridgetest_test

import (
	"slices"
	"testing"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/bridge/bridgetest"
)

func TestAnInvitationIsAcceptedAtOnce(t *testing.T) {
	world := bridgetest.NewWorld(t, bridgetest.HomeserverOptions{})
	alice, bob := world.Staff(t, "alice"), world.Staff(t, "bob")

	room := alice.StartsRoom("Planning", bob.ID())
	if got := bob.WaitsForRoom("Planning"); got != room {
		t.Errorf("bob is in %s, want %s", got, room)
	}
	invite := bob.WaitsForInvite("from alice", bridgetest.InvitedBy(alice.ID()))
	if invite.Room != room || invite.Direct {
		t.Errorf("bob was invited by %+v, want into %s, no direct chat", invite, room)
	}
	if got := bob.RoomsWith(alice.ID()); !slices.Equal(got, []id.RoomID{room}) {
		t.Errorf("bob shares %v with alice, want %s", got, room)
	}
	if got := bob.RoomName(room); got != "Planning" {
		t.Errorf("bob sees the name %q, want Planning", got)
	}
	bob.SeesMember(room, bob.ID(), event.MembershipJoin)
	members := bob.Members(room)
	if len(members) != 2 || members[alice.ID()].Membership != event.MembershipJoin || members[bob.ID()].Membership != event.MembershipJoin {
		t.Errorf("bob sees the members %v, want alice and himself", members)
	}
	if bob.State(room, event.StateEncryption, "") == nil {
		t.Error("bob does not see that the room is encrypted")
	}
}

func TestAnInvitationCanBeKept(t *testing.T) {
	world := bridgetest.NewWorld(t, bridgetest.HomeserverOptions{})
	alice := world.Staff(t, "alice")
	bob := world.Staff(t, "bob", bridgetest.KeepsInvites())

	room := alice.StartsRoom("Planning")
	alice.Says(room, "before anyone came")
	alice.Invites(room, bob.ID())
	invite := bob.WaitsForInvite("from alice", bridgetest.InvitedBy(alice.ID()))
	if got := bob.Rooms(); len(got) > 0 {
		t.Fatalf("bob is in %v, want him to keep the invitation", got)
	}
	bob.Joins(invite.Room)
	alice.SeesMember(room, bob.ID(), event.MembershipJoin)
	alice.Says(room, "welcome")
	bob.Hears(room, "welcome")

	bob.Leaves(room)
	alice.SeesMember(room, bob.ID(), event.MembershipLeave)
	if got := alice.RoomsWith(bob.ID()); len(got) > 0 {
		t.Errorf("alice shares %v with bob, want nothing any more", got)
	}
}

func TestAChangeOfTheRoomIsSeen(t *testing.T) {
	world := bridgetest.NewWorld(t, bridgetest.HomeserverOptions{})
	alice, bob := world.Staff(t, "alice"), world.Staff(t, "bob")
	room := alice.StartsRoom("Planning", bob.ID())

	_, err := alice.Client().SendStateEvent(t.Context(), room, event.StateTopic, "", &event.TopicEventContent{Topic: "the budget"})
	if err != nil {
		t.Fatal(err)
	}
	bob.SeesState(room, event.StateTopic, "", func(evt *event.Event) bool {
		return evt != nil && evt.Content.AsTopic().Topic == "the budget"
	})
}

func TestALeaverCanComeBack(t *testing.T) {
	world := bridgetest.NewWorld(t, bridgetest.HomeserverOptions{})
	alice, bob := world.Staff(t, "alice"), world.Staff(t, "bob")
	room := alice.StartsChatWith(bob.ID())

	alice.Says(room, "stay")
	bob.Hears(room, "stay")
	bob.Leaves(room)
	alice.SeesMember(room, bob.ID(), event.MembershipLeave)
	alice.Invites(room, bob.ID())
	alice.SeesMember(room, bob.ID(), event.MembershipJoin)
	alice.Says(room, "good to have you back")
	if h := bob.Hears(room, "good to have you back"); !h.WasEncrypted {
		t.Errorf("bob heard %v, want it encrypted", h)
	}
}
