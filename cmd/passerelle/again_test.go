package main

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"maunium.net/go/mautrix/event"

	"passerelle/bridge/bridgetest"
	"passerelle/connectors/whatsapp/whatsapptest"
)

// TestWhatCannotBeDecryptedIsSentAgainAfterAKill: Claire writes while Amina's phone is off, the bridge is killed, and the phone
// has lost its keys when it is on again. The bridge has kept nothing of what was written.
func TestWhatCannotBeDecryptedIsSentAgainAfterAKill(t *testing.T) {
	w := newWatched(t)
	enough := w.keepsLooking(t)
	defer enough()
	claire := w.Staff(t, "claire")
	phone, amina := w.person("+33755512341", "Claire"), w.person("+33655598763", "Amina")
	w.scans(t, claire, phone, w.botRoom(t, claire))

	question := w.word("a question")
	asked := says(t, amina, phone.Number(), question)
	heard := claire.Waits("the question", func(h bridgetest.Heard) bool { return h.Text == question })
	room := heard.Room
	group, err := amina.CreateGroup("Voisins", phone.Number())
	must(t, err)
	everybody := w.hears(t, claire, amina, group, "to the group").Room
	first, mistake := w.word("an answer"), w.word("a mistake")
	changed, deleted := claire.Says(room, first), claire.Says(room, mistake)
	reads(t, amina, first)
	mistakenly := reads(t, amina, mistake).ID
	w.answers(t, claire, everybody, amina, "to everybody")
	w.hears(t, claire, amina, phone.Number(), "in session")

	amina.SwitchOff()
	text, reply, edited := w.word("a text"), w.word("a reply"), w.word("an edit")
	caption, regretted, toAll, last := w.word("a caption"), w.word("a regret"), w.word("to all"), w.word("the last one")
	poll, place, contact := w.word("a poll"), w.word("a place"), w.word("a contact")
	image := noise(t)
	w.addFile("picture", image)
	claire.Says(room, text)
	claire.Replies(room, heard.ID, reply)
	claire.Edits(room, changed, edited)
	claire.Reacts(room, heard.ID, "👍")
	goneFor := func(phone *whatsapptest.Phone, message string) {
		t.Helper()
		if kind, err := bridgetest.ChosenHomeserver(); err != nil || kind != "dendrite" { // which gives bridges no redactions
			shows(t, phone, "that a message was deleted", func(e whatsapptest.Entry) bool { return e.ID == message && e.Deleted })
		}
	}
	claire.Deletes(room, deleted)
	goneFor(phone, mistakenly)
	claire.SendsImage(room, image, caption)
	claire.Attaches(room, bridgetest.Attachment{Name: "roux.vcf", MimeType: "text/vcard", Data: []byte(strings.Join([]string{
		"BEGIN:VCARD", "VERSION:3.0", "FN:" + contact, "TEL:+33612345000", "END:VCARD", "",
	}, "\r\n"))})
	claire.Sends(room, event.EventMessage, map[string]any{"msgtype": "m.location", "body": place, "geo_uri": "geo:48.85,2.35"})
	claire.Sends(room, event.EventUnstablePollStart, map[string]any{"org.matrix.msc3381.poll.start": map[string]any{
		"kind": "org.matrix.msc3381.poll.disclosed", "max_selections": 1, "question": map[string]any{"org.matrix.msc1767.text": poll},
		"answers": []any{map[string]any{"id": "a", "org.matrix.msc1767.text": "Oui"}, map[string]any{"id": "b", "org.matrix.msc1767.text": "Non"}},
	}})
	regret := claire.Says(room, regretted)
	regretful := reads(t, phone, regretted).ID
	claire.Deletes(room, regret)
	goneFor(phone, regretful)
	claire.Says(everybody, toAll)
	claire.Says(room, last)
	reads(t, phone, toAll)
	reads(t, phone, last)

	must(t, w.bridge.Kill())
	w.looksAround(t)
	amina.LoseSessions()
	w.starts(t)
	amina.SwitchOn()

	reads(t, amina, text)
	if got := reads(t, amina, reply); got.Quoted != asked {
		t.Errorf("the reply answers %q, want %q", got.Quoted, asked)
	}
	reads(t, amina, edited)
	shows(t, amina, "the reaction", func(e whatsapptest.Entry) bool { return e.ID == asked && e.Reactions[phone.Number()] == "👍" })
	goneFor(amina, mistakenly)
	if got := reads(t, amina, caption); got.Media == nil || got.Media.Problem != "" || !bytes.Equal(got.Media.Data(), image) {
		t.Errorf("the picture is shown as %+v", got)
	}
	shows(t, amina, "the contact", func(e whatsapptest.Entry) bool { return len(e.Contacts) == 1 && e.Contacts[0].Name == contact })
	shows(t, amina, "the place", func(e whatsapptest.Entry) bool { return e.Location != nil && e.Location.Name == place })
	asks := reads(t, amina, poll)
	if got := reads(t, amina, toAll); got.Chat != group {
		t.Errorf("what was for all came to %s", got.Chat)
	}
	reads(t, amina, last)
	w.logs(t, "it has been deleted")
	if slices.ContainsFunc(amina.Inbox(), func(e whatsapptest.Entry) bool { return e.Text == regretted }) {
		t.Error("what was deleted came all the same")
	}
	// Votes are encrypted under the poll's secret, which must be the one of before.
	_, err = amina.Vote(bounded(t), phone.Number(), asks.ID, "Oui")
	must(t, err)
	claire.Waits("the vote", func(h bridgetest.Heard) bool { return h.Room == room && h.Type == event.EventUnstablePollResponse })
	w.answers(t, claire, room, amina, "after all that")

	w.looksAround(t)
	must(t, w.bridge.Stop())
	enough()
	w.looksAround(t)
	for _, finding := range w.findings() {
		t.Error(finding)
	}
	claire.UnderstandsAll()
}

// shows waits until a phone shows something.
func shows(t *testing.T, phone *whatsapptest.Phone, what string, holds func(whatsapptest.Entry) bool) {
	t.Helper()
	if _, err := phone.WaitFor(bounded(t), holds); err != nil {
		for _, e := range phone.Inbox() {
			t.Logf("%+v", e)
		}
		t.Fatalf("%s's phone does not show %s: %v", phone.Name(), what, err)
	}
}
