package main

import (
	"strings"
	"testing"

	"maunium.net/go/mautrix/event"

	"passerelle/bridge/bridgetest"
)

func TestAContactAndAStaffMemberTalk(t *testing.T) {
	s := newStage(t)
	claire := s.Staff(t, "claire")
	phone := s.whatsapp.MustAddPerson("+33700000001", "Claire")
	amina := s.whatsapp.MustAddPerson("+33612345678", "Amina")
	s.links(t, claire, phone)

	says(t, amina, phone.Number(), "Bonjour, où en est mon dossier ?")
	asked := claire.Waits("Amina's message", func(h bridgetest.Heard) bool { return h.Text == "Bonjour, où en est mon dossier ?" })
	if !asked.WasEncrypted {
		t.Error("Amina's message came in the clear")
	}
	if want := "@whatsapp_" + amina.LID().User + ":" + s.ServerName(); asked.Sender.String() != want {
		t.Errorf("it came from %s, want %s", asked.Sender, want)
	}
	claire.SeesMember(asked.Room, asked.Sender, event.MembershipJoin)
	if name := claire.Members(asked.Room)[asked.Sender].Displayname; name != "Amina (WhatsApp)" {
		t.Errorf("her name is shown as %q", name)
	}
	create := claire.State(asked.Room, event.StateCreate, "")
	if federate, _ := create.Content.Raw["m.federate"].(bool); federate {
		t.Error("the room federates")
	}

	claire.Says(asked.Room, "Il est accepté.")
	answer := reads(t, amina, "Il est accepté.")
	if answer.From != phone.Number() {
		t.Errorf("Amina's phone shows it from %s", answer.From)
	}
	reads(t, phone, "Il est accepté.") // her own phone shows it, too

	says(t, phone, amina.Number(), "Depuis mon téléphone")
	own := claire.Hears(asked.Room, "Depuis mon téléphone")
	if own.Sender != claire.ID() || !own.WasEncrypted {
		t.Errorf("what she wrote on her phone is shown as %v", own)
	}
	if bad := claire.Undecryptable(); len(bad) > 0 {
		t.Errorf("Claire cannot read %v", bad)
	}
	for user := range claire.Members(asked.Room) {
		if strings.Contains(user.String(), amina.Number()) {
			t.Errorf("%s holds a phone number", user)
		}
	}
}
