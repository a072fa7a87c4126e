package bridgetest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
	"maunium.net/go/mautrix/pushrules"
)

// RoomMarks are what a person has set about a room, as her other devices show
// it.
type RoomMarks struct {
	Muted     bool // in the way of the room's rule, or of an override rule
	Favourite bool
	Low       bool // of low priority
	Unread    bool // marked as unread
}

// Mutes mutes a room as Element's "mute" does, or lets it sound again.
func (s *Staff) Mutes(ctx context.Context, room id.RoomID, muted bool) error {
	ctx, cancel := s.bounded(ctx)
	defer cancel()
	var err error
	if muted {
		err = s.client.PutPushRule(ctx, "global", pushrules.OverrideRule, string(room), &mautrix.ReqPutPushRule{
			Actions:    []*pushrules.PushAction{},
			Conditions: []*pushrules.PushCondition{{Kind: pushrules.KindEventMatch, Key: "room_id", Pattern: string(room)}},
		})
	} else {
		for _, kind := range []pushrules.PushRuleType{pushrules.OverrideRule, pushrules.RoomRule} {
			gone := s.client.DeletePushRule(ctx, "global", kind, string(room))
			if !errors.Is(gone, mautrix.MNotFound) {
				err = errors.Join(err, gone)
			}
		}
	}
	if err != nil {
		return fmt.Errorf("%s mutes %s: %w", s.name, room, err)
	}
	return nil
}

// Tags tags a room, or takes the tag away.
func (s *Staff) Tags(ctx context.Context, room id.RoomID, tag event.RoomTag, tagged bool) error {
	ctx, cancel := s.bounded(ctx)
	defer cancel()
	err := s.client.RemoveTag(ctx, room, tag)
	if tagged {
		err = s.client.AddTag(ctx, room, tag, 0.5)
	}
	if err != nil {
		return fmt.Errorf("%s tags %s: %w", s.name, room, err)
	}
	return nil
}

// LeavesUnread marks a room as unread, or takes the mark away.
func (s *Staff) LeavesUnread(ctx context.Context, room id.RoomID, unread bool) error {
	ctx, cancel := s.bounded(ctx)
	defer cancel()
	err := s.client.SetRoomAccountData(ctx, room, event.AccountDataMarkedUnread.Type, &event.MarkedUnreadEventContent{Unread: unread})
	if err != nil {
		return fmt.Errorf("%s marks %s as unread: %w", s.name, room, err)
	}
	return nil
}

// Marks asks the homeserver what she has set about a room.
func (s *Staff) Marks(ctx context.Context, room id.RoomID) (marks RoomMarks, err error) {
	ctx, cancel := s.bounded(ctx)
	defer cancel()
	tags, err := s.client.GetTags(ctx, room)
	if err != nil {
		return marks, fmt.Errorf("%s asks for the tags of %s: %w", s.name, room, err)
	}
	_, marks.Favourite = tags.Tags[event.RoomTagFavourite]
	_, marks.Low = tags.Tags[event.RoomTagLowPriority]
	rules, err := s.client.GetPushRules(ctx)
	if err != nil {
		return marks, fmt.Errorf("%s asks for her push rules: %w", s.name, err)
	}
	if rule, ok := rules.Room.Map[string(room)]; ok && rule.Enabled && !rule.Actions.Should().Notify {
		marks.Muted = true
	}
	for _, rule := range rules.Override {
		if rule.RuleID == string(room) && rule.Enabled && !rule.Actions.Should().Notify {
			marks.Muted = true
		}
	}
	var unread event.MarkedUnreadEventContent
	err = s.client.GetRoomAccountData(ctx, room, event.AccountDataMarkedUnread.Type, &unread)
	if err != nil && !errors.Is(err, mautrix.MNotFound) {
		return marks, fmt.Errorf("%s asks whether %s is unread: %w", s.name, room, err)
	}
	marks.Unread = unread.Unread
	return marks, nil
}

// SeesMarks waits until a room has just these marks.
func (s *Staff) SeesMarks(ctx context.Context, room id.RoomID, want RoomMarks) error {
	ctx, cancel := s.bounded(ctx)
	defer cancel()
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	var seen RoomMarks
	for {
		marks, err := s.Marks(ctx, room)
		switch {
		case err == nil && marks == want:
			return nil
		case err == nil:
			seen = marks
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s waits for the marks %+v of %s, and sees %+v: %w", s.name, want, room, seen, errors.Join(err, ctx.Err()))
		case <-tick.C:
		}
	}
}
