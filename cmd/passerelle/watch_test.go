package main

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"io"
	"io/fs"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"passerelle/bridge/bridgetest"
)

// A watch knows what must not be seen, and looks for it. It may be used from any goroutine.
type watch struct {
	mu    sync.Mutex
	marks []mark
	found map[string]string // what was seen, by mark and place
}

// kind is what a mark is: it decides where it may stand.
type kind string

const (
	aWord   kind = "word"   // of the conversation
	aNumber kind = "number" // somebody's phone number
	aSecret kind = "secret" // a token, a key, a code
)

// A mark is a text, or a part of a file, in all the shapes in which it may be seen.
type mark struct {
	kind   kind
	name   string
	shapes map[string][]byte
}

func newWatch() *watch { return &watch{found: map[string]string{}} }

// adds makes the watch look for texts.
func (w *watch) adds(k kind, texts ...string) {
	for _, text := range texts {
		w.addBytes(k, text, []byte(text))
	}
}

// addFile makes the watch look for a file by some pieces of it.
func (w *watch) addFile(name string, data []byte) {
	const piece = 20
	for at := len(data) / 5; at+piece < len(data); at += len(data) / 5 {
		w.addBytes(aWord, fmt.Sprintf("%s at byte %d", name, at), data[at:at+piece])
	}
}

func (w *watch) addBytes(k kind, name string, plain []byte) {
	m := mark{kind: k, name: name, shapes: map[string][]byte{"plain": plain, "hexadecimal": []byte(hex.EncodeToString(plain))}}
	m.shapes["HEXADECIMAL"] = bytes.ToUpper(m.shapes["hexadecimal"])
	if quoted, err := json.Marshal(string(plain)); err == nil {
		m.shapes["JSON"] = quoted[1 : len(quoted)-1]
	}
	ascii := strconv.QuoteToASCII(string(plain))
	m.shapes["JSON in ASCII"] = []byte(ascii[1 : len(ascii)-1])
	m.shapes["URL path"], m.shapes["URL query"] = []byte(url.PathEscape(string(plain))), []byte(url.QueryEscape(string(plain)))
	for before := range 3 {
		// What stands before it decides the first characters, and what stands behind it the last.
		padded := append(make([]byte, before), plain...)
		whole := (len(padded) / 3) * 3
		from := (before*8 + 5) / 6
		m.shapes[fmt.Sprintf("base64 after %d", before)] = []byte(base64.StdEncoding.EncodeToString(padded[:whole])[from:])
		m.shapes[fmt.Sprintf("URL base64 after %d", before)] = []byte(base64.URLEncoding.EncodeToString(padded[:whole])[from:])
	}
	maps.DeleteFunc(m.shapes, func(shape string, of []byte) bool { return shape != "plain" && bytes.Equal(of, plain) })
	w.mu.Lock()
	defer w.mu.Unlock()
	w.marks = append(w.marks, m)
}

// in looks for marks of some kinds in what stands at a place.
func (w *watch) in(place string, what []byte, kinds ...kind) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, m := range w.marks {
		if !slices.Contains(kinds, m.kind) {
			continue
		}
		for shape, bytesOf := range m.shapes {
			if at := bytes.Index(what, bytesOf); at >= 0 {
				around := what[max(0, at-60):min(len(what), at+len(bytesOf)+60)]
				finding := fmt.Sprintf("%s: the %s %q", place, m.kind, m.name)
				w.found[finding] = fmt.Sprintf("%s (%s)\n    …%q…", finding, shape, around)
				break
			}
		}
	}
}

// inRequests looks through what the bridge asked the homeserver for. A token belongs into its header, and nowhere else.
func (w *watch) inRequests(requests []bridgetest.Request) {
	for _, r := range requests {
		header := r.Header.Clone()
		header.Del("Authorization")
		query, err := url.QueryUnescape(r.Query.Encode())
		if err != nil {
			query = r.Query.Encode()
		}
		place := r.Method + " " + r.Path
		w.in(place, fmt.Appendf(nil, "%s %s %s %v", r.Method, r.Path, query, header), aWord, aNumber, aSecret)
		w.in(place+" (body)", r.Body, aWord, aNumber, aSecret)
	}
}

// inFolder looks through all files below a folder. Numbers may stand where mayHoldNumbers says so. Files that go away
// meanwhile are none.
func (w *watch) inFolder(dir string, mayHoldNumbers func(path string) bool) (files int) {
	_ = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return nil
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return nil
		}
		files++
		kinds := []kind{aWord, aSecret, aNumber}
		if mayHoldNumbers != nil && mayHoldNumbers(path) {
			kinds = kinds[:2]
		}
		w.in("file "+entry.Name(), append([]byte(entry.Name()+"\n"), data...), kinds...)
		return nil
	})
	return files
}

// inNetworkDatabase tells the files of a network's own database, where WhatsApp's keys stand beside its numbers.
func inNetworkDatabase(path string) bool {
	return strings.HasPrefix(filepath.Base(path), "whatsapp.db")
}

// inOpenFiles looks through the files that a process holds open and that have no name any more (on Linux).
func (w *watch) inOpenFiles(pid int) {
	dir := fmt.Sprintf("/proc/%d/fd", pid)
	entries, err := os.ReadDir(dir)
	if err != nil {
		return // it has ended, or there is no such folder here
	}
	for _, entry := range entries {
		path := filepath.Join(dir, entry.Name())
		target, err := os.Readlink(path)
		if err != nil || !strings.HasSuffix(target, " (deleted)") {
			continue
		}
		if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
			continue
		}
		if data, err := os.ReadFile(path); err == nil {
			w.in("open file "+target, data, aWord, aNumber, aSecret)
		}
	}
}

// inPages looks through what /metrics and /readyz show. A bridge that is down shows nothing.
func (w *watch) inPages(ctx context.Context, address string) {
	for _, page := range []string{"/metrics", "/readyz"} {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, address+page, nil)
		if err != nil {
			continue
		}
		answer, err := http.DefaultClient.Do(request)
		if err != nil {
			continue
		}
		text, _ := io.ReadAll(answer.Body)
		answer.Body.Close()
		w.in(page, text, aWord, aNumber, aSecret)
	}
}

// findings returns what was seen, sorted.
func (w *watch) findings() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Sorted(maps.Values(w.found))
}

func TestTheWatchSees(t *testing.T) {
	const word, number, secret = "Crème <brûlée> 17", "33755512345", "s3cr3t/with+signs=="
	quoted, err := json.Marshal(word)
	must(t, err)
	picture := noise(t)
	look := func(plant func(w *watch)) []string {
		w := newWatch()
		w.adds(aWord, word)
		w.adds(aNumber, number)
		w.adds(aSecret, secret)
		w.addFile("picture", picture)
		plant(w)
		return w.findings()
	}
	sees := func(what string, plant func(w *watch)) {
		t.Helper()
		if len(look(plant)) == 0 {
			t.Errorf("the watch does not see %s", what)
		}
	}
	for name, text := range map[string]string{
		"a file": word, number: "", "a.json": string(quoted), "passerelle.db": number, "whatsapp.db": secret,
		"a picture": string(picture), "half a picture": string(picture[:len(picture)/2]),
	} {
		sees("what lies in a folder: "+name, func(w *watch) { w.inFolder(planted(t, name, text), inNetworkDatabase) })
	}
	for shape, text := range map[string]string{
		"JSON in ASCII": `{"m":"Cr\u00e8me <br\u00fbl\u00e9e> 17"}`, "hexadecimal": hex.EncodeToString([]byte("a" + word)),
		"base64": base64.StdEncoding.EncodeToString([]byte(word)), "base64, one later": base64.StdEncoding.EncodeToString([]byte("x" + word)),
		"base64, two later": base64.RawURLEncoding.EncodeToString([]byte("xy" + word + "z")),
	} {
		sees(shape, func(w *watch) { w.in("the log", []byte(text), aWord) })
	}
	for place, requests := range map[string][]bridgetest.Request{
		"a path":             asked(t, "/rooms/"+url.PathEscape(word), "", nil),
		"a query":            asked(t, "/x?of="+url.QueryEscape(word), "", nil),
		"a token in a query": asked(t, "/x?access_token="+url.QueryEscape(secret), "", nil),
		"a body":             asked(t, "/x", string(quoted), nil),
		"a header":           asked(t, "/x", "", http.Header{"X-Told": {number}}),
	} {
		sees(place, func(w *watch) { w.inRequests(requests) })
	}
	sees("/metrics", func(w *watch) { w.inPages(t.Context(), monitor(t, "/metrics", number)) })
	sees("/readyz", func(w *watch) { w.inPages(t.Context(), monitor(t, "/readyz", secret)) })
	sees("a file without a name", func(w *watch) { nameless(t, word); w.inOpenFiles(os.Getpid()) })
	sees("what was deleted from a database", func(w *watch) {
		dir := t.TempDir()
		db, err := sql.Open("sqlite3", "file:"+filepath.Join(dir, "a.db")+"?_journal_mode=WAL")
		must(t, err)
		defer db.Close()
		for _, statement := range []string{"CREATE TABLE said (x TEXT)", "INSERT INTO said VALUES ('" + word + "')", "DELETE FROM said"} {
			_, err = db.Exec(statement)
			must(t, err)
		}
		w.inFolder(dir, nil)
	})
	seen := look(func(w *watch) {
		w.inFolder(planted(t, "whatsapp.db-wal", number), inNetworkDatabase)
		w.inRequests(asked(t, "/x", "", http.Header{"Authorization": {"Bearer " + secret}}))
	})
	if len(seen) > 0 {
		t.Errorf("the watch sees what may be there: %q", seen)
	}
}

// planted puts a file into a folder of its own.
func planted(t *testing.T, name, text string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	must(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	return dir
}

// nameless opens a file that has no name any more.
func nameless(t *testing.T, text string) {
	t.Helper()
	file, err := os.Create(filepath.Join(t.TempDir(), "spool"))
	must(t, err)
	t.Cleanup(func() { file.Close() })
	_, err = file.WriteString(text)
	must(t, err)
	must(t, os.Remove(file.Name()))
}

// asked makes a request through a recording proxy.
func asked(t *testing.T, path, body string, header http.Header) []bridgetest.Request {
	t.Helper()
	server := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(server.Close)
	proxy := bridgetest.NewProxy(t, server.URL)
	recording := proxy.Record()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPut, proxy.URL()+path, strings.NewReader(body))
	must(t, err)
	request.Header = header.Clone()
	answer, err := http.DefaultClient.Do(request)
	must(t, err)
	answer.Body.Close()
	return recording.Stop()
}

// monitor shows a text on one page.
func monitor(t *testing.T, page, text string) (address string) {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc(page, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, text) })
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL
}

// noise returns a picture no two pieces of which are alike.
func noise(t *testing.T) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, 48, 48))
	for i := range img.Pix {
		img.Pix[i] = uint8(rand.Uint32())
	}
	var out bytes.Buffer
	must(t, png.Encode(&out, img))
	return out.Bytes()
}

// A secret of config.yaml is a token, the pickle key, or a storage key behind its ID, which stands beside what the key seals.
var configuredSecret = regexp.MustCompile(`(?:as_token|hs_token|pickle_key): "([^"]+)"|- "[^":]+:([^"]+)"`)
