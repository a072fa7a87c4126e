package whatsapp

import (
	"strings"
	"testing"

	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/connectors/whatsapp/whatsapptest"
)

func TestAliceStartsAChatByPhoneNumber(t *testing.T) {
	w := newWorld(t)
	bob := w.phones.MustAddPerson(bobNumber, "Bob")
	w.link(alice, w.phones.MustAddPerson(aliceNumber, "Alice"))
	bot := w.botRoom(alice)

	w.answers(bot, alice, "resolve-identifier +49 170 1234-5678", "uses WhatsApp")
	w.answers(bot, alice, "start-chat +49 (0) 170 123 456 78", "is ready", "https://matrix.to/#/%21room-")
	in := w.only(bob)
	if !in.direct || in.members[alice] == "" {
		t.Errorf("the room is %+v", in)
	}
	w.answers(bot, alice, "pm 0049 170 12345678", "Your chat with +4917012345678 is here", w.connector.link(in.id))

	w.says(in, alice, text("Bonjour Bob"))
	must[whatsapptest.Entry](t)(bob.WaitForText(deadline(t), "Bonjour Bob"))
	must[string](t)(bob.Send(t.Context(), aliceNumber, "Moin"))
	if same, _ := w.hears("Moin"); same != in {
		t.Errorf("Bob's answer comes into another room, %s", same.id)
	}
}

func TestANumberThatCannotBeUsedIsRefusedWithASentence(t *testing.T) {
	w := newWorld(t)
	bot := w.botRoom(alice)
	w.answers(bot, alice, "start-chat "+bobNumber, "You are not linked to WhatsApp")
	w.link(alice, w.phones.MustAddPerson(aliceNumber, "Alice"))
	w.answers(bot, alice, "start-chat", "Add the phone number")
	w.answers(bot, alice, "start-chat 06 12 34 56 78", "with its country code")
	w.answers(bot, alice, "start-chat Bob", "with its country code")
	w.answers(bot, alice, "start-chat "+bobNumber, "Nobody uses WhatsApp with this number.")
	w.answers(bot, alice, "resolve-identifier "+bobNumber, "Nobody uses WhatsApp with this number.")
	w.matrix.change(func() {
		if len(w.matrix.rooms) != 1 {
			t.Errorf("there are %d rooms, want the bot's", len(w.matrix.rooms))
		}
	})
}

func TestAliceInvitesAGhost(t *testing.T) {
	w := newWorld(t)
	bob := w.phones.MustAddPerson(bobNumber, "Bob")
	w.link(alice, w.phones.MustAddPerson(aliceNumber, "Alice"))
	bot := w.botRoom(alice)
	invites := func(name string, ghost id.UserID) *room {
		made := &room{id: id.RoomID("!" + name + ":" + domain), direct: true, levels: &event.PowerLevelsEventContent{Users: map[id.UserID]int{
			alice: 100, ghost: 100}}, members: map[id.UserID]event.Membership{alice: event.MembershipJoin, ghost: event.MembershipInvite}}
		w.matrix.change(func() { w.matrix.rooms[made.id] = made })
		w.bridge.QueueMatrixEvent(t.Context(), &event.Event{
			ID: w.matrix.nextEvent(), RoomID: made.id, Sender: alice, Type: event.StateMember, StateKey: new(string(ghost)),
			Content: event.Content{Parsed: &event.MemberEventContent{Membership: event.MembershipInvite, IsDirect: true}},
		})
		return made
	}
	in := invites("mine", ghostOf(bob))
	w.matrix.wait(t, "the bot in the room", func() bool { return in.members[botMXID] == event.MembershipJoin })
	w.eventually("the room to be Bob's", func() bool {
		at, err := w.bridge.GetPortalByMXID(t.Context(), in.id)
		return err == nil && at != nil && at.Receiver != ""
	})
	w.says(in, alice, text("Bonjour Bob"))
	must[whatsapptest.Entry](t)(bob.WaitForText(deadline(t), "Bonjour Bob"))
	must[string](t)(bob.Send(t.Context(), aliceNumber, "Moin"))
	if same, _ := w.hears("Moin"); same != in {
		t.Errorf("Bob's answer comes into another room, %s", same.id)
	}

	again := invites("again", ghostOf(bob))
	w.matrix.wait(t, "the ghost to leave a second room", func() bool { return again.members[ghostOf(bob)] == event.MembershipLeave })
	nobody := invites("nobody", ghostMXID("99999999999999"))
	w.matrix.wait(t, "nobody's ghost to leave", func() bool { return nobody.members[ghostMXID("99999999999999")] == event.MembershipLeave })
	w.matrix.wait(t, "Alice to be told of both", func() bool {
		var told []string
		for _, s := range bot.said {
			told = append(told, s.content.Body)
		}
		all := strings.Join(told, "\n")
		return strings.Contains(all, w.connector.link(in.id)) && strings.Contains(all, "Nobody on WhatsApp can be reached")
	})
}

func TestPhoneNumbersAsPeopleWriteThem(t *testing.T) {
	for written, want := range map[string]string{
		"+33612345678": "33612345678", " +33 6 12 34 56 78 ": "33612345678", "+33 (0)6.12.34.56.78": "33612345678",
		"0033-6-12-34-56-78": "33612345678", "tel:+33612345678": "33612345678", "+33\u202f6\u00a012345678": "33612345678",
		"0612345678": "", "33612345678": "", "+0612345678": "", "+33": "", "": "", "+3361234567a": "", "+1234567890123456": "",
	} {
		if got, ok := parsePhone(written); got != want || ok != (want != "") {
			t.Errorf("%q is read as %q, want %q", written, got, want)
		}
	}
}

func FuzzParsePhone(f *testing.F) {
	f.Add("+33 6 12 34 56 78")
	f.Add("0033")
	f.Fuzz(func(t *testing.T, text string) {
		digits, ok := parsePhone(text)
		if ok && (strings.Trim(digits, "0123456789") != "" || len(digits) < 7 || len(digits) > 15 || digits[0] == '0') {
			t.Errorf("%q is read as %q", text, digits)
		}
		if again, same := parsePhone("+" + digits); ok && (!same || again != digits) {
			t.Errorf("%q is read as %q, and that as %q", text, digits, again)
		}
	})
}

func TestAProgramFindsAPersonByNumberAndByIdentifier(t *testing.T) {
	w := newWorld(t)
	bob := w.phones.MustAddPerson(bobNumber, "Bob")
	a := w.link(alice, w.phones.MustAddPerson(aliceNumber, "Alice"))
	for _, identifier := range []string{bobNumber, string(userID(bob.LID()))} {
		found := must[*bridgev2.ResolveIdentifierResponse](t)(a.ResolveIdentifier(t.Context(), identifier, true))
		if found.UserID != userID(bob.LID()) || found.Chat.PortalKey != portalKey(bob.LID(), a.login.ID) {
			t.Errorf("%s is %+v", identifier, found)
		}
	}
}
