package main

import (
	"bytes"
	"os"
	"strings"
	"syscall"
	"testing"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/bridge/bridgetest"
	"passerelle/portal/say"
)

// inForce replaces a text in the configuration and has the policy read anew. It returns once the log says what want says.
func (d *dialogue) inForce(t *testing.T, old, new, want string) {
	t.Helper()
	text, err := os.ReadFile(d.bridge.Config())
	must(t, err)
	if !bytes.Contains(text, []byte(old)) {
		t.Fatalf("the configuration does not contain %q", old)
	}
	must(t, os.WriteFile(d.bridge.Config(), bytes.Replace(text, []byte(old), []byte(new), 1), 0o600))
	before := strings.Count(logOf(t, d.bridge), want)
	must(t, syscall.Kill(d.bridge.PID(), syscall.SIGHUP))
	eventually(t, "the log to say "+want, func() bool { return strings.Count(logOf(t, d.bridge), want) > before })
}

// readsAnswer waits until Claire reads a sentence as the answer to something that she wrote.
func (d *dialogue) readsAnswer(t *testing.T, to id.EventID, sentence string) {
	t.Helper()
	answer := d.claire.Waits("the answer to what she wrote", func(h bridgetest.Heard) bool { return h.RepliesTo == to })
	if answer.Text != sentence || !answer.WasEncrypted {
		t.Errorf("Claire reads %q (encrypted: %v), want %q", answer.Text, answer.WasEncrypted, sentence)
	}
}

// attaches has Claire send Amina a file.
func (d *dialogue) attaches(name, content string) id.EventID {
	return d.claire.Attaches(d.room, bridgetest.Attachment{Name: name, MimeType: "application/pdf", Data: []byte(content)})
}

func TestWhatIsMarkedDoesNotLeaveUntilThePolicyLetsIt(t *testing.T) {
	const policy = "\npolicy:\n  ready: [classification]\n"
	d := newDialogue(t, func(o *bridgetest.InstallOptions) {
		o.Replace = map[string]string{"\nnetworks:\n": policy + "\nnetworks:\n"}
	})
	d.answers(t, d.claire, d.desk, "language fr", "Désormais, je vous parle en français.")
	refusal := say.French.Say(say.PolicyClassified)

	d.readsAnswer(t, d.claire.Says(d.room, "Note en DIFFUSION  RESTREINTE"), refusal)
	hello := d.claire.Says(d.room, "Bonjour Amina")
	reads(t, d.amina, "Bonjour Amina")
	d.readsAnswer(t, d.claire.Edits(d.room, hello, "Bonjour, ceci est RESTREINT UE"), refusal)
	d.readsAnswer(t, d.attaches("note_SECRET.pdf", "%PDF-1.4\n<< /Title (Ordre du jour) >>"), refusal)
	d.readsAnswer(t, d.attaches("note.pdf", "%PDF-1.4\n<< /Title (Diffusion restreinte) >>"), refusal)

	// A policy that does not compile leaves the one that is in force.
	d.inForce(t, "ready: [classification]", "rules: [{name: x, when: txt, then: refuse}]", "the old one stays in force")
	if log := logOf(t, d.bridge); !strings.Contains(log, "policy.rules[0] (x): when, line 1, column 1") {
		t.Errorf("the log does not say what is wrong:\n%s", log)
	}
	d.readsAnswer(t, d.claire.Says(d.room, "Toujours en DIFFUSION RESTREINTE"), refusal)

	// A corrected one lets the next one through, and stops something else.
	d.inForce(t, "rules: [{name: x, when: txt, then: refuse}]",
		`rules: [{name: x, when: 'staff == "`+string(d.claire.ID())+`" && chat.contacts == 1 && !first_contact && text.contains("x")', then: refuse, say: {fr: Pas de x.}}]`,
		"The new policy is in force")
	d.claire.Says(d.room, "Enfin une DIFFUSION RESTREINTE")
	reads(t, d.amina, "Enfin une DIFFUSION RESTREINTE")
	d.readsAnswer(t, d.claire.Says(d.room, "un x"), "Pas de x.")

	// Nothing of what was refused came to Amina.
	for _, entry := range d.amina.Inbox() {
		if strings.Contains(entry.Text, "Note") || strings.Contains(entry.Text, "Toujours") || strings.Contains(entry.Text, "RESTREINT UE") || entry.Text == "un x" ||
			entry.Media != nil {
			t.Errorf("Amina got %+v", entry)
		}
	}
	// What she writes is judged, too: in her language nobody tells her, and the room shows that something is missing.
	d.inForce(t, "rules: [{name: x", `rules: [{name: y, when: 'direction == "in" && text == "un virus"', then: refuse}, {name: x`, "The new policy is in force")
	says(t, d.amina, d.phone.Number(), "un virus")
	d.claire.Waits("the word that it was withheld", func(h bridgetest.Heard) bool {
		return h.Room == d.room && h.MsgType == event.MsgNotice && h.Text == say.French.Say(say.Withheld, "WhatsApp")
	})
}
