package database

import (
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"

	"golang.org/x/crypto/chacha20poly1305"
)

// ErrNotAuthentic is the error of a sealed value that is not, byte for byte, what was sealed for its row, although its key is
// there: the disk or a person has changed it, or the key has been exchanged under its ID.
var ErrNotAuthentic = errors.New("the value is not what was sealed here")

// Sealer encrypts what waits in our tables, so that no content is at rest: XChaCha20-Poly1305 with a random nonce in front
// (draft-irtf-cfrg-xchacha), and the row's own names as associated data, so that a sealed value opens in its row only.
//
// Keys have IDs. The first one seals; all of them open, so that a key can be replaced while rows still wait.
type Sealer struct {
	first string
	keys  map[string]cipher.AEAD
}

// NewSealer returns a sealer that seals with the first key. It has no keys yet: [Sealer.Add] adds them.
func NewSealer() *Sealer { return &Sealer{keys: map[string]cipher.AEAD{}} }

// Add adds a key of 32 bytes. The first one that is added seals.
func (s *Sealer) Add(id string, key []byte) error {
	aead, err := chacha20poly1305.NewX(key)
	if err != nil {
		return fmt.Errorf("storage key %s: %w", id, err)
	}
	if s.first == "" {
		s.first = id
	}
	s.keys[id] = aead
	return nil
}

// Seal encrypts plain for the row that names name, and returns the ID of the key that it used.
func (s *Sealer) Seal(plain []byte, names ...string) (keyID string, sealed []byte, err error) {
	aead, ok := s.keys[s.first]
	if !ok {
		return "", nil, errors.New("seal: there is no storage key")
	}
	nonce := make([]byte, aead.NonceSize(), aead.NonceSize()+len(plain)+aead.Overhead())
	rand.Read(nonce) // never fails (crypto/rand)
	return s.first, aead.Seal(nonce, nonce, plain, associated(names)), nil
}

// Unseal decrypts what [Sealer.Seal] made for the same names. It fails when the key is not there, and with [ErrNotAuthentic]
// when the value or a name is not the one that was sealed.
func (s *Sealer) Unseal(keyID string, sealed []byte, names ...string) ([]byte, error) {
	aead, ok := s.keys[keyID]
	if !ok {
		return nil, fmt.Errorf("unseal: the storage key %q is missing; put it back into storage_keys", keyID)
	}
	if len(sealed) < aead.NonceSize() {
		return nil, fmt.Errorf("unseal: %w: it is too short", ErrNotAuthentic)
	}
	plain, err := aead.Open(nil, sealed[:aead.NonceSize()], sealed[aead.NonceSize():], associated(names))
	if err != nil {
		return nil, fmt.Errorf("unseal: %w: %w", ErrNotAuthentic, err)
	}
	return plain, nil
}

// associated joins names so that no two lists of names give the same bytes.
func associated(names []string) []byte {
	var out []byte
	for _, name := range names {
		out = binary.BigEndian.AppendUint32(out, uint32(len(name)))
		out = append(out, name...)
	}
	return out
}
