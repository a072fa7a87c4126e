package telegram

import (
	"context"
	"fmt"

	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/id"

	"passerelle/portal/handover"
	"passerelle/portal/plumb"
	"passerelle/portal/say"
)

// isStart tells whether a message is the press of the start button, and with what.
func (d *delivery) isStart() (payload string, ok bool) {
	if !d.in.isPrivate() || d.in.connection != "" {
		return "", false
	}
	return startPayload(d.message.Text)
}

// start brings somebody in who has pressed the bot's start button: by a link to whom it is for, and otherwise as whoever writes to the
// bot. A sentence stands for the message, which may hold what others could come by.
func (d *delivery) start(ctx context.Context, payload string) error {
	a := d.account
	if payload == "" {
		d.notice = a.connector.say(say.StartPressed, networkName)
		return d.run(ctx)
	}
	link, what, err := a.redeem(ctx, payload, d.in.chat)
	if err != nil {
		return err
	}
	if what == linkGood && link.Own {
		return a.provenOwn(ctx, d.message)
	}
	d.notice = a.connector.say(startSentences[what], networkName)
	if what == linkGood {
		if err := d.follow(ctx, link); err != nil {
			return err
		}
	}
	return d.run(ctx)
}

// startSentences say how somebody came, for links that lead nowhere.
var startSentences = map[fate]say.Sentence{
	linkUnknown: say.StartUnknown, linkExpired: say.StartExpired, linkUsedUp: say.StartUsedUp, linkRevoked: say.StartRevoked,
}

// follow takes the chat where a link leads, and says so. Where that cannot be, the chat comes in as others do.
func (d *delivery) follow(ctx context.Context, link startLink) error {
	c := d.account.connector
	if link.Room != "" {
		led, err := d.into(ctx, link.Room)
		if err != nil {
			return err
		}
		if d.notice = c.say(say.StartForRoom, networkName); !led {
			d.notice = c.say(say.StartRoomTaken, networkName)
		}
		return nil
	}
	d.notice = c.say(say.StartForStaff, networkName, link.Staff.Localpart())
	room, err := d.ensureRoom(ctx)
	if err != nil || room == nil {
		return err
	}
	if !d.isIn(ctx, room, link.Staff) {
		d.notice = c.say(say.StartStaffAbsent, networkName, link.Staff.Localpart())
	}
	return nil
}

// isIn tells whether a member of staff is in a room, into which they are invited if they are not.
func (d *delivery) isIn(ctx context.Context, room *bridgev2.Portal, who id.UserID) bool {
	err := d.account.connector.bridge.Bot.EnsureInvited(ctx, room.MXID, who)
	if err != nil {
		d.account.log.Warn().Err(err).Stringer("room", room.MXID).Stringer("user", who).Msg("Whom a link is for could not be invited")
	}
	return err == nil
}

// into brings the chat into a room that people made. It is false when the chat has a room already, or the room takes none.
func (d *delivery) into(ctx context.Context, room id.RoomID) (led bool, err error) {
	bridge := d.account.connector.bridge
	at, err := bridge.GetPortalByKey(ctx, d.PortalKey)
	if err != nil {
		return false, fmt.Errorf("look up a room: %w", err)
	}
	if handover.HasRoom(at) {
		return at.MXID == room, nil
	}
	taken, err := bridge.GetPortalByMXID(ctx, room)
	if err != nil {
		return false, fmt.Errorf("look up a room: %w", err)
	}
	if taken != nil {
		return false, nil
	}
	refusal, err := plumb.Refusal(ctx, bridge, room, "")
	if err != nil || refusal != "" {
		d.account.log.Warn().Err(err).Stringer("room", room).Str("reason", string(refusal)).Msg("The room that a link is for does not take the chat")
		return false, nil
	}
	if err := plumb.Into(withDelivery(ctx, d), at, d.account.login, room); err != nil {
		return false, err
	}
	return true, nil
}
