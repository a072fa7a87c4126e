package audit

import (
	"encoding/base64"
	"testing"

	"passerelle/portal"
)

func TestAPersonHasOnePseudonymUnderAKey(t *testing.T) {
	names, err := ParsePseudonyms(base64.StdEncoding.EncodeToString(make([]byte, 32)) + "\n")
	if err != nil {
		t.Fatal(err)
	}
	others, err := ParsePseudonyms(NewPseudonymKey())
	if err != nil {
		t.Fatal(err)
	}
	const claire = "@claire:example.org"
	if a, b := names.Of("whatsapp", claire), names.Of("", claire); a != b || len(a) != 32 {
		t.Errorf("Claire is %q and %q", a, b)
	}
	// The bytes that docs/audit.md describes, as another implementation of HMAC computes them.
	if got, want := names.Of("", claire), "6eb037b5bbc426b4bc57a9ceb8727d5c"; got != want {
		t.Errorf("Claire is %q, want %q", got, want)
	}
	seen := map[string]string{}
	for what, pseudonym := range map[string]string{
		"Claire": names.Of("", claire), "Claire under another key": others.Of("", claire),
		"12 on WhatsApp": names.Of("whatsapp", "12"), "12 on Telegram": names.Of("telegram", "12"), "user 12": names.Of("", "12"),
		"message 12": names.Message("whatsapp", portal.In, "12"), "answer 12": names.Message("whatsapp", portal.Out, "12"),
		"p 2 on whatsap": names.Of("whatsap", "p12"),
	} {
		if other, again := seen[pseudonym]; again {
			t.Errorf("%s and %s are both %s", what, other, pseudonym)
		}
		seen[pseudonym] = what
	}
	if names.Of("whatsapp", "") != "" {
		t.Error("nobody has a pseudonym")
	}
	for _, key := range []string{"", "AAAA", "no base64"} {
		if _, err := ParsePseudonyms(key); err == nil {
			t.Errorf("the key %q was taken", key)
		}
	}
}
