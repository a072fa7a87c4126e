package bridge

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

// Each login has a space, which holds its chats but for those that are in a space of the network's own. bridgev2 makes it with
// the first chat, and puts each chat into it once its login is met there (bridgev2/space.go); CreateRoom sees to it that the
// space is made once. What fails then, and the chats from before there were spaces, are put into it here; and what bridgev2 asks
// for several times is asked of the homeserver once.

const (
	spacesEvery      = 15 * time.Minute
	spacesAfterError = time.Minute
)

// fillSpaces puts chats into their spaces until ctx ends.
func (n *network) fillSpaces(ctx context.Context) {
	for ctx.Err() == nil {
		pause := spacesEvery
		for _, login := range n.bridge().GetAllCachedUserLogins() {
			if err := fillSpace(ctx, login); err != nil && ctx.Err() == nil {
				n.log.Err(err).Str("login", string(login.ID)).Msg("Not all chats are in their space yet; trying again")
				pause = spacesAfterError
			}
		}
		wait(ctx, pause)
	}
}

// fillSpace puts the chats of a login into its space that are not there.
func fillSpace(ctx context.Context, login *bridgev2.UserLogin) error {
	places, err := login.Bridge.DB.UserPortal.GetAllForLogin(ctx, login.UserLogin)
	if err != nil {
		return fmt.Errorf("look up a login's chats: %w", err)
	}
	var failed error
	for _, place := range places {
		if place.InSpace != nil && *place.InSpace || ctx.Err() != nil {
			continue
		}
		at, err := login.Bridge.GetExistingPortalByKey(ctx, place.Portal)
		if err == nil && at != nil {
			err = login.AddPortalToSpace(ctx, at, place.CopyWithoutValues())
		}
		failed = errors.Join(failed, err)
	}
	return failed
}

// spaceChildFor is how long a room that was put into a space is not put there again: by then bridgev2's table says so.
const spaceChildFor = time.Minute

// spaceChildren are the rooms that were put into spaces a moment ago, or are being put there. bridgev2 asks for it at the
// creation of a room, and at each of its messages until the first time has succeeded (bridgev2/space.go, MarkInPortal).
type spaceChildren struct {
	mu       sync.Mutex
	children map[spaceChild]*placing
}

type spaceChild struct{ space, room id.RoomID }

// placing is one time that a room is put into a space.
type placing struct {
	mu      sync.Mutex // held while the homeserver is asked
	content string     // what it was last asked for, with success
	answer  *mautrix.RespSendEvent
	at      time.Time
}

// place puts a room into a space, or takes it out, unless that was just done. send asks the homeserver.
func (s *spaceChildren) place(child spaceChild, content *event.Content, send func() (*mautrix.RespSendEvent, error)) (*mautrix.RespSendEvent, error) {
	wanted, err := json.Marshal(content)
	if err != nil {
		return nil, err
	}
	p := s.of(child)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.content == string(wanted) && time.Since(p.at) < spaceChildFor {
		return p.answer, nil
	}
	answer, err := send()
	if err == nil {
		p.content, p.answer, p.at = string(wanted), answer, time.Now()
	}
	return answer, err
}

// of returns the place of a room in a space, and forgets those that have been at rest.
func (s *spaceChildren) of(child spaceChild) *placing {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.children == nil {
		s.children = map[spaceChild]*placing{}
	}
	p := s.children[child]
	if p == nil {
		for other, old := range s.children {
			if old.mu.TryLock() {
				if !old.at.IsZero() && time.Since(old.at) > spaceChildFor {
					delete(s.children, other)
				}
				old.mu.Unlock()
			}
		}
		p = &placing{}
		s.children[child] = p
	}
	return p
}

// sendState sends a change of a room. What puts a room into a space is sent once.
func (i *intent) sendState(ctx context.Context, room id.RoomID, t event.Type, key string, content *event.Content, at time.Time) (*mautrix.RespSendEvent, error) {
	send := func() (*mautrix.RespSendEvent, error) { return i.ASIntent.SendState(ctx, room, t, key, content, at) }
	if t != event.StateSpaceChild {
		return send()
	}
	return i.connector.spaces.place(spaceChild{space: room, room: id.RoomID(key)}, content, send)
}
