package bridge_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"testing"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/crypto/attachment"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/bridge"
	"passerelle/bridge/bridgetest"
	"passerelle/portal/transfer"
)

// streamer is what connectors ask of the bot beside bridgev2's own interface.
type streamer interface {
	bridgev2.MatrixAPI
	DownloadMediaTo(ctx context.Context, uri id.ContentURIString, key *event.EncryptedFileInfo, into io.Writer) error
	TakesMedia(ctx context.Context) error
}

// newDarkroom returns a house with the bot of a network in it, and what writes a file for an upload.
func newDarkroom(t *testing.T) (*house, streamer) {
	t.Helper()
	h := newHouse(t, "", "red")
	return h, h.parrot("red").bridge.Bot.(streamer)
}

func writes(data []byte) bridgev2.FileStreamCallback {
	return func(into io.Writer) (*bridgev2.FileStreamResult, error) {
		_, err := io.Copy(into, bytes.NewReader(data))
		return &bridgev2.FileStreamResult{FileName: "plan.pdf", MimeType: "application/pdf"}, err
	}
}

func noise(size int) []byte {
	data := make([]byte, size)
	rand.Read(data)
	return data
}

// sent is a file's key as its receiver gets it, in an event.
func sent(key *event.EncryptedFileInfo) *event.EncryptedFileInfo {
	return &event.EncryptedFileInfo{URL: key.URL, EncryptedFile: attachment.EncryptedFile{
		Key: key.Key, InitVector: key.InitVector, Hashes: key.Hashes, Version: key.Version}}
}

func TestFilesStreamThroughTheHomeserver(t *testing.T) {
	h, bot := newDarkroom(t)
	asked := h.proxy.Record()
	for _, size := range []int{0, 1, 100_000, 5<<20 + 3} {
		data := noise(size)
		plain, key, err := bot.UploadMediaStream(t.Context(), id.RoomID("!room:"+h.ServerName()), 0, false, writes(data))
		if err != nil || plain != "" || key == nil {
			t.Fatalf("uploading %d bytes gave %q, %v, %v", size, plain, key, err)
		}
		var got bytes.Buffer
		if err := bot.DownloadMediaTo(t.Context(), "", sent(key), &got); err != nil || !bytes.Equal(got.Bytes(), data) {
			t.Errorf("of %d bytes came back %d, %v", size, got.Len(), err)
		}
	}
	picture := noise(1000)
	public, key, err := bot.UploadMediaStream(t.Context(), "", 0, false, writes(picture))
	if err != nil || key != nil {
		t.Fatalf("uploading a file for no room gave %v, %v", key, err)
	}
	var got bytes.Buffer
	if err := bot.DownloadMediaTo(t.Context(), public, nil, &got); err != nil || !bytes.Equal(got.Bytes(), picture) {
		t.Errorf("it came back as %d bytes, %v", got.Len(), err)
	}
	for _, r := range asked.Requests() {
		if r.Method == http.MethodPost && r.Query.Get("filename") != "" && !bytes.Equal(r.Body, picture) {
			t.Errorf("an encrypted file was uploaded under the name %q", r.Query.Get("filename"))
		}
	}
}

func TestWhatTheHomeserverSpoilsIsNotTaken(t *testing.T) {
	h, bot := newDarkroom(t)
	data := noise(300_000)
	_, key, err := bot.UploadMediaStream(t.Context(), id.RoomID("!room:"+h.ServerName()), 0, false, writes(data))
	if err != nil {
		t.Fatal(err)
	}
	answers := func(body []byte, length int) bridgetest.Action {
		return func(_ *bridgetest.Proxy, _ *bridgetest.Fault, w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", fmt.Sprint(length))
			w.Write(body)
		}
	}
	for name, c := range map[string]struct {
		action bridgetest.Action
		want   error
	}{
		"another file":     {answers(noise(300_000), 300_000), attachment.ErrHashMismatch},
		"half a file":      {answers(data[:1000], 1000), attachment.ErrHashMismatch},
		"a broken answer":  {answers(data[:1000], 300_000), io.ErrUnexpectedEOF},
		"no file":          {bridgetest.Fail(http.StatusNotFound, "M_NOT_FOUND", "no such file"), mautrix.MNotFound},
		"a file too large": {answers(make([]byte, 2<<20), 2<<20), transfer.ErrTooLarge},
	} {
		fault := h.proxy.Inject(bridgetest.On(http.MethodGet, "/media/download/"), c.action, 0)
		pool, err := transfer.NewPool(t.TempDir(), 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		into := pool.Open(t.Context(), 1<<20)
		if err := bot.DownloadMediaTo(t.Context(), "", sent(key), into); !errors.Is(err, c.want) {
			t.Errorf("%s gave %v, want %v", name, err, c.want)
		}
		into.Close()
		fault.Lift()
	}
	if err := bot.DownloadMediaTo(t.Context(), "", &event.EncryptedFileInfo{URL: key.URL}, io.Discard); err == nil {
		t.Error("a file without a key was decrypted")
	}
}

func TestWhatTheHomeserverDoesNotTakeIsSaid(t *testing.T) {
	h, bot := newDarkroom(t)
	upload := bridgetest.On(http.MethodPost, "/v3/upload")
	room := id.RoomID("!room:" + h.ServerName())
	for name, c := range map[string]struct {
		action bridgetest.Action
		want   error
	}{
		"too large":     {bridgetest.Fail(http.StatusRequestEntityTooLarge, "M_TOO_LARGE", "too large"), mautrix.MTooLarge},
		"away":          {bridgetest.Cut(), nil}, // an error of the network's
		"out of breath": {bridgetest.Fail(http.StatusTooManyRequests, "M_LIMIT_EXCEEDED", "slowly"), mautrix.MLimitExceeded},
	} {
		fault := h.proxy.Inject(upload, c.action, 0)
		if _, _, err := bot.UploadMediaStream(t.Context(), room, 0, false, writes(noise(2000))); err == nil || c.want != nil && !errors.Is(err, c.want) {
			t.Errorf("%s gave %v, want %v", name, err, c.want)
		}
		if hits := fault.Hits(); hits != 1 {
			t.Errorf("%s was tried %d times: the inbox tries again", name, hits)
		}
		fault.Lift()
	}
	fault := h.proxy.Inject(bridgetest.On(http.MethodGet, "/media/config"), bridgetest.Answer(http.StatusOK, mautrix.RespMediaConfig{UploadSize: 1000}), 0)
	if err := bot.TakesMedia(t.Context()); err != nil {
		t.Fatal(err)
	}
	fault.Lift()
	asked := h.proxy.Record()
	for name, size := range map[string]int64{"a file that says so": 2000, "a file that says nothing": 0, "a file that lies": 10} {
		if _, _, err := bot.UploadMediaStream(t.Context(), room, size, false, writes(noise(2000))); !errors.Is(err, bridgev2.ErrMediaTooLarge) {
			t.Errorf("%s gave %v", name, err)
		}
	}
	for _, r := range asked.Requests() {
		if upload(r.Method, r.Path) {
			t.Error("a file that is too large was uploaded")
		}
	}
	broken := errors.New("the network broke off")
	failing := func(io.Writer) (*bridgev2.FileStreamResult, error) { return nil, broken }
	if _, _, err := bot.UploadMediaStream(t.Context(), room, 10, false, failing); !errors.Is(err, broken) {
		t.Errorf("a file that could not be written gave %v", err)
	}
}

// TestNoPlainFileIsMade: what bridgev2 offers beside could only be had by one.
func TestNoPlainFileIsMade(t *testing.T) {
	h, bot := newDarkroom(t)
	if _, _, err := bot.UploadMediaStream(t.Context(), id.RoomID("!room:"+h.ServerName()), 1, true, writes([]byte{1})); !errors.Is(err, bridge.ErrPlainFile) {
		t.Errorf("a plain file to write gave %v", err)
	}
	read := func(*os.File) error { return errors.New("there is one") }
	if err := bot.DownloadMediaToFile(t.Context(), "mxc://a/b", nil, false, read); !errors.Is(err, bridge.ErrPlainFile) {
		t.Errorf("a plain file to read gave %v", err)
	}
}
