package whatsapp

import (
	"strings"
	"testing"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"google.golang.org/protobuf/proto"
	"maunium.net/go/mautrix/event"

	"passerelle/portal"
	"passerelle/portal/geo"
)

func TestAPlaceComesIn(t *testing.T) {
	c := words.convert(in(&waE2E.Message{LocationMessage: &waE2E.LocationMessage{
		DegreesLatitude: proto.Float64(53.5436), DegreesLongitude: proto.Float64(-9.5), AccuracyInMeters: proto.Uint32(12),
		Name: proto.String("Harbour"), Address: proto.String("Quay 1"), JPEGThumbnail: photo(t, 10, 10),
	}}))
	if c.kind != portal.KindLocation || c.text != "Harbour\nQuay 1" || c.event.MsgType != event.MsgLocation || c.event.GeoURI != "geo:53.5436,-9.5;u=12" || c.live || c.thumbnail == nil {
		t.Errorf("came in as %+v %+v", c, c.event)
	}
	place := c.extra[geo.KeyLocation].(map[string]any)
	if place["uri"] != c.event.GeoURI || place["description"] != "Harbour\nQuay 1" || c.extra[geo.KeyAsset].(map[string]any)["type"] != "m.pin" {
		t.Errorf("came in with %v", c.extra)
	}
	bare := words.convert(in(&waE2E.Message{LocationMessage: &waE2E.LocationMessage{DegreesLatitude: proto.Float64(0), DegreesLongitude: proto.Float64(0)}}))
	if bare.event == nil || bare.event.Body != "Location\ngeo:0,0" || bare.text != "" {
		t.Errorf("a place without a name came in as %+v", bare)
	}
}

func TestSomebodyOnTheWayComesIn(t *testing.T) {
	for name, m := range map[string]*waE2E.Message{
		"live":     {LiveLocationMessage: &waE2E.LiveLocationMessage{DegreesLatitude: proto.Float64(1), DegreesLongitude: proto.Float64(2), Caption: proto.String("Coming")}},
		"as place": {LocationMessage: &waE2E.LocationMessage{DegreesLatitude: proto.Float64(1), DegreesLongitude: proto.Float64(2), Comment: proto.String("Coming"), IsLive: proto.Bool(true)}},
	} {
		c := words.convert(in(m))
		if !c.live || c.text != "Coming" || !strings.HasPrefix(c.event.Body, "Live location. Open WhatsApp on the phone to follow it.\nComing\ngeo:1,2") || c.extra[geo.KeyAsset].(map[string]any)["type"] != "m.self" {
			t.Errorf("%s: came in as %+v %+v", name, c, c.event)
		}
	}
}

func TestAPlaceGoesOut(t *testing.T) {
	described := map[string]any{geo.KeyLocation: map[string]any{"uri": "geo:1.5,2.5", "description": "The café"}}
	for name, c := range map[string]struct {
		content event.MessageEventContent
		raw     map[string]any
		name    string
	}{
		"as Element says it": {event.MessageEventContent{Body: "Location The café geo:1.5,2.5", GeoURI: "geo:1.5,2.5"}, described, "The café"},
		"by its field only":  {event.MessageEventContent{Body: "Here: geo:1.5,2.5"}, described, "The café"},
		"by the spec":        {event.MessageEventContent{Body: "The café", GeoURI: "geo:1.5,2.5;u=9.6"}, nil, "The café"},
		"without words":      {event.MessageEventContent{Body: "geo:1.5,2.5", GeoURI: "geo:1.5,2.5"}, nil, ""},
	} {
		c.content.MsgType = event.MsgLocation
		out := convertOut(&c.content, occasion{raw: c.raw})
		if out == nil {
			t.Errorf("%s: did not go out", name)
			continue
		}
		place := out.message.GetLocationMessage()
		if place.GetDegreesLatitude() != 1.5 || place.GetDegreesLongitude() != 2.5 || place.GetName() != c.name || !strings.HasPrefix(out.text, c.name) || out.kind != portal.KindLocation {
			t.Errorf("%s: went out as %v with %q", name, place, out.text)
		}
		if name == "by the spec" && place.GetAccuracyInMeters() != 10 {
			t.Errorf("its accuracy is %d", place.GetAccuracyInMeters())
		}
	}
}
