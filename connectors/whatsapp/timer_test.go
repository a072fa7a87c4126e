package whatsapp

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"go.mau.fi/util/jsontime"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"google.golang.org/protobuf/proto"
	"maunium.net/go/mautrix/bridgev2/database"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/connectors/whatsapp/whatsapptest"
	"passerelle/portal"
)

const day = 24 * time.Hour

// GetMemberInfo returns what a room shows of somebody.
func (m *matrixSide) GetMemberInfo(_ context.Context, in id.RoomID, user id.UserID) (*event.MemberEventContent, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return &event.MemberEventContent{Membership: m.rooms[in].members[user], Displayname: m.profiles[user]}, nil
}

// isGone tells whether a message has been redacted. The caller holds the mutex.
func (m *matrixSide) isGone(message id.EventID) bool { return slices.Contains(m.redacted, message) }

// disappears waits until a message is gone.
func (w *world) disappears(message id.EventID) {
	w.t.Helper()
	w.matrix.wait(w.t, "the message "+message.String()+" to disappear", func() bool { return w.matrix.isGone(message) })
}

// stays fails when a message is gone.
func (w *world) stays(message id.EventID) {
	w.t.Helper()
	w.matrix.mu.Lock()
	defer w.matrix.mu.Unlock()
	if w.matrix.isGone(message) {
		w.t.Errorf("%s is gone", message)
	}
}

// setsTimer changes a room's timer as an app that can does.
func (w *world) setsTimer(in *room, staff id.UserID, after time.Duration) id.EventID {
	w.t.Helper()
	content := &event.BeeperDisappearingTimer{}
	if after > 0 {
		content.Type, content.Timer = event.DisappearingTypeAfterSend, jsontime.MS(after)
	}
	as := w.matrix.nextEvent()
	w.bridge.QueueMatrixEvent(w.t.Context(), &event.Event{
		ID: as, RoomID: in.id, Sender: staff, Type: event.StateBeeperDisappearingTimer, StateKey: new(string),
		Timestamp: time.Now().UnixMilli(), Content: event.Content{Parsed: content},
	})
	return as
}

// learns waits until a phone's chat has a timer, in seconds.
func learnsTimer(t *testing.T, phone *whatsapptest.Phone, seconds string) {
	t.Helper()
	must[whatsapptest.Notice](t)(phone.WaitForNotice(deadline(t), func(n whatsapptest.Notice) bool {
		return n.Kind == whatsapptest.NoticeTimer && n.Detail == seconds
	}))
}

func TestMessagesDisappearOnBothSidesInTime(t *testing.T) {
	w := newWorld(t)
	bob := w.phones.MustAddPerson(bobNumber, "Bob")
	w.link(alice, w.phones.MustAddPerson(aliceNumber, "Alice"))
	must[string](t)(bob.Send(t.Context(), aliceNumber, "This stays"))
	in, before := w.hears("This stays")

	if err := bob.SetTimer(t.Context(), aliceNumber, 3*time.Second); err != nil {
		t.Fatal(err)
	}
	same, announced := w.hears("Bob changed this chat: new messages disappear 3 s after they are sent.")
	if same != in || announced.by != ghostOf(bob) || announced.content.MsgType != event.MsgNotice {
		t.Errorf("it is announced by %s in %s", announced.by, same.id)
	}
	must[string](t)(bob.Send(t.Context(), aliceNumber, "This goes"))
	_, fromBob := w.hears("This goes")
	hers := w.says(in, alice, text("Mine goes, too"))
	onPhone := must[whatsapptest.Entry](t)(bob.WaitForText(deadline(t), "Mine goes, too"))
	if onPhone.Timer != 3 {
		t.Errorf("Alice's message has a timer of %d s", onPhone.Timer)
	}
	w.disappears(fromBob.id)
	w.disappears(hers)
	w.phones.Advance(time.Minute)
	must[whatsapptest.Entry](t)(bob.WaitFor(deadline(t), func(e whatsapptest.Entry) bool { return e.ID == onPhone.ID && e.Expired }))

	if err := bob.SetTimer(t.Context(), aliceNumber, 0); err != nil {
		t.Fatal(err)
	}
	w.hears("Bob changed this chat: new messages no longer disappear.")
	w.says(in, alice, text("For good"))
	if got := must[whatsapptest.Entry](t)(bob.WaitForText(deadline(t), "For good")); got.Timer != 0 {
		t.Errorf("Alice's message has a timer of %d s", got.Timer)
	}
	w.stays(before.id)
	w.stays(announced.id)
}

func TestAMessageDisappearsAfterARestart(t *testing.T) {
	w := newWorld(t)
	bob := w.phones.MustAddPerson(bobNumber, "Bob")
	w.link(alice, w.phones.MustAddPerson(aliceNumber, "Alice"))
	if err := bob.SetTimer(t.Context(), aliceNumber, 5*time.Second); err != nil {
		t.Fatal(err)
	}
	must[string](t)(bob.Send(t.Context(), aliceNumber, "Burn this"))
	in, said := w.hears("Burn this")
	mine := w.says(in, alice, text("Burnt"))
	w.matrix.outcome(t, mine)
	w.stop()
	w.stays(said.id)
	w.start()
	w.disappears(said.id)
	w.disappears(mine)
}

func TestATimerAloneMakesNoRoom(t *testing.T) {
	w := newWorld(t)
	bob := w.phones.MustAddPerson(bobNumber, "Bob")
	a := w.link(alice, w.phones.MustAddPerson(aliceNumber, "Alice"))
	if err := bob.SetTimer(t.Context(), aliceNumber, 7*day); err != nil {
		t.Fatal(err)
	}
	w.eventually("the timer to be kept", func() bool {
		kept, err := w.bridge.DB.Portal.GetByKey(t.Context(), portalKey(bob.LID(), a.login.ID))
		return err == nil && kept != nil && kept.Disappear.Timer == 7*day
	})
	w.matrix.mu.Lock()
	if len(w.matrix.rooms) != 0 {
		t.Errorf("there are %d rooms", len(w.matrix.rooms))
	}
	w.matrix.mu.Unlock()
}

func TestANewChatBeginsWithItsOwnersTimer(t *testing.T) {
	w := newWorld(t)
	bob := w.phones.MustAddPerson(bobNumber, "Bob")
	w.link(alice, w.phones.MustAddPerson(aliceNumber, "Alice"))
	bob.SetDefaultTimer(day)
	must[string](t)(bob.Send(t.Context(), aliceNumber, "Moin"))
	in, _ := w.hears("Moin")
	if got := w.bodies(in); !slices.Equal(got, []string{"In this chat, new messages disappear 24 hours after they are sent.", "Moin"}) {
		t.Errorf("the room shows %q", got)
	}
	w.says(in, alice, text("Moin Bob"))
	if got := must[whatsapptest.Entry](t)(bob.WaitForText(deadline(t), "Moin Bob")); got.Timer != 86400 {
		t.Errorf("Alice's answer has a timer of %d s", got.Timer)
	}
}

func TestAGroupsTimerIsOneForAll(t *testing.T) {
	w := newWorld(t)
	bob := w.phones.MustAddPerson(bobNumber, "Bob")
	w.link(alice, w.phones.MustAddPerson(aliceNumber, "Alice"))
	w.link(carol, w.phones.MustAddPerson(carolNumber, "Carol"))
	group := must[string](t)(bob.CreateGroup("Bridge works", aliceNumber, carolNumber))
	must[string](t)(bob.Send(t.Context(), group, "This stays"))
	in, before := w.hears("This stays")
	w.eventually("both logins to know the group as it is", func() bool { return w.inbox.waiting() == 0 })
	if err := bob.SetTimer(t.Context(), group, 3*time.Second); err != nil {
		t.Fatal(err)
	}
	announcement := "Bob changed this chat: new messages disappear 3 s after they are sent."
	if _, announced := w.hears(announcement); announced.by != ghostOf(bob) {
		t.Errorf("it is announced by %s", announced.by)
	}
	must[string](t)(bob.Send(t.Context(), group, "This goes"))
	_, said := w.hears("This goes")
	w.disappears(said.id)
	mine := w.says(in, carol, text("Mine goes, too"))
	if got := must[whatsapptest.Entry](t)(bob.WaitForText(deadline(t), "Mine goes, too")); got.Timer != 3 {
		t.Errorf("Carol's message has a timer of %d s", got.Timer)
	}
	w.disappears(mine)
	// A member cannot set it by a message that says so.
	must[string](t)(bob.SendMessage(t.Context(), group, &waE2E.Message{ProtocolMessage: &waE2E.ProtocolMessage{
		Type: waE2E.ProtocolMessage_EPHEMERAL_SETTING.Enum(), EphemeralExpiration: proto.Uint32(60),
		EphemeralSettingTimestamp: proto.Int64(time.Now().Unix() + 60),
	}}))
	must[string](t)(bob.Send(t.Context(), group, "Still three seconds"))
	w.hears("Still three seconds")
	w.eventually("the inbox to be empty", func() bool { return w.inbox.waiting() == 0 })
	if got := w.bodies(in); !slices.Equal(got, []string{"This stays", announcement, "This goes", "Still three seconds"}) {
		t.Errorf("the room shows %q", got)
	}
	w.stays(before.id)
}

func TestAGroupWithATimerBringsItAlong(t *testing.T) {
	w := newWorld(t)
	bob := w.phones.MustAddPerson(bobNumber, "Bob")
	alices := w.phones.MustAddPerson(aliceNumber, "Alice")
	group := must[string](t)(bob.CreateGroup("Bridge works", aliceNumber))
	if err := bob.SetTimer(t.Context(), group, 90*day); err != nil {
		t.Fatal(err)
	}
	w.link(alice, alices)
	must[string](t)(bob.Send(t.Context(), group, "Moin"))
	in, _ := w.hears("Moin")
	w.says(in, alice, text("Moin Bob"))
	if got := must[whatsapptest.Entry](t)(bob.WaitForText(deadline(t), "Moin Bob")); got.Timer != 7776000 {
		t.Errorf("Alice's message has a timer of %d s", got.Timer)
	}
}

func TestAliceSetsTheTimer(t *testing.T) {
	w := newWorld(t)
	bob := w.phones.MustAddPerson(bobNumber, "Bob")
	w.link(alice, w.phones.MustAddPerson(aliceNumber, "Alice"))
	must[string](t)(bob.Send(t.Context(), aliceNumber, "Moin"))
	in, _ := w.hears("Moin")

	w.setsTimer(in, alice, 7*day)
	if _, said := w.hears("alice changed this chat: new messages disappear 7 days after they are sent."); said.by != botMXID {
		t.Errorf("it is announced by %s", said.by)
	}
	learnsTimer(t, bob, "604800")
	w.says(in, alice, text("This goes"))
	if got := must[whatsapptest.Entry](t)(bob.WaitForText(deadline(t), "This goes")); got.Timer != 604800 {
		t.Errorf("Alice's message has a timer of %d s", got.Timer)
	}
	wrong := w.setsTimer(in, alice, 5*time.Minute)
	got := w.matrix.outcome(t, wrong)
	if got.Status != event.MessageStatusFail || !strings.Contains(got.Message, "24 hours, 7 days, 90 days") || !got.SendNotice {
		t.Errorf("five minutes are answered with %+v", got)
	}
	must[string](t)(bob.Send(t.Context(), aliceNumber, "Seven days it is"))
	w.hears("Seven days it is")
	w.setsTimer(in, alice, 0)
	w.hears("alice changed this chat: new messages no longer disappear.")
	learnsTimer(t, bob, "0")
}

func TestAliceSetsAGroupsTimer(t *testing.T) {
	w := newWorld(t)
	bob := w.phones.MustAddPerson(bobNumber, "Bob")
	w.link(alice, w.phones.MustAddPerson(aliceNumber, "Alice"))
	group := must[string](t)(bob.CreateGroup("Bridge works", aliceNumber))
	must[string](t)(bob.Send(t.Context(), group, "Moin"))
	in, _ := w.hears("Moin")
	w.setsTimer(in, alice, day)
	announcement := "alice changed this chat: new messages disappear 24 hours after they are sent."
	w.hears(announcement)
	w.eventually("the group to have the timer", func() bool {
		g, err := w.phones.Group(group)
		return err == nil && g.Timer == 86400
	})
	// What the server tells of it is not announced again.
	must[string](t)(bob.Send(t.Context(), group, "Good"))
	w.hears("Good")
	w.eventually("the inbox to be empty", func() bool { return w.inbox.waiting() == 0 })
	if got := w.bodies(in); !slices.Equal(got, []string{"Moin", announcement, "Good"}) {
		t.Errorf("the room shows %q", got)
	}
	if err := bob.SetLocked(group, true); err != nil {
		t.Fatal(err)
	}
	refused := w.setsTimer(in, alice, 7*day)
	if got := w.matrix.outcome(t, refused); got.Status != event.MessageStatusFail || !strings.Contains(got.Message, "ask one of its admins") {
		t.Errorf("a locked group answers with %+v", got)
	}
}

func TestATimerCannotBeSetWithoutAConnection(t *testing.T) {
	w := newWorld(t)
	bob := w.phones.MustAddPerson(bobNumber, "Bob")
	a := w.link(alice, w.phones.MustAddPerson(aliceNumber, "Alice"))
	must[string](t)(bob.Send(t.Context(), aliceNumber, "Moin"))
	in, _ := w.hears("Moin")
	a.LogoutRemote(t.Context())
	asked := w.setsTimer(in, alice, day)
	if got := w.matrix.outcome(t, asked); got.Status == event.MessageStatusSuccess {
		t.Errorf("the timer is %+v", got)
	}
}

func TestHistoryTellsTheTimer(t *testing.T) {
	w := newWorld(t)
	alices, bob := w.phones.MustAddPerson(aliceNumber, "Alice"), w.phones.MustAddPerson(bobNumber, "Bob")
	if err := bob.SetTimer(t.Context(), aliceNumber, day); err != nil {
		t.Fatal(err)
	}
	learnsTimer(t, alices, "86400")
	timed := func(text string) *waE2E.Message {
		return &waE2E.Message{ExtendedTextMessage: &waE2E.ExtendedTextMessage{
			Text: proto.String(text), ContextInfo: &waE2E.ContextInfo{Expiration: proto.Uint32(86400)},
		}}
	}
	must[string](t)(alices.Remember(bobNumber, bobNumber, time.Now().Add(-2*day), timed("Over")))
	must[string](t)(alices.Remember(bobNumber, bobNumber, time.Now().Add(-time.Hour), timed("Not over")))
	alices.ShareHistory(&whatsapptest.HistoryOnLink{Inline: true})
	w.link(alice, alices)
	in, _ := w.hears("Not over")
	if got := w.bodies(in); !slices.Equal(got, []string{"Not over"}) {
		t.Errorf("the room shows %q", got)
	}
	w.says(in, alice, text("Moin"))
	if got := must[whatsapptest.Entry](t)(bob.WaitForText(deadline(t), "Moin")); got.Timer != 86400 {
		t.Errorf("Alice's message has a timer of %d s", got.Timer)
	}
}

func TestAMessageDisappearsThoughItsFirstAttemptDied(t *testing.T) {
	w := newWorld(t)
	bob := w.phones.MustAddPerson(bobNumber, "Bob")
	a := w.link(alice, w.phones.MustAddPerson(aliceNumber, "Alice"))
	if err := bob.SetTimer(t.Context(), aliceNumber, day); err != nil {
		t.Fatal(err)
	}
	sent := must[string](t)(bob.Send(t.Context(), aliceNumber, "Moin"))
	_, said := w.hears("Moin")
	w.eventually("the inbox to be empty", func() bool { return w.inbox.waiting() == 0 })
	noted := func() bool {
		list := must[[]*database.DisappearingMessage](t)(w.bridge.DB.DisappearingMessage.GetUpcoming(t.Context(), 2*day, 10))
		return len(list) == 1 && list[0].EventID == said.id
	}
	if !noted() {
		t.Fatal("its time is not noted")
	}
	// As if bridgev2 had died between its two tables.
	if err := w.bridge.DB.DisappearingMessage.Delete(t.Context(), said.id); err != nil {
		t.Fatal(err)
	}
	info := types.MessageInfo{ID: sent, Timestamp: time.Now()}
	info.Chat, info.Sender = bob.LID(), bob.LID()
	again := must[*arrival](t)(arrivalOf(&info, &waE2E.Message{ExtendedTextMessage: &waE2E.ExtendedTextMessage{
		Text: proto.String("Moin"), ContextInfo: &waE2E.ContextInfo{Expiration: proto.Uint32(86400)},
	}}))
	payload := must[[]byte](t)(again.encode())
	if err := w.connector.Deliver(t.Context(), portal.Arrival{Login: string(a.login.ID), Payload: payload, Attempted: time.Now()}); err != nil {
		t.Fatal(err)
	}
	if !noted() {
		t.Error("its time is not noted after the second attempt")
	}
}
