package transfer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"sync"
	"time"
)

// File is a file on its way. Its methods are those of [os.File], with its errors: [io.EOF], [os.ErrClosed], [os.ErrInvalid];
// beside them the context's, [ErrTooLarge] and [ErrDamaged].
type File struct {
	ctx   context.Context // the methods of package io take none
	pool  *Pool
	limit int64

	mu     sync.Mutex
	size   int64
	offset int64
	held   bool   // there is a place in memory for it
	memory []byte // the content, while it lies there
	sealed *sealedFile
	closed bool
}

// Size returns the length in bytes.
func (f *File) Size() int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.size
}

// Read reads from the offset on.
func (f *File) Read(p []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	n, err := f.readAt(p, f.offset)
	f.offset += int64(n)
	if n > 0 && errors.Is(err, io.EOF) {
		err = nil
	}
	return n, err
}

// ReadAt reads from a place on. The offset stays.
func (f *File) ReadAt(p []byte, at int64) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.readAt(p, at)
}

func (f *File) readAt(p []byte, at int64) (n int, err error) {
	switch {
	case f.unusable() != nil:
		return 0, f.unusable()
	case at < 0:
		return 0, os.ErrInvalid
	case len(p) == 0:
		return 0, nil
	case at >= f.size:
		return 0, io.EOF
	}
	wanted := p[:min(int64(len(p)), f.size-at)]
	if f.sealed != nil {
		n, err = f.sealed.readAt(wanted, at)
	} else {
		n = copy(wanted, f.memory[at:])
	}
	if err == nil && n < len(p) {
		err = io.EOF
	}
	return n, err
}

// Write writes from the offset on.
func (f *File) Write(p []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	n, err := f.writeAt(p, f.offset)
	f.offset += int64(n)
	return n, err
}

// WriteAt writes from a place on. The offset stays. Between the end and a place behind it zeros are put.
func (f *File) WriteAt(p []byte, at int64) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.writeAt(p, at)
}

func (f *File) writeAt(p []byte, at int64) (n int, err error) {
	switch {
	case f.unusable() != nil:
		return 0, f.unusable()
	case at < 0:
		return 0, os.ErrInvalid
	case len(p) == 0:
		return 0, nil
	case at > f.limit-int64(len(p)):
		return 0, ErrTooLarge
	}
	if err := f.grow(at + int64(len(p))); err != nil {
		return 0, err
	}
	if f.sealed != nil {
		return f.sealed.writeAt(p, at)
	}
	return copy(f.memory[at:], p), nil
}

// Truncate makes the file size bytes long: it cuts it, or puts zeros at its end.
func (f *File) Truncate(size int64) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case f.unusable() != nil:
		return f.unusable()
	case size < 0:
		return os.ErrInvalid
	case size > f.limit:
		return ErrTooLarge
	case size > f.size:
		return f.grow(size)
	}
	f.size = size
	if f.sealed != nil {
		return f.sealed.truncate(size)
	}
	f.memory = f.memory[:size]
	return nil
}

// grow makes the file at least size bytes long, in memory or on the disk.
func (f *File) grow(size int64) error {
	if f.sealed == nil {
		f.held = f.held || f.pool.memory.TryAcquire(inMemory)
		if !f.held || size > inMemory {
			if err := f.spill(); err != nil {
				return err
			}
		}
	}
	if size <= f.size {
		return nil
	}
	if f.sealed == nil {
		f.memory = slices.Grow(f.memory, int(size-f.size))[:size]
		clear(f.memory[f.size:])
	}
	f.size = size
	return nil
}

// spill brings the file from memory to the disk. It waits until there is space.
func (f *File) spill() error {
	if err := f.pool.disk.Acquire(f.ctx, f.limit); err != nil {
		return fmt.Errorf("wait for space for a file: %w", err)
	}
	disk, err := f.pool.create()
	if err == nil {
		f.sealed, err = newSealedFile(disk)
	}
	if err != nil {
		f.pool.disk.Release(f.limit)
		return err
	}
	if _, err := f.sealed.writeAt(f.memory, 0); err != nil {
		return err
	}
	f.letGoOfMemory()
	return nil
}

func (f *File) letGoOfMemory() {
	clear(f.memory)
	f.memory = nil
	if f.held {
		f.pool.memory.Release(inMemory)
		f.held = false
	}
}

// Seek moves the offset.
func (f *File) Seek(offset int64, whence int) (int64, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.unusable(); err != nil {
		return 0, err
	}
	switch whence {
	case io.SeekStart:
	case io.SeekCurrent:
		offset += f.offset
	case io.SeekEnd:
		offset += f.size
	default:
		return 0, os.ErrInvalid
	}
	if offset < 0 {
		return 0, os.ErrInvalid
	}
	f.offset = offset
	return offset, nil
}

// Stat describes the file: its size, and that it is its owner's alone.
func (f *File) Stat() (os.FileInfo, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return fileInfo(f.size), f.unusable()
}

// unusable is the error of a file that was closed, or whose context has ended.
func (f *File) unusable() error {
	if f.closed {
		return os.ErrClosed
	}
	return f.ctx.Err()
}

// Close destroys the file. Closing it again does nothing.
func (f *File) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return nil
	}
	f.closed = true
	f.letGoOfMemory()
	if f.sealed == nil {
		return nil
	}
	f.pool.disk.Release(f.limit)
	return errors.Join(f.sealed.close(), f.pool.remove(f.sealed.disk))
}

// fileInfo is a File's size, as what [os.File.Stat] returns.
type fileInfo int64

func (i fileInfo) Name() string       { return "" }
func (i fileInfo) Size() int64        { return int64(i) }
func (i fileInfo) Mode() fs.FileMode  { return 0o600 }
func (i fileInfo) ModTime() time.Time { return time.Time{} }
func (i fileInfo) IsDir() bool        { return false }
func (i fileInfo) Sys() any           { return nil }
