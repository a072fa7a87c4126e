package say

import (
	"testing"
	"time"
)

func TestAMomentIsToldWithItsDateWhenItIsNotToday(t *testing.T) {
	paris := time.FixedZone("Paris", 3600)
	now := time.Date(2026, time.March, 7, 22, 30, 0, 0, paris)
	for _, c := range []struct {
		at              time.Time
		english, french string
	}{
		{now.Add(35 * time.Minute), "23:05", "23 h 05"},
		{now.Add(2 * time.Hour), "00:30 on 2026-03-08", "00 h 30 le 08/03/2026"},
		{time.Date(2026, time.March, 7, 7, 4, 0, 0, time.UTC), "08:04", "08 h 04"},
	} {
		if e, f := English.Moment(c.at, now), French.Moment(c.at, now); e != c.english || f != c.french {
			t.Errorf("%s is told as %q and %q, want %q and %q", c.at, e, f, c.english, c.french)
		}
	}
}
