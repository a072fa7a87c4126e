package whatsapp

import (
	"bytes"
	"strings"
	"testing"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"google.golang.org/protobuf/proto"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/connectors/whatsapp/whatsapptest"
	"passerelle/portal"
	"passerelle/portal/geo"
	"passerelle/portal/polls"
)

// acquainted is a world in which Alice is linked and Bob has written to her.
func acquainted(t *testing.T) (*world, *account, *whatsapptest.Phone, *room) {
	t.Helper()
	w := newWorld(t)
	alicesPhone, bob := w.phones.MustAddPerson(aliceNumber, "Alice"), w.phones.MustAddPerson(bobNumber, "Bob")
	a := w.link(alice, alicesPhone)
	must[string](t)(bob.Send(t.Context(), aliceNumber, "Moin"))
	in, _ := w.hears("Moin")
	return w, a, bob, in
}

// uploads puts a file where WhatsApp's media are.
func uploads(t *testing.T, a *account, data []byte, as whatsmeow.MediaType) whatsmeow.UploadResponse {
	t.Helper()
	return must[whatsmeow.UploadResponse](t)(a.current().Upload(t.Context(), data, as))
}

func TestWordsKeepTheirMarksAndNames(t *testing.T) {
	w, a, bob, in := acquainted(t)
	must[string](t)(bob.SendMessage(t.Context(), aliceNumber, &waE2E.Message{ExtendedTextMessage: &waE2E.ExtendedTextMessage{
		Text:        proto.String("*Important*, @" + a.lid.User),
		ContextInfo: &waE2E.ContextInfo{MentionedJID: []string{a.lid.String()}, IsForwarded: proto.Bool(true)},
	}}))
	_, got := w.hears("Forwarded\n*Important*, Alice")
	if want := `<em>Forwarded</em><br><strong>Important</strong>, <a href="https://matrix.to/#/@alice:state.example">Alice</a>`; got.content.FormattedBody != want {
		t.Errorf("Alice reads %s", got.content.FormattedBody)
	}
	if !got.content.Mentions.Has(alice) {
		t.Errorf("Alice is not notified: %+v", got.content.Mentions)
	}

	ghost := ghostOf(bob)
	answer := text("Right, Bob")
	answer.Format, answer.FormattedBody = event.FormatHTML, `<p><em>Right</em>, <a href="`+ghost.URI().MatrixToURL()+`">Bob</a></p><ul><li>one</li></ul>`
	answer.Mentions = &event.Mentions{UserIDs: []id.UserID{ghost}}
	w.says(in, alice, answer)
	must[whatsapptest.Entry](t)(bob.WaitForText(deadline(t), "_Right_, @"+bob.LID().User+"\n\n* one"))
}

func TestVoiceNotesGoBothWays(t *testing.T) {
	w, a, bob, in := acquainted(t)
	sound := []byte("OggS, as if it were a voice")
	at := uploads(t, a, sound, whatsmeow.MediaAudio)
	must[string](t)(bob.SendMessage(t.Context(), aliceNumber, &waE2E.Message{AudioMessage: &waE2E.AudioMessage{
		URL: &at.URL, DirectPath: &at.DirectPath, MediaKey: at.MediaKey, FileEncSHA256: at.FileEncSHA256, FileSHA256: at.FileSHA256,
		FileLength: &at.FileLength, Mimetype: proto.String("audio/ogg; codecs=opus"), PTT: proto.Bool(true), Seconds: proto.Uint32(4),
		Waveform: bytes.Repeat([]byte{50}, 64),
	}}))
	_, voice := w.hears("voice.ogg")
	if voice.content.MsgType != event.MsgAudio || voice.content.MSC3245Voice == nil || voice.content.Info.Duration != 4000 || !bytes.Equal(w.matrix.files[voice.content.URL], sound) {
		t.Errorf("Bob's voice comes as %+v", voice.content)
	}
	if shape := voice.content.MSC1767Audio; shape == nil || len(shape.Waveform) != 64 || shape.Waveform[0] != 512 {
		t.Errorf("its shape is %+v", shape)
	}

	w.matrix.change(func() { w.matrix.files["mxc://mine"] = sound })
	w.says(in, alice, &event.MessageEventContent{
		MsgType: event.MsgAudio, Body: "Voice message.ogg", URL: "mxc://mine", MSC3245Voice: &event.MSC3245Voice{},
		Info:         &event.FileInfo{MimeType: "audio/ogg", Size: len(sound), Duration: 2000},
		MSC1767Audio: &event.MSC1767Audio{Duration: 2000, Waveform: []int{1024, 0}},
	})
	heard := must[whatsapptest.Entry](t)(bob.WaitFor(deadline(t), func(e whatsapptest.Entry) bool { return e.Kind == whatsapptest.KindVoice }))
	if heard.Media.Problem != "" || !bytes.Equal(heard.Media.Data(), sound) || heard.Media.MIME != "audio/ogg; codecs=opus" {
		t.Errorf("Bob hears %+v", heard.Media)
	}
}

func TestAStickerAndAPictureComeWithWhatTheyLookLike(t *testing.T) {
	w, a, bob, _ := acquainted(t)
	picture, small := photo(t, 60, 40), photo(t, 30, 20)
	at := uploads(t, a, picture, whatsmeow.MediaImage)
	must[string](t)(bob.SendMessage(t.Context(), aliceNumber, &waE2E.Message{StickerMessage: &waE2E.StickerMessage{
		URL: &at.URL, DirectPath: &at.DirectPath, MediaKey: at.MediaKey, FileEncSHA256: at.FileEncSHA256, FileSHA256: at.FileSHA256,
		FileLength: &at.FileLength, Mimetype: proto.String("image/webp"), IsAnimated: proto.Bool(true), Emojis: proto.String("⛵"),
	}}))
	_, sticker := w.hears("⛵")
	if sticker.kind != event.EventSticker || sticker.content.Info.MimeType != "image/webp" || !sticker.content.Info.IsAnimated || !bytes.Equal(w.matrix.files[sticker.content.URL], picture) {
		t.Errorf("Bob's sticker comes as %s %+v", sticker.kind.Type, sticker.content)
	}
	must[string](t)(bob.SendMessage(t.Context(), aliceNumber, &waE2E.Message{ImageMessage: &waE2E.ImageMessage{
		URL: &at.URL, DirectPath: &at.DirectPath, MediaKey: at.MediaKey, FileEncSHA256: at.FileEncSHA256, FileSHA256: at.FileSHA256,
		FileLength: &at.FileLength, Mimetype: proto.String("image/jpeg"), JPEGThumbnail: small, Caption: proto.String("The boat"),
	}}))
	_, boat := w.hears("The boat")
	if info := boat.content.Info; !bytes.Equal(w.matrix.files[info.ThumbnailURL], small) || info.ThumbnailInfo.Width != 30 || info.AnoaBlurhash == "" || info.Size != len(picture) {
		t.Errorf("Bob's picture comes with %+v", info)
	}
}

func TestPlacesGoBothWays(t *testing.T) {
	w, _, bob, in := acquainted(t)
	must[string](t)(bob.SendMessage(t.Context(), aliceNumber, &waE2E.Message{LocationMessage: &waE2E.LocationMessage{
		DegreesLatitude: proto.Float64(53.5), DegreesLongitude: proto.Float64(9.9), Name: proto.String("Harbour"),
	}}))
	_, place := w.hears("Harbour\ngeo:53.5,9.9")
	if place.content.MsgType != event.MsgLocation || place.content.GeoURI != "geo:53.5,9.9" || place.extra[geo.KeyLocation] == nil {
		t.Errorf("Bob's place comes as %+v with %v", place.content, place.extra)
	}
	w.says(in, alice, &event.MessageEventContent{MsgType: event.MsgLocation, Body: "The café", GeoURI: "geo:48.85,2.35;u=20"})
	if got := must[whatsapptest.Entry](t)(bob.WaitForText(deadline(t), "The café")); got.Kind != whatsapptest.KindLocation {
		t.Errorf("Alice's place comes as %+v", got)
	}
}

func TestContactCardsGoBothWays(t *testing.T) {
	w, _, bob, in := acquainted(t)
	w.policy.set(func(c portal.Crossing) bool { return strings.Contains(c.Text, "+33 6 00") }, nil)
	must[string](t)(bob.SendMessage(t.Context(), aliceNumber, &waE2E.Message{ContactMessage: &waE2E.ContactMessage{
		DisplayName: proto.String("Carol"), Vcard: proto.String(carolsCard),
	}}))
	_, card := w.hears(carolsWords)
	if card.content.MsgType != event.MsgFile || card.content.FileName != "Carol.vcf" || !strings.HasPrefix(string(w.matrix.files[card.content.URL]), carolsCard) {
		t.Errorf("Bob's card comes as %+v", card.content)
	}

	w.matrix.change(func() { w.matrix.files["mxc://card"] = []byte(carolsCard) })
	w.says(in, alice, &event.MessageEventContent{MsgType: event.MsgFile, Body: "carol.vcf", URL: "mxc://card", Info: &event.FileInfo{MimeType: "text/vcard"}})
	if got := must[whatsapptest.Entry](t)(bob.WaitForText(deadline(t), "Carol Dupont")); got.Kind != whatsapptest.KindContact {
		t.Errorf("Alice's card comes as %+v", got)
	}
	secret := strings.ReplaceAll(carolsCard, "+33 6 98", "+33 6 00")
	w.matrix.change(func() { w.matrix.files["mxc://secret"] = []byte(secret) })
	refused := w.says(in, alice, &event.MessageEventContent{MsgType: event.MsgFile, Body: "carol.vcf", URL: "mxc://secret", Info: &event.FileInfo{MimeType: "text/vcard"}})
	if got := w.matrix.outcome(t, refused); got.Status != event.MessageStatusFail {
		t.Errorf("what the gate should have read in the card went out: %+v", got)
	}
}

func TestAPollComesIntoTheRoom(t *testing.T) {
	w, _, bob, _ := acquainted(t)
	must[string](t)(bob.SendMessage(t.Context(), aliceNumber, &waE2E.Message{PollCreationMessageV3: waPoll("When?", 1, "Monday", "Tuesday")}))
	_, poll := w.hears("When?\n- Monday\n- Tuesday")
	start, ok := poll.extra[polls.KeyStart].(event.PollStart)
	if poll.kind != event.EventUnstablePollStart || !ok || start.MaxSelections != 1 || len(start.Answers) != 2 {
		t.Errorf("Bob's poll comes as %s with %+v", poll.kind.Type, poll.extra)
	}
}

func TestAnAnswerToAForgottenMessageBringsItsWords(t *testing.T) {
	w, _, bob, _ := acquainted(t)
	must[string](t)(bob.SendMessage(t.Context(), aliceNumber, &waE2E.Message{ExtendedTextMessage: &waE2E.ExtendedTextMessage{
		Text: proto.String("Still true"), ContextInfo: &waE2E.ContextInfo{
			StanzaID: proto.String("3EB0LONGAGO"), Participant: proto.String(bob.LID().String()),
			QuotedMessage: &waE2E.Message{Conversation: proto.String("The pier is closed")},
		},
	}}))
	_, got := w.hears("> Bob: The pier is closed\n\nStill true")
	if !strings.HasPrefix(got.content.FormattedBody, "<blockquote><strong>Bob</strong>") {
		t.Errorf("Alice reads %s", got.content.FormattedBody)
	}
}
