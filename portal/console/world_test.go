package console

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"maunium.net/go/mautrix/id"

	"passerelle/portal/govern"
)

// world is a console that serves a town.
type world struct {
	*town
	t       *testing.T
	console *Console
	url     string
	log     *logbook
}

// newWorld serves a console; change changes its options before.
func newWorld(t *testing.T, change ...func(*Options)) *world {
	t.Helper()
	w := &world{town: newTown(), t: t}
	w.log = &logbook{town: w.town}
	server := httptest.NewUnstartedServer(nil)
	w.url = "http://" + server.Listener.Addr().String()
	o := Options{
		Address: w.url, Networks: []Network{{"whatsapp", "WhatsApp"}, {"telegram", "Telegram"}},
		Desk:      govern.NewDesk(w.town, w.roles, w.town),
		Languages: w.town, Policy: rules{}, Audit: w.log, Checks: checks{}, Now: w.clock, Log: zerolog.New(zerolog.NewTestWriter(t)),
	}
	for _, c := range change {
		c(&o)
	}
	var err error
	if w.console, err = New(o); err != nil {
		t.Fatal(err)
	}
	w.console.livePace = 20 * time.Millisecond
	server.Config.Handler = w.console
	server.Start()
	t.Cleanup(server.Close)
	return w
}

// agent is a browser without scripts.
type agent struct {
	t      *testing.T
	w      *world
	client *http.Client
	header http.Header
}

func (w *world) agent() *agent {
	jar, err := cookiejar.New(nil)
	if err != nil {
		w.t.Fatal(err)
	}
	return &agent{t: w.t, w: w, client: &http.Client{Jar: jar}, header: http.Header{}}
}

// answer is what an agent gets.
type answer struct {
	status int
	body   string
	path   string
	header http.Header
}

func (a *agent) get(path string) answer { return a.send(http.MethodGet, path, nil) }

func (a *agent) post(path string, form url.Values) answer {
	return a.send(http.MethodPost, path, strings.NewReader(form.Encode()))
}

func (a *agent) send(method, path string, body io.Reader) answer {
	a.t.Helper()
	if !strings.HasPrefix(path, "http") {
		path = a.w.url + path
	}
	r, err := http.NewRequestWithContext(a.t.Context(), method, path, body)
	if err != nil {
		a.t.Fatal(err)
	}
	r.Header = a.header.Clone()
	if body != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	response, err := a.client.Do(r)
	if err != nil {
		a.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		a.t.Fatal(err)
	}
	return answer{response.StatusCode, string(text), response.Request.URL.RequestURI(), response.Header}
}

var hidden = regexp.MustCompile(`<input type="hidden" name="([a-z]+)" value="([^"]*)">`)

// field returns a hidden field of a page.
func (p answer) field(name string) string {
	for _, found := range hidden.FindAllStringSubmatch(p.body, -1) {
		if found[1] == name {
			return found[2]
		}
	}
	return ""
}

// target returns what a page is about.
func (p answer) target() string {
	if kind, sealed, ok := strings.Cut(strings.TrimPrefix(p.path, "/"), "/"); ok && slices.Contains([]string{"chat", "account", "contact"}, kind) {
		return sealed
	}
	return p.field("target")
}

// link returns the address of the first link with a text.
func (p answer) link(text string) string {
	found := regexp.MustCompile(`<a href="([^"]+)">(?:<bdi>)?` + regexp.QuoteMeta(text)).FindStringSubmatch(p.body)
	if found == nil {
		return ""
	}
	return found[1]
}

// signIn has a person come in by a link.
func (w *world) signIn(person id.UserID) *agent {
	w.t.Helper()
	a := w.agent()
	link, err := w.console.Link(person)
	if err != nil {
		w.t.Fatal(err)
	}
	page := a.get(link)
	page = a.post(page.path, url.Values{"proof": {page.field("proof")}})
	if page.status != http.StatusOK || page.path != "/" {
		w.t.Fatalf("%s did not come in: %d at %s\n%s", person, page.status, page.path, page.body)
	}
	return a
}

// act sends the form of an action on a page.
func (a *agent) act(page answer, verb govern.Verb, more ...string) answer {
	form := url.Values{"csrf": {page.field("csrf")}, "target": {page.target()}, "verb": {string(verb)}}
	for i := 0; i < len(more); i += 2 {
		form.Set(more[i], more[i+1])
	}
	return a.post("/do", form)
}

// link returns the path of a new link of a person's.
func (w *world) link(person id.UserID) string {
	w.t.Helper()
	link, err := w.console.Link(person)
	if err != nil {
		w.t.Fatal(err)
	}
	w.pass(time.Second)
	return strings.TrimPrefix(link, w.url)
}

// enter presses the button of a link's page.
func (a *agent) enter(path, proof string) answer { return a.post(path, url.Values{"proof": {proof}}) }
