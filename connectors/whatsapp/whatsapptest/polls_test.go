package whatsapptest

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/proto/waCommon"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types/events"
	"google.golang.org/protobuf/proto"
)

// votes waits until a poll shows exactly these votes, as "number: option, option".
func votes(t *testing.T, p *Phone, poll string, want ...string) {
	t.Helper()
	waitEntry(t, p, func(e Entry) bool {
		if e.ID != poll {
			return false
		}
		var got []string
		for _, who := range slices.Sorted(maps.Keys(e.Votes)) {
			got = append(got, who+": "+strings.Join(e.Votes[who], ", "))
		}
		return slices.Equal(got, want)
	})
}

// hearsVote waits for a vote and returns the hashes of its options.
func (c *companion) hearsVote(poll string) [][]byte {
	c.t.Helper()
	heard := hears(c, func(e *events.Message) bool {
		return e.Message.GetPollUpdateMessage().GetPollCreationMessageKey().GetID() == poll
	})
	vote, err := c.DecryptPollVote(waiting(c.t), heard)
	must(c.t, err)
	return vote.GetSelectedOptions()
}

func TestAPollFromAPhone(t *testing.T) {
	s := testServer(t)
	alice, bob := s.MustAddPerson(aliceNumber, "Alice"), s.MustAddPerson(bobNumber, "Bob")
	client := link(t, s, alice, "alice's client")
	ctx := waiting(t)

	poll, err := bob.SendPoll(ctx, aliceNumber, Poll{Question: "lunch?", Options: []string{"soup", "salad"}, Max: 1})
	must(t, err)
	heard := hears(client, func(e *events.Message) bool { return e.Message.GetPollCreationMessageV3().GetName() == "lunch?" })
	if asked := sees(t, alice, "lunch?"); asked.Kind != KindPoll || asked.Poll.Max != 1 || !slices.Equal(asked.Poll.Options, []string{"soup", "salad"}) {
		t.Errorf("Alice's phone shows %+v", asked)
	}
	choose := func(options ...string) {
		t.Helper()
		vote, err := client.BuildPollVote(ctx, &heard.Info, options)
		must(t, err)
		_, err = client.SendMessage(ctx, bob.LID(), vote)
		must(t, err)
	}
	choose("soup")
	votes(t, bob, poll, aliceNumber+": soup")
	votes(t, alice, poll, aliceNumber+": soup")
	choose("salad")
	votes(t, bob, poll, aliceNumber+": salad")
	choose()
	votes(t, bob, poll)

	_, err = bob.Vote(ctx, aliceNumber, poll, "soup")
	must(t, err)
	if chosen := client.hearsVote(poll); len(chosen) != 1 || !slices.Equal(chosen[0], whatsmeow.HashPollOptions([]string{"soup"})[0]) {
		t.Errorf("client heard a vote for %x", chosen)
	}
	votes(t, alice, poll, bobNumber+": soup")
	if _, err := bob.Vote(ctx, aliceNumber, poll, "cake"); err == nil {
		t.Error("Bob chose what was not offered")
	}
	if _, err := bob.Vote(ctx, aliceNumber, "nothing", "cake"); !errors.Is(err, ErrNoSuchMessage) {
		t.Errorf("a vote in a poll that there is not: %v", err)
	}
	if _, err := bob.SendPoll(ctx, aliceNumber, Poll{Question: "?", Options: []string{"yes"}}); err == nil {
		t.Error("a poll without a choice was sent")
	}
}

func TestAPollOfAClientInAGroup(t *testing.T) {
	s := testServer(t)
	alice, bob, carol := s.MustAddPerson(aliceNumber, "Alice"), s.MustAddPerson(bobNumber, "Bob"), s.MustAddPerson(carolNumber, "Carol")
	client := link(t, s, alice, "alice's client")
	id, err := alice.CreateGroup("Team", bobNumber, carolNumber)
	must(t, err)
	group := hears[*events.JoinedGroup](client, nil).JID
	ctx := waiting(t)
	sent, err := client.SendMessage(ctx, group, client.BuildPollCreation("when?", []string{"Mon", "Tue", "Wed"}, 0))
	must(t, err)
	sees(t, bob, "when?")
	sees(t, carol, "when?")
	_, err = bob.Vote(ctx, id, sent.ID, "Mon", "Wed")
	must(t, err)
	if chosen := client.hearsVote(sent.ID); len(chosen) != 2 {
		t.Errorf("client heard a vote for %x", chosen)
	}
	_, err = carol.Vote(ctx, id, sent.ID, "Tue")
	must(t, err)
	client.hearsVote(sent.ID)
	for _, phone := range []*Phone{alice, bob, carol} {
		votes(t, phone, sent.ID, bobNumber+": Mon, Wed", carolNumber+": Tue")
	}
	_, err = bob.Vote(ctx, id, sent.ID)
	must(t, err)
	if chosen := client.hearsVote(sent.ID); len(chosen) != 0 {
		t.Errorf("client heard a vote for %x", chosen)
	}
	votes(t, carol, sent.ID, carolNumber+": Tue")
}

// whatsmeow reads the answers to events with what it exposes of its inside only.
func TestAnEventAndWhoComes(t *testing.T) {
	s := testServer(t)
	alice, bob := s.MustAddPerson(aliceNumber, "Alice"), s.MustAddPerson(bobNumber, "Bob")
	client := link(t, s, alice, "alice's client")
	ctx := waiting(t)
	start := time.Unix(1900000000, 0)
	event, err := bob.SendEvent(ctx, aliceNumber, Event{Name: "picnic", Start: start, Place: &Location{Latitude: 48.8, Longitude: 2.3, Name: "the park"}})
	must(t, err)
	heard := hears(client, func(e *events.Message) bool { return e.Message.GetEventMessage().GetName() == "picnic" })
	if shown := sees(t, alice, "picnic"); shown.Kind != KindEvent || !shown.Event.Start.Equal(start) || shown.Event.Place.Name != "the park" {
		t.Errorf("Alice's phone shows %+v", shown.Event)
	}

	plain, err := proto.Marshal(&waE2E.EventResponseMessage{Response: waE2E.EventResponseMessage_GOING.Enum()})
	must(t, err)
	//lint:ignore SA1019 whatsmeow exposes it in no other way
	payload, iv, err := client.DangerousInternals().EncryptMsgSecret(ctx, alice.LID(), bob.LID(), bob.LID(), event, whatsmeow.EncSecretEventResponse, plain)
	must(t, err)
	_, err = client.SendMessage(ctx, bob.LID(), &waE2E.Message{EncEventResponseMessage: &waE2E.EncEventResponseMessage{
		EventCreationMessageKey: client.BuildMessageKey(heard.Info.Chat, heard.Info.Sender, event), EncPayload: payload, EncIV: iv,
	}})
	must(t, err)
	waitEntry(t, bob, func(e Entry) bool { return e.ID == event && e.Answers[aliceNumber] == "going" })

	_, err = bob.AnswerEvent(ctx, aliceNumber, event, "maybe")
	must(t, err)
	answer := hears(client, func(e *events.Message) bool { return e.Message.GetEncEventResponseMessage() != nil })
	sealed := answer.Message.GetEncEventResponseMessage()
	key := &waCommon.MessageKey{FromMe: proto.Bool(true), ID: &event}
	//lint:ignore SA1019 whatsmeow exposes it in no other way
	plain, err = client.DangerousInternals().DecryptMsgSecret(ctx, answer, whatsmeow.EncSecretEventResponse, sealed, key)
	must(t, err)
	var response waE2E.EventResponseMessage
	must(t, proto.Unmarshal(plain, &response))
	if response.GetResponse() != waE2E.EventResponseMessage_MAYBE {
		t.Errorf("client heard %v", &response)
	}
	if _, err := bob.AnswerEvent(ctx, aliceNumber, event, "perhaps"); err == nil {
		t.Error("Bob answered what one cannot")
	}
}

func TestAVoteThatDoesNotOpenIsNoticed(t *testing.T) {
	s := testServer(t)
	alice, bob := s.MustAddPerson(aliceNumber, "Alice"), s.MustAddPerson(bobNumber, "Bob")
	poll, err := bob.SendPoll(waiting(t), aliceNumber, Poll{Question: "lunch?", Options: []string{"soup", "salad"}})
	must(t, err)
	sees(t, alice, "lunch?")
	for _, iv := range [][]byte{nil, make([]byte, 12)} {
		_, err = bob.SendMessage(waiting(t), aliceNumber, &waE2E.Message{PollUpdateMessage: &waE2E.PollUpdateMessage{
			PollCreationMessageKey: &waCommon.MessageKey{ID: &poll}, Vote: &waE2E.PollEncValue{EncIV: iv, EncPayload: []byte("nonsense")},
		}})
		must(t, err)
	}
	_, err = alice.WaitForNotice(waiting(t), func(n Notice) bool { return n.Kind == NoticeUndecryptable && n.From == bobNumber })
	must(t, err)
	votes(t, alice, poll)
}
