package whatsapp

import (
	"errors"
	"strings"
	"testing"
	"time"

	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
	"maunium.net/go/mautrix/event"

	"passerelle/portal/say"
)

func TestHowACallGoes(t *testing.T) {
	rang := time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)
	rings, taken := &callNews{Step: callRings}, &callNews{Step: callEnds, Reason: acceptedElsewhere}
	refused, ends := &callNews{Step: callEnds, Reason: rejectedElsewhere}, &callNews{Step: callEnds}
	for name, example := range map[string]struct {
		call  call
		steps []*callNews // a minute after each other
		want  string
	}{
		"it rings":              {call{}, nil, "Voice call\nTo answer, open WhatsApp on the phone."},
		"it rings twice":        {call{Video: true}, []*callNews{rings}, "Video call\nTo answer, open WhatsApp on the phone."},
		"a group rings":         {call{Group: true}, nil, "Group voice call\nTo answer, open WhatsApp on the phone."},
		"nobody takes it":       {call{Group: true, Video: true}, []*callNews{ends}, "Missed group video call"},
		"the phone takes it":    {call{}, []*callNews{taken}, "Voice call\nAnswered on the phone"},
		"they hang up":          {call{}, []*callNews{taken, taken, ends, ends}, "Voice call\nAnswered on the phone\nDuration: 2m0s"},
		"the phone declines it": {call{Video: true}, []*callNews{refused, ends}, "Video call\nDeclined on the phone"},
		"missed stays missed":   {call{}, []*callNews{ends, taken}, "Missed voice call"},
		"it came late":          {call{Late: true, Rang: rang}, nil, "Voice call\nIt rang at 2026-03-01 10:00 UTC, before this service could show it."},
		"late and missed":       {call{Late: true, Rang: rang}, []*callNews{ends}, "Missed voice call\nIt rang at 2026-03-01 10:00 UTC, before this service could show it."},
	} {
		c, at := example.call, rang
		for _, step := range example.steps {
			at = at.Add(time.Minute)
			c = c.after(step, at)
		}
		if got := words.callState(c); got != example.want {
			t.Errorf("%s: it says %q, want %q", name, got, example.want)
		}
	}
	if got := (reader{say: say.French.Say}).callState(call{Outcome: callMissed}); got != "Appel vocal manqué" {
		t.Errorf("in French it says %q", got)
	}
}

func TestBobCallsAndAliceSeesIt(t *testing.T) {
	w := newWorld(t)
	alicesPhone, bob := w.phones.MustAddPerson(aliceNumber, "Alice"), w.phones.MustAddPerson(bobNumber, "Bob")
	w.link(alice, alicesPhone)
	const rings = "Voice call\nTo answer, open WhatsApp on the phone."

	// Nobody has written yet: the call makes the room.
	missed := must[string](t)(bob.Call(aliceNumber, false))
	in, first := w.hears(rings)
	if first.by != ghostOf(bob) || first.content.MsgType != event.MsgNotice || !in.direct {
		t.Errorf("the call is shown by %s as %+v", first.by, first.content)
	}
	fine(t, bob.HangUp(aliceNumber, missed, "timeout"))
	w.edited(in, first.id, "Missed voice call")

	// The next one is taken on the phone, and ends.
	taken := must[string](t)(bob.Call(aliceNumber, true))
	_, second := w.hears("Video call\nTo answer, open WhatsApp on the phone.")
	fine(t, alicesPhone.AcceptCall(bobNumber, taken))
	w.edited(in, second.id, "Video call\nAnswered on the phone")
	fine(t, bob.HangUp(aliceNumber, taken, ""))
	w.matrix.wait(t, "the end of the call", func() bool {
		last := in.said[len(in.said)-1].content
		return last.RelatesTo.GetReplaceID() == second.id && (last.NewContent.Body == "Video call\nAnswered on the phone" ||
			strings.HasPrefix(last.NewContent.Body, "Video call\nAnswered on the phone\nDuration: "))
	})

	// What Alice does on her phone is hers to know.
	own := must[string](t)(alicesPhone.Call(bobNumber, false))
	fine(t, bob.RejectCall(aliceNumber, own))
	must[string](t)(bob.Send(t.Context(), aliceNumber, "I cannot talk now"))
	w.hears("I cannot talk now")
	calls := 0
	for _, body := range w.bodies(in) {
		if strings.Contains(body, "call\n") || strings.HasSuffix(body, "call") {
			calls++
		}
	}
	w.matrix.change(func() {
		for _, s := range in.said {
			if s.content.RelatesTo.GetReplaceID() != "" {
				calls--
			}
		}
	})
	if calls != 2 {
		t.Errorf("the room holds %q: %d calls, want 2", w.bodies(in), calls)
	}
}

func TestAGroupsCallIsInItsRoom(t *testing.T) {
	g := newTeam(t)
	call := must[string](t)(g.bob.CallGroup(g.id, true))
	in, rings := g.hears("Group video call\nTo answer, open WhatsApp on the phone.")
	if in != g.in || rings.by != ghostOf(g.bob) {
		t.Errorf("the call is shown by %s in %s", rings.by, in.id)
	}
	fine(t, g.bob.HangUp(aliceNumber, call, "timeout")) // it does not name the group
	g.edited(g.in, rings.id, "Missed group video call")
}

// TestACallOutlivesACrash ends the bridge while a call cannot be shown: it is shown once, and its end, too.
func TestACallOutlivesACrash(t *testing.T) {
	w := newWorld(t)
	alicesPhone, bob := w.phones.MustAddPerson(aliceNumber, "Alice"), w.phones.MustAddPerson(bobNumber, "Bob")
	w.link(alice, alicesPhone)
	must[string](t)(bob.Send(t.Context(), aliceNumber, "Moin"))
	in, _ := w.hears("Moin")
	w.matrix.setFail(func(what string) error { return errors.New("away") })
	call := must[string](t)(bob.Call(aliceNumber, false))
	w.eventually("the call to wait", func() bool { return w.inbox.waiting() == 1 })
	fine(t, bob.HangUp(aliceNumber, call, ""))
	w.eventually("its end to wait", func() bool { return w.inbox.waiting() == 2 })
	w.stop()
	w.start()
	w.matrix.setFail(nil)
	_, rings := w.hears("Voice call\nTo answer, open WhatsApp on the phone.")
	w.edited(in, rings.id, "Missed voice call")
	w.eventually("the inbox to be empty", func() bool { return w.inbox.waiting() == 0 })
	if bodies := w.bodies(in); len(bodies) != 3 {
		t.Errorf("the room holds %q", bodies)
	}
}

func TestWhatIsToldOfACallMayBeNonsense(t *testing.T) {
	w := newWorld(t)
	a := w.link(alice, w.phones.MustAddPerson(aliceNumber, "Alice"))
	bob := w.phones.MustAddPerson(bobNumber, "Bob")
	must[string](t)(bob.Send(t.Context(), aliceNumber, "Moin"))
	in, _ := w.hears("Moin")
	meta := types.BasicCallMeta{From: bob.LID(), CallCreator: bob.LID(), CallID: "C:1.2", Timestamp: time.Now()}
	for _, offer := range []types.BasicCallMeta{
		{}, {CallID: "1"}, {CallID: strings.Repeat("x", 1000), CallCreator: bob.LID()}, {CallID: "1", CallCreator: a.lid},
		{CallID: "1", CallCreator: types.StatusBroadcastJID},
	} {
		if !a.handle(&events.CallOffer{BasicCallMeta: offer}) {
			t.Errorf("%+v is to come again", offer)
		}
	}
	// One that is known by its end alone was missed, unless another device took it; twice the same is one.
	a.handle(&events.CallTerminate{BasicCallMeta: meta, Reason: acceptedElsewhere})
	meta.CallID, meta.Timestamp = "C:1.3", time.Now().Add(-3*time.Hour)
	for range 2 {
		a.handle(&events.CallTerminate{BasicCallMeta: meta, Reason: "timeout"})
	}
	want := "Missed voice call\nIt rang at " + moment(meta.Timestamp.Unix()) + ", before this service could show it."
	w.hears(want)
	w.eventually("the inbox to be empty", func() bool { return w.inbox.waiting() == 0 })
	if bodies := w.bodies(in); len(bodies) != 2 {
		t.Errorf("the room holds %q", bodies)
	}
}
