// Package transfer keeps files while they cross the border: without holding them in memory, and without a byte on a disk
// that anybody could read.
//
// The contract:
//
//   - A [File] is read, written and sought in like an [os.File]. Up to 1 MiB it lies in memory; from then on it lies in a
//     temporary file, in blocks of 64 KiB, each sealed with AES-256-GCM. The key is random, serves one File, and exists in
//     memory only.
//   - Each writing of a block has a nonce of its own. So who sees the disk at several times, or the remains on it, learns no
//     more from all that than which blocks were written when. (A file that is decrypted in place stands there first as what
//     its network knows and then as what it must not know: under a key stream by offset, both together would show it.)
//   - The nonces stay in memory. A block that was changed on the disk, moved, or put back to what it was before is not read:
//     that is [ErrDamaged]. Whether the content is what its sender sent is another question, which the networks' libraries
//     answer by the file's own hash.
//   - The temporary file is its owner's alone (mode 0600). Where the system allows it has no name while it is used, so that a
//     process that is killed leaves none; where not, the next [NewPool] removes what is left, which is unreadable.
//   - No File grows beyond its limit, whatever anybody said about its size ([ErrTooLarge]). All Files of a [Pool] together stay
//     below its space: what would need more waits until others are closed, or its context ends. Who holds a File must
//     therefore not wait for another one of the same Pool.
//   - A File can be used until its context ends or it is closed. Several goroutines may use it at once; they share its
//     offset.
package transfer

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sync/semaphore"
)

const (
	// inMemory is up to which size a File lies in memory, in bytes.
	inMemory = 1 << 20
	// allInMemory bounds what the Files of a Pool hold in memory together, in bytes. A File beyond it lies on the disk, however
	// small it is.
	allInMemory = 32 << 20
)

// namePattern is how temporary files are called.
const namePattern = "passerelle-spool-*"

// Errors of Files.
var (
	// ErrTooLarge is the error of a File that would grow beyond its limit.
	ErrTooLarge = errors.New("the file is too large")
	// ErrDamaged is the error of a File whose content on the disk is not what was written there.
	ErrDamaged = errors.New("the temporary file was damaged")
)

// Pool is where Files lie.
type Pool struct {
	folder string
	space  int64
	memory *semaphore.Weighted // of bytes in memory, a whole inMemory for each File there
	disk   *semaphore.Weighted // of bytes on the disk, a whole limit for each File there
}

// NewPool returns a Pool of Files that lie in a folder and take at most space bytes of it. An empty folder is the system's
// for temporary files. It makes the folder where there is none, and removes what a process that was killed left in it. It
// fails when no file can be made there.
func NewPool(folder string, space int64) (*Pool, error) {
	if folder == "" {
		folder = os.TempDir()
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, fmt.Errorf("make the folder for files on their way: %w", err)
	}
	left, err := filepath.Glob(filepath.Join(folder, namePattern))
	if err != nil {
		return nil, fmt.Errorf("look for files that were left: %w", err)
	}
	for _, path := range left {
		if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
			return nil, fmt.Errorf("remove a file that was left: %w", err)
		}
	}
	p := &Pool{folder: folder, space: space, memory: semaphore.NewWeighted(allInMemory), disk: semaphore.NewWeighted(space)}
	probe, err := p.create()
	if err != nil {
		return nil, err
	}
	return p, errors.Join(probe.Close(), p.remove(probe))
}

// Largest is the size of a File, in bytes, beside which there is room for some others.
func (p *Pool) Largest() int64 { return p.space / 4 }

// Open returns an empty File that may grow to limit bytes, or to the Pool's space if that is less. It can be used until ctx
// ends. The caller closes it.
func (p *Pool) Open(ctx context.Context, limit int64) *File {
	return &File{ctx: ctx, pool: p, limit: min(limit, p.space)}
}

// create makes a temporary file and takes its name away, if the system lets it.
func (p *Pool) create() (*os.File, error) {
	file, err := os.CreateTemp(p.folder, namePattern)
	if err != nil {
		return nil, fmt.Errorf("make a temporary file: %w", err)
	}
	_ = os.Remove(file.Name()) // where it fails remove does it
	return file, nil
}

// remove removes a closed temporary file that still has its name.
func (p *Pool) remove(file *os.File) error {
	if err := os.Remove(file.Name()); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("remove a temporary file: %w", err)
	}
	return nil
}
