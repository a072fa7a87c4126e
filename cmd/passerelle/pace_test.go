package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"maunium.net/go/mautrix/appservice"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/bridge/bridgetest"
	"passerelle/connectors/whatsapp/whatsapptest"
)

// sets adds settings of WhatsApp's.
func sets(settings string) func(*bridgetest.InstallOptions) {
	return func(o *bridgetest.InstallOptions) { o.Settings["whatsapp"] += "\n" + settings }
}

// startsChat begins the chat with somebody by number, and returns its room.
func (d *dialogue) startsChat(t *testing.T, with *whatsapptest.Phone) id.RoomID {
	t.Helper()
	mark := d.claire.Mark()
	d.claire.Says(d.desk, "start-chat +"+with.Number())
	return d.entersStarted(mark)
}

// entersStarted enters the room that a start-chat made.
func (d *dialogue) entersStarted(mark bridgetest.Mark) id.RoomID {
	answer := d.claire.Waits("the link of the chat", func(h bridgetest.Heard) bool {
		return h.Room == d.desk && strings.Contains(h.Text, "https://matrix.to/#/")
	}, mark)
	escaped := regexp.MustCompile(`https://matrix\.to/#/([^?\s]+)`).FindStringSubmatch(answer.Text)[1]
	room := id.RoomID(strings.NewReplacer("%21", "!", "%3A", ":").Replace(escaped))
	d.claire.Joins(room)
	return room
}

// noticeOf waits for the notice that a message waits, and checks that it is one.
func (d *dialogue) noticeOf(t *testing.T, room id.RoomID, message id.EventID) bridgetest.Heard {
	t.Helper()
	notice := d.claire.Waits("the word that the message waits", func(h bridgetest.Heard) bool { return h.Room == room && h.RepliesTo == message })
	if !notice.WasEncrypted || !strings.Contains(notice.Text, "Your message waits until about") {
		t.Errorf("Claire reads %q, encrypted: %t", notice.Text, notice.WasEncrypted)
	}
	return notice
}

// metric returns a line of /metrics without its value.
func (s *stage) metric(t *testing.T, name string) string {
	t.Helper()
	request, err := http.NewRequestWithContext(bounded(t), http.MethodGet, s.bridge.Monitor()+"/metrics", nil)
	must(t, err)
	answer, err := http.DefaultClient.Do(request)
	must(t, err)
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	must(t, err)
	for line := range strings.Lines(string(body)) {
		if value, ok := strings.CutPrefix(line, name+" "); ok {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

func TestAFirstContactWaitsInTheOpen(t *testing.T) {
	d := meet(t, sets("pace:\n  first_contacts: {burst: 1, every: 1h}"))
	boris := d.whatsapp.MustAddPerson("+33612345679", "Boris")
	withAmina, withBoris := d.startsChat(t, d.amina), d.startsChat(t, boris)
	d.claire.Says(withAmina, "Bonjour Amina")
	reads(t, d.amina, "Bonjour Amina")
	first := d.claire.Says(withBoris, "Bonjour Boris")
	notice := d.noticeOf(t, withBoris, first)
	if got := d.metric(t, `passerelle_waiting{limit="first_contacts",network="whatsapp"}`); got != "1" {
		t.Errorf("/metrics counts %q that wait", got)
	}
	d.claire.Says(withBoris, "Vous êtes là ?") // behind it
	d.claire.Says(withAmina, "Tout va bien ?")
	reads(t, d.amina, "Tout va bien ?")

	d.restarts(t, func() {})
	d.claire.Says(withAmina, "Vraiment ?")
	reads(t, d.amina, "Vraiment ?")
	eventually(t, "the message to wait again", func() bool {
		return d.metric(t, `passerelle_waiting{limit="first_contacts",network="whatsapp"}`) == "1"
	})
	says(t, boris, d.phone.Number(), "C’est Boris")
	reads(t, boris, "Vous êtes là ?")
	d.claire.SeesDeletion(withBoris, notice.ID)
	var got []string
	for _, entry := range boris.Inbox() {
		if !entry.FromMe {
			got = append(got, entry.Text)
		}
	}
	compare(t, "Boris read", got, []string{"Bonjour Boris", "Vous êtes là ?"})
	notices := 0
	for _, h := range d.claire.Log(withBoris) {
		if strings.Contains(h.Text, "Your message waits") {
			notices++
		}
	}
	if notices > 1 {
		t.Errorf("Claire was told %d times", notices)
	}
}

func TestAMessageThatWaitsCanBeTakenBack(t *testing.T) {
	d := meet(t, sets("pace:\n  first_contacts: {burst: 1, every: 1h}"))
	boris := d.whatsapp.MustAddPerson("+33612345679", "Boris")
	withAmina, withBoris := d.startsChat(t, d.amina), d.startsChat(t, boris)
	d.claire.Says(withAmina, "Bonjour Amina")
	reads(t, d.amina, "Bonjour Amina")
	regretted := d.claire.Says(withBoris, "À la mauvaise personne")
	notice := d.noticeOf(t, withBoris, regretted)
	d.claire.Deletes(withBoris, regretted)
	if kind, err := bridgetest.ChosenHomeserver(); err == nil && kind == "dendrite" { // which gives bridges no redactions
		d.homeserverTells(t, map[string]any{
			"type": event.EventRedaction.Type, "room_id": withBoris, "event_id": "$taken-back:" + d.bridge.Bot("")[2:], "redacts": regretted,
			"sender": d.claire.ID(), "origin_server_ts": time.Now().UnixMilli(), "content": map[string]any{"redacts": regretted},
		})
	}
	d.claire.SeesDeletion(withBoris, notice.ID)
	says(t, boris, d.phone.Number(), "Oui ?")
	d.claire.Says(withBoris, "Rien")
	reads(t, boris, "Rien")
	for _, entry := range boris.Inbox() {
		if entry.Text == "À la mauvaise personne" {
			t.Error("Boris reads what was taken back")
		}
	}
}

// homeserverTells hands the bridge an event, as Synapse does.
func (d *dialogue) homeserverTells(t *testing.T, evt map[string]any) {
	t.Helper()
	d.transacts(t, map[string]any{"events": []any{evt}})
}

// transacts hands the bridge a transaction.
func (d *dialogue) transacts(t *testing.T, transaction map[string]any) {
	t.Helper()
	var registration *appservice.Registration
	for _, path := range d.bridge.Registrations() {
		read, err := appservice.LoadRegistration(path)
		must(t, err)
		if read.URL != "" { // not the double puppets'
			registration = read
		}
	}
	body, err := json.Marshal(transaction)
	must(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), bridgetest.Patience)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPut, registration.URL+"/_matrix/app/v1/transactions/"+rand.Text(), bytes.NewReader(body))
	must(t, err)
	request.Header.Set("Authorization", "Bearer "+registration.ServerToken)
	answer, err := http.DefaultClient.Do(request)
	must(t, err)
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		t.Fatalf("the bridge answers %s", answer.Status)
	}
}
