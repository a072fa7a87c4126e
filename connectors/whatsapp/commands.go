package whatsapp

import (
	"fmt"
	"strings"

	"maunium.net/go/mautrix/bridgev2/commands"
	"maunium.net/go/mautrix/id"

	"passerelle/portal/handover"
	"passerelle/portal/say"
)

// listed is how many people an answer lists at most.
const listed = 40

// Commands lists the connector's commands for its bot, described in a language.
func (c *Connector) Commands(in say.Language) []commands.CommandHandler {
	number, words, maybe := in.Say(say.ArgPhoneNumber), in.Say(say.ArgWords), in.Say(say.ArgMaybeNumber)
	people := commands.HelpSection{Name: in.Say(say.SectionWithWhom), Order: 15}
	command := func(name, args, help string, run func(*commands.Event, *account), aliases ...string) *commands.FullHandler {
		return c.command(name, commands.HelpMeta{Section: people, Description: help, Args: args}, run, aliases...)
	}
	who := command("who", "", in.Say(say.HelpWho), c.tellWho)
	once := command("view-once", in.Say(say.ArgMaybeOff), in.Say(say.HelpViewOnce), c.chooseOnce)
	who.RequiresPortal, once.RequiresPortal = true, true
	return append(append(c.groupCommands(in), c.ownCommands(in)...), c.historyCommand(in), c.statusCommand(in), who,
		command("start-chat", number, in.Say(say.HelpStartChat), c.privately(c.startChat), "pm"),
		command("resolve-identifier", number, in.Say(say.HelpIsThere, networkName), c.privately(c.tellWhether)),
		command("contacts", "", in.Say(say.HelpContacts), c.privately(c.listContacts)),
		command("search", words, in.Say(say.HelpSearch), c.privately(c.listFound)),
		command("which-room", number, in.Say(say.HelpWhichRoom), c.privately(c.tellRoom)),
		command("block", maybe, in.Say(say.HelpBlock), c.privately(c.block)),
		command("status-posts", in.Say(say.ArgOnOff), in.Say(say.HelpStatusPosts, networkName), c.choosePosts),
		once,
		command("unblock", maybe, in.Say(say.HelpUnblock), c.privately(c.block)),
	)
}

// command makes a command that answers the owner of an account.
func (c *Connector) command(name string, help commands.HelpMeta, run func(*commands.Event, *account), aliases ...string) *commands.FullHandler {
	return &commands.FullHandler{
		Name: name, Aliases: aliases, Help: help,
		Func: func(ce *commands.Event) {
			if ce.Sudo {
				c.answer(ce, say.OnlyForOneself)
				return
			}
			if a := c.accountFor(ce); a != nil {
				run(ce, a)
			}
		},
	}
}

// accountFor returns the account that a command is for; nil: there is none, which whoever commands it is told.
func (c *Connector) accountFor(ce *commands.Event) *account {
	a, err := chosenAccount(ce)
	switch {
	case err != nil:
		c.answer(ce, say.NoSuchAccount)
		return nil
	case a == nil:
		c.answer(ce, say.LinkFirst, networkName)
	}
	return a
}

// answer answers a command. The words are said as they are: names of people are no markup.
func (c *Connector) answer(ce *commands.Event, sentence say.Sentence, args ...any) {
	ce.ReplyAdvanced(c.sayTo(ce.User.MXID, sentence, args...), false, false)
}

// onlyOwnerReads tells whether the answer to a command is read by nobody else, and says so when not.
func (c *Connector) onlyOwnerReads(ce *commands.Event) bool {
	if c.readsAlone(ce.Ctx, ce.OrigRoomID, ce.User.MXID) {
		return true
	}
	c.answer(ce, say.OthersRead)
	return false
}

// privately makes a command answer only where nobody else reads: the answer may name people as the owner does.
func (c *Connector) privately(run func(*commands.Event, *account)) func(*commands.Event, *account) {
	return func(ce *commands.Event, a *account) {
		if c.onlyOwnerReads(ce) {
			run(ce, a)
		}
	}
}

func (c *Connector) link(room id.RoomID) string {
	return room.URI(c.bridge.Matrix.ServerName()).MatrixToURL()
}

// startChat begins the chat with the person who has a phone number, and names its room.
func (c *Connector) startChat(ce *commands.Event, a *account) {
	lid, ok := c.personAsked(ce, a)
	if !ok {
		return
	}
	chat := a.chatWith(ce.Ctx, lid)
	room, err := c.bridge.GetPortalByKey(ce.Ctx, chat.PortalKey)
	if err == nil {
		err = a.letGoOfRoom(ce.Ctx, room)
	}
	if err != nil {
		ce.ReplyAdvanced(a.readable(err), false, false)
		return
	}
	if handover.HasRoom(room) {
		c.answer(ce, say.HaveChat, a.calls(ce.Ctx, lid), c.link(room.MXID))
		return
	}
	if err := handover.CreateRoom(ce.Ctx, room, a.login, chat.PortalInfo); err != nil {
		ce.ReplyAdvanced(a.readable(err), false, false)
		return
	}
	c.answer(ce, say.StartedChat, a.calls(ce.Ctx, lid), c.link(room.MXID))
}

// tellWhether says whether a phone number is somebody's.
func (c *Connector) tellWhether(ce *commands.Event, a *account) {
	if lid, ok := c.personAsked(ce, a); ok {
		c.answer(ce, say.IsThere, a.calls(ce.Ctx, lid), networkName)
	}
}

// listContacts lists the owner's address book.
func (c *Connector) listContacts(ce *commands.Event, a *account) {
	people, err := a.addressBook(ce.Ctx)
	if err != nil {
		ce.ReplyAdvanced(a.readable(err), false, false)
		return
	}
	c.list(ce, a, people, a.say(say.NoContacts))
}

// listFound lists those whom the owner knows under some words.
func (c *Connector) listFound(ce *commands.Event, a *account) {
	words := strings.Join(ce.Args, " ")
	if words == "" {
		c.answer(ce, say.GiveWords)
		return
	}
	people, err := a.search(ce.Ctx, words)
	if err != nil {
		ce.ReplyAdvanced(a.readable(err), false, false)
		return
	}
	c.list(ce, a, people, a.say(say.NothingFound, words))
}

func (c *Connector) list(ce *commands.Event, a *account, people []*acquaintance, none string) {
	if len(people) == 0 {
		ce.ReplyAdvanced(none, false, false)
		return
	}
	var lines []string
	for _, person := range people[:min(len(people), listed)] {
		line := person.shown()
		if person.phone != "" {
			line += " +" + person.phone
		}
		if !person.lid.IsEmpty() {
			room, err := c.bridge.GetExistingPortalByKey(ce.Ctx, portalKey(person.lid, a.login.ID))
			if err == nil && handover.HasRoom(room) {
				line += " " + c.link(room.MXID)
			}
		}
		lines = append(lines, line)
	}
	if more := len(people) - listed; more > 0 {
		lines = append(lines, a.say(say.ContactsCut, more))
	}
	ce.ReplyAdvanced(strings.Join(lines, "\n"), false, false)
}

// tellRoom says which room a phone number has.
func (c *Connector) tellRoom(ce *commands.Event, a *account) {
	lid, ok := c.personAsked(ce, a)
	if !ok {
		return
	}
	var rooms []string
	for _, login := range ce.User.GetUserLogins() {
		room, err := c.bridge.GetExistingPortalByKey(ce.Ctx, portalKey(lid, login.ID))
		if err == nil && handover.HasRoom(room) {
			rooms = append(rooms, c.link(room.MXID))
		}
	}
	if len(rooms) == 0 {
		c.answer(ce, say.NoChatWith, strings.Join(ce.Args, " "))
		return
	}
	c.answer(ce, say.HaveChat, a.calls(ce.Ctx, lid), strings.Join(rooms, " "))
}

// tellWho says whom the chat of a room is with. A phone number is for the owner's eyes.
func (c *Connector) tellWho(ce *commands.Event, a *account) {
	switch {
	case ce.Portal.Receiver == "":
		c.answer(ce, say.WhoGroup, networkName, ce.Portal.Name)
	case ce.Portal.Receiver != a.login.ID, isPostsRoom(ce.Portal.ID):
		c.answer(ce, say.NotAChat, networkName)
	case c.onlyOwnerReads(ce):
		lid := lidOf(ce.Portal.OtherUserID)
		phone, err := a.phone(ce.Ctx, lid)
		if err != nil || phone == "" {
			c.answer(ce, say.WhoNoNumber, networkName, a.calls(ce.Ctx, lid))
			return
		}
		c.answer(ce, say.WhoNumber, networkName, a.calls(ce.Ctx, lid), fmt.Sprint("+", phone))
	}
}
