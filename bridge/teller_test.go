package bridge

import (
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"maunium.net/go/mautrix/bridgev2/status"

	"passerelle/portal/say"
)

// ear is what the owner of a login is told, on the clock of a synctest bubble.
type ear struct {
	*teller
	mu   sync.Mutex
	told []string
}

func newEar(t *testing.T) *ear {
	e := &ear{}
	e.teller = newTeller(5*time.Minute, time.Now, func(state status.BridgeState, sentence say.Sentence) {
		e.mu.Lock()
		defer e.mu.Unlock()
		e.told = append(e.told, state.Message+string(sentence))
	})
	go e.run(t.Context())
	return e
}

// becomes lets the login be in a state for a time.
func (e *ear) becomes(t *testing.T, event status.BridgeStateEvent, code, message string, lasts time.Duration) {
	e.observe(t.Context(), status.BridgeState{RemoteID: "login", StateEvent: event, Error: status.BridgeStateErrorCode(code), Message: message})
	time.Sleep(lasts)
	synctest.Wait()
}

// heard checks what the owner has been told since it was asked last.
func (e *ear) heard(t *testing.T, want ...string) {
	t.Helper()
	e.mu.Lock()
	defer e.mu.Unlock()
	if !slices.Equal(e.told, want) {
		t.Errorf("told %q, want %q", e.told, want)
	}
	e.told = nil
}

func TestALostConnectionIsToldOnceAndThatItIsBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEar(t)
		e.becomes(t, status.StateConnected, "", "", time.Hour)
		for range 3 { // it flaps
			e.becomes(t, status.StateTransientDisconnect, "gone", "lost", 4*time.Minute)
			e.becomes(t, status.StateConnected, "", "", time.Minute)
		}
		e.heard(t)
		for range 8 { // each attempt fails
			e.becomes(t, status.StateTransientDisconnect, "gone", "lost", time.Minute)
		}
		e.heard(t, "lost")
		e.becomes(t, status.StateConnected, "", "", time.Minute)
		e.heard(t, string(say.ConnectionBack))
	})
}

func TestWhatDoesNotMendByItselfIsToldAtOnceAndOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEar(t)
		e.becomes(t, status.StateTransientDisconnect, "gone", "lost", time.Minute)
		e.becomes(t, status.StateUnknownError, "refused", "refused", time.Hour)
		e.becomes(t, status.StateTransientDisconnect, "gone", "lost", time.Minute)
		e.becomes(t, status.StateUnknownError, "refused", "refused", time.Hour)
		e.heard(t, "refused")
		e.becomes(t, status.StateConnected, "", "", 0)
		e.heard(t, string(say.ConnectionBack))
		e.becomes(t, status.StateBadCredentials, "logged-out", "logged out", 0)
		e.becomes(t, status.StateBadCredentials, "logged-out", "logged out", 0)
		e.heard(t, "logged out")
		e.becomes(t, status.StateConnected, "", "", 0) // the phone was linked again, and the login said so
		e.heard(t)
		e.becomes(t, status.StateTransientDisconnect, "gone", "lost", time.Minute)
		e.becomes(t, status.StateLoggedOut, "", "", time.Hour) // the owner wanted it
		e.heard(t)
	})
}
