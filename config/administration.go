package config

import (
	"maps"
	"slices"
	"strings"
)

// Position is what somebody is in the administration.
type Position struct {
	Role        string   `yaml:"role"`        // auditor, operator, administrator
	Departments []string `yaml:"departments"` // those that an operator looks after
}

func (v *validation) administration(positions map[string]Position) {
	for _, who := range slices.Sorted(maps.Keys(positions)) {
		key, p := "administration."+who, positions[who]
		name, domain, isUser := strings.Cut(strings.TrimPrefix(who, "@"), ":")
		if strings.HasPrefix(who, "@") && (!isUser || name == "" || domain == "") ||
			!strings.HasPrefix(who, "@") && (who == "" || strings.ContainsAny(who, "*/@ ")) {
			v.complain(key, "not a Matrix ID and not a domain; write one such as \"@amira:example.org\"")
		}
		v.oneOf(key+".role", p.Role, "auditor", "operator", "administrator")
		switch {
		case p.Role == "operator" && len(p.Departments) == 0:
			v.complain(key+".departments", "missing: an operator looks after those; write them as a list")
		case p.Role != "operator" && len(p.Departments) > 0:
			v.complain(key+".departments", "only an operator has departments; others see all of them")
		case slices.Contains(p.Departments, ""):
			v.complain(key+".departments", "one of them has no name")
		}
	}
}
