package whatsapp

import (
	"errors"
	"testing"
	"time"

	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/connectors/whatsapp/whatsapptest"
)

const claire = id.UserID("@claire:" + domain)

// puppeteers is a world whose staff have double puppets; Claire is linked, and Bob has said hello.
func puppeteers(t *testing.T) (w *world, alice, bob *whatsapptest.Phone, room *room) {
	t.Helper()
	w = newWorld(t)
	w.matrix.puppets = true
	alice, bob = w.phones.MustAddPerson("+33700000001", "Claire"), w.phones.MustAddPerson("+33612345678", "Bob")
	w.link(claire, alice)
	must[string](t)(bob.Send(deadline(t), alice.Number(), "Hello"))
	room, _ = w.hears("Hello")
	return w, alice, bob, room
}

// marked waits until a member of staff has set just that about a room.
func (w *world) marked(staff id.UserID, in *room, want roomMarks) {
	w.t.Helper()
	w.matrix.wait(w.t, "the marks of a room", func() bool { return w.matrix.marks[staff][in.id] == want })
}

// phoneMarks waits until a phone has marked a chat like that. How long it is muted is not looked at.
func (w *world) phoneMarks(phone *whatsapptest.Phone, chat string, want whatsapptest.ChatMarks) {
	w.t.Helper()
	w.eventually("the marks of a chat", func() bool {
		is := must[whatsapptest.ChatMarks](w.t)(phone.Marks(chat))
		is.MutedUntil = want.MutedUntil
		return is == want
	})
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestMarksOfThePhoneAreShown(t *testing.T) {
	w, phone, bob, room := puppeteers(t)
	ok(t, phone.Pin(bob.Number(), true))
	w.marked(claire, room, roomMarks{tag: event.RoomTagFavourite})
	ok(t, phone.Mute(bob.Number(), true, 0))
	w.marked(claire, room, roomMarks{tag: event.RoomTagFavourite, muted: true})
	ok(t, phone.Archive(bob.Number(), true))
	w.marked(claire, room, roomMarks{tag: event.RoomTagLowPriority, muted: true})
	ok(t, phone.MarkChat(bob.Number(), false))
	w.marked(claire, room, roomMarks{tag: event.RoomTagLowPriority, muted: true, unread: true})
	ok(t, phone.MarkChat(bob.Number(), true))
	ok(t, phone.Mute(bob.Number(), false, 0))
	ok(t, phone.Archive(bob.Number(), false))
	w.marked(claire, room, roomMarks{})
}

func TestMarksThatWereSetBeforeTheLinkAreShown(t *testing.T) {
	w := newWorld(t)
	w.matrix.puppets = true
	phone, bob := w.phones.MustAddPerson("+33700000001", "Claire"), w.phones.MustAddPerson("+33612345678", "Bob")
	ok(t, phone.Pin(bob.Number(), true))
	ok(t, phone.Mute(bob.Number(), true, time.Hour))
	w.link(claire, phone)
	must[string](t)(bob.Send(deadline(t), phone.Number(), "Hello"))
	room, _ := w.hears("Hello")
	w.marked(claire, room, roomMarks{tag: event.RoomTagFavourite, muted: true})
}

func TestASilenceEndsInTime(t *testing.T) {
	w, phone, bob, room := puppeteers(t)
	ok(t, phone.Mute(bob.Number(), true, 1500*time.Millisecond))
	w.marked(claire, room, roomMarks{muted: true})
	w.marked(claire, room, roomMarks{})
	ok(t, phone.Mute(bob.Number(), true, 2*time.Second))
	w.marked(claire, room, roomMarks{muted: true})
	w.stop()
	w.start()
	w.marked(claire, room, roomMarks{})
}

func TestAMarkOutlivesAnAbsentHomeserver(t *testing.T) {
	w, phone, bob, room := puppeteers(t)
	w.matrix.setFail(func(what string) error {
		if what == "tag" {
			return errors.New("away")
		}
		return nil
	})
	ok(t, phone.Pin(bob.Number(), true))
	w.eventually("an attempt", func() bool { return len(w.inbox.errors()) > 0 })
	w.stop()
	w.start()
	w.matrix.setFail(nil)
	w.marked(claire, room, roomMarks{tag: event.RoomTagFavourite})
}

func TestMarksOfARoomReachThePhone(t *testing.T) {
	w, phone, bob, room := puppeteers(t)
	at := must[*bridgev2.Portal](t)(w.bridge.GetPortalByMXID(t.Context(), room.id))
	mute := func(until int64) {
		t.Helper()
		w.does(room, claire, "", event.AccountDataBeeperMute, &event.BeeperMuteEventContent{MutedUntil: until})
	}
	tag := func(tags ...event.RoomTag) {
		content := &event.TagEventContent{Tags: event.Tags{}}
		for _, tag := range tags {
			content.Tags[tag] = event.TagMetadata{}
		}
		w.does(room, claire, "", event.AccountDataRoomTags, content)
	}
	tag(event.RoomTagFavourite, "u.work")
	w.phoneMarks(phone, bob.Number(), whatsapptest.ChatMarks{Pinned: true})
	mute(-1)
	w.phoneMarks(phone, bob.Number(), whatsapptest.ChatMarks{Pinned: true, Muted: true})
	tag(event.RoomTagLowPriority)
	w.phoneMarks(phone, bob.Number(), whatsapptest.ChatMarks{Archived: true, Muted: true})
	w.does(room, claire, "", event.AccountDataMarkedUnread, &event.MarkedUnreadEventContent{Unread: true})
	w.phoneMarks(phone, bob.Number(), whatsapptest.ChatMarks{Archived: true, Muted: true, Unread: true})
	w.marked(claire, room, roomMarks{tag: event.RoomTagLowPriority, muted: true})
	mute(0)
	tag("u.work")
	w.does(room, claire, "", event.AccountDataMarkedUnread, &event.MarkedUnreadEventContent{})
	w.phoneMarks(phone, bob.Number(), whatsapptest.ChatMarks{})
	w.marked(claire, room, roomMarks{})

	// An app knows no end of a silence: what it says of it leaves the end as it is. A command knows.
	ok(t, phone.Mute(bob.Number(), true, time.Hour))
	w.marked(claire, room, roomMarks{muted: true})
	mute(-1)
	tag(event.RoomTagFavourite)
	w.phoneMarks(phone, bob.Number(), whatsapptest.ChatMarks{Muted: true, Pinned: true})
	if is := must[whatsapptest.ChatMarks](t)(phone.Marks(bob.Number())); is.MutedUntil.IsZero() {
		t.Error("the silence has lost its end")
	}
	a := w.bridge.GetAllCachedUserLogins()[0].Client.(*account)
	ok(t, a.HandleMute(t.Context(), &bridgev2.MatrixMute{MatrixEventBase: bridgev2.MatrixEventBase[*event.BeeperMuteEventContent]{
		Content: &event.BeeperMuteEventContent{MutedUntil: -1}, Portal: at,
	}}))
	w.eventually("a silence without an end", func() bool {
		return must[whatsapptest.ChatMarks](t)(phone.Marks(bob.Number())).MutedUntil.IsZero()
	})
}
