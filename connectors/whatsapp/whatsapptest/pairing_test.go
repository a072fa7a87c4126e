package whatsapptest

import (
	"errors"
	"strings"
	"testing"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
)

func TestAliceLinksAClientByQRCode(t *testing.T) {
	s := testServer(t)
	alice := s.MustAddPerson("+33 6 12 34 50 01", "Alice")
	client := newCompanion(t, s, "alice's client")

	device, err := alice.ScanQR(waiting(t), client.showsQR())
	must(t, err)
	if device.ID != 1 || device.Platform == "" {
		t.Errorf("first companion is %+v", device)
	}
	paired := hears[*events.PairSuccess](client, nil)
	if paired.ID.User != aliceNumber || paired.LID.User != alice.LID().User {
		t.Errorf("client was linked as %s / %s", paired.ID, paired.LID)
	}
	hears[*events.Connected](client, nil)
	if client.Store.LID.User != alice.LID().User {
		t.Errorf("client does not know its LID: %s", client.Store.LID)
	}
	hears(client, func(e *events.AppStateSyncComplete) bool { return e.Name == "critical_block" })
	if client.Store.PushName != "Alice" {
		t.Errorf("client took %q for the owner's name", client.Store.PushName)
	}
	if devices := alice.Devices(); len(devices) != 1 || !devices[0].Connected || devices[0].PreKeys == 0 {
		t.Errorf("phone lists %+v", devices)
	}
}

// asksForCode connects an unlinked client and returns the pairing code that it shows.
func (c *companion) asksForCode(number string) string {
	c.t.Helper()
	c.showsQR() // a client asks once it has its QR codes
	code, err := c.PairPhone(waiting(c.t), number, true, whatsmeow.PairClientChrome, "Chrome (Linux)")
	must(c.t, err)
	return code
}

func TestAliceLinksAClientByPairingCode(t *testing.T) {
	s := testServer(t)
	alice := s.MustAddPerson(aliceNumber, "Alice")
	client := newCompanion(t, s, "alice's client")

	code := client.asksForCode("+" + aliceNumber)
	if _, err := alice.WaitForNotice(waiting(t), func(n Notice) bool { return n.Kind == NoticePairingRequested }); err != nil {
		t.Fatal(err)
	}
	_, err := alice.EnterCode(waiting(t), strings.ToLower(strings.ReplaceAll(code, "-", "")))
	must(t, err)
	hears[*events.PairSuccess](client, nil)
	hears[*events.Connected](client, nil)
}

func TestAliceMistypesThePairingCode(t *testing.T) {
	s := testServer(t)
	alice := s.MustAddPerson(aliceNumber, "Alice")
	bob := s.MustAddPerson(bobNumber, "Bob")
	client := newCompanion(t, s, "alice's client")
	code := client.asksForCode(aliceNumber)

	wrong := "1" + code[1:]
	if wrong == code {
		wrong = "2" + code[1:]
	}
	if _, err := alice.EnterCode(waiting(t), wrong); !errors.Is(err, ErrWrongPairingCode) {
		t.Errorf("a wrong code gives %v", err)
	}
	if _, err := alice.EnterCode(waiting(t), "0000-000O"); !errors.Is(err, ErrBadPairingCode) {
		t.Errorf("a text that is no code gives %v", err)
	}
	if _, err := bob.EnterCode(waiting(t), code); !errors.Is(err, ErrNoPairing) {
		t.Errorf("somebody else's code gives %v", err)
	}
	_, err := alice.EnterCode(waiting(t), code)
	must(t, err)
	hears[*events.Connected](client, nil)
}

func TestPairingCodesAreOnlyForWellFormedRequests(t *testing.T) {
	s := testServer(t)
	s.MustAddPerson(aliceNumber, "Alice")
	client := newCompanion(t, s, "client")
	client.showsQR()
	ask := func(number, display string) error {
		_, err := client.PairPhone(waiting(t), number, true, whatsmeow.PairClientChrome, display)
		return err
	}
	if err := ask(aliceNumber, "Passerelle"); !errors.Is(err, whatsmeow.ErrIQBadRequest) {
		t.Errorf("a display name that is not Browser (System) gives %v", err)
	}
	if err := ask(bobNumber, "Chrome (Linux)"); !errors.Is(err, whatsmeow.ErrIQNotFound) {
		t.Errorf("a number that nobody has gives %v", err)
	}
}

func TestQRCodesThatDoNotWork(t *testing.T) {
	s := testServer(t)
	alice := s.MustAddPerson(aliceNumber, "Alice")
	one, other := newCompanion(t, s, "one"), newCompanion(t, s, "other")
	first, second := one.showsQR(), other.showsQR()

	if _, err := alice.ScanQR(waiting(t), "https://example.org"); !errors.Is(err, ErrBadQR) {
		t.Errorf("a QR code of something else gives %v", err)
	}
	mixed := strings.Join(append(strings.Split(first, ",")[:1], strings.Split(second, ",")[1:]...), ",")
	if _, err := alice.ScanQR(waiting(t), mixed); !errors.Is(err, ErrUnknownCode) {
		t.Errorf("a code with another client's keys gives %v", err)
	}
	one.Disconnect()
	for { // the server notices in its own time
		_, err := alice.ScanQR(waiting(t), first)
		if errors.Is(err, ErrUnknownCode) {
			break
		} else if !errors.Is(err, ErrClientGone) {
			t.Fatalf("the code of a client that left gives %v", err)
		}
	}
}

func TestAClientMayRefuseToBeLinked(t *testing.T) {
	s := testServer(t)
	alice := s.MustAddPerson(aliceNumber, "Alice")
	client := newCompanion(t, s, "client")
	client.PrePairCallback = func(types.JID, string, string) bool { return false }
	if _, err := alice.ScanQR(waiting(t), client.showsQR()); err == nil {
		t.Error("a client that refused was linked")
	}
	hears[*events.PairError](client, nil)
	if devices := alice.Devices(); len(devices) != 0 {
		t.Errorf("phone lists %+v", devices)
	}
}

func TestTwoPhonesCannotTakeOneClient(t *testing.T) {
	s := testServer(t)
	alice, bob := s.MustAddPerson(aliceNumber, "Alice"), s.MustAddPerson(bobNumber, "Bob")
	client := newCompanion(t, s, "client")
	code := client.showsQR()
	_, err := alice.ScanQR(waiting(t), code)
	must(t, err)
	if _, err := bob.ScanQR(waiting(t), code); !errors.Is(err, ErrUnknownCode) {
		t.Errorf("the second phone gets %v", err)
	}
	hears[*events.Connected](client, nil)
}

func TestAliceUnlinksHerClientOnThePhone(t *testing.T) {
	s := testServer(t)
	alice, bob := s.MustAddPerson(aliceNumber, "Alice"), s.MustAddPerson(bobNumber, "Bob")
	client := link(t, s, alice, "alice's client")
	bobs := link(t, s, bob, "bob's client")
	client.says(bob.LID(), "we talked before")
	sees(t, bob, "we talked before")

	must(t, alice.Unlink(1))
	out := hears[*events.LoggedOut](client, nil)
	if out.OnConnect || len(alice.Devices()) != 0 {
		t.Errorf("client heard %+v, phone lists %+v", out, alice.Devices())
	}
	if err := alice.Unlink(1); !errors.Is(err, ErrNoSuchDevice) {
		t.Errorf("unlinking again gives %v", err)
	}
	bobs.says(alice.LID(), "only your phone is left")
	sees(t, alice, "only your phone is left")
}

func TestAliceLogsOutInTheClient(t *testing.T) {
	s := testServer(t)
	alice := s.MustAddPerson(aliceNumber, "Alice")
	client := link(t, s, alice, "alice's client")
	must(t, client.Logout(waiting(t)))
	if _, err := alice.WaitForNotice(waiting(t), func(n Notice) bool { return n.Kind == NoticeCompanionLeft && n.Device == 1 }); err != nil {
		t.Fatal(err)
	}
	if devices := alice.Devices(); len(devices) != 0 {
		t.Errorf("phone lists %+v", devices)
	}
}

func TestAClientThatWasUnlinkedWhileAwayIsTurnedDown(t *testing.T) {
	s := testServer(t)
	alice := s.MustAddPerson(aliceNumber, "Alice")
	client := link(t, s, alice, "alice's client")
	client.Disconnect()
	must(t, alice.Unlink(1))
	must(t, client.Connect())
	if out := hears[*events.LoggedOut](client, nil); !out.OnConnect {
		t.Errorf("client heard %+v", out)
	}
}
