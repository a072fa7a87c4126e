package bridge

import (
	"context"
	"fmt"
	"sync"
	"time"

	"maunium.net/go/mautrix/bridgev2/networkid"
	"maunium.net/go/mautrix/id"

	"passerelle/database"
	"passerelle/portal"
	"passerelle/portal/govern"
	"passerelle/portal/say"
)

// The rules that a decision names when administrators have made it by hand.
const (
	rulePaused   = "portal paused"
	ruleReadOnly = "portal read-only"
	ruleClosed   = "portal closed"
	ruleBlocked  = "contact blocked"
	ruleLimit    = "daily limit"
)

// standing is what administrators have set by hand, about portals, contacts and logins. It stands before the policy: what it stops,
// no rule admits. It is in memory, and in the database behind it.
type standing struct {
	next  portal.Policy
	store *database.Store
	now   func() time.Time
	// directWith returns the contact of a direct chat; "": it is none.
	directWith func(ctx context.Context, key govern.PortalKey) (string, error)

	changing sync.Mutex // one change at a time
	mu       sync.RWMutex
	portals  map[govern.PortalKey]database.PortalState // guarded by mu
	contacts map[database.ContactKey]database.ContactNote
	logins   map[database.LoginKey]database.LoginSetting
	blocked  map[string]int // network -> how many contacts are blocked
}

var _ portal.Hand = (*standing)(nil)

func newStanding(ctx context.Context, next portal.Policy, store *database.Store) (*standing, error) {
	s := &standing{next: next, store: store, now: time.Now, portals: map[govern.PortalKey]database.PortalState{}, blocked: map[string]int{}}
	states, err := store.PortalStates(ctx)
	if err != nil {
		return nil, err
	}
	for _, state := range states {
		s.portals[state.Key] = state
	}
	if s.contacts, err = store.ContactNotes(ctx); err != nil {
		return nil, err
	}
	for key, note := range s.contacts {
		if note.Blocked {
			s.blocked[key.Network]++
		}
	}
	s.logins, err = store.LoginSettings(ctx)
	return s, err
}

// Judge stops what administrators have stopped, and asks the policy about the rest (see [portal.Policy]).
func (s *standing) Judge(ctx context.Context, c portal.Crossing) (portal.Verdict, error) {
	verdict, err := s.ByHand(ctx, c)
	if err != nil || verdict.Outcome != "" {
		return verdict, err
	}
	c.Mark = s.portal(govern.PortalKey{Network: c.Network, ID: c.Portal, Receiver: c.Receiver}).Mark
	return s.next.Judge(ctx, c)
}

// ByHand returns what administrators have set; no outcome: nothing (see [portal.Hand]).
func (s *standing) ByHand(ctx context.Context, c portal.Crossing) (portal.Verdict, error) {
	key := govern.PortalKey{Network: c.Network, ID: c.Portal, Receiver: c.Receiver}
	switch state := s.portal(key).State; {
	case state == govern.Closed:
		return refused(ruleClosed, say.ChatClosedOut), nil
	case state == govern.Paused && c.Direction == portal.In:
		return portal.Verdict{Outcome: portal.Hold, Rule: rulePaused}, nil
	case state == govern.Paused:
		return refused(rulePaused, say.ChatPausedOut), nil
	case state == govern.ReadOnly && c.Direction == portal.Out:
		return refused(ruleReadOnly, say.ChatReadOnlyOut), nil
	}
	blocked, err := s.isBlocked(ctx, key, c)
	switch {
	case err != nil:
		return portal.Verdict{}, err
	case blocked:
		return refused(ruleBlocked, say.ContactBlocked), nil
	case c.Direction == portal.Out:
		return s.limited(ctx, database.LoginKey{Network: c.Network, Login: c.Login})
	}
	return portal.Verdict{}, nil
}

func refused(rule string, why say.Sentence, args ...any) portal.Verdict {
	return portal.Verdict{Outcome: portal.Refuse, Rule: rule, Sentence: wordsOf(why, args...)}
}

// wordsOf is a sentence of ours in all its languages.
func wordsOf(s say.Sentence, args ...any) portal.Words {
	words := portal.Words{}
	for _, language := range say.Languages() {
		words[language] = language.Say(s, args...)
	}
	return words
}

// isBlocked tells whether a crossing comes from a contact that is blocked, or goes to one alone.
func (s *standing) isBlocked(ctx context.Context, key govern.PortalKey, c portal.Crossing) (bool, error) {
	s.mu.RLock()
	some := s.blocked[c.Network] > 0
	s.mu.RUnlock()
	if !some {
		return false, nil
	}
	if c.Direction == portal.In {
		return s.contact(database.ContactKey{Network: c.Network, ID: c.Sender}).Blocked, nil
	}
	with, err := s.directWith(ctx, key)
	if err != nil {
		return false, fmt.Errorf("look up whom a chat is with: %w", err)
	}
	return with != "" && s.contact(database.ContactKey{Network: c.Network, ID: with}).Blocked, nil
}

// limited stops what goes out of a login that has sent as much today, by UTC, as it may.
func (s *standing) limited(ctx context.Context, key database.LoginKey) (portal.Verdict, error) {
	limit := s.login(key).Daily
	if limit == 0 {
		return portal.Verdict{}, nil
	}
	sent, err := s.store.SentSince(ctx, key, s.now().UTC().Truncate(24*time.Hour))
	if err != nil || sent < limit {
		return portal.Verdict{}, err
	}
	return refused(ruleLimit, say.LimitReached, limit), nil
}

// portal returns what is set about a portal; one of which nothing is, is open.
func (s *standing) portal(key govern.PortalKey) database.PortalState {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if state, ok := s.portals[key]; ok {
		return state
	}
	return database.PortalState{Key: key, State: govern.Open}
}

func (s *standing) contact(key database.ContactKey) database.ContactNote {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.contacts[key]
}

func (s *standing) login(key database.LoginKey) database.LoginSetting {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.logins[key]
}

// changePortal changes what is set about a portal, in the database and then in memory.
func (s *standing) changePortal(ctx context.Context, key govern.PortalKey, by id.UserID, change func(*database.PortalState)) error {
	s.changing.Lock()
	defer s.changing.Unlock()
	state := s.portal(key)
	change(&state)
	state.By, state.At = by, s.now()
	if err := s.store.SetPortalState(ctx, state); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.portals[key] = state
	return nil
}

// forgetPortal forgets what is set about a portal that is deleted.
func (s *standing) forgetPortal(ctx context.Context, key govern.PortalKey) error {
	s.changing.Lock()
	defer s.changing.Unlock()
	if err := s.store.ForgetPortal(ctx, key); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.portals, key)
	return nil
}

func (s *standing) changeContact(ctx context.Context, key database.ContactKey, change func(*database.ContactNote)) error {
	s.changing.Lock()
	defer s.changing.Unlock()
	before := s.contact(key)
	note := before
	change(&note)
	if err := s.store.SetContactNote(ctx, key, note); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.contacts[key] = note
	switch {
	case note.Blocked && !before.Blocked:
		s.blocked[key.Network]++
	case before.Blocked && !note.Blocked:
		s.blocked[key.Network]--
	}
	return nil
}

func (s *standing) changeLogin(ctx context.Context, key database.LoginKey, change func(*database.LoginSetting)) error {
	s.changing.Lock()
	defer s.changing.Unlock()
	setting := s.login(key)
	change(&setting)
	if err := s.store.SetLoginSetting(ctx, key, setting); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.logins[key] = setting
	return nil
}

// keyOf names a portal of bridgev2's.
func (n *network) keyOf(key networkid.PortalKey) govern.PortalKey {
	return govern.PortalKey{Network: n.Name, ID: string(key.ID), Receiver: string(key.Receiver)}
}

// theirKey is bridgev2's name of a portal.
func theirKey(key govern.PortalKey) networkid.PortalKey {
	return networkid.PortalKey{ID: networkid.PortalID(key.ID), Receiver: networkid.UserLoginID(key.Receiver)}
}

// standsIn returns the state of the portal whose room it is; open for a room that is none's.
func (n *network) standsIn(room id.RoomID) govern.State {
	at, err := n.bridge().GetPortalByMXID(n.base, room)
	if err != nil || at == nil {
		return govern.Open
	}
	return n.host.standing.portal(n.keyOf(at.PortalKey)).State
}
