package bridge

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.mau.fi/util/dbutil"
	"maunium.net/go/mautrix/bridgev2"
	bridgedb "maunium.net/go/mautrix/bridgev2/database"
	"maunium.net/go/mautrix/bridgev2/networkid"
	"maunium.net/go/mautrix/id"

	"passerelle/database"
	"passerelle/portal"
	"passerelle/portal/govern"
)

// governor is the bridge as administrators see it: what stands in bridgev2's tables and ours, put together when it is asked for.
type governor struct{ *Host }

var _ govern.Backend = governor{}

// Governor returns the bridge as the desk of the administrators sees it.
func (h *Host) Governor() govern.Backend { return governor{h} }

// Desk returns the desk of the administrators, for the doors beside the commands.
func (h *Host) Desk() *govern.Desk { return h.desk }

// Languages tells how people are addressed.
func (h *Host) Languages() portal.Languages { return h.languages }

// network returns a hosted network; nil: it is not hosted.
func (h *Host) network(name string) *network {
	if at := slices.IndexFunc(h.networks, func(n *network) bool { return n.Name == name }); at >= 0 {
		return h.networks[at]
	}
	return nil
}

// directWith returns the contact of a direct chat; "": it is none, or not there.
func (h *Host) directWith(ctx context.Context, key govern.PortalKey) (string, error) {
	n := h.network(key.Network)
	if n == nil {
		return "", nil
	}
	at, err := n.bridge().DB.Portal.GetByKey(ctx, theirKey(key))
	if err != nil || at == nil {
		return "", err
	}
	return string(at.OtherUserID), nil
}

// hosted lists the networks of a name, or all for no name.
func (g governor) hosted(name string) []*network {
	if name == "" {
		return g.networks
	}
	if n := g.network(name); n != nil {
		return []*network{n}
	}
	return nil
}

// Overview tells how everything does (see [govern.Backend]).
func (g governor) Overview(ctx context.Context, days int) (govern.Overview, error) {
	view := govern.Overview{Version: g.options.Version}
	since := time.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, 1-max(days, 1))
	var err error
	if view.Traffic, err = g.options.Store.Traffic(ctx, since); err != nil {
		return view, err
	}
	waiting, err := g.Approvals(ctx, false)
	if err != nil {
		return view, err
	}
	view.Waiting = len(waiting)
	for _, n := range g.networks {
		report := n.health.report()
		state := govern.NetworkState{Network: n.Name, Running: report.State == phaseRunning, Reason: report.Reason, Logins: map[string]int{}}
		for _, login := range report.Logins {
			state.Logins[login.State]++
		}
		portals, err := n.bridge().DB.Portal.GetAllWithMXID(ctx)
		if err != nil {
			return view, fmt.Errorf("count the portals: %w", err)
		}
		state.Portals = len(portals)
		inbox, journal, err := g.options.Store.Depths(ctx, n.Name)
		if err != nil {
			return view, err
		}
		view.Networks = append(view.Networks, state)
		view.Inbox, view.Journal = view.Inbox+inbox, view.Journal+journal
	}
	return view, nil
}

// mostPortals is how many portals a page has at most, if nobody says.
const mostPortals = 100

// Portals lists portals (see [govern.Backend]).
func (g governor) Portals(ctx context.Context, f govern.Filter) (govern.Page[govern.Portal], error) {
	var all []govern.Portal
	for _, n := range g.hosted(f.Network) {
		inventory, err := n.inventory(ctx)
		if err != nil {
			return govern.Page[govern.Portal]{}, err
		}
		with := map[govern.PortalKey]bool{}
		if f.Contact != "" {
			if with, err = n.portalsWith(ctx, f.Contact); err != nil {
				return govern.Page[govern.Portal]{}, err
			}
		}
		for _, p := range inventory {
			if matches(p, f) && (f.Contact == "" || with[p.Key]) {
				all = append(all, p)
			}
		}
	}
	slices.SortStableFunc(all, func(a, b govern.Portal) int {
		return cmp.Or(b.LastActive.Compare(a.LastActive), strings.Compare(a.Key.String(), b.Key.String()))
	})
	return page(all, f.After, cmp.Or(f.Limit, mostPortals))
}

// page cuts a page out of a list. after is the number of the item before it.
func page[T any](all []T, after string, limit int) (govern.Page[T], error) {
	p := govern.Page[T]{Total: len(all)}
	from := 0
	if after != "" {
		var err error
		if from, err = strconv.Atoi(after); err != nil || from < 0 {
			return p, fmt.Errorf("%w: after is no page's", govern.ErrArgument)
		}
	}
	from = min(from, len(all))
	to := min(from+limit, len(all))
	p.Items = all[from:to]
	if to < len(all) {
		p.Next = strconv.Itoa(to)
	}
	return p, nil
}

// matches tells whether a filter lets a portal through, leaving out who is in it.
func matches(p govern.Portal, f govern.Filter) bool {
	owned := func(is func(govern.Owner) bool) bool { return slices.ContainsFunc(p.Owners, is) }
	switch {
	case f.Department != "" && !owned(func(o govern.Owner) bool { return o.Department == f.Department }),
		f.Departments != nil && !owned(func(o govern.Owner) bool { return o.Department != "" && slices.Contains(f.Departments, o.Department) }),
		f.Owner != "" && !owned(func(o govern.Owner) bool { return o.User == f.Owner }),
		f.State != "" && p.State != f.State,
		f.Waiting && p.Waiting == 0,
		!f.ActiveSince.IsZero() && p.LastActive.Before(f.ActiveSince),
		!f.QuietSince.IsZero() && !p.LastActive.Before(f.QuietSince),
		p.Contacts < f.MinContacts,
		!strings.Contains(strings.ToLower(p.Name), strings.ToLower(f.Text)):
		return false
	}
	return true
}

// inventory lists a network's portals.
func (n *network) inventory(ctx context.Context) ([]govern.Portal, error) {
	rows, err := n.bridge().DB.Portal.GetAll(ctx)
	if err != nil {
		return nil, fmt.Errorf("list the portals: %w", err)
	}
	about, err := n.gather(ctx)
	if err != nil {
		return nil, err
	}
	list := make([]govern.Portal, 0, len(rows))
	for _, row := range rows {
		list = append(list, n.describe(row, about))
	}
	return list, nil
}

// particulars is what the portals of a network have beside their rows.
type particulars struct {
	owners  map[networkid.PortalKey][]govern.Owner
	logins  map[networkid.UserLoginID]govern.Owner
	active  map[string]time.Time
	waiting map[govern.PortalKey]int
	members map[id.RoomID]int
	names   map[networkid.UserID]string
}

func (n *network) gather(ctx context.Context) (p particulars, err error) {
	store := n.host.options.Store
	var failed error
	if p.logins, err = n.loginOwners(ctx); err != nil {
		failed = err
	}
	if p.owners, err = n.owned(ctx, p.logins); err != nil {
		failed = errors.Join(failed, err)
	}
	if p.active, err = store.LastActive(ctx, n.Name); err != nil {
		failed = errors.Join(failed, err)
	}
	if p.members, err = n.ghostsInRooms(ctx); err != nil {
		failed = errors.Join(failed, err)
	}
	if p.names, err = n.ghostNames(ctx); err != nil {
		failed = errors.Join(failed, err)
	}
	waiting, err := store.Approvals(ctx, time.Now())
	p.waiting = map[govern.PortalKey]int{}
	for _, a := range waiting {
		if a.Network == n.Name && a.Outcome == "" {
			p.waiting[govern.PortalKey{Network: n.Name, ID: a.Portal, Receiver: a.Receiver}]++
		}
	}
	return p, errors.Join(failed, err)
}

func (n *network) describe(row *bridgedb.Portal, about particulars) govern.Portal {
	key := n.keyOf(row.PortalKey)
	set := n.host.standing.portal(key)
	p := govern.Portal{Key: key, Room: row.MXID, Name: row.Name, Kind: govern.Group, State: set.State, Mark: set.Mark,
		Owners: about.owners[row.PortalKey], Relay: string(row.RelayLoginID), Contacts: about.members[row.MXID],
		LastActive: about.active[key.ID], Waiting: about.waiting[key], StateSince: set.At, StateChange: set.By}
	switch {
	case row.RoomType == bridgedb.RoomTypeSpace:
		p.Kind = govern.Space
	case row.OtherUserID != "":
		p.Kind, p.Contacts = govern.Direct, 1
		if p.Name == "" {
			p.Name = about.names[row.OtherUserID]
		}
	}
	if len(p.Owners) == 0 && row.Receiver != "" {
		if owner, ok := about.logins[row.Receiver]; ok {
			p.Owners = []govern.Owner{owner}
		}
	}
	return p
}

// loginOwners tells whose each login is.
func (n *network) loginOwners(ctx context.Context) (map[networkid.UserLoginID]govern.Owner, error) {
	owners := map[networkid.UserLoginID]govern.Owner{}
	rows, err := n.db.Query(ctx, `SELECT id, user_mxid FROM user_login WHERE bridge_id = $1`, n.Name)
	err = each(rows, err, func(row dbutil.Scannable) error {
		var login networkid.UserLoginID
		var user id.UserID
		err := row.Scan(&login, &user)
		owners[login] = govern.Owner{Login: string(login), User: user, Department: n.host.options.department(user)}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list whose the logins are: %w", err)
	}
	return owners, nil
}

// owned tells which logins are in each portal.
func (n *network) owned(ctx context.Context, logins map[networkid.UserLoginID]govern.Owner) (map[networkid.PortalKey][]govern.Owner, error) {
	owned := map[networkid.PortalKey][]govern.Owner{}
	rows, err := n.db.Query(ctx, `SELECT portal_id, portal_receiver, login_id FROM user_portal WHERE bridge_id = $1 ORDER BY login_id`, n.Name)
	err = each(rows, err, func(row dbutil.Scannable) error {
		var key networkid.PortalKey
		var login networkid.UserLoginID
		err := row.Scan(&key.ID, &key.Receiver, &login)
		if owner, ok := logins[login]; ok {
			owned[key] = append(owned[key], owner)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list which logins are in the portals: %w", err)
	}
	return owned, nil
}

// ghostsInRooms counts the ghosts in each room.
func (n *network) ghostsInRooms(ctx context.Context) (map[id.RoomID]int, error) {
	members := map[id.RoomID]int{}
	rows, err := n.db.Query(ctx, `SELECT room_id, user_id FROM mx_user_profile WHERE membership = 'join'`)
	err = each(rows, err, func(row dbutil.Scannable) error {
		var room id.RoomID
		var user id.UserID
		err := row.Scan(&room, &user)
		if _, ghost := n.matrix().ParseGhostMXID(user); ghost {
			members[room]++
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("count the members of rooms: %w", err)
	}
	return members, nil
}

// ghostNames tells what each contact is called.
func (n *network) ghostNames(ctx context.Context) (map[networkid.UserID]string, error) {
	names := map[networkid.UserID]string{}
	rows, err := n.db.Query(ctx, `SELECT id, name FROM ghost WHERE bridge_id = $1`, n.Name)
	err = each(rows, err, func(row dbutil.Scannable) error {
		var ghost networkid.UserID
		var name string
		err := row.Scan(&ghost, &name)
		names[ghost] = name
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list the contacts' names: %w", err)
	}
	return names, nil
}

// each reads the rows of a query.
func each(rows dbutil.Rows, err error, read func(dbutil.Scannable) error) error {
	return dbutil.NewRowIterWithError(rows, func(row dbutil.Scannable) (struct{}, error) { return struct{}{}, read(row) }, err).
		Iter(func(struct{}) (bool, error) { return true, nil })
}

// Portal returns one portal (see [govern.Backend]).
func (g governor) Portal(ctx context.Context, key govern.PortalKey) (govern.Portal, error) {
	n := g.network(key.Network)
	if n == nil {
		return govern.Portal{}, govern.ErrNotFound
	}
	row, err := n.bridge().DB.Portal.GetByKey(ctx, theirKey(key))
	if err != nil {
		return govern.Portal{}, fmt.Errorf("look up a portal: %w", err)
	}
	if row == nil {
		return govern.Portal{}, govern.ErrNotFound
	}
	about, err := n.gather(ctx)
	return n.describe(row, about), err
}

// PortalIn returns the portal of a room (see [govern.Backend]).
func (g governor) PortalIn(ctx context.Context, room id.RoomID) (govern.Portal, error) {
	for _, n := range g.networks {
		row, err := n.bridge().DB.Portal.GetByMXID(ctx, room)
		if err != nil {
			return govern.Portal{}, fmt.Errorf("look up the portal of a room: %w", err)
		}
		if row != nil {
			return g.Portal(ctx, n.keyOf(row.PortalKey))
		}
	}
	return govern.Portal{}, govern.ErrNotFound
}

// Logins lists the logins (see [govern.Backend]).
func (g governor) Logins(ctx context.Context, network string) ([]govern.Login, error) {
	var all []govern.Login
	today := time.Now().UTC().Truncate(24 * time.Hour)
	for _, n := range g.hosted(network) {
		owners, err := n.loginOwners(ctx)
		if err != nil {
			return nil, err
		}
		owned, err := n.owned(ctx, owners)
		if err != nil {
			return nil, err
		}
		portals := map[string]int{}
		for _, in := range owned {
			for _, owner := range in {
				portals[owner.Login]++
			}
		}
		reports := map[string]loginReport{}
		for _, report := range n.health.report().Logins {
			reports[report.Login] = report
		}
		for login, owner := range owners {
			key := database.LoginKey{Network: n.Name, Login: string(login)}
			set, report := g.standing.login(key), reports[string(login)]
			l := govern.Login{Network: n.Name, ID: string(login), Owner: owner, State: report.State, Reason: report.Error, Since: report.Since,
				Portals: portals[string(login)], Limit: set.Daily}
			if set.Off {
				l.State, l.Reason = stateOff, ""
			}
			if known := n.bridge().GetCachedUserLoginByID(login); known != nil {
				l.Name = known.RemoteName
			}
			if l.SentToday, err = g.options.Store.SentSince(ctx, key, today); err != nil {
				return nil, err
			}
			all = append(all, l)
		}
	}
	slices.SortFunc(all, func(a, b govern.Login) int {
		return cmp.Or(strings.Compare(a.Network, b.Network), strings.Compare(string(a.Owner.User), string(b.Owner.User)), strings.Compare(a.ID, b.ID))
	})
	return all, nil
}

// stateOff is the state of a login that administrators have disconnected.
const stateOff = "disconnected"

// Approvals lists what waits for a decision (see [govern.Backend]).
func (g governor) Approvals(ctx context.Context, all bool) ([]govern.Approval, error) {
	since := time.Now()
	if all {
		since = since.AddDate(0, 0, -30)
	}
	rows, err := g.options.Store.Approvals(ctx, since)
	if err != nil {
		return nil, err
	}
	about := map[string]particulars{}
	list := make([]govern.Approval, 0, len(rows))
	for _, row := range rows {
		if row.WaitsFor != "held" || row.Rule == rulePaused || !all && row.Outcome != "" {
			continue // the sender's to decide, or a portal's
		}
		n := g.network(row.Network)
		if n == nil {
			continue
		}
		if _, ok := about[n.Name]; !ok {
			if about[n.Name], err = n.gather(ctx); err != nil {
				return nil, err
			}
		}
		a, err := n.approval(ctx, row, about[n.Name])
		if err != nil {
			return nil, err
		}
		list = append(list, a)
	}
	return list, nil
}

// Approval returns something that waits, or waited (see [govern.Backend]).
func (g governor) Approval(ctx context.Context, number int64) (govern.Approval, error) {
	row, err := g.options.Store.Approval(ctx, number)
	if err != nil {
		return govern.Approval{}, err
	}
	n := g.network(row.Network)
	if n == nil {
		return govern.Approval{}, govern.ErrNotFound
	}
	about, err := n.gather(ctx)
	if err != nil {
		return govern.Approval{}, err
	}
	return n.approval(ctx, row, about)
}

func (n *network) approval(ctx context.Context, row database.Approval, about particulars) (govern.Approval, error) {
	key := govern.PortalKey{Network: n.Name, ID: row.Portal, Receiver: row.Receiver}
	a := govern.Approval{ID: row.Number, Portal: key, Direction: string(row.Direction), Kind: string(row.Kind), Rule: row.Rule,
		Login: row.Login, Sender: row.Sender, At: row.At, State: govern.ApprovalWaiting, By: row.By, Decided: row.Decided}
	switch row.Outcome {
	case "admitted":
		a.State = govern.ApprovalApproved
	case "refused":
		a.State = govern.ApprovalRejected
	case portal.Withdrawn:
		a.State = govern.ApprovalWithdrawn
	}
	if name := about.names[networkid.UserID(row.Sender)]; name != "" {
		a.SenderName = name
	}
	at, err := n.bridge().DB.Portal.GetByKey(ctx, theirKey(key))
	if err != nil {
		return a, fmt.Errorf("look up a portal: %w", err)
	}
	if at != nil {
		p := n.describe(at, about)
		a.Name, a.Owners = p.Name, p.Owners
	} else if owner, ok := about.logins[networkid.UserLoginID(row.Login)]; ok {
		a.Owners = []govern.Owner{owner}
	}
	return a, nil
}

// login returns a login that is loaded.
func (n *network) login(name string) (*bridgev2.UserLogin, error) {
	login := n.bridge().GetCachedUserLoginByID(networkid.UserLoginID(name))
	if login == nil {
		return nil, govern.ErrNotFound
	}
	return login, nil
}
