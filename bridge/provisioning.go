package bridge

import (
	"net/http"
	"strings"

	"go.mau.fi/util/exstrings"
	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/bridgev2/bridgeconfig"
	"maunium.net/go/mautrix/id"
)

// The provisioning API lets programs link accounts for people (bridgev2/matrix/provisioning.yaml). It is the library's, under
// the network's prefix. Who calls it shows the shared secret, which acts for everybody, or a person's own access token or
// OpenID token, which the homeserver vouches for.
const provisioningPath = "/_matrix/provision/"

// largestRequest bounds the body of a request, in bytes.
const largestRequest = 1 << 20

func (o Options) provisioningConfig() bridgeconfig.ProvisioningConfig {
	if o.ProvisioningKey == "" {
		return bridgeconfig.ProvisioningConfig{SharedSecret: "disable"}
	}
	return bridgeconfig.ProvisioningConfig{SharedSecret: o.ProvisioningKey, AllowMatrixAuth: true}
}

// guardProvisioning stands before the library's API. The library would ask whatever server a Matrix ID names about its token
// (bridgev2/matrix/provisioning.go, checkFederatedMatrixAuth), fails on the IDs of the bot and of contacts, and logs the
// phone numbers that stand in the addresses of requests.
func (n *network) guardProvisioning(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rest, ok := strings.CutPrefix(r.URL.Path, provisioningPath)
		if !ok {
			next.ServeHTTP(w, r)
			return
		}
		r.RequestURI = provisioningPath + routeOf(rest) // is logged, and used for nothing else
		r.Body = http.MaxBytesReader(w, r.Body, largestRequest)
		token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
		switch {
		case n.host.options.ProvisioningKey == "", token == "", n.mayProvision(id.UserID(r.URL.Query().Get("user_id"))):
			next.ServeHTTP(w, r) // which refuses who shows no secret
		case exstrings.ConstantTimeEqual(token, n.host.options.ProvisioningKey):
			mautrix.MForbidden.WithMessage("user_id is nobody who may link accounts here").Write(w)
		default:
			mautrix.MUnknownToken.WithMessage("Invalid auth token").Write(w) // who may is not told to strangers
		}
	})
}

// routeOf is the part of a request's path that names no person, account or login: "v3/login/start".
func routeOf(path string) string {
	parts := strings.Split(path, "/")
	kept := 2
	if len(parts) > 1 && parts[1] == "login" {
		kept = 3
	}
	return strings.Join(parts[:min(kept, len(parts))], "/")
}

// mayProvision tells whether somebody may link accounts: a member of staff, whom our homeserver knows.
func (n *network) mayProvision(user id.UserID) bool {
	_, domain, err := user.Parse()
	return err == nil && domain == n.host.options.Domain && !n.matrix().isOurs(user) && n.bridge().Config.Permissions.Get(user).Login
}
