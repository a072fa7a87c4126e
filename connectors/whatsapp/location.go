package whatsapp

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"google.golang.org/protobuf/proto"
	"maunium.net/go/mautrix/event"

	"passerelle/portal"
	"passerelle/portal/say"
)

// Keys of a location (MSC3488).
const (
	keyLocation = "org.matrix.msc3488.location"
	keyAsset    = "org.matrix.msc3488.asset"
)

// place reads locations.
func (r reader) place(m *waE2E.Message) (content, bool) {
	if l := m.GetLocationMessage(); l != nil {
		said := joinLines(l.GetName(), l.GetAddress(), l.GetComment(), l.GetURL())
		if !l.GetIsLive() {
			return r.position(l, "m.pin", said, ""), true
		}
		return r.livePosition(l, said), true
	}
	if l := m.GetLiveLocationMessage(); l != nil {
		return r.livePosition(&waE2E.LocationMessage{
			DegreesLatitude: l.DegreesLatitude, DegreesLongitude: l.DegreesLongitude, AccuracyInMeters: l.AccuracyInMeters,
			JPEGThumbnail: l.JPEGThumbnail,
		}, l.GetCaption()), true
	}
	return content{}, false
}

// livePosition is one position of somebody who is on the way. The others are on the phone.
func (r reader) livePosition(l *waE2E.LocationMessage, said string) content {
	c := r.position(l, "m.self", said, r.say(say.LiveLocation, networkName))
	c.live = true
	return c
}

// position is a place in Matrix's words: asset tells whether it is a pin on the map, or where the sender is.
func (r reader) position(l *waE2E.LocationMessage, asset, said, note string) content {
	latitude, longitude := l.GetDegreesLatitude(), l.GetDegreesLongitude()
	if l.DegreesLatitude == nil || l.DegreesLongitude == nil || !isPosition(latitude, longitude) {
		return content{sentence: say.OpenYourPhone}
	}
	uri := "geo:" + degrees(latitude) + "," + degrees(longitude)
	if accuracy := l.GetAccuracyInMeters(); accuracy > 0 {
		uri += fmt.Sprintf(";u=%d", accuracy)
	}
	body := joinLines(note, said)
	if body == "" {
		body = r.say(say.Location)
	}
	c := content{
		kind: portal.KindLocation, text: said, eventType: event.EventMessage,
		event: &event.MessageEventContent{
			MsgType: event.MsgLocation, Body: body + "\n" + uri, GeoURI: uri,
		},
		extra: map[string]any{keyLocation: map[string]any{"uri": uri, "description": body}, keyAsset: map[string]any{"type": asset}},
	}
	c.showThumbnail(l.GetJPEGThumbnail(), "image/jpeg")
	return c
}

func isPosition(latitude, longitude float64) bool {
	return math.Abs(latitude) <= 90 && math.Abs(longitude) <= 180 // not for NaN
}

func degrees(angle float64) string { return strconv.FormatFloat(angle, 'f', -1, 64) }

// locationOut says a Matrix location in WhatsApp's words; nil when it names no place. raw is the whole event.
func locationOut(content *event.MessageEventContent, raw map[string]any, context *waE2E.ContextInfo) *outgoing {
	place, _ := raw[keyLocation].(map[string]any)
	if place == nil {
		place, _ = raw["m.location"].(map[string]any)
	}
	uri := content.GeoURI
	if uri == "" {
		uri, _ = place["uri"].(string)
	}
	latitude, longitude, accuracy, ok := parseGeoURI(uri)
	if !ok {
		return nil
	}
	name, _ := place["description"].(string)
	if name == "" && !strings.Contains(content.Body, "geo:") {
		name = content.Body // clients without a description write their own words and the URI here
	}
	location := &waE2E.LocationMessage{
		DegreesLatitude: proto.Float64(latitude), DegreesLongitude: proto.Float64(longitude), ContextInfo: context,
	}
	if name != "" {
		location.Name = proto.String(name)
	}
	if accuracy > 0 {
		location.AccuracyInMeters = proto.Uint32(accuracy)
	}
	return &outgoing{
		kind: portal.KindLocation, text: joinLines(name, uri), message: &waE2E.Message{LocationMessage: location},
	}
}

// parseGeoURI reads a position on the earth (RFC 5870, section 3.3), with its accuracy in metres; 0: not known.
func parseGeoURI(uri string) (latitude, longitude float64, accuracy uint32, ok bool) {
	scheme, rest, found := strings.Cut(uri, ":")
	if !found || !strings.EqualFold(scheme, "geo") {
		return 0, 0, 0, false
	}
	parts := strings.Split(rest, ";")
	coordinates := strings.Split(parts[0], ",")
	if len(coordinates) < 2 || len(coordinates) > 3 {
		return 0, 0, 0, false
	}
	latitude, latitudeErr := strconv.ParseFloat(coordinates[0], 64)
	longitude, longitudeErr := strconv.ParseFloat(coordinates[1], 64)
	if latitudeErr != nil || longitudeErr != nil || !isPosition(latitude, longitude) {
		return 0, 0, 0, false
	}
	for _, parameter := range parts[1:] {
		name, value, _ := strings.Cut(parameter, "=")
		switch strings.ToLower(name) {
		case "u":
			if metres, err := strconv.ParseFloat(value, 64); err == nil && metres > 0 && metres < math.MaxUint32 {
				accuracy = uint32(math.Round(metres))
			}
		case "crs":
			if !strings.EqualFold(value, "wgs84") {
				return 0, 0, 0, false
			}
		}
	}
	return latitude, longitude, accuracy, true
}
