package telegram

import (
	"reflect"
	"strings"
	"testing"

	"maunium.net/go/mautrix/event"

	"passerelle/portal"
	"passerelle/portal/relay"
)

// signed is how Karim's words begin.
func signed() signature {
	return (&Connector{border: portal.Border{}}).sign(relay.Person{Name: "Karim 🎈"})
}

func TestMatrixMessagesInTelegramsWords(t *testing.T) {
	bold := func(at, length int) entity { return entity{Type: entityBold, Offset: at, Length: length} }
	for name, c := range map[string]struct {
		content event.MessageEventContent
		by      signature
		want    marked
	}{
		"the owner's words": {event.MessageEventContent{MsgType: event.MsgText, Body: "Bonjour"}, signature{}, marked{text: "Bonjour"}},
		"a colleague's": {event.MessageEventContent{MsgType: event.MsgText, Body: "Bonjour"}, signed(),
			marked{"Karim 🎈: Bonjour", []entity{bold(0, 8)}}},
		"with marks": {event.MessageEventContent{MsgType: event.MsgText, Format: event.FormatHTML, FormattedBody: "Ce <b>soir</b>"}, signed(),
			marked{"Karim 🎈: Ce soir", []entity{bold(0, 8), bold(13, 4)}}},
		"a block": {event.MessageEventContent{MsgType: event.MsgText, Format: event.FormatHTML, FormattedBody: "<pre>x = 1</pre>"}, signed(),
			marked{"Karim 🎈:\nx = 1", []entity{bold(0, 8), {Type: entityPre, Offset: 10, Length: 5}}}},
		"a deed":                {event.MessageEventContent{MsgType: event.MsgEmote, Body: "salue"}, signature{}, marked{text: "* salue"}},
		"a deed of a colleague": {event.MessageEventContent{MsgType: event.MsgEmote, Body: "salue"}, signed(), marked{"Karim 🎈 salue", []entity{bold(0, 8)}}},
	} {
		out := convertOut(&c.content, occasion{by: c.by})
		if out == nil || len(out.parts) != 1 || out.parts[0].text != c.want.text || len(out.parts[0].entities)+len(c.want.entities) > 0 && !reflect.DeepEqual(out.parts[0].entities, c.want.entities) {
			t.Errorf("%s: %+v", name, out)
		}
	}
	if out := convertOut(&event.MessageEventContent{MsgType: "org.example.hologram"}, occasion{}); out != nil {
		t.Errorf("a hologram: %+v", out)
	}
}

func TestTheNameCountsInALongText(t *testing.T) {
	out := convertOut(&event.MessageEventContent{MsgType: event.MsgText, Body: strings.Repeat("x", maxText)}, occasion{by: signed()})
	if len(out.parts) != 2 || len(unitsOf(out.parts[0].text)) > maxText {
		t.Errorf("it goes in %d parts, of which the first has %d units", len(out.parts), len(unitsOf(out.parts[0].text)))
	}
}

func TestOptionsAreChecked(t *testing.T) {
	if err := DefaultOptions().Validate(); err != nil {
		t.Error(err)
	}
	bot := ServiceBot{Token: "123456:secret-secret", Owner: "@claire:example.org"}
	for want, change := range map[string]func(*Options){
		"displayname":     func(o *Options) { o.DisplayName = "Telegram" },
		"server":          func(o *Options) { o.Server = "api.telegram.org" },
		"pace.private":    func(o *Options) { o.Pace.Private.Burst = -1 },
		"service_bots[0]": func(o *Options) { o.ServiceBots = []ServiceBot{{Owner: "@claire:example.org"}} },
		"token: is not":   func(o *Options) { o.ServiceBots = []ServiceBot{{Token: "secret", Owner: bot.Owner}} },
		"no Matrix ID":    func(o *Options) { o.ServiceBots = []ServiceBot{{Token: bot.Token, Owner: "claire"}} },
		"is there twice":  func(o *Options) { o.ServiceBots = []ServiceBot{bot, bot} },
		"does not hold":   func(o *Options) { o.ServiceBots = []ServiceBot{{TokenFile: "options.go", Owner: bot.Owner}} },
		"no such file":    func(o *Options) { o.ServiceBots = []ServiceBot{{TokenFile: "nowhere", Owner: bot.Owner}} },
	} {
		o := DefaultOptions()
		change(&o)
		_, err := New(o, portal.Border{})
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", want, err)
		}
	}
}
