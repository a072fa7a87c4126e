package console

import (
	"net/http"
	"time"

	"passerelle/portal/govern"
)

// checkPage is what the last check of the configuration found.
type checkPage struct {
	CSRF     string
	At       time.Time // zero: none ran yet
	Findings []Finding
	Failed   int
}

func (c *Console) showCheck(v *visit) error {
	if !v.seesAll() {
		return govern.ErrMayNot
	}
	c.findings.mu.Lock()
	p := checkPage{CSRF: v.session.csrf, At: c.findings.at, Findings: c.findings.list}
	c.findings.mu.Unlock()
	for _, f := range p.Findings {
		if f.Result == "failed" {
			p.Failed++
		}
	}
	return v.show(http.StatusOK, "check", "check", p)
}

// runCheck tries the configuration: one at a time, whoever asks.
func (c *Console) runCheck(v *visit) error {
	if !v.seesAll() {
		return govern.ErrMayNot
	}
	c.findings.running.Lock()
	defer c.findings.running.Unlock()
	list, err := c.options.Checks.Run(v.r.Context())
	if err != nil {
		return err
	}
	c.findings.mu.Lock()
	defer c.findings.mu.Unlock()
	c.findings.at, c.findings.list = c.options.Now(), list
	return v.leave("/check")
}
