package bridge

import (
	"context"
	"errors"
	"fmt"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/portal/say"
)

// Nothing readable of a message is kept. What has to be known of one later is fetched again.

// GetEvent fetches an event, decrypted, as it is handed to bridgev2. Unlike the library's it knows what has been deleted, of
// which it returns what the homeserver keeps, and positions of a live location.
func (i *intent) GetEvent(ctx context.Context, room id.RoomID, wanted id.EventID) (*event.Event, error) {
	evt, err := i.Matrix.GetEvent(ctx, room, wanted)
	if err != nil {
		return nil, err
	}
	evt.RoomID = room
	return i.open(ctx, evt)
}

func (i *intent) open(ctx context.Context, evt *event.Event) (*event.Event, error) {
	if err := evt.Content.ParseRaw(evt.Type); err != nil && !errors.Is(err, event.ErrUnsupportedContentType) && !errors.Is(err, event.ErrContentAlreadyParsed) {
		return nil, fmt.Errorf("read an event: %w", err)
	}
	if evt.Unsigned.RedactedBecause != nil {
		return evt, nil
	}
	if evt.Type == event.EventEncrypted {
		var err error
		if evt, err = i.connector.Crypto.Decrypt(ctx, evt); err != nil {
			return nil, fmt.Errorf("decrypt an event: %w", err)
		}
	}
	if isBeacon(evt.Type) {
		_, uri := beaconContent(evt.Content.Raw)
		n := i.connector.network
		return n.standing(evt, uri, n.say(say.SharedFrom)), nil
	}
	return evt, nil
}

// How far back what is looked for in a room may be, in pages of findPageSize events.
const (
	findPages    = 4 // for what was sent a moment ago
	findPagesFar = 40
	findPageSize = 50
)

// FindEvent looks for an event by its ID, among the newest of a room and not before since, and returns it as [intent.GetEvent]
// does; nil: it is not there.
func (i *intent) FindEvent(ctx context.Context, room id.RoomID, since time.Time, is func(id.EventID) bool) (*event.Event, error) {
	evt, err := i.search(ctx, room, nil, findPagesFar, func(evt *event.Event) bool {
		return is(evt.ID) || evt.Timestamp < since.UnixMilli()
	})
	if err != nil || evt == nil || !is(evt.ID) {
		return nil, err
	}
	evt.RoomID = room
	return i.open(ctx, evt)
}

// search goes through a room's events, the newest first, up to the one that is meant; nil: it is not on that many pages.
func (i *intent) search(ctx context.Context, room id.RoomID, filter *mautrix.FilterPart, pages int, is func(*event.Event) bool) (*event.Event, error) {
	from := ""
	for range pages {
		page, err := i.Matrix.Messages(ctx, room, from, "", mautrix.DirectionBackward, filter, findPageSize)
		if err != nil {
			return nil, fmt.Errorf("go through a room's events: %w", err)
		}
		for _, evt := range page.Chunk {
			if is(evt) {
				return evt, nil
			}
		}
		if from = page.End; from == "" {
			break
		}
	}
	return nil, nil
}
