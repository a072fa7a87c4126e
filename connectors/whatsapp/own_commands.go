package whatsapp

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/bridgev2/commands"
	"maunium.net/go/mautrix/event"

	"passerelle/portal/handover"
	"passerelle/portal/say"
)

// ownCommands are about a person's own accounts. They stand in the place of the library's, which name accounts by their
// identifiers.
func (c *Connector) ownCommands(in say.Language) []commands.CommandHandler {
	about := func(args, description string) commands.HelpMeta {
		return commands.HelpMeta{Section: commands.HelpSectionAuth, Description: description, Args: args}
	}
	which := in.Say(say.ArgMaybeAccount)
	prefer := c.command("set-preferred-login", about(which, in.Say(say.HelpPrefer)), c.prefer, "prefer")
	prefer.RequiresPortal = true
	return []commands.CommandHandler{
		c.command("list-logins", about("", in.Say(say.HelpAccounts, networkName)), c.privately(c.listAccounts), "accounts"),
		c.command("logout", about(which, in.Say(say.HelpLogout, networkName)), c.privately(c.logout)),
		prefer,
	}
}

// fromWord comes before the account that a command shall use, when a person has several: “start-chat from 2 +33612345678”.
const fromWord = "from"

// errNoAccount is the error of a word that names none of a person's accounts.
var errNoAccount = errors.New("no account of that name")

// chosenAccount returns the account that a command is about, and takes its name out of the command: the one that it names,
// otherwise the one of the room, otherwise the person's first. It is nil when the person has none.
func chosenAccount(ce *commands.Event) (*account, error) {
	own := ownAccounts(ce.User)
	if len(own) > 1 && len(ce.Args) > 1 && strings.EqualFold(ce.Args[0], fromWord) {
		a := pick(ce.Ctx, own, ce.Args[1])
		if a == nil {
			return nil, errNoAccount
		}
		ce.Args = ce.Args[2:]
		return a, nil
	}
	var login *bridgev2.UserLogin
	if ce.Portal != nil {
		login, _, _ = ce.Portal.FindPreferredLogin(ce.Ctx, ce.User, false)
	}
	if login != nil {
		if a, ok := login.Client.(*account); ok {
			return a, nil
		}
	}
	for _, a := range own { // one that works, if there is one
		if a.IsLoggedIn() {
			return a, nil
		}
	}
	if len(own) > 0 {
		return own[0], nil
	}
	return nil, nil
}

// pick finds an account by its place in the list, or by its phone number; nil: there is none of that name.
func pick(ctx context.Context, own []*account, name string) *account {
	if n, err := strconv.Atoi(name); err == nil && n >= 1 && n <= len(own) {
		return own[n-1]
	}
	number, ok := parsePhone(name)
	if !ok {
		return nil
	}
	i := slices.IndexFunc(own, func(a *account) bool {
		phone, err := a.phone(ctx, a.lid)
		return err == nil && phone == number
	})
	if i < 0 {
		return nil
	}
	return own[i]
}

// accountList lists a person's accounts for that person's eyes.
func (c *Connector) accountList(ctx context.Context, own []*account) string {
	var lines []string
	for i, a := range own {
		state := say.AccountLinked
		if !a.IsLoggedIn() {
			state = say.AccountUnlinked
		}
		phone, err := a.phone(ctx, a.lid)
		if err != nil || phone == "" {
			phone = a.numberEnd()
		} else {
			phone = "+" + phone
		}
		lines = append(lines, a.say(say.AccountLine, i+1, strings.TrimSpace(a.publicName()+" "+phone), a.say(state)))
	}
	return strings.Join(lines, "\n")
}

func (c *Connector) listAccounts(ce *commands.Event, _ *account) {
	own := ownAccounts(ce.User)
	list := c.accountList(ce.Ctx, own)
	if len(own) > 1 {
		list += "\n" + c.sayTo(ce.User.MXID, say.AccountHowTo)
	}
	ce.ReplyAdvanced(list, false, false)
}

// meant returns the account that the words of a command name; with no words, the only one. It says what to do when that is
// none.
func (c *Connector) meant(ce *commands.Event) *account {
	own := ownAccounts(ce.User)
	words := strings.Join(ce.Args, " ")
	switch {
	case words == "" && len(own) == 1:
		return own[0]
	case words != "":
		if a := pick(ce.Ctx, own, words); a != nil {
			return a
		}
	}
	ce.ReplyAdvanced(c.sayTo(ce.User.MXID, say.WhichAccount, ce.Command)+"\n"+c.accountList(ce.Ctx, own), false, false)
	return nil
}

// logout ends a login: the link on the phone goes, the rooms stay and say so.
func (c *Connector) logout(ce *commands.Event, _ *account) {
	a := c.meant(ce)
	if a == nil {
		return
	}
	name := a.shownName()
	quiet, err := c.roomsOnlyOf(ce.Ctx, a)
	if err != nil {
		ce.Log.Err(err).Msg("The rooms of a login do not say that it has ended")
	}
	a.login.Logout(ce.Ctx)
	c.answer(ce, say.LoggedOutNow, networkName, name, c.bridge.Config.CommandPrefix)
	for _, room := range quiet {
		words := c.say(say.RoomRests, networkName)
		if room.Receiver != "" {
			words = a.say(say.RoomRests, networkName)
		}
		_, err := c.bridge.Bot.SendMessage(ce.Ctx, room.MXID, event.EventMessage, &event.Content{Parsed: &event.MessageEventContent{
			MsgType: event.MsgNotice, Body: words, Mentions: &event.Mentions{},
		}}, nil)
		if err != nil {
			ce.Log.Err(err).Stringer("room", room.MXID).Msg("A room does not say that its login has ended")
		}
	}
}

// roomsOnlyOf lists the rooms that hear nothing any more when an account is logged out.
func (c *Connector) roomsOnlyOf(ctx context.Context, a *account) (rooms []*bridgev2.Portal, err error) {
	places, err := c.bridge.DB.UserPortal.GetAllForLogin(ctx, a.login.UserLogin)
	if err != nil {
		return nil, fmt.Errorf("look up a login's rooms: %w", err)
	}
	for _, place := range places {
		others, err := c.bridge.GetUserLoginsInPortal(ctx, place.Portal)
		if err != nil {
			return nil, fmt.Errorf("look up a room's logins: %w", err)
		}
		if slices.ContainsFunc(others, func(other *bridgev2.UserLogin) bool { return other.ID != a.login.ID && other.Client.IsLoggedIn() }) {
			continue
		}
		room, err := c.bridge.GetExistingPortalByKey(ctx, place.Portal)
		if err != nil {
			return nil, fmt.Errorf("look up a room: %w", err)
		}
		if handover.HasRoom(room) && room.RoomType != "space" {
			rooms = append(rooms, room)
		}
	}
	return rooms, nil
}

// prefer chooses the account that a person writes with in a group.
func (c *Connector) prefer(ce *commands.Event, _ *account) {
	if ce.Portal.Receiver != "" {
		c.answer(ce, say.PreferWhere)
		return
	}
	places, err := c.bridge.DB.UserPortal.GetAllForUserInPortal(ce.Ctx, ce.User.MXID, ce.Portal.PortalKey)
	if err != nil {
		ce.Log.Err(err).Msg("Whose room this is could not be looked up")
		c.answer(ce, say.NotPreferred)
		return
	}
	own := slices.DeleteFunc(ownAccounts(ce.User), func(a *account) bool {
		return !slices.ContainsFunc(places, inPlace(a))
	})
	a := pick(ce.Ctx, ownAccounts(ce.User), strings.Join(ce.Args, " "))
	if a == nil || !slices.Contains(own, a) {
		ce.ReplyAdvanced(c.sayTo(ce.User.MXID, say.WhichAccount, ce.Command), false, false)
		return
	}
	if err := a.login.MarkAsPreferredIn(ce.Ctx, ce.Portal); err != nil {
		ce.Log.Err(err).Msg("A login could not be preferred")
		c.answer(ce, say.NotPreferred)
		return
	}
	c.answer(ce, say.PreferredNow, networkName, a.shownName())
}
