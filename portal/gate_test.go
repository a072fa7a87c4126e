package portal

import (
	"context"
	"errors"
	"testing"
	"time"

	"passerelle/portal/say"
)

// judge is a policy in a function.
type judge func(Crossing) (Verdict, error)

func (j judge) Judge(_ context.Context, c Crossing) (Verdict, error) { return j(c) }

// notebook is a ledger in memory.
type notebook struct {
	decisions []Decision
	err       error
}

func (n *notebook) Record(_ context.Context, d Decision) error {
	n.decisions = append(n.decisions, d)
	return n.err
}

func (n *notebook) Outcome(_ context.Context, network string, direction Direction, key string) (Outcome, error) {
	for _, d := range n.decisions {
		if d.Network == network && d.Direction == direction && d.Key == key {
			return d.Outcome, n.err
		}
	}
	return "", n.err
}

func (n *notebook) Admitted(_ context.Context, network, chat, login, key string) (bool, error) {
	for _, d := range n.decisions {
		if d.Network == network && d.Portal == chat && (login == "" || d.Login == login) && d.Outcome == Admit && d.Kind != KindNotice && d.Key != key {
			return true, n.err
		}
	}
	return false, n.err
}

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func gate(p Policy, l Ledger) *Gate {
	return NewGate(Checks{Policy: p, Scanner: NoScanner{}, Ledger: l, Approvals: &desk{}}, func() time.Time { return noon })
}

func TestWhatTheGateAdmitsIsStampedAndWrittenDownWithoutContent(t *testing.T) {
	ledger := &notebook{}
	ctx := Arrival{}.WithPassage(context.Background())
	if MayPass(ctx) {
		t.Fatal("a message may pass before the gate has seen it")
	}
	crossing := Crossing{Key: "k1", Network: "whatsapp", Direction: In, Kind: KindText, Portal: "p", Sender: "s", Text: "secret"}
	admitted, err := Pass(ctx, gate(AdmitAll{}, ledger), crossing, "secret")
	if err != nil || admitted.Content() != "secret" {
		t.Fatalf("Pass gave %q, %v", admitted.Content(), err)
	}
	if !MayPass(ctx) {
		t.Error("what the gate admitted may not pass")
	}
	want := Decision{Key: "k1", Network: "whatsapp", Direction: In, Kind: KindText, Portal: "p", Sender: "s", Size: 6,
		Outcome: Admit, Rule: "default", At: noon}
	if len(ledger.decisions) != 1 || ledger.decisions[0] != want {
		t.Errorf("the ledger holds %+v, want %+v", ledger.decisions, want)
	}
}

func TestARefusalIsWrittenDownAndGivesNothing(t *testing.T) {
	ledger := &notebook{}
	refuse := judge(func(Crossing) (Verdict, error) {
		return Verdict{Outcome: Refuse, Rule: "no files", Sentence: Words{say.English: "Files may not cross."}}, nil
	})
	ctx := Arrival{}.WithPassage(context.Background())
	admitted, err := Pass(ctx, gate(refuse, ledger), Crossing{Direction: In, File: &File{Size: 12}}, "x")
	var refusal *Refusal
	if !errors.As(err, &refusal) || refusal.Verdict.Sentence.In(say.French) != "Files may not cross." {
		t.Fatalf("the error is %v", err)
	}
	if admitted.Content() != "" || MayPass(ctx) {
		t.Error("something passed")
	}
	if len(ledger.decisions) != 1 || ledger.decisions[0].Outcome != Refuse || ledger.decisions[0].Size != 12 {
		t.Errorf("the ledger holds %+v", ledger.decisions)
	}
}

func TestNothingCrossesThatCannotBeJudgedOrWrittenDown(t *testing.T) {
	broken := errors.New("broken")
	for name, g := range map[string]*Gate{
		"no judgement": gate(judge(func(Crossing) (Verdict, error) { return Verdict{}, broken }), &notebook{}),
		"no ledger":    gate(AdmitAll{}, &notebook{err: broken}),
		"no outcome":   gate(judge(func(Crossing) (Verdict, error) { return Verdict{}, nil }), &notebook{}),
	} {
		ctx := Arrival{}.WithPassage(context.Background())
		admitted, err := Pass(ctx, g, Crossing{Direction: In}, "x")
		if err == nil || admitted.Content() != "" || MayPass(ctx) {
			t.Errorf("%s: it crossed", name)
		}
		if name != "no outcome" && (!errors.Is(err, broken) || IsPermanent(err)) {
			t.Errorf("%s: the error is %v, want a transient one", name, err)
		}
	}
}

func TestWhatWasAdmittedCrossesAgainWhateverThePolicyIsNow(t *testing.T) {
	ledger, ctx := &notebook{}, context.Background()
	refuse := judge(func(Crossing) (Verdict, error) { return Verdict{Outcome: Refuse}, nil })
	admitted, refused := Crossing{Key: "k1", Network: "whatsapp", Direction: Out}, Crossing{Key: "k2", Network: "whatsapp", Direction: Out}
	if _, err := Pass(ctx, gate(AdmitAll{}, ledger), admitted, "x"); err != nil {
		t.Fatal(err)
	}
	if _, err := Pass(ctx, gate(refuse, ledger), refused, "y"); err == nil {
		t.Fatal("it crossed")
	}
	if got, err := PassAgain(ctx, gate(refuse, ledger), admitted, "x"); err != nil || got.Content() != "x" {
		t.Errorf("what was admitted gives %q, %v", got.Content(), err)
	}
	other := admitted
	other.Direction = In
	for name, c := range map[string]Crossing{"refused": refused, "the other way": other, "never judged": {Key: "k3", Network: "whatsapp", Direction: Out}} {
		if got, err := PassAgain(ctx, gate(AdmitAll{}, ledger), c, "y"); !errors.Is(err, ErrNeverAdmitted) || !IsPermanent(err) || got.Content() != "" {
			t.Errorf("%s: it crosses with %q, %v", name, got.Content(), err)
		}
	}
	if len(ledger.decisions) != 2 {
		t.Errorf("the ledger holds %+v", ledger.decisions)
	}
	ledger.err = errors.New("broken")
	if _, err := PassAgain(ctx, gate(AdmitAll{}, ledger), admitted, "x"); !errors.Is(err, ledger.err) || IsPermanent(err) {
		t.Errorf("without a ledger the error is %v", err)
	}
}

func TestAStampBelongsToOneMessage(t *testing.T) {
	first, second := Arrival{}.WithPassage(context.Background()), Arrival{Attempted: noon}.WithPassage(context.Background())
	if _, err := Pass(first, gate(AdmitAll{}, &notebook{}), Crossing{Direction: In}, 1); err != nil {
		t.Fatal(err)
	}
	if MayPass(second) || MayPass(context.Background()) {
		t.Error("another message may pass on the first one's stamp")
	}
	if !Attempted(first).IsZero() || !Attempted(second).Equal(noon) || !Attempted(context.Background()).IsZero() {
		t.Error("Attempted is wrong")
	}
	out := Arrival{}.WithPassage(context.Background())
	if _, err := Pass(out, gate(AdmitAll{}, &notebook{}), Crossing{Direction: Out}, 1); err != nil || MayPass(out) {
		t.Error("what goes out was stamped as if it came in")
	}
}

func TestPermanentErrors(t *testing.T) {
	cause := errors.New("gone")
	if err := Permanent(cause); !IsPermanent(err) || !errors.Is(err, cause) || err.Error() != "gone" {
		t.Errorf("Permanent gave %v", err)
	}
	if Permanent(nil) != nil || IsPermanent(cause) || IsPermanent(nil) {
		t.Error("a transient error is taken for a permanent one")
	}
}

// desk keeps in memory what waits.
type desk struct {
	decided map[string]Outcome
}

func (d *desk) Ask(_ context.Context, c Crossing, v Verdict) (Outcome, error) {
	if d.decided == nil {
		d.decided = map[string]Outcome{}
	}
	if d.decided[c.Key] == "" {
		d.decided[c.Key] = v.Outcome
	}
	return d.decided[c.Key], nil
}

func TestWhatIsHeldWaitsUntilSomebodyDecides(t *testing.T) {
	for _, decided := range []Outcome{Admit, Refuse} {
		hold := judge(func(Crossing) (Verdict, error) { return Verdict{Outcome: Hold, Rule: "first contact"}, nil })
		waiting := &desk{}
		g := NewGate(Checks{Policy: hold, Scanner: NoScanner{}, Ledger: &notebook{}, Approvals: waiting}, func() time.Time { return noon })
		crossing := Crossing{Key: "k", Direction: In, Text: "secret"}
		for range 2 { // a second attempt asks nobody anew
			_, err := Pass(t.Context(), g, crossing, "secret")
			var refusal *Refusal
			if !errors.As(err, &refusal) || !refusal.Waits() || refusal.Of.Key != "k" || refusal.Of.Text != "" {
				t.Fatalf("the error is %+v", err)
			}
		}
		waiting.decided["k"] = decided
		_, err := Pass(t.Context(), g, crossing, "secret")
		if admitted := err == nil; admitted != (decided == Admit) {
			t.Errorf("%s: %v", decided, err)
		}
	}
}

// looker is a scanner in a function.
type looker func(*File) (Finding, error)

func (l looker) Scan(_ context.Context, file *File) (Finding, error) { return l(file) }

func TestAFileInWhichSomethingIsFoundStaysBehind(t *testing.T) {
	ledger := &notebook{}
	finds := looker(func(file *File) (Finding, error) { return Finding{Name: "Eicar", Digest: "ab12"}, nil })
	g := NewGate(Checks{Policy: AdmitAll{}, Scanner: finds, Ledger: ledger}, func() time.Time { return noon })
	ctx := Arrival{}.WithPassage(context.Background())
	_, err := Pass(ctx, g, Crossing{Direction: In, File: &File{Size: 12}}, "x")
	var refusal *Refusal
	if !errors.As(err, &refusal) || refusal.Verdict.Outcome != Withhold || MayPass(ctx) {
		t.Fatalf("the error is %v", err)
	}
	if d := ledger.decisions[0]; d.Outcome != Withhold || d.Rule != RuleScan || d.Found != "Eicar" || d.Digest != "ab12" {
		t.Errorf("the ledger holds %+v", d)
	}
	if _, err := Pass(ctx, g, Crossing{Direction: In, Text: "no file"}, "x"); err != nil {
		t.Errorf("a text without a file: %v", err)
	}
}

func TestAFileThatCannotBeLookedIntoDoesNotCrossAndNothingIsDecided(t *testing.T) {
	ledger := &notebook{}
	away := errors.New("the scanner is away")
	looks := looker(func(*File) (Finding, error) { return Finding{}, away })
	g := NewGate(Checks{Policy: AdmitAll{}, Scanner: looks, Ledger: ledger}, func() time.Time { return noon })
	if _, err := Pass(t.Context(), g, Crossing{Direction: Out, File: &File{}}, "x"); !errors.Is(err, away) || IsPermanent(err) {
		t.Errorf("the error is %v", err)
	}
	if len(ledger.decisions) > 0 {
		t.Errorf("the ledger holds %+v", ledger.decisions)
	}
}

func TestTheFirstInAChatIsKnownAsSuch(t *testing.T) {
	ledger, ctx := &notebook{}, t.Context()
	var first bool
	g := gate(judge(func(c Crossing) (verdict Verdict, err error) {
		first, err = c.First(ctx)
		return Verdict{Outcome: Admit}, err
	}), ledger)
	for _, each := range []struct {
		name string
		c    Crossing
		want bool
	}{
		{"a notice", Crossing{Key: "n", Portal: "amina", Login: "claire", Chat: ChatDirect, Kind: KindNotice}, true},
		{"the first", Crossing{Key: "1", Portal: "amina", Login: "claire", Chat: ChatDirect}, true},
		{"the first again, after a crash", Crossing{Key: "1", Portal: "amina", Login: "claire", Chat: ChatDirect}, true},
		{"the second", Crossing{Key: "2", Portal: "amina", Login: "claire", Chat: ChatDirect}, false},
		{"a colleague's first", Crossing{Key: "3", Portal: "amina", Login: "karim", Chat: ChatDirect}, true},
		{"a group's first", Crossing{Key: "4", Portal: "choir", Login: "claire", Chat: ChatGroup}, true},
		{"a colleague's in the same group", Crossing{Key: "5", Portal: "choir", Login: "karim", Chat: ChatGroup}, false},
	} {
		if _, err := Pass(ctx, g, each.c, "x"); err != nil || first != each.want {
			t.Errorf("%s: first is %v, want %v (%v)", each.name, first, each.want, err)
		}
	}
}
