package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"slices"
	"strings"
	"testing"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"google.golang.org/protobuf/proto"
	"maunium.net/go/mautrix/event"

	"passerelle/bridge/bridgetest"
	"passerelle/connectors/whatsapp/whatsapptest"
	"passerelle/portal/say"
)

func TestAContactAndAStaffMemberTalk(t *testing.T) {
	d := meet(t)

	says(t, d.amina, d.phone.Number(), "Bonjour, où en est mon dossier ?")
	asked := d.claire.Waits("Amina's message", func(h bridgetest.Heard) bool { return h.Text == "Bonjour, où en est mon dossier ?" })
	if !asked.WasEncrypted {
		t.Error("Amina's message came in the clear")
	}
	if want := "@whatsapp_" + d.amina.LID().User + ":" + d.ServerName(); asked.Sender.String() != want {
		t.Errorf("it came from %s, want %s", asked.Sender, want)
	}
	d.claire.SeesMember(asked.Room, asked.Sender, event.MembershipJoin)
	if name := d.claire.Members(asked.Room)[asked.Sender].Displayname; name != "Amina (WhatsApp)" {
		t.Errorf("her name is shown as %q", name)
	}
	create := d.claire.State(asked.Room, event.StateCreate, "")
	if federate, _ := create.Content.Raw["m.federate"].(bool); federate {
		t.Error("the room federates")
	}

	d.claire.Says(asked.Room, "Il est accepté.")
	answer := reads(t, d.amina, "Il est accepté.")
	if answer.From != d.phone.Number() {
		t.Errorf("Amina's phone shows it from %s", answer.From)
	}
	reads(t, d.phone, "Il est accepté.") // her own phone shows it, too

	says(t, d.phone, d.amina.Number(), "Depuis mon téléphone")
	own := d.claire.Hears(asked.Room, "Depuis mon téléphone")
	if own.Sender != d.claire.ID() || !own.WasEncrypted {
		t.Errorf("what she wrote on her phone is shown as %v", own)
	}
	if bad := d.claire.Undecryptable(); len(bad) > 0 {
		t.Errorf("Claire cannot read %v", bad)
	}
	for user := range d.claire.Members(asked.Room) {
		if strings.Contains(user.String(), d.amina.Number()) {
			t.Errorf("%s holds a phone number", user)
		}
	}
}

func TestAGroupIsOneRoomForTwoStaffMembers(t *testing.T) {
	s := newStage(t)
	claire, karim := s.Staff(t, "claire"), s.Staff(t, "karim")
	clairesPhone, karimsPhone := s.whatsapp.MustAddPerson("+33700000001", "Claire"), s.whatsapp.MustAddPerson("+33700000002", "Karim")
	amina := s.whatsapp.MustAddPerson("+33612345678", "Amina")
	s.links(t, claire, clairesPhone)
	s.links(t, karim, karimsPhone)
	group, err := amina.CreateGroup("Voisins", clairesPhone.Number(), karimsPhone.Number())
	if err != nil {
		t.Fatal(err)
	}
	says(t, amina, group, "Bonjour à tous")
	byClaire := claire.Waits("Amina's message", func(h bridgetest.Heard) bool { return h.Text == "Bonjour à tous" })
	byKarim := karim.Hears(byClaire.Room, "Bonjour à tous")
	if byClaire.ID != byKarim.ID {
		t.Errorf("they see two messages: %v and %v", byClaire, byKarim)
	}
	if name := claire.RoomName(byClaire.Room); name != "Voisins" {
		t.Errorf("the room is called %q", name)
	}
	claire.Says(byClaire.Room, "Bonjour Amina")
	reads(t, amina, "Bonjour Amina")
	fromClaire := karim.Hears(byClaire.Room, "Bonjour Amina")
	if fromClaire.Sender != claire.ID() {
		t.Errorf("Karim sees it from %s", fromClaire.Sender)
	}
	karim.Says(byClaire.Room, "Bonjour Amina, c’est Karim")
	if entry := reads(t, amina, "Bonjour Amina, c’est Karim"); entry.From != karimsPhone.Number() {
		t.Errorf("Amina sees it from %s", entry.From)
	}
	claire.Hears(byClaire.Room, "Bonjour Amina, c’est Karim")
	says(t, amina, group, "fin")
	claire.Hears(byClaire.Room, "fin")
	if got, want := claire.Texts(byClaire.Room), []string{"Bonjour à tous", "Bonjour Amina", "Bonjour Amina, c’est Karim", "fin"}; !slices.Equal(got, want) {
		t.Errorf("the room holds %q, want %q", got, want)
	}
}

func TestAStaffMemberWhoComesLaterReadsWhatFollows(t *testing.T) {
	s := newStage(t)
	claire, karim := s.Staff(t, "claire"), s.Staff(t, "karim")
	clairesPhone, karimsPhone := s.whatsapp.MustAddPerson("+33700000001", "Claire"), s.whatsapp.MustAddPerson("+33700000002", "Karim")
	amina := s.whatsapp.MustAddPerson("+33612345678", "Amina")
	s.links(t, claire, clairesPhone)
	s.links(t, karim, karimsPhone)
	group, err := amina.CreateGroup("Voisins", clairesPhone.Number())
	if err != nil {
		t.Fatal(err)
	}
	says(t, amina, group, "sans Karim")
	room := claire.Waits("Amina's message", func(h bridgetest.Heard) bool { return h.Text == "sans Karim" }).Room
	if err := amina.ChangeMembers(group, whatsapptest.GroupAdd, karimsPhone.Number()); err != nil {
		t.Fatal(err)
	}
	karim.SeesMember(room, karim.ID(), event.MembershipJoin)
	says(t, amina, group, "avec Karim")
	if heard := karim.Hears(room, "avec Karim"); !heard.WasEncrypted {
		t.Error("it came in the clear")
	}
	karim.Says(room, "me voilà")
	reads(t, amina, "me voilà")
	claire.Hears(room, "me voilà")
}

func TestPicturesCrossBothWays(t *testing.T) {
	d := meet(t)
	inbound, outbound := picture(t, 40), picture(t, 90)
	if _, err := d.amina.SendImage(bounded(t), d.phone.Number(), whatsapptest.Image{Data: inbound, Caption: "justificatif"}); err != nil {
		t.Fatal(err)
	}
	sent := d.claire.Waits("the picture", func(h bridgetest.Heard) bool { return h.Text == "justificatif" })
	if sent.Message().File == nil || sent.Message().URL != "" {
		t.Error("the picture is not encrypted")
	}
	if !bytes.Equal(d.claire.Downloads(sent), inbound) {
		t.Error("the picture arrived changed")
	}
	d.claire.SendsImage(sent.Room, outbound, "plan")
	sum := sha256.Sum256(outbound)
	if got := reads(t, d.amina, "plan"); got.Media == nil || got.Media.SHA256 != hex.EncodeToString(sum[:]) {
		t.Errorf("Amina's phone shows %+v", got)
	}
}

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

func TestWhatCannotBeShownIsSaid(t *testing.T) {
	d := meet(t)
	for _, message := range []*waE2E.Message{
		{LocationMessage: &waE2E.LocationMessage{DegreesLatitude: proto.Float64(48.85), DegreesLongitude: proto.Float64(2.35)}},
		{PlaceholderMessage: &waE2E.PlaceholderMessage{}}, // what WhatsApp gives to linked devices in the place of some messages
	} {
		if _, err := d.amina.SendMessage(bounded(t), d.phone.Number(), message); err != nil {
			t.Fatal(err)
		}
	}
	d.claire.Waits("the place", func(h bridgetest.Heard) bool {
		return h.Text == "Location\ngeo:48.85,2.35" && h.WasEncrypted && h.MsgType == event.MsgLocation
	})
	d.claire.Waits("the notice", func(h bridgetest.Heard) bool {
		return h.Text == say.English.Say(say.OpenYourPhone, "WhatsApp") && h.WasEncrypted && h.MsgType == event.MsgNotice
	})
}

func TestChangesCrossBothWays(t *testing.T) {
	d := meet(t)
	asked := says(t, d.amina, d.phone.Number(), "Bonjur")
	first := d.claire.Waits("the message", func(h bridgetest.Heard) bool { return h.Text == "Bonjur" })
	if _, err := d.amina.Edit(bounded(t), d.phone.Number(), asked, "Bonjour"); err != nil {
		t.Fatal(err)
	}
	if edit := d.claire.SeesEdit(first.Room, first.ID, "Bonjour"); !edit.WasEncrypted {
		t.Error("the edit is not encrypted")
	}
	mine := d.claire.Says(first.Room, "Bonjour Amnia")
	entry := reads(t, d.amina, "Bonjour Amnia")
	if _, err := d.amina.React(bounded(t), d.phone.Number(), entry.ID, "🎉"); err != nil {
		t.Fatal(err)
	}
	d.claire.SeesReaction(first.Room, mine, "🎉")
	d.claire.Edits(first.Room, mine, "Bonjour, Amina")
	sees := func(what string, holds func(whatsapptest.Entry) bool) {
		t.Helper()
		if _, err := d.amina.WaitFor(bounded(t), holds); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
	sees("the edit", func(e whatsapptest.Entry) bool { return e.ID == entry.ID && e.Edited && e.Text == "Bonjour, Amina" })
	reaction := d.claire.Reacts(first.Room, first.ID, "👍")
	claires := strings.TrimPrefix(d.phone.Number(), "+")
	sees("the reaction", func(e whatsapptest.Entry) bool { return e.ID == asked && e.Reactions[claires] == "👍" })
	if kind, err := bridgetest.ChosenHomeserver(); err != nil || kind != "dendrite" { // which gives bridges no redactions
		d.claire.Deletes(first.Room, reaction)
		sees("no reaction", func(e whatsapptest.Entry) bool { return e.ID == asked && e.Reactions[claires] == "" })
		d.claire.Deletes(first.Room, mine)
		sees("the deletion", func(e whatsapptest.Entry) bool { return e.ID == entry.ID && e.Deleted })
	}
	if _, err := d.amina.Delete(bounded(t), d.phone.Number(), asked); err != nil {
		t.Fatal(err)
	}
	d.claire.SeesDeletion(first.Room, first.ID)
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
