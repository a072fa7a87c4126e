package bridgetest_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"maunium.net/go/mautrix"

	"passerelle/bridge/bridgetest"
)

func TestAccountsOutliveRestartAndKill(t *testing.T) {
	world := bridgetest.NewWorld(t, bridgetest.HomeserverOptions{})
	alice, err := world.CreateUser(t.Context(), "alice", "wonderland")
	if err != nil {
		t.Fatal(err)
	}
	if alice != world.UserID("alice") {
		t.Errorf("alice is %s, want %s", alice, world.UserID("alice"))
	}
	if _, err := world.CreateUser(t.Context(), "alice", "looking-glass"); !errors.Is(err, mautrix.MUserInUse) {
		t.Errorf("a second alice: %v, want M_USER_IN_USE", err)
	}
	address := world.URL()
	if err := world.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	logIn(t, world.URL(), "alice", "wonderland")
	if err := world.Kill(); err != nil {
		t.Fatal(err)
	}
	if _, err := net.Dial("tcp", hostOf(t, address)); err == nil {
		t.Error("the killed homeserver still listens")
	}
	if err := world.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	logIn(t, world.URL(), "alice", "wonderland")
	if world.URL() != address {
		t.Errorf("the homeserver moved from %s to %s", address, world.URL())
	}
}

// A bridge writes its registration when the homeserver runs already, most often.
func TestAnApplicationServiceIsToldOnceItIsRegistered(t *testing.T) {
	world := bridgetest.NewWorld(t, bridgetest.HomeserverOptions{})
	alice := world.Staff(t, "alice")

	told := make(chan string, 100)
	bridge := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		if strings.HasPrefix(r.URL.Path, "/_matrix/app/v1/transactions/") {
			told <- string(body)
		}
		fmt.Fprintln(w, "{}")
	}))
	defer bridge.Close()
	registration := filepath.Join(t.TempDir(), "registration.yaml")
	err := os.WriteFile(registration, fmt.Appendf(nil, `
id: bridge
url: %s
as_token: as-secret
hs_token: hs-secret
sender_localpart: bridgebot
rate_limited: false
namespaces:
  users: [{exclusive: true, regex: '@contact_.*:passerelle\.test'}]
`, bridge.URL), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	if err := world.Register(registration); err != nil {
		t.Fatal(err)
	}
	if err := world.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}

	room := alice.StartsRoom("Office")
	contact := world.UserID("contact_1")
	alice.Invites(room, contact)
	for !strings.Contains(receive(t, told, bridgetest.Patience), contact.String()) {
	}
}

// receive returns what comes next, and fails the test when nothing does.
func receive(t *testing.T, from <-chan string, patience time.Duration) string {
	t.Helper()
	select {
	case s := <-from:
		return s
	case <-time.After(patience):
		t.Fatal("nothing came")
		return ""
	}
}

func TestAHomeserverThatCannotStartSaysWhy(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "no-such-registration.yaml")
	hs, err := bridgetest.StartHomeserver(t.Context(), bridgetest.HomeserverOptions{Registrations: []string{missing}})
	if err == nil {
		t.Fatalf("it started without its registration: %v", hs.Stop())
	}
	if !strings.Contains(err.Error(), missing) {
		t.Errorf("the error does not name the missing file:\n%v", err)
	}
}

func TestAnUnknownHomeserverIsRefused(t *testing.T) {
	t.Setenv("HOMESERVER", "conduit")
	if _, err := bridgetest.StartHomeserver(t.Context(), bridgetest.HomeserverOptions{}); err == nil {
		t.Error("HOMESERVER=conduit: no error")
	}
}

func TestAFreePortIsFree(t *testing.T) {
	port, err := bridgetest.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port})
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	if other, err := net.ListenPacket("udp4", l.Addr().String()); err == nil {
		t.Error("the port is free for other processes, too", other.Close())
	}
}

func logIn(t *testing.T, address, name, password string) {
	t.Helper()
	client, err := mautrix.NewClient(address, "", "")
	if err != nil {
		t.Fatal(err)
	}
	_, err = client.Login(t.Context(), &mautrix.ReqLogin{
		Type:       mautrix.AuthTypePassword,
		Identifier: mautrix.UserIdentifier{Type: mautrix.IdentifierTypeUser, User: name},
		Password:   password,
	})
	if err != nil {
		t.Fatalf("%s logs in: %v", name, err)
	}
}

func hostOf(t *testing.T, address string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u.Host
}
