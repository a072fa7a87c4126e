package telegram

import (
	"regexp"
	"strings"
	"testing"
	"time"
)

func TestWhatStandsBehindStart(t *testing.T) {
	for text, want := range map[string]struct {
		payload string
		ok      bool
	}{
		"/start": {"", true}, "/start abc-_1": {"abc-_1", true}, " /start@guichet_bot  abc ": {"abc", true}, "/started": {"", false},
		"bonjour": {"", false}, "": {"", false}, "/start a b": {"a b", true}, "start abc": {"", false},
	} {
		if payload, ok := startPayload(text); payload != want.payload || ok != want.ok {
			t.Errorf("%q: %q, %t", text, payload, ok)
		}
	}
}

func TestWhatIsSaidAboutALink(t *testing.T) {
	day := 24 * time.Hour
	for words, want := range map[string]linkWishes{
		"":                                {lasts: 7 * day, uses: 1},
		"here":                            {here: true, lasts: 7 * day, uses: 1},
		"@karim:example.org 30d 5x":       {staff: "@karim:example.org", lasts: 30 * day, uses: 5},
		"12H any @karim:example.org:8448": {staff: "@karim:example.org:8448", lasts: 12 * time.Hour, uses: 0},
	} {
		if got, err := parseLinkWishes(strings.Fields(words)); err != nil || got != want {
			t.Errorf("%q: %+v, %v", words, got, err)
		}
	}
	for _, words := range []string{"@karim", "x", "0x", "-1d", "367d", "8785h", "d", "5", "here here", "here @a:b.c", "1d 2h", "1x any",
		"bonjour", "99999999999999999999d", "100001x"} {
		if got, err := parseLinkWishes(strings.Fields(words)); err == nil {
			t.Errorf("%q: %+v", words, got)
		}
	}
}

func FuzzLinkWishes(f *testing.F) {
	for _, seed := range []string{"", "here 3d", "@karim:example.org 5x", "any 1h", "1x 1x", "@", "xd"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, words string) {
		got, err := parseLinkWishes(strings.Fields(words))
		if err == nil && (got.lasts <= 0 || got.lasts > longestLink || got.uses < 0 || got.uses > mostUses || got.here && got.staff != "") {
			t.Errorf("%q: %+v", words, got)
		}
		startPayload(words)
	})
}

func TestWhoComesByALink(t *testing.T) {
	now := time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC)
	later := now.Add(time.Hour)
	for name, c := range map[string]struct {
		link startLink
		want fate
	}{
		"one who is the first":        {startLink{Ends: later, Uses: 1}, linkGood},
		"one of any number":           {startLink{Ends: later, UsedBy: []int64{1, 2, 3}}, linkGood},
		"one too many":                {startLink{Ends: later, Uses: 2, UsedBy: []int64{1, 2}}, linkUsedUp},
		"one who came before":         {startLink{Ends: later, Uses: 1, UsedBy: []int64{7}}, linkGood},
		"too late":                    {startLink{Ends: now.Add(-time.Second), Uses: 1}, linkExpired},
		"too late, though not used":   {startLink{Ends: now.Add(-time.Second)}, linkExpired},
		"by one that was taken back":  {startLink{Ends: later, Revoked: true}, linkRevoked},
		"again, but it is taken back": {startLink{Ends: later, Revoked: true, UsedBy: []int64{7}}, linkRevoked},
	} {
		if got := c.link.fate(7, now); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
}

func TestTokensAreAsTelegramTakesThem(t *testing.T) {
	form := regexp.MustCompile(`^[A-Za-z0-9_-]{43}$`)
	seen := map[string]bool{}
	for range 100 {
		token, hash := newToken()
		if !form.MatchString(token) || hash != hashOf(token) || strings.Contains(hash, token) || seen[token] {
			t.Errorf("a token %q with the hash %q", token, hash)
		}
		seen[token] = true
	}
}
