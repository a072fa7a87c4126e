package whatsapp

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"go.mau.fi/whatsmeow/proto/waCommon"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"google.golang.org/protobuf/proto"
	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/bridgev2/simplevent"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/connectors/whatsapp/whatsapptest"
	"passerelle/portal"
	"passerelle/portal/handover"
)

// edited waits for an edit of a message and returns its new words.
func (w *world) edited(in *room, of id.EventID, body string) said {
	w.t.Helper()
	var found said
	w.matrix.wait(w.t, "the edit "+body, func() bool {
		for _, s := range in.said {
			if s.content.RelatesTo.GetReplaceID() == of && s.content.NewContent.Body == body {
				found = s
				return true
			}
		}
		return false
	})
	return found
}

// redacts waits until an event is redacted.
func (w *world) redacts(what id.EventID) {
	w.t.Helper()
	w.matrix.wait(w.t, "the redaction of "+string(what), func() bool { return slices.Contains(w.matrix.redacted, what) })
}

// reacts waits for a reaction to a message.
func (w *world) reacts(by id.UserID, to id.EventID, emoji string) reacted {
	w.t.Helper()
	var found reacted
	w.matrix.wait(w.t, "the reaction "+emoji, func() bool {
		for _, r := range w.matrix.reactions {
			if r.by == by && r.to == to && r.emoji == emoji {
				found = r
				return true
			}
		}
		return false
	})
	return found
}

func newWords(of id.EventID, body string) *event.MessageEventContent {
	content := text(body)
	content.SetEdit(of)
	return content
}

func TestWordsAreChangedAndTakenBackOnBothSides(t *testing.T) {
	w := newWorld(t)
	alices, bob := w.phones.MustAddPerson(aliceNumber, "Alice"), w.phones.MustAddPerson(bobNumber, "Bob")
	w.link(alice, alices)
	moin := must[string](t)(bob.Send(t.Context(), aliceNumber, "Moin"))
	in, first := w.hears("Moin")
	must[string](t)(bob.Edit(t.Context(), aliceNumber, moin, "Moin Alice"))
	if got := w.edited(in, first.id, "Moin Alice"); got.by != ghostOf(bob) {
		t.Errorf("the edit comes from %s", got.by)
	}
	must[string](t)(bob.Edit(t.Context(), aliceNumber, moin, "Moin *liebe* Alice"))
	if got := w.edited(in, first.id, "Moin *liebe* Alice"); got.content.NewContent.FormattedBody == "" {
		t.Errorf("the second edit is %+v", got.content.NewContent)
	}
	answer := must[string](t)(bob.Reply(t.Context(), aliceNumber, moin, "an answer across the edit"))
	if _, got := w.hears("an answer across the edit"); got.content.RelatesTo.GetReplyTo() != first.id {
		t.Errorf("it answers %s", got.content.RelatesTo.GetReplyTo())
	}
	must[string](t)(bob.Delete(t.Context(), aliceNumber, moin))
	w.redacts(first.id)
	_ = answer

	hello := w.says(in, alice, text("Helo Bob"))
	bobs := must[whatsapptest.Entry](t)(bob.WaitForText(deadline(t), "Helo Bob"))
	fixed := w.says(in, alice, newWords(hello, "Hello Bob"))
	got := must[whatsapptest.Entry](t)(bob.WaitFor(deadline(t), func(e whatsapptest.Entry) bool { return e.ID == bobs.ID && e.Edited }))
	if got.Text != "Hello Bob" {
		t.Errorf("Bob reads %q", got.Text)
	}
	if outcome := w.matrix.outcome(t, fixed); outcome.Status != event.MessageStatusSuccess {
		t.Errorf("the edit is %+v", outcome)
	}
	w.does(in, alice, w.matrix.nextEvent(), event.EventRedaction, &event.RedactionEventContent{Redacts: hello})
	must[whatsapptest.Entry](t)(bob.WaitFor(deadline(t), func(e whatsapptest.Entry) bool { return e.ID == bobs.ID && e.Deleted }))
}

func TestAnEditOfWhatNobodySawIsShown(t *testing.T) {
	w := newWorld(t, func(o *Options) { o.History.Messages = 0 })
	alices, bob := w.phones.MustAddPerson(aliceNumber, "Alice"), w.phones.MustAddPerson(bobNumber, "Bob")
	before := must[string](t)(bob.Send(t.Context(), aliceNumber, "Before the link"))
	must[whatsapptest.Entry](t)(alices.WaitForText(deadline(t), "Before the link"))
	w.link(alice, alices)
	must[string](t)(bob.React(t.Context(), aliceNumber, before, "👍")) // to what nobody sees
	must[string](t)(bob.Edit(t.Context(), aliceNumber, before, "After it"))
	in, shown := w.hears("After it")
	must[string](t)(bob.Edit(t.Context(), aliceNumber, before, "Once more"))
	w.edited(in, shown.id, "Once more")
	if got := w.bodies(in); !slices.Equal(got, []string{"After it", "* Once more"}) {
		t.Errorf("the room shows %q", got)
	}
}

func TestAnEditThatIsWithheldLeavesTheMessage(t *testing.T) {
	w := newWorld(t)
	alices, bob := w.phones.MustAddPerson(aliceNumber, "Alice"), w.phones.MustAddPerson(bobNumber, "Bob")
	w.link(alice, alices)
	moin := must[string](t)(bob.Send(t.Context(), aliceNumber, "Moin"))
	in, first := w.hears("Moin")
	w.policy.set(func(c portal.Crossing) bool { return c.Kind == portal.KindEdit && c.Text == "a secret" }, nil)
	must[string](t)(bob.Edit(t.Context(), aliceNumber, moin, "a secret"))
	w.matrix.wait(t, "the word that it was withheld", func() bool {
		last := in.said[len(in.said)-1]
		return last.content.MsgType == event.MsgNotice && last.content.RelatesTo.GetReplyTo() == first.id
	})
	for _, body := range w.bodies(in) {
		if body == "a secret" || body == "* a secret" {
			t.Error("the withheld words are in the room")
		}
	}
	hello := w.says(in, alice, text("hello"))
	w.matrix.outcome(t, hello)
	w.policy.set(func(c portal.Crossing) bool { return c.Kind == portal.KindEdit && c.Text == "our secret" }, nil)
	if got := w.matrix.outcome(t, w.says(in, alice, newWords(hello, "our secret"))); got.Status != event.MessageStatusFail {
		t.Errorf("the edit is %+v", got)
	}
}

func TestAChangeWaitsForWhatIsUnderWayInItsRoom(t *testing.T) {
	w := newWorld(t)
	alices, bob := w.phones.MustAddPerson(aliceNumber, "Alice"), w.phones.MustAddPerson(bobNumber, "Bob")
	a := w.link(alice, alices)
	must[string](t)(bob.Send(t.Context(), aliceNumber, "Moin"))
	in, _ := w.hears("Moin")
	room := must[*bridgev2.Portal](t)(w.bridge.GetPortalByMXID(t.Context(), in.id)).PortalKey
	begun, release := make(chan struct{}), make(chan struct{})
	var ended atomic.Bool
	a.login.QueueRemoteEvent(&simplevent.EventMeta{
		Type: bridgev2.RemoteEventUnknown, PortalKey: room,
		PreHandleFunc: func(context.Context, *bridgev2.Portal) { close(begun); <-release; ended.Store(true) },
	})
	<-begun
	patient, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := handover.Settle(patient, a.login, room); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("it does not wait: %v", err)
	}
	close(release)
	ok(t, handover.Settle(deadline(t), a.login, room))
	if !ended.Load() {
		t.Error("it did not wait until the end")
	}
}

func TestReactionsComeChangeAndGoOnBothSides(t *testing.T) {
	w := newWorld(t)
	alices, bob := w.phones.MustAddPerson(aliceNumber, "Alice"), w.phones.MustAddPerson(bobNumber, "Bob")
	w.link(alice, alices)
	moin := must[string](t)(bob.Send(t.Context(), aliceNumber, "Moin"))
	in, first := w.hears("Moin")
	hello := w.says(in, alice, text("Hello Bob"))
	bobs := must[whatsapptest.Entry](t)(bob.WaitForText(deadline(t), "Hello Bob"))

	must[string](t)(bob.React(t.Context(), aliceNumber, bobs.ID, "👍"))
	thumb := w.reacts(ghostOf(bob), hello, "👍️")
	must[string](t)(bob.React(t.Context(), aliceNumber, bobs.ID, "🎉"))
	party := w.reacts(ghostOf(bob), hello, "🎉")
	w.redacts(thumb.id)
	must[string](t)(bob.React(t.Context(), aliceNumber, bobs.ID, ""))
	w.redacts(party.id)
	must[string](t)(bob.React(t.Context(), aliceNumber, moin, "😀")) // to one's own
	w.reacts(ghostOf(bob), first.id, "😀")

	react := func(emoji string) id.EventID {
		return w.does(in, alice, w.matrix.nextEvent(), event.EventReaction, &event.ReactionEventContent{
			RelatesTo: event.RelatesTo{Type: event.RelAnnotation, EventID: first.id, Key: emoji}})
	}
	bobSees := func(emoji string) {
		t.Helper()
		must[whatsapptest.Entry](t)(bob.WaitFor(deadline(t), func(e whatsapptest.Entry) bool {
			return e.ID == moin && e.Reactions[aliceNumber[1:]] == emoji
		}))
	}
	heart := react("❤️")
	bobSees("❤")
	second := react("🎉")
	bobSees("🎉")
	w.redacts(heart) // WhatsApp keeps the newest one only
	w.does(in, alice, w.matrix.nextEvent(), event.EventRedaction, &event.RedactionEventContent{Redacts: second})
	bobSees("")
	if got := w.matrix.outcome(t, react("mxc://state.example/parrot")); got.Status != event.MessageStatusFail || got.Message == "" {
		t.Errorf("a picture as a reaction is %+v", got)
	}
}

func TestAdminsDeleteWhatOthersWroteAndNobodyElseDoes(t *testing.T) {
	w := newWorld(t)
	alices, bob, carols := w.phones.MustAddPerson(aliceNumber, "Alice"), w.phones.MustAddPerson(bobNumber, "Bob"), w.phones.MustAddPerson(carolNumber, "Carol")
	w.link(alice, alices)
	group := must[string](t)(carols.CreateGroup("Bridge works", aliceNumber, bobNumber))
	fromBob := must[string](t)(bob.Send(t.Context(), group, "from Bob"))
	in, bobsWords := w.hears("from Bob")
	fromCarol := must[string](t)(carols.Send(t.Context(), group, "from Carol"))
	_, carolsWords := w.hears("from Carol")

	// Alice is no admin, and Bob is none.
	refused := w.does(in, alice, w.matrix.nextEvent(), event.EventRedaction, &event.RedactionEventContent{Redacts: bobsWords.id})
	if got := w.matrix.outcome(t, refused); got.Status != event.MessageStatusFail {
		t.Errorf("Alice deletes what Bob wrote: %+v", got)
	}
	must[string](t)(bob.Delete(t.Context(), group, fromCarol))
	must[string](t)(carols.Delete(t.Context(), group, fromBob))
	w.redacts(bobsWords.id)
	must[string](t)(bob.Send(t.Context(), group, "the end"))
	w.hears("the end")
	w.matrix.mu.Lock()
	defer w.matrix.mu.Unlock()
	if slices.Contains(w.matrix.redacted, carolsWords.id) {
		t.Error("Bob deleted what Carol wrote")
	}
}

func TestAnEditAndAReactionWaitForTheHomeserver(t *testing.T) {
	w := newWorld(t)
	alices, bob := w.phones.MustAddPerson(aliceNumber, "Alice"), w.phones.MustAddPerson(bobNumber, "Bob")
	w.link(alice, alices)
	moin := must[string](t)(bob.Send(t.Context(), aliceNumber, "Moin"))
	in, first := w.hears("Moin")
	w.matrix.setFail(func(what string) error {
		if what == "send" {
			return errors.New("the homeserver is away")
		}
		return nil
	})
	must[string](t)(bob.Edit(t.Context(), aliceNumber, moin, "Moin Alice"))
	must[string](t)(bob.React(t.Context(), aliceNumber, moin, "👍"))
	w.eventually("both are tried", func() bool { return len(w.inbox.errors()) > 1 })
	w.matrix.setFail(nil)
	w.edited(in, first.id, "Moin Alice")
	w.reacts(ghostOf(bob), first.id, "👍️")
	w.eventually("all is delivered", func() bool { return w.inbox.waiting() == 0 })
	if got := w.bodies(in); !slices.Equal(got, []string{"Moin", "* Moin Alice"}) {
		t.Errorf("the room shows %q", got)
	}
}

func TestAnEditThatComesTooLateIsSaid(t *testing.T) {
	w := newWorld(t)
	alices, bob := w.phones.MustAddPerson(aliceNumber, "Alice"), w.phones.MustAddPerson(bobNumber, "Bob")
	w.link(alice, alices)
	must[string](t)(bob.Send(t.Context(), aliceNumber, "Moin"))
	in, _ := w.hears("Moin")
	hello := w.says(in, alice, text("Hello"))
	w.matrix.outcome(t, hello)
	row, err := w.bridge.DB.Message.GetPartByMXID(t.Context(), hello)
	if err != nil || row == nil {
		t.Fatal(row, err)
	}
	row.Timestamp = row.Timestamp.Add(-time.Hour)
	if err := w.bridge.DB.Message.Update(t.Context(), row); err != nil {
		t.Fatal(err)
	}
	got := w.matrix.outcome(t, w.says(in, alice, newWords(hello, "Hello Bob")))
	if got.Status != event.MessageStatusFail || got.Message == "" {
		t.Errorf("a late edit is %+v", got)
	}
}

func TestNonsenseAboutOtherMessagesHoldsUpNobody(t *testing.T) {
	w := newWorld(t)
	alices, bob := w.phones.MustAddPerson(aliceNumber, "Alice"), w.phones.MustAddPerson(bobNumber, "Bob")
	w.link(alice, alices)
	group := must[string](t)(bob.CreateGroup("Bridge works", aliceNumber))
	send := func(to string, m *waE2E.Message) {
		t.Helper()
		must[string](t)(bob.SendMessage(t.Context(), to, m))
	}
	key := func(id, participant string) *waCommon.MessageKey {
		return &waCommon.MessageKey{ID: proto.String(id), Participant: proto.String(participant), FromMe: proto.Bool(false)}
	}
	revoke := waE2E.ProtocolMessage_REVOKE.Enum()
	edit := waE2E.ProtocolMessage_MESSAGE_EDIT.Enum()
	for _, to := range []string{aliceNumber, group} {
		for _, participant := range []string{"", "@", "nobody", "123@g.us", "99999999999999@lid", "4900000000@s.whatsapp.net"} {
			send(to, &waE2E.Message{ReactionMessage: &waE2E.ReactionMessage{Key: key("3EB0", participant), Text: proto.String("👍")}})
			send(to, &waE2E.Message{ProtocolMessage: &waE2E.ProtocolMessage{Type: revoke, Key: key("3EB0", participant)}})
		}
		send(to, &waE2E.Message{ReactionMessage: &waE2E.ReactionMessage{}})
		send(to, &waE2E.Message{ProtocolMessage: &waE2E.ProtocolMessage{Type: revoke}})
		send(to, &waE2E.Message{ProtocolMessage: &waE2E.ProtocolMessage{Type: edit}})
	}
	w.eventually("all of it to be done with", func() bool { return w.inbox.messages() == 0 })
	w.matrix.mu.Lock()
	if len(w.matrix.rooms) != 0 {
		t.Errorf("it made %d rooms", len(w.matrix.rooms))
	}
	w.matrix.mu.Unlock()
	for _, to := range []string{aliceNumber, group} {
		must[string](t)(bob.Send(t.Context(), to, "and now to "+to))
		w.hears("and now to " + to)
	}
}

func TestWhatStaffChangeTwiceIsChangedOnce(t *testing.T) {
	w := newWorld(t)
	alices, bob := w.phones.MustAddPerson(aliceNumber, "Alice"), w.phones.MustAddPerson(bobNumber, "Bob")
	w.link(alice, alices)
	must[string](t)(bob.Send(t.Context(), aliceNumber, "Moin"))
	in, first := w.hears("Moin")
	hello := w.says(in, alice, text("Helo"))
	bobs := must[whatsapptest.Entry](t)(bob.WaitForText(deadline(t), "Helo"))
	reaction := &event.ReactionEventContent{RelatesTo: event.RelatesTo{Type: event.RelAnnotation, EventID: first.id, Key: "🎉"}}
	edits, reacts := w.matrix.nextEvent(), w.matrix.nextEvent()
	for range 2 { // the journal hands both on again after a crash
		w.sends(in, alice, edits, newWords(hello, "Hello"))
		w.does(in, alice, reacts, event.EventReaction, reaction)
	}
	end := w.says(in, alice, text("the end"))
	must[whatsapptest.Entry](t)(bob.WaitForText(deadline(t), "the end"))
	w.matrix.outcome(t, end)
	for _, what := range []id.EventID{edits, reacts} {
		if got := w.matrix.outcome(t, what); got.Status != event.MessageStatusSuccess {
			t.Errorf("the second time it is %+v", got)
		}
	}
	var texts []string
	for _, e := range bob.Inbox() {
		if !e.FromMe {
			texts = append(texts, e.Text)
		}
		if e.ID == bobs.ID && !e.Edited {
			t.Error("the edit did not come")
		}
	}
	if !slices.Equal(texts, []string{"Hello", "the end"}) {
		t.Errorf("Bob reads %q", texts)
	}
	if redacted := slices.Contains(w.matrix.redacted, reacts); redacted {
		t.Error("the repeated reaction took itself away")
	}
}
