package whatsapp

import (
	"context"
	"errors"
	"fmt"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/types"
	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/bridgev2/database"
	"maunium.net/go/mautrix/bridgev2/networkid"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/portal/handover"
)

// Power levels of a group's members. Nobody gets what bridgev2 gives its bot.
const (
	levelMember  = 0
	levelAdmin   = 50
	levelFounder = 75
)

// GetChatInfo describes a chat for its room (see [bridgev2.NetworkAPI]).
func (a *account) GetChatInfo(ctx context.Context, portal *bridgev2.Portal) (*bridgev2.ChatInfo, error) {
	metadata, _ := portal.Metadata.(*PortalMetadata)
	chat, err := chatOf(portal.ID, metadata)
	if d := deliveryOf(ctx); d != nil && d.PortalKey == portal.PortalKey {
		chat, err = d.chat, nil
	}
	if err != nil {
		return nil, err
	}
	if isPosts(chat) {
		return a.postsChat(), nil
	}
	info, err := a.describeChat(ctx, chat, portal.MXID)
	if err == nil && !handover.HasRoom(portal) {
		info.UserLocal, err = a.marksForRoom(ctx, chat)
	}
	return info, err
}

// describeChat describes a chat for a room; room is empty when there is none yet.
func (a *account) describeChat(ctx context.Context, chat types.JID, room id.RoomID) (*bridgev2.ChatInfo, error) {
	if chat.Server == types.GroupServer {
		return a.groupChat(ctx, chat)
	}
	info := a.directChat(ctx, chat)
	if room != "" && !a.connector.readsAlone(ctx, room, a.login.UserMXID) {
		info.Name = nil
	}
	return info, nil
}

// directChat describes the chat with one person. Its room is called what the owner calls the contact, since the owner alone
// has it; without such a name it is called as the ghost is.
func (a *account) directChat(ctx context.Context, other types.JID) *bridgev2.ChatInfo {
	members := &bridgev2.ChatMemberList{IsFull: true, OtherUserID: userID(other), MemberMap: bridgev2.ChatMemberMap{}}
	members.MemberMap.Set(bridgev2.ChatMember{EventSender: a.sender(a.lid), Membership: event.MembershipJoin})
	members.MemberMap.Add(bridgev2.ChatMember{
		EventSender: a.sender(other), Membership: event.MembershipJoin, UserInfo: a.firstInfo(ctx, other),
	})
	members.TotalMemberCount = len(members.MemberMap)
	kind := database.RoomTypeDM
	info := &bridgev2.ChatInfo{Type: &kind, Members: members}
	if name := a.roomName(ctx, other); name != "" {
		info.Name = &name
	}
	return info
}

// groupChat describes a group as WhatsApp does. A group that the account has left, or that cannot be asked about because the
// link is gone, is described as what is certain: the account is in its room.
func (a *account) groupChat(ctx context.Context, group types.JID) (*bridgev2.ChatInfo, error) {
	kind := database.RoomTypeDefault
	info := &bridgev2.ChatInfo{Type: &kind, ExtraUpdates: keepGroup(group)}
	info.Members = &bridgev2.ChatMemberList{MemberMap: bridgev2.ChatMemberMap{}}
	info.Members.MemberMap.Set(bridgev2.ChatMember{EventSender: a.sender(a.lid), Membership: event.MembershipJoin})
	client := a.current()
	if client == nil {
		return info, nil
	}
	known, err := client.GetGroupInfo(ctx, group)
	switch {
	case errors.Is(err, whatsmeow.ErrNotInGroup), errors.Is(err, whatsmeow.ErrGroupNotFound):
		return info, nil
	case err != nil:
		return nil, fmt.Errorf("ask about a group: %w", err)
	}
	info.Name, info.Topic = &known.Name, &known.Topic
	if known.IsParent {
		kind = database.RoomTypeSpace
	}
	if !known.LinkedParentJID.IsEmpty() {
		info.ParentID = new(portalID(known.LinkedParentJID))
	}
	members, err := a.groupMembers(ctx, known)
	if err != nil {
		return nil, err
	}
	info.Members = members
	info.ExtraUpdates = bridgev2.MergeExtraUpdaters(info.ExtraUpdates, a.connector.keepGroupTimer(known.DisappearingTimer))
	return info, nil
}

// keepGroup notes the JID of a group whose identifier does not hold it.
func keepGroup(group types.JID) bridgev2.ExtraUpdater[*bridgev2.Portal] {
	return func(_ context.Context, portal *bridgev2.Portal) (changed bool) {
		metadata, ok := portal.Metadata.(*PortalMetadata)
		if !ok || portal.ID == networkid.PortalID(group.String()) || metadata.Group == group {
			return false
		}
		metadata.Group = group
		return true
	}
}

// groupMembers lists a group's members. Those whose LID WhatsApp does not tell are counted and not listed.
func (a *account) groupMembers(ctx context.Context, group *types.GroupInfo) (*bridgev2.ChatMemberList, error) {
	list := &bridgev2.ChatMemberList{
		IsFull: true, TotalMemberCount: max(group.ParticipantCount, len(group.Participants)),
		MemberMap: make(bridgev2.ChatMemberMap, len(group.Participants)),
		PowerLevels: &bridgev2.PowerLevelOverrides{
			EventsDefault: new(eventsLevel(group.IsAnnounce)), Events: infoLevels(group.IsLocked), Kick: new(levelAdmin),
			Invite: new(eventsLevel(group.MemberAddMode == types.GroupMemberAddModeAdmin)),
		},
	}
	for _, participant := range group.Participants {
		lid, err := a.participantLID(ctx, participant)
		if err != nil {
			return nil, err
		}
		if lid.IsEmpty() {
			continue
		}
		list.MemberMap.Set(bridgev2.ChatMember{
			EventSender: a.sender(lid), Membership: event.MembershipJoin, PowerLevel: new(levelOf(participant)),
		})
	}
	return list, nil
}

func (a *account) participantLID(ctx context.Context, participant types.GroupParticipant) (types.JID, error) {
	if !participant.LID.IsEmpty() {
		return participant.LID.ToNonAD(), nil
	}
	return a.knownLID(ctx, participant.JID, participant.PhoneNumber)
}

func levelOf(participant types.GroupParticipant) int {
	switch {
	case participant.IsSuperAdmin:
		return levelFounder
	case participant.IsAdmin:
		return levelAdmin
	}
	return levelMember
}

// eventsLevel returns the level that it takes to write.
func eventsLevel(adminsOnly bool) int {
	if adminsOnly {
		return levelAdmin
	}
	return levelMember
}

// infoLevels returns the levels that it takes to change what a group is called, and how it is described and pictured.
func infoLevels(adminsOnly bool) map[event.Type]int {
	level := eventsLevel(adminsOnly)
	return map[event.Type]int{event.StateRoomName: level, event.StateTopic: level, event.StateRoomAvatar: level}
}
