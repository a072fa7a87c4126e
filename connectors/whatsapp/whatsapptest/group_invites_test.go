package whatsapptest

import (
	"errors"
	"slices"
	"testing"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
)

// hearsOf waits for a change of a group that whatsmeow has no field for.
func (c *companion) hearsOf(change string) {
	c.t.Helper()
	hears(c, func(e *events.GroupInfo) bool {
		return slices.ContainsFunc(e.UnknownChanges, func(n *node) bool { return n.Tag == change })
	})
}

func TestAnAdminDecidesWhoJoins(t *testing.T) {
	s := testServer(t)
	alice, bob, carol := s.MustAddPerson(aliceNumber, "Alice"), s.MustAddPerson(bobNumber, "Bob"), s.MustAddPerson(carolNumber, "Carol")
	client := link(t, s, alice, "alice's client")
	id, err := alice.CreateGroup("Team")
	must(t, err)
	group := hears[*events.JoinedGroup](client, nil).JID
	must(t, alice.SetApproval(id, true))
	link, err := alice.ResetInviteLink(id)
	must(t, err)
	for _, who := range []*Phone{bob, carol} {
		if in, err := who.JoinByLink(link); in || err != nil {
			t.Errorf("%s is in: %t, %v", who.Name(), in, err)
		}
		client.hearsOf("created_membership_requests")
	}
	if info, _ := s.Group(id); !slices.Equal(info.Waiting, []string{bobNumber, carolNumber}) || !info.Approval {
		t.Errorf("group is %+v", info)
	}
	results, err := client.UpdateGroupRequestParticipants(waiting(t), group, []types.JID{bob.LID()}, whatsmeow.ParticipantChangeReject)
	must(t, err)
	if len(results) != 1 || results[0].Error != 0 {
		t.Errorf("rejecting gives %+v", results)
	}
	client.hearsOf("revoked_membership_requests")
	must(t, alice.DecideRequests(id, true, carolNumber))
	hears(client, func(e *events.GroupInfo) bool { return slices.Contains(e.Join, carol.LID()) })
	if err := alice.DecideRequests(id, true, bobNumber); err == nil {
		t.Error("one who was turned down was let in")
	}
	if err := carol.DecideRequests(id, true, bobNumber); !errors.Is(err, errNotAuthorized) {
		t.Errorf("a member who is no admin lets people in: %v", err)
	}
}

func TestThoseWhoMayNotBeAddedAreInvited(t *testing.T) {
	s := testServer(t)
	alice, bob, carol := s.MustAddPerson(aliceNumber, "Alice"), s.MustAddPerson(bobNumber, "Bob"), s.MustAddPerson(carolNumber, "Carol")
	client, bobs := link(t, s, alice, "alice's client"), link(t, s, bob, "bob's client")
	ctx := waiting(t)
	must(t, bob.SetPrivacy(types.PrivacySettingTypeGroupAdd, types.PrivacySettingNone))
	must(t, carol.SetPrivacy(types.PrivacySettingTypeGroupAdd, types.PrivacySettingContacts))

	created, err := client.CreateGroup(ctx, whatsmeow.ReqCreateGroup{Name: "Team", Participants: []types.JID{bob.LID(), carol.LID()}})
	must(t, err)
	invited := map[types.JID]*types.GroupParticipantAddRequest{}
	for _, p := range created.Participants {
		if p.Error == 403 {
			invited[p.JID] = p.AddRequest
		}
	}
	if invited[bob.LID()] == nil || invited[carol.LID()] == nil {
		t.Fatalf("group was made with %+v", created.Participants)
	}
	must(t, carol.SaveContact(aliceNumber, "Alice"))
	results, err := client.UpdateGroupParticipants(ctx, created.JID, []types.JID{bob.LID(), carol.LID()}, whatsmeow.ParticipantChangeAdd)
	must(t, err)
	if results[0].Error != 403 || results[0].AddRequest == nil || results[1].Error != 0 {
		t.Fatalf("adding gives %+v", results)
	}

	request := results[0].AddRequest
	preview, err := bobs.GetGroupInfoFromInvite(ctx, created.JID, alice.LID(), request.Code, request.Expiration.Unix())
	must(t, err)
	if preview.Name != "Team" {
		t.Errorf("invitation leads to %+v", preview)
	}
	if err := bobs.JoinGroupWithInvite(ctx, created.JID, alice.LID(), "another", request.Expiration.Unix()); err == nil {
		t.Error("Bob came in with a code that nobody made")
	}
	must(t, bobs.JoinGroupWithInvite(ctx, created.JID, alice.LID(), request.Code, request.Expiration.Unix()))
	if joined := hears[*events.JoinedGroup](bobs, nil); joined.JID != created.JID {
		t.Errorf("Bob joined %s", joined.JID)
	}
}

func TestAnInvitationByMessage(t *testing.T) {
	s := testServer(t)
	alice, bob := s.MustAddPerson(aliceNumber, "Alice"), s.MustAddPerson(bobNumber, "Bob")
	bobs := link(t, s, bob, "bob's client")
	group, err := alice.CreateGroup("Team")
	must(t, err)
	id, err := alice.SendInvite(waiting(t), bobNumber, group, "join us")
	must(t, err)
	heard := hears(bobs, func(e *events.Message) bool { return e.Message.GetGroupInviteMessage().GetGroupName() == "Team" })
	if invite := heard.Message.GetGroupInviteMessage(); invite.GetGroupJID() != group || invite.GetCaption() != "join us" {
		t.Errorf("client heard %v", invite)
	}
	sees(t, bob, "join us")
	must(t, bob.AcceptInvite(aliceNumber, id))
	hears[*events.JoinedGroup](bobs, nil)
	if err := bob.AcceptInvite(aliceNumber, id); err == nil {
		t.Error("an invitation was used twice")
	}
}

func TestWhoMakesAndChangesAGroupFromAClient(t *testing.T) {
	s := testServer(t)
	alice, bob := s.MustAddPerson(aliceNumber, "Alice"), s.MustAddPerson(bobNumber, "Bob")
	client := link(t, s, alice, "alice's client")
	ctx := waiting(t)
	members := []types.JID{bob.LID()}
	for i := range 30 {
		members = append(members, s.MustAddPerson("3361234600"+string(rune('0'+i/10))+string(rune('0'+i%10)), "somebody").LID())
	}
	request := whatsmeow.ReqCreateGroup{Name: "All", Participants: members, MemberAddMode: types.GroupMemberAddModeAdmin}
	request.IsLocked, request.IsAnnounce, request.IsJoinApprovalRequired = true, true, true
	request.IsEphemeral, request.DisappearingTimer = true, 86400
	group, err := client.CreateGroup(ctx, request)
	must(t, err)
	if len(group.Participants) != 32 || !group.IsLocked || !group.IsAnnounce || !group.IsJoinApprovalRequired || group.DisappearingTimer != 86400 {
		t.Errorf("group is %+v", group)
	}
	id := group.JID.String()
	if err := bob.ChangeMembers(id, GroupAdd, aliceNumber); !errors.Is(err, errNotAuthorized) {
		t.Errorf("a member adds where admins do: %v", err)
	}
	if err := bob.SetGroupPicture(id, testPNG(t)); !errors.Is(err, errForbidden) {
		t.Errorf("a member changes the picture of a locked group: %v", err)
	}
	picture, err := client.SetGroupPhoto(ctx, group.JID, testPNG(t))
	must(t, err)
	hears(client, func(e *events.Picture) bool {
		return e.JID == group.JID && e.PictureID == picture && e.Author.User == alice.LID().User
	})
	_, err = client.SetGroupPhoto(ctx, group.JID, nil)
	must(t, err)
	hears(client, func(e *events.Picture) bool { return e.JID == group.JID && e.Remove })
	must(t, alice.SetDescription(id, "everybody"))
	must(t, client.SetGroupTopic(ctx, group.JID, "", "", ""))
	hears(client, func(e *events.GroupInfo) bool { return e.Topic != nil && e.Topic.TopicDeleted })
	must(t, alice.SetLocked(id, false))
	hears(client, func(e *events.GroupInfo) bool { return e.Locked != nil && !e.Locked.IsLocked })
	must(t, alice.SetMemberAddMode(id, types.GroupMemberAddModeAllMember))
	must(t, bob.SetGroupPicture(id, testPNG(t)))
	hears(client, func(e *events.Picture) bool { return e.Author.User == bob.LID().User })
}

func TestAGroupThatGoesByNumbers(t *testing.T) {
	s := testServer(t)
	alice, bob, carol := s.MustAddPerson(aliceNumber, "Alice"), s.MustAddPerson(bobNumber, "Bob"), s.MustAddPerson(carolNumber, "Carol")
	client := link(t, s, alice, "alice's client")
	id, err := bob.CreateNumberedGroup("Old team", aliceNumber)
	must(t, err)
	joined := hears[*events.JoinedGroup](client, nil)
	if joined.AddressingMode != types.AddressingModePN || joined.Participants[0].JID != bob.PN() || joined.Participants[0].LID != bob.LID() {
		t.Errorf("client joined %+v", joined.GroupInfo)
	}
	phoneSays(t, bob, id, "as ever")
	heard := client.hearsText("as ever")
	if heard.Info.Sender != bob.PN() || heard.Info.SenderAlt != bob.LID() || heard.Info.AddressingMode != types.AddressingModePN {
		t.Errorf("client heard it from %s / %s", heard.Info.Sender, heard.Info.SenderAlt)
	}
	question := client.says(joined.JID, "and now?")
	if got := sees(t, bob, "and now?"); got.From != aliceNumber || got.Chat != id {
		t.Errorf("Bob sees %+v", got)
	}
	_, err = bob.Reply(waiting(t), id, question, "still")
	must(t, err)
	if quoted := client.hearsText("still").Message.GetExtendedTextMessage().GetContextInfo(); quoted.GetParticipant() != alice.PN().String() {
		t.Errorf("client heard a reply to %s", quoted.GetParticipant())
	}
	must(t, bob.MarkRead(id, question))
	hears(client, func(e *events.Receipt) bool { return e.Type == types.ReceiptTypeRead && e.Sender == bob.PN() })
	client.isThereFor(bob)
	must(t, bob.Typing(id, true))
	hears(client, func(e *events.ChatPresence) bool { return e.Sender == bob.PN() })
	must(t, bob.ChangeMembers(id, GroupAdd, carolNumber))
	hears(client, func(e *events.GroupInfo) bool { return slices.Contains(e.Join, carol.PN()) })
	client.says(joined.JID, "hello Carol")
	sees(t, carol, "hello Carol")

	poll, err := client.SendMessage(waiting(t), joined.JID, client.BuildPollCreation("when?", []string{"Mon", "Tue"}, 1))
	must(t, err)
	sees(t, bob, "when?")
	_, err = bob.Vote(waiting(t), id, poll.ID, "Mon")
	must(t, err)
	if chosen := client.hearsVote(poll.ID); len(chosen) != 1 {
		t.Errorf("client heard a vote for %x", chosen)
	}
	votes(t, carol, poll.ID, bobNumber+": Mon")
}
