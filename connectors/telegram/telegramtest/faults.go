package telegramtest

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Fault is what goes wrong with calls of a bot's.
type Fault struct {
	// Method is which calls; "": all; "file": downloads.
	Method string `json:"method"`
	// Times is how many; one at least.
	Times int `json:"times"`
	// RetryAfter answers 429 with that many seconds.
	RetryAfter int `json:"retry_after"`
	// Status answers with an HTTP status and a page of HTML, as a proxy in front of the service does.
	Status int `json:"status"`
	// Cut breaks the connection without an answer, before the call is carried out; with Done, after.
	Cut  bool `json:"cut"`
	Done bool `json:"done"`
}

// Inject lets something go wrong.
func (s *Server) Inject(f Fault) {
	f.Times = max(f.Times, 1)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, &f)
}

// ClearFaults ends what was injected.
func (s *Server) ClearFaults() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

// HoldAnswers keeps back the answers to a bot's calls of a method, which are carried out, until they are let go.
func (b *Bot) HoldAnswers(method string) (letGo func()) {
	s := b.server
	held := make(chan struct{})
	s.mu.Lock()
	defer s.mu.Unlock()
	b.held, b.heldMethod = held, method
	return sync.OnceFunc(func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		b.held = nil
		close(held)
	})
}

// waitHeld returns once nobody keeps the answer of a call back.
func (b *Bot) waitHeld(ctx context.Context, method string) {
	b.server.mu.Lock()
	held := b.held
	if !strings.EqualFold(method, b.heldMethod) {
		held = nil
	}
	b.server.mu.Unlock()
	if held == nil {
		return
	}
	select {
	case <-held:
	case <-ctx.Done():
	case <-b.server.ctx.Done():
	}
}

// takeFault returns what goes wrong with a call; nil: nothing. The caller holds the mutex.
func (s *Server) takeFault(bot *Bot, method string) *Fault {
	if bot == nil {
		return nil
	}
	for i, f := range s.faults {
		if f.Method != "" && !strings.EqualFold(f.Method, method) {
			continue
		}
		if f.Times--; f.Times == 0 {
			s.faults = append(s.faults[:i:i], s.faults[i+1:]...)
		}
		return f
	}
	return nil
}

// before lets a call go wrong that is not carried out, and tells whether it did.
func (f *Fault) before(w http.ResponseWriter) (ended bool) {
	switch {
	case f.RetryAfter > 0:
		answer(w, nil, tooMany(f.RetryAfter))
	case f.Status != 0:
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(f.Status)
		w.Write([]byte("<html><body><h1>Bad Gateway</h1></body></html>"))
	case f.Cut && !f.Done:
		panic(http.ErrAbortHandler) // net/http breaks the connection
	default:
		return false
	}
	return true
}

// after lets the answer of a call that was carried out go wrong.
func (f *Fault) after(http.ResponseWriter) (ended bool) {
	if f.Cut {
		panic(http.ErrAbortHandler)
	}
	return false
}

func tooMany(seconds int) error {
	return &apiError{code: http.StatusTooManyRequests, text: "Too Many Requests: retry after " + strconv.Itoa(seconds), retryAfter: seconds}
}

// pace is how fast bots may send, where a test sets it.
type pace struct {
	perSecond     int // over all chats
	perChatMinute int
	sent          []time.Time
	inChat        map[string][]time.Time
}

// Limit sets how fast a bot may send: messages a second over all chats, and a minute in one chat. 0 is no limit.
func (s *Server) Limit(perSecond, perChatMinute int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pace = &pace{perSecond: perSecond, perChatMinute: perChatMinute, inChat: map[string][]time.Time{}}
}

// take counts a call, or refuses it. The caller holds the server's mutex.
func (p *pace) take(now time.Time, c *call) error {
	if p == nil || !strings.HasPrefix(strings.ToLower(c.method), "send") || strings.EqualFold(c.method, "sendChatAction") {
		return nil
	}
	p.sent = recent(p.sent, now, time.Second)
	chat := c.text("chat_id")
	p.inChat[chat] = recent(p.inChat[chat], now, time.Minute)
	switch {
	case p.perSecond > 0 && len(p.sent) >= p.perSecond:
		return tooMany(1)
	case p.perChatMinute > 0 && len(p.inChat[chat]) >= p.perChatMinute:
		wait := p.inChat[chat][0].Add(time.Minute).Sub(now)
		return tooMany(int(wait/time.Second) + 1)
	}
	p.sent = append(p.sent, now)
	p.inChat[chat] = append(p.inChat[chat], now)
	return nil
}

func recent(all []time.Time, now time.Time, within time.Duration) []time.Time {
	for len(all) > 0 && now.Sub(all[0]) >= within {
		all = all[1:]
	}
	return all
}
