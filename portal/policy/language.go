package policy

import (
	"errors"
	"fmt"
	"hash/maphash"
	"slices"
	"strings"
	"sync/atomic"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/cost"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
)

const (
	// costLimit is what a rule may cost, by CEL's measure, at most: when it is loaded, by the longest message that there can be, and
	// when it runs. It is some milliseconds of work.
	costLimit = 1_000_000
	// maxExpression is how long a rule may be, in characters.
	maxExpression = 16 << 10
	// maxNesting is how deep loops stand in each other at most, and maxPattern how large a pattern may become.
	maxNesting, maxPattern = 2, 1000
)

// language is the language that rules are written in.
type language struct{ env *cel.Env }

// newLanguage makes the environment of the rules: CEL's standard library, the variables of [variables], and functions of ours.
// CEL's further string functions are left out: some make a long text of a short one, and none has its cost counted.
func newLanguage() (*language, error) {
	options := []cel.EnvOption{
		cel.ParserExpressionSizeLimit(2 * groupSize * maxExpression),
		cel.ASTValidators(cel.ValidateRegexLiterals(), cel.ValidateRegexProgramSizeLimit(maxPattern), cel.ValidateTimestampLiterals(),
			cel.ValidateDurationLiterals(), cel.ValidateComprehensionNestingLimit(maxNesting)),
		textFunction("marking", remembering(Marking)),
		textFunction("fold", fold),
		cel.CostModel(
			cost.Overload("marking_string", cost.EvalCost(cost.Scale(cost.Arg(0), 0.3)), cost.ResultSize(cost.Const(64))),
			cost.Overload("fold_string", cost.EvalCost(cost.Scale(cost.Arg(0), 0.3)), cost.ResultSize(cost.Scale(cost.Arg(0), foldGrows)))),
	}
	for _, v := range variables {
		options = append(options, cel.Variable(v.name, v.kind))
	}
	env, err := cel.NewEnv(options...)
	if err != nil {
		return nil, fmt.Errorf("the policy's language: %w", err)
	}
	return &language{env}, nil
}

// textFunction is a function from a text to a text.
func textFunction(name string, of func(string) string) cel.EnvOption {
	return cel.Function(name, cel.Overload(name+"_string", []*cel.Type{cel.StringType}, cel.StringType,
		cel.UnaryBinding(func(arg ref.Val) ref.Val {
			text, ok := arg.(types.String)
			if !ok {
				return types.MaybeNoSuchOverloadErr(arg)
			}
			return types.String(of(string(text)))
		})))
}

// remembering spares a function the work for the text that it had last: several rules ask about the same message. The text itself is
// not kept.
func remembering(of func(string) string) func(string) string {
	type answer struct {
		hash   uint64
		length int
		text   string
	}
	var last atomic.Pointer[answer]
	seed := maphash.MakeSeed()
	return func(text string) string {
		hash := maphash.String(seed, text)
		if known := last.Load(); known != nil && known.hash == hash && known.length == len(text) {
			return known.text
		}
		found := of(text)
		last.Store(&answer{hash, len(text), found})
		return found
	}
}

// check tells what a rule may cost, or what is wrong with it. An error names the line and the column, and what to do.
func (l *language) check(when string) (most uint64, err error) {
	if strings.TrimSpace(when) == "" {
		return 0, errors.New("when is empty; write what the rule is about, or true for everything")
	}
	if len(when) > maxExpression {
		return 0, fmt.Errorf("when is longer than %d characters; make two rules of it", maxExpression)
	}
	checked, issues := l.env.Compile(when)
	if issues.Err() != nil {
		first := issues.Errors()[0]
		return 0, fmt.Errorf("when, line %d, column %d: %s; %s", first.Location.Line(), first.Location.Column()+1, oneLine(first.Message), remedy(first.Message))
	}
	if !checked.OutputType().IsExactType(cel.BoolType) {
		return 0, fmt.Errorf("when, line 1, column 1: it is of type %s; write something that is true or false, such as a comparison", checked.OutputType())
	}
	estimate, err := l.env.EstimateCost(checked, sizes{})
	if err != nil {
		return 0, fmt.Errorf("when: its cost is not known: %w", err)
	}
	if estimate.Max > costLimit {
		return 0, fmt.Errorf("when, line 1, column 1: it may cost %d with the longest message, and %d is the limit; "+
			"take out loops in loops, shorten patterns, or make several rules of it", estimate.Max, costLimit)
	}
	return estimate.Max, nil
}

// program makes a program of rules that were checked: of one, or of several that stand together. It stops at the limit; 0: at none.
func (l *language) program(when string, limit uint64) (cel.Program, error) {
	checked, issues := l.env.Compile(when)
	if issues.Err() != nil {
		return nil, fmt.Errorf("when: %s; %s", oneLine(issues.Err().Error()), remedy(issues.Err().Error()))
	}
	options := []cel.ProgramOption{cel.EvalOptions(cel.OptOptimize)}
	if limit > 0 {
		options = append(options, cel.CostLimit(limit))
	}
	program, err := l.env.Program(checked, options...)
	if err != nil {
		return nil, fmt.Errorf("when: %s; %s", oneLine(err.Error()), remedy(err.Error()))
	}
	return program, nil
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// remedy says what to do about an error of CEL's.
func remedy(message string) string {
	switch {
	case strings.Contains(message, "undeclared reference"):
		return "a rule can ask for " + strings.Join(variableNames(), ", ") + ", fold(…) and marking(…); text stands in quotes"
	case strings.Contains(message, "no matching overload"):
		return "compare like with like: text in quotes, numbers without, sizes in bytes"
	case strings.Contains(message, "regex"), strings.Contains(message, "regexp"), strings.Contains(message, "pattern"), strings.Contains(message, "matches argument"):
		return "patterns are Go's: https://pkg.go.dev/regexp/syntax"
	case strings.Contains(message, "nesting"):
		return "make several rules of it"
	}
	return "docs/policy.md has examples"
}

// sizes tells CEL how long what a rule asks about can be.
type sizes struct{}

// EstimateSize bounds a variable.
func (sizes) EstimateSize(node cost.AstNode) *cost.SizeEstimate {
	path := strings.Join(node.Path(), ".")
	at := slices.IndexFunc(variables, func(v variable) bool { return v.name == path })
	if at < 0 || variables[at].most == 0 {
		return nil
	}
	bound := cost.RangedSizeEstimate(0, variables[at].most)
	return &bound
}

// EstimateCallCost leaves the cost of calls to the model.
func (sizes) EstimateCallCost(string, string, *cost.AstNode, []cost.AstNode) *cost.CallEstimate {
	return nil
}
