package whatsapp

import (
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/bridgev2/simplevent"
	"maunium.net/go/mautrix/event"
)

// groupChanged brings a change of a group into the group's room, if it has one: a room is made by the first message.
func (a *account) groupChanged(change *events.GroupInfo) {
	members, err := a.memberChanges(change)
	if err != nil {
		a.log.Err(err).Msg("A change of a group is not shown")
		return
	}
	info := groupInfoChange(change)
	if members == nil && info == nil {
		return
	}
	var by bridgev2.EventSender
	if change.Sender != nil {
		alt := types.EmptyJID
		if change.SenderPN != nil {
			alt = *change.SenderPN
		}
		if lid, err := a.knownLID(a.ctx, *change.Sender, alt); err == nil && !lid.IsEmpty() {
			by = a.sender(lid)
		}
	}
	a.login.QueueRemoteEvent(&simplevent.ChatInfoChange{
		EventMeta: simplevent.EventMeta{
			Type: bridgev2.RemoteEventChatInfoChange, PortalKey: portalKey(change.JID, a.login.ID), Sender: by,
			Timestamp: change.Timestamp,
		},
		ChatInfoChange: &bridgev2.ChatInfoChange{ChatInfo: info, MemberChanges: members},
	})
}

// groupInfoChange returns what a change says about the group itself; nil: nothing.
func groupInfoChange(change *events.GroupInfo) *bridgev2.ChatInfo {
	if change.Name == nil && change.Topic == nil {
		return nil
	}
	info := &bridgev2.ChatInfo{}
	if change.Name != nil {
		info.Name = &change.Name.Name
	}
	if change.Topic != nil {
		info.Topic = &change.Topic.Topic
	}
	return info
}

// memberChanges returns what a change says about members and rights; nil: nothing.
func (a *account) memberChanges(change *events.GroupInfo) (*bridgev2.ChatMemberList, error) {
	list := &bridgev2.ChatMemberList{MemberMap: bridgev2.ChatMemberMap{}}
	for _, group := range []struct {
		people     []types.JID
		membership event.Membership
		level      *int
	}{
		{change.Join, event.MembershipJoin, nil},
		{change.Leave, event.MembershipLeave, nil},
		{change.Promote, event.MembershipJoin, new(levelAdmin)},
		{change.Demote, event.MembershipJoin, new(levelMember)},
	} {
		for _, jid := range group.people {
			lid, err := a.knownLID(a.ctx, jid, types.EmptyJID)
			if err != nil {
				return nil, err
			}
			if lid.IsEmpty() {
				continue
			}
			list.MemberMap.Set(bridgev2.ChatMember{EventSender: a.sender(lid), Membership: group.membership, PowerLevel: group.level})
		}
	}
	if change.Announce != nil {
		list.PowerLevels = &bridgev2.PowerLevelOverrides{EventsDefault: new(eventsLevel(change.Announce.IsAnnounce))}
	}
	if len(list.MemberMap) == 0 && list.PowerLevels == nil {
		return nil, nil
	}
	return list, nil
}
