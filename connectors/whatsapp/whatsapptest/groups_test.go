package whatsapptest

import (
	"errors"
	"slices"
	"testing"
	"time"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
	"google.golang.org/protobuf/proto"
)

func TestAGroupOfClientsAndPhones(t *testing.T) {
	s := testServer(t)
	alice, bob, carol := s.MustAddPerson(aliceNumber, "Alice"), s.MustAddPerson(bobNumber, "Bob"), s.MustAddPerson(carolNumber, "Carol")
	client, bobs := link(t, s, alice, "alice's client"), link(t, s, bob, "bob's client")

	group, err := client.CreateGroup(waiting(t), whatsmeow.ReqCreateGroup{Name: "Team", Participants: []types.JID{bob.PN(), carol.LID()}})
	must(t, err)
	if group.AddressingMode != types.AddressingModeLID || len(group.Participants) != 3 {
		t.Errorf("group is %+v", group)
	}
	if joined := hears[*events.JoinedGroup](bobs, nil); joined.JID != group.JID || joined.Name != "Team" {
		t.Errorf("Bob's client joined %s %q", joined.JID, joined.Name)
	}
	id := group.JID.String()
	client.says(group.JID, "welcome")
	heard := bobs.hearsText("welcome")
	if !heard.Info.IsGroup || heard.Info.Sender.User != alice.LID().User || heard.Info.SenderAlt.User != aliceNumber {
		t.Errorf("Bob's client heard %+v", heard.Info)
	}
	for _, phone := range []*Phone{alice, bob, carol} {
		if got := sees(t, phone, "welcome"); got.Chat != id || got.From != aliceNumber {
			t.Errorf("%s sees %+v", phone.Name(), got)
		}
	}
	bobs.says(group.JID, "thanks")
	client.hearsText("thanks")
	sees(t, carol, "thanks")
	phoneSays(t, carol, id, "from my phone")
	client.hearsText("from my phone")
	bobs.hearsText("from my phone")
	sees(t, alice, "from my phone")

	_, err = client.SendMessage(waiting(t), group.JID, client.BuildRevoke(group.JID, carol.LID(), sees(t, alice, "from my phone").ID))
	must(t, err)
	waitEntry(t, bob, func(e Entry) bool { return e.From == carolNumber && e.Deleted }) // Alice is an admin

	joined, err := bobs.GetJoinedGroups(waiting(t))
	must(t, err)
	if len(joined) != 1 || joined[0].Name != "Team" {
		t.Errorf("Bob is in %+v", joined)
	}
}

func TestMembersComeAndGo(t *testing.T) {
	s := testServer(t)
	alice, bob, carol := s.MustAddPerson(aliceNumber, "Alice"), s.MustAddPerson(bobNumber, "Bob"), s.MustAddPerson(carolNumber, "Carol")
	dave := s.MustAddPerson(daveNumber, "Dave")
	client := link(t, s, alice, "alice's client")
	id, err := alice.CreateGroup("Team", bobNumber)
	must(t, err)
	group := hears[*events.JoinedGroup](client, nil).JID

	change := func(who *Phone, action whatsmeow.ParticipantChange) {
		t.Helper()
		results, err := client.UpdateGroupParticipants(waiting(t), group, []types.JID{who.LID()}, action)
		must(t, err)
		if len(results) != 1 || results[0].Error != 0 {
			t.Errorf("%s gives %+v", action, results)
		}
	}
	change(carol, whatsmeow.ParticipantChangeAdd)
	hears(client, func(e *events.GroupInfo) bool { return slices.Contains(e.Join, carol.LID()) })
	client.says(group, "hello Carol")
	sees(t, carol, "hello Carol")
	change(carol, whatsmeow.ParticipantChangePromote)
	hears(client, func(e *events.GroupInfo) bool { return slices.Contains(e.Promote, carol.LID()) })
	must(t, carol.ChangeMembers(id, GroupAdd, daveNumber))
	change(carol, whatsmeow.ParticipantChangeDemote)
	hears(client, func(e *events.GroupInfo) bool { return slices.Contains(e.Demote, carol.LID()) })
	if err := carol.ChangeMembers(id, GroupRemove, daveNumber); !errors.Is(err, errNotAuthorized) {
		t.Errorf("a member who is no admin removes another: %v", err)
	}
	change(dave, whatsmeow.ParticipantChangeRemove)
	hears(client, func(e *events.GroupInfo) bool { return slices.Contains(e.Leave, dave.LID()) })
	if _, err := dave.Send(waiting(t), id, "wait"); !errors.Is(err, ErrRefused) {
		t.Errorf("one who was removed writes: %v", err)
	}
	must(t, bob.LeaveGroup(id))
	hears(client, func(e *events.GroupInfo) bool { return slices.Contains(e.Leave, bob.LID()) })
	must(t, client.LeaveGroup(waiting(t), group))
	info, err := s.Group(id)
	must(t, err)
	if !slices.Equal(info.Members, []string{carolNumber}) || !slices.Equal(info.Admins, []string{carolNumber}) {
		t.Errorf("group is %+v", info)
	}
	if _, err := client.GetGroupInfo(waiting(t), group); !errors.Is(err, whatsmeow.ErrNotInGroup) {
		t.Errorf("one who left asks: %v", err)
	}
	if _, err := client.GetGroupInfo(waiting(t), types.NewJID("120363999999999999", types.GroupServer)); !errors.Is(err, whatsmeow.ErrGroupNotFound) {
		t.Errorf("a group that there is not: %v", err)
	}
}

func TestAGroupsSettings(t *testing.T) {
	s := testServer(t)
	alice, bob := s.MustAddPerson(aliceNumber, "Alice"), s.MustAddPerson(bobNumber, "Bob")
	client := link(t, s, alice, "alice's client")
	id, err := alice.CreateGroup("Team", bobNumber)
	must(t, err)
	group := hears[*events.JoinedGroup](client, nil).JID
	ctx := waiting(t)

	must(t, client.SetGroupName(ctx, group, "The team"))
	hears(client, func(e *events.GroupInfo) bool { return e.Name != nil && e.Name.Name == "The team" })
	must(t, bob.SetSubject(id, "Our team"))
	hears(client, func(e *events.GroupInfo) bool {
		return e.Name != nil && e.Name.Name == "Our team" && e.Sender.User == bob.LID().User
	})
	must(t, client.SetGroupTopic(ctx, group, "", "", "what we do"))
	hears(client, func(e *events.GroupInfo) bool { return e.Topic != nil && e.Topic.Topic == "what we do" })
	must(t, client.SetGroupLocked(ctx, group, true))
	hears(client, func(e *events.GroupInfo) bool { return e.Locked != nil && e.Locked.IsLocked })
	if err := bob.SetSubject(id, "mine"); err == nil {
		t.Error("a member renames a locked group")
	}
	must(t, client.SetGroupAnnounce(ctx, group, true))
	hears(client, func(e *events.GroupInfo) bool { return e.Announce != nil && e.Announce.IsAnnounce })
	if _, err := bob.Send(ctx, id, "may I?"); !errors.Is(err, ErrRefused) {
		t.Errorf("a member writes where only admins do: %v", err)
	}
	must(t, client.SetGroupAnnounce(ctx, group, false))
	must(t, client.SetDisappearingTimer(ctx, group, 24*time.Hour, time.Time{}))
	hears(client, func(e *events.GroupInfo) bool { return e.Ephemeral != nil && e.Ephemeral.DisappearingTimer == 86400 })
	must(t, client.SetGroupMemberAddMode(ctx, group, types.GroupMemberAddModeAdmin))

	info, err := client.GetGroupInfo(ctx, group)
	must(t, err)
	if info.Name != "Our team" || info.Topic != "what we do" || !info.IsLocked || info.IsAnnounce || info.DisappearingTimer != 86400 ||
		info.MemberAddMode != types.GroupMemberAddModeAdmin || info.OwnerJID != alice.LID() {
		t.Errorf("group is %+v", info)
	}
}

func TestAnInviteLink(t *testing.T) {
	s := testServer(t)
	alice, bob := s.MustAddPerson(aliceNumber, "Alice"), s.MustAddPerson(bobNumber, "Bob")
	client, bobs := link(t, s, alice, "alice's client"), link(t, s, bob, "bob's client")
	_, err := alice.CreateGroup("Team")
	must(t, err)
	group := hears[*events.JoinedGroup](client, nil).JID
	ctx := waiting(t)

	old, err := client.GetGroupInviteLink(ctx, group, false)
	must(t, err)
	code, err := client.GetGroupInviteLink(ctx, group, true)
	must(t, err)
	if _, err := bobs.JoinGroupWithLink(ctx, old); !errors.Is(err, whatsmeow.ErrInviteLinkRevoked) {
		t.Errorf("an old link gives %v", err)
	}
	preview, err := bobs.GetGroupInfoFromLink(ctx, code)
	must(t, err)
	if preview.Name != "Team" {
		t.Errorf("link leads to %+v", preview)
	}
	must(t, client.SetGroupJoinApprovalMode(ctx, group, true))
	_, err = bobs.JoinGroupWithLink(ctx, code)
	must(t, err)
	requests, err := client.GetGroupRequestParticipants(ctx, group)
	must(t, err)
	if len(requests) != 1 || requests[0].JID != bob.LID() {
		t.Fatalf("requests are %+v", requests)
	}
	_, err = client.UpdateGroupRequestParticipants(ctx, group, []types.JID{bob.LID()}, whatsmeow.ParticipantChangeApprove)
	must(t, err)
	hears[*events.JoinedGroup](bobs, nil)
	// whatsmeow reads its list of members without a lock when it sends: let it take the news first.
	hears(client, func(e *events.GroupInfo) bool { return slices.Contains(e.Join, bob.LID()) })
	client.says(group, "you are in")
	bobs.hearsText("you are in")
}

func TestAClientWithAnOldMemberListIsTold(t *testing.T) {
	s := testServer(t)
	alice, bob, carol := s.MustAddPerson(aliceNumber, "Alice"), s.MustAddPerson(bobNumber, "Bob"), s.MustAddPerson(carolNumber, "Carol")
	client := link(t, s, alice, "alice's client")
	id, err := bob.CreateGroup("Team", aliceNumber)
	must(t, err)
	group := hears[*events.JoinedGroup](client, nil).JID
	client.says(group, "two of us")
	sees(t, bob, "two of us")

	must(t, alice.Tamper(1, Rule{Fault: Drop, Tag: "notification", Times: 1}))
	must(t, bob.ChangeMembers(id, GroupAdd, carolNumber))
	client.says(group, "still two?") // Carol gets it without a key and asks for it
	client.says(group, "three of us")
	sees(t, carol, "three of us")
	_, err = client.SendMessage(waiting(t), group, &waE2E.Message{ExtendedTextMessage: &waE2E.ExtendedTextMessage{Text: proto.String("four?")}})
	must(t, err)
	sees(t, carol, "four?")
}
