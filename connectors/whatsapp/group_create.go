package whatsapp

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/types"
	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/bridgev2/networkid"
	"maunium.net/go/mautrix/event"

	"passerelle/portal"
	"passerelle/portal/handover"
	"passerelle/portal/say"
)

var _ bridgev2.GroupCreatingNetworkAPI = (*account)(nil)

// groupType is the one type of group that staff can make.
const groupType = "group"

// longestGroupName is how long a group's name may be, in characters, as WhatsApp's own apps allow.
const longestGroupName = 100

// groupCreation says what a new group can have (see [bridgev2.GroupCreatingNetworkAPI]).
func groupCreation() map[string]bridgev2.GroupTypeCapabilities {
	return map[string]bridgev2.GroupTypeCapabilities{groupType: {
		TypeDescription: "a group",
		Name:            bridgev2.GroupFieldCapability{Allowed: true, Required: true, MinLength: 1, MaxLength: longestGroupName},
		Topic:           bridgev2.GroupFieldCapability{Allowed: true},
		Participants:    bridgev2.GroupFieldCapability{Allowed: true, MaxLength: 1023},
	}}
}

// CreateGroup makes a group, in a room of its own or in the one that the command was written in (see
// [bridgev2.GroupCreatingNetworkAPI]). What could not be done of it is told in the answer; the group is there all the same.
func (a *account) CreateGroup(ctx context.Context, params *bridgev2.GroupCreateParams) (*bridgev2.CreateChatResponse, error) {
	client, err := a.connectedClient(ctx)
	if err != nil {
		return nil, a.notMade(err)
	}
	request, err := a.groupWanted(ctx, params)
	if err != nil {
		return nil, err
	}
	wanted := request.Content()
	made, err := client.CreateGroup(ctx, whatsmeow.ReqCreateGroup{Name: wanted.name, Participants: wanted.members})
	switch {
	case errors.Is(err, whatsmeow.ErrIQNotAcceptable):
		return nil, a.refused(err, a.say(say.GroupNameRefused, networkName))
	case err != nil:
		return nil, a.notMade(err)
	}
	if wanted.topic != "" {
		if err := client.SetGroupTopic(ctx, made.JID, "", "", wanted.topic); err != nil {
			a.log.Err(err).Msg("A new group has no description")
		}
	}
	info, err := a.groupChat(ctx, made.JID)
	if err != nil {
		return nil, a.notMade(err)
	}
	response := &bridgev2.CreateChatResponse{PortalKey: portalKey(made.JID, a.login.ID), PortalInfo: info}
	if response.FailedParticipants, err = a.notAdded(ctx, made); err != nil {
		return nil, err
	}
	if params.RoomID == "" {
		return response, nil
	}
	if response.Portal, err = a.connector.bridge.GetPortalByKey(ctx, response.PortalKey); err != nil {
		return nil, fmt.Errorf("look up a room: %w", err)
	}
	if err := response.Portal.UpdateMatrixRoomID(ctx, params.RoomID, bridgev2.UpdateMatrixRoomIDParams{FailIfMXIDSet: true}); err != nil {
		return nil, a.notMade(err)
	}
	if err := handover.Inform(ctx, a.login, response.PortalKey, info); err != nil { // the group is there
		a.log.Err(err).Msg("A new group's room does not show yet what is known of it")
	}
	return response, nil
}

// newGroup is a group to be made.
type newGroup struct {
	name, topic string
	members     []types.JID
}

// groupWanted asks the gate for a group to be made.
func (a *account) groupWanted(ctx context.Context, params *bridgev2.GroupCreateParams) (portal.Admitted[newGroup], error) {
	var wanted newGroup
	if params.Name != nil {
		wanted.name = params.Name.Name
	}
	if params.Topic != nil {
		wanted.topic = params.Topic.Topic
	}
	for _, who := range params.Participants {
		wanted.members = append(wanted.members, lidOf(who))
	}
	now := time.Now()
	return passOut(ctx, a, portal.Crossing{ // the chat is not there yet
		Key: fmt.Sprintf("group:%s:%d", a.login.ID, now.UnixNano()), Network: a.connector.border.Network, Direction: portal.Out,
		Kind: portal.KindText, Login: string(a.login.ID), Owner: a.login.UserMXID, Chat: portal.ChatGroup, Sender: a.login.UserMXID.String(),
		At: now, Text: strings.TrimSpace(wanted.name + "\n" + wanted.topic),
		Contacts: func(context.Context) (int, error) { return len(wanted.members), nil },
	}, wanted, say.GroupNotChanged)
}

// notMade is the error of a group that was not made.
func (a *account) notMade(err error) error {
	return a.notSent(fmt.Errorf("make a group: %w", err), say.GroupNotMade)
}

// notAdded lists whom WhatsApp did not add to a new group, and why.
func (a *account) notAdded(ctx context.Context, made *types.GroupInfo) (map[networkid.UserID]*bridgev2.CreateChatFailedParticipant, error) {
	failed := map[networkid.UserID]*bridgev2.CreateChatFailedParticipant{}
	for _, member := range made.Participants {
		if member.Error == 0 || member.Error == http.StatusOK {
			continue
		}
		lid, err := a.participantLID(ctx, member)
		if err != nil {
			return nil, err
		}
		refusal := a.memberRefused(ctx, lid, whatsmeow.ParticipantChangeAdd, member)
		failed[userID(lid)] = &bridgev2.CreateChatFailedParticipant{
			Reason: sentenceOf(refusal, a.say(say.GroupNotChanged, networkName)), InviteEventType: event.EventMessage.Type,
		}
	}
	return failed, nil
}
