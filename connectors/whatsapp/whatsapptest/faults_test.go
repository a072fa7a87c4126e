package whatsapptest

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types/events"
	"google.golang.org/protobuf/proto"
)

func TestLoginsAreRefusedWithAReason(t *testing.T) {
	s := testServer(t)
	alice := s.MustAddPerson(aliceNumber, "Alice")
	client := link(t, s, alice, "alice's client")
	refuse := func(r Refusal) {
		t.Helper()
		client.Disconnect()
		client.forgets()
		must(t, alice.RefuseLogin(1, r))
		must(t, client.Connect())
	}
	refuse(Refusal{Reason: 402, Code: 101, Expire: time.Hour})
	if ban := hears[*events.TemporaryBan](client, nil); ban.Code != 101 || ban.Expire != time.Hour {
		t.Errorf("client heard %+v", ban)
	}
	refuse(Refusal{Reason: 405})
	hears[*events.ClientOutdated](client, nil)
	refuse(Refusal{Reason: 418, Message: "teapot"})
	if failure := hears[*events.ConnectFailure](client, nil); failure.Reason != 418 || failure.Message != "teapot" {
		t.Errorf("client heard %+v", failure)
	}
	refuse(Refusal{Reason: 503, Times: 1})
	hears[*events.Connected](client, nil) // it tries again
	refuse(Refusal{Reason: 401})
	hears[*events.LoggedOut](client, nil)
}

func TestConnectionsEndInManyWays(t *testing.T) {
	s := testServer(t)
	alice, bob := s.MustAddPerson(aliceNumber, "Alice"), s.MustAddPerson(bobNumber, "Bob")
	client := link(t, s, alice, "alice's client")
	for name, end := range map[string]func() error{
		"cut": func() error { return alice.Cut(1) },
		"515": func() error { return alice.StreamError(1, "515") },
		"503": func() error { return alice.StreamError(1, "503") },
	} {
		client.forgets()
		must(t, end())
		hears[*events.Connected](client, nil)
		phoneSays(t, bob, aliceNumber, "after "+name)
		client.hearsText("after " + name)
	}
	must(t, alice.ReplaceStream(1))
	hears[*events.StreamReplaced](client, nil)
	for client.IsConnected() {
		pause(waiting(t), tick)
	}
	client.forgets()
	must(t, client.Connect())
	hears[*events.Connected](client, nil)
	must(t, alice.StreamError(1, "516"))
	if failed := hears[*events.StreamError](client, nil); failed.Code != "516" {
		t.Errorf("client heard %+v", failed)
	}
}

func TestASecondLoginReplacesTheFirst(t *testing.T) {
	s := testServer(t)
	alice, bob := s.MustAddPerson(aliceNumber, "Alice"), s.MustAddPerson(bobNumber, "Bob")
	first := link(t, s, alice, "first")
	second := companionOn(t, s, "second", first.Store)
	must(t, second.Connect())
	hears[*events.Connected](second, nil)
	hears[*events.StreamReplaced](first, nil)
	phoneSays(t, bob, aliceNumber, "who hears me?")
	second.hearsText("who hears me?")
}

func TestStanzasAreDroppedDoubledDelayedAndReordered(t *testing.T) {
	s := testServer(t)
	alice, bob := s.MustAddPerson(aliceNumber, "Alice"), s.MustAddPerson(bobNumber, "Bob")
	client := link(t, s, alice, "alice's client")
	say := func(text string) { t.Helper(); phoneSays(t, bob, aliceNumber, text) }
	next := func() string { t.Helper(); return textOf(hears[*events.Message](client, nil).Message) }
	say("hello")
	client.hearsText("hello")       // its answer would begin a session of its own
	client.says(bob.LID(), "hello") // from here on in session
	sees(t, bob, "hello")
	settled(t, alice, 1)
	client.forgets()

	must(t, alice.Tamper(1, Rule{Fault: Reorder}))
	say("one")
	say("two")
	if first, second := next(), next(); first != "two" || second != "one" {
		t.Errorf("heard %q, then %q", first, second)
	}
	must(t, alice.Tamper(1, Rule{Fault: Duplicate}))
	say("three")
	say("four")
	if first, second := next(), next(); first != "three" || second != "four" { // the second copy does not decrypt
		t.Errorf("heard %q, then %q", first, second)
	}
	must(t, alice.Tamper(1, Rule{Fault: Delay, Delay: 300 * time.Millisecond}))
	start := time.Now()
	say("five")
	if heard := next(); heard != "five" || time.Since(start) < 300*time.Millisecond {
		t.Errorf("heard %q after %s", heard, time.Since(start))
	}
	settled(t, alice, 1)
	must(t, alice.Tamper(1, Rule{Fault: Drop}))
	say("six")
	say("seven")
	if heard := next(); heard != "seven" {
		t.Errorf("heard %q", heard)
	}
	client.Disconnect()
	must(t, client.Connect())
	if heard := next(); heard != "six" { // the server still had it
		t.Errorf("heard %q", heard)
	}
	must(t, alice.Tamper(1, Rule{Fault: Drop, Times: 100}))
	must(t, alice.ClearFaults(1))
	say("eight")
	client.hearsText("eight")
	for _, bad := range []Rule{{Fault: "burn"}, {Fault: Delay}} {
		if alice.Tamper(1, bad) == nil {
			t.Errorf("%+v was laid", bad)
		}
	}
}

func TestTheAcknowledgementOfAMessageIsLost(t *testing.T) {
	s := testServer(t)
	alice, bob := s.MustAddPerson(aliceNumber, "Alice"), s.MustAddPerson(bobNumber, "Bob")
	client := link(t, s, alice, "alice's client")
	must(t, alice.Tamper(1, Rule{Fault: Drop, Tag: "ack"}))
	_, err := client.SendMessage(waiting(t), bob.LID(), &waE2E.Message{Conversation: proto.String("are you there?")},
		whatsmeow.SendRequestExtra{Timeout: 300 * time.Millisecond})
	if !errors.Is(err, whatsmeow.ErrMessageTimedOut) {
		t.Errorf("sending gives %v", err)
	}
	sees(t, bob, "are you there?")
}

func TestMessagesToAPersonAreRefused(t *testing.T) {
	s := testServer(t)
	alice, bob := s.MustAddPerson(aliceNumber, "Alice"), s.MustAddPerson(bobNumber, "Bob")
	client := link(t, s, alice, "alice's client")
	must(t, s.RefuseMessagesTo(bobNumber, 463))
	_, err := client.SendMessage(waiting(t), bob.LID(), &waE2E.Message{Conversation: proto.String("stranger")})
	if !errors.Is(err, whatsmeow.ErrServerReturnedError) || !strings.Contains(err.Error(), "463") {
		t.Errorf("sending gives %v", err)
	}
	if _, err := alice.Send(waiting(t), bobNumber, "stranger too"); !errors.Is(err, ErrRefused) {
		t.Errorf("sending from the phone gives %v", err)
	}
	must(t, s.RefuseMessagesTo(bobNumber, 0))
	client.says(bob.LID(), "friend")
	sees(t, bob, "friend")
	if entries := bob.Inbox(); len(entries) != 1 {
		t.Errorf("Bob sees %+v", entries)
	}
}

func TestLinkingBreaksInTheMiddle(t *testing.T) {
	s := testServer(t)
	alice := s.MustAddPerson(aliceNumber, "Alice")
	client := newCompanion(t, s, "alice's client")
	code := client.showsQR()
	first := hears[*events.QR](client, nil)
	s.BreakNextLink("515", false)
	if _, err := alice.ScanQR(waiting(t), code); !errors.Is(err, ErrClientGone) {
		t.Errorf("linking gives %v", err)
	}
	again := hears[*events.QR](client, nil) // it reconnects and shows other codes
	if again.Codes[0] == first.Codes[0] {
		t.Error("the client shows the old code")
	}
	_, err := alice.ScanQR(waiting(t), again.Codes[0])
	must(t, err)
	hears[*events.Connected](client, nil)
}

// A whatsmeow client that is sent a stream error right after pair-success races with itself (Store.Delete in handlePair against
// the reconnect in handleStreamError), so that what the server sends is looked at without one.
func TestLinkingBreaksRightAfterTheOffer(t *testing.T) {
	s := testServer(t)
	alice := s.MustAddPerson(aliceNumber, "Alice")
	client := &registration{conn: &conn{server: s, out: newMailbox[parcel](), label: "a client"}, keys: alice.signal.publish()}
	client.conn.registration = client
	s.BreakNextLink("515", true)
	ctx, cancel := context.WithCancel(waiting(t))
	ended := make(chan error)
	go func() {
		_, err := alice.linkClient(ctx, client, randomBytes(32))
		ended <- err
	}()
	offer, err := client.conn.out.take(ctx)
	must(t, err)
	if _, ok := offer.stanza.GetOptionalChildByTag("pair-success"); !ok || offer.last {
		t.Errorf("server sends %s first", offer.stanza.String())
	}
	end, err := client.conn.out.take(ctx)
	must(t, err)
	if end.stanza.Tag != "stream:error" || text(&end.stanza, "code") != "515" || !end.last {
		t.Errorf("server sends %s then", end.stanza.String())
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("linking gives %v", err)
	}
}
