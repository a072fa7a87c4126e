package whatsapp

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.mau.fi/whatsmeow/types"
	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/bridgev2/database"
	"maunium.net/go/mautrix/bridgev2/networkid"
	"maunium.net/go/mautrix/event"

	"passerelle/portal/say"
)

// A person may have several accounts: their own number and the office's, say. Whatever has to tell them apart names an account
// by the name that its owner published and, where two have the same, by the end of its number: the whole number is nobody
// else's business, and room names are not encrypted.

var _ bridgev2.PersonalFilteringCustomizingNetworkAPI = (*account)(nil)

// shownName names the account among those of the same person.
func (a *account) shownName() string {
	name, end := a.publicName(), a.numberEnd()
	for _, other := range ownAccounts(a.login.User) {
		if other != a && name != "" && other.publicName() == name {
			return name + " " + end
		}
	}
	if name == "" {
		return end
	}
	return name
}

// publicName is the name that the account's owner published; empty: it is not known.
func (a *account) publicName() string {
	a.keeping.Lock()
	defer a.keeping.Unlock()
	return a.login.RemoteName
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
	req.Topic = a.say(say.SpaceTopic, networkName)
	req.InitialState = slices.DeleteFunc(req.InitialState, func(state *event.Event) bool {
		picture, ok := state.Content.Parsed.(*event.RoomAvatarEventContent)
		return ok && picture.URL == ""
	})
}

func (a *account) spaceName() string { return networkName + " (" + a.shownName() + ")" }

// nameAnew calls what bears the account's name as the account is called now: its space and, when it is a further one, its direct
// chats.
func (a *account) nameAnew(ctx context.Context) {
	places, err := a.connector.bridge.DB.UserPortal.GetAllForLogin(ctx, a.login.UserLogin)
	if err != nil {
		a.log.Err(err).Msg("Rooms keep the account's old name")
		return
	}
	if err := a.nameSpace(ctx, places); err != nil {
		a.log.Err(err).Msg("A space keeps the account's old name")
	}
	if !a.isFurther() {
		return
	}
	for _, place := range places {
		if chat, err := chatOf(place.Portal.ID, nil); err == nil && place.Portal.Receiver == a.login.ID {
			a.nameRoom(ctx, chat)
		}
	}
}

// nameSpace names the account's space, if the configuration wants one. One that is in the making is waited for: it may have been
// given the old name. None is made before there is a room for it among the account's places.
func (a *account) nameSpace(ctx context.Context, places []*database.UserPortal) error {
	if !slices.ContainsFunc(places, func(place *database.UserPortal) bool {
		chat, err := a.connector.bridge.DB.Portal.GetByKey(ctx, place.Portal)
		return err == nil && chat != nil && chat.MXID != ""
	}) {
		return nil
	}
	space, err := a.login.GetSpaceRoom(ctx)
	if err != nil || space == "" {
		return err
	}
	_, err = a.connector.bridge.Bot.SendState(ctx, space, event.StateRoomName, "",
		&event.Content{Parsed: &event.RoomNameEventContent{Name: a.spaceName()}}, time.Time{})
	return err
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

// inPlace tells whether a login is in a room, by its place there.
func inPlace(a *account) func(*database.UserPortal) bool {
	return func(place *database.UserPortal) bool { return place.LoginID == a.login.ID }
}

// isFurther tells whether the person had another account when this one was linked: then its direct chats are told apart by
// name from those of the first one.
func (a *account) isFurther() bool {
	a.keeping.Lock()
	defer a.keeping.Unlock()
	return a.login.Metadata.(*LoginMetadata).Further
}

// roomName is what a direct chat's room is called; empty: as the contact's ghost is. It is what the owner calls the contact,
// and in a further account of the owner's it names that, too.
func (a *account) roomName(ctx context.Context, other types.JID) string {
	name := a.ownName(ctx, other)
	if !a.isFurther() {
		return name
	}
	if name == "" {
		phone, err := a.phone(ctx, other)
		if err != nil {
			return ""
		}
		if name, err = a.publishedName(ctx, other, phone); err != nil {
			return ""
		}
	}
	return name + " · " + a.shownName()
}

// staysIn tells whether the person of a login that leaves a group is in its room by another one: what the person writes there
// goes out from that one.
func (c *Connector) staysIn(ctx context.Context, key networkid.PortalKey, leaving *bridgev2.UserLogin) (bool, error) {
	places, err := c.bridge.DB.UserPortal.GetAllForUserInPortal(ctx, leaving.UserMXID, key)
	if err != nil {
		return false, fmt.Errorf("look up a person's logins in a room: %w", err)
	}
	return slices.ContainsFunc(places, func(place *database.UserPortal) bool {
		other := c.bridge.GetCachedUserLoginByID(place.LoginID)
		return place.LoginID != leaving.ID && other != nil && other.Client.IsLoggedIn()
	}), nil
}

// goesOut notes that a login is in a group's room no more.
func (c *Connector) goesOut(ctx context.Context, key networkid.PortalKey, login *bridgev2.UserLogin) error {
	place, err := c.bridge.DB.UserPortal.Get(ctx, login.UserLogin, key)
	if err == nil && place != nil {
		err = c.bridge.DB.UserPortal.Delete(ctx, place)
	}
	if err != nil {
		return fmt.Errorf("note that a login has left a room: %w", err)
	}
	return nil
}

// comesIn notes that a login is in a group's room. bridgev2 does so once (bridgev2/space.go, MarkInPortal); a login that has
// left may come again.
func (c *Connector) comesIn(ctx context.Context, key networkid.PortalKey, login *bridgev2.UserLogin) error {
	if _, err := c.bridge.DB.UserPortal.GetOrCreate(ctx, login.UserLogin, key); err != nil {
		return fmt.Errorf("note that a login is in a room: %w", err)
	}
	return nil
}
