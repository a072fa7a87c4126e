package whatsapp

import (
	"fmt"
	"strings"

	"maunium.net/go/mautrix/bridgev2/commands"
	"maunium.net/go/mautrix/id"

	"passerelle/portal/say"
)

// listed is how many people an answer lists at most.
const listed = 40

// Commands lists the connector's commands for its bot. Those that stand in the library's place say what they did in the
// catalogue's words.
func (c *Connector) Commands() []commands.CommandHandler {
	number, words, maybe := c.say(say.ArgPhoneNumber), c.say(say.ArgWords), c.say(say.ArgMaybeNumber)
	return append(append(c.groupCommands(), c.ownCommands()...), c.historyCommand(),
		c.command("start-chat", number, c.say(say.HelpStartChat), c.privately(c.startChat), "pm"),
		c.command("resolve-identifier", number, c.say(say.HelpIsThere, networkName), c.privately(c.tellWhether)),
		c.command("status", "", c.say(say.HelpStatus), c.privately(c.tellStatus)),
		c.command("contacts", "", c.say(say.HelpContacts), c.privately(c.listContacts)),
		c.command("search", words, c.say(say.HelpSearch), c.privately(c.listFound)),
		c.command("which-room", number, c.say(say.HelpWhichRoom), c.privately(c.tellRoom)),
		c.command("who", "", c.say(say.HelpWho), c.tellWho),
		c.command("block", maybe, c.say(say.HelpBlock), c.privately(c.block)),
		c.command("status-posts", c.say(say.ArgOnOff), c.say(say.HelpStatusPosts, networkName), c.choosePosts),
		c.command("view-once", c.say(say.ArgMaybeOff), c.say(say.HelpViewOnce), c.chooseOnce),
		c.command("unblock", maybe, c.say(say.HelpUnblock), c.privately(c.block)),
	)
}

// command makes a command that answers the owner of an account.
func (c *Connector) command(name, args, help string, run func(*commands.Event, *account), aliases ...string) *commands.FullHandler {
	return &commands.FullHandler{
		Name: name, Aliases: aliases,
		Help: commands.HelpMeta{Section: commands.HelpSection{Name: c.say(say.SectionWithWhom), Order: 15}, Description: help, Args: args},
		Func: func(ce *commands.Event) {
			if ce.Sudo {
				c.answer(ce, say.OnlyForOneself)
				return
			}
			a, err := chosenAccount(ce)
			switch {
			case err != nil:
				c.answer(ce, say.NoSuchAccount)
				return
			case a == nil:
				c.answer(ce, say.LinkFirst, networkName)
				return
			}
			run(ce, a)
		},
	}
}

// answer answers a command. The words are said as they are: names of people are no markup.
func (c *Connector) answer(ce *commands.Event, sentence say.Sentence, args ...any) {
	ce.ReplyAdvanced(c.say(sentence, args...), false, false)
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
	if room.MXID != "" {
		c.answer(ce, say.HaveChat, a.calls(ce.Ctx, lid), c.link(room.MXID))
		return
	}
	if err := room.CreateMatrixRoom(ce.Ctx, a.login, chat.PortalInfo); err != nil {
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
	c.list(ce, a, people, c.say(say.NoContacts))
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
	c.list(ce, a, people, c.say(say.NothingFound, words))
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
			if err == nil && room != nil && room.MXID != "" {
				line += " " + c.link(room.MXID)
			}
		}
		lines = append(lines, line)
	}
	if more := len(people) - listed; more > 0 {
		lines = append(lines, c.say(say.ContactsCut, more))
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
		if err == nil && room != nil && room.MXID != "" {
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
	case ce.Portal == nil:
		c.answer(ce, say.NotAChat, networkName)
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
