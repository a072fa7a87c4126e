package whatsapptest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"

	"go.mau.fi/libsignal/groups"
	"go.mau.fi/libsignal/protocol"
	"go.mau.fi/libsignal/session"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"google.golang.org/protobuf/proto"
)

// guard turns a panic into an error: libsignal indexes into keys and messages without looking at their length.
func guard(operation string, err *error) {
	if r := recover(); r != nil {
		*err = fmt.Errorf("%s: %v", operation, r)
	}
}

// pad appends 1 to 15 bytes that say how many they are (whatsmeow message.go, padMessage).
func pad(plaintext []byte) []byte {
	n := rand.IntN(15) + 1
	return append(plaintext, bytes.Repeat([]byte{byte(n)}, n)...)
}

func unpad(padded []byte) ([]byte, error) {
	if len(padded) == 0 {
		return nil, errors.New("message is empty")
	}
	n := int(padded[len(padded)-1])
	if n > len(padded) || !bytes.HasSuffix(padded, bytes.Repeat([]byte{byte(n)}, n)) {
		return nil, errors.New("message is not padded")
	}
	return padded[:len(padded)-n], nil
}

// encryptFor encrypts a message for one device, opening a session if there is none. Fresh keys, if any, open a new one. The
// caller holds the mutex.
func (p *Phone) encryptFor(ctx context.Context, to *device, m *waE2E.Message, fresh *bundle) (enc node, err error) {
	defer guard("encrypt", &err)
	address := to.lid().SignalAddress()
	builder := session.NewBuilderFromSignal(p.signal, address, p.signal.serializer)
	if known, _ := p.signal.ContainsSession(ctx, address); !known && fresh == nil {
		if fresh, err = p.server.fetchBundle(to); err != nil {
			return node{}, fmt.Errorf("keys of %s: %w", to.lid(), err)
		}
	}
	if fresh != nil {
		if err := builder.ProcessBundle(ctx, fresh.signal()); err != nil {
			return node{}, fmt.Errorf("open session with %s: %w", to.lid(), err)
		}
	}
	plaintext, err := proto.Marshal(m)
	if err != nil {
		return node{}, err
	}
	sealed, err := session.NewCipher(builder, address).Encrypt(ctx, pad(plaintext))
	if err != nil {
		return node{}, fmt.Errorf("encrypt for %s: %w", to.lid(), err)
	}
	kind := "msg"
	if sealed.Type() == protocol.PREKEY_TYPE {
		kind = "pkmsg"
	}
	return node{Tag: "enc", Attrs: attrs{"v": "2", "type": kind}, Content: sealed.Serialize()}, nil
}

// senderKey returns the message that hands out the phone's sender key of a group, making the key if there is none. The caller
// holds the mutex.
func (p *Phone) senderKey(ctx context.Context, group types.JID) (*waE2E.SenderKeyDistributionMessage, error) {
	name := protocol.NewSenderKeyName(group.String(), p.device.lid().SignalAddress())
	key, err := groups.NewGroupSessionBuilder(p.signal, p.signal.serializer).Create(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("make sender key: %w", err)
	}
	return &waE2E.SenderKeyDistributionMessage{
		GroupID: proto.String(group.String()), AxolotlSenderKeyDistributionMessage: key.Serialize(),
	}, nil
}

// encryptForGroup encrypts a message under the phone's sender key of a group, and returns it with the message that hands the key
// out. The caller holds the mutex.
func (p *Phone) encryptForGroup(ctx context.Context, group types.JID, m *waE2E.Message) (enc node, key *waE2E.Message, err error) {
	defer guard("encrypt for group", &err)
	distribution, err := p.senderKey(ctx, group)
	if err != nil {
		return node{}, nil, err
	}
	plaintext, err := proto.Marshal(m)
	if err != nil {
		return node{}, nil, err
	}
	name := protocol.NewSenderKeyName(group.String(), p.device.lid().SignalAddress())
	builder := groups.NewGroupSessionBuilder(p.signal, p.signal.serializer)
	sealed, err := groups.NewGroupCipher(builder, name, p.signal).Encrypt(ctx, pad(plaintext))
	if err != nil {
		return node{}, nil, fmt.Errorf("encrypt under sender key: %w", err)
	}
	enc = node{Tag: "enc", Attrs: attrs{"v": "2", "type": "skmsg"}, Content: sealed.SignedSerialize()}
	return enc, &waE2E.Message{SenderKeyDistributionMessage: distribution}, nil
}

// decrypt opens one payload from a device, in a chat. The caller holds the mutex.
func (p *Phone) decrypt(ctx context.Context, enc *node, from, chat types.JID) (m *waE2E.Message, err error) {
	defer guard("decrypt", &err)
	var padded []byte
	switch kind := text(enc, "type"); kind {
	case "pkmsg", "msg":
		padded, err = p.openSession(ctx, content(enc), from, kind == "pkmsg")
	case "skmsg":
		padded, err = p.openSenderKey(ctx, content(enc), from, chat)
	default:
		return nil, fmt.Errorf("unknown kind of payload %q", kind)
	}
	if err != nil {
		return nil, err
	}
	plaintext, err := unpad(padded)
	if err != nil {
		return nil, err
	}
	m = &waE2E.Message{}
	if err := proto.Unmarshal(plaintext, m); err != nil {
		return nil, fmt.Errorf("parse message: %w", err)
	}
	return m, nil
}

func (p *Phone) openSession(ctx context.Context, sealed []byte, from types.JID, opens bool) ([]byte, error) {
	builder := session.NewBuilderFromSignal(p.signal, from.SignalAddress(), p.signal.serializer)
	cipher := session.NewCipher(builder, from.SignalAddress())
	if !opens {
		message, err := protocol.NewSignalMessageFromBytes(sealed, p.signal.serializer.SignalMessage)
		if err != nil {
			return nil, fmt.Errorf("parse payload: %w", err)
		}
		return cipher.Decrypt(ctx, message)
	}
	message, err := protocol.NewPreKeySignalMessageFromBytes(sealed, p.signal.serializer.PreKeySignalMessage, p.signal.serializer.SignalMessage)
	if err != nil {
		return nil, fmt.Errorf("parse payload: %w", err)
	}
	return cipher.DecryptMessage(ctx, message)
}

func (p *Phone) openSenderKey(ctx context.Context, sealed []byte, from, chat types.JID) ([]byte, error) {
	builder := groups.NewGroupSessionBuilder(p.signal, p.signal.serializer)
	name := protocol.NewSenderKeyName(chat.String(), from.SignalAddress())
	message, err := protocol.NewSenderKeyMessageFromBytes(sealed, p.signal.serializer.SenderKeyMessage)
	if err != nil {
		return nil, fmt.Errorf("parse payload: %w", err)
	}
	return groups.NewGroupCipher(builder, name, p.signal).Decrypt(ctx, message)
}

// learnSenderKey keeps the key under which a device writes to a group. The caller holds the mutex.
func (p *Phone) learnSenderKey(ctx context.Context, from, chat types.JID, m *waE2E.SenderKeyDistributionMessage) (err error) {
	defer guard("learn sender key", &err)
	message, err := protocol.NewSenderKeyDistributionMessageFromBytes(
		m.GetAxolotlSenderKeyDistributionMessage(), p.signal.serializer.SenderKeyDistributionMessage)
	if err != nil {
		return fmt.Errorf("parse sender key: %w", err)
	}
	builder := groups.NewGroupSessionBuilder(p.signal, p.signal.serializer)
	return builder.Process(ctx, protocol.NewSenderKeyName(chat.String(), from.SignalAddress()), message)
}
