package bridgetest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

// dumpedEvents is how many of a room's last events a failed test shows.
const dumpedEvents = 15

// An Actor is a Staff on the stage of one test. Her methods are those of Staff
// without contexts and errors: what goes wrong fails the test and shows what
// she heard last. They are for the goroutine of the test.
type Actor struct {
	*Staff
	t testing.TB
}

// In is the same person on the stage of another test, such as a sub-test.
func (a *Actor) In(t testing.TB) *Actor { return &Actor{Staff: a.Staff, t: t} }

// must fails the test when err is set, with the last that was heard in a room.
func (a *Actor) must(room id.RoomID, err error) {
	a.t.Helper()
	if err != nil {
		a.t.Fatalf("%v\n%s", err, a.dump(room))
	}
}

// result takes what a method of Staff returns, and fails the test as must does.
func result[T any](a *Actor, room id.RoomID) func(T, error) T {
	return func(value T, err error) T {
		a.t.Helper()
		a.must(room, err)
		return value
	}
}

// dump shows the end of a room's log or, for no room in particular, the rooms
// that she knows and the end of each.
func (a *Actor) dump(room id.RoomID) string {
	var b strings.Builder
	rooms := []id.RoomID{room}
	if room == "" {
		a.notes.read(func() { rooms = slices.Sorted(maps.Keys(a.notes.rooms)) })
		fmt.Fprintf(&b, "%s knows %d rooms\n", a.Name(), len(rooms))
	}
	for _, room := range rooms {
		log := a.Log(room)
		fmt.Fprintf(&b, "%s heard %d events in %s %q, the last of them:\n", a.Name(), len(log), room, a.RoomName(room))
		for _, h := range log[max(0, len(log)-dumpedEvents):] {
			fmt.Fprintf(&b, "  %s\n", h)
		}
	}
	return b.String()
}

// Says is Staff.Says.
func (a *Actor) Says(room id.RoomID, text string) id.EventID {
	a.t.Helper()
	return result[id.EventID](a, room)(a.Staff.Says(a.t.Context(), room, text))
}

// SaysInClear is Staff.SaysInClear.
func (a *Actor) SaysInClear(room id.RoomID, text string) id.EventID {
	a.t.Helper()
	return result[id.EventID](a, room)(a.Staff.SaysInClear(a.t.Context(), room, text))
}

// Edits is Staff.Edits.
func (a *Actor) Edits(room id.RoomID, message id.EventID, text string) id.EventID {
	a.t.Helper()
	return result[id.EventID](a, room)(a.Staff.Edits(a.t.Context(), room, message, text))
}

// Replies is Staff.Replies.
func (a *Actor) Replies(room id.RoomID, to id.EventID, text string) id.EventID {
	a.t.Helper()
	return result[id.EventID](a, room)(a.Staff.Replies(a.t.Context(), room, to, text))
}

// Reacts is Staff.Reacts.
func (a *Actor) Reacts(room id.RoomID, to id.EventID, key string) id.EventID {
	a.t.Helper()
	return result[id.EventID](a, room)(a.Staff.Reacts(a.t.Context(), room, to, key))
}

// Deletes is Staff.Deletes.
func (a *Actor) Deletes(room id.RoomID, what id.EventID) id.EventID {
	a.t.Helper()
	return result[id.EventID](a, room)(a.Staff.Deletes(a.t.Context(), room, what))
}

// Sends is Staff.Sends.
func (a *Actor) Sends(room id.RoomID, kind event.Type, content any) id.EventID {
	a.t.Helper()
	return result[id.EventID](a, room)(a.Staff.Sends(a.t.Context(), room, kind, content))
}

// SendsInClear is Staff.SendsInClear.
func (a *Actor) SendsInClear(room id.RoomID, kind event.Type, content any) id.EventID {
	a.t.Helper()
	return result[id.EventID](a, room)(a.Staff.SendsInClear(a.t.Context(), room, kind, content))
}

// SendsImage is Staff.SendsImage.
func (a *Actor) SendsImage(room id.RoomID, data []byte, caption string) id.EventID {
	a.t.Helper()
	return result[id.EventID](a, room)(a.Staff.SendsImage(a.t.Context(), room, data, caption))
}

// Attaches is Staff.Attaches.
func (a *Actor) Attaches(room id.RoomID, file Attachment) id.EventID {
	a.t.Helper()
	return result[id.EventID](a, room)(a.Staff.Attaches(a.t.Context(), room, file))
}

// Downloads is Staff.Downloads.
func (a *Actor) Downloads(h Heard) []byte {
	a.t.Helper()
	return result[[]byte](a, h.Room)(a.Staff.Downloads(a.t.Context(), h))
}

// Reads is Staff.Reads.
func (a *Actor) Reads(room id.RoomID, upTo id.EventID) {
	a.t.Helper()
	a.must(room, a.Staff.Reads(a.t.Context(), room, upTo))
}

// Types is Staff.Types.
func (a *Actor) Types(room id.RoomID, typing bool) {
	a.t.Helper()
	a.must(room, a.Staff.Types(a.t.Context(), room, typing))
}

// Waits is Staff.Waits.
func (a *Actor) Waits(description string, match func(Heard) bool, since ...Mark) Heard {
	a.t.Helper()
	return result[Heard](a, "")(a.Staff.Waits(a.t.Context(), description, match, since...))
}

// Hears is Staff.Hears.
func (a *Actor) Hears(room id.RoomID, text string, since ...Mark) Heard {
	a.t.Helper()
	return result[Heard](a, room)(a.Staff.Hears(a.t.Context(), room, text, since...))
}

// Sees is Staff.Sees.
func (a *Actor) Sees(room id.RoomID, evt id.EventID) Heard {
	a.t.Helper()
	return result[Heard](a, room)(a.Staff.Sees(a.t.Context(), room, evt))
}

// SeesEdit is Staff.SeesEdit.
func (a *Actor) SeesEdit(room id.RoomID, of id.EventID, text string, since ...Mark) Heard {
	a.t.Helper()
	return result[Heard](a, room)(a.Staff.SeesEdit(a.t.Context(), room, of, text, since...))
}

// SeesReaction is Staff.SeesReaction.
func (a *Actor) SeesReaction(room id.RoomID, to id.EventID, key string, since ...Mark) Heard {
	a.t.Helper()
	return result[Heard](a, room)(a.Staff.SeesReaction(a.t.Context(), room, to, key, since...))
}

// SeesDeletion is Staff.SeesDeletion.
func (a *Actor) SeesDeletion(room id.RoomID, of id.EventID, since ...Mark) Heard {
	a.t.Helper()
	return result[Heard](a, room)(a.Staff.SeesDeletion(a.t.Context(), room, of, since...))
}

// UnderstandsAll is Staff.UnderstandsAll.
func (a *Actor) UnderstandsAll() {
	a.t.Helper()
	a.must("", a.Staff.UnderstandsAll(a.t.Context()))
}

// SeesRead is Staff.SeesRead.
func (a *Actor) SeesRead(room id.RoomID, user id.UserID, at id.EventID) {
	a.t.Helper()
	a.must(room, a.Staff.SeesRead(a.t.Context(), room, user, at))
}

// SeesTyping is Staff.SeesTyping.
func (a *Actor) SeesTyping(room id.RoomID, user id.UserID, typing bool) {
	a.t.Helper()
	a.must(room, a.Staff.SeesTyping(a.t.Context(), room, user, typing))
}

// StartsChatWith is Staff.StartsChatWith.
func (a *Actor) StartsChatWith(user id.UserID) id.RoomID {
	a.t.Helper()
	return result[id.RoomID](a, "")(a.Staff.StartsChatWith(a.t.Context(), user))
}

// StartsRoom is Staff.StartsRoom.
func (a *Actor) StartsRoom(name string, invite ...id.UserID) id.RoomID {
	a.t.Helper()
	return result[id.RoomID](a, "")(a.Staff.StartsRoom(a.t.Context(), name, invite...))
}

// StartsClearRoom is Staff.StartsClearRoom.
func (a *Actor) StartsClearRoom(name string, invite ...id.UserID) id.RoomID {
	a.t.Helper()
	return result[id.RoomID](a, "")(a.Staff.StartsClearRoom(a.t.Context(), name, invite...))
}

// SetsState is Staff.SetsState.
func (a *Actor) SetsState(room id.RoomID, kind event.Type, key string, content any) {
	a.t.Helper()
	a.must(room, a.Staff.SetsState(a.t.Context(), room, kind, key, content))
}

// Joins is Staff.Joins.
func (a *Actor) Joins(room id.RoomID) {
	a.t.Helper()
	a.must(room, a.Staff.Joins(a.t.Context(), room))
}

// Leaves is Staff.Leaves.
func (a *Actor) Leaves(room id.RoomID) {
	a.t.Helper()
	a.must(room, a.Staff.Leaves(a.t.Context(), room))
}

// Invites is Staff.Invites.
func (a *Actor) Invites(room id.RoomID, user id.UserID) {
	a.t.Helper()
	a.must(room, a.Staff.Invites(a.t.Context(), room, user))
}

// WaitsForInvite is Staff.WaitsForInvite.
func (a *Actor) WaitsForInvite(description string, match func(Invite) bool) Invite {
	a.t.Helper()
	return result[Invite](a, "")(a.Staff.WaitsForInvite(a.t.Context(), description, match))
}

// WaitsForRoom is Staff.WaitsForRoom.
func (a *Actor) WaitsForRoom(name string) id.RoomID {
	a.t.Helper()
	return result[id.RoomID](a, "")(a.Staff.WaitsForRoom(a.t.Context(), name))
}

// SeesRoomWith is Staff.SeesRoomWith.
func (a *Actor) SeesRoomWith(user id.UserID) id.RoomID {
	a.t.Helper()
	return result[id.RoomID](a, "")(a.Staff.SeesRoomWith(a.t.Context(), user))
}

// SeesMember is Staff.SeesMember.
func (a *Actor) SeesMember(room id.RoomID, user id.UserID, membership event.Membership) {
	a.t.Helper()
	a.must(room, a.Staff.SeesMember(a.t.Context(), room, user, membership))
}

// SeesState is Staff.SeesState.
func (a *Actor) SeesState(room id.RoomID, kind event.Type, key string, match func(*event.Event) bool) *event.Event {
	a.t.Helper()
	return result[*event.Event](a, room)(a.Staff.SeesState(a.t.Context(), room, kind, key, match))
}

// Mutes is Staff.Mutes.
func (a *Actor) Mutes(room id.RoomID, muted bool) {
	a.t.Helper()
	a.must(room, a.Staff.Mutes(a.t.Context(), room, muted))
}

// Tags is Staff.Tags.
func (a *Actor) Tags(room id.RoomID, tag event.RoomTag, tagged bool) {
	a.t.Helper()
	a.must(room, a.Staff.Tags(a.t.Context(), room, tag, tagged))
}

// LeavesUnread is Staff.LeavesUnread.
func (a *Actor) LeavesUnread(room id.RoomID, unread bool) {
	a.t.Helper()
	a.must(room, a.Staff.LeavesUnread(a.t.Context(), room, unread))
}

// SeesMarks is Staff.SeesMarks.
func (a *Actor) SeesMarks(room id.RoomID, want RoomMarks) {
	a.t.Helper()
	a.must(room, a.Staff.SeesMarks(a.t.Context(), room, want))
}
