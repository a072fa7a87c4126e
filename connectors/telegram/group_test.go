package telegram

import (
	"bytes"
	"encoding/json"
	"image"
	"image/png"
	"testing"
	"time"

	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/bridgev2/database"
	"maunium.net/go/mautrix/bridgev2/networkid"
	"maunium.net/go/mautrix/event"

	"passerelle/portal/say"
)

func TestWhoSpeaksForAGroupSigns(t *testing.T) {
	for name, c := range map[string]struct{ message, body, html string }{
		"a post":      {`{"text":"Pont fermé","author_signature":"A. <b>"}`, "Pont fermé\n— A. <b>", "Pont fermé<br><em>— A. &lt;b&gt;</em>"},
		"with marks":  {`{"text":"Ce soir","entities":[{"type":"bold","offset":3,"length":4}],"author_signature":"A"}`, "Ce soir\n— A", "Ce <strong>soir</strong><br><em>— A</em>"},
		"discussed":   {`{"text":"a","is_automatic_forward":true,"forward_origin":{"type":"channel","chat":{"title":"Infos"}}}`, "a", ""},
		"not signed":  {`{"text":"a"}`, "a", ""},
		"in the rest": {`{"text":"a","author_signature":""}`, "a", ""},
	} {
		var m message
		if err := json.Unmarshal([]byte(c.message), &m); err != nil {
			t.Fatal(err)
		}
		if got := english.convert(&m); got.event.Body != c.body || got.event.FormattedBody != c.html {
			t.Errorf("%s: %q, %q", name, got.event.Body, got.event.FormattedBody)
		}
	}
	if c := english.convert(&message{AuthorSignature: "A"}); c.event != nil {
		t.Errorf("nothing is signed: %+v", c)
	}
}

func TestWhereAMessageStands(t *testing.T) {
	a := &account{bot: 7}
	in := chatID{bot: 7, chat: -1001}
	for name, c := range map[string]struct {
		message message
		root    networkid.MessageID
	}{
		"in a topic":        {message{MessageID: 9, ThreadID: 5, IsTopicMessage: true}, "7:-1001/5"},
		"begins one":        {message{MessageID: 5, ThreadID: 5, IsTopicMessage: true}, ""},
		"in a row of talk":  {message{MessageID: 9, ThreadID: 5}, ""},
		"in no topic":       {message{MessageID: 9}, ""},
		"of nonsense alone": {message{MessageID: 9, IsTopicMessage: true}, ""},
	} {
		d := &delivery{account: a, in: in, message: &c.message, id: in.message(c.message.MessageID)}
		root := d.thread()
		if (root == nil) != (c.root == "") || root != nil && *root != c.root {
			t.Errorf("%s: %v", name, root)
		}
	}
}

func TestWhereAThreadGoes(t *testing.T) {
	room := &bridgev2.Portal{Portal: &database.Portal{PortalKey: networkid.PortalKey{ID: "7:-1001"}}}
	to := chatID{bot: 7, chat: -1001}
	row := func(id, root networkid.MessageID, topic bool) *database.Message {
		return &database.Message{ID: id, ThreadRoot: root, Metadata: &MessageMetadata{Topic: topic}}
	}
	for name, c := range map[string]struct {
		root           *database.Message
		topic, answers int64
	}{
		"no thread":                  {nil, 0, 0},
		"a topic's":                  {row("7:-1001/5", "", true), 5, 0},
		"of a message in a topic":    {row("7:-1001/9", "7:-1001/5", false), 5, 0},
		"of another message":         {row("7:-1001/9", "", false), 0, 9},
		"of a message of before":     {row("7:-12/9", "", false), 0, 0},
		"of a notice":                {row("7:-1001/-9", "", false), 0, 0},
		"of a topic of another chat": {row("7:-1002/5", "", true), 0, 0},
	} {
		got, answers := threadOut(&bridgev2.MatrixMessage{MatrixEventBase: matrixBase(room), ThreadRoot: c.root}, to)
		if got.topic != c.topic || answers != c.answers || got.whole() != to {
			t.Errorf("%s: into %+v, answering %d", name, got, answers)
		}
	}
}

func TestWhatMayBeAnswered(t *testing.T) {
	room := &bridgev2.Portal{Portal: &database.Portal{PortalKey: networkid.PortalKey{ID: "7:-1001"}}}
	for id, want := range map[networkid.MessageID]int64{"7:-1001/5": 5, "7:-12/5": 0, "7:-1001/-5": 0, "8:-1001/5": 0, "nonsense": 0} {
		if got := answerable(room, id); got != want {
			t.Errorf("%s: %d", id, got)
		}
		if of := isOfBefore(room, id); of != (id == "7:-12/5" || id == "8:-1001/5") {
			t.Errorf("%s: of before: %t", id, of)
		}
	}
}

func TestTheSentencesOfRefusals(t *testing.T) {
	for text, want := range map[string]say.Sentence{
		"Bad Request: TOPIC_CLOSED": say.TopicClosed, "Bad Request: message thread not found": say.TopicGone,
		"Bad Request: method is available for supergroup and channel chats only": say.GroupMustGrow,
		"Bad Request: not enough rights to pin a message":                        say.BotMayNot,
		"Bad Request: user is an administrator of the chat":                      say.MemberAdmin,
		"Bad Request: can't remove chat owner":                                   say.MemberAdmin,
		"Bad Request: something new":                                             say.NotPossible,
	} {
		if got := (&refusal{code: 400, text: text}).sentence(); got != want {
			t.Errorf("%s: %s", text, got)
		}
	}
}

func TestGroupsAreLookedAtFromTimeToTime(t *testing.T) {
	var l looks
	now := time.Now()
	if !l.due(-1, now) || l.due(-1, now.Add(lookAgainAfter-1)) || !l.due(-1, now.Add(lookAgainAfter)) {
		t.Error("it is looked at when it should not be, or not when it should")
	}
	l.looked(-2, now)
	if l.due(-2, now) {
		t.Error("it is looked at twice")
	}
	if l.again(-2); !l.due(-2, now) {
		t.Error("it is not looked at again")
	}
	if !l.settlesPrivacy(-1) || l.settlesPrivacy(-1) {
		t.Error("privacy is not settled once")
	}
	if l.again(-1); !l.settlesPrivacy(-1) {
		t.Error("privacy is not settled again")
	}
}

func TestGroupPicturesAreJPEGs(t *testing.T) {
	var as bytes.Buffer
	if err := png.Encode(&as, image.NewGray(image.Rect(0, 0, 8, 8))); err != nil {
		t.Fatal(err)
	}
	out, err := asJPEG(as.Bytes())
	if err != nil || !bytes.HasPrefix(out, []byte("\xff\xd8")) {
		t.Errorf("a PNG: %v", err)
	}
	if again, err := asJPEG(out); err != nil || !bytes.Equal(again, out) {
		t.Errorf("a JPEG is changed: %v", err)
	}
	for _, bad := range [][]byte{nil, []byte("<svg/>"), out[:20]} {
		if _, err := asJPEG(bad); err == nil {
			t.Errorf("%q is a picture", bad)
		}
	}
}

// FuzzPictures takes anybody's pictures.
func FuzzPictures(f *testing.F) {
	var as bytes.Buffer
	if err := png.Encode(&as, image.NewGray(image.Rect(0, 0, 2, 2))); err != nil {
		f.Fatal(err)
	}
	f.Add(as.Bytes())
	f.Add([]byte("GIF89a"))
	f.Fuzz(func(t *testing.T, data []byte) { asJPEG(data) })
}

func matrixBase(room *bridgev2.Portal) bridgev2.MatrixEventBase[*event.MessageEventContent] {
	return bridgev2.MatrixEventBase[*event.MessageEventContent]{Portal: room}
}
