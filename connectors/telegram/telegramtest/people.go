package telegramtest

import (
	"context"
	"fmt"
	"strings"
)

// Person is somebody with a Telegram account, and the app that shows it to them. Chats are named by their ID as the person
// sees it: the ID of the other one, or of the group or channel.
type Person struct {
	server *Server
	user   *account
	phone  string
}

// AddPerson opens an account. The username may be empty.
func (s *Server) AddPerson(firstName, username string) (*Person, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if firstName == "" {
		return nil, fmt.Errorf("%w: a person needs a first name", ErrNotAllowed)
	}
	if err := s.freeUsername(username); err != nil {
		return nil, fmt.Errorf("add %q: %w", firstName, err)
	}
	id := s.id()
	p := &Person{server: s, phone: fmt.Sprintf("99966%07d", id)}
	p.user = &account{User: User{ID: id, FirstName: firstName, Username: username, LanguageCode: "fr"}, person: p}
	s.accounts[id] = p.user
	return p, nil
}

func (s *Server) freeUsername(username string) error {
	for _, a := range s.accounts {
		if username != "" && strings.EqualFold(a.Username, username) {
			return ErrUsernameTaken
		}
	}
	return nil
}

// Person returns a person by ID.
func (s *Server) Person(id int64) (*Person, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a := s.accounts[id]; a != nil && a.person != nil {
		return a.person, nil
	}
	return nil, fmt.Errorf("%d: %w", id, ErrNoSuchPerson)
}

// ID is the person's identifier.
func (p *Person) ID() int64 { return p.user.ID }

// Name is the person's name as others see it.
func (p *Person) Name() string {
	p.server.mu.Lock()
	defer p.server.mu.Unlock()
	return fullName(p.user.User)
}

// Username is the person's username, without the @.
func (p *Person) Username() string { return p.user.Username }

func fullName(u User) string { return strings.TrimSpace(u.FirstName + " " + u.LastName) }

// Rename changes the person's name.
func (p *Person) Rename(first, last string) {
	p.server.mu.Lock()
	defer p.server.mu.Unlock()
	p.user.FirstName, p.user.LastName = first, last
}

// SetPhoto sets the person's picture, a JPEG.
func (p *Person) SetPhoto(jpeg []byte) {
	p.server.mu.Lock()
	defer p.server.mu.Unlock()
	p.user.photos = append([]*file{p.server.keep(&upload{name: "photo.jpg", mime: "image/jpeg", data: jpeg})}, p.user.photos...)
}

// Block blocks a bot, or lets it write again.
func (p *Person) Block(bot int64, blocked bool) error {
	s := p.server
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.accounts[bot]
	if a == nil || a.bot == nil {
		return fmt.Errorf("%d: %w", bot, ErrNoSuchBot)
	}
	if a.bot.blockedBy[p.user.ID] == blocked {
		return nil
	}
	a.bot.blockedBy[p.user.ID] = blocked
	status := map[bool]string{true: "kicked", false: "member"}
	in := s.privateChat(p.user.ID, bot)
	a.bot.put("my_chat_member", MemberUpdate{Chat: in.as(bot), From: p.user.User, Date: s.now(),
		Old: Member{Status: status[!blocked], User: a.User}, New: Member{Status: status[blocked], User: a.User}})
	return nil
}

// do runs what a person does in a chat of theirs, under the mutex.
func (p *Person) do(to int64, what func(*chat) error) error {
	s := p.server
	s.mu.Lock()
	defer s.mu.Unlock()
	in, err := s.chatFor(p.user.ID, to)
	if err != nil {
		return err
	}
	if err := what(in); err != nil {
		return fmt.Errorf("%s in %d: %w", p.user.FirstName, to, err)
	}
	return nil
}

// WaitForText waits until the person's app shows a text in any chat.
func (p *Person) WaitForText(ctx context.Context, text string) (Entry, error) {
	return p.WaitFor(ctx, func(e Entry) bool { return e.Text == text })
}
