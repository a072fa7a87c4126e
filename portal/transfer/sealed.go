package transfer

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
)

// blockSize is how much is sealed at once, in bytes.
const blockSize = 64 << 10

// sealedFile is a file of sealed blocks, without a length: where nothing was written, there are zeros. The block that was
// used last is kept open, so that a file that is read and written from its beginning to its end is sealed once.
type sealedFile struct {
	disk   *os.File
	aead   cipher.AEAD
	nonces []uint64 // of each block as it stands on the disk; 0: it does not
	last   uint64   // the nonce that was used last

	open  int64  // which block is in plain; -1: none
	plain []byte // blockSize bytes
	dirty bool   // plain is not on the disk
	buf   []byte // for a sealed block
}

// newSealedFile returns a sealed file on disk, which it closes when it fails.
func newSealedFile(disk *os.File) (*sealedFile, error) {
	var key [32]byte
	rand.Read(key[:]) // never fails (crypto/rand)
	block, err := aes.NewCipher(key[:])
	if err != nil {
		return nil, errors.Join(err, disk.Close())
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, errors.Join(err, disk.Close())
	}
	return &sealedFile{
		disk: disk, aead: aead, open: -1, plain: make([]byte, blockSize), buf: make([]byte, 0, blockSize+aead.Overhead()),
	}, nil
}

func (s *sealedFile) readAt(p []byte, at int64) (n int, err error) {
	for n < len(p) {
		if err := s.use(at / blockSize); err != nil {
			return n, err
		}
		copied := copy(p[n:], s.plain[at%blockSize:])
		n, at = n+copied, at+int64(copied)
	}
	return n, nil
}

func (s *sealedFile) writeAt(p []byte, at int64) (n int, err error) {
	for n < len(p) {
		if err := s.use(at / blockSize); err != nil {
			return n, err
		}
		copied := copy(s.plain[at%blockSize:], p[n:])
		s.dirty = true
		n, at = n+copied, at+int64(copied)
	}
	return n, nil
}

// truncate lets nothing stand from size on.
func (s *sealedFile) truncate(size int64) error {
	whole := (size + blockSize - 1) / blockSize
	if s.open >= whole {
		s.open, s.dirty = -1, false
	}
	if whole < int64(len(s.nonces)) {
		s.nonces = s.nonces[:whole]
	}
	if size%blockSize == 0 {
		return nil
	}
	if err := s.use(size / blockSize); err != nil {
		return err
	}
	clear(s.plain[size%blockSize:])
	s.dirty = true
	return nil
}

// use opens a block.
func (s *sealedFile) use(block int64) error {
	if s.open == block {
		return nil
	}
	if err := s.flush(); err != nil {
		return err
	}
	s.open = -1
	if block >= int64(len(s.nonces)) || s.nonces[block] == 0 {
		clear(s.plain)
		s.open = block
		return nil
	}
	stands := s.buf[:blockSize+s.aead.Overhead()]
	_, err := s.disk.ReadAt(stands, s.place(block))
	switch {
	case errors.Is(err, io.EOF):
		return ErrDamaged
	case err != nil:
		return fmt.Errorf("read a temporary file: %w", err)
	}
	if _, err := s.aead.Open(s.plain[:0], s.nonce(s.nonces[block]), stands, nil); err != nil {
		return ErrDamaged
	}
	s.open = block
	return nil
}

// flush seals the open block, if it has changed, and writes it.
func (s *sealedFile) flush() error {
	if !s.dirty {
		return nil
	}
	s.last++
	sealed := s.aead.Seal(s.buf[:0], s.nonce(s.last), s.plain, nil)
	if _, err := s.disk.WriteAt(sealed, s.place(s.open)); err != nil {
		return fmt.Errorf("write a temporary file: %w", err)
	}
	for s.open >= int64(len(s.nonces)) {
		s.nonces = append(s.nonces, 0)
	}
	s.nonces[s.open] = s.last
	s.dirty = false
	return nil
}

func (s *sealedFile) place(block int64) int64 {
	return block * int64(blockSize+s.aead.Overhead())
}

// nonce is a number as a nonce. A key serves one file, and no number serves twice.
func (s *sealedFile) nonce(number uint64) []byte {
	return binary.BigEndian.AppendUint64(make([]byte, s.aead.NonceSize()-8, s.aead.NonceSize()), number)
}

func (s *sealedFile) close() error {
	clear(s.plain)
	return s.disk.Close()
}
