package whatsapp

import (
	"testing"
	"time"

	"go.mau.fi/whatsmeow/types/events"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/connectors/whatsapp/whatsapptest"
)

// isShown waits until a ghost is shown as online, or not.
func (w *world) isShown(ghost id.UserID, online bool) {
	w.t.Helper()
	w.matrix.wait(w.t, "the presence of "+string(ghost), func() bool { return w.matrix.online[ghost] == online })
}

func watching(t *testing.T, adjust ...func(*Options)) (*world, *whatsapptest.Phone, *room) {
	t.Helper()
	w := newWorld(t, append([]func(*Options){func(o *Options) { o.ContactPresence, o.AlwaysOnline = true, true }}, adjust...)...)
	w.connector.again = 50 * time.Millisecond
	bob := w.phones.MustAddPerson(bobNumber, "Bob")
	w.link(alice, w.phones.MustAddPerson(aliceNumber, "Alice"))
	must[string](t)(bob.Send(t.Context(), aliceNumber, "Moin"))
	in, _ := w.hears("Moin")
	return w, bob, in
}

func TestAliceSeesThatBobIsOnline(t *testing.T) {
	w, bob, _ := watching(t)
	bob.SetOnline(true)
	w.isShown(ghostOf(bob), true)
	before := 0
	w.matrix.change(func() { before = w.matrix.shows })
	w.matrix.wait(t, "it to be said again", func() bool { return w.matrix.shows > before+1 })
	bob.SetOnline(false)
	w.isShown(ghostOf(bob), false)
	// After a restart he is asked about again.
	w.stop()
	w.start()
	bob.SetOnline(true)
	w.isShown(ghostOf(bob), true)
	// Without a connection nothing is known.
	w.account().handle(&events.Disconnected{})
	w.isShown(ghostOf(bob), false)
}

func TestBobIsShownWhileAliceIsThere(t *testing.T) {
	w, bob, in := watching(t, func(o *Options) { o.AlwaysOnline = false })
	w.connector.online = 200 * time.Millisecond
	bob.SetOnline(true)
	w.typing(in, alice)
	w.isShown(ghostOf(bob), true)
	w.typing(in)
	w.isShown(ghostOf(bob), false) // Alice has gone: nobody tells her any more
}

func TestAHomeserverThatShowsNobodyIsLeftAlone(t *testing.T) {
	w, bob, _ := watching(t)
	w.matrix.change(func() { w.matrix.unshown = true })
	bob.SetOnline(true)
	w.eventually("that to be found out", w.connector.noPresence.Load)
	before := 0
	w.matrix.change(func() { before = w.matrix.shows })
	bob.SetOnline(false)
	bob.SetOnline(true)
	must[string](t)(bob.Send(t.Context(), aliceNumber, "Still there?"))
	w.hears("Still there?")
	w.matrix.change(func() {
		if w.matrix.shows != before {
			t.Errorf("it was told %d times more", w.matrix.shows-before)
		}
	})
}

func TestNobodyIsWatchedUnasked(t *testing.T) {
	w, bob, in := watching(t, func(o *Options) { o.ContactPresence = false })
	bob.SetOnline(true)
	w.says(in, alice, &event.MessageEventContent{MsgType: event.MsgText, Body: "Are you there?"})
	must[whatsapptest.Entry](t)(bob.WaitForText(deadline(t), "Are you there?"))
	if !w.account().watch.isNew(bob.LID()) {
		t.Error("Bob was asked about")
	}
	w.matrix.change(func() {
		if w.matrix.shows != 0 {
			t.Errorf("the homeserver was told %d times", w.matrix.shows)
		}
	})
}
