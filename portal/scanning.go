package portal

import (
	"context"
	"errors"
	"fmt"

	"maunium.net/go/mautrix/bridgev2/networkid"

	"passerelle/portal/say"
)

// ErrScannerAway is the error of a crossing whose file cannot be looked into, since the [Scanner] does not answer. It is transient.
var ErrScannerAway = errors.New("the scanner does not answer")

// ErrHarmful is the error of a file in which a [Scanner] found something, and that is left out. It is permanent.
var ErrHarmful = errors.New("something harmful was found in a file")

// ReadyScanner is a [Scanner] that knows whether it is away.
type ReadyScanner interface {
	Scanner
	// Ready fails with [ErrScannerAway] when files that are handed to Scan would have to wait. It asks only when the last file
	// could not be looked into.
	Ready(ctx context.Context) error
}

// ScannerReady fails with [ErrScannerAway] when a file would have to wait for the scanner: it need not be fetched then.
func (g *Gate) ScannerReady(ctx context.Context) error {
	if scanner, ok := g.checks.Scanner.(ReadyScanner); ok {
		return scanner.Ready(ctx)
	}
	return nil
}

// Clean has a file looked into that goes along with something that the gate decides about, or belongs to a name: a small picture of
// another file, the picture of a person or a group. Nothing is decided, nor written down: the file is left out on an error.
// [ErrHarmful] is permanent, every other error transient.
func (g *Gate) Clean(ctx context.Context, file *File) error {
	if err := g.ScannerReady(ctx); err != nil {
		return err
	}
	found, err := g.checks.Scanner.Scan(ctx, file)
	switch {
	case err != nil:
		return fmt.Errorf("look into a file: %w", err)
	case found.Name != "":
		return Permanent(fmt.Errorf("%w: %s", ErrHarmful, found.Name))
	case found.Unscanned != "" && !found.Admitted:
		return ErrScannerAway
	}
	return nil
}

// Why is the sentence that says why a file was withheld, for a verdict whose policy has none. It is filled in with the network's
// name.
func (v Verdict) Why(direction Direction) say.Sentence {
	in := direction == In
	switch {
	case v.Outcome != Withhold && in:
		return say.Withheld
	case v.Outcome != Withhold:
		return say.WithheldOut
	}
	var why [2]say.Sentence
	switch v.Rule {
	case RuleScan:
		why = [2]say.Sentence{say.FileHarmful, say.FileHarmfulOut}
	case RuleScanTooLarge:
		why = [2]say.Sentence{say.FileUnscannable, say.FileUnscannableOut}
	case RuleScanAway:
		why = [2]say.Sentence{say.FileUnscanned, say.FileUnscannedOut}
	default:
		why = [2]say.Sentence{say.FileWithheld, say.FileWithheldOut}
	}
	if in {
		return why[0]
	}
	return why[1]
}

// WaitingError is the error of an arrival that waits for the scanner, and whose room is to know it. It is transient.
type WaitingError struct {
	Room networkid.PortalKey
	Err  error
}

// Waiting says which room an arrival is for that waits for the scanner. Other errors stay as they are.
func Waiting(room networkid.PortalKey, err error) error {
	if !errors.Is(err, ErrScannerAway) {
		return err
	}
	return &WaitingError{Room: room, Err: err}
}

// Error says what the cause says.
func (e *WaitingError) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *WaitingError) Unwrap() error { return e.Err }
