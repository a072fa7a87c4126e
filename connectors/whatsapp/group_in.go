package whatsapp

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.mau.fi/whatsmeow/types"
	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/bridgev2/networkid"
	"maunium.net/go/mautrix/bridgev2/simplevent"
	"maunium.net/go/mautrix/event"

	"passerelle/portal"
	"passerelle/portal/handover"
)

// newsPatience is how long a change that its room does not show is tried again, while the homeserver answers: the chat's
// messages wait for it.
const newsPatience = 10 * time.Minute

// errNotShown is the error of a change that the room does not show.
var errNotShown = errors.New("the room does not show the change")

// takeGroupNews brings a change of a group into the group's room, if it has one: a room is made by the first message, as the
// group is then.
func (a *account) takeGroupNews(ctx context.Context, stored portal.Arrival, came *arrival) error {
	key := portalKey(came.Chat, a.login.ID)
	room, err := handover.Kept(ctx, a.login, key)
	if err != nil || room == nil {
		return err
	}
	change, err := a.groupChange(ctx, stored, came, room.AvatarID)
	if err != nil {
		return err
	}
	if change != nil {
		err := a.showGroupChange(ctx, key, came, change)
		if errors.Is(err, errNotShown) && time.Since(stored.At) > newsPatience {
			return portal.Permanent(err)
		}
		if err != nil {
			return err
		}
	}
	if err := a.loginsOut(ctx, key, came.Group, stored.At); err != nil {
		return err
	}
	return a.tellWhoAsks(ctx, stored, came)
}

// groupChange says a change in bridgev2's words; nil: there is nothing to show.
func (a *account) groupChange(ctx context.Context, stored portal.Arrival, came *arrival, picture networkid.AvatarID) (*bridgev2.ChatInfoChange, error) {
	news := came.Group
	if news.Whole {
		info, err := a.groupChat(ctx, came.Chat)
		if err != nil {
			return nil, err
		}
		return &bridgev2.ChatInfoChange{ChatInfo: info}, nil
	}
	members, err := a.memberChanges(ctx, portalKey(came.Chat, a.login.ID), news, stored.At)
	if err != nil {
		return nil, err
	}
	change := &bridgev2.ChatInfoChange{MemberChanges: members}
	info := &bridgev2.ChatInfo{Name: news.Name, Topic: news.Topic}
	if news.Picture {
		patience, cancel := context.WithTimeout(ctx, picturePatience)
		defer cancel()
		info.Avatar = a.picture(patience, came.Chat, picture)
	}
	if !news.Linked.IsEmpty() {
		info.ParentID = new(portalID(news.Linked))
	}
	if news.Unlinked {
		info.ExtraUpdates = a.leaveSpace
	}
	if info.Name != nil || info.Topic != nil || info.Avatar != nil || info.ParentID != nil || info.ExtraUpdates != nil {
		change.ChatInfo = info
	}
	if change.ChatInfo == nil && change.MemberChanges == nil {
		return nil, nil
	}
	return change, nil
}

// memberChanges returns what a change says about members and rights; nil: nothing.
func (a *account) memberChanges(ctx context.Context, key networkid.PortalKey, news *groupNews, since time.Time) (*bridgev2.ChatMemberList, error) {
	list := &bridgev2.ChatMemberList{MemberMap: bridgev2.ChatMemberMap{}}
	for _, group := range []struct {
		people     []types.JID
		membership event.Membership
		level      *int
	}{
		{news.Joined, event.MembershipJoin, new(levelMember)},
		{a.leavers(news), event.MembershipLeave, new(levelMember)},
		{news.Promoted, event.MembershipJoin, new(levelAdmin)},
		{news.Demoted, event.MembershipJoin, new(levelMember)},
	} {
		for _, jid := range group.people {
			lid, err := a.memberLID(ctx, jid, since)
			if err != nil {
				return nil, err
			}
			if lid.IsEmpty() {
				continue
			}
			if stays, err := a.staffMember(ctx, key, lid, group.membership); err != nil {
				return nil, err
			} else if stays {
				continue
			}
			list.MemberMap.Set(bridgev2.ChatMember{EventSender: a.sender(lid), Membership: group.membership, PowerLevel: group.level})
		}
	}
	if news.Announce != nil || news.Locked != nil {
		list.PowerLevels = &bridgev2.PowerLevelOverrides{}
	}
	if news.Announce != nil {
		list.PowerLevels.EventsDefault = new(eventsLevel(*news.Announce))
	}
	if news.Locked != nil {
		list.PowerLevels.Events = infoLevels(*news.Locked)
	}
	if len(list.MemberMap) == 0 && list.PowerLevels == nil {
		return nil, nil
	}
	return list, nil
}

// leavers are the members that are in a group no more.
func (a *account) leavers(news *groupNews) []types.JID {
	if news.Gone {
		return append(slices.Clone(news.Left), a.lid)
	}
	return news.Left
}

// loginsOut notes which logins have left a group. It comes last: with each of its events, bridgev2 notes that the login that
// brought it is in the room (bridgev2/queue.go).
func (a *account) loginsOut(ctx context.Context, key networkid.PortalKey, news *groupNews, since time.Time) error {
	for _, jid := range a.leavers(news) {
		lid, err := a.memberLID(ctx, jid, since)
		if err != nil {
			return err
		}
		if login := a.connector.bridge.GetCachedUserLoginByID(loginID(lid)); login != nil {
			if err := a.connector.goesOut(ctx, key, login); err != nil {
				return err
			}
		}
	}
	return nil
}

// staffMember tells whether somebody who has left a group is in its room all the same, because another login of the same member
// of staff is; and notes which login has come in.
func (a *account) staffMember(ctx context.Context, key networkid.PortalKey, lid types.JID, membership event.Membership) (stays bool, err error) {
	login := a.connector.bridge.GetCachedUserLoginByID(loginID(lid))
	switch {
	case login == nil:
		return false, nil
	case membership == event.MembershipLeave:
		return a.connector.staysIn(ctx, key, login)
	}
	return false, a.connector.comesIn(ctx, key, login)
}

// memberLID returns the LID of a person whom news name that came at a time. It is empty when WhatsApp has not told it for long:
// who cannot be told from others is not shown.
func (a *account) memberLID(ctx context.Context, jid types.JID, since time.Time) (types.JID, error) {
	lid, err := a.findLID(ctx, jid, types.EmptyJID)
	if errors.Is(err, errUnknownLID) && time.Since(since) > newsPatience {
		return types.EmptyJID, nil
	}
	return lid, err
}

// showGroupChange hands a change to bridgev2, waits until it is handled, and looks whether the room shows it: bridgev2 says
// nothing when it cannot (bridgev2/portal.go, ProcessChatInfoChange).
func (a *account) showGroupChange(ctx context.Context, key networkid.PortalKey, came *arrival, change *bridgev2.ChatInfoChange) error {
	var by bridgev2.EventSender
	if lid, err := a.knownLID(ctx, came.Group.By, came.Group.ByAlt); err == nil && !lid.IsEmpty() {
		by = a.sender(lid)
	}
	shows := true // written by the room's goroutine before it closes handled
	handled := make(chan struct{})
	err := a.handOver(ctx, &simplevent.ChatInfoChange{
		EventMeta: simplevent.EventMeta{
			Type: bridgev2.RemoteEventChatInfoChange, PortalKey: key, Sender: by, Timestamp: came.At,
			PostHandleFunc: func(ctx context.Context, room *bridgev2.Portal) {
				shows = showsInfo(room, change.ChatInfo)
				close(handled)
			},
		},
		ChatInfoChange: change,
	}, handled)
	if err != nil {
		return err
	}
	members := change.MemberChanges
	if members == nil && change.ChatInfo != nil {
		members = change.ChatInfo.Members
	}
	if shows {
		shows, err = a.showsMembers(ctx, key, members)
	}
	if err == nil && !shows {
		err = errNotShown
	}
	return err
}

// showsInfo tells whether a room shows what a change says about the group itself. Its picture may come later.
func showsInfo(room *bridgev2.Portal, info *bridgev2.ChatInfo) bool {
	switch {
	case info == nil:
		return true
	case info.Name != nil && (room.Name != *info.Name || !room.NameSet):
		return false
	case info.ParentID != nil && (room.ParentKey.ID != *info.ParentID || !room.InSpace):
		return false
	}
	return info.Topic == nil || room.Topic == *info.Topic && room.TopicSet
}

// showsMembers tells whether a room shows what a change says about ghosts and rights. People of the homeserver are invited,
// and come when they want.
func (a *account) showsMembers(ctx context.Context, key networkid.PortalKey, change *bridgev2.ChatMemberList) (bool, error) {
	if change == nil {
		return true, nil
	}
	matrix := a.connector.bridge.Matrix
	room, err := a.connector.bridge.DB.Portal.GetByKey(ctx, key)
	switch {
	case err != nil:
		return false, fmt.Errorf("look up a room: %w", err)
	case room == nil || room.MXID == "":
		return true, nil
	}
	members, err := matrix.GetMembers(ctx, room.MXID)
	if err != nil {
		return false, fmt.Errorf("look who is in a room: %w", err)
	}
	levels, err := matrix.GetPowerLevels(ctx, room.MXID)
	if err != nil {
		return false, fmt.Errorf("look at a room's rights: %w", err)
	}
	for _, member := range change.MemberMap {
		if member.IsFromMe || a.connector.bridge.GetCachedUserLoginByID(member.SenderLogin) != nil {
			continue
		}
		ghost := matrix.FormatGhostMXID(member.Sender)
		there := members[ghost] != nil && members[ghost].Membership == event.MembershipJoin
		if there != (member.Membership == event.MembershipJoin) {
			return false, nil
		}
		if member.PowerLevel != nil && levels.GetUserLevel(ghost) != *member.PowerLevel {
			return false, nil
		}
	}
	if rights := change.PowerLevels; rights != nil {
		if rights.EventsDefault != nil && levels.EventsDefault != *rights.EventsDefault {
			return false, nil
		}
		for kind, level := range rights.Events {
			if levels.GetEventLevel(kind) != level {
				return false, nil
			}
		}
	}
	return true, nil
}
