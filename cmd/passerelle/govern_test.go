package main

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/bridge/bridgetest"
	"passerelle/portal/say"
)

// office is a dialogue with Karim beside it, who is an administrator.
type office struct {
	*dialogue
	karim *bridgetest.Actor
	chat  id.RoomID // Karim's with the bot
}

func newOffice(t *testing.T, adjust ...func(*bridgetest.InstallOptions)) *office {
	t.Helper()
	adjust = append(adjust, func(o *bridgetest.InstallOptions) {
		if o.Replace == nil {
			o.Replace = map[string]string{}
		}
		o.Replace["permissions:\n"] = "permissions:\n  \"@karim:" + bridgetest.DefaultServerName + "\": admin\n"
	})
	o := &office{dialogue: newDialogue(t, adjust...)}
	o.karim = o.Staff(t, "karim")
	o.chat = o.botRoom(t, o.karim)
	return o
}

// does has Karim write a command, and returns the bot's answer.
func (o *office) does(t *testing.T, command string) string {
	t.Helper()
	mark := o.karim.Mark()
	o.karim.Says(o.chat, "admin "+command)
	return o.karim.Waits("the answer to "+command, func(h bridgetest.Heard) bool {
		return h.Room == o.chat && h.Sender == id.UserID(o.bridge.Bot("whatsapp")) && h.WasEncrypted && h.IsMessage()
	}, mark).Text
}

// hears has Claire read words of the bot's in the room of the chat.
func (o *office) hears(t *testing.T, sentence say.Sentence) {
	t.Helper()
	o.told(t, o.claire, o.room, say.English.Say(sentence))
}

func TestAnAdministratorPausesAPortalAndLetsItGoOn(t *testing.T) {
	o := newOffice(t)
	if view := o.does(t, "overview"); !strings.Contains(view, "whatsapp: 1 conversations") {
		t.Errorf("the overview says %q", view)
	}
	if list := o.does(t, "portals"); !strings.Contains(list, "1. Amina (WhatsApp) (whatsapp), open, contacts: 1") {
		t.Fatalf("the list says %q", list)
	}
	o.does(t, "pause 1")
	o.hears(t, say.BorderPaused)
	says(t, o.amina, o.phone.Number(), "written during the pause")
	says(t, o.amina, o.phone.Number(), "and this, too")
	out := o.claire.Says(o.room, "does not go out")
	if told := o.claire.Waits("the refusal", func(h bridgetest.Heard) bool { return h.RepliesTo == out }); told.Text != say.English.Say(say.ChatPausedOut) {
		t.Errorf("Claire was told %q", told.Text)
	}
	reaction := o.claire.Reacts(o.room, out, "👍")
	o.claire.Waits("the refusal of a reaction", func(h bridgetest.Heard) bool { return h.RepliesTo == reaction })
	if err := o.bridge.Kill(); err != nil { // what waits bears that
		t.Fatal(err)
	}
	if err := o.bridge.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	o.does(t, "portals")
	if texts := o.claire.Texts(o.room); slices.Contains(texts, "written during the pause") {
		t.Errorf("the room holds %q during the pause", texts)
	}
	o.does(t, "reopen 1")
	o.claire.Hears(o.room, "and this, too")
	o.hears(t, say.BorderReopened)
	o.claire.Says(o.room, "goes out again")
	reads(t, o.amina, "goes out again")
	texts := o.claire.Texts(o.room)
	want := []string{"0", "written during the pause", "and this, too"}
	if got := slices.DeleteFunc(slices.Clone(texts), func(text string) bool { return !slices.Contains(want, text) }); !slices.Equal(got, want) {
		t.Errorf("the room holds %q", texts)
	}
	for _, entry := range o.amina.Inbox() {
		if entry.Text == "does not go out" {
			t.Error("Amina read what was refused")
		}
	}
}

func TestAnAdministratorClosesAPortalWithAWordToBothSides(t *testing.T) {
	o := newOffice(t)
	o.does(t, "portals amina")
	o.does(t, "read-only 1")
	o.hears(t, say.BorderReadOnly)
	says(t, o.amina, o.phone.Number(), "still read")
	o.claire.Hears(o.room, "still read")
	out := o.claire.Says(o.room, "not sent")
	o.claire.Waits("the refusal", func(h bridgetest.Heard) bool {
		return h.RepliesTo == out && h.Text == say.English.Say(say.ChatReadOnlyOut)
	})
	o.does(t, "reopen 1")
	o.does(t, "close 1 The office has moved to the state messenger.")
	reads(t, o.amina, "The office has moved to the state messenger.")
	o.claire.Hears(o.room, "The office has moved to the state messenger.")
	o.hears(t, say.BorderClosed)
	says(t, o.amina, o.phone.Number(), "is anybody there?")
	o.does(t, "reopen 1")
	says(t, o.amina, o.phone.Number(), "hello again")
	o.claire.Hears(o.room, "hello again")
	if texts := o.claire.Texts(o.room); slices.Contains(texts, "is anybody there?") {
		t.Errorf("what was written to a closed portal arrived: %q", texts)
	}
}

func TestAnAdministratorBlocksAContactAndLimitsAnAccount(t *testing.T) {
	o := newOffice(t)
	if list := o.does(t, "contacts amina"); !strings.Contains(list, "1. Amina (WhatsApp) (whatsapp), conversations: 1") {
		t.Fatalf("the list says %q", list)
	}
	o.does(t, "block 1")
	says(t, o.amina, o.phone.Number(), "blocked")
	out := o.claire.Says(o.room, "not to somebody who is blocked")
	o.claire.Waits("the refusal", func(h bridgetest.Heard) bool {
		return h.RepliesTo == out && h.Text == say.English.Say(say.ContactBlocked)
	})
	o.does(t, "unblock 1")
	says(t, o.amina, o.phone.Number(), "free")
	o.claire.Hears(o.room, "free")
	if texts := o.claire.Texts(o.room); slices.Contains(texts, "blocked") {
		t.Errorf("what a blocked contact wrote arrived: %q", texts)
	}
	if list := o.does(t, "logins"); !strings.Contains(list, "1. "+o.claire.ID().String()+" (whatsapp): connected") {
		t.Fatalf("the list says %q", list)
	}
	o.does(t, "limit 1 1")
	o.claire.Says(o.room, "the only one today")
	reads(t, o.amina, "the only one today")
	out = o.claire.Says(o.room, "one too many")
	o.claire.Waits("the refusal", func(h bridgetest.Heard) bool {
		return h.RepliesTo == out && h.Text == say.English.Say(say.LimitReached, 1)
	})
	o.does(t, "limit 1 0")
	o.claire.Says(o.room, "as many as there are")
	reads(t, o.amina, "as many as there are")
	o.does(t, "logins")
	o.does(t, "disconnect 1")
	o.does(t, "connect 1")
	says(t, o.amina, o.phone.Number(), "connected again")
	o.claire.Hears(o.room, "connected again")
}

func TestOnlyThoseWithARoleGovern(t *testing.T) {
	o := newOffice(t)
	o.claire.Says(o.desk, "admin portals")
	o.told(t, o.claire, o.desk, say.English.Say(say.AdminNoRole))
	o.claire.Says(o.room, "!wa admin pause")
	o.told(t, o.claire, o.room, say.English.Say(say.AdminNoRole))
	o.inForce(t, "\nnetworks:\n", "\nadministration:\n  \""+o.claire.ID().String()+"\": {role: auditor}\n\nnetworks:\n", "The new policy is in force")
	o.claire.Says(o.desk, "admin logins")
	o.told(t, o.claire, o.desk, "(whatsapp): connected") // who has a role sees
	o.claire.Says(o.room, "!wa admin pause")
	o.told(t, o.claire, o.room, say.English.Say(say.AdminMayNot)) // and an auditor changes nothing
	if answer := o.does(t, "pause 7"); answer != say.English.Say(say.AdminNotFound) {
		t.Errorf("a number of no list is answered with %q", answer)
	}
	o.does(t, "portals")
	if answer := o.does(t, "delete 1"); !strings.Contains(answer, "admin delete 1 yes") {
		t.Errorf("what is final is answered with %q", answer)
	}
	if help := o.does(t, "help"); !strings.Contains(help, "pause N") {
		t.Errorf("the help says %q", help)
	}
}

func TestAContactIsToldWhatIsKnownAndErased(t *testing.T) {
	o := newOffice(t)
	o.claire.Says(o.room, "a word to Amina")
	reads(t, o.amina, "a word to Amina")
	o.does(t, "contacts amina")
	known := o.does(t, "access 1")
	for _, line := range []string{"name: Amina (WhatsApp)", "network: whatsapp", "messages judged: 1", "events in rooms: 1"} {
		if !strings.Contains(known, line) {
			t.Errorf("what is known lacks %q: %s", line, known)
		}
	}
	first := o.claire.Hears(o.room, "0")
	erased := o.does(t, "erase 1 yes")
	if !strings.Contains(erased, say.English.Say(say.AdminStays)) {
		t.Errorf("the answer is %q", erased)
	}
	o.claire.SeesDeletion(o.room, first.ID)
	o.claire.SeesMember(o.room, o.claire.ID(), event.MembershipLeave)
	profile, err := o.claire.Client().GetProfile(bounded(t), o.ghost(o.amina))
	if errors.Is(err, mautrix.MNotFound) { // Synapse's word for one that is blank
		profile, err = &mautrix.RespUserProfile{}, nil
	}
	must(t, err)
	if profile.DisplayName != "" {
		t.Errorf("the ghost is called %q", profile.DisplayName)
	}
	if list := o.does(t, "contacts amina"); !strings.Contains(list, say.English.Say(say.AdminNone)) {
		t.Errorf("after the erasure there is %q", list)
	}
	says(t, o.amina, o.phone.Number(), "it is me again") // who writes again is somebody new
	again := o.claire.Waits("a new conversation", func(h bridgetest.Heard) bool { return h.Text == "it is me again" })
	if again.Room == o.room {
		t.Error("the conversation went on in the old room")
	}
}
