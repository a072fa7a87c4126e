package whatsapptest

import (
	"encoding/binary"
	"errors"
	"fmt"

	"go.mau.fi/libsignal/ecc"
	"go.mau.fi/libsignal/keys/identity"
	"go.mau.fi/libsignal/keys/prekey"
	"go.mau.fi/libsignal/util/optional"
	"go.mau.fi/whatsmeow/types"
)

// lowPreKeys is the number of one-time prekeys below which a device is asked for more (whatsmeow prekeys.go, MinPreKeyCount).
const lowPreKeys = 5

// keyring is what a device publishes of its Signal keys, as it came on the wire.
type keyring struct {
	registration []byte // registration ID, 4 bytes
	identity     []byte // identity key, 32 bytes
	signed       node   // <skey>
	oneTime      []node // <key>, each handed out once
}

// publicPreKey is a prekey's public half.
type publicPreKey struct {
	id        uint32
	key       [32]byte
	signature []byte // 64 bytes for a signed prekey
}

// parsePreKey reads a <key> or <skey>: an ID of three bytes, a key and, for <skey>, a signature.
func parsePreKey(n *node) (publicPreKey, error) {
	id, key, signature := childContent(n, "id"), childContent(n, "value"), childContent(n, "signature")
	if len(id) != 3 || len(key) != 32 || (n.Tag == "skey" && len(signature) != 64) {
		return publicPreKey{}, fmt.Errorf("malformed %s", n.Tag)
	}
	return publicPreKey{id: binary.BigEndian.Uint32(append([]byte{0}, id...)), key: [32]byte(key), signature: signature}, nil
}

func preKeyNode(tag string, k publicPreKey) node {
	n := node{Tag: tag, Content: []node{
		{Tag: "id", Content: binary.BigEndian.AppendUint32(nil, k.id)[1:]}, {Tag: "value", Content: k.key[:]},
	}}
	if tag == "skey" {
		n.Content = append(n.Content.([]node), node{Tag: "signature", Content: k.signature})
	}
	return n
}

// bundle is a device's keyring with at most one one-time prekey, parsed.
type bundle struct {
	registration uint32
	device       uint16
	identity     [32]byte
	signed       publicPreKey
	oneTime      *publicPreKey
}

// parse checks a keyring and turns it into a bundle.
func (k keyring) parse(device uint16) (*bundle, error) {
	if len(k.registration) != 4 || len(k.identity) != 32 {
		return nil, errors.New("malformed keys")
	}
	signed, err := parsePreKey(&k.signed)
	if err != nil {
		return nil, err
	}
	if !verifySignature(k.identity, append([]byte{ecc.DjbType}, signed.key[:]...), signed.signature) {
		return nil, errors.New("signed prekey is not the identity's")
	}
	b := &bundle{
		registration: binary.BigEndian.Uint32(k.registration), device: device, identity: [32]byte(k.identity), signed: signed,
	}
	if len(k.oneTime) > 0 {
		oneTime, err := parsePreKey(&k.oneTime[0])
		if err != nil {
			return nil, err
		}
		b.oneTime = &oneTime
	}
	return b, nil
}

// signal turns a bundle into libsignal's.
func (b *bundle) signal() *prekey.Bundle {
	id, key := optional.NewEmptyUint32(), ecc.ECPublicKeyable(nil)
	if b.oneTime != nil {
		id, key = optional.NewOptionalUint32(b.oneTime.id), ecc.NewDjbECPublicKey(b.oneTime.key)
	}
	return prekey.NewBundle(b.registration, uint32(b.device), id, b.signed.id, key, ecc.NewDjbECPublicKey(b.signed.key),
		[64]byte(b.signed.signature), identity.NewKey(ecc.NewDjbECPublicKey(b.identity)))
}

// takeKeys hands out a device's keys with one one-time prekey, and tells the device when few are left. The caller holds the
// mutex.
func (s *Server) takeKeys(d *device) keyring {
	out := d.keys
	if len(out.oneTime) > 0 {
		out.oneTime = out.oneTime[:1:1]
		d.keys.oneTime = d.keys.oneTime[1:]
		if left := len(d.keys.oneTime); left < lowPreKeys {
			s.deliver(d, notification("encrypt", types.ServerJID, node{Tag: "count", Attrs: attrs{"value": left}}))
		}
	}
	return out
}

// fetchBundle is takeKeys for phones.
func (s *Server) fetchBundle(d *device) (*bundle, error) {
	s.mu.Lock()
	keys := s.takeKeys(d)
	s.mu.Unlock()
	return keys.parse(d.id)
}

// answerKeys serves the namespace encrypt.
func (s *Server) answerKeys(d *device, q *query) ([]node, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch q.name {
	case "encrypt get count":
		return []node{{Tag: "count", Attrs: attrs{"value": len(d.keys.oneTime)}}}, nil
	case "encrypt get digest":
		return []node{digest(d)}, nil
	case "encrypt get key":
		return s.answerKeyRequest(q), nil
	case "encrypt set rotate":
		skey, ok := q.child.GetOptionalChildByTag("skey")
		if _, err := parsePreKey(&skey); !ok || err != nil {
			return nil, errBadRequest
		}
		d.keys.signed = skey
		return nil, nil
	}
	return nil, uploadKeys(d, q)
}

// uploadKeys takes new keys of a device; a malformed upload changes nothing.
func uploadKeys(d *device, q *query) error {
	next := d.keys
	next.oneTime = append([]node(nil), d.keys.oneTime...)
	for _, child := range q.stanza.GetChildren() {
		switch child.Tag {
		case "registration":
			next.registration = content(&child)
		case "identity":
			next.identity = content(&child)
		case "skey":
			next.signed = child
		case "list":
			for _, key := range child.GetChildren() {
				if _, err := parsePreKey(&key); err != nil {
					return errBadRequest
				}
				next.oneTime = append(next.oneTime, key)
			}
		}
	}
	if _, err := next.parse(d.id); err != nil {
		return errBadRequest
	}
	d.keys = next
	return nil
}

// answerKeyRequest hands out the keys of the devices that are asked for. The caller holds the mutex.
func (s *Server) answerKeyRequest(q *query) []node {
	var users []node
	for _, asked := range q.child.GetChildren() {
		jid := jidOf(&asked, "jid")
		user := node{Tag: "user", Attrs: attrs{"jid": jid}}
		if d := s.deviceOf(jid); d != nil {
			keys := s.takeKeys(d)
			children := []node{
				{Tag: "registration", Content: keys.registration}, {Tag: "type", Content: []byte{ecc.DjbType}},
				{Tag: "identity", Content: keys.identity}, keys.signed,
			}
			user.Content = append(children, keys.oneTime...)
		} else {
			user.Content = []node{{Tag: "error", Attrs: attrs{"code": "404", "text": "item-not-found"}}}
		}
		users = append(users, user)
	}
	return []node{{Tag: "list", Content: users}}
}

func digest(d *device) node {
	var ids []node
	for _, key := range d.keys.oneTime {
		ids = append(ids, key.GetChildByTag("id"))
	}
	return node{Tag: "digest", Content: []node{
		{Tag: "registration", Content: d.keys.registration}, {Tag: "type", Content: []byte{ecc.DjbType}},
		{Tag: "identity", Content: d.keys.identity}, d.keys.signed, {Tag: "list", Content: ids},
	}}
}
