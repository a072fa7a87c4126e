package whatsapptest

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"

	"go.mau.fi/whatsmeow/proto/waWa6"
	"google.golang.org/protobuf/proto"
)

// noisePattern names the handshake; at 32 bytes it is the initial hash as it stands (Noise specification, section 5.2).
const noisePattern = "Noise_XX_25519_AESGCM_SHA256\x00\x00\x00\x00"

// noiseState is a Noise symmetric state with its cipher (Noise specification, sections 5.1 and 5.2).
type noiseState struct {
	hash        []byte
	chainingKey []byte
	key         []byte
	counter     uint32
}

func newNoiseState(prologue []byte) *noiseState {
	s := &noiseState{hash: []byte(noisePattern), chainingKey: []byte(noisePattern), key: []byte(noisePattern)}
	s.mixHash(prologue)
	return s
}

func (s *noiseState) mixHash(data []byte) {
	h := sha256.New()
	h.Write(s.hash)
	h.Write(data)
	s.hash = h.Sum(nil)
}

// expand derives two keys from the chaining key and the input (HKDF with two outputs).
func (s *noiseState) expand(input []byte) (first, second []byte, err error) {
	out, err := hkdf.Key(sha256.New, input, s.chainingKey, "", 64)
	if err != nil {
		return nil, nil, fmt.Errorf("expand noise key: %w", err)
	}
	return out[:32], out[32:], nil
}

func (s *noiseState) mixDH(private *ecdh.PrivateKey, public *ecdh.PublicKey) error {
	secret, err := private.ECDH(public)
	if err != nil {
		return fmt.Errorf("noise key agreement: %w", err)
	}
	s.chainingKey, s.key, err = s.expand(secret)
	s.counter = 0
	return err
}

func (s *noiseState) seal(plaintext []byte) ([]byte, error) {
	aead, err := newGCM(s.key)
	if err != nil {
		return nil, err
	}
	ciphertext := aead.Seal(nil, nonce(s.counter), plaintext, s.hash)
	s.counter++
	s.mixHash(ciphertext)
	return ciphertext, nil
}

func (s *noiseState) open(ciphertext []byte) ([]byte, error) {
	aead, err := newGCM(s.key)
	if err != nil {
		return nil, err
	}
	plaintext, err := aead.Open(nil, nonce(s.counter), ciphertext, s.hash)
	if err != nil {
		return nil, fmt.Errorf("open noise payload: %w", err)
	}
	s.counter++
	s.mixHash(ciphertext)
	return plaintext, nil
}

// newGCM returns AES-GCM under a key of 32 bytes.
func newGCM(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("noise cipher: %w", err)
	}
	return cipher.NewGCM(block)
}

// nonce is the counter in the last four bytes, big endian, as WhatsApp has it (whatsmeow socket/noisesocket.go).
func nonce(counter uint32) []byte {
	iv := make([]byte, 12)
	binary.BigEndian.PutUint32(iv[8:], counter)
	return iv
}

// frameTransport carries whole handshake messages, in clear.
type frameTransport interface {
	readFrame() ([]byte, error)
	writeFrame([]byte) error
}

// noiseResult is what the server knows once the handshake is over.
type noiseResult struct {
	clientStatic []byte
	payload      *waWa6.ClientPayload
	read, write  cipher.AEAD
}

// respondNoise plays the responder of Noise_XX over the transport. The header that opened the connection is the prologue;
// certificates is the chain that vouches for the static key.
func respondNoise(t frameTransport, header []byte, static *ecdh.PrivateKey, certificates []byte) (*noiseResult, error) {
	state := newNoiseState(header)
	raw, err := t.readFrame()
	if err != nil {
		return nil, fmt.Errorf("read client hello: %w", err)
	}
	var hello waWa6.HandshakeMessage
	if err := proto.Unmarshal(raw, &hello); err != nil {
		return nil, fmt.Errorf("parse client hello: %w", err)
	}
	clientEphemeral, err := ecdh.X25519().NewPublicKey(hello.GetClientHello().GetEphemeral())
	if err != nil {
		return nil, fmt.Errorf("client ephemeral key: %w", err)
	}
	ephemeral, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	answer, err := serverHello(state, clientEphemeral, ephemeral, static, certificates)
	if err != nil {
		return nil, err
	}
	if err := t.writeFrame(answer); err != nil {
		return nil, fmt.Errorf("write server hello: %w", err)
	}
	if raw, err = t.readFrame(); err != nil {
		return nil, fmt.Errorf("read client finish: %w", err)
	}
	return clientFinish(state, raw, ephemeral)
}

// serverHello mixes "e, ee, s, es" and returns the message that carries them.
func serverHello(state *noiseState, client *ecdh.PublicKey, ephemeral, static *ecdh.PrivateKey, certificates []byte) ([]byte, error) {
	state.mixHash(client.Bytes())
	state.mixHash(ephemeral.PublicKey().Bytes())
	if err := state.mixDH(ephemeral, client); err != nil {
		return nil, err
	}
	sealedStatic, err := state.seal(static.PublicKey().Bytes())
	if err != nil {
		return nil, err
	}
	if err := state.mixDH(static, client); err != nil {
		return nil, err
	}
	sealedCertificates, err := state.seal(certificates)
	if err != nil {
		return nil, err
	}
	return proto.Marshal(&waWa6.HandshakeMessage{ServerHello: &waWa6.HandshakeMessage_ServerHello{
		Ephemeral: ephemeral.PublicKey().Bytes(), Static: sealedStatic, Payload: sealedCertificates,
	}})
}

// clientFinish mixes "s, se", opens the client's payload and splits the transport keys.
func clientFinish(state *noiseState, raw []byte, ephemeral *ecdh.PrivateKey) (*noiseResult, error) {
	var finish waWa6.HandshakeMessage
	if err := proto.Unmarshal(raw, &finish); err != nil {
		return nil, fmt.Errorf("parse client finish: %w", err)
	}
	if finish.GetClientFinish() == nil {
		return nil, errors.New("client finish is missing")
	}
	rawStatic, err := state.open(finish.GetClientFinish().GetStatic())
	if err != nil {
		return nil, err
	}
	clientStatic, err := ecdh.X25519().NewPublicKey(rawStatic)
	if err != nil {
		return nil, fmt.Errorf("client static key: %w", err)
	}
	if err := state.mixDH(ephemeral, clientStatic); err != nil {
		return nil, err
	}
	rawPayload, err := state.open(finish.GetClientFinish().GetPayload())
	if err != nil {
		return nil, err
	}
	var payload waWa6.ClientPayload
	if err := proto.Unmarshal(rawPayload, &payload); err != nil {
		return nil, fmt.Errorf("parse client payload: %w", err)
	}
	fromClient, toClient, err := state.expand(nil)
	if err != nil {
		return nil, err
	}
	read, err := newGCM(fromClient)
	if err != nil {
		return nil, err
	}
	write, err := newGCM(toClient)
	if err != nil {
		return nil, err
	}
	return &noiseResult{clientStatic: rawStatic, payload: &payload, read: read, write: write}, nil
}
