package transfer

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	mathrand "math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.mau.fi/whatsmeow"
	"maunium.net/go/mautrix/crypto/attachment"
)

var (
	_ whatsmeow.File          = (*File)(nil)
	_ attachment.ReadWriterAt = (*File)(nil)
)

func newPool(t *testing.T, space int64) *Pool {
	t.Helper()
	p, err := NewPool(t.TempDir(), space)
	must(t, err)
	return p
}

func (p *Pool) opened(t *testing.T, limit int64) *File {
	t.Helper()
	f := p.Open(t.Context(), limit)
	t.Cleanup(func() { must(t, f.Close()) })
	return f
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func noise(size int) []byte {
	data := make([]byte, size)
	rand.Read(data)
	return data
}

// onDisk returns what stands on the disk of a file that has left the memory.
func (f *File) onDisk(t *testing.T) []byte {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	must(t, f.sealed.flush())
	info, err := f.sealed.disk.Stat()
	must(t, err)
	data := make([]byte, info.Size())
	_, err = f.sealed.disk.ReadAt(data, 0)
	must(t, err)
	return data
}

// TestItIsLikeAnOrdinaryFile does to a File and to an ordinary one the same things, at random.
func TestItIsLikeAnOrdinaryFile(t *testing.T) {
	const limit = 3 << 20
	for run := range 30 {
		seed := mathrand.Uint64()
		random := mathrand.New(mathrand.NewPCG(seed, 0))
		pool := newPool(t, 10<<20)
		if run%3 == 0 {
			must(t, pool.memory.Acquire(t.Context(), allInMemory)) // no place in memory: on the disk from the first byte on
		}
		sealed := pool.opened(t, limit)
		plain, err := os.Create(filepath.Join(t.TempDir(), "plain"))
		must(t, err)
		for step := range 60 {
			if did, same := doBoth(random, sealed, plain, limit); !same {
				t.Fatalf("seed %d, step %d: %s went otherwise", seed, step, did)
			}
		}
		must(t, plain.Close())
	}
}

// doBoth does one thing to two files, and tells whether it went the same way.
func doBoth(random *mathrand.Rand, sealed *File, plain *os.File, limit int64) (did string, same bool) {
	at := random.Int64N(limit)
	if random.IntN(3) == 0 {
		at = at / blockSize * blockSize // where blocks meet
	}
	size := min(random.Int64N(3*blockSize), limit-at)
	a, b := make([]byte, size), make([]byte, size)
	switch random.IntN(7) {
	case 0:
		n, err := sealed.ReadAt(a, at)
		m, err2 := plain.ReadAt(b, at)
		return fmt.Sprintf("ReadAt %d %d", at, size), n == m && errors.Is(err, err2) && bytes.Equal(a, b)
	case 1:
		n, err := sealed.Read(a)
		m, err2 := io.ReadFull(plain, b)
		return fmt.Sprintf("Read %d", size), n == m && bytes.Equal(a, b) && (err == nil || err == io.EOF && (err2 == io.EOF || size == 0))
	case 2:
		rand.Read(a)
		n, err := sealed.WriteAt(a, at)
		m, err2 := plain.WriteAt(a, at)
		return fmt.Sprintf("WriteAt %d %d", at, size), n == m && err == nil && err2 == nil
	case 3:
		rand.Read(a)
		if here, _ := plain.Seek(0, io.SeekCurrent); here > limit-size {
			return "", true
		}
		n, err := sealed.Write(a)
		m, err2 := plain.Write(a)
		return fmt.Sprintf("Write %d", size), n == m && err == nil && err2 == nil
	case 4:
		return fmt.Sprintf("Truncate %d", at), sealed.Truncate(at) == nil && plain.Truncate(at) == nil
	case 5:
		whence := random.IntN(3)
		offset := at * int64(random.IntN(3)-1)
		here, err := sealed.Seek(offset, whence)
		there, err2 := plain.Seek(offset, whence)
		return fmt.Sprintf("Seek %d %d", offset, whence), (err == nil) == (err2 == nil) && (err != nil || here == there)
	}
	info, err := sealed.Stat()
	info2, err2 := plain.Stat()
	return "Stat", err == nil && err2 == nil && info.Size() == info2.Size() && info.Size() == sealed.Size()
}

// TestNothingReadableIsOnTheDisk looks at what stands there while a file is fetched and decrypted in place.
func TestNothingReadableIsOnTheDisk(t *testing.T) {
	pool := newPool(t, 10<<20)
	f := pool.opened(t, 5<<20)
	secret := []byte("Crème brûlée, the recipe. ")
	plain := bytes.Repeat(secret, (3<<20)/len(secret))
	first := noise(len(plain)) // what the network knows
	_, err := f.Write(first)
	must(t, err)
	before := f.onDisk(t)
	_, err = f.WriteAt(plain, 0)
	must(t, err)
	after := f.onDisk(t)
	if len(after) < len(plain) {
		t.Fatalf("on the disk are %d bytes of %d", len(after), len(plain))
	}
	if bytes.Contains(after, secret) || bytes.Contains(before, first[:32]) {
		t.Error("the content can be read on the disk")
	}
	for i := 0; i < len(plain); i += blockSize { // both states together tell nothing either
		at := i / blockSize * (blockSize + 16)
		difference := make([]byte, 64)
		for j := range difference {
			difference[j] = before[at+j] ^ after[at+j] ^ first[i+j]
		}
		if bytes.Equal(difference, plain[i:i+64]) {
			t.Fatalf("what stood at %d and what stands there now show the content", i)
		}
	}
	if left, err := os.ReadDir(pool.folder); err != nil || len(left) > 0 {
		t.Errorf("the folder holds %v (%v)", left, err)
	}
	info, err := f.sealed.disk.Stat()
	must(t, err)
	if info.Mode().Perm() != 0o600 {
		t.Errorf("the file's mode is %v", info.Mode())
	}
}

func TestASmallFileNeverLeavesTheMemory(t *testing.T) {
	pool := newPool(t, 10<<20)
	f := pool.opened(t, 5<<20)
	data := noise(inMemory)
	_, err := f.Write(data)
	must(t, err)
	if f.sealed != nil {
		t.Error("it lies on the disk")
	}
	_, err = f.Write([]byte{1})
	must(t, err)
	if f.sealed == nil || f.memory != nil {
		t.Error("a larger one lies in memory")
	}
	got, err := io.ReadAll(io.NewSectionReader(f, 0, f.Size()))
	if err != nil || !bytes.Equal(got, append(data, 1)) {
		t.Errorf("it has changed on its way to the disk (%v)", err)
	}
}

func TestWhatWasChangedOnTheDiskIsNotRead(t *testing.T) {
	for name, tamper := range map[string]func(disk []byte, earlier []byte) []byte{
		"a changed byte":   func(disk, _ []byte) []byte { disk[100] ^= 1; return disk },
		"blocks exchanged": func(disk, _ []byte) []byte { return append(bytes.Clone(disk[blockSize+16:2*(blockSize+16)]), disk...) },
		"an earlier state": func(_, earlier []byte) []byte { return earlier },
		"nothing there":    func([]byte, []byte) []byte { return nil },
	} {
		f := newPool(t, 10<<20).opened(t, 5<<20)
		_, err := f.Write(noise(2 << 20))
		must(t, err)
		earlier := f.onDisk(t)
		_, err = f.WriteAt(noise(2<<20), 0)
		must(t, err)
		changed := tamper(f.onDisk(t), earlier)
		must(t, f.sealed.disk.Truncate(0))
		_, err = f.sealed.disk.WriteAt(changed, 0)
		must(t, err)
		if _, err := f.ReadAt(make([]byte, 200), 0); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: reading gave %v", name, err)
		}
	}
}

func TestNoFileGrowsBeyondItsLimit(t *testing.T) {
	f := newPool(t, 10<<20).opened(t, 2<<20)
	n, err := io.Copy(f, io.LimitReader(zeros{}, 3<<20))
	if !errors.Is(err, ErrTooLarge) || n > 2<<20 {
		t.Errorf("%d bytes were taken, with the error %v", n, err)
	}
	if _, err := f.WriteAt([]byte{1}, 2<<20); !errors.Is(err, ErrTooLarge) {
		t.Errorf("a byte behind the limit gives %v", err)
	}
	if err := f.Truncate(2<<20 + 1); !errors.Is(err, ErrTooLarge) {
		t.Errorf("a length beyond the limit gives %v", err)
	}
	must(t, f.Truncate(2<<20))
	if f := newPool(t, 3<<20).opened(t, 4<<20); f.limit != 3<<20 {
		t.Error("a file may be larger than all space there is")
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func TestAFileWaitsForSpace(t *testing.T) {
	pool := newPool(t, 3<<20)
	first := pool.opened(t, 2<<20)
	_, err := first.Write(noise(2 << 20))
	must(t, err)
	ctx, giveUp := context.WithCancel(t.Context())
	impatient, patient := pool.Open(ctx, 2<<20), pool.opened(t, 2<<20)
	waited := make(chan error)
	go func() { _, err := impatient.Write(make([]byte, 2<<20)); waited <- err }()
	giveUp()
	if err := <-waited; !errors.Is(err, context.Canceled) {
		t.Errorf("who gave up got %v", err)
	}
	go func() { _, err := patient.Write(make([]byte, 2<<20)); waited <- err }()
	must(t, first.Close())
	must(t, <-waited)
	must(t, patient.Close())
	must(t, impatient.Close())
	if !pool.disk.TryAcquire(3<<20) || !pool.memory.TryAcquire(allInMemory) {
		t.Error("closed files still take space")
	}
}

func TestTheEndOfTheContextAndClosingEndAFile(t *testing.T) {
	ctx, end := context.WithCancel(t.Context())
	f := newPool(t, 10<<20).Open(ctx, 2<<20)
	_, err := f.Write(noise(10))
	must(t, err)
	end()
	if _, err := f.ReadAt(make([]byte, 1), 0); !errors.Is(err, context.Canceled) {
		t.Errorf("after its context has ended reading gives %v", err)
	}
	must(t, f.Close())
	must(t, f.Close())
	for what, err := range map[string]error{
		"Write": second(f.Write([]byte{1})), "Seek": second(f.Seek(0, io.SeekStart)), "Truncate": f.Truncate(0),
		"Read": second(f.Read(make([]byte, 1))), "Stat": second(f.Stat()),
	} {
		if !errors.Is(err, os.ErrClosed) {
			t.Errorf("after it was closed %s gives %v", what, err)
		}
	}
}

func second[T any](_ T, err error) error { return err }

func TestWhatAKilledProcessLeftIsRemoved(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "made")
	must(t, os.Mkdir(folder, 0o700))
	left, other := filepath.Join(folder, strings.ReplaceAll(namePattern, "*", "17")), filepath.Join(folder, "passerelle.db")
	for _, path := range []string{left, other} {
		must(t, os.WriteFile(path, []byte("x"), 0o600))
	}
	_, err := NewPool(folder, 1<<20)
	must(t, err)
	entries, err := os.ReadDir(folder)
	if err != nil || len(entries) != 1 || entries[0].Name() != "passerelle.db" {
		t.Errorf("the folder holds %v (%v)", entries, err)
	}
	if _, err := NewPool(other, 1<<20); err == nil {
		t.Error("a folder that is a file is taken for one")
	}
}

// TestAnAttachmentIsEncryptedInPlace is how files go into Matrix.
func TestAnAttachmentIsEncryptedInPlace(t *testing.T) {
	f := newPool(t, 10<<20).opened(t, 5<<20)
	data := noise(3<<20 + 17)
	_, err := f.Write(data)
	must(t, err)
	_, err = f.Seek(0, io.SeekStart)
	must(t, err)
	key := attachment.NewEncryptedFile()
	must(t, key.EncryptFile(f))
	got := make([]byte, f.Size())
	_, err = f.ReadAt(got, 0)
	must(t, err)
	receiver := attachment.EncryptedFile{Key: key.Key, InitVector: key.InitVector, Hashes: key.Hashes, Version: key.Version}
	must(t, receiver.DecryptInPlace(got))
	if !bytes.Equal(got, data) {
		t.Error("it decrypts to something else")
	}
}
