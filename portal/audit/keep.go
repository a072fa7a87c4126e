package audit

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// StopPatience is how long each last thing may take at a stop, with a database that hangs.
const StopPatience = 2 * time.Second

// Run signs the log regularly, and empties old entries, until ctx ends; then it signs the log once more. What goes wrong is
// logged, and tried again the next time.
func (l *Log) Run(ctx context.Context) {
	every := time.NewTicker(l.options.CheckpointEvery)
	defer every.Stop()
	for {
		l.tend(ctx)
		select {
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), StopPatience)
			defer cancel()
			l.complain("The audit log could not be signed at the stop", l.Sign(last))
			return
		case <-every.C:
		}
	}
}

func (l *Log) tend(ctx context.Context) {
	if l.options.Retention > 0 {
		_, err := l.Prune(ctx, l.options.Now().Add(-l.options.Retention), Action{Door: DoorSelf})
		l.complain("Old entries of the audit log could not be emptied", err)
	}
	l.complain("The audit log could not be signed", l.Sign(ctx))
}

func (l *Log) complain(what string, err error) {
	if err != nil && !errors.Is(err, context.Canceled) {
		l.options.Log.Err(err).Msg(what)
	}
}

// Sign signs the log as it stands, unless that is signed already, and puts the checkpoint into the file. It fails with
// [ErrContradiction], and signs nothing, when the file has a checkpoint that the log does not continue.
func (l *Log) Sign(ctx context.Context) error {
	var head Head
	var signed []byte
	err := l.alone(ctx, func() error {
		return l.change(ctx, func(ctx context.Context, h Head, t *tree) (_ Head, err error) {
			head = h
			if signed, err = l.signed(ctx, h, t); err != nil || signed == nil {
				return h, err
			}
			h.Checkpoints++
			return h, l.options.Store.AddCheckpoint(ctx, h.Size, signed)
		})
	})
	if err != nil {
		return fmt.Errorf("sign the audit log: %w", err)
	}
	return l.export(ctx, head)
}

// signed signs a tree, unless it is empty or the newest checkpoint is of it.
func (l *Log) signed(ctx context.Context, head Head, t *tree) ([]byte, error) {
	newest, err := l.options.Store.NewestCheckpoint(ctx)
	if err != nil || newest.Size == t.size {
		return nil, err
	}
	if _, err := l.compareFile(ctx, head.Size); err != nil {
		return nil, err
	}
	root, err := t.root()
	if err != nil {
		return nil, err
	}
	return l.options.Signer.Sign(t.size, root)
}

// export puts the newest checkpoint into the file, if it is newer than what is there.
func (l *Log) export(ctx context.Context, head Head) error {
	newest, err := l.options.Store.NewestCheckpoint(ctx)
	if err != nil || newest.Size == 0 || l.options.CheckpointFile == "" {
		return err
	}
	there, err := l.compareFile(ctx, head.Size)
	if err != nil || there.Size >= newest.Size {
		return err
	}
	return WriteCheckpoint(l.options.CheckpointFile, newest.Signed)
}

// pruneTogether is how many entries are emptied in one transaction.
const pruneTogether = 5000

// pruneAction is the action that says up to where entries were emptied.
const pruneAction = "audit.prune"

const untilWord = "until "

// untilDetail is its detail.
func untilDetail(until int64) string { return untilWord + strconv.FormatInt(until, 10) }

func parseUntil(detail string) (int64, error) {
	return strconv.ParseInt(strings.TrimPrefix(detail, untilWord), 10, 64)
}

// Prune empties the entries that were made before a time, and returns how many. That it did is an action in the log, as says
// who had it done. The hashes of the entries stay.
func (l *Log) Prune(ctx context.Context, before time.Time, as Action) (pruned int64, err error) {
	as.Action, as.Result = pruneAction, Done
	for {
		var some int64
		err := l.alone(ctx, func() error {
			return l.change(ctx, func(ctx context.Context, head Head, t *tree) (Head, error) {
				until, err := l.olderThan(ctx, head, before)
				if err != nil || until == head.Pruned {
					return head, err
				}
				some = until - head.Pruned
				if err := l.options.Store.BlankAudit(ctx, head.Pruned, until); err != nil {
					return head, err
				}
				as.Detail = untilDetail(until)
				row, err := t.addEntry(l.options.Pseudonyms.action(as, l.options.Now()))
				if err != nil {
					return head, err
				}
				head.Pruned, head.Size = until, t.size
				return head, l.options.Store.AddAudit(ctx, []Row{row})
			})
		})
		if err != nil {
			return pruned, fmt.Errorf("empty old entries: %w", err)
		}
		pruned += some
		if some < pruneTogether {
			return pruned, nil
		}
	}
}

// olderThan returns the place before which the next entries are older than a time, pruneTogether of them at most.
func (l *Log) olderThan(ctx context.Context, head Head, before time.Time) (until int64, err error) {
	until = head.Pruned
	for _, limit := range []int{1, pruneTogether - 1} { // most times the first one is young
		rows, err := l.options.Store.AuditRows(ctx, until, limit)
		if err != nil {
			return until, err
		}
		for _, row := range rows {
			if !row.At.Before(before) {
				return until, nil
			}
			until = row.Seq + 1
		}
	}
	return until, nil
}
