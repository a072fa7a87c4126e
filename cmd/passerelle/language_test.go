package main

import (
	"regexp"
	"strings"
	"testing"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/bridge/bridgetest"
	"passerelle/portal/say"
)

// asks writes something to WhatsApp's bot, and returns its next answer.
func (s *stage) asks(t *testing.T, who *bridgetest.Actor, room id.RoomID, words string) string {
	t.Helper()
	mark := who.Mark()
	who.Says(room, words)
	answer := who.Waits("the answer to "+words, func(h bridgetest.Heard) bool {
		return h.Room == room && h.Sender == id.UserID(s.bridge.Bot("whatsapp")) && h.IsMessage()
	}, mark)
	if !answer.WasEncrypted {
		t.Errorf("the answer to %q came in the clear", words)
	}
	return answer.Text
}

// answers checks the bot's next answer.
func (s *stage) answers(t *testing.T, who *bridgetest.Actor, room id.RoomID, words, want string) {
	t.Helper()
	if got := s.asks(t, who, room, words); !strings.Contains(got, want) {
		t.Errorf("%q is answered with %q, want %q in it", words, got, want)
	}
}

func TestEachPersonIsAddressedInTheLanguageOfTheirChoice(t *testing.T) {
	d := meet(t)
	karim := d.Staff(t, "karim")
	karims := d.botRoom(t, karim)
	d.answers(t, d.claire, d.desk, "language", "I speak English with you.")
	d.answers(t, d.claire, d.desk, "language tlh", "Write “language en” or “language fr”.")
	d.answers(t, d.claire, d.desk, "language fr", "Désormais, je vous parle en français.")
	d.answers(t, d.claire, d.desk, "bonjour", "Je ne connais pas « bonjour ». Écrivez « help »")
	d.answers(t, karim, karims, "bonjour", "I do not know “bonjour”. Write “help”")

	d.answers(t, d.claire, d.desk, "who", say.French.Say(say.NotAChat, "WhatsApp"))

	// A notice in a direct chat, and a refusal of what she writes there.
	says(t, d.amina, d.phone.Number(), "Bonjour")
	d.room = d.claire.Waits("Amina's message", func(h bridgetest.Heard) bool { return h.Text == "Bonjour" }).Room
	clear := d.claire.SaysInClear(d.room, "en clair")
	d.claire.Waits("the refusal", func(h bridgetest.Heard) bool {
		return h.RepliesTo == clear && h.Text == say.French.Say(say.EncryptThis)
	})
	d.answers(t, d.claire, d.room, "!whatsapp timer", "Dans cette conversation, les nouveaux messages ne disparaissent pas.")
	d.answers(t, d.claire, d.room, "!whatsapp block +1", "Ce n’est pas un numéro de téléphone")

	// The choice outlives the program, and what is wrong with her link is told in its words.
	must(t, d.bridge.Stop())
	must(t, d.bridge.Start(t.Context()))
	must(t, d.phone.Unlink(d.phone.Devices()[0].ID))
	d.claire.Hears(d.desk, say.French.Say(say.LoggedOut, "WhatsApp"))
	d.answers(t, d.claire, d.desk, "language en", "From now on I speak English with you.")
}

// commandName finds the names of commands in what help says.
var commandName = regexp.MustCompile("<code>([a-z-]+)</code>")

func TestHelpFitsAScreenAndDescribesEveryCommand(t *testing.T) {
	d := newDialogue(t)
	counter := d.claire.StartsRoom("Counter", id.UserID(d.bridge.Bot("whatsapp")))
	d.claire.SeesMember(counter, id.UserID(d.bridge.Bot("whatsapp")), event.MembershipJoin)
	described := map[string]map[string]bool{}
	for _, language := range []string{"fr", "en"} {
		d.asks(t, d.claire, d.desk, "language "+language)
		known := map[string]bool{}
		for room, command := range map[id.RoomID]string{d.desk: "help", d.room: "!whatsapp help", counter: "!whatsapp aide"} {
			page := d.asks(t, d.claire, room, command)
			if lines := strings.Count(page, "\n") + 1; lines > 25 {
				t.Errorf("help has %d lines in %s:\n%s", lines, language, page)
			}
			for _, name := range commandName.FindAllStringSubmatch(d.lastHTML(t, room), -1) {
				known[name[1]] = true
			}
		}
		for _, name := range []string{"login", "start-chat", "timer", "bridge", "create-group", "invite-link", "language", "cancel"} {
			if !known[name] {
				t.Errorf("help does not speak of %s, only of %v", name, known)
			}
		}
		for name := range known {
			said := d.asks(t, d.claire, d.desk, "help "+name)
			_, description, _ := strings.Cut(said, "\n")
			if !strings.Contains(said, name) || len(description) < 10 || strings.Contains(said, "%!") {
				t.Errorf("%s is described in %s as %q", name, language, said)
			}
			if described[name] == nil {
				described[name] = map[string]bool{}
			}
			described[name][description] = true
		}
		if known["discard-megolm-session"] {
			t.Error("a command of administrators is shown to staff")
		}
		d.answers(t, d.claire, d.desk, "help discard-megolm-session", "discard-megolm-session")
		d.answers(t, d.claire, d.desk, "discard-megolm-session", map[string]string{"fr": "administrateurs", "en": "administrators"}[language])
	}
	for name, words := range described {
		if len(words) != 2 {
			t.Errorf("%s is described in English and French as %v", name, words)
		}
	}
}

// lastHTML is the bot's last message in a room with its markup.
func (d *dialogue) lastHTML(t *testing.T, room id.RoomID) string {
	t.Helper()
	log := d.claire.Log(room)
	for i := len(log) - 1; i >= 0; i-- {
		if log[i].Sender == id.UserID(d.bridge.Bot("whatsapp")) && log[i].IsMessage() {
			return log[i].Message().FormattedBody
		}
	}
	t.Fatal("the bot said nothing")
	return ""
}

// english finds words that no French sentence has.
var english = regexp.MustCompile(`(?i)\b(the|you|your|please|use|log(ged)?|unknown|failed|cancell?ed|ongoing|successful(ly)?|enter|invalid|bridge|portal|management|hello|help for|not)\b`)

func TestNoSentenceOfTheLibraryReachesAPerson(t *testing.T) {
	s := newStage(t, func(o *bridgetest.InstallOptions) {
		o.Replace = map[string]string{"language: en ": "language: fr "}
	})
	claire := s.Staff(t, "claire")
	phone := s.whatsapp.MustAddPerson("+33700000001", "Claire")
	room := s.botRoom(t, claire)
	for _, words := range []string{"help", "help login", "help nothing", "bonjour", "cancel", "version", "sudo @claire:x help", "relogin", "debug-reset-network",
		"unbridge", "timer", "join", "logout-matrix", "contacts"} {
		s.asks(t, claire, room, words)
	}
	s.answers(t, claire, room, "login", "`login qr` – Scanner un code QR avec le téléphone")
	s.asks(t, claire, room, "login pigeon")

	// She begins, thinks better of it, and begins again.
	claire.Says(room, "login qr")
	code := claire.Waits("the QR code", func(h bridgetest.Heard) bool { return h.Room == room && h.MsgType == event.MsgImage })
	s.answers(t, claire, room, "login qr", say.French.Say(say.LoginUnderWay))
	s.answers(t, claire, room, "annuler", say.French.Say(say.LoginCancelled))
	claire.SeesDeletion(room, code.ID)
	s.answers(t, claire, room, "cancel", say.French.Say(say.NothingToCancel))

	s.answers(t, claire, room, "login code", "Écrivez votre numéro de téléphone.")
	s.answers(t, claire, room, "06 00", say.French.Say(say.PhoneNumberWrong))
	mark := claire.Mark()
	claire.Says(room, "+33 7 00 00 00 01")
	typed := claire.Waits("the code", func(h bridgetest.Heard) bool { return h.Room == room && linkingCode.MatchString(h.Text) }, mark)
	if _, err := phone.EnterCode(bounded(t), linkingCode.FindString(typed.Text)); err != nil {
		t.Fatal(err)
	}
	claire.Hears(room, say.French.Say(say.Connected, "WhatsApp"))
	claire.SeesDeletion(room, typed.ID)

	for _, h := range claire.Log(room) {
		if h.Sender != id.UserID(s.bridge.Bot("whatsapp")) || !h.IsMessage() || h.MsgType == event.MsgImage {
			continue
		}
		if word := english.FindString(ours.ReplaceAllString(h.Text, "")); word != "" {
			t.Errorf("Claire reads %q: %s", word, h.Text)
		}
	}
}

// ours are the names of commands, quoted or in a list, and the greeting's offer of English.
var ours = regexp.MustCompile("« [^»]*»: I speak English, too\\.|« [^»]*»|`[^`]*`")
