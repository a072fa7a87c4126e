package telegram

import (
	"maps"
	"testing"
	"time"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"
	"maunium.net/go/mautrix/event"

	"passerelle/portal"
)

func TestPlacesInTelegramsWords(t *testing.T) {
	live := func(lasts time.Duration) map[string]any {
		raw := map[string]any{}
		portal.MarkLive(raw, lasts)
		return raw
	}
	at := tgbotapi.Params{"latitude": "1.5", "longitude": "2"}
	for name, c := range map[string]struct {
		body, uri string
		raw       map[string]any
		method    string
		more      tgbotapi.Params
	}{
		"without a name":         {"geo:1.5,2", "geo:1.5,2;u=9999", nil, "sendLocation", tgbotapi.Params{"horizontal_accuracy": "1500"}},
		"with a name":            {"Le café", "geo:1.5,2", nil, "sendVenue", tgbotapi.Params{"title": "Le café", "address": "1.5, 2"}},
		"with an address":        {"Le café\nQuai 1", "geo:1.5,2", nil, "sendVenue", tgbotapi.Params{"title": "Le café", "address": "Quai 1"}},
		"on the way":             {"x", "geo:1.5,2", live(10 * time.Minute), "sendLocation", tgbotapi.Params{"live_period": "600"}},
		"on the way for long":    {"x", "geo:1.5,2", live(100 * time.Hour), "sendLocation", tgbotapi.Params{"live_period": "86400"}},
		"as if it were a mark":   {"geo:1.5,2", "geo:1.5,2", map[string]any{"org.passerelle.live": 600.0}, "sendLocation", nil},
		"on the way for no time": {"x", "geo:1.5,2", live(0), "sendLocation", tgbotapi.Params{"live_period": "60"}},
	} {
		out := convertOut(&event.MessageEventContent{MsgType: event.MsgLocation, Body: c.body, GeoURI: c.uri}, occasion{raw: c.raw, by: signed(), answers: messageID{id: 7}})
		want := maps.Clone(at)
		maps.Copy(want, c.more)
		if out == nil || len(out.calls) != 1 || out.calls[0].method != c.method || !maps.Equal(out.calls[0].params, want) || out.preface.text != "Karim 🎈:" || out.answers.id != 7 || out.kind != portal.KindLocation {
			t.Errorf("%s: %+v", name, out)
		}
	}
	if out := convertOut(&event.MessageEventContent{MsgType: event.MsgLocation, GeoURI: "geo:91,0"}, occasion{}); out != nil {
		t.Errorf("no place: %+v", out)
	}
}
