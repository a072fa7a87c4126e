package bridgetest_test

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/png"
	"net/http"
	"slices"
	"testing"

	"maunium.net/go/mautrix/event"

	"passerelle/bridge/bridgetest"
)

func TestTwoPeopleTalkEncrypted(t *testing.T) {
	world := bridgetest.NewWorld(t, bridgetest.HomeserverOptions{})
	alice, bob := world.Staff(t, "alice"), world.Staff(t, "bob")

	room := alice.StartsChatWith(bob.ID())
	hello := alice.Says(room, "hello")
	heard := bob.Hears(room, "hello")
	if heard.ID != hello || heard.Sender != alice.ID() || !heard.WasEncrypted || heard.Mine {
		t.Errorf("bob heard %v, want alice's encrypted %s", heard, hello)
	}

	answer := bob.Replies(room, hello, "hello yourself")
	if h := alice.Hears(room, "hello yourself"); h.RepliesTo != hello || !h.WasEncrypted {
		t.Errorf("alice heard %v, want an encrypted reply to %s", h, hello)
	}

	alice.Reacts(room, answer, "👍")
	if h := bob.SeesReaction(room, answer, "👍"); h.WasEncrypted {
		t.Errorf("bob saw %v, want it in the clear as Matrix has it", h)
	}

	alice.Edits(room, hello, "hello, Bob")
	if h := bob.SeesEdit(room, hello, "hello, Bob"); !h.WasEncrypted || h.IsMessage() {
		t.Errorf("bob saw %v, want an encrypted edit", h)
	}

	slip := alice.Says(room, "a slip")
	bob.Hears(room, "a slip")
	alice.Deletes(room, slip)
	bob.SeesDeletion(room, slip)

	if got, want := bob.Texts(room), []string{"hello", "hello yourself", "a slip"}; !slices.Equal(got, want) {
		t.Errorf("bob's log has %q, want %q", got, want)
	}
	var shown []string
	for _, h := range bob.Screen(room) {
		shown = append(shown, h.Text)
	}
	if want := []string{"hello, Bob", "hello yourself"}; !slices.Equal(shown, want) {
		t.Errorf("bob's screen shows %q, want %q", shown, want)
	}
	if got := bob.Reactions(room, answer)[alice.ID()]; !slices.Equal(got, []string{"👍"}) {
		t.Errorf("bob sees alice's reactions %q, want a thumb", got)
	}
	if got := bob.Undecryptable(); len(got) > 0 {
		t.Errorf("bob could not read %v", got)
	}
}

func TestAWithdrawnReactionIsGone(t *testing.T) {
	world := bridgetest.NewWorld(t, bridgetest.HomeserverOptions{})
	alice, bob := world.Staff(t, "alice"), world.Staff(t, "bob")
	room := alice.StartsChatWith(bob.ID())

	news := alice.Says(room, "news")
	bob.Hears(room, "news")
	smile := bob.Reacts(room, news, "🙂")
	alice.SeesReaction(room, news, "🙂")
	bob.Deletes(room, smile)
	alice.SeesDeletion(room, smile)
	if got := alice.Reactions(room, news); len(got) > 0 {
		t.Errorf("alice sees %v, want no reactions", got)
	}
}

func TestAClearMessageIsSeenAsClear(t *testing.T) {
	world := bridgetest.NewWorld(t, bridgetest.HomeserverOptions{})
	alice, bob := world.Staff(t, "alice"), world.Staff(t, "bob")

	room := alice.StartsChatWith(bob.ID())
	alice.SaysInClear(room, "anyone may read this")
	if h := bob.Hears(room, "anyone may read this"); h.WasEncrypted {
		t.Errorf("bob heard %v, want it in the clear", h)
	}
	alice.Says(room, "only Bob may read this")
	if h := bob.Hears(room, "only Bob may read this"); !h.WasEncrypted {
		t.Errorf("bob heard %v, want it encrypted", h)
	}
}

func TestNothingIsSaidEncryptedInAClearRoom(t *testing.T) {
	world := bridgetest.NewWorld(t, bridgetest.HomeserverOptions{})
	alice, bob := world.Staff(t, "alice"), world.Staff(t, "bob")

	room := alice.StartsClearRoom("Lobby", bob.ID())
	if _, err := alice.Staff.Says(t.Context(), room, "a secret"); !errors.Is(err, bridgetest.ErrClearRoom) {
		t.Errorf("alice says a secret in a clear room: %v, want ErrClearRoom", err)
	}
	alice.SaysInClear(room, "the weather is fine")
	bob.Hears(room, "the weather is fine")
	if got, want := bob.Texts(room), []string{"the weather is fine"}; !slices.Equal(got, want) {
		t.Errorf("bob heard %q, want %q", got, want)
	}
}

func TestAnImageTravelsEncrypted(t *testing.T) {
	world := bridgetest.NewWorld(t, bridgetest.HomeserverOptions{})
	wire := bridgetest.NewProxy(t, world.URL())
	alice, bob := world.Staff(t, "alice", bridgetest.Through(wire.URL())), world.Staff(t, "bob")
	room := alice.StartsChatWith(bob.ID())

	var picture bytes.Buffer
	if err := png.Encode(&picture, image.NewGray(image.Rect(0, 0, 40, 30))); err != nil {
		t.Fatal(err)
	}
	recording := wire.Record()
	alice.SendsImage(room, picture.Bytes(), "the square")

	heard := bob.Hears(room, "the square")
	content := heard.Message()
	if content.MsgType != event.MsgImage || content.FileName != "image.png" || content.Info.MimeType != "image/png" || content.Info.Width != 40 || content.Info.Height != 30 {
		t.Errorf("bob got %+v, want a PNG of 40 by 30", content)
	}
	if got := bob.Downloads(heard); !bytes.Equal(got, picture.Bytes()) {
		t.Errorf("bob downloaded %d bytes, want alice's picture of %d", len(got), picture.Len())
	}
	uploads := slices.DeleteFunc(recording.Stop(), func(q bridgetest.Request) bool { return !bridgetest.On("POST", "/upload")(q.Method, q.Path) })
	if len(uploads) != 1 || len(uploads[0].Body) != picture.Len() || bytes.Contains(uploads[0].Body, []byte("PNG")) {
		t.Errorf("alice made %d uploads, want one, as long as the picture and unreadable", len(uploads))
	}
}

func TestAConversationGoesOnOverRestarts(t *testing.T) {
	world := bridgetest.NewWorld(t, bridgetest.HomeserverOptions{})
	alice, bob := world.Staff(t, "alice"), world.Staff(t, "bob")
	room := alice.StartsChatWith(bob.ID())

	first := alice.Says(room, "before")
	bob.Hears(room, "before")
	alice.Sees(room, first) // Dendrite leaves out of its last answers what it cannot look up any more, and does not make up for it
	if err := world.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	bob.Says(room, "after the restart")
	alice.Hears(room, "after the restart")
	if err := world.Kill(); err != nil {
		t.Fatal(err)
	}
	back := make(chan error, 1)
	go func() { back <- world.Restart(t.Context()) }()
	last := alice.Says(room, "after the crash") // her client keeps trying until it is back
	if err := <-back; err != nil {
		t.Fatal(err)
	}
	bob.Hears(room, "after the crash")
	alice.Sees(room, last)

	want := []string{"before", "after the restart", "after the crash"}
	for _, person := range []*bridgetest.Actor{alice, bob} {
		if got := person.Texts(room); !slices.Equal(got, want) {
			t.Errorf("%s's log has %q, want %q", person.Name(), got, want)
		}
	}
}

func TestALateKeyMakesAMessageReadableInItsPlace(t *testing.T) {
	world := bridgetest.NewWorld(t, bridgetest.HomeserverOptions{})
	wire := bridgetest.NewProxy(t, world.URL())
	alice, bob := world.Staff(t, "alice", bridgetest.Through(wire.URL())), world.Staff(t, "bob")
	room := alice.StartsChatWith(bob.ID())

	// The key gets lost on the way to the homeserver, the message does not.
	recording := wire.Record()
	keys := bridgetest.On(http.MethodPut, "/sendToDevice/m.room.encrypted/")
	lost := wire.Inject(keys, bridgetest.Answer(http.StatusOK, struct{}{}), 0)
	riddle := alice.Says(room, "a riddle")
	lost.Lift()
	alice.SaysInClear(room, "can you read this?")
	bob.Hears(room, "can you read this?")
	if got := bob.Undecryptable(); len(got) != 1 || got[0].ID != riddle {
		t.Fatalf("bob cannot read %v, want the riddle alone", got)
	}

	// The key arrives after all.
	for _, key := range recording.Stop() {
		if keys(key.Method, key.Path) {
			repeat(t, world.URL(), key)
		}
	}
	if h := bob.Hears(room, "a riddle"); !h.WasEncrypted || !h.Late {
		t.Errorf("bob heard %v, want it encrypted and late", h)
	}
	if got, want := bob.Texts(room), []string{"a riddle", "can you read this?"}; !slices.Equal(got, want) {
		t.Errorf("bob's log has %q, want it in the order of the room, %q", got, want)
	}
	if got := bob.Undecryptable(); len(got) > 0 {
		t.Errorf("bob still cannot read %v", got)
	}
}

// repeat sends a recorded request to a server at another address.
func repeat(t *testing.T, address string, q bridgetest.Request) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), q.Method, address+q.Path, bytes.NewReader(q.Body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header = q.Header
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		t.Fatalf("%s %s: %s", q.Method, q.Path, response.Status)
	}
}

// A /sync brings the last hundred events of a room at most: what lies before
// them must not be missing, and nothing may come twice.
func TestALongAbsenceLosesAndDoublesNothing(t *testing.T) {
	world := bridgetest.NewWorld(t, bridgetest.HomeserverOptions{})
	wire := bridgetest.NewProxy(t, world.URL())
	alice, bob := world.Staff(t, "alice"), world.Staff(t, "bob", bridgetest.Through(wire.URL()))
	room := alice.StartsChatWith(bob.ID())
	bob.SeesMember(room, alice.ID(), event.MembershipJoin)

	away := wire.Inject(bridgetest.On(http.MethodGet, "/sync"), bridgetest.Hold(), 0)
	alice.Says(room, "first") // answers the /sync that is under way
	if err := away.WaitHits(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	want := []string{"first"}
	for i := range 130 {
		text := fmt.Sprintf("message %d", i)
		want = append(want, text)
		alice.Says(room, text)
	}
	away.Lift()
	bob.Hears(room, "message 129")
	if got := bob.Texts(room); !slices.Equal(got, want) {
		t.Errorf("bob heard %d messages, want the %d of alice in order:\n%q", len(got), len(want), got)
	}
}

func TestASecondDeviceHearsTheFirst(t *testing.T) {
	world := bridgetest.NewWorld(t, bridgetest.HomeserverOptions{})
	phone, bob := world.Staff(t, "alice"), world.Staff(t, "bob")
	room := phone.StartsChatWith(bob.ID())

	desk := world.Staff(t, "alice")
	if desk.ID() != phone.ID() || desk.Device() == phone.Device() {
		t.Fatalf("the desk is %s %s, want another device of %s", desk.ID(), desk.Device(), phone.ID())
	}
	phone.Says(room, "from the phone")
	if h := desk.Hears(room, "from the phone"); h.Sender != desk.ID() || h.Mine || !h.WasEncrypted {
		t.Errorf("the desk heard %v, want it encrypted from the phone", h)
	}
	bob.Says(room, "to both")
	phone.Hears(room, "to both")
	desk.Hears(room, "to both")
}

func TestAWaitCanStartAtAMark(t *testing.T) {
	world := bridgetest.NewWorld(t, bridgetest.HomeserverOptions{})
	alice, bob := world.Staff(t, "alice"), world.Staff(t, "bob")
	room := alice.StartsChatWith(bob.ID())

	first := alice.Says(room, "ping")
	bob.Hears(room, "ping")
	mark := bob.Mark()
	second := alice.Says(room, "ping")
	if h := bob.Hears(room, "ping", mark); h.ID != second {
		t.Errorf("since the mark bob heard %s, want %s", h.ID, second)
	}
	if h := bob.Hears(room, "ping"); h.ID != first {
		t.Errorf("from the beginning bob heard %s, want %s", h.ID, first)
	}
}

func TestReceiptsAndTyping(t *testing.T) {
	world := bridgetest.NewWorld(t, bridgetest.HomeserverOptions{})
	alice, bob := world.Staff(t, "alice"), world.Staff(t, "bob")
	room := alice.StartsChatWith(bob.ID())

	question := alice.Says(room, "are you there?")
	bob.Hears(room, "are you there?")
	bob.Reads(room, question)
	alice.SeesRead(room, bob.ID(), question)
	bob.Types(room, true)
	alice.SeesTyping(room, bob.ID(), true)
	bob.Types(room, false)
	alice.SeesTyping(room, bob.ID(), false)
}

func TestAStoppedClientTellsThoseWhoWait(t *testing.T) {
	world := bridgetest.NewWorld(t, bridgetest.HomeserverOptions{})
	alice, err := world.NewStaff(t.Context(), "alice")
	if err != nil {
		t.Fatal(err)
	}
	waiting := make(chan error, 1)
	go func() {
		_, err := alice.Waits(t.Context(), "Godot", func(bridgetest.Heard) bool { return false })
		waiting <- err
	}()
	if err := alice.Stop(); err != nil {
		t.Fatal(err)
	}
	if err := <-waiting; !errors.Is(err, bridgetest.ErrStopped) {
		t.Errorf("waiting on a stopped client: %v, want ErrStopped", err)
	}
}
