package whatsapp

import (
	"strings"
	"testing"
	"time"

	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/bridgev2/status"

	"passerelle/connectors/whatsapp/whatsapptest"
)

// impatient looks at phones all the time.
func impatient(c *Connector) { c.phoneLook, c.phoneAnswersIn = 5*time.Millisecond, 50*time.Millisecond }

// wasSeen restarts the bridge after a time in which nothing was seen of the phone.
func (w *world) wasSeen(phone *whatsapptest.Phone, ago time.Duration) {
	w.t.Helper()
	w.eventually("what comes from the phone", func() bool { return phone.Devices()[0].Queued == 0 })
	user := must[*bridgev2.User](w.t)(w.bridge.GetUserByMXID(w.t.Context(), alice))
	if err := user.Save(w.t.Context()); err != nil { // with the room of the bot
		w.t.Fatal(err)
	}
	if err := w.account().keep(w.t.Context(), func(kept *LoginMetadata) { kept.PhoneSeen = time.Now().Add(-ago) }); err != nil {
		w.t.Fatal(err)
	}
	w.stop()
	w.matrix.change(func() { w.matrix.states = nil })
	w.start()
	w.matrix.becomes(w.t, status.StateConnected)
}

// count counts what the bot has said in a room with some words in it.
func (w *world) count(in *room, words string) (count int) {
	w.matrix.change(func() {
		for _, s := range in.said {
			if strings.Contains(s.content.Body, words) {
				count++
			}
		}
	})
	return count
}

func TestThePhoneIsOfflineForDays(t *testing.T) {
	const day, words = 24 * time.Hour, "has not been online since"
	w := newWorld(t)
	w.tune = func(c *Connector) { impatient(c); c.phoneAnswersIn = time.Hour }
	alicesPhone := w.phones.MustAddPerson(aliceNumber, "Alice")
	w.link(alice, alicesPhone)
	desk := w.botRoom(alice)
	// The bridge was away itself: it asks the phone before it says anything.
	w.wasSeen(alicesPhone, 11*day)
	w.eventually("the phone's answer", func() bool { return w.account().silence() < time.Hour })

	alicesPhone.SwitchOff()
	w.tune = impatient
	w.wasSeen(alicesPhone, 11*day)
	told := w.isTold(desk, words)
	since, unlinked := time.Now().Add(-11*day), time.Now().Add(3*day)
	for _, at := range []time.Time{since, unlinked} {
		if want := at.Format("on 2006-01-02"); !strings.Contains(told, want) {
			t.Errorf("Alice reads %q, want %q in it", told, want)
		}
	}
	w.wasSeen(alicesPhone, 11*day) // told already
	w.wasSeen(alicesPhone, 12*day+time.Hour)
	w.matrix.wait(t, "another warning", func() bool {
		count := 0
		for _, s := range desk.said {
			if strings.Contains(s.content.Body, words) {
				count++
			}
		}
		return count == 2
	})
	alicesPhone.SwitchOn()
	w.isTold(desk, "The phone of your WhatsApp account is online again")
	w.eventually("the end of it", func() bool { return w.account().kept().PhoneWarned == 0 })
	if got := w.count(desk, words); got != 2 {
		t.Errorf("Alice was warned %d times, want 2", got)
	}
	// The link is gone after that: that is why.
	alicesPhone.SwitchOff()
	w.wasSeen(alicesPhone, 15*day)
	if err := alicesPhone.Unlink(alicesPhone.Devices()[0].ID); err != nil {
		t.Fatal(err)
	}
	if got := w.matrix.becomes(t, status.StateBadCredentials); !strings.Contains(got.Message, "when the phone is offline for 14 days") {
		t.Errorf("Alice reads %q", got.Message)
	}
}

func TestThePhoneIsSeenByWhatItDoes(t *testing.T) {
	w := newWorld(t)
	alicesPhone, bob := w.phones.MustAddPerson(aliceNumber, "Alice"), w.phones.MustAddPerson(bobNumber, "Bob")
	w.link(alice, alicesPhone)
	must[string](t)(bob.Send(t.Context(), aliceNumber, "hello"))
	in, _ := w.hears("hello")
	for what, happens := range map[string]func(){
		"a message of its own":     func() { must[string](t)(alicesPhone.Send(t.Context(), bobNumber, "from the phone")) },
		"what is sent for it, too": func() { w.says(in, alice, text("from here")) },
		"that it has read what came": func() {
			entry := must[whatsapptest.Entry](t)(alicesPhone.WaitForText(deadline(t), "hello"))
			if err := alicesPhone.MarkRead(bobNumber, entry.ID); err != nil {
				t.Fatal(err)
			}
		},
	} {
		w.wasSeen(alicesPhone, 8*time.Hour)
		happens()
		w.eventually("the phone to be seen by "+what, func() bool { return w.account().silence() < time.Hour })
		w.eventually("that to be kept", func() bool { return time.Since(w.account().kept().PhoneSeen) < time.Hour })
	}
}

func TestWhatSaysNothingOfThePhone(t *testing.T) {
	now, us := time.Now(), types.MessageSource{IsFromMe: true, Sender: types.NewADJID("1", types.LIDDomain, 3)}
	them := types.MessageSource{Sender: types.NewADJID("2", types.LIDDomain, 0)}
	for _, event := range []any{
		&events.Message{Info: types.MessageInfo{MessageSource: us, Timestamp: now}},
		&events.Message{Info: types.MessageInfo{MessageSource: them, Timestamp: now}},
		&events.Receipt{MessageSource: them, Timestamp: now}, &events.Receipt{MessageSource: us, Timestamp: now}, &events.Connected{},
	} {
		if at := seenBy(event); !at.IsZero() {
			t.Errorf("%T counts as a sign of the phone", event)
		}
	}
	w := newWorld(t)
	w.link(alice, w.phones.MustAddPerson(aliceNumber, "Alice"))
	a := w.account()
	a.phoneSeen(now.Add(1000 * time.Hour)) // its clock is wrong
	if got := a.silence(); got < 0 || got > time.Minute {
		t.Errorf("the phone was seen %s ago", got)
	}
	a.phoneSeen(now.Add(-1000 * time.Hour)) // what waited on the way
	if got := a.silence(); got > time.Minute {
		t.Errorf("the phone was seen %s ago", got)
	}
}

func TestDaysOfWarningThatMakeNoSense(t *testing.T) {
	for _, days := range [][]int{{0}, {14}, {12, 10}, {10, 10}} {
		if validateWarnings(days) == nil {
			t.Errorf("%v is taken", days)
		}
	}
	for _, days := range [][]int{nil, {1, 13}} {
		if err := validateWarnings(days); err != nil {
			t.Errorf("%v: %v", days, err)
		}
	}
}
