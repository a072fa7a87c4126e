package whatsapp

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/bridgev2/database"
	"maunium.net/go/mautrix/bridgev2/networkid"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/connectors/whatsapp/whatsapptest"
	"passerelle/portal/handover"
)

// office is a world in which Claire has two accounts, her own and the office's, and Karim has one. All three are in the group
// Harbour, which Bob has made, and have double puppets.
type office struct {
	*world
	own, desk, karims, bob  *whatsapptest.Phone
	ownAccount, deskAccount *account
	group                   string
	room                    *room // of the group
}

func newOffice(t *testing.T) *office {
	t.Helper()
	w := newWorld(t)
	w.matrix.puppets = true
	o := &office{world: w, own: w.phones.MustAddPerson("+33700000001", "Claire"), desk: w.phones.MustAddPerson("+33700000042", "Harbour office"),
		karims: w.phones.MustAddPerson("+33700000003", "Karim"), bob: w.phones.MustAddPerson(bobNumber, "Bob")}
	o.ownAccount, o.deskAccount = w.link(claire, o.own), w.link(claire, o.desk)
	w.link(karim, o.karims)
	o.group = must[string](t)(o.bob.CreateGroup("Harbour", o.own.Number(), o.desk.Number(), o.karims.Number()))
	must[string](t)(o.bob.Send(t.Context(), o.group, "Moin"))
	o.room, _ = w.hears("Moin")
	w.eventually("all accounts to be in the room", func() bool { return len(o.present()) == 3 })
	return o
}

// outcomeOf waits until a message is sent.
func (o *office) outcomeOf(of id.EventID) {
	o.t.Helper()
	if got := o.matrix.outcome(o.t, of); got.Status != event.MessageStatusSuccess {
		o.t.Errorf("%s is %+v", of, got)
	}
}

// present lists the logins in the group's room.
func (o *office) present() []*database.UserPortal {
	o.t.Helper()
	return must[[]*database.UserPortal](o.t)(o.bridge.DB.UserPortal.GetAllInPortal(o.t.Context(), networkid.PortalKey{ID: networkid.PortalID(o.group)}))
}

// settles waits until every account has brought what was said so far, and all of it is in its room: a last word of Bob's comes
// after it.
func (o *office) settles() {
	o.t.Helper()
	last := must[string](o.t)(o.bob.Send(o.t.Context(), o.group, "over"))
	arrival := fmt.Sprintf("%s:%s:%s", o.group, o.bob.LID().User, last)
	for _, place := range o.present() {
		o.eventually("a last word", func() bool { return o.inbox.hasSeen(place.LoginID, arrival) })
	}
	o.eventually("the inbox to be empty", func() bool { return o.inbox.waiting() == 0 })
}

// once checks that a text was said once, in one room, and returns it.
func (o *office) once(text string) (in *room, what said) {
	o.t.Helper()
	in, what = o.hears(text)
	o.settles()
	if count := o.countAll(text); count != 1 {
		o.t.Errorf("%q is said %d times", text, count)
	}
	return in, what
}

// countAll counts how often a text came from the network, in all rooms.
func (o *office) countAll(text string) (count int) {
	o.matrix.change(func() {
		for _, r := range o.matrix.rooms {
			for _, s := range r.said {
				if s.content.Body == text {
					count++
				}
			}
		}
	})
	return count
}

func TestAGroupOfSeveralAccountsIsOneRoomWithoutDoubles(t *testing.T) {
	o := newOffice(t)
	if in, _ := o.once("Moin"); in != o.room {
		t.Errorf("it is in %s", in.id)
	}
	// What somebody of the homeserver writes on a phone, three accounts see.
	sent := must[string](t)(o.karims.Send(t.Context(), o.group, "Karim here"))
	if in, what := o.once("Karim here"); in != o.room || what.by != karim {
		t.Errorf("it is said by %s in %s", what.by, in.id)
	}
	fromDesk := must[string](t)(o.desk.Send(t.Context(), o.group, "The office here"))
	if _, what := o.once("The office here"); what.by != claire {
		t.Errorf("it is said by %s", what.by)
	}
	// And so it is with what changes messages.
	_, target := o.hears("Karim here")
	must[string](t)(o.bob.React(t.Context(), o.group, sent, "👍"))
	o.matrix.wait(t, "a reaction", func() bool { return len(o.matrix.reactions) > 0 })
	o.settles()
	o.matrix.change(func() {
		if len(o.matrix.reactions) != 1 || o.matrix.reactions[0].to != target.id {
			t.Errorf("the reactions are %+v", o.matrix.reactions)
		}
	})
	must[string](t)(o.karims.Edit(t.Context(), o.group, sent, "Karim is here"))
	o.once("* Karim is here")
	answer := o.says(o.room, claire, text("Hi"))
	o.outcomeOf(answer)
	changed := text("Hello, Karim")
	changed.SetEdit(answer)
	o.outcomeOf(o.says(o.room, claire, changed))
	must[whatsapptest.Entry](t)(o.bob.WaitForText(deadline(t), "Hello, Karim"))
	must[string](t)(o.bob.Send(t.Context(), o.group, "So it goes"))
	o.once("So it goes")
	if n := o.countAll("* Hello, Karim"); n != 0 {
		t.Errorf("an edit comes back %d times", n)
	}
	must[string](t)(o.desk.Delete(t.Context(), o.group, fromDesk))
	o.matrix.wait(t, "a deletion", func() bool { return len(o.matrix.redacted) > 0 })
	o.settles()
	o.matrix.change(func() {
		if len(o.matrix.redacted) != 1 {
			t.Errorf("the deletions are %v", o.matrix.redacted)
		}
	})
}

func TestEachWritesWithTheirOwnAccount(t *testing.T) {
	o := newOffice(t)
	if got := o.matrix.outcome(t, o.says(o.room, karim, text("From Karim"))); got.Status != event.MessageStatusSuccess {
		t.Fatalf("it is %+v", got)
	}
	if got := must[whatsapptest.Entry](t)(o.bob.WaitForText(deadline(t), "From Karim")); got.From != o.karims.Number() {
		t.Errorf("it comes from %s", got.From)
	}
}

func TestSomebodyChoosesTheAccountForAGroup(t *testing.T) {
	o := newOffice(t)
	desk := o.botRoom(claire)
	list := o.answers(desk, claire, "list-logins", "Claire +33700000001: linked", "Harbour office +33700000042: linked", "from 2")
	number := o.numbered(list)
	for _, from := range []*whatsapptest.Phone{o.desk, o.own} {
		o.answers(o.room, claire, "prefer "+number(from), "What you write in this group goes out from WhatsApp ("+from.Name()+") now.")
		words := "From " + from.Name()
		o.outcomeOf(o.says(o.room, claire, text(words)))
		if got := must[whatsapptest.Entry](t)(o.bob.WaitForText(deadline(t), words)); got.From != from.Number() {
			t.Errorf("it comes from %s", got.From)
		}
	}
	o.answers(o.room, claire, "prefer 7", "Which of your accounts?")
}

// numbered returns a function that tells which number a phone has in a list.
func (o *office) numbered(list string) func(*whatsapptest.Phone) string {
	return func(phone *whatsapptest.Phone) string {
		for line := range strings.Lines(list) {
			if strings.Contains(line, phone.Number()) {
				number, _, _ := strings.Cut(line, ".")
				return number
			}
		}
		o.t.Fatalf("%s is not in %q", phone.Number(), list)
		return ""
	}
}

func TestTwoAccountsOfOnePersonHaveTwoChatsWithAContact(t *testing.T) {
	o := newOffice(t)
	must[string](t)(o.bob.Send(t.Context(), o.own.Number(), "To you"))
	must[string](t)(o.bob.Send(t.Context(), o.desk.Number(), "To the office"))
	private, _ := o.once("To you")
	official, _ := o.once("To the office")
	if private == official || official.name != "Bob · Harbour office" || private.name == official.name {
		t.Errorf("the rooms are %q and %q", private.name, official.name)
	}
	o.outcomeOf(o.says(official, claire, text("The office answers")))
	if got := must[whatsapptest.Entry](t)(o.bob.WaitForText(deadline(t), "The office answers")); got.From != o.desk.Number() {
		t.Errorf("it comes from %s", got.From)
	}
	ok(t, o.desk.SaveContact(bobNumber, "Robert"))
	o.matrix.wait(t, "the office's name for him", func() bool { return official.name == "Robert · Harbour office" })

	// A command uses the account of its room, or the one that it names.
	dora := o.phones.MustAddPerson("+4915112345678", "Dora")
	desk := o.botRoom(claire)
	number := o.numbered(o.asks(desk, claire, "list-logins"))
	o.answers(desk, claire, "start-chat from "+number(o.desk)+" +"+dora.Number(), "matrix.to")
	key := networkid.PortalKey{ID: networkid.PortalID(dora.LID().String()), Receiver: o.deskAccount.login.ID}
	if at := must[*bridgev2.Portal](t)(o.bridge.GetExistingPortalByKey(t.Context(), key)); !handover.HasRoom(at) {
		t.Error("the chat is not the office's")
	}
	o.answers(desk, claire, "start-chat from 7 +"+dora.Number(), "You have no such account.")
	o.answers(desk, claire, "start-chat from +"+o.own.Number()+" +"+dora.Number(), "matrix.to")
}

func TestOneOfTwoAccountsLeavesTheGroup(t *testing.T) {
	o := newOffice(t)
	ok(t, o.desk.LeaveGroup(o.group))
	o.eventually("the office to be out", func() bool { return len(o.present()) == 2 })
	must[string](t)(o.bob.Send(t.Context(), o.group, "Who is still here?"))
	o.once("Who is still here?")
	o.matrix.change(func() {
		if o.room.members[claire] != event.MembershipJoin {
			t.Errorf("Claire is %q", o.room.members[claire])
		}
	})
	o.outcomeOf(o.says(o.room, claire, text("I am")))
	if got := must[whatsapptest.Entry](t)(o.bob.WaitForText(deadline(t), "I am")); got.From != o.own.Number() {
		t.Errorf("it comes from %s", got.From)
	}
	ok(t, o.own.LeaveGroup(o.group))
	o.matrix.wait(t, "Claire to be out", func() bool { return o.room.members[claire] == event.MembershipLeave })
	o.eventually("both accounts to be out", func() bool { return len(o.present()) == 1 })
	must[string](t)(o.bob.Send(t.Context(), o.group, "And Karim?"))
	o.once("And Karim?")

	// One who comes again writes again.
	ok(t, o.bob.ChangeMembers(o.group, "add", o.desk.Number()))
	o.matrix.wait(t, "Claire to be in", func() bool { return o.room.members[claire] == event.MembershipJoin })
	o.eventually("the office to be in", func() bool { return len(o.present()) == 2 })
	o.outcomeOf(o.says(o.room, claire, text("Here again")))
	if got := must[whatsapptest.Entry](t)(o.bob.WaitForText(deadline(t), "Here again")); got.From != o.desk.Number() {
		t.Errorf("it comes from %s", got.From)
	}
}

func TestLogoutLeavesTheRoomsAndTheOtherAccount(t *testing.T) {
	const rests = "Nobody is linked to WhatsApp for this chat any more"
	o := newOffice(t)
	must[string](t)(o.bob.Send(t.Context(), o.desk.Number(), "To the office"))
	official, _ := o.once("To the office")
	desk := o.botRoom(claire)
	o.answers(desk, claire, "logout", "Which of your accounts?", "1. ", "2. ")
	number := o.numbered(o.asks(desk, claire, "list-logins"))
	o.answers(desk, claire, "logout "+number(o.desk), "You are logged out of WhatsApp (Harbour office)", "Your rooms stay as they are.")
	o.saysOnce(official, rests)
	o.eventually("the link to be gone on the phone", func() bool { return len(o.desk.Devices()) == 0 })
	must[string](t)(o.bob.Send(t.Context(), o.group, "Still one room"))
	o.once("Still one room")
	o.outcomeOf(o.says(o.room, claire, text("And my own account")))
	if got := must[whatsapptest.Entry](t)(o.bob.WaitForText(deadline(t), "And my own account")); got.From != o.own.Number() {
		t.Errorf("it comes from %s", got.From)
	}

	o.answers(desk, claire, "logout", "You are logged out of WhatsApp (Claire)")
	o.answers(desk, claire, "list-logins", "You are not linked")
	must[string](t)(o.bob.Send(t.Context(), o.group, "Karim reads this"))
	o.once("Karim reads this")
	if n := o.count(o.room, rests); n != 0 {
		t.Errorf("a room that Karim still uses says %d times that nobody does", n)
	}
	o.answers(o.botRoom(karim), karim, "logout", "You are logged out of WhatsApp (Karim)")
	o.saysOnce(o.room, rests)
}

// saysOnce waits until the bot says words in a room, and checks that it does so once.
func (o *office) saysOnce(in *room, words string) {
	o.t.Helper()
	o.matrix.wait(o.t, words, func() bool { return len(o.botsIn(in, words)) > 0 })
	if n := o.count(in, words); n != 1 {
		o.t.Errorf("%q is said %d times", words, n)
	}
}

func (o *office) count(in *room, words string) (n int) {
	o.matrix.change(func() { n = len(o.botsIn(in, words)) })
	return n
}

func (o *office) botsIn(in *room, words string) []said {
	return slices.DeleteFunc(slices.Clone(in.said), func(s said) bool {
		return s.by != botMXID || !strings.Contains(s.content.Body, words)
	})
}

func TestTwoAccountsOfOneNameAreToldApart(t *testing.T) {
	w := newWorld(t)
	one, two := w.phones.MustAddPerson("+33700000001", "Claire"), w.phones.MustAddPerson("+33700000042", "Claire")
	a, b := w.link(claire, one), w.link(claire, two)
	w.eventually("the names", func() bool { return a.shownName() == "Claire …01" && b.shownName() == "Claire …42" })
	if got, want := fmt.Sprint(a.spaceName(), b.spaceName()), "WhatsApp (Claire …01)WhatsApp (Claire …42)"; got != want {
		t.Errorf("the spaces are called %s", got)
	}
}
