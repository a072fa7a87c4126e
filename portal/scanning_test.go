package portal

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"maunium.net/go/mautrix/bridgev2/networkid"

	"passerelle/portal/say"
)

// scanning is a gate whose scanner says the same of each file.
func scanning(found Finding, err error, ledger Ledger) *Gate {
	scanner := looker(func(*File) (Finding, error) { return found, err })
	return NewGate(Checks{Policy: AdmitAll{}, Scanner: scanner, Ledger: ledger}, func() time.Time { return noon })
}

func TestAFileThatNobodyLookedIntoIsDecidedByAnotherRule(t *testing.T) {
	for _, found := range []Finding{{Unscanned: RuleScanAway}, {Unscanned: RuleScanTooLarge, Admitted: true}} {
		ledger := &notebook{}
		_, err := Pass(t.Context(), scanning(found, nil, ledger), Crossing{Direction: Out, File: &File{}}, "x")
		want := Withhold
		if found.Admitted {
			want = Admit
		}
		var refusal *Refusal
		if errors.As(err, &refusal) == found.Admitted || ledger.decisions[0].Outcome != want || ledger.decisions[0].Rule != found.Unscanned {
			t.Errorf("%+v: %v, %+v", found, err, ledger.decisions)
		}
	}
}

func TestOnlyACleanFileGoesAlong(t *testing.T) {
	broken := errors.New("broken")
	for _, test := range []struct {
		found     Finding
		err, want error
	}{
		{Finding{}, nil, nil},
		{Finding{Unscanned: RuleScanAway, Admitted: true}, nil, nil},
		{Finding{Unscanned: RuleScanAway}, nil, ErrScannerAway},
		{Finding{Name: "Eicar"}, nil, ErrHarmful},
		{Finding{}, broken, broken},
	} {
		ledger := &notebook{}
		err := scanning(test.found, test.err, ledger).Clean(t.Context(), &File{})
		if !errors.Is(err, test.want) || IsPermanent(err) != errors.Is(test.want, ErrHarmful) || len(ledger.decisions) > 0 {
			t.Errorf("%+v, %v: %v, %+v", test.found, test.err, err, ledger.decisions)
		}
	}
}

// sleeper is a scanner that is away.
type sleeper struct{ NoScanner }

func (sleeper) Ready(context.Context) error { return ErrScannerAway }

func TestAScannerThatIsAwayIsKnownToBe(t *testing.T) {
	for scanner, want := range map[Scanner]error{sleeper{}: ErrScannerAway, NoScanner{}: nil} {
		if err := NewGate(Checks{Policy: AdmitAll{}, Scanner: scanner, Ledger: &notebook{}}, time.Now).ScannerReady(t.Context()); !errors.Is(err, want) {
			t.Errorf("%T: %v", scanner, err)
		}
	}
}

func TestARoomIsToldOfWhatWaitsForTheScannerAlone(t *testing.T) {
	room := networkid.PortalKey{ID: "chat"}
	var waiting *WaitingError
	if err := Waiting(room, fmt.Errorf("look into a file: %w", ErrScannerAway)); !errors.As(err, &waiting) || waiting.Room != room ||
		!errors.Is(err, ErrScannerAway) || IsPermanent(err) {
		t.Errorf("%v", err)
	}
	if err := Waiting(room, errors.New("another")); errors.As(err, &waiting) {
		t.Errorf("%v", err)
	}
	if err := Waiting(room, nil); err != nil {
		t.Errorf("%v", err)
	}
}

func TestWhyAFileWasWithheld(t *testing.T) {
	for _, test := range []struct {
		verdict Verdict
		in, out say.Sentence
	}{
		{Verdict{Outcome: Refuse, Rule: "marking"}, say.Withheld, say.WithheldOut},
		{Verdict{Outcome: Withhold, Rule: "types"}, say.FileWithheld, say.FileWithheldOut},
		{Verdict{Outcome: Withhold, Rule: RuleScan}, say.FileHarmful, say.FileHarmfulOut},
		{Verdict{Outcome: Withhold, Rule: RuleScanTooLarge}, say.FileUnscannable, say.FileUnscannableOut},
		{Verdict{Outcome: Withhold, Rule: RuleScanAway}, say.FileUnscanned, say.FileUnscannedOut},
	} {
		if in, out := test.verdict.Why(In), test.verdict.Why(Out); in != test.in || out != test.out {
			t.Errorf("%+v: %s, %s", test.verdict, in, out)
		}
	}
}
