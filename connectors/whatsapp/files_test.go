package whatsapp

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types/events"
	"google.golang.org/protobuf/proto"
	"maunium.net/go/mautrix/crypto/attachment"
	"maunium.net/go/mautrix/event"

	"passerelle/connectors/whatsapp/whatsapptest"
)

// wire stands between the bridge and WhatsApp's server for files: it counts, and cuts when it is told to.
type wire struct {
	base http.RoundTripper

	mu        sync.Mutex
	downloads int
	bytes     int64 // of all downloads
	uploads   int
	cuts      int // how many downloads are still to be cut after 100,000 bytes
	refusals  int // how many uploads are still to be refused
}

// tap lays a wire between the bridge and the server.
func (w *world) tap() *wire {
	tapped := &wire{base: w.connector.transport.media.Transport}
	w.connector.transport.media.Transport = tapped
	return tapped
}

func (t *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := t.base.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if r.Method == http.MethodPost {
		t.uploads++
		if t.refusals > 0 {
			t.refusals--
			response.StatusCode = http.StatusBadGateway
		}
		return response, nil
	}
	t.downloads++
	body := &wireBody{ReadCloser: response.Body, wire: t, left: 1 << 40}
	if t.cuts > 0 {
		t.cuts--
		body.left = 100_000
	}
	response.Body = body
	return response, nil
}

type wireBody struct {
	io.ReadCloser
	wire *wire
	left int64
}

func (b *wireBody) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, io.ErrUnexpectedEOF
	}
	n, err := b.ReadCloser.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	b.wire.mu.Lock()
	defer b.wire.mu.Unlock()
	b.wire.bytes += int64(n)
	return n, err
}

func (t *wire) set(change func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	change()
}

func noise(size int) []byte {
	data := make([]byte, size)
	rand.Read(data)
	return data
}

// shows checks that a message in a room carries a file.
func (w *world) shows(caption string, data []byte) {
	w.t.Helper()
	_, message := w.hears(caption)
	w.matrix.mu.Lock()
	defer w.matrix.mu.Unlock()
	if !bytes.Equal(w.matrix.files[message.content.URL], data) || message.content.Info.Size != len(data) {
		w.t.Errorf("the file of %q is another: %+v", caption, message.content)
	}
}

func TestAFileThatWhatsAppHasLostComesFromThePhone(t *testing.T) {
	w := newWorld(t)
	alicesPhone, bob := w.phones.MustAddPerson(aliceNumber, "Alice"), w.phones.MustAddPerson(bobNumber, "Bob")
	w.link(alice, alicesPhone)
	group := must[string](t)(bob.CreateGroup("Harbour works", aliceNumber))
	w.inbox.rest() // the bridge takes messages, and is slow to deliver them
	lost, inGroup := noise(2<<20), noise(1000)
	must[string](t)(bob.SendImage(t.Context(), aliceNumber, whatsapptest.Image{Data: lost, Caption: "long ago"}))
	must[string](t)(bob.SendImage(t.Context(), group, whatsapptest.Image{Data: inGroup, Caption: "long ago, to all"}))
	for _, caption := range []string{"long ago", "long ago, to all"} {
		must[whatsapptest.Entry](t)(alicesPhone.WaitForText(deadline(t), caption))
	}
	w.eventually("both messages to be in the inbox", func() bool { return w.inbox.messages() == 2 })
	w.phones.DropMedia()
	w.inbox.serve(w.connector, w.bridge.Log)
	w.shows("long ago", lost)
	w.shows("long ago, to all", inGroup)
}

func TestAPhoneThatDoesNotAnswerIsNotWaitedForLong(t *testing.T) {
	w := newWorld(t)
	alicesPhone, bob := w.phones.MustAddPerson(aliceNumber, "Alice"), w.phones.MustAddPerson(bobNumber, "Bob")
	w.link(alice, alicesPhone)
	w.connector.phoneWait = time.Millisecond
	w.inbox.rest()
	must[string](t)(bob.SendImage(t.Context(), aliceNumber, whatsapptest.Image{Data: somePicture(t), Caption: "long ago"}))
	must[whatsapptest.Entry](t)(alicesPhone.WaitForText(deadline(t), "long ago"))
	w.eventually("the message to be in the inbox", func() bool { return w.inbox.messages() == 1 })
	w.phones.DropMedia()
	rule := whatsapptest.Rule{Fault: whatsapptest.Drop, Tag: "notification", Times: 10}
	if err := alicesPhone.Tamper(alicesPhone.Devices()[0].ID, rule); err != nil {
		t.Fatal(err)
	}
	w.inbox.serve(w.connector, w.bridge.Log)
	w.hears("A file could not be fetched from WhatsApp. Ask the sender to send it again.")
}

// FuzzAnAnswerThatIsNotThePhonesMovesNothing: nobody else can make one that is taken for the phone's.
func FuzzAnAnswerThatIsNotThePhonesMovesNothing(f *testing.F) {
	f.Add(noise(60), noise(12), -1)
	f.Add([]byte(nil), []byte(nil), -1)
	f.Add(noise(60), noise(6), -1)
	f.Add(noise(60), []byte(nil), 2)
	f.Add([]byte(nil), noise(12), 2)
	key := noise(32)
	f.Fuzz(func(t *testing.T, ciphertext, nonce []byte, code int) {
		answer := &events.MediaRetry{MessageID: "M", Ciphertext: ciphertext, IV: nonce}
		if code >= 0 {
			answer.Error = &events.MediaRetryError{Code: code}
		}
		if path, err := newPath(answer, key); err == nil || path != "" {
			t.Errorf("it moves the file to %q, %v", path, err)
		}
	})
}

func TestAnswersReachThoseWhoWaitForThem(t *testing.T) {
	var p phoneAnswers
	answers, forget := p.expect("M")
	others, forgetOthers := p.expect("N")
	for range 3 {
		p.take(&events.MediaRetry{MessageID: "M"}) // nobody has looked yet, and nobody is kept waiting
	}
	if len(answers) != 1 || len(others) != 0 {
		t.Errorf("the answers came %d and %d times", len(answers), len(others))
	}
	forget()
	forgetOthers()
	if len(p.waiting) != 0 {
		t.Errorf("forgotten requests are still waited for: %v", p.waiting)
	}
}

func TestADownloadThatBreaksOffBeginsAgain(t *testing.T) {
	w := newWorld(t)
	bob := w.phones.MustAddPerson(bobNumber, "Bob")
	w.link(alice, w.phones.MustAddPerson(aliceNumber, "Alice"))
	tapped := w.tap()
	w.connector.SetMaxFileSize(3 << 20)
	for _, cuts := range []int{1, 2*fetchAttempts - 1} { // one host, and both hosts each time
		tapped.set(func() { tapped.cuts, tapped.downloads = cuts, 0 })
		data, caption := noise(3<<20), fmt.Sprintf("cut %d times", cuts)
		must[string](t)(bob.SendImage(t.Context(), aliceNumber, whatsapptest.Image{Data: data, Caption: caption}))
		w.shows(caption, data)
		if tapped.downloads != cuts+1 {
			t.Errorf("after %d cuts it was downloaded %d times", cuts, tapped.downloads)
		}
	}
}

// TestAFileThatIsLargerThanItSaysIsNotReadToItsEnd both ways.
func TestAFileThatIsLargerThanItSaysIsNotReadToItsEnd(t *testing.T) {
	w := newWorld(t)
	bob := w.phones.MustAddPerson(bobNumber, "Bob")
	a := w.link(alice, w.phones.MustAddPerson(aliceNumber, "Alice"))
	tapped := w.tap()
	w.connector.SetMaxFileSize(2 << 20)
	uploaded := must[whatsmeow.UploadResponse](t)(a.current().Upload(t.Context(), noise(8<<20), whatsmeow.MediaImage))
	must[string](t)(bob.SendMessage(t.Context(), aliceNumber, &waE2E.Message{ImageMessage: &waE2E.ImageMessage{
		DirectPath: &uploaded.DirectPath, MediaKey: uploaded.MediaKey, FileEncSHA256: uploaded.FileEncSHA256,
		FileSHA256: uploaded.FileSHA256, FileLength: proto.Uint64(1000), Mimetype: proto.String("image/png"),
	}}))
	in, _ := w.hears("This file is too large: 2.0 MB is the limit.")
	if tapped.downloads > 2 || tapped.bytes > int64(tapped.downloads)*(3<<20) { // whatsmeow asks both hosts
		t.Errorf("%d bytes were read in %d downloads", tapped.bytes, tapped.downloads)
	}

	w.matrix.change(func() { w.matrix.files["mxc://mine"] = noise(8 << 20) })
	got := w.matrix.outcome(t, w.says(in, alice, &event.MessageEventContent{MsgType: event.MsgFile, Body: "plan.pdf", URL: "mxc://mine",
		Info: &event.FileInfo{MimeType: "application/pdf", Size: 1000}}))
	if got.Status != event.MessageStatusFail || !strings.Contains(got.Message, "2.0 MB is the limit") {
		t.Errorf("Alice reads %+v", got)
	}
	if tapped.uploads != 1 { // the one above
		t.Errorf("%d files were uploaded", tapped.uploads)
	}
}

func TestAnUploadThatFailedIsRepeatedWithTheSameFile(t *testing.T) {
	w := newWorld(t)
	bob := w.phones.MustAddPerson(bobNumber, "Bob")
	w.link(alice, w.phones.MustAddPerson(aliceNumber, "Alice"))
	must[string](t)(bob.Send(t.Context(), aliceNumber, "Moin"))
	in, _ := w.hears("Moin")
	tapped := w.tap()
	tapped.set(func() { tapped.refusals = 2 })
	data := noise(3<<20 + 5)
	w.matrix.change(func() { w.matrix.files["mxc://mine"] = data })
	w.says(in, alice, &event.MessageEventContent{MsgType: event.MsgFile, Body: "plan.pdf", URL: "mxc://mine",
		Info: &event.FileInfo{MimeType: "application/pdf"}, File: &event.EncryptedFileInfo{URL: "mxc://mine"}})
	got := must[whatsapptest.Entry](t)(bob.WaitFor(deadline(t), func(e whatsapptest.Entry) bool { return e.Media != nil }))
	if got.Media.Name != "plan.pdf" || !bytes.Equal(got.Media.Data(), data) || tapped.uploads != 3 {
		t.Errorf("after %d uploads Bob's phone shows %+v", tapped.uploads, got.Media)
	}
	// A file without a hash might be another one when it is fetched again.
	tapped.set(func() { tapped.refusals = 1 })
	told := w.matrix.outcome(t, w.says(in, alice, &event.MessageEventContent{MsgType: event.MsgFile, Body: "other.pdf", URL: "mxc://mine"}))
	if told.Status != event.MessageStatusRetriable || !told.IsCertain || tapped.uploads != 4 {
		t.Errorf("after %d uploads Alice reads %+v", tapped.uploads, told)
	}
}

// TestAFileWaitsForTheHomeserverWhereItIs: it is not fetched from WhatsApp again each time that the homeserver is still away.
func TestAFileWaitsForTheHomeserverWhereItIs(t *testing.T) {
	w := newWorld(t)
	bob := w.phones.MustAddPerson(bobNumber, "Bob")
	w.link(alice, w.phones.MustAddPerson(aliceNumber, "Alice"))
	tapped := w.tap()
	w.matrix.setFail(func(what string) error {
		if what == "create" {
			return nil
		}
		return errors.New("the homeserver is away")
	})
	data := noise(2 << 20)
	must[string](t)(bob.SendImage(t.Context(), aliceNumber, whatsapptest.Image{Data: data, Caption: "patience"}))
	w.eventually("five attempts that failed", func() bool { return len(w.inbox.errors()) >= 5 })
	tapped.set(func() {
		if tapped.downloads != 1 {
			t.Errorf("meanwhile it was downloaded %d times", tapped.downloads)
		}
	})
	w.matrix.setFail(nil)
	w.shows("patience", data)
}

func TestWhoIsToBlameForAFileThatIsNotHere(t *testing.T) {
	w := newWorld(t)
	a := w.link(alice, w.phones.MustAddPerson(aliceNumber, "Alice"))
	for err, later := range map[error]bool{
		&os.PathError{Op: "write", Path: "spool", Err: errors.New("no space left on device")}: true,
		errTooMuch: false, errFileGone: false, whatsmeow.ErrMediaDownloadFailedWith404: false, attachment.ErrHashMismatch: false,
	} {
		if got := a.mayBeFetchedLater(t.Context(), err); got != later {
			t.Errorf("%v: tried again is %v", err, got)
		}
	}
}
