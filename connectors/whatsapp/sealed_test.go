package whatsapp

import (
	"strings"
	"testing"

	"go.mau.fi/whatsmeow/proto/waCommon"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"google.golang.org/protobuf/proto"

	"passerelle/connectors/whatsapp/whatsapptest"
	"passerelle/portal/say"
)

func TestWhetherSomebodyComes(t *testing.T) {
	for response, want := range map[waE2E.EventResponseMessage_EventResponseType]string{
		waE2E.EventResponseMessage_GOING: "I will come.\nGuests with me: 2", waE2E.EventResponseMessage_MAYBE: "Perhaps I will come.\nGuests with me: 2",
	} {
		c := words.answerToAppointment(&waE2E.EventResponseMessage{Response: response.Enum(), ExtraGuestCount: proto.Int32(2)})
		if c.event == nil || c.event.Body != want {
			t.Errorf("%s is said as %+v", response, c.event)
		}
	}
	if c := words.answerToAppointment(&waE2E.EventResponseMessage{}); c.sentence != say.OpenYourPhone {
		t.Errorf("no answer is said as %+v", c)
	}
}

// TestACommentIsAnAnswer reads a comment on an announcement, which comes encrypted once more.
func TestACommentIsAnAnswer(t *testing.T) {
	g := newTeam(t)
	plan := must[string](t)(g.alice.Send(t.Context(), g.id, "The plan"))
	_, shown := g.hears("The plan")
	must[whatsapptest.Entry](t)(g.bob.WaitForText(deadline(t), "The plan"))
	must[string](t)(g.bob.Comment(t.Context(), g.id, plan, "A *good* plan"))
	if in, said := g.hears("A *good* plan"); in != g.in || said.by != ghostOf(g.bob) || said.content.RelatesTo.GetReplyTo() != shown.id {
		t.Errorf("the comment is said by %s as %+v", said.by, said.content)
	}
}

// TestASealThatIsNonsenseHarmsNothing sends what Go's decryption panics on: each once would have ended the program.
func TestASealThatIsNonsenseHarmsNothing(t *testing.T) {
	g := newTeam(t)
	plan := must[string](t)(g.alice.Send(t.Context(), g.id, "The plan"))
	g.hears("The plan")
	key := &waCommon.MessageKey{RemoteJID: &g.id, ID: &plan, Participant: proto.String(g.alice.LID().String()), FromMe: proto.Bool(false)}
	payload := []byte(strings.Repeat("x", 40))
	for _, iv := range [][]byte{nil, {1}, make([]byte, 12), make([]byte, 64)} {
		for _, m := range []*waE2E.Message{
			{EncReactionMessage: &waE2E.EncReactionMessage{TargetMessageKey: key, EncIV: iv, EncPayload: payload}},
			{EncCommentMessage: &waE2E.EncCommentMessage{TargetMessageKey: key, EncIV: iv, EncPayload: payload}},
			{EncEventResponseMessage: &waE2E.EncEventResponseMessage{EventCreationMessageKey: key, EncIV: iv, EncPayload: payload}},
			{PollUpdateMessage: &waE2E.PollUpdateMessage{PollCreationMessageKey: key, Vote: &waE2E.PollEncValue{EncIV: iv, EncPayload: payload}}},
		} {
			must[string](t)(g.bob.SendMessage(t.Context(), g.id, m))
		}
	}
	must[string](t)(g.bob.Send(t.Context(), g.id, "Still here"))
	g.hears("Still here")
}
