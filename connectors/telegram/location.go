package telegram

import (
	"math"
	"strconv"
	"strings"
	"time"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"
	"maunium.net/go/mautrix/event"

	"passerelle/portal"
	"passerelle/portal/geo"
	"passerelle/portal/say"
)

// location is a place; one that moves has a period (Bot API, Location).
type location struct {
	Latitude   float64 `json:"latitude"`
	Longitude  float64 `json:"longitude"`
	Accuracy   float64 `json:"horizontal_accuracy,omitempty"` // metres
	LivePeriod int64   `json:"live_period,omitempty"`         // seconds
}

// venue is a place with a name (Bot API, Venue).
type venue struct {
	Location location `json:"location"`
	Title    string   `json:"title"`
	Address  string   `json:"address"`
}

// forGood is the period of a live location that lasts until it is stopped (Bot API, sendLocation).
const forGood = math.MaxInt32

// mostAccuracy bounds the uncertainty of a place, in metres (Bot API, Location).
const mostAccuracy = 1500

func (r reader) venue(v *venue) content {
	return r.position(v.Location, geo.Pin, joinLines(v.Title, v.Address), "")
}

// location is a place, or a position of somebody on the way: the message is edited with each further one, and once more when
// nobody can be followed any more (Bot API, Location, live_period: for active live locations only).
func (r reader) location(m *message) content {
	switch l := *m.Location; {
	case l.LivePeriod == forGood:
		return r.position(l, geo.Self, "", r.say(say.LiveHere))
	case l.LivePeriod > 0:
		return r.position(l, geo.Self, "", r.say(say.LiveUntil, r.moment(time.Unix(m.Date+min(l.LivePeriod, forGood), 0))))
	case m.EditDate != 0: // only a live location's place can change
		return r.position(l, geo.Self, "", r.say(say.LiveEnded))
	default:
		return r.position(l, geo.Pin, "", "")
	}
}

// position is a place in Matrix's words.
func (r reader) position(l location, asset, said, note string) content {
	if !geo.IsPosition(l.Latitude, l.Longitude) {
		return content{sentence: say.CannotShow}
	}
	place := geo.Place{Latitude: l.Latitude, Longitude: l.Longitude}
	if l.Accuracy > 0 {
		place.Accuracy = uint32(min(math.Ceil(l.Accuracy), mostAccuracy))
	}
	body := joinLines(note, said)
	if body == "" {
		body = r.say(say.Location)
	}
	uri := place.URI()
	return content{
		kind: portal.KindLocation, text: said, eventType: event.EventMessage, extra: geo.Extra(uri, body, asset),
		event: &event.MessageEventContent{MsgType: event.MsgLocation, Body: body + "\n" + uri, GeoURI: uri},
	}
}

// placeOut is a place as Telegram takes it: a venue when it has a name. nil: the message names no place.
func placeOut(content *event.MessageEventContent, on occasion) *outgoing {
	place, ok := geo.Of(content, on.raw)
	if !ok {
		return nil
	}
	out := &outgoing{kind: portal.KindLocation, text: joinLines(place.Name, place.URI()), answers: on.answers, preface: on.by.alone()}
	params := positioned(place)
	switch live := liveFor(on.raw); {
	case live > 0:
		params["live_period"] = strconv.FormatInt(live, 10)
		out.calls = []call{{"sendLocation", params}}
	case place.Name != "":
		params["title"], params["address"], _ = strings.Cut(place.Name, "\n")
		if params["address"] == "" {
			params["address"] = geo.Degrees(place.Latitude) + ", " + geo.Degrees(place.Longitude)
		}
		out.calls = []call{{"sendVenue", params}}
	default:
		out.calls = []call{{"sendLocation", params}}
	}
	return out
}

// positioned begins the parameters of a call about a place.
func positioned(place geo.Place) tgbotapi.Params {
	params := tgbotapi.Params{"latitude": geo.Degrees(place.Latitude), "longitude": geo.Degrees(place.Longitude)}
	if place.Accuracy > 0 {
		params["horizontal_accuracy"] = strconv.Itoa(int(min(place.Accuracy, mostAccuracy)))
	}
	return params
}

// Bounds of a live location's period, in seconds (Bot API, sendLocation).
const leastLive, mostLive = 60, 86400

// liveFor is for how long the sender of a place can be followed, in seconds; 0: not at all. See portal.LiveFor.
func liveFor(raw map[string]any) int64 {
	lasts, live := portal.LiveFor(raw)
	if !live {
		return 0
	}
	return max(leastLive, min(int64(lasts.Seconds()), mostLive))
}
