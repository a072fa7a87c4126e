package bridge

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/bridgev2"

	"passerelle/portal/audit"
)

// The actions of the provisioning API that are written down.
const (
	actionLink   = "account.link"
	actionUnlink = "account.unlink"
)

// auditProvisioning writes down each link and unlink of an account through the provisioning API: that it was asked for, before it is
// done, and how it ended. Who may not is not written down: strangers could fill the log.
func (n *network) auditProvisioning(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rest, ok := strings.CutPrefix(r.URL.Path, provisioningPath+"v3/")
		starts, steps := strings.HasPrefix(rest, "login/start/"), strings.HasPrefix(rest, "login/step/")
		login, ends := strings.CutPrefix(rest, "logout/")
		if !ok || r.Method != http.MethodPost || n.host.options.Audit == nil || !starts && !steps && !ends {
			next.ServeHTTP(w, r)
			return
		}
		action := audit.Action{Actor: r.URL.Query().Get("user_id"), Action: actionLink, Network: n.Name, Result: audit.Asked, Door: audit.DoorAPI}
		if ends {
			action.Action, action.Target = actionUnlink, login
		}
		if (starts || ends) && n.isLetIn(next, r) {
			if err := n.host.options.Audit.Append(r.Context(), action); err != nil {
				n.log.Err(err).Msg("An account is not linked or unlinked, since it could not be written into the audit log")
				mautrix.MUnknown.WithMessage("It could not be written into the audit log, and was not done").WithStatus(http.StatusServiceUnavailable).Write(w)
				return
			}
		}
		seen := &bodyKeeper{ResponseWriter: w}
		next.ServeHTTP(seen, r)
		if action.Result, action.Target = seen.outcome(ends, login); action.Result == "" {
			return
		}
		if err := n.host.options.Audit.Append(context.WithoutCancel(r.Context()), action); err != nil {
			n.log.Err(err).Str("action", action.Action).Msg("How it ended is not in the audit log")
		}
	})
}

// isLetIn tells whether the library would let a request in: it is asked something harmless in the same person's name.
func (n *network) isLetIn(next http.Handler, r *http.Request) bool {
	asked := r.Clone(r.Context())
	asked.Method, asked.URL.Path, asked.URL.RawPath, asked.Body = http.MethodGet, provisioningPath+"v3/login/flows", "", http.NoBody
	answer := &bodyKeeper{ResponseWriter: nowhere{}}
	next.ServeHTTP(answer, asked)
	return answer.status == http.StatusOK
}

// nowhere is where an answer goes that nobody waits for.
type nowhere struct{}

func (nowhere) Header() http.Header         { return http.Header{} }
func (nowhere) WriteHeader(int)             {}
func (nowhere) Write(b []byte) (int, error) { return len(b), nil }

// bodyKeeper keeps what is answered.
type bodyKeeper struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
}

func (k *bodyKeeper) WriteHeader(status int) {
	k.status = status
	k.ResponseWriter.WriteHeader(status)
}

func (k *bodyKeeper) Write(b []byte) (int, error) {
	k.body.Write(b)
	return k.ResponseWriter.Write(b)
}

// outcome tells how a link or an unlink ended, and of which account; "": it goes on, or nobody was let in.
func (k *bodyKeeper) outcome(ends bool, login string) (result audit.Result, of string) {
	switch {
	case k.status == http.StatusUnauthorized, k.status == http.StatusForbidden:
		return "", ""
	case k.status >= http.StatusBadRequest:
		return audit.Failed, login
	case ends:
		return audit.Done, login
	}
	var step bridgev2.LoginStep
	if err := json.Unmarshal(k.body.Bytes(), &step); err != nil || step.Type != bridgev2.LoginStepTypeComplete || step.CompleteParams == nil {
		return "", ""
	}
	return audit.Done, string(step.CompleteParams.UserLoginID)
}
