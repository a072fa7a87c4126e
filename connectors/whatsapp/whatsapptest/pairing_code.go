package whatsapptest

import (
	"context"
	"fmt"
	"time"

	"go.mau.fi/whatsmeow/types"
)

// codePairing is a client that waits for a person to type its pairing code. The server's mutex guards it.
//
// The exchange (whatsmeow pair-code.go has the companion's half): the client sends its ephemeral key, encrypted under the code
// (companion_hello). The phone, once its owner has typed the code, sends its own in the same way and its identity key
// (primary_hello). The client answers with its identity key and a secret, sealed under the agreed key (companion_finish), which
// tells the phone whether the code was right. Then the phone signs the client's identity as after a QR code.
type codePairing struct {
	ref     string
	client  *registration
	owner   *person
	since   time.Time
	wrapped []byte // the companion's ephemeral key under the code: salt 32, IV 16, key 32
	answer  chan pairingAnswer
}

// pairingAnswer is the companion's finish.
type pairingAnswer struct {
	bundle   []byte // salt 32, nonce 12, sealed key bundle
	identity []byte
	err      error
}

// finish ends a phone's wait with an error. The caller holds the mutex.
func (p *codePairing) finish(err error) {
	select {
	case p.answer <- pairingAnswer{err: err}:
	default:
	}
}

// answerPairingCode takes the companion's two messages.
func (s *Server) answerPairingCode(r *registration, q *query) ([]node, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch text(q.child, "stage") {
	case "companion_hello":
		return s.companionHello(r, q.child)
	case "companion_finish":
		pairing := s.pairings[string(childContent(q.child, "link_code_pairing_ref"))]
		if pairing == nil || pairing.client != r {
			return nil, errItemNotFound
		}
		answer := pairingAnswer{
			bundle:   childContent(q.child, "link_code_pairing_wrapped_key_bundle"),
			identity: childContent(q.child, "companion_identity_public"),
		}
		select {
		case pairing.answer <- answer:
		default: // nobody typed a code
		}
		return nil, nil
	}
	return nil, errNotUnderstood
}

// companionHello notes a client's wish to be linked to a person. The caller holds the mutex.
func (s *Server) companionHello(r *registration, hello *node) ([]node, error) {
	owner := s.personOf(jidOf(hello, "jid"))
	wrapped := childContent(hello, "link_code_pairing_wrapped_companion_ephemeral_pub")
	switch {
	case owner == nil:
		return nil, errItemNotFound
	case len(wrapped) != wrappedKeySize, !displayName.Match(childContent(hello, "companion_platform_display")):
		return nil, errBadRequest
	}
	pairing := &codePairing{
		ref: randomHex(16), client: r, owner: owner, since: time.Now(), wrapped: wrapped, answer: make(chan pairingAnswer, 1),
	}
	s.pairings[pairing.ref] = pairing
	owner.phone.notice(Notice{Kind: NoticePairingRequested})
	return []node{{Tag: "link_code_companion_reg", Content: []node{
		{Tag: "link_code_pairing_ref", Content: []byte(pairing.ref)},
	}}}, nil
}

// newestPairing returns the latest client that asked for a pairing code for a person.
func (s *Server) newestPairing(owner *person) (*codePairing, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var newest *codePairing
	for _, p := range s.pairings {
		if p.owner == owner && (newest == nil || p.since.After(newest.since)) {
			newest = p
		}
	}
	if newest == nil {
		return nil, ErrNoPairing
	}
	return newest, nil
}

// primaryHello sends the phone's wrapped ephemeral key and identity key to the companion and waits for its finish.
func (s *Server) primaryHello(ctx context.Context, pairing *codePairing, wrapped, identity []byte) (pairingAnswer, error) {
	select {
	case <-pairing.answer: // what came too late for an attempt that was given up
	default:
	}
	pairing.client.conn.send(notification("link_code_companion_reg", types.ServerJID, node{
		Tag: "link_code_companion_reg", Attrs: attrs{"stage": "primary_hello"}, Content: []node{
			{Tag: "link_code_pairing_wrapped_primary_ephemeral_pub", Content: wrapped},
			{Tag: "primary_identity_pub", Content: identity},
			{Tag: "link_code_pairing_ref", Content: []byte(pairing.ref)},
		},
	}))
	select {
	case answer := <-pairing.answer:
		return answer, answer.err
	case <-ctx.Done():
		return pairingAnswer{}, fmt.Errorf("wait for the client's keys: %w", ctx.Err())
	}
}

// forgetPairing closes a pairing that led to a linked device.
func (s *Server) forgetPairing(pairing *codePairing) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.pairings, pairing.ref)
}
