package portal

import (
	"context"
	"errors"
	"testing"
	"time"
)

// byHand is a policy whose rules admit everything, and what is set by hand.
type byHand struct {
	AdmitAll
	verdict Verdict
	err     error
}

func (b *byHand) ByHand(context.Context, Crossing) (Verdict, error) { return b.verdict, b.err }

func TestAReactionCrossesUnlessAdministratorsHaveStoppedAll(t *testing.T) {
	set, ledger, waiting := &byHand{}, &notebook{}, &desk{}
	g := NewGate(Checks{Policy: set, Scanner: NoScanner{}, Ledger: ledger, Approvals: waiting}, func() time.Time { return noon })
	follows := func(key string) (refusal *Refusal, err error) {
		err = Follow(t.Context(), g, Crossing{Key: key, Direction: In, Kind: KindReaction})
		errors.As(err, &refusal)
		return refusal, err
	}
	if _, err := follows("free"); err != nil || len(ledger.decisions) != 0 {
		t.Errorf("a reaction that nobody stops: %v, %v", err, ledger.decisions)
	}
	set.verdict = Verdict{Outcome: Hold, Rule: "portal paused"}
	if refusal, err := follows("held"); refusal == nil || !refusal.Waits() || refusal.Of.Key != "held" {
		t.Errorf("in a pause: %v", err)
	}
	waiting.decided["held"], set.verdict = Admit, Verdict{}
	if _, err := follows("held"); err != nil {
		t.Errorf("after the pause: %v", err)
	}
	if last := ledger.decisions[len(ledger.decisions)-1]; last.Outcome != Admit || last.Rule != RuleFollows || last.Kind != KindReaction {
		t.Errorf("written down is %+v", last)
	}
	set.verdict = Verdict{Outcome: Refuse, Rule: "portal closed"}
	if refusal, err := follows("refused"); refusal == nil || refusal.Waits() {
		t.Errorf("in a closed portal: %v", err)
	}
	set.err = errors.New("away")
	if refusal, err := follows("unknown"); err == nil || refusal != nil {
		t.Errorf("what cannot be looked up: %v", err)
	}
	if err := Follow(t.Context(), gate(AdmitAll{}, &notebook{}), Crossing{Kind: KindReaction}); err != nil {
		t.Errorf("without anything set by hand: %v", err)
	}
}
