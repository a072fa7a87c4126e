package bridgetest

import (
	"context"
	"fmt"
	"slices"

	"maunium.net/go/mautrix/id"
)

// Mark returns the present moment, from which a later wait can start.
func (s *Staff) Mark() (now Mark) {
	s.notes.read(func() { now = Mark(len(s.notes.readable)) })
	return now
}

// Waits returns the first event that match accepts, among all that she has
// heard so far and all that is to come; since a mark, if one is given. Match
// gets each event once, in the order in which they could be read, which is the
// order of the room but for late keys. The description says in the error what
// did not come.
func (s *Staff) Waits(ctx context.Context, description string, match func(Heard) bool, since ...Mark) (Heard, error) {
	ctx, cancel := s.bounded(ctx)
	defer cancel()
	next := 0
	if len(since) > 0 {
		next = int(since[0])
	}
	var found Heard
	err := s.notes.await(ctx, func() bool {
		var news []Heard
		s.notes.read(func() { news = s.notes.readable[next:] })
		next += len(news)
		i := slices.IndexFunc(news, match)
		if i >= 0 {
			found = news[i]
		}
		return i >= 0
	})
	if err != nil {
		return Heard{}, fmt.Errorf("%s waits for %s: %w", s.name, description, err)
	}
	return found, nil
}

// Hears waits for a message with exactly this text that another person, or
// she herself elsewhere, says in a room.
func (s *Staff) Hears(ctx context.Context, room id.RoomID, text string, since ...Mark) (Heard, error) {
	return s.Waits(ctx, fmt.Sprintf("%q in %s", text, room), func(h Heard) bool {
		return h.Room == room && !h.Mine && h.IsMessage() && h.Text == text
	}, since...)
}

// Sees waits for an event to arrive and be readable: what she sent herself comes
// back too, and only then has a place in the room's order.
func (s *Staff) Sees(ctx context.Context, room id.RoomID, event id.EventID) (Heard, error) {
	return s.Waits(ctx, fmt.Sprintf("%s in %s", event, room), func(h Heard) bool {
		return h.Room == room && h.ID == event
	})
}

// SeesEdit waits for the edit of a message to exactly this text.
func (s *Staff) SeesEdit(ctx context.Context, room id.RoomID, of id.EventID, text string, since ...Mark) (Heard, error) {
	return s.Waits(ctx, fmt.Sprintf("the edit of %s to %q", of, text), func(h Heard) bool {
		return h.Room == room && h.Edits == of && h.Text == text
	}, since...)
}

// SeesReaction waits for a reaction with this key.
func (s *Staff) SeesReaction(ctx context.Context, room id.RoomID, to id.EventID, key string, since ...Mark) (Heard, error) {
	return s.Waits(ctx, fmt.Sprintf("the reaction %s to %s", key, to), func(h Heard) bool {
		return h.Room == room && h.ReactsTo == to && h.Reaction == key
	}, since...)
}

// SeesDeletion waits for an event to be deleted.
func (s *Staff) SeesDeletion(ctx context.Context, room id.RoomID, of id.EventID, since ...Mark) (Heard, error) {
	return s.Waits(ctx, fmt.Sprintf("the deletion of %s", of), func(h Heard) bool {
		return h.Room == room && h.Deletes == of
	}, since...)
}

// SeesRead waits until a user's public read receipt stands at an event.
func (s *Staff) SeesRead(ctx context.Context, room id.RoomID, user id.UserID, event id.EventID) error {
	return s.awaitNotes(ctx, fmt.Sprintf("%s to have read %s", user, event), func(n *notebook) bool {
		notes, ok := n.rooms[room]
		return ok && notes.read[user] == event
	})
}

// SeesTyping waits until a user types, or types no more.
func (s *Staff) SeesTyping(ctx context.Context, room id.RoomID, user id.UserID, typing bool) error {
	return s.awaitNotes(ctx, fmt.Sprintf("typing of %s to be %t", user, typing), func(n *notebook) bool {
		notes, ok := n.rooms[room]
		return ok && slices.Contains(notes.typing, user) == typing
	})
}

// Log returns all events of a room in the room's order, each once. Those that
// cannot be read as yet stand in their place with Err set.
func (s *Staff) Log(room id.RoomID) (log []Heard) {
	s.notes.read(func() {
		if notes, ok := s.notes.rooms[room]; ok {
			log = slices.Clone(notes.timeline)
		}
	})
	return log
}

// Texts returns the texts of a room's messages in order, her own among them:
// what tests of order and doubles compare.
func (s *Staff) Texts(room id.RoomID) (texts []string) {
	for _, h := range s.Log(room) {
		if h.IsMessage() {
			texts = append(texts, h.Text)
		}
	}
	return texts
}

// Screen returns the messages of a room as her client shows them: in order,
// edits applied, deleted ones gone, unreadable ones in their place.
func (s *Staff) Screen(room id.RoomID) (shown []Heard) {
	s.notes.read(func() {
		if notes, ok := s.notes.rooms[room]; ok {
			shown = notes.screen()
		}
	})
	return shown
}

// Reactions returns who reacted to an event and with what, as her client shows
// it: withdrawn reactions are gone.
func (s *Staff) Reactions(room id.RoomID, to id.EventID) map[id.UserID][]string {
	reactions := make(map[id.UserID][]string)
	log := s.Log(room)
	for _, h := range log {
		withdrawn := slices.ContainsFunc(log, func(d Heard) bool { return d.Deletes == h.ID })
		if h.ReactsTo == to && h.ReactsTo != "" && !withdrawn {
			reactions[h.Sender] = append(reactions[h.Sender], h.Reaction)
		}
	}
	return reactions
}

// Undecryptable returns the encrypted events of all rooms that could not be
// read as yet: keys may still come. See UnderstandsAll.
func (s *Staff) Undecryptable() []Heard { return s.notes.unreadable() }

// UnderstandsAll waits until she could read all that she received.
func (s *Staff) UnderstandsAll(ctx context.Context) error {
	return s.awaits(ctx, "the keys of all that she received", func() bool {
		return len(s.notes.unreadable()) == 0
	})
}

// awaitNotes waits until f says so of the notebook. It holds the notebook's
// lock meanwhile: no code of a caller's may be in it.
func (s *Staff) awaitNotes(ctx context.Context, description string, f func(*notebook) bool) error {
	return s.awaits(ctx, description, func() (done bool) {
		s.notes.read(func() { done = f(s.notes) })
		return done
	})
}

// awaits waits until f, which is tried again at each change, says so.
func (s *Staff) awaits(ctx context.Context, description string, f func() bool) error {
	ctx, cancel := s.bounded(ctx)
	defer cancel()
	if err := s.notes.await(ctx, f); err != nil {
		return fmt.Errorf("%s waits for %s: %w", s.name, description, err)
	}
	return nil
}
