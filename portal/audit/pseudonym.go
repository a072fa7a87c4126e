package audit

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"strings"
	"time"

	"passerelle/portal"
)

// Pseudonyms stand in the log where a person or a chat is meant: HMAC-SHA256 under a key that the administrator holds, cut to
// 128 bits (RFC 2104, section 5), in hex. The same identifier has always the same pseudonym. Who has the key finds whether a
// pseudonym is somebody's by computing it anew; nobody computes it back.
type Pseudonyms struct{ key []byte }

// ID names the key, and tells nothing else about it: the first 4 bytes of HMAC-SHA256 of a fixed text under it, in hex.
func (p *Pseudonyms) ID() string { return p.compute("key")[:8] }

// pseudonymKeySize is in bytes.
const pseudonymKeySize = 32

// pseudonymSize is in bytes.
const pseudonymSize = 16

// ParsePseudonyms returns the pseudonyms under a key: 32 bytes in base64.
func ParsePseudonyms(key string) (*Pseudonyms, error) {
	raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(key))
	if err != nil || len(raw) != pseudonymKeySize {
		return nil, errors.New("the pseudonyms' key is not 32 bytes in base64; make one with: passerelle audit key")
	}
	return &Pseudonyms{key: raw}, nil
}

// The spaces of identifiers that are no network's.
const (
	spaceMatrix = "matrix"
	spaceSystem = "system" // users of the machine
)

// Of returns the pseudonym of somebody or of a chat, by the identifier that a network has for them. A Matrix user ID is that
// of a person on Matrix whatever the network is; without a network another identifier is that of a user of the machine. That of
// "" is "".
func (p *Pseudonyms) Of(network, identifier string) string {
	switch {
	case identifier == "":
		return ""
	case strings.HasPrefix(identifier, "@"):
		network = spaceMatrix
	case network == "":
		network = spaceSystem
	}
	return p.compute(network, identifier)
}

// Message returns the pseudonym of the attempt to cross that a decision's key names.
func (p *Pseudonyms) Message(network string, direction portal.Direction, key string) string {
	return p.compute("message", network, string(direction), key)
}

func (p *Pseudonyms) compute(names ...string) string {
	mac := hmac.New(sha256.New, p.key)
	for _, name := range names { // so that no two lists of names give the same bytes
		var length [4]byte
		binary.BigEndian.PutUint32(length[:], uint32(len(name)))
		mac.Write(length[:])
		mac.Write([]byte(name))
	}
	return hex.EncodeToString(mac.Sum(nil)[:pseudonymSize])
}

// crossing is the entry of a decision. It has no place yet.
func (p *Pseudonyms) crossing(d portal.Decision) *Entry {
	e := &Entry{
		At: d.At, Salt: newSalt(), Key: p.ID(), Event: EventCrossing, Network: d.Network, Actor: p.Of(d.Network, d.Sender),
		Portal: p.Of(d.Network, d.Portal), Login: p.Of(d.Network, d.Login), Message: p.Message(d.Network, d.Direction, d.Key),
		Direction: d.Direction, Kind: d.Kind, Size: d.Size, Verdict: d.Outcome, Rule: d.Rule, Found: d.Found, Digest: d.Digest,
	}
	e.clean()
	return e
}

// action is the entry of an action. It has no place yet.
func (p *Pseudonyms) action(a Action, at time.Time) *Entry {
	e := &Entry{
		At: at, Salt: newSalt(), Key: p.ID(), Event: EventAction, Network: a.Network, Actor: p.Of("", a.Actor), Portal: p.Of(a.Network, a.Portal),
		Action: a.Action, Target: p.Of(a.Network, a.Target), Detail: a.Detail, Result: a.Result, Door: a.Door,
	}
	e.clean()
	return e
}

// NewPseudonymKey returns a fresh key, as [ParsePseudonyms] reads it.
func NewPseudonymKey() string {
	return base64.StdEncoding.EncodeToString(randomBytes(pseudonymKeySize))
}
