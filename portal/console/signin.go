package console

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"net/http"

	"maunium.net/go/mautrix/id"

	"passerelle/portal/govern"
)

// showSignIn tells how to come in.
func (c *Console) showSignIn(v *visit) error {
	if v.seat != nil {
		return v.leave("/")
	}
	return v.show(http.StatusOK, "signin", "sign-in", struct{ Over, Left, Provider bool }{
		Over:     v.r.URL.Query().Has("over"),
		Left:     v.r.URL.Query().Has("left"),
		Provider: c.options.Provider != nil,
	})
}

// showEnter asks whether the person wants to come in. It does not use the link up: programs that show previews fetch links, too.
func (c *Console) showEnter(v *visit) error {
	token := v.r.PathValue("token")
	person, state := c.links.look(token)
	if state != linkGood {
		return c.turnAway(v, person, string(state), state.err())
	}
	browser := randomText()
	if cookie, err := v.r.Cookie(c.cookie("entry")); err == nil && len(cookie.Value) == len(browser) {
		browser = cookie.Value // another link is open in another tab
	}
	v.remember("entry", browser, int(linkLife.Seconds()), http.SameSiteStrictMode)
	return v.show(http.StatusOK, "enter", "enter", struct {
		Person       id.UserID
		Token, Proof string
	}{person, token, proof(browser, token)})
}

// proof shows that a form was given to the browser that holds a cookie.
func proof(browser, token string) string {
	hash := sha256.Sum256([]byte(browser + "\x00" + token))
	return base64.RawURLEncoding.EncodeToString(hash[:])
}

// enter lets the person of a link in, and uses the link up.
func (c *Console) enter(v *visit) error {
	token := v.r.PathValue("token")
	if err := v.r.ParseForm(); err != nil {
		return errTooLarge
	}
	person, state := c.links.look(token)
	if state != linkGood {
		return c.turnAway(v, person, string(state), state.err())
	}
	cookie, err := v.r.Cookie(c.cookie("entry"))
	if err != nil || subtle.ConstantTimeCompare([]byte(v.r.PostFormValue("proof")), []byte(proof(cookie.Value, token))) != 1 {
		return c.turnAway(v, person, "another browser", errBrowser)
	}
	if person, state = c.links.use(token); state != linkGood { // somebody was faster
		return c.turnAway(v, person, string(state), state.err())
	}
	v.forget("entry")
	if err := c.letIn(v, person); err != nil {
		return err
	}
	return v.leave("/")
}

// letIn starts a session, once it is written down.
func (c *Console) letIn(v *visit, person id.UserID) error {
	seat, err := c.options.Desk.Sit(person, govern.Console)
	if errors.Is(err, govern.ErrNoRole) {
		return c.turnAway(v, person, "no role", errStranger)
	}
	if err != nil {
		return err
	}
	if err := seat.SignIn(v.r.Context()); err != nil {
		return err
	}
	if old, err := v.r.Cookie(c.cookie("session")); err == nil {
		c.sessions.end(old.Value)
	}
	v.remember("session", c.sessions.start(person), 0, http.SameSiteStrictMode)
	return nil
}

// turnAway writes down that somebody could not come in, and returns the error that they read.
func (c *Console) turnAway(v *visit, person id.UserID, why string, told error) error {
	if !c.refusals.AllowN(c.options.Now(), 1) {
		return errTooMany
	}
	if err := c.options.Desk.TurnAway(v.r.Context(), govern.Console, person, why); err != nil {
		return err
	}
	return told
}

func (s linkState) err() error {
	switch s {
	case linkUsed:
		return errUsed
	case linkExpired:
		return errExpired
	default:
		return errUnknown
	}
}

// signOut ends the session.
func (c *Console) signOut(v *visit) error {
	if cookie, err := v.r.Cookie(c.cookie("session")); err == nil {
		c.sessions.end(cookie.Value)
	}
	v.forget("session")
	return v.leave("/sign-in?left=1")
}
