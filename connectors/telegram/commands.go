package telegram

import (
	"errors"
	"strings"

	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/bridgev2/commands"

	"passerelle/portal/say"
)

// Commands lists the connector's commands for its bot, described in a language (see bridge.Commander).
func (c *Connector) Commands(in say.Language) []commands.CommandHandler {
	return append(c.groupCommands(in), c.startCommands(in)...)
}

// groupCommands are the commands about groups.
func (c *Connector) groupCommands(in say.Language) []commands.CommandHandler {
	groups := commands.HelpSection{Name: in.Say(say.SectionGroups), Order: 25}
	return append(c.requestCommands(in, groups),
		&commands.FullHandler{
			Name: "invite-link", RequiresPortal: true, Func: c.inviteLink,
			Help: commands.HelpMeta{Section: groups, Description: in.Say(say.HelpInviteLink), Args: "[new]"},
		})
}

// inviteLink shows the link by which people join a room's group, or replaces it.
func (c *Connector) inviteLink(ce *commands.Event) {
	in, is := groupOf(ce.Portal)
	a := c.accountOf(in)
	switch {
	case !is:
		c.answer(ce, say.NoGroup, networkName)
		return
	case a == nil || !a.IsLoggedIn():
		c.answer(ce, say.BotAway, networkName)
		return
	}
	ctx := withWriter(ce.Ctx, ce.User.MXID)
	again := len(ce.Args) > 0 && strings.EqualFold(ce.Args[0], "new")
	link, err := "", error(nil)
	if !again {
		var described chat
		if described, err = a.api.getChat(ctx, in.chat); err == nil {
			link = described.link()
		}
	}
	if link == "" && err == nil {
		link, err = a.api.exportChatInviteLink(ctx, in.chat)
	}
	var told bridgev2.MessageStatus
	switch {
	case err != nil && errors.As(a.changeRefused(ctx, err), &told):
		ce.Log.Warn().Err(err).Msg("A command did not do what it should")
		ce.ReplyAdvanced(told.Message, false, false)
	case again:
		c.answer(ce, say.GroupNewLink, link)
	default:
		c.answer(ce, say.GroupLink, link)
	}
}

// link is by what people join a chat: its public address, or the link that the bot has made; "": none.
func (c chat) link() string {
	if c.Username != "" {
		return "https://t.me/" + c.Username
	}
	return c.InviteLink
}

// accountOf returns the account of a chat's bot; nil: it is not connected.
func (c *Connector) accountOf(in chatID) *account {
	login := c.bridge.GetCachedUserLoginByID(loginID(in.bot))
	if login == nil {
		return nil
	}
	a, _ := login.Client.(*account)
	return a
}

// answer answers a command. The words are said as they are: names are no markup.
func (c *Connector) answer(ce *commands.Event, sentence say.Sentence, args ...any) {
	ce.ReplyAdvanced(c.sayTo(ce.User.MXID, sentence, args...), false, false)
}
