package whatsapp

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/bridgev2/networkid"
	"maunium.net/go/mautrix/bridgev2/simplevent"
	"maunium.net/go/mautrix/event"

	"passerelle/portal/handover"
)

// Marks are what the owner of an account sets about a chat for themselves: it is muted, pinned, archived, or marked as
// unread. WhatsApp keeps them in the account's app state; whatsmeow keeps the newest of them (whatsmeow/appstate.go,
// dispatchAppState), but for the mark of being unread. In Matrix they are the owner's, too: a push rule, a tag of the room, a
// piece of account data (Matrix Client-Server API, "Push notifications", "Room tagging", "Unread markers"). So it takes a
// double puppet to show them.

// marks are the marks of a chat.
type marks struct {
	mutedUntil time.Time // zero or past: not muted; [event.MutedForever]
	pinned     bool
	archived   bool
}

// mark says which marks of a chat are meant. What an event does not speak of is left alone: the owner may just be changing it
// in an app.
type mark string

const (
	everyMark mark = ""
	muteMark  mark = "mute"
	placeMark mark = "place" // pinned, archived
)

func (m marks) muted(now time.Time) bool { return m.mutedUntil.After(now) }

// tag is what a chat's room is tagged with; empty: nothing. WhatsApp unpins what it archives.
func (m marks) tag() event.RoomTag {
	switch {
	case m.pinned:
		return event.RoomTagFavourite
	case m.archived:
		return event.RoomTagLowPriority
	}
	return ""
}

// marksOf returns the marks of a chat, and the JID under which the account's devices know it: chats that were marked before
// WhatsApp used LIDs keep the phone number.
func (a *account) marksOf(ctx context.Context, chat types.JID) (found marks, known types.JID, err error) {
	client := a.current()
	if client == nil {
		return marks{}, chat, nil
	}
	candidates := []types.JID{chat}
	if chat.Server != types.GroupServer {
		phone, err := a.phone(ctx, chat)
		if err != nil {
			return marks{}, chat, err
		}
		if phone != "" {
			candidates = append(candidates, types.NewJID(phone, types.DefaultUserServer))
		}
	}
	for _, jid := range candidates {
		settings, err := client.Store.ChatSettings.GetChatSettings(ctx, jid)
		if err != nil {
			return marks{}, chat, fmt.Errorf("look up a chat's marks: %w", err)
		}
		if !settings.Found {
			continue
		}
		found = marks{mutedUntil: settings.MutedUntil, pinned: settings.Pinned, archived: settings.Archived}
		if found.mutedUntil.Equal(store.MutedForever) {
			found.mutedUntil = event.MutedForever
		}
		return found, jid, nil
	}
	return marks{}, chat, nil
}

// receiveMarks puts into the inbox that a chat's marks changed. It is false when it could not. What they are is looked up when
// it is delivered, so that of several changes the last one stays.
func (a *account) receiveMarks(chat types.JID, changed mark) (stored bool) {
	if chat.Server != types.GroupServer && !isPerson(chat) {
		return true
	}
	return a.storeMessage(&arrival{
		Version: arrivalVersion, Kind: arrivalMarks, Chat: chat.ToNonAD(), Sender: a.lid, ID: rand.Text(), At: time.Now(),
		Mark: changed,
	})
}

// takeMarks shows a chat's marks in its room, if it has one. A room is made with the marks that the chat has when that begins.
func (a *account) takeMarks(ctx context.Context, came *arrival) error {
	chat := came.Chat
	if chat.Server != types.GroupServer {
		var err error
		if chat, err = a.knownLID(ctx, chat, types.EmptyJID); err != nil || chat.IsEmpty() {
			return err
		}
	}
	room, err := handover.Kept(ctx, a.login, portalKey(chat, a.login.ID))
	if err != nil || room == nil {
		return err
	}
	puppet := a.login.User.DoublePuppet(ctx)
	if puppet == nil {
		return nil
	}
	marks, _, err := a.marksOf(ctx, chat)
	if err != nil {
		return err
	}
	if err := a.keepMuteEnd(ctx, room.ID, marks); err != nil {
		return err
	}
	if came.Mark != placeMark {
		err = puppet.MuteRoom(ctx, room.MXID, marks.mutedUntil)
	}
	if tag := marks.tag(); came.Mark != muteMark {
		err = errors.Join(err, puppet.TagRoom(ctx, room.MXID, tag, tag != ""))
	}
	return err
}

// marksForRoom describes the marks of a chat for a room that is made, and sees to the end of its silence. It returns nil when
// the chat has none, which costs the homeserver nothing.
func (a *account) marksForRoom(ctx context.Context, chat types.JID) (*bridgev2.UserLocalPortalInfo, error) {
	marks, _, err := a.marksOf(ctx, chat)
	if err != nil {
		return nil, err
	}
	if err := a.keepMuteEnd(ctx, portalID(chat), marks); err != nil {
		return nil, err
	}
	var info bridgev2.UserLocalPortalInfo
	if marks.muted(time.Now()) {
		info.MutedUntil = &marks.mutedUntil
	}
	if tag := marks.tag(); tag != "" {
		info.Tag = &tag
	}
	if info.MutedUntil == nil && info.Tag == nil {
		return nil, nil
	}
	return &info, nil
}

// marksCame shows the marks that the phone's settings hold in the rooms that are there. whatsmeow tells of no mark by itself
// when all of them come at once (whatsmeow/appstate.go, fetchAppState).
func (a *account) marksCame(which mark) {
	a.spawn(func(ctx context.Context) {
		in, err := a.connector.bridge.DB.UserPortal.GetAllForLogin(ctx, a.login.UserLogin)
		if err != nil {
			a.log.Err(err).Msg("The marks of chats are not shown")
			return
		}
		for _, place := range in {
			a.remark(ctx, place.Portal, which)
		}
	})
}

// remark shows marks of a chat in its room, if it has any.
func (a *account) remark(ctx context.Context, key networkid.PortalKey, which mark) {
	room, err := a.connector.bridge.DB.Portal.GetByKey(ctx, key)
	if err != nil || room == nil {
		return
	}
	metadata, _ := room.Metadata.(*PortalMetadata)
	chat, err := chatOf(room.ID, metadata)
	if err != nil {
		return
	}
	if marks, _, err := a.marksOf(ctx, chat); err != nil || marks.tag() == "" && !marks.muted(time.Now()) {
		return
	}
	a.receiveMarks(chat, which)
}

// joinsRoom returns what is to be done once this login has come into a room: its marks are shown. They may have come while the
// room was made, or the room is a group's that was there already, because a colleague is in it.
func (a *account) joinsRoom(ctx context.Context, key networkid.PortalKey) (afterwards func(), err error) {
	a.mu.Lock()
	met := a.met[key]
	a.mu.Unlock()
	if met {
		return func() {}, nil
	}
	place, err := a.connector.bridge.DB.UserPortal.Get(ctx, a.login.UserLogin, key)
	if err != nil {
		return nil, fmt.Errorf("look up whether a login is in a room: %w", err)
	}
	return func() {
		a.mu.Lock()
		if a.met == nil {
			a.met = map[networkid.PortalKey]bool{}
		}
		a.met[key] = true
		a.mu.Unlock()
		if place == nil {
			a.remark(ctx, key, everyMark)
		}
	}, nil
}

// markedUnread passes on that the phone's owner marked a chat as unread, or took the mark away.
func (a *account) markedUnread(marked *events.MarkChatAsRead) {
	chat := marked.JID.ToNonAD()
	if chat.Server != types.GroupServer {
		lid, err := a.knownLID(a.ctx, chat, types.EmptyJID)
		if err != nil || lid.IsEmpty() || !isPerson(lid) {
			return
		}
		chat = lid
	}
	unread := !marked.Action.GetRead()
	if !a.noteUnread(portalID(chat), unread) {
		return
	}
	a.signal(&simplevent.MarkUnread{
		EventMeta: simplevent.EventMeta{
			Type: bridgev2.RemoteEventMarkUnread, PortalKey: portalKey(chat, a.login.ID), Sender: a.sender(a.lid), Timestamp: marked.Timestamp,
		},
		Unread: unread,
	})
}

func (a *account) isLeftUnread(chat networkid.PortalID) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.leftUnread[chat]
}

// noteUnread notes whether a chat is marked as unread, and tells whether that is news.
func (a *account) noteUnread(chat networkid.PortalID, unread bool) (news bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.leftUnread[chat] == unread {
		return false
	}
	if a.leftUnread == nil {
		a.leftUnread = map[networkid.PortalID]bool{}
	}
	a.leftUnread[chat] = unread
	return true
}

// A chat is muted for a while or for good. Matrix knows no end of a push rule: when the time is over the bridge takes it away.

// keepMuteEnd keeps when a chat's silence ends, if it does, so that it is ended after a restart, too.
func (a *account) keepMuteEnd(ctx context.Context, chat networkid.PortalID, marks marks) error {
	until := marks.mutedUntil
	if !marks.muted(time.Now()) || until.Equal(event.MutedForever) {
		until = time.Time{}
	}
	if a.muteEnd(chat).Equal(until) {
		return nil
	}
	err := a.keep(ctx, func(kept *LoginMetadata) {
		mutes := map[networkid.PortalID]time.Time{}
		for muted, end := range kept.Mutes { // a new map: the old one may be read
			mutes[muted] = end
		}
		delete(mutes, chat)
		if !until.IsZero() {
			mutes[chat] = until
		}
		kept.Mutes = mutes
	})
	if err != nil {
		return fmt.Errorf("note until when a chat is muted: %w", err)
	}
	select {
	case a.muteNoted <- struct{}{}:
	default:
	}
	return nil
}

// muteEnd returns when a chat's silence ends; zero: it does not, or there is none.
func (a *account) muteEnd(chat networkid.PortalID) time.Time {
	a.keeping.Lock()
	defer a.keeping.Unlock()
	return a.login.Metadata.(*LoginMetadata).Mutes[chat]
}

// nextMuteEnd returns the chat whose silence ends next; empty: there is none.
func (a *account) nextMuteEnd() (next networkid.PortalID, at time.Time) {
	a.keeping.Lock()
	defer a.keeping.Unlock()
	for chat, end := range a.login.Metadata.(*LoginMetadata).Mutes {
		if next == "" || end.Before(at) {
			next, at = chat, end
		}
	}
	return next, at
}

// endMutes ends the silence of chats when its time is over, until ctx ends.
func (a *account) endMutes(ctx context.Context) {
	for ctx.Err() == nil {
		chat, at := a.nextMuteEnd()
		over := a.awaitMuteEnd(ctx, chat, at)
		if !over {
			continue
		}
		if err := a.endMute(ctx, chat); err != nil && ctx.Err() == nil {
			a.log.Err(err).Msg("A chat stays muted; trying again")
			a.awaitMuteEnd(ctx, chat, time.Now().Add(muteRetry))
		}
	}
}

// awaitMuteEnd waits until a chat's silence ends. It is false when something else happened before.
func (a *account) awaitMuteEnd(ctx context.Context, chat networkid.PortalID, at time.Time) (over bool) {
	timer := time.NewTimer(time.Until(at))
	defer timer.Stop()
	ends := timer.C
	if chat == "" {
		ends = nil
	}
	select {
	case <-ctx.Done():
	case <-a.muteNoted:
	case <-ends:
		return true
	}
	return false
}

// muteRetry is the pause before the end of a chat's silence is tried again.
const muteRetry = 30 * time.Second

// endMute has a chat's marks shown as they are now, and forgets the end.
func (a *account) endMute(ctx context.Context, chat networkid.PortalID) error {
	room, err := a.connector.bridge.DB.Portal.GetByIDWithUncertainReceiver(ctx, networkid.PortalKey{ID: chat, Receiver: a.login.ID})
	if err != nil {
		return fmt.Errorf("look up a room: %w", err)
	}
	if room != nil {
		metadata, _ := room.Metadata.(*PortalMetadata)
		if jid, err := chatOf(room.ID, metadata); err == nil && !a.receiveMarks(jid, muteMark) {
			return fmt.Errorf("end a chat's silence: %w", context.Cause(ctx))
		}
	}
	return a.keepMuteEnd(ctx, chat, marks{})
}
