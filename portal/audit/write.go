package audit

import (
	"context"
	"fmt"
	"slices"
	"time"

	"passerelle/portal"
)

// request is an entry that somebody waits for.
type request struct {
	decision *portal.Decision // nil: it is about an action
	entry    *Entry
	done     chan error // has room for the outcome
}

// maxTogether is how many entries share a transaction.
const maxTogether = 256

// write returns when the request is written. Whoever finds nobody writing writes for all who wait: so one that comes alone does
// not wait for others, and those that come meanwhile share the next transaction, with its one wait for the disk.
func (l *Log) write(ctx context.Context, r *request) error {
	r.done = make(chan error, 1)
	l.waitingMu.Lock()
	l.waiting = append(l.waiting, r)
	l.waitingMu.Unlock()
	for {
		select {
		case err := <-r.done:
			return err
		case <-ctx.Done():
			l.withdraw(r)
			return ctx.Err()
		case l.turn <- struct{}{}:
		}
		if len(r.done) == 0 { // else those who wait do it themselves
			l.writeWaiting(ctx)
		}
		<-l.turn
	}
}

// withdraw takes back a request that nobody writes yet.
func (l *Log) withdraw(r *request) {
	l.waitingMu.Lock()
	defer l.waitingMu.Unlock()
	l.waiting = slices.DeleteFunc(l.waiting, func(other *request) bool { return other == r })
}

// writeWaiting writes what waits, and tells each one how it ended.
func (l *Log) writeWaiting(ctx context.Context) {
	l.waitingMu.Lock()
	batch := l.waiting[:min(len(l.waiting), maxTogether):min(len(l.waiting), maxTogether)]
	l.waiting = l.waiting[len(batch):]
	l.waitingMu.Unlock()
	if len(batch) == 0 {
		return
	}
	err := l.writeTogether(ctx, batch)
	for _, r := range batch {
		failed := err
		if failed != nil && len(batch) > 1 && !l.options.Transient(failed) { // one of them is at fault
			failed = l.writeTogether(ctx, []*request{r})
		}
		r.done <- failed
	}
}

// writeTogether writes requests in one transaction. It is not given up when the one who happens to write for the others gives
// up, but has no more time than that one had.
func (l *Log) writeTogether(ctx context.Context, batch []*request) error {
	end := time.Now().Add(l.options.Patience)
	if deadline, bounded := ctx.Deadline(); bounded && deadline.Before(end) {
		end = deadline
	}
	ctx, cancel := context.WithDeadline(context.WithoutCancel(ctx), end)
	defer cancel()
	return l.change(ctx, func(ctx context.Context, head Head, t *tree) (Head, error) {
		rows := make([]Row, 0, len(batch))
		for _, r := range batch {
			if r.decision != nil {
				news, err := l.options.Store.Decide(ctx, *r.decision)
				if err != nil {
					return head, err
				}
				if !news {
					continue
				}
			}
			row, err := t.addEntry(r.entry)
			if err != nil {
				return head, err
			}
			rows = append(rows, row)
		}
		head.Size = t.size
		return head, l.options.Store.AddAudit(ctx, rows)
	})
}

// addEntry gives an entry its place.
func (t *tree) addEntry(e *Entry) (Row, error) {
	e.Seq = t.size
	hashes, err := t.add(e.Encode())
	if err != nil {
		return Row{}, err
	}
	return Row{Entry: *e, Hashes: join(hashes)}, nil
}

// change changes the log in one transaction. The caller has the turn. change is handed a tree that it may add to.
func (l *Log) change(ctx context.Context, change func(context.Context, Head, *tree) (Head, error)) error {
	var changed *tree
	err := l.options.Store.ChangeAudit(ctx, func(ctx context.Context, head Head) (Head, error) {
		t, err := l.treeOf(ctx, head)
		if err != nil {
			return head, err
		}
		changed = t.clone()
		return change(ctx, head, changed)
	})
	if err != nil {
		l.tree = nil
		return fmt.Errorf("write the audit log: %w", err)
	}
	l.tree, l.size = changed, changed.size
	return nil
}

// treeOf returns the tree of the log as it stands. Another process may have added to it: the tree is read anew then.
func (l *Log) treeOf(ctx context.Context, head Head) (*tree, error) {
	if head.Size < l.size {
		return nil, fmt.Errorf("%w: it has %d entries, and had %d", ErrBroken, head.Size, l.size)
	}
	if l.tree != nil && l.tree.size == head.Size {
		return l.tree, nil
	}
	return loadTree(head.Size, hashReader(ctx, l.options.Store))
}

// alone waits for the turn, and calls f.
func (l *Log) alone(ctx context.Context, f func() error) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case l.turn <- struct{}{}:
	}
	defer func() { <-l.turn }()
	return f()
}
