package whatsapp

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"go.mau.fi/whatsmeow/types"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/connectors/whatsapp/whatsapptest"

	"passerelle/portal/polls"
)

// reactionsTo lists who has reacted to a message, and how.
func (w *world) reactionsTo(message id.EventID) (list []string) {
	w.matrix.mu.Lock()
	defer w.matrix.mu.Unlock()
	for _, r := range w.matrix.reactions {
		if r.to == message {
			list = append(list, fmt.Sprint(r.by, " ", r.emoji))
		}
	}
	slices.Sort(list)
	return list
}

// knows waits until a phone shows as many entries of a chat as it must.
func knows(t *testing.T, phone *whatsapptest.Phone, what func(whatsapptest.Entry) bool) {
	t.Helper()
	if _, err := phone.WaitFor(deadline(t), what); err != nil {
		t.Fatal(err)
	}
}

func TestHistoryShowsWhatBecameOfItsMessages(t *testing.T) {
	for _, numbered := range []bool{false, true} {
		t.Run(fmt.Sprintf("numbers: %t", numbered), func(t *testing.T) {
			w := newWorld(t)
			alices, bob := w.phones.MustAddPerson(aliceNumber, "Alice"), w.phones.MustAddPerson(bobNumber, "Bob")
			makes := bob.CreateGroup
			if numbered {
				makes = bob.CreateNumberedGroup
			}
			group := must[string](t)(makes("Harbour", aliceNumber))
			said := map[string]types.MessageID{}
			for _, words := range []string{"teh quay", "never mind", "nice", "and so on"} {
				said[words] = must[string](t)(bob.Send(t.Context(), group, words))
				must[whatsapptest.Entry](t)(alices.WaitForText(deadline(t), words))
			}
			poll := must[string](t)(bob.SendPoll(t.Context(), group, whatsapptest.Poll{Question: "Lunch?", Options: []string{"soup", "salad"}}))
			knows(t, alices, func(e whatsapptest.Entry) bool { return e.ID == poll })
			must[string](t)(alices.Reply(t.Context(), group, said["nice"], "indeed"))
			must[string](t)(bob.Edit(t.Context(), group, said["teh quay"], "the quay"))
			must[string](t)(bob.Delete(t.Context(), group, said["never mind"]))
			must[string](t)(bob.React(t.Context(), group, said["nice"], "👍"))
			must[string](t)(alices.React(t.Context(), group, said["nice"], "❤️"))
			must[string](t)(alices.Vote(t.Context(), group, poll, "soup"))
			must[string](t)(bob.Vote(t.Context(), group, poll, "salad"))
			knows(t, alices, func(e whatsapptest.Entry) bool { return e.ID == said["nice"] && len(e.Reactions) == 2 })
			knows(t, alices, func(e whatsapptest.Entry) bool { return e.ID == poll && len(e.Votes) == 2 })
			knows(t, alices, func(e whatsapptest.Entry) bool { return e.ID == said["teh quay"] && e.Text == "the quay" })
			knows(t, alices, func(e whatsapptest.Entry) bool { return e.ID == said["never mind"] && e.Deleted })

			w.link(alice, alices)
			in, reply := w.hears("indeed")
			_, nice := w.hears("nice")
			if reply.content.RelatesTo.GetReplyTo() != nice.id {
				t.Errorf("the answer relates to %+v, want to %s", reply.content.RelatesTo, nice.id)
			}
			w.eventually("all is delivered", func() bool { return w.inbox.waiting() == 0 })
			if got := w.bodies(in); !slices.Equal(got[:3], []string{"the quay", "nice", "and so on"}) || slices.Contains(got, "never mind") {
				t.Errorf("the room shows %q", got)
			}
			want := []string{fmt.Sprint(ghostOf(alices), " ❤"), fmt.Sprint(ghostOf(bob), " 👍")}
			slices.Sort(want)
			if got := w.reactionsTo(nice.id); len(got) != 2 || !strings.HasPrefix(got[0], want[0]) || !strings.HasPrefix(got[1], want[1]) {
				t.Errorf("reactions are %q, want %q", got, want)
			}
			votes, start := map[id.UserID][]string{}, id.EventID("")
			for _, s := range in.said {
				switch s.kind {
				case event.EventUnstablePollStart:
					start = s.id
				case event.EventUnstablePollResponse:
					if s.content.RelatesTo.EventID != start {
						t.Errorf("a vote is for %s, want %s", s.content.RelatesTo.EventID, start)
					}
					votes[s.by] = s.extra[polls.KeyResponse].(event.PollResponse).Answers
				}
			}
			if !slices.Equal(votes[ghostOf(alices)], []string{answerID("soup")}) || !slices.Equal(votes[ghostOf(bob)], []string{answerID("salad")}) {
				t.Errorf("votes are %v", votes)
			}
		})
	}
}

func TestReactionsOfAChatWithOnePersonAreInItsHistory(t *testing.T) {
	w := newWorld(t)
	alices, bob := w.phones.MustAddPerson(aliceNumber, "Alice"), w.phones.MustAddPerson(bobNumber, "Bob")
	hers := must[string](t)(alices.Send(t.Context(), bobNumber, "from Alice"))
	must[whatsapptest.Entry](t)(bob.WaitForText(deadline(t), "from Alice"))
	his := must[string](t)(bob.Send(t.Context(), aliceNumber, "from Bob"))
	must[whatsapptest.Entry](t)(alices.WaitForText(deadline(t), "from Bob"))
	for _, message := range []string{hers, his} {
		must[string](t)(alices.React(t.Context(), bobNumber, message, "😀"))
		must[string](t)(bob.React(t.Context(), aliceNumber, message, "🎉"))
		knows(t, alices, func(e whatsapptest.Entry) bool { return e.ID == message && len(e.Reactions) == 2 })
	}
	w.link(alice, alices)
	for _, words := range []string{"from Alice", "from Bob"} {
		_, said := w.hears(words)
		w.eventually("both reactions to "+words, func() bool { return len(w.reactionsTo(said.id)) == 2 })
		for _, by := range []*whatsapptest.Phone{alices, bob} {
			if got := w.reactionsTo(said.id); !strings.Contains(strings.Join(got, " "), string(ghostOf(by))) {
				t.Errorf("to %q there are %q, nothing by %s", words, got, by.Name())
			}
		}
	}
}

func TestAFileOfHistoryThatIsLostComesFromThePhone(t *testing.T) {
	w := newWorld(t)
	alices, bob := w.phones.MustAddPerson(aliceNumber, "Alice"), w.phones.MustAddPerson(bobNumber, "Bob")
	sent := must[string](t)(bob.SendImage(t.Context(), aliceNumber, whatsapptest.Image{Data: somePicture(t), Caption: "the quay"}))
	knows(t, alices, func(e whatsapptest.Entry) bool { return e.ID == sent })
	w.phones.DropMedia()
	w.link(alice, alices)
	_, picture := w.hears("the quay")
	if got := w.matrix.files[picture.content.URL]; picture.content.MsgType != event.MsgImage || !slices.Equal(got, somePicture(t)) {
		t.Errorf("the picture is %s with %d bytes", picture.content.MsgType, len(got))
	}
}
