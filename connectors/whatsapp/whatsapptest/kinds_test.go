package whatsapptest

import (
	"bytes"
	"slices"
	"testing"
	"unicode/utf8"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types/events"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
)

func TestFilesOfEveryKind(t *testing.T) {
	s := testServer(t)
	alice, bob := s.MustAddPerson(aliceNumber, "Alice"), s.MustAddPerson(bobNumber, "Bob")
	client := link(t, s, alice, "alice's client")
	wave := bytes.Repeat([]byte{50}, 64)
	for _, f := range []File{
		{Kind: KindImage, Caption: "image", Width: 640, Height: 480, Thumbnail: []byte("small")},
		{Kind: KindVideo, Caption: "video", Seconds: 5, Width: 640, Height: 480},
		{Kind: KindGIF, Seconds: 2},
		{Kind: KindVideoNote, Seconds: 3},
		{Kind: KindAudio, Seconds: 60},
		{Kind: KindVoice, Seconds: 4, Waveform: wave},
		{Kind: KindDocument, Name: "plan.pdf", MIME: "application/pdf"},
		{Kind: KindDocument, Name: "plan.pdf", Caption: "the plan"},
		{Kind: KindSticker, Width: 512, Height: 512},
		{Kind: KindSticker, Animated: true},
	} {
		f.Data = randomBytes(100)
		id, err := bob.SendFile(waiting(t), aliceNumber, f)
		must(t, err)
		heard := hears(client, func(e *events.Message) bool { return e.Info.ID == id })
		part := mediaOf(heard.Message)
		if part == nil || part.kind != f.Kind || part.caption != f.Caption || heard.IsDocumentWithCaption != (f.Kind == KindDocument && f.Caption != "") {
			t.Fatalf("client heard a %s as %v", f.Kind, heard.Message)
		}
		if data, err := client.Download(waiting(t), part.file.(whatsmeow.DownloadableMessage)); err != nil || !bytes.Equal(data, f.Data) {
			t.Errorf("a %s has %d bytes, %v", f.Kind, len(data), err)
		}
		shown := waitEntry(t, alice, func(e Entry) bool { return e.ID == id })
		if m := shown.Media; shown.Kind != f.Kind || shown.Text != f.Caption || !bytes.Equal(m.Data(), f.Data) || m.Seconds != f.Seconds ||
			m.Width != f.Width || !bytes.Equal(m.Waveform, f.Waveform) || m.Animated != f.Animated || m.Name != f.Name {
			t.Errorf("Alice's phone shows a %s as %+v %+v", f.Kind, shown, m)
		}
	}
	if _, err := bob.SendFile(waiting(t), aliceNumber, File{Kind: KindPoll}); err == nil {
		t.Error("a poll was sent as a file")
	}
}

func TestWhatIsSeenOnceIsOnThePhoneOnly(t *testing.T) {
	s := testServer(t)
	alice, bob := s.MustAddPerson(aliceNumber, "Alice"), s.MustAddPerson(bobNumber, "Bob")
	client := link(t, s, alice, "alice's client")
	group, err := bob.CreateGroup("Team", aliceNumber)
	must(t, err)
	hears[*events.JoinedGroup](client, nil)
	for _, chat := range []string{aliceNumber, group} {
		id, err := bob.SendFile(waiting(t), chat, File{Data: testPNG(t), Caption: "secret", ViewOnce: true})
		must(t, err)
		absent := hears[*events.UndecryptableMessage](client, nil)
		if !absent.IsUnavailable || absent.UnavailableType != events.UnavailableTypeViewOnce || absent.Info.ID != id {
			t.Errorf("client heard %+v", absent)
		}
		if shown := waitEntry(t, alice, func(e Entry) bool { return e.ID == id }); !shown.ViewOnce || shown.Text != "secret" || shown.Media.Problem != "" {
			t.Errorf("Alice's phone shows %+v", shown)
		}
		_, err = client.SendPeerMessage(waiting(t), client.BuildUnavailableMessageRequest(absent.Info.Chat, bob.LID(), id))
		must(t, err) // the phone does not give it away
		phoneSays(t, bob, chat, "did you see it?")
		if heard := hears(client, func(e *events.Message) bool { return textOf(e.Message) != "" || mediaOf(e.Message) != nil }); textOf(heard.Message) != "did you see it?" {
			t.Errorf("client heard %v", heard.Message)
		}
	}
	picture := &waE2E.ImageMessage{Caption: proto.String("from a client"), ViewOnce: proto.Bool(true)}
	_, err = client.SendMessage(waiting(t), bob.LID(), &waE2E.Message{ViewOnceMessage: &waE2E.FutureProofMessage{Message: &waE2E.Message{ImageMessage: picture}}})
	must(t, err)
	if shown := sees(t, bob, "from a client"); !shown.ViewOnce {
		t.Errorf("Bob sees %+v", shown)
	}
}

func TestAMessageThatOnlyThePhoneGot(t *testing.T) {
	s := testServer(t)
	alice, bob := s.MustAddPerson(aliceNumber, "Alice"), s.MustAddPerson(bobNumber, "Bob")
	client := link(t, s, alice, "alice's client")
	id, err := bob.SendToPhonesOnly(waiting(t), aliceNumber, &waE2E.Message{Conversation: proto.String("from an old phone")})
	must(t, err)
	absent := hears[*events.UndecryptableMessage](client, nil)
	if !absent.IsUnavailable || absent.UnavailableType != events.UnavailableTypeUnknown {
		t.Errorf("client heard %+v", absent)
	}
	sees(t, alice, "from an old phone")
	_, err = client.SendPeerMessage(waiting(t), client.BuildUnavailableMessageRequest(absent.Info.Chat, absent.Info.Sender, id))
	must(t, err)
	if heard := client.hearsText("from an old phone"); heard.Info.ID != id || heard.UnavailableRequestID == "" {
		t.Errorf("client heard %+v", heard.Info)
	}
}

func TestPlacesAndCards(t *testing.T) {
	s := testServer(t)
	alice, bob := s.MustAddPerson(aliceNumber, "Alice"), s.MustAddPerson(bobNumber, "Bob")
	client := link(t, s, alice, "alice's client")
	ctx := waiting(t)

	_, err := bob.SendLocation(ctx, aliceNumber, Location{Latitude: 48.85, Longitude: 2.29, Name: "Tower", Address: "Paris"})
	must(t, err)
	hears(client, func(e *events.Message) bool { return e.Message.GetLocationMessage().GetAddress() == "Paris" })
	if place := sees(t, alice, "Tower").Location; place.Latitude != 48.85 || place.Address != "Paris" || place.Live {
		t.Errorf("Alice's phone shows %+v", place)
	}
	live, err := bob.SendLocation(ctx, aliceNumber, Location{Latitude: 1, Longitude: 2, Name: "on my way", Live: true})
	must(t, err)
	first := hears(client, func(e *events.Message) bool { return e.Message.GetLiveLocationMessage() != nil })
	_, err = bob.MoveLocation(ctx, aliceNumber, 3, 4)
	must(t, err)
	next := hears(client, func(e *events.Message) bool { return e.Message.GetLiveLocationMessage() != nil })
	if next.Message.GetLiveLocationMessage().GetSequenceNumber() <= first.Message.GetLiveLocationMessage().GetSequenceNumber() {
		t.Error("a live location does not advance")
	}
	waitEntry(t, alice, func(e Entry) bool { return e.ID == live && e.Location.Latitude == 3 && e.Text == "on my way" })

	carol := ContactCard{Name: "Carol", VCard: "BEGIN:VCARD\nVERSION:3.0\nFN:Carol\nEND:VCARD"}
	_, err = bob.SendContacts(ctx, aliceNumber, carol)
	must(t, err)
	hears(client, func(e *events.Message) bool { return e.Message.GetContactMessage().GetVcard() == carol.VCard })
	_, err = bob.SendContacts(ctx, aliceNumber, carol, ContactCard{Name: "Dave", VCard: "BEGIN:VCARD\nEND:VCARD"})
	must(t, err)
	hears(client, func(e *events.Message) bool { return len(e.Message.GetContactsArrayMessage().GetContacts()) == 2 })
	if cards := sees(t, alice, "2 contacts").Contacts; len(cards) != 2 || cards[0] != carol {
		t.Errorf("Alice's phone shows %+v", cards)
	}
}

func TestATextAndWhatGoesWithIt(t *testing.T) {
	s := testServer(t)
	alice, bob := s.MustAddPerson(aliceNumber, "Alice"), s.MustAddPerson(bobNumber, "Bob")
	client := link(t, s, alice, "alice's client")
	group, err := bob.CreateGroup("Team", aliceNumber)
	must(t, err)
	joined := hears[*events.JoinedGroup](client, nil)
	body := "*look* @" + alice.LID().User + " https://example.org"
	_, err = bob.SendText(waiting(t), group, Text{
		Body: body, Mentions: []string{aliceNumber}, Forwarded: true, Preview: &Preview{URL: "https://example.org", Title: "Example"},
	})
	must(t, err)
	extended := client.hearsText(body).Message.GetExtendedTextMessage()
	if !slices.Equal(extended.GetContextInfo().GetMentionedJID(), []string{alice.LID().String()}) || !extended.GetContextInfo().GetIsForwarded() || extended.GetTitle() != "Example" {
		t.Errorf("client heard %v", extended)
	}
	if shown := sees(t, alice, body); !slices.Equal(shown.Mentions, []string{aliceNumber}) || !shown.Forwarded || shown.Preview.Title != "Example" {
		t.Errorf("Alice's phone shows %+v", shown)
	}

	_, err = client.SendMessage(waiting(t), joined.JID, &waE2E.Message{ExtendedTextMessage: &waE2E.ExtendedTextMessage{
		Text: proto.String("hey @" + bobNumber), ContextInfo: &waE2E.ContextInfo{MentionedJID: []string{bob.PN().String()}},
	}})
	must(t, err)
	if shown := sees(t, bob, "hey @"+bobNumber); !slices.Equal(shown.Mentions, []string{bobNumber}) {
		t.Errorf("Bob sees %+v", shown)
	}
}

func TestKindsWithoutAName(t *testing.T) {
	s := testServer(t)
	alice, bob := s.MustAddPerson(aliceNumber, "Alice"), s.MustAddPerson(bobNumber, "Bob")
	client := link(t, s, alice, "alice's client")
	future := &waE2E.Message{}
	must(t, proto.Unmarshal(protowire.AppendString(protowire.AppendTag(nil, 9999, protowire.BytesType), "from next year"), future))
	for name, m := range map[string]*waE2E.Message{
		"buttonsMessage":     {ButtonsMessage: &waE2E.ButtonsMessage{ContentText: proto.String("choose")}},
		"listMessage":        {ListMessage: &waE2E.ListMessage{Title: proto.String("a list")}},
		"templateMessage":    {TemplateMessage: &waE2E.TemplateMessage{TemplateID: proto.String("1")}},
		"interactiveMessage": {InteractiveMessage: &waE2E.InteractiveMessage{Body: &waE2E.InteractiveMessage_Body{Text: proto.String("tap")}}},
		"invoiceMessage":     {InvoiceMessage: &waE2E.InvoiceMessage{Note: proto.String("10 euros")}},
		"":                   future,
	} {
		id, err := bob.SendMessage(waiting(t), aliceNumber, m)
		must(t, err)
		heard := hears(client, func(e *events.Message) bool { return e.Info.ID == id })
		if name == "" {
			if len(heard.Message.ProtoReflect().GetUnknown()) == 0 {
				t.Errorf("client heard %v of an unknown kind", heard.Message)
			}
			continue
		}
		if shown := waitEntry(t, alice, func(e Entry) bool { return e.ID == id }); shown.Kind != KindOther || shown.Type != name {
			t.Errorf("Alice's phone shows a %s as %+v", name, shown)
		}
	}
}

// FuzzContent has a phone take in what others may send: whatever it is, the phone goes on.
func FuzzContent(f *testing.F) {
	s, err := New(Options{})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { s.Close() })
	alice, bob := s.MustAddPerson(aliceNumber, "Alice"), s.MustAddPerson(bobNumber, "Bob")
	poll := &waE2E.Message{PollCreationMessage: &waE2E.PollCreationMessage{Name: proto.String("?")}}
	for _, seed := range []*waE2E.Message{
		poll, {Conversation: proto.String("hello")}, {EphemeralMessage: &waE2E.FutureProofMessage{Message: poll}},
		{ViewOnceMessageV2: &waE2E.FutureProofMessage{}}, {ImageMessage: &waE2E.ImageMessage{DirectPath: proto.String("/x")}},
		{PollUpdateMessage: &waE2E.PollUpdateMessage{}}, {EncEventResponseMessage: &waE2E.EncEventResponseMessage{}},
		{LiveLocationMessage: &waE2E.LiveLocationMessage{}}, {ProtocolMessage: &waE2E.ProtocolMessage{}},
		{EditedMessage: &waE2E.FutureProofMessage{Message: &waE2E.Message{ProtocolMessage: &waE2E.ProtocolMessage{Type: waE2E.ProtocolMessage_MESSAGE_EDIT.Enum()}}}},
	} {
		raw, err := proto.Marshal(seed)
		if err != nil {
			f.Fatal(err)
		}
		f.Add("3A00", raw)
	}
	f.Fuzz(func(t *testing.T, id string, raw []byte) {
		m := &waE2E.Message{}
		if proto.Unmarshal(raw, m) != nil {
			return
		}
		alice.mu.Lock()
		alice.take(t.Context(), message{id: id, chat: bob.LID(), from: bob.LID()}, m)
		alice.mu.Unlock()
		if _, err := proto.Marshal(alice.History()); err != nil && utf8.ValidString(id) {
			t.Errorf("history does not encode: %v", err)
		}
	})
}

func TestADriverSendsEveryKind(t *testing.T) {
	s := testServer(t)
	r := newRemote(t, s)
	alice, bob := s.MustAddPerson(aliceNumber, "Alice"), s.MustAddPerson(bobNumber, "Bob")
	group, err := bob.CreateGroup("Team")
	must(t, err)
	send := func(path string, in object) string {
		t.Helper()
		in["to"] = aliceNumber
		return r.ok("/people/"+bobNumber+"/"+path, in)["id"].(string)
	}
	shows := func(id string, holds func(Entry) bool) {
		t.Helper()
		waitEntry(t, alice, func(e Entry) bool { return e.ID == id && holds(e) })
	}
	shows(send("send-file", object{"kind": KindVoice, "data": []byte("ogg"), "seconds": 3}), func(e Entry) bool { return e.Kind == KindVoice && e.Media.Seconds == 3 })
	shows(send("send-location", object{"latitude": 1, "longitude": 2, "name": "here"}), func(e Entry) bool { return e.Location.Name == "here" })
	shows(send("send-contacts", object{"cards": []object{{"name": "Carol", "vcard": "BEGIN:VCARD\nEND:VCARD"}}}), func(e Entry) bool { return e.Contacts[0].Name == "Carol" })
	shows(send("send-invite", object{"group": group, "caption": "join us"}), func(e Entry) bool { return e.Invite.Subject == "Team" && e.Text == "join us" })
	shows(send("send", object{"text": "look", "forwarded": true}), func(e Entry) bool { return e.Forwarded })
	shows(send("send-message", object{"message": object{"listMessage": object{"title": "a list"}}}), func(e Entry) bool { return e.Type == "listMessage" })
	poll := send("send-poll", object{"question": "lunch?", "options": []string{"soup", "salad"}})
	sees(t, alice, "lunch?")
	r.ok("/people/"+aliceNumber+"/vote", object{"chat": bobNumber, "id": poll, "options": []string{"soup"}})
	votes(t, bob, poll, aliceNumber+": soup")
	event := send("send-event", object{"name": "picnic", "start": "2030-01-01T12:00:00Z"})
	sees(t, alice, "picnic")
	r.ok("/people/"+aliceNumber+"/answer-event", object{"chat": bobNumber, "id": event, "answer": "not going"})
	waitEntry(t, bob, func(e Entry) bool { return e.ID == event && e.Answers[aliceNumber] == "not going" })
	if status, _ := r.call("/people/"+bobNumber+"/send-message", object{"to": aliceNumber}); status != 400 {
		t.Errorf("no message gives %d", status)
	}
}
