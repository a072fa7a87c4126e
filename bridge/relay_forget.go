package bridge

import (
	"context"
	"fmt"
	"sync"

	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/bridgev2/networkid"

	"passerelle/portal/relay"
)

// lent knows which rooms relay through which login. When a login goes, the database forgets it; bridgev2's copy of a room does
// not, and fails each time that it saves the room (bridgev2/database/upgrades/00-latest.sql, portal_relay_fkey).
type lent struct {
	mu    sync.Mutex
	rooms map[networkid.PortalKey]networkid.UserLoginID // guarded by mu
}

// load reads it from the database.
func (l *lent) load(ctx context.Context, br *bridgev2.Bridge) error {
	rooms, err := br.DB.Portal.GetAllWithMXID(ctx)
	if err != nil {
		return fmt.Errorf("look up which rooms relay: %w", err)
	}
	for _, room := range rooms {
		if room.RelayLoginID != "" {
			l.set(room.PortalKey, room.RelayLoginID)
		}
	}
	return nil
}

// set notes through which login a room relays; "": through none.
func (l *lent) set(room networkid.PortalKey, login networkid.UserLoginID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.rooms == nil {
		l.rooms = map[networkid.PortalKey]networkid.UserLoginID{}
	}
	if login == "" {
		delete(l.rooms, room)
		return
	}
	l.rooms[room] = login
}

// through lists the rooms that relay through a login.
func (l *lent) through(login networkid.UserLoginID) (rooms []networkid.PortalKey) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for room, each := range l.rooms {
		if each == login {
			rooms = append(rooms, room)
		}
	}
	return rooms
}

// forgetRelay has each room forget a login that is gone, once somebody's login is in the room.
func (n *network) forgetRelay(ctx context.Context, gone networkid.UserLoginID) {
	for _, key := range n.lent.through(gone) {
		kept, err := n.bridge().DB.Portal.GetByKey(ctx, key)
		if err == nil && kept != nil && kept.RelayLoginID == gone {
			continue // it is not gone
		}
		there, lookup := n.loginsIn(ctx, key)
		if err != nil || lookup != nil {
			n.log.Warn().AnErr("room", err).AnErr("logins", lookup).Msg("A room goes on naming an account that is gone")
			continue
		}
		if len(there) == 0 {
			continue // nothing is going on there
		}
		relay.Do(key, there[0], func(ctx context.Context, room *bridgev2.Portal) {
			n.lent.set(key, "")
			if room.RelayLoginID != gone {
				return
			}
			room.Relay, room.RelayLoginID = nil, ""
			if err := room.Save(ctx); err != nil {
				n.log.Err(err).Stringer("room", room.MXID).Msg("A room could not be saved without an account that is gone")
			}
		})
	}
}
