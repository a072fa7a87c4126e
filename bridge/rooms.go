package bridge

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/rs/zerolog"
	"go.mau.fi/util/random"
	"golang.org/x/sync/errgroup"
	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/database"
)

// markerKey is the field of a room's creation that holds its marker, by which the room is found again.
const markerKey = "org.passerelle.room"

// joinsAtOnce bounds the members that join a new room at the same time.
const joinsAtOnce = 8

// CreateRoom makes a room with its members in it. A portal's room is made once: when a crash or a lost answer came between
// its creation and its record, the room is found by the marker in its creation and taken.
func (i *intent) CreateRoom(ctx context.Context, req *mautrix.ReqCreateRoom) (id.RoomID, error) {
	// bridgev2 derives this ID from the portal; other homeservers than Beeper's do not know what it means.
	portal := string(req.BeeperLocalRoomID)
	i.describeBotRoom(req)
	if portal != "" {
		i.describePortalRoom(req)
	}
	req.BeeperLocalRoomID, req.BeeperInitialMembers, req.BeeperAutoJoinInvites = "", nil, false
	members := req.Invite
	req.InitialState = append(req.InitialState, i.connector.network.host.options.InitialState...)
	allowShares(req.PowerLevelOverride)
	sayWhoChangesRights(req.PowerLevelOverride)
	if err := i.register(ctx, members); err != nil {
		return "", err
	}
	var room id.RoomID
	var err error
	if portal == "" {
		room, err = i.ASIntent.CreateRoom(ctx, req)
	} else {
		room, err = i.createOnce(ctx, portal, req)
	}
	network := i.connector.network
	network.health.setAway(network.outage.observe(err))
	if err != nil {
		return "", fmt.Errorf("make a room: %w", err)
	}
	if err := i.join(ctx, room, members); err != nil {
		// The room is there, and a ghost joins when it has something to say: nobody else's message may wait for this.
		zerolog.Ctx(ctx).Warn().Err(err).Stringer("room", room).Msg("Not every member could join a new room")
	}
	return room, nil
}

// sayWhoChangesRights writes down the level that it takes to change a new room's rights: the one for any state, by the
// specification. Unless a request says it, some homeservers take 100 (Dendrite adds what it is told to its own defaults; Synapse
// takes what it is told), and then no admin of a group could make another one.
func sayWhoChangesRights(levels *event.PowerLevelsEventContent) {
	if levels == nil {
		return
	}
	if levels.Events == nil {
		levels.Events = map[string]int{}
	}
	if _, said := levels.Events[event.StatePowerLevels.Type]; !said {
		levels.Events[event.StatePowerLevels.Type] = levels.StateDefault()
	}
}

func (i *intent) createOnce(ctx context.Context, portal string, req *mautrix.ReqCreateRoom) (id.RoomID, error) {
	store, network := i.connector.network.host.options.Store, i.connector.network.Name
	noted, begun, err := store.BeginRoom(ctx, network, portal, random.String(32))
	if err != nil {
		return "", err
	}
	if !begun {
		found, err := lookTwice(ctx, time.Now(), func() (id.RoomID, error) { return i.findRoom(ctx, noted) })
		if err != nil || found != "" {
			return found, err
		}
		noted = database.Room{Marker: random.String(32)} // the room was left, or never made
		if err := store.SetRoom(ctx, network, portal, noted); err != nil {
			return "", err
		}
	}
	if req.CreationContent == nil {
		req.CreationContent = map[string]any{}
	}
	req.CreationContent[markerKey] = noted.Marker
	// The client's own second try would make a second room.
	room, err := i.ASIntent.CreateRoom(mautrix.WithMaxRetries(ctx, 0), req)
	if err != nil {
		return "", err
	}
	i.noteFounders(ctx, room, req.Invite)
	noted.ID = room.String()
	return room, store.SetRoom(ctx, network, portal, noted)
}

// noteFounders notes whom a room was just made with. Who is not known to be in it does not get its keys, and is no founder.
func (i *intent) noteFounders(ctx context.Context, room id.RoomID, invited []id.UserID) {
	in := slices.DeleteFunc(slices.Concat(invited, []id.UserID{i.GetMXID()}), func(member id.UserID) bool {
		return !i.connector.StateStore.IsMembership(ctx, room, member, event.MembershipInvite, event.MembershipJoin)
	})
	i.connector.keys.founders.add(room, in)
}

// findRoom returns the room that was made under a note, if the bot is in it; "" when there is none.
func (i *intent) findRoom(ctx context.Context, noted database.Room) (id.RoomID, error) {
	joined, err := i.Matrix.JoinedRooms(ctx)
	if err != nil {
		return "", fmt.Errorf("look for a room that may have been made: %w", err)
	}
	if noted.ID != "" {
		if room := id.RoomID(noted.ID); slices.Contains(joined.JoinedRooms, room) {
			return room, nil
		}
		return "", nil
	}
	for _, room := range joined.JoinedRooms {
		if at, err := i.connector.Bridge.GetPortalByMXID(ctx, room); err != nil || at != nil {
			continue // it belongs to a portal already
		}
		var creation map[string]any
		if err := i.Matrix.Client.StateEvent(ctx, room, event.StateCreate, "", &creation); err != nil {
			if isAway(err) {
				return "", fmt.Errorf("look for a room that may have been made: %w", err)
			}
			continue // a room that cannot be looked at is not the one
		}
		if creation[markerKey] != noted.Marker {
			continue
		}
		if whole, err := i.isWhole(ctx, room); err != nil || whole {
			return room, err
		}
	}
	return "", nil
}

// isWhole tells whether a room's creation came to its end. One that was cut short may lack the encryption, and is left.
func (i *intent) isWhole(ctx context.Context, room id.RoomID) (bool, error) {
	state, err := i.Matrix.Client.State(ctx, room)
	if err != nil {
		return false, fmt.Errorf("look at a room that may have been made: %w", err)
	}
	if len(state[event.StateEncryption]) > 0 && len(state[event.StateBridge]) > 0 {
		return true, nil
	}
	var refusal mautrix.HTTPError
	if _, err = i.Matrix.LeaveRoom(ctx, room); errors.As(err, &refusal) && !isAway(err) {
		// A homeserver that died in the middle may list the room and know of no member (Dendrite): there is nobody to leave it.
		zerolog.Ctx(ctx).Warn().Err(err).Stringer("room", room).Msg("A room that was half made cannot be left; another one is made")
		err = nil
	}
	return false, err
}

// register makes sure that the ghosts among the members exist, so that they can be invited.
func (i *intent) register(ctx context.Context, members []id.UserID) error {
	return i.each(ctx, members, func(ctx context.Context, member id.UserID) error {
		if _, ghost := i.connector.ParseGhostMXID(member); !ghost {
			return nil
		}
		return i.connector.AS.Intent(member).EnsureRegistered(ctx)
	})
}

// join lets those members join a room who can be acted for: ghosts, and staff with a double puppet.
func (i *intent) join(ctx context.Context, room id.RoomID, members []id.UserID) error {
	return i.each(ctx, members, func(ctx context.Context, member id.UserID) error {
		if _, ghost := i.connector.ParseGhostMXID(member); ghost {
			return i.connector.AS.Intent(member).EnsureJoined(ctx, room)
		}
		user, err := i.connector.Bridge.GetExistingUserByMXID(ctx, member)
		if err != nil || user == nil {
			return err
		}
		puppet := user.DoublePuppet(ctx)
		if puppet == nil {
			return nil
		}
		return puppet.EnsureJoined(ctx, room)
	})
}

// each does something for every member, some at a time, and returns the first error.
func (i *intent) each(ctx context.Context, members []id.UserID, do func(context.Context, id.UserID) error) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(joinsAtOnce)
	for _, member := range members {
		group.Go(func() error { return do(ctx, member) })
	}
	return group.Wait()
}
