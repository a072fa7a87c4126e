package say

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
)

var placeholder = regexp.MustCompile(`%[^%]*?[sdf]`)

// TestEverySentenceStandsInBothLanguages also finds a translation that is filled in differently.
func TestEverySentenceStandsInBothLanguages(t *testing.T) {
	for id, in := range sentences {
		for _, l := range []Language{English, French} {
			if in[l] == "" {
				t.Errorf("%s is missing in %s", id, l)
			}
		}
		if e, f := fmt.Sprint(placeholder.FindAllString(in[English], -1)), fmt.Sprint(placeholder.FindAllString(in[French], -1)); e != f {
			t.Errorf("%s is filled in with %s in English, with %s in French", id, e, f)
		}
	}
}

func TestNoProtocolWordReachesAPerson(t *testing.T) {
	words := regexp.MustCompile(`(?i)\b(jid|lid|megolm|portal|ghost|puppet|appservice|bridge[ds]?|event|session|token|homeserver|http|sync)\b`)
	for id, in := range sentences {
		for l, text := range in {
			if word := words.FindString(text); word != "" {
				t.Errorf("%s in %s says %q", id, l, word)
			}
		}
	}
}

func TestALanguageIsKnownByItsNames(t *testing.T) {
	for name, want := range map[string]Language{"fr": French, " Français ": French, "FRENCH": French, "en": English, "anglais": English, "de": "", "": ""} {
		if got, ok := ParseLanguage(name); got != want || ok != (want != "") {
			t.Errorf("%q is %q, %v", name, got, ok)
		}
	}
}

func TestSay(t *testing.T) {
	if got := French.Say(LoggedOut, "WhatsApp"); !strings.Contains(got, "déconnecté de WhatsApp") {
		t.Errorf("French: %s", got)
	}
	if got := Language("tlh").Say(LoggedOut, "WhatsApp"); got != English.Say(LoggedOut, "WhatsApp") {
		t.Errorf("an unknown language gives %s", got)
	}
	if Language("tlh").Known() || !French.Known() {
		t.Error("Known is wrong")
	}
}
