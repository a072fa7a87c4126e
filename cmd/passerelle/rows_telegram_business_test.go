package main

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/bridge/bridgetest"
	"passerelle/bridge/bridgetest/rowtest"
	"passerelle/connectors/telegram/telegramtest"
	"passerelle/portal/say"
)

// businessRows are about the ways in: links by which contacts come, first contacts, and the owner's own account.
func (n *telegramRows) businessRows() []rowtest.Row {
	return []rowtest.Row{
		{Area: "ways in", Holds: "a link leads a contact to a colleague", Play: n.linkToColleague},
		{Area: "ways in", Holds: "a link leads a contact to a room", Play: n.linkToRoom},
		{Area: "ways in", Holds: "a link that leads nowhere is told of", Play: n.linkToNowhere},
		{Area: "ways in", Holds: "what is said about a link is checked", Play: n.linkWords},
		{Area: "ways in", Holds: "who would write first is offered a link", Play: n.firstContact},
		{Area: "ways in", Holds: "those in charge share each new chat", Play: n.sharedStaff},
		{Area: "ways in", Holds: "what a bot cannot do is said where it is tried", Play: n.cannotDo},
		{Area: "own account", Holds: "the chats of the owner's own account come, once it is shown to be", Play: n.ownAccount},
		{Area: "own account", Holds: "what was deleted on the phone goes, what is deleted here goes there", Play: n.ownDeletions},
		{Area: "own account", Holds: "a day after the contact's last message nothing goes out", Play: n.ownWindow},
		{Area: "own account", Holds: "rights that are missing and a connection that is cut are told of", Play: n.ownRights},
		{Area: "own account", Holds: "what the owner reads is marked as read", Play: n.ownRead},
	}
}

// TestTelegramsWaysIn plays the rows about the ways in.
func TestTelegramsWaysIn(t *testing.T) {
	s := newTelegramStage(t, telegramSetup{})
	network := newTelegramRows(s)
	rowtest.Open(t, network, s.World, s.bridge).Run(t, network.businessRows())
}

var startToken = regexp.MustCompile(`https://t\.me/(\w+)\?start=([A-Za-z0-9_-]{1,64})`)

// asks has Claire write a command into her room with the bridge's bot, and returns the answer.
func asks(s *rowtest.Scene, command, answer string) bridgetest.Heard {
	s.Helper()
	mark := s.Claire.Mark()
	s.Claire.Says(s.Desk, command)
	return s.Told(s.Claire, s.Desk, answer, mark)
}

// linkIn returns the token of the link in an answer, and checks that it is to Claire's bot.
func linkIn(s *rowtest.Scene, answer bridgetest.Heard) string {
	s.Helper()
	found := startToken.FindStringSubmatch(answer.Text)
	if found == nil || found[1] != bot(s).Username() {
		s.Fatalf("there is no link in %q", answer.Text)
	}
	return found[2]
}

// bot is Claire's.
func bot(s *rowtest.Scene) *telegramtest.Bot { return *s.Phone.(rowMember).bot }

// followsLink has a contact come by a link, and returns the room in which Claire reads the sentence.
func followsLink(s *rowtest.Scene, who rowMember, token, sentence string) id.RoomID {
	s.Helper()
	mark := s.Claire.Mark()
	who.sent(who.Start(bot(s).ID(), token))
	heard := s.Encrypted(s.Claire.Waits("how "+who.Name()+" came", func(h bridgetest.Heard) bool {
		return h.Sender == s.Ghost(who) && strings.Contains(h.Text, sentence)
	}, mark))
	if strings.Contains(heard.Text, token) && token != "" {
		s.Errorf("the room shows the token: %q", heard.Text)
	}
	return heard.Room
}

// numberOf reads the number of a link out of the answer.
func numberOf(s *rowtest.Scene, answer bridgetest.Heard) (number int) {
	s.Helper()
	if _, err := fmt.Sscanf(answer.Text, "Link %d:", &number); err != nil {
		s.Fatalf("%q: %v", answer.Text, err)
	}
	return number
}

func (n *telegramRows) linkToColleague(s *rowtest.Scene) {
	made := asks(s, fmt.Sprintf("start-link %s 30d 2x", s.Karim.ID()), "Whoever opens it comes to "+s.Karim.ID().String())
	token := linkIn(s, made)
	amina, bilal, chloe := s.Join("Amina").(rowMember), s.Join("Bilal").(rowMember), s.Join("Chloe").(rowMember)
	for _, contact := range []rowMember{amina, bilal} {
		room := followsLink(s, contact, token, say.English.Say(say.StartForStaff, "Telegram", "karim"))
		s.Karim.Joins(room)
		s.Karim.Says(room, "Karim à l’appareil")
		contact.Shows("Karim's words", func(m rowtest.Shown) bool { return strings.HasSuffix(m.Text, "Karim à l’appareil") })
	}
	followsLink(s, amina, token, say.English.Say(say.StartForStaff, "Telegram", "karim")) // who came before comes again
	room := followsLink(s, chloe, token, say.English.Say(say.StartUsedUp, "Telegram"))
	if s.Claire.Staff == nil || room == "" {
		s.Error("Chloe has no room")
	}
}

func (n *telegramRows) linkToRoom(s *rowtest.Scene) {
	counter := s.Claire.StartsRoom("Guichet B", s.Bot(), s.Karim.ID())
	s.Karim.Joins(counter)
	s.Commands(counter, "start-link here", say.English.Say(say.BotNeedsRights))
	s.Claire.SetsState(counter, event.StatePowerLevels, "", &event.PowerLevelsEventContent{Users: map[id.UserID]int{s.Claire.ID(): 100, s.Bot(): 50}})
	s.Karim.SeesState(counter, event.StatePowerLevels, "", func(e *event.Event) bool { return e.Content.AsPowerLevels().GetUserLevel(s.Bot()) == 50 })
	s.Commands(counter, "start-link here 3x", say.English.Say(say.LinkRoomOnce))
	token := linkIn(s, s.Commands(counter, "start-link here", "Whoever opens it comes to the room"))
	amina := s.Join("Amina").(rowMember)
	if room := followsLink(s, amina, token, say.English.Say(say.StartForRoom, "Telegram")); room != counter {
		s.Errorf("she comes into %s, want %s", room, counter)
	}
	amina.Writes(s.Phone.Address(), "Je suis au guichet B")
	s.Encrypted(s.Karim.Hears(counter, "Je suis au guichet B"))
	s.Claire.Says(counter, "Bienvenue au guichet")
	amina.Shows("Claire's words", func(m rowtest.Shown) bool { return m.Text == "Bienvenue au guichet" })
	if name := s.Claire.RoomName(counter); name != "Guichet B" {
		s.Errorf("the room is now called %q", name)
	}
	s.Commands(counter, "start-link here", "a room of your own that is no chat’s yet")
	// Whose chat has a room keeps it.
	c := s.Meets("Bilal")
	other := s.Claire.StartsRoom("Guichet C", s.Bot())
	s.Claire.SetsState(other, event.StatePowerLevels, "", &event.PowerLevelsEventContent{Users: map[id.UserID]int{s.Claire.ID(): 100, s.Bot(): 50}})
	token = linkIn(s, s.Commands(other, "start-link here", "comes to the room"))
	if room := followsLink(s, c.Contact.(rowMember), token, say.English.Say(say.StartRoomTaken, "Telegram")); room != c.Room {
		s.Errorf("he comes into %s, want %s", room, c.Room)
	}
}

func (n *telegramRows) linkToNowhere(s *rowtest.Scene) {
	amina := s.Join("Amina").(rowMember)
	room := followsLink(s, amina, "", say.English.Say(say.StartPressed, "Telegram"))
	if again := followsLink(s, amina, "Typed-by-hand_1", say.English.Say(say.StartUnknown, "Telegram")); again != room {
		s.Errorf("she has another room: %s", again)
	}
	made := asks(s, "start-link 2h any", "any number of contacts")
	number, token := numberOf(s, made), linkIn(s, made)
	asks(s, "start-links", fmt.Sprintf("%d: to %s", number, s.Claire.ID()))
	followsLink(s, amina, token, say.English.Say(say.StartForStaff, "Telegram", "claire"))
	asks(s, "start-links", "used 1 of any number of contacts")
	asks(s, "revoke-link 9999", "There is no such link")
	asks(s, fmt.Sprintf("revoke-link %d", number), "is taken back")
	followsLink(s, amina, token, say.English.Say(say.StartRevoked, "Telegram"))
	if listed := asks(s, "start-links", ""); strings.Contains(listed.Text, fmt.Sprintf("%d: to", number)) {
		s.Errorf("it is still listed: %q", listed.Text)
	}
}

func (n *telegramRows) linkWords(s *rowtest.Scene) {
	asks(s, "start-link jamais", "for how long (12h, 30d)")
	asks(s, "start-link @nobody:elsewhere.example", "is for somebody of your staff")
	asks(s, "start-link here", "a room of your own that is no chat’s yet")
	asks(s, "language fr", "français")
	asks(s, "start-link jamais", "pour combien de temps")
	asks(s, "language en", "English")
}

func (n *telegramRows) firstContact(s *rowtest.Scene) {
	token := linkIn(s, asks(s, "start-chat +33612345678", "A bot cannot write first on Telegram"))
	amina := s.Join("Amina").(rowMember)
	room := followsLink(s, amina, token, say.English.Say(say.StartForStaff, "Telegram", "claire"))
	asks(s, "start-chat "+amina.Identity(), strings.TrimPrefix(strings.Split(room.String(), ":")[0], "!"))
	mark := s.Claire.Mark()
	stranger := s.Ghost(s.Join("Bilal"))
	invitesDirectly(s, stranger)
	linkIn(s, s.Told(s.Claire, s.Desk, "A bot cannot write first on Telegram", mark))
	mark = s.Claire.Mark()
	invitesDirectly(s, s.Ghost(amina))
	s.Told(s.Claire, s.Desk, "Your chat with Amina (Telegram) is here", mark)
}

// invitesDirectly has Claire begin a direct chat with somebody, as her app does.
func invitesDirectly(s *rowtest.Scene, who id.UserID) {
	s.Helper()
	s.Claire.SetsState(s.Claire.StartsRoom("À deux"), event.StateMember, who.String(),
		&event.MemberEventContent{Membership: event.MembershipInvite, IsDirect: true})
}

func (n *telegramRows) sharedStaff(s *rowtest.Scene) {
	asks(s, "staff", say.English.Say(say.StaffNone))
	asks(s, "staff @personne:ailleurs.example", "Write “staff” and the names")
	asks(s, "staff "+s.Karim.ID().String(), "each new chat is for: "+s.Karim.ID().String())
	c := s.Meets("Amina")
	s.Karim.Joins(c.Room)
	s.Karim.Says(c.Room, "Karim vous répond")
	c.Contact.Shows("Karim's words", func(m rowtest.Shown) bool { return strings.HasSuffix(m.Text, "Karim vous répond") })
	asks(s, "staff none", say.English.Say(say.StaffNone))
}

func (n *telegramRows) cannotDo(s *rowtest.Scene) {
	asks(s, "history", say.English.Say(say.BotNoHistory, "Telegram"))
	asks(s, "receipts", say.English.Say(say.BotNoReceipts, "Telegram"))
	asks(s, "contacts", "A bot has no address book on Telegram")
	c := s.Meets("Amina")
	s.Commands(c.Room, "history", say.English.Say(say.BotNoHistory, "Telegram"))
}

// allRights are all that a bot may have for somebody's own account.
var allRights = telegramtest.BusinessRights{CanReply: true, CanReadMessages: true, CanDeleteOutgoing: true, CanDeleteAllMessages: true}

// ownPhone is Claire's own account on Telegram, for which her bot acts.
type ownPhone struct {
	rowMember
	connection string
}

// connectsOwn connects Claire's own account with her bot, and has her show that it is hers. It is the same one in all rows.
func (n *telegramRows) connectsOwn(s *rowtest.Scene) ownPhone {
	s.Helper()
	phone := ownPhone{rowMember: s.Phone.(rowMember)}
	mark := s.Claire.Mark()
	s.Claire.Says(s.Desk, "business")
	answer := s.Claire.Waits("the answer", func(h bridgetest.Heard) bool {
		return h.Room == s.Desk && h.Sender == s.Bot() && strings.Contains(h.Text, "own Telegram account")
	}, mark)
	var err error
	if found := startToken.FindStringSubmatch(answer.Text); found != nil {
		phone.sent(phone.Start(bot(s).ID(), found[2]))
		s.Told(s.Claire, s.Desk, "is yours, then", mark)
	}
	phone.connection, err = phone.Connect(bot(s).ID(), allRights)
	phone.did(err)
	s.Told(s.Claire, s.Desk, say.English.Say(say.BusinessConnected, "Telegram", "Claire"), mark)
	s.Cleanup(func() { phone.did(phone.SetConnection(phone.connection, allRights, false)) })
	return phone
}

// meets has a contact write to Claire's own account.
func (phone ownPhone) meets(s *rowtest.Scene, name string) (contact rowMember, room id.RoomID, opening bridgetest.Heard, number int64) {
	s.Helper()
	contact = s.Join(name).(rowMember)
	text := "Bonjour Claire, c’est " + name + " n° " + contact.Identity()
	number, err := contact.Send(phone.ID(), text)
	contact.did(err)
	opening = s.Encrypted(s.Claire.Waits("the first words", func(h bridgetest.Heard) bool { return h.Text == text }))
	if opening.Sender != s.Ghost(contact) {
		s.Errorf("it comes from %s", opening.Sender)
	}
	return contact, opening.Room, opening, number
}

func (n *telegramRows) ownAccount(s *rowtest.Scene) {
	// A stranger connects their account with the bot: nothing of it is shown.
	stranger, victim := s.Join("Mallory").(rowMember), s.Join("Victor").(rowMember)
	mark := s.Claire.Mark()
	connection, err := stranger.Connect(bot(s).ID(), allRights)
	stranger.did(err)
	s.Told(s.Claire, s.Desk, say.English.Say(say.BusinessStranger, "Telegram", "Mallory"), mark)
	victim.sent(victim.Send(stranger.ID(), "Entre nous"))

	phone := n.connectsOwn(s)
	amina, room, opening, number := phone.meets(s, "Amina")
	said := s.Claire.Says(room, "Bonjour Amina")
	shown := amina.Shows("Claire's words", func(m rowtest.Shown) bool { return m.Text == "Bonjour Amina" })
	if shown.From != n.address(phone.ID()) {
		s.Errorf("it comes from %s, want Claire's own account", shown.From)
	}
	amina.sent(amina.SendText(phone.ID(), telegramtest.Text{Text: "Enfin !", Answers: numbered(shown.ID)}))
	if heard := s.Encrypted(s.Claire.Hears(room, "Enfin !")); heard.RepliesTo != said {
		s.Errorf("it answers %s, want %s", heard.RepliesTo, said)
	}
	s.Claire.Edits(room, said, "Bonsoir Amina")
	s.Becomes(amina, shown.ID, "the edit", func(m rowtest.Shown) bool { return m.Text == "Bonsoir Amina" })

	// What Claire writes on her phone is hers here, too.
	own := phone.sent(phone.Send(amina.ID(), "Depuis mon téléphone"))
	heard := s.Encrypted(s.Claire.Hears(room, "Depuis mon téléphone"))
	if heard.Sender != s.Claire.ID() {
		s.Errorf("it comes from %s, want Claire", heard.Sender)
	}
	phone.did(phone.Edit(amina.ID(), numbered(own), telegramtest.Text{Text: "Depuis mon mobile"}))
	s.Claire.SeesEdit(room, heard.ID, "Depuis mon mobile")
	amina.did(amina.Edit(phone.ID(), number, telegramtest.Text{Text: "Bonsoir Claire"}))
	s.Claire.SeesEdit(room, opening.ID, "Bonsoir Claire")
	mark = s.Claire.Mark()
	s.Claire.Edits(room, heard.ID, "Depuis nulle part")
	s.Told(s.Claire, room, say.English.Say(say.BotEditsOwn, "Telegram"), mark)
	s.Claire.Reacts(room, heard.ID, "👍")
	s.Told(s.Claire, room, say.English.Say(say.BusinessNoReactions, "Telegram"))

	// The chat with the bot itself has another room.
	amina.Writes(s.Phone.Address(), "Bonjour le bot")
	if heard := s.Claire.Waits("her words to the bot", func(h bridgetest.Heard) bool { return h.Text == "Bonjour le bot" }); heard.Room == room {
		s.Error("they are in the own account's room")
	}
	if rooms := s.Claire.RoomsWith(s.Ghost(victim)); len(rooms) != 0 {
		s.Errorf("a stranger's contact has the rooms %v", rooms)
	}
	stranger.did(stranger.SetConnection(connection, allRights, false))
}

func (n *telegramRows) ownDeletions(s *rowtest.Scene) {
	phone := n.connectsOwn(s)
	amina, room, _, _ := phone.meets(s, "Amina")
	hers := amina.sent(amina.Send(phone.ID(), "Oubliez ceci"))
	heard := s.Claire.Hears(room, "Oubliez ceci")
	amina.did(amina.Delete(phone.ID(), numbered(hers)))
	s.Claire.SeesDeletion(room, heard.ID)
	own := phone.sent(phone.Send(amina.ID(), "Et cela"))
	heard = s.Claire.Hears(room, "Et cela")
	phone.did(phone.Delete(amina.ID(), numbered(own)))
	s.Claire.SeesDeletion(room, heard.ID)
	letGo := bot(s).HoldAnswers("sendMessage") // the bridge does not know yet what has arrived
	defer letGo()
	said := s.Claire.Says(room, "Moi aussi")
	shown := amina.Shows("Claire's words", func(m rowtest.Shown) bool { return m.Text == "Moi aussi" })
	amina.did(amina.Delete(phone.ID(), numbered(shown.ID)))
	amina.did(bot(s).WaitForConfirmed(s.Context()))
	letGo()
	s.Claire.SeesDeletion(room, said)
	s.NeedsFromHomeserver("redactions")
	said = s.Claire.Says(room, "À effacer")
	shown = amina.Shows("Claire's words", func(m rowtest.Shown) bool { return m.Text == "À effacer" })
	s.Claire.Deletes(room, said)
	s.Becomes(amina, shown.ID, "gone", func(m rowtest.Shown) bool { return m.Deleted })
}

func (n *telegramRows) ownWindow(s *rowtest.Scene) {
	phone := n.connectsOwn(s)
	amina, room, _, _ := phone.meets(s, "Amina")
	n.server.Advance(25 * time.Hour)
	mark := s.Claire.Mark()
	said := s.Claire.Says(room, "Trop tard")
	told := s.Told(s.Claire, room, say.English.Say(say.BusinessWindow, "Telegram"), mark)
	if told.RepliesTo != said {
		s.Errorf("it is said about %s, want %s", told.RepliesTo, said)
	}
	amina.sent(amina.Send(phone.ID(), "Je reviens"))
	s.Claire.Hears(room, "Je reviens")
	s.Claire.Says(room, "À temps")
	amina.Shows("Claire's words", func(m rowtest.Shown) bool { return m.Text == "À temps" })
}

func (n *telegramRows) ownRights(s *rowtest.Scene) {
	phone := n.connectsOwn(s)
	amina, room, _, _ := phone.meets(s, "Amina")
	mark := s.Claire.Mark()
	phone.did(phone.SetConnection(phone.connection, telegramtest.BusinessRights{CanReadMessages: true}, true))
	s.Told(s.Claire, s.Desk, say.English.Say(say.BusinessCannotReply), mark)
	s.Claire.Says(room, "Sans le droit")
	s.Told(s.Claire, room, say.English.Say(say.BusinessMayNot, "Telegram"), mark)
	phone.did(phone.SetConnection(phone.connection, allRights, false))
	s.Told(s.Claire, s.Desk, say.English.Say(say.BusinessCut, "Telegram", "Claire"), mark)
	s.Claire.Says(room, "Sans connexion")
	s.Told(s.Claire, room, say.English.Say(say.BusinessGone, "Telegram"), mark)
	phone.did(phone.SetConnection(phone.connection, allRights, true))
	s.Told(s.Claire, s.Desk, say.English.Say(say.BusinessConnected, "Telegram", "Claire"), mark)
	s.Claire.Says(room, "De nouveau")
	amina.Shows("Claire's words", func(m rowtest.Shown) bool { return m.Text == "De nouveau" })

	// Connected anew, which is another connection, the chat keeps its room.
	phone.did(phone.SetConnection(phone.connection, allRights, false))
	anew, err := phone.Connect(bot(s).ID(), allRights)
	phone.did(err)
	s.Cleanup(func() { phone.did(phone.SetConnection(anew, allRights, false)) })
	amina.sent(amina.Send(phone.ID(), "Par une autre connexion"))
	s.Claire.Hears(room, "Par une autre connexion")
	s.Claire.Says(room, "Et retour")
	amina.Shows("Claire's words", func(m rowtest.Shown) bool { return m.Text == "Et retour" })
	asks(s, "business", "within 24 hours")
}

func (n *telegramRows) ownRead(s *rowtest.Scene) {
	s.NeedsFromHomeserver("receipts")
	phone := n.connectsOwn(s)
	amina, room, _, _ := phone.meets(s, "Amina")
	last := amina.sent(amina.Send(phone.ID(), "Vous lisez ?"))
	s.Claire.Reads(room, s.Claire.Hears(room, "Vous lisez ?").ID)
	s.Becomes(amina, last, "read", func(m rowtest.Shown) bool { return m.Seen })
}
