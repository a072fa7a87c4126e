package main

import (
	"reflect"
	"testing"
	"time"

	"go.mau.fi/util/jsontime"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/bridge/bridgetest"
	"passerelle/connectors/whatsapp/whatsapptest"
	"passerelle/portal/say"
)

// types has the homeserver tell whether Claire types.
func (d *dialogue) types(t *testing.T, typing bool) {
	t.Helper()
	who := []id.UserID{}
	if typing {
		who = append(who, d.claire.ID())
	}
	d.homeserverPasses(t, event.EphemeralEventTyping, event.TypingEventContent{UserIDs: who})
}

// hasRead has the homeserver tell that Claire has read something.
func (d *dialogue) hasRead(t *testing.T, what id.EventID) {
	t.Helper()
	d.homeserverPasses(t, event.EphemeralEventReceipt, event.ReceiptEventContent{what: {
		event.ReceiptTypeRead: {d.claire.ID(): {Timestamp: time.Now()}},
	}})
}

// noticed counts what a phone's owner noticed of a kind.
func noticed(phone *whatsapptest.Phone, kind string) (count int) {
	for _, n := range phone.Notices() {
		if n.Kind == kind {
			count++
		}
	}
	return count
}

func TestNothingOfWhatStaffDoGetsOutOfAPortalThatIsPaused(t *testing.T) {
	o := newOffice(t)
	must(t, o.amina.Watch(o.phone.Number()))
	asked := says(t, o.amina, o.phone.Number(), "are you there?")
	question := o.claire.Hears(o.room, "are you there?")
	said := o.claire.Says(o.room, "a word too many")
	word := reads(t, o.amina, "a word too many")
	o.types(t, true)
	notices(t, o.amina, whatsapptest.NoticeTyping)
	o.does(t, "portals")
	o.does(t, "pause 1")
	notices(t, o.amina, whatsapptest.NoticePaused) // who typed does so no more
	before := noticed(o.amina, whatsapptest.NoticeTyping)
	o.types(t, false)
	o.types(t, true)
	o.hasRead(t, question.ID)
	o.claire.Deletes(o.room, said)
	o.homeserverTells(t, map[string]any{
		"type": event.EventRedaction.Type, "room_id": o.room, "event_id": "$deletes:" + o.bridge.Bot("")[2:], "redacts": said,
		"sender": o.claire.ID(), "origin_server_ts": time.Now().UnixMilli(), "content": map[string]any{"redacts": said},
	})
	o.claire.Waits("that it is deleted here only", func(h bridgetest.Heard) bool {
		return h.Text == say.English.Say(say.ChatPausedOut)+"\n"+say.English.Say(say.StoppedDeletion, "WhatsApp")
	})
	o.claire.Says(o.room, "!wa timer 24h")
	o.claire.Waits("that no timer is set", func(h bridgetest.Heard) bool { return h.Text == say.English.Say(say.ChatPausedOut) })
	must(t, o.amina.Typing(o.phone.Number(), true))

	o.does(t, "read-only 1")
	o.hears(t, say.BorderReadOnly)
	o.types(t, false)
	o.types(t, true)
	o.does(t, "reopen 1")
	o.claire.Says(o.room, "the end")
	reads(t, o.amina, "the end")
	for _, entry := range o.amina.Inbox() {
		if entry.ID == asked && entry.Receipts[o.phone.Number()] == "read" {
			t.Error("Amina learned that Claire has read during the pause")
		}
		if entry.ID == word.ID && entry.Deleted {
			t.Error("what was deleted during the pause is gone there")
		}
	}
	if noticed(o.amina, whatsapptest.NoticeTimer) > 0 {
		t.Error("the timer was set during the pause")
	}
	if after := noticed(o.amina, whatsapptest.NoticeTyping); after != before {
		t.Errorf("Amina noticed %d times more that Claire types", after-before)
	}
	o.does(t, "read-only 1")
	o.hasRead(t, question.ID) // people read in a read-only portal
	learns(t, o.amina, asked, o.phone.Number(), "read")
	o.does(t, "reopen 1")
	o.types(t, false)
	o.types(t, true)
	for end := time.Now().Add(time.Minute); noticed(o.amina, whatsapptest.NoticeTyping) == before && time.Now().Before(end); {
		time.Sleep(50 * time.Millisecond)
	}
	if noticed(o.amina, whatsapptest.NoticeTyping) == before {
		t.Error("Amina does not notice that Claire types once all goes on")
	}
}

func TestWhatHappensToMessagesWaitsWhileAPortalIsPaused(t *testing.T) {
	o := newOffice(t)
	said := o.claire.Says(o.room, "said before the pause")
	seen := reads(t, o.amina, "said before the pause")
	hers := says(t, o.amina, o.phone.Number(), "hers before the pause")
	shown := o.claire.Hears(o.room, "hers before the pause")
	regretted := says(t, o.amina, o.phone.Number(), "regretted")
	old := o.claire.Hears(o.room, "regretted")
	poll, err := o.amina.SendPoll(bounded(t), o.phone.Number(), whatsapptest.Poll{Question: "When?", Options: []string{"Monday", "Tuesday"}})
	must(t, err)
	asked := o.claire.Waits("the poll", func(h bridgetest.Heard) bool { return h.Room == o.room && h.Type == event.EventUnstablePollStart })
	o.does(t, "portals")
	o.does(t, "pause 1")
	to := o.phone.Number()
	did := func(_ string, err error) { t.Helper(); must(t, err) }
	did(o.amina.React(bounded(t), to, seen.ID, "🎉"))
	did(o.amina.React(bounded(t), to, hers, "😡"))
	did(o.amina.React(bounded(t), to, hers, "")) // taken back
	did(o.amina.Edit(bounded(t), to, hers, "hers, changed in the pause"))
	did(o.amina.Vote(bounded(t), to, poll, "Tuesday"))
	secret := says(t, o.amina, to, "a secret")
	did(o.amina.React(bounded(t), to, secret, "🤫"))
	did(o.amina.Delete(bounded(t), to, secret))
	did(o.amina.Delete(bounded(t), to, regretted))
	o.claire.SeesDeletion(o.room, old.ID) // what is taken back goes at once, whatever the portal's state
	vote := o.claire.Sends(o.room, event.EventUnstablePollResponse, map[string]any{
		"m.relates_to":                     map[string]any{"rel_type": "m.reference", "event_id": asked.ID},
		"org.matrix.msc3381.poll.response": map[string]any{"answers": []string{"none"}},
	})
	o.claire.Waits("the refusal of a vote", func(h bridgetest.Heard) bool {
		return h.RepliesTo == vote && h.Text == say.English.Say(say.ChatPausedOut)
	})
	must(t, o.bridge.Kill())
	must(t, o.bridge.Start(t.Context()))
	o.does(t, "portals")
	silent(t, o.claire, o.room, "changed in the pause", "a secret")
	for _, h := range o.claire.Log(o.room) {
		if h.Type == event.EventReaction || h.Type == event.EventUnstablePollResponse && h.Sender != o.claire.ID() {
			t.Errorf("during the pause the room shows a %s", h.Type.Type)
		}
	}
	o.does(t, "reopen 1")
	o.claire.SeesReaction(o.room, said, "🎉")
	o.claire.SeesEdit(o.room, shown.ID, "hers, changed in the pause")
	o.claire.Waits("Amina's vote", func(h bridgetest.Heard) bool {
		return h.Type == event.EventUnstablePollResponse && h.Sender != o.claire.ID()
	})
	says(t, o.amina, to, "the end")
	o.claire.Hears(o.room, "the end")
	silent(t, o.claire, o.room, "a secret")
	o.does(t, "close 1 Farewell.")
	reads(t, o.amina, "Farewell.")
	did(o.amina.React(bounded(t), to, seen.ID, "🔥"))
	o.does(t, "reopen 1")
	says(t, o.amina, to, "again")
	o.claire.Hears(o.room, "again")
	for _, h := range o.claire.Log(o.room) {
		if h.Type == event.EventReaction && h.Reaction == "🔥" {
			t.Error("a reaction to a closed portal arrived")
		}
	}
}

func TestAReactionOnTelegramWaitsWhileAPortalIsPaused(t *testing.T) {
	d := newBotDialogue(t, telegramSetup{adjust: []func(*bridgetest.InstallOptions){func(o *bridgetest.InstallOptions) {
		o.Replace = map[string]string{"\nnetworks:\n": "\nadministration:\n  \"@claire:" + bridgetest.DefaultServerName + "\": {role: administrator}\n\nnetworks:\n"}
	}}})
	said := d.claire.Says(d.room, "said before the pause")
	seen, err := d.amina.WaitForText(bounded(t), "said before the pause")
	must(t, err)
	d.claire.Says(d.room, "!tg admin pause")
	d.claire.Waits("that it is paused", func(h bridgetest.Heard) bool { return h.Room == d.room && h.Text == say.English.Say(say.BorderPaused) })
	must(t, d.amina.React(d.bot.ID(), seen.ID, "🎉"))
	send(t, d.amina, d.bot.ID(), "written in the pause")
	elsewhere := d.telegram.MustAddPerson("Bilal", "bilal")
	send(t, elsewhere, d.bot.ID(), "from elsewhere") // one bot brings it all in order
	d.claire.Waits("Bilal's words", func(h bridgetest.Heard) bool { return h.Text == "from elsewhere" })
	for _, h := range d.claire.Log(d.room) {
		if h.Type == event.EventReaction {
			t.Error("the room shows a reaction during the pause")
		}
	}
	held := func() bool { return decisions(t, d.bridge, "kind = 'reaction' AND outcome = 'held'") == 1 }
	for end := time.Now().Add(bridgetest.Patience); !held() && time.Now().Before(end); {
		time.Sleep(50 * time.Millisecond)
	}
	if !held() { // it would hold up what is behind it
		t.Error("the reaction is not put aside")
	}
	d.claire.Says(d.room, "!tg admin reopen")
	d.claire.SeesReaction(d.room, said, "🎉")
	d.claire.Hears(d.room, "written in the pause")
}

func TestNothingChangesInAGroupThatIsPaused(t *testing.T) {
	o := newOffice(t)
	bilal := o.whatsapp.MustAddPerson("+33611111111", "Bilal")
	group, err := o.phone.CreateGroup("Chorale", o.amina.Number(), bilal.Number())
	must(t, err)
	says(t, o.amina, group, "at eight?")
	question := o.claire.Waits("Amina's question", func(h bridgetest.Heard) bool { return h.Text == "at eight?" })
	room := question.Room
	o.claire.SeesMember(room, o.ghost(bilal), event.MembershipJoin)
	before, err := o.whatsapp.Group(group)
	must(t, err)
	o.claire.SeesState(room, event.StatePowerLevels, "", func(e *event.Event) bool { // she may change it
		levels := e.Content.AsPowerLevels()
		return levels.GetUserLevel(o.claire.ID()) >= levels.GetEventLevel(event.StatePowerLevels)
	})
	o.does(t, "portals Chorale")
	o.does(t, "pause 1")
	o.told(t, o.claire, room, say.English.Say(say.BorderPaused))
	refused := func(what string) {
		t.Helper()
		mark := o.claire.Mark()
		switch what {
		case "a member":
			o.claire.SetsState(room, event.StateMember, o.ghost(bilal).String(), &event.MemberEventContent{Membership: event.MembershipLeave})
		case "a right":
			levels := o.claire.State(room, event.StatePowerLevels, "").Content.AsPowerLevels().Clone()
			levels.SetUserLevel(o.ghost(bilal), 50)
			o.claire.SetsState(room, event.StatePowerLevels, "", levels)
		case "a timer":
			o.claire.SetsState(room, event.StateBeeperDisappearingTimer, "", &event.BeeperDisappearingTimer{
				Type: event.DisappearingTypeAfterSend, Timer: jsontime.MS(24 * time.Hour)})
		case "a pin":
			o.claire.SetsState(room, event.StatePinnedEvents, "", &event.PinnedEventsEventContent{Pinned: []id.EventID{question.ID}})
		default:
			o.claire.Says(room, "!wa "+what)
		}
		o.claire.Waits("that the chat is paused, upon "+what, func(h bridgetest.Heard) bool {
			return h.Room == room && h.Text == say.English.Say(say.ChatPausedOut)
		}, mark)
	}
	for _, what := range []string{"a timer", "a pin", "invite-link", "approve 1", "reject 1", "a right", "a member"} {
		refused(what)
	}
	o.claire.SeesMember(room, o.ghost(bilal), event.MembershipJoin) // again
	o.claire.SeesState(room, event.StatePowerLevels, "", func(e *event.Event) bool {
		return e.Content.AsPowerLevels().GetUserLevel(o.ghost(bilal)) == 0
	})
	o.claire.SeesState(room, event.StateBeeperDisappearingTimer, "", func(e *event.Event) bool {
		return e.Content.Parsed.(*event.BeeperDisappearingTimer).Timer.Duration == 0
	})
	o.does(t, "reopen 1")
	o.claire.Says(room, "the end")
	reads(t, o.amina, "the end")
	after, err := o.whatsapp.Group(group)
	must(t, err)
	if !reflect.DeepEqual(after, before) {
		t.Errorf("the group was %+v, and is %+v", before, after)
	}
}
