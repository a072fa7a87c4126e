package whatsapp

import (
	"slices"
	"testing"
	"time"

	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/connectors/whatsapp/whatsapptest"
)

// typing says who types in a room.
func (w *world) typing(in *room, staff ...id.UserID) {
	w.ephemeral(in, event.EphemeralEventTyping, &event.TypingEventContent{UserIDs: staff})
}

// notices waits until a phone's owner notices something.
func notices(t *testing.T, phone *whatsapptest.Phone, kind string, from string, detail string) {
	t.Helper()
	_, err := phone.WaitForNotice(deadline(t), func(n whatsapptest.Notice) bool {
		return n.Kind == kind && n.From == from[1:] && n.Detail == detail
	})
	if err != nil {
		t.Fatalf("waited for %s %q: %v", kind, detail, err)
	}
}

func TestTypingIsSeenBothWays(t *testing.T) {
	w := newWorld(t)
	bob := w.phones.MustAddPerson(bobNumber, "Bob")
	a := w.link(alice, w.phones.MustAddPerson(aliceNumber, "Alice"))
	if err := bob.Watch(aliceNumber); err != nil {
		t.Fatal(err)
	}
	must[string](t)(bob.Send(t.Context(), aliceNumber, "Hello"))
	in, _ := w.hears("Hello")

	w.typing(in, alice)
	notices(t, bob, whatsapptest.NoticeOnline, aliceNumber, "")
	notices(t, bob, whatsapptest.NoticeTyping, aliceNumber, "")
	w.typing(in)
	notices(t, bob, whatsapptest.NoticePaused, aliceNumber, "")

	// Alice is still there, and sees that Bob answers.
	shows := func(what string, kind bridgev2.TypingType, want bool) {
		t.Helper()
		w.matrix.wait(t, what, func() bool {
			got, typing := in.typing[ghostOf(bob)]
			return typing == want && got == kind
		})
	}
	if err := bob.Typing(aliceNumber, true); err != nil {
		t.Fatal(err)
	}
	shows("Bob to type", bridgev2.TypingTypeText, true)
	if err := bob.Typing(aliceNumber, false); err != nil {
		t.Fatal(err)
	}
	shows("Bob to stop", bridgev2.TypingTypeText, false)
	if err := bob.Recording(aliceNumber); err != nil {
		t.Fatal(err)
	}
	shows("Bob to record", bridgev2.TypingTypeRecordingMedia, true)

	room := must[*bridgev2.Portal](t)(w.bridge.GetPortalByMXID(t.Context(), in.id))
	if err := a.HandleMatrixTyping(t.Context(), &bridgev2.MatrixTyping{Portal: room, IsTyping: true, Type: bridgev2.TypingTypeRecordingMedia}); err != nil {
		t.Fatal(err)
	}
	notices(t, bob, whatsapptest.NoticeTyping, aliceNumber, "audio")
}

func TestTypingIsSeenInAGroup(t *testing.T) {
	w := newWorld(t)
	bob := w.phones.MustAddPerson(bobNumber, "Bob")
	w.link(alice, w.phones.MustAddPerson(aliceNumber, "Alice"))
	group := must[string](t)(bob.CreateGroup("Harbour works", aliceNumber))
	must[string](t)(bob.Send(t.Context(), group, "Welcome"))
	in, _ := w.hears("Welcome")
	if err := bob.Watch(aliceNumber); err != nil {
		t.Fatal(err)
	}
	w.typing(in, alice)
	notices(t, bob, whatsapptest.NoticeOnline, aliceNumber, "")
	notices(t, bob, whatsapptest.NoticeTyping, aliceNumber, "")
	if err := bob.Typing(group, true); err != nil {
		t.Fatal(err)
	}
	w.matrix.wait(t, "Bob to type", func() bool { _, typing := in.typing[ghostOf(bob)]; return typing })
}

func TestAliceIsOnlineOnlyWhileSheTypes(t *testing.T) {
	w := newWorld(t)
	w.connector.online = 50 * time.Millisecond
	bob := w.phones.MustAddPerson(bobNumber, "Bob")
	w.link(alice, w.phones.MustAddPerson(aliceNumber, "Alice"))
	must[string](t)(bob.Send(t.Context(), aliceNumber, "Hello"))
	in, hello := w.hears("Hello")
	if err := bob.Watch(aliceNumber); err != nil {
		t.Fatal(err)
	}
	w.reads(in, alice, hello.id)
	w.says(in, alice, text("I read and write"))
	must[whatsapptest.Entry](t)(bob.WaitForText(deadline(t), "I read and write"))
	for _, notice := range bob.Notices() {
		if notice.Kind == whatsapptest.NoticeOnline {
			t.Error("Alice is online though she did not type")
		}
	}
	before := len(bob.Notices())
	w.eventually("Alice to be online", func() bool { // which she is not before WhatsApp knows her name
		w.typing(in, alice)
		w.typing(in)
		return slices.ContainsFunc(bob.Notices(), func(n whatsapptest.Notice) bool { return n.Kind == whatsapptest.NoticeOnline })
	})
	w.eventually("Alice to be away again", func() bool {
		after := bob.Notices()[before:]
		return len(after) > 0 && after[len(after)-1].Kind == whatsapptest.NoticeAway
	})
}

func TestAnAdministratorCanHaveAccountsAlwaysOnline(t *testing.T) {
	w := newWorld(t, func(o *Options) { o.AlwaysOnline = true })
	alicesPhone, bob := w.phones.MustAddPerson(aliceNumber, "Alice"), w.phones.MustAddPerson(bobNumber, "Bob")
	w.link(alice, alicesPhone)
	if err := bob.Watch(aliceNumber); err != nil {
		t.Fatal(err)
	}
	notices(t, bob, whatsapptest.NoticeOnline, aliceNumber, "")
	must[string](t)(bob.Send(t.Context(), aliceNumber, "Hello"))
	in, _ := w.hears("Hello")
	if err := bob.Typing(aliceNumber, true); err != nil {
		t.Fatal(err)
	}
	w.matrix.wait(t, "Bob to type", func() bool { _, typing := in.typing[ghostOf(bob)]; return typing })
	if err := bob.Typing(aliceNumber, false); err != nil {
		t.Fatal(err)
	}
	w.matrix.wait(t, "Bob to stop", func() bool { _, typing := in.typing[ghostOf(bob)]; return !typing })
	// After the connection broke she is online again.
	before := alicesPhone.Devices()[0]
	if err := alicesPhone.Cut(before.ID); err != nil {
		t.Fatal(err)
	}
	w.eventually("Alice to be back and to see that Bob types", func() bool {
		if alicesPhone.Devices()[0].Logins == before.Logins || bob.Typing(aliceNumber, true) != nil {
			return false
		}
		w.matrix.mu.Lock()
		defer w.matrix.mu.Unlock()
		_, typing := in.typing[ghostOf(bob)]
		return typing
	})
}
