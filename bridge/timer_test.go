package bridge

import (
	"testing"
	"time"
)

func TestTheTimersThatPeopleWrite(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"off": 0, "OFF": 0, "0": 0, "24h": 24 * time.Hour, "24 h": 24 * time.Hour, "7d": 7 * 24 * time.Hour, "90D": 90 * 24 * time.Hour,
		"90j": 90 * 24 * time.Hour,
	} {
		if got, err := parseTimer(text); err != nil || got != want {
			t.Errorf("%q is read as %s, %v; want %s", text, got, err, want)
		}
	}
	for _, text := range []string{"", "7", "-7d", "d", "7w", "7days", "99999999d", "1.5h"} {
		if got, err := parseTimer(text); err == nil {
			t.Errorf("%q is read as %s", text, got)
		}
	}
}

func FuzzParseTimer(f *testing.F) {
	for _, text := range []string{"off", "24h", "7 d", "90j", "65536d"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := parseTimer(text)
		if got < 0 || got%time.Hour != 0 || err != nil && got != 0 {
			t.Errorf("%q is read as %s, %v", text, got, err)
		}
	})
}
