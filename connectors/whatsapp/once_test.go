package whatsapp

import (
	"strings"
	"testing"
	"time"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"google.golang.org/protobuf/proto"
	"maunium.net/go/mautrix/event"

	"passerelle/connectors/whatsapp/whatsapptest"
)

func TestWhatCanBeViewedOnce(t *testing.T) {
	for name, example := range map[string]struct {
		message *waE2E.Message
		once    func(*waE2E.Message) bool // nil: it cannot
	}{
		"a picture": {&waE2E.Message{ImageMessage: &waE2E.ImageMessage{JPEGThumbnail: []byte("small"), Caption: proto.String("x")}}, func(m *waE2E.Message) bool {
			image := m.GetViewOnceMessageV2().GetMessage().GetImageMessage()
			return image.GetViewOnce() && image.JPEGThumbnail == nil && image.GetCaption() == "x"
		}},
		"a video": {&waE2E.Message{VideoMessage: &waE2E.VideoMessage{GifPlayback: proto.Bool(true)}}, func(m *waE2E.Message) bool {
			video := m.GetViewOnceMessageV2().GetMessage().GetVideoMessage()
			return video.GetViewOnce() && !video.GetGifPlayback()
		}},
		"a voice note": {&waE2E.Message{AudioMessage: &waE2E.AudioMessage{PTT: proto.Bool(true)}}, func(m *waE2E.Message) bool {
			return m.GetViewOnceMessageV2Extension().GetMessage().GetAudioMessage().GetViewOnce()
		}},
		"music":      {&waE2E.Message{AudioMessage: &waE2E.AudioMessage{}}, nil},
		"a document": {&waE2E.Message{DocumentMessage: &waE2E.DocumentMessage{}}, nil},
	} {
		out := &outgoing{message: example.message}
		if could := out.viewedOnce(); could != (example.once != nil) || could && !example.once(out.message) {
			t.Errorf("%s goes out as %v", name, out.message)
		}
	}
}

func TestAliceSendsWhatIsViewedOnce(t *testing.T) {
	w := newWorld(t)
	bob := w.phones.MustAddPerson(bobNumber, "Bob")
	w.link(alice, w.phones.MustAddPerson(aliceNumber, "Alice"))
	must[string](t)(bob.Send(t.Context(), aliceNumber, "Moin"))
	in, _ := w.hears("Moin")
	w.matrix.change(func() { w.matrix.files["mxc://mine"] = somePicture(t) })
	picture := func(caption, mime string) *event.MessageEventContent {
		return &event.MessageEventContent{MsgType: event.MsgImage, Body: caption, FileName: "a.png", URL: "mxc://mine", Info: &event.FileInfo{MimeType: mime}}
	}

	w.answers(in, alice, "view-once", "viewed once only on WhatsApp, for the next 10 min")
	w.says(in, alice, text("Look at this")) // a text stays, and the wish with it
	if got := must[whatsapptest.Entry](t)(bob.WaitForText(deadline(t), "Look at this")); got.ViewOnce {
		t.Errorf("Bob sees %+v", got)
	}
	// What cannot be viewed once is not sent so that it stays.
	refused := w.says(in, alice, picture("The secret drawing", "image/svg+xml"))
	if got := w.matrix.outcome(t, refused); got.Status == event.MessageStatusSuccess || !strings.Contains(got.Message, "was not sent") {
		t.Errorf("it ends as %+v", got)
	}
	w.stop() // the wish outlives it
	w.start()
	secret := w.says(in, alice, picture("The secret", "image/png"))
	if got := must[whatsapptest.Entry](t)(bob.WaitForText(deadline(t), "The secret")); !got.ViewOnce || got.Media.Problem != "" || got.Media.Thumbnail != nil {
		t.Errorf("Bob sees %+v with %+v", got, got.Media)
	}
	w.matrix.wait(t, "the word that it was so", func() bool {
		last := in.said[len(in.said)-1].content
		return last.RelatesTo.GetReplyTo() == secret && strings.Contains(last.Body, "viewed once only")
	})
	w.says(in, alice, picture("The lake", "image/png"))
	if got := must[whatsapptest.Entry](t)(bob.WaitForText(deadline(t), "The lake")); got.ViewOnce {
		t.Errorf("the next one is viewed once, too: %+v", got)
	}
	w.answers(in, alice, "view-once", "viewed once only")
	w.answers(in, alice, "view-once off", "stays")
	w.says(in, alice, picture("The boat", "image/png"))
	if got := must[whatsapptest.Entry](t)(bob.WaitForText(deadline(t), "The boat")); got.ViewOnce {
		t.Errorf("though she changed her mind, Bob sees %+v", got)
	}
	// A wish that is too old is none.
	a := w.account()
	fine(t, a.wishOnce(t.Context(), portalID(bob.LID()), time.Now().Add(-time.Second)))
	w.says(in, alice, picture("The hill", "image/png"))
	if got := must[whatsapptest.Entry](t)(bob.WaitForText(deadline(t), "The hill")); got.ViewOnce {
		t.Errorf("after its time, Bob sees %+v", got)
	}
	for _, entry := range bob.Inbox() {
		if entry.Text == "The secret drawing" {
			t.Errorf("Bob sees %+v", entry)
		}
	}
}
