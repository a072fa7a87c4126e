package bridge

import (
	"errors"
	"sync"
	"testing"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
)

func TestARoomIsPutIntoItsSpaceOnce(t *testing.T) {
	var spaces spaceChildren
	asked, failure := 0, error(nil)
	place := func(via ...string) error {
		content := &event.Content{Parsed: &event.SpaceChildEventContent{Via: via}}
		_, err := spaces.place(spaceChild{"!space", "!room"}, content, func() (*mautrix.RespSendEvent, error) {
			asked++
			return &mautrix.RespSendEvent{}, failure
		})
		return err
	}
	want := func(n int, when string) {
		t.Helper()
		if asked != n {
			t.Errorf("%s the homeserver was asked %d times, want %d", when, asked, n)
		}
	}
	failure = errors.New("away")
	if err := place("here"); !errors.Is(err, failure) {
		t.Errorf("a failure is %v", err)
	}
	failure = nil
	var all sync.WaitGroup
	for range 5 {
		all.Go(func() {
			if err := place("here"); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	want(2, "after a failure and five at once")
	place()
	want(3, "when it is taken out")
	place("here")
	want(4, "when it is put back")
	for _, p := range spaces.children {
		p.at = time.Now().Add(-spaceChildFor)
	}
	place("here")
	want(5, "a while later")
}
