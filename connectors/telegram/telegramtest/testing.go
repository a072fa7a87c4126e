package telegramtest

import "testing"

// NewServer starts a server for a test. The test fails when a bot asked for what the server does not know.
func NewServer(t testing.TB) *Server {
	t.Helper()
	return NewServerWith(t, Options{})
}

// NewServerWith is NewServer with options.
func NewServerWith(t testing.TB, options Options) *Server {
	t.Helper()
	s, err := New(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close the simulated Telegram: %v", err)
		}
		for _, problem := range s.Unknown() {
			t.Errorf("a bot asked the simulated Telegram for what it does not know: %s", problem)
		}
	})
	return s
}

// MustAddPerson adds a person, or panics: for tests.
func (s *Server) MustAddPerson(firstName, username string) *Person {
	p, err := s.AddPerson(firstName, username)
	if err != nil {
		panic(err)
	}
	return p
}

// MustAddBot adds a bot, or panics: for tests.
func (s *Server) MustAddBot(name, username string) *Bot {
	b, err := s.AddBot(name, username)
	if err != nil {
		panic(err)
	}
	return b
}
