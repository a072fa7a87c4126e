package whatsapp

import (
	"slices"
	"strings"
	"time"

	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/bridgev2/commands"
	"maunium.net/go/mautrix/bridgev2/networkid"
	"maunium.net/go/mautrix/bridgev2/status"

	"passerelle/portal/say"
)

// listedWaiting is how many waiting messages an answer lists at most.
const listedWaiting = 10

// statusCommand is the command that says how a person's accounts are.
func (c *Connector) statusCommand(in say.Language) *commands.FullHandler {
	help := commands.HelpMeta{Section: commands.HelpSectionAuth, Description: in.Say(say.HelpStatus)}
	return c.command("status", help, c.privately(c.tellStatus))
}

// tellStatus says how each of a person's accounts is.
func (c *Connector) tellStatus(ce *commands.Event, _ *account) {
	var all []string
	logins := ce.User.GetUserLogins()
	slices.SortFunc(logins, func(a, b *bridgev2.UserLogin) int { return strings.Compare(string(a.ID), string(b.ID)) })
	for _, login := range logins {
		if a, ok := login.Client.(*account); ok {
			all = append(all, strings.Join(a.status(ce), "\n"))
		}
	}
	ce.ReplyAdvanced(strings.Join(all, "\n\n"), false, false)
}

// status says how the account is, a line each.
func (a *account) status(ce *commands.Event) []string {
	stand, kept, now := a.stand(), a.kept(), a.connector.now()
	name := a.publicName()
	if a.client != nil && a.client.Store.ID != nil {
		name = strings.TrimSpace(name + " +" + a.client.Store.ID.User)
	}
	var lines []string
	switch {
	case stand.StateEvent == status.StateConnected:
		lines = append(lines, a.say(say.StatusConnected, networkName, name, a.moment(stand.since)))
	case stand.Message != "":
		lines = append(lines, a.say(say.StatusTrouble, networkName, name, a.moment(stand.since), stand.Message))
	default:
		lines = append(lines, a.say(say.StatusConnecting, networkName, name))
	}
	if stand.StateEvent != status.StateBadCredentials {
		sentence, seen := say.StatusPhone, a.lastSeen()
		if now.Sub(seen) > 2*askAfter {
			sentence = say.StatusPhoneAway
		}
		lines = append(lines, a.say(sentence, a.moment(seen), a.moment(seen.Add(unlinkedAfter))))
	}
	switch lock := kept.Timelock; {
	case !lock.holds(now):
	case lock.Until.IsZero():
		lines = append(lines, a.say(say.StatusTimelock, networkName, a.moment(lock.Refused)))
	default:
		lines = append(lines, a.say(say.MayNotWriteFirstUntil, networkName, a.moment(lock.Until)))
	}
	return append(lines, a.statusOfQueue(ce, now)...)
}

// statusOfQueue says what waits for its turn, and how many people may be written to for the first time today.
func (a *account) statusOfQueue(ce *commands.Event, now time.Time) (lines []string) {
	queue := a.queue()
	if limit := a.connector.options.Pace.FirstContacts; limit.PerDay > 0 {
		used := 0
		for _, at := range a.kept().FirstContacts {
			if now.Sub(at) < 24*time.Hour {
				used++
			}
		}
		lines = append(lines, a.say(say.StatusFirstContacts, used, limit.PerDay))
	}
	if len(queue) == 0 {
		return append(lines, a.say(say.StatusNothingWaits))
	}
	lines = append(lines, a.say(say.StatusWaits, len(queue)))
	for _, w := range queue[:min(len(queue), listedWaiting)] {
		lines = append(lines, a.say(say.StatusWaitsFor, a.nameOfChat(ce, networkid.PortalID(w.Name)), a.moment(w.Until)))
	}
	return lines
}

// nameOfChat returns what the owner calls a chat.
func (a *account) nameOfChat(ce *commands.Event, chat networkid.PortalID) string {
	for _, key := range []networkid.PortalKey{{ID: chat, Receiver: a.login.ID}, {ID: chat}} {
		room, err := a.connector.bridge.GetExistingPortalByKey(ce.Ctx, key)
		switch {
		case err != nil || room == nil:
		case room.OtherUserID != "":
			return a.calls(ce.Ctx, lidOf(room.OtherUserID))
		default:
			return room.Name
		}
	}
	return networkName
}
