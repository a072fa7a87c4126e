package policy

import (
	"context"
	"testing"

	"passerelle/portal"
	"passerelle/portal/say"
)

// first makes a crossing the first one in its chat.
func first(c portal.Crossing) portal.Crossing {
	c.First = func(context.Context) (bool, error) { return true, nil }
	return c
}

// sized is a crossing with a file of a size, which nobody looks into.
func sized(c portal.Crossing, name string, size int64) portal.Crossing {
	c.Kind, c.File = portal.KindMedia, &portal.File{Name: name, Size: size}
	return c
}

func edited(c portal.Crossing) portal.Crossing {
	c.Kind = portal.KindEdit
	return c
}

func TestReadyMadeRulesStopWhatTheyAreFor(t *testing.T) {
	press := departments(t, "matrix_id,department\n@claire:example.org,Press\n")
	telegram := func(c portal.Crossing) portal.Crossing { c.Network = "telegram"; return c }
	karim := writes("Bonjour")
	karim.Sender = "@karim:example.org"
	for _, each := range []struct {
		name string
		rule Ready
		c    portal.Crossing
		want portal.Outcome
	}{
		{"a marked text", Ready{Name: ReadyClassification}, writes("DIFFUSION RESTREINTE"), portal.Refuse},
		{"a marked edit", Ready{Name: ReadyClassification}, edited(writes("Diffusion restreinte")), portal.Refuse},
		{"a marked file name", Ready{Name: ReadyClassification}, with(writes(""), "note_SECRET.txt", "x"), portal.Refuse},
		{"a marked caption", Ready{Name: ReadyClassification}, with(writes("CONFIDENTIEL UE"), "note.txt", "x"), portal.Refuse},
		{"a document that says so", Ready{Name: ReadyClassification}, with(writes(""), "note.pdf", "%PDF-1.4 /Keywords (restreint ue)"), portal.Refuse},
		{"a marked one that comes in", Ready{Name: ReadyClassification}, answers("DIFFUSION RESTREINTE"), portal.Admit},
		{"the same where it may not", Ready{Name: ReadyClassification, Directions: bothWays}, answers("DIFFUSION RESTREINTE"), portal.Refuse},
		{"an ordinary text", Ready{Name: ReadyClassification}, writes("c'est secret"), portal.Admit},
		{"an exception", Ready{Name: ReadyClassification, Unless: "department == \"Press\" // she may"}, writes("DIFFUSION RESTREINTE"), portal.Admit},
		{"no exception", Ready{Name: ReadyClassification, Unless: `department == "Press"`}, func() portal.Crossing { c := karim; c.Text = "SECRET"; return c }(), portal.Refuse},
		{"another outcome", Ready{Name: ReadyClassification, Outcome: portal.Hold}, writes("DIFFUSION RESTREINTE"), portal.Hold},

		{"a program", Ready{Name: ReadyDangerous}, with(answers(""), "facture.pdf", "MZ\x90"), portal.Withhold},
		{"a program by its name", Ready{Name: ReadyDangerous}, sized(answers(""), "facture.pdf.EXE", 5), portal.Withhold},
		{"a name that is turned round", Ready{Name: ReadyDangerous}, sized(answers(""), "facture\u202efdp.exe\u200b. ", 5), portal.Withhold},
		{"a document", Ready{Name: ReadyDangerous}, with(writes(""), "plan.pdf", "%PDF-1.4"), portal.Admit},
		{"an archive where it is dangerous", Ready{Name: ReadyDangerous, Extensions: []string{".ZIP"}}, sized(writes(""), "a.zip", 5), portal.Withhold},
		{"an archive where it is not", Ready{Name: ReadyDangerous}, sized(writes(""), "a.zip", 5), portal.Admit},
		{"a file without a name", Ready{Name: ReadyDangerous}, sized(writes(""), "", 5), portal.Admit},

		{"a large file", Ready{Name: ReadySize, Limit: 100}, sized(writes(""), "a", 101), portal.Withhold},
		{"one that just fits", Ready{Name: ReadySize, Limit: 100}, sized(writes(""), "a", 100), portal.Admit},

		{"a first message", Ready{Name: ReadyFirstContact}, first(answers("Bonjour")), portal.Hold},
		{"a second one", Ready{Name: ReadyFirstContact}, answers("Bonjour"), portal.Admit},
		{"a first message to confirm", Ready{Name: ReadyFirstContact, Outcome: portal.Confirm}, first(writes("Bonjour")), portal.Confirm},
		{"nobody can confirm what comes in", Ready{Name: ReadyFirstContact, Outcome: portal.Confirm}, first(answers("Bonjour")), portal.Admit},

		{"a department on its network", Ready{Name: ReadyNetwork, Allowed: map[string][]string{"telegram": {"Press"}}}, telegram(writes("x")), portal.Admit},
		{"somebody of no department", Ready{Name: ReadyNetwork, Allowed: map[string][]string{"telegram": {"Press"}}}, telegram(karim), portal.Refuse},
		{"a network that is everybody's", Ready{Name: ReadyNetwork, Allowed: map[string][]string{"telegram": {"Press"}}}, karim, portal.Admit},
		{"a quote in a name", Ready{Name: ReadyNetwork, Allowed: map[string][]string{"whatsapp": {`"Press" \ é`}}}, karim, portal.Refuse},
	} {
		set := compile(t, Definition{Departments: press, Ready: []Ready{each.rule}})
		got := judge(t, set, each.c)
		if got.Outcome != each.want {
			t.Errorf("%s: %s by %q, want %s", each.name, got.Outcome, got.Rule, each.want)
		}
	}
}

func TestReadyMadeRulesSayWhyInBothLanguages(t *testing.T) {
	set := compile(t, Definition{Ready: []Ready{{Name: ReadyClassification}}})
	sentence := judge(t, set, writes("DIFFUSION RESTREINTE")).Sentence
	if sentence.In(say.French) != say.French.Say(say.PolicyClassified) || sentence.In(say.English) != say.English.Say(say.PolicyClassified) {
		t.Errorf("Claire reads %v", sentence)
	}
	set = compile(t, Definition{Ready: []Ready{{Name: ReadyClassification, Sentence: portal.Words{say.French: "Non."}}}})
	if got := judge(t, set, writes("DIFFUSION RESTREINTE")).Sentence.In(say.English); got != "Non." {
		t.Errorf("Claire reads %q", got)
	}
}

func TestReadyMadeRulesAreAskedBeforeTheOthers(t *testing.T) {
	set := compile(t, Definition{Ready: []Ready{{Name: ReadyClassification}}, Rules: []Rule{{Name: "all", When: "true", Outcome: portal.Admit}}})
	if got := judge(t, set, writes("DIFFUSION RESTREINTE")); got.Outcome != portal.Refuse {
		t.Errorf("%s by %q", got.Outcome, got.Rule)
	}
}

// TestManyRulesAreAskedAsOneByOne has more rules than are asked at once, of which one matches.
func TestManyRulesAreAskedAsOneByOne(t *testing.T) {
	for _, at := range []int{0, groupSize - 1, groupSize, 2*groupSize - 1} {
		rules := hundred()
		rules[at] = Rule{Name: "it", When: "text == \"x\" // it", Outcome: portal.Hold}
		rules[len(rules)-1].When = `{"a": 1}[text] == 1` // fails at every message, and refuses
		if at == len(rules)-1 {
			continue
		}
		set := compile(t, Definition{Rules: rules})
		if got := judge(t, set, writes("x")); got.Rule != "it" {
			t.Errorf("of the rule at %d: %q decides", at, got.Rule)
		}
		if got := judge(t, set, writes("y")); got.Rule != rules[len(rules)-1].Name {
			t.Errorf("of a rule that fails: %q decides", got.Rule)
		}
	}
}
