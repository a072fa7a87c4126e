package main

import (
	"io"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"google.golang.org/protobuf/proto"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/bridge/bridgetest"
	"passerelle/connectors/telegram/telegramtest"
	"passerelle/connectors/whatsapp/whatsapptest"
	"passerelle/portal/say"
)

// Files that come elsewhere than in a message of the day: pictures of people and groups, status posts, history.

var foundIn = regexp.MustCompile(`(?m)^passerelle_scans_total\{outcome="found"\} (\d+)$`)

// awaitsFound waits until something was found in as many files, or more: some are fetched again.
func awaitsFound(t *testing.T, bridge *bridgetest.Installation, count int) {
	t.Helper()
	for end := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		answer, err := http.Get(bridge.Monitor() + "/metrics")
		must(t, err)
		text, err := io.ReadAll(answer.Body)
		must(t, err)
		answer.Body.Close()
		found := 0
		if match := foundIn.FindSubmatch(text); match != nil {
			found, err = strconv.Atoi(string(match[1]))
			must(t, err)
		}
		switch {
		case found >= count:
			return
		case time.Now().After(end):
			t.Fatalf("something was found in %d files, want %d", found, count)
		}
	}
}

// faces are what pictures of a person and of a group may be seen by.
type faces struct {
	t      *testing.T
	bridge *bridgetest.Installation
	claire *bridgetest.Actor
	ghost  id.UserID
	group  id.RoomID
}

// areHidden sees that neither picture is shown, though both have been looked into: that takes so many scans.
func (f faces) areHidden(scans int) {
	f.t.Helper()
	awaitsFound(f.t, f.bridge, scans)
	profile, err := f.claire.Client().GetProfile(bounded(f.t), f.ghost)
	must(f.t, err)
	if !profile.AvatarURL.IsEmpty() {
		f.t.Error("the ghost shows an infected picture")
	}
	if shown := f.claire.State(f.group, event.StateRoomAvatar, ""); shown != nil && shown.Content.AsRoomAvatar().URL != "" {
		f.t.Error("the group shows an infected picture")
	}
}

// show sees that the group shows a picture.
func (f faces) show() {
	f.t.Helper()
	f.claire.SeesState(f.group, event.StateRoomAvatar, "", func(evt *event.Event) bool {
		return evt != nil && evt.Content.AsRoomAvatar().URL != ""
	})
}

func TestAPictureOfSomebodyInWhichSomethingIsFoundIsNotShown(t *testing.T) {
	face := picture(t, 90)
	infected := append(slices.Clone(face), bridgetest.Eicar...)
	t.Run("WhatsApp", func(t *testing.T) {
		d := meet(t, guard(bridgetest.NewClamd(t, 0), ""))
		must(t, d.amina.SetPicture(infected))
		group, err := d.amina.CreateGroup("Neighbours", d.phone.Number())
		must(t, err)
		says(t, d.amina, group, "hello all")
		room := d.claire.Waits("the first message", func(h bridgetest.Heard) bool { return h.Text == "hello all" }).Room
		must(t, d.amina.SetGroupPicture(group, infected)) // after the room has been made, so that it is looked into once
		f := faces{t, d.bridge, d.claire, d.ghost(d.amina), room}
		f.areHidden(2)
		must(t, d.amina.SetGroupPicture(group, face))
		f.show()
	})
	t.Run("Telegram", func(t *testing.T) {
		d := newBotDialogue(t, telegramSetup{adjust: []func(*bridgetest.InstallOptions){guard(bridgetest.NewClamd(t, 0), "")}})
		d.bot.SetPrivacy(false)
		bilal := d.telegram.MustAddPerson("Bilal", "bilal")
		bilal.SetPhoto(infected)
		group, err := bilal.CreateGroup("Neighbours", telegramtest.GroupOptions{Supergroup: true}, d.bot.ID())
		must(t, err)
		send(t, bilal, group, "hello all")
		heard := d.claire.Waits("the first message", func(h bridgetest.Heard) bool { return h.Text == "hello all" })
		must(t, bilal.Picture(group, infected))
		f := faces{t, d.bridge, d.claire, heard.Sender, heard.Room}
		f.areHidden(2)
		must(t, bilal.Picture(group, face))
		f.show()
	})
}

func TestAStatusPostInWhichSomethingIsFoundStaysBehind(t *testing.T) {
	d := meet(t, guard(bridgetest.NewClamd(t, 0), ""))
	for _, each := range [][2]*whatsapptest.Phone{{d.amina, d.phone}, {d.phone, d.amina}} {
		must(t, each[0].SaveContact(each[1].Number(), each[1].Name()))
	}
	d.claire.Says(d.desk, "status-posts on")
	d.told(t, d.claire, d.desk, "shown from now on")
	room := d.claire.WaitsForRoom("Status posts (WhatsApp)")
	posts := func(caption string, data []byte) {
		t.Helper()
		post, err := d.amina.Upload(whatsapptest.File{Kind: whatsapptest.KindImage, Caption: caption, Data: data})
		must(t, err)
		_, err = d.amina.PostStatus(bounded(t), post)
		must(t, err)
	}
	posts("on the beach", append(picture(t, 90), bridgetest.Eicar...))
	shown := d.claire.Waits("the words, without the picture", func(h bridgetest.Heard) bool {
		return h.Room == room && h.Text == say.English.Say(say.FileHarmful, "WhatsApp")+"\non the beach"
	})
	if shown.MsgType != event.MsgText || !shown.WasEncrypted {
		t.Errorf("it is shown as %s", shown.MsgType)
	}
	posts("at home", picture(t, 40))
	if home := d.claire.Hears(room, "at home"); home.MsgType != event.MsgImage {
		t.Errorf("a clean post is shown as %s", home.MsgType)
	}
}

func TestAFileOfHistoryInWhichSomethingIsFoundStaysBehind(t *testing.T) {
	s := newStage(t, guard(bridgetest.NewClamd(t, 0), ""))
	claire := s.Staff(t, "claire")
	phone, amina := s.whatsapp.MustAddPerson("+33700000001", "Claire"), s.whatsapp.MustAddPerson("+33612345678", "Amina")
	at := time.Now().Add(-24 * time.Hour).Truncate(time.Second)
	remembers := func(m *waE2E.Message) {
		t.Helper()
		at = at.Add(time.Minute)
		_, err := phone.Remember(amina.Number(), amina.Number(), at, m)
		must(t, err)
	}
	file := func(caption string, data []byte) *waE2E.Message {
		t.Helper()
		m, err := amina.Upload(whatsapptest.File{Kind: whatsapptest.KindDocument, Name: "figures.txt", MIME: "text/plain", Caption: caption, Data: data})
		must(t, err)
		return m
	}
	remembers(&waE2E.Message{Conversation: proto.String("from the past")})
	remembers(file("bad figures", []byte(bridgetest.Eicar)))
	remembers(file("good figures", clean))
	s.links(t, claire, phone)
	good := claire.Waits("the clean file", func(h bridgetest.Heard) bool { return h.Text == "good figures" })
	if string(claire.Downloads(good)) != string(clean) {
		t.Error("the clean file arrived changed")
	}
	var heard []string
	for _, h := range claire.Log(good.Room) {
		if h.IsMessage() && strings.HasPrefix(h.Sender.String(), "@whatsapp_") {
			heard = append(heard, h.Text)
			if h.Text != "good figures" && h.MsgType != event.MsgText {
				t.Errorf("%q is a %s", h.Text, h.MsgType)
			}
		}
	}
	compare(t, "Claire heard", heard, []string{"from the past", say.English.Say(say.FileHarmful, "WhatsApp") + "\nbad figures", "good figures"})
}

func TestTheBridgeAsksAnICAPServiceOverTLS(t *testing.T) {
	service, ca := bridgetest.NewTLSFront(t, strings.TrimPrefix(bridgetest.NewICAP(t, bridgetest.NewClamd(t, 0)), "icap://"))
	d := newDialogue(t, func(o *bridgetest.InstallOptions) {
		o.Replace = map[string]string{"\nnetworks:\n": "\nscan:\n  icap: icaps://" + service + "/antivirus\n  ca_file: " + ca + "\n\nnetworks:\n"}
	})
	sends := func(caption string, data []byte) {
		t.Helper()
		_, err := d.amina.SendFile(bounded(t), d.phone.Number(),
			whatsapptest.File{Kind: whatsapptest.KindDocument, Name: "figures.txt", MIME: "text/plain", Caption: caption, Data: data})
		must(t, err)
	}
	sends("bad figures", []byte(bridgetest.Eicar))
	d.claire.Hears(d.room, say.English.Say(say.FileHarmful, "WhatsApp")+"\nbad figures")
	sends("good figures", clean)
	if good := d.claire.Hears(d.room, "good figures"); string(d.claire.Downloads(good)) != string(clean) {
		t.Error("the clean file arrived changed")
	}
}
