package telegram

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"maunium.net/go/mautrix/bridgev2/commands"
	"maunium.net/go/mautrix/id"

	"passerelle/portal/plumb"
	"passerelle/portal/say"
)

// startCommands are about how contacts come to a bot.
func (c *Connector) startCommands(in say.Language) []commands.CommandHandler {
	section := commands.HelpSection{Name: in.Say(say.SectionLinks), Order: 15}
	command := func(name, args, help string, run func(*commands.Event, *account), aliases ...string) *commands.FullHandler {
		return c.command(name, commands.HelpMeta{Section: section, Description: help, Args: args}, run, aliases...)
	}
	return []commands.CommandHandler{
		command("start-link", in.Say(say.ArgStartLink), in.Say(say.HelpStartLink, networkName), c.makeLink),
		command("start-links", "", in.Say(say.HelpStartLinks), c.listLinks),
		command("revoke-link", in.Say(say.ArgNumber), in.Say(say.HelpRevokeLink), c.revoke),
		command("staff", in.Say(say.ArgStaff), in.Say(say.HelpStaff), c.setStaff),
		command("business", "", in.Say(say.HelpBusiness, networkName), c.business),
		command("start-chat", "", in.Say(say.HelpFirstContact, networkName), c.startChat, "pm", "resolve-identifier"),
		// What bots cannot do is said to those who try it.
		command("history", "", in.Say(say.HelpBotHistory), c.sorry(say.BotNoHistory)),
		command("receipts", "", in.Say(say.HelpBotReceipts), c.sorry(say.BotNoReceipts), "typing"),
		command("contacts", "", "", c.noContacts, "search"),
	}
}

// command makes a command about a bot: that of the room, otherwise the first of the person's.
func (c *Connector) command(name string, help commands.HelpMeta, run func(*commands.Event, *account), aliases ...string) *commands.FullHandler {
	return &commands.FullHandler{Name: name, Aliases: aliases, Help: help, Func: func(ce *commands.Event) {
		if ce.Sudo {
			c.answer(ce, say.OnlyForOneself)
			return
		}
		a := c.chosenAccount(ce)
		if a == nil {
			c.answer(ce, say.LinkFirst, networkName)
			return
		}
		run(ce, a)
	}}
}

// sorry answers with a sentence that takes the network's name.
func (c *Connector) sorry(sentence say.Sentence) func(*commands.Event, *account) {
	return func(ce *commands.Event, _ *account) { c.answer(ce, sentence, networkName) }
}

func (c *Connector) noContacts(ce *commands.Event, _ *account) {
	c.answer(ce, say.BotNoContacts, networkName, c.bridge.Config.CommandPrefix)
}

// chosenAccount returns the bot that a command is about; nil: the person is in charge of none.
func (c *Connector) chosenAccount(ce *commands.Event) *account {
	var own []*account
	for _, login := range c.bridge.GetAllCachedUserLogins() {
		a, ok := login.Client.(*account)
		if ok && (login.UserMXID == ce.User.MXID || slices.Contains(a.inCharge(), ce.User.MXID)) {
			own = append(own, a)
		}
	}
	slices.SortFunc(own, func(x, y *account) int { // one's own before those that one is in charge of, by number
		if mine, others := x.login.UserMXID == ce.User.MXID, y.login.UserMXID == ce.User.MXID; mine != others {
			if mine {
				return -1
			}
			return 1
		}
		return int(x.bot - y.bot)
	})
	if ce.Portal != nil {
		if in, err := parsePortalID(ce.Portal.ID); err == nil {
			if at := slices.IndexFunc(own, func(a *account) bool { return a.bot == in.bot }); at >= 0 {
				return own[at]
			}
		}
	}
	if len(own) == 0 {
		return nil
	}
	return own[0]
}

// makeLink makes a link by which contacts come.
func (c *Connector) makeLink(ce *commands.Event, a *account) {
	wishes, err := parseLinkWishes(ce.Args)
	if err != nil {
		c.answer(ce, say.LinkUsage, c.bridge.Config.CommandPrefix)
		return
	}
	link := startLink{Staff: wishes.staff, Ends: c.now().Add(wishes.lasts), Uses: wishes.uses}
	switch {
	case wishes.here:
		if !c.mayLeadHere(ce, wishes) {
			return
		}
		link.Room = ce.OrigRoomID
	case link.Staff == "":
		link.Staff = ce.User.MXID
	case !c.isStaff(link.Staff):
		c.answer(ce, say.LinkStranger, link.Staff)
		return
	}
	link, url, err := a.addLink(ce.Ctx, link)
	if c.linkFailed(ce, err) {
		return
	}
	c.answer(ce, say.LinkMade, link.Number, url, c.leadsTo(ce, link), c.ends(ce, link), c.many(ce, link))
}

// mayLeadHere tells whether a link may lead to the room that it is asked for in, and says why not.
func (c *Connector) mayLeadHere(ce *commands.Event, wishes linkWishes) bool {
	switch {
	case ce.Portal != nil, ce.OrigRoomID == ce.User.ManagementRoom:
		c.answer(ce, say.LinkHere, c.bridge.Config.CommandPrefix)
		return false
	case wishes.uses != 1:
		c.answer(ce, say.LinkRoomOnce)
		return false
	}
	refusal, err := plumb.Refusal(ce.Ctx, c.bridge, ce.OrigRoomID, ce.User.MXID)
	switch {
	case err != nil:
		ce.Log.Err(err).Msg("A room's rights could not be looked up")
		c.answer(ce, say.CommandFailed)
	case refusal != "":
		c.answer(ce, refusal)
	}
	return err == nil && refusal == ""
}

// linkFailed tells whether a link could not be made, and says so.
func (c *Connector) linkFailed(ce *commands.Event, err error) bool {
	switch {
	case err == nil:
		return false
	case errors.Is(err, errTooManyLinks):
		c.answer(ce, say.LinksTooMany, c.bridge.Config.CommandPrefix)
	default:
		ce.Log.Err(err).Msg("A link could not be made")
		c.answer(ce, say.CommandFailed)
	}
	return true
}

// leadsTo says whom a link is for.
func (c *Connector) leadsTo(ce *commands.Event, link startLink) string {
	switch {
	case link.Own:
		return c.sayTo(ce.User.MXID, say.LinkForAccount)
	case link.Room != "":
		return c.sayTo(ce.User.MXID, say.LinkForRoom, c.link(link.Room))
	}
	return link.Staff.String()
}

func (c *Connector) ends(ce *commands.Event, link startLink) string {
	return c.border.Languages.Of(ce.User.MXID).Moment(link.Ends, c.now())
}

// many says for how many contacts a link is.
func (c *Connector) many(ce *commands.Event, link startLink) string {
	if link.Uses == 0 {
		return c.sayTo(ce.User.MXID, say.LinkAnyNumber)
	}
	return strconv.Itoa(link.Uses)
}

func (c *Connector) link(room id.RoomID) string {
	return room.URI(c.bridge.Matrix.ServerName()).MatrixToURL()
}

// listLinks lists the links that hold. Their tokens are not known any more.
func (c *Connector) listLinks(ce *commands.Event, a *account) {
	var lines []string
	for _, link := range a.openLinks() {
		lines = append(lines, c.sayTo(ce.User.MXID, say.LinkLine, link.Number, c.leadsTo(ce, link), c.ends(ce, link), len(link.UsedBy), c.many(ce, link)))
	}
	if len(lines) == 0 {
		c.answer(ce, say.LinksNone, c.bridge.Config.CommandPrefix)
		return
	}
	ce.ReplyAdvanced(strings.Join(lines, "\n"), false, false)
}

// revoke takes a link back.
func (c *Connector) revoke(ce *commands.Event, a *account) {
	number, _ := strconv.Atoi(strings.Join(ce.Args, " "))
	found, err := a.revokeLink(ce.Ctx, number)
	switch {
	case err != nil:
		ce.Log.Err(err).Msg("A link could not be taken back")
		c.answer(ce, say.CommandFailed)
	case !found:
		c.answer(ce, say.LinkNoSuch, c.bridge.Config.CommandPrefix)
	default:
		c.answer(ce, say.LinkRevoked, number)
	}
}

// business tells how to have one's own account's chats here, or how it is with them.
func (c *Connector) business(ce *commands.Event, a *account) {
	if a.login.UserMXID != ce.User.MXID || ce.Portal != nil || ce.OrigRoomID != ce.User.ManagementRoom {
		c.answer(ce, say.OnlyForOneself)
		return
	}
	kept := a.kept()
	for _, is := range kept.Connections {
		if is.Enabled && is.User == kept.Own {
			ce.ReplyAdvanced(a.describe(say.BusinessState, is), false, false)
			return
		}
	}
	if !a.IsLoggedIn() {
		c.answer(ce, say.LinkFirst, networkName)
		return
	}
	me, err := a.api.getMe(ce.Ctx)
	switch {
	case err != nil:
		ce.Log.Err(err).Msg("The bot could not be asked about")
		c.answer(ce, say.NotAsked, networkName)
		return
	case !me.CanConnectToBusiness:
		c.answer(ce, say.BusinessOff, networkName)
		return
	}
	_, url, err := a.addLink(ce.Ctx, startLink{Own: true, Ends: c.now().Add(linkOwnLasts), Uses: 1})
	if !c.linkFailed(ce, err) {
		c.answer(ce, say.BusinessHow, networkName, url, fmt.Sprint("@", me.Username))
	}
}
