package whatsapp

import (
	"encoding/json"
	"strings"
	"testing"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"google.golang.org/protobuf/proto"
	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"

	"passerelle/portal"
)

func TestATextThatIsTooLongBecomesAFile(t *testing.T) {
	for _, one := range []struct {
		name string
		text string
		file bool
		html bool
	}{
		{"short", "*Bonjour*", false, true},
		{"long", strings.Repeat("Bonjour ", 4_000), false, false},
		{"long with marks, which go", strings.Repeat("*Bonjour* ", 2_500), false, false},
		{"too long", strings.Repeat("à bientôt ", 6_500), true, false},
		{"too long in what JSON makes of it", strings.Repeat("<", 30_000), true, false},
		{"too long, in one word", strings.Repeat("é", 65_536), true, false},
	} {
		t.Run(one.name, func(t *testing.T) {
			c := words.convert(in(&waE2E.Message{Conversation: proto.String(one.text)}))
			said, err := json.Marshal(c.event)
			if err != nil || len(said) > maxEvent {
				t.Errorf("the event has %d bytes, %v", len(said), err)
			}
			if (c.event.FormattedBody != "") != one.html {
				t.Errorf("it is formatted: %.40q", c.event.FormattedBody)
			}
			if c.kind != portal.KindText || c.text != one.text {
				t.Error("the gate does not see the text")
			}
			switch {
			case c.isLongText() != one.file:
				t.Errorf("a file: %t", c.isLongText())
			case !one.file && c.event.Body != one.text:
				t.Errorf("it is cut: %.40q", c.event.Body)
			case one.file && (string(c.file.data) != one.text || c.event.MsgType != event.MsgFile || c.event.FileName != "message.txt"):
				t.Errorf("the file is %+v", c.event)
			case one.file && !strings.HasPrefix(one.text, strings.TrimSuffix(c.event.Body, " …")):
				t.Errorf("the caption is %.40q", c.event.Body)
			}
		})
	}
}

func TestWhatTheHomeserverNeverTakesHoldsUpNobody(t *testing.T) {
	w := newWorld(t)
	bob := w.phones.MustAddPerson(bobNumber, "Bob")
	w.link(alice, w.phones.MustAddPerson(aliceNumber, "Alice"))
	must[string](t)(bob.Send(t.Context(), aliceNumber, "Before"))
	w.hears("Before")
	refusals := 1
	w.matrix.setFail(func(asked string) error {
		if asked == "send" && refusals > 0 {
			refusals--
			return portal.Permanent(mautrix.MTooLarge)
		}
		return nil
	})
	must[string](t)(bob.Send(t.Context(), aliceNumber, "Too much"))
	must[string](t)(bob.Send(t.Context(), aliceNumber, "After"))
	_, notice := w.hears("A message could not be shown here. Open WhatsApp on the phone to read it.")
	if notice.by != ghostOf(bob) {
		t.Errorf("it stands in the place of %s’s message", notice.by)
	}
	w.hears("After")

	// Refused together with what would stand in its place, it is given up.
	refusals = 2
	must[string](t)(bob.Send(t.Context(), aliceNumber, "Too much again"))
	must[string](t)(bob.Send(t.Context(), aliceNumber, "After that"))
	w.hears("After that")
	w.eventually("the inbox to be empty", func() bool { return w.inbox.waiting() == 0 })

	// What the room's rights keep out waits for somebody to change them.
	w.matrix.setFail(func(asked string) error {
		if asked == "send" {
			return portal.Permanent(mautrix.MForbidden)
		}
		return nil
	})
	before := len(w.inbox.errors())
	must[string](t)(bob.Send(t.Context(), aliceNumber, "In the end"))
	w.eventually("two attempts that failed", func() bool { return len(w.inbox.errors()) >= before+2 })
	w.matrix.setFail(nil)
	w.hears("In the end")
}
