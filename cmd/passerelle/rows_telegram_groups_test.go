package main

import (
	"bytes"
	"context"
	"image"
	"image/jpeg"
	"image/png"
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

// TestRowsOfTelegramGroups plays what happens in Telegram's groups and channels.
func TestRowsOfTelegramGroups(t *testing.T) {
	s := newTelegramStage(t, telegramSetup{})
	network := newTelegramRows(s)
	hall := rowtest.Open(t, network, s.World, s.bridge)
	hall.Run(t, network.groupRows())
	hall.Run(t, network.rightsRows())
}

func (n *telegramRows) groupRows() []rowtest.Row {
	return []rowtest.Row{
		{Area: "groups", Holds: "name, description and picture come", Play: n.groupLooks},
		{Area: "groups", Holds: "staff change name, description and picture", Play: n.staffChangeLooks},
		{Area: "groups", Holds: "people come, go, rise and are banned", Play: n.groupPeople},
		{Area: "groups", Holds: "staff remove, ban and promote", Play: n.staffChangePeople},
		{Area: "groups", Holds: "staff are told what a bot may not do", Play: n.staffRefused},
		{Area: "groups", Holds: "what is pinned is pinned on both sides", Play: n.pinsBothWays},
		{Area: "groups", Holds: "an invite link lets people in, and a new one ends it", Play: n.inviteLinks},
		{Area: "groups", Holds: "a supergroup's room knows what was before", Play: n.supergroupKnows},
		{Area: "groups", Holds: "a room follows its group when somebody writes", Play: n.supergroupLate},
		{Area: "groups", Holds: "a topic is a thread", Play: n.topicThreads},
		{Area: "groups", Holds: "a topic from before has its name", Play: n.topicOfBefore},
		{Area: "groups", Holds: "a bot that sees little says so once", Play: n.privacyTold},
		{Area: "groups", Holds: "who stays anonymous speaks as the group", Play: n.anonymousAdmin},
		{Area: "groups", Holds: "posts are signed, and discussed", Play: n.signedPosts},
		{Area: "groups", Holds: "a bot that is back is told of", Play: n.botIsBack},
	}
}

// A botGroup is a group of Amina's and Bilal's, in which Claire's bot is.
type botGroup struct {
	*rowtest.Scene
	network      *telegramRows
	amina, bilal rowMember
	bot          *telegramtest.Bot
	id           int64
	room         id.RoomID
}

func (n *telegramRows) group(s *rowtest.Scene, title string, options telegramtest.GroupOptions, admin bool) *botGroup {
	s.Helper()
	g := &botGroup{Scene: s, network: n, amina: s.Join("Amina").(rowMember), bilal: s.Join("Bilal").(rowMember), bot: *s.Phone.(rowMember).bot}
	g.id, g.room = n.founds(s, title, options, g.amina, g.bilal)
	if admin {
		g.amina.did(g.amina.Promote(g.id, g.bot.ID(), true))
		g.seesLevel(s.Claire.ID(), 60)
	}
	return g
}

// becomes waits until the group is so on Telegram.
func (g *botGroup) becomes(what string, so func(telegramtest.GroupInfo) bool) {
	g.Helper()
	ctx, cancel := context.WithTimeout(g.Context(), bridgetest.Patience)
	defer cancel()
	if now, err := g.network.server.WaitForGroup(ctx, g.id, so); err != nil {
		g.Fatalf("%s: the group is %+v", what, now)
	}
}

func (g *botGroup) hears(by rowMember, text string) bridgetest.Heard {
	g.Helper()
	by.sent(by.Send(g.id, text))
	return g.Encrypted(g.Claire.Hears(g.room, text))
}

// told waits for a sentence in the room.
func (g *botGroup) told(sentence say.Sentence, args ...any) bridgetest.Heard {
	g.Helper()
	return g.Encrypted(g.Claire.Hears(g.room, say.English.Say(sentence, args...)))
}

func (g *botGroup) seesText(kind event.Type, field, want string) {
	g.Helper()
	g.Claire.SeesState(g.room, kind, "", func(e *event.Event) bool {
		got, _ := "", false
		if e != nil {
			got, _ = e.Content.Raw[field].(string)
		}
		return got == want
	})
}

// portrait is a picture of one colour.
func portrait(t testing.TB, encode func(*bytes.Buffer, image.Image) error) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := encode(&out, image.NewGray(image.Rect(0, 0, 160, 160))); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func asJPEG(out *bytes.Buffer, p image.Image) error { return jpeg.Encode(out, p, nil) }
func asPNG(out *bytes.Buffer, p image.Image) error  { return png.Encode(out, p) }

func (n *telegramRows) groupLooks(s *rowtest.Scene) {
	g := n.group(s, "Équipe", telegramtest.GroupOptions{}, false)
	g.amina.did(g.amina.Describe(g.id, "Qui travaille ici")) // of which bots are not told
	picture := portrait(s, asJPEG)
	g.amina.did(g.amina.Person.Picture(g.id, picture))
	avatar := s.Claire.SeesState(g.room, event.StateRoomAvatar, "", func(e *event.Event) bool {
		return e != nil && e.Content.AsRoomAvatar().URL != ""
	}).Content.AsRoomAvatar()
	g.seesText(event.StateTopic, "topic", "Qui travaille ici")
	isPicture(s, avatar.URL, picture)
	g.amina.did(g.amina.RemovePicture(g.id))
	g.seesText(event.StateRoomAvatar, "url", "")
	g.amina.did(g.amina.Retitle(g.id, "Notre équipe"))
	g.seesText(event.StateRoomName, "name", "Notre équipe")
}

func (n *telegramRows) staffChangeLooks(s *rowtest.Scene) {
	g := n.group(s, "Équipe", telegramtest.GroupOptions{}, true)
	s.Claire.SetsState(g.room, event.StateRoomName, "", &event.RoomNameEventContent{Name: "Notre équipe"})
	s.Claire.SetsState(g.room, event.StateTopic, "", &event.TopicEventContent{Topic: "Qui travaille ici"})
	g.becomes("renamed and described", func(now telegramtest.GroupInfo) bool {
		return now.Title == "Notre équipe" && now.Description == "Qui travaille ici"
	})
	uploaded, err := s.Claire.Client().UploadBytes(s.Context(), portrait(s, asPNG), "image/png")
	if err != nil {
		s.Fatal(err)
	}
	s.Claire.SetsState(g.room, event.StateRoomAvatar, "", &event.RoomAvatarEventContent{URL: uploaded.ContentURI.CUString()})
	g.becomes("with a picture", func(now telegramtest.GroupInfo) bool { return bytes.HasPrefix(now.Photo, []byte("\xff\xd8")) })
	s.Claire.SetsState(g.room, event.StateRoomAvatar, "", &event.RoomAvatarEventContent{})
	g.becomes("without a picture", func(now telegramtest.GroupInfo) bool { return now.Photo == nil })
	s.Claire.SetsState(g.room, event.StateRoomName, "", &event.RoomNameEventContent{Name: strings.Repeat("x", 129)})
	s.Told(s.Claire, g.room, say.English.Say(say.GroupNameLength, "Telegram", 128))
	s.Claire.SetsState(g.room, event.StateTopic, "", &event.TopicEventContent{Topic: strings.Repeat("é", 256)})
	s.Told(s.Claire, g.room, say.English.Say(say.GroupTopicLength, "Telegram", 255))
}

func (n *telegramRows) groupPeople(s *rowtest.Scene) {
	g := n.group(s, "Équipe", telegramtest.GroupOptions{Supergroup: true}, true)
	dora := s.Join("Dora").(rowMember)
	g.amina.did(g.amina.Invite(g.id, dora.ID()))
	s.Claire.SeesMember(g.room, s.Ghost(dora), event.MembershipJoin)
	g.amina.did(g.amina.Promote(g.id, dora.ID(), true))
	g.seesLevel(s.Ghost(dora), 50)
	g.amina.did(g.amina.Promote(g.id, dora.ID(), false))
	g.seesLevel(s.Ghost(dora), 0)
	g.bilal.did(g.bilal.Leave(g.id))
	s.Claire.SeesMember(g.room, s.Ghost(g.bilal), event.MembershipLeave)
	g.amina.did(g.amina.Remove(g.id, dora.ID())) // which bans, in a supergroup
	s.Claire.SeesMember(g.room, s.Ghost(dora), event.MembershipBan)
	g.hears(g.amina, "Plus que moi") // and that she left has come, too
	s.Claire.SeesMember(g.room, s.Ghost(dora), event.MembershipBan)
}

func (g *botGroup) setsMember(who id.UserID, to event.Membership) {
	g.Helper()
	g.Claire.SetsState(g.room, event.StateMember, who.String(), &event.MemberEventContent{Membership: to})
}

func (g *botGroup) setsLevel(who id.UserID, to int) {
	g.Helper()
	now := g.Claire.State(g.room, event.StatePowerLevels, "").Content.AsPowerLevels().Clone()
	now.SetUserLevel(who, to)
	g.Claire.SetsState(g.room, event.StatePowerLevels, "", now)
}

func (g *botGroup) seesLevel(who id.UserID, want int) {
	g.Helper()
	g.Claire.SeesState(g.room, event.StatePowerLevels, "", func(e *event.Event) bool {
		return e != nil && e.Content.AsPowerLevels().GetUserLevel(who) == want
	})
}

func (n *telegramRows) staffChangePeople(s *rowtest.Scene) {
	g := n.group(s, "Équipe", telegramtest.GroupOptions{Supergroup: true}, true)
	g.hears(g.bilal, "Me voici")
	g.setsMember(s.Ghost(g.bilal), event.MembershipLeave)
	g.becomes("without Bilal", func(now telegramtest.GroupInfo) bool {
		return !slices.Contains(now.Members, g.bilal.ID()) && !slices.Contains(now.Banned, g.bilal.ID())
	})
	g.amina.did(g.amina.Invite(g.id, g.bilal.ID()))
	s.Claire.SeesMember(g.room, s.Ghost(g.bilal), event.MembershipJoin)
	g.setsLevel(s.Ghost(g.bilal), 50)
	g.becomes("with Bilal an admin", func(now telegramtest.GroupInfo) bool { return slices.Contains(now.Admins, g.bilal.ID()) })
	g.seesLevel(s.Ghost(g.bilal), 50)
	g.amina.did(g.amina.Promote(g.id, g.bilal.ID(), false))
	g.seesLevel(s.Ghost(g.bilal), 0)
	g.setsMember(s.Ghost(g.bilal), event.MembershipBan)
	g.becomes("with Bilal banned", func(now telegramtest.GroupInfo) bool { return slices.Contains(now.Banned, g.bilal.ID()) })
	g.hears(g.amina, "Il est banni") // and what Telegram tells of it has come
	s.Claire.SeesMember(g.room, s.Ghost(g.bilal), event.MembershipBan)
	g.setsMember(s.Ghost(g.bilal), event.MembershipLeave)
	g.becomes("with Bilal banned no more", func(now telegramtest.GroupInfo) bool { return !slices.Contains(now.Banned, g.bilal.ID()) })
	mark := s.Claire.Mark()
	s.Claire.Invites(g.room, s.Ghost(g.bilal))
	s.Told(s.Claire, g.room, "invite-link", mark)
	s.Claire.SeesMember(g.room, s.Ghost(g.bilal), event.MembershipLeave)
	g.hears(g.amina, "Il est dehors")
}

func (n *telegramRows) staffRefused(s *rowtest.Scene) {
	small := n.group(s, "Petits", telegramtest.GroupOptions{}, true)
	small.hears(small.bilal, "Me voici")
	small.setsLevel(s.Ghost(small.bilal), 50)
	s.Told(s.Claire, small.room, say.English.Say(say.GroupMustGrow, "Telegram"))
	small.seesLevel(s.Ghost(small.bilal), 0)
	small.setsMember(s.Ghost(small.bilal), event.MembershipLeave)
	small.becomes("without Bilal", func(now telegramtest.GroupInfo) bool { return !slices.Contains(now.Members, small.bilal.ID()) })

	g := n.group(s, "Grands", telegramtest.GroupOptions{Supergroup: true}, true)
	g.hears(g.bilal, "Me voici")
	g.amina.did(g.amina.Promote(g.id, g.bilal.ID(), true))
	g.seesLevel(s.Ghost(g.bilal), 50)
	g.amina.did(g.amina.Remove(g.id, g.bot.ID()))
	g.told(say.BotPutOut, "Telegram")
	s.Claire.SetsState(g.room, event.StateTopic, "", &event.TopicEventContent{Topic: "Qui est là ?"})
	s.Told(s.Claire, g.room, say.English.Say(say.BotNotInChanged, "Telegram"))
}

func (n *telegramRows) pinsBothWays(s *rowtest.Scene) {
	g := n.group(s, "Équipe", telegramtest.GroupOptions{Supergroup: true}, true)
	pinned := func(want ...id.EventID) {
		s.Helper()
		s.Claire.SeesState(g.room, event.StatePinnedEvents, "", func(e *event.Event) bool {
			return e != nil && slices.Equal(e.Content.AsPinnedEvents().Pinned, want)
		})
	}
	message := g.amina.sent(g.amina.Send(g.id, "Le plan"))
	plan := s.Claire.Hears(g.room, "Le plan")
	g.amina.did(g.amina.Pin(g.id, numbered(message)))
	pinned(plan.ID)
	said := s.Claire.Says(g.room, "L’adresse")
	shown := g.amina.Shows("the address", func(m rowtest.Shown) bool { return m.Text == "L’adresse" })
	s.Claire.SetsState(g.room, event.StatePinnedEvents, "", &event.PinnedEventsEventContent{Pinned: []id.EventID{plan.ID, said}})
	g.becomes("with two pinned", func(now telegramtest.GroupInfo) bool {
		return slices.Equal(now.Pinned, []int64{numbered(message), numbered(shown.ID)})
	})
	s.Claire.SetsState(g.room, event.StatePinnedEvents, "", &event.PinnedEventsEventContent{Pinned: []id.EventID{said}})
	g.becomes("with one pinned", func(now telegramtest.GroupInfo) bool { return slices.Equal(now.Pinned, []int64{numbered(shown.ID)}) })
	letGo := g.bot.HoldAnswers("sendMessage") // the bridge does not know yet that it has arrived
	defer letGo()
	hour := s.Claire.Says(g.room, "L’heure")
	shown = g.amina.Shows("the hour", func(m rowtest.Shown) bool { return m.Text == "L’heure" })
	g.amina.did(g.amina.Pin(g.id, numbered(shown.ID)))
	s.Meets("Dora") // what came before has been looked at by then
	letGo()
	pinned(said, hour)
	g.amina.did(g.amina.PromoteWith(g.id, g.bot.ID(), telegramtest.Rights{CanDeleteMessages: true}))
	s.Claire.SetsState(g.room, event.StatePinnedEvents, "", &event.PinnedEventsEventContent{Pinned: []id.EventID{said, hour, plan.ID}})
	s.Told(s.Claire, g.room, say.English.Say(say.BotMayNot, "Telegram"))
	pinned(said, hour)
}

func (n *telegramRows) inviteLinks(s *rowtest.Scene) {
	g := n.group(s, "Équipe", telegramtest.GroupOptions{Supergroup: true}, false)
	s.Commands(g.room, "invite-link", say.English.Say(say.BotMayNot, "Telegram"))
	g.amina.did(g.amina.Promote(g.id, g.bot.ID(), true))
	words, _, _ := strings.Cut(say.English.Say(say.GroupLink, "|"), "|")
	first := strings.TrimPrefix(s.Commands(g.room, "invite-link", words).Text, words)
	if again := s.Commands(g.room, "invite-link", first); !strings.HasSuffix(again.Text, first) {
		s.Errorf("a second link: %q", again.Text)
	}
	dora, emil := s.Join("Dora").(rowMember), s.Join("Emil").(rowMember)
	if in, err := dora.Person.Join(first); !in || err != nil {
		s.Fatalf("the link %q lets nobody in: %v", first, err)
	}
	s.Claire.SeesMember(g.room, s.Ghost(dora), event.MembershipJoin)
	words, _, _ = strings.Cut(say.English.Say(say.GroupNewLink, "|"), "|")
	second := strings.TrimPrefix(s.Commands(g.room, "invite-link new", words).Text, words)
	if in, _ := emil.Person.Join(first); in {
		s.Error("the old link lets Emil in")
	}
	if in, err := emil.Person.Join(second); !in || err != nil {
		s.Errorf("the link %q lets nobody in: %v", second, err)
	}
	c := s.Meets("Fatou")
	s.Commands(c.Room, "invite-link", say.English.Say(say.NoGroup, "Telegram"))
}

func (n *telegramRows) supergroupKnows(s *rowtest.Scene) {
	g := n.group(s, "Chorale", telegramtest.GroupOptions{}, true)
	first := g.amina.sent(g.amina.Send(g.id, "Avant"))
	before := s.Claire.Hears(g.room, "Avant")
	letGo := g.bot.HoldAnswers("sendMessage") // the bridge does not know yet that it has arrived
	defer letGo()
	said := s.Claire.Says(g.room, "Moi aussi, avnat")
	mine := g.amina.Shows("Claire's words", func(m rowtest.Shown) bool { return m.Text == "Moi aussi, avnat" })
	old := g.id
	grown, err := g.amina.Migrate(old)
	g.amina.did(err)
	g.id = grown
	g.amina.did(g.bot.WaitForConfirmed(s.Context()))
	letGo()
	g.told(say.GroupGrew, "Telegram")
	g.hears(g.amina, "Après")
	g.bot.Redeliver(4) // and what happened before comes again
	g.hears(g.bilal, "Bien après")
	// An answer there to what was written before.
	g.amina.sent(g.amina.SendMessage(grown, telegramtest.Message{Text: "Je repensais à ça", ExternalReply: &telegramtest.ExternalReply{
		Origin: telegramtest.Origin{Type: "user"}, Chat: &telegramtest.Chat{ID: old, Type: "group"}, MessageID: numbered(mine.ID),
	}}))
	if heard := s.Claire.Hears(g.room, "Je repensais à ça"); heard.RepliesTo != said {
		s.Errorf("it answers %s, want %s", heard.RepliesTo, said)
	}
	// What Claire wrote before is still hers to change, and what was written before is hers to answer, while it is there.
	s.Claire.Edits(g.room, said, "Moi aussi, avant")
	s.Becomes(g.amina, mine.ID, "Claire's edit", func(m rowtest.Shown) bool { return m.Text == "Moi aussi, avant" })
	s.Claire.Replies(g.room, before.ID, "Je réponds")
	answer, err := g.amina.WaitForText(s.Context(), "Je réponds")
	g.amina.did(err)
	if quoted := answer.Message.ExternalReply; quoted == nil || quoted.Origin.SenderUser.ID != g.amina.ID() || answer.Chat != grown {
		s.Errorf("it is %+v", answer)
	}
	g.amina.did(g.amina.Delete(old, numbered(first)))
	s.Claire.Replies(g.room, before.ID, "Je réponds encore")
	s.Told(s.Claire, g.room, say.English.Say(say.AnswerUnlinked, "Telegram"))
	again, err := g.amina.WaitForText(s.Context(), "Je réponds encore")
	g.amina.did(err)
	if again.Message.ExternalReply != nil || again.Message.ReplyTo != nil {
		s.Errorf("it is %+v", again)
	}
	if rooms := s.Claire.RoomsWith(s.Ghost(g.bilal)); len(rooms) != 1 {
		s.Errorf("the group has the rooms %v", rooms)
	}
}

func (n *telegramRows) supergroupLate(s *rowtest.Scene) {
	g := n.group(s, "Chorale", telegramtest.GroupOptions{}, false)
	g.bot.Forget(func() { // as a bot that was away for more than a day
		grown, err := g.amina.Migrate(g.id)
		g.amina.did(err)
		g.id = grown
	})
	g.amina.sent(g.amina.Send(g.id, "Où êtes-vous ?"))
	second := s.Claire.Waits("the words there", func(h bridgetest.Heard) bool { return h.Text == "Où êtes-vous ?" }).Room
	if second == g.room {
		s.Fatal("the bot knows already")
	}
	s.Claire.Says(g.room, "Ici !")
	g.amina.Shows("Claire's words", func(m rowtest.Shown) bool { return m.Text == "Ici !" && m.Chat == n.address(g.id) })
	s.Claire.SeesState(second, event.StateTombstone, "", func(e *event.Event) bool {
		return e != nil && e.Content.AsTombstone().ReplacementRoom == g.room
	})
	g.hears(g.bilal, "Tous ensemble")
}

// inThread checks that something stands in the thread that begins with a message.
func (g *botGroup) inThread(h bridgetest.Heard, root id.EventID) bridgetest.Heard {
	g.Helper()
	message, ok := h.Event.Content.Parsed.(*event.MessageEventContent)
	if !ok || message.RelatesTo.GetThreadParent() != root {
		g.Errorf("%q is not in the thread of %s", h.Text, root)
	}
	return h
}

func (n *telegramRows) topicThreads(s *rowtest.Scene) {
	g := n.group(s, "Forum", telegramtest.GroupOptions{Forum: true}, false)
	topic, err := g.amina.OpenTopic(g.id, "Travaux")
	g.amina.did(err)
	root := g.told(say.TopicOpened, "Travaux")
	first := g.amina.sent(g.amina.SendText(g.id, telegramtest.Text{Text: "Quand ?", Thread: topic}))
	asked := g.inThread(s.Claire.Hears(g.room, "Quand ?"), root.ID)
	if answers := asked.Event.Content.AsMessage().RelatesTo.GetNonFallbackReplyTo(); answers != "" {
		s.Errorf("it answers %s", answers)
	}
	thread := func(body string, to id.EventID) *event.MessageEventContent {
		relates := (&event.RelatesTo{}).SetThread(root.ID, asked.ID)
		if to != "" {
			relates.SetReplyTo(to)
			relates.IsFallingBack = false
		}
		return &event.MessageEventContent{MsgType: event.MsgText, Body: body, RelatesTo: relates}
	}
	inTopic := func(text string, answers rowtest.Message) {
		s.Helper()
		g.amina.Shows(text, func(m rowtest.Shown) bool { return m.Text == text })
		for _, e := range g.amina.Inbox() {
			if e.Text == text && (e.Message.ThreadID != topic || e.Message.ReplyTo.MessageID != numbered(answers)) {
				s.Errorf("%q stands in %d and answers %d", text, e.Message.ThreadID, e.Message.ReplyTo.MessageID)
			}
		}
	}
	s.Claire.Sends(g.room, event.EventMessage, thread("Demain", ""))
	inTopic("Demain", g.amina.sent(topic, nil))
	s.Claire.Sends(g.room, event.EventMessage, thread("Non, mardi", asked.ID))
	inTopic("Non, mardi", first)
	s.Claire.Replies(g.room, asked.ID, "Ou jeudi") // from an app that has no threads
	inTopic("Ou jeudi", first)
	s.Claire.Says(g.room, "À tous")
	g.amina.Shows("what stands in no topic", func(m rowtest.Shown) bool { return m.Text == "À tous" })
	if e, err := g.amina.WaitForText(s.Context(), "À tous"); err != nil || e.Message.ThreadID != 0 {
		s.Errorf("it stands in %d: %v", e.Message.ThreadID, err)
	}
	g.amina.did(g.amina.RenameTopic(g.id, topic, "Grands travaux"))
	g.inThread(g.told(say.TopicRenamed, "Grands travaux"), root.ID)
	s.Claire.SeesEdit(g.room, root.ID, say.English.Say(say.TopicOpened, "Grands travaux"))
	g.amina.did(g.amina.CloseTopic(g.id, topic))
	g.inThread(g.told(say.TopicClosedIn, "Telegram"), root.ID)
	s.Claire.Sends(g.room, event.EventMessage, thread("Trop tard ?", ""))
	s.Told(s.Claire, g.room, say.English.Say(say.TopicClosed, "Telegram"))
	g.amina.did(g.amina.ReopenTopic(g.id, topic))
	g.inThread(g.told(say.TopicReopenedIn, "Telegram"), root.ID)
	s.Claire.Sends(g.room, event.EventMessage, thread("Me revoilà", ""))
	inTopic("Me revoilà", g.amina.sent(topic, nil))
}

func (n *telegramRows) topicOfBefore(s *rowtest.Scene) {
	amina := s.Join("Amina").(rowMember)
	forum, err := amina.CreateGroup("Forum", telegramtest.GroupOptions{Forum: true})
	amina.did(err)
	topic, err := amina.OpenTopic(forum, "Fêtes")
	amina.did(err)
	bot := *s.Phone.(rowMember).bot
	bot.SetPrivacy(false)
	amina.did(amina.Invite(forum, bot.ID()))
	amina.sent(amina.SendText(forum, telegramtest.Text{Text: "Qui vient ?", Thread: topic}))
	heard := s.Claire.Waits("her words", func(h bridgetest.Heard) bool { return h.Text == "Qui vient ?" })
	g := &botGroup{Scene: s, network: n, amina: amina, bot: bot, id: forum, room: heard.Room}
	g.inThread(heard, g.told(say.TopicOpened, "Fêtes").ID)
}

func (n *telegramRows) privacyTold(s *rowtest.Scene) {
	bot, amina := *s.Phone.(rowMember).bot, s.Join("Amina").(rowMember)
	bot.SetPrivacy(true)
	defer bot.SetPrivacy(false)
	group, err := amina.CreateGroup("Discrets", telegramtest.GroupOptions{}, bot.ID())
	amina.did(err)
	told := say.English.Say(say.BotSeesLittle, "Telegram", s.Phone.Name()+" (guichet)")
	room := s.Encrypted(s.Claire.Waits("what the bot sees", func(h bridgetest.Heard) bool { return h.Text == told })).Room
	if name := s.Claire.RoomName(room); name != "Discrets" {
		s.Errorf("it is said in %q", name)
	}
	amina.sent(amina.Send(group, "/a@"+bot.Username()))
	s.Claire.Hears(room, "/a@"+bot.Username())
	grown, err := amina.Migrate(group)
	amina.did(err)
	amina.sent(amina.Send(grown, "/b@"+bot.Username()))
	s.Claire.Hears(room, "/b@"+bot.Username())
	count := 0
	for _, h := range s.Claire.Log(room) {
		if h.Text == told {
			count++
		}
	}
	if count != 1 {
		s.Errorf("it is said %d times", count)
	}
}

func (n *telegramRows) anonymousAdmin(s *rowtest.Scene) {
	g := n.group(s, "Mairie", telegramtest.GroupOptions{Supergroup: true}, false)
	here := &telegramtest.Chat{ID: g.id, Type: "supergroup", Title: "Mairie"}
	g.amina.sent(g.amina.SendMessage(g.id, telegramtest.Message{Text: "Avis", SenderChat: here, AuthorSignature: "La maire"}))
	heard := s.Encrypted(s.Claire.Hears(g.room, "Avis\n— La maire"))
	if heard.Sender == s.Ghost(g.amina) {
		s.Error("it comes from Amina")
	}
	s.Claire.SeesState(g.room, event.StateMember, heard.Sender.String(), func(e *event.Event) bool {
		return e != nil && e.Content.AsMember().Displayname == "Mairie (Telegram)"
	})
}

func (n *telegramRows) signedPosts(s *rowtest.Scene) {
	g := n.group(s, "Infos", telegramtest.GroupOptions{Channel: true}, false)
	g.amina.sent(g.amina.SendMessage(g.id, telegramtest.Message{Text: "Pont fermé", AuthorSignature: "Amina"}))
	s.Encrypted(s.Claire.Hears(g.room, "Pont fermé\n— Amina"))
	s.Claire.Says(g.room, "Pont rouvert")
	g.bilal.Shows("the post", func(m rowtest.Shown) bool { return m.Text == "Pont rouvert" })
	// The post goes into the group where it is discussed by itself.
	talk := n.group(s, "Discussion", telegramtest.GroupOptions{Supergroup: true}, false)
	channel := &telegramtest.Chat{ID: g.id, Type: "channel", Title: "Infos"}
	post := talk.amina.sent(talk.amina.SendMessage(talk.id, telegramtest.Message{Text: "Marché samedi", SenderChat: channel, AutomaticForward: true,
		ForwardOrigin: &telegramtest.Origin{Type: "channel", Chat: channel}}))
	heard := s.Claire.Hears(talk.room, "Marché samedi")
	talk.bilal.Answers(n.address(talk.id), post, "À quelle heure ?")
	if comment := s.Claire.Hears(talk.room, "À quelle heure ?"); comment.RepliesTo != heard.ID {
		s.Errorf("it answers %s", comment.RepliesTo)
	}
}

func (n *telegramRows) botIsBack(s *rowtest.Scene) {
	g := n.group(s, "Voisins", telegramtest.GroupOptions{}, false)
	g.amina.did(g.amina.Remove(g.id, g.bot.ID()))
	g.told(say.BotPutOut, "Telegram")
	s.Claire.Says(g.room, "Encore là ?")
	s.Told(s.Claire, g.room, say.English.Say(say.BotNotInGroup, "Telegram"))
	g.amina.did(g.amina.Invite(g.id, g.bot.ID()))
	g.told(say.BotBackIn, "Telegram")
	s.Claire.Says(g.room, "Me revoilà")
	g.amina.Shows("Claire's words", func(m rowtest.Shown) bool { return m.Text == "Me revoilà" })
}
