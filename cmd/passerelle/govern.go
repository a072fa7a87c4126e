package main

import (
	"net/http"
	"time"

	"github.com/rs/zerolog"
	"maunium.net/go/mautrix/id"

	"passerelle/bridge"
	"passerelle/config"
	"passerelle/portal/api"
	"passerelle/portal/govern"
)

// services are the administrators' doors that listen for themselves.
func services(c *config.Config, log zerolog.Logger) []bridge.Service {
	var list []bridge.Service
	if c.API.Listen != "" {
		var tokens []api.Token
		for _, t := range c.API.Tokens {
			tokens = append(tokens, api.Token{Name: t.Name, Person: id.UserID(t.Person), Secret: t.Token})
		}
		list = append(list, bridge.Service{Name: "api", Key: "api.listen", Listen: c.API.Listen, Handler: func(h *bridge.Host) http.Handler {
			return api.New(h.Desk(), tokens, versionName(), log, time.Now)
		}})
	}
	return list
}

// administrators are the people whom the permissions make administrators, by their Matrix ID.
type administrators map[string]string

// Of tells who is one.
func (a administrators) Of(user id.UserID) (govern.Person, bool) {
	if a[user.String()] != "admin" {
		return govern.Person{}, false
	}
	return govern.Person{ID: user, Role: govern.RoleAdministrator}, true
}
