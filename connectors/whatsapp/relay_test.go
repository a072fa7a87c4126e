package whatsapp

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/bridgev2/database"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/connectors/whatsapp/whatsapptest"
	"passerelle/portal"
	"passerelle/portal/relay"
)

// These people write through Alice's account.
const (
	karim = id.UserID("@karim:" + domain)
	sofia = id.UserID("@sofia:" + domain)
)

// IsConfusableName tells who else in a room goes by a name.
func (m *matrixSide) IsConfusableName(_ context.Context, in id.RoomID, user id.UserID, name string) (others []id.UserID, _ error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for other := range m.rooms[in].members {
		if other != user && m.profiles[other] == name {
			others = append(others, other)
		}
	}
	return others, nil
}

// relays sends an event into a room as somebody who has no account in it, as the bridge does.
func (w *world) relays(a *account, in *room, redacts, as id.EventID, who id.UserID, t event.Type, content any) id.EventID {
	w.t.Helper()
	if as == "" {
		as = w.matrix.nextEvent()
	}
	at := must[*bridgev2.Portal](w.t)(w.bridge.GetPortalByMXID(w.t.Context(), in.id))
	relay.Send(w.t.Context(), at.PortalKey, a.login, w.matrix.write(&event.Event{
		ID: as, RoomID: in.id, Sender: who, Type: t, Timestamp: time.Now().UnixMilli(), Content: event.Content{Parsed: content},
		Redacts: redacts,
	}))
	return as
}

// relayed is the world in which Karim and Sofia write to Bob through Alice's account.
type relayed struct {
	*world
	t     *testing.T
	alice *account
	bob   *whatsapptest.Phone
	phone *whatsapptest.Phone // Alice's
	in    *room
}

func newRelayed(t *testing.T) *relayed {
	w := newWorld(t)
	alicesPhone, bob := w.phones.MustAddPerson(aliceNumber, "Alice"), w.phones.MustAddPerson(bobNumber, "Bob")
	a := w.link(alice, alicesPhone)
	must[string](t)(bob.Send(t.Context(), aliceNumber, "Moin"))
	in, _ := w.hears("Moin")
	w.matrix.change(func() {
		w.matrix.profiles[alice], w.matrix.profiles[karim], w.matrix.profiles[sofia] = "Alice", "Karim", "Sofia"
		in.join(karim)
		in.join(sofia)
	})
	return &relayed{w, t, a, bob, alicesPhone, in}
}

func (r *relayed) says(who id.UserID, content *event.MessageEventContent) id.EventID {
	r.t.Helper()
	return r.relays(r.alice, r.in, "", "", who, event.EventMessage, content)
}

func (r *relayed) reacts(who id.UserID, to id.EventID, emoji string) id.EventID {
	r.t.Helper()
	return r.relays(r.alice, r.in, "", "", who, event.EventReaction, &event.ReactionEventContent{
		RelatesTo: event.RelatesTo{Type: event.RelAnnotation, EventID: to, Key: emoji}})
}

func (r *relayed) takesBack(who id.UserID, what id.EventID) id.EventID {
	r.t.Helper()
	return r.relays(r.alice, r.in, what, "", who, event.EventRedaction, &event.RedactionEventContent{Redacts: what})
}

// succeeds fails the test unless an event went out.
func (r *relayed) succeeds(what id.EventID) {
	r.t.Helper()
	if got := r.matrix.outcome(r.t, what); got.Status != event.MessageStatusSuccess {
		r.t.Fatalf("%s is %+v", what, got)
	}
}

// refused fails the test unless an event was refused with the words.
func (r *relayed) refused(what id.EventID, words string) {
	r.t.Helper()
	if got := r.matrix.outcome(r.t, what); got.Status != event.MessageStatusFail || !strings.Contains(got.Message, words) {
		r.t.Errorf("%s is %+v, want a refusal with %q", what, got, words)
	}
}

// bobSees waits until Bob's phone shows something.
func (r *relayed) bobSees(what string, holds func(whatsapptest.Entry) bool) whatsapptest.Entry {
	r.t.Helper()
	entry, err := r.bob.WaitFor(deadline(r.t), holds)
	if err != nil {
		for _, e := range r.bob.Inbox() {
			r.t.Logf("Bob's phone: %s %q answers %q, reactions %v, deleted %t", e.Kind, e.Text, e.Quoted, e.Reactions, e.Deleted)
		}
		r.t.Fatalf("Bob does not see %s: %v", what, err)
	}
	return entry
}

func (r *relayed) bobReads(text string) whatsapptest.Entry {
	r.t.Helper()
	return r.bobSees(text, func(e whatsapptest.Entry) bool { return e.Text == text && !e.Deleted })
}

// bobCounts tells how often Bob's phone shows a text.
func (r *relayed) bobCounts(text string) (count int) {
	for _, e := range r.bob.Inbox() {
		if e.Text == text {
			count++
		}
	}
	return count
}

func TestKarimWritesThroughAlicesAccount(t *testing.T) {
	r := newRelayed(t)
	r.says(karim, text("Hello Bob"))
	first := r.bobReads("*Karim*: Hello Bob")
	if "+"+first.From != aliceNumber {
		t.Errorf("it comes from %s", first.From)
	}
	r.says(karim, &event.MessageEventContent{MsgType: event.MsgEmote, Body: "waves"})
	r.bobReads("*Karim* waves")
	r.says(karim, &event.MessageEventContent{MsgType: event.MsgText, Body: "> so", Format: event.FormatHTML,
		FormattedBody: "<blockquote>so</blockquote><b>yes</b>"})
	r.bobReads("*Karim*:\n> so\n*yes*")
	r.world.says(r.in, alice, text("and I"))
	r.bobReads("and I") // the owner has no name before it

	sent := must[string](t)(r.bob.Send(t.Context(), aliceNumber, "Who is it?"))
	_, asked := r.hears("Who is it?")
	answer := text("Karim")
	answer.RelatesTo = (&event.RelatesTo{}).SetReplyTo(asked.id)
	mine := r.says(karim, answer)
	if got := r.bobReads("*Karim*: Karim"); got.Quoted != sent {
		t.Errorf("it answers %q, want %q", got.Quoted, sent)
	}
	r.succeeds(mine)
	last := r.policy.decisionOn(mine)
	if last.Sender != karim.String() || last.Login != string(r.alice.login.ID) || last.Direction != portal.Out {
		t.Errorf("the gate has written down %+v", last)
	}
	if got := r.bodies(r.in); !slices.Equal(got, []string{"Moin", "Who is it?"}) {
		t.Errorf("what went out came in again: the room shows %q", got)
	}
}

// decisionOn returns what the gate decided about a Matrix event.
func (p *policy) decisionOn(of id.EventID) portal.Decision {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, d := range p.decisions {
		if d.Key == of.String() {
			return d
		}
	}
	return portal.Decision{}
}

func TestNamesOfThoseWhoWriteThroughAnAccount(t *testing.T) {
	r := newRelayed(t)
	for name, want := range map[string]string{
		"Karim\n*Alice*: no\u202e": "*Karim Alice: no*: yes",
		"karim_b ~x~ `y`":          "*karim_b x y*: yes",
		"***":                      "*karim*: yes",
		"Sofia":                    "*Sofia (karim)*: yes", // there is another one
		"كريم":                     "*\u2068كريم\u2069*: yes",
	} {
		r.matrix.change(func() { r.matrix.profiles[karim] = name })
		r.says(karim, text("yes"))
		r.bobReads(want)
	}
	r.connector.border.Relay = must[relay.Style](t)(relay.ParseStyle("[{{.Name}}] ", false))
	r.matrix.change(func() { r.matrix.profiles[karim] = "Karim" })
	r.says(karim, text("yes"))
	r.bobReads("[Karim] yes")
}

func TestKarimsFilesPlacesAndPollsCarryHisName(t *testing.T) {
	r := newRelayed(t)
	url := id.ContentURIString("mxc://" + domain + "/file")
	r.matrix.change(func() { r.matrix.files[url] = somePicture(t) })
	file := func(kind event.MessageType, mime, body, caption string) *event.MessageEventContent {
		content := &event.MessageEventContent{MsgType: kind, Body: body, URL: url, Info: &event.FileInfo{MimeType: mime}}
		if caption != "" {
			content.FileName, content.Body = body, caption
		}
		return content
	}
	sees := func(kind, words string) whatsapptest.Entry {
		t.Helper()
		return r.bobSees(kind+" with "+words, func(e whatsapptest.Entry) bool { return e.Kind == kind && e.Text == words })
	}
	r.says(karim, file(event.MsgImage, "image/png", "plan.png", "the plan"))
	sees(whatsapptest.KindImage, "*Karim*: the plan")
	r.says(karim, file(event.MsgImage, "image/png", "plan.png", ""))
	sees(whatsapptest.KindImage, "*Karim*:")
	r.says(karim, file(event.MsgFile, "application/pdf", "plan.pdf", ""))
	sees(whatsapptest.KindDocument, "*Karim*:")

	// What has no words below it comes after a line of its own.
	wordless := func(kind string, as event.Type, content *event.MessageEventContent) (message id.EventID, before, entry whatsapptest.Entry) {
		t.Helper()
		seen := len(r.bob.Inbox())
		message = r.relays(r.alice, r.in, "", "", karim, as, content)
		r.succeeds(message)
		entry = r.bobSees(kind, func(e whatsapptest.Entry) bool { return e.Kind == kind })
		if shown := r.bob.Inbox(); len(shown) != seen+2 || shown[seen].Text != "*Karim*:" || shown[seen+1].ID != entry.ID {
			t.Fatalf("%s: Bob's phone shows %+v", kind, shown[seen:])
		}
		return message, r.bob.Inbox()[seen], entry
	}
	wordless(whatsapptest.KindAudio, event.EventMessage, file(event.MsgAudio, "audio/mpeg", "memo.mp3", ""))
	place := &event.MessageEventContent{MsgType: event.MsgLocation, Body: "Town hall", GeoURI: "geo:53.5,9.9"}
	wordless(whatsapptest.KindLocation, event.EventMessage, place)
	sticker, name, entry := wordless(whatsapptest.KindSticker, event.EventSticker, file("", "image/webp", "parrot", ""))
	r.succeeds(r.takesBack(karim, sticker))
	for _, gone := range []string{entry.ID, name.ID} {
		r.bobSees("that both are gone", func(e whatsapptest.Entry) bool { return e.ID == gone && e.Deleted })
	}

	made := r.matrix.nextEvent()
	start := mxPoll("When?", 1, "Monday", "Tuesday")
	r.relays(r.alice, r.in, "", made, karim, event.EventUnstablePollStart, &event.PollStartEventContent{PollStart: *start})
	if got := sees(whatsapptest.KindPoll, "Karim: When?"); !slices.Equal(got.Poll.Options, []string{"Monday", "Tuesday"}) {
		t.Errorf("the poll is %+v", got.Poll)
	}
}

func TestEachChangesAndTakesBackTheirOwnOnly(t *testing.T) {
	r := newRelayed(t)
	his := r.says(karim, text("Helo"))
	entry := r.bobReads("*Karim*: Helo")
	mine := r.world.says(r.in, alice, text("mine"))
	r.bobReads("mine")
	r.succeeds(mine)
	r.succeeds(r.says(karim, newWords(his, "Hello")))
	r.bobSees("the edit with its name", func(e whatsapptest.Entry) bool { return e.ID == entry.ID && e.Edited && e.Text == "*Karim*: Hello" })

	const words = "only what you wrote yourself"
	r.refused(r.says(sofia, newWords(his, "Sofia says")), words)
	r.refused(r.says(karim, newWords(mine, "Karim says")), words)
	r.refused(r.world.says(r.in, alice, newWords(his, "Alice says")), words)
	r.refused(r.takesBack(sofia, his), words)
	r.refused(r.takesBack(karim, mine), words)
	r.succeeds(r.takesBack(karim, his))
	r.bobSees("the deletion", func(e whatsapptest.Entry) bool { return e.ID == entry.ID && e.Deleted })

	// The account's owner answers for it, and may delete what others wrote through it.
	second := r.says(karim, text("too much"))
	entry = r.bobReads("*Karim*: too much")
	r.succeeds(second)
	r.succeeds(r.does(r.in, alice, r.matrix.nextEvent(), event.EventRedaction, &event.RedactionEventContent{Redacts: second}))
	r.bobSees("the deletion", func(e whatsapptest.Entry) bool { return e.ID == entry.ID && e.Deleted })
}

func TestTheNewestReactionStandsAndTheOthersAreSaid(t *testing.T) {
	r := newRelayed(t)
	moin := r.bob.Inbox()[0].ID
	_, first := r.hears("Moin")
	stands := func(emoji string) {
		t.Helper()
		r.bobSees("the reaction "+emoji, func(e whatsapptest.Entry) bool { return e.ID == moin && e.Reactions[aliceNumber[1:]] == emoji })
	}
	karims := r.reacts(karim, first.id, "👍")
	stands("👍")
	sofias := r.reacts(sofia, first.id, "🎉")
	stands("🎉")
	said := r.bobReads("*Karim*: 👍️")
	if said.Quoted != moin {
		t.Errorf("it answers %q", said.Quoted)
	}
	r.succeeds(sofias)
	// Alice reacts herself: hers stands, and Sofia's is said.
	r.does(r.in, alice, r.matrix.nextEvent(), event.EventReaction, &event.ReactionEventContent{
		RelatesTo: event.RelatesTo{Type: event.RelAnnotation, EventID: first.id, Key: "❤️"}})
	stands("❤")
	sofiasLine := r.bobReads("*Sofia*: 🎉")
	// Sofia thinks again: hers stands, and Alice's is said.
	again := r.reacts(sofia, first.id, "🤔")
	stands("🤔")
	r.bobReads("*Alice*: ❤️")
	again2 := r.reacts(sofia, first.id, "😀") // her own, which nobody else's stands behind
	stands("😀")
	r.redacts(again)
	if count := r.bobCounts("*Sofia*: 🤔"); count > 0 {
		t.Error("what Sofia changed herself is said")
	}
	// In Matrix nobody's reaction went, but the one that Sofia changed.
	r.matrix.mu.Lock()
	for _, kept := range []id.EventID{karims, sofias, again2} {
		if slices.Contains(r.matrix.redacted, kept) {
			t.Errorf("%s is gone from the room", kept)
		}
	}
	r.matrix.mu.Unlock()

	r.refused(r.takesBack(karim, again2), "only what you wrote yourself")
	r.succeeds(r.takesBack(sofia, again2))
	stands("")
	r.succeeds(r.takesBack(karim, karims))
	r.bobSees("Karim's line to go", func(e whatsapptest.Entry) bool { return e.ID == said.ID && e.Deleted })
	r.succeeds(r.takesBack(sofia, sofias))
	r.bobSees("Sofia's line to go", func(e whatsapptest.Entry) bool { return e.ID == sofiasLine.ID && e.Deleted })
}

func TestAReactionThatCrossesTwiceIsOne(t *testing.T) {
	r := newRelayed(t)
	moin := r.bob.Inbox()[0].ID
	_, first := r.hears("Moin")
	content := func(emoji string) *event.ReactionEventContent {
		return &event.ReactionEventContent{RelatesTo: event.RelatesTo{Type: event.RelAnnotation, EventID: first.id, Key: emoji}}
	}
	karims := r.reacts(karim, first.id, "👍")
	sofias := r.reacts(sofia, first.id, "🎉")
	r.bobReads("*Karim*: 👍️")
	r.succeeds(sofias)
	for _, again := range []id.EventID{karims, sofias} { // a crash came before the journal learned of them
		r.relays(r.alice, r.in, "", again, map[id.EventID]id.UserID{karims: karim, sofias: sofia}[again], event.EventReaction,
			content(map[id.EventID]string{karims: "👍", sofias: "🎉"}[again]))
	}
	done := r.says(karim, text("the end"))
	r.bobReads("*Karim*: the end")
	r.succeeds(done)
	if got := r.bobCounts("*Karim*: 👍️"); got != 1 {
		t.Errorf("Karim's reaction is said %d times", got)
	}
	r.bobSees("Sofia's reaction", func(e whatsapptest.Entry) bool { return e.ID == moin && e.Reactions[aliceNumber[1:]] == "🎉" })
	if got := r.bobCounts("*Sofia*: 🎉"); got != 0 {
		t.Error("Sofia's reaction is said, too")
	}
}

func TestAReactionOnThePhoneTakesThePlaceOfKarims(t *testing.T) {
	r := newRelayed(t)
	moin := r.bob.Inbox()[0].ID
	_, first := r.hears("Moin")
	r.succeeds(r.reacts(karim, first.id, "👍"))
	must[string](t)(r.phone.React(t.Context(), bobNumber, moin, "❤️"))
	r.bobReads("*Karim*: 👍️")
	r.world.reacts(ghostOf(r.phone), first.id, "❤️")
	r.succeeds(r.reacts(karim, first.id, "🎉"))
	r.bobReads("*Alice*: ❤️")
}

// TestInAGroupWithTwoAccountsNothingComesBack has Carol's account get what goes out through Alice's.
func TestInAGroupWithTwoAccountsNothingComesBack(t *testing.T) {
	w := newWorld(t)
	alices, bob, carols := w.phones.MustAddPerson(aliceNumber, "Alice"), w.phones.MustAddPerson(bobNumber, "Bob"), w.phones.MustAddPerson(carolNumber, "Carol")
	a := w.link(alice, alices)
	w.link(carol, carols)
	group := must[string](t)(bob.CreateGroup("Bridge works", aliceNumber, carolNumber))
	must[string](t)(bob.Send(t.Context(), group, "Moin"))
	in, first := w.hears("Moin")
	w.matrix.change(func() {
		w.matrix.profiles[karim], w.matrix.profiles[sofia] = "Karim", "Sofia"
		in.join(karim)
		in.join(sofia)
	})
	r := &relayed{w, t, a, bob, alices, in}
	r.succeeds(r.says(karim, text("Hello")))
	r.succeeds(r.says(karim, &event.MessageEventContent{MsgType: event.MsgLocation, Body: "Town hall", GeoURI: "geo:53.5,9.9"}))
	r.succeeds(r.reacts(karim, first.id, "👍"))
	r.succeeds(r.reacts(sofia, first.id, "🎉"))
	r.bobReads("*Karim*: 👍️")
	must[string](t)(bob.Send(t.Context(), group, "the end"))
	w.hears("the end")
	w.eventually("all is delivered", func() bool { return w.inbox.waiting() == 0 })
	if got := w.bodies(in); !slices.Equal(got, []string{"Moin", "the end"}) {
		t.Errorf("the room shows %q", got)
	}
	w.matrix.mu.Lock()
	defer w.matrix.mu.Unlock()
	if len(w.matrix.reactions) > 0 || len(w.matrix.redacted) > 0 {
		t.Errorf("the room shows the reactions %+v, and %v are gone", w.matrix.reactions, w.matrix.redacted)
	}
}

// TestWhatWentOutBeforeACrashGoesOutOnce has Karim's events handed on again as if bridgev2 had not kept that they went out.
func TestWhatWentOutBeforeACrashGoesOutOnce(t *testing.T) {
	r := newRelayed(t)
	_, first := r.hears("Moin")
	place := &event.MessageEventContent{MsgType: event.MsgLocation, Body: "Town hall", GeoURI: "geo:53.5,9.9"}
	sent := r.says(karim, place)
	r.succeeds(sent)
	karims, sofias := r.reacts(karim, first.id, "👍"), r.reacts(sofia, first.id, "🎉")
	r.succeeds(sofias)
	r.bobReads("*Karim*: 👍️")
	shown := len(r.bob.Inbox())

	key := must[*bridgev2.Portal](t)(r.bridge.GetPortalByMXID(t.Context(), r.in.id)).PortalKey
	rows := must[[]*database.Message](t)(r.bridge.DB.Message.GetLastNInPortal(t.Context(), key, 10))
	for _, row := range rows {
		if row.MXID != first.id {
			must[any](t)(nil, r.bridge.DB.Message.Delete(t.Context(), row.RowID))
		}
	}
	reactions := must[[]*database.Reaction](t)(r.bridge.DB.Reaction.GetAllToMessage(t.Context(), key.Receiver, rows[len(rows)-1].ID))
	for _, row := range reactions {
		row.MXID, row.SenderMXID, row.Emoji = karims, karim, "👍"
		must[any](t)(nil, r.bridge.DB.Reaction.Upsert(t.Context(), row))
	}
	r.relays(r.alice, r.in, "", sent, karim, event.EventMessage, place)
	r.relays(r.alice, r.in, "", sofias, sofia, event.EventReaction, &event.ReactionEventContent{
		RelatesTo: event.RelatesTo{Type: event.RelAnnotation, EventID: first.id, Key: "🎉"}})
	r.succeeds(r.says(karim, text("the end")))
	r.bobReads("*Karim*: the end")
	if got := len(r.bob.Inbox()); got != shown+1 {
		t.Errorf("Bob's phone shows %d messages, and %d before: %+v", got, shown, r.bob.Inbox())
	}
}

func TestALineThatTheGateRefusesIsNotSaid(t *testing.T) {
	r := newRelayed(t)
	_, first := r.hears("Moin")
	karims := r.reacts(karim, first.id, "👍")
	r.succeeds(karims)
	r.policy.set(func(c portal.Crossing) bool { return c.Sender == karim.String() }, nil)
	sofias := r.reacts(sofia, first.id, "🎉")
	r.succeeds(sofias)
	r.refused(karims, "rules")
	if got := r.bobCounts("*Karim*: 👍️"); got != 0 {
		t.Error("it is said all the same")
	}
}

func TestVotesOfOthersAreSaid(t *testing.T) {
	r := newRelayed(t)
	asked := r.polls(r.in, alice, mxPoll("When?", 1, "Monday", "Tuesday"))
	poll := r.bobSees("the poll", func(e whatsapptest.Entry) bool { return e.Kind == whatsapptest.KindPoll })
	r.succeeds(asked)
	votes := func(who id.UserID, answers ...string) id.EventID {
		t.Helper()
		return r.relays(r.alice, r.in, "", "", who, event.EventUnstablePollResponse, &event.PollResponseEventContent{
			RelatesTo: event.RelatesTo{Type: event.RelReference, EventID: asked}, Response: event.PollResponse{Answers: answers},
		})
	}
	cast := votes(karim, "a1")
	if got := r.bobReads("*Karim*: Tuesday"); got.Quoted != poll.ID {
		t.Errorf("it answers %q", got.Quoted)
	}
	r.succeeds(cast)
	if d := r.policy.decisionOn(cast); d.Kind != portal.KindVote || d.Sender != karim.String() {
		t.Errorf("the gate has written down %+v", d)
	}
	votes(karim)
	r.bobReads("*Karim*: (vote taken back)")
	r.votes(r.in, alice, asked, "a0")
	r.bobSees("Alice's vote", func(e whatsapptest.Entry) bool {
		return e.ID == poll.ID && slices.Equal(e.Votes[aliceNumber[1:]], []string{"Monday"})
	})
}

func TestOthersDoNotChangeTheChatItself(t *testing.T) {
	r := newRelayed(t)
	at := must[*bridgev2.Portal](t)(r.bridge.GetPortalByMXID(t.Context(), r.in.id))
	at.Relay, at.RelayLoginID = r.alice.login, r.alice.login.ID
	r.refused(r.setsTimer(r.in, karim, day), "Only those who have an account of their own")
	r.succeeds(r.setsTimer(r.in, alice, day))
}
