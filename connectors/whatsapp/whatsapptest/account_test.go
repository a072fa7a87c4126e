package whatsapptest

import (
	"errors"
	"strings"
	"testing"
	"time"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
	"google.golang.org/protobuf/proto"
)

// refused sends a text that the server must turn down with an error.
func (c *companion) refused(to types.JID, text, code string) {
	c.t.Helper()
	_, err := c.SendMessage(waiting(c.t), to, &waE2E.Message{Conversation: proto.String(text)})
	if !errors.Is(err, whatsmeow.ErrServerReturnedError) || !strings.HasSuffix(err.Error(), code) {
		c.t.Errorf("%q gives %v instead of error %s", text, err, code)
	}
}

func TestAnAccountMayNotWriteToStrangers(t *testing.T) {
	s := testServer(t)
	alice, bob, carol := s.MustAddPerson(aliceNumber, "Alice"), s.MustAddPerson(bobNumber, "Bob"), s.MustAddPerson(carolNumber, "Carol")
	client := link(t, s, alice, "alice's client")
	phoneSays(t, bob, aliceNumber, "we know each other")
	client.hearsText("we know each other")
	until := time.Unix(time.Now().Add(6*time.Hour).Unix(), 0)
	must(t, alice.Timelock(until))
	lock := hears[*events.NotifyAccountReachoutTimelock](client, nil)
	if !lock.IsActive || !lock.TimeEnforcementEnds.Equal(until) {
		t.Errorf("client heard %+v", lock)
	}
	client.refused(carol.LID(), "hello stranger", "463")
	if _, err := alice.Send(waiting(t), carolNumber, "hello stranger"); !errors.Is(err, ErrRefused) {
		t.Errorf("sending from the phone gives %v", err)
	}
	client.says(bob.LID(), "hello friend")
	sees(t, bob, "hello friend")
	s.Advance(7 * time.Hour)
	client.says(carol.LID(), "hello at last")
	sees(t, carol, "hello at last")
	must(t, alice.Timelock(time.Time{}))
	hears(client, func(e *events.NotifyAccountReachoutTimelock) bool { return !e.IsActive })
}

func TestMessagesMeetWithErrors(t *testing.T) {
	s := testServer(t)
	alice, bob := s.MustAddPerson(aliceNumber, "Alice"), s.MustAddPerson(bobNumber, "Bob")
	client := link(t, s, alice, "alice's client")
	group, err := alice.CreateGroup("Team", bobNumber)
	must(t, err)
	team := hears[*events.JoinedGroup](client, nil).JID
	must(t, s.RefuseMessages(AckRule{From: aliceNumber, To: group, Code: 420, Times: 1}))
	must(t, s.RefuseMessages(AckRule{From: aliceNumber, To: bobNumber, Code: 479}))
	client.refused(team, "one", "420")
	client.says(team, "two")
	sees(t, bob, "two")
	client.refused(bob.LID(), "three", "479")
	client.refused(bob.LID(), "four", "479")
	phoneSays(t, bob, aliceNumber, "what is it?")
	client.hearsText("what is it?")
	s.ClearAckRules()
	client.says(bob.LID(), "five")
	sees(t, bob, "five")
	for _, bad := range []AckRule{{}, {Code: 463, From: carolNumber}, {Code: 463, To: "120363000000000009@g.us"}} {
		if s.RefuseMessages(bad) == nil {
			t.Errorf("%+v was laid", bad)
		}
	}
}

func TestAPhoneIsOffForDays(t *testing.T) {
	s := testServer(t)
	alice, bob := s.MustAddPerson(aliceNumber, "Alice"), s.MustAddPerson(bobNumber, "Bob")
	client := link(t, s, alice, "alice's client")
	alice.SwitchOff()
	phoneSays(t, bob, aliceNumber, "are you there?")
	heard := client.hearsText("are you there?") // the companion does not need the phone
	_, err := client.SendPeerMessage(waiting(t), client.BuildUnavailableMessageRequest(bob.LID(), bob.LID(), heard.Info.ID))
	must(t, err)
	client.says(bob.LID(), "my phone is off")
	sees(t, bob, "my phone is off")
	s.Advance(13 * 24 * time.Hour)
	if entries := alice.Inbox(); len(entries) != 0 {
		t.Errorf("a phone that is off shows %+v", entries)
	}
	alice.SwitchOn()
	sees(t, alice, "are you there?")
	if again := client.hearsText("are you there?"); again.UnavailableRequestID == "" {
		t.Error("the phone did not answer")
	}
}

// The client hears no messages: what whatsmeow does with their senders' names in the background races with Store.Delete.
func TestClientsAreUnlinkedWhenThePhoneStaysOff(t *testing.T) {
	s := testServer(t)
	alice := s.MustAddPerson(aliceNumber, "Alice")
	client := link(t, s, alice, "alice's client")
	alice.SwitchOff()
	s.Advance(13 * 24 * time.Hour)
	if devices := alice.Devices(); len(devices) != 1 || !devices[0].Connected {
		t.Errorf("devices are %+v", devices)
	}
	s.Advance(2 * 24 * time.Hour)
	hears[*events.LoggedOut](client, nil)
	if devices := alice.Devices(); len(devices) != 0 {
		t.Errorf("devices are %+v", devices)
	}
}

func TestAnAccountIsBannedForAWhile(t *testing.T) {
	s := testServer(t)
	alice := s.MustAddPerson(aliceNumber, "Alice")
	client := link(t, s, alice, "alice's client")
	must(t, alice.Ban(int(events.TempBanBlockedByUsers), 24*time.Hour))
	ban := hears[*events.TemporaryBan](client, nil)
	if ban.Code != events.TempBanBlockedByUsers || ban.Expire != 24*time.Hour {
		t.Errorf("client heard %+v", ban)
	}
	must(t, alice.ClearFaults(1))
	client.Disconnect()
	client.forgets()
	must(t, client.Connect())
	hears[*events.Connected](client, nil)
}
