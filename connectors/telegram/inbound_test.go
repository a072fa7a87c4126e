package telegram

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"maunium.net/go/mautrix/event"

	"passerelle/portal/say"
)

// english reads messages for somebody who knows nobody.
var english = reader{say: say.English.Say, moment: func(at time.Time) string { return at.UTC().Format(time.DateTime) }}

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
		"from somebody":           {`{"text":"a","forward_origin":{"type":"user","sender_user":{"first_name":"Bilal"}}}`, "Forwarded from Bilal\na", "<em>Forwarded from Bilal</em><br>a", ""},
		"from a hidden somebody":  {`{"text":"a","forward_origin":{"type":"hidden_user","sender_user_name":"B."}}`, "Forwarded from B.\na", "<em>Forwarded from B.</em><br>a", ""},
		"from a group":            {`{"text":"a","forward_origin":{"type":"chat","sender_chat":{"title":"Voisins"}}}`, "Forwarded from the group “Voisins”\na", "<em>Forwarded from the group “Voisins”</em><br>a", ""},
		"with marks around":       {`{"text":"a","has_protected_content":true,"effect_id":"x","via_bot":{"username":"gif"}}`, say.English.Say(say.Protected) + "\nWritten with @gif\nSent with an effect\na", "<em>" + say.English.Say(say.Protected) + "</em><br><em>Written with @gif</em><br><em>Sent with an effect</em><br>a", ""},
		"with buttons":            {`{"text":"a","reply_markup":{"inline_keyboard":[[{"text":"<Oui>","callback_data":"y"}],[{"text":"Plan","url":"https://a.example/?<"},{"text":"Non","url":"javascript:x"}]]}}`, "a\n" + say.English.Say(say.Buttons, networkName) + "\n- <Oui>\n- Plan (https://a.example/?<)\n- Non", "a<em>" + say.English.Say(say.Buttons, networkName) + `</em><ul><li>&lt;Oui&gt;</li><li><a href="https://a.example/?&lt;">Plan</a></li><li>Non</li></ul>`, ""},
		"a place":                 {`{"location":{"latitude":1.5,"longitude":-2,"horizontal_accuracy":12.2}}`, "Location\ngeo:1.5,-2;u=13", "", ""},
		"a place with a name":     {`{"location":{"latitude":1,"longitude":2},"venue":{"location":{"latitude":1,"longitude":2},"title":"Port","address":"Quai 1"}}`, "Port\nQuai 1\ngeo:1,2", "", ""},
		"somebody on the way":     {`{"date":1000,"location":{"latitude":1,"longitude":2,"live_period":60}}`, "Live location until 1970-01-01 00:17:40\ngeo:1,2", "", ""},
		"for good":                {`{"location":{"latitude":1,"longitude":2,"live_period":2147483647}}`, "Live location\ngeo:1,2", "", ""},
		"no longer":               {`{"edit_date":5,"location":{"latitude":1,"longitude":2}}`, say.English.Say(say.LiveEnded) + "\ngeo:1,2", "", ""},
		"no place on earth":       {`{"location":{"latitude":91,"longitude":2}}`, "", "", say.CannotShow},
		"a die":                   {`{"dice":{"emoji":"🎯","value":6}}`, "Thrown: 🎯 6", "", ""},
		"a game":                  {`{"game":{"title":"Serpent"},"photo":[{}]}`, "Game: Serpent\n" + say.English.Say(say.OnlyInApp, networkName), "", ""},
		"a story":                 {`{"story":{"chat":{"first_name":"Amina"}}}`, "A story of Amina\n" + say.English.Say(say.OnlyInApp, networkName), "", ""},
		"an invoice in yen":       {`{"invoice":{"title":"a","currency":"JPY","total_amount":100}}`, "Invoice\na\nPrice: 100 JPY\n" + say.English.Say(say.OnlyInApp, networkName), "", ""},
		"a payment":               {`{"successful_payment":{"currency":"EUR","total_amount":1250}}`, say.English.Say(say.PaymentSent, networkName) + "\nPrice: 12.50 EUR", "", ""},
		"a payment that is back":  {`{"refunded_payment":{"currency":"XTR","total_amount":5}}`, say.English.Say(say.PaymentRefunded, networkName) + "\nPrice: 5 ⭐", "", ""},
		"paid pictures":           {`{"paid_media":{"star_count":5},"caption":"Voyez"}`, "Pictures or videos for 5 stars\n" + say.English.Say(say.OnlyInApp, networkName) + "\nVoyez", "", ""},
		"a draw":                  {`{"giveaway":{"winner_count":2,"winners_selection_date":1000,"prize_description":"Vélo"}}`, "A prize draw (winners: 2)\nVélo\nValid until: 1970-01-01 00:16:40", "", ""},
		"who won it":              {`{"giveaway_winners":{"winners":[{"first_name":"A"},{"first_name":"B"}]}}`, "Won in the prize draw: A, B", "", ""},
		"a draw begins":           {`{"giveaway_created":{}}`, "A prize draw was begun.", "", ""},
		"a draw ends":             {`{"giveaway_completed":{"winner_count":2}}`, "A prize draw has ended (winners: 2).", "", ""},
		"a rare gift":             {`{"unique_gift":{"gift":{"base_name":"Ours"}}}`, say.English.Say(say.GiftMade, networkName) + "\nOurs", "", ""},
		"tasks done":              {`{"date":5,"checklist_tasks_done":{"checklist_message":{"checklist":{"title":"T","tasks":[{"id":1,"text":"a"},{"id":2,"text":"b","completion_date":3},{"id":3,"text":"c"}]}},"marked_as_done_task_ids":[1],"marked_as_not_done_task_ids":[2]}}`, "Changed a list of tasks\nT\n☑ a\n☐ b", "", ""},
		"tasks added":             {`{"checklist_tasks_added":{"tasks":[{"id":1,"text":"a"}]}}`, "Changed a list of tasks\n☐ a", "", ""},
		"people shared":           {`{"users_shared":{"users":[{"user_id":5,"first_name":"Bilal"}]}}`, "Shared these people:\nBilal (5)", "", ""},
		"a chat shared":           {`{"chat_shared":{"title":"Voisins"}}`, "Shared the chat “Voisins”", "", ""},
		"a form":                  {`{"web_app_data":{"button_text":"Envoyer","data":"x=1"}}`, "Pressed the button “Envoyer”\nx=1", "", ""},
		"the bot may write":       {`{"write_access_allowed":{}}`, say.English.Say(say.MayWrite, networkName), "", ""},
		"two people are near":     {`{"proximity_alert_triggered":{"traveler":{"first_name":"A"},"watcher":{"first_name":"B"},"distance":50}}`, "A is 50 m from B.", "", ""},
		"a poll":                  {`{"poll":{"id":"1","question":"Q?","options":[{"text":"a"},{"text":"<b>"}]}}`, "Q?\n- a\n- <b>", "<p>Q?</p><ol><li>a</li><li>&lt;b&gt;</li></ol>", ""},
		"a quiz, forwarded":       {`{"poll":{"id":"1","question":"Q?","type":"quiz","options":[{"text":"a"}]},"forward_origin":{}}`, "Forwarded\nQuiz\nQ?\n- a", "<p>Forwarded\nQuiz\nQ?</p><ol><li>a</li></ol>", ""},
		"buttons below a poll":    {`{"poll":{"id":"1","question":"Q?","options":[{"text":"a"}]},"reply_markup":{"inline_keyboard":[[{"text":"Oui"}]]}}`, "Q?\n- a", "<p>Q?</p><ol><li>a</li></ol>", ""},
		"a poll without answers":  {`{"poll":{"id":"1","question":"Q?"}}`, "", "", say.CannotShow},
		"a contact":               {`{"contact":{"phone_number":"+331","first_name":"Dan","last_name":"Roux"}}`, "Dan Roux\n+331", "", ""},
		"a contact of nobody":     {`{"contact":{}}`, "contact.vcf", "", ""},
		"what has no words":       {`{"hologram":{}}`, "", "", say.CannotShow},
		"words below what is not": {`{"hologram":{},"caption":"Moi"}`, say.English.Say(say.CannotShowAbove, networkName) + "\nMoi", "<em>" + say.English.Say(say.CannotShowAbove, networkName) + "</em><br>Moi", ""},
		"a broken text":           {"{\"text\":\"a\\ud800b\"}", "a\uFFFDb", "", ""},
	} {
		var m message
		if err := json.Unmarshal([]byte(c.message), &m); err != nil {
			t.Fatal(err)
		}
		got := english.convert(&m)
		if strings.HasPrefix(name, "buttons below") && (got.also == nil || !strings.HasSuffix(got.text, "\nOui") || !strings.HasSuffix(got.also.event.Body, "\n- Oui")) {
			t.Errorf("%s: %+v", name, got.also)
		}
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
	f.Add([]byte(`{"update_id":5,"message":{"chat":{"id":1},"contact":{"first_name":"/..","vcard":"BEGIN:VCARD\nTEL:1\nEND:VCARD"},"reply_markup":{"inline_keyboard":[[{"text":"a","url":"tg:x"}]]}}}`))
	f.Add([]byte(`{"update_id":5,"edited_message":{"chat":{"id":1},"location":{"latitude":1e9,"live_period":-5},"forward_origin":{"type":"user"}}}`))
	f.Add([]byte(`{"update_id":5,"poll":{"id":"7","options":[{"text":"a","voter_count":-1}],"correct_option_id":9,"is_closed":true}}`))
	f.Add([]byte(`{"update_id":5,"callback_query":{"id":"7","from":{"id":5},"message":{"chat":{"id":1}}}}`))
	f.Add([]byte(`{"update_id":5,"chat_member":{"chat":{"id":-1},"new_chat_member":{"status":"kicked"}}}`))
	f.Add([]byte(`{"update_id":5,"message":{"chat":{"id":1},"photo":[{"file_id":"a","width":-1,"height":99999999999}],"caption":"\ud800","has_media_spoiler":true}}`))
	f.Add([]byte(`{"update_id":5,"message":{"chat":{"id":1},"sticker":{"is_animated":true,"thumbnail":{"width":1}},"media_group_id":"7"}}`))
	f.Add([]byte(`{"update_id":5,"message":{"chat":{"id":1},"animation":{"mime_type":"image/gif","duration":-5},"document":{"file_name":"../.."}}}`))
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
		if back, err := parsePortalID(in.portalID()); in.chat != 0 && in.connection == "" && (err != nil || back != in) {
			t.Errorf("%+v comes back as %+v: %v", in, back, err)
		}
		if p, ok := content.(*poll); ok {
			english.results(p)
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
