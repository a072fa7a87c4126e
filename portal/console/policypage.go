package console

import (
	"net/http"
	"strconv"
	"strings"
)

// policyPage is the rules, and a message to try on them.
type policyPage struct {
	CSRF      string
	Networks  []Network
	Rules     []Rule
	Trial     Trial
	Size      string // of the trial's file, as it was entered
	Faults    faults
	Judgement *Judgement // nil: nothing was tried
}

func (c *Console) showPolicy(v *visit) error {
	return c.policy(v, http.StatusOK, policyPage{Trial: Trial{Direction: "out"}})
}

func (c *Console) policy(v *visit, status int, p policyPage) error {
	rules, err := c.options.Policy.Rules(v.r.Context())
	if err != nil {
		return err
	}
	p.CSRF, p.Networks, p.Rules = v.session.csrf, c.options.Networks, rules
	return v.show(status, "policy", "policy", p)
}

// tryPolicy tells what would become of a message. The message is in no address, and nowhere once the page is sent.
func (c *Console) tryPolicy(v *visit) error {
	p := policyPage{Faults: faults{}, Size: v.field("size"), Trial: Trial{
		Direction: v.field("direction"), Network: v.field("network"), Text: strings.ToValidUTF8(v.r.PostFormValue("text"), ""),
		FileName: v.field("file"), FileType: v.field("type"),
	}}
	if p.Trial.Direction != "in" && p.Trial.Direction != "out" {
		p.Faults["direction"] = v.t("wrong-choice")
	}
	if p.Size != "" {
		size, err := strconv.ParseInt(p.Size, 10, 64)
		if err != nil || size < 0 {
			p.Faults["size"] = v.t("wrong-number")
		}
		p.Trial.FileSize = size
	}
	if strings.TrimSpace(p.Trial.Text) == "" && p.Trial.FileName == "" {
		p.Faults["text"] = v.t("wrong-nothing-to-try")
	}
	if len(p.Faults) > 0 {
		return c.policy(v, http.StatusUnprocessableEntity, p)
	}
	judgement, err := c.options.Policy.Try(v.r.Context(), p.Trial)
	if err != nil {
		return err
	}
	p.Judgement = &judgement
	return c.policy(v, http.StatusOK, p)
}
