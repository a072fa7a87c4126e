package whatsapptest

import (
	"errors"
	"slices"
	"testing"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
)

func TestACommunityAndItsGroups(t *testing.T) {
	s := testServer(t)
	alice, bob, carol := s.MustAddPerson(aliceNumber, "Alice"), s.MustAddPerson(bobNumber, "Bob"), s.MustAddPerson(carolNumber, "Carol")
	client, bobs := link(t, s, alice, "alice's client"), link(t, s, bob, "bob's client")
	ctx := waiting(t)
	school, err := client.CreateGroup(ctx, whatsmeow.ReqCreateGroup{Name: "School", GroupParent: types.GroupParent{IsParent: true}})
	must(t, err)
	if !school.IsParent {
		t.Errorf("community is %+v", school)
	}
	news := hears(client, func(e *events.JoinedGroup) bool { return e.IsDefaultSubGroup })
	if !news.IsAnnounce || news.LinkedParentJID != school.JID || news.Name != "School" {
		t.Errorf("announcements are %+v", news.GroupInfo)
	}

	class, err := client.CreateGroup(ctx, whatsmeow.ReqCreateGroup{
		Name: "Class", Participants: []types.JID{bob.LID()}, GroupLinkedParent: types.GroupLinkedParent{LinkedParentJID: school.JID},
	})
	must(t, err)
	for _, want := range []types.JID{school.JID, news.JID, class.JID} {
		hears(bobs, func(e *events.JoinedGroup) bool { return e.JID == want })
	}
	hears(client, func(e *events.GroupInfo) bool {
		return e.JID == school.JID && e.Link != nil && e.Link.Group.JID == class.JID
	})

	old, err := carol.CreateGroup("Parents", aliceNumber)
	must(t, err)
	hears(client, func(e *events.JoinedGroup) bool { return e.Name == "Parents" })
	parents, err := types.ParseJID(old)
	must(t, err)
	if err := client.LinkGroup(ctx, school.JID, parents); !errors.Is(err, whatsmeow.ErrIQNotAuthorized) {
		t.Errorf("one who is no admin of a group links it: %v", err)
	}
	must(t, carol.ChangeMembers(old, GroupPromote, aliceNumber))
	must(t, client.LinkGroup(ctx, school.JID, parents))
	hears(client, func(e *events.GroupInfo) bool {
		return e.JID == parents && e.Link != nil && e.Link.Type == types.GroupLinkChangeTypeParent && e.Link.Group.JID == school.JID
	})
	hears(bobs, func(e *events.GroupInfo) bool { return e.JID == school.JID && slices.Contains(e.Join, carol.LID()) })

	subs, err := bobs.GetSubGroups(ctx, school.JID)
	must(t, err)
	if len(subs) != 3 || !subs[0].IsDefaultSubGroup || subs[1].JID != class.JID || subs[2].Name != "Parents" {
		t.Errorf("groups are %+v", subs)
	}
	members, err := client.GetLinkedGroupsParticipants(ctx, school.JID)
	must(t, err)
	if !slices.Equal(members, []types.JID{alice.LID(), bob.LID(), carol.LID()}) {
		t.Errorf("members are %v", members)
	}
	hears(client, func(e *events.GroupInfo) bool { return e.JID == news.JID && slices.Contains(e.Join, carol.LID()) })
	client.says(news.JID, "school begins")
	sees(t, bob, "school begins")
	sees(t, carol, "school begins")
	if _, err := bob.Send(ctx, news.JID.String(), "when?"); !errors.Is(err, ErrRefused) {
		t.Errorf("a member announces: %v", err)
	}

	must(t, client.UnlinkGroup(ctx, school.JID, parents))
	hears(bobs, func(e *events.GroupInfo) bool {
		return e.Unlink != nil && e.Unlink.Group.JID == parents && e.Unlink.UnlinkReason == types.GroupUnlinkReasonDefault
	})
	if err := client.UnlinkGroup(ctx, school.JID, news.JID); err == nil {
		t.Error("the announcements were unlinked")
	}
}

func TestACommunityFromAPhone(t *testing.T) {
	s := testServer(t)
	alice, bob := s.MustAddPerson(aliceNumber, "Alice"), s.MustAddPerson(bobNumber, "Bob")
	client := link(t, s, bob, "bob's client")
	school, news, err := alice.CreateCommunity("School", bobNumber)
	must(t, err)
	hears(client, func(e *events.JoinedGroup) bool { return e.IsParent && e.JID.String() == school })
	hears(client, func(e *events.JoinedGroup) bool { return e.JID.String() == news })
	class, err := alice.CreateSubGroup(school, "Class")
	must(t, err)
	hears(client, func(e *events.GroupInfo) bool { return e.Link != nil && e.Link.Group.Name == "Class" })
	must(t, bob.JoinSubGroup(class))
	hears(client, func(e *events.JoinedGroup) bool { return e.JID.String() == class })
	if err := bob.EndCommunity(school); !errors.Is(err, errNotAuthorized) {
		t.Errorf("a member ends the community: %v", err)
	}
	must(t, alice.UnlinkGroup(school, class))
	must(t, alice.LinkGroup(school, class))
	must(t, bob.LeaveGroup(school))
	hears(client, func(e *events.GroupInfo) bool { return e.JID.String() == class && slices.Contains(e.Leave, bob.LID()) })
	must(t, alice.ChangeMembers(school, GroupAdd, bobNumber))
	must(t, alice.EndCommunity(school))
	hears(client, func(e *events.GroupInfo) bool { return e.Delete != nil && e.JID.String() == school })
	if info, err := s.Group(class); err != nil || info.Parent != "" {
		t.Errorf("group is %+v, %v", info, err)
	}
	if _, err := s.Group(school); !errors.Is(err, ErrNoSuchGroup) {
		t.Errorf("community is still there: %v", err)
	}
}
