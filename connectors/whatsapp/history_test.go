package whatsapp

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"google.golang.org/protobuf/proto"

	"passerelle/connectors/whatsapp/whatsapptest"
)

// sentence is a text message.
func sentence(text string) *waE2E.Message { return &waE2E.Message{Conversation: proto.String(text)} }

// bodies lists what has been said in a room.
func (w *world) bodies(in *room) (list []string) {
	w.matrix.mu.Lock()
	defer w.matrix.mu.Unlock()
	for _, s := range in.said {
		list = append(list, s.content.Body)
	}
	return list
}

func TestWhatWasSaidBeforeTheLinkIsShownInOrder(t *testing.T) {
	for name, on := range map[string]*whatsapptest.HistoryOnLink{"inline": {Inline: true}, "as files": {}} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, func(o *Options) { o.History = HistoryOptions{Messages: 3, Days: 30} })
			alices, bob, carols := w.phones.MustAddPerson(aliceNumber, "Alice"), w.phones.MustAddPerson(bobNumber, "Bob"), w.phones.MustAddPerson(carolNumber, "Carol")
			alices.ShareHistory(on)
			start := time.Now().Add(-time.Hour).Truncate(time.Second)
			remember := func(chat, from, text string, at time.Time) {
				t.Helper()
				must[string](t)(alices.Remember(chat, from, at, sentence(text)))
			}
			remember(bobNumber, bobNumber, "long ago", start.Add(-60*24*time.Hour))
			for i, from := range []string{bobNumber, aliceNumber, bobNumber, aliceNumber} {
				remember(bobNumber, from, fmt.Sprintf("bob %d", i), start.Add(time.Duration(i)*time.Second))
			}
			group := must[string](t)(carols.CreateGroup("Bridge works", aliceNumber, bobNumber))
			remember(group, bobNumber, "from Bob, in the group", start)
			remember(carolNumber, carolNumber, "same second, first", start)
			remember(carolNumber, carolNumber, "same second, second", start)

			w.link(alice, alices)
			in, said := w.hears("bob 3")
			must[string](t)(bob.Send(t.Context(), aliceNumber, "now"))
			w.hears("now")
			if got := w.bodies(in); !slices.Equal(got, []string{"bob 1", "bob 2", "bob 3", "now"}) {
				t.Errorf("the room shows %v", got)
			}
			if said.at != start.Add(3*time.Second).UnixMilli() {
				t.Errorf("it is dated %v", time.UnixMilli(said.at))
			}
			carolsRoom, _ := w.hears("same second, second")
			if got := w.bodies(carolsRoom); !slices.Equal(got, []string{"same second, first", "same second, second"}) {
				t.Errorf("Carol's room shows %v", got)
			}
			groupRoom, inGroup := w.hears("from Bob, in the group")
			if groupRoom.direct || inGroup.by != ghostOf(bob) {
				t.Errorf("the group's history comes from %s into %+v", inGroup.by, groupRoom)
			}
			if strings.Contains(strings.Join(w.bodies(in), " "), "long ago") {
				t.Error("more days are shown than were asked for")
			}
		})
	}
}

func TestALiveMessageComesAfterTheHistoryOfItsChat(t *testing.T) {
	w := newWorld(t)
	alices, bob := w.phones.MustAddPerson(aliceNumber, "Alice"), w.phones.MustAddPerson(bobNumber, "Bob")
	alices.ShareHistory(nil) // the phone takes its time
	at := time.Now().Add(-time.Minute)
	for i := range 3 {
		must[string](t)(alices.Remember(bobNumber, bobNumber, at.Add(time.Duration(i)*time.Second), sentence(fmt.Sprintf("before %d", i))))
	}
	history := alices.History()
	w.link(alice, alices)
	must[string](t)(bob.Send(t.Context(), aliceNumber, "live"))
	w.eventually("the live message waits", func() bool {
		return slices.Contains(w.inbox.errors(), errBeforeHistory)
	})
	devices := alices.Devices()
	if err := alices.SendHistory(t.Context(), devices[0].ID, history, true); err != nil {
		t.Fatal(err)
	}
	in, _ := w.hears("live")
	if got := w.bodies(in); !slices.Equal(got, []string{"before 0", "before 1", "before 2", "live"}) {
		t.Errorf("the room shows %v", got)
	}
	// What comes later than that cannot take its place any more, and what comes twice is shown once.
	must[string](t)(alices.Remember(bobNumber, bobNumber, at.Add(-time.Hour), sentence("much older")))
	if err := alices.SendHistory(t.Context(), devices[0].ID, alices.History(), false); err != nil {
		t.Fatal(err)
	}
	must[string](t)(bob.Send(t.Context(), aliceNumber, "the end"))
	w.hears("the end")
	w.eventually("all is delivered", func() bool { return w.inbox.waiting() == 0 })
	if got := w.bodies(in); !slices.Equal(got, []string{"before 0", "before 1", "before 2", "live", "the end"}) {
		t.Errorf("the room shows %v", got)
	}
}

func TestAnAccountWithoutHistoryShowsNone(t *testing.T) {
	w := newWorld(t, func(o *Options) { o.History.Messages = 0 })
	alices, bob := w.phones.MustAddPerson(aliceNumber, "Alice"), w.phones.MustAddPerson(bobNumber, "Bob")
	must[string](t)(alices.Remember(bobNumber, bobNumber, time.Now().Add(-time.Hour), sentence("before")))
	w.link(alice, alices)
	must[string](t)(bob.Send(t.Context(), aliceNumber, "live"))
	in, _ := w.hears("live")
	w.eventually("all is delivered", func() bool { return w.inbox.waiting() == 0 })
	if got := w.bodies(in); !slices.Equal(got, []string{"live"}) {
		t.Errorf("the room shows %v", got)
	}
}
