package say

import (
	"testing"
	"time"
)

func TestDurationsAsPeopleSayThem(t *testing.T) {
	for d, want := range map[time.Duration][2]string{
		24 * time.Hour:      {"24 hours", "24 heures"},
		7 * 24 * time.Hour:  {"7 days", "7 jours"},
		90 * 24 * time.Hour: {"90 days", "90 jours"},
		2 * time.Hour:       {"2 hours", "2 heures"},
		90 * time.Minute:    {"90 min", "90 min"},
		time.Minute:         {"60 s", "60 s"},
		3 * time.Second:     {"3 s", "3 s"},
	} {
		if got := English.Duration(d); got != want[0] {
			t.Errorf("%s is %q", d, got)
		}
		if got := French.Duration(d); got != want[1] {
			t.Errorf("%s is %q", d, got)
		}
	}
}
