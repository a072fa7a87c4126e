package say

import (
	"testing"
	"time"
)

func TestDaysAsPeopleSayThem(t *testing.T) {
	day := func(year int, month time.Month, day int) time.Time {
		return time.Date(year, month, day, 12, 0, 0, 0, time.UTC)
	}
	for want, span := range map[[2]string][2]time.Time{
		{"12 May to 3 June 2026", "du 12 mai au 3 juin 2026"}:                             {day(2026, 5, 12), day(2026, 6, 3)},
		{"31 December 2025 to 1 January 2026", "du 31 décembre 2025 au 1er janvier 2026"}: {day(2025, 12, 31), day(2026, 1, 1)},
		{"8 March 2026", "8 mars 2026"}:                                                   {day(2026, 3, 8), day(2026, 3, 8)},
	} {
		if got := English.Days(span[0], span[1]); got != want[0] {
			t.Errorf("English says %q, want %q", got, want[0])
		}
		if got := French.Days(span[0], span[1]); got != want[1] {
			t.Errorf("French says %q, want %q", got, want[1])
		}
	}
}
