package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"slices"
	"strings"
	"testing"

	"maunium.net/go/mautrix/event"

	"passerelle/bridge/bridgetest"
	"passerelle/portal/say"
)

func picture(t *testing.T, shade uint8) []byte {
	t.Helper()
	var out bytes.Buffer
	img := image.NewGray(image.Rect(0, 0, 64, 48))
	for i := range img.Pix {
		img.Pix[i] = shade ^ uint8(i)
	}
	if err := png.Encode(&out, img); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestMessagesOfAnInterruptionArriveOnceAndInOrder(t *testing.T) {
	d := meet(t)
	var want []string
	say := func(text string) {
		t.Helper()
		want = append(want, text)
		says(t, d.amina, d.phone.Number(), text)
	}
	say("0")
	room := d.claire.Waits("the first message", func(h bridgetest.Heard) bool { return h.Text == "0" }).Room
	device := d.phone.Devices()[0].ID
	for cut := range 3 { // the network is cut
		if err := d.phone.Cut(device); err != nil {
			t.Fatal(err)
		}
		say(fmt.Sprintf("cut %d a", cut))
		say(fmt.Sprintf("cut %d b", cut))
		d.claire.Hears(room, want[len(want)-1])
	}
	if err := d.bridge.Stop(); err != nil { // the bridge is restarted
		t.Fatal(err)
	}
	say("while it is down a")
	say("while it is down b")
	written := d.claire.Says(room, "written while it is down")
	want = append(want, "written while it is down")
	if err := d.bridge.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	d.claire.Hears(room, "while it is down b")
	reads(t, d.amina, "written while it is down")
	say("after")
	d.claire.Hears(room, "after")
	got := d.claire.Texts(room)
	// What Claire wrote stands where she wrote it, before what arrived when the bridge came back.
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("the room holds %q, want %q (%s)", got, want, written)
	}
	count := 0
	for _, entry := range d.amina.Inbox() {
		if entry.Text == "written while it is down" {
			count++
		}
	}
	if count != 1 {
		t.Errorf("Amina's phone shows Claire's message %d times", count)
	}
}

func TestNoPhoneNumberIsShownOnTheHomeserver(t *testing.T) {
	s := newStage(t)
	claire := s.Staff(t, "claire")
	phone := s.whatsapp.MustAddPerson("+33700000001", "Claire")
	amina := s.whatsapp.MustAddPerson("+33612345678", "") // publishes no name
	s.links(t, claire, phone)
	says(t, amina, phone.Number(), "Bonjour")
	asked := claire.Waits("the message", func(h bridgetest.Heard) bool { return h.Text == "Bonjour" })
	profile, err := claire.Client().GetProfile(bounded(t), asked.Sender)
	if err != nil {
		t.Fatal(err)
	}
	state, err := claire.Client().State(bounded(t), asked.Room)
	if err != nil {
		t.Fatal(err)
	}
	all, err := json.Marshal([]any{profile, profile.Extra, state, asked.Sender})
	if err != nil {
		t.Fatal(err)
	}
	for _, number := range []string{amina.Number(), phone.Number()} {
		if bytes.Contains(all, []byte(number)) {
			t.Errorf("%s stands in the room's state or in the profile: %s", number, all)
		}
	}
}

func TestTheBridgeSpeaksFrenchOnPostgreSQL(t *testing.T) {
	pg := bridgetest.NewPostgres(t)
	s := newStage(t, func(o *bridgetest.InstallOptions) {
		o.Database = pg.URI("border")
		o.Replace = map[string]string{"language: en ": "language: fr ",
			"\nnetworks:\n": "\nrooms:\n  initial_state:\n    - {type: im.example.access_rules, content: {rule: restricted}}\n\nnetworks:\n"}
	})
	claire := s.Staff(t, "claire")
	phone := s.whatsapp.MustAddPerson("+33700000001", "Claire")
	amina := s.whatsapp.MustAddPerson("+33612345678", "Amina")
	room := s.botRoom(t, claire)
	claire.Says(room, "login qr")
	code := claire.Waits("the QR code", func(h bridgetest.Heard) bool { return h.Room == room && h.MsgType == event.MsgImage })
	if _, err := phone.ScanQR(bounded(t), code.Text); err != nil {
		t.Fatal(err)
	}
	claire.Waits("the bot's word", func(h bridgetest.Heard) bool {
		return h.Room == room && strings.Contains(h.Text, "connecté à WhatsApp")
	})
	says(t, amina, phone.Number(), "Bonjour")
	chat := claire.Waits("the message", func(h bridgetest.Heard) bool { return h.Text == "Bonjour" }).Room
	rule := claire.State(chat, event.Type{Type: "im.example.access_rules", Class: event.StateEventType}, "")
	if rule == nil || rule.Content.Raw["rule"] != "restricted" {
		t.Errorf("the room's access rule is %v", rule)
	}
	claire.Says(chat, "Bonjour Amina")
	reads(t, amina, "Bonjour Amina")
	clear := claire.SaysInClear(chat, "en clair")
	told := claire.Waits("the refusal", func(h bridgetest.Heard) bool { return h.RepliesTo == clear })
	if told.Text != say.French.Say(say.EncryptThis) || !told.WasEncrypted {
		t.Errorf("Claire was told %v", told)
	}
}
