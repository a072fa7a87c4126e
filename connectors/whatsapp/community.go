package whatsapp

import (
	"context"
	"time"

	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/bridgev2/networkid"
	"maunium.net/go/mautrix/event"

	"passerelle/portal/handover"
)

// A community is a space, made with the first room of its groups. Its announcements are a group in which only admins write.

// leaveSpace takes a group's room out of the space of a community. bridgev2 would put it back at once: it forgets the old
// space's key, and not the space (bridgev2/portal.go, updateParent).
func (a *account) leaveSpace(ctx context.Context, room *bridgev2.Portal) (changed bool) {
	if room.ParentKey.ID == "" {
		return false
	}
	if handover.HasRoom(room.Parent) {
		_, err := room.Bridge.Bot.SendState(ctx, room.Parent.MXID, event.StateSpaceChild, room.MXID.String(),
			&event.Content{Parsed: &event.SpaceChildEventContent{}}, time.Now())
		if err != nil {
			a.log.Err(err).Msg("A group's room stays in a space that it is no longer in")
		}
	}
	room.ParentKey, room.Parent, room.InSpace = networkid.PortalKey{}, nil, false
	return true
}
