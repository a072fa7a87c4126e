package whatsapp

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
	"google.golang.org/protobuf/proto"
	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/connectors/whatsapp/whatsapptest"
)

const postsName = "Status posts (WhatsApp)"

func post(words string) *waE2E.Message {
	return &waE2E.Message{ExtendedTextMessage: &waE2E.ExtendedTextMessage{Text: proto.String(words), BackgroundArgb: proto.Uint32(0xFF000000)}}
}

// befriend has two phones know each other: only those in the address book get status posts.
func befriend(t *testing.T, one, other *whatsapptest.Phone) {
	t.Helper()
	fine(t, one.SaveContact(other.Number(), other.Name()))
	fine(t, other.SaveContact(one.Number(), one.Name()))
}

// wall is Alice's room of status posts, with a post of Bob's in it.
type wall struct {
	*world
	alice, bob *whatsapptest.Phone
	in         *room
	beach      said
	posted     string // Bob's post
}

func newWall(t *testing.T) *wall {
	t.Helper()
	w := &wall{world: newWorld(t)}
	w.alice, w.bob = w.phones.MustAddPerson(aliceNumber, "Alice"), w.phones.MustAddPerson(bobNumber, "Bob")
	befriend(t, w.alice, w.bob)
	a := w.link(alice, w.alice)
	w.eventually("the address book, to which posts go", func() bool {
		known, err := a.contacts.GetAllContacts(t.Context())
		for _, contact := range known {
			if contact.FullName == "Bob" {
				return true
			}
		}
		return err != nil
	})
	must[string](t)(w.bob.PostStatus(t.Context(), post("In the office")))
	must[string](t)(w.bob.Send(t.Context(), aliceNumber, "Moin")) // after the post, which nobody wanted to see
	w.hears("Moin")
	bot := w.botRoom(alice)
	w.answers(bot, alice, "status-posts", "are not shown")
	w.answers(bot, alice, "status-posts on", "shown from now on", "matrix.to")
	w.answers(bot, alice, "status-posts", "are shown")
	w.posted = must[string](t)(w.bob.PostStatus(t.Context(), post("At the beach")))
	w.in, w.beach = w.hears("At the beach")
	return w
}

func TestContactsPostsAreShownToThoseWhoWantThem(t *testing.T) {
	w := newWall(t)
	if w.in.name != postsName || w.in.direct || w.beach.by != ghostOf(w.bob) || w.in.members[alice] == "" {
		t.Errorf("the post is by %s in %+v", w.beach.by, w.in)
	}
	if bodies := w.bodies(w.in); len(bodies) != 1 {
		t.Errorf("the room holds %q, want what was posted since", bodies)
	}
	picture := somePicture(t)
	lake := must[string](t)(w.bob.SendImage(t.Context(), types.StatusBroadcastJID.String(), whatsapptest.Image{Data: picture, Caption: "The lake"}))
	if in, shown := w.hears("The lake"); in != w.in || !bytes.Equal(w.matrix.files[shown.content.URL], picture) {
		t.Errorf("the picture is shown as %+v in %s", shown.content, in.id)
	}
	// They are gone after a day, as on the phone, or when their author deletes them.
	gone := w.beach.content.BeeperDisappearingTimer
	if gone == nil || gone.Timer.Duration != 24*time.Hour || gone.Type != event.DisappearingTypeAfterSend {
		t.Errorf("the post disappears as %+v", gone)
	}
	w.matrix.wait(t, "the time of the room", func() bool { return len(w.in.said) == 2 })
	must[string](t)(w.bob.Delete(t.Context(), types.StatusBroadcastJID.String(), lake))
	_, shown := w.hears("The lake")
	w.redacts(shown.id)

	w.answers(w.botRoom(alice), alice, "status-posts off", "no longer shown")
	must[string](t)(w.bob.PostStatus(t.Context(), post("At home")))
	must[string](t)(w.bob.Send(t.Context(), aliceNumber, "Good night"))
	w.hears("Good night")
	if bodies := w.bodies(w.in); len(bodies) != 2 {
		t.Errorf("the room holds %q after it was turned off", bodies)
	}
}

func TestAnAdministratorShowsPostsToAll(t *testing.T) {
	w := newWorld(t, func(o *Options) { o.StatusPosts = true })
	alicesPhone, bob := w.phones.MustAddPerson(aliceNumber, "Alice"), w.phones.MustAddPerson(bobNumber, "Bob")
	befriend(t, alicesPhone, bob)
	a := w.link(alice, alicesPhone)
	old := types.MessageInfo{ID: "OLD", Timestamp: time.Now().Add(-25 * time.Hour), MessageSource: types.MessageSource{
		Chat: types.StatusBroadcastJID, Sender: bob.LID(), IsGroup: true,
	}}
	a.handle(&events.Message{Info: old, Message: post("Yesterday"), RawMessage: post("Yesterday")})
	must[string](t)(bob.PostStatus(t.Context(), post("At the beach")))
	if in, _ := w.hears("At the beach"); in.name != postsName || len(w.bodies(in)) != 1 {
		t.Errorf("%s holds %q", in.name, w.bodies(in))
	}
	// Alice wants none, and is asked no more.
	w.answers(w.botRoom(alice), alice, "status-posts off", "no longer shown")
	w.stop()
	w.start()
	w.answers(w.botRoom(alice), alice, "status-posts", "are not shown")
}

func TestAnAnswerToAPostGoesToItsAuthor(t *testing.T) {
	w := newWall(t)
	carol := w.phones.MustAddPerson(carolNumber, "Carol")
	befriend(t, w.alice, carol)
	answer := text("Enjoy!")
	answer.RelatesTo = (&event.RelatesTo{}).SetReplyTo(w.beach.id)
	enjoy := w.says(w.in, alice, answer)
	got := must[whatsapptest.Entry](t)(w.bob.WaitForText(deadline(t), "Enjoy!"))
	if "+"+got.Chat != aliceNumber || got.Quoted != w.posted {
		t.Errorf("Bob sees %+v, want it in the chat with Alice, about %s", got, w.posted)
	}
	// The chat with Bob shows it, too, with the words that it is about.
	chat, same := w.hears("> Bob: At the beach\n\nEnjoy!")
	if !chat.direct || same.by != ghostOf(w.alice) {
		t.Errorf("it is shown by %s in %+v", same.by, chat)
	}
	w.matrix.outcome(t, enjoy)

	// A reaction is a message, too, and can be taken back.
	heart := w.does(w.in, alice, w.matrix.nextEvent(), event.EventReaction, &event.ReactionEventContent{
		RelatesTo: *(&event.RelatesTo{}).SetAnnotation(w.beach.id, "❤️"),
	})
	loved := must[whatsapptest.Entry](t)(w.bob.WaitForText(deadline(t), "❤"))
	if "+"+loved.Chat != aliceNumber || loved.Quoted != w.posted {
		t.Errorf("Bob sees %+v", loved)
	}
	w.hears("> Bob: At the beach\n\n❤")
	for _, deleted := range []struct {
		event id.EventID
		id    string
	}{{heart, loved.ID}, {enjoy, got.ID}} {
		w.does(w.in, alice, w.matrix.nextEvent(), event.EventRedaction, &event.RedactionEventContent{Redacts: deleted.event})
		_, err := w.bob.WaitFor(deadline(t), func(e whatsapptest.Entry) bool { return e.ID == deleted.id && e.Deleted })
		fine(t, err)
	}
	w.redacts(same.id)
	for _, entry := range carol.Inbox() {
		t.Errorf("Carol sees %+v", entry)
	}
}

func TestWhatAliceWritesBesideIsHerOwnPost(t *testing.T) {
	w := newWall(t)
	w.says(w.in, alice, text("At work"))
	got := must[whatsapptest.Entry](t)(w.bob.WaitForText(deadline(t), "At work"))
	if got.Chat != types.StatusBroadcastJID.String() || got.Type != "extendedTextMessage" {
		t.Errorf("Bob sees %+v, want a status post", got)
	}
	w.matrix.change(func() { w.matrix.files["mxc://mine"] = somePicture(t) })
	w.says(w.in, alice, &event.MessageEventContent{MsgType: event.MsgImage, Body: "My desk", FileName: "desk.png", URL: "mxc://mine",
		Info: &event.FileInfo{MimeType: "image/png"}})
	if got := must[whatsapptest.Entry](t)(w.bob.WaitForText(deadline(t), "My desk")); got.Chat != types.StatusBroadcastJID.String() || got.Media.Problem != "" {
		t.Errorf("Bob sees %+v, want a status post", got)
	}
	// On the phone she posts, too.
	must[string](t)(w.alice.PostStatus(t.Context(), post("From the train")))
	if in, own := w.hears("From the train"); in != w.in || own.by != ghostOf(w.alice) {
		t.Errorf("it is shown by %s in %s", own.by, in.id)
	}
}

// TestNothingIsPostedByMistake answers what is not known, and posts what WhatsApp does not have: all contacts would see it.
func TestNothingIsPostedByMistake(t *testing.T) {
	w := newWall(t)
	before := len(w.bob.Inbox())
	own := w.says(w.in, alice, text("At work"))
	must[whatsapptest.Entry](t)(w.bob.WaitForText(deadline(t), "At work"))
	w.matrix.outcome(t, own)
	toUnknown, toOwn, inThread := text("Secret"), text("Secret"), text("Secret")
	toUnknown.RelatesTo = (&event.RelatesTo{}).SetReplyTo("$long-gone")
	toOwn.RelatesTo = (&event.RelatesTo{}).SetReplyTo(own)
	inThread.RelatesTo = &event.RelatesTo{Type: event.RelThread, EventID: "$long-gone", IsFallingBack: true}
	for want, content := range map[string]any{
		"The post that you answer": toUnknown, "only posts of others": toOwn, "post that you answer": inThread,
		"cannot be changed":                             newWords(own, "At home"),
		"is a text, a picture, a video or a voice note": &event.MessageEventContent{MsgType: event.MsgLocation, Body: "here", GeoURI: "geo:1,2"},
	} {
		sent := w.says(w.in, alice, content.(*event.MessageEventContent))
		if got := w.matrix.outcome(t, sent); got.Status == event.MessageStatusSuccess || !strings.Contains(got.Message, want) {
			t.Errorf("it ends as %+v, want %q", got, want)
		}
	}
	reaction := w.does(w.in, alice, w.matrix.nextEvent(), event.EventReaction, &event.ReactionEventContent{
		RelatesTo: *(&event.RelatesTo{}).SetAnnotation(own, "👍"),
	})
	if got := w.matrix.outcome(t, reaction); !strings.Contains(got.Message, "only posts of others") {
		t.Errorf("a reaction to the own post ends as %+v", got)
	}
	if timer := w.setsTimer(w.in, alice, 7*24*time.Hour); !strings.Contains(w.matrix.outcome(t, timer).Message, "gone after 24 hours") {
		t.Errorf("the timer ends as %+v", w.matrix.outcome(t, timer))
	}
	if got := len(w.bob.Inbox()) - before; got != 1 {
		t.Errorf("Bob has %d new messages, want the one post: %+v", got, w.bob.Inbox())
	}
}

func TestABroadcastListIsInTheDirectChat(t *testing.T) {
	w := newWorld(t)
	bob := w.phones.MustAddPerson(bobNumber, "Bob")
	w.link(alice, w.phones.MustAddPerson(aliceNumber, "Alice"))
	must[string](t)(bob.Broadcast(t.Context(), &waE2E.Message{Conversation: proto.String("Party!")}, aliceNumber))
	in, party := w.hears("Party!")
	must[string](t)(bob.Send(t.Context(), aliceNumber, "Will you come?"))
	if same, _ := w.hears("Will you come?"); same != in || !in.direct || party.by != ghostOf(bob) {
		t.Errorf("what went to many is by %s in %+v, the rest in %s", party.by, in, same.id)
	}
	key := portalKey(bob.LID(), w.account().login.ID)
	if found := must[*bridgev2.Portal](t)(w.bridge.GetExistingPortalByKey(t.Context(), key)); found == nil || found.MXID != in.id {
		t.Errorf("the chat's room is %+v", found)
	}
}

// TestNobodyPostsForAlice has Karim, who writes through Alice's account, post in her room: her contacts would see it as hers.
func TestNobodyPostsForAlice(t *testing.T) {
	w := newWall(t)
	a, before := w.account(), len(w.bob.Inbox())
	answer := text("Enjoy!")
	answer.RelatesTo = (&event.RelatesTo{}).SetReplyTo(w.beach.id)
	for _, sent := range []id.EventID{
		w.relays(a, w.in, "", "", karim, event.EventMessage, text("At work")),
		w.relays(a, w.in, "", "", karim, event.EventMessage, answer),
		w.relays(a, w.in, "", "", karim, event.EventReaction, &event.ReactionEventContent{
			RelatesTo: *(&event.RelatesTo{}).SetAnnotation(w.beach.id, "👍"),
		}),
	} {
		if got := w.matrix.outcome(t, sent); !strings.Contains(got.Message, "Only the owner") {
			t.Errorf("it ends as %+v", got)
		}
	}
	if got := len(w.bob.Inbox()) - before; got != 0 {
		t.Errorf("Bob has %d new messages: %+v", got, w.bob.Inbox())
	}
}
