package telegramtest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Options says what the server is like.
type Options struct {
	// Address is where it listens; a free port of the loopback interface without one.
	Address string
	// Local makes it a Bot API server of one's own: files up to 2,000 MB, and absolute paths on this disk instead of downloads.
	// The files lie in the folder that it names.
	Local string
}

// Errors of those who drive the simulation.
var (
	ErrNoSuchPerson  = errors.New("no such person")
	ErrNoSuchBot     = errors.New("no such bot")
	ErrNoSuchChat    = errors.New("no such chat")
	ErrNoSuchMessage = errors.New("no such message")
	ErrNotAllowed    = errors.New("not allowed")
	ErrUsernameTaken = errors.New("the username is taken")
)

// Server is a simulated Telegram.
type Server struct {
	options  Options
	listener net.Listener
	http     *http.Server
	running  sync.WaitGroup
	ctx      context.Context
	cancel   context.CancelFunc

	mu          sync.Mutex // guards all below, and everything that hangs on it
	changed     chan struct{}
	ahead       time.Duration
	accounts    map[int64]*account
	bots        map[string]*Bot // by token
	chats       map[int64]*chat // groups and channels, by ID
	private     map[[2]int64]*chat
	files       map[string]*file // by ID
	connections map[string]*connection
	polls       map[string]*poll
	next        int64 // identifiers
	nextMessage int64 // of private chats and groups
	version     int64 // of the last change that a person sees
	unknown     []string
	faults      []*Fault
	pace        *pace
}

// account is a person's or a bot's.
type account struct {
	User
	person *Person
	bot    *Bot
	photos []*file
}

// New starts a server. [Server.Close] ends it.
func New(options Options) (*Server, error) {
	if options.Address == "" {
		options.Address = "127.0.0.1:0"
	}
	s := &Server{
		options: options, changed: make(chan struct{}), accounts: map[int64]*account{}, bots: map[string]*Bot{},
		chats: map[int64]*chat{}, private: map[[2]int64]*chat{}, files: map[string]*file{},
		connections: map[string]*connection{}, polls: map[string]*poll{}, next: 100_000,
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	var err error
	if s.listener, err = new(net.ListenConfig).Listen(s.ctx, "tcp", options.Address); err != nil {
		s.cancel()
		return nil, fmt.Errorf("listen: %w", err)
	}
	s.http = &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second, BaseContext: func(net.Listener) context.Context { return s.ctx }}
	s.running.Go(func() { s.http.Serve(s.listener) })
	return s, nil
}

// Close ends the server, and everything that it began.
func (s *Server) Close() error {
	s.cancel()
	err := s.http.Close()
	s.running.Wait()
	return err
}

// URL is where bots reach the server, without a slash at its end.
func (s *Server) URL() string { return "http://" + s.listener.Addr().String() }

// Unknown lists what bots asked for that the server does not know.
func (s *Server) Unknown() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.unknown...)
}

// Advance moves the clock.
func (s *Server) Advance(by time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ahead += by
	s.wake()
}

// now is the time, in Unix seconds. The caller holds the mutex.
func (s *Server) now() int64 { return s.time().Unix() }

func (s *Server) time() time.Time { return time.Now().Add(s.ahead) }

// id returns a new identifier. The caller holds the mutex.
func (s *Server) id() int64 {
	s.next++
	return s.next
}

// wake wakes those who wait for a change. The caller holds the mutex.
func (s *Server) wake() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// wait waits until holds does, looking at each change. It fails when a context ends.
func (s *Server) wait(ctx context.Context, holds func() bool) error {
	for {
		s.mu.Lock()
		held, changed := holds(), s.changed
		s.mu.Unlock()
		if held {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		case <-s.ctx.Done():
			return s.ctx.Err()
		}
	}
}

// ServeHTTP serves the Bot API.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if path, ok := strings.CutPrefix(r.URL.Path, "/file/bot"); ok {
		token, path, _ := strings.Cut(path, "/")
		s.serveFile(w, token, path)
		return
	}
	path, ok := strings.CutPrefix(r.URL.Path, "/bot")
	token, method, ok2 := strings.Cut(path, "/")
	if !ok || !ok2 {
		answer(w, nil, &apiError{code: http.StatusNotFound, text: "Not Found"})
		return
	}
	s.mu.Lock()
	bot := s.bots[token]
	fault := s.takeFault(bot, method)
	s.mu.Unlock()
	if bot == nil {
		answer(w, nil, &apiError{code: http.StatusUnauthorized, text: "Unauthorized"})
		return
	}
	if fault != nil && fault.before(w) {
		return
	}
	result, err := s.run(bot, method, r)
	bot.waitHeld(r.Context(), method)
	if fault != nil && fault.after(w) {
		return
	}
	answer(w, result, err)
}

// run runs a method.
func (s *Server) run(bot *Bot, method string, r *http.Request) (any, error) {
	run, known := methods[strings.ToLower(method)]
	if !known {
		s.mu.Lock()
		s.unknown = append(s.unknown, "method "+method)
		s.mu.Unlock()
		return nil, &apiError{code: http.StatusNotFound, text: "Not Found: method not found"}
	}
	most := int64(maxUpload)
	if s.options.Local != "" {
		most = maxUploadLocal
	}
	values, files, err := readCall(r, most)
	if err != nil {
		return nil, err
	}
	if values["parse_mode"] != "" {
		s.mu.Lock()
		s.unknown = append(s.unknown, "parse_mode in "+method)
		s.mu.Unlock()
		return nil, badRequest("unsupported parse_mode")
	}
	c := &call{server: s, bot: bot, method: method, values: values, files: files, done: r.Context().Done()}
	if strings.EqualFold(method, "getUpdates") {
		return c.getUpdates(r.Context()) // which waits, and locks by itself
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.pace.take(s.time(), c); err != nil {
		return nil, err
	}
	result, err := run(c)
	if err != nil {
		return nil, err
	}
	encoded, err := json.Marshal(result) // what it points to changes once the mutex is free
	return json.RawMessage(encoded), err
}

// methods are the Bot API's, by their names in small letters, which is how it compares them. The caller holds the mutex.
var methods = together(
	aboutBots, aboutMessages, aboutMedia, aboutChanges, aboutChats, aboutMembers, aboutPermissions, aboutTopics, aboutBusiness,
)

type method = func(*call) (any, error)

func together(parts ...map[string]method) map[string]method {
	all := map[string]method{}
	for _, part := range parts {
		for name, run := range part {
			all[strings.ToLower(name)] = run
		}
	}
	return all
}
