package console

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"maunium.net/go/mautrix/id"

	"passerelle/portal/govern"
	"passerelle/portal/say"
)

// hostile is what a contact calls themselves who means no good.
const hostile = `<script>alert("x")</script><img src=x onerror=alert(1)>` + "\u202egnp.exe"

// town is a bridge with two departments, in memory.
type town struct {
	mu        sync.Mutex
	now       time.Time         // guarded by mu
	roles     *govern.RoleBook  //
	chats     []govern.Portal   // guarded by mu
	logins    []govern.Login    // guarded by mu
	contacts  []govern.Contact  // guarded by mu
	approvals []govern.Approval // guarded by mu
	did       []govern.Action   // guarded by mu
	deeds     []govern.Deed     // guarded by mu
	noDisk    error             // guarded by mu; why nothing can be written down
	languages map[id.UserID]say.Language
}

const (
	amira  = id.UserID("@amira:example.org")  // administrator
	olga   = id.UserID("@olga:example.org")   // operator of the taxes
	aude   = id.UserID("@aude:example.org")   // auditor
	claire = id.UserID("@claire:example.org") // has no role
)

func newTown() *town {
	now := time.Date(2026, 6, 15, 10, 0, 0, 0, time.UTC)
	taxes := govern.Owner{Login: "33600000001", User: "@karim:example.org", Department: "Taxes"}
	health := govern.Owner{Login: "33600000002", User: "@lea:example.org", Department: "Health"}
	service := govern.Owner{Login: "bot7", User: "@service:example.org", Department: "Taxes"}
	t := &town{now: now, languages: map[id.UserID]say.Language{}, roles: govern.NewRoleBook(map[string]govern.Position{
		string(amira): {Role: govern.RoleAdministrator},
		string(olga):  {Role: govern.RoleOperator, Departments: []string{"Taxes"}},
		string(aude):  {Role: govern.RoleAuditor},
	}, nil)}
	chat := func(network, id, receiver, name string, kind govern.Kind, state govern.State, contacts int, owners ...govern.Owner) {
		t.chats = append(t.chats, govern.Portal{
			Key: govern.PortalKey{Network: network, ID: id, Receiver: receiver}, Name: name, Kind: kind, State: state, Owners: owners,
			Contacts: contacts, LastActive: now.Add(-time.Duration(len(t.chats)) * 7 * time.Hour),
			Room: roomOf(len(t.chats)),
		})
	}
	chat("whatsapp", "33612345678@s.whatsapp.net", "33600000001", "Paul Martin (WhatsApp)", govern.Direct, govern.Open, 1, taxes)
	chat("whatsapp", "33687654321@s.whatsapp.net", "33600000002", "Mairie de Saint-Denis (WhatsApp)", govern.Direct, govern.Paused, 1, health)
	chat("whatsapp", "120363041234567890@g.us", "", "Suivi des dossiers – été 2026", govern.Group, govern.Open, 14, taxes, health)
	chat("telegram", "-1001234567890", "", "Partenaires étrangers", govern.Channel, govern.ReadOnly, 240, service)
	chat("telegram", "5550001", "bot7", hostile, govern.Direct, govern.Open, 1, service)
	chat("telegram", "5550002", "bot7", "Ancien prestataire", govern.Direct, govern.Closed, 1, service)
	t.chats[2].Mark, t.chats[2].Relay, t.chats[2].Waiting = "Diffusion restreinte", "33600000001", 1
	t.chats[1].StateSince, t.chats[1].StateChange = now.Add(-26*time.Hour), amira
	login := func(network, id, name, state, reason string, owner govern.Owner, limit int) {
		t.logins = append(t.logins, govern.Login{Network: network, ID: id, Name: name, State: state, Reason: reason, Owner: owner,
			Since: now.Add(-72 * time.Hour), Portals: 12 + len(t.logins), Limit: limit, SentToday: 31 * len(t.logins)})
	}
	login("whatsapp", "33600000001", "+33 6 00 00 00 01", "CONNECTED", "", taxes, 0)
	login("whatsapp", "33600000002", "+33 6 00 00 00 02", "TRANSIENT_DISCONNECT", "The phone has not been online for ten days.", health, 200)
	login("telegram", "bot7", "@service_impots_bot", "CONNECTED", "", service, 0)
	login("telegram", "bot8", "@ancien_bot", "BAD_CREDENTIALS", "The bot was taken back.", health, 0)
	contact := func(network, id, name string, portals int) {
		t.contacts = append(t.contacts, govern.Contact{Network: network, ID: id, Name: name, Portals: portals,
			Ghost: idOf(network, len(t.contacts)), Informed: now.Add(-200 * time.Hour)})
	}
	contact("whatsapp", "33612345678", "Paul Martin", 2)
	contact("whatsapp", "33687654321", "Mairie de Saint-Denis", 1)
	contact("telegram", "5550001", hostile, 1)
	contact("telegram", "5550002", "Ancien prestataire", 1)
	t.contacts[3].Blocked, t.contacts[3].Informed = true, time.Time{}
	t.hold("text", t.chats[2], "+33 6 12 34 56 78", "classification")
	t.approvals[0].SenderName, t.approvals[0].Direction = "Paul Martin", "in"
	t.hold("media", t.chats[1], "@lea:example.org", "office-documents")
	return t
}

func roomOf(n int) id.RoomID { return id.RoomID(fmt.Sprintf("!room%d:example.org", n)) }
func idOf(network string, n int) id.UserID {
	return id.UserID(fmt.Sprintf("@%s_%d:example.org", network, n))
}

// hold has something wait for a decision.
func (t *town) hold(kind string, chat govern.Portal, sender, rule string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.approvals = append(t.approvals, govern.Approval{ID: int64(len(t.approvals) + 1), Portal: chat.Key, Name: chat.Name, Direction: "out",
		Kind: kind, Rule: rule, Sender: sender, Owners: chat.Owners, At: t.now.Add(-time.Hour + time.Duration(len(t.approvals))*time.Minute), State: govern.ApprovalWaiting})
}

func (t *town) clock() time.Time {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.now
}

// pass lets time pass.
func (t *town) pass(d time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.now = t.now.Add(d)
}

// Of is the language of a person, as package portal has it.
func (t *town) Of(person id.UserID) say.Language {
	t.mu.Lock()
	defer t.mu.Unlock()
	if l := t.languages[person]; l.Known() {
		return l
	}
	return say.English
}

func (t *town) Overview(_ context.Context, days int) (govern.Overview, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	o := govern.Overview{Version: "1.0.0-test", Inbox: 3, Journal: 1}
	for _, a := range t.approvals {
		if a.State == govern.ApprovalWaiting {
			o.Waiting++
		}
	}
	for _, network := range []string{"whatsapp", "telegram"} {
		state := govern.NetworkState{Network: network, Running: true, Logins: map[string]int{}}
		for _, l := range t.logins {
			if l.Network == network {
				state.Logins[l.State]++
			}
		}
		for _, p := range t.chats {
			if p.Key.Network == network {
				state.Portals++
			}
		}
		o.Networks = append(o.Networks, state)
		for i := range days {
			day := t.now.Truncate(24*time.Hour).AddDate(0, 0, -i)
			weekend := day.Weekday() == time.Saturday || day.Weekday() == time.Sunday
			in, out := 180+(i*53)%140, 120+(i*37)%110
			if network == "telegram" {
				in, out = in/3, out/4
			}
			if weekend {
				in, out = in/6, out/9
			}
			o.Traffic = append(o.Traffic, govern.Traffic{Day: day, Network: network, In: in, Out: out,
				Refused: (i * 7) % 23, Withheld: i % 3, Found: i % 2})
		}
	}
	return o, nil
}

func (t *town) Portals(_ context.Context, f govern.Filter) (govern.Page[govern.Portal], error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	var page govern.Page[govern.Portal]
	for _, p := range t.chats {
		mine := func(o govern.Owner) bool {
			return (f.Departments == nil || slices.Contains(f.Departments, o.Department)) &&
				(f.Department == "" || f.Department == o.Department) && (f.Owner == "" || f.Owner == o.User)
		}
		if f.Network != "" && p.Key.Network != f.Network || f.State != "" && p.State != f.State || !slices.ContainsFunc(p.Owners, mine) ||
			!strings.Contains(strings.ToLower(p.Name), strings.ToLower(f.Text)) || p.Contacts < f.MinContacts || f.Waiting && p.Waiting == 0 ||
			f.Contact != "" && !strings.HasPrefix(p.Key.ID, f.Contact) {
			continue
		}
		page.Items = append(page.Items, p)
	}
	page.Total = len(page.Items)
	const most = 4
	if f.After == "" && page.Total > most {
		page.Items, page.Next = page.Items[:most], "rest"
	} else if f.After != "" {
		page.Items = page.Items[min(most, page.Total):]
	}
	return page, nil
}

func (t *town) Portal(_ context.Context, key govern.PortalKey) (govern.Portal, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, p := range t.chats {
		if p.Key == key {
			return p, nil
		}
	}
	return govern.Portal{}, govern.ErrNotFound
}

func (t *town) PortalIn(context.Context, id.RoomID) (govern.Portal, error) {
	return govern.Portal{}, govern.ErrNotFound
}

func (t *town) Logins(_ context.Context, network string) ([]govern.Login, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(t.logins), func(l govern.Login) bool { return network != "" && l.Network != network }), nil
}

func (t *town) Contacts(_ context.Context, network, text, after string, limit int) (govern.Page[govern.Contact], error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	var page govern.Page[govern.Contact]
	for _, c := range t.contacts {
		if (network == "" || c.Network == network) && strings.Contains(strings.ToLower(c.Name+c.ID), strings.ToLower(text)) {
			page.Items = append(page.Items, c)
		}
	}
	page.Total = len(page.Items)
	return page, nil
}

func (t *town) Contact(_ context.Context, network, contact string) (govern.Contact, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, c := range t.contacts {
		if c.Network == network && c.ID == contact {
			return c, nil
		}
	}
	return govern.Contact{}, govern.ErrNotFound
}

func (t *town) Approvals(context.Context, bool) ([]govern.Approval, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(t.approvals), func(a govern.Approval) bool { return a.State != govern.ApprovalWaiting }), nil
}

func (t *town) Approval(_ context.Context, approval int64) (govern.Approval, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, a := range t.approvals {
		if a.ID == approval {
			return a, nil
		}
	}
	return govern.Approval{}, govern.ErrNotFound
}

func (t *town) Do(_ context.Context, by id.UserID, a govern.Action) (govern.Result, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	states := map[govern.Verb]govern.State{govern.Pause: govern.Paused, govern.Lock: govern.ReadOnly, govern.Close: govern.Closed, govern.Reopen: govern.Open}
	switch a.Verb {
	case govern.Pause, govern.Lock, govern.Close, govern.Reopen:
		for i := range t.chats {
			if t.chats[i].Key == a.Portal {
				t.chats[i].State, t.chats[i].StateSince, t.chats[i].StateChange = states[a.Verb], t.now, by
			}
		}
	case govern.Delete:
		t.chats = slices.DeleteFunc(t.chats, func(p govern.Portal) bool { return p.Key == a.Portal })
	case govern.Approve, govern.Reject:
		at := slices.IndexFunc(t.approvals, func(waiting govern.Approval) bool { return waiting.ID == a.Approval })
		if at < 0 {
			return govern.Result{}, govern.ErrNotFound
		}
		if t.approvals[at].State != govern.ApprovalWaiting {
			return govern.Result{}, govern.ErrDecided
		}
		t.approvals[at].State = govern.ApprovalApproved
		if a.Verb == govern.Reject {
			t.approvals[at].State = govern.ApprovalRejected
		}
	case govern.Access:
		return govern.Result{Data: map[string]string{"name": "Paul Martin", "number": "33612345678", "chats": "2"}}, nil
	case govern.Erase:
		return govern.Result{Left: []string{"Messages older than the homeserver keeps: 3"}}, nil
	case govern.HandOver:
		return govern.Result{}, govern.ErrCannotNow
	case govern.Invite:
		if a.With == "@nobody:example.org" {
			return govern.Result{}, govern.ErrArgument
		}
	}
	t.did = append(t.did, a)
	return govern.Result{}, nil
}

// Note writes deeds down.
func (t *town) Note(_ context.Context, d govern.Deed) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.noDisk != nil {
		return t.noDisk
	}
	t.deeds = append(t.deeds, d)
	return nil
}

// written returns what was written down about signing in.
func (t *town) written() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var list []string
	for _, d := range t.deeds {
		if d.Verb == "sign-in" {
			list = append(list, strings.TrimSpace(string(d.By)+" "+d.Result))
		}
	}
	return list
}

func (t *town) done() []govern.Action {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.did)
}

// rules are three, one of which refuses what is marked.
type rules struct{}

func (rules) Rules(context.Context) ([]Rule, error) {
	refused := map[say.Language]string{say.English: "This message bears a classification marking. It was not sent.", say.French: "Ce message porte une mention de protection. Il n’a pas été envoyé."}
	return []Rule{
		{Name: "classification", Condition: `text.matches("(?i)diffusion restreinte|très secret")`, Outcome: "refused", Sentence: refused, State: "on"},
		{Name: "office-documents", Condition: `file.type.startsWith("application/") && size > 10000000`, Outcome: "held", State: "on"},
		{Name: "evening", Condition: `hour >= 20`, Outcome: "unconfirmed", State: "off"},
	}, nil
}

func (rules) Try(_ context.Context, m Trial) (Judgement, error) {
	list, _ := rules{}.Rules(context.Background())
	if strings.Contains(strings.ToLower(m.Text), "diffusion restreinte") {
		return Judgement{Outcome: "refused", Rule: list[0].Name, Sentence: list[0].Sentence}, nil
	}
	return Judgement{Outcome: "admitted", Rule: "default"}, nil
}

// logbook is a log that is whole, unless it has a fault.
type logbook struct {
	town  *town
	fault string
	asked bool // a verification is under way
}

func (l *logbook) Search(_ context.Context, q AuditQuery) (AuditPage, error) {
	now := l.town.clock()
	list := []AuditEntry{
		{Number: 48211, At: now.Add(-time.Minute), Kind: "text", Network: "whatsapp", Direction: "out", Actor: "p-7f3a91c2", Chat: "c-19ab44e0", Size: 412, Verdict: "refused", Rule: "classification"},
		{Number: 48210, At: now.Add(-2 * time.Minute), Kind: "media", Network: "telegram", Direction: "in", Actor: "p-02bd77aa", Chat: "c-e1f20b5d", Size: 2417000, Verdict: "withheld", Rule: "scan"},
		{Number: 48209, At: now.Add(-9 * time.Minute), Kind: "portal.pause", Network: "whatsapp", Actor: "p-a0c4d1e9", Chat: "c-19ab44e0", Verdict: "done"},
		{Number: 48208, At: now.Add(-12 * time.Minute), Kind: "sign-in", Actor: "p-a0c4d1e9", Verdict: "done"},
		{Number: 48207, At: now.Add(-13 * time.Minute), Kind: "text", Network: "whatsapp", Direction: "in", Actor: "p-02bd77aa", Chat: "c-19ab44e0", Size: 86, Verdict: "admitted", Rule: "default"},
	}
	list = slices.DeleteFunc(list, func(e AuditEntry) bool {
		return q.Kind != "" && e.Kind != q.Kind || q.Verdict != "" && e.Verdict != q.Verdict || q.Actor != "" && e.Actor != q.Actor ||
			q.Chat != "" && e.Chat != q.Chat || e.At.Before(q.Since) || !q.Until.IsZero() && !e.At.Before(q.Until)
	})
	return AuditPage{Entries: list, Total: len(list)}, nil
}

func (l *logbook) Proof() Proof {
	now := l.town.clock()
	p := Proof{Size: 48212, Root: "bBk3kJ0n0d6Y0c8Q0m2b9JqUq0v3xk1n2sV4o1y6tYQ=", Signed: 48200, Checked: now.Add(-5 * time.Minute),
		All: now.Add(-7 * time.Hour), Whole: l.fault == "", Fault: l.fault}
	if l.asked {
		p.Since = now
	}
	return p
}

func (l *logbook) Verify() { l.asked = true }

// checks find one part that fails.
type checks struct{}

func (checks) Run(context.Context) ([]Finding, error) {
	return []Finding{
		{Subject: say.CheckConfiguration.With(), Result: "ok", Detail: say.CheckValid.With()},
		{Subject: say.CheckDatabase.With("passerelle"), Result: "ok", Detail: say.CheckDatabaseOpen.With()},
		{Subject: say.CheckAudit.With(), Result: "warning", Detail: say.CheckAuditNoFile.With(48212), Remedy: say.CheckAuditSetFile.With("audit.checkpoint_file")},
		{Subject: say.CheckAccess.With("whatsapp"), Result: "failed", Detail: say.CheckNotCovered.With("@whatsappbot:example.org"),
			Remedy: say.CheckCover.With("homeserver.domain", "`passerelle init`")},
		{Subject: say.CheckWayBack.With("telegram"), Result: "not tested", Detail: say.CheckNoPing.With(), Remedy: say.CheckNoPingWait.With()},
	}, nil
}

var errDisk = errors.New("the disk is full")
