package whatsapp

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"google.golang.org/protobuf/proto"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/connectors/whatsapp/whatsapptest"
	"passerelle/portal"
)

// moved waits until a live location is shown at a place.
func (w *world) moved(in *room, of id.EventID, uri string) said {
	w.t.Helper()
	var found said
	w.matrix.wait(w.t, "the position "+uri, func() bool {
		for _, s := range in.said {
			if s.content.RelatesTo.GetReplaceID() == of && s.content.NewContent.GeoURI == uri {
				found = s
				return true
			}
		}
		return false
	})
	return found
}

func starts(t *testing.T, phone *whatsapptest.Phone, to string, latitude float64) string {
	t.Helper()
	return must[string](t)(phone.SendLocation(t.Context(), to, whatsapptest.Location{Latitude: latitude, Longitude: 2, Name: "Coming", Live: true}))
}

const (
	comes = "Live location. Open WhatsApp on the phone to follow it.\nComing\ngeo:"
	ended = "The live location has ended."
)

func TestBobIsOnTheWay(t *testing.T) {
	w := newWorld(t)
	alicesPhone, bob := w.phones.MustAddPerson(aliceNumber, "Alice"), w.phones.MustAddPerson(bobNumber, "Bob")
	a := w.link(alice, alicesPhone)
	starts(t, bob, aliceNumber, 1)
	in, first := w.hears(comes + "1,2")
	must[string](t)(bob.MoveLocation(t.Context(), aliceNumber, 1.5, 2))
	w.moved(in, first.id, "geo:1.5,2")
	must[string](t)(bob.MoveLocation(t.Context(), aliceNumber, 1.75, 2))
	w.moved(in, first.id, "geo:1.75,2")
	// One that comes late does not take him back.
	must[string](t)(bob.SendMessage(t.Context(), aliceNumber, &waE2E.Message{LiveLocationMessage: &waE2E.LiveLocationMessage{
		DegreesLatitude: proto.Float64(1.6), DegreesLongitude: proto.Float64(2), TimeOffset: proto.Uint32(1), SequenceNumber: proto.Int64(1),
	}}))
	must[string](t)(bob.Send(t.Context(), aliceNumber, "Stuck in traffic"))
	w.hears("Stuck in traffic")
	if bodies := w.bodies(in); len(bodies) != 4 || strings.Contains(strings.Join(bodies, " "), "1.6") {
		t.Errorf("the room holds %q", bodies)
	}

	// On his next way there is another message, and the first one has ended.
	starts(t, bob, aliceNumber, 40)
	_, second := w.hears(comes + "40,2")
	if got := w.edited(in, first.id, ended); got.content.NewContent.MsgType != event.MsgNotice {
		t.Errorf("it ends as %+v", got.content.NewContent)
	}
	must[string](t)(bob.MoveLocation(t.Context(), aliceNumber, 41, 2))
	w.moved(in, second.id, "geo:41,2")

	// The second one ends by itself, though the bridge was stopped meanwhile.
	if waits, ok := a.nextDue(nil); !ok || time.Until(waits.At) > longestLive || time.Until(waits.At) < longestLive-time.Minute {
		t.Errorf("its end is due as %+v", waits)
	}
	fine(t, a.keep(t.Context(), func(kept *LoginMetadata) { kept.Due[0].At = time.Now() }))
	w.stop()
	w.start()
	w.edited(in, second.id, ended)
	w.eventually("nothing to be due", func() bool { _, ok := w.account().nextDue(nil); return !ok })
	// A position that comes after the end is another message.
	must[string](t)(bob.MoveLocation(t.Context(), aliceNumber, 50, 2))
	w.hears("Live location. Open WhatsApp on the phone to follow it.\ngeo:50,2")
}

func TestAPositionThatIsWithheldIsNotShown(t *testing.T) {
	w := newWorld(t)
	bob := w.phones.MustAddPerson(bobNumber, "Bob")
	w.link(alice, w.phones.MustAddPerson(aliceNumber, "Alice"))
	starts(t, bob, aliceNumber, 1)
	in, first := w.hears(comes + "1,2")
	w.policy.set(func(c portal.Crossing) bool { return c.Kind == portal.KindLocation }, nil)
	must[string](t)(bob.MoveLocation(t.Context(), aliceNumber, 1.5, 2))
	w.matrix.wait(t, "a sentence in its place", func() bool {
		last := in.said[len(in.said)-1].content
		return last.RelatesTo.GetReplyTo() == first.id && strings.Contains(last.Body, "withheld")
	})
	for _, body := range w.bodies(in) {
		if strings.Contains(body, "1.5") {
			t.Errorf("the room holds %q", body)
		}
	}
}

func TestWhatIsDueIsBounded(t *testing.T) {
	w := newWorld(t)
	a := w.link(alice, w.phones.MustAddPerson(aliceNumber, "Alice"))
	bob := w.phones.MustAddPerson(bobNumber, "Bob")
	for i := range mostDue + 10 {
		id := fmt.Sprint(i)
		end := &arrival{Version: arrivalVersion, Kind: arrivalLiveEnd, Chat: types.NewJID("1"+id, types.HiddenUserServer), Sender: bob.LID(), ID: "live-end." + id, Ends: id}
		name := fmt.Sprintf("live/%s/%s", portalID(end.Chat), userID(bob.LID()))
		fine(t, a.doLater(t.Context(), due{Name: name, At: time.Now().Add(time.Duration(mostDue+11-i) * time.Hour), Came: end}))
	}
	w.eventually("the rest to be done", func() bool {
		a.keeping.Lock()
		defer a.keeping.Unlock()
		return len(a.login.Metadata.(*LoginMetadata).Due) <= mostDue
	})
	w.eventually("the inbox to be empty", func() bool { return w.inbox.waiting() == 0 })
}
