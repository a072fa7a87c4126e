package bridge

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"maunium.net/go/mautrix/bridgev2"
	bridgedb "maunium.net/go/mautrix/bridgev2/database"
	"maunium.net/go/mautrix/bridgev2/networkid"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/portal/relay"
	"passerelle/portal/say"
)

// Relay says how people write who have no account on a network: through the account of somebody in the room.
type Relay struct {
	Enabled bool
	Style   relay.Style
	// Shared are the Matrix users whose accounts are there for everybody in their rooms, such as a service's number.
	Shared []id.UserID
}

// way is how an event of somebody who has no account in a room goes out.
type way struct {
	room    networkid.PortalKey
	through *bridgev2.UserLogin // nil: it does not
	refusal string              // what its sender reads then; "": nobody misses it
}

// errNoAccount is the error of an event that goes out through nobody's account.
var errNoAccount = errors.New("the sender has no account in the room, and nobody's is there for them")

// errNotTaken is the error of what a room's goroutine did not take: the room is given up, or the bridge stops.
var errNotTaken = errors.New("the room takes nothing any more")

// dispatch hands an event on to bridgev2, through the account that the room has for those who have none, if that is who wrote.
func (n *network) dispatch(ctx context.Context, evt *event.Event) {
	out, relayed, err := n.wayOut(ctx, evt)
	if err == nil && !relayed {
		n.matrix().EventProcessor.Dispatch(ctx, evt)
		return
	}
	var failed bridgev2.MessageStatus
	switch {
	case err != nil:
		failed = bridgev2.WrapErrorInStatus(err).WithStatus(event.MessageStatusRetriable).WithSendNotice(true)
	case out.through == nil:
		failed = bridgev2.WrapErrorInStatus(errNoAccount).WithStatus(event.MessageStatusFail).WithMessage(out.refusal).WithSendNotice(out.refusal != "")
	default:
		result := relay.Send(ctx, out.room, out.through, evt)
		if result.Queued {
			return
		}
		failed = bridgev2.WrapErrorInStatus(errors.Join(errNotTaken, result.Error)).WithStatus(event.MessageStatusRetriable).WithSendNotice(true)
	}
	n.matrix().SendMessageStatus(ctx, &failed, bridgev2.StatusEventInfoFromEvent(evt))
}

// wayOut finds the way of an event whose sender has no account in its room. relayed is false for every other event: for what
// an account's owner writes, for commands, and for what is not written but changes the room.
func (n *network) wayOut(ctx context.Context, evt *event.Event) (out way, relayed bool, err error) {
	written := carriesContent(evt.Type) || evt.Type == event.EventReaction || evt.Type == event.EventRedaction
	if !written || carriesContent(evt.Type) && n.settlesAtOnce(ctx, evt) || !n.bridge().Config.Permissions.Get(evt.Sender).SendEvents {
		return out, false, nil
	}
	// bridgev2's own copy of the room belongs to the room's goroutine.
	room, err := n.bridge().DB.Portal.GetByMXID(ctx, evt.RoomID)
	if err != nil || room == nil {
		return out, false, err
	}
	if own, err := n.hasAccount(ctx, room, evt.Sender); own || err != nil {
		return out, false, err
	}
	out.room = room.PortalKey
	login := n.bridge().GetCachedUserLoginByID(room.RelayLoginID)
	if login == nil {
		if login, err = n.lendShared(ctx, room); err != nil {
			return out, true, err
		}
		if login == nil && room.Receiver == "" && n.hasAnyAccount(ctx, evt.Sender) {
			return out, false, nil // bridgev2 tries that one: the person may be new in the group
		}
	}
	switch {
	case login == nil || !n.host.options.Relay.Enabled:
		out.refusal, err = n.nobodyRelays(ctx, room, evt)
	case !login.Client.IsLoggedIn():
		out.refusal = n.sayTo(evt.Sender, say.RelayGone, n.nameIn(ctx, evt.RoomID, login.UserMXID), n.title())
	default:
		out.through = login
	}
	return out, true, err
}

// hasAccount tells whether a person has an account in a room. In a group, one that is no longer linked is none.
func (n *network) hasAccount(ctx context.Context, room *bridgedb.Portal, user id.UserID) (bool, error) {
	if room.Receiver != "" {
		login := n.bridge().GetCachedUserLoginByID(room.Receiver)
		return login == nil || login.UserMXID == user, nil
	}
	there, err := n.bridge().DB.UserPortal.GetAllForUserInPortal(ctx, user, room.PortalKey)
	if err != nil {
		return false, fmt.Errorf("look up a person's accounts in a room: %w", err)
	}
	for _, each := range there {
		if login := n.bridge().GetCachedUserLoginByID(each.LoginID); login != nil && login.Client.IsLoggedIn() {
			return true, nil
		}
	}
	return false, nil
}

// hasAnyAccount tells whether a person has an account on the network.
func (n *network) hasAnyAccount(ctx context.Context, who id.UserID) bool {
	user, err := n.bridge().GetExistingUserByMXID(ctx, who)
	if err != nil || user == nil {
		return false
	}
	login := user.GetDefaultLogin()
	return login != nil && login.Client.IsLoggedIn()
}

// welcome lends the shared account of a room to somebody who has come in without one. bridgev2 sends colleagues out again of
// rooms that do not relay (bridgev2/portal.go, syncParticipants).
func (n *network) welcome(ctx context.Context, evt *event.Event) {
	member, ok := evt.Content.Parsed.(*event.MemberEventContent)
	if !ok || evt.Type != event.StateMember || member.Membership != event.MembershipJoin || n.journal.ours(id.UserID(evt.GetStateKey())) {
		return
	}
	room, err := n.bridge().DB.Portal.GetByMXID(ctx, evt.RoomID)
	if err == nil && room != nil && room.RelayLoginID == "" {
		var own bool
		if own, err = n.hasAccount(ctx, room, id.UserID(evt.GetStateKey())); err == nil && !own {
			_, err = n.lendShared(ctx, room)
		}
	}
	if err != nil { // the first message of theirs does the same
		n.log.Warn().Err(err).Stringer("room", evt.RoomID).Msg("Whether a room has a shared account could not be looked up")
	}
}

// lendShared has a room relay through the shared account that is in it, and returns that; nil: there is none.
func (n *network) lendShared(ctx context.Context, room *bridgedb.Portal) (*bridgev2.UserLogin, error) {
	if !n.host.options.Relay.Enabled {
		return nil, nil
	}
	logins, err := n.loginsIn(ctx, room.PortalKey)
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(logins, n.isShared)
	if at < 0 {
		return nil, nil
	}
	n.relayThrough(room.PortalKey, logins[at], logins[at], "", n.say(say.RelaySet, n.title(), n.nameIn(ctx, room.MXID, logins[at].UserMXID)))
	return logins[at], nil
}

// SharedAccount is a login's client whose account may be there for everybody in its rooms, whosever it is: a bot's.
type SharedAccount interface {
	// IsShared tells whether it is.
	IsShared() bool
}

func (n *network) isShared(login *bridgev2.UserLogin) bool {
	if account, ok := login.Client.(SharedAccount); ok && account.IsShared() {
		return true
	}
	return slices.Contains(n.host.options.Relay.Shared, login.UserMXID)
}

// nobodyRelays says to a person who has no account in a room why nothing went out, and whom to ask. It says nothing of what
// nobody misses.
func (n *network) nobodyRelays(ctx context.Context, room *bridgedb.Portal, evt *event.Event) (string, error) {
	if message, ok := evt.Content.Parsed.(*event.MessageEventContent); ok && message.MsgType == event.MsgNotice {
		return "", nil
	}
	if evt.Type == event.EventRedaction {
		known, err := n.bridge().DB.Message.GetPartByMXID(ctx, evt.Redacts)
		if err != nil || known == nil {
			return "", err
		}
	}
	text := n.sayTo(evt.Sender, say.RelayForbidden, n.title())
	owners, err := n.owners(ctx, room)
	if err != nil {
		return "", err
	}
	if n.host.options.Relay.Enabled && len(owners) > 0 {
		text = n.sayTo(evt.Sender, say.RelayNobody, n.title(), strings.Join(owners, ", "), n.bridge().Config.CommandPrefix)
	}
	if n.bridge().Config.Permissions.Get(evt.Sender).Login {
		text += " " + n.sayTo(evt.Sender, say.RelayLinkOwn, n.title())
	}
	return text, nil
}

// mostAsked bounds how many owners of accounts a sentence names.
const mostAsked = 3

// owners names those who have an account in a room.
func (n *network) owners(ctx context.Context, room *bridgedb.Portal) ([]string, error) {
	logins, err := n.loginsIn(ctx, room.PortalKey)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, login := range logins {
		name := n.nameIn(ctx, room.MXID, login.UserMXID)
		if len(names) < mostAsked && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names, nil
}

// loginsIn lists the linked logins that a room is of.
func (n *network) loginsIn(ctx context.Context, room networkid.PortalKey) ([]*bridgev2.UserLogin, error) {
	var all []*bridgev2.UserLogin
	add := func(id networkid.UserLoginID) {
		if login := n.bridge().GetCachedUserLoginByID(id); login != nil && login.Client.IsLoggedIn() {
			all = append(all, login)
		}
	}
	if room.Receiver != "" {
		add(room.Receiver)
		return all, nil
	}
	there, err := n.bridge().DB.UserPortal.GetAllInPortal(ctx, room)
	if err != nil {
		return nil, fmt.Errorf("look up the accounts in a room: %w", err)
	}
	for _, each := range there {
		add(each.LoginID)
	}
	return all, nil
}

// nameIn is what a person is called in a room.
func (n *network) nameIn(ctx context.Context, room id.RoomID, user id.UserID) string {
	return relay.In(ctx, n.matrix(), room, user).Name
}
