package whatsapp

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/bridgev2/networkid"
	"maunium.net/go/mautrix/bridgev2/simplevent"
	"maunium.net/go/mautrix/id"
)

// What the owner of an account calls somebody belongs to the owner: it is the name of the owner's direct room, and stands in
// lists that only the owner gets. It never reaches a ghost, which others see, too.

var (
	_ bridgev2.ContactListingNetworkAPI = (*account)(nil)
	_ bridgev2.UserSearchingNetworkAPI  = (*account)(nil)
)

// acquaintance is somebody whom the account knows a name of.
type acquaintance struct {
	lid       types.JID // empty: not known
	phone     string    // empty: not known
	own       string    // what the owner calls them
	published string    // what they call themselves
}

// shown is what the owner knows them by.
func (q *acquaintance) shown() string { return cmp.Or(q.own, q.published) }

// acquaintances lists those whom the account knows a name of, in the order of the names. One person is in it once, though
// the address book may name them by number and by LID.
func (a *account) acquaintances(ctx context.Context) ([]*acquaintance, error) {
	if a.contacts == nil {
		return nil, nil
	}
	contacts, err := a.contacts.GetAllContacts(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the address book: %w", err)
	}
	people := map[types.JID]*acquaintance{}
	for jid, contact := range contacts {
		if !isPerson(jid) {
			continue
		}
		lid, err := a.knownLID(ctx, jid, types.EmptyJID)
		if err != nil {
			return nil, fmt.Errorf("read the address book: %w", err)
		}
		phone := jid.User
		if jid.Server != types.DefaultUserServer {
			if phone, err = a.phone(ctx, lid); err != nil {
				return nil, err
			}
		}
		key := lid
		if lid.IsEmpty() {
			key = jid
		}
		person := people[key]
		if person == nil {
			person = &acquaintance{lid: lid, phone: phone}
			people[key] = person
		}
		person.own = cmp.Or(contact.FullName, contact.FirstName, person.own)
		person.published = cmp.Or(contact.PushName, contact.BusinessName, person.published)
	}
	var list []*acquaintance
	for _, person := range people {
		if person.shown() != "" {
			list = append(list, person)
		}
	}
	slices.SortFunc(list, func(x, y *acquaintance) int {
		return cmp.Or(cmp.Compare(strings.ToLower(x.shown()), strings.ToLower(y.shown())), cmp.Compare(x.phone, y.phone))
	})
	return list, nil
}

// addressBook lists those whom the owner has given a name.
func (a *account) addressBook(ctx context.Context) ([]*acquaintance, error) {
	known, err := a.acquaintances(ctx)
	return slices.DeleteFunc(known, func(person *acquaintance) bool { return person.own == "" }), err
}

// search lists those whose names or number hold the words.
func (a *account) search(ctx context.Context, words string) ([]*acquaintance, error) {
	words = strings.ToLower(strings.TrimSpace(words))
	digits := strings.NewReplacer("+", "", " ", "", "-", "", ".", "").Replace(words)
	isNumber := len(digits) >= 3 && strings.Trim(digits, "0123456789") == ""
	known, err := a.acquaintances(ctx)
	return slices.DeleteFunc(known, func(person *acquaintance) bool {
		return !strings.Contains(strings.ToLower(person.own), words) && !strings.Contains(strings.ToLower(person.published), words) &&
			!(isNumber && strings.Contains(person.phone, digits))
	}), err
}

// GetContactList lists the owner's address book, for the owner (see [bridgev2.ContactListingNetworkAPI]).
func (a *account) GetContactList(ctx context.Context) ([]*bridgev2.ResolveIdentifierResponse, error) {
	people, err := a.addressBook(ctx)
	return a.described(people), err
}

// SearchUsers lists those whom the owner knows under some words, for the owner (see [bridgev2.UserSearchingNetworkAPI]).
func (a *account) SearchUsers(ctx context.Context, words string) ([]*bridgev2.ResolveIdentifierResponse, error) {
	people, err := a.search(ctx, words)
	return a.described(people), err
}

// described says acquaintances in bridgev2's words. It names no ghost: bridgev2 would give it the name.
func (a *account) described(people []*acquaintance) []*bridgev2.ResolveIdentifierResponse {
	list := make([]*bridgev2.ResolveIdentifierResponse, 0, len(people))
	for _, person := range people {
		name := person.shown()
		entry := &bridgev2.ResolveIdentifierResponse{UserInfo: &bridgev2.UserInfo{Name: &name}}
		if person.phone != "" {
			entry.UserInfo.Identifiers = []string{"tel:+" + person.phone}
		}
		if person.lid.IsEmpty() {
			entry.UserID = networkid.UserID("+" + person.phone) // ResolveIdentifier finds the LID, once it is asked for
		} else {
			entry.UserID = userID(person.lid)
			entry.Chat = &bridgev2.CreateChatResponse{PortalKey: portalKey(person.lid, a.login.ID)}
		}
		list = append(list, entry)
	}
	return list
}

// ownName returns what the owner calls somebody; empty: nothing.
func (a *account) ownName(ctx context.Context, lid types.JID) string {
	phone, err := a.phone(ctx, lid)
	if err != nil || a.contacts == nil {
		return ""
	}
	for _, jid := range []types.JID{lid, types.NewJID(phone, types.DefaultUserServer)} {
		if jid.User == "" {
			continue
		}
		if contact, err := a.contacts.GetContact(ctx, jid); err == nil && cmp.Or(contact.FullName, contact.FirstName) != "" {
			return cmp.Or(contact.FullName, contact.FirstName)
		}
	}
	return ""
}

// calls returns what somebody is called in words that the owner alone reads: a name, or else the phone number.
func (a *account) calls(ctx context.Context, lid types.JID) string {
	if own := a.ownName(ctx, lid); own != "" {
		return own
	}
	phone, err := a.phone(ctx, lid)
	if err != nil {
		phone = ""
	}
	neutral := a.neutralName(lid, phone)
	name, err := a.publishedName(ctx, lid, phone)
	switch {
	case err == nil && name != neutral:
		return name
	case phone != "":
		return "+" + phone
	}
	return neutral
}

// contactSaved names the owner's direct room as the owner's address book now calls the contact.
func (a *account) contactSaved(event *events.Contact) {
	a.spawn(func(ctx context.Context) { a.nameRoom(ctx, event.JID) })
}

// contactsCame names the direct rooms that were made before the address book came from the phone. whatsmeow tells of no
// contact by itself then (whatsmeow/appstate.go, dispatchAppState).
func (a *account) contactsCame() {
	a.spawn(func(ctx context.Context) {
		people, err := a.addressBook(ctx)
		if err != nil {
			a.log.Err(err).Msg("Direct rooms do not get the owner's names")
			return
		}
		for _, person := range people {
			if !person.lid.IsEmpty() {
				a.nameRoom(ctx, person.lid)
			}
		}
	})
}

// nameRoom gives a direct room the owner's name for the contact, if there is a room and the owner alone reads it. A room that is in the
// making may have been given an older name, so this is done in its own turn.
func (a *account) nameRoom(ctx context.Context, of types.JID) {
	lid, err := a.knownLID(ctx, of, types.EmptyJID)
	if err != nil || lid.IsEmpty() {
		return
	}
	key := portalKey(lid, a.login.ID)
	known, err := a.connector.bridge.DB.Portal.GetByKey(ctx, key)
	if err != nil || known == nil || known.MXID != "" && !a.connector.readsAlone(ctx, known.MXID, a.login.UserMXID) {
		return
	}
	a.login.QueueRemoteEvent(&simplevent.EventMeta{
		Type: bridgev2.RemoteEventUnknown, PortalKey: key,
		PreHandleFunc: func(ctx context.Context, room *bridgev2.Portal) {
			if room.MXID != known.MXID && !a.connector.readsAlone(ctx, room.MXID, a.login.UserMXID) {
				return
			}
			name := bridgev2.DefaultChatName
			if called := a.roomName(ctx, lid); called != "" {
				name = &called
			}
			room.UpdateInfo(ctx, &bridgev2.ChatInfo{Name: name}, a.login, nil, time.Time{})
		},
	})
}

// readsAlone tells whether a person is in a room, and no other person is. What cannot be known is no.
func (c *Connector) readsAlone(ctx context.Context, room id.RoomID, person id.UserID) bool {
	members, err := c.bridge.Matrix.GetMembers(ctx, room)
	if err != nil {
		return false
	}
	for user, member := range members {
		if user == person || user == c.bridge.Bot.GetMXID() || c.bridge.IsGhostMXID(user) {
			continue
		}
		if member.Membership.IsInviteOrJoin() {
			return false
		}
	}
	member, in := members[person]
	return in && member.Membership.IsInviteOrJoin()
}
