package audit

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

// Report is what [Verify] found.
type Report struct {
	Size        int64     // entries of the log
	Pruned      int64     // of those, emptied ones: of them only the hashes could be checked
	Signed      int64     // entries that a checkpoint signs which fits
	Checkpoints int       // how many fit
	Root        tlog.Hash // of the whole log, computed anew; of no use if there are problems
	Problems    []Problem
}

// Problem is something that is not as the log left it.
type Problem struct {
	First, Last int64 // the entries that it is about
	What        string
}

// String names the entries.
func (p Problem) String() string {
	switch {
	case p.First < 0:
		return p.What
	case p.First == p.Last:
		return fmt.Sprintf("entry %d: %s", p.First, p.What)
	}
	return fmt.Sprintf("entries %d to %d: %s", p.First, p.Last, p.What)
}

// maxProblems is how many problems are reported. More say no more.
const maxProblems = 100

// pageSize is how many entries are read at a time.
const pageSize = 1000

// Verify computes all hashes of a log anew from its entries, and compares them with those that are stored, with the signed
// checkpoints that are stored, and with those that are handed in, which were kept elsewhere. Of emptied entries it takes the
// stored hashes. It may run beside a bridge that writes. An error is the store's; what is wrong with the log is in the report.
func Verify(ctx context.Context, store Store, verifier *Verifier, elsewhere ...Checkpoint) (*Report, error) {
	v, err := verify(ctx, store, verifier, elsewhere)
	if err != nil {
		return nil, err
	}
	return &v.Report, nil
}

func verify(ctx context.Context, store Store, verifier *Verifier, elsewhere []Checkpoint) (*verification, error) {
	begin := func() *verification {
		return &verification{verifier: verifier, altered: map[int64]Row{}, opened: math.MinInt64}
	}
	return passes(ctx, store, elsewhere, begin)
}

// goOn verifies what came to a log since another pass, which found it whole. The entries of that pass are not read again. A log that
// is shorter now is one that was cut.
func goOn(ctx context.Context, store Store, before *verification, elsewhere []Checkpoint) (*verification, error) {
	return passes(ctx, store, elsewhere, func() *verification {
		v := *before
		v.altered, v.peaks = map[int64]Row{}, slices.Clone(before.peaks)
		return &v
	})
}

// passes makes passes over a log until one is of one state of it.
func passes(ctx context.Context, store Store, elsewhere []Checkpoint, begin func() *verification) (*verification, error) {
	const attempts = 5
	for range attempts {
		head, stored, err := snapshot(ctx, store)
		if err != nil {
			return nil, err
		}
		v := begin()
		v.head, v.atSize = head, map[int64][]Checkpoint{}
		v.Size, v.Pruned = head.Size, head.Pruned
		if v.next > head.Size {
			v.complain(head.Size, v.next-1, "missing: the log was cut")
			return v, nil
		}
		v.openCheckpoints(stored)
		for _, c := range elsewhere {
			if err := v.compare(ctx, store, c); err != nil {
				return nil, err
			}
		}
		if err := v.readAll(ctx, store); err != nil {
			return nil, err
		}
		after, err := store.AuditHead(ctx)
		if err != nil {
			return nil, err
		}
		if after.Pruned != head.Pruned {
			continue // what was read before and after fits not together
		}
		v.conclude()
		return v, nil
	}
	return nil, errors.New("entries are being emptied; verify the log again when that is done")
}

// snapshot reads the head, and the checkpoints that there were then.
func snapshot(ctx context.Context, store Store) (Head, []StoredCheckpoint, error) {
	for {
		head, err := store.AuditHead(ctx)
		if err != nil {
			return head, nil, err
		}
		stored, err := store.Checkpoints(ctx)
		if err != nil {
			return head, nil, err
		}
		after, err := store.AuditHead(ctx)
		if err != nil || after.Checkpoints == head.Checkpoints {
			return head, stored, err
		}
	}
}

// peak is the top of a whole subtree, as it was computed.
type peak struct {
	hash  tlog.Hash
	known bool
}

// verification is one pass over a log.
type verification struct {
	Report
	head     Head
	verifier *Verifier
	atSize   map[int64][]Checkpoint // what is signed, by size
	next     int64                  // the entry that comes next
	opened   int64                  // up to which size the stored checkpoints were opened
	peaks    []peak
	altered  map[int64]Row // entries whose own hash is another one
	prune    int64         // up to where entries were emptied, as the log's own entries say
}

func (v *verification) complain(first, last int64, format string, args ...any) {
	if len(v.Problems) < maxProblems {
		v.Problems = append(v.Problems, Problem{first, last, fmt.Sprintf(format, args...)})
	}
}

// expect makes the pass compare the log with a checkpoint.
func (v *verification) expect(c Checkpoint) {
	if c.Size > v.head.Size {
		v.complain(v.head.Size, c.Size-1, "missing: the log was cut; a checkpoint signs %d entries", c.Size)
		return
	}
	v.atSize[c.Size] = append(v.atSize[c.Size], c)
}

// compare makes the pass compare the log with a checkpoint that was kept elsewhere: what it goes on from by the hashes.
func (v *verification) compare(ctx context.Context, store Store, c Checkpoint) error {
	if c.Size >= v.next {
		v.expect(c)
		return nil
	}
	err := Continues(ctx, store, v.head.Size, c)
	if errors.Is(err, ErrContradiction) || errors.Is(err, ErrBroken) {
		v.complain(0, c.Size-1, "not what a checkpoint of %d entries signs that was kept elsewhere", c.Size)
		return nil
	}
	return err
}

func (v *verification) openCheckpoints(stored []StoredCheckpoint) {
	if int64(len(stored)) != v.head.Checkpoints {
		v.complain(-1, -1, "there are %d checkpoints, and the head of the log counts %d", len(stored), v.head.Checkpoints)
	}
	for _, s := range stored {
		if s.Size <= v.opened {
			continue
		}
		v.opened = s.Size
		c, err := v.verifier.Open(s.Signed)
		switch {
		case err != nil:
			v.complain(-1, -1, "the checkpoint of %d entries: %v", s.Size, err)
		case c.Size != s.Size:
			v.complain(-1, -1, "the checkpoint of %d entries signs %d", s.Size, c.Size)
		default:
			v.expect(c)
		}
	}
}

func (v *verification) readAll(ctx context.Context, store Store) error {
	v.compareRoot()
	from := int64(math.MinInt64)
	if v.next > 0 {
		from = v.next
	}
	for {
		rows, err := store.AuditRows(ctx, from, pageSize)
		if err != nil {
			return err
		}
		for _, row := range rows {
			if row.Seq >= v.head.Size {
				return v.beyond(ctx, store, row)
			}
			v.row(row)
		}
		if len(rows) < pageSize {
			break
		}
		from = rows[len(rows)-1].Seq + 1
	}
	v.missing(v.head.Size)
	return nil
}

// beyond looks at what stands behind the end: it was written meanwhile, or the head was changed.
func (v *verification) beyond(ctx context.Context, store Store, row Row) error {
	v.missing(v.head.Size)
	after, err := store.AuditHead(ctx)
	if err == nil && row.Seq >= after.Size {
		v.complain(row.Seq, row.Seq, "it stands behind the end of the log, which its head says is %d", after.Size)
	}
	return err
}

// missing takes entries that are not there, up to a place.
func (v *verification) missing(until int64) {
	if v.next >= until {
		return
	}
	v.complain(v.next, until-1, "missing")
	for v.next < until {
		v.push(peak{}, nil)
	}
}

func (v *verification) row(r Row) {
	if r.Seq < v.next {
		v.complain(r.Seq, r.Seq, "it has no place in the log")
		return
	}
	v.missing(r.Seq)
	leaf, ok := hashAt(r.Hashes, 0)
	if !ok {
		v.complain(r.Seq, r.Seq, "its hash is missing")
	}
	blank := r.IsBlank()
	switch {
	case blank && r.Seq >= v.head.Pruned:
		v.complain(r.Seq, r.Seq, "it was emptied, and is none of those that were emptied for their age")
	case !blank && r.Seq < v.head.Pruned:
		v.complain(r.Seq, r.Seq, "something stands in it, although it was emptied for its age")
	case !blank:
		if computed := tlog.RecordHash(r.Encode()); computed != leaf {
			v.altered[r.Seq] = r
		}
		if r.Action == pruneAction {
			v.prune, _ = parseUntil(r.Detail) // if it was altered that is found out anyhow
		}
	}
	v.push(peak{leaf, ok}, r.Hashes)
}

// push adds the hash of the next entry, and joins the subtrees that it makes whole. What is stored with the entry must be what
// is computed. Where something is wrong it goes on with what is stored, so that one change is reported once.
func (v *verification) push(top peak, stored []byte) {
	level := 0
	for ; v.next>>level&1 == 1; level++ {
		left := v.peaks[len(v.peaks)-1]
		v.peaks = v.peaks[:len(v.peaks)-1]
		computed := peak{known: left.known && top.known}
		if computed.known {
			computed.hash = tlog.NodeHash(left.hash, top.hash)
		}
		kept, ok := hashAt(stored, level+1)
		switch {
		case stored != nil && !ok:
			v.complain(v.next, v.next, "a hash of it is missing")
		case ok && computed.known && kept != computed.hash:
			v.complain(v.next+1-1<<(level+1), v.next, "their hashes do not fit together: one of them, or its hash, was altered")
		}
		if top = computed; ok {
			top = peak{kept, true}
		}
	}
	if len(stored) > (level+1)*tlog.HashSize {
		v.complain(v.next, v.next, "more hashes are stored with it than it has")
	}
	v.peaks = append(v.peaks, top)
	v.next++
	v.compareRoot()
}

// compareRoot compares what was computed so far with what was signed of it.
func (v *verification) compareRoot() {
	signed := v.atSize[v.next]
	if len(signed) == 0 {
		return
	}
	root, known := v.root()
	for _, c := range signed {
		switch {
		case !known: // something is missing, and named
		case root != c.Root:
			v.complain(max(0, v.Signed), c.Size-1, "not what a checkpoint of %d entries signs: one of them, or all, were written anew", c.Size)
		default:
			v.Signed = c.Size
			v.Checkpoints++
		}
	}
}

// root computes the hash of all that was read (RFC 6962, section 2.1).
func (v *verification) root() (root tlog.Hash, known bool) {
	if len(v.peaks) == 0 {
		root, err := tlog.TreeHash(0, nil)
		return root, err == nil
	}
	for i, p := range slices.Backward(v.peaks) {
		if !p.known {
			return tlog.Hash{}, false
		}
		if i == len(v.peaks)-1 {
			root = p.hash
		} else {
			root = tlog.NodeHash(p.hash, root)
		}
	}
	return root, true
}

// conclude says what can be said when all was read.
func (v *verification) conclude() {
	v.Root, _ = v.root()
	if v.prune != v.head.Pruned {
		v.complain(-1, -1, "the head of the log says that entries before %d were emptied, and its entries say before %d", v.head.Pruned, v.prune)
	}
	for _, seq := range slices.Sorted(maps.Keys(v.altered)) {
		if other, found := v.exchanged(seq); found {
			v.complain(seq, seq, "it stands in the place of another one: it was entry %d", other)
		} else {
			v.complain(seq, seq, "it, or its hash, was altered")
		}
	}
	slices.SortStableFunc(v.Problems, func(a, b Problem) int { return int(a.First - b.First) })
}

// maxExchanged bounds the search for what entries changed places.
const maxExchanged = 500

// exchanged finds which entry stood in an altered one's row before.
func (v *verification) exchanged(seq int64) (was int64, found bool) {
	if len(v.altered) > maxExchanged {
		return 0, false
	}
	here := v.altered[seq]
	own, _ := hashAt(here.Hashes, 0) // it may have brought its hashes along
	for other, there := range v.altered {
		moved := here.Entry
		moved.Seq = other
		leaf, _ := hashAt(there.Hashes, 0)
		if hash := tlog.RecordHash(moved.Encode()); other != seq && (hash == leaf || hash == own) {
			return other, true
		}
	}
	return 0, false
}

// Summary says in a line what was found.
func (r *Report) Summary() string {
	var s strings.Builder
	fmt.Fprintf(&s, "%d entries", r.Size)
	if r.Pruned > 0 {
		fmt.Fprintf(&s, ", of which %d were emptied for their age", r.Pruned)
	}
	fmt.Fprintf(&s, "; %d signed checkpoints fit, the newest one signs %d entries", r.Checkpoints, r.Signed)
	return s.String()
}
