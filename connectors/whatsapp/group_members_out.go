package whatsapp

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/types"
	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/event"

	"passerelle/portal/say"
	"passerelle/portal/undo"
)

var (
	_ bridgev2.MembershipHandlingNetworkAPI = (*account)(nil)
	_ bridgev2.PowerLevelHandlingNetworkAPI = (*account)(nil)
)

// errNotDone is the error of a change that WhatsApp did not make of one member.
var errNotDone = errors.New("WhatsApp did not change this member")

// HandleMatrixMembership adds to a group, takes out of it, or leaves it (see [bridgev2.MembershipHandlingNetworkAPI]). What
// WhatsApp refuses is undone in the room.
func (a *account) HandleMatrixMembership(ctx context.Context, msg *bridgev2.MatrixMembershipChange) (*bridgev2.MatrixMembershipResult, error) {
	if !isGroup(msg.Portal) {
		return nil, nil
	}
	change := msg.Type
	gone := change.To == event.MembershipLeave || change.To == event.MembershipBan
	// A homeserver need not tell what somebody was before (Dendrite does not); taking out who is not in is no error.
	there := change.From == event.MembershipJoin || change.From == event.MembershipInvite || msg.Event.Unsigned.PrevContent == nil
	var err error
	switch target := a.personOf(msg.Target); {
	case target.IsEmpty():
		return nil, nil // somebody of the homeserver who is not on WhatsApp
	case change.IsSelf:
		if change.To == event.MembershipLeave && change.From == event.MembershipJoin && msg.OrigSender == nil && target == a.lid {
			err = a.leaveGroup(ctx, msg.Portal)
		}
	case msg.OrigSender != nil:
		err = a.ownersOnly(msg.OrigSender)
	case change.To == event.MembershipInvite:
		err = a.changeMember(ctx, msg.Portal, target, whatsmeow.ParticipantChangeAdd)
	case gone && there:
		err = a.changeMember(ctx, msg.Portal, target, whatsmeow.ParticipantChangeRemove)
	}
	if err != nil {
		if undone := undo.Membership(ctx, msg); undone != nil {
			a.log.Err(undone).Msg("A member whom WhatsApp did not change stays changed in the room")
		}
	}
	return nil, err
}

// personOf returns who on WhatsApp a ghost or a login is; empty: nobody.
func (a *account) personOf(target bridgev2.GhostOrUserLogin) types.JID {
	switch target := target.(type) {
	case *bridgev2.Ghost:
		return lidOf(target.ID)
	case *bridgev2.UserLogin:
		return lidOf(target.ID)
	}
	return types.EmptyJID
}

func (a *account) leaveGroup(ctx context.Context, room *bridgev2.Portal) error {
	client, group, err := a.groupOf(ctx, room)
	if err != nil {
		return err
	}
	err = client.LeaveGroup(ctx, group)
	if err != nil && !errors.Is(err, whatsmeow.ErrIQNotFound) && !errors.Is(err, whatsmeow.ErrIQForbidden) {
		return a.groupRefused(err)
	}
	return nil
}

// changeMember changes one member of a group. Nothing is wrong when the change was made before.
func (a *account) changeMember(ctx context.Context, room *bridgev2.Portal, who types.JID, change whatsmeow.ParticipantChange) error {
	client, group, err := a.groupOf(ctx, room)
	if err != nil {
		return err
	}
	results, err := client.UpdateGroupParticipants(ctx, group, []types.JID{who}, change)
	if err != nil {
		return a.groupRefused(err)
	}
	for _, result := range results {
		if err := a.memberRefused(ctx, who, change, result); err != nil {
			return err
		}
	}
	return nil
}

// memberRefused says why WhatsApp did not change a member; nil: it did, or had before.
func (a *account) memberRefused(ctx context.Context, who types.JID, change whatsmeow.ParticipantChange, result types.GroupParticipant) error {
	name, err := a.nameOf(ctx, who)
	if err != nil {
		return a.notSent(err, say.GroupNotChanged)
	}
	err = fmt.Errorf("%w: code %d", errNotDone, result.Error)
	switch result.Error {
	case 0, http.StatusOK:
		return nil
	case http.StatusConflict:
		if change == whatsmeow.ParticipantChangeAdd {
			return nil
		}
	case http.StatusNotFound:
		if change == whatsmeow.ParticipantChangeRemove {
			return nil
		}
		return a.refused(err, a.say(say.GroupNobody, name, networkName))
	case http.StatusForbidden:
		if change == whatsmeow.ParticipantChangeAdd {
			return a.refused(err, a.say(say.GroupPrivacy, name, a.connector.bridge.Config.CommandPrefix))
		}
		return a.refused(err, a.say(say.GroupAdminsOnly, networkName))
	case http.StatusUnauthorized:
		return a.refused(err, a.say(say.GroupAdminsOnly, networkName))
	}
	return a.refused(err, a.say(say.GroupRefused, networkName))
}

// HandleMatrixPowerLevels makes admins and members, and changes who may write and who may describe the group (see
// [bridgev2.PowerLevelHandlingNetworkAPI]). What WhatsApp refuses is undone in the room.
func (a *account) HandleMatrixPowerLevels(ctx context.Context, msg *bridgev2.MatrixPowerLevelChange) (bool, error) {
	if !isGroup(msg.Portal) {
		return false, nil
	}
	err := a.ownersOnly(msg.OrigSender)
	if err == nil {
		err = a.changeLevels(ctx, msg)
	}
	if err == nil {
		return true, nil
	}
	if undone := undo.PowerLevels(ctx, msg); undone != nil {
		a.log.Err(undone).Msg("Rights that WhatsApp did not change stay changed in the room")
	}
	return false, err
}

// changeLevels makes of the group what changed in the room, where the group is not so already.
func (a *account) changeLevels(ctx context.Context, msg *bridgev2.MatrixPowerLevelChange) error {
	client, group, err := a.groupOf(ctx, msg.Portal)
	if err != nil {
		return err
	}
	known, err := client.GetGroupInfo(ctx, group)
	if err != nil {
		return a.groupRefused(err)
	}
	for _, changed := range msg.Users {
		if err := a.changeRole(ctx, msg.Portal, known, changed); err != nil {
			return err
		}
	}
	if changed := msg.EventsDefault; changed != nil && isAdmin(changed.NewLevel) != known.IsAnnounce {
		if err := client.SetGroupAnnounce(ctx, group, isAdmin(changed.NewLevel)); err != nil {
			return a.groupRefused(err)
		}
	}
	for kind := range infoLevels(true) {
		before, now := isAdmin(msg.PrevContent.GetEventLevel(kind)), isAdmin(msg.Content.GetEventLevel(kind))
		if before == now || now == known.IsLocked {
			continue
		}
		if err := client.SetGroupLocked(ctx, group, now); err != nil {
			return a.groupRefused(err)
		}
		break
	}
	return nil
}

func isAdmin(level int) bool { return level >= levelAdmin }

// changeRole makes an admin of a member, or a member of an admin.
func (a *account) changeRole(ctx context.Context, room *bridgev2.Portal, known *types.GroupInfo, changed *bridgev2.UserPowerLevelChange) error {
	who := a.personOf(changed.Target)
	if who.IsEmpty() {
		return nil
	}
	at := slices.IndexFunc(known.Participants, func(p types.GroupParticipant) bool {
		lid, err := a.participantLID(ctx, p)
		return err == nil && lid.User == who.User
	})
	if at < 0 {
		return nil
	}
	was := known.Participants[at].IsAdmin || known.Participants[at].IsSuperAdmin
	switch is := isAdmin(changed.NewLevel); {
	case is && !was:
		return a.changeMember(ctx, room, who, whatsmeow.ParticipantChangePromote)
	case was && !is:
		return a.changeMember(ctx, room, who, whatsmeow.ParticipantChangeDemote)
	}
	return nil
}
