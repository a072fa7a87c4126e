package bridge

import (
	"testing"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

func TestFounders(t *testing.T) {
	const room, claire, dan = id.RoomID("!room:example.org"), id.UserID("@claire:example.org"), id.UserID("@dan:example.org")
	var f founders
	news := func(in id.RoomID, who id.UserID, membership event.Membership) bool {
		t.Helper()
		key := who.String()
		return f.have(&event.Event{RoomID: in, Type: event.StateMember, StateKey: &key,
			Content: event.Content{Parsed: &event.MemberEventContent{Membership: membership}}})
	}
	if news(room, claire, event.MembershipJoin) {
		t.Error("Claire founded a room that nobody made")
	}
	f.add(room, []id.UserID{claire})
	for _, step := range []struct {
		in         id.RoomID
		who        id.UserID
		membership event.Membership
		want       bool
	}{
		{room, claire, event.MembershipInvite, true},
		{room, claire, event.MembershipJoin, true},
		{room, dan, event.MembershipInvite, false},
		{"!other:example.org", claire, event.MembershipJoin, false},
		{room, claire, event.MembershipLeave, false},
		{room, claire, event.MembershipInvite, false}, // there may be keys now that she has not
		{room, claire, event.MembershipJoin, false},
	} {
		if got := news(step.in, step.who, step.membership); got != step.want {
			t.Errorf("%s of %s in %s: a founder's coming in: %v, want %v", step.membership, step.who, step.in, got, step.want)
		}
	}
}
