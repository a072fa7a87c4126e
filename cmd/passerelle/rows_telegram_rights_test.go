package main

import (
	"slices"
	"strings"

	"maunium.net/go/mautrix/event"

	"passerelle/bridge/bridgetest/rowtest"
	"passerelle/connectors/telegram/telegramtest"
	"passerelle/portal/say"
)

// rightsRows are about who may write in a group, and who asks to join.
func (n *telegramRows) rightsRows() []rowtest.Row {
	return []rowtest.Row{
		{Area: "groups", Holds: "who is muted on one side is muted on both", Play: n.mutes},
		{Area: "groups", Holds: "what Telegram takes is shown, whatever the room knows of who may write", Play: n.silenceIsOld},
		{Area: "groups", Holds: "what members might send is theirs again", Play: n.silenceEnds},
		{Area: "groups", Holds: "rights that Telegram has not are told of", Play: n.otherRights},
		{Area: "groups", Holds: "who asks to join is let in or turned down in the room", Play: n.joinRequests},
	}
}

// seesWriting waits until it takes a level to write in the room.
func (g *botGroup) seesWriting(level int) {
	g.Helper()
	g.Claire.SeesState(g.room, event.StatePowerLevels, "", func(e *event.Event) bool {
		return e != nil && e.Content.AsPowerLevels().EventsDefault == level
	})
}

// setsRights changes the rights of the room as Claire.
func (g *botGroup) setsRights(change func(*event.PowerLevelsEventContent)) {
	g.Helper()
	now := g.Claire.State(g.room, event.StatePowerLevels, "").Content.AsPowerLevels().Clone()
	change(now)
	g.Claire.SetsState(g.room, event.StatePowerLevels, "", now)
}

func (n *telegramRows) mutes(s *rowtest.Scene) {
	g := n.group(s, "Équipe", telegramtest.GroupOptions{Supergroup: true}, true)
	g.hears(g.bilal, "Me voici")
	ghost := s.Ghost(g.bilal)
	g.amina.did(g.amina.Mute(g.id, g.bilal.ID(), true))
	g.seesLevel(ghost, -1)
	g.amina.did(g.amina.Mute(g.id, g.bilal.ID(), false))
	g.seesLevel(ghost, 0)
	g.hears(g.bilal, "Me revoici")
	g.setsLevel(ghost, -1)
	g.becomes("with Bilal muted", func(now telegramtest.GroupInfo) bool { return slices.Contains(now.Muted, g.bilal.ID()) })
	s.NeedsFromHomeserver("state that was replaced")
	g.seesLevel(ghost, -1)
	g.setsLevel(ghost, 0)
	g.becomes("with Bilal muted no more", func(now telegramtest.GroupInfo) bool { return !slices.Contains(now.Muted, g.bilal.ID()) })
	g.hears(g.bilal, "Encore moi")
}

func (n *telegramRows) silenceIsOld(s *rowtest.Scene) {
	asks(s, "staff "+s.Karim.ID().String(), "each new chat is for")
	defer asks(s, "staff none", say.English.Say(say.StaffNone))
	g := n.group(s, "Équipe", telegramtest.GroupOptions{Supergroup: true}, true)
	s.Karim.Joins(g.room)
	group := n.address(g.id)
	g.amina.Announces(group, true) // of which bots are not told
	g.amina.Renames(group, "L’équipe")
	g.seesWriting(50)
	s.Karim.Says(g.room, "Karim, du guichet") // who is in charge of the bot, which is an admin
	g.amina.Shows("Karim's words", func(m rowtest.Shown) bool { return strings.HasSuffix(m.Text, "Karim, du guichet") })
	g.amina.Announces(group, false)
	g.hears(g.bilal, "On peut ?")
	g.seesWriting(0)
}

func (n *telegramRows) silenceEnds(s *rowtest.Scene) {
	g := n.group(s, "Équipe", telegramtest.GroupOptions{Supergroup: true}, true)
	group := n.address(g.id)
	g.amina.permits(group, func(p telegramtest.Permissions) { p["can_send_polls"] = false })
	g.setsRights(func(l *event.PowerLevelsEventContent) { l.EventsDefault = 50 })
	g.becomes("silent", func(now telegramtest.GroupInfo) bool {
		return !now.Permissions["can_send_messages"] && !now.Permissions["can_send_photos"]
	})
	if _, err := g.bilal.Send(g.id, "Moi aussi"); err == nil {
		s.Error("Bilal writes all the same")
	}
	g.setsRights(func(l *event.PowerLevelsEventContent) { l.EventsDefault = 0 })
	g.becomes("as before", func(now telegramtest.GroupInfo) bool {
		return now.Permissions["can_send_messages"] && now.Permissions["can_send_photos"] && !now.Permissions["can_send_polls"] && now.Permissions["can_change_info"]
	})
	g.hears(g.bilal, "Merci")
	g.amina.did(g.amina.PromoteWith(g.id, g.bot.ID(), telegramtest.Rights{CanPinMessages: true}))
	g.seesLevel(s.Claire.ID(), 50)
	g.setsRights(func(l *event.PowerLevelsEventContent) { l.EventsDefault = 50 })
	s.Told(s.Claire, g.room, say.English.Say(say.BotMayNot, "Telegram"))
	g.seesWriting(0)
}

func (n *telegramRows) otherRights(s *rowtest.Scene) {
	channel := n.group(s, "Infos", telegramtest.GroupOptions{Channel: true}, false)
	channel.setsRights(func(l *event.PowerLevelsEventContent) { l.EventsDefault = 50 })
	s.Told(s.Claire, channel.room, say.English.Say(say.ChannelRights, "Telegram"))
	s.NeedsFromHomeserver("state that was replaced")
	g := n.group(s, "Équipe", telegramtest.GroupOptions{Supergroup: true}, true)
	g.setsRights(func(l *event.PowerLevelsEventContent) { level := 60; l.KickPtr = &level })
	s.Told(s.Claire, g.room, say.English.Say(say.RightsHereOnly, "Telegram"))
}

func (n *telegramRows) joinRequests(s *rowtest.Scene) {
	g := n.group(s, "Équipe", telegramtest.GroupOptions{Supergroup: true}, true)
	s.Commands(g.room, "requests", say.English.Say(say.GroupNobodyWaits))
	link, err := g.amina.LinkWithApproval(g.id)
	g.amina.did(err)
	asking := func(name string) rowMember {
		s.Helper()
		who := s.Join(name).(rowMember)
		if in, err := who.Person.Join(link); in || err != nil {
			s.Fatalf("%s is in at once: %v", name, err)
		}
		s.Told(s.Claire, g.room, say.English.Say(say.GroupAsks, name, "!telegram", "!telegram"))
		return who
	}
	dora, emil := asking("Dora"), asking("Emil")
	s.Commands(g.room, "requests", say.English.Say(say.GroupWaiting, "Dora (Telegram), Emil (Telegram)"))
	s.Commands(g.room, "approve dora", say.English.Say(say.GroupLetIn, "Dora (Telegram)"))
	s.Claire.SeesMember(g.room, s.Ghost(dora), event.MembershipJoin)
	s.Commands(g.room, "reject", say.English.Say(say.GroupTurnedDown, "Emil (Telegram)"))
	if n.server.Asks(g.id, emil.ID()) {
		s.Error("Emil still asks")
	}
	// What another admin decides is known.
	fatou, gil := asking("Fatou"), asking("Gil")
	g.amina.did(g.amina.LetIn(g.id, fatou.ID(), true))
	s.Claire.SeesMember(g.room, s.Ghost(fatou), event.MembershipJoin)
	s.Commands(g.room, "approve Fatou", say.English.Say(say.GroupNobodyWaits))
	g.amina.did(g.amina.LetIn(g.id, gil.ID(), false))
	s.Commands(g.room, "approve", say.English.Say(say.GroupNobodyWaits))
	s.Commands(g.room, "requests", say.English.Say(say.GroupNobodyWaits))
	// A bot that may not decide says so.
	hana := asking("Hana")
	g.amina.did(g.amina.PromoteWith(g.id, g.bot.ID(), telegramtest.Rights{CanPinMessages: true}))
	s.Commands(g.room, "approve", say.English.Say(say.BotMayNot, "Telegram"))
	if !n.server.Asks(g.id, hana.ID()) {
		s.Error("Hana asks no longer")
	}
	c := s.Meets("Ines")
	s.Commands(c.Room, "requests", say.English.Say(say.NoGroup, "Telegram"))
}
