package main

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rs/zerolog"
	"maunium.net/go/mautrix/id"

	"passerelle/bridge"
	"passerelle/config"
	"passerelle/database"
	"passerelle/portal"
	"passerelle/portal/audit"
	"passerelle/portal/console"
	"passerelle/portal/govern"
	"passerelle/portal/policy"
)

// addConsole has the bridge serve the administrators' pages, if they are to be there. They end with ctx. What it returns has to run beside
// the bridge, until its context ends.
func addConsole(ctx context.Context, c *config.Config, live *policy.Live, known []bridge.Network, options *bridge.Options) (beside func(context.Context), err error) {
	beside = func(context.Context) {}
	if c.Console.Listen == "" {
		return beside, nil
	}
	o := console.Options{
		Address: c.Console.Address, Policy: consolePolicy{live}, Checks: consoleChecks{c}, Now: time.Now, Stopping: ctx.Done(), Log: options.Log,
	}
	for _, n := range known {
		o.Networks = append(o.Networks, console.Network{ID: n.Name, Name: titles[n.Name]})
	}
	if p := c.Console.OIDC; p.Issuer != "" {
		o.Provider = &console.Provider{Issuer: p.Issuer, ClientID: p.ClientID, ClientSecret: p.ClientSecret, Claim: p.Claim,
			Domain: c.Homeserver.Domain, Client: &http.Client{Timeout: 10 * time.Second}}
	}
	logbook, err := newConsoleLog(c, options.Store, options.Log)
	if err != nil {
		return nil, err
	}
	if logbook != nil {
		o.Audit, beside = logbook, logbook.watch.Run
	}
	var pages *console.Console // made once the bridge is there, before anything asks for it
	options.ConsoleLink = func(person id.UserID) (string, error) { return pages.Link(person) }
	options.Services = append(options.Services, bridge.Service{Name: "console", Key: "console.listen", Listen: c.Console.Listen,
		Handler: func(h *bridge.Host) http.Handler {
			o.Desk, o.Languages = h.Desk(), h.Languages()
			made, err := console.New(o)
			if err != nil {
				panic(err) // the configuration was checked, and the templates are the program's own
			}
			pages = made
			return pages
		}})
	return beside, nil
}

// consolePolicy is the policy, as the console shows it.
type consolePolicy struct{ live *policy.Live }

// Rules lists the rules (see [console.Policy]).
func (p consolePolicy) Rules(context.Context) ([]console.Rule, error) {
	var list []console.Rule
	for _, r := range p.live.Rules() {
		list = append(list, console.Rule{Name: r.Name, Condition: r.When, Outcome: string(r.Outcome), Sentence: r.Sentence, State: "on"})
	}
	return list, nil
}

// Try judges a message that nobody sends: in a direct chat that is under way (see [console.Policy]).
func (p consolePolicy) Try(ctx context.Context, m console.Trial) (console.Judgement, error) {
	c := portal.Crossing{Network: m.Network, Direction: portal.Direction(m.Direction), Kind: portal.KindText, Text: m.Text, At: time.Now(),
		Chat:     portal.ChatDirect,
		Contacts: func(context.Context) (int, error) { return 1, nil },
		First:    func(context.Context) (bool, error) { return false, nil },
	}
	if m.FileName != "" {
		c.Kind, c.File = portal.KindMedia, &portal.File{Name: m.FileName, MIME: m.FileType, Size: m.FileSize}
	}
	v, err := p.live.Judge(ctx, c)
	return console.Judgement{Outcome: string(v.Outcome), Rule: v.Rule, Sentence: v.Sentence}, err
}

// consoleChecks is the configuration check, as the console shows it.
type consoleChecks struct{ config *config.Config }

// Run tries each part (see [console.Checks]).
func (c consoleChecks) Run(ctx context.Context) ([]console.Finding, error) {
	findings, err := findings(ctx, c.config)
	if err != nil {
		return nil, err
	}
	var list []console.Finding
	for _, f := range findings {
		list = append(list, console.Finding{Subject: f.Subject, Result: string(f.Result), Detail: f.Detail, Remedy: f.Remedy})
	}
	return list, nil
}

// consoleLog is the audit log, as the console shows it.
type consoleLog struct {
	store    *database.Store
	networks []string
	options  *audit.Options
	watch    *audit.Watch
}

// How often the log is verified while the bridge runs: what is new, and all of it.
const (
	verifyEvery = 10 * time.Minute
	verifyWhole = 24 * time.Hour
)

// newConsoleLog returns the log of a store; nil: it is off.
func newConsoleLog(c *config.Config, store *database.Store, log zerolog.Logger) (*consoleLog, error) {
	o, err := auditOptions(c, log)
	if err != nil || o == nil {
		return nil, err
	}
	watch := audit.NewWatch(audit.WatchOptions{Store: store, Verifier: o.Verifier, CheckpointFile: o.CheckpointFile,
		Every: verifyEvery, Whole: verifyWhole, Now: o.Now, Log: log})
	return &consoleLog{store: store, networks: slices.Sorted(maps.Keys(c.Networks)), options: o, watch: watch}, nil
}

// Search lists entries, the newest first (see [console.Audit]).
func (l *consoleLog) Search(ctx context.Context, q console.AuditQuery) (console.AuditPage, error) {
	search := audit.Search{Since: q.Since, Until: q.Until, Actors: l.pseudonyms(q.Actor), Portals: l.pseudonyms(q.Chat), Limit: q.Limit + 1}
	if search.Kind = portal.Kind(q.Kind); q.Kind == "sign-in" || strings.Contains(q.Kind, ".") {
		search.Kind, search.Action = "", q.Kind
	}
	switch result := audit.Result(q.Verdict); result {
	case audit.Asked, audit.Done, audit.Denied, audit.Failed:
		search.Result = result
	default:
		search.Verdict = portal.Outcome(q.Verdict)
	}
	var err error
	if search.Older, err = placeOf(q.After); err != nil {
		return console.AuditPage{}, err
	}
	if search.Newer, err = placeOf(q.Before); err != nil {
		return console.AuditPage{}, err
	}
	entries, err := l.store.SearchAudit(ctx, search)
	if err != nil {
		return console.AuditPage{}, err
	}
	return pageOf(entries, q), nil
}

// pageOf makes a page of entries, one more of which may have been looked up than the page shows.
func pageOf(entries []audit.Entry, q console.AuditQuery) console.AuditPage {
	more := len(entries) > q.Limit
	older, newer := more, q.After != ""
	if q.Before != "" {
		older, newer = true, more
	}
	if more && q.Before != "" {
		entries = entries[1:]
	} else if more {
		entries = entries[:q.Limit]
	}
	page := console.AuditPage{Total: -1}
	for i := range entries {
		page.Entries = append(page.Entries, shownEntry(&entries[i]))
	}
	if len(entries) == 0 {
		return page
	}
	if older {
		page.Next = writePlace(audit.PlaceOf(&entries[len(entries)-1]))
	}
	if newer {
		page.Previous = writePlace(audit.PlaceOf(&entries[0]))
	}
	return page
}

func writePlace(p audit.Place) string { return fmt.Sprintf("%d.%d", p.At, p.Seq) }

// placeOf reads what [writePlace] wrote; "": there is none.
func placeOf(text string) (*audit.Place, error) {
	if text == "" {
		return nil, nil
	}
	at, seq, _ := strings.Cut(text, ".")
	var p audit.Place
	var err error
	if p.At, err = strconv.ParseInt(at, 10, 64); err != nil {
		return nil, govern.ErrArgument
	}
	if p.Seq, err = strconv.ParseInt(seq, 10, 64); err != nil {
		return nil, govern.ErrArgument
	}
	return &p, nil
}

// pseudonyms lists the pseudonyms that what was entered can be, or stands for.
func (l *consoleLog) pseudonyms(entered string) []string {
	if entered == "" {
		return nil
	}
	list := []string{entered}
	for _, names := range append([]*audit.Pseudonyms{l.options.Pseudonyms}, l.options.Older...) {
		list = append(list, names.Of("", entered))
		for _, network := range l.networks {
			list = append(list, names.Of(network, entered))
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

func shownEntry(e *audit.Entry) console.AuditEntry {
	shown := console.AuditEntry{
		Number: e.Seq, At: e.At, Kind: string(e.Kind), Network: e.Network, Direction: string(e.Direction), Actor: e.Actor, Chat: e.Portal,
		Size: e.Size, Verdict: string(e.Verdict), Rule: e.Rule, Detail: e.Found,
	}
	if e.Event == audit.EventAction {
		shown.Kind, shown.Verdict, shown.Detail = e.Action, string(e.Result), e.Detail
	}
	return shown
}

// Proof tells what the last verification found (see [console.Audit]).
func (l *consoleLog) Proof() console.Proof {
	state := l.watch.State()
	p := console.Proof{Checked: state.At, All: state.Whole, Since: state.Since, Asked: state.Asked, Failed: state.Failed}
	report := state.Report
	if report == nil {
		return p
	}
	p.Size, p.Signed, p.Root, p.Whole = report.Size, report.Signed, report.Root.String(), len(report.Problems) == 0
	if !p.Whole {
		p.Root, p.Fault = "", report.Problems[0].String()
	}
	return p
}

// Verify has all of the log verified (see [console.Audit]).
func (l *consoleLog) Verify() { l.watch.Ask() }
