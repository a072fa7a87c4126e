package whatsapptest

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.mau.fi/whatsmeow/proto/waAdv"
	"google.golang.org/protobuf/proto"
)

// Errors of a phone that links a device.
var (
	// ErrBadQR says that a text is not what a client shows as a QR code.
	ErrBadQR = errors.New("not a WhatsApp QR code")
	// ErrBadPairingCode says that a text is not 8 characters of the pairing code's alphabet.
	ErrBadPairingCode = errors.New("not a pairing code of 8 characters")
	// ErrWrongPairingCode says that the code is not the one that the client shows.
	ErrWrongPairingCode = errors.New("pairing code is wrong")
)

// wrappedKeySize is the length of an ephemeral key under a pairing code: salt 32, IV 16, key 32.
const wrappedKeySize = 80

// qrCode is what a client shows: reference, Noise key, identity key and the secret that authenticates the phone's answer.
type qrCode struct {
	reference             string
	noise, identity, auth []byte
}

// parseQR reads a QR code: an optional address up to a hash sign, then reference, three base64 keys of 32 bytes and, since
// 2024, a kind of client, separated by commas (whatsmeow pair.go, makeQRData).
func parseQR(code string) (qrCode, error) {
	if _, after, ok := strings.Cut(code, "#"); ok {
		code = after
	}
	fields := strings.Split(strings.TrimSpace(code), ",")
	if len(fields) < 4 || len(fields) > 5 || fields[0] == "" {
		return qrCode{}, ErrBadQR
	}
	qr := qrCode{reference: fields[0]}
	for i, key := range []*[]byte{&qr.noise, &qr.identity, &qr.auth} {
		decoded, err := base64.StdEncoding.DecodeString(fields[i+1])
		if err != nil || len(decoded) != 32 {
			return qrCode{}, ErrBadQR
		}
		*key = decoded
	}
	return qr, nil
}

// ScanQR links the client that shows the QR code. It returns when the client has accepted and been told to log in; the new
// device then finds the phone's app-state keys waiting. It fails with [ErrBadQR], [ErrUnknownCode] or [ErrClientGone].
func (p *Phone) ScanQR(ctx context.Context, code string) (DeviceInfo, error) {
	qr, err := parseQR(code)
	if err != nil {
		return DeviceInfo{}, fmt.Errorf("scan QR code: %w", err)
	}
	client, err := p.server.findRegistration(qr)
	if err != nil {
		return DeviceInfo{}, fmt.Errorf("scan QR code: %w", err)
	}
	return p.linkClient(ctx, client, qr.auth)
}

// EnterCode links the client that shows the pairing code; its dash may be left out. It fails with [ErrBadPairingCode],
// [ErrNoPairing], [ErrWrongPairingCode] or [ErrClientGone].
func (p *Phone) EnterCode(ctx context.Context, code string) (DeviceInfo, error) {
	clean, err := normalizePairingCode(code)
	if err != nil {
		return DeviceInfo{}, fmt.Errorf("enter pairing code: %w", err)
	}
	pairing, err := p.server.newestPairing(p.owner)
	if err != nil {
		return DeviceInfo{}, fmt.Errorf("enter pairing code: %w", err)
	}
	auth, err := p.agreeOnCode(ctx, pairing, clean)
	if err != nil {
		return DeviceInfo{}, fmt.Errorf("enter pairing code: %w", err)
	}
	device, err := p.linkClient(ctx, pairing.client, auth)
	if err == nil {
		p.server.forgetPairing(pairing)
	}
	return device, err
}

// normalizePairingCode drops dashes and spaces; the alphabet leaves out 0, I, O and U (whatsmeow pair-code.go).
func normalizePairingCode(code string) (string, error) {
	clean := strings.ToUpper(strings.NewReplacer("-", "", " ", "").Replace(code))
	if len(clean) != 8 || strings.Trim(clean, "123456789ABCDEFGHJKLMNPQRSTVWXYZ") != "" {
		return "", ErrBadPairingCode
	}
	return clean, nil
}

// agreeOnCode plays the phone's part of the code's key exchange and returns the secret that authenticates its signature.
func (p *Phone) agreeOnCode(ctx context.Context, pairing *codePairing, code string) ([]byte, error) {
	companionEphemeral, err := unwrapKey(code, pairing.wrapped)
	if err != nil {
		return nil, err
	}
	ephemeral, err := newCurveKey()
	if err != nil {
		return nil, err
	}
	wrapped, err := wrapKey(code, ephemeral.public[:])
	if err != nil {
		return nil, err
	}
	answer, err := p.server.primaryHello(ctx, pairing, wrapped, p.identity.public[:])
	if err != nil {
		return nil, err
	}
	shared, err := ephemeral.agree(companionEphemeral)
	if err != nil {
		return nil, ErrWrongPairingCode // an ephemeral key of low order is what a wrong code may yield
	}
	secret, err := openKeyBundle(shared, answer, p.identity.public[:])
	if err != nil {
		return nil, err
	}
	identityShared, err := p.identity.agree(answer.identity)
	if err != nil {
		return nil, err
	}
	return hkdf.Key(sha256.New, slices.Concat(shared, identityShared, secret), nil, "adv_secret", 32)
}

// openKeyBundle opens what the companion sealed under the agreed key (the two identity keys and a random secret), and returns
// the secret. A wrong code has led to another key, so that the seal does not open.
func openKeyBundle(shared []byte, answer pairingAnswer, phoneIdentity []byte) ([]byte, error) {
	if len(answer.bundle) < 44 || len(answer.identity) != 32 {
		return nil, errors.New("client sent a malformed key bundle")
	}
	key, err := hkdf.Key(sha256.New, shared, answer.bundle[:32], "link_code_pairing_key_bundle_encryption_key", 32)
	if err != nil {
		return nil, err
	}
	aead, err := newGCM(key)
	if err != nil {
		return nil, err
	}
	plain, err := aead.Open(nil, answer.bundle[32:44], answer.bundle[44:], nil)
	if err != nil {
		return nil, ErrWrongPairingCode
	}
	if len(plain) != 96 || !bytes.Equal(plain[:32], answer.identity) || !bytes.Equal(plain[32:64], phoneIdentity) {
		return nil, errors.New("client's key bundle names other keys")
	}
	return plain[64:], nil
}

// wrapKey encrypts an ephemeral key under a pairing code.
func wrapKey(code string, key []byte) ([]byte, error) {
	wrapped := append(randomBytes(48), key...)
	if err := cryptUnderCode(code, wrapped); err != nil {
		return nil, err
	}
	return wrapped, nil
}

// unwrapKey is the reverse; a wrong code yields another key, not an error.
func unwrapKey(code string, wrapped []byte) ([]byte, error) {
	if len(wrapped) != wrappedKeySize {
		return nil, errors.New("wrapped key is not of 80 bytes")
	}
	plain := slices.Clone(wrapped)
	if err := cryptUnderCode(code, plain); err != nil {
		return nil, err
	}
	return plain[48:], nil
}

// cryptUnderCode applies AES-CTR, under a key stretched from the code with the first 32 bytes as salt and the next 16 as IV, to
// the rest in place.
func cryptUnderCode(code string, data []byte) error {
	key, err := pbkdf2.Key(sha256.New, code, data[:32], 2<<16, 32)
	if err != nil {
		return fmt.Errorf("stretch pairing code: %w", err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return err
	}
	cipher.NewCTR(block, data[32:48]).XORKeyStream(data[48:], data[48:])
	return nil
}

// linkClient signs the client's identity as a device of this account, waits for its consent and gives it what a new companion
// needs.
func (p *Phone) linkClient(ctx context.Context, client *registration, auth []byte) (DeviceInfo, error) {
	d, err := p.server.link(ctx, client, p.owner, p.identity.public[:], func(device uint16) ([]byte, error) {
		return p.signDeviceIdentity(device, client.keys.identity, auth)
	})
	if err != nil {
		return DeviceInfo{}, err
	}
	p.notice(Notice{Kind: NoticeCompanionLinked, Device: d.id})
	if err := p.welcome(ctx, d); err != nil {
		return DeviceInfo{}, fmt.Errorf("welcome device %d: %w", d.id, err)
	}
	return p.deviceInfo(d), nil
}

// signDeviceIdentity makes the container that pair-success carries: the device's details signed by the account's identity
// key, and a MAC under the secret that only the client's QR code or pairing code gave away (ADV, whatsmeow pair.go).
func (p *Phone) signDeviceIdentity(device uint16, companion, auth []byte) ([]byte, error) {
	details, err := proto.Marshal(&waAdv.ADVDeviceIdentity{
		RawID: proto.Uint32(1), Timestamp: proto.Uint64(uint64(time.Now().Unix())), KeyIndex: proto.Uint32(uint32(device)),
		AccountType: waAdv.ADVEncryptionType_E2EE.Enum(), DeviceType: waAdv.ADVEncryptionType_E2EE.Enum(),
	})
	if err != nil {
		return nil, err
	}
	signed, err := proto.Marshal(&waAdv.ADVSignedDeviceIdentity{
		Details: details, AccountSignatureKey: p.identity.public[:],
		AccountSignature: p.identity.sign(slices.Concat([]byte{6, 0}, details, companion)),
	})
	if err != nil {
		return nil, err
	}
	mac := hmac.New(sha256.New, auth)
	mac.Write(signed)
	return proto.Marshal(&waAdv.ADVSignedDeviceIdentityHMAC{Details: signed, HMAC: mac.Sum(nil)})
}
