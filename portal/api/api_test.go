package api

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"maunium.net/go/mautrix/id"

	"passerelle/portal/govern"
)

// town is a bridge with a portal, a contact and something that waits.
type town struct {
	govern.Backend
	asked govern.Filter
	did   []govern.Action
	fails error
}

var chat = govern.Portal{Key: govern.PortalKey{Network: "whatsapp", ID: "33612345678@lid", Receiver: "l1"}, Name: "Amina",
	Owners: []govern.Owner{{Login: "l1", User: "@claire:state", Department: "taxes"}}}

func (t *town) Overview(context.Context, int) (govern.Overview, error) {
	return govern.Overview{Version: "1"}, t.fails
}

func (t *town) Portals(_ context.Context, f govern.Filter) (govern.Page[govern.Portal], error) {
	t.asked = f
	return govern.Page[govern.Portal]{Items: []govern.Portal{chat}, Total: 1}, nil
}

func (t *town) Portal(_ context.Context, key govern.PortalKey) (govern.Portal, error) {
	if key != chat.Key {
		return govern.Portal{}, govern.ErrNotFound
	}
	return chat, nil
}

func (t *town) Do(_ context.Context, _ id.UserID, a govern.Action) (govern.Result, error) {
	t.did = append(t.did, a)
	return govern.Result{Left: []string{"the files"}}, nil
}

type people map[id.UserID]govern.Person

func (p people) Of(user id.UserID) (govern.Person, bool) {
	person, ok := p[user]
	return person, ok
}

// book is an auditor in memory.
type book struct{ deeds []govern.Deed }

func (b *book) Note(_ context.Context, d govern.Deed) error {
	b.deeds = append(b.deeds, d)
	return nil
}

const (
	amira = "amira's token, which is long enough"
	olga  = "olga's token, which is long enough"
	gone  = "the token of somebody without a role"
)

// desk returns a service, its bridge and its book.
func desk(t *testing.T) (*httptest.Server, *town, *book) {
	t.Helper()
	bridge, audit := &town{}, &book{}
	staff := people{"@amira:state": {ID: "@amira:state", Role: govern.RoleAdministrator},
		"@olga:state": {ID: "@olga:state", Role: govern.RoleOperator, Departments: []string{"health"}}}
	server := httptest.NewServer(New(govern.NewDesk(bridge, staff, audit), []Token{
		{Person: "@amira:state", Secret: amira}, {Person: "@olga:state", Secret: olga}, {Person: "@gone:state", Secret: gone},
	}, "1", zerolog.Nop(), time.Now))
	t.Cleanup(server.Close)
	return server, bridge, audit
}

// asks makes a request, and returns the status, the type of the problem and the body.
func asks(t *testing.T, server *httptest.Server, token, method, path, body string) (status int, problem, answer string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, server.URL+"/api/v1"+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := server.Client().Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if response.StatusCode >= 400 {
		var details struct{ Type string }
		if kind := response.Header.Get("Content-Type"); kind != "application/problem+json" {
			t.Errorf("%s %s: an error comes as %s: %s", method, path, kind, text)
		}
		if err := json.Unmarshal(text, &details); err != nil {
			t.Errorf("%s %s: %v: %s", method, path, err, text)
		}
		problem = details.Type
	}
	return response.StatusCode, problem, string(text)
}

func TestRequestsAreAnsweredAsTheRoleAllows(t *testing.T) {
	portal := "/portals/whatsapp/" + url.PathEscape(chat.Key.ID)
	own := "?receiver=l1"
	for _, c := range []struct {
		name, token, method, path, body string
		status                          int
		problem                         string
	}{
		{"no token", "", "GET", "/portals", "", 401, ""},
		{"a wrong token", "guessed", "GET", "/portals", "", 401, ""},
		{"no role any more", gone, "GET", "/portals", "", 403, ProblemNoRole},
		{"a list", amira, "GET", "/portals", "", 200, ""},
		{"a state that there is not", amira, "GET", "/portals?state=ajar", "", 422, ""},
		{"a portal", amira, "GET", portal + own, "", 200, ""},
		{"a portal that there is not", amira, "GET", portal, "", 404, ProblemNotFound},
		{"another department's portal", olga, "GET", portal + own, "", 403, ProblemNotYours},
		{"contacts, for an operator", olga, "GET", "/contacts", "", 403, ProblemMayNot},
		{"a pause", amira, "POST", portal + "/pause" + own, "", 200, ""},
		{"a close with words", amira, "POST", portal + "/close" + own, `{"with":"Adieu"}`, 200, ""},
		{"another department's pause", olga, "POST", portal + "/pause" + own, "", 403, ProblemNotYours},
		{"a deletion that is not meant", amira, "POST", portal + "/delete" + own, "{}", 409, ProblemNotSure},
		{"a deletion that is", amira, "POST", portal + "/delete" + own, `{"sure":true}`, 200, ""},
		{"a deletion by an operator", olga, "POST", portal + "/delete" + own, "", 403, ProblemMayNot},
		{"a verb that there is not", amira, "POST", portal + "/destroy" + own, "", 404, ProblemNotFound},
		{"no JSON", amira, "POST", portal + "/close" + own, `{"with":`, 400, ""},
		{"an unknown field", amira, "POST", portal + "/close" + own, `{"to":"x"}`, 422, ""},
		{"too much", amira, "POST", portal + "/close" + own, `{"with":"` + strings.Repeat("x", maxBody) + `"}`, 413, ""},
		{"an approval", amira, "POST", "/approvals/7/approve", "", 200, ""},
	} {
		server, bridge, _ := desk(t)
		status, problem, answer := asks(t, server, c.token, c.method, c.path, c.body)
		if status != c.status || problem != c.problem && c.problem != "" {
			t.Errorf("%s: %d, %q: %s", c.name, status, problem, answer)
		}
		if did := len(bridge.did) > 0; did != (c.method == "POST" && c.status == 200) {
			t.Errorf("%s: the bridge did %+v", c.name, bridge.did)
		}
	}
}

func TestAnActionReachesTheBridgeAsItWasAsked(t *testing.T) {
	server, bridge, _ := desk(t)
	asks(t, server, amira, "POST", "/portals/whatsapp/"+url.PathEscape(chat.Key.ID)+"/close?receiver=l1", `{"with":"Adieu"}`)
	asks(t, server, amira, "POST", "/contacts/telegram/"+url.PathEscape("7/8")+"/block", "")
	asks(t, server, amira, "POST", "/approvals/7/approve", "")
	want := []govern.Action{{Verb: govern.Close, Portal: chat.Key, With: "Adieu"}, {Verb: govern.Block, Network: "telegram", ID: "7/8"},
		{Verb: govern.Approve, Approval: 7}}
	if !slices.Equal(bridge.did, want) {
		t.Errorf("the bridge did %+v", bridge.did)
	}
}

func TestAFilterReachesTheBridgeAsItWasAsked(t *testing.T) {
	server, bridge, _ := desk(t)
	asks(t, server, amira, "GET", "/portals?network=whatsapp&state=paused&waiting=true&active_since=2026-11-01T00:00:00Z&text=am&min_contacts=2&limit=5&after=5", "")
	want := govern.Filter{Network: "whatsapp", State: govern.Paused, Waiting: true, ActiveSince: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC),
		Text: "am", MinContacts: 2, Limit: 5, After: "5"}
	if got := bridge.asked; got.Network != want.Network || got.State != want.State || !got.Waiting || !got.ActiveSince.Equal(want.ActiveSince) ||
		got.Text != want.Text || got.MinContacts != 2 || got.Limit != 5 || got.After != "5" {
		t.Errorf("the bridge was asked %+v", got)
	}
}

func TestComingInIsWrittenDownOnceAnHour(t *testing.T) {
	server, _, audit := desk(t)
	for range 3 {
		asks(t, server, amira, "GET", "/overview", "")
	}
	if len(audit.deeds) != 1 || audit.deeds[0].Verb != "sign-in" || audit.deeds[0].Door != govern.API {
		t.Errorf("written down: %+v", audit.deeds)
	}
}

func TestWhatGoesWrongInsideIsNotTold(t *testing.T) {
	server, bridge, _ := desk(t)
	bridge.fails = errors.New("postgres://user:secret@host")
	status, _, answer := asks(t, server, amira, "GET", "/overview", "")
	if status != 503 || strings.Contains(answer, "secret") {
		t.Errorf("%d: %s", status, answer)
	}
}

func TestTheDocumentDescribesEveryVerbAndNeedsNoToken(t *testing.T) {
	server, _, _ := desk(t)
	status, _, answer := asks(t, server, "", "GET", "/openapi.json", "")
	var document struct {
		OpenAPI string
		Paths   map[string]map[string]any
	}
	if err := json.Unmarshal([]byte(answer), &document); err != nil || status != 200 || !strings.HasPrefix(document.OpenAPI, "3.1") {
		t.Fatalf("%d, %v: %.200s", status, err, answer)
	}
	for _, verb := range govern.Verbs() {
		found := false
		for path, methods := range document.Paths {
			found = found || strings.HasSuffix(path, "/"+string(verb.Verb)) && methods["post"] != nil
		}
		if !found {
			t.Errorf("no path does %q", verb.Verb)
		}
	}
}
