package main

import (
	"os"
	"strings"
	"testing"
	"time"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"google.golang.org/protobuf/proto"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/bridge/bridgetest"
	"passerelle/connectors/whatsapp/whatsapptest"
)

func TestAMissedCallIsShown(t *testing.T) {
	d := meet(t)
	call, err := d.amina.Call(d.phone.Number(), true)
	if err != nil {
		t.Fatal(err)
	}
	const rings = "Video call\nTo answer, open WhatsApp on the phone."
	rung := d.claire.Waits("the call", func(h bridgetest.Heard) bool { return h.Text == rings })
	if !rung.WasEncrypted || rung.MsgType != event.MsgNotice || !strings.HasPrefix(rung.Sender.String(), "@whatsapp_") {
		t.Errorf("the call is shown as %v", rung)
	}
	if err := d.amina.HangUp(d.phone.Number(), call, "timeout"); err != nil {
		t.Fatal(err)
	}
	d.claire.SeesEdit(rung.Room, rung.ID, "Missed video call")
	says(t, d.amina, d.phone.Number(), "fin")
	d.claire.Hears(rung.Room, "fin")
	if got := d.claire.Texts(rung.Room); len(got) != 2 {
		t.Errorf("the room holds %q", got)
	}
}

func TestStatusPostsHaveARoom(t *testing.T) {
	d := meet(t)
	for _, each := range [][2]*whatsapptest.Phone{{d.amina, d.phone}, {d.phone, d.amina}} {
		if err := each[0].SaveContact(each[1].Number(), each[1].Name()); err != nil {
			t.Fatal(err)
		}
	}
	d.claire.Says(d.desk, "status-posts on")
	d.claire.Waits("the bot's answer", func(h bridgetest.Heard) bool {
		return h.Room == d.desk && strings.Contains(h.Text, "shown from now on")
	})
	room := d.claire.WaitsForRoom("Status posts (WhatsApp)")
	posted, err := d.amina.PostStatus(bounded(t), &waE2E.Message{ExtendedTextMessage: &waE2E.ExtendedTextMessage{Text: proto.String("À la plage")}})
	if err != nil {
		t.Fatal(err)
	}
	beach := d.claire.Hears(room, "À la plage")
	if !beach.WasEncrypted || !strings.HasPrefix(beach.Sender.String(), "@whatsapp_") {
		t.Errorf("the post is shown as %v", beach)
	}
	// An answer goes to Amina alone, and stands in the chat with her, too.
	d.claire.Replies(room, beach.ID, "Profitez bien !")
	if got := reads(t, d.amina, "Profitez bien !"); got.Chat != d.phone.Number() || got.Quoted != posted {
		t.Errorf("Amina's phone shows %+v", got)
	}
	chat := d.claire.Waits("the answer in the chat", func(h bridgetest.Heard) bool {
		return h.Room != room && strings.HasSuffix(h.Text, "À la plage\n\nProfitez bien !")
	})
	if chat.Sender != d.claire.ID() {
		t.Errorf("the answer is shown as %v", chat)
	}
	// The rest is a post of her own.
	d.claire.Says(room, "Au bureau")
	if got := reads(t, d.amina, "Au bureau"); got.Chat != "status@broadcast" {
		t.Errorf("Amina's phone shows %+v", got)
	}
}

// beaconAt is a position of a live location as Element sends it (MSC3489).
func beaconAt(share id.EventID, uri string) map[string]any {
	return map[string]any{
		"m.relates_to":                map[string]any{"rel_type": "m.reference", "event_id": share},
		"org.matrix.msc3488.location": map[string]any{"uri": uri}, "org.matrix.msc3488.ts": 1,
	}
}

func TestClaireSharesWhereSheIs(t *testing.T) {
	d := newDialogue(t)
	info, position := event.Type{Type: "org.matrix.msc3672.beacon_info", Class: event.StateEventType}, event.Type{Type: "org.matrix.msc3672.beacon", Class: event.MessageEventType}
	d.claire.SetsState(d.room, info, d.claire.ID().String(), map[string]any{"live": true, "timeout": 600000, "org.matrix.msc3488.ts": 1})
	share := d.claire.SeesState(d.room, info, d.claire.ID().String(), func(e *event.Event) bool { return e != nil }).ID

	d.claire.SendsInClear(d.room, position, beaconAt("$another", "geo:9,9"))
	d.claire.Waits("that it was not encrypted", func(h bridgetest.Heard) bool { return h.Room == d.room && strings.Contains(h.Text, "not encrypted") })
	d.claire.Sends(d.room, position, beaconAt(share, "geo:48.85,2.35"))
	d.claire.Waits("that it stays", func(h bridgetest.Heard) bool {
		return h.Room == d.room && strings.Contains(h.Text, "they do not see you move")
	})
	d.claire.Sends(d.room, position, beaconAt(share, "geo:48.86,2.35"))
	d.claire.Says(d.room, "en route")
	reads(t, d.amina, "en route")

	// After a restart it is still known which one went out.
	if err := d.bridge.Stop(); err != nil {
		t.Fatal(err)
	}
	if err := d.bridge.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	d.claire.Sends(d.room, position, beaconAt(share, "geo:48.87,2.35"))
	d.claire.Says(d.room, "arrivée")
	reads(t, d.amina, "arrivée")
	var places []whatsapptest.Location
	for _, entry := range d.amina.Inbox() {
		if entry.Location != nil {
			places = append(places, *entry.Location)
		}
	}
	if len(places) != 1 || places[0].Latitude != 48.85 || places[0].Live || !strings.Contains(places[0].Name, "does not move") {
		t.Errorf("Amina's phone shows %+v", places)
	}
}

func TestWhatIsViewedOnceGoesOut(t *testing.T) {
	d := newDialogue(t)
	d.claire.Says(d.room, "!whatsapp view-once")
	d.claire.Waits("the bot's word", func(h bridgetest.Heard) bool { return h.Room == d.room && strings.Contains(h.Text, "viewed once only") })
	d.claire.SendsImage(d.room, picture(t, 40), "secret")
	if got := reads(t, d.amina, "secret"); !got.ViewOnce || got.Media.Problem != "" {
		t.Errorf("Amina's phone shows %+v", got)
	}
	d.claire.Waits("the word that it was so", func(h bridgetest.Heard) bool { return h.Room == d.room && strings.HasPrefix(h.Text, "Sent;") })
	d.claire.SendsImage(d.room, picture(t, 90), "plan")
	if got := reads(t, d.amina, "plan"); got.ViewOnce {
		t.Errorf("the next one is viewed once, too: %+v", got)
	}
}

func TestAnAppointmentIsSentAndAnswered(t *testing.T) {
	d := newDialogue(t)
	d.claire.Attaches(d.room, bridgetest.Attachment{Name: "rdv.ics", MimeType: "text/calendar", Data: []byte(strings.Join([]string{
		"BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Test//EN", "BEGIN:VEVENT", "UID:1", "DTSTAMP:20260101T000000Z",
		"SUMMARY:Rendez-vous", "DTSTART;TZID=Europe/Paris:20300101T110000", "END:VEVENT", "END:VCALENDAR", "",
	}, "\r\n"))})
	got := reads(t, d.amina, "Rendez-vous")
	if got.Event == nil || got.Event.Start.UTC().Hour() != 10 {
		t.Fatalf("Amina's phone shows %+v", got)
	}
	if _, err := d.amina.AnswerEvent(bounded(t), d.phone.Number(), got.ID, "going"); err != nil {
		t.Fatal(err)
	}
	if answer := d.claire.Hears(d.room, "I will come."); answer.RepliesTo == "" {
		t.Errorf("the answer is shown as %v", answer)
	}
}

func TestWhetherAContactIsOnlineIsShown(t *testing.T) {
	for name, shows := range map[string]bool{"a homeserver that shows it": true, "a homeserver that does not": false} {
		t.Run(name, func(t *testing.T) {
			s := newStageAt(t, bridgetest.SiteOptions{Presence: shows}, "\ncontact_presence: true\nalways_online: true")
			claire := s.Staff(t, "claire")
			phone, amina := s.whatsapp.MustAddPerson("+33700000001", "Claire"), s.whatsapp.MustAddPerson("+33612345678", "Amina")
			s.links(t, claire, phone)
			says(t, amina, phone.Number(), "Bonjour")
			ghost := claire.Waits("Amina's message", func(h bridgetest.Heard) bool { return h.Text == "Bonjour" }).Sender
			amina.SetOnline(true)
			if !shows {
				s.logs(t, "the homeserver shows nobody as online")
				return
			}
			for ctx := bounded(t); ; {
				seen, err := claire.Client().GetPresence(ctx, ghost)
				if err == nil && seen.Presence == event.PresenceOnline {
					break
				}
				if ctx.Err() != nil {
					t.Fatalf("Amina is shown as %+v, %v", seen, err)
				}
			}
		})
	}
}

// logs waits until the bridge's log says something.
func (s *stage) logs(t *testing.T, words string) {
	t.Helper()
	for ctx := bounded(t); ; {
		if log, err := os.ReadFile(s.bridge.LogPath()); err == nil && strings.Contains(string(log), words) {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("the log does not say %q", words)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func TestWhatIsPinnedOnThePhoneIsPinned(t *testing.T) {
	d := newDialogue(t)
	for i, words := range []string{"le plan", "l’adresse"} {
		sent := says(t, d.amina, d.phone.Number(), words)
		shown := d.claire.Hears(d.room, words)
		if err := d.amina.PinMessage(bounded(t), d.phone.Number(), sent, 24*time.Hour); err != nil {
			t.Fatal(err)
		}
		d.claire.SeesState(d.room, event.StatePinnedEvents, "", func(e *event.Event) bool {
			return e != nil && len(e.Content.AsPinnedEvents().Pinned) == i+1 && e.Content.AsPinnedEvents().Pinned[i] == shown.ID
		})
	}
}
