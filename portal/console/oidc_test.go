package console

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/oauth2-proxy/mockoidc"
	"maunium.net/go/mautrix/id"
)

// ministry is a provider of OpenID Connect on this machine, and a console that trusts it.
func ministry(t *testing.T, change ...func(*Options)) (*mockoidc.MockOIDC, *world) {
	t.Helper()
	provider, err := mockoidc.Run()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { provider.Server.Close() })
	trust := func(o *Options) {
		o.Provider = &Provider{Issuer: provider.Issuer(), ClientID: provider.ClientID, ClientSecret: provider.ClientSecret,
			Claim: "preferred_username", Domain: "example.org", Client: http.DefaultClient}
		o.Now = time.Now // the provider's tokens are of this time
	}
	return provider, newWorld(t, append(change, trust)...)
}

func TestTheAdministrationsProviderLetsPeopleIn(t *testing.T) {
	provider, w := ministry(t)
	provider.QueueUser(&mockoidc.MockUser{Subject: "17", PreferredUsername: "amira"})
	a := w.agent()
	if page := a.get("/"); !strings.Contains(page.body, "Sign in with my work account") {
		t.Fatalf("the provider is not offered:\n%s", page.body)
	}
	page := a.get("/provider")
	if !strings.HasPrefix(page.path, "/provider/back") || !strings.Contains(page.body, `http-equiv="refresh" content="0;url=/"`) {
		t.Fatalf("at %s:\n%s", page.path, page.body)
	}
	if page = a.get("/"); !strings.Contains(page.body, "@amira:example.org") || page.path != "/" {
		t.Errorf("amira is at %s:\n%s", page.path, page.body)
	}
	if !slices.Contains(w.written(), "@amira:example.org done") {
		t.Errorf("written down: %q", w.written())
	}
}

// TestChromiumComesBackFromTheProvider has the provider on another site than the console: no cookie of the session's comes along when
// it leads back.
func TestChromiumComesBackFromTheProvider(t *testing.T) {
	var address string
	provider, w := ministry(t, func(o *Options) {
		address = strings.Replace(o.Address, "127.0.0.1", "localhost", 1)
		o.Address = address
	})
	provider.QueueUser(&mockoidc.MockUser{Subject: "17", PreferredUsername: "amira"})
	win := &window{w, chrome(t)}
	win.do(to(address), click(`a[href="/provider"]`), see(`nav.menu a[aria-current][href="/"]`), said("@amira:example.org"))
}

func TestWhoTheProviderKnowsNeedsARoleToo(t *testing.T) {
	provider, w := ministry(t)
	for name, want := range map[string]string{"claire": "@claire:example.org no role", "amira@evil.example": "provider", "": "provider"} {
		provider.QueueUser(&mockoidc.MockUser{Subject: "18", PreferredUsername: name, Email: "amira@example.org"})
		a := w.agent()
		if page := a.get("/provider"); page.status != http.StatusForbidden {
			t.Errorf("%q: %d", name, page.status)
		}
		if page := a.get("/"); page.path != "/sign-in" {
			t.Errorf("%q is at %s", name, page.path)
		}
		if !slices.Contains(w.written(), want) {
			t.Errorf("%q: written down: %q", name, w.written())
		}
	}
}

// TestAnAnswerOfTheProvidersIsForTheBrowserThatAsked tries answers that were begun elsewhere, or made up.
func TestAnAnswerOfTheProvidersIsForTheBrowserThatAsked(t *testing.T) {
	provider, w := ministry(t)
	provider.QueueUser(&mockoidc.MockUser{Subject: "17", PreferredUsername: "amira"})
	a := w.agent()
	a.client.CheckRedirect = func(r *http.Request, _ []*http.Request) error {
		if strings.HasPrefix(r.URL.String(), w.url) {
			return http.ErrUseLastResponse
		}
		return nil
	}
	back := a.get("/provider").header.Get("Location")
	if !strings.HasPrefix(back, w.url+"/provider/back?") {
		t.Fatalf("the provider leads to %s", back)
	}
	address, err := url.Parse(back)
	if err != nil {
		t.Fatal(err)
	}
	changed := func(key, value string) string {
		query := address.Query()
		query.Set(key, value)
		return "/provider/back?" + query.Encode()
	}
	for name, page := range map[string]answer{
		"in another browser": w.agent().get(back),
		"with another state": a.get(changed("state", "x")),
		"without a state":    a.get("/provider/back"),
	} {
		if page.status != http.StatusForbidden || !strings.Contains(page.body, "did not let you in") {
			t.Errorf("%s: %d\n%s", name, page.status, page.body)
		}
	}
	b := w.agent() // has a flow of its own, into which amira's code is put
	b.client.CheckRedirect = a.client.CheckRedirect
	provider.QueueUser(&mockoidc.MockUser{Subject: "19", PreferredUsername: "claire"})
	theirs, err := url.Parse(b.get("/provider").header.Get("Location"))
	if err != nil {
		t.Fatal(err)
	}
	if page := b.get("/provider/back?state=" + url.QueryEscape(theirs.Query().Get("state")) + "&code=" + url.QueryEscape(address.Query().Get("code"))); page.status != http.StatusForbidden {
		t.Errorf("with somebody else's code: %d", page.status)
	}
	if page := a.get(changed("code", "forged")); page.status != http.StatusForbidden {
		t.Errorf("with a forged code: %d", page.status)
	}
	if page := a.get(back); page.status != http.StatusForbidden {
		t.Errorf("an answer that was tried before: %d", page.status)
	}
	if slices.Contains(w.written(), "@amira:example.org done") {
		t.Errorf("somebody came in: %q", w.written())
	}
}

func TestAProviderThatIsAwayIsTold(t *testing.T) {
	provider, w := ministry(t)
	provider.Server.Close()
	if page := w.agent().get("/provider"); page.status != http.StatusInternalServerError || !strings.Contains(page.body, "This did not work") {
		t.Errorf("%d\n%s", page.status, page.body)
	}
}

func TestAClaimIsAMatrixIDOrItsName(t *testing.T) {
	for claim, want := range map[string]id.UserID{
		"amira": "@amira:example.org", "amira.b-7_x=/+": "@amira.b-7_x=/+:example.org", "@amira:other.example": "@amira:other.example",
		"": "", "Amira": "", "amira b": "", "amira:evil.example": "", "amira@example.org": "", "@amira": "", "@:example.org": "",
		"@amira:": "", "amira\x00": "", "@@amira:example.org": "",
	} {
		if got, ok := matrixID(claim, "example.org"); got != want || ok != (want != "") {
			t.Errorf("%q is %q, %v; want %q", claim, got, ok, want)
		}
	}
}

// FuzzMatrixID looks for a claim that becomes somebody on another domain than it says.
func FuzzMatrixID(f *testing.F) {
	for _, claim := range []string{"amira", "@amira:example.org", "a:b", "@a:b:c", "é", ""} {
		f.Add(claim)
	}
	f.Fuzz(func(t *testing.T, claim string) {
		user, ok := matrixID(claim, "example.org")
		if !ok {
			return
		}
		if want := id.UserID("@" + claim + ":example.org"); !strings.HasPrefix(claim, "@") && user != want || strings.HasPrefix(claim, "@") && string(user) != claim {
			t.Errorf("%q is %q", claim, user)
		}
		if user.Localpart() == "" || user.Homeserver() == "" {
			t.Errorf("%q is %q, which is no Matrix ID", claim, user)
		}
	})
}
