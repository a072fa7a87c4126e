// Package scan looks into files for what does harm: it asks a scanner that runs beside the bridge, ClamAV's daemon or any one that
// speaks ICAP.
//
// The contract:
//
//   - A [Scanner] is the border's [portal.Scanner]: the gate hands it each file that the policy admits, before the file goes
//     anywhere, in both directions.
//   - It fails closed. Only an answer that says that a file is clean lets the file pass. A scanner that is away, hangs, breaks off
//     or says what nobody understands gives [portal.ErrScannerAway]: the crossing waits, and is tried again. What the configuration
//     says otherwise ([Options.WhenAway]) is done in its place, and the decision names it.
//   - Nothing lasts longer than its timeout: it counts from the last piece of a file that the scanner took.
//   - A file is read where it lies, in pieces of 128 KiB, and is never held in memory.
//   - Nothing but the file's bytes and its type goes to the scanner: no names, of files or of people.
package scan

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"sync/atomic"
	"time"

	"passerelle/portal"
)

// Choice is what becomes of a file that nobody can look into.
type Choice string

// The choices.
const (
	Wait     Choice = "wait"     // it is tried again until somebody can
	Withhold Choice = "withhold" // it stays behind
	Admit    Choice = "admit"    // it crosses
)

// Options say which scanner to ask, and what to do when it does not help.
type Options struct {
	Clamd    string        // ClamAV's daemon: the path of its socket, or host:port
	ICAP     string        // an ICAP service: its URL. One of the two is set.
	CAFile   string        // for icaps: a PEM file of the authorities that its certificate may come from; "": those of the system
	Timeout  time.Duration // without progress
	WhenAway Choice        // for files while the scanner is away
	TooLarge Choice        // for files that are larger than it takes: Withhold or Admit
	Largest  int64         // in bytes: larger files are not handed to it; 0: there is no such limit
}

// Scanner asks a scanner that runs beside the bridge.
type Scanner struct {
	options Options
	engine  engine
	away    atomic.Bool // the last file could not be looked into
}

var _ portal.ReadyScanner = (*Scanner)(nil)

// engine is a scanner's protocol.
type engine interface {
	// look returns the name of what is found in a file; "": nothing. It fails with errTooLarge, with a *readError, or with what
	// means that the scanner is away.
	look(ctx context.Context, file *portal.File) (found string, err error)
	// ping fails when the scanner is away.
	ping(ctx context.Context) error
}

// errTooLarge is the error of a file that is larger than the scanner takes.
var errTooLarge = errors.New("the file is larger than the scanner takes")

// readError is the error of a file that cannot be read. The scanner is not to blame.
type readError struct{ err error }

func (e *readError) Error() string { return "read a file: " + e.err.Error() }
func (e *readError) Unwrap() error { return e.err }

// New returns a scanner. It asks nobody yet. An error names the option and what to do.
func New(options Options) (*Scanner, error) {
	s := &Scanner{options: options}
	var err error
	switch {
	case options.Clamd != "" && options.ICAP != "":
		return nil, errors.New("scan.clamd and scan.icap: choose one")
	case options.Clamd != "":
		s.engine, err = newClamd(options.Clamd, options.Timeout)
	case options.ICAP != "":
		s.engine, err = newICAP(options.ICAP, options.CAFile, options.Timeout)
	default:
		return nil, errors.New("scan.clamd: name the socket of ClamAV's daemon")
	}
	if err != nil {
		return nil, err
	}
	return s, nil
}

// Scan looks into a file (see [portal.Scanner]).
func (s *Scanner) Scan(ctx context.Context, file *portal.File) (portal.Finding, error) {
	if file.Content == nil {
		return portal.Finding{}, portal.Permanent(errors.New("the file has no content to look into"))
	}
	if s.options.Largest > 0 && file.Size > s.options.Largest {
		return s.tooLarge(), nil
	}
	name, err := s.engine.look(ctx, file)
	var unread *readError
	switch {
	case ctx.Err() != nil:
		return portal.Finding{}, ctx.Err()
	case errors.Is(err, errTooLarge):
		s.away.Store(false)
		return s.tooLarge(), nil
	case errors.As(err, &unread):
		return portal.Finding{}, err
	case err != nil:
		s.away.Store(true)
		return s.unscanned(err)
	}
	s.away.Store(false)
	if name == "" {
		return portal.Finding{}, nil
	}
	digest := sha256.New()
	if _, err := io.Copy(digest, io.NewSectionReader(file.Content, 0, file.Size)); err != nil {
		return portal.Finding{}, &readError{err}
	}
	return portal.Finding{Name: name, Digest: hex.EncodeToString(digest.Sum(nil))}, nil
}

// tooLarge is what becomes of a file that is larger than the scanner takes.
func (s *Scanner) tooLarge() portal.Finding {
	return portal.Finding{Unscanned: portal.RuleScanTooLarge, Admitted: s.options.TooLarge == Admit}
}

// unscanned is what becomes of a file while the scanner is away.
func (s *Scanner) unscanned(err error) (portal.Finding, error) {
	switch s.options.WhenAway {
	case Withhold, Admit:
		return portal.Finding{Unscanned: portal.RuleScanAway, Admitted: s.options.WhenAway == Admit}, nil
	}
	return portal.Finding{}, fmt.Errorf("%w: %w", portal.ErrScannerAway, err)
}

// Ready fails when files would have to wait (see [portal.ReadyScanner]).
func (s *Scanner) Ready(ctx context.Context) error {
	if !s.away.Load() || s.options.WhenAway != Wait {
		return nil
	}
	if err := s.Ping(ctx); err != nil {
		return fmt.Errorf("%w: %w", portal.ErrScannerAway, err)
	}
	return nil
}

// Away tells whether the last file could not be looked into.
func (s *Scanner) Away() bool { return s.away.Load() }

// pingPatience bounds the question whether the scanner is there.
const pingPatience = 5 * time.Second

// Ping asks the scanner whether it is there.
func (s *Scanner) Ping(ctx context.Context) error {
	bounded, cancel := context.WithTimeout(ctx, min(s.options.Timeout, pingPatience))
	defer cancel()
	err := s.engine.ping(bounded)
	if ctx.Err() == nil {
		s.away.Store(err != nil)
	}
	return err
}
