package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/rs/zerolog"

	"passerelle/config"
)

// block finds the examples of a page.
var block = regexp.MustCompile("(?s)```(yaml|csv)\n(.*?)```")

// TestEveryExampleOfThePolicysPageHolds compiles each policy in docs/policy.md, and runs its cases against the first one.
func TestEveryExampleOfThePolicysPageHolds(t *testing.T) {
	page, err := os.ReadFile("../../docs/policy.md")
	must(t, err)
	dir, _ := initialised(t, "--network", "whatsapp")
	path := filepath.Join(dir, "config.yaml")
	plain, err := os.ReadFile(path)
	must(t, err)
	var policies, tables []string
	for _, found := range block.FindAllStringSubmatch(string(page), -1) {
		switch text := found[2]; {
		case found[1] == "csv":
			must(t, os.WriteFile(filepath.Join(dir, "staff.csv"), []byte(text), 0o600))
		case strings.HasPrefix(text, "policy:"):
			policies = append(policies, text)
		case strings.HasPrefix(text, "cases:"):
			tables = append(tables, text)
		default:
			t.Errorf("what is this example? %s", text)
		}
	}
	if _, recipes, _ := strings.Cut(string(page), "\n## Recipes\n"); strings.Count(recipes, "\n### ") < 8 || len(tables) != 1 {
		t.Errorf("the page has %d recipes and %d tables", strings.Count(recipes, "\n### "), len(tables))
	}
	with := func(policy string) {
		must(t, os.WriteFile(path, append(append([]byte{}, plain...), "\n"+policy...), 0o600))
	}
	for _, policy := range policies {
		with(policy)
		c, err := config.Load(path, nil)
		if err != nil {
			t.Errorf("%s\n%v", policy, err)
			continue
		}
		if set, err := policyOf(c.Policy, zerolog.Nop()); err != nil || set.Len() == 0 {
			if !strings.Contains(policy, "directory:") || err != nil {
				t.Errorf("%s\n%v", policy, err)
			}
		}
	}
	with(policies[0])
	cases := filepath.Join(dir, "cases.yaml")
	must(t, os.WriteFile(cases, []byte(tables[0]), 0o600))
	printed, err := passerelle(t, "policy", "test", cases, "-c", path)
	if err != nil || strings.Count(printed, "ok ") != strings.Count(tables[0], "- name:") {
		t.Errorf("%v\n%s", err, printed)
	}
}

func TestCasesThatComeOutOtherwiseFail(t *testing.T) {
	dir, _ := initialised(t, "--network", "whatsapp")
	path, cases := filepath.Join(dir, "config.yaml"), filepath.Join(dir, "cases.yaml")
	must(t, os.WriteFile(filepath.Join(dir, "plan.txt"), []byte("#!/bin/sh\n"), 0o600))
	plain, err := os.ReadFile(path)
	must(t, err)
	try := func(policy, table string) (string, error) {
		t.Helper()
		must(t, os.WriteFile(path, append(append([]byte{}, plain...), "\n"+policy...), 0o600))
		must(t, os.WriteFile(cases, []byte(table), 0o600))
		return passerelle(t, "policy", "test", cases, "-c", path)
	}
	const dangerous = "policy: {ready: [dangerous-files]}\n"
	printed, err := try(dangerous, `
cases:
  - {name: a script, message: {file: {path: plan.txt}}, expect: withhold, rule: dangerous-files}
  - {name: a text, message: {text: Bonjour}, expect: refuse}
  - {name: another rule, message: {text: Bonjour}, expect: admit, rule: x}
`)
	if err == nil || !strings.Contains(err.Error(), "2 of 3 cases") || !strings.Contains(printed, "ok      a script: withhold by \"dangerous-files\"") ||
		!strings.Contains(printed, `DIFFERS a text: admit by "default", not refuse`) || !strings.Contains(printed, `not admit by "x"`) {
		t.Errorf("%v\n%s", err, printed)
	}
	for name, test := range map[string]struct{ policy, table, want string }{
		"no cases":          {dangerous, "cases: []", "has no cases"},
		"an unknown key":    {dangerous, "cases: [{nam: x}]", "nam"},
		"an unknown word":   {dangerous, "cases: [{name: x, expect: deny}]", "expect: \"deny\" is not known; choose one of admit"},
		"an unknown kind":   {dangerous, "cases: [{name: x, expect: admit, message: {kind: call}}]", "message.kind"},
		"an unknown size":   {dangerous, "cases: [{name: x, expect: admit, message: {file: {size: big}}}]", "is not a size"},
		"a file not there":  {dangerous, "cases: [{name: x, expect: admit, message: {file: {path: gone.pdf}}}]", "gone.pdf"},
		"a broken policy":   {"policy: {rules: [{name: x, when: txt, then: admit}]}\n", "cases: [{name: x, expect: admit}]", "policy.rules[0] (x): when, line 1, column 1"},
		"no directory":      {"policy: {directory: gone.csv}\n", "cases: [{name: x, expect: admit}]", "policy.directory"},
		"no Matrix ID":      {"policy: {departments: [{name: x, staff: [y]}]}\n", "cases: [{name: x, expect: admit}]", "policy.departments[0]"},
		"two sorts of whom": {dangerous, "cases: [{name: x, expect: admit, message: {sender: '@a:b', staff: '@c:d'}}]", "leave staff out"},
	} {
		if printed, err := try(test.policy, test.table); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v\n%s", name, err, printed)
		}
	}
	if _, err := passerelle(t, "policy", "test", filepath.Join(dir, "none.yaml"), "-c", path); err == nil {
		t.Error("a table that is not there can be read")
	}
}

func TestCheckNamesWhatIsWrongWithThePolicy(t *testing.T) {
	dir, _ := initialised(t, "--network", "whatsapp")
	path := filepath.Join(dir, "config.yaml")
	plain, err := os.ReadFile(path)
	must(t, err)
	for policy, want := range map[string]string{
		"policy: {rules: [{name: x, when: txt == 1, then: admit}]}\n":                   "FAILED      policy: the rules are of no use: policy.rules[0] (x): when, line 1, column 1",
		"policy: {default: refuse, rules: [{name: x, when: hour > 20, then: admit}]}\n": "ok          policy: rules: 1; what none matches: refuse",
	} {
		must(t, os.WriteFile(path, append(append([]byte{}, plain...), "\n"+policy...), 0o600))
		if printed, _ := passerelle(t, "check", "-c", path); !strings.Contains(printed, want) {
			t.Errorf("it printed %s, want %q in it", printed, want)
		}
	}
}
