package main

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"maunium.net/go/mautrix/id"

	"passerelle/bridge/bridgetest"
	"passerelle/connectors/whatsapp/whatsapptest"
	"passerelle/portal/say"
)

// linkingCode is a code to type on the phone.
var linkingCode = regexp.MustCompile(`[A-Z0-9]{4}-[A-Z0-9]{4}`)

// loginState returns the state of a phone's login as /readyz tells it; "" when there is no such login.
func (s *stage) loginState(t *testing.T, phone *whatsapptest.Phone) string {
	t.Helper()
	ready, err := s.bridge.Readiness(bounded(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, login := range ready.Networks["whatsapp"].Logins {
		if login.Login == phone.LID().User {
			return login.State
		}
	}
	return ""
}

// eventually waits until a condition holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(bridgetest.Patience); !holds(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

func TestAPhoneIsLinkedByACode(t *testing.T) {
	s := newStage(t)
	claire := s.Staff(t, "claire")
	phone := s.whatsapp.MustAddPerson("+33700000001", "Claire")
	room := s.botRoom(t, claire)
	claire.Says(room, "login code")
	claire.Waits("the question for the number", func(h bridgetest.Heard) bool { return h.Room == room && strings.Contains(h.Text, "+33 6") })
	claire.Says(room, "+33 7 00 00 00 01")
	code := claire.Waits("the code", func(h bridgetest.Heard) bool {
		return h.Room == room && linkingCode.MatchString(h.Text)
	})
	if !code.WasEncrypted {
		t.Error("the code came in the clear")
	}
	if _, err := phone.EnterCode(bounded(t), linkingCode.FindString(code.Text)); err != nil {
		t.Fatal(err)
	}
	s.awaitLinked(t, claire, room)

	amina := s.whatsapp.MustAddPerson("+33612345678", "Amina")
	says(t, amina, phone.Number(), "Vous me lisez ?")
	asked := claire.Waits("Amina's message", func(h bridgetest.Heard) bool { return h.Text == "Vous me lisez ?" })
	claire.Says(asked.Room, "Oui.")
	reads(t, amina, "Oui.")
}

func TestLoggingOutUnlinksTheDevice(t *testing.T) {
	s := newStage(t)
	claire := s.Staff(t, "claire")
	phone := s.whatsapp.MustAddPerson("+33700000001", "Claire")
	room := s.links(t, claire, phone)
	if devices := phone.Devices(); len(devices) != 1 || devices[0].Platform != "Passerelle" {
		t.Fatalf("the phone lists %+v", devices)
	}
	claire.Says(room, "logout")
	eventually(t, "the phone's list of linked devices to be empty", func() bool { return len(phone.Devices()) == 0 })
	eventually(t, "the login to be gone", func() bool { return s.loginState(t, phone) == "" })
}

func TestAUserWhosePhoneRemovesTheLinkIsToldAndCanLinkAgain(t *testing.T) {
	s := newStage(t)
	claire := s.Staff(t, "claire")
	phone := s.whatsapp.MustAddPerson("+33700000001", "Claire")
	amina := s.whatsapp.MustAddPerson("+33612345678", "Amina")
	room := s.links(t, claire, phone)
	says(t, amina, phone.Number(), "avant")
	chat := claire.Waits("the first message", func(h bridgetest.Heard) bool { return h.Text == "avant" }).Room

	if err := phone.Unlink(phone.Devices()[0].ID); err != nil {
		t.Fatal(err)
	}
	told := claire.Waits("the notice", func(h bridgetest.Heard) bool {
		return h.Room == room && h.Text == say.English.Say(say.LoggedOut, "WhatsApp")
	})
	if !told.WasEncrypted {
		t.Error("the notice came in the clear")
	}
	if state := s.loginState(t, phone); state != "bad_credentials" {
		t.Errorf("/readyz says %q", state)
	}
	mark := claire.Mark()
	lost := claire.Says(chat, "dans le vide")
	claire.Waits("the word that it was not sent", func(h bridgetest.Heard) bool { return h.Room == chat && h.RepliesTo == lost && h.WasEncrypted }, mark)

	s.linksAgain(t, claire, phone, room)
	says(t, amina, phone.Number(), "après")
	claire.Hears(chat, "après") // the same room
}

// linksAgain links a phone in a bot's room that is there already.
func (s *stage) linksAgain(t *testing.T, staff *bridgetest.Actor, phone *whatsapptest.Phone, room id.RoomID) {
	t.Helper()
	mark := staff.Mark()
	staff.Says(room, "login qr")
	code := staff.Waits("the QR code", func(h bridgetest.Heard) bool { return h.Room == room && h.MsgType == "m.image" }, mark)
	if _, err := phone.ScanQR(bounded(t), code.Text); err != nil {
		t.Fatal(err)
	}
	staff.Waits("the bot's word that the phone is linked", func(h bridgetest.Heard) bool {
		return h.Room == room && strings.Contains(h.Text, "connected to WhatsApp")
	}, mark)
}
