package bridge

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/bridgev2/commands"
	"maunium.net/go/mautrix/bridgev2/networkid"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/portal/relay"
	"passerelle/portal/say"
)

// relayCommands lists the commands about writing through somebody else's account. Two stand in the place of the library's
// (bridgev2/commands/relay.go), which speak of logins and cannot end it in a direct chat.
func (n *network) relayCommands(in say.Language) []commands.CommandHandler {
	command := func(name, args string, help say.Sentence, run func(*commands.Event)) *commands.FullHandler {
		return &commands.FullHandler{
			Name: name, RequiresPortal: true, Func: run,
			Help: commands.HelpMeta{Section: commands.HelpSectionChats, Description: in.Say(help), Args: args},
		}
	}
	return []commands.CommandHandler{
		command("set-relay", in.Say(say.ArgWhose), say.HelpSetRelay, n.setRelay),
		command("unset-relay", "", say.HelpUnsetRelay, n.unsetRelay),
		command("relay", "", say.HelpRelay, n.tellRelay),
	}
}

// setRelay lets those who have no account in a room write through one that is there. The room is told.
func (n *network) setRelay(ce *commands.Event) {
	if !n.host.options.Relay.Enabled {
		n.answer(ce, say.RelayOff)
		return
	}
	login, refusal, err := n.relayMeant(ce)
	if err == nil && refusal == "" {
		refusal, err = n.keepsRelay(ce)
	}
	if err != nil {
		n.relayFailed(ce, err)
		return
	}
	if refusal != "" {
		ce.ReplyAdvanced(refusal, false, false)
		return
	}
	n.changeRelay(ce, login, login, n.say(say.RelaySet, n.title(), n.nameIn(ce.Ctx, ce.RoomID, login.UserMXID)))
}

// unsetRelay ends it.
func (n *network) unsetRelay(ce *commands.Event) {
	logins, err := n.loginsIn(ce.Ctx, ce.Portal.PortalKey)
	refusal := ""
	if err == nil {
		refusal, err = n.keepsRelay(ce)
	}
	if at := slices.IndexFunc(logins, n.isShared); at >= 0 && n.host.options.Relay.Enabled {
		refusal = n.sayTo(ce.User.MXID, say.RelayShared, n.nameIn(ce.Ctx, ce.RoomID, logins[at].UserMXID))
	}
	switch {
	case err != nil:
		n.relayFailed(ce, err)
	case refusal != "":
		ce.ReplyAdvanced(refusal, false, false)
	case len(logins) == 0: // nothing can go out
		n.answer(ce, say.RelayEnded, n.title())
	default:
		n.changeRelay(ce, logins[0], nil, n.say(say.RelayEnded, n.title()))
	}
}

// tellRelay says through whose account people write who have none.
func (n *network) tellRelay(ce *commands.Event) {
	prefix := ce.Bridge.Config.CommandPrefix
	current, err := n.currentRelay(ce)
	switch {
	case err != nil:
		n.relayFailed(ce, err)
	case !n.host.options.Relay.Enabled:
		n.answer(ce, say.RelayOff)
	case current == nil:
		n.answer(ce, say.RelayIsNobody, n.title(), prefix)
	default:
		n.answer(ce, say.RelayIs, n.title(), n.nameIn(ce.Ctx, ce.RoomID, current.UserMXID), prefix)
	}
}

func (n *network) relayFailed(ce *commands.Event, err error) {
	ce.Log.Err(err).Msg("A command about relaying failed")
	n.answer(ce, say.RelayNotSaved)
}

// currentRelay returns the login that a room has for those who have none; nil: it has none.
func (n *network) currentRelay(ce *commands.Event) (*bridgev2.UserLogin, error) {
	kept, err := ce.Bridge.DB.Portal.GetByKey(ce.Ctx, ce.Portal.PortalKey) // the one in memory belongs to its room's goroutine
	if err != nil || kept == nil {
		return nil, err
	}
	return ce.Bridge.GetCachedUserLoginByID(kept.RelayLoginID), nil
}

// relayMeant finds the login that a command means, and says why it may not be used. One's own and a shared one may be, others
// by administrators only.
func (n *network) relayMeant(ce *commands.Event) (login *bridgev2.UserLogin, refusal string, err error) {
	logins, err := n.loginsIn(ce.Ctx, ce.Portal.PortalKey)
	if err != nil {
		return nil, "", err
	}
	name := strings.Join(ce.Args, " ")
	own := func(l *bridgev2.UserLogin) bool { return l.UserMXID == ce.User.MXID }
	named := func(l *bridgev2.UserLogin) bool {
		return l.UserMXID.String() == name || strings.EqualFold(n.nameIn(ce.Ctx, ce.RoomID, l.UserMXID), name)
	}
	matches := []func(*bridgev2.UserLogin) bool{own, n.isShared}
	if name != "" {
		matches = []func(*bridgev2.UserLogin) bool{named}
	}
	at := -1
	for i := 0; at < 0 && i < len(matches); i++ {
		at = slices.IndexFunc(logins, matches[i])
	}
	direct := ce.Portal.Receiver != ""
	switch {
	case at >= 0 && (own(logins[at]) || n.isShared(logins[at]) || ce.User.Permissions.Admin && !direct):
		return logins[at], "", nil
	case direct && len(logins) > 0: // somebody's own conversation
		return nil, n.sayTo(ce.User.MXID, say.RelayOwnChatOnly, n.nameIn(ce.Ctx, ce.RoomID, logins[0].UserMXID)), nil
	case at >= 0:
		return nil, n.sayTo(ce.User.MXID, say.RelayNoSay, n.nameIn(ce.Ctx, ce.RoomID, logins[at].UserMXID)), nil
	case name != "":
		return nil, n.sayTo(ce.User.MXID, say.RelayNoSuchAccount, name, n.title()), nil
	}
	return nil, n.sayTo(ce.User.MXID, say.RelayNoAccountHere, n.title()), nil
}

// keepsRelay says why a person may not change whom a room relays through; "": they may: whose account it is, an administrator,
// who administers the room, and anybody where there is none yet.
func (n *network) keepsRelay(ce *commands.Event) (refusal string, err error) {
	current, err := n.currentRelay(ce)
	if err != nil || current == nil || current.UserMXID == ce.User.MXID || ce.User.Permissions.Admin {
		return "", err
	}
	levels, err := n.matrix().GetPowerLevels(ce.Ctx, ce.RoomID)
	if err != nil {
		return "", fmt.Errorf("look up a room's rights: %w", err)
	}
	if levels.GetUserLevel(ce.User.MXID) >= levels.GetEventLevel(event.StateBridge) {
		return "", nil
	}
	return n.sayTo(ce.User.MXID, say.RelayNoSay, n.nameIn(ce.Ctx, ce.RoomID, current.UserMXID)), nil
}

// changeRelay changes through whom a room relays. source is a login that is in it.
func (n *network) changeRelay(ce *commands.Event, source, to *bridgev2.UserLogin, done string) {
	if result := n.relayThrough(ce.Portal.PortalKey, source, to, ce.EventID, done); !result.Queued {
		n.relayFailed(ce, errors.Join(errNotTaken, result.Error))
	}
}

// relayThrough has a room's own goroutine change through whom it relays, and tells the room. about is the command that asks for
// it, if one does.
func (n *network) relayThrough(key networkid.PortalKey, source, to *bridgev2.UserLogin, about id.EventID, done string) bridgev2.EventHandlingResult {
	return relay.Do(key, source, func(ctx context.Context, room *bridgev2.Portal) {
		// Not room.SetRelay: for nobody in a direct chat it panics (bridgev2/portal.go, SetRelay).
		room.Relay, room.RelayLoginID = to, ""
		if to != nil {
			room.RelayLoginID = to.ID
		}
		n.lent.set(room.PortalKey, room.RelayLoginID)
		if err := room.Save(ctx); err != nil {
			n.log.Err(err).Stringer("room", room.MXID).Msg("Through whom a room relays could not be saved")
			done = n.say(say.RelayNotSaved)
		}
		n.tell(room.MXID, about, "", done)
	})
}
