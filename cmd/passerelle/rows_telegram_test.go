package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/bridge/bridgetest"
	"passerelle/bridge/bridgetest/rowtest"
	"passerelle/connectors/telegram/telegramtest"
	"passerelle/portal/say"
)

// TestRowsOfTelegram plays the rows of docs/features.md: those that networks share, and those that only Telegram has.
func TestRowsOfTelegram(t *testing.T) {
	s := newTelegramStage(t, telegramSetup{})
	network := newTelegramRows(s)
	hall := rowtest.Open(t, network, s.World, s.bridge)
	hall.Run(t, rowtest.Rows())
	hall.Run(t, network.rows())
	hall.Run(t, network.mediaRows())
	hall.Run(t, network.kindRows())
}

// rows are those that only Telegram has.
func (n *telegramRows) rows() []rowtest.Row {
	return []rowtest.Row{
		{Area: "messages", Holds: "a long text goes in parts, and is one message here", Play: longTextOut},
		{Area: "messages", Holds: "the part that is answered stands above the answer", Play: quotedPart},
		{Area: "messages", Holds: "what cannot be shown is told", Play: cannotShow},
		{Area: "messages", Holds: "what cannot be sent is told", Play: cannotSend},
		{Area: "messages", Holds: "who has blocked the bot is told of", Play: blockedBot},
		{Area: "changes", Holds: "a reaction that Telegram does not have is refused", Play: unknownReaction},
		{Area: "changes", Holds: "an edit may need more messages, or fewer", Play: editedInParts},
		{Area: "people", Holds: "a contact's new name is shown", Play: newName},
		{Area: "groups", Holds: "a group that the bot is added to has a room", Play: n.groupRoom},
		{Area: "groups", Holds: "a supergroup keeps its group's room", Play: n.supergroup},
		{Area: "groups", Holds: "a channel's posts come", Play: n.channelPosts},
	}
}

func longTextOut(s *rowtest.Scene) {
	c := s.Meets("Amina")
	var words []string
	for n := range 1500 {
		words = append(words, fmt.Sprintf("mot%d", n))
	}
	said := s.Claire.Says(c.Room, strings.Join(words, " "))
	last := c.Contact.Shows("the last part", func(m rowtest.Shown) bool { return !m.Mine && strings.HasSuffix(m.Text, words[len(words)-1]) })
	var read []string
	for _, m := range c.Contact.Screen() {
		if !m.Mine {
			read = append(read, m.Text)
		}
	}
	if got := strings.Join(read, " "); len(read) < 2 || got != strings.Join(words, " ") {
		s.Errorf("Amina reads %d messages that hold %d words", len(read), len(strings.Fields(got)))
	}
	c.Contact.Answers(c.Claire, last.ID, "Tout lu")
	if heard := s.Claire.Hears(c.Room, "Tout lu"); heard.RepliesTo != said {
		s.Errorf("it answers %s, want %s", heard.RepliesTo, said)
	}
}

func editedInParts(s *rowtest.Scene) {
	c := s.Meets("Amina")
	said, first := s.Says(c, "court")
	long := strings.Repeat("phrase longue. ", 400) + "fin"
	s.Claire.Edits(c.Room, said, long)
	last := c.Contact.Shows("the rest", func(m rowtest.Shown) bool { return !m.Mine && !m.Deleted && strings.HasSuffix(m.Text, "fin") })
	if last.ID == first.ID {
		s.Error("it is one message")
	}
	s.Claire.Edits(c.Room, said, "de nouveau court")
	s.Becomes(c.Contact, first.ID, "short again", func(m rowtest.Shown) bool { return m.Text == "de nouveau court" })
	s.Becomes(c.Contact, last.ID, "gone", func(m rowtest.Shown) bool { return m.Deleted })
}

func quotedPart(s *rowtest.Scene) {
	c := s.Meets("Amina")
	asked, shown := s.Says(c, "Lundi à 9 h ou mardi à 14 h ?")
	amina := c.Contact.(rowMember)
	amina.writes(c.Claire, telegramtest.Text{Text: "Plutôt ça", Answers: numbered(shown.ID), Quote: "mardi à 14 h"})
	heard := s.Encrypted(s.Claire.Hears(c.Room, "> mardi à 14 h\n\nPlutôt ça"))
	if heard.RepliesTo != asked {
		s.Errorf("it answers %s, want %s", heard.RepliesTo, asked)
	}
}

func cannotShow(s *rowtest.Scene) {
	c := s.Meets("Amina")
	amina := c.Contact.(rowMember)
	amina.sent(amina.SendMessage(amina.network.number(c.Claire), telegramtest.Message{Unknown: []byte(`{"new":1}`)}))
	s.Encrypted(s.Claire.Hears(c.Room, say.English.Say(say.CannotShow, "Telegram")))
	amina.sent(amina.SendMessage(amina.network.number(c.Claire), telegramtest.Message{Unknown: []byte(`{"new":1}`), Caption: "Mes mots"}))
	s.Encrypted(s.Claire.Hears(c.Room, say.English.Say(say.CannotShowAbove, "Telegram")+"\nMes mots"))
}

func cannotSend(s *rowtest.Scene) {
	c := s.Meets("Amina")
	s.Claire.Sends(c.Room, event.EventMessage, &event.MessageEventContent{MsgType: "org.example.hologram", Body: "Moi en relief"})
	s.Told(s.Claire, c.Room, say.English.Say(say.UnknownKindOut, "Telegram"))
}

func blockedBot(s *rowtest.Scene) {
	c := s.Meets("Amina")
	amina := c.Contact.(rowMember)
	amina.did(amina.Block(amina.network.number(c.Claire), true))
	s.Encrypted(s.Claire.Hears(c.Room, say.English.Say(say.BotBlockedIn, "Telegram")))
	s.Claire.Says(c.Room, "Vous êtes là ?")
	s.Told(s.Claire, c.Room, say.English.Say(say.BotBlocked, "Telegram"))
	amina.did(amina.Block(amina.network.number(c.Claire), false))
	s.Encrypted(s.Claire.Hears(c.Room, say.English.Say(say.BotUnblockedIn, "Telegram")))
	s.Says(c, "Vous revoilà")
}

func unknownReaction(s *rowtest.Scene) {
	c := s.Meets("Amina")
	s.Claire.Reacts(c.Room, c.Opened, "🫎")
	s.Told(s.Claire, c.Room, "has no such reaction")
}

func newName(s *rowtest.Scene) {
	c := s.Meets("Amina")
	amina := c.Contact.(rowMember)
	amina.Rename("Amina", "Haddad")
	amina.Writes(c.Claire, "Mariée !")
	s.Claire.Hears(c.Room, "Mariée !")
	amina.Writes(c.Claire, "Vraiment !") // the name comes at its turn
	s.Claire.Hears(c.Room, "Vraiment !")
	s.Claire.SeesState(c.Room, event.StateMember, c.Ghost.String(), func(e *event.Event) bool {
		return e != nil && e.Content.AsMember().Displayname == "Amina Haddad (Telegram)"
	})
}

// founds has a contact make a group with Claire's bot in it, and returns it with its room.
func (n *telegramRows) founds(s *rowtest.Scene, title string, options telegramtest.GroupOptions, by rowMember, others ...rowMember) (int64, id.RoomID) {
	s.Helper()
	bot := *s.Phone.(rowMember).bot
	bot.SetPrivacy(false)
	members := []int64{bot.ID()}
	for _, other := range others {
		members = append(members, other.ID())
	}
	group, err := by.CreateGroup(title, options, members...)
	by.did(err)
	words := title + " de " + s.Name()
	by.sent(by.Send(group, words))
	return group, s.Claire.Waits("the first words", func(h bridgetest.Heard) bool { return h.Text == words }).Room
}

func (n *telegramRows) groupRoom(s *rowtest.Scene) {
	amina, bilal := s.Join("Amina").(rowMember), s.Join("Bilal").(rowMember)
	group, room := n.founds(s, "Voisins", telegramtest.GroupOptions{}, amina, bilal)
	if name := s.Claire.RoomName(room); name != "Voisins" {
		s.Errorf("the room is called %q", name)
	}
	s.Claire.SeesMember(room, s.Ghost(amina), event.MembershipJoin)
	s.Claire.Says(room, "Bonjour à tous")
	shown := bilal.Shows("Claire's words", func(m rowtest.Shown) bool { return m.Text == "Bonjour à tous" })
	answer := bilal.Answers(shown.Chat, shown.ID, "Bonjour Claire")
	heard := s.Encrypted(s.Claire.Hears(room, "Bonjour Claire"))
	if heard.Sender != s.Ghost(bilal) {
		s.Errorf("it comes from %s", heard.Sender)
	}
	bilal.did(bilal.Edit(group, numbered(answer), telegramtest.Text{Text: "Bonsoir Claire"}))
	s.Claire.SeesEdit(room, heard.ID, "Bonsoir Claire")
	amina.did(amina.Retitle(group, "Nos voisins"))
	s.Claire.SeesState(room, event.StateRoomName, "", func(e *event.Event) bool { return e.Content.AsRoomName().Name == "Nos voisins" })
	amina.did(amina.Remove(group, bilal.ID()))
	s.Claire.SeesMember(room, s.Ghost(bilal), event.MembershipLeave)
	amina.did(amina.Remove(group, (*s.Phone.(rowMember).bot).ID()))
	s.Encrypted(s.Claire.Hears(room, say.English.Say(say.BotPutOut, "Telegram")))
	s.Claire.Says(room, "Encore là ?")
	s.Told(s.Claire, room, say.English.Say(say.BotNotInGroup, "Telegram"))
}

func (n *telegramRows) supergroup(s *rowtest.Scene) {
	amina := s.Join("Amina").(rowMember)
	group, room := n.founds(s, "Chorale", telegramtest.GroupOptions{}, amina)
	grown, err := amina.Migrate(group)
	amina.did(err)
	amina.sent(amina.Send(grown, "Nous voilà plus grands"))
	if heard := s.Claire.Waits("the words there", func(h bridgetest.Heard) bool { return h.Text == "Nous voilà plus grands" }); heard.Room != room {
		s.Errorf("it has another room: %v", heard)
	}
	s.Claire.Says(room, "Bravo")
	amina.Shows("Claire's words", func(m rowtest.Shown) bool { return m.Text == "Bravo" && m.Chat == n.address(grown) })
}

func (n *telegramRows) channelPosts(s *rowtest.Scene) {
	amina := s.Join("Amina").(rowMember)
	_, room := n.founds(s, "Infos", telegramtest.GroupOptions{Channel: true}, amina)
	if name := s.Claire.RoomName(room); name != "Infos" {
		s.Errorf("the room is called %q", name)
	}
}

func TestAServiceBotIsThereFromTheStart(t *testing.T) {
	var bot *telegramtest.Bot
	s := newTelegramStage(t, telegramSetup{settings: func(server *telegramtest.Server) string {
		bot = server.MustAddBot("Mairie", "mairie_bot")
		return "service_bots:\n  - token: " + bot.Token() + "\n    owner: \"@claire:passerelle.test\"\n    staff: [\"@karim:passerelle.test\"]"
	}})
	claire, karim := s.Staff(t, "claire"), s.Staff(t, "karim")
	amina := s.telegram.MustAddPerson("Amina", "amina")
	send(t, amina, bot.ID(), "Bonjour la mairie")
	room := claire.Waits("her words", func(h bridgetest.Heard) bool { return h.Text == "Bonjour la mairie" }).Room
	karim.Joins(room)
	karim.Says(room, "Bonjour Amina")
	reading(t, amina, "karim: Bonjour Amina")
}

func TestABotIsNotTakenTwiceAndAWrongCodeIsToldApart(t *testing.T) {
	s := newTelegramStage(t, telegramSetup{})
	claire, karim := s.Staff(t, "claire"), s.Staff(t, "karim")
	bot := s.telegram.MustAddBot("Guichet", "guichet_bot")
	claires, karims := s.botRoom(t, claire), s.botRoom(t, karim)
	for _, wrong := range []string{"bonjour", bot.Token() + "x"} {
		mark := claire.Mark()
		claire.Says(claires, "login")
		claire.Waits("the question", func(h bridgetest.Heard) bool { return h.Room == claires && strings.Contains(h.Text, "@BotFather") }, mark)
		given := claire.Says(claires, wrong)
		claire.SeesDeletion(claires, given)
		claire.Waits("that it is wrong", func(h bridgetest.Heard) bool {
			return h.Room == claires && strings.Contains(h.Text, say.English.Say(say.BotKeyWrong, "Telegram"))
		}, mark)
		claire.Says(claires, "cancel")
		claire.Waits("the end of the login", func(h bridgetest.Heard) bool {
			return h.Room == claires && (h.Text == say.English.Say(say.LoginCancelled) || h.Text == say.English.Say(say.NothingToCancel))
		}, mark)
	}
	connects(t, claire, claires, bot)
	karim.Says(karims, "login")
	karim.Waits("the question", func(h bridgetest.Heard) bool { return h.Room == karims && strings.Contains(h.Text, "@BotFather") })
	karim.Says(karims, bot.Token())
	karim.Hears(karims, say.English.Say(say.AccountTaken, "Telegram"))

	// A new code at BotFather's: the old one is told of as gone, and the new one is taken.
	amina := s.telegram.MustAddPerson("Amina", "amina")
	bot.Revoke()
	send(t, amina, bot.ID(), "Avant") // by which the bridge asks again, and is refused
	claire.Waits("that the code is gone", func(h bridgetest.Heard) bool {
		return h.Room == claires && strings.Contains(h.Text, "no longer takes the bot’s code")
	})
	connects(t, claire, claires, bot)
	send(t, amina, bot.ID(), "Bonjour")
	claire.Waits("her words", func(h bridgetest.Heard) bool { return h.Text == "Bonjour" })
}

// send has a person write on Telegram.
func send(t *testing.T, who *telegramtest.Person, to int64, text string) {
	t.Helper()
	if _, err := who.Send(to, text); err != nil {
		t.Fatal(err)
	}
}

// reading waits until a person's app shows a text.
func reading(t *testing.T, who *telegramtest.Person, text string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), bridgetest.Patience)
	defer cancel()
	if _, err := who.WaitForText(ctx, text); err != nil {
		var shown []string
		for _, e := range who.Inbox() {
			shown = append(shown, e.Text)
		}
		t.Fatalf("%s does not read %q but %q", who.Name(), text, slices.Compact(shown))
	}
}
