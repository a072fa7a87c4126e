package main

import (
	"strings"
	"testing"

	"github.com/rs/zerolog"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/bridge/bridgetest"
	"passerelle/config"
	"passerelle/connectors/whatsapp/whatsapptest"
)

// joinsChat lets a colleague into Claire's chat, who has no account of their own.
func (d *dialogue) joinsChat(t *testing.T, name string) *bridgetest.Actor {
	t.Helper()
	colleague := d.Staff(t, name)
	d.claire.Invites(d.room, colleague.ID())
	colleague.WaitsForInvite("Claire's invitation", bridgetest.InvitedBy(d.claire.ID()))
	colleague.Joins(d.room)
	d.claire.SeesMember(d.room, colleague.ID(), event.MembershipJoin)
	return colleague
}

// tells waits until WhatsApp's bot says something that holds the words to somebody, encrypted, in Claire's chat.
func (d *dialogue) tells(t *testing.T, who *bridgetest.Actor, words string, since ...bridgetest.Mark) {
	t.Helper()
	heard := who.Waits("the bot's word "+words, func(h bridgetest.Heard) bool {
		return h.Room == d.room && h.Sender == id.UserID(d.bridge.Bot("whatsapp")) && strings.Contains(h.Text, words)
	}, since...)
	if !heard.WasEncrypted {
		t.Errorf("the bot says %q in the clear", heard.Text)
	}
}

func TestKarimWritesThroughClairesAccount(t *testing.T) {
	d := newDialogue(t)
	karim := d.joinsChat(t, "karim")
	karim.Says(d.room, "Personne ne lit ceci")
	d.tells(t, karim, "Ask claire to write “!whatsapp set-relay” here")
	karim.Says(d.room, "!whatsapp set-relay")
	d.tells(t, karim, "This is claire’s chat.")
	d.claire.Says(d.room, "!whatsapp set-relay")
	d.tells(t, karim, "goes out through claire’s account, with their name before it.")
	karim.Says(d.room, "!whatsapp relay")
	d.tells(t, karim, "goes out through claire’s account, with their name before it. “!whatsapp unset-relay” ends that.")

	hello := karim.Says(d.room, "Bonjour Amina")
	entry := reads(t, d.amina, "*karim*: Bonjour Amina")
	reads(t, d.phone, "*karim*: Bonjour Amina") // Claire's own phone shows it, too
	d.claire.Says(d.room, "Claire aussi")
	reads(t, d.amina, "Claire aussi")
	said := says(t, d.amina, d.phone.Number(), "Bonjour à vous deux")
	heard := karim.Hears(d.room, "Bonjour à vous deux")
	d.claire.Hears(d.room, "Bonjour à vous deux")
	sees := func(what string, holds func(whatsapptest.Entry) bool) {
		t.Helper()
		if _, err := d.amina.WaitFor(bounded(t), holds); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
	karim.Edits(d.room, hello, "Bonjour, Amina")
	sees("the edit", func(e whatsapptest.Entry) bool {
		return e.ID == entry.ID && e.Edited && e.Text == "*karim*: Bonjour, Amina"
	})
	karim.SendsImage(d.room, picture(t, 7), "plan")
	reads(t, d.amina, "*karim*: plan")

	claires := strings.TrimPrefix(d.phone.Number(), "+")
	reaction := karim.Reacts(d.room, heard.ID, "👍")
	sees("Karim's reaction", func(e whatsapptest.Entry) bool { return e.ID == said && e.Reactions[claires] == "👍" })
	d.claire.Reacts(d.room, heard.ID, "🎉")
	sees("Claire's reaction", func(e whatsapptest.Entry) bool { return e.ID == said && e.Reactions[claires] == "🎉" })
	if line := reads(t, d.amina, "*karim*: 👍️"); line.Quoted != said {
		t.Errorf("Karim's reaction answers %q", line.Quoted)
	}
	asked := karim.Sends(d.room, event.EventUnstablePollStart, map[string]any{"org.matrix.msc3381.poll.start": event.PollStart{
		Kind: "org.matrix.msc3381.poll.disclosed", MaxSelections: 1, Question: event.MSC1767Message{Text: "Quand ?"}, Answers: []event.PollOption{
			{ID: "a", MSC1767Message: event.MSC1767Message{Text: "Lundi"}}, {ID: "b", MSC1767Message: event.MSC1767Message{Text: "Mardi"}}}}})
	poll := reads(t, d.amina, "karim: Quand ?")
	karim.Sends(d.room, event.EventUnstablePollResponse, map[string]any{
		"m.relates_to": (&event.RelatesTo{Type: event.RelReference, EventID: asked}), "org.matrix.msc3381.poll.response": map[string]any{"answers": []string{"b"}},
	})
	if vote := reads(t, d.amina, "*karim*: Mardi"); vote.Quoted != poll.ID {
		t.Errorf("Karim's vote answers %q", vote.Quoted)
	}
	if kind, err := bridgetest.ChosenHomeserver(); err != nil || kind != "dendrite" { // which gives bridges no redactions
		karim.Deletes(d.room, reaction)
		sees("Karim's line to go", func(e whatsapptest.Entry) bool { return e.Text == "" && e.Deleted })
		karim.Deletes(d.room, hello)
		sees("the deletion", func(e whatsapptest.Entry) bool { return e.ID == entry.ID && e.Deleted })
	}
	d.claire.Says(d.room, "!whatsapp unset-relay")
	d.tells(t, karim, "From now on, what people without a WhatsApp account write in this chat is not sent on.")
	karim.Says(d.room, "Plus personne")
	d.tells(t, karim, "you have no WhatsApp account in this chat.")
	says(t, d.amina, d.phone.Number(), "fin")
	d.claire.Hears(d.room, "fin")
	lately := karim.Mark()
	d.claire.Says(d.room, "!whatsapp set-relay")
	d.tells(t, karim, "goes out through claire’s account", lately)
	must(t, d.phone.Unlink(d.phone.Devices()[0].ID))
	d.claire.Waits("the word that the link is gone", func(h bridgetest.Heard) bool { return h.Room == d.desk && strings.Contains(h.Text, "logged out") })
	karim.Says(d.room, "Personne non plus")
	d.tells(t, karim, "it goes out through claire’s account, which is no longer linked to WhatsApp. Ask claire to link it again.")
	for _, entry := range d.amina.Inbox() {
		if strings.Contains(entry.Text, "ersonne") {
			t.Errorf("Amina reads %q", entry.Text)
		}
	}
	if heard := d.claire.Texts(d.room); strings.Count(strings.Join(heard, "\n"), "Bonjour Amina") != 1 {
		t.Errorf("the room holds %q", heard)
	}
}

func TestAColleagueInAGroupWritesThroughASharedAccount(t *testing.T) {
	const service = "claire"
	s := newStage(t, func(o *bridgetest.InstallOptions) {
		const here = ":" + bridgetest.DefaultServerName + "\""
		o.Replace = map[string]string{
			"relay:\n":       "relay:\n  name: \"[{{.Name}}] \"\n  bold: false\n  shared_accounts: [\"@" + service + here + "]\n",
			"permissions:\n": "permissions:\n  \"@karim" + here + ": admin\n",
		}
	})
	claire, karim, sofia := s.Staff(t, service), s.Staff(t, "karim"), s.Staff(t, "sofia")
	clairesPhone, karimsPhone := s.whatsapp.MustAddPerson("+33700000001", "Claire"), s.whatsapp.MustAddPerson("+33700000002", "Karim")
	amina := s.whatsapp.MustAddPerson("+33612345678", "Amina")
	s.links(t, claire, clairesPhone)
	s.links(t, karim, karimsPhone)
	group, err := amina.CreateGroup("Voisins", clairesPhone.Number(), karimsPhone.Number())
	must(t, err)
	says(t, amina, group, "Bonjour à tous")
	room := claire.Waits("Amina's message", func(h bridgetest.Heard) bool { return h.Text == "Bonjour à tous" }).Room
	d := &dialogue{stage: s, claire: claire, phone: clairesPhone, amina: amina, room: room}
	karim.Hears(room, "Bonjour à tous")
	claire.Invites(room, sofia.ID())
	sofia.WaitsForInvite("Claire's invitation", bridgetest.InvitedBy(claire.ID()))
	sofia.Joins(room)
	claire.SeesMember(room, sofia.ID(), event.MembershipJoin)
	d.tells(t, claire, "goes out through claire’s account") // without anybody's asking
	sofia.Says(room, "!whatsapp set-relay karim")
	d.tells(t, sofia, "Only karim and your administrators decide about that.")
	sofia.Says(room, "Bonjour, ici Sofia")
	if entry := reads(t, amina, "[sofia] Bonjour, ici Sofia"); entry.From != clairesPhone.Number() {
		t.Errorf("it comes from %s", entry.From)
	}
	sofia.Sends(room, event.EventMessage, &event.MessageEventContent{MsgType: event.MsgLocation, Body: "Mairie", GeoURI: "geo:48.85,2.35"})
	reads(t, amina, "[sofia]") // before the place, which has no words below it
	// Karim's account gets all of it, too; the room does not show it again.
	karim.Says(room, "et ici Karim")
	reads(t, amina, "et ici Karim")
	says(t, amina, group, "fin")
	karim.Hears(room, "fin")
	for _, text := range karim.Texts(room) {
		if strings.HasPrefix(text, "[sofia]") {
			t.Errorf("the room shows %q", text)
		}
	}
	sofia.Says(room, "!whatsapp unset-relay")
	d.tells(t, sofia, "claire’s account is there for everybody in its chats.")
	karim.Says(room, "!whatsapp set-relay") // he administers
	d.tells(t, sofia, "goes out through karim’s account")
	sofia.Says(room, "toujours Sofia")
	if entry := reads(t, amina, "[sofia] toujours Sofia"); entry.From != karimsPhone.Number() {
		t.Errorf("it comes from %s", entry.From)
	}
}

func TestWhatStandsBeforeANameIsCheckedAtTheStart(t *testing.T) {
	c := config.Default()
	c.Relay.Name = "{{.Nom}}: "
	if _, err := bridgeOptions(&c, zerolog.Nop()); err == nil || !strings.Contains(err.Error(), "relay.name: must be a Go template that uses .Name") {
		t.Errorf("the error is %v", err)
	}
}
