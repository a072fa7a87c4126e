package whatsapptest

import (
	"context"
	"encoding/binary"
	"errors"
	"math/rand/v2"

	"go.mau.fi/libsignal/ecc"
	groupRecord "go.mau.fi/libsignal/groups/state/record"
	"go.mau.fi/libsignal/keys/identity"
	"go.mau.fi/libsignal/protocol"
	"go.mau.fi/libsignal/serialize"
	"go.mau.fi/libsignal/state/record"
	"go.mau.fi/libsignal/state/store"
)

// preKeyBatch is how many one-time prekeys a phone publishes at a time.
const preKeyBatch = 30

// signedPreKeyID is the number of a phone's one signed prekey.
const signedPreKeyID = 1

// signalStore keeps a phone's Signal state in memory. Records are kept serialized: libsignal changes those that it loads, also
// when decryption then fails. The phone's mutex guards it.
type signalStore struct {
	identity     curveKey
	registration uint32
	serializer   *serialize.Serializer
	signed       curveKey
	signature    []byte
	preKeys      map[uint32]curveKey
	nextPreKey   uint32
	identities   map[string][32]byte
	sessions     map[string][]byte
	senderKeys   map[string][]byte
}

var _ store.SignalProtocol = (*signalStore)(nil)

func newSignalStore(own curveKey) (*signalStore, error) {
	signed, err := newCurveKey()
	if err != nil {
		return nil, err
	}
	s := &signalStore{
		identity: own, registration: rand.Uint32N(16380) + 1, serializer: serialize.NewProtoBufSerializer(), signed: signed,
		signature: own.sign(append([]byte{ecc.DjbType}, signed.public[:]...)),
		preKeys:   map[uint32]curveKey{}, nextPreKey: 1,
		identities: map[string][32]byte{}, sessions: map[string][]byte{}, senderKeys: map[string][]byte{},
	}
	return s, nil
}

// publish makes a batch of one-time prekeys and returns the keyring to publish.
func (s *signalStore) publish() keyring {
	keys := keyring{
		registration: binary.BigEndian.AppendUint32(nil, s.registration), identity: s.identity.public[:],
		signed: s.signedNode(),
	}
	for range preKeyBatch {
		key, err := newCurveKey()
		if err != nil {
			break // no entropy: fewer one-time prekeys
		}
		s.preKeys[s.nextPreKey] = key
		keys.oneTime = append(keys.oneTime, preKeyNode("key", publicPreKey{id: s.nextPreKey, key: key.public}))
		s.nextPreKey++
	}
	return keys
}

// signedNode is the signed prekey as it goes on the wire.
func (s *signalStore) signedNode() node {
	return preKeyNode("skey", publicPreKey{id: signedPreKeyID, key: s.signed.public, signature: s.signature})
}

func (s *signalStore) GetIdentityKeyPair() *identity.KeyPair {
	return identity.NewKeyPair(identity.NewKey(ecc.NewDjbECPublicKey(s.identity.public)), ecc.NewDjbECPrivateKey(s.identity.private))
}

func (s *signalStore) GetLocalRegistrationID() uint32 { return s.registration }

func (s *signalStore) SaveIdentity(_ context.Context, address *protocol.SignalAddress, key *identity.Key) error {
	s.identities[address.String()] = key.PublicKey().PublicKey()
	return nil
}

// IsTrustedIdentity trusts on first use; a device's number is never given to another device, so that a change is an error.
func (s *signalStore) IsTrustedIdentity(_ context.Context, address *protocol.SignalAddress, key *identity.Key) (bool, error) {
	known, ok := s.identities[address.String()]
	return !ok || known == key.PublicKey().PublicKey(), nil
}

func (s *signalStore) LoadPreKey(_ context.Context, id uint32) (*record.PreKey, error) {
	key, ok := s.preKeys[id]
	if !ok {
		return nil, nil
	}
	return record.NewPreKey(id, key.pair(), nil), nil
}

func (s *signalStore) StorePreKey(_ context.Context, id uint32, key *record.PreKey) error {
	pair := key.KeyPair()
	s.preKeys[id] = curveKey{public: pair.PublicKey().PublicKey(), private: pair.PrivateKey().Serialize()}
	return nil
}

func (s *signalStore) ContainsPreKey(_ context.Context, id uint32) (bool, error) {
	_, ok := s.preKeys[id]
	return ok, nil
}

func (s *signalStore) RemovePreKey(_ context.Context, id uint32) error {
	delete(s.preKeys, id)
	return nil
}

func (s *signalStore) LoadSession(_ context.Context, address *protocol.SignalAddress) (*record.Session, error) {
	raw, ok := s.sessions[address.String()]
	if !ok {
		return record.NewSession(s.serializer.Session, s.serializer.State), nil
	}
	return record.NewSessionFromBytes(raw, s.serializer.Session, s.serializer.State)
}

// GetSubDeviceSessions lists the other devices of a name; libsignal's session builder and cipher do not ask for them.
func (s *signalStore) GetSubDeviceSessions(context.Context, string) ([]uint32, error) {
	return nil, nil
}

func (s *signalStore) StoreSession(_ context.Context, address *protocol.SignalAddress, session *record.Session) error {
	s.sessions[address.String()] = session.Serialize()
	return nil
}

func (s *signalStore) ContainsSession(_ context.Context, address *protocol.SignalAddress) (bool, error) {
	_, ok := s.sessions[address.String()]
	return ok, nil
}

func (s *signalStore) DeleteSession(_ context.Context, address *protocol.SignalAddress) error {
	delete(s.sessions, address.String())
	return nil
}

func (s *signalStore) DeleteAllSessions(context.Context) error {
	clear(s.sessions)
	return nil
}

func (s *signalStore) LoadSignedPreKey(_ context.Context, id uint32) (*record.SignedPreKey, error) {
	if id != signedPreKeyID {
		return nil, nil
	}
	return record.NewSignedPreKey(id, 0, s.signed.pair(), [64]byte(s.signature), nil), nil
}

func (s *signalStore) LoadSignedPreKeys(ctx context.Context) ([]*record.SignedPreKey, error) {
	key, err := s.LoadSignedPreKey(ctx, signedPreKeyID)
	return []*record.SignedPreKey{key}, err
}

// errOneSignedPreKey says that a phone's signed prekey does not change.
var errOneSignedPreKey = errors.New("a phone has one signed prekey")

func (s *signalStore) StoreSignedPreKey(context.Context, uint32, *record.SignedPreKey) error {
	return errOneSignedPreKey
}

func (s *signalStore) ContainsSignedPreKey(_ context.Context, id uint32) (bool, error) {
	return id == signedPreKeyID, nil
}

func (s *signalStore) RemoveSignedPreKey(context.Context, uint32) error { return errOneSignedPreKey }

func senderKeyName(name *protocol.SenderKeyName) string {
	return name.GroupID() + " " + name.Sender().String()
}

func (s *signalStore) StoreSenderKey(_ context.Context, name *protocol.SenderKeyName, key *groupRecord.SenderKey) error {
	s.senderKeys[senderKeyName(name)] = key.Serialize()
	return nil
}

func (s *signalStore) LoadSenderKey(_ context.Context, name *protocol.SenderKeyName) (*groupRecord.SenderKey, error) {
	raw, ok := s.senderKeys[senderKeyName(name)]
	if !ok {
		return groupRecord.NewSenderKey(s.serializer.SenderKeyRecord, s.serializer.SenderKeyState), nil
	}
	return groupRecord.NewSenderKeyFromBytes(raw, s.serializer.SenderKeyRecord, s.serializer.SenderKeyState)
}
