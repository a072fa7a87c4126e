package whatsapp

import (
	"bytes"
	"encoding/json"
	"image"
	"slices"
	"strings"
	"testing"
	"time"

	"go.mau.fi/whatsmeow/types"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/connectors/whatsapp/whatsapptest"
	"passerelle/portal"
)

// sets changes the state of the room as a member of staff, and hands the bridge the event as a homeserver does.
func (g *team) sets(kind event.Type, key string, before, now any) id.EventID {
	g.t.Helper()
	made := g.matrix.nextEvent()
	change := &event.Event{ID: made, RoomID: g.in.id, Sender: alice, Type: kind, StateKey: &key, Timestamp: time.Now().UnixMilli(),
		Content: event.Content{Parsed: now}}
	if before != nil {
		raw := must[[]byte](g.t)(json.Marshal(before))
		change.Unsigned.PrevContent = &event.Content{VeryRaw: raw}
	}
	as := &intent{matrix: g.matrix, user: alice}
	if _, err := as.SendState(g.t.Context(), g.in.id, kind, key, &change.Content, time.Now()); err != nil {
		g.t.Fatal(err)
	}
	g.bridge.QueueMatrixEvent(g.t.Context(), change)
	return made
}

// setsMember changes who is in the room, as a member of staff.
func (g *team) setsMember(who id.UserID, before, now event.Membership) id.EventID {
	g.t.Helper()
	return g.sets(event.StateMember, who.String(), &event.MemberEventContent{Membership: before}, &event.MemberEventContent{Membership: now})
}

// setsLevels changes the rights in the room, as a member of staff.
func (g *team) setsLevels(change func(*event.PowerLevelsEventContent)) id.EventID {
	g.t.Helper()
	before := must[*event.PowerLevelsEventContent](g.t)(g.matrix.GetPowerLevels(g.t.Context(), g.in.id))
	now := before.Clone()
	change(now)
	return g.sets(event.StatePowerLevels, "", before, now)
}

// succeeds waits until what staff did has been done on WhatsApp.
func (g *team) succeeds(what id.EventID) {
	g.t.Helper()
	if got := g.matrix.outcome(g.t, what); got.Status != event.MessageStatusSuccess {
		g.t.Fatalf("the outcome is %+v", got)
	}
}

// fails waits until what staff did has been refused, in these words.
func (g *team) fails(what id.EventID, words string) {
	g.t.Helper()
	if got := g.matrix.outcome(g.t, what); got.Status != event.MessageStatusFail || !got.SendNotice || !strings.Contains(got.Message, words) {
		g.t.Fatalf("the outcome is %+v", got)
	}
}

func TestAliceChangesHerGroupInTheRoom(t *testing.T) {
	g := newTeam(t)
	g.succeeds(g.sets(event.StateRoomName, "", nil, &event.RoomNameEventContent{Name: "Our team"}))
	g.succeeds(g.sets(event.StateTopic, "", nil, &event.TopicEventContent{Topic: "Who works here"}))
	if now := g.now(); now.Subject != "Our team" || now.Description != "Who works here" {
		t.Errorf("the group is %+v", now)
	}
	g.succeeds(g.sets(event.StateTopic, "", nil, &event.TopicEventContent{}))
	if now := g.now(); now.Description != "" {
		t.Errorf("the group is described as %q", now.Description)
	}

	g.matrix.change(func() { g.matrix.files["mxc://mine"] = somePicture(t) })
	g.succeeds(g.sets(event.StateRoomAvatar, "", nil, &event.RoomAvatarEventContent{URL: "mxc://mine"}))
	jid := must[types.JID](t)(types.ParseJID(g.id))
	client := g.account.current()
	seen := must[*types.ProfilePictureInfo](t)(client.GetProfilePictureInfo(t.Context(), jid, nil))
	data := must[[]byte](t)(client.DownloadMediaWithOnlyPath(t.Context(), seen.DirectPath))
	if picture, kind, err := image.Decode(bytes.NewReader(data)); err != nil || kind != "jpeg" || picture.Bounds().Dx() != 4 {
		t.Errorf("the group's picture is a %s: %v", kind, err)
	}
	g.settles()
	if g.in.avatar != "mxc://mine" || g.in.name != "Our team" {
		t.Errorf("what came back changed the room to %+v", g.in)
	}
	g.succeeds(g.sets(event.StateRoomAvatar, "", nil, &event.RoomAvatarEventContent{}))
	if _, err := client.GetProfilePictureInfo(t.Context(), jid, nil); err == nil {
		t.Error("the group still has a picture")
	}

	g.matrix.change(func() { g.matrix.files["mxc://text"] = []byte("no picture") })
	g.fails(g.sets(event.StateRoomAvatar, "", nil, &event.RoomAvatarEventContent{URL: "mxc://text"}), "Choose a JPEG")
	g.becomes("no picture again", func(r *room) bool { return r.avatar == "" })
	g.policy.set(func(c portal.Crossing) bool { return strings.Contains(c.Text, "secret") }, nil)
	g.fails(g.sets(event.StateRoomName, "", nil, &event.RoomNameEventContent{Name: "secret"}), "rules")
	g.becomes("the old name", func(r *room) bool { return r.name == "Our team" })
}

func TestAliceChangesWhoIsInHerGroup(t *testing.T) {
	g := newTeam(t)
	dave, erin := g.phones.MustAddPerson(daveNumber, "Dave"), g.phones.MustAddPerson("+353851234567", "Erin")
	bobs, daves, erins := ghostOf(g.bob), ghostOf(dave), ghostOf(erin)

	g.succeeds(g.setsMember(daves, event.MembershipLeave, event.MembershipInvite))
	g.becomes("Dave in", func(r *room) bool { return r.members[daves] == event.MembershipJoin })
	if now := g.now(); !slices.Contains(now.Members, daveNumber[1:]) {
		t.Errorf("in the group are %v", now.Members)
	}
	g.succeeds(g.setsMember(daves, event.MembershipJoin, event.MembershipLeave))
	if now := g.now(); slices.Contains(now.Members, daveNumber[1:]) {
		t.Errorf("in the group are %v", now.Members)
	}
	// Erin lets nobody add her.
	fine(t, erin.SetPrivacy(types.PrivacySettingTypeGroupAdd, types.PrivacySettingNone))
	g.fails(g.setsMember(erins, event.MembershipLeave, event.MembershipInvite), "!wa invite-link")
	g.becomes("Erin out", func(r *room) bool { return r.members[erins] == event.MembershipLeave })

	g.succeeds(g.setsLevels(func(l *event.PowerLevelsEventContent) { l.SetUserLevel(bobs, levelAdmin) }))
	if now := g.now(); !slices.Contains(now.Admins, bobNumber[1:]) {
		t.Errorf("admins are %v", now.Admins)
	}
	g.succeeds(g.setsLevels(func(l *event.PowerLevelsEventContent) { l.SetUserLevel(bobs, levelMember) }))
	if now := g.now(); slices.Contains(now.Admins, bobNumber[1:]) {
		t.Errorf("admins are %v", now.Admins)
	}
	g.succeeds(g.setsLevels(func(l *event.PowerLevelsEventContent) { l.EventsDefault = levelAdmin }))
	g.succeeds(g.setsLevels(func(l *event.PowerLevelsEventContent) { l.SetEventLevel(event.StateRoomName, levelAdmin) }))
	if now := g.now(); !now.Announce || !now.Locked {
		t.Errorf("the group is %+v", now)
	}
	g.becomes("wholly locked", func(r *room) bool { return r.levels.GetEventLevel(event.StateTopic) == levelAdmin })

	g.succeeds(g.setsMember(alice, event.MembershipJoin, event.MembershipLeave))
	if now := g.now(); slices.Contains(now.Members, aliceNumber[1:]) {
		t.Errorf("in the group are %v", now.Members)
	}
}

func TestWhatOnlyAdminsMayDoIsUndoneInTheRoom(t *testing.T) {
	g := newTeam(t)
	bobs, carols := ghostOf(g.bob), ghostOf(g.carol)
	fine(t, g.alice.ChangeMembers(g.id, whatsapptest.GroupPromote, bobNumber))
	fine(t, g.bob.SetLocked(g.id, true))
	fine(t, g.bob.ChangeMembers(g.id, whatsapptest.GroupDemote, aliceNumber))
	g.becomes("Alice no admin", func(r *room) bool { return r.levels.GetUserLevel(ghostOf(g.alice)) == levelMember })
	g.settles()

	const only = "only the group’s admins"
	g.fails(g.sets(event.StateRoomName, "", nil, &event.RoomNameEventContent{Name: "Mine"}), only)
	g.becomes("the old name", func(r *room) bool { return r.name == "Team" })
	g.fails(g.sets(event.StateTopic, "", nil, &event.TopicEventContent{Topic: "Mine"}), only)
	g.becomes("the old description", func(r *room) bool { return r.topic == "" })
	g.fails(g.setsMember(carols, event.MembershipJoin, event.MembershipLeave), only)
	g.becomes("Carol in", func(r *room) bool { return r.members[carols] == event.MembershipJoin })
	g.fails(g.setsMember(carols, event.MembershipJoin, event.MembershipBan), only)
	g.becomes("Carol in again", func(r *room) bool { return r.members[carols] == event.MembershipJoin })
	g.fails(g.setsLevels(func(l *event.PowerLevelsEventContent) { l.SetUserLevel(bobs, levelMember) }), only)
	g.becomes("Bob an admin", func(r *room) bool { return r.levels.GetUserLevel(bobs) == levelAdmin })
	if now := g.now(); now.Subject != "Team" || len(now.Members) != 3 {
		t.Errorf("the group is %+v", now)
	}
}

func TestAliceNamesTheRoomOfADirectChatForHerself(t *testing.T) {
	g := newTeam(t)
	must[string](t)(g.bob.Send(t.Context(), aliceNumber, "Just you and me"))
	g.in, _ = g.hears("Just you and me")
	g.succeeds(g.sets(event.StateRoomName, "", nil, &event.RoomNameEventContent{Name: "Bob, harbour"}))
	g.settles()
	if g.in.name != "Bob, harbour" || g.now().Subject != "Team" {
		t.Errorf("the room is called %q", g.in.name)
	}
}
