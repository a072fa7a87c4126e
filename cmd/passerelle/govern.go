package main

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/rs/zerolog"
	"maunium.net/go/mautrix/id"

	"passerelle/bridge"
	"passerelle/config"
	"passerelle/portal"
	"passerelle/portal/api"
	"passerelle/portal/audit"
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

// positionsOf says in the desk's words who governs.
func positionsOf(c *config.Config) map[string]govern.Position {
	positions := map[string]govern.Position{}
	for who, p := range c.Administration {
		positions[who] = govern.Position{Role: govern.Role(p.Role), Departments: p.Departments}
	}
	return positions
}

// contactOptions says in the bridge's words what contacts are told.
func contactOptions(c config.Contacts) bridge.ContactOptions {
	options := bridge.ContactOptions{Notice: map[string]portal.Words{}, RoomPrefix: c.RoomPrefix, RoomTopic: c.RoomTopic}
	for network, words := range c.Notice {
		options.Notice[network] = wordsOf(words)
	}
	return options
}

// deeds writes down in the audit log what administrators do.
type deeds struct{ log bridge.Audit }

// Note writes a deed down (see [govern.Auditor]). What its verb wanted beside may be a Matrix ID: it is left out.
func (a deeds) Note(ctx context.Context, d govern.Deed) error {
	action := audit.Action{Actor: string(d.By), Action: d.Verb, Network: d.Network, Door: audit.Door(d.Door)}
	switch d.On {
	case govern.OnPortal:
		action.Action, action.Portal = "portal."+d.Verb, d.ID
	case govern.OnLogin, govern.OnContact:
		action.Action, action.Target = string(d.On)+"."+d.Verb, d.ID
	case govern.OnApproval:
		action.Action, action.Detail = "approval."+d.Verb, d.Target
	}
	action.Detail = strings.TrimSpace(action.Detail + " " + d.Detail)
	switch d.Result {
	case govern.ResultAsked:
		action.Result = audit.Asked
	case govern.ResultDone:
		action.Result = audit.Done
	case govern.ResultFailed:
		action.Result = audit.Failed
	default:
		action.Result, action.Detail = audit.Denied, strings.TrimSpace(action.Detail+" "+d.Result)
	}
	return a.log.Append(ctx, action)
}
