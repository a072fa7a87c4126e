package audit

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Checkpoint is what is signed of a log: how many entries it has, and the hash that stands for all of them.
type Checkpoint struct {
	Origin string // names the log
	Size   int64
	Root   tlog.Hash
}

// treeHeader is the first line of the text that package tlog knows. In ours the origin has its place (C2SP, tlog-checkpoint).
const treeHeader = "go.sum database tree\n"

// text returns the note's text.
func (c Checkpoint) text() string {
	return c.Origin + "\n" + strings.TrimPrefix(string(tlog.FormatTree(tlog.Tree{N: c.Size, Hash: c.Root})), treeHeader)
}

// ErrNoCheckpoint is the error of what is not a checkpoint that one of the known keys has signed.
var ErrNoCheckpoint = errors.New("not a signed checkpoint of this log")

// Verifier checks checkpoints. It has public keys alone.
type Verifier struct {
	origin string
	keys   []note.Verifier
}

// NewVerifier returns a verifier for the log whose public key is the first one (`passerelle audit key` prints it). What the
// others signed counts as well: those that the log had before.
func NewVerifier(key string, older ...string) (*Verifier, error) {
	v := &Verifier{}
	for _, text := range append([]string{key}, older...) {
		one, err := note.NewVerifier(strings.TrimSpace(text))
		if err != nil {
			return nil, fmt.Errorf("the public key %q: %w", text, err)
		}
		v.keys = append(v.keys, one)
	}
	v.origin = v.keys[0].Name()
	return v, nil
}

// Open checks the signature of a checkpoint and reads it. An error is [ErrNoCheckpoint].
func (v *Verifier) Open(signed []byte) (Checkpoint, error) {
	opened, err := note.Open(signed, note.VerifierList(v.keys...))
	if err != nil {
		return Checkpoint{}, fmt.Errorf("%w: %w", ErrNoCheckpoint, err)
	}
	origin, rest, _ := strings.Cut(opened.Text, "\n")
	tree, err := tlog.ParseTree([]byte(treeHeader + rest))
	switch {
	case err != nil:
		return Checkpoint{}, fmt.Errorf("%w: %w", ErrNoCheckpoint, err)
	case origin != v.origin:
		return Checkpoint{}, fmt.Errorf("%w: it is of the log %q, not of %q", ErrNoCheckpoint, origin, v.origin)
	}
	return Checkpoint{Origin: origin, Size: tree.N, Root: tree.Hash}, nil
}

// Signer signs checkpoints.
type Signer struct {
	signer    note.Signer
	publicKey string
}

// ParseSigner reads a private key: an Ed25519 key as package note writes it, PRIVATE+KEY+ORIGIN+….
func ParseSigner(key string) (*Signer, error) {
	key = strings.TrimSpace(key)
	signer, err := note.NewSigner(key)
	if err != nil {
		return nil, fmt.Errorf("the log's private key: %w; make one with: passerelle audit key", err)
	}
	// PRIVATE+KEY+name+hash+base64, in which there are pluses, too; behind the algorithm's byte stands the seed.
	seed, err := base64.StdEncoding.DecodeString(strings.SplitN(key, "+", 5)[4])
	if err != nil {
		return nil, fmt.Errorf("the log's private key: %w", err)
	}
	public, err := note.NewEd25519VerifierKey(signer.Name(), ed25519.NewKeyFromSeed(seed[1:]).Public().(ed25519.PublicKey))
	if err != nil {
		return nil, fmt.Errorf("the log's public key: %w", err)
	}
	return &Signer{signer: signer, publicKey: public}, nil
}

// NewSigningKey returns a fresh private key for the log that origin names, as [ParseSigner] reads it. An origin has no spaces
// and no plus; it is best a name that is yours, such as example.org/passerelle.
func NewSigningKey(origin string) (string, error) {
	private, _, err := note.GenerateKey(rand.Reader, origin)
	if err != nil {
		return "", fmt.Errorf("make a key for the log: %w", err)
	}
	if _, err := ParseSigner(private); err != nil {
		return "", fmt.Errorf("the origin %q: %w", origin, err)
	}
	return private, nil
}

// PublicKey returns what checks the signer's signatures, for [NewVerifier].
func (s *Signer) PublicKey() string { return s.publicKey }

// Sign signs a checkpoint of the log.
func (s *Signer) Sign(size int64, root tlog.Hash) ([]byte, error) {
	c := Checkpoint{Origin: s.signer.Name(), Size: size, Root: root}
	signed, err := note.Sign(&note.Note{Text: c.text()}, s.signer)
	if err != nil {
		return nil, fmt.Errorf("sign a checkpoint: %w", err)
	}
	return signed, nil
}

// ReadCheckpoint reads a checkpoint from a file. It fails with [fs.ErrNotExist] where there is none.
func (v *Verifier) ReadCheckpoint(path string) (Checkpoint, error) {
	signed, err := os.ReadFile(path)
	if err != nil {
		return Checkpoint{}, fmt.Errorf("read a checkpoint: %w", err)
	}
	c, err := v.Open(signed)
	if err != nil {
		return Checkpoint{}, fmt.Errorf("%s: %w", path, err)
	}
	return c, nil
}

// WriteCheckpoint puts a signed checkpoint into a file, in the place of what is there, all at once.
func WriteCheckpoint(path string, signed []byte) (err error) {
	file, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("write a checkpoint: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("write a checkpoint: %w", err), ignoreMissing(os.Remove(file.Name())))
		}
	}()
	_, err = file.Write(signed)
	if err := errors.Join(err, file.Chmod(0o644), file.Sync(), file.Close()); err != nil { // nothing in it is secret
		return err
	}
	return os.Rename(file.Name(), path)
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
