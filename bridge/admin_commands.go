package bridge

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"

	"maunium.net/go/mautrix/bridgev2/commands"
	"maunium.net/go/mautrix/id"

	"passerelle/portal/govern"
	"passerelle/portal/say"
)

// shownLists remembers, by person, what the numbers of the last list stand for.
type shownLists struct {
	mu   sync.Mutex
	last map[id.UserID][]govern.Action // guarded by mu; each without its verb
}

func (s *shownLists) keep(person id.UserID, list []govern.Action) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.last == nil {
		s.last = map[id.UserID][]govern.Action{}
	}
	s.last[person] = list
}

func (s *shownLists) get(person id.UserID, number int) (govern.Action, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if list := s.last[person]; number >= 1 && number <= len(list) {
		return list[number-1], true
	}
	return govern.Action{}, false
}

// commandAdmin is the command before all others of administrators.
const commandAdmin = "admin"

// yes is what an administrator adds to what cannot be taken back.
const yes = "yes"

// listed is how many things a list of the commands has at most.
const listed = 20

// admin runs a command of an administrator: one of the doors of the desk (see package govern).
func (n *network) admin(ce *commands.Event) {
	seat, err := n.host.desk.Sit(ce.User.MXID, govern.Commands)
	if err != nil {
		n.adminFailed(ce, err, "")
		return
	}
	if encrypted, err := n.matrix().StateStore.IsEncrypted(ce.Ctx, ce.OrigRoomID); err != nil || !encrypted {
		n.answer(ce, say.AdminNotEncrypted)
		return
	}
	word, rest := "", []string(nil)
	if len(ce.Args) > 0 {
		word, rest = strings.ToLower(ce.Args[0]), ce.Args[1:]
	}
	if verb, ok := govern.Describe(govern.Verb(word)); ok {
		n.adminDoes(ce, seat, verb, rest)
		return
	}
	if !n.alone(ce) {
		n.answer(ce, say.AdminAlone)
		return
	}
	lists := map[string]func(*commands.Event, *govern.Seat, []string) ([]string, error){
		"overview": n.adminOverview, "portals": n.adminPortals, "logins": n.adminLogins, "contacts": n.adminContacts,
		"waiting": n.adminWaiting, "console": n.adminConsole,
	}
	list, ok := lists[word]
	if !ok {
		ce.ReplyAdvanced(strings.Join(n.adminHelp(ce), "\n"), true, false)
		return
	}
	lines, err := list(ce, seat, rest)
	switch {
	case err != nil:
		n.adminFailed(ce, err, "")
	case len(lines) == 0:
		n.answer(ce, say.AdminNone)
	default:
		ce.ReplyAdvanced(strings.Join(lines, "\n"), false, false)
	}
}

// adminHelp lists what can be written.
func (n *network) adminHelp(ce *commands.Event) []string {
	in := n.host.languages.Of(ce.User.MXID)
	lines := []string{in.Say(say.AdminHelpLists)}
	byTarget := map[govern.Target][]string{}
	var targets []govern.Target
	for _, d := range govern.Verbs() {
		if !slices.Contains(targets, d.Target) {
			targets = append(targets, d.Target)
		}
		byTarget[d.Target] = append(byTarget[d.Target], "`"+usage(d)+"`")
	}
	for _, target := range targets {
		lines = append(lines, "- "+string(target)+": "+strings.Join(byTarget[target], ", "))
	}
	return append(lines, in.Say(say.AdminHelpVerbs))
}

func usage(d govern.Description) string {
	parts := []string{string(d.Verb), "N"}
	if d.Wants != govern.Nothing {
		parts = append(parts, strings.ToUpper(string(d.Wants)))
	}
	return strings.Join(parts, " ")
}

// adminDoes does what a verb says, on what stands under a number, or on the room's own portal.
func (n *network) adminDoes(ce *commands.Event, seat *govern.Seat, verb govern.Description, args []string) {
	action, named := govern.Action{}, ""
	number := 0
	if len(args) > 0 {
		number, _ = strconv.Atoi(args[0])
	}
	switch {
	case ce.Portal != nil && verb.Target == govern.OnPortal:
		action.Portal, named = n.keyOf(ce.Portal.PortalKey), n.sayTo(ce.User.MXID, say.AdminHere)
	case verb.Target == govern.OnApproval && number > 0: // its number is its own
		action.Approval, named, args = int64(number), args[0], args[1:]
	case number > 0:
		var ok bool
		if action, ok = n.host.shown.get(ce.User.MXID, number); !ok {
			n.answer(ce, say.AdminNotFound)
			return
		}
		named, args = args[0], args[1:]
	default:
		n.answer(ce, say.AdminArgument, "admin "+usage(verb))
		return
	}
	action.Verb = verb.Verb
	if verb.Final {
		if len(args) == 0 || strings.ToLower(args[len(args)-1]) != yes {
			n.answer(ce, say.AdminSure, n.written(ce, strings.Join(append([]string{"admin"}, append(slices.Clone(ce.Args), yes)...), " ")))
			return
		}
		args = args[:len(args)-1]
	}
	action.With, action.Language = strings.Join(args, " "), n.host.languages.Of(ce.User.MXID)
	if verb.Verb == govern.Access && !n.alone(ce) {
		n.answer(ce, say.AdminAlone)
		return
	}
	result, err := seat.Do(ce.Ctx, action)
	if err != nil {
		n.adminFailed(ce, err, "admin "+usage(verb))
		return
	}
	in := action.Language
	lines := []string{in.Say(say.AdminDone, verb.Verb, named)}
	if result.Done != "" {
		lines = append(lines, result.Done)
	}
	for _, name := range slices.Sorted(maps.Keys(result.Data)) {
		lines = append(lines, name+": "+result.Data[name])
	}
	if len(result.Left) > 0 {
		lines = append(append(lines, in.Say(say.AdminStays)), result.Left...)
	}
	ce.ReplyAdvanced(strings.Join(lines, "\n"), false, false)
}

// adminFailed says why something was not done.
func (n *network) adminFailed(ce *commands.Event, err error, written string) {
	for _, known := range []struct {
		is   error
		says say.Sentence
	}{{govern.ErrNoRole, say.AdminNoRole}, {govern.ErrMayNot, say.AdminMayNot}, {govern.ErrNotYours, say.AdminNotYours},
		{govern.ErrNotFound, say.AdminNotFound}, {govern.ErrDecided, say.AdminDecided},
		{govern.ErrTakenBack, say.AdminTakenBack}, {govern.ErrCannotNow, say.AdminCannotNow}} {
		if errors.Is(err, known.is) {
			n.answer(ce, known.says)
			return
		}
	}
	if errors.Is(err, govern.ErrArgument) && written != "" {
		n.answer(ce, say.AdminArgument, written)
		return
	}
	ce.Log.Err(err).Msg("A command of an administrator failed")
	n.answer(ce, say.AdminFailed)
}

func (n *network) adminOverview(ce *commands.Event, seat *govern.Seat, _ []string) ([]string, error) {
	in := n.host.languages.Of(ce.User.MXID)
	view, err := seat.Overview(ce.Ctx, 1)
	if err != nil {
		return nil, err
	}
	var lines []string
	for _, network := range view.Networks {
		if !network.Running {
			lines = append(lines, in.Say(say.AdminNetworkAway, network.Network, network.Reason))
			continue
		}
		var logins []string
		for _, state := range slices.Sorted(maps.Keys(network.Logins)) {
			logins = append(logins, fmt.Sprintf("%s %d", state, network.Logins[state]))
		}
		lines = append(lines, in.Say(say.AdminNetwork, network.Network, network.Portals, strings.Join(logins, ", ")))
	}
	var came, went, stopped int
	for _, day := range view.Traffic {
		came, went, stopped = came+day.In, went+day.Out, stopped+day.Refused+day.Withheld
	}
	return append(lines, in.Say(say.AdminTraffic, came, went, stopped), in.Say(say.AdminQueues, view.Inbox, view.Journal, view.Waiting)), nil
}

// stateWord is what people call a portal's state.
func stateWord(state govern.State) say.Sentence {
	return map[govern.State]say.Sentence{govern.Open: say.StateOpen, govern.Paused: say.StatePaused, govern.ReadOnly: say.StateReadOnly,
		govern.Closed: say.StateClosed}[state]
}

func (n *network) adminPortals(ce *commands.Event, seat *govern.Seat, words []string) ([]string, error) {
	in := n.host.languages.Of(ce.User.MXID)
	found, err := seat.Portals(ce.Ctx, govern.Filter{Text: strings.Join(words, " "), Limit: listed})
	if err != nil {
		return nil, err
	}
	var lines []string
	var shown []govern.Action
	for i, p := range found.Items {
		shown = append(shown, govern.Action{Portal: p.Key})
		lines = append(lines, in.Say(say.AdminPortal, i+1, p.Name, p.Key.Network, in.Say(stateWord(p.State)), p.Contacts))
	}
	n.host.shown.keep(ce.User.MXID, shown)
	return n.more(ce, lines, found.Next, "portals"), nil
}

// more adds how to see what a list has left out.
func (n *network) more(ce *commands.Event, lines []string, next, list string) []string {
	if next != "" {
		lines = append(lines, n.sayTo(ce.User.MXID, say.AdminMore, n.written(ce, "admin "+list+" …")))
	}
	return lines
}

func (n *network) adminLogins(ce *commands.Event, seat *govern.Seat, words []string) ([]string, error) {
	logins, err := seat.Logins(ce.Ctx, strings.Join(words, " "))
	if err != nil {
		return nil, err
	}
	var lines []string
	var shown []govern.Action
	for i, l := range logins {
		shown = append(shown, govern.Action{Network: l.Network, ID: l.ID})
		lines = append(lines, n.sayTo(ce.User.MXID, say.AdminLogin, i+1, l.Owner.User, l.Network, strings.TrimSpace(l.State+" "+l.Reason)))
	}
	n.host.shown.keep(ce.User.MXID, shown)
	return lines, nil
}

func (n *network) adminContacts(ce *commands.Event, seat *govern.Seat, words []string) ([]string, error) {
	found, err := seat.Contacts(ce.Ctx, "", strings.Join(words, " "), "", listed)
	if err != nil {
		return nil, err
	}
	var lines []string
	var shown []govern.Action
	for i, c := range found.Items {
		shown = append(shown, govern.Action{Network: c.Network, ID: c.ID})
		lines = append(lines, n.sayTo(ce.User.MXID, say.AdminContact, i+1, c.Name, c.Network, c.Portals))
	}
	n.host.shown.keep(ce.User.MXID, shown)
	return n.more(ce, lines, found.Next, "contacts"), nil
}

func (n *network) adminWaiting(ce *commands.Event, seat *govern.Seat, _ []string) ([]string, error) {
	waiting, err := seat.Approvals(ce.Ctx, false)
	if err != nil {
		return nil, err
	}
	var lines []string
	for _, a := range waiting {
		lines = append(lines, n.sayTo(ce.User.MXID, say.AdminWaiting, a.ID, a.Kind, a.Rule, a.Name))
	}
	return lines, nil
}

// adminConsole answers with a link to the console, which signs its reader in.
func (n *network) adminConsole(ce *commands.Event, seat *govern.Seat, _ []string) ([]string, error) {
	if n.host.options.ConsoleLink == nil {
		return []string{n.sayTo(ce.User.MXID, say.AdminNoConsole)}, nil
	}
	link, err := n.host.options.ConsoleLink(seat.Person.ID)
	if err != nil {
		return nil, err
	}
	return []string{n.sayTo(ce.User.MXID, say.AdminConsoleLink, link)}, nil
}

// nobodyGoverns are the roles of a bridge that gives none.
type nobodyGoverns struct{}

// Of knows nobody.
func (nobodyGoverns) Of(id.UserID) (govern.Person, bool) { return govern.Person{}, false }

// forgetsDeeds is the auditor of a bridge without an audit.
type forgetsDeeds struct{}

// Note does nothing.
func (forgetsDeeds) Note(context.Context, govern.Deed) error { return nil }
