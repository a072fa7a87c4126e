// Package audit writes down what the gate decides and what administrators do, in a log that shows when it is changed.
//
// The contract:
//
//   - The log holds no content, no name, no phone number and no identifier of a person or a chat: [Pseudonyms] stand for them.
//   - An entry is written, and on the disk, before [Log.Record] or [Log.Append] returns nil. Entries that come at the same time
//     share a transaction; one that comes alone does not wait.
//   - A decision and its entry are written together or not at all. A decision that is there already adds no entry.
//   - Entries are the leaves of a transparency log (golang.org/x/mod/sumdb/tlog, RFC 6962): no entry can be changed, taken out
//     or moved without its hash, and those above it, being wrong ([Verify]).
//   - The state of the log is signed regularly ([Checkpoint]). Who keeps a checkpoint elsewhere finds that the log was cut or
//     written anew since. The log signs none that contradicts the one in its checkpoint file.
//   - Old entries can be emptied ([Log.Prune]). Their hashes stay, and with them all of the above.
//
// docs/audit.md describes the formats.
package audit

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"passerelle/portal"
)

// Head is what a store holds about the log as a whole.
type Head struct {
	Size        int64 // entries
	Pruned      int64 // entries that were emptied: those before this place
	Checkpoints int64
}

// Row is an entry as it is stored.
type Row struct {
	Entry
	Hashes []byte // what tlog.StoredHashes gives for it, one behind the other
}

// Store keeps a log. Every error is transient, or says that the database is not as it should be.
type Store interface {
	// Outcome returns how a decision ended (see [portal.Ledger]).
	Outcome(ctx context.Context, network string, direction portal.Direction, key string) (portal.Outcome, error)
	// Admitted tells whether anything was admitted in a chat before (see [portal.Ledger]).
	Admitted(ctx context.Context, network, chat, login, key string) (bool, error)
	// ChangeAudit runs change in one transaction, while no other process or goroutine changes the log, and puts what it
	// returns in the head's place. What it does through ctx is kept whole, or not at all if there is an error.
	ChangeAudit(ctx context.Context, change func(ctx context.Context, head Head) (Head, error)) error
	// Decide keeps a decision; false: there is one of the same network, direction and key already, which stays.
	Decide(ctx context.Context, d portal.Decision) (news bool, err error)
	// AddAudit adds entries.
	AddAudit(ctx context.Context, rows []Row) error
	// BlankAudit empties the entries before a place, from another one on.
	BlankAudit(ctx context.Context, from, until int64) error
	// AddCheckpoint adds a signed checkpoint.
	AddCheckpoint(ctx context.Context, size int64, signed []byte) error

	// AuditHead returns the head.
	AuditHead(ctx context.Context) (Head, error)
	// AuditRows returns entries in their order from a place on, at most limit of them.
	AuditRows(ctx context.Context, from int64, limit int) ([]Row, error)
	// AuditHashes returns the hashes that are stored with entries. Those that are not there are left out.
	AuditHashes(ctx context.Context, seqs []int64) (map[int64][]byte, error)
	// NewestCheckpoint returns the signed checkpoint of the largest size; the zero one: there is none.
	NewestCheckpoint(ctx context.Context) (StoredCheckpoint, error)
	// Checkpoints returns all signed checkpoints, the oldest first.
	Checkpoints(ctx context.Context) ([]StoredCheckpoint, error)
}

// StoredCheckpoint is a signed checkpoint as it is stored.
type StoredCheckpoint struct {
	Size   int64
	Signed []byte
}

// Options are what a log is made of.
type Options struct {
	Store      Store
	Pseudonyms *Pseudonyms
	// Older are the pseudonyms under keys of before, the newest first: by them entries of before are found. None is written.
	Older    []*Pseudonyms
	Signer   *Signer
	Verifier *Verifier
	// CheckpointFile is where the newest checkpoint lies, too, best on another volume; "": nowhere.
	CheckpointFile string
	// CheckpointEvery is how often the log is signed, if it has grown.
	CheckpointEvery time.Duration
	// Retention is the age at which entries are emptied; 0: never.
	Retention time.Duration
	// Patience bounds one transaction, so that a database that hangs holds nobody for ever.
	Patience time.Duration
	// Transient tells whether an error of the store is about the database, and not about what is written.
	Transient func(error) bool
	Now       func() time.Time
	Log       zerolog.Logger
}

// Log is the audit log. It may be used from any goroutine.
type Log struct {
	options Options

	waitingMu sync.Mutex // guards waiting
	waiting   []*request

	turn chan struct{} // holds one token while somebody writes, who owns what follows
	tree *tree         // nil: not known
	size int64         // how many entries the log had when it was last seen
}

var _ portal.Ledger = (*Log)(nil)

var (
	// ErrBroken is the error of a log whose tables are not as the log left them. `passerelle audit verify` says more.
	ErrBroken = errors.New("the audit log was changed from outside")
	// ErrContradiction is the error of a log that lacks what a checkpoint says, or has something else in its place.
	ErrContradiction = errors.New("the audit log contradicts a signed checkpoint")
)

// Open returns the log that a store keeps. It fails with [ErrContradiction] when the log is not a continuation of what its
// checkpoint file says, so that this proof is not written over.
func Open(ctx context.Context, o Options) (*Log, error) {
	l := &Log{options: o, turn: make(chan struct{}, 1)}
	head, err := o.Store.AuditHead(ctx)
	if err != nil {
		return nil, err
	}
	l.size = head.Size
	if _, err := l.compareFile(ctx, head.Size); err != nil {
		return nil, fmt.Errorf("%w (passerelle audit verify says more; move the file away when you know why)", err)
	}
	return l, nil
}

// compareFile reads the checkpoint file and checks that the log continues it. Without a file it returns the zero Checkpoint.
func (l *Log) compareFile(ctx context.Context, size int64) (Checkpoint, error) {
	if l.options.CheckpointFile == "" {
		return Checkpoint{}, nil
	}
	c, err := l.options.Verifier.ReadCheckpoint(l.options.CheckpointFile)
	if errors.Is(err, fs.ErrNotExist) {
		return Checkpoint{}, nil
	}
	if err != nil {
		return Checkpoint{}, err
	}
	if err := Continues(ctx, l.options.Store, size, c); err != nil {
		return Checkpoint{}, fmt.Errorf("%s: %w", l.options.CheckpointFile, err)
	}
	return c, nil
}

// Continues checks that a log of a size continues what a checkpoint says. It trusts the hashes that are stored; [Verify] does
// not. An error is [ErrContradiction], [ErrBroken] or the store's.
func Continues(ctx context.Context, store Store, size int64, c Checkpoint) error {
	if c.Size > size {
		return fmt.Errorf("%w: it has %d entries, and had %d when that was signed", ErrContradiction, size, c.Size)
	}
	t, err := loadTree(c.Size, hashReader(ctx, store))
	if err != nil {
		return err
	}
	root, err := t.root()
	if err != nil {
		return err
	}
	if root != c.Root {
		return fmt.Errorf("%w: its first %d entries are not those that were signed", ErrContradiction, c.Size)
	}
	return nil
}

// Outcome returns how a decision ended (see [portal.Ledger]).
func (l *Log) Outcome(ctx context.Context, network string, direction portal.Direction, key string) (portal.Outcome, error) {
	return l.options.Store.Outcome(ctx, network, direction, key)
}

// Admitted tells whether anything was admitted in a chat before (see [portal.Ledger]).
func (l *Log) Admitted(ctx context.Context, network, chat, login, key string) (bool, error) {
	return l.options.Store.Admitted(ctx, network, chat, login, key)
}

// Record writes a decision down (see [portal.Ledger]).
func (l *Log) Record(ctx context.Context, d portal.Decision) error {
	return l.write(ctx, &request{decision: &d, entry: l.options.Pseudonyms.crossing(d)})
}

// Append writes an action down. An error means that it may not be there: who does something that must not go unseen writes it
// down first.
func (l *Log) Append(ctx context.Context, a Action) error {
	return l.write(ctx, &request{entry: l.options.Pseudonyms.action(a, l.options.Now())})
}
