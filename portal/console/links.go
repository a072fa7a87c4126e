package console

import (
	"crypto/sha256"
	"errors"
	"sync"
	"time"

	"golang.org/x/time/rate"
	"maunium.net/go/mautrix/id"
)

// ErrTooOften is the error of a link that is asked for too soon after others.
var ErrTooOften = errors.New("too many links were asked for; wait a minute")

const (
	linkLife   = 2 * time.Minute
	linkMemory = 24 * time.Hour // for how long a link that is no longer good is told from a forged one
	linkEvery  = 20 * time.Second
	linkBurst  = 5
)

// linkState says what a link is good for.
type linkState string

const (
	linkGood    linkState = "good"
	linkUsed    linkState = "used link"
	linkExpired linkState = "expired link"
	linkUnknown linkState = "unknown link"
)

// link is what is known of a link whose secret nobody but its reader has.
type link struct {
	person id.UserID
	made   time.Time
	state  linkState // never linkUnknown
}

// links are the links by which people come in.
type links struct {
	now func() time.Time

	mu     sync.Mutex
	byHash map[[sha256.Size]byte]*link // guarded by mu
	asked  map[id.UserID]*rate.Limiter // guarded by mu; as many as there are people with a role
}

func newLinks(now func() time.Time) *links {
	return &links{now: now, byHash: map[[sha256.Size]byte]*link{}, asked: map[id.UserID]*rate.Limiter{}}
}

// make returns the secret of a new link of a person's, in the place of those before. It fails with ErrTooOften.
func (l *links) make(person id.UserID) (string, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	if l.asked[person] == nil {
		l.asked[person] = rate.NewLimiter(rate.Every(linkEvery), linkBurst)
	}
	if !l.asked[person].AllowN(now, 1) {
		return "", ErrTooOften
	}
	for hash, old := range l.byHash {
		switch {
		case now.Sub(old.made) > linkMemory:
			delete(l.byHash, hash)
		case old.person == person && old.state == linkGood:
			old.state = linkExpired
		}
	}
	token := randomText()
	l.byHash[sha256.Sum256([]byte(token))] = &link{person: person, made: now, state: linkGood}
	return token, nil
}

// look tells whose a link is and what it is good for.
func (l *links) look(token string) (id.UserID, linkState) { return l.take(token, false) }

// use tells the same, and uses the link up.
func (l *links) use(token string) (id.UserID, linkState) { return l.take(token, true) }

func (l *links) take(token string, use bool) (id.UserID, linkState) {
	l.mu.Lock()
	defer l.mu.Unlock()
	found := l.byHash[sha256.Sum256([]byte(token))]
	if found == nil {
		return "", linkUnknown
	}
	if found.state == linkGood && l.now().Sub(found.made) >= linkLife {
		found.state = linkExpired
	}
	state := found.state
	if use && state == linkGood {
		found.state = linkUsed
	}
	return found.person, state
}
