package whatsapp

import (
	"sync/atomic"
	"testing"

	"go.mau.fi/whatsmeow/types"
	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/connectors/whatsapp/whatsapptest"
	"passerelle/portal"
)

// loses has the bridge start again, and Bob's phone lose its keys, before the phone sees what was written.
func (r *relayed) loses(write func()) {
	r.t.Helper()
	r.bob.SwitchOff()
	write()
	r.stop()
	r.start()
	r.bob.LoseSessions()
	r.bob.SwitchOn()
}

// inSession lets both sides speak, so that what is written next belongs to a session.
func (r *relayed) inSession() {
	r.t.Helper()
	r.world.says(r.in, alice, text("Good morning"))
	r.bobReads("Good morning")
	must[string](r.t)(r.bob.Send(r.t.Context(), aliceNumber, "Good day"))
	r.hears("Good day")
}

func TestWhatBobCannotDecryptIsMadeAgain(t *testing.T) {
	r := newRelayed(t)
	r.inSession()
	mistake, helo := r.world.says(r.in, alice, text("a mistake")), r.world.says(r.in, alice, text("Helo"))
	wrong, greeting := r.bobReads("a mistake"), r.bobReads("Helo")
	url := id.ContentURIString("mxc://" + domain + "/file")
	r.matrix.change(func() { r.matrix.files[url] = somePicture(t) })
	r.answers(r.in, alice, "view-once", "viewed once only")
	r.loses(func() {
		r.succeeds(r.world.says(r.in, alice, newWords(helo, "Hullo")))
		r.succeeds(r.world.says(r.in, alice, newWords(helo, "Hello")))
		r.succeeds(r.does(r.in, alice, r.matrix.nextEvent(), event.EventRedaction, &event.RedactionEventContent{Redacts: mistake}))
		regret := r.world.says(r.in, alice, text("a regret"))
		r.succeeds(regret)
		r.succeeds(r.does(r.in, alice, r.matrix.nextEvent(), event.EventRedaction, &event.RedactionEventContent{Redacts: regret}))
		picture := &event.MessageEventContent{MsgType: event.MsgImage, Body: "once", FileName: "a.png", Info: &event.FileInfo{MimeType: "image/png"}}
		picture.File = &event.EncryptedFileInfo{URL: url}
		r.succeeds(r.world.says(r.in, alice, picture))
		mutable := *picture // nothing says that it is the same file
		mutable.Body, mutable.File, mutable.URL = "perhaps another one", nil, url
		r.succeeds(r.world.says(r.in, alice, &mutable))
		r.succeeds(r.world.says(r.in, alice, text("the last one")))
		// What has been admitted is not judged again.
		r.policy.set(func(portal.Crossing) bool { return true }, nil)
	})
	r.bobReads("the last one")
	if got := r.bobReads("once"); !got.ViewOnce || got.Media == nil || got.Media.Problem != "" {
		t.Errorf("the picture is shown as %+v with %+v", got, got.Media)
	}
	r.bobSees("the newest edit", func(e whatsapptest.Entry) bool { return e.ID == greeting.ID && e.Text == "Hello" })
	r.bobSees("the deletion", func(e whatsapptest.Entry) bool { return e.ID == wrong.ID && e.Deleted })
	if r.bobCounts("a regret")+r.bobCounts("perhaps another one")+r.bobCounts("Hullo") > 0 {
		t.Errorf("Bob's phone shows %+v", r.bob.Inbox())
	}
}

func TestWhatOthersWroteThroughAnAccountIsMadeAgain(t *testing.T) {
	r := newRelayed(t)
	r.inSession()
	moin := r.bob.Inbox()[0].ID
	_, first := r.hears("Moin")
	url := id.ContentURIString("mxc://" + domain + "/file")
	r.matrix.change(func() { r.matrix.files[url] = somePicture(t) })
	r.loses(func() {
		r.succeeds(r.says(karim, text("Hello Bob")))
		r.succeeds(r.relays(r.alice, r.in, "", "", karim, event.EventSticker, &event.MessageEventContent{Body: "parrot",
			File: &event.EncryptedFileInfo{URL: url}, Info: &event.FileInfo{MimeType: "image/webp"}}))
		made := r.matrix.nextEvent()
		r.relays(r.alice, r.in, "", made, karim, event.EventUnstablePollStart, &event.PollStartEventContent{PollStart: *mxPoll("When?", 1, "Monday", "Tuesday")})
		r.succeeds(made)
		r.succeeds(r.reacts(karim, first.id, "👍"))
		r.succeeds(r.reacts(sofia, first.id, "🎉")) // Karim's is said
	})
	r.bobReads("*Karim*: Hello Bob")
	r.bobReads("*Karim*:")
	r.bobSees("the sticker", func(e whatsapptest.Entry) bool { return e.Kind == whatsapptest.KindSticker && e.Media.Problem == "" })
	r.bobReads("Karim: When?")
	if got := r.bobReads("*Karim*: 👍️"); got.Quoted != moin {
		t.Errorf("it answers %q", got.Quoted)
	}
	r.bobSees("the reaction", func(e whatsapptest.Entry) bool { return e.ID == moin && e.Reactions[aliceNumber[1:]] == "🎉" })
}

func TestWhatIsDeletedIsNotSentAgainOutOfMemory(t *testing.T) {
	r := newRelayed(t)
	r.inSession()
	r.bob.SwitchOff()
	regret := r.world.says(r.in, alice, text("a regret"))
	r.succeeds(regret)
	r.succeeds(r.does(r.in, alice, r.matrix.nextEvent(), event.EventRedaction, &event.RedactionEventContent{Redacts: regret}))
	r.succeeds(r.world.says(r.in, alice, text("the last one")))
	r.bob.LoseSessions()
	r.bob.SwitchOn()
	r.bobReads("the last one")
	if r.bobCounts("a regret") > 0 || r.bobCounts("") > 0 {
		t.Errorf("Bob's phone shows %+v", r.bob.Inbox())
	}
}

func TestARequestWaitsForTheHomeserver(t *testing.T) {
	r := newRelayed(t)
	r.inSession()
	var asked atomic.Int32
	r.loses(func() {
		r.succeeds(r.world.says(r.in, alice, text("Hello")))
		r.matrix.setFail(func(what string) error {
			if what == "event" && asked.Add(1) < 3 {
				return mautrix.HTTPError{}
			}
			return nil
		})
	})
	r.bobReads("Hello")
}

func TestPostsAndTheAnswersToThemAreMadeAgain(t *testing.T) {
	w := newWall(t)
	w.matrix.outcome(t, w.says(w.in, alice, text("Nice weather")))
	must[whatsapptest.Entry](t)(w.bob.WaitForText(deadline(t), "Nice weather"))
	must[string](t)(w.bob.Send(t.Context(), aliceNumber, "Good day"))
	w.hears("Good day")
	w.bob.SwitchOff()
	w.matrix.outcome(t, w.says(w.in, alice, text("On the hill")))
	answer := text("Enjoy")
	answer.RelatesTo = (&event.RelatesTo{}).SetReplyTo(w.beach.id)
	w.matrix.outcome(t, w.says(w.in, alice, answer))
	w.stop()
	w.start()
	w.bob.LoseSessions()
	w.bob.SwitchOn()
	if got := must[whatsapptest.Entry](t)(w.bob.WaitForText(deadline(t), "On the hill")); got.Chat != types.StatusBroadcastJID.String() {
		t.Errorf("the post is shown in %s", got.Chat)
	}
	if got := must[whatsapptest.Entry](t)(w.bob.WaitForText(deadline(t), "Enjoy")); "+"+got.Chat != aliceNumber || got.Quoted != w.posted {
		t.Errorf("the answer is shown as %+v", got)
	}
}
