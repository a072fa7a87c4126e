// Package policy decides what may cross the border, by rules that administrators write in CEL (https://cel.dev).
//
// The contract:
//
//   - [Compile] makes a [Set] of a [Definition], or says what is wrong: which rule, which line and column, what to do. A Set that
//     compiles is type-checked and bounded in cost.
//   - A Set judges by the first of its rules that matches, and otherwise by the default. It never changes; a [Live] policy is one
//     whose Set can be replaced while messages cross.
//   - What costs something to know (whether it is a first contact, how many contacts are there, what stands in a document) is
//     found out only if a rule asks, and once for a message.
//   - What cannot be found out for now (a database is away) is an error, and the message waits. A rule that fails in itself is
//     taken in the safe way: one that admits does not match, every other does.
//   - A rule that withholds is asked only about what has a file, and one that asks the sender to confirm only about what goes out.
//     The bridge's own notices cross without a rule being asked: they hold nothing of what could not cross.
//   - Nothing of a message is logged.
//
// docs/policy.md explains the language.
package policy

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"github.com/rs/zerolog"

	"maunium.net/go/mautrix/id"

	"passerelle/portal"
)

// Definition is a policy as an administrator writes it.
type Definition struct {
	Default     portal.Outcome // of what no rule matches: Admit, Refuse or Hold; "": Admit
	Zone        *time.Location // in which rules read the clock; nil: UTC
	Departments *Departments   // nil: nobody is in any
	Ready       []Ready        // asked first
	Rules       []Rule         // asked in their order
}

// Rule is one rule.
type Rule struct {
	Name     string
	When     string // CEL, true for what the rule is about
	Outcome  portal.Outcome
	Sentence portal.Words // what the sender reads; empty: a sentence of the bridge's own
}

// The names that decisions have which no rule made.
const (
	NameDefault = "default"
	NameNotice  = "notice"
)

// maxRules bounds a policy, ready-made rules included.
const maxRules = 1000

// Set is a policy that is ready to judge. It never changes.
type Set struct {
	rules       []Rule // as they are asked
	groups      []group
	fallback    portal.Outcome
	zone        *time.Location
	departments *Departments
	log         zerolog.Logger
}

var _ portal.Policy = (*Set)(nil)

// group are rules that stand behind one another. It is asked as a whole first, since most messages match none of them: CEL takes
// longer to start than to find out whether a rule matches.
type group struct {
	any   cel.Program // whether one of them matches
	rules []compiled
	whole []string // the rules in CEL
	most  uint64   // what they may cost together, at most
}

const (
	// groupSize is how many rules are asked together at most.
	groupSize = 50
	// groupLimit is what they may cost together without being counted while they run, which takes longer than most rules do. What
	// goes beyond is asked one by one, and counted.
	groupLimit = 2 * costLimit
)

type compiled struct {
	verdict portal.Verdict
	program cel.Program
}

// Compile makes a policy that is ready to judge. Its error lists all that is wrong, a line each.
func Compile(d Definition, log zerolog.Logger) (*Set, error) {
	s := &Set{fallback: d.Default, zone: d.Zone, departments: d.Departments, log: log}
	if s.zone == nil {
		s.zone = time.UTC
	}
	var wrong []error
	switch s.fallback {
	case "":
		s.fallback = portal.Admit
	case portal.Admit, portal.Refuse, portal.Hold:
	default:
		wrong = append(wrong, errors.New("policy.default: only admit, refuse and hold can be said of everything"))
	}
	rules, err := readyRules(d.Ready)
	wrong = append(wrong, err)
	for i, rule := range d.Rules {
		rules = append(rules, placed{rule, fmt.Sprintf("policy.rules[%d]", i)})
	}
	if len(rules) > maxRules {
		return nil, fmt.Errorf("policy.rules: %d rules are too many, %d may be; one rule can ask for several things: x in [\"a\", \"b\"]", len(rules), maxRules)
	}
	language, err := newLanguage()
	if err != nil {
		return nil, err
	}
	names := map[string]string{NameDefault: "the bridge", NameNotice: "the bridge", portal.RuleScan: "the bridge"}
	for _, rule := range rules {
		if err := checkName(rule, names); err != nil {
			wrong = append(wrong, err)
			continue
		}
		names[rule.Name] = rule.place
		s.rules = append(s.rules, rule.Rule)
		most, err := language.check(rule.When)
		if err != nil {
			wrong = append(wrong, fmt.Errorf("%s (%s): %w", rule.place, rule.Name, err))
			continue
		}
		when := rule.asked()
		program, err := language.program(when, costLimit)
		if err != nil {
			return nil, fmt.Errorf("%s (%s): %w", rule.place, rule.Name, err)
		}
		if n := len(s.groups); n == 0 || len(s.groups[n-1].rules) == groupSize {
			s.groups = append(s.groups, group{})
		}
		last := &s.groups[len(s.groups)-1]
		last.rules = append(last.rules, compiled{portal.Verdict{Outcome: rule.Outcome, Rule: rule.Name, Sentence: rule.Sentence}, program})
		last.whole, last.most = append(last.whole, when), last.most+most
	}
	if err := errors.Join(wrong...); err != nil {
		return nil, err
	}
	for i := range s.groups {
		g := &s.groups[i]
		limit := uint64(0)
		if g.most > groupLimit {
			limit = groupLimit
		}
		if g.any, err = language.program(strings.Join(g.whole, " || "), limit); err != nil {
			return nil, fmt.Errorf("ask several rules at once: %w", err)
		}
	}
	return s, nil
}

// placed is a rule with where it stands.
type placed struct {
	Rule
	place string
}

func checkName(rule placed, names map[string]string) error {
	name := strings.TrimSpace(rule.Name)
	switch {
	case name == "" || name != rule.Name || len(name) > 64 || strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return fmt.Errorf("%s: a rule needs a name of one line and at most 64 bytes, by which decisions are found again", rule.place)
	case names[name] != "":
		return fmt.Errorf("%s: the name %q is taken by %s; choose another", rule.place, name, names[name])
	}
	switch rule.Outcome {
	case portal.Admit, portal.Refuse, portal.Withhold, portal.Hold, portal.Confirm:
		return nil
	}
	return fmt.Errorf("%s (%s): then is %q; choose one of %s", rule.place, name, rule.Outcome, strings.Join(OutcomeWords(), ", "))
}

// Rules lists the rules in the order in which they are asked, ready-made ones included.
func (s *Set) Rules() []Rule { return slices.Clone(s.rules) }

// Len tells of how many rules the policy is made.
func (s *Set) Len() (rules int) {
	for _, g := range s.groups {
		rules += len(g.rules)
	}
	return rules
}

// Judge decides about one crossing (see [portal.Policy]).
func (s *Set) Judge(ctx context.Context, c portal.Crossing) (portal.Verdict, error) {
	if c.Kind == portal.KindNotice {
		return portal.Verdict{Outcome: portal.Admit, Rule: NameNotice}, nil
	}
	about := &facts{ctx: ctx, crossing: c, set: s, known: make([]ref.Val, len(variables))}
	for _, g := range s.groups {
		if len(g.rules) > 1 {
			matches, err := isTrue(g.any, about)
			switch {
			case about.err != nil:
				return portal.Verdict{}, about.err
			case err == nil && !matches:
				continue
			}
		}
		if verdict, matches, err := s.firstOf(g.rules, about); matches || err != nil {
			return verdict, err
		}
	}
	return portal.Verdict{Outcome: s.fallback, Rule: NameDefault}, nil
}

// firstOf returns the verdict of the first rule that matches.
func (s *Set) firstOf(rules []compiled, about *facts) (portal.Verdict, bool, error) {
	for _, rule := range rules {
		matches, err := isTrue(rule.program, about)
		switch {
		case about.err != nil:
			return portal.Verdict{}, false, about.err
		case err != nil: // what it says may quote the message
			s.log.Warn().Str("rule", rule.verdict.Rule).Msg("A rule of the policy failed at a message, and was taken in the safe way")
			matches = rule.verdict.Outcome != portal.Admit
		}
		if matches {
			return rule.verdict, true, nil
		}
	}
	return portal.Verdict{}, false, nil
}

func isTrue(program cel.Program, about *facts) (bool, error) {
	out, _, err := program.Eval(about)
	if err != nil {
		return false, err
	}
	return out == types.True, nil
}

// asked is a rule with what it can be about at all.
func (r Rule) asked() string {
	when := "(" + r.When + "\n)" // it may end with a comment
	switch r.Outcome {
	case portal.Withhold:
		return "(has_file && " + when + ")"
	case portal.Confirm:
		return `(direction == "out" && ` + when + ")"
	}
	return when
}

// outcomes are the outcomes as they are written in a configuration.
var outcomes = []struct {
	word    string
	outcome portal.Outcome
}{{"admit", portal.Admit}, {"refuse", portal.Refuse}, {"withhold", portal.Withhold}, {"hold", portal.Hold}, {"confirm", portal.Confirm}}

// OutcomeWords lists the outcomes as they are written in a configuration.
func OutcomeWords() (words []string) {
	for _, o := range outcomes {
		words = append(words, o.word)
	}
	return words
}

// ParseOutcome returns the outcome that a word of a configuration names.
func ParseOutcome(word string) (portal.Outcome, bool) {
	for _, o := range outcomes {
		if o.word == word {
			return o.outcome, true
		}
	}
	return "", false
}

// OutcomeWord returns how an outcome is written in a configuration.
func OutcomeWord(outcome portal.Outcome) string {
	for _, o := range outcomes {
		if o.outcome == outcome {
			return o.word
		}
	}
	return string(outcome)
}

// Live is a policy that can be replaced while messages cross: each is judged by one Set from beginning to end.
type Live struct{ set atomic.Pointer[Set] }

var _ portal.Policy = (*Live)(nil)

// NewLive returns a policy that judges as set does.
func NewLive(set *Set) *Live {
	l := &Live{}
	l.Replace(set)
	return l
}

// Replace puts another policy in force.
func (l *Live) Replace(set *Set) { l.set.Store(set) }

// Rules lists the rules that are in force.
func (l *Live) Rules() []Rule { return l.set.Load().Rules() }

// Judge decides about one crossing (see [portal.Policy]).
func (l *Live) Judge(ctx context.Context, c portal.Crossing) (portal.Verdict, error) {
	return l.set.Load().Judge(ctx, c)
}

// Department tells in which department a member of staff is, by the policy that is in force; "": none is known.
func (l *Live) Department(person id.UserID) string {
	return l.set.Load().departments.Of(person)
}
