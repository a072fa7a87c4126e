package bridgetest_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"passerelle/bridge/bridgetest"
)

// A post is a server that counts what it is asked to send.
type post struct {
	*httptest.Server
	letters atomic.Int32
}

func newPost(t *testing.T) *post {
	p := &post{}
	mux := http.NewServeMux()
	mux.HandleFunc("PUT /send/{letter}", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		p.letters.Add(1)
		fmt.Fprintf(w, "took %s", body)
	})
	mux.HandleFunc("GET /news", func(w http.ResponseWriter, r *http.Request) {
		// One line at once, the next when the reader has left.
		fmt.Fprintln(w, "first")
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	})
	p.Server = httptest.NewServer(mux)
	t.Cleanup(p.Close)
	return p
}

// put sends a letter and returns the status, the answer and the failure of the
// connection.
func put(ctx context.Context, address, letter, text string) (status int, answer string, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPut, address+"/send/"+letter, strings.NewReader(text))
	if err != nil {
		return 0, "", err
	}
	request.Close = true
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return response.StatusCode, string(body), err
}

func TestAProxyPassesOnAndRecords(t *testing.T) {
	server := newPost(t)
	proxy := bridgetest.NewProxy(t, server.URL)

	if _, _, err := put(t.Context(), proxy.URL(), "unseen", "nobody looks"); err != nil {
		t.Fatal(err)
	}
	recording := proxy.Record()
	status, answer, err := put(t.Context(), proxy.URL(), "a%2Fb?via=test", "hello")
	if err != nil || status != http.StatusOK || answer != "took hello" {
		t.Fatalf("%d %q %v, want the server's answer", status, answer, err)
	}
	requests := recording.Stop()
	if _, _, err := put(t.Context(), proxy.URL(), "unseen", "nobody looks"); err != nil {
		t.Fatal(err)
	}
	if len(requests) != 1 || len(recording.Requests()) != 1 {
		t.Fatalf("recorded %v, want one request", requests)
	}
	got := requests[0]
	if got.Method != "PUT" || got.Path != "/send/a%2Fb" || got.Query.Get("via") != "test" || string(got.Body) != "hello" {
		t.Errorf("recorded %+v, want what was sent", got)
	}
	if n := len(recording.Matching(bridgetest.On("GET", "/send/"))); n != 0 {
		t.Errorf("%d GET requests recorded, want none", n)
	}
}

func TestAProxyPassesOnWhatIsLongInComing(t *testing.T) {
	server := newPost(t)
	proxy := bridgetest.NewProxy(t, server.URL)

	response, err := http.Get(proxy.URL() + "/news")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	line := make([]byte, len("first\n"))
	if _, err := io.ReadFull(response.Body, line); err != nil || string(line) != "first\n" {
		t.Errorf("read %q (%v), want the first line while the answer is under way", line, err)
	}
}

func TestAProxyFailsAsTold(t *testing.T) {
	server := newPost(t)
	proxy := bridgetest.NewProxy(t, server.URL)
	sending := bridgetest.On("PUT", "/send/")

	for _, c := range []struct {
		name   string
		action bridgetest.Action
		status int
		says   string
	}{
		{"a server error", bridgetest.Fail(502, "M_UNKNOWN", "gone fishing"), 502, `{"errcode":"M_UNKNOWN","error":"gone fishing"}`},
		{"too many", bridgetest.TooMany(1500 * time.Millisecond), 429, `{"errcode":"M_LIMIT_EXCEEDED","error":"Too Many Requests","retry_after_ms":1500}`},
		{"an answer of ours", bridgetest.Answer(200, map[string]string{"event_id": "$1"}), 200, `{"event_id":"$1"}`},
		{"nothing", bridgetest.Answer(204, nil), 204, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := server.letters.Load()
			fault := proxy.Inject(sending, c.action, 2)
			defer fault.Lift()
			for range 2 {
				status, answer, err := put(t.Context(), proxy.URL(), "1", "hello")
				if err != nil || status != c.status || answer != c.says {
					t.Errorf("%d %q %v, want %d %q", status, answer, err, c.status, c.says)
				}
			}
			if n := server.letters.Load() - before; n != 0 {
				t.Errorf("%d letters reached the server through the fault", n)
			}
			if status, _, err := put(t.Context(), proxy.URL(), "1", "hello"); err != nil || status != http.StatusOK {
				t.Errorf("the third letter: %d %v, want it to pass", status, err)
			}
			if fault.Hits() != 2 {
				t.Errorf("the fault met %d requests, want 2", fault.Hits())
			}
		})
	}
}

func TestTooManyTellsBothWaysWhenToComeBack(t *testing.T) {
	proxy := bridgetest.NewProxy(t, newPost(t).URL)
	proxy.Inject(bridgetest.Every(), bridgetest.TooMany(1500*time.Millisecond), 0)

	response, err := http.Get(proxy.URL() + "/anything")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var told struct {
		RetryAfter int `json:"retry_after_ms"`
	}
	if err := json.NewDecoder(response.Body).Decode(&told); err != nil {
		t.Fatal(err)
	}
	if header := response.Header.Get("Retry-After"); told.RetryAfter != 1500 || header != "2" {
		t.Errorf("told %d ms and %q s, want 1500 and 2", told.RetryAfter, header)
	}
}

func TestACutRequestDoesNotArrive(t *testing.T) {
	server := newPost(t)
	proxy := bridgetest.NewProxy(t, server.URL)
	proxy.Inject(bridgetest.Every(), bridgetest.Cut(), 1)

	if status, _, err := put(t.Context(), proxy.URL(), "1", "hello"); err == nil {
		t.Errorf("answered %d, want the connection cut", status)
	}
	if n := server.letters.Load(); n != 0 {
		t.Errorf("%d letters arrived, want none", n)
	}
}

func TestALostAnswerLeavesTheWorkDone(t *testing.T) {
	server := newPost(t)
	proxy := bridgetest.NewProxy(t, server.URL)
	proxy.Inject(bridgetest.Every(), bridgetest.LoseAnswer(), 1)

	if status, _, err := put(t.Context(), proxy.URL(), "1", "hello"); err == nil {
		t.Errorf("answered %d, want the connection cut", status)
	}
	if n := server.letters.Load(); n != 1 {
		t.Errorf("%d letters arrived, want one", n)
	}
}

func TestHeldRequestsPassWhenTheFaultIsLifted(t *testing.T) {
	for name, c := range map[string]struct {
		action  bridgetest.Action
		arrived int32 // letters while it is held
	}{
		"request": {bridgetest.Hold(), 0},
		"answer":  {bridgetest.HoldAnswer(), 1},
	} {
		t.Run(name, func(t *testing.T) {
			server := newPost(t)
			proxy := bridgetest.NewProxy(t, server.URL)
			fault := proxy.Inject(bridgetest.On("PUT", "/send/"), c.action, 0)
			sent := make(chan error, 1)
			go func() {
				_, _, err := put(t.Context(), proxy.URL(), "1", "hello")
				sent <- err
			}()
			if err := fault.WaitHits(t.Context(), 1); err != nil {
				t.Fatal(err)
			}
			for server.letters.Load() < c.arrived {
				if t.Context().Err() != nil {
					t.Fatal("the letter does not arrive")
				}
				time.Sleep(time.Millisecond)
			}
			select {
			case err := <-sent:
				t.Fatalf("the answer came (%v) while it was held", err)
			default:
			}
			fault.Lift()
			if err := <-sent; err != nil {
				t.Error(err)
			}
			if n := server.letters.Load(); n != 1 {
				t.Errorf("%d letters arrived, want one", n)
			}
		})
	}
}

func TestADelayedRequestPasses(t *testing.T) {
	server := newPost(t)
	proxy := bridgetest.NewProxy(t, server.URL)
	const by = 30 * time.Millisecond
	proxy.Inject(bridgetest.Every(), bridgetest.Delay(by), 1)

	start := time.Now()
	if _, answer, err := put(t.Context(), proxy.URL(), "1", "hello"); err != nil || answer != "took hello" {
		t.Errorf("%q %v, want the server's answer", answer, err)
	}
	if took := time.Since(start); took < by {
		t.Errorf("it took %v, want at least %v", took, by)
	}
}

func TestRefusedConnectionsAreAcceptedAgain(t *testing.T) {
	server := newPost(t)
	proxy := bridgetest.NewProxy(t, server.URL)

	response, err := http.Get(proxy.URL() + "/news")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if err := proxy.Refuse(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(response.Body); err == nil {
		t.Error("a request under way was not cut")
	}
	if _, _, err := put(t.Context(), proxy.URL(), "1", "hello"); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("%v, want the connection refused", err)
	}
	if err := proxy.Accept(); err != nil {
		t.Fatal(err)
	}
	if _, _, err := put(t.Context(), proxy.URL(), "1", "hello"); err != nil {
		t.Errorf("after it accepts again: %v", err)
	}
}

func TestATargetThatIsDownLooksDown(t *testing.T) {
	server := newPost(t)
	proxy := bridgetest.NewProxy(t, server.URL)
	server.Close()
	if status, _, err := put(t.Context(), proxy.URL(), "1", "hello"); err == nil {
		t.Errorf("answered %d, want the connection cut", status)
	}
}

// The repeated request has the same transaction ID, and the homeserver knows
// it again (Matrix 1.11, 3.6 "Transaction identifiers").
func TestALostAnswerDoublesNoMessage(t *testing.T) {
	world := bridgetest.NewWorld(t, bridgetest.HomeserverOptions{})
	wire := bridgetest.NewProxy(t, world.URL())
	alice, bob := world.Staff(t, "alice", bridgetest.Through(wire.URL())), world.Staff(t, "bob")
	room := alice.StartsChatWith(bob.ID())

	lost := wire.Inject(bridgetest.On("PUT", "/send/m.room.encrypted/"), bridgetest.LoseAnswer(), 1)
	alice.Says(room, "once")
	alice.Says(room, "and that is all")
	bob.Hears(room, "and that is all")
	if got, want := bob.Texts(room), []string{"once", "and that is all"}; !slices.Equal(got, want) {
		t.Errorf("bob heard %q, want %q", got, want)
	}
	if lost.Hits() != 1 {
		t.Errorf("%d answers were lost, want one", lost.Hits())
	}
}
