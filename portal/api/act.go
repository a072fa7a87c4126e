package api

import (
	"context"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"passerelle/portal/govern"
	"passerelle/portal/say"
)

// errNotSure is the error of something final that is not said to be meant.
var errNotSure = errors.New(`this cannot be taken back: send "sure": true if it is meant`)

// order is the body of a request that has something done.
type order struct {
	With     string `json:"with,omitempty" maxLength:"4000" doc:"What the verb wants beside: a Matrix ID, a login, words, a number, a way to repair"`
	Sure     bool   `json:"sure,omitempty" doc:"Needed for what cannot be taken back"`
	Language string `json:"language,omitempty" enum:"en,fr" doc:"Of the sentences in the answer; English if it is left out"`
}

// act registers what can be done: the verbs of the desk, each under its own path, so that the document tells of each.
func (a *API) act(group huma.API) {
	for _, verb := range govern.Verbs() {
		op := operation(http.MethodPost, "", summary(verb))
		op.OperationID = "do-" + string(verb.Verb)
		switch verb.Target {
		case govern.OnPortal:
			op.Path = "/portals/{network}/{id}/" + string(verb.Verb)
			huma.Register(group, op, answering(a, func(ctx context.Context, seat *govern.Seat, asked *struct {
				PortalPath
				Body *order
			}) (govern.Result, error) {
				return do(ctx, seat, verb, govern.Action{Portal: asked.key()}, asked.Body)
			}))
		case govern.OnLogin, govern.OnContact:
			op.Path = "/" + string(verb.Target) + "s/{network}/{id}/" + string(verb.Verb)
			huma.Register(group, op, answering(a, func(ctx context.Context, seat *govern.Seat, asked *struct {
				TheirPath
				Body *order
			}) (govern.Result, error) {
				return do(ctx, seat, verb, govern.Action{Network: asked.Network, ID: asked.ID}, asked.Body)
			}))
		case govern.OnApproval:
			op.Path = "/approvals/{id}/" + string(verb.Verb)
			huma.Register(group, op, answering(a, func(ctx context.Context, seat *govern.Seat, asked *struct {
				ID   int64 `path:"id"`
				Body *order
			}) (govern.Result, error) {
				return do(ctx, seat, verb, govern.Action{Approval: asked.ID}, asked.Body)
			}))
		}
	}
}

func summary(verb govern.Description) string {
	words := "Do “" + string(verb.Verb) + "” to a " + string(verb.Target)
	if verb.Target == govern.OnApproval {
		words = "Do “" + string(verb.Verb) + "” to something that waits"
	}
	if verb.Final {
		words += ", for good"
	}
	return words
}

func do(ctx context.Context, seat *govern.Seat, verb govern.Description, a govern.Action, o *order) (govern.Result, error) {
	if o == nil {
		o = &order{}
	}
	if verb.Final && !o.Sure && seat.May(verb.Verb) {
		return govern.Result{}, errNotSure
	}
	a.Verb, a.With, a.Language = verb.Verb, o.With, say.Language(o.Language)
	return seat.Do(ctx, a)
}
