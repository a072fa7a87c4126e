package whatsapp

import (
	"testing"

	"maunium.net/go/mautrix/event"

	"passerelle/portal"
)

func TestWhatIsWrittenBesideAFileStandsAloneWithoutIt(t *testing.T) {
	beside := func(name, words, formatted string) content {
		c := content{kind: portal.KindMedia, text: words, eventType: event.EventMessage, file: &file{name: name}, thumbnail: &thumbnail{},
			extra: map[string]any{"a": "b"}, event: &event.MessageEventContent{MsgType: event.MsgImage, FileName: name, Body: words, Info: &event.FileInfo{Size: 3}}}
		if formatted != "" {
			c.event.Format, c.event.FormattedBody = event.FormatHTML, formatted
		}
		return c
	}
	for _, test := range []struct{ words, formatted, body, html string }{
		{"a <port>", "", "Why.\na <port>", "<em>Why.</em><br>a &lt;port&gt;"},
		{"a port", "a <b>port</b>", "Why.\na port", "<em>Why.</em><br>a <b>port</b>"},
	} {
		rest, ok := beside("port.png", test.words, test.formatted).withoutFile("Why.")
		e := rest.event
		if !ok || e.MsgType != event.MsgText || e.Body != test.body || e.FormattedBody != test.html || e.Info != nil || e.FileName != "" {
			t.Errorf("%q is %+v", test.words, e)
		}
		if rest.kind != portal.KindText || rest.text != test.words || rest.file != nil || rest.thumbnail != nil || rest.extra != nil {
			t.Errorf("%q leaves %+v", test.words, rest)
		}
	}
	sticker := beside("sticker.webp", "👍", "")
	sticker.eventType = event.EventSticker
	for name, c := range map[string]content{"no caption": beside("port.png", "port.png", ""), "a sticker": sticker, "nothing": {}} {
		if _, ok := c.withoutFile("Why."); ok {
			t.Errorf("%s: something is left", name)
		}
	}
}
