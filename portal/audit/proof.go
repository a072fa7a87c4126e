package audit

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

// The first lines of proofs.
const (
	recordProofHeader = "c2sp.org/tlog-proof@v1" // C2SP, tlog-proof
	treeProofHeader   = "passerelle audit consistency v1"
)

// ErrNoProof is the error of what is not a proof, or proves nothing.
var ErrNoProof = errors.New("not a proof")

// ProveEntry returns the proof that an entry is in the log as a checkpoint signs it: a tlog-proof (C2SP), whose extra data are
// the encoded entry. An error is the store's, or [ErrBroken].
func ProveEntry(ctx context.Context, store Store, verifier *Verifier, signed []byte, seq int64) ([]byte, error) {
	c, err := verifier.Open(signed)
	if err != nil {
		return nil, err
	}
	if seq < 0 || seq >= c.Size {
		return nil, fmt.Errorf("entry %d is not in the log that the checkpoint signs: it has %d entries", seq, c.Size)
	}
	rows, err := store.AuditRows(ctx, seq, 1)
	switch {
	case err != nil:
		return nil, err
	case len(rows) == 0 || rows[0].Seq != seq:
		return nil, fmt.Errorf("%w: entry %d is missing", ErrBroken, seq)
	case rows[0].IsBlank():
		return nil, fmt.Errorf("entry %d was emptied for its age: nothing is left to prove", seq)
	}
	proof, err := tlog.ProveRecord(c.Size, seq, hashReader(ctx, store))
	if err != nil {
		return nil, fmt.Errorf("prove entry %d: %w", seq, err)
	}
	var out bytes.Buffer
	fmt.Fprintln(&out, recordProofHeader)
	fmt.Fprintln(&out, "extra", base64.StdEncoding.EncodeToString(rows[0].Encode()))
	fmt.Fprintln(&out, "index", seq)
	for _, h := range proof {
		fmt.Fprintln(&out, h)
	}
	fmt.Fprintf(&out, "\n%s", signed)
	return out.Bytes(), nil
}

// ProveGrowth returns the proof that the log, as a checkpoint signs it, begins with all that an older checkpoint signs: the
// hashes, then both checkpoints. An error is the store's, [ErrBroken] or [ErrContradiction].
func ProveGrowth(ctx context.Context, store Store, verifier *Verifier, older, newer []byte) ([]byte, error) {
	o, errOlder := verifier.Open(older)
	n, errNewer := verifier.Open(newer)
	if err := errors.Join(errOlder, errNewer); err != nil {
		return nil, err
	}
	if o.Size > n.Size {
		return nil, fmt.Errorf("%w: it has %d entries, and had %d when that was signed", ErrContradiction, n.Size, o.Size)
	}
	var proof tlog.TreeProof
	if o.Size > 0 {
		var err error
		if proof, err = tlog.ProveTree(n.Size, o.Size, hashReader(ctx, store)); err != nil {
			return nil, fmt.Errorf("prove how the log grew: %w", err)
		}
	}
	var out bytes.Buffer
	fmt.Fprintln(&out, treeProofHeader)
	for _, h := range proof {
		fmt.Fprintln(&out, h)
	}
	fmt.Fprintf(&out, "\n%s\n%s", older, newer)
	return out.Bytes(), nil
}

// Proved is what a proof proves.
type Proved struct {
	Checkpoint Checkpoint
	Seq        int64       // of a proof about an entry: which one
	Entry      *Entry      // of a proof about an entry
	Older      *Checkpoint // of a proof about the log's growth: with what it begins
}

// CheckProof checks what [ProveEntry] or [ProveGrowth] returned, by the verifier's keys alone. An error is [ErrNoProof] or
// [ErrNoCheckpoint].
func CheckProof(text []byte, verifier *Verifier) (*Proved, error) {
	head, rest, found := strings.Cut(string(text), "\n\n")
	lines := strings.Split(head, "\n")
	if !found {
		return nil, fmt.Errorf("%w: it has no checkpoint", ErrNoProof)
	}
	switch lines[0] {
	case recordProofHeader:
		return checkEntry(lines[1:], rest, verifier)
	case treeProofHeader:
		return checkGrowth(lines[1:], rest, verifier)
	}
	return nil, fmt.Errorf("%w: its first line is %q", ErrNoProof, lines[0])
}

func checkEntry(lines []string, signed string, verifier *Verifier) (*Proved, error) {
	c, err := verifier.Open([]byte(signed))
	if err != nil {
		return nil, err
	}
	p := &Proved{Checkpoint: c}
	if len(lines) < 2 {
		return nil, fmt.Errorf("%w: it does not say which entry it is about", ErrNoProof)
	}
	extra, hasEntry := strings.CutPrefix(lines[0], "extra ")
	index, hasIndex := strings.CutPrefix(lines[1], "index ")
	if !hasEntry || !hasIndex {
		return nil, fmt.Errorf("%w: it does not say which entry it is about", ErrNoProof)
	}
	encoded, err := base64.StdEncoding.DecodeString(extra)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoProof, err)
	}
	if p.Entry, err = Decode(encoded); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoProof, err)
	}
	if p.Seq, err = strconv.ParseInt(index, 10, 64); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoProof, err)
	}
	hashes, err := parseHashes(lines[2:])
	if err != nil {
		return nil, err
	}
	if p.Entry.Seq != p.Seq {
		return nil, fmt.Errorf("%w: it is about entry %d, and shows entry %d", ErrNoProof, p.Seq, p.Entry.Seq)
	}
	if err := tlog.CheckRecord(hashes, c.Size, c.Root, p.Seq, tlog.RecordHash(encoded)); err != nil {
		return nil, fmt.Errorf("%w: entry %d is not in the log that the checkpoint signs: %w", ErrNoProof, p.Seq, err)
	}
	return p, nil
}

func checkGrowth(lines []string, rest string, verifier *Verifier) (*Proved, error) {
	// A signed note is a text, an empty line, and signatures: the second one begins behind the next empty line but one.
	parts := strings.SplitN(rest, "\n\n", 3)
	if len(parts) != 3 {
		return nil, fmt.Errorf("%w: it has not two checkpoints", ErrNoProof)
	}
	older, errOlder := verifier.Open([]byte(parts[0] + "\n\n" + parts[1] + "\n"))
	newer, errNewer := verifier.Open([]byte(parts[2]))
	if err := errors.Join(errOlder, errNewer); err != nil {
		return nil, err
	}
	hashes, err := parseHashes(lines)
	if err != nil {
		return nil, err
	}
	if older.Size > newer.Size {
		return nil, fmt.Errorf("%w: the log would have shrunk from %d to %d entries", ErrNoProof, older.Size, newer.Size)
	}
	if older.Size > 0 { // a log without entries is the beginning of every one
		if err := tlog.CheckTree(hashes, newer.Size, newer.Root, older.Size, older.Root); err != nil {
			return nil, fmt.Errorf("%w: the log does not begin with the %d entries that were signed before: %w", ErrNoProof, older.Size, err)
		}
	}
	return &Proved{Checkpoint: newer, Older: &older}, nil
}

func parseHashes(lines []string) (hashes []tlog.Hash, err error) {
	for _, line := range lines {
		h, err := tlog.ParseHash(line)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrNoProof, err)
		}
		hashes = append(hashes, h)
	}
	return hashes, nil
}
