// Package api is the desk of the administrators over HTTP: one of its doors (see package govern), for programs.
//
// The contract:
//
//   - JSON over HTTP below /api/v1, described by an OpenAPI 3.1 document at /api/v1/openapi.json, which anybody may read.
//   - Each request carries a token: "Authorization: Bearer …" (RFC 6750). A token belongs to a person with a role; what that person may
//     see and do, the token may. Without one the answer is 401.
//   - Errors are problem details (RFC 9457), application/problem+json. Their type is one of the Problem constants, or about:blank.
//   - What can be done are the verbs of package govern: POST /{what}/…/{verb}. One that cannot be taken back needs "sure": true.
//   - Times are RFC 3339, in UTC. Lists have pages: "next" is the "after" of the next one.
package api

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/rs/zerolog"
	"maunium.net/go/mautrix/id"

	"passerelle/portal/govern"
)

// Types of problems (RFC 9457, section 3.1.1).
const (
	ProblemNoRole    = "urn:passerelle:problem:no-role"
	ProblemMayNot    = "urn:passerelle:problem:may-not"
	ProblemNotYours  = "urn:passerelle:problem:another-department"
	ProblemNotFound  = "urn:passerelle:problem:not-found"
	ProblemArgument  = "urn:passerelle:problem:not-understood"
	ProblemDecided   = "urn:passerelle:problem:decided-already"
	ProblemTakenBack = "urn:passerelle:problem:taken-back"
	ProblemCannotNow = "urn:passerelle:problem:not-possible-now"
	ProblemNotSure   = "urn:passerelle:problem:not-sure"
)

// Token lets a program in.
type Token struct {
	Name   string // what it is for
	Person id.UserID
	Secret string
}

// signInEvery is how long a token's first use counts as having come in.
const signInEvery = time.Hour

// API is the handler.
type API struct {
	desk   *govern.Desk
	log    zerolog.Logger
	now    func() time.Time
	tokens []token

	mu   sync.Mutex
	came map[id.UserID]time.Time // guarded by mu; when each person's token was last written down as having come in
}

type token struct {
	person id.UserID
	digest [sha256.Size]byte
}

// maxBody bounds the body of a request, in bytes.
const maxBody = 64 << 10

// New returns the handler of the paths below /api/v1/.
func New(desk *govern.Desk, tokens []Token, version string, log zerolog.Logger, now func() time.Time) http.Handler {
	a := &API{desk: desk, log: log, now: now, came: map[id.UserID]time.Time{}}
	for _, t := range tokens {
		a.tokens = append(a.tokens, token{person: t.Person, digest: sha256.Sum256([]byte(t.Secret))})
	}
	mux := http.NewServeMux()
	config := huma.DefaultConfig("Passerelle", version)
	config.Info.Description = "What administrators see of the border, and do about it. Roles and departments bind this door as they bind the others."
	config.OpenAPIPath, config.DocsPath, config.SchemasPath = "/api/v1/openapi", "", ""
	config.CreateHooks = nil // no links to schemas in the answers
	config.Components.SecuritySchemes = map[string]*huma.SecurityScheme{"token": {Type: "http", Scheme: "bearer"}}
	config.Security = []map[string][]string{{"token": {}}}
	service := humago.New(mux, config)
	group := huma.NewGroup(service, "/api/v1")
	group.UseMiddleware(a.letIn(service))
	a.read(group)
	a.act(group)
	mux.HandleFunc("/api/v1/", a.nothingThere)
	return mux
}

// nothingThere answers what no other path takes.
func (a *API) nothingThere(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(http.StatusNotFound)
	problem := huma.ErrorModel{Type: ProblemNotFound, Title: http.StatusText(http.StatusNotFound), Status: http.StatusNotFound,
		Detail: "No such path, or not with this method: see /api/v1/openapi.json"}
	if err := json.NewEncoder(w).Encode(problem); err != nil {
		a.log.Debug().Err(err).Msg("Nobody reads the answer of the API any more")
	}
}

type seatKey struct{}

// letIn gives a request its seat at the desk, by its token.
func (a *API) letIn(service huma.API) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		person, ok := a.personOf(ctx.Header("Authorization"))
		if !ok {
			ctx.SetHeader("WWW-Authenticate", `Bearer realm="Passerelle"`)
			a.answer(service, ctx, huma.Error401Unauthorized("Send a token that is configured: Authorization: Bearer …"))
			return
		}
		seat, err := a.desk.Sit(person, govern.API)
		if err == nil {
			err = a.signIn(ctx.Context(), seat)
		}
		if err != nil {
			a.answer(service, ctx, a.problem(err))
			return
		}
		ctx.SetHeader("Cache-Control", "no-store")
		next(huma.WithValue(ctx, seatKey{}, seat))
	}
}

func (a *API) answer(service huma.API, ctx huma.Context, problem huma.StatusError) {
	ctx.SetHeader("Content-Type", "application/problem+json")
	ctx.SetStatus(problem.GetStatus())
	if err := service.Marshal(ctx.BodyWriter(), "application/json", problem); err != nil {
		a.log.Debug().Err(err).Msg("Nobody reads the answer of the API any more")
	}
}

// personOf returns whose token a header holds. It takes the same time for every wrong one.
func (a *API) personOf(header string) (person id.UserID, ok bool) {
	secret, bearer := strings.CutPrefix(header, "Bearer ")
	digest := sha256.Sum256([]byte(secret))
	for _, t := range a.tokens {
		if subtle.ConstantTimeCompare(digest[:], t.digest[:]) == 1 && bearer {
			person, ok = t.person, true
		}
	}
	return person, ok
}

// signIn has it written down that a person's program has come in, once an hour.
func (a *API) signIn(ctx context.Context, seat *govern.Seat) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if now := a.now(); now.Sub(a.came[seat.Person.ID]) >= signInEvery {
		if err := seat.SignIn(ctx); err != nil {
			return err
		}
		a.came[seat.Person.ID] = now
	}
	return nil
}

func seatOf(ctx context.Context) *govern.Seat { return ctx.Value(seatKey{}).(*govern.Seat) }

// problem says as RFC 9457 does why something was not done. What is not known is logged, and not told.
func (a *API) problem(err error) huma.StatusError {
	if err == nil {
		return nil
	}
	for _, known := range []struct {
		is     error
		status int
		kind   string
	}{
		{govern.ErrNoRole, http.StatusForbidden, ProblemNoRole}, {govern.ErrMayNot, http.StatusForbidden, ProblemMayNot},
		{govern.ErrNotYours, http.StatusForbidden, ProblemNotYours}, {govern.ErrNotFound, http.StatusNotFound, ProblemNotFound},
		{govern.ErrArgument, http.StatusUnprocessableEntity, ProblemArgument}, {govern.ErrDecided, http.StatusConflict, ProblemDecided},
		{govern.ErrTakenBack, http.StatusConflict, ProblemTakenBack},
		{govern.ErrCannotNow, http.StatusConflict, ProblemCannotNow}, {errNotSure, http.StatusConflict, ProblemNotSure},
	} {
		if errors.Is(err, known.is) {
			return &huma.ErrorModel{Type: known.kind, Title: http.StatusText(known.status), Status: known.status, Detail: err.Error()}
		}
	}
	a.log.Err(err).Msg("A request of the API failed")
	return huma.Error503ServiceUnavailable("This could not be done now. Try again; the bridge's log says why.")
}
