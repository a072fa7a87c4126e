package main

import (
	"database/sql"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/bridge/bridgetest"
	"passerelle/connectors/telegram/telegramtest"
	"passerelle/portal/say"
)

// hasWithdrawn sees that the ledger holds one message that was taken back, of one direction.
func hasWithdrawn(t *testing.T, bridge *bridgetest.Installation, direction string) {
	t.Helper()
	if count := decisions(t, bridge, "outcome = 'withdrawn' AND direction = ?", direction); count != 1 {
		t.Errorf("the ledger holds %d messages that were taken back on the way %s", count, direction)
	}
}

// decisions counts what the ledger holds.
func decisions(t *testing.T, bridge *bridgetest.Installation, where string, args ...any) (count int) {
	t.Helper()
	db, err := sql.Open("sqlite3", "file:"+filepath.Join(filepath.Dir(bridge.Config()), "data", "passerelle.db")+"?_busy_timeout=5000")
	must(t, err)
	defer db.Close()
	must(t, db.QueryRowContext(bounded(t), "SELECT COUNT(*) FROM decision WHERE "+where, args...).Scan(&count))
	return count
}

// silent sees that a room never showed any of some words.
func silent(t *testing.T, who *bridgetest.Actor, room id.RoomID, words ...string) {
	t.Helper()
	for _, h := range who.Log(room) {
		if slices.ContainsFunc(words, func(w string) bool { return strings.Contains(h.Text, w) }) {
			t.Errorf("the room showed %q", h.Text)
		}
	}
}

func TestWhatAContactTakesBackWhileItWaitsDoesNotAppear(t *testing.T) {
	o := newHoldingOffice(t)
	sent := says(t, o.amina, o.phone.Number(), "the invoice, by mistake")
	o.told(t, o.claire, o.room, say.English.Say(say.HeldIn, "WhatsApp"))
	_, err := o.amina.Edit(bounded(t), o.phone.Number(), sent, "the invoice, once more by mistake") // which waits, too
	must(t, err)
	numbers := o.waiting(t)
	if len(numbers) != 1 {
		t.Fatalf("there wait %q", numbers)
	}
	must(t, o.bridge.Kill())
	must(t, o.bridge.Start(t.Context()))
	_, err = o.amina.Delete(bounded(t), o.phone.Number(), sent)
	must(t, err)
	o.told(t, o.claire, o.room, say.English.Say(say.HeldTakenBack, "WhatsApp"))
	if answer := o.does(t, "approve "+numbers[0]); answer != say.English.Say(say.AdminTakenBack) {
		t.Errorf("the approval is answered with %q", answer)
	}
	says(t, o.amina, o.phone.Number(), "the end")
	o.claire.Hears(o.room, "the end")
	silent(t, o.claire, o.room, "by mistake")
	if rest := o.waiting(t); len(rest) > 0 {
		t.Errorf("there still wait %q", rest)
	}
	hasWithdrawn(t, o.bridge, "in")
}

func TestWhatIsAboutAMessageThatWaitsComesAfterIt(t *testing.T) {
	o := newHoldingOffice(t)
	sent := says(t, o.amina, o.phone.Number(), "the invoice of May")
	o.told(t, o.claire, o.room, say.English.Say(say.HeldIn, "WhatsApp"))
	_, err := o.amina.Edit(bounded(t), o.phone.Number(), sent, "the picnic of May")
	must(t, err)
	_, err = o.amina.React(bounded(t), o.phone.Number(), sent, "🎉")
	must(t, err)
	says(t, o.amina, o.phone.Number(), "another matter")
	o.claire.Hears(o.room, "another matter")
	silent(t, o.claire, o.room, "of May") // neither what waits nor what nobody has approved
	must(t, o.bridge.Kill())
	must(t, o.bridge.Start(t.Context()))
	numbers := o.waiting(t)
	if len(numbers) != 1 {
		t.Fatalf("there wait %q", numbers)
	}
	o.does(t, "approve "+numbers[0])
	heard := o.claire.Waits("what was approved", func(h bridgetest.Heard) bool { return h.Room == o.room && h.Text == "the invoice of May" })
	o.claire.SeesEdit(o.room, heard.ID, "the picnic of May")
	o.claire.SeesReaction(o.room, heard.ID, "🎉")
}

func TestStaffTakeBackAndChangeWhatWaits(t *testing.T) {
	o := newHoldingOffice(t)
	gone := o.claire.Says(o.room, "an invoice too many")
	o.refusedWith(t, gone, "Invoices are looked at first.")
	changed := o.claire.Says(o.room, "an invoice for Amina")
	o.refusedWith(t, changed, "Invoices are looked at first.")
	edit := o.claire.Edits(o.room, changed, "a letter for Amina")
	o.refusedWith(t, edit, say.English.Say(say.HeldChange, "WhatsApp"))
	numbers := o.waiting(t)
	if len(numbers) != 2 {
		t.Fatalf("there wait %q", numbers)
	}
	o.claire.Deletes(o.room, gone)
	o.homeserverTells(t, map[string]any{ // which Dendrite does not
		"type": event.EventRedaction.Type, "room_id": o.room, "event_id": "$taken-back:" + o.bridge.Bot("")[2:], "redacts": gone,
		"sender": o.claire.ID(), "origin_server_ts": time.Now().UnixMilli(), "content": map[string]any{"redacts": gone},
	})
	if answer := o.does(t, "approve "+numbers[0]); answer != say.English.Say(say.AdminTakenBack) {
		t.Errorf("the approval is answered with %q", answer)
	}
	o.does(t, "approve "+numbers[1])
	// The change may be there before anybody has looked; it has nothing to change unless the message came first.
	if entry := reads(t, o.amina, "a letter for Amina"); !entry.Edited {
		t.Errorf("Amina reads %+v, and no changed message", entry)
	}
	for _, entry := range o.amina.Inbox() {
		if strings.Contains(entry.Text, "too many") {
			t.Error("what was deleted went out")
		}
	}
	hasWithdrawn(t, o.bridge, "out")
}

func TestWhatIsTakenBackOnTelegramWhileItWaitsDoesNotAppear(t *testing.T) {
	d := newBotDialogue(t, telegramSetup{adjust: []func(*bridgetest.InstallOptions){func(o *bridgetest.InstallOptions) {
		o.Replace = map[string]string{"\nnetworks:\n": holdingPolicy + "\nadministration:\n  \"@claire:" + bridgetest.DefaultServerName +
			"\": {role: administrator}\n\nnetworks:\n"}
	}}})
	answered := func(command, words string) string {
		t.Helper()
		mark := d.claire.Mark()
		d.claire.Says(d.desk, command)
		return d.claire.Waits("the answer to "+command, func(h bridgetest.Heard) bool {
			return h.Room == d.desk && h.Sender != d.claire.ID() && strings.Contains(h.Text, words)
		}, mark).Text
	}
	owner := d.telegram.MustAddPerson("Claire", "claire_b")
	_, err := owner.Start(d.bot.ID(), startToken.FindStringSubmatch(answered("business", "own Telegram account"))[2])
	must(t, err)
	d.claire.Waits("whose account it is", func(h bridgetest.Heard) bool { return h.Room == d.desk && strings.Contains(h.Text, "is yours, then") })
	mark := d.claire.Mark()
	_, err = owner.Connect(d.bot.ID(), allRights)
	must(t, err)
	d.claire.Waits("that the account is connected", func(h bridgetest.Heard) bool {
		return h.Text == say.English.Say(say.BusinessConnected, "Telegram", "Claire")
	}, mark)
	send(t, d.amina, owner.ID(), "hello")
	room := d.claire.Waits("Amina's first words", func(h bridgetest.Heard) bool { return h.Text == "hello" }).Room
	waits := func(text string) int64 {
		t.Helper()
		mark := d.claire.Mark()
		sent, err := d.amina.Send(owner.ID(), text)
		must(t, err)
		d.claire.Waits("that it waits", func(h bridgetest.Heard) bool {
			return h.Room == room && h.Text == say.English.Say(say.HeldIn, "Telegram")
		}, mark)
		return sent
	}
	gone, changed := waits("the invoice, by mistake"), waits("the invoice of May")
	must(t, d.amina.Delete(owner.ID(), gone))
	d.claire.Waits("that it was taken back", func(h bridgetest.Heard) bool {
		return h.Room == room && h.Text == say.English.Say(say.HeldTakenBack, "Telegram")
	})
	must(t, d.amina.Edit(owner.ID(), changed, telegramtest.Text{Text: "the picnic of May"}))
	send(t, d.amina, owner.ID(), "another matter")
	d.claire.Hears(room, "another matter")
	silent(t, d.claire, room, "by mistake", "of May")
	numbers := waitingNumber.FindAllStringSubmatch(answered("admin waiting", "2. "), -1)
	if len(numbers) != 1 || numbers[0][1] != "2" {
		t.Fatalf("there wait %q", numbers)
	}
	answered("admin approve 1", say.English.Say(say.AdminTakenBack))
	d.claire.Says(d.desk, "admin approve 2")
	heard := d.claire.Waits("what was approved", func(h bridgetest.Heard) bool { return h.Room == room && h.Text == "the invoice of May" })
	d.claire.SeesEdit(room, heard.ID, "the picnic of May")
	silent(t, d.claire, room, "by mistake")
	hasWithdrawn(t, d.bridge, "in")
}
