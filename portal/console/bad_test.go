package console

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"passerelle/portal/govern"
)

// TestALinkIsGoodOnce has previews fetch it, and two people use it.
func TestALinkIsGoodOnce(t *testing.T) {
	w := newWorld(t)
	t.Run("previews do not use it up", func(t *testing.T) {
		path := w.link(amira)
		for range 3 {
			if page := w.agent().get(path); page.status != http.StatusOK || !strings.Contains(page.body, "@amira:example.org") {
				t.Fatalf("a preview got %d", page.status)
			}
		}
		a := w.agent()
		if page := a.enter(path, a.get(path).field("proof")); page.path != "/" {
			t.Errorf("amira is at %s", page.path)
		}
	})
	t.Run("replayed", func(t *testing.T) {
		path, a, b := w.link(amira), w.agent(), w.agent()
		mine, theirs := a.get(path).field("proof"), b.get(path).field("proof")
		a.enter(path, mine)
		if page := b.enter(path, theirs); page.status != http.StatusGone || !strings.Contains(page.body, "used already") {
			t.Errorf("a link that was used: %d\n%s", page.status, page.body)
		}
		if page := b.get(path); page.status != http.StatusGone {
			t.Errorf("opening a link that was used: %d", page.status)
		}
		if page := b.get("/"); page.path != "/sign-in" {
			t.Errorf("the other is at %s", page.path)
		}
	})
	t.Run("by two at once", func(t *testing.T) {
		path := w.link(amira)
		var in []bool
		var mu sync.Mutex
		var all sync.WaitGroup
		for range 8 {
			a := w.agent()
			proof := a.get(path).field("proof")
			all.Go(func() {
				page := a.enter(path, proof)
				mu.Lock()
				defer mu.Unlock()
				in = append(in, page.path == "/")
			})
		}
		all.Wait()
		in = slices.DeleteFunc(in, func(ok bool) bool { return !ok })
		if len(in) != 1 {
			t.Errorf("%d came in with one link", len(in))
		}
	})
	if written := w.written(); !slices.Contains(written, "@amira:example.org done") || !slices.Contains(written, "@amira:example.org used link") {
		t.Errorf("written down: %q", written)
	}
}

// TestALinkIsGoodForTwoMinutesInOneBrowser tries it elsewhere, too late and made up.
func TestALinkIsGoodForTwoMinutesInOneBrowser(t *testing.T) {
	w := newWorld(t)
	t.Run("in another browser", func(t *testing.T) {
		path, a, b := w.link(amira), w.agent(), w.agent()
		proof := a.get(path).field("proof")
		if page := b.enter(path, proof); page.status != http.StatusForbidden || !strings.Contains(page.body, "opened elsewhere") {
			t.Errorf("without the browser's cookie: %d\n%s", page.status, page.body)
		}
		b.get(path)
		if page := b.enter(path, proof); page.status != http.StatusForbidden {
			t.Errorf("with another browser's form: %d", page.status)
		}
		if page := a.enter(path, proof); page.path != "/" {
			t.Errorf("the one that opened it is at %s", page.path)
		}
	})
	t.Run("too late", func(t *testing.T) {
		path, a := w.link(amira), w.agent()
		proof := a.get(path).field("proof")
		w.pass(2 * time.Minute)
		if page := a.enter(path, proof); page.status != http.StatusGone || !strings.Contains(page.body, "too old") {
			t.Errorf("after two minutes: %d\n%s", page.status, page.body)
		}
	})
	t.Run("replaced by a newer one", func(t *testing.T) {
		old := w.link(amira)
		w.link(amira)
		if page := w.agent().get(old); page.status != http.StatusGone {
			t.Errorf("an older link: %d", page.status)
		}
	})
	t.Run("forged", func(t *testing.T) {
		for _, token := range []string{"x", strings.Repeat("A", 43), "%2e%2e", strings.Repeat("z", 5000), "%00"} {
			if page := w.agent().get("/enter/" + token); page.status != http.StatusNotFound {
				t.Errorf("%.20q: %d", token, page.status)
			}
			if page := w.agent().enter("/enter/"+token, "x"); page.status != http.StatusNotFound {
				t.Errorf("POST %.20q: %d", token, page.status)
			}
		}
	})
	for _, want := range []string{"@amira:example.org another browser", "@amira:example.org expired link", "unknown link"} {
		if !slices.Contains(w.written(), want) {
			t.Errorf("%q is not written down: %q", want, w.written())
		}
	}
}

func TestWhoHasNoRoleGetsNoLinkAndALinkOfSomebodyWhoLostItLeadsNowhere(t *testing.T) {
	w := newWorld(t)
	if link, err := w.console.Link(claire); err == nil {
		t.Errorf("claire got %s", link)
	}
	link, err := w.console.Link(olga)
	if err != nil {
		t.Fatal(err)
	}
	a := w.agent()
	page := a.get(link)
	w.roles.Replace(nil, nil)
	if page = a.post(page.path, url.Values{"proof": {page.field("proof")}}); page.status != http.StatusForbidden || !strings.Contains(page.body, "no role") {
		t.Errorf("status %d\n%s", page.status, page.body)
	}
	if !slices.Contains(w.written(), "@olga:example.org no role") {
		t.Errorf("written down: %q", w.written())
	}
}

func TestLinksAreNotToBeHadByTheDozenAndAttemptsAreBounded(t *testing.T) {
	w := newWorld(t)
	var err error
	for range linkBurst + 1 {
		_, err = w.console.Link(amira)
	}
	if err != ErrTooOften {
		t.Errorf("the sixth link at once: %v", err)
	}
	if _, err = w.console.Link(olga); err != nil {
		t.Errorf("olga has to wait for amira: %v", err)
	}
	w.pass(time.Minute)
	last := answer{}
	for range 40 {
		last = w.agent().get("/enter/forged")
	}
	if last.status != http.StatusTooManyRequests || last.header.Get("Retry-After") == "" {
		t.Errorf("after forty attempts: %d", last.status)
	}
	if written := len(w.written()); written > 25 {
		t.Errorf("%d attempts were written down", written)
	}
	w.signIn(amira) // who holds a good link does not wait
}

func TestASessionEnds(t *testing.T) {
	w := newWorld(t)
	t.Run("after a quarter of an hour without a request", func(t *testing.T) {
		a := w.signIn(amira)
		w.pass(14 * time.Minute)
		if page := a.get("/"); page.path != "/" {
			t.Fatalf("after 14 minutes amira is at %s", page.path)
		}
		w.pass(15 * time.Minute)
		if page := a.get("/chats"); page.path != "/sign-in?over=1" || !strings.Contains(page.body, "You have been signed out.") {
			t.Errorf("after 15 minutes more amira is at %s", page.path)
		}
	})
	t.Run("after eight hours", func(t *testing.T) {
		a := w.signIn(amira)
		for range 47 {
			w.pass(10 * time.Minute)
			if page := a.get("/"); page.path != "/" {
				t.Fatalf("amira is at %s", page.path)
			}
		}
		w.pass(10 * time.Minute)
		if page := a.get("/"); page.path != "/sign-in?over=1" {
			t.Errorf("after eight hours amira is at %s", page.path)
		}
	})
	t.Run("at sign-out, in every copy of its cookie", func(t *testing.T) {
		a, b := w.signIn(amira), w.agent()
		here, err := url.Parse(w.url)
		if err != nil {
			t.Fatal(err)
		}
		b.client.Jar.SetCookies(here, a.client.Jar.Cookies(here))
		a.post("/sign-out", url.Values{"csrf": {a.get("/").field("csrf")}})
		if page := b.get("/"); page.path != "/sign-in?over=1" {
			t.Errorf("the copy is at %s", page.path)
		}
	})
	t.Run("when the role went away", func(t *testing.T) {
		a := w.signIn(olga)
		w.roles.Replace(map[string]govern.Position{string(olga): {Role: govern.RoleAuditor}}, nil)
		if page := a.get("/"); !strings.Contains(page.body, "Auditor") || strings.Contains(page.body, `value="approve"`) {
			t.Errorf("an auditor sees:\n%s", page.body)
		}
		w.roles.Replace(nil, nil)
		if page := a.get("/"); page.status != http.StatusForbidden || !strings.Contains(page.body, "You have no role here") {
			t.Errorf("without a role: %d", page.status)
		}
		if page := a.get("/"); page.path != "/sign-in" {
			t.Errorf("then olga is at %s", page.path)
		}
	})
}

// TestWhatIsAnotherDepartmentsIsNotThere has olga, of the taxes, ask for what is the health department's, by addresses that amira has.
func TestWhatIsAnotherDepartmentsIsNotThere(t *testing.T) {
	w := newWorld(t)
	amiras, olgas := w.signIn(amira), w.signIn(olga)
	if list := olgas.get("/chats"); strings.Contains(list.body, "Mairie") || !strings.Contains(list.body, "Paul Martin") {
		t.Errorf("olga's chats:\n%s", list.body)
	}
	chat := amiras.get(amiras.get("/chats").link("Mairie"))
	account := amiras.get(amiras.get("/accounts").link("&#43;33 6 00 00 00 02"))
	contact := amiras.get(amiras.get("/contacts").link("Paul Martin"))
	csrf := olgas.get("/").field("csrf")
	for name, page := range map[string]answer{
		"the chat":            olgas.get(chat.path),
		"a chat that is none": olgas.get("/chat/" + strings.Repeat("A", 80)),
		"the account":         olgas.get(account.path),
		"pausing it":          olgas.post("/do", url.Values{"csrf": {csrf}, "verb": {"pause"}, "target": {chat.target()}}),
		"disconnecting it":    olgas.post("/do", url.Values{"csrf": {csrf}, "verb": {"disconnect"}, "target": {account.target()}}),
		"approving there":     olgas.post("/do", url.Values{"csrf": {csrf}, "verb": {"approve"}, "target": {"2"}}),
		"approving nowhere":   olgas.post("/do", url.Values{"csrf": {csrf}, "verb": {"approve"}, "target": {"99"}}),
	} {
		if page.status != http.StatusNotFound || strings.Contains(page.body, "Mairie") {
			t.Errorf("%s: %d\n%s", name, page.status, page.body)
		}
	}
	var refused int
	for _, d := range w.deeds {
		if d.By == olga && d.Result == "another department's" {
			refused++
		}
	}
	if refused != 3 {
		t.Errorf("%d attempts are written down as another department's: %+v", refused, w.deeds)
	}
	for name, page := range map[string]answer{
		"contacts": olgas.get("/contacts"), "a contact": olgas.get(contact.path), "the log": olgas.get("/audit"),
		"the check": olgas.get("/check"), "running it": olgas.post("/check", url.Values{"csrf": {csrf}}),
		"searching the log": olgas.post("/audit", url.Values{"csrf": {csrf}}),
		"erasing":           olgas.post("/do", url.Values{"csrf": {csrf}, "verb": {"erase"}, "target": {contact.target()}, "sure": {"yes"}}),
	} {
		if page.status != http.StatusForbidden {
			t.Errorf("%s: %d", name, page.status)
		}
	}
	if did := w.done(); len(did) > 0 {
		t.Errorf("the bridge did %+v", did)
	}
}

func TestAnAuditorChangesNothing(t *testing.T) {
	w := newWorld(t)
	amiras, audes := w.signIn(amira), w.signIn(aude)
	chat := amiras.get(amiras.get("/chats").link("Paul Martin"))
	if page := audes.get(chat.path); page.status != http.StatusOK || strings.Contains(page.body, `action="/do"`) {
		t.Errorf("aude sees:\n%s", page.body)
	}
	csrf := audes.get("/").field("csrf")
	for _, verb := range []string{"pause", "delete", "approve"} {
		target := chat.target()
		if verb == "approve" {
			target = "1"
		}
		page := audes.post("/do", url.Values{"csrf": {csrf}, "verb": {verb}, "target": {target}, "sure": {"yes"}})
		if page.status != http.StatusForbidden || len(w.done()) > 0 {
			t.Errorf("aude's %s: %d", verb, page.status)
		}
	}
}

// TestBadRequestsDoNothing sends what browsers of good people do not send.
func TestBadRequestsDoNothing(t *testing.T) {
	w := newWorld(t)
	a := w.signIn(amira)
	chat := a.get(a.get("/chats").link("Paul Martin"))
	pause := url.Values{"csrf": {chat.field("csrf")}, "verb": {"pause"}, "target": {chat.target()}}
	without := func(field, value string) url.Values {
		form := url.Values{}
		for key, values := range pause {
			form[key] = values
		}
		form.Set(field, value)
		return form
	}
	other := w.signIn(amira)
	stranger := w.agent()
	from := func(header, value string) *agent {
		b := &agent{t: t, w: w, client: a.client, header: http.Header{header: {value}}}
		return b
	}
	for name, test := range map[string]struct {
		got  answer
		want int
	}{
		"no token":                 {a.post("/do", without("csrf", "")), http.StatusForbidden},
		"a wrong token":            {a.post("/do", without("csrf", strings.Repeat("A", 43))), http.StatusForbidden},
		"another session's token":  {a.post("/do", without("csrf", other.get("/").field("csrf"))), http.StatusForbidden},
		"a form of another site":   {from("Sec-Fetch-Site", "cross-site").post("/do", pause), http.StatusForbidden},
		"a form of another origin": {from("Origin", "https://evil.example").post("/do", pause), http.StatusForbidden},
		"an unknown verb":          {a.post("/do", without("verb", "destroy")), http.StatusUnprocessableEntity},
		"no verb":                  {a.post("/do", without("verb", "")), http.StatusUnprocessableEntity},
		"a forged target":          {a.post("/do", without("target", "AAAA")), http.StatusNotFound},
		"an account for a chat":    {a.post("/do", without("target", a.get(a.get("/accounts").link("@service")).target())), http.StatusNotFound},
		"a decision on nothing":    {a.post("/do", url.Values{"csrf": pause["csrf"], "verb": {"approve"}, "target": {"-7"}}), http.StatusNotFound},
		"a decision on nonsense":   {a.post("/do", url.Values{"csrf": pause["csrf"], "verb": {"approve"}, "target": {"1e9"}}), http.StatusNotFound},
		"a huge form":              {a.post("/do", without("with", strings.Repeat("x", 1<<20))), http.StatusRequestEntityTooLarge},
		"a huge form from outside": {stranger.post("/enter/x", url.Values{"proof": {strings.Repeat("x", 1<<20)}}), http.StatusRequestEntityTooLarge},
		"a broken form":            {a.send(http.MethodPost, "/do", strings.NewReader("%zz=%")), http.StatusUnprocessableEntity},
		"a long announcement":      {a.post("/do", url.Values{"csrf": pause["csrf"], "target": pause["target"], "verb": {"close"}, "with": {strings.Repeat("x", 3000)}}), http.StatusUnprocessableEntity},
		"GET of what is done":      {a.get("/do"), http.StatusMethodNotAllowed},
		"PUT of a page":            {a.send(http.MethodPut, "/chats", nil), http.StatusMethodNotAllowed},
		"no such page":             {a.get("/no-such-page"), http.StatusNotFound},
		"out of the folder":        {a.get("/assets/../templates/frame.html"), http.StatusNotFound},
		"a forged search":          {a.get("/chats?s=AAAA"), http.StatusNotFound},
		"a search of another page": {a.get("/contacts" + strings.TrimPrefix(a.post("/chats", url.Values{"csrf": pause["csrf"], "text": {"x"}}).path, "/chats")), http.StatusNotFound},
		"an unknown language":      {a.post("/language", url.Values{"language": {"<tlh>"}}), http.StatusUnprocessableEntity},
		"a provider where none is": {a.get("/provider"), http.StatusNotFound},
	} {
		if test.got.status != test.want || !strings.Contains(test.got.body, "<h1>") {
			t.Errorf("%s: %d at %s, want %d", name, test.got.status, test.got.path, test.want)
		}
	}
	if page := stranger.post("/do", pause); page.path != "/sign-in" {
		t.Errorf("a stranger with the token is at %s", page.path)
	}
	if did := w.done(); len(did) > 0 {
		t.Errorf("the bridge did %+v", did)
	}
}

// TestNamesOfContactsAreWordsOnly looks at what a hostile name becomes on every page it is on.
func TestNamesOfContactsAreWordsOnly(t *testing.T) {
	w := newWorld(t)
	w.hold("text", w.chats[4], hostile, `"><svg onload=alert(1)>`)
	a := w.signIn(amira)
	csrf := a.get("/").field("csrf")
	chats := a.post("/chats", url.Values{"csrf": {csrf}, "text": {"<script>"}})
	contacts := a.post("/contacts", url.Values{"csrf": {csrf}, "text": {`<script>alert("x")`}})
	contact := a.get(contacts.link("&lt;script&gt;"))
	chat := a.get(chats.link("&lt;script&gt;"))
	for name, page := range map[string]answer{
		"overview": a.get("/"), "chats": chats, "chat": chat, "contacts": contacts, "contact": contact,
		"confirm": a.act(chat, govern.Delete), "known": a.act(contact, govern.Access),
		"invite": a.act(chat, govern.Invite, "with", `"><script>alert(1)</script>`),
		"policy": a.post("/policy", url.Values{"csrf": {csrf}, "direction": {"in"}, "text": {`</textarea><script>alert(1)</script>`}, "file": {`"><img src=x onerror=alert(1)>`}}),
	} {
		for _, word := range []string{"<script>", "<img src=x", "<svg onload", "\u202e"} {
			if strings.Contains(page.body, word) {
				t.Errorf("%s contains %q", name, word)
			}
		}
		if !strings.Contains(page.body, "&lt;") {
			t.Errorf("%s does not show the name:\n%s", name, page.body)
		}
	}
}

func TestBrowsersAreToldToHoldToOurRules(t *testing.T) {
	secure := newWorld(t, func(o *Options) { o.Address = "https://border.example.org" })
	link, err := secure.console.Link(amira)
	if err != nil {
		t.Fatal(err)
	}
	page := secure.agent().get(strings.TrimPrefix(link, "https://border.example.org"))
	cookie := page.header.Get("Set-Cookie")
	for _, part := range []string{"__Host-passerelle-entry=", "HttpOnly", "Secure", "SameSite=Strict", "Path=/"} {
		if !strings.Contains(cookie, part) {
			t.Errorf("the cookie %q lacks %s", cookie, part)
		}
	}
	policy := page.header.Get("Content-Security-Policy")
	if strings.Contains(policy, "unsafe") || !strings.HasPrefix(policy, "default-src 'none';") || !strings.Contains(policy, "frame-ancestors 'none'") {
		t.Errorf("the policy is %q", policy)
	}
	for name, want := range map[string]string{"Cache-Control": "no-store", "Referrer-Policy": "same-origin", "X-Content-Type-Options": "nosniff",
		"Strict-Transport-Security": "max-age=31536000"} {
		if got := page.header.Get(name); got != want {
			t.Errorf("%s is %q", name, got)
		}
	}
	plain := newWorld(t)
	if page := plain.agent().get("/sign-in"); page.header.Get("Strict-Transport-Security") != "" {
		t.Error("a console on the machine itself asks for https")
	}
}

func TestTheLivePartsNeedASessionAndEndWithIt(t *testing.T) {
	w := newWorld(t)
	told := func(who string, stream answer) {
		if !strings.Contains(stream.body, "event: over") {
			t.Errorf("%s is told %d\n%s", who, stream.status, stream.body)
		}
	}
	if stream := w.agent().get("/live"); strings.Contains(stream.body, "approvals") {
		t.Errorf("a stranger gets\n%s", stream.body)
	} else {
		told("a stranger", stream)
	}
	a := w.signIn(olga)
	ended := make(chan answer, 1)
	go func() { ended <- a.get("/live") }()
	w.roles.Replace(nil, nil)
	told("who reads", <-ended)
	told("who had a role", a.get("/live"))
}

func TestTheLivePartsEndWithTheServer(t *testing.T) {
	stopping := make(chan struct{})
	w := newWorld(t, func(o *Options) { o.Stopping = stopping })
	a := w.signIn(amira)
	close(stopping)
	if page := a.get("/live"); !strings.Contains(page.body, "event: approvals") || strings.Contains(page.body, "event: over") {
		t.Errorf("the last of it is:\n%s", page.body)
	}
}

// FuzzLocal looks for a path that leads to another host.
func FuzzLocal(f *testing.F) {
	for _, path := range []string{"/", "/chats?s=x", "//evil.example", `/\evil.example`, "https://evil.example", "/\t/evil.example", "javascript:alert(1)"} {
		f.Add(path)
	}
	base, err := url.Parse("https://border.example.org/do")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, path string) {
		to, err := base.Parse(local(path))
		if err != nil || to.Host != base.Host || to.Scheme != base.Scheme {
			t.Errorf("%q leads to %v, %v", path, to, err)
		}
	})
}

// FuzzSealed looks for what opens although it was not sealed here.
func FuzzSealed(f *testing.F) {
	s := newSeal()
	mine, err := s.close(sealChat, govern.PortalKey{Network: "whatsapp", ID: "1"})
	if err != nil {
		f.Fatal(err)
	}
	f.Add("AAAA")
	f.Add(mine[:len(mine)-1])
	f.Add(mine + "A")
	f.Fuzz(func(t *testing.T, sealed string) {
		var key govern.PortalKey
		if sealed != mine && s.open(sealChat, sealed, &key) == nil {
			t.Errorf("%q opens as %+v", sealed, key)
		}
		if s.open(sealAccount, mine, &key) == nil {
			t.Error("a chat opens as an account")
		}
	})
}
