package bridgetest

import (
	"context"
	"errors"
	"slices"
	"testing"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

const (
	square id.RoomID = "!square:passerelle.test"
	alice  id.UserID = "@alice:passerelle.test"
	bob    id.UserID = "@bob:passerelle.test"
)

// said is a message as it stands in a log.
func said(evt id.EventID, sender id.UserID, text string) Heard {
	return Heard{Room: square, ID: evt, Sender: sender, Type: event.EventMessage, MsgType: event.MsgText, Text: text, Event: &event.Event{}}
}

func texts(log []Heard) (all []string) {
	for _, h := range log {
		all = append(all, h.Text)
	}
	return all
}

func TestWhatComesTwiceIsHeardOnce(t *testing.T) {
	n := newNotebook()
	n.write(func() {
		n.take(square, []Heard{said("$1", alice, "one"), said("$2", alice, "two")}, nil)
		n.take(square, []Heard{said("$2", alice, "two"), said("$3", alice, "three")}, nil)
	})
	want := []string{"one", "two", "three"}
	if got := texts(n.rooms[square].timeline); !slices.Equal(got, want) {
		t.Errorf("the log has %q, want %q", got, want)
	}
	if got := texts(n.readable); !slices.Equal(got, want) {
		t.Errorf("heard %q, want %q", got, want)
	}
}

func TestALateMessageIsHeardLateAndStandsInItsPlace(t *testing.T) {
	n := newNotebook()
	sealed := said("$1", alice, "")
	sealed.Err = errors.New("no key")
	n.write(func() { n.take(square, []Heard{sealed, said("$2", alice, "two")}, nil) })
	n.write(func() { n.nowReadable(said("$1", alice, "one")) })
	n.write(func() { n.nowReadable(said("$1", alice, "one")) })
	if got, want := texts(n.rooms[square].timeline), []string{"one", "two"}; !slices.Equal(got, want) {
		t.Errorf("the log has %q, want %q", got, want)
	}
	if got, want := texts(n.readable), []string{"two", "one"}; !slices.Equal(got, want) {
		t.Errorf("heard %q, want %q", got, want)
	}
	if got := n.unreadable(); len(got) > 0 {
		t.Errorf("%v is called unreadable", got)
	}
}

func TestAScreenShowsEditsOfTheAuthorAlone(t *testing.T) {
	edit := func(evt id.EventID, sender id.UserID, of id.EventID, text string) Heard {
		h := said(evt, sender, text)
		h.Edits = of
		return h
	}
	deletion := said("$6", alice, "")
	deletion.Type, deletion.Deletes = event.EventRedaction, "$5"
	n := newNotebook()
	n.write(func() {
		n.take(square, []Heard{
			said("$1", alice, "hello"),
			edit("$2", alice, "$1", "hello, Bob"),
			edit("$3", bob, "$1", "words in her mouth"),
			edit("$4", bob, "$unknown", "an edit of nothing"),
			edit("$5", alice, "$1", "an edit taken back"),
			deletion,
		}, nil)
	})
	if got, want := texts(n.rooms[square].screen()), []string{"hello, Bob"}; !slices.Equal(got, want) {
		t.Errorf("the screen shows %q, want %q", got, want)
	}
}

func TestAWaitEndsWithItsContext(t *testing.T) {
	n := newNotebook()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := n.await(ctx, func() bool { return false }); !errors.Is(err, context.Canceled) {
		t.Errorf("a wait in vain: %v, want the context's error", err)
	}
}

func TestADeletionNamesItsTargetInBothPlaces(t *testing.T) {
	for version, evt := range map[string]*event.Event{
		"before room version 11": {Redacts: "$1", Content: event.Content{Parsed: &event.RedactionEventContent{}}},
		"since room version 11":  {Content: event.Content{Parsed: &event.RedactionEventContent{Redacts: "$1"}}},
	} {
		if h := interpret(evt, alice); h.Deletes != "$1" {
			t.Errorf("%s: deletes %q, want $1", version, h.Deletes)
		}
	}
}
