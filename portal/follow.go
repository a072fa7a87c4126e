package portal

import (
	"context"
	"fmt"
)

// Hand is a [Policy] of which a part is set by hand: what administrators have stopped is stopped whatever it is, what no rule is asked
// about, too.
type Hand interface {
	// ByHand returns the verdict that stands whatever the rules say; no outcome: none does. Its errors are transient.
	ByHand(ctx context.Context, c Crossing) (Verdict, error)
}

// RuleFollows is the rule that a decision names about a reaction that was held, and crosses now as all do.
const RuleFollows = "reaction"

// Follow asks the gate about a reaction on its way in. No rule is asked: it crosses, unless administrators have stopped what it would
// cross with. That is written down, and a reaction that crosses as all do is not.
//
// A reaction that does not cross gives a *[Refusal]. Every other error is transient.
func Follow(ctx context.Context, g *Gate, c Crossing) error {
	policy, ok := g.checks.Policy.(Hand)
	if !ok {
		return nil
	}
	verdict, err := policy.ByHand(ctx, c)
	if err != nil {
		return fmt.Errorf("judge a reaction: %w", err)
	}
	if verdict.Outcome.waits() {
		if verdict.Outcome, err = g.checks.Approvals.Ask(ctx, c, verdict); err != nil {
			return fmt.Errorf("look up what was decided: %w", err)
		}
	}
	if verdict.Outcome == "" {
		before, err := g.checks.Ledger.Outcome(ctx, c.Network, c.Direction, c.Key)
		if err != nil {
			return fmt.Errorf("look up a decision: %w", err)
		}
		if before != Hold {
			return nil
		}
		verdict = Verdict{Outcome: Admit, Rule: RuleFollows} // what held it is over
	}
	if err := g.checks.Ledger.Record(ctx, decisionOn(c, verdict, g.now())); err != nil {
		return fmt.Errorf("record a decision: %w", err)
	}
	if verdict.Outcome != Admit {
		return &Refusal{Verdict: verdict, Of: c}
	}
	return nil
}
