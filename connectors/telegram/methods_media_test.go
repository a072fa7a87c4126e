package telegram

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"passerelle/connectors/telegram/telegramtest"
	"passerelle/portal/transfer"
)

// spooled is content on its way.
func spooled(t *testing.T, data []byte) *transfer.File {
	t.Helper()
	pool, err := transfer.NewPool(t.TempDir(), 1<<30)
	if err != nil {
		t.Fatal(err)
	}
	f := pool.Open(context.Background(), 1<<28)
	t.Cleanup(func() { f.Close() })
	if _, err := f.Write(data); err != nil {
		t.Fatal(err)
	}
	return f
}

func TestAFileIsFetched(t *testing.T) {
	server, bot, way := aBot(t)
	amina := server.MustAddPerson("Amina", "amina")
	data := bytes.Repeat([]byte("acte "), 1000)
	if _, err := amina.SendFile(bot.ID(), telegramtest.File{Kind: "document", Name: "acte n° 1.txt", Data: data}); err != nil {
		t.Fatal(err)
	}
	entry := amina.Inbox()[0]
	where, err := way.getFile(t.Context(), entry.File)
	if err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	if err := way.download(t.Context(), where, &got); err != nil || !bytes.Equal(got.Bytes(), data) {
		t.Errorf("it came changed, or not: %v", err)
	}
	for what, fault := range map[string]telegramtest.Fault{
		"too fast": {RetryAfter: 3}, "a page of HTML": {Status: http.StatusBadGateway}, "a cut connection": {Cut: true},
	} {
		fault.Method = "file"
		way.close() // where a connection that was used before breaks off, net/http asks again by itself
		server.Inject(fault)
		err := way.download(t.Context(), where, io.Discard)
		var fast *tooFast
		var none *unanswered
		if errors.As(err, &fast) == errors.As(err, &none) || holdsToken(way, err) {
			t.Errorf("%s: %v", what, err)
		}
	}
	for what, where := range map[string]place{"another one": {FilePath: "documents/none"}, "an odd path": {FilePath: "a\x00b%zz?x"}, "none": {}} {
		if err := way.download(t.Context(), where, io.Discard); !errors.Is(err, errFileGone) || holdsToken(way, err) {
			t.Errorf("%s: %v", what, err)
		}
	}
	server.LoseFile(entry.File)
	if _, err := way.getFile(t.Context(), entry.File); !hasCode(err, http.StatusBadRequest) {
		t.Errorf("a lost file: %v", err)
	}
}

func holdsToken(way *api, err error) bool {
	return err != nil && strings.Contains(err.Error(), way.token)
}

func TestADownloadThatFailsDoesNotTellTheToken(t *testing.T) {
	way := newAPI("http://127.0.0.1:1", "123456:secret-secret")
	err := way.download(t.Context(), place{FilePath: "a"}, io.Discard)
	if err == nil || holdsToken(way, err) {
		t.Errorf("nobody answers: %v", err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := way.download(ended, place{FilePath: "a"}, io.Discard); err == nil || holdsToken(way, err) {
		t.Errorf("it ended: %v", err)
	}
	elsewhere := httptest.NewServer(http.RedirectHandler("http://127.0.0.1:1/elsewhere", http.StatusFound))
	defer elsewhere.Close()
	if err := newAPI(elsewhere.URL, way.token).download(t.Context(), place{FilePath: "a"}, io.Discard); err == nil || holdsToken(way, err) {
		t.Errorf("it is sent elsewhere: %v", err)
	}
}

func TestALocalServersFilesAreReadInItsFolderAlone(t *testing.T) {
	folder, outside := t.TempDir(), filepath.Join(t.TempDir(), "shadow")
	way := newAPI("http://127.0.0.1:1", "123456:secret-secret")
	inside := filepath.Join(folder, way.token, "documents", "file_1")
	for path, text := range map[string]string{inside: "acte", outside: "secrets"} {
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	link := filepath.Join(folder, "link")
	if err := os.Symlink(outside, link); err != nil {
		t.Fatal(err)
	}
	if err := way.download(t.Context(), place{FilePath: inside}, io.Discard); !errors.Is(err, errFileGone) {
		t.Errorf("without a folder: %v", err)
	}
	way.folder = folder
	var got bytes.Buffer
	if err := way.download(t.Context(), place{FilePath: inside}, &got); err != nil || got.String() != "acte" {
		t.Errorf("it is %q, %v", got.String(), err)
	}
	for _, path := range []string{outside, link, folder + "/../" + filepath.Base(filepath.Dir(outside)) + "/shadow", filepath.Dir(inside), folder, inside + "x"} {
		var got bytes.Buffer
		if err := way.download(t.Context(), place{FilePath: path}, &got); !errors.Is(err, errFileGone) || got.Len() > 0 || holdsToken(way, err) {
			t.Errorf("%s: %q, %v", path, got.String(), err)
		}
	}
}

func TestAFileThatBreaksOffInTheMidstWasNotSent(t *testing.T) {
	const large = 32 << 20 // more than lies between the two ends
	for what, answers := range map[string]func(w http.ResponseWriter, r *http.Request){
		"a page of HTML": func(w http.ResponseWriter, r *http.Request) {
			io.CopyN(io.Discard, r.Body, 1<<20)
			w.WriteHeader(http.StatusBadGateway)
			io.WriteString(w, "<html>")
		},
		"a cut connection": func(w http.ResponseWriter, r *http.Request) {
			io.CopyN(io.Discard, r.Body, 1<<20)
			panic(http.ErrAbortHandler)
		},
	} {
		server := httptest.NewServer(http.HandlerFunc(answers))
		way := newAPI(server.URL, "123456:secret-secret")
		f := &outgoingFile{kind: kindDocument, name: "a", content: spooled(t, make([]byte, large))}
		_, err := way.sendFile(t.Context(), chatID{bot: 1, chat: 2}, f, marked{}, messageID{})
		var none *unanswered
		if !errors.As(err, &none) || none.perhaps || holdsToken(way, err) {
			t.Errorf("%s: %v", what, err)
		}
		small := &outgoingFile{kind: kindDocument, name: "a", content: spooled(t, []byte("a"))}
		_, err = way.sendFile(t.Context(), chatID{bot: 1, chat: 2}, small, marked{}, messageID{})
		if !errors.As(err, &none) || !none.perhaps {
			t.Errorf("%s, of a file that went whole: %v", what, err)
		}
		server.Close()
	}
}

func TestTheSameFileIsSentAgain(t *testing.T) {
	server, bot, way := aBot(t)
	amina := server.MustAddPerson("Amina", "amina")
	if _, err := amina.Send(bot.ID(), "Bonjour"); err != nil {
		t.Fatal(err)
	}
	data := bytes.Repeat([]byte("acte "), 200_000)
	f := &outgoingFile{kind: kindDocument, name: "acte.txt", content: spooled(t, data), thumbnail: []byte("small"), details: map[string]any{}}
	server.Inject(telegramtest.Fault{Method: "sendDocument", RetryAfter: 1})
	to := chatID{bot: bot.ID(), chat: amina.ID()}
	var fast *tooFast
	if _, err := way.sendFile(t.Context(), to, f, marked{}, messageID{}); !errors.As(err, &fast) {
		t.Fatalf("too fast: %v", err)
	}
	sent, err := way.sendFile(t.Context(), to, f, marked{text: "Le voici"}, messageID{})
	if err != nil {
		t.Fatal(err)
	}
	entries := amina.Inbox()
	last := entries[len(entries)-1]
	if got, _ := amina.Fetch(last.File); !bytes.Equal(got, data) || last.ID != sent.MessageID || last.Text != "Le voici" || last.Message.Document.Thumbnail == nil {
		t.Errorf("it came as %d bytes: %+v", len(got), last)
	}
}
