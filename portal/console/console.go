// Package console is the administrators' web console: one of the doors of the desk (see package govern).
//
// The contract:
//
//   - Who comes in has a role, and proved who they are: by a one-time link that [Console.Link] makes and that reaches them in an
//     encrypted room, or through the administration's OpenID Connect provider. A link is good for two minutes, once, in the browser
//     that opened it. Only hashes of links and sessions are kept, in memory: a restart signs everybody out.
//   - A session ends after 15 minutes without a request, after 8 hours, at sign-out, and at the first request after the person's role
//     went away. Each request takes a new seat at the desk, so a role that changes holds at once.
//   - What is asked for with GET changes nothing. What changes something is a POST from the console's own pages, with the token of the
//     session in it.
//   - Every page works without JavaScript and is whole as the server sends it. The one script only brings in what is new. Nothing
//     comes from another host, and no script or style stands in a page.
//   - Addresses of pages hold no identifier and no search: those of contacts are phone numbers, and addresses end up in histories and
//     logs. What an address names is sealed with a key that lives as long as the process.
//   - What belongs to another department is not found, as what does not exist.
//   - Sentences come from package say, in the language that the person chose.
//
// What the console shows beside the desk is behind small interfaces: [Policy], [Audit], [Checks].
package console

import (
	"embed"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/time/rate"
	"maunium.net/go/mautrix/id"

	"passerelle/portal"
	"passerelle/portal/govern"
)

// Options is what a console needs.
type Options struct {
	Address   string // URL at which browsers reach it, without a path
	Networks  []Network
	Desk      *govern.Desk
	Languages portal.Languages
	Policy    Policy
	Audit     Audit // nil: nothing is written down, and there is no page of it
	Checks    Checks
	Provider  *Provider // nil: people come in by link only
	Now       func() time.Time
	Stopping  <-chan struct{} // closed when the server stops: ends what would go on; nil: never
	Log       zerolog.Logger
}

// Network is a bridged network.
type Network struct{ ID, Name string } // "whatsapp", "WhatsApp"

const (
	mostBody     = 512 << 10 // bytes of a request; the longest is a message of 64 KiB to try, escaped
	livePace     = 2 * time.Second
	livePatience = 30 * time.Second // for a reader that takes nothing
	bodyPatience = 30 * time.Second
)

// Console serves the pages. Make one with [New].
type Console struct {
	options  Options
	secure   bool // cookies only over https
	handler  http.Handler
	pages    pages
	seal     *seal
	links    *links
	sessions *sessions
	findings findings
	// refusals bounds how often it is written down, and told at length, that somebody could not come in. Who holds a good link is
	// never asked to wait for it.
	refusals *rate.Limiter
	// exchanges bounds how often the provider is asked on behalf of people who are not in.
	exchanges *rate.Limiter
	livePace  time.Duration
}

// findings are those of the configuration check that ran last.
type findings struct {
	running sync.Mutex

	mu   sync.Mutex
	at   time.Time // guarded by mu
	list []Finding // guarded by mu
}

//go:embed assets
var assets embed.FS

// New returns a console. It fails when an option is missing or of no use.
func New(o Options) (*Console, error) {
	address, err := url.Parse(o.Address)
	if err != nil || address.Host == "" {
		return nil, fmt.Errorf("console: %q is not an address", o.Address)
	}
	o.Address = strings.TrimSuffix(o.Address, "/")
	c := &Console{
		options:   o,
		secure:    address.Scheme == "https",
		seal:      newSeal(),
		links:     newLinks(o.Now),
		sessions:  newSessions(o.Now),
		refusals:  rate.NewLimiter(rate.Every(6*time.Second), 20),
		exchanges: rate.NewLimiter(2, 20),
		livePace:  livePace,
	}
	if c.pages, err = c.parsePages(); err != nil {
		return nil, fmt.Errorf("console: %w", err)
	}
	if c.handler, err = c.routes(); err != nil {
		return nil, fmt.Errorf("console: %w", err)
	}
	return c, nil
}

// Link makes a link by which a person comes in: once, within two minutes. It fails with [govern.ErrNoRole], and with [ErrTooOften]; who
// asks anew has one link, the last.
func (c *Console) Link(person id.UserID) (string, error) {
	if _, err := c.options.Desk.Sit(person, govern.Console); err != nil {
		return "", err
	}
	token, err := c.links.make(person)
	if err != nil {
		return "", err
	}
	return c.options.Address + "/enter/" + token, nil
}

// ServeHTTP answers a request.
func (c *Console) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.protect(w.Header())
	if r.Method == http.MethodPost {
		// A writer that has none lets a body come in as slowly as its server does.
		_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(bodyPatience))
	}
	r.Body = http.MaxBytesReader(w, r.Body, mostBody)
	c.handler.ServeHTTP(w, r)
}

// protect sets what browsers are to hold to on every answer.
func (c *Console) protect(h http.Header) {
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "+
		"form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	h.Set("Referrer-Policy", "same-origin") // "no-referrer" would have browsers send no origin with forms (Fetch, "append a request Origin header")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
	h.Set("Cache-Control", "no-store")
	if c.secure {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
}

func (c *Console) routes() (http.Handler, error) {
	mux := http.NewServeMux()
	files, err := fs.Sub(assets, "assets")
	if err != nil {
		return nil, err
	}
	mux.Handle("GET /assets/", http.StripPrefix("/assets/", http.FileServerFS(files)))

	mux.HandleFunc("GET /sign-in", c.outside(c.showSignIn))
	mux.HandleFunc("GET /enter/{token}", c.outside(c.showEnter))
	mux.HandleFunc("POST /enter/{token}", c.outside(c.enter))
	mux.HandleFunc("POST /language", c.outside(c.chooseLanguage))
	if c.options.Provider != nil {
		mux.HandleFunc("GET /provider", c.outside(c.askProvider))
		mux.HandleFunc("GET /provider/back", c.outside(c.backFromProvider))
	}

	mux.HandleFunc("GET /{$}", c.inside(c.showOverview))
	mux.HandleFunc("GET /live", c.live)
	mux.HandleFunc("GET /chats", c.inside(c.showChats))
	mux.HandleFunc("POST /chats", c.inside(c.searchChats))
	mux.HandleFunc("GET /chat/{ref}", c.inside(c.showChat))
	mux.HandleFunc("GET /accounts", c.inside(c.showAccounts))
	mux.HandleFunc("GET /account/{ref}", c.inside(c.showAccount))
	mux.HandleFunc("GET /contacts", c.inside(c.showContacts))
	mux.HandleFunc("POST /contacts", c.inside(c.searchContacts))
	mux.HandleFunc("GET /contact/{ref}", c.inside(c.showContact))
	mux.HandleFunc("POST /do", c.inside(c.do))
	mux.HandleFunc("GET /policy", c.inside(c.showPolicy))
	mux.HandleFunc("POST /policy", c.inside(c.tryPolicy))
	if c.options.Audit != nil {
		mux.HandleFunc("GET /audit", c.inside(c.showAudit))
		mux.HandleFunc("POST /audit", c.inside(c.searchAudit))
		mux.HandleFunc("POST /audit/verify", c.inside(c.verifyAudit))
	}
	mux.HandleFunc("GET /check", c.inside(c.showCheck))
	mux.HandleFunc("POST /check", c.inside(c.runCheck))
	mux.HandleFunc("POST /sign-out", c.inside(c.signOut))

	foreign := http.NewCrossOriginProtection()
	foreign.SetDenyHandler(c.outside(func(v *visit) error { return errForeign }))
	return foreign.Handler(c.orLost(mux)), nil
}

// orLost answers what no route takes with a page of ours.
func (c *Console) orLost(mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, pattern := mux.Handler(r); pattern != "" {
			mux.ServeHTTP(w, r)
			return
		}
		verdict := &statusOnly{header: w.Header(), status: http.StatusOK}
		mux.ServeHTTP(verdict, r)
		lost := govern.ErrNotFound
		if verdict.status == http.StatusMethodNotAllowed {
			lost = errMethod
		}
		c.outside(func(*visit) error { return lost })(w, r)
	})
}

// statusOnly keeps the status and the header of an answer, and drops the rest.
type statusOnly struct {
	header http.Header
	status int
}

func (s *statusOnly) Header() http.Header         { return s.header }
func (s *statusOnly) WriteHeader(status int)      { s.status = status }
func (s *statusOnly) Write(b []byte) (int, error) { return len(b), nil }
