package telegramtest

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"
)

func (s *Server) controlPeople(mux *http.ServeMux) {
	handle(mux, "GET /people", func(*http.Request, struct{}) (any, error) { return object{"people": s.listPeople()}, nil })
	handle(mux, "POST /people", func(_ *http.Request, in struct {
		FirstName string `json:"first_name"`
		Username  string `json:"username"`
	}) (any, error) {
		p, err := s.AddPerson(in.FirstName, in.Username)
		if err != nil {
			return nil, err
		}
		return object{"id": p.ID()}, nil
	})
	handle(mux, "GET /people/{id}/inbox", s.controlInbox)
	mux.HandleFunc("GET /people/{id}/files/{file}", s.controlFile)
	onPerson(s, mux, "POST /people/{id}/block", func(p *Person, in struct {
		Bot     int64 `json:"bot"`
		Blocked bool  `json:"blocked"`
	}) (any, error) {
		return nil, p.Block(in.Bot, in.Blocked)
	})
	onPerson(s, mux, "POST /people/{id}/connect", func(p *Person, in struct {
		Bot    int64          `json:"bot"`
		Rights BusinessRights `json:"rights"`
		Chats  []int64        `json:"chats"`
	}) (any, error) {
		id, err := p.Connect(in.Bot, in.Rights, in.Chats...)
		return object{"connection": id}, err
	})
	onPerson(s, mux, "POST /people/{id}/join", func(p *Person, in struct {
		Link string `json:"link"`
	}) (any, error) {
		joined, err := p.Join(in.Link)
		return object{"in": joined}, err
	})
}

func (s *Server) listPeople() []object {
	s.mu.Lock()
	defer s.mu.Unlock()
	people := []object{}
	for _, a := range s.accounts {
		if a.person != nil {
			people = append(people, object{"id": a.ID, "first_name": a.FirstName, "username": a.Username})
		}
	}
	slices.SortFunc(people, func(x, y object) int { return int(x["id"].(int64) - y["id"].(int64)) })
	return people
}

func (s *Server) controlInbox(r *http.Request, _ struct{}) (any, error) {
	p, err := s.named(r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	query := r.URL.Query()
	since, _ := strconv.ParseInt(query.Get("since"), 10, 64)
	if wait := query.Get("wait"); wait != "" {
		patience, err := time.ParseDuration(wait)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", errBadInput, err)
		}
		ctx, cancel := context.WithTimeout(r.Context(), min(patience, maxWait))
		defer cancel()
		s.wait(ctx, func() bool { return len(p.since(since)) > 0 })
	}
	entries := p.Since(since)
	version := since
	if len(entries) > 0 {
		version = entries[len(entries)-1].Version
	}
	return object{"messages": entries, "version": version}, nil
}

func (s *Server) controlFile(w http.ResponseWriter, r *http.Request) {
	p, err := s.named(r.PathValue("id"))
	if err != nil {
		respond(w, nil, err)
		return
	}
	data, ok := p.Fetch(r.PathValue("file"))
	if !ok {
		respond(w, nil, ErrNoSuchMessage)
		return
	}
	w.Write(data)
}

// place names a message in a chat.
type place struct {
	Chat int64 `json:"chat"`
	ID   int64 `json:"id"`
}

func sentAs(id int64, err error) (any, error) { return object{"id": id}, err }

func (s *Server) controlSaying(mux *http.ServeMux) {
	onPerson(s, mux, "POST /people/{id}/send", func(p *Person, in struct {
		To int64 `json:"to"`
		Text
	}) (any, error) {
		return sentAs(p.SendText(in.To, in.Text))
	})
	onPerson(s, mux, "POST /people/{id}/start", func(p *Person, in struct {
		To      int64  `json:"to"`
		Payload string `json:"payload"`
	}) (any, error) {
		return sentAs(p.Start(in.To, in.Payload))
	})
	onPerson(s, mux, "POST /people/{id}/send-file", func(p *Person, in struct {
		To int64 `json:"to"`
		File
	}) (any, error) {
		return sentAs(p.SendFile(in.To, in.File))
	})
	onPerson(s, mux, "POST /people/{id}/send-message", func(p *Person, in struct {
		To      int64   `json:"to"`
		Message Message `json:"message"`
	}) (any, error) {
		return sentAs(p.SendMessage(in.To, in.Message))
	})
	onPerson(s, mux, "POST /people/{id}/send-poll", func(p *Person, in struct {
		To      int64    `json:"to"`
		Poll    Poll     `json:"poll"`
		Options []string `json:"options"`
	}) (any, error) {
		return sentAs(p.SendPoll(in.To, in.Poll, in.Options...))
	})
	onPerson(s, mux, "POST /people/{id}/vote", func(p *Person, in struct {
		place
		Options []int `json:"options"`
	}) (any, error) {
		return nil, p.Vote(in.Chat, in.ID, in.Options...)
	})
	onPerson(s, mux, "POST /people/{id}/forward", func(p *Person, in struct {
		From int64 `json:"from"`
		ID   int64 `json:"id"`
		To   int64 `json:"to"`
	}) (any, error) {
		return sentAs(p.Forward(in.From, in.ID, in.To))
	})
	onPerson(s, mux, "POST /people/{id}/edit", func(p *Person, in struct {
		place
		Text
	}) (any, error) {
		return nil, p.Edit(in.Chat, in.ID, in.Text)
	})
	onPerson(s, mux, "POST /people/{id}/delete", func(p *Person, in place) (any, error) { return nil, p.Delete(in.Chat, in.ID) })
	onPerson(s, mux, "POST /people/{id}/pin", func(p *Person, in place) (any, error) { return nil, p.Pin(in.Chat, in.ID) })
	onPerson(s, mux, "POST /people/{id}/react", func(p *Person, in struct {
		place
		Emoji []string `json:"emoji"`
	}) (any, error) {
		return nil, p.React(in.Chat, in.ID, in.Emoji...)
	})
	onPerson(s, mux, "POST /people/{id}/press", func(p *Person, in struct {
		place
		Label string `json:"label"`
	}) (any, error) {
		_, err := p.Press(in.Chat, in.ID, in.Label)
		return nil, err
	})
}

func (s *Server) controlGroups(mux *http.ServeMux) {
	handle(mux, "POST /groups", func(_ *http.Request, in struct {
		Title      string  `json:"title"`
		Members    []int64 `json:"members"`
		Supergroup bool    `json:"supergroup"`
		Channel    bool    `json:"channel"`
		Forum      bool    `json:"forum"`
	}) (any, error) {
		if len(in.Members) == 0 {
			return nil, fmt.Errorf("%w: a group needs somebody who makes it", errBadInput)
		}
		p, err := s.Person(in.Members[0])
		if err != nil {
			return nil, err
		}
		return sentAs(p.CreateGroup(in.Title, GroupOptions{in.Supergroup, in.Channel, in.Forum}, in.Members[1:]...))
	})
	type change struct {
		By     int64  `json:"by"`
		Change string `json:"change"`
		Who    int64  `json:"who"`
		Title  string `json:"title"`
		Name   string `json:"name"`
	}
	onGroup := func(pattern string, do func(p *Person, group int64, in change) (any, error)) {
		handle(mux, pattern, func(r *http.Request, in change) (any, error) {
			group, err := strconv.ParseInt(r.PathValue("group"), 10, 64)
			if err != nil {
				return nil, fmt.Errorf("%w: %w", errBadInput, err)
			}
			p, err := s.Person(in.By)
			if err != nil {
				return nil, err
			}
			return do(p, group, in)
		})
	}
	onGroup("POST /groups/{group}/members", func(p *Person, group int64, in change) (any, error) {
		switch in.Change {
		case "invite":
			return nil, p.Invite(group, in.Who)
		case "remove":
			return nil, p.Remove(group, in.Who)
		case "leave":
			return nil, p.Leave(group)
		case "promote", "demote":
			return nil, p.Promote(group, in.Who, in.Change == "promote")
		}
		return nil, fmt.Errorf("%w: unknown change %q", errBadInput, in.Change)
	})
	onGroup("POST /groups/{group}/title", func(p *Person, group int64, in change) (any, error) { return nil, p.Retitle(group, in.Title) })
	onGroup("POST /groups/{group}/migrate", func(p *Person, group int64, _ change) (any, error) { return sentAs(p.Migrate(group)) })
	onGroup("POST /groups/{group}/topics", func(p *Person, group int64, in change) (any, error) { return sentAs(p.OpenTopic(group, in.Name)) })
}
