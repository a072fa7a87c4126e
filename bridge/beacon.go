package bridge

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/portal"
	"passerelle/portal/geo"
	"passerelle/portal/say"
)

// Staff share a live location in events that bridgev2 does not know: a state event that begins it, and encrypted ones for the
// positions, which refer to it (MSC3489, MSC3672). The first position goes out as a location. Where the network can follow it the others
// go out as edits of that, and so does the end; where it cannot, the location stays where it is, and the sender is told so.

// Following is a connector whose network can follow a location. The first position comes marked (portal.LiveFor), further ones as
// edits of it, and the end as one that is marked (portal.LiveEnds).
type Following interface {
	// FollowsPlaces tells whether it can.
	FollowsPlaces() bool
}

func (n *network) follows() bool {
	following, ok := n.bridge().Network.(Following)
	return ok && following.FollowsPlaces()
}

// isBeacon tells whether events of a type are positions of a live location.
func isBeacon(t event.Type) bool {
	return t.Type == "org.matrix.msc3672.beacon" || t.Type == "m.beacon"
}

// shareTypes are the types of what begins a live location, and ends it.
var shareTypes = []string{"org.matrix.msc3672.beacon_info", "m.beacon_info"}

// allowShares lets members of a room begin a live location, which takes more than they may by default: it is a state event.
// Nobody can begin one for another: its key is a Matrix ID, and the sender's (Client-Server API, "Room state": keys that begin
// with @).
func allowShares(levels *event.PowerLevelsEventContent) {
	if levels == nil {
		return
	}
	for _, name := range shareTypes {
		levels.SetEventLevel(event.Type{Type: name, Class: event.StateEventType}, 0)
	}
}

// shares are the live locations whose first position is known, by the event that began them.
type shares struct {
	mu     sync.Mutex
	first  map[id.EventID]id.EventID // guarded by mu
	newest map[shareKey]id.EventID   // guarded by mu; the first position of somebody's newest one
}

// shareKey names the live location that somebody has in a room: there is one at a time.
type shareKey struct {
	room id.RoomID
	user id.UserID
}

// begins keeps the first position of somebody's newest live location.
func (s *shares) begins(evt *event.Event, first id.EventID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.newest == nil || len(s.newest) >= mostShares {
		s.newest = map[shareKey]id.EventID{}
	}
	s.newest[shareKey{evt.RoomID, evt.Sender}] = first
}

// ends forgets somebody's live location, and returns its first position; "": none is known.
func (s *shares) ends(evt *event.Event) id.EventID {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := shareKey{evt.RoomID, evt.Sender}
	defer delete(s.newest, key)
	return s.newest[key]
}

// mostShares bounds how many are remembered. One that is not is looked up at the homeserver.
const mostShares = 1024

// knows returns the first position of a live location; "": it is not remembered.
func (s *shares) knows(share id.EventID) id.EventID {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.first[share]
}

func (s *shares) remember(share, first id.EventID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.first == nil || len(s.first) >= mostShares {
		s.first = map[id.EventID]id.EventID{}
	}
	s.first[share] = first
}

// isNew tells whether a position is the first that is known of its live location, and remembers it.
func (s *shares) isNew(position *event.Event) bool {
	share, _ := beaconContent(position.Content.Raw)
	if s.knows(share) != "" {
		return false
	}
	s.remember(share, position.ID)
	return true
}

// fromBeacon returns the location that the first position of a live location goes out as; nil: the position goes no further.
func (n *network) fromBeacon(ctx context.Context, evt *event.Event) (*event.Event, error) {
	share, uri := beaconContent(evt.Content.Raw)
	room, err := n.bridge().GetPortalByMXID(ctx, evt.RoomID)
	if err != nil {
		return nil, fmt.Errorf("look up a room: %w", err)
	}
	if room == nil || share == "" || uri == "" {
		return nil, nil
	}
	first := n.shares.knows(share)
	if first == "" {
		if first, err = n.firstPosition(ctx, evt, share); err != nil {
			return nil, err
		}
		n.shares.remember(share, first)
		if first == evt.ID && !n.follows() {
			n.tell(evt.RoomID, evt.ID, evt.Sender, n.sayTo(evt.Sender, say.SharedStaysHere, n.title()))
		}
	}
	switch {
	case !n.follows() && first != evt.ID:
		return nil, nil
	case !n.follows():
		return n.standing(evt, uri, n.say(say.SharedFrom)), nil
	}
	n.shares.begins(evt, first)
	position := n.standing(evt, uri, n.say(say.LiveHere))
	if first != evt.ID {
		return editOf(evt, first, position.Content.AsMessage(), position.Content.Raw), nil
	}
	portal.MarkLive(position.Content.Raw, n.shareLasts(ctx, evt.RoomID, share))
	return position, nil
}

// shareLasts tells for how long a live location is shared.
func (n *network) shareLasts(ctx context.Context, room id.RoomID, share id.EventID) time.Duration {
	begun, err := n.matrix().Bot.GetEvent(ctx, room, share)
	if err != nil {
		n.log.Warn().Err(err).Stringer("event", share).Msg("How long a live location is shared cannot be looked up")
		return 0
	}
	lasts, _ := begun.Content.Raw["timeout"].(float64)
	return time.Duration(min(lasts, 1e12)) * time.Millisecond
}

// fromShareEnd returns the edit that the end of a live location goes on as; nil: the event is none, or nobody follows it. (One that is
// not remembered, since the program was started again, ends on the network when its time is over.)
func (n *network) fromShareEnd(evt *event.Event) *event.Event {
	if !slices.Contains(shareTypes, evt.Type.Type) || evt.GetStateKey() != evt.Sender.String() || !n.follows() {
		return nil
	}
	if live, _ := evt.Content.Raw["live"].(bool); live {
		return nil
	}
	first := n.shares.ends(evt)
	if first == "" {
		return nil
	}
	raw := map[string]any{}
	portal.MarkLiveEnd(raw)
	end := editOf(evt, first, &event.MessageEventContent{MsgType: event.MsgText}, raw)
	end.Mautrix.WasEncrypted = true // the end is in the clear by protocol, and bridgev2 takes no messages that are
	return end
}

// beaconContent reads which live location a position is of, and where it is; empty: it does not say.
func beaconContent(raw map[string]any) (share id.EventID, uri string) {
	about, _ := raw["m.relates_to"].(map[string]any)
	named, _ := about["event_id"].(string)
	for _, key := range []string{geo.KeyLocation, "m.location"} {
		if place, ok := raw[key].(map[string]any); ok && uri == "" {
			uri, _ = place["uri"].(string)
		}
	}
	return id.EventID(named), uri
}

// standing is a position as a location.
func (n *network) standing(position *event.Event, uri, words string) *event.Event {
	location := *position
	location.Type = event.EventMessage
	location.Content = event.Content{
		Parsed: &event.MessageEventContent{MsgType: event.MsgLocation, Body: words, GeoURI: uri},
		Raw: map[string]any{
			"msgtype": string(event.MsgLocation), "body": words, "geo_uri": uri,
			geo.KeyLocation: map[string]any{"uri": uri, "description": words}, geo.KeyAsset: map[string]any{"type": geo.Self},
		},
	}
	return &location
}

// firstPosition asks the homeserver which position of a live location crosses: one that has, otherwise this one.
func (n *network) firstPosition(ctx context.Context, position *event.Event, share id.EventID) (id.EventID, error) {
	said, err := n.matrix().Bot.GetRelations(ctx, position.RoomID, share, &mautrix.ReqGetRelations{
		RelationType: event.RelReference, Dir: mautrix.DirectionForward, Limit: 20,
	})
	switch {
	case isAway(err):
		return "", fmt.Errorf("look for the first position of a live location: %w", err)
	case err != nil:
		n.log.Warn().Err(err).Stringer("event", position.ID).Msg("A live location's first position cannot be looked up; sending this one")
		return position.ID, nil
	}
	for _, earlier := range said.Chunk {
		row, err := n.bridge().DB.Message.GetPartByMXID(ctx, earlier.ID)
		if err != nil {
			return "", fmt.Errorf("look up a position that has gone out: %w", err)
		}
		if row != nil {
			return earlier.ID, nil
		}
	}
	return position.ID, nil
}
