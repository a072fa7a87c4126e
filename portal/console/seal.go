package console

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"

	"passerelle/portal/govern"
)

// seal makes what stands in addresses unreadable, and keeps others from making such. The same value has the same seal as long as the
// process lives: its nonce is a keyed hash of it (as in RFC 8452, "SIV").
type seal struct {
	aead     cipher.AEAD
	nonceKey []byte
}

func newSeal() *seal {
	keys := randomBytes(64)
	block, err := aes.NewCipher(keys[:32])
	if err != nil {
		panic(err) // a key of 32 bytes is one
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		panic(err) // AES has blocks of 16 bytes
	}
	return &seal{aead: aead, nonceKey: keys[32:]}
}

// close seals a value for a purpose.
func (s *seal) close(purpose string, value any) (string, error) {
	plain, err := json.Marshal(value)
	if err != nil {
		return "", fmt.Errorf("seal: %w", err)
	}
	hash := hmac.New(sha256.New, s.nonceKey)
	fmt.Fprintf(hash, "%s\x00%s", purpose, plain)
	nonce := hash.Sum(nil)[:s.aead.NonceSize()]
	return base64.RawURLEncoding.EncodeToString(s.aead.Seal(nonce, nonce, plain, []byte(purpose))), nil
}

// open opens what close sealed for the purpose. It fails with [govern.ErrNotFound].
func (s *seal) open(purpose, sealed string, value any) error {
	data, err := base64.RawURLEncoding.DecodeString(sealed)
	if err != nil || len(data) < s.aead.NonceSize() {
		return govern.ErrNotFound
	}
	nonce, data := data[:s.aead.NonceSize()], data[s.aead.NonceSize():]
	plain, err := s.aead.Open(nil, nonce, data, []byte(purpose))
	if err != nil {
		return govern.ErrNotFound
	}
	if err := json.Unmarshal(plain, value); err != nil {
		return fmt.Errorf("open what is sealed: %w", err)
	}
	return nil
}

func randomBytes(n int) []byte {
	b := make([]byte, n)
	rand.Read(b) // never fails (crypto/rand)
	return b
}

// randomText is a secret of 256 bits that can stand in an address.
func randomText() string { return base64.RawURLEncoding.EncodeToString(randomBytes(32)) }
