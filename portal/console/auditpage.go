package console

import (
	"net/http"
	"time"

	"passerelle/portal/govern"
)

// auditSearch is what was entered to find entries.
type auditSearch struct{ Since, Until, Kind, Chat, Actor, Verdict, After, Before string }

// auditPage is the log, and whether it is whole.
type auditPage struct {
	CSRF     string
	Search   auditSearch
	Faults   faults
	Proof    Proof
	Found    AuditPage
	Kinds    []string
	Verdicts []string
	Next     string // path
	Previous string // path
	First    bool
}

func (s auditSearch) query(v *visit, now time.Time) (AuditQuery, faults) {
	wrong := faults{}
	date := func(field, text string) time.Time {
		if text == "" {
			return time.Time{}
		}
		at, err := time.ParseInLocation(dateLayout, text, now.Location())
		if err != nil {
			wrong[field] = v.t("wrong-date")
		}
		return at
	}
	q := AuditQuery{Since: date("since", s.Since), Until: date("until", s.Until), Kind: s.Kind, Chat: s.Chat, Actor: s.Actor,
		Verdict: s.Verdict, After: s.After, Before: s.Before, Limit: pageSize}
	if !q.Until.IsZero() {
		q.Until = q.Until.AddDate(0, 0, 1) // people mean the whole day
		if q.Until.Before(q.Since) {
			wrong["until"] = v.t("wrong-order")
		}
	}
	return q, wrong
}

func (c *Console) showAudit(v *visit) error {
	if !v.seesAll() {
		return govern.ErrMayNot
	}
	var s auditSearch
	if err := v.openSearch(sealAuditSearch, &s); err != nil {
		return err
	}
	q, _ := s.query(v, c.options.Now())
	p := newAuditPage(v, s)
	var err error
	if p.Found, err = c.options.Audit.Search(v.r.Context(), q); err != nil {
		return err
	}
	if p.Found.Next != "" {
		s.After, s.Before = p.Found.Next, ""
		if p.Next, err = v.searchPath("/audit", sealAuditSearch, s); err != nil {
			return err
		}
	}
	if p.Found.Previous != "" {
		s.After, s.Before = "", p.Found.Previous
		if p.Previous, err = v.searchPath("/audit", sealAuditSearch, s); err != nil {
			return err
		}
	}
	return v.show(http.StatusOK, "audit", "audit", p)
}

func newAuditPage(v *visit, s auditSearch) auditPage {
	p := auditPage{
		CSRF: v.session.csrf, Search: s, First: s.After == "" && s.Before == "", Proof: v.c.options.Audit.Proof(),
		Kinds:    []string{"text", "media", "edit", "poll", "vote", "contact", "location", "reaction", "notice", "sign-in"},
		Verdicts: []string{"admitted", "refused", "withheld", "held", "unconfirmed", "withdrawn", "done", "denied", "failed"},
	}
	for _, d := range govern.Verbs() {
		p.Kinds = append(p.Kinds, string(d.Target)+"."+string(d.Verb))
	}
	return p
}

func (c *Console) searchAudit(v *visit) error {
	if !v.seesAll() {
		return govern.ErrMayNot
	}
	s := auditSearch{Since: v.field("since"), Until: v.field("until"), Kind: v.field("kind"), Chat: v.field("chat"),
		Actor: v.field("actor"), Verdict: v.field("verdict")}
	if _, wrong := s.query(v, c.options.Now()); len(wrong) > 0 {
		p := newAuditPage(v, s)
		p.Faults = wrong
		return v.show(http.StatusUnprocessableEntity, "audit", "audit", p)
	}
	return v.leadToSearch("/audit", sealAuditSearch, s)
}

// verifyAudit has all of the log verified. The page shows that it is under way.
func (c *Console) verifyAudit(v *visit) error {
	if !v.seesAll() {
		return govern.ErrMayNot
	}
	c.options.Audit.Verify()
	return v.leave("/audit")
}
