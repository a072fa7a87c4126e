package bridgetest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"slices"
	"strings"
	"time"
)

// A Matcher accepts requests by their method and their escaped path.
type Matcher func(method, path string) bool

// Every accepts all requests.
func Every() Matcher { return func(string, string) bool { return true } }

// On accepts requests with this method, any if it is empty, and with this text
// anywhere in their escaped path: On("PUT", "/send/m.room.encrypted/").
func On(method, inPath string) Matcher {
	return func(m, path string) bool {
		return (method == "" || m == method) && strings.Contains(path, inPath)
	}
}

// An Action is what happens to a request that meets a Fault. Those that exist
// below are what a network does; a test may bring its own.
type Action func(p *Proxy, f *Fault, w http.ResponseWriter, r *http.Request)

// Answer answers in the target's place, without asking it. A nil body leaves
// the answer empty; everything else is sent as JSON.
func Answer(status int, body any) Action {
	return func(_ *Proxy, _ *Fault, w http.ResponseWriter, _ *http.Request) {
		reply(w, status, body)
	}
}

// Fail answers with a status and a Matrix error in the target's place, without
// asking it.
func Fail(status int, code, message string) Action {
	return Answer(status, matrixError{Code: code, Message: message})
}

// TooMany answers 429 in the target's place and asks to try again after a
// while, in both ways that Matrix knows (1.11, 3.2 "Rate limiting").
func TooMany(retryAfter time.Duration) Action {
	return func(_ *Proxy, _ *Fault, w http.ResponseWriter, _ *http.Request) {
		seconds := (retryAfter + time.Second - 1) / time.Second
		w.Header().Set("Retry-After", fmt.Sprint(int(seconds)))
		reply(w, http.StatusTooManyRequests, matrixError{
			Code: "M_LIMIT_EXCEEDED", Message: "Too Many Requests", RetryAfter: retryAfter.Milliseconds(),
		})
	}
}

// Cut cuts the connection without asking the target.
func Cut() Action {
	return func(*Proxy, *Fault, http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }
}

// LoseAnswer passes the request on, takes the whole answer, and then cuts the
// connection instead of handing it over: the target has done what it was asked
// for, and the client does not know.
func LoseAnswer() Action {
	return func(p *Proxy, _ *Fault, w http.ResponseWriter, r *http.Request) {
		p.outlive(w, r.WithContext(context.WithValue(r.Context(), afterKey{}, func() bool { return false })))
	}
}

// Outlive passes the request on, and does not end it when the client gives up:
// what the client has sent arrives.
func Outlive() Action {
	return func(p *Proxy, _ *Fault, w http.ResponseWriter, r *http.Request) { p.outlive(w, r) }
}

// outlive passes on a request that ends with the proxy, and not with a client
// that gives up. (The library's proxy watches the client itself unless the
// context can end.)
func (p *Proxy) outlive(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(r.Context()))
	defer cancel()
	defer context.AfterFunc(p.ctx, cancel)()
	p.Pass(w, r.WithContext(ctx))
}

// Delay holds the request for a time before it passes it on.
func Delay(by time.Duration) Action {
	return func(p *Proxy, _ *Fault, w http.ResponseWriter, r *http.Request) {
		if p.hold(r.Context(), time.After(by), nil) {
			p.Pass(w, r)
		}
	}
}

// Hold holds the request until the fault is lifted, and then passes it on: a
// test can do at that moment whatever it wants to happen before.
func Hold() Action {
	return func(p *Proxy, f *Fault, w http.ResponseWriter, r *http.Request) {
		if p.hold(r.Context(), nil, f.lifted) {
			p.Pass(w, r)
		}
	}
}

// HoldAnswer passes the request on and holds the answer until the fault is
// lifted: the target has done what it was asked for, and the client waits.
func HoldAnswer() Action {
	return func(p *Proxy, f *Fault, w http.ResponseWriter, r *http.Request) {
		ctx := context.WithValue(r.Context(), afterKey{}, func() bool {
			return p.hold(r.Context(), nil, f.lifted)
		})
		p.Pass(w, r.WithContext(ctx))
	}
}

// hold waits for one of the two channels. It reports false when the request or
// the proxy ended first.
func (p *Proxy) hold(ctx context.Context, timer <-chan time.Time, lifted <-chan struct{}) bool {
	select {
	case <-timer:
		return true
	case <-lifted:
		return true
	case <-ctx.Done():
	case <-p.ctx.Done():
	}
	return false
}

// A Fault waits in a Proxy for the requests that it matches.
type Fault struct {
	proxy  *Proxy
	match  Matcher
	action Action
	lifted chan struct{} // closed by Lift

	// guarded by proxy.mu
	left    int // how many more requests it takes; negative is any number
	hits    int
	changed chan struct{} // closed, and made anew, with each hit
	gone    bool
}

// Inject makes the requests that match meet an action: the next few as many as
// times says, or all until Lift when it is 0. Of several faults that match, the
// oldest acts.
func (p *Proxy) Inject(match Matcher, action Action, times int) *Fault {
	if times <= 0 {
		times = -1
	}
	f := &Fault{
		proxy: p, match: match, action: action, left: times,
		lifted: make(chan struct{}), changed: make(chan struct{}),
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.faults = append(p.faults, f)
	return f
}

// Lift takes the fault away and lets go what it holds. Lifting twice does no harm.
func (f *Fault) Lift() {
	f.proxy.mu.Lock()
	defer f.proxy.mu.Unlock()
	if f.gone {
		return
	}
	f.gone = true
	close(f.lifted)
	f.proxy.faults = slices.DeleteFunc(f.proxy.faults, func(other *Fault) bool { return other == f })
}

// Hits returns how many requests the fault has met.
func (f *Fault) Hits() int {
	f.proxy.mu.Lock()
	defer f.proxy.mu.Unlock()
	return f.hits
}

// WaitHits returns once the fault has met n requests, or fails with the context.
func (f *Fault) WaitHits(ctx context.Context, n int) error {
	for {
		f.proxy.mu.Lock()
		hits, changed := f.hits, f.changed
		f.proxy.mu.Unlock()
		if hits >= n {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting for %d requests to meet a fault, %d did: %w", n, hits, ctx.Err())
		case <-changed:
		}
	}
}

// takes tells whether the fault acts on a request, and counts it if so. The
// caller holds proxy.mu.
func (f *Fault) takes(r *http.Request) bool {
	if f.left == 0 || !f.match(r.Method, r.URL.EscapedPath()) {
		return false
	}
	if f.left > 0 {
		f.left--
	}
	return true
}

// announce tells those who wait for the fault to be met.
func (f *Fault) announce() {
	f.proxy.mu.Lock()
	defer f.proxy.mu.Unlock()
	f.hits++
	close(f.changed)
	f.changed = make(chan struct{})
}

// afterKey is the context key of what happens between the target's answer and
// the client: a func() bool, which says whether to hand the answer over.
type afterKey struct{}

var errAnswerLost = errors.New("the answer was lost on purpose")

// afterwards takes in the whole answer of a request that has something happen
// to it then, and lets it happen.
func afterwards(answer *http.Response) error {
	after, ok := answer.Request.Context().Value(afterKey{}).(func() bool)
	if !ok {
		return nil
	}
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return err
	}
	answer.Body.Close()
	answer.Body = io.NopCloser(strings.NewReader(string(body)))
	if !after() {
		return errAnswerLost
	}
	return nil
}

// matrixError is the standard error of the client-server API (Matrix 1.11, 3
// "Standard error response").
type matrixError struct {
	Code       string `json:"errcode"`
	Message    string `json:"error"`
	RetryAfter int64  `json:"retry_after_ms,omitempty"` // milliseconds
}

func reply(w http.ResponseWriter, status int, body any) {
	if body == nil {
		w.WriteHeader(status)
		return
	}
	text, err := json.Marshal(body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	w.Write(text)
}

// silence is a logger for a server whose failures are on purpose.
func silence() *log.Logger { return log.New(io.Discard, "", 0) }
