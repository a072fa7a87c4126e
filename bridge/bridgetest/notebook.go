package bridgetest

import (
	"context"
	"maps"
	"slices"
	"sync"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

// A Mark is a moment in what a person has heard. The zero Mark is the
// beginning.
type Mark int

// An Invite is an invitation that a person received.
type Invite struct {
	Room   id.RoomID
	From   id.UserID
	Direct bool // whether it was for a direct chat
}

// A notebook holds all that a person's client has received. The sync loop
// writes, everyone reads and waits.
type notebook struct {
	mu       sync.Mutex // guards what follows
	rooms    map[id.RoomID]*roomNotes
	invites  []Invite
	readable []Heard       // of all rooms, in the order in which they could be read
	changed  chan struct{} // closed, and made anew, at every change
	ended    error         // why nothing more will come, if so
}

// roomNotes is what is known of one room.
type roomNotes struct {
	joined   bool    // as the homeserver told, with the room's state
	timeline []Heard // in the order of the room, unreadable events in their place
	index    map[id.EventID]int
	state    map[event.Type]map[string]*event.Event
	read     map[id.UserID]id.EventID // the last public read receipt
	typing   []id.UserID
}

func newNotebook() *notebook {
	return &notebook{rooms: make(map[id.RoomID]*roomNotes), changed: make(chan struct{})}
}

// write lets f change the notebook and wakes all who wait.
func (n *notebook) write(f func()) {
	n.mu.Lock()
	defer n.mu.Unlock()
	f()
	close(n.changed)
	n.changed = make(chan struct{})
}

// read lets f look at the notebook.
func (n *notebook) read(f func()) {
	n.mu.Lock()
	defer n.mu.Unlock()
	f()
}

// await returns nil as soon as f, which looks at the notebook by read, says so.
// It fails with the context or when nothing more will come.
func (n *notebook) await(ctx context.Context, f func() bool) error {
	for {
		n.mu.Lock()
		changed, ended := n.changed, n.ended
		n.mu.Unlock()
		// What changes from here on closes the channel that we have.
		if f() {
			return nil
		}
		if ended != nil {
			return ended
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-changed:
		}
	}
}

// room returns the notes of a room, new ones if need be. The caller holds mu.
func (n *notebook) room(room id.RoomID) *roomNotes {
	notes, ok := n.rooms[room]
	if !ok {
		notes = &roomNotes{
			index: make(map[id.EventID]int),
			state: make(map[event.Type]map[string]*event.Event),
			read:  make(map[id.UserID]id.EventID),
		}
		n.rooms[room] = notes
	}
	return notes
}

// add appends an event to its room, unless it is there already: homeservers
// may repeat events. The caller holds mu.
func (n *notebook) add(h Heard) {
	notes := n.room(h.Room)
	if _, known := notes.index[h.ID]; known {
		return
	}
	notes.index[h.ID] = len(notes.timeline)
	notes.timeline = append(notes.timeline, h)
	if h.Err == nil {
		n.readable = append(n.readable, h)
	}
}

// take takes in what a room brought, and returns the room's notes. The caller
// holds mu.
func (n *notebook) take(room id.RoomID, heard []Heard, state []*event.Event) *roomNotes {
	for _, h := range heard {
		n.add(h)
	}
	notes := n.room(room)
	for _, evt := range state {
		notes.setState(evt)
	}
	return notes
}

// nowReadable puts the readable form of an event into the place that it
// already has. The caller holds mu.
func (n *notebook) nowReadable(h Heard) {
	notes := n.room(h.Room)
	i, known := notes.index[h.ID]
	if !known || notes.timeline[i].Err == nil {
		return
	}
	h.Late = true
	notes.timeline[i] = h
	n.readable = append(n.readable, h)
}

// knows tells whether an event is in the notebook.
func (n *notebook) knows(room id.RoomID, evt id.EventID) (known bool) {
	n.read(func() {
		if notes, ok := n.rooms[room]; ok {
			_, known = notes.index[evt]
		}
	})
	return known
}

// unreadable returns all events that could not be read so far, room by room.
func (n *notebook) unreadable() (all []Heard) {
	n.read(func() {
		for _, room := range slices.Sorted(maps.Keys(n.rooms)) {
			for _, h := range n.rooms[room].timeline {
				if h.Err != nil {
					all = append(all, h)
				}
			}
		}
	})
	return all
}

// setState notes a state event. The caller holds mu.
func (notes *roomNotes) setState(evt *event.Event) {
	if evt.StateKey == nil {
		return
	}
	byKey, ok := notes.state[evt.Type]
	if !ok {
		byKey = make(map[string]*event.Event)
		notes.state[evt.Type] = byKey
	}
	byKey[*evt.StateKey] = evt
}

// membership returns what a user is in the room, and "" when never there. The
// caller holds mu.
func (notes *roomNotes) membership(user id.UserID) event.Membership {
	evt, ok := notes.state[event.StateMember][user.String()]
	if !ok {
		return ""
	}
	return evt.Content.AsMember().Membership
}

// name returns the name that is set for the room. The caller holds mu.
func (notes *roomNotes) name() string {
	evt, ok := notes.state[event.StateRoomName][""]
	if !ok {
		return ""
	}
	return evt.Content.AsRoomName().Name
}

// takeEphemeral takes in read receipts and who types. The caller holds mu.
func (notes *roomNotes) takeEphemeral(events []*event.Event) {
	for _, evt := range events {
		evt.Type.Class = event.EphemeralEventType
		if evt.Content.ParseRaw(evt.Type) != nil {
			continue
		}
		switch content := evt.Content.Parsed.(type) {
		case *event.TypingEventContent:
			notes.typing = content.UserIDs
		case *event.ReceiptEventContent:
			for target, receipts := range *content {
				for user := range receipts[event.ReceiptTypeRead] {
					notes.read[user] = target
				}
			}
		}
	}
}

// encrypted tells whether the room's messages are encrypted. The caller holds mu.
func (notes *roomNotes) encrypted() bool {
	_, ok := notes.state[event.StateEncryption][""]
	return ok
}

// screen returns the messages of a room as a client shows them. The caller
// holds mu.
func (notes *roomNotes) screen() []Heard {
	gone := make(map[id.EventID]bool)
	for _, h := range notes.timeline {
		if h.Deletes != "" {
			gone[h.Deletes] = true
		}
	}
	var shown []Heard
	place := make(map[id.EventID]int)
	for _, h := range notes.timeline {
		switch {
		case gone[h.ID] || h.Event.Unsigned.RedactedBecause != nil:
		case h.IsMessage() || h.Err != nil:
			place[h.ID] = len(shown)
			shown = append(shown, h)
		case h.Edits != "":
			// Only the author may edit (Matrix 1.11, 11.5 "Event replacements").
			if i, ok := place[h.Edits]; ok && shown[i].Sender == h.Sender {
				shown[i].Text, shown[i].MsgType = h.Text, h.MsgType
			}
		}
	}
	return shown
}
