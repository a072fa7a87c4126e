package audit

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"golang.org/x/mod/sumdb/tlog"
)

// tree is what has to be known of the log's hashes to add to it: the tops of its whole subtrees, the largest first. It is a
// [tlog.HashReader] of them.
type tree struct {
	size int64
	tops []node
}

// node is a hash of the tree, by its index as tlog counts (tlog.StoredHashIndex).
type node struct {
	index int64
	hash  tlog.Hash
}

// topsOf returns the indexes of the tops of a log of that size.
func topsOf(size int64) (indexes []int64) {
	for level := 62; level >= 0; level-- {
		if size>>level&1 == 1 {
			indexes = append(indexes, tlog.StoredHashIndex(level, size>>level-1))
		}
	}
	return indexes
}

// loadTree reads a tree.
func loadTree(size int64, from tlog.HashReader) (*tree, error) {
	indexes := topsOf(size)
	hashes, err := from.ReadHashes(indexes)
	if err != nil {
		return nil, err
	}
	t := &tree{size: size}
	for i, index := range indexes {
		t.tops = append(t.tops, node{index, hashes[i]})
	}
	return t, nil
}

func (t *tree) clone() *tree { return &tree{size: t.size, tops: slices.Clone(t.tops)} }

// ReadHashes returns tops.
func (t *tree) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	hashes := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		at := slices.IndexFunc(t.tops, func(n node) bool { return n.index == index })
		if at < 0 {
			return nil, errors.New("the hash is not at the top of the tree")
		}
		hashes[i] = t.tops[at].hash
	}
	return hashes, nil
}

// add adds a record, and returns the hashes that have to be stored with it: its own, then those of the subtrees that it makes
// whole.
func (t *tree) add(record []byte) ([]tlog.Hash, error) {
	hashes, err := tlog.StoredHashes(t.size, record, t)
	if err != nil {
		return nil, err
	}
	level := len(hashes) - 1
	t.tops = append(t.tops[:len(t.tops)-level], node{tlog.StoredHashIndex(level, t.size>>level), hashes[level]})
	t.size++
	return hashes, nil
}

// root returns the hash that stands for the whole log.
func (t *tree) root() (tlog.Hash, error) { return tlog.TreeHash(t.size, t) }

// join returns hashes as they are stored with an entry.
func join(hashes []tlog.Hash) []byte {
	out := make([]byte, 0, len(hashes)*tlog.HashSize)
	for _, h := range hashes {
		out = append(out, h[:]...)
	}
	return out
}

// hashAt returns the hash of a level of those that are stored with an entry.
func hashAt(stored []byte, level int) (h tlog.Hash, ok bool) {
	if level < 0 || len(stored) < (level+1)*tlog.HashSize {
		return h, false
	}
	copy(h[:], stored[level*tlog.HashSize:])
	return h, true
}

// storedWith returns the entry that a hash is stored with: the one that makes its subtree whole.
func storedWith(index int64) (seq int64, level int) {
	level, n := tlog.SplitStoredHashIndex(index)
	return (n+1)<<level - 1, level
}

// hashReader reads hashes from a store.
func hashReader(ctx context.Context, store Store) tlog.HashReader {
	return tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		var seqs []int64
		for _, index := range indexes {
			seq, _ := storedWith(index)
			seqs = append(seqs, seq)
		}
		slices.Sort(seqs)
		stored, err := store.AuditHashes(ctx, slices.Compact(seqs))
		if err != nil {
			return nil, err
		}
		hashes := make([]tlog.Hash, len(indexes))
		for i, index := range indexes {
			seq, level := storedWith(index)
			h, ok := hashAt(stored[seq], level)
			if !ok {
				return nil, fmt.Errorf("%w: a hash of entry %d is missing", ErrBroken, seq)
			}
			hashes[i] = h
		}
		return hashes, nil
	})
}
