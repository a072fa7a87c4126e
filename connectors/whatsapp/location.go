package whatsapp

import (
	"go.mau.fi/whatsmeow/proto/waE2E"
	"google.golang.org/protobuf/proto"
	"maunium.net/go/mautrix/event"

	"passerelle/portal"
	"passerelle/portal/geo"
	"passerelle/portal/say"
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
	if l.DegreesLatitude == nil || l.DegreesLongitude == nil || !geo.IsPosition(latitude, longitude) {
		return content{sentence: say.OpenYourPhone}
	}
	uri := geo.Place{Latitude: latitude, Longitude: longitude, Accuracy: l.GetAccuracyInMeters()}.URI()
	body := joinLines(note, said)
	if body == "" {
		body = r.say(say.Location)
	}
	c := content{
		kind: portal.KindLocation, text: said, eventType: event.EventMessage,
		event: &event.MessageEventContent{
			MsgType: event.MsgLocation, Body: body + "\n" + uri, GeoURI: uri,
		},
		extra: geo.Extra(uri, body, asset),
	}
	c.showThumbnail(l.GetJPEGThumbnail(), "image/jpeg")
	return c
}

// locationOut says a Matrix location in WhatsApp's words; nil when it names no place. raw is the whole event.
func locationOut(content *event.MessageEventContent, raw map[string]any, context *waE2E.ContextInfo) *outgoing {
	place, ok := geo.Of(content, raw)
	if !ok {
		return nil
	}
	location := &waE2E.LocationMessage{
		DegreesLatitude: proto.Float64(place.Latitude), DegreesLongitude: proto.Float64(place.Longitude), ContextInfo: context,
	}
	if place.Name != "" {
		location.Name = proto.String(place.Name)
	}
	if place.Accuracy > 0 {
		location.AccuracyInMeters = proto.Uint32(place.Accuracy)
	}
	return &outgoing{
		kind: portal.KindLocation, text: joinLines(place.Name, place.URI()), message: &waE2E.Message{LocationMessage: location},
	}
}
