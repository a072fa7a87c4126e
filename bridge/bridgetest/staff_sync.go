package bridgetest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

const (
	// syncWait is how long the homeserver may hold a /sync without news.
	syncWait = 30 * time.Second
	// timelineLimit is how many events of a room a /sync asks for at most. What
	// lies between is fetched (fillGap).
	timelineLimit = 100
	// pageLimit is how many events one page of a room's history asks for.
	pageLimit = 200

	firstSyncRetry = 50 * time.Millisecond
	lastSyncRetry  = time.Second
)

// ErrStopped is what those who wait on a stopped Staff get.
var ErrStopped = errors.New("the client has been stopped")

// hooks is the part of a mautrix syncer through which the library's encryption
// learns of what /sync brings. It is no mautrix.DispatchableSyncer, so the
// library leaves the decryption of events to us: it would read them out of
// order and give up on late keys after a while.
type hooks struct {
	responses []mautrix.SyncHandler
	events    []mautrix.EventHandler
	byType    map[event.Type][]mautrix.EventHandler
}

var (
	_ mautrix.Syncer           = (*hooks)(nil)
	_ mautrix.ExtensibleSyncer = (*hooks)(nil)
)

func newHooks() *hooks { return &hooks{byType: make(map[event.Type][]mautrix.EventHandler)} }

// OnSync, OnEvent and OnEventType implement mautrix.ExtensibleSyncer.
func (h *hooks) OnSync(f mautrix.SyncHandler) { h.responses = append(h.responses, f) }

// OnEvent is part of mautrix.ExtensibleSyncer.
func (h *hooks) OnEvent(f mautrix.EventHandler) { h.events = append(h.events, f) }

// OnEventType is part of mautrix.ExtensibleSyncer.
func (h *hooks) OnEventType(t event.Type, f mautrix.EventHandler) {
	h.byType[t] = append(h.byType[t], f)
}

// ProcessResponse is part of mautrix.Syncer, for a loop that we do not use.
func (h *hooks) ProcessResponse(context.Context, *mautrix.RespSync, string) error {
	return errors.New("a Staff syncs by herself")
}

// OnFailedSync is part of mautrix.Syncer, for a loop that we do not use.
func (h *hooks) OnFailedSync(_ *mautrix.RespSync, err error) (time.Duration, error) { return 0, err }

// GetFilterJSON is part of mautrix.Syncer.
func (h *hooks) GetFilterJSON(id.UserID) *mautrix.Filter {
	return &mautrix.Filter{Room: &mautrix.RoomFilter{Timeline: &mautrix.FilterPart{Limit: timelineLimit}}}
}

// dispatch gives the library a state event. Its HandleHistoryVisibility (crypto/machine.go) panics when the store fails, so
// a client that is being stopped finishes the event.
func (h *hooks) dispatch(ctx context.Context, evt *event.Event) {
	ctx = context.WithoutCancel(ctx)
	for _, f := range h.events {
		f(ctx, evt)
	}
	for _, f := range h.byType[evt.Type] {
		f(ctx, evt)
	}
}

// firstSync makes the first /sync and returns the token that follows it.
func (s *Staff) firstSync(ctx context.Context) (string, error) {
	filter, err := s.client.CreateFilter(ctx, s.hooks.GetFilterJSON(s.client.UserID))
	if err != nil {
		return "", fmt.Errorf("creating the filter: %w", err)
	}
	s.filter = filter.FilterID
	response, err := s.client.FullSyncRequest(ctx, mautrix.ReqSync{FilterID: s.filter})
	if err != nil {
		return "", err
	}
	return response.NextBatch, s.digest(ctx, response, "")
}

// syncLoop reads what comes until the context ends or the homeserver has
// forgotten this device. The token moves on only once all is in the notebook.
func (s *Staff) syncLoop(ctx context.Context, since string) {
	defer close(s.done)
	retry := firstSyncRetry
	for {
		response, err := s.client.FullSyncRequest(ctx, mautrix.ReqSync{
			Timeout:  int(syncWait.Milliseconds()),
			Since:    since,
			FilterID: s.filter,
		})
		if err == nil {
			err = s.digest(ctx, response, since)
		}
		switch {
		case err == nil:
			since, retry = response.NextBatch, firstSyncRetry
			continue
		case ctx.Err() != nil:
			s.notes.write(func() { s.notes.ended = ErrStopped })
			return
		case errors.Is(err, mautrix.MUnknownToken):
			s.notes.write(func() { s.notes.ended = fmt.Errorf("syncing: %w", err) })
			return
		}
		s.client.Log.Debug().Err(err).Msg("Sync failed, trying again")
		select {
		case <-ctx.Done():
		case <-time.After(retry):
		}
		retry = min(2*retry, lastSyncRetry)
	}
}

// digest takes in one /sync response. It fails only before it has changed
// anything, so a response may be tried again.
func (s *Staff) digest(ctx context.Context, response *mautrix.RespSync, since string) error {
	gaps := make(map[id.RoomID][]*event.Event)
	before := make(map[id.RoomID][]*event.Event)
	for room, news := range response.Rooms.Join {
		var err error
		if gaps[room], err = s.fillGap(ctx, room, news.Timeline); err != nil {
			return err
		}
		if before[room], err = s.fillState(ctx, room, news); err != nil {
			return err
		}
	}
	// Keys first: the messages in the same response need them.
	for _, f := range s.hooks.responses {
		f(ctx, response, since)
	}
	if len(response.ToDevice.Events) > 0 {
		s.readAgain(ctx)
	}
	for _, room := range slices.Sorted(maps.Keys(response.Rooms.Join)) {
		news := response.Rooms.Join[room]
		heard, state := s.readRoom(ctx, room, gaps[room], before[room], news.Timeline.Events)
		s.notes.write(func() {
			notes := s.notes.take(room, heard, state)
			notes.joined = true
			notes.takeEphemeral(news.Ephemeral.Events)
		})
		delete(s.invited, room)
	}
	for _, room := range slices.Sorted(maps.Keys(response.Rooms.Leave)) {
		news := response.Rooms.Leave[room]
		heard, state := s.readRoom(ctx, room, nil, news.State.Events, news.Timeline.Events)
		s.notes.write(func() { s.notes.take(room, heard, state).joined = false })
		delete(s.invited, room)
	}
	for _, room := range slices.Sorted(maps.Keys(response.Rooms.Invite)) {
		s.readInvite(room, response.Rooms.Invite[room].State.Events)
	}
	s.joinInvited(ctx)
	return nil
}

// fillGap fetches the events that a limited timeline left out, oldest first,
// back to what the notebook knows or to the beginning of what this user may see.
func (s *Staff) fillGap(ctx context.Context, room id.RoomID, timeline mautrix.SyncTimeline) ([]*event.Event, error) {
	if !timeline.Limited {
		return nil, nil
	}
	var missing []*event.Event // newest first
	for from := timeline.PrevBatch; from != ""; {
		page, err := s.client.Messages(ctx, room, from, "", mautrix.DirectionBackward, nil, pageLimit)
		if err != nil {
			return nil, fmt.Errorf("reading back in %s: %w", room, err)
		}
		next := page.End
		for _, evt := range page.Chunk {
			if s.notes.knows(room, evt.ID) {
				next = ""
				break
			}
			missing = append(missing, evt)
		}
		if next == from || len(page.Chunk) == 0 {
			break
		}
		from = next
	}
	slices.Reverse(missing)
	return missing, nil
}

// fillState returns the state before the timeline. Dendrite leaves it out for a
// room that was joined right after the invitation; it is asked for then, since
// a client that does not know that a room is encrypted would write in the clear.
func (s *Staff) fillState(ctx context.Context, room id.RoomID, news *mautrix.SyncJoinedRoom) ([]*event.Event, error) {
	known := slices.ContainsFunc(slices.Concat(news.State.Events, news.Timeline.Events), func(evt *event.Event) bool {
		return evt.Type.Type == event.StateCreate.Type
	})
	s.notes.read(func() {
		if notes, ok := s.notes.rooms[room]; ok {
			known = known || notes.state[event.StateCreate] != nil
		}
	})
	if known {
		return news.State.Events, nil
	}
	state, err := s.client.StateAsArray(ctx, room)
	if err != nil {
		return nil, fmt.Errorf("asking for the state of %s: %w", room, err)
	}
	return state, nil
}

// readRoom reads what a room brought: older events that a gap left out, the
// state before the timeline, and the timeline. It returns what was heard and
// the changes of state, both in order.
func (s *Staff) readRoom(ctx context.Context, room id.RoomID, gap, before, timeline []*event.Event) (heard []Heard, state []*event.Event) {
	for _, evt := range gap {
		// Old changes of state are history: what they led to is in before.
		heard = append(heard, s.readEvent(ctx, room, evt))
	}
	for _, evt := range before {
		parse(room, evt)
		s.hooks.dispatch(ctx, evt)
		state = append(state, evt)
	}
	for _, evt := range timeline {
		heard = append(heard, s.readEvent(ctx, room, evt))
		if evt.StateKey != nil {
			s.hooks.dispatch(ctx, evt)
			state = append(state, evt)
		}
	}
	return heard, state
}

// readEvent parses an event and decrypts it if it is encrypted.
func (s *Staff) readEvent(ctx context.Context, room id.RoomID, evt *event.Event) Heard {
	parse(room, evt)
	if evt.Type != event.EventEncrypted || evt.StateKey != nil {
		return interpret(evt, s.client.UserID)
	}
	if evt.Unsigned.RedactedBecause != nil {
		return interpret(evt, s.client.UserID) // its content is gone: nothing to read
	}
	decrypted, err := s.crypto.Decrypt(ctx, evt)
	if err != nil {
		h := interpret(evt, s.client.UserID)
		h.Err = err
		return h
	}
	return interpret(decrypted, s.client.UserID)
}

// readAgain tries all that could not be read, after keys have arrived.
func (s *Staff) readAgain(ctx context.Context) {
	for _, h := range s.notes.unreadable() {
		decrypted, err := s.crypto.Decrypt(ctx, h.Event)
		if err != nil {
			continue
		}
		readable := interpret(decrypted, s.client.UserID)
		s.notes.write(func() { s.notes.nowReadable(readable) })
	}
}

// readInvite notes an invitation.
func (s *Staff) readInvite(room id.RoomID, state []*event.Event) {
	for _, evt := range state {
		parse(room, evt)
		if evt.Type != event.StateMember || evt.GetStateKey() != s.client.UserID.String() {
			continue
		}
		invite := Invite{Room: room, From: evt.Sender, Direct: evt.Content.AsMember().IsDirect}
		s.notes.write(func() { s.notes.invites = append(s.notes.invites, invite) })
		s.invited[room] = true
	}
}

// joinInvited accepts the open invitations, unless this person keeps them. One
// that could not be accepted is tried again with the next sync, unless the
// homeserver refuses it.
func (s *Staff) joinInvited(ctx context.Context) {
	if s.keepInvites {
		return
	}
	for _, room := range slices.Sorted(maps.Keys(s.invited)) {
		_, err := s.client.JoinRoomByID(ctx, room)
		if err == nil || errors.Is(err, mautrix.MForbidden) || errors.Is(err, mautrix.MNotFound) {
			delete(s.invited, room)
		}
		if err != nil {
			s.client.Log.Warn().Err(err).Stringer("room_id", room).Msg("Failed to join")
		}
	}
}

// parse completes an event as /sync and /messages deliver it: its room, the
// class of its type, its content. Content that cannot be parsed stays raw.
func parse(room id.RoomID, evt *event.Event) {
	evt.RoomID = room
	evt.Type.Class = event.MessageEventType
	if evt.StateKey != nil {
		evt.Type.Class = event.StateEventType
	}
	// The error says that the content is of no known type, or malformed.
	_ = evt.Content.ParseRaw(evt.Type)
}
