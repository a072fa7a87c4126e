package whatsapptest

// TB is what [NewServer] needs of a testing.TB; an interface of our own keeps the testing flags out of demo programs.
type TB interface {
	Helper()
	Cleanup(func())
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}

// NewServer starts a server for a test, makes this process's whatsmeow clients trust it ([TrustRoot]), and closes it when the
// test ends. A stanza that the server did not understand fails the test.
func NewServer(t TB, adjust ...func(*Options)) *Server {
	t.Helper()
	if err := TrustRoot(); err != nil {
		t.Fatalf("trust root key: %v", err)
	}
	var options Options
	for _, change := range adjust {
		change(&options)
	}
	s, err := New(options)
	if err != nil {
		t.Fatalf("%v", err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close WhatsApp simulator: %v", err)
		}
		for _, u := range s.Unknown() {
			t.Errorf("the WhatsApp simulator did not understand %s from %s", u.Stanza, u.From)
		}
	})
	return s
}

// MustAddPerson is [Server.AddPerson] for tests and demos whose numbers are known to be good; it panics on an error.
func (s *Server) MustAddPerson(number, name string) *Phone {
	phone, err := s.AddPerson(number, name)
	if err != nil {
		panic(err)
	}
	return phone
}
