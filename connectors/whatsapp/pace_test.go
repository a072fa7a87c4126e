package whatsapp

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/connectors/whatsapp/whatsapptest"
	"passerelle/portal/pace"
)

// turn is a message on its way through its line.
type turn struct {
	matrix  *matrixSide
	message id.EventID  // written before went is
	said    chan string // what its sender reads meanwhile
	went    chan error
	stop    context.CancelFunc
}

// writes writes into a room as the bridge hands messages on: when it is their turn.
func (w *world) writes(in *room, staff id.UserID, body string) *turn {
	w.t.Helper()
	portal := must[*bridgev2.Portal](w.t)(w.bridge.GetPortalByMXID(w.t.Context(), in.id))
	t := &turn{matrix: w.matrix, said: make(chan string, 10), went: make(chan error, 1)}
	ctx, stop := context.WithCancel(w.t.Context())
	t.stop = stop
	w.t.Cleanup(stop)
	connector := w.connector
	go func() {
		err := connector.AwaitTurn(ctx, portal, &event.Event{Sender: staff}, func(text string) { t.said <- text })
		if err == nil {
			t.message = w.says(in, staff, text(body))
		}
		t.went <- err
	}()
	return t
}

// goes waits until the message has gone out.
func (t *turn) goes(in *testing.T) {
	in.Helper()
	select {
	case err := <-t.went:
		if err != nil {
			in.Fatal(err)
		}
		t.matrix.outcome(in, t.message)
	case <-time.After(patience):
		in.Fatal("the message waits")
	}
}

// reads waits for what the sender reads while the message waits.
func (t *turn) reads(in testing.TB, want ...string) {
	in.Helper()
	select {
	case got := <-t.said:
		for _, words := range want {
			if !strings.Contains(got, words) {
				in.Errorf("the sender reads %q, want %q in it", got, words)
			}
		}
	case err := <-t.went:
		in.Fatalf("the message does not wait (%v)", err)
	case <-time.After(patience):
		in.Fatal("nothing is said")
	}
}

func hourly(o *Options) {
	o.Pace.FirstContacts = pace.Limit{Burst: 1, Every: time.Hour, PerDay: 2}
}

// chatWith makes the chat with somebody, whom nobody has written to.
func (w *world) chatWith(staff id.UserID, phone *whatsapptest.Phone) *room {
	w.t.Helper()
	w.answers(w.botRoom(staff), staff, "start-chat +"+phone.Number(), "is ready")
	return w.only(phone)
}

func TestFirstContactsWaitForTheirTurn(t *testing.T) {
	w := newWorld(t, hourly)
	w.link(alice, w.phones.MustAddPerson(aliceNumber, "Alice"))
	bob, carol := w.phones.MustAddPerson(bobNumber, "Bob"), w.phones.MustAddPerson(carolNumber, "Carol")
	dave := w.phones.MustAddPerson(daveNumber, "Dave")
	withBob, withCarol, withDave := w.chatWith(alice, bob), w.chatWith(alice, carol), w.chatWith(alice, dave)

	w.writes(withBob, alice, "Hello Bob").goes(t)
	must[whatsapptest.Entry](t)(bob.WaitForText(deadline(t), "Hello Bob"))
	toCarol := w.writes(withCarol, alice, "Hello Carol")
	toCarol.reads(t, "waits until about", "nobody in this chat has written on WhatsApp yet")
	toDave := w.writes(withDave, alice, "Hello Dave")
	toDave.reads(t, "waits until about")
	if got := w.connector.Waiting(); got["first_contacts"] != 2 {
		t.Errorf("there wait %v", got)
	}
	// What is under way does not wait, and who writes first is no stranger.
	w.writes(withBob, alice, "Are you there?").goes(t)
	must[string](t)(carol.Send(t.Context(), aliceNumber, "It’s Carol"))
	toCarol.goes(t)
	must[whatsapptest.Entry](t)(carol.WaitForText(deadline(t), "Hello Carol"))
	toDave.stop()
	if err := <-toDave.went; !errors.Is(err, context.Canceled) {
		t.Errorf("Dave's message ends with %v", err)
	}
	if len(toDave.said)+len(toCarol.said) != 0 {
		t.Error("it is said more than once that a message waits")
	}

	// A restart is no way around; time is.
	w.stop()
	w.start()
	toDave = w.writes(withDave, alice, "Hello again, Dave")
	toDave.reads(t, "waits until about")
	toDave.stop()
	<-toDave.went
	w.stop()
	w.tune = ahead(2 * time.Hour)
	w.start()
	w.writes(withDave, alice, "Hello at last, Dave").goes(t)
	must[whatsapptest.Entry](t)(dave.WaitForText(deadline(t), "Hello at last, Dave"))
	// Two a day.
	eve := w.phones.MustAddPerson("+33612345672", "Eve")
	toEve := w.writes(w.chatWith(alice, eve), alice, "Hello Eve")
	toEve.reads(t, "waits until about")
	a := w.bridge.GetAllCachedUserLogins()[0].Client.(*account)
	if got := time.Until(a.firstContacts.Waiting()[0].Until); got < 23*time.Hour || got > 24*time.Hour {
		t.Errorf("Eve's message waits for %s", got)
	}
}

func TestManyChatsAtOnceAreSlowedDown(t *testing.T) {
	w := newWorld(t, func(o *Options) { o.Pace.Chats = pace.Limit{Burst: 1, Every: time.Hour} })
	w.link(alice, w.phones.MustAddPerson(aliceNumber, "Alice"))
	bob, carol := w.phones.MustAddPerson(bobNumber, "Bob"), w.phones.MustAddPerson(carolNumber, "Carol")
	must[string](t)(bob.Send(t.Context(), aliceNumber, "from Bob"))
	must[string](t)(carol.Send(t.Context(), aliceNumber, "from Carol"))
	withBob, _ := w.hears("from Bob")
	withCarol, _ := w.hears("from Carol")
	w.writes(withBob, alice, "at once").goes(t) // they have just spoken
	w.writes(withCarol, alice, "at once").goes(t)
	must[whatsapptest.Entry](t)(carol.WaitForText(deadline(t), "at once"))
	w.stop()
	w.tune = ahead(2 * time.Hour)
	w.start()
	w.writes(withBob, alice, "to Bob").goes(t)
	toCarol := w.writes(withCarol, alice, "to Carol")
	toCarol.reads(t, "writing into many WhatsApp chats at once")
	must[string](t)(carol.Send(t.Context(), aliceNumber, "I was just thinking of you"))
	toCarol.goes(t)
	// Whoever logs out gets an answer, and does not wait for it.
	w.stop()
	w.tune = ahead(4 * time.Hour)
	w.start()
	w.writes(withBob, alice, "to Bob again").goes(t)
	toCarol = w.writes(withCarol, alice, "to Carol again")
	toCarol.reads(t, "waits until about")
	w.answers(w.botRoom(alice), alice, "logout", "ogged out")
	toCarol.goes(t)
}

// ahead sets a connector's clock.
func ahead(by time.Duration) func(*Connector) {
	return func(c *Connector) { c.now = func() time.Time { return time.Now().Add(by) } }
}
