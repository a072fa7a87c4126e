package telegram

import (
	"encoding/json"
	"testing"

	"maunium.net/go/mautrix/event"

	"passerelle/portal/say"
)

// english reads messages for somebody who knows nobody.
var english = reader{say: say.English.Say}

func TestMessagesInMatrixsWords(t *testing.T) {
	for name, c := range map[string]struct {
		message    string
		body, html string
		sentence   say.Sentence
	}{
		"a text":                  {`{"text":"Bonjour"}`, "Bonjour", "", ""},
		"with marks":              {`{"text":"Ce soir","entities":[{"type":"bold","offset":3,"length":4}]}`, "Ce soir", "Ce <strong>soir</strong>", ""},
		"forwarded":               {`{"text":"Grève","forward_origin":{"type":"hidden_user"}}`, "Forwarded\nGrève", "<em>Forwarded</em><br>Grève", ""},
		"from a channel":          {`{"text":"a","forward_origin":{"type":"channel","chat":{"title":"Infos <1>"}}}`, "Forwarded from the channel “Infos <1>”\na", "<em>Forwarded from the channel “Infos &lt;1&gt;”</em><br>a", ""},
		"what has no words":       {`{"hologram":{}}`, "", "", say.CannotShow},
		"words below what is not": {`{"hologram":{},"caption":"Moi"}`, say.English.Say(say.CannotShowAbove, networkName) + "\nMoi", "<em>" + say.English.Say(say.CannotShowAbove, networkName) + "</em><br>Moi", ""},
		"a broken text":           {"{\"text\":\"a\\ud800b\"}", "a\uFFFDb", "", ""},
	} {
		var m message
		if err := json.Unmarshal([]byte(c.message), &m); err != nil {
			t.Fatal(err)
		}
		got := english.convert(&m)
		if got.event == nil {
			got.event = &event.MessageEventContent{}
		}
		if got.sentence != c.sentence || got.event.Body != c.body || got.event.FormattedBody != c.html {
			t.Errorf("%s: %q, %q, %q", name, got.sentence, got.event.Body, got.event.FormattedBody)
		}
	}
}

func TestWhatAMessageAnswers(t *testing.T) {
	for name, c := range map[string]struct {
		message string
		want    *quote
	}{
		"nothing":                 {`{"text":"a"}`, nil},
		"a message":               {`{"reply_to_message":{"message_id":7,"from":{"first_name":"Bilal"},"text":" Quand ? "}}`, &quote{7, "Bilal", "Quand ?", false, 0}},
		"what stands below":       {`{"reply_to_message":{"message_id":7,"caption":"Le port"}}`, &quote{7, "", "Le port", false, 0}},
		"a part of it":            {`{"reply_to_message":{"message_id":7,"text":"a b c"},"quote":{"text":"b","is_manual":true}}`, &quote{7, "", "b", true, 0}},
		"a message elsewhere":     {`{"external_reply":{"origin":{"type":"user"}},"quote":{"text":"b"}}`, &quote{0, "", "b", false, 0}},
		"one of before":           {`{"external_reply":{"origin":{"type":"user"},"chat":{"id":-5},"message_id":7}}`, &quote{7, "", "", false, -5}},
		"elsewhere, not told":     {`{"external_reply":{"origin":{"type":"user"}}}`, nil},
		"the beginning of topics": {`{"is_topic_message":true,"message_thread_id":7,"reply_to_message":{"message_id":7}}`, nil},
	} {
		var m message
		if err := json.Unmarshal([]byte(c.message), &m); err != nil {
			t.Fatal(err)
		}
		got := english.quoteOf(&m)
		if (got == nil) != (c.want == nil) || got != nil && *got != *c.want {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestUpdatesAreTakenApart(t *testing.T) {
	for text, want := range map[string]update{
		`{"update_id":5,"message":{"chat":{"id":1}}}`:       {ID: 5, Kind: updateMessage, Content: json.RawMessage(`{"chat":{"id":1}}`)},
		`{"update_id":5,"message_reaction":{},"future":{}}`: {ID: 5, Kind: updateReaction, Content: json.RawMessage(`{}`)},
	} {
		got, err := parseUpdate(json.RawMessage(text))
		if err != nil || got.ID != want.ID || got.Kind != want.Kind || string(got.Content) != string(want.Content) {
			t.Errorf("%s: %+v, %v", text, got, err)
		}
	}
	for text, id := range map[string]int64{``: 0, `[]`: 0, `{}`: 0, `{"update_id":-1}`: 0, `{"update_id":"x"}`: 0, `{"update_id":5}`: 5, `{"update_id":5,"inline_query":{}}`: 5} {
		if got, err := parseUpdate(json.RawMessage(text)); err == nil || got.ID != id {
			t.Errorf("%s: %+v", text, got)
		}
	}
}

// FuzzUpdates takes anybody's words on every way in that is pure.
func FuzzUpdates(f *testing.F) {
	f.Add([]byte(`{"update_id":5,"message":{"message_id":1,"chat":{"id":1},"text":"a","entities":[{"type":"bold","offset":-1,"length":9}]}}`))
	f.Add([]byte(`{"update_id":5,"edited_message":{"chat":{"id":-1},"reply_to_message":{"text":"a"},"quote":{"text":"\ud800"}}}`))
	f.Add([]byte(`{"update_id":5,"chat_member":{"chat":{"id":-1},"new_chat_member":{"status":"kicked"}}}`))
	f.Add([]byte(`{"update_id":5,"channel_post":{"chat":{"id":-1},"text":"a","author_signature":"\ud800","is_topic_message":true,"forum_topic_edited":{}}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		u, err := parseUpdate(text)
		if err != nil {
			return
		}
		payload, err := json.Marshal(arrival{Version: arrivalVersion, Kind: u.Kind, Content: u.Content})
		if err != nil {
			t.Fatal(err)
		}
		_, in, content, err := decodeArrival(payload, 1)
		if err != nil {
			return
		}
		if back, err := parsePortalID(in.portalID()); in.connection == "" && (err != nil || back != in) {
			t.Errorf("%+v comes back as %+v: %v", in, back, err)
		}
		if m, ok := content.(*message); ok {
			c := english.convert(m)
			if c.quote != nil {
				c.recalling("Amina")
			}
			if c.event == nil && c.sentence == "" {
				t.Error("it is nothing")
			}
		}
	})
}
