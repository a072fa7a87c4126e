package whatsapp

import (
	"slices"
	"strings"
	"testing"

	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/bridgev2/networkid"
	"maunium.net/go/mautrix/bridgev2/provisionutil"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"go.mau.fi/whatsmeow/types"

	"passerelle/connectors/whatsapp/whatsapptest"
)

// hearsOf waits for a message in which words occur, beginning after the given number of messages in the room.
func (g *team) hearsOf(words string, after int) (what said) {
	g.t.Helper()
	g.matrix.wait(g.t, "the words "+words, func() bool {
		at := slices.IndexFunc(g.in.said[after:], func(s said) bool { return strings.Contains(s.content.Body, words) })
		if at >= 0 {
			what = g.in.said[after+at]
		}
		return at >= 0
	})
	return what
}

// commands writes a command and waits for the bot's answer.
func (g *team) commands(command, answer string) string {
	g.t.Helper()
	var after int
	g.matrix.change(func() { after = len(g.in.said) })
	g.says(g.in, alice, text("!wa "+command))
	got := g.hearsOf(answer, after)
	if got.by != botMXID || got.content.MsgType != event.MsgNotice {
		g.t.Errorf("%s says %+v", got.by, got.content)
	}
	return got.content.Body
}

func TestPeopleAskToBeLetIn(t *testing.T) {
	g := newTeam(t)
	dave, erin := g.phones.MustAddPerson(daveNumber, "Dave"), g.phones.MustAddPerson("+353851234567", "Erin")
	link := g.commands("invite-link", "can join the group: ")
	link = link[strings.Index(link, "https://"):]
	if link != g.now().InviteLink {
		t.Errorf("the link is %q", link)
	}
	fine(t, g.alice.SetApproval(g.id, true))
	g.commands("requests", "Nobody")
	for _, who := range []*whatsapptest.Phone{dave, erin} {
		if in, err := who.JoinByLink(link); err != nil || in {
			t.Fatalf("%s is in at once: %v", who.Name(), err)
		}
		last := userID(who.LID())
		asks := g.hearsOf(string(last[len(last)-4:])+" asks to join this group", 0)
		if asks.by != botMXID || !strings.Contains(asks.content.Body, "!wa approve") {
			t.Errorf("%s says %q", asks.by, asks.content.Body)
		}
	}
	g.commands("requests", "Waiting to be let in: ")
	g.commands("approve Frank", "Nobody of that name")
	g.commands("approve "+daveNumber, "Let in: ")
	g.becomes("Dave in", func(r *room) bool { return r.members[ghostOf(dave)] == event.MembershipJoin })
	g.commands("reject", "Turned down: ")
	if now := g.now(); len(now.Waiting) != 0 || slices.Contains(now.Members, "353851234567") {
		t.Errorf("the group is %+v", now)
	}
	// Who waits is let in by an invitation in the room, too.
	if _, err := erin.JoinByLink(link); err != nil {
		t.Fatal(err)
	}
	g.succeeds(g.setsMember(ghostOf(erin), event.MembershipLeave, event.MembershipInvite))
	g.becomes("Erin in", func(r *room) bool { return r.members[ghostOf(erin)] == event.MembershipJoin })
	if now := g.now(); len(now.Waiting) != 0 {
		t.Errorf("waiting are %v", now.Waiting)
	}
}

func TestARequestIsToldOnceOverACrash(t *testing.T) {
	g := newTeam(t)
	dave := g.phones.MustAddPerson(daveNumber, "Dave")
	fine(t, g.alice.SetApproval(g.id, true))
	g.settles()
	g.inbox.rest()
	must[bool](t)(dave.JoinByLink(g.now().InviteLink))
	g.eventually("an arrival", func() bool { return g.inbox.waiting() == 1 })
	stored := g.inbox.heads()[0]
	for range 2 { // the second time as after a crash that came before the row went
		fine(t, g.connector.Deliver(t.Context(), stored))
	}
	told := 0
	for _, s := range g.in.said {
		if strings.Contains(s.content.Body, "asks to join") {
			told++
		}
	}
	if told != 1 {
		t.Errorf("it is told %d times", told)
	}
	g.stop()
	g.start()
	g.settles()
}

func TestAliceJoinsByLink(t *testing.T) {
	g := newTeam(t)
	other := must[string](t)(g.bob.CreateGroup("Choir", carolNumber))
	link := must[whatsapptest.GroupInfo](t)(g.phones.Group(other)).InviteLink
	g.commands("join", "https://chat.whatsapp.com/…")
	g.commands("join https://chat.whatsapp.com/nothing", "no link to a group")
	g.commands("join "+link, "You are in the group “Choir”.")
	must[string](t)(g.bob.Send(t.Context(), other, "La la"))
	if in, _ := g.hears("La la"); in.name != "Choir" || in.members[alice] == "" {
		t.Errorf("the room is %+v", in)
	}
	g.commands("join "+link, "in this group already")
	fresh := must[string](t)(g.bob.ResetInviteLink(other))
	g.commands("join "+link, "no longer works")
	fine(t, g.bob.SetApproval(other, true))
	fine(t, g.alice.LeaveGroup(other))
	g.commands("join "+fresh, "has to let you in")
	before := g.now().InviteLink
	g.commands("invite-link new", "The old link no longer works")
	if g.now().InviteLink == before {
		t.Error("the link is the old one")
	}
	fine(t, g.alice.ChangeMembers(g.id, whatsapptest.GroupPromote, bobNumber))
	fine(t, g.bob.ChangeMembers(g.id, whatsapptest.GroupDemote, aliceNumber))
	g.commands("invite-link new", "only the group’s admins")
}

func TestAliceMakesAGroup(t *testing.T) {
	g := newTeam(t)
	erin := g.phones.MustAddPerson("+353851234567", "Erin")
	fine(t, erin.SetPrivacy(types.PrivacySettingTypeGroupAdd, types.PrivacySettingNone))
	found := must[*bridgev2.ResolveIdentifierResponse](t)(g.account.ResolveIdentifier(t.Context(), "+353 85 123 4567", false))
	made := must[*provisionutil.RespCreateGroup](t)(provisionutil.CreateGroup(t.Context(), g.account.login, &bridgev2.GroupCreateParams{
		Type: groupType, Name: &event.RoomNameEventContent{Name: "Choir"}, Topic: &event.TopicEventContent{Topic: "Tuesdays"},
		Participants: []networkid.UserID{userID(g.bob.LID()), found.UserID},
	}))
	g.matrix.wait(t, "the room", func() bool {
		r := g.matrix.rooms[made.MXID]
		return r != nil && r.name == "Choir" && r.topic == "Tuesdays" && r.members[ghostOf(g.bob)] == event.MembershipJoin
	})
	group := must[whatsapptest.GroupInfo](t)(g.phones.Group(string(made.ID)))
	if group.Subject != "Choir" || !slices.Contains(group.Members, bobNumber[1:]) {
		t.Errorf("the group is %+v", group)
	}
	g.says(g.matrix.rooms[made.MXID], alice, text("La la"))
	must[whatsapptest.Entry](t)(g.bob.WaitForText(deadline(t), "La la"))
	if failed := made.FailedParticipants[found.UserID]; len(made.FailedParticipants) != 1 || !strings.Contains(failed.Reason, "invite-link") {
		t.Errorf("not added are %+v", made.FailedParticipants)
	}

	// A room that is there already becomes the group's.
	var hall id.RoomID = "!hall:" + domain
	g.matrix.change(func() {
		g.matrix.rooms[hall] = &room{id: hall, name: "Hall", levels: &event.PowerLevelsEventContent{Users: map[id.UserID]int{botMXID: 100}},
			members: map[id.UserID]event.Membership{alice: event.MembershipJoin, botMXID: event.MembershipJoin}}
	})
	made = must[*provisionutil.RespCreateGroup](t)(provisionutil.CreateGroup(t.Context(), g.account.login, &bridgev2.GroupCreateParams{
		Type: groupType, Name: &event.RoomNameEventContent{Name: "Hall"}, RoomID: hall, Participants: []networkid.UserID{userID(g.bob.LID())},
	}))
	must[string](t)(g.bob.Send(t.Context(), string(made.ID), "In the hall"))
	if in, _ := g.hears("In the hall"); in.id != hall {
		t.Errorf("Bob is heard in %s", in.id)
	}
}
