package telegramtest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

const (
	// maxControlBody bounds a request to the control, in bytes.
	maxControlBody = 64 << 20
	// maxWait bounds a long poll.
	maxWait = 60 * time.Second
)

// errBadInput is an error of whoever uses the control.
var errBadInput = errors.New("bad request")

// Control returns a handler by which programs in other processes play the people: JSON in, JSON out. It has no
// authentication: serve it on loopback.
//
// {id} is a person's ID, and chats are named as the person sees them: by the other one's ID, or the group's. An error is
// {"error": text} with 400 for what makes no sense, 403 for what is not allowed, 404 for what is not there, 409 for a username that
// is taken, 504 for what took too long.
//
//	GET  /server                                  -> {"url"}
//	POST /bots {"name","username"}                -> {"id","token","username"}
//	POST /bots/{id}/privacy {"on"}                -> {}
//	POST /bots/{id}/revoke                        -> {"token"}
//	GET  /people                                  -> {"people":[{"id","first_name","username"}]}
//	POST /people {"first_name","username"}        -> {"id"}
//	POST /people/{id}/send {"to","text"}          -> {"id"}; see [Text] for entities, answers, quote and thread
//	POST /people/{id}/start {"to","payload"}      -> {"id"}; follows a deep link
//	POST /people/{id}/send-file {"to","kind","name","mime","data"} -> {"id"}; see [File]
//	POST /people/{id}/send-message {"to","message"} -> {"id"}; any kind, as the Bot API describes it
//	POST /people/{id}/send-poll {"to","poll","options"} -> {"id"}
//	POST /people/{id}/vote {"chat","id","options"}      -> {}; by number
//	POST /people/{id}/forward {"from","id","to"}        -> {"id"}
//	POST /people/{id}/edit {"chat","id","text"}         -> {}
//	POST /people/{id}/delete {"chat","id"}              -> {}
//	POST /people/{id}/react {"chat","id","emoji"}       -> {}; a list
//	POST /people/{id}/press {"chat","id","label"}       -> {}
//	POST /people/{id}/pin {"chat","id"}                 -> {}
//	POST /people/{id}/block {"bot","blocked"}           -> {}
//	POST /people/{id}/connect {"bot","rights","chats"}  -> {"connection"}; Telegram Business
//	POST /people/{id}/join {"link"}                     -> {"in"}
//	GET  /people/{id}/inbox?since=V&wait=5s             -> {"messages":[entry],"version":V}, see [Entry]
//	GET  /people/{id}/files/{file}                      -> the file
//	POST /groups {"title","members","supergroup","channel","forum"} -> {"id"}; the first member makes it
//	POST /groups/{group}/members {"by","change","who"}  -> {}; change is invite, remove, leave, promote or demote
//	POST /groups/{group}/title {"by","title"}           -> {}
//	POST /groups/{group}/migrate {"by"}                 -> {"id"}; it becomes a supergroup
//	POST /groups/{group}/topics {"by","name"}           -> {"id"}
//	POST /faults fault                                  -> {}, see [Fault]
//	POST /clock {"ahead"}                               -> {}; as 24h
//	GET  /unknown                                       -> {"unknown":[…]}
func (s *Server) Control() http.Handler {
	mux := http.NewServeMux()
	handle(mux, "GET /server", func(*http.Request, struct{}) (any, error) { return object{"url": s.URL()}, nil })
	handle(mux, "GET /unknown", func(*http.Request, struct{}) (any, error) { return object{"unknown": s.Unknown()}, nil })
	handle(mux, "POST /faults", func(_ *http.Request, f Fault) (any, error) { s.Inject(f); return nil, nil })
	handle(mux, "POST /clock", s.controlClock)
	s.controlBots(mux)
	s.controlPeople(mux)
	s.controlSaying(mux)
	s.controlGroups(mux)
	return mux
}

// object is a JSON answer.
type object = map[string]any

// handle serves one request: its body, if it has one, is a JSON object without unknown fields.
func handle[In any](mux *http.ServeMux, pattern string, do func(*http.Request, In) (any, error)) {
	mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		var input In
		decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxControlBody))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&input); err != nil && !errors.Is(err, io.EOF) {
			respond(w, nil, fmt.Errorf("%w: %w", errBadInput, err))
			return
		}
		value, err := do(r, input)
		respond(w, value, err)
	})
}

// onPerson serves a request about a person.
func onPerson[In any](s *Server, mux *http.ServeMux, pattern string, do func(*Person, In) (any, error)) {
	handle(mux, pattern, func(r *http.Request, input In) (any, error) {
		p, err := s.named(r.PathValue("id"))
		if err != nil {
			return nil, err
		}
		return do(p, input)
	})
}

func (s *Server) named(id string) (*Person, error) {
	number, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		return nil, fmt.Errorf("%w: %q is no ID", errBadInput, id)
	}
	return s.Person(number)
}

func respond(w http.ResponseWriter, value any, err error) {
	w.Header().Set("Content-Type", "application/json")
	if err != nil {
		w.WriteHeader(controlStatus(err))
		value = object{"error": err.Error()}
	} else if value == nil {
		value = object{}
	}
	json.NewEncoder(w).Encode(value)
}

func controlStatus(err error) int {
	var refusal *apiError
	switch {
	case errors.Is(err, errBadInput), errors.As(err, &refusal):
		return http.StatusBadRequest
	case errors.Is(err, ErrNotAllowed):
		return http.StatusForbidden
	case errors.Is(err, ErrNoSuchPerson), errors.Is(err, ErrNoSuchBot), errors.Is(err, ErrNoSuchChat), errors.Is(err, ErrNoSuchMessage):
		return http.StatusNotFound
	case errors.Is(err, ErrUsernameTaken):
		return http.StatusConflict
	case errors.Is(err, context.DeadlineExceeded):
		return http.StatusGatewayTimeout
	}
	return http.StatusInternalServerError
}

func (s *Server) controlClock(_ *http.Request, in struct {
	Ahead string `json:"ahead"`
}) (any, error) {
	ahead, err := time.ParseDuration(in.Ahead)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errBadInput, err)
	}
	s.Advance(ahead)
	return nil, nil
}

func (s *Server) controlBots(mux *http.ServeMux) {
	handle(mux, "POST /bots", func(_ *http.Request, in struct {
		Name     string `json:"name"`
		Username string `json:"username"`
	}) (any, error) {
		b, err := s.AddBot(in.Name, in.Username)
		if err != nil {
			return nil, err
		}
		return object{"id": b.ID(), "token": b.Token(), "username": b.Username()}, nil
	})
	handle(mux, "POST /bots/{id}/privacy", func(r *http.Request, in struct {
		On bool `json:"on"`
	}) (any, error) {
		b, err := s.bot(r.PathValue("id"))
		if err == nil {
			b.SetPrivacy(in.On)
		}
		return nil, err
	})
	handle(mux, "POST /bots/{id}/revoke", func(r *http.Request, _ struct{}) (any, error) {
		b, err := s.bot(r.PathValue("id"))
		if err != nil {
			return nil, err
		}
		return object{"token": b.Revoke()}, nil
	})
}

func (s *Server) bot(id string) (*Bot, error) {
	number, _ := strconv.ParseInt(id, 10, 64)
	s.mu.Lock()
	defer s.mu.Unlock()
	if a := s.accounts[number]; a != nil && a.bot != nil {
		return a.bot, nil
	}
	return nil, fmt.Errorf("%q: %w", id, ErrNoSuchBot)
}
