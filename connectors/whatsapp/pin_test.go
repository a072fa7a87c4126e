package whatsapp

import (
	"slices"
	"testing"
	"time"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"google.golang.org/protobuf/proto"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

func TestWhatIsPinnedOnThePhoneIsPinned(t *testing.T) {
	g := newTeam(t)
	plan := must[string](t)(g.alice.Send(t.Context(), g.id, "The plan"))
	_, shown := g.hears("The plan")
	must[string](t)(g.bob.Send(t.Context(), g.id, "The place"))
	_, place := g.hears("The place")
	pinned := func(what ...id.EventID) {
		t.Helper()
		g.matrix.wait(t, "what is pinned", func() bool { return slices.Equal(g.in.pinned, what) })
	}
	own := place.id
	g.matrix.change(func() { g.in.pinned = []id.EventID{own} }) // by staff
	fine(t, g.bob.PinMessage(t.Context(), g.id, plan, 7*24*time.Hour))
	pinned(own, shown.id)
	fine(t, g.bob.PinMessage(t.Context(), g.id, plan, 7*24*time.Hour))
	fine(t, g.bob.PinMessage(t.Context(), g.id, plan, 0))
	pinned(own)
	if later, ok := g.account.nextDue(nil); ok {
		t.Errorf("still to come is %+v", later)
	}

	// Its time ends by itself.
	fine(t, g.bob.PinMessage(t.Context(), g.id, plan, 24*time.Hour))
	pinned(own, shown.id)
	g.eventually("its end to be due", func() bool { _, ok := g.account.nextDue(nil); return ok })
	fine(t, g.account.keep(t.Context(), func(kept *LoginMetadata) { kept.Due[0].At = time.Now() }))
	fine(t, g.account.doLater(t.Context(), due{Name: "another", At: time.Now().Add(time.Hour), Came: &arrival{}}))
	pinned(own)

	// What is not known is not pinned.
	must[string](t)(g.bob.SendMessage(t.Context(), g.id, &waE2E.Message{PinInChatMessage: &waE2E.PinInChatMessage{Type: waE2E.PinInChatMessage_PIN_FOR_ALL.Enum()}}))
	must[string](t)(g.bob.SendMessage(t.Context(), g.id, &waE2E.Message{PinInChatMessage: &waE2E.PinInChatMessage{}, MessageContextInfo: &waE2E.MessageContextInfo{MessageAddOnDurationInSecs: proto.Uint32(1 << 31)}}))
	must[string](t)(g.bob.Send(t.Context(), g.id, "So?"))
	g.hears("So?")
	pinned(own)
	for _, s := range g.in.said {
		if s.content.MsgType == event.MsgNotice {
			t.Errorf("a pin is told as %q", s.content.Body)
		}
	}
}
