package config

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
)

// Policy says what may cross the border. docs/policy.md explains the rules' language, which the policy itself checks.
type Policy struct {
	Default     string       `yaml:"default"`     // of what no rule matches: admit, refuse, hold
	TimeZone    string       `yaml:"timezone"`    // in which rules read the clock: Europe/Paris
	Departments []Department `yaml:"departments"` // who is in which, by patterns; the first that fits
	Directory   string       `yaml:"directory"`   // CSV file of Matrix IDs and departments, which goes before the patterns
	Ready       []ReadyRule  `yaml:"ready"`       // ready-made rules, which are asked first
	Rules       []PolicyRule `yaml:"rules"`       // asked in their order
}

// Department is a department of the administration's.
type Department struct {
	Name  string   `yaml:"name"`
	Staff []string `yaml:"staff"` // patterns of Matrix IDs: @fin-*:example.org
}

// PolicyRule is a rule of the policy.
type PolicyRule struct {
	Name string            `yaml:"name"`
	When string            `yaml:"when"` // CEL
	Then string            `yaml:"then"` // admit, refuse, withhold, hold, confirm
	Say  map[string]string `yaml:"say"`  // language -> what the sender reads
}

// ReadyRule is a ready-made rule that is switched on: its name alone, or its name and what it takes.
type ReadyRule struct {
	Name       string              `yaml:"name"`
	Then       string              `yaml:"then"`       // empty: the rule's own
	Directions []string            `yaml:"directions"` // in, out; none: the rule's own
	Unless     string              `yaml:"unless"`     // CEL: of what it is not asked
	Say        map[string]string   `yaml:"say"`
	Limit      string              `yaml:"limit"`      // of size: 20 MB
	Extensions []string            `yaml:"extensions"` // of dangerous-files: further ones
	Allowed    map[string][]string `yaml:"allowed"`    // of network-by-department: network -> departments
}

// UnmarshalYAML reads a rule's name, or its name and what it takes.
func (r *ReadyRule) UnmarshalYAML(node ast.Node) error {
	if name, ok := node.(*ast.StringNode); ok {
		r.Name = name.Value
		return nil
	}
	type plain ReadyRule // without this method
	return yaml.NodeToValue(node, (*plain)(r), yaml.Strict())
}

func (v *validation) policy(p Policy) {
	v.oneOf("policy.default", p.Default, "admit", "refuse", "hold")
	if _, err := time.LoadLocation(p.TimeZone); err != nil || p.TimeZone == "" {
		v.complain("policy.timezone", "%q is not a time zone; write one such as Europe/Paris", p.TimeZone)
	}
	for i, d := range p.Departments {
		if d.Name == "" {
			v.complain(fmt.Sprintf("policy.departments[%d].name", i), "missing")
		}
	}
	for i, r := range p.Ready {
		key := fmt.Sprintf("policy.ready[%d]", i)
		if r.Then != "" {
			v.outcome(key, r.Then)
		}
		for j, direction := range r.Directions {
			v.oneOf(fmt.Sprintf("%s.directions[%d]", key, j), direction, "in", "out")
		}
		if r.Limit != "" {
			if _, err := ParseSize(r.Limit); err != nil {
				v.complain(key+".limit", "%v", err)
			}
		}
		v.say(key, r.Say)
	}
	for i, r := range p.Rules {
		key := fmt.Sprintf("policy.rules[%d]", i)
		if strings.TrimSpace(r.When) == "" {
			v.complain(key+".when", "missing; write what the rule is about, or true for everything")
		}
		v.outcome(key, r.Then)
		v.say(key, r.Say)
	}
}

func (v *validation) outcome(key, then string) {
	v.oneOf(key+".then", then, "admit", "refuse", "withhold", "hold", "confirm")
}

func (v *validation) say(key string, sentences map[string]string) {
	for _, language := range slices.Sorted(maps.Keys(sentences)) {
		v.oneOf(key+".say."+language, language, "en", "fr")
	}
}

// units are how many bytes a unit is, in small letters.
var units = map[string]float64{"": 1, "b": 1, "kb": 1e3, "mb": 1e6, "gb": 1e9, "ko": 1e3, "mo": 1e6, "go": 1e9, "kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30}

// ParseSize reads a size as people write it, such as 20 MB, and returns it in bytes.
func ParseSize(text string) (int64, error) {
	digits := strings.TrimRight(strings.ToLower(strings.TrimSpace(text)), "bkmgio")
	unit, known := units[strings.ToLower(strings.TrimSpace(text))[len(digits):]]
	number, err := strconv.ParseFloat(strings.TrimSpace(digits), 64)
	if size := number * unit; known && err == nil && size >= 1 && size < 1<<50 {
		return int64(size), nil
	}
	return 0, fmt.Errorf("%q is not a size; write one such as 20 MB", text)
}
