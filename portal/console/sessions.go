package console

import (
	"crypto/sha256"
	"sync"
	"time"

	"maunium.net/go/mautrix/id"
)

const (
	sessionIdle = 15 * time.Minute
	sessionLife = 8 * time.Hour
)

// session is a browser in which somebody came in.
type session struct {
	hash    [sha256.Size]byte
	person  id.UserID
	csrf    string // stands in each form
	started time.Time
	last    time.Time
	news    *news
}

// news is what a page tells once about what was just done.
type news struct {
	Text  string
	Left  []string // what could not be done
	Wrong bool     // nothing was done
}

// sessions are those that go on.
type sessions struct {
	now func() time.Time

	mu     sync.Mutex
	byHash map[[sha256.Size]byte]*session // guarded by mu
}

func newSessions(now func() time.Time) *sessions {
	return &sessions{now: now, byHash: map[[sha256.Size]byte]*session{}}
}

// start returns the secret of a new session.
func (s *sessions) start(person id.UserID) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	for hash, old := range s.byHash {
		if old.over(now) {
			delete(s.byHash, hash)
		}
	}
	secret := randomText()
	hash := sha256.Sum256([]byte(secret))
	s.byHash[hash] = &session{hash: hash, person: person, csrf: randomText(), started: now, last: now}
	return secret
}

func (s *session) over(now time.Time) bool {
	return now.Sub(s.last) >= sessionIdle || now.Sub(s.started) >= sessionLife
}

// find returns the session of a secret as it is now. A request that somebody made keeps it going.
func (s *sessions) find(secret string, somebody bool) (session, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := s.byHash[sha256.Sum256([]byte(secret))]
	if found == nil {
		return session{}, false
	}
	now := s.now()
	if found.over(now) {
		delete(s.byHash, found.hash)
		return session{}, false
	}
	if somebody {
		found.last = now
	}
	return *found, true
}

// end ends a session.
func (s *sessions) end(secret string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.byHash, sha256.Sum256([]byte(secret)))
}

// tell leaves news for the next page.
func (s *sessions) tell(hash [sha256.Size]byte, n *news) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if found := s.byHash[hash]; found != nil {
		found.news = n
	}
}

// hear returns the news once; nil: there is none.
func (s *sessions) hear(hash [sha256.Size]byte) *news {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := s.byHash[hash]
	if found == nil {
		return nil
	}
	n := found.news
	found.news = nil
	return n
}
