package whatsapp

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"maunium.net/go/mautrix/event"

	"passerelle/portal"
)

func TestWhatHasNoKindInMatrixIsTold(t *testing.T) {
	s, soon := proto.String, proto.Int64(1795000000)
	button := &waE2E.ButtonsMessage_Button{ButtonText: &waE2E.ButtonsMessage_Button_ButtonText{DisplayText: s("Yes")}}
	for name, c := range map[string]struct {
		message *waE2E.Message
		want    string
	}{
		"an appointment": {&waE2E.Message{EventMessage: &waE2E.EventMessage{Name: s("Launch"), StartTime: soon, JoinLink: s("https://call"),
			Location: &waE2E.LocationMessage{Name: s("Quay"), Address: s("1 Road")}, Description: s("Bring *boots*")}},
			"Appointment: Launch\nStarts: 2026-11-18 11:06 UTC\nPlace: Quay, 1 Road\nLink: https://call\nBring *boots*"},
		"one that is off": {&waE2E.Message{EventMessage: &waE2E.EventMessage{Name: s("Launch"), IsCanceled: proto.Bool(true)}}, "Appointment cancelled: Launch"},
		"an invitation to one": {&waE2E.Message{EventInviteMessage: &waE2E.EventInviteMessage{EventTitle: s("Launch"), StartTime: proto.Int64(-1)}},
			"Appointment: Launch\nTo answer, open WhatsApp on the phone."},
		"a list": {&waE2E.Message{ListMessage: &waE2E.ListMessage{Title: s("Menu"), Description: s("Choose"), Sections: []*waE2E.ListMessage_Section{{
			Title: s("Fish"), Rows: []*waE2E.ListMessage_Row{{Title: s("Cod"), Description: s("fresh")}, {Title: s("Eel")}}}}}},
			"Menu\nChoose\nFish\n- Cod, fresh\n- Eel\nTo answer, open WhatsApp on the phone."},
		"buttons": {&waE2E.Message{ButtonsMessage: &waE2E.ButtonsMessage{ContentText: s("Come?"), Buttons: []*waE2E.ButtonsMessage_Button{button}}},
			"Come?\n- Yes\nTo answer, open WhatsApp on the phone."},
		"a template": {&waE2E.Message{TemplateMessage: &waE2E.TemplateMessage{HydratedTemplate: &waE2E.TemplateMessage_HydratedFourRowTemplate{
			HydratedContentText: s("Your parcel"), HydratedButtons: []*waE2E.HydratedTemplateButton{{HydratedButton: &waE2E.HydratedTemplateButton_UrlButton{
				UrlButton: &waE2E.HydratedTemplateButton_HydratedURLButton{DisplayText: s("Track"), URL: s("https://t.org")}}}}}}},
			"Your parcel\n- Track, https://t.org"},
		"an interactive one": {&waE2E.Message{InteractiveMessage: &waE2E.InteractiveMessage{Body: &waE2E.InteractiveMessage_Body{Text: s("Pay?")},
			InteractiveMessage: &waE2E.InteractiveMessage_NativeFlowMessage_{NativeFlowMessage: &waE2E.InteractiveMessage_NativeFlowMessage{
				Buttons: []*waE2E.InteractiveMessage_NativeFlowMessage_NativeFlowButton{{ButtonParamsJSON: s(`{"display_text":"Pay","url":"https://p.org"}`)}, {ButtonParamsJSON: s("{")}}}}}},
			"Pay?\n- Pay, https://p.org\nTo answer, open WhatsApp on the phone."},
		"a chosen row":    {&waE2E.Message{ListResponseMessage: &waE2E.ListResponseMessage{Title: s("Cod")}}, "Cod"},
		"a chosen button": {&waE2E.Message{ButtonsResponseMessage: &waE2E.ButtonsResponseMessage{Response: &waE2E.ButtonsResponseMessage_SelectedDisplayText{SelectedDisplayText: "Yes"}}}, "Yes"},
		"a chosen reply":  {&waE2E.Message{TemplateButtonReplyMessage: &waE2E.TemplateButtonReplyMessage{SelectedDisplayText: s("Yes")}}, "Yes"},
		"a product": {&waE2E.Message{ProductMessage: &waE2E.ProductMessage{Product: &waE2E.ProductMessage_ProductSnapshot{Title: s("Rope"), CurrencyCode: s("EUR"), PriceAmount1000: proto.Int64(12500)}}},
			"Product: Rope\nPrice: 12.50 EUR"},
		"an order": {&waE2E.Message{OrderMessage: &waE2E.OrderMessage{OrderTitle: s("Ropes"), ItemCount: proto.Int32(2), Message: s("Soon please")}},
			"Order: Ropes (items: 2)\nSoon please\nFor the details, open WhatsApp on the phone."},
		"an invoice":        {&waE2E.Message{InvoiceMessage: &waE2E.InvoiceMessage{Note: s("For May")}}, "Invoice\nFor May\nFor the details, open WhatsApp on the phone."},
		"a group to join":   {&waE2E.Message{GroupInviteMessage: &waE2E.GroupInviteMessage{GroupName: s("Pilots"), InviteExpiration: soon}}, "Invitation to the group “Pilots”\nValid until: 2026-11-18 11:06 UTC\nTo answer, open WhatsApp on the phone."},
		"a channel to read": {&waE2E.Message{NewsletterFollowerInviteMessageV2: &waE2E.NewsletterFollowerInviteMessage{NewsletterName: s("News")}}, "Invitation to the channel “News”\nTo answer, open WhatsApp on the phone."},
		"who asks a number": {&waE2E.Message{RequestPhoneNumberMessage: &waE2E.RequestPhoneNumberMessage{}}, "I am asking for your phone number.\nTo answer, open WhatsApp on the phone."},
		"a missed call":     {&waE2E.Message{CallLogMesssage: &waE2E.CallLogMessage{CallOutcome: waE2E.CallLogMessage_MISSED.Enum(), IsVideo: proto.Bool(true)}}, "Missed video call"},
		"a call":            {&waE2E.Message{CallLogMesssage: &waE2E.CallLogMessage{DurationSecs: proto.Int64(95)}}, "Voice call\nDuration: 1m35s"},
		"a planned call":    {&waE2E.Message{ScheduledCallCreationMessage: &waE2E.ScheduledCallCreationMessage{Title: s("Weekly"), ScheduledTimestampMS: proto.Int64(1795000000000)}}, "Planned call: Weekly\nStarts: 2026-11-18 11:06 UTC\nTo answer, open WhatsApp on the phone."},
		"a request for money": {&waE2E.Message{RequestPaymentMessage: &waE2E.RequestPaymentMessage{Amount1000: proto.Uint64(5000), CurrencyCodeIso4217: s("INR"), NoteMessage: &waE2E.Message{Conversation: s("Lunch")}}},
			"A payment is requested through WhatsApp.\nPrice: 5.00 INR\nLunch\nFor the details, open WhatsApp on the phone."},
		"stickers":  {&waE2E.Message{StickerPackMessage: &waE2E.StickerPackMessage{Name: s("Cats")}}, "Stickers: Cats\nFor the details, open WhatsApp on the phone."},
		"a comment": {&waE2E.Message{CommentMessage: &waE2E.CommentMessage{Message: &waE2E.Message{Conversation: s("Nice")}}}, "Nice"},
		"a mention": {&waE2E.Message{GroupMentionedMessage: wrapped(&waE2E.Message{Conversation: s("Hello")})}, "Hello"},
	} {
		message := in(c.message)
		if !shows(message.Message) {
			t.Errorf("%s: passes in silence", name)
		}
		got := words.convert(message)
		if got.event == nil || got.event.Body != c.want || got.text != c.want || got.kind != portal.KindText || got.event.MsgType != event.MsgText {
			t.Errorf("%s: came in as %+v", name, got.event)
		}
	}
}

func TestAPictureOverButtonsKeepsBoth(t *testing.T) {
	c := words.convert(in(&waE2E.Message{ButtonsMessage: &waE2E.ButtonsMessage{
		ContentText: proto.String("Come?"), Header: &waE2E.ButtonsMessage_ImageMessage{ImageMessage: &waE2E.ImageMessage{Mimetype: proto.String("image/png")}},
	}}))
	if c.event.MsgType != event.MsgImage || c.event.GetCaption() != "Come?\nTo answer, open WhatsApp on the phone." || c.file == nil {
		t.Errorf("came in as %+v", c.event)
	}
}

func TestWhatWasForwardedSaysSo(t *testing.T) {
	forwarded := &waE2E.ContextInfo{IsForwarded: proto.Bool(true), ForwardingScore: proto.Uint32(1), Expiration: proto.Uint32(86400)}
	often := &waE2E.ContextInfo{IsForwarded: proto.Bool(true), ForwardingScore: proto.Uint32(4)}
	text := words.convert(in(&waE2E.Message{ExtendedTextMessage: &waE2E.ExtendedTextMessage{Text: proto.String("a\n*b*"), ContextInfo: forwarded}}))
	if text.event.Body != "Forwarded\na\n*b*" || text.event.FormattedBody != "<em>Forwarded</em><br>a<br><strong>b</strong>" || text.text != "a\n*b*" {
		t.Errorf("came in as %+v", text.event)
	}
	if text.expires != 24*time.Hour {
		t.Errorf("it disappears after %s", text.expires)
	}
	news := &waE2E.ContextInfo{IsForwarded: proto.Bool(true), ForwardedNewsletterMessageInfo: &waE2E.ContextInfo_ForwardedNewsletterMessageInfo{NewsletterName: proto.String("Port")}}
	if got := words.convert(in(&waE2E.Message{ExtendedTextMessage: &waE2E.ExtendedTextMessage{Text: proto.String("a"), ContextInfo: news}})); got.event.Body != "Forwarded from the channel “Port”\na" {
		t.Errorf("from a channel it came in as %q", got.event.Body)
	}
	picture := words.convert(in(&waE2E.Message{ImageMessage: &waE2E.ImageMessage{Mimetype: proto.String("image/png"), ContextInfo: often}}))
	if picture.event.GetCaption() != "Forwarded many times" || picture.event.GetFileName() != "image.png" || picture.event.FormattedBody != "<em>Forwarded many times</em><br>" {
		t.Errorf("a picture came in as %+v", picture.event)
	}
	sticker := words.convert(in(&waE2E.Message{StickerMessage: &waE2E.StickerMessage{Mimetype: proto.String("image/webp"), ContextInfo: often}}))
	if sticker.event.Body != "Forwarded many times\nsticker.webp" || sticker.event.FormattedBody != "" {
		t.Errorf("a sticker came in as %+v", sticker.event)
	}
}

func TestALinkComesInWithItsPreview(t *testing.T) {
	small := photo(t, 20, 10)
	c := words.convert(in(&waE2E.Message{ExtendedTextMessage: &waE2E.ExtendedTextMessage{
		Text: proto.String("See x.org/a"), MatchedText: proto.String("x.org/a"), Title: proto.String("A"), Description: proto.String("About A"), JPEGThumbnail: small,
	}}))
	if len(c.event.BeeperLinkPreviews) != 1 || c.text != "See x.org/a\nA\nAbout A" || c.thumbnail == nil || !bytes.Equal(c.thumbnail.data, small) {
		t.Fatalf("came in as %+v", c)
	}
	encrypted := &event.EncryptedFileInfo{}
	c.thumbnail.show("", encrypted)
	preview := c.event.BeeperLinkPreviews[0]
	if preview.MatchedURL != "x.org/a" || preview.CanonicalURL != "https://x.org/a" || preview.Title != "A" || preview.ImageEncryption != encrypted || preview.ImageWidth != 20 {
		t.Errorf("its preview is %+v", preview)
	}
	bare := words.convert(in(&waE2E.Message{ExtendedTextMessage: &waE2E.ExtendedTextMessage{Text: proto.String("x.org"), MatchedText: proto.String("x.org")}}))
	if bare.event.BeeperLinkPreviews != nil || bare.event.FormattedBody != "" {
		t.Errorf("a link without one came in as %+v", bare.event)
	}
}

func TestAnAnswerBringsTheWordsThatItAnswers(t *testing.T) {
	answer := func(quoted *waE2E.Message) content {
		return words.convert(in(&waE2E.Message{ExtendedTextMessage: &waE2E.ExtendedTextMessage{Text: proto.String("*Yes*"), ContextInfo: &waE2E.ContextInfo{
			StanzaID: proto.String("3EB0"), Participant: proto.String("77@lid"), QuotedMessage: quoted,
		}}}))
	}
	for want, quoted := range map[string]*waE2E.Message{
		"":                             nil,
		"Are you\nthere?":              {Conversation: proto.String(" Are you\nthere? ")},
		"Bob <b>":                      {ExtendedTextMessage: &waE2E.ExtendedTextMessage{Text: proto.String("@84512345678901"), ContextInfo: &waE2E.ContextInfo{MentionedJID: []string{"84512345678901@lid"}}}},
		"image.png":                    {ImageMessage: &waE2E.ImageMessage{Mimetype: proto.String("image/png")}},
		"The lake":                     {ImageMessage: &waE2E.ImageMessage{Caption: proto.String("The lake")}},
		strings.Repeat("é", 200) + "…": {Conversation: proto.String(strings.Repeat("é", 201))},
		"This message can only be read on the phone. Open WhatsApp there.": {PlaceholderMessage: &waE2E.PlaceholderMessage{}},
	} {
		if got := answer(quoted); got.quote.text != want || got.quote.id != "3EB0" || got.quote.sender.User != "77" {
			t.Errorf("it answers %+v, want %q", got.quote, want)
		}
	}
	c := answer(&waE2E.Message{Conversation: proto.String("1 < 2?\nOr not")})
	c.recalling("Eve")
	if c.event.Body != "> Eve: 1 < 2?\n> Or not\n\n*Yes*" || c.event.FormattedBody != "<blockquote><strong>Eve</strong><br>1 &lt; 2?<br>Or not</blockquote><strong>Yes</strong>" {
		t.Errorf("it is recalled as %q, %q", c.event.Body, c.event.FormattedBody)
	}
}

// TestNoKindIsLost fills in each kind of message that whatsmeow knows, empty: it is shown, said to be on the phone, or is one
// of those that show nothing by themselves.
func TestNoKindIsLost(t *testing.T) {
	fields := (&waE2E.Message{}).ProtoReflect().Descriptor().Fields()
	for i := range fields.Len() {
		field := fields.Get(i)
		if field.Kind() != protoreflect.MessageKind {
			continue
		}
		m := &waE2E.Message{}
		m.ProtoReflect().Set(field, m.ProtoReflect().NewField(field))
		message := in(m)
		if shown := shows(message.Message); !shown && !isSilent(field.Name()) && field.Name() != "protocolMessage" {
			t.Errorf("%s passes in silence", field.Name())
		} else if got := words.convert(message); shown && got.event == nil && got.sentence == "" {
			t.Errorf("%s came in as %+v", field.Name(), got)
		}
	}
}

func FuzzConvert(f *testing.F) {
	for _, seed := range []*waE2E.Message{
		{Conversation: proto.String("*Bonjour*")}, {LiveLocationMessage: &waE2E.LiveLocationMessage{DegreesLatitude: proto.Float64(1)}},
		{PollCreationMessageV3: waPoll("?", 1, "a", "b")}, {ContactMessage: &waE2E.ContactMessage{Vcard: proto.String(carolsCard)}},
		{ViewOnceMessage: wrapped(&waE2E.Message{ImageMessage: &waE2E.ImageMessage{Caption: proto.String("x")}})},
		{ListMessage: &waE2E.ListMessage{Title: proto.String("x"), ContextInfo: &waE2E.ContextInfo{Participant: proto.String("@"), StanzaID: proto.String("x")}}},
	} {
		encoded, err := proto.Marshal(seed)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(encoded)
	}
	f.Fuzz(func(t *testing.T, encoded []byte) {
		m := &waE2E.Message{}
		if proto.Unmarshal(encoded, m) != nil {
			return
		}
		got := words.convert(in(m))
		if got.sentence == "" && (got.event == nil || got.event.Body == "" || got.kind == "" || got.eventType.Type == "") {
			t.Errorf("%v came in as %+v", m, got)
		}
	})
}
