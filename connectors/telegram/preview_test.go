package telegram

import (
	"encoding/json"
	"testing"

	"maunium.net/go/mautrix/event"
)

func TestWhichLinkIsPreviewed(t *testing.T) {
	for content, want := range map[string]*linkPreview{
		`{"body":"a"}`: nil,
		`{"body":"a","com.beeper.linkpreviews":[]}`:                                                {Disabled: true},
		`{"body":"a","com.beeper.linkpreviews":[{"matched_url":"https://a.example"}]}`:             {URL: "https://a.example"},
		`{"body":"a","com.beeper.linkpreviews":[{"matched_url":"javascript:x"}]}`:                  {Disabled: true},
		`{"body":"a","m.new_content":{"com.beeper.linkpreviews":[]}}`:                              {Disabled: true},
		`{"body":"a","com.beeper.linkpreviews":"x"}`:                                               nil,
		`{"body":"a","com.beeper.linkpreviews":[{"og:url":"https://b.example","matched_url":""}]}`: {URL: "https://b.example"},
	} {
		var raw map[string]any
		var parsed event.MessageEventContent
		if err := json.Unmarshal([]byte(content), &raw); err != nil {
			t.Fatal(err)
		}
		_ = json.Unmarshal([]byte(content), &parsed) // nonsense is left out
		got := previewOut(&parsed, raw)
		if (got == nil) != (want == nil) || got != nil && *got != *want {
			t.Errorf("%s: %+v", content, got)
		}
	}
	c := english.text("Voir https://a.example", nil)
	if c.previews(&linkPreview{URL: "https://a.example"}, "Voir https://a.example"); c.event.BeeperLinkPreviews != nil {
		t.Errorf("one that an app finds itself: %+v", c.event)
	}
	if c.previews(&linkPreview{URL: "https://b.example"}, "Voir"); len(c.event.BeeperLinkPreviews) != 1 {
		t.Errorf("one that does not stand in the text: %+v", c.event)
	}
	if c.previews(&linkPreview{Disabled: true}, "Voir"); c.extra[keyPreviews] == nil {
		t.Errorf("none: %+v", c.extra)
	}
}
