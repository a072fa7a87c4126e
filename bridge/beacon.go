package bridge

import (
	"context"
	"fmt"
	"sync"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/portal/say"
)

// Staff share a live location in events that bridgev2 does not know: a state event that begins it, and encrypted ones for the
// positions, which refer to it (MSC3489, MSC3672). The first position goes out as a location that stays where it is; the
// sender is told that the others do not.

// Names of a live location's fields (MSC3488, MSC3672).
const (
	keyLocation = "org.matrix.msc3488.location"
	keyAsset    = "org.matrix.msc3488.asset"
)

// isBeacon tells whether events of a type are positions of a live location.
func isBeacon(t event.Type) bool {
	return t.Type == "org.matrix.msc3672.beacon" || t.Type == "m.beacon"
}

// allowShares lets members of a room begin a live location, which takes more than they may by default: it is a state event.
// Nobody can begin one for another: its key is a Matrix ID, and the sender's (Client-Server API, "Room state": keys that begin
// with @).
func allowShares(levels *event.PowerLevelsEventContent) {
	if levels == nil {
		return
	}
	for _, name := range []string{"org.matrix.msc3672.beacon_info", "m.beacon_info"} {
		levels.SetEventLevel(event.Type{Type: name, Class: event.StateEventType}, 0)
	}
}

// shares are the live locations whose first position is known, by the event that began them.
type shares struct {
	mu    sync.Mutex
	first map[id.EventID]id.EventID // guarded by mu
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
		if first == evt.ID {
			n.tell(evt.RoomID, evt.ID, evt.Sender, n.sayTo(evt.Sender, say.SharedStaysHere, n.title()))
		}
	}
	if first != evt.ID {
		return nil, nil
	}
	return n.standing(evt, uri), nil
}

// beaconContent reads which live location a position is of, and where it is; empty: it does not say.
func beaconContent(raw map[string]any) (share id.EventID, uri string) {
	about, _ := raw["m.relates_to"].(map[string]any)
	named, _ := about["event_id"].(string)
	for _, key := range []string{keyLocation, "m.location"} {
		if place, ok := raw[key].(map[string]any); ok && uri == "" {
			uri, _ = place["uri"].(string)
		}
	}
	return id.EventID(named), uri
}

// standing is a position as a location that stays where it is.
func (n *network) standing(position *event.Event, uri string) *event.Event {
	words := n.say(say.SharedFrom)
	location := *position
	location.Type = event.EventMessage
	location.Content = event.Content{
		Parsed: &event.MessageEventContent{MsgType: event.MsgLocation, Body: words, GeoURI: uri},
		Raw: map[string]any{
			"msgtype": string(event.MsgLocation), "body": words, "geo_uri": uri,
			keyLocation: map[string]any{"uri": uri, "description": words}, keyAsset: map[string]any{"type": "m.self"},
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
