package whatsapp

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"passerelle/connectors/whatsapp/whatsapptest"
)

// spoken has a phone remember texts of a chat, a second apart, said by the other person and the owner in turns.
func spoken(t *testing.T, phone *whatsapptest.Phone, with string, from time.Time, count int) (texts []string) {
	t.Helper()
	for n := range count {
		author, text := with, fmt.Sprintf("%s %d", with, n)
		if n%3 == 2 {
			author = phone.Number()
		}
		must[string](t)(phone.Remember(with, author, from.Add(time.Duration(n)*time.Second), sentence(text)))
		texts = append(texts, text)
	}
	return texts
}

// continues has a phone send the next chunks of its history.
func continues(t *testing.T, phone *whatsapptest.Phone, chunks int) {
	t.Helper()
	must[int](t)(phone.ContinueHistory(t.Context(), phone.Devices()[0].ID, chunks))
}

// fills waits until a room shows just these messages, in this order.
func (w *world) fills(in *room, want []string) {
	w.t.Helper()
	w.matrix.wait(w.t, fmt.Sprintf("just %d messages", len(want)), func() bool { return len(in.said) >= len(want) })
	if got := w.bodies(in); !slices.Equal(got, want) {
		w.t.Errorf("the room shows %v, want %v", got, want)
	}
}

// roomWith waits for the room of a contact.
func (w *world) roomWith(with *whatsapptest.Phone) (in *room) {
	w.t.Helper()
	w.matrix.wait(w.t, "the room with "+with.Name(), func() bool {
		for _, r := range w.matrix.rooms {
			if r.members[ghostOf(with)] != "" {
				in = r
				return true
			}
		}
		return false
	})
	return in
}

func TestAChatIsShownOnceItIsThere(t *testing.T) {
	w := newWorld(t, func(o *Options) { o.History.Messages = 6 })
	alices, bob, carols := w.phones.MustAddPerson(aliceNumber, "Alice"), w.phones.MustAddPerson(bobNumber, "Bob"), w.phones.MustAddPerson(carolNumber, "Carol")
	start := time.Now().Add(-time.Hour).Truncate(time.Second)
	bobs := spoken(t, alices, bobNumber, start, 9)
	little := spoken(t, alices, carolNumber, start.Add(time.Minute), 2)
	alices.ShareHistory(&whatsapptest.HistoryOnLink{Bootstrap: 2, Recent: 5, Chats: 1, Inline: true, Halt: true})
	w.link(alice, alices)

	// Carol's two are all that the phone has. Bob's chat has its room, and waits for more.
	carolsRoom, _ := w.hears(little[1])
	w.fills(carolsRoom, little)
	in := w.roomWith(bob)
	if got := w.bodies(in); len(got) != 0 || in.members[alice] == "" {
		t.Errorf("before the rest has come, the room shows %v to %v", got, in.members)
	}
	if got := w.asks(in, alice, "history"); got != "The first messages of this chat are still coming from your phone. Ask again in a few minutes." {
		t.Errorf("who asks for older ones reads %q", got)
	}
	w.matrix.change(func() { in.said = nil })
	continues(t, alices, 99) // seven of nine, six of which are wanted
	w.fills(in, bobs[3:])
	must[string](t)(bob.Send(t.Context(), aliceNumber, "now"))
	w.hears("now")
	w.fills(in, append(slices.Clone(bobs[3:]), "now"))
	w.hears(little[1])
	if len(carols.Inbox()) != 0 {
		t.Error("Carol hears of it")
	}
}

func TestHistoryThatWaitsIsShownInTheEnd(t *testing.T) {
	for name, silent := range map[string]bool{"with the last chunk": false, "when no more comes for a while": true} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			alices, bob := w.phones.MustAddPerson(aliceNumber, "Alice"), w.phones.MustAddPerson(bobNumber, "Bob")
			bobs := spoken(t, alices, bobNumber, time.Now().Add(-time.Hour).Truncate(time.Second), 8)
			alices.ShareHistory(&whatsapptest.HistoryOnLink{Bootstrap: 3, Recent: 4, Inline: true, Halt: true})
			if silent {
				w.connector.historyPause = 50 * time.Millisecond
			}
			w.link(alice, alices)
			in := w.roomWith(bob)
			if silent {
				w.fills(in, bobs[5:])
				return
			}
			continues(t, alices, 99)
			w.fills(in, bobs[1:])
		})
	}
}

func TestALiveMessageDoesNotWaitForMoreHistory(t *testing.T) {
	w := newWorld(t)
	alices, bob := w.phones.MustAddPerson(aliceNumber, "Alice"), w.phones.MustAddPerson(bobNumber, "Bob")
	bobs := spoken(t, alices, bobNumber, time.Now().Add(-time.Hour).Truncate(time.Second), 8)
	alices.ShareHistory(&whatsapptest.HistoryOnLink{Bootstrap: 3, Recent: 4, Inline: true, Halt: true})
	w.link(alice, alices)
	in := w.roomWith(bob)
	must[string](t)(bob.Send(t.Context(), aliceNumber, "live"))
	w.hears("live")
	want := append(slices.Clone(bobs[5:]), "live")
	w.fills(in, want)
	continues(t, alices, 99) // comes too late for this chat
	must[string](t)(bob.Send(t.Context(), aliceNumber, "the end"))
	w.hears("the end")
	w.eventually("all is delivered", func() bool { return w.inbox.waiting() == 0 })
	w.fills(in, append(want, "the end"))
}

func TestHistoryThatWaitsOutlivesARestart(t *testing.T) {
	w := newWorld(t)
	alices, bob := w.phones.MustAddPerson(aliceNumber, "Alice"), w.phones.MustAddPerson(bobNumber, "Bob")
	bobs := spoken(t, alices, bobNumber, time.Now().Add(-time.Hour).Truncate(time.Second), 8)
	alices.ShareHistory(&whatsapptest.HistoryOnLink{Bootstrap: 3, Recent: 4, Inline: true, Halt: true})
	w.link(alice, alices)
	in := w.roomWith(bob)
	w.stop()
	w.start()
	continues(t, alices, 99)
	w.fills(in, bobs[1:])
}

func TestWhoLogsOutLeavesNoHistoryBehind(t *testing.T) {
	w := newWorld(t)
	alices, bob := w.phones.MustAddPerson(aliceNumber, "Alice"), w.phones.MustAddPerson(bobNumber, "Bob")
	spoken(t, alices, bobNumber, time.Now().Add(-time.Hour), 8)
	alices.ShareHistory(&whatsapptest.HistoryOnLink{Bootstrap: 3, Recent: 4, Inline: true, Halt: true})
	a := w.link(alice, alices)
	w.roomWith(bob)
	a.LogoutRemote(t.Context())
	if lanes := must[[]string](t)(w.inbox.Held(t.Context(), string(a.login.ID))); len(lanes) != 0 {
		t.Errorf("of %v something still waits", lanes)
	}
}
