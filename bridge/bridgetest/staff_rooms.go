package bridgetest

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

// StartsChatWith makes an encrypted direct room with another user and returns
// once that one has joined and her own client knows that it is encrypted.
func (s *Staff) StartsChatWith(ctx context.Context, user id.UserID) (id.RoomID, error) {
	return s.makeRoom(ctx, &mautrix.ReqCreateRoom{
		Preset:   "trusted_private_chat",
		IsDirect: true,
		Invite:   []id.UserID{user},
	})
}

// StartsRoom makes an encrypted room with a name and returns once all whom she
// invites have joined.
func (s *Staff) StartsRoom(ctx context.Context, name string, invite ...id.UserID) (id.RoomID, error) {
	return s.makeRoom(ctx, &mautrix.ReqCreateRoom{
		Preset: "private_chat",
		Name:   name,
		Invite: invite,
	})
}

func (s *Staff) makeRoom(ctx context.Context, request *mautrix.ReqCreateRoom) (id.RoomID, error) {
	ctx, cancel := s.bounded(ctx)
	defer cancel()
	request.InitialState = []*event.Event{{
		Type:    event.StateEncryption,
		Content: event.Content{Parsed: &event.EncryptionEventContent{Algorithm: id.AlgorithmMegolmV1}},
	}}
	response, err := s.client.CreateRoom(ctx, request)
	if err != nil {
		return "", fmt.Errorf("%s makes a room: %w", s.name, err)
	}
	if err := s.awaitEncryption(ctx, response.RoomID); err != nil {
		return "", err
	}
	for _, user := range request.Invite {
		if err := s.SeesMember(ctx, response.RoomID, user, event.MembershipJoin); err != nil {
			return "", err
		}
	}
	return response.RoomID, nil
}

// StartsClearRoom makes a room without encryption and returns once all whom she
// invites have joined.
func (s *Staff) StartsClearRoom(ctx context.Context, name string, invite ...id.UserID) (id.RoomID, error) {
	ctx, cancel := s.bounded(ctx)
	defer cancel()
	response, err := s.client.CreateRoom(ctx, &mautrix.ReqCreateRoom{Preset: "private_chat", Name: name, Invite: invite})
	if err != nil {
		return "", fmt.Errorf("%s makes a clear room: %w", s.name, err)
	}
	for _, user := range invite {
		if err := s.SeesMember(ctx, response.RoomID, user, event.MembershipJoin); err != nil {
			return "", err
		}
	}
	return response.RoomID, nil
}

// Joins joins a room and returns once her client shows it.
func (s *Staff) Joins(ctx context.Context, room id.RoomID) error {
	ctx, cancel := s.bounded(ctx)
	defer cancel()
	if _, err := s.client.JoinRoomByID(ctx, room); err != nil {
		return fmt.Errorf("%s joins %s: %w", s.name, room, err)
	}
	return s.SeesMember(ctx, room, s.ID(), event.MembershipJoin)
}

// Leaves leaves a room.
func (s *Staff) Leaves(ctx context.Context, room id.RoomID) error {
	ctx, cancel := s.bounded(ctx)
	defer cancel()
	if _, err := s.client.LeaveRoom(ctx, room); err != nil {
		return fmt.Errorf("%s leaves %s: %w", s.name, room, err)
	}
	return nil
}

// Invites invites another user into a room.
func (s *Staff) Invites(ctx context.Context, room id.RoomID, user id.UserID) error {
	ctx, cancel := s.bounded(ctx)
	defer cancel()
	if _, err := s.client.InviteUser(ctx, room, &mautrix.ReqInviteUser{UserID: user}); err != nil {
		return fmt.Errorf("%s invites %s into %s: %w", s.name, user, room, err)
	}
	return nil
}

// WaitsForInvite returns the first invitation that match accepts, among all
// that she has received so far, accepted ones too, and all that are to come.
func (s *Staff) WaitsForInvite(ctx context.Context, description string, match func(Invite) bool) (Invite, error) {
	var found Invite
	err := s.awaits(ctx, "an invitation "+description, func() bool {
		var invites []Invite
		s.notes.read(func() { invites = slices.Clone(s.notes.invites) })
		i := slices.IndexFunc(invites, match)
		if i >= 0 {
			found = invites[i]
		}
		return i >= 0
	})
	return found, err
}

// InvitedBy accepts the invitations of one user, for WaitsForInvite.
func InvitedBy(user id.UserID) func(Invite) bool {
	return func(i Invite) bool { return i.From == user }
}

// WaitsForRoom waits until she is in a room that a name is set for, and returns
// it: a portal, most often. Of several, it is any.
func (s *Staff) WaitsForRoom(ctx context.Context, name string) (id.RoomID, error) {
	var found id.RoomID
	err := s.awaitNotes(ctx, fmt.Sprintf("a room named %q", name), func(n *notebook) bool {
		for room, notes := range n.rooms {
			if notes.joined && notes.name() == name {
				found = room
				return true
			}
		}
		return false
	})
	return found, err
}

// SetsState sets a piece of a room's state.
func (s *Staff) SetsState(ctx context.Context, room id.RoomID, kind event.Type, key string, content any) error {
	ctx, cancel := s.bounded(ctx)
	defer cancel()
	if _, err := s.client.SendStateEvent(ctx, room, kind, key, content); err != nil {
		return fmt.Errorf("%s sets %s in %s: %w", s.name, kind.Type, room, err)
	}
	return nil
}

// SeesMember waits until a user's membership of a room is as given.
func (s *Staff) SeesMember(ctx context.Context, room id.RoomID, user id.UserID, membership event.Membership) error {
	return s.awaitNotes(ctx, fmt.Sprintf("%s to be %q in %s", user, membership, room), func(n *notebook) bool {
		notes, ok := n.rooms[room]
		return ok && notes.membership(user) == membership && (user != s.ID() || notes.joined == (membership == event.MembershipJoin))
	})
}

// SeesState waits until match accepts a state event of a room, and returns it.
// It is called with nil when there is none.
func (s *Staff) SeesState(ctx context.Context, room id.RoomID, kind event.Type, key string, match func(*event.Event) bool) (*event.Event, error) {
	var found *event.Event
	err := s.awaits(ctx, fmt.Sprintf("the state %s %q of %s", kind.Type, key, room), func() bool {
		found = s.State(room, kind, key)
		return match(found)
	})
	return found, err
}

// State returns the present state event of a room as her client knows it, and
// nil when there is none.
func (s *Staff) State(room id.RoomID, kind event.Type, key string) (evt *event.Event) {
	s.notes.read(func() {
		if notes, ok := s.notes.rooms[room]; ok {
			evt = notes.state[kind][key]
		}
	})
	return evt
}

// States returns the present state events of a type, by their keys.
func (s *Staff) States(room id.RoomID, kind event.Type) (all map[string]*event.Event) {
	s.notes.read(func() {
		if notes, ok := s.notes.rooms[room]; ok {
			all = maps.Clone(notes.state[kind])
		}
	})
	return all
}

// RoomName returns the name that is set for a room, or "".
func (s *Staff) RoomName(room id.RoomID) (name string) {
	s.notes.read(func() {
		if notes, ok := s.notes.rooms[room]; ok {
			name = notes.name()
		}
	})
	return name
}

// Members returns who is, was or is invited to be in a room.
func (s *Staff) Members(room id.RoomID) map[id.UserID]*event.MemberEventContent {
	members := make(map[id.UserID]*event.MemberEventContent)
	s.notes.read(func() {
		if notes, ok := s.notes.rooms[room]; ok {
			for user, evt := range notes.state[event.StateMember] {
				members[id.UserID(user)] = evt.Content.AsMember()
			}
		}
	})
	return members
}

// Rooms returns the rooms that she is in, sorted by their IDs.
func (s *Staff) Rooms() []id.RoomID {
	return s.roomsWhere(func(*roomNotes) bool { return true })
}

// RoomsWith returns the rooms that she is in with another user, who has joined
// or is invited, sorted by their IDs.
func (s *Staff) RoomsWith(user id.UserID) []id.RoomID {
	return s.roomsWhere(func(notes *roomNotes) bool {
		return notes.membership(user).IsInviteOrJoin()
	})
}

// SeesRoomWith waits until she is in a room with another user, and returns it.
// Of several, it is the first by ID.
func (s *Staff) SeesRoomWith(ctx context.Context, user id.UserID) (id.RoomID, error) {
	var found id.RoomID
	err := s.awaits(ctx, fmt.Sprintf("a room with %s", user), func() bool {
		rooms := s.RoomsWith(user)
		if len(rooms) > 0 {
			found = rooms[0]
		}
		return found != ""
	})
	return found, err
}

func (s *Staff) roomsWhere(f func(*roomNotes) bool) (rooms []id.RoomID) {
	s.notes.read(func() {
		for _, room := range slices.Sorted(maps.Keys(s.notes.rooms)) {
			if notes := s.notes.rooms[room]; notes.joined && f(notes) {
				rooms = append(rooms, room)
			}
		}
	})
	return rooms
}
