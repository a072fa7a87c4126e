package whatsapptest

import (
	"crypto/x509"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/coder/websocket"
	"go.mau.fi/whatsmeow/types/events"
)

func TestTheServerIsReachedUnderEveryName(t *testing.T) {
	s := testServer(t)
	for _, host := range []string{"web.whatsapp.com", "mmg.whatsapp.net", "media-fra1-1.cdn.whatsapp.net", "localhost", "127.0.0.1"} {
		response, err := s.HTTPClient().Get("https://" + host + "/v/none")
		must(t, err)
		response.Body.Close()
		if response.StatusCode != http.StatusNotFound {
			t.Errorf("%s gives %s", host, response.Status)
		}
	}
	if _, err := s.HTTPClient().Get("https://example.org/"); err == nil {
		t.Error("the certificate is good for any name")
	}
	path := filepath.Join(t.TempDir(), "ca.pem")
	must(t, s.WriteCA(path))
	written, err := os.ReadFile(path)
	must(t, err)
	if !x509.NewCertPool().AppendCertsFromPEM(written) || string(written) != string(s.CAPEM()) {
		t.Errorf("CA file is %q", written)
	}
	if len(s.RootKey().Hex()) != 64 || !strings.HasPrefix(s.URL(), "wss://127.0.0.1:") {
		t.Errorf("root key is %s, URL %s", s.RootKey().Hex(), s.URL())
	}
}

func TestStrangersAtTheSocket(t *testing.T) {
	s := testServer(t)
	for _, greeting := range []string{"hello", "WA\x06\x03\x00\x00\x05hello", "ED\x00\x01\xff\xff\xff", "WA\x06\x03\xff\xff\xff"} {
		ws, _, err := websocket.Dial(waiting(t), s.PlainURL(), nil)
		must(t, err)
		must(t, ws.Write(waiting(t), websocket.MessageBinary, []byte(greeting)))
		if _, data, err := ws.Read(waiting(t)); err == nil {
			t.Errorf("%q is answered with %x", greeting, data)
		}
		ws.CloseNow()
	}
}

func TestAServerUnderAnotherRootIsNotTrusted(t *testing.T) {
	root, err := NewRootKey()
	must(t, err)
	s := testServer(t, func(o *Options) { o.Root = root })
	client := newCompanion(t, s, "client")
	if err := client.Connect(); err == nil || !strings.Contains(err.Error(), "cert") {
		t.Errorf("connecting gives %v", err)
	}
}

func TestClosingEndsEverything(t *testing.T) {
	t.Parallel()
	must(t, TrustRoot())
	s, err := New(Options{})
	must(t, err)
	client := link(t, s, s.MustAddPerson(aliceNumber, "Alice"), "alice's client")
	client.EnableAutoReconnect = false
	must(t, s.Close())
	hears[*events.Disconnected](client, nil)
	must(t, s.Close())
	if _, err := New(Options{Address: "nowhere"}); err == nil {
		t.Error("a server listens nowhere")
	}
}

func TestPeopleHaveOneNumberEach(t *testing.T) {
	s := testServer(t)
	alice := s.MustAddPerson("+33 6.12-34 (50) 01", "Alice")
	if alice.Number() != aliceNumber || len(alice.LID().User) != 15 || alice.LID().User == aliceNumber {
		t.Errorf("Alice is %s / %s", alice.Number(), alice.LID())
	}
	if _, err := s.AddPerson(aliceNumber, "Another"); !errors.Is(err, ErrPersonExists) {
		t.Errorf("the same number gives %v", err)
	}
	for _, bad := range []string{"", "123456", "0612345001", "+33x612345001", "1234567890123456"} {
		if _, err := s.AddPerson(bad, "Nobody"); !errors.Is(err, ErrBadNumber) {
			t.Errorf("%q gives %v", bad, err)
		}
	}
	for _, name := range []string{aliceNumber, "+" + aliceNumber, alice.LID().String(), alice.PN().String()} {
		if found, err := s.Phone(name); err != nil || found != alice {
			t.Errorf("%s is %v, %v", name, found, err)
		}
	}
	other := testLID(t)
	if other != alice.LID().User {
		t.Errorf("Alice's LID is %s in one run and %s in another", alice.LID().User, other)
	}
}

func testLID(t *testing.T) string {
	t.Helper()
	s := NewServer(t)
	return s.MustAddPerson(aliceNumber, "Alice").LID().User
}
