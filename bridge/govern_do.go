package bridge

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"maunium.net/go/mautrix/bridgev2"
	bridgedb "maunium.net/go/mautrix/bridgev2/database"
	"maunium.net/go/mautrix/bridgev2/networkid"
	"maunium.net/go/mautrix/bridgev2/simplevent"
	"maunium.net/go/mautrix/bridgev2/status"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/database"
	"passerelle/portal"
	"passerelle/portal/govern"
	"passerelle/portal/handover"
	"passerelle/portal/relay"
	"passerelle/portal/say"
)

// sensitivityType is the state event of a room that says how its portal is marked: {"mark": "…"}, empty when it is not.
var sensitivityType = event.Type{Type: "org.passerelle.sensitivity", Class: event.StateEventType}

// Do does what an administrator asks for (see [govern.Backend]).
func (g governor) Do(ctx context.Context, by id.UserID, a govern.Action) (govern.Result, error) {
	switch a.Verb {
	case govern.Approve:
		return govern.Result{}, g.decideHeld(ctx, a.Approval, portal.Admit, by)
	case govern.Reject:
		return govern.Result{}, g.decideHeld(ctx, a.Approval, portal.Refuse, by)
	}
	described, ok := govern.Describe(a.Verb)
	if !ok {
		return govern.Result{}, fmt.Errorf("%w: %s", govern.ErrArgument, a.Verb)
	}
	name := a.Network
	if described.Target == govern.OnPortal {
		name = a.Portal.Network
	}
	n := g.network(name)
	if n == nil {
		return govern.Result{}, govern.ErrNotFound
	}
	switch described.Target {
	case govern.OnPortal:
		at, err := n.bridge().GetExistingPortalByKey(ctx, theirKey(a.Portal))
		switch {
		case err != nil:
			return govern.Result{}, fmt.Errorf("look up a portal: %w", err)
		case at == nil:
			return govern.Result{}, govern.ErrNotFound
		}
		return govern.Result{}, g.onPortal(ctx, n, at, by, a)
	case govern.OnLogin:
		return govern.Result{}, g.onLogin(ctx, n, a)
	default:
		return g.onContact(ctx, n, a)
	}
}

// decideHeld decides about what waits for an administrator. What waits for its sender is theirs to decide.
func (g governor) decideHeld(ctx context.Context, number int64, outcome portal.Outcome, by id.UserID) error {
	waiting, err := g.options.Store.Approval(ctx, number)
	switch {
	case err != nil:
		return err
	case waiting.WaitsFor != portal.Hold || waiting.Rule == rulePaused:
		return govern.ErrCannotNow
	}
	if n := g.network(waiting.Network); n != nil && waiting.Direction == portal.Out && waiting.Outcome == "" && outcome == portal.Admit {
		if err := n.stillThere(ctx, waiting); err != nil {
			return err
		}
	}
	return g.decide(ctx, number, outcome, by)
}

func (g governor) onPortal(ctx context.Context, n *network, at *bridgev2.Portal, by id.UserID, a govern.Action) error {
	key := n.keyOf(at.PortalKey)
	switch a.Verb {
	case govern.Pause:
		return g.setState(ctx, n, key, by, govern.Paused, say.BorderPaused)
	case govern.Lock:
		return g.setState(ctx, n, key, by, govern.ReadOnly, say.BorderReadOnly)
	case govern.Close:
		return g.close(ctx, n, at, by, a.With)
	case govern.Reopen:
		return g.setState(ctx, n, key, by, govern.Open, say.BorderReopened)
	case govern.HandOver:
		return g.handOver(ctx, n, at, by, a.With)
	case govern.Invite, govern.Remove:
		return g.staff(ctx, n, at, a)
	case govern.Mark:
		return g.mark(ctx, n, at, by, a.With)
	case govern.Repair:
		return g.repair(ctx, n, at, a.With)
	case govern.Delete:
		return g.deletePortal(ctx, n, at)
	}
	return govern.ErrArgument
}

// setState sets what may cross in a portal, tells its room, and gives free what a pause has held back.
func (g governor) setState(ctx context.Context, n *network, key govern.PortalKey, by id.UserID, state govern.State, sentence say.Sentence) error {
	before := g.standing.portal(key).State
	if before == state {
		return nil
	}
	if err := g.standing.changePortal(ctx, key, by, func(s *database.PortalState) { s.State = state }); err != nil {
		return err
	}
	n.sayInPortal(ctx, key, sentence)
	if at, err := n.bridge().GetExistingPortalByKey(ctx, theirKey(key)); !writes(state) && err == nil && handover.HasRoom(at) {
		n.stopTyping(ctx, at)
	}
	if before != govern.Paused {
		return nil
	}
	// The gate is asked again about each, and the answer is the portal's new state's.
	outcome := portal.Admit
	if state == govern.Closed {
		outcome = portal.Refuse
	}
	waiting, err := g.options.Store.Approvals(ctx, time.Now())
	for _, a := range waiting {
		if a.Network == n.Name && a.Rule == rulePaused && a.Portal == key.ID && a.Receiver == key.Receiver {
			err = errors.Join(err, g.decide(ctx, a.Number, outcome, by))
		}
	}
	return err
}

// close ends a portal, with a last word to both sides: words, or the bridge's own.
func (g governor) close(ctx context.Context, n *network, at *bridgev2.Portal, by id.UserID, words string) error {
	key := n.keyOf(at.PortalKey)
	if g.standing.portal(key).State == govern.Closed {
		return nil
	}
	last := portal.Words{say.English: words}
	if words == "" {
		last = wordsOf(say.FarewellContact)
	}
	err := n.announce(ctx, at, last)
	if err != nil && !errors.Is(err, govern.ErrCannotNow) {
		return err
	}
	return errors.Join(g.setState(ctx, n, key, by, govern.Closed, say.BorderClosed), err)
}

// announcePatience is how long an announcement may take to reach the network.
const announcePatience = 30 * time.Second

// announce says something to everybody in a portal, staff and contacts: as the bot in the room, and through an account that is in the
// chat on the network. It passes the gate as any message does. It returns when both are done; [govern.ErrCannotNow]: no account is
// connected, or the network did not take it. The language is that of the account's owner: what the contact speaks nobody knows.
func (n *network) announce(ctx context.Context, at *bridgev2.Portal, in portal.Words) error {
	if !handover.HasRoom(at) {
		return govern.ErrCannotNow
	}
	room := at.MXID
	logins, err := n.loginsIn(ctx, at.PortalKey)
	if err != nil {
		return err
	}
	if len(logins) == 0 {
		return fmt.Errorf("%w: no account is connected", govern.ErrCannotNow)
	}
	words := in.In(n.host.languages.Of(logins[0].UserMXID))
	said, err := n.notify(ctx, room, "", "", words)
	if err != nil {
		return fmt.Errorf("announce something in a room: %w", err)
	}
	evt := &event.Event{ID: said, RoomID: room, Sender: n.matrix().Bot.UserID, Type: event.EventMessage, Timestamp: time.Now().UnixMilli(),
		Content: event.Content{Parsed: &event.MessageEventContent{MsgType: event.MsgText, Body: words}}}
	evt.Mautrix.WasEncrypted = true
	ended := make(chan error, 1)
	if result := relay.SendPlain(at.PortalKey, logins[0], evt, ended); !result.Queued {
		return errors.Join(errNotTaken, result.Error)
	}
	select {
	case err = <-ended:
	case <-time.After(announcePatience):
		err = errNotTaken
	case <-ctx.Done():
		return ctx.Err()
	}
	if err != nil {
		n.log.Warn().Err(err).Msg("An announcement did not go out to the network")
		return fmt.Errorf("%w: %s did not take it", govern.ErrCannotNow, n.title())
	}
	return nil
}

// handOver hands a portal over to another login. Of a shared portal that is the account that people write through who have none. A
// direct chat is its account's own: it goes on in the other account's room with the same contact.
func (g governor) handOver(ctx context.Context, n *network, at *bridgev2.Portal, by id.UserID, to string) error {
	login, err := n.login(to)
	if err != nil {
		return err
	}
	if at.Receiver == "" {
		there, err := n.loginsIn(ctx, at.PortalKey)
		switch {
		case err != nil:
			return err
		case !slices.Contains(there, login):
			return fmt.Errorf("%w: this account is not in the chat", govern.ErrCannotNow)
		}
		done := n.say(say.RelaySet, n.title(), n.nameIn(ctx, at.MXID, login.UserMXID))
		if result := n.relayThrough(at.PortalKey, login, login, "", done); !result.Queued {
			return errors.Join(errNotTaken, result.Error)
		}
		return nil
	}
	other, err := n.bridge().GetDMPortal(ctx, login.ID, at.OtherUserID)
	switch {
	case err != nil:
		return fmt.Errorf("look up a direct chat: %w", err)
	case other == nil || !handover.HasRoom(other) || other == at:
		return fmt.Errorf("%w: this account has no chat with the contact", govern.ErrCannotNow)
	}
	members, err := n.matrix().GetMembers(ctx, at.MXID)
	if err != nil {
		return fmt.Errorf("look up a room's members: %w", err)
	}
	for user, member := range members {
		if (member.Membership == event.MembershipJoin || member.Membership == event.MembershipInvite) && !n.matrix().isOurs(user) {
			if err := n.bridge().Bot.EnsureInvited(ctx, other.MXID, user); err != nil {
				return fmt.Errorf("invite staff: %w", err)
			}
		}
	}
	done := n.say(say.RelaySet, n.title(), n.nameIn(ctx, other.MXID, login.UserMXID))
	if result := n.relayThrough(other.PortalKey, login, login, "", done); !result.Queued {
		return errors.Join(errNotTaken, result.Error)
	}
	n.tell(at.MXID, "", "", n.say(say.BorderMoved)+" "+other.MXID.URI(n.matrix().ServerName()).MatrixToURL())
	return g.standing.changePortal(ctx, n.keyOf(at.PortalKey), by, func(s *database.PortalState) { s.State = govern.ReadOnly })
}

// staff invites a member of staff into a portal's room, or removes one.
func (g governor) staff(ctx context.Context, n *network, at *bridgev2.Portal, a govern.Action) error {
	who := id.UserID(a.With)
	if _, server, err := who.Parse(); err != nil || server != n.matrix().ServerName() || n.matrix().isOurs(who) {
		return fmt.Errorf("%w: write the Matrix ID of somebody on this homeserver", govern.ErrArgument)
	}
	if !handover.HasRoom(at) {
		return fmt.Errorf("%w: the portal has no room yet", govern.ErrCannotNow)
	}
	if a.Verb == govern.Invite {
		if err := n.bridge().Bot.EnsureInvited(ctx, at.MXID, who); err != nil {
			return fmt.Errorf("invite a member of staff: %w", err)
		}
		return nil
	}
	_, err := n.bridge().Bot.SendState(ctx, at.MXID, event.StateMember, who.String(), &event.Content{
		Parsed: &event.MemberEventContent{Membership: event.MembershipLeave}}, time.Now())
	if err != nil {
		return fmt.Errorf("remove a member of staff: %w", err)
	}
	return nil
}

// mark marks how sensitive a portal is, and shows it in the room.
func (g governor) mark(ctx context.Context, n *network, at *bridgev2.Portal, by id.UserID, mark string) error {
	key := n.keyOf(at.PortalKey)
	if err := g.standing.changePortal(ctx, key, by, func(s *database.PortalState) { s.Mark = mark }); err != nil {
		return err
	}
	if !handover.HasRoom(at) {
		return nil
	}
	_, err := n.bridge().Bot.SendState(ctx, at.MXID, sensitivityType, "", &event.Content{Raw: map[string]any{"mark": mark}}, time.Now())
	if err != nil {
		return fmt.Errorf("mark a room: %w", err)
	}
	if mark == "" {
		n.sayInPortal(ctx, key, say.BorderUnmarked)
	} else {
		n.sayInPortal(ctx, key, say.BorderMarked, mark)
	}
	return nil
}

// repair brings a portal's room into line again (see [govern.RepairWays]).
func (g governor) repair(ctx context.Context, n *network, at *bridgev2.Portal, way string) error {
	if !handover.HasRoom(at) {
		return fmt.Errorf("%w: the portal has no room yet", govern.ErrCannotNow)
	}
	switch way {
	case "members", "room":
	case "keys":
		n.matrix().Crypto.ResetSession(ctx, at.MXID)
		return nil
	default:
		return fmt.Errorf("%w: the ways to repair are members, keys and room", govern.ErrArgument)
	}
	logins, err := n.loginsIn(ctx, at.PortalKey)
	switch {
	case err != nil:
		return err
	case len(logins) == 0:
		return fmt.Errorf("%w: no account in the chat is connected", govern.ErrCannotNow)
	case way == "members":
		return n.syncMembers(at.PortalKey, logins[0])
	}
	return n.newRoom(ctx, at, logins[0])
}

// syncMembers has the members of a room brought into line with the chat's.
func (n *network) syncMembers(key networkid.PortalKey, login *bridgev2.UserLogin) error {
	result := login.QueueRemoteEvent(&simplevent.ChatResync{
		EventMeta:       simplevent.EventMeta{Type: bridgev2.RemoteEventChatResync, PortalKey: key, Timestamp: time.Now()},
		GetChatInfoFunc: login.Client.GetChatInfo,
		CheckNeedsBackfillFunc: func(context.Context, *bridgedb.Message) (bool, error) {
			return false, nil
		},
	})
	if !result.Queued {
		return errors.Join(errNotTaken, result.Error)
	}
	return nil
}

// newRoom makes a portal a new room, and leads people there from the old one.
func (n *network) newRoom(ctx context.Context, at *bridgev2.Portal, login *bridgev2.UserLogin) error {
	old := at.MXID
	if err := at.RemoveMXID(ctx); err != nil {
		return fmt.Errorf("give up a room: %w", err)
	}
	if err := n.host.options.Store.ForgetRoom(ctx, n.Name, string(n.matrix().GenerateDeterministicRoomID(at.PortalKey))); err != nil {
		return err
	}
	if err := handover.CreateRoom(ctx, at, login, nil); err != nil {
		return fmt.Errorf("make a new room: %w", err)
	}
	if _, err := n.notify(ctx, old, "", "", n.say(say.BorderMoved)); err != nil {
		return err
	}
	_, err := n.bridge().Bot.SendState(ctx, old, event.StateTombstone, "", &event.Content{
		Parsed: &event.TombstoneEventContent{Body: n.say(say.BorderMoved), ReplacementRoom: at.MXID}}, time.Now())
	if err != nil {
		return fmt.Errorf("lead people to the new room: %w", err)
	}
	return nil
}

func (g governor) onLogin(ctx context.Context, n *network, a govern.Action) error {
	login, err := n.login(a.ID)
	if err != nil {
		return err
	}
	key := database.LoginKey{Network: n.Name, Login: a.ID}
	switch a.Verb {
	case govern.Connect:
		if err := g.standing.changeLogin(ctx, key, func(s *database.LoginSetting) { s.Off = false }); err != nil {
			return err
		}
		return n.reconnect(ctx, login)
	case govern.Disconnect:
		if err := g.standing.changeLogin(ctx, key, func(s *database.LoginSetting) { s.Off = true }); err != nil {
			return err
		}
		login.Client.Disconnect()
		return nil
	case govern.LogOut:
		login.Delete(ctx, status.BridgeState{StateEvent: status.StateLoggedOut}, bridgev2.DeleteOpts{LogoutRemote: true})
		return nil
	case govern.Limit:
		daily, err := strconv.Atoi(a.With)
		if err != nil || daily < 0 {
			return fmt.Errorf("%w: write a number of messages a day, or 0", govern.ErrArgument)
		}
		return g.standing.changeLogin(ctx, key, func(s *database.LoginSetting) { s.Daily = daily })
	}
	return govern.ErrArgument
}

// reconnect ends a login's connection, if it has one, and makes a new one.
func (n *network) reconnect(ctx context.Context, login *bridgev2.UserLogin) error {
	login.Client.Disconnect()
	if err := n.bridge().Network.LoadUserLogin(ctx, login); err != nil {
		return fmt.Errorf("load a login: %w", err)
	}
	login.Client.Connect(login.Log.WithContext(n.bridge().BackgroundCtx))
	return nil
}

// disconnectThoseOff ends the connections of the logins that administrators have disconnected. bridgev2 connects all of them at a
// start.
func (n *network) disconnectThoseOff() {
	for _, login := range n.bridge().GetAllCachedUserLogins() {
		if n.host.standing.login(database.LoginKey{Network: n.Name, Login: string(login.ID)}).Off {
			login.Client.Disconnect()
		}
	}
}

func (g governor) onContact(ctx context.Context, n *network, a govern.Action) (govern.Result, error) {
	if _, err := g.Contact(ctx, n.Name, a.ID); err != nil {
		return govern.Result{}, err
	}
	key := database.ContactKey{Network: n.Name, ID: a.ID}
	switch a.Verb {
	case govern.Block:
		return govern.Result{}, g.standing.changeContact(ctx, key, func(note *database.ContactNote) { note.Blocked = true })
	case govern.Unblock:
		return govern.Result{}, g.standing.changeContact(ctx, key, func(note *database.ContactNote) { note.Blocked = false })
	case govern.Access:
		return g.access(ctx, n, a.ID)
	case govern.Erase:
		return g.erase(ctx, n, a.ID, cmp.Or(a.Language, say.English))
	}
	return govern.Result{}, govern.ErrArgument
}
