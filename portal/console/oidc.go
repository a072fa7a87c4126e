package console

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
	"maunium.net/go/mautrix/id"
)

// Provider is an OpenID Connect provider that says who people are (OpenID Connect Core 1.0, authorization code flow, with PKCE).
type Provider struct {
	Issuer       string
	ClientID     string
	ClientSecret string // empty: the console is a public client
	Claim        string // of the ID token: a Matrix ID, or what stands before the colon of one on Domain
	Domain       string
	Client       *http.Client // that reaches it

	mu    sync.Mutex
	known *oidc.Provider // guarded by mu; nil: not asked yet
	tried time.Time      // guarded by mu
}

const (
	providerPatience = 10 * time.Second
	providerPause    = 10 * time.Second // between attempts to reach one that does not answer
	providerFlow     = 10 * time.Minute // for how long a person may take there
)

// discover returns what the provider says of itself. It fails transiently.
func (p *Provider) discover(ctx context.Context, now time.Time) (*oidc.Provider, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.known != nil {
		return p.known, nil
	}
	if now.Sub(p.tried) < providerPause {
		return nil, errors.New("the OpenID Connect provider did not answer a moment ago")
	}
	p.tried = now
	// The keys are fetched later with the same client; the context is only asked for it (go-oidc, NewRemoteKeySet).
	known, err := oidc.NewProvider(oidc.ClientContext(ctx, p.Client), p.Issuer)
	if err != nil {
		return nil, fmt.Errorf("ask the OpenID Connect provider what it offers: %w", err)
	}
	p.known = known
	return known, nil
}

func (p *Provider) oauth(known *oidc.Provider, address string) *oauth2.Config {
	return &oauth2.Config{
		ClientID: p.ClientID, ClientSecret: p.ClientSecret, Endpoint: known.Endpoint(),
		RedirectURL: address + "/provider/back", Scopes: []string{oidc.ScopeOpenID, "profile", "email"},
	}
}

// flow is one person's way to the provider and back: three secrets made of one, which only the person's browser keeps.
type flow struct{ state, nonce, verifier string }

func newFlow(secret string) flow {
	derive := func(purpose string) string {
		hash := sha256.Sum256([]byte(purpose + "\x00" + secret))
		return base64.RawURLEncoding.EncodeToString(hash[:])
	}
	return flow{state: derive("state"), nonce: derive("nonce"), verifier: derive("verifier")}
}

// askProvider sends a person to the provider.
func (c *Console) askProvider(v *visit) error {
	if !c.exchanges.AllowN(c.options.Now(), 1) {
		return errTooMany
	}
	ctx, cancel := context.WithTimeout(v.r.Context(), providerPatience)
	defer cancel()
	p := c.options.Provider
	known, err := p.discover(ctx, c.options.Now())
	if err != nil {
		return err
	}
	secret := randomText()
	f := newFlow(secret)
	// The provider leads back from another site: the cookie has to come along then.
	v.remember("provider", secret, int(providerFlow.Seconds()), http.SameSiteLaxMode)
	http.Redirect(v.w, v.r, p.oauth(known, c.options.Address).AuthCodeURL(f.state, oidc.Nonce(f.nonce), oauth2.S256ChallengeOption(f.verifier)),
		http.StatusSeeOther)
	return nil
}

// backFromProvider lets in whom the provider vouches for.
func (c *Console) backFromProvider(v *visit) error {
	if !c.exchanges.AllowN(c.options.Now(), 1) {
		return errTooMany
	}
	cookie, err := v.r.Cookie(c.cookie("provider"))
	query := v.r.URL.Query()
	if err != nil || subtle.ConstantTimeCompare([]byte(query.Get("state")), []byte(newFlow(cookie.Value).state)) != 1 {
		return c.turnAway(v, "", "forged answer", errProvider)
	}
	v.forget("provider")
	person, err := c.identify(v, newFlow(cookie.Value), query.Get("code"))
	if err != nil {
		c.options.Log.Warn().Err(err).Msg("The OpenID Connect provider let nobody in")
		return c.turnAway(v, "", "provider", errProvider)
	}
	if err := c.letIn(v, person); err != nil {
		return err
	}
	return v.leadTo("/") // a redirect would not bring the session's cookie: it would still be the provider's site that leads
}

// identify exchanges the provider's code for who the person is.
func (c *Console) identify(v *visit, f flow, code string) (id.UserID, error) {
	ctx, cancel := context.WithTimeout(v.r.Context(), providerPatience)
	defer cancel()
	p := c.options.Provider
	known, err := p.discover(ctx, c.options.Now())
	if err != nil {
		return "", err
	}
	ctx = oidc.ClientContext(ctx, p.Client)
	tokens, err := p.oauth(known, c.options.Address).Exchange(ctx, code, oauth2.VerifierOption(f.verifier))
	if err != nil {
		var refused *oauth2.RetrieveError
		if errors.As(err, &refused) { // its text holds the provider's whole answer
			return "", fmt.Errorf("exchange the code: refused with status %d", refused.Response.StatusCode)
		}
		return "", fmt.Errorf("exchange the code: %w", err)
	}
	raw, _ := tokens.Extra("id_token").(string)
	token, err := known.VerifierContext(ctx, &oidc.Config{ClientID: p.ClientID, Now: c.options.Now}).Verify(ctx, raw)
	if err != nil {
		return "", fmt.Errorf("verify the ID token: %w", err)
	}
	if subtle.ConstantTimeCompare([]byte(token.Nonce), []byte(f.nonce)) != 1 {
		return "", errors.New("the ID token is of another sign-in")
	}
	var claims map[string]any
	if err := token.Claims(&claims); err != nil {
		return "", fmt.Errorf("read the ID token: %w", err)
	}
	value, _ := claims[p.Claim].(string)
	person, ok := matrixID(value, p.Domain)
	if !ok {
		return "", fmt.Errorf("the claim %q is no Matrix ID and no name of one on %s", p.Claim, p.Domain)
	}
	return person, nil
}

// matrixID reads a claim: a whole Matrix ID, or the name before the colon of one on domain. Nothing is made to fit: two people of the
// provider's must not become one.
func matrixID(claim, domain string) (id.UserID, bool) {
	user := id.UserID(claim)
	if !strings.HasPrefix(claim, "@") {
		user = id.NewUserID(claim, domain)
	}
	name, host, err := user.ParseAndValidateStrict()
	if err != nil || name == "" || host == "" || string(user) != "@"+name+":"+host {
		return "", false
	}
	if !strings.HasPrefix(claim, "@") && host != domain {
		return "", false
	}
	return user, true
}
