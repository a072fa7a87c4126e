package whatsapp

import (
	"context"
	"encoding/hex"
	"errors"
	"time"

	"go.mau.fi/whatsmeow/store"

	"passerelle/portal"
)

// sealedBuffer keeps a message that is decrypted and not yet in the inbox.
//
// Decrypting moves the Signal ratchet, and a message cannot be decrypted twice: without the buffer, a crash between the
// ratchet's commit and the inbox's would lose the message for good. whatsmeow commits the ratchet and the plaintext
// together, and drops the plaintext when the handler has returned (whatsmeow/message.go, bufferedDecrypt). Here the
// plaintext is sealed.
type sealedBuffer struct {
	store.EventBuffer
	sealer portal.Sealer
}

func (b sealedBuffer) PutBufferedEvent(ctx context.Context, hash [32]byte, plaintext []byte, at time.Time) error {
	keyID, sealed, err := b.sealer.Seal(plaintext, bufferNames(hash)...)
	if err != nil {
		return err
	}
	if len(keyID) > 255 {
		return errors.New("buffer a message: the storage key's ID is too long")
	}
	row := append([]byte{byte(len(keyID))}, keyID...)
	return b.EventBuffer.PutBufferedEvent(ctx, hash, append(row, sealed...), at)
}

func (b sealedBuffer) GetBufferedEvent(ctx context.Context, hash [32]byte) (*store.BufferedEvent, error) {
	found, err := b.EventBuffer.GetBufferedEvent(ctx, hash)
	if err != nil || found == nil || found.Plaintext == nil {
		return found, err
	}
	row := found.Plaintext
	if len(row) == 0 || len(row) < 1+int(row[0]) {
		return nil, errors.New("read a buffered message: it is cut short")
	}
	keyID, sealed := row[1:1+int(row[0])], row[1+int(row[0]):]
	if found.Plaintext, err = b.sealer.Unseal(string(keyID), sealed, bufferNames(hash)...); err != nil {
		return nil, err
	}
	return found, nil
}

func bufferNames(hash [32]byte) []string {
	return []string{"whatsapp buffer", hex.EncodeToString(hash[:])}
}
