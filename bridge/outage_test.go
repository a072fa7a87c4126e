package bridge

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"maunium.net/go/mautrix"
)

func TestAnOutageIsToldWhenItLastedAndIsOver(t *testing.T) {
	now := time.Date(2026, 11, 23, 14, 0, 0, 0, time.UTC)
	var told [][2]time.Time
	o := &outage{patience: 2 * time.Minute, now: func() time.Time { return now },
		tell: func(from, to time.Time) { told = append(told, [2]time.Time{from, to}) }}
	gone := mautrix.HTTPError{WrappedError: errors.New("connection refused")}
	busy := mautrix.HTTPError{Response: &http.Response{StatusCode: http.StatusBadGateway}}
	refused := mautrix.HTTPError{Response: &http.Response{StatusCode: http.StatusForbidden}}

	o.observe(gone)
	now = now.Add(time.Minute)
	o.observe(nil)
	if len(told) != 0 {
		t.Errorf("a short outage was told: %v", told)
	}
	start := now
	if !o.observe(gone) || o.observe(refused) || !o.observe(busy) {
		t.Error("observe takes a refusal for an outage, or an outage for a refusal")
	}
	now = now.Add(time.Hour)
	o.observe(busy)
	o.observe(nil)
	o.observe(nil)
	if len(told) != 1 || told[0] != [2]time.Time{start, now} {
		t.Errorf("told %v, want one outage from %v to %v", told, start, now)
	}
}
