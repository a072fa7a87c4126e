package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"maunium.net/go/mautrix/id"

	"passerelle/portal/govern"
)

// body is an answer.
type body[T any] struct{ Body T }

// read registers what can be read.
func (a *API) read(group huma.API) {
	huma.Register(group, operation(http.MethodGet, "/overview", "Read how everything does"), answering(a, a.overview))
	huma.Register(group, operation(http.MethodGet, "/portals", "List portals, those first in which something crossed last"), answering(a, a.portals))
	huma.Register(group, operation(http.MethodGet, "/portals/{network}/{id}", "Read about a portal"), answering(a, a.portal))
	huma.Register(group, operation(http.MethodGet, "/logins", "List logins"), answering(a, a.logins))
	huma.Register(group, operation(http.MethodGet, "/contacts", "List contacts"), answering(a, a.contacts))
	huma.Register(group, operation(http.MethodGet, "/contacts/{network}/{id}", "Read about a contact"), answering(a, a.contact))
	huma.Register(group, operation(http.MethodGet, "/approvals", "List what waits for a decision"), answering(a, a.approvals))
}

func operation(method, path, summary string) huma.Operation {
	return huma.Operation{Method: method, Path: path, Summary: summary, MaxBodyBytes: maxBody,
		Errors: []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusConflict, http.StatusServiceUnavailable}}
}

// answering makes a handler of what answers with something or with an error of the desk's.
func answering[I, O any](a *API, answer func(context.Context, *govern.Seat, *I) (O, error)) func(context.Context, *I) (*body[O], error) {
	return func(ctx context.Context, asked *I) (*body[O], error) {
		answer, err := answer(ctx, seatOf(ctx), asked)
		if err != nil {
			return nil, a.problem(err)
		}
		return &body[O]{answer}, nil
	}
}

func (a *API) overview(ctx context.Context, seat *govern.Seat, asked *struct {
	Days int `query:"days" minimum:"1" maximum:"366" default:"7" doc:"For how many days back, today included, the traffic is told"`
}) (govern.Overview, error) {
	return seat.Overview(ctx, asked.Days)
}

// portalFilter is [govern.Filter] as a query.
type portalFilter struct {
	Network     string    `query:"network" doc:"whatsapp, telegram"`
	Department  string    `query:"department"`
	Owner       string    `query:"owner" doc:"Matrix ID of a member of staff whose login is in the portal"`
	Contact     string    `query:"contact" doc:"The network's identifier of somebody who is in it"`
	State       string    `query:"state" enum:"open,paused,read-only,closed"`
	Waiting     bool      `query:"waiting" doc:"Only those in which something waits for a decision"`
	ActiveSince time.Time `query:"active_since"`
	QuietSince  time.Time `query:"quiet_since"`
	Text        string    `query:"text" doc:"Part of the name, in any case"`
	MinContacts int       `query:"min_contacts" minimum:"0"`
	After       string    `query:"after"`
	Limit       int       `query:"limit" minimum:"1" maximum:"1000" default:"100"`
}

func (a *API) portals(ctx context.Context, seat *govern.Seat, asked *portalFilter) (govern.Page[govern.Portal], error) {
	return seat.Portals(ctx, govern.Filter{
		Network: asked.Network, Department: asked.Department, Owner: id.UserID(asked.Owner), Contact: asked.Contact,
		State: govern.State(asked.State), Waiting: asked.Waiting, ActiveSince: asked.ActiveSince, QuietSince: asked.QuietSince,
		Text: asked.Text, MinContacts: asked.MinContacts, After: asked.After, Limit: asked.Limit,
	})
}

// PortalPath names a portal.
type PortalPath struct {
	Network  string `path:"network"`
	ID       string `path:"id" doc:"The network's identifier of the chat, percent-encoded"`
	Receiver string `query:"receiver" doc:"The login whose own the portal is; leave it out for one that several may share"`
}

func (p PortalPath) key() govern.PortalKey {
	return govern.PortalKey{Network: p.Network, ID: p.ID, Receiver: p.Receiver}
}

func (a *API) portal(ctx context.Context, seat *govern.Seat, asked *PortalPath) (govern.Portal, error) {
	return seat.Portal(ctx, asked.key())
}

func (a *API) logins(ctx context.Context, seat *govern.Seat, asked *struct {
	Network string `query:"network"`
}) ([]govern.Login, error) {
	return seat.Logins(ctx, asked.Network)
}

func (a *API) contacts(ctx context.Context, seat *govern.Seat, asked *struct {
	Network string `query:"network"`
	Text    string `query:"text" doc:"Part of the name or of the identifier, in any case"`
	After   string `query:"after"`
	Limit   int    `query:"limit" minimum:"1" maximum:"1000" default:"100"`
}) (govern.Page[govern.Contact], error) {
	return seat.Contacts(ctx, asked.Network, asked.Text, asked.After, asked.Limit)
}

// TheirPath names a login or a contact.
type TheirPath struct {
	Network string `path:"network"`
	ID      string `path:"id" doc:"The network's identifier, percent-encoded"`
}

func (a *API) contact(ctx context.Context, seat *govern.Seat, asked *TheirPath) (govern.Contact, error) {
	return seat.Contact(ctx, asked.Network, asked.ID)
}

func (a *API) approvals(ctx context.Context, seat *govern.Seat, asked *struct {
	All bool `query:"all" doc:"What was decided in the last thirty days, too"`
}) ([]govern.Approval, error) {
	return seat.Approvals(ctx, asked.All)
}
