package telegram

import (
	"context"
	"slices"

	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/bridgev2/commands"
	"maunium.net/go/mautrix/id"

	"passerelle/portal/say"
)

// Several members of staff may be in charge of a bot. They share its rooms: each is invited into every new one. Of a service bot the
// administrator names them, of another one its owner. What comes to the owner's own account is the owner's alone.

// inCharge lists those who are in charge of the bot besides its owner.
func (a *account) inCharge() []id.UserID {
	if service, ok := a.connector.services[a.login.ID]; ok {
		return service.staff
	}
	return a.kept().Staff
}

// inviteStaff invites those who are in charge into a new room. The owner is in it already.
func (a *account) inviteStaff(ctx context.Context, in chatID, room *bridgev2.Portal) {
	if in.connection != "" {
		return
	}
	for _, who := range a.inCharge() {
		if err := a.connector.bridge.Bot.EnsureInvited(ctx, room.MXID, who); err != nil {
			a.log.Warn().Err(err).Stringer("room", room.MXID).Stringer("user", who).Msg("A member of staff could not be invited")
		}
	}
}

// inviteStaffAgain invites them into a room in which nothing stands yet, when an attempt to deliver its first message was cut short: it
// may have been before they were.
func (d *delivery) inviteStaffAgain(ctx context.Context, room *bridgev2.Portal) error {
	if d.stored.Attempted.IsZero() || d.in.connection != "" || len(d.account.inCharge()) == 0 {
		return nil
	}
	messages, err := d.account.connector.bridge.DB.Message.CountMessagesInPortal(ctx, room.PortalKey)
	if err != nil {
		return wrapped("count a room's messages", err)
	}
	if messages == 0 {
		d.account.inviteStaff(ctx, d.in, room)
	}
	return nil
}

// setStaff says who is in charge of the bot, or tells.
func (c *Connector) setStaff(ce *commands.Event, a *account) {
	_, configured := c.services[a.login.ID]
	switch {
	case len(ce.Args) == 0:
		c.tellStaff(ce, a)
		return
	case configured:
		c.answer(ce, say.StaffConfigured)
		return
	case a.login.UserMXID != ce.User.MXID:
		c.answer(ce, say.OnlyForOneself)
		return
	}
	var staff []id.UserID
	for _, word := range ce.Args {
		who := id.UserID(word)
		switch {
		case len(ce.Args) == 1 && word == "none":
			continue
		case !c.isStaff(who):
			c.answer(ce, say.StaffUsage)
			return
		case !slices.Contains(staff, who) && who != a.login.UserMXID:
			staff = append(staff, who)
		}
	}
	if err := a.keep(ce.Ctx, func(kept *LoginMetadata) { kept.Staff = staff }); err != nil {
		ce.Log.Err(err).Msg("Who is in charge of a bot could not be kept")
		c.answer(ce, say.CommandFailed)
		return
	}
	c.tellStaff(ce, a)
}

func (c *Connector) tellStaff(ce *commands.Event, a *account) {
	names := ""
	for _, who := range a.inCharge() {
		if names != "" {
			names += ", "
		}
		names += who.String()
	}
	if names == "" {
		c.answer(ce, say.StaffNone)
		return
	}
	c.answer(ce, say.StaffAre, names)
}

// isStaff tells whether a Matrix ID is somebody's here who may use the bridge.
func (c *Connector) isStaff(who id.UserID) bool {
	_, server, err := who.Parse()
	return err == nil && server == c.bridge.Matrix.ServerName() && !c.bridge.IsGhostMXID(who) && who != c.bridge.Bot.GetMXID() &&
		c.bridge.Config.Permissions.Get(who).SendEvents
}
