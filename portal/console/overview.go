package console

import (
	"maps"
	"net/http"
	"slices"

	"passerelle/portal/govern"
)

// overviewDays is for how many days the traffic is shown.
const overviewDays = 14

// overview is the first page.
type overview struct {
	CSRF      string
	Counts    counts
	Charts    []chart
	Approvals approvals
}

// counts is how everything does.
type counts struct {
	govern.Overview
	Networks []networkCounts
}

// networkCounts is how one network does.
type networkCounts struct {
	govern.NetworkState
	Logins []loginCount
}

// loginCount is how many accounts are in one state.
type loginCount struct {
	State string
	Count int
}

// approvals is what waits for a decision.
type approvals struct {
	CSRF      string
	May       bool
	Back      string
	Approvals []govern.Approval
}

func (c *Console) showOverview(v *visit) error {
	state, err := v.seat.Overview(v.r.Context(), overviewDays)
	if err != nil {
		return err
	}
	waiting, err := v.waiting()
	if err != nil {
		return err
	}
	o := overview{CSRF: v.session.csrf, Counts: countsOf(state), Approvals: waiting}
	for _, n := range state.Networks {
		o.Charts = append(o.Charts, drawChart(n.Network, state.Traffic, overviewDays, c.options.Now()))
	}
	return v.show(http.StatusOK, "overview", "overview", o)
}

func countsOf(o govern.Overview) counts {
	all := counts{Overview: o}
	for _, n := range o.Networks {
		shown := networkCounts{NetworkState: n}
		for _, state := range slices.Sorted(maps.Keys(n.Logins)) {
			shown.Logins = append(shown.Logins, loginCount{state, n.Logins[state]})
		}
		all.Networks = append(all.Networks, shown)
	}
	return all
}

// waiting returns what waits for a decision, that which has waited longest first: what is new does not move what somebody is about to
// decide on.
func (v *visit) waiting() (approvals, error) {
	list, err := v.seat.Approvals(v.r.Context(), false)
	if err != nil {
		return approvals{}, err
	}
	slices.SortStableFunc(list, func(a, b govern.Approval) int { return a.At.Compare(b.At) })
	return approvals{CSRF: v.session.csrf, May: v.seat.May(govern.Approve), Back: "/", Approvals: list}, nil
}
