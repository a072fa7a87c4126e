package portal

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"passerelle/portal/say"
)

// Outcome is what a policy decides about a crossing.
type Outcome string

// The outcomes that a policy may choose.
const (
	Admit    Outcome = "admitted"
	Refuse   Outcome = "refused"
	Withhold Outcome = "withheld"    // its file stays behind; what is written beside it may cross, judged anew
	Hold     Outcome = "held"        // it waits for an administrator
	Confirm  Outcome = "unconfirmed" // it waits for its sender, on the way out
)

// Withdrawn is how what waits for a decision ends when its sender takes it back first. No policy chooses it.
const Withdrawn Outcome = "withdrawn"

// Verdict is a policy's answer.
type Verdict struct {
	Outcome  Outcome
	Rule     string // the name of the rule that decided
	Sentence Words  // what the sender of what does not cross reads; empty: a sentence of the bridge's own
	// Found names what a [Scanner] found in the file, and Digest is the file's SHA-256 in hex; "": it was not that.
	Found, Digest string
}

// Words is one sentence in several languages.
type Words map[say.Language]string

// In returns the sentence in a language; where that lacks it in English, and otherwise in whichever there is. "" means that there
// are none.
func (w Words) In(l say.Language) string {
	for _, language := range append([]say.Language{l, say.English}, say.Languages()...) {
		if text := w[language]; text != "" {
			return text
		}
	}
	return ""
}

// Policy decides what may cross.
type Policy interface {
	// Judge decides about one crossing. An error means that no decision could be made: nothing crosses then, and the
	// crossing is tried again.
	Judge(ctx context.Context, c Crossing) (Verdict, error)
}

// AdmitAll is the policy of a border without rules.
type AdmitAll struct{}

// Judge admits. It never fails.
func (AdmitAll) Judge(context.Context, Crossing) (Verdict, error) {
	return Verdict{Outcome: Admit, Rule: "default"}, nil
}

// Scanner looks into files for what does harm.
type Scanner interface {
	// Scan looks into a file whose content is there. An error means that it could not look: nothing crosses then, and the
	// crossing is tried again. [ErrScannerAway] means that it cannot look into any file now.
	Scan(ctx context.Context, file *File) (Finding, error)
}

// Finding is what a [Scanner] found in a file. The zero Finding is nothing.
type Finding struct {
	Name   string // as the scanner calls it; "": nothing
	Digest string // the file's SHA-256 in hex, when there is something
	// Unscanned is the rule by which a file is dealt with that nobody looked into; "": somebody did. It is withheld, unless it is
	// Admitted.
	Unscanned string
	Admitted  bool
}

// NoScanner is the scanner of a border that looks into no files.
type NoScanner struct{}

// Scan finds nothing. It never fails.
func (NoScanner) Scan(context.Context, *File) (Finding, error) { return Finding{}, nil }

// The rules that a decision names when a [Scanner] made it.
const (
	RuleScan         = "scan"           // it found something
	RuleScanTooLarge = "scan-too-large" // the file is larger than it takes
	RuleScanAway     = "scan-away"      // it does not answer, and files are not to wait for it
)

// Decision is what the gate writes down about a crossing. It holds no content.
type Decision struct {
	Key       string
	Network   string
	Direction Direction
	Kind      Kind
	Portal    string
	Login     string
	Sender    string
	Size      int64 // bytes of the file, or of the text where there is none
	Outcome   Outcome
	Rule      string
	Found     string // what a scanner found in the file
	Digest    string // SHA-256 in hex of a file in which something was found
	At        time.Time
}

// Ledger keeps decisions.
type Ledger interface {
	// Record keeps d. A decision of the same network, direction and key that is already there stays as it is: a replay
	// adds nothing. Only one that says that something waits gives way to how it was decided. An error is transient.
	Record(ctx context.Context, d Decision) error
	// Outcome returns how the decision ended that is kept under a key; "": there is none. An error is transient.
	Outcome(ctx context.Context, network string, direction Direction, key string) (Outcome, error)
	// Admitted tells whether anything but notices was admitted in a chat before, under another key than key and those that
	// begin with it and a slash. A login narrows it to what went through that one; "" does not. An error is transient.
	Admitted(ctx context.Context, network, chat, login, key string) (bool, error)
}

// Approvals keeps what waits for somebody's decision.
type Approvals interface {
	// Ask returns how the crossing under a key has been decided: Admit, Refuse or Withdrawn; and v.Outcome while nobody has decided.
	// Then it waits from now on, if it did not. An error is transient.
	Ask(ctx context.Context, c Crossing, v Verdict) (Outcome, error)
}

// Checks are those whom a gate asks.
type Checks struct {
	Policy    Policy
	Scanner   Scanner
	Ledger    Ledger
	Approvals Approvals
}

// Gate is the one place that decides whether something crosses the border, and writes down that it decided.
type Gate struct {
	checks Checks
	now    func() time.Time
}

// NewGate returns a gate with the times that now tells.
func NewGate(checks Checks, now func() time.Time) *Gate { return &Gate{checks: checks, now: now} }

// Refusal is the error of a crossing that was not admitted. It is permanent; its verdict says whether something of it may cross, or
// all of it later.
type Refusal struct {
	Verdict Verdict
	// Of is what did not cross, without its content.
	Of Crossing
}

// Error names the rule that refused.
func (r *Refusal) Error() string { return "refused by the rule " + r.Verdict.Rule }

// TakenBack tells whether its sender took it back while it waited: nothing takes its place then.
func (r *Refusal) TakenBack() bool { return r.Verdict.Outcome == Withdrawn }

// Waits tells whether somebody is to decide about it.
func (r *Refusal) Waits() bool { return r.Verdict.Outcome.waits() }

// Explain says to the sender of what did not go out why it did not, and, if they can, what they can do.
func (r *Refusal) Explain(in say.Language, network string) string {
	own := r.Verdict.Sentence.In(in)
	switch r.Verdict.Outcome {
	case Hold:
		return strings.TrimSpace(own + "\n" + in.Say(say.HeldOut, network))
	case Confirm:
		return strings.TrimSpace(own + "\n" + in.Say(say.ConfirmOut, network))
	}
	if own == "" {
		return in.Say(r.Verdict.Why(Out), network)
	}
	return own
}

func (o Outcome) waits() bool { return o == Hold || o == Confirm }

// Admitted is content that a gate let through. Only [Pass] and [PassAgain] make one that holds anything, so a function that takes an
// Admitted cannot be handed what no gate has seen.
type Admitted[T any] struct {
	content T
}

// Content returns what was admitted.
func (a Admitted[T]) Content() T { return a.content }

// Pass asks the gate about c and, when it may cross, returns content as admitted. On the way in it also stamps the
// passage that ctx carries (see [Arrival.WithPassage]).
//
// A refused crossing gives a *[Refusal]. Every other error is transient: no decision was made, or none could be written
// down.
func Pass[T any](ctx context.Context, g *Gate, c Crossing, content T) (Admitted[T], error) {
	verdict, err := g.judge(ctx, c)
	if err != nil {
		return Admitted[T]{}, err
	}
	if err := g.checks.Ledger.Record(ctx, decisionOn(c, verdict, g.now())); err != nil {
		return Admitted[T]{}, fmt.Errorf("record a decision: %w", err)
	}
	if verdict.Outcome != Admit {
		c.Text, c.File = "", nil
		return Admitted[T]{}, &Refusal{Verdict: verdict, Of: c}
	}
	if c.Direction == In {
		stamp(ctx)
	}
	return Admitted[T]{content: content}, nil
}

// judge asks the policy, and, for what somebody has to decide, whether they have. It has the file of what it admits looked into: what it does not admit need not be.
func (g *Gate) judge(ctx context.Context, c Crossing) (Verdict, error) {
	c.First = g.first(c)
	verdict, err := g.checks.Policy.Judge(ctx, c)
	if err != nil {
		return verdict, fmt.Errorf("judge a crossing: %w", err)
	}
	if verdict.Outcome.waits() {
		if verdict.Outcome, err = g.checks.Approvals.Ask(ctx, c, verdict); err != nil {
			return verdict, fmt.Errorf("look up what was decided: %w", err)
		}
	}
	if verdict.Outcome != Admit || c.File == nil {
		return verdict, nil
	}
	found, err := g.checks.Scanner.Scan(ctx, c.File)
	switch {
	case err != nil:
		return verdict, fmt.Errorf("look into a file: %w", err)
	case found.Name != "":
		return Verdict{Outcome: Withhold, Rule: RuleScan, Found: found.Name, Digest: found.Digest}, nil
	case found.Unscanned != "" && found.Admitted:
		return Verdict{Outcome: Admit, Rule: found.Unscanned}, nil
	case found.Unscanned != "":
		return Verdict{Outcome: Withhold, Rule: found.Unscanned}, nil
	}
	return verdict, nil
}

// TakenBack writes down that something that waited for a decision was taken back by its sender; rule is the one that held it. An error is
// transient.
func (g *Gate) TakenBack(ctx context.Context, c Crossing, rule string) error {
	if err := g.checks.Ledger.Record(ctx, decisionOn(c, Verdict{Outcome: Withdrawn, Rule: rule}, g.now())); err != nil {
		return fmt.Errorf("record a decision: %w", err)
	}
	return nil
}

// first tells whether a crossing is the first one in its chat. A chat with one contact may have several logins on our side, each
// of which is new to the contact.
func (g *Gate) first(c Crossing) func(context.Context) (bool, error) {
	login := ""
	if c.Chat == ChatDirect {
		login = c.Login
	}
	return func(ctx context.Context) (bool, error) {
		before, err := g.checks.Ledger.Admitted(ctx, c.Network, c.Portal, login, c.Key)
		return !before, err
	}
}

// ErrNeverAdmitted is the error of something that is to cross again and never crossed. It is permanent.
var ErrNeverAdmitted = errors.New("no decision to admit this is kept")

// PassAgain returns as admitted what was admitted before, under the key that it had, and is to go the same way once more, since
// it did not arrive. The policy is not asked again: it has decided. Nor is the decision written down again.
//
// What was refused, or never judged, gives [ErrNeverAdmitted]. Every other error is transient.
func PassAgain[T any](ctx context.Context, g *Gate, c Crossing, content T) (Admitted[T], error) {
	outcome, err := g.checks.Ledger.Outcome(ctx, c.Network, c.Direction, c.Key)
	switch {
	case err != nil:
		return Admitted[T]{}, fmt.Errorf("look up a decision: %w", err)
	case outcome != Admit:
		return Admitted[T]{}, Permanent(ErrNeverAdmitted)
	}
	return Admitted[T]{content: content}, nil
}

func decisionOn(c Crossing, v Verdict, now time.Time) Decision {
	size := int64(len(c.Text))
	if c.File != nil {
		size = c.File.Size
	}
	return Decision{
		Key: c.Key, Network: c.Network, Direction: c.Direction, Kind: c.Kind, Portal: c.Portal, Login: c.Login,
		Sender: c.Sender, Size: size, Outcome: v.Outcome, Rule: v.Rule, Found: v.Found, Digest: v.Digest, At: now,
	}
}

// passage is the stamp that an inbound event's context carries. bridgev2 hands the same context to the conversion, where
// the gate stamps, and to the sending, where the Matrix connector looks.
type passage struct {
	admitted  atomic.Bool
	attempted time.Time
	failure   atomic.Pointer[error]
}

type passageKey struct{}

// WithPassage returns a context that a gate can stamp, for the event that an arrival is made into. A connector gives it to
// each inbound event that carries content (bridgev2.RemoteEventWithContextMutation).
func (a Arrival) WithPassage(ctx context.Context) context.Context {
	return context.WithValue(ctx, passageKey{}, &passage{attempted: a.Attempted})
}

func stamp(ctx context.Context) {
	if p, ok := ctx.Value(passageKey{}).(*passage); ok {
		p.admitted.Store(true)
	}
}

// MayPass tells whether a gate has admitted the inbound event that ctx belongs to.
func MayPass(ctx context.Context) bool {
	p, ok := ctx.Value(passageKey{}).(*passage)
	return ok && p.admitted.Load()
}

// Attempted tells when the inbound event that ctx belongs to may last have been sent; zero when it has not been.
func Attempted(ctx context.Context) time.Time {
	if p, ok := ctx.Value(passageKey{}).(*passage); ok {
		return p.attempted
	}
	return time.Time{}
}

// NoteFailure notes that something of the inbound event that ctx belongs to could not be put into Matrix. bridgev2 keeps that
// to itself.
func NoteFailure(ctx context.Context, err error) {
	if p, ok := ctx.Value(passageKey{}).(*passage); ok && err != nil {
		p.failure.Store(&err)
	}
}

// Failure returns what [NoteFailure] noted last; nil: everything is in Matrix.
func Failure(ctx context.Context) error {
	if p, ok := ctx.Value(passageKey{}).(*passage); ok {
		if failure := p.failure.Load(); failure != nil {
			return *failure
		}
	}
	return nil
}
