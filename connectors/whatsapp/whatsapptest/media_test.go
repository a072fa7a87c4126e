package whatsapptest

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"testing"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
	"google.golang.org/protobuf/proto"
)

func testPNG(t *testing.T) []byte {
	t.Helper()
	data, err := generatedPNG()
	must(t, err)
	return data
}

func hexSum(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// sendsFile uploads a file and sends it as what the function makes of it.
func (c *companion) sendsFile(to types.JID, data []byte, kind whatsmeow.MediaType, as func(whatsmeow.UploadResponse) *waE2E.Message) {
	c.t.Helper()
	uploaded, err := c.Upload(waiting(c.t), data, kind)
	must(c.t, err)
	_, err = c.SendMessage(waiting(c.t), to, as(uploaded))
	must(c.t, err)
}

func asImage(caption string) func(whatsmeow.UploadResponse) *waE2E.Message {
	return func(u whatsmeow.UploadResponse) *waE2E.Message {
		return &waE2E.Message{ImageMessage: &waE2E.ImageMessage{
			Caption: &caption, Mimetype: proto.String("image/png"), URL: &u.URL, DirectPath: &u.DirectPath, MediaKey: u.MediaKey,
			FileEncSHA256: u.FileEncSHA256, FileSHA256: u.FileSHA256, FileLength: &u.FileLength,
		}}
	}
}

func TestImagesBothWays(t *testing.T) {
	s := testServer(t)
	alice, bob := s.MustAddPerson(aliceNumber, "Alice"), s.MustAddPerson(bobNumber, "Bob")
	client := link(t, s, alice, "alice's client")
	picture := testPNG(t)

	client.sendsFile(bob.LID(), picture, whatsmeow.MediaImage, asImage("look"))
	got := sees(t, bob, "look")
	if got.Kind != KindImage || got.Media.SHA256 != hexSum(picture) || got.Media.Bytes != len(picture) || got.Media.MIME != "image/png" {
		t.Errorf("Bob sees %+v %+v", got, got.Media)
	}
	if !bytes.Equal(got.Media.Data(), picture) {
		t.Error("Bob's file is another")
	}

	_, err := bob.SendImage(waiting(t), aliceNumber, Image{Data: picture, Caption: "nice"})
	must(t, err)
	heard := hears(client, func(e *events.Message) bool { return e.Message.GetImageMessage().GetCaption() == "nice" })
	data, err := client.Download(waiting(t), heard.Message.GetImageMessage())
	must(t, err)
	if !bytes.Equal(data, picture) {
		t.Error("the client's file is another")
	}
	s.DropMedia()
	if _, err := client.Download(waiting(t), heard.Message.GetImageMessage()); !errors.Is(err, whatsmeow.ErrMediaDownloadFailedWith404) {
		t.Errorf("a file that is gone gives %v", err)
	}
}

func TestOtherKindsOfMessages(t *testing.T) {
	s := testServer(t)
	alice, bob := s.MustAddPerson(aliceNumber, "Alice"), s.MustAddPerson(bobNumber, "Bob")
	client := link(t, s, alice, "alice's client")
	data := []byte("some bytes that stand for a file")

	client.sendsFile(bob.LID(), data, whatsmeow.MediaDocument, func(u whatsmeow.UploadResponse) *waE2E.Message {
		return &waE2E.Message{DocumentMessage: &waE2E.DocumentMessage{
			FileName: proto.String("report.txt"), Mimetype: proto.String("text/plain"), DirectPath: &u.DirectPath, MediaKey: u.MediaKey,
			FileEncSHA256: u.FileEncSHA256, FileSHA256: u.FileSHA256, FileLength: &u.FileLength,
		}}
	})
	document := waitEntry(t, bob, func(e Entry) bool { return e.Kind == KindDocument })
	if document.Media.Name != "report.txt" || document.Media.SHA256 != hexSum(data) {
		t.Errorf("Bob sees %+v", document.Media)
	}
	client.sendsFile(bob.LID(), data, whatsmeow.MediaAudio, func(u whatsmeow.UploadResponse) *waE2E.Message {
		return &waE2E.Message{AudioMessage: &waE2E.AudioMessage{
			PTT: proto.Bool(true), Mimetype: proto.String("audio/ogg"), DirectPath: &u.DirectPath, MediaKey: u.MediaKey,
			FileEncSHA256: u.FileEncSHA256, FileSHA256: u.FileSHA256, FileLength: &u.FileLength,
		}}
	})
	waitEntry(t, bob, func(e Entry) bool { return e.Kind == KindVoice && e.Media.Problem == "" })
	for kind, m := range map[string]*waE2E.Message{
		KindLocation: {LocationMessage: &waE2E.LocationMessage{Name: proto.String("here"), DegreesLatitude: proto.Float64(1), DegreesLongitude: proto.Float64(2)}},
		KindContact:  {ContactMessage: &waE2E.ContactMessage{DisplayName: proto.String("Carol"), Vcard: proto.String("BEGIN:VCARD\nEND:VCARD")}},
		KindPoll:     client.BuildPollCreation("lunch?", []string{"yes", "no"}, 1),
		KindOther:    {ListMessage: &waE2E.ListMessage{Title: proto.String("a list")}},
	} {
		_, err := client.SendMessage(waiting(t), bob.LID(), m)
		must(t, err)
		waitEntry(t, bob, func(e Entry) bool { return e.Kind == kind })
	}
	broken := &waE2E.Message{ImageMessage: &waE2E.ImageMessage{Caption: proto.String("nothing there"), DirectPath: proto.String("/v/none?x=y")}}
	_, err := client.SendMessage(waiting(t), bob.LID(), broken)
	must(t, err)
	if e := sees(t, bob, "nothing there"); e.Media.Problem == "" {
		t.Errorf("Bob sees %+v", e.Media)
	}
}

func TestAHistoryFileIsDeletedAfterUse(t *testing.T) {
	s := testServer(t)
	alice := s.MustAddPerson(aliceNumber, "Alice")
	client := link(t, s, alice, "alice's client")
	uploaded, err := client.Upload(waiting(t), []byte("short-lived"), whatsmeow.MediaHistory)
	must(t, err)
	must(t, client.DeleteMedia(waiting(t), whatsmeow.MediaHistory, uploaded.DirectPath, uploaded.FileEncSHA256, ""))
	if _, err := s.loadMedia(uploaded.DirectPath); err == nil {
		t.Error("the file is still there")
	}
}

func TestSealedMediaThatWasTamperedWith(t *testing.T) {
	key := randomBytes(32)
	sealed, err := sealMedia([]byte("hello"), key, whatsmeow.MediaImage)
	must(t, err)
	if plain, err := openMedia(sealed, key, whatsmeow.MediaImage); err != nil || string(plain) != "hello" {
		t.Errorf("opens as %q, %v", plain, err)
	}
	if _, err := openMedia(sealed, key, whatsmeow.MediaVideo); err == nil {
		t.Error("an image opens as a video")
	}
	for i := range sealed {
		broken := bytes.Clone(sealed)
		broken[i] ^= 1
		if _, err := openMedia(broken, key, whatsmeow.MediaImage); err == nil {
			t.Errorf("opens with byte %d changed", i)
		}
	}
	for i := range sealed {
		if _, err := openMedia(sealed[:i], key, whatsmeow.MediaImage); err == nil {
			t.Errorf("opens when cut to %d bytes", i)
		}
	}
}
