package whatsapp

import (
	"context"
	"slices"
	"strings"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/event"

	"passerelle/portal/say"
)

// A person may have several accounts: their own number and the office's, say. Whatever has to tell them apart names an account
// by the name that its owner published and, where two have the same, by the end of its number: the whole number is nobody
// else's business, and room names are not encrypted.

var _ bridgev2.PersonalFilteringCustomizingNetworkAPI = (*account)(nil)

// shownName names the account among those of the same person.
func (a *account) shownName() string {
	name, end := a.login.RemoteName, a.numberEnd()
	for _, other := range a.login.User.GetUserLogins() {
		if other.ID != a.login.ID && other.RemoteName == name && name != "" {
			return name + " " + end
		}
	}
	if name == "" {
		return end
	}
	return name
}

// numberEnd is the end of the account's number, as people see it: “…01”.
func (a *account) numberEnd() string {
	phone, err := a.phone(a.ctx, a.lid)
	if err != nil || phone == "" {
		phone = a.lid.User
	}
	return "…" + phone[max(0, len(phone)-2):]
}

// CustomizePersonalFilteringSpace names the space that holds the account's chats (see
// [bridgev2.PersonalFilteringCustomizingNetworkAPI]).
func (a *account) CustomizePersonalFilteringSpace(req *mautrix.ReqCreateRoom) {
	req.Name = a.spaceName()
	req.Topic = a.connector.say(say.SpaceTopic, networkName)
	req.InitialState = slices.DeleteFunc(req.InitialState, func(state *event.Event) bool {
		picture, ok := state.Content.Parsed.(*event.RoomAvatarEventContent)
		return ok && picture.URL == ""
	})
}

func (a *account) spaceName() string { return networkName + " (" + a.shownName() + ")" }

// nameSpace calls the account's space as the account is called now.
func (a *account) nameSpace(ctx context.Context) {
	if a.login.SpaceRoom == "" {
		return
	}
	_, err := a.connector.bridge.Bot.SendState(ctx, a.login.SpaceRoom, event.StateRoomName, "",
		&event.Content{Parsed: &event.RoomNameEventContent{Name: a.spaceName()}}, time.Time{})
	if err != nil {
		a.log.Err(err).Msg("A space keeps its old name")
	}
}

// ownAccounts lists a person's accounts, the first one first.
func ownAccounts(user *bridgev2.User) (all []*account) {
	for _, login := range user.GetUserLogins() {
		if a, ok := login.Client.(*account); ok {
			all = append(all, a)
		}
	}
	slices.SortFunc(all, func(x, y *account) int { return strings.Compare(x.lid.User, y.lid.User) })
	return all
}
