package bridge

import (
	"context"
	"slices"
	"sync"
	"time"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

// foundersFor is how long the news of who was invited and joined at a room's creation may take.
const foundersFor = 5 * time.Minute

// founders are the members whom rooms were made with a while ago. No key of such a room was made before they were in it, so
// each of them has got all: what the homeserver tells of their invitations and joins, often after the first message, is no
// reason to make another key and to send it to everybody.
type founders struct {
	mu    sync.Mutex
	rooms map[id.RoomID]*founding
}

type founding struct {
	at      time.Time
	members []id.UserID
}

// add notes the members whom a room was just made with.
func (f *founders) add(room id.RoomID, members []id.UserID) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.rooms == nil {
		f.rooms = map[id.RoomID]*founding{}
	}
	for other, founding := range f.rooms {
		if time.Since(founding.at) > foundersFor {
			delete(f.rooms, other)
		}
	}
	f.rooms[room] = &founding{at: time.Now(), members: slices.Clone(members)}
}

// have tells whether a change of a membership is that of a founder who comes in. One who has left is a founder no more.
func (f *founders) have(evt *event.Event) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	room, content := f.rooms[evt.RoomID], evt.Content.AsMember()
	if room == nil || content == nil {
		return false
	}
	member := id.UserID(evt.GetStateKey())
	if content.Membership != event.MembershipInvite && content.Membership != event.MembershipJoin {
		room.members = slices.DeleteFunc(room.members, func(other id.UserID) bool { return other == member })
		return false
	}
	return slices.Contains(room.members, member)
}

// HandleMemberEvent lets a room's key be made anew when a change of its members asks for it.
func (k *roomKeys) HandleMemberEvent(ctx context.Context, evt *event.Event) {
	if k.founders.have(evt) {
		return
	}
	k.Crypto.HandleMemberEvent(ctx, evt)
}
