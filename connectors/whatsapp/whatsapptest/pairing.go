package whatsapptest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"time"

	"go.mau.fi/whatsmeow/proto/waAdv"
	"go.mau.fi/whatsmeow/proto/waCompanionReg"
	"go.mau.fi/whatsmeow/proto/waWa6"
	"go.mau.fi/whatsmeow/types"
	"google.golang.org/protobuf/proto"
)

// qrReferences is how many QR codes a client gets to show one after the other.
const qrReferences = 6

// Errors of linking.
var (
	// ErrUnknownCode says that no client is showing this QR code (any more).
	ErrUnknownCode = errors.New("no client shows this QR code")
	// ErrNoPairing says that no client has asked for a pairing code for this person.
	ErrNoPairing = errors.New("no client waits for a pairing code")
	// ErrClientGone says that the client disconnected while it was being linked.
	ErrClientGone = errors.New("client disconnected while being linked")
)

// registration is a client that waits to be linked. The server's mutex guards it.
type registration struct {
	conn     *conn
	keys     keyring
	platform string
	refs     []string
	pending  *linking // the one attempt that is under way
	linked   bool
}

// linking is an attempt to link a client to a person.
type linking struct {
	device   *device
	stanzaID string
	account  []byte // public identity key of the phone
	outcome  chan error
}

// register greets a client that has no account with references for QR codes.
func (s *Server) register(c *conn, data *waWa6.ClientPayload_DevicePairingRegistrationData) {
	r := &registration{conn: c, keys: keyring{
		registration: data.GetERegid(), identity: data.GetEIdent(),
		signed: node{Tag: "skey", Content: []node{
			{Tag: "id", Content: data.GetESkeyID()}, {Tag: "value", Content: data.GetESkeyVal()},
			{Tag: "signature", Content: data.GetESkeySig()},
		}},
	}}
	var props waCompanionReg.DeviceProps
	if err := proto.Unmarshal(data.GetDeviceProps(), &props); err == nil {
		r.platform = props.GetOs()
	}
	c.label = "a device being linked"
	if _, err := r.keys.parse(0); err != nil {
		c.hangUp(Refusal{Reason: 400, Message: err.Error()}.stanza())
		return
	}
	refs := make([]node, qrReferences)
	s.mu.Lock()
	defer s.mu.Unlock()
	c.registration = r
	for i := range refs {
		ref := "2@" + randomHex(24)
		r.refs = append(r.refs, ref)
		s.refs[ref] = r
		refs[i] = node{Tag: "ref", Content: []byte(ref)}
	}
	c.send(mdSet(node{Tag: "pair-device", Content: refs}, newID()))
}

func mdSet(child node, id string) node {
	return node{Tag: "iq", Attrs: attrs{
		"from": types.ServerJID, "type": "set", "xmlns": "md", "id": id, "t": unixNow(),
	}, Content: []node{child}}
}

// dropRegistration forgets a client that waited to be linked. The caller holds the mutex.
func (s *Server) dropRegistration(r *registration) {
	for _, ref := range r.refs {
		delete(s.refs, ref)
	}
	for ref, p := range s.pairings {
		if p.client == r {
			p.finish(ErrClientGone)
			delete(s.pairings, ref)
		}
	}
	r.fail(ErrClientGone)
}

// fail ends the attempt under way, if there is one. The caller holds the mutex.
func (r *registration) fail(err error) {
	if r.pending != nil {
		r.pending.outcome <- err
		r.pending = nil
	}
}

// findRegistration returns the client that shows a QR code's reference, if it has these keys.
func (s *Server) findRegistration(qr qrCode) (*registration, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.refs[qr.reference]
	if r == nil {
		return nil, ErrUnknownCode
	}
	if !bytes.Equal(r.conn.static, qr.noise) || !bytes.Equal(r.keys.identity, qr.identity) {
		return nil, fmt.Errorf("%w: its keys are another client's", ErrUnknownCode)
	}
	return r, nil
}

// handleRegistering answers a client that is not linked yet.
func (s *Server) handleRegistering(r *registration, n *node) {
	var err error
	switch kind := text(n, "type"); {
	case n.Tag == "iq" && kind == "result":
		s.finishLinking(r, n)
	case n.Tag == "iq" && kind == "error":
		s.mu.Lock()
		r.fail(fmt.Errorf("client refused to be linked: %s", n.String()))
		s.mu.Unlock()
	case n.Tag == "iq":
		err = s.answerRegistering(r, parseQuery(n))
	case n.Tag == "ack", n.Tag == "ib":
	default:
		err = errNotUnderstood
	}
	if err != nil {
		s.noteUnknown(r.conn.label, n, err)
	}
}

func (s *Server) answerRegistering(r *registration, q *query) error {
	var children []node
	var err error
	switch q.name {
	case "w:p get":
	case "md set link_code_companion_reg":
		children, err = s.answerPairingCode(r, q)
	default:
		err = errNotUnderstood
	}
	var refusal *stanzaError
	if err != nil {
		r.conn.send(q.failure(err))
		if errors.As(err, &refusal) {
			return nil
		}
		return err
	}
	r.conn.send(q.result(children...))
	return nil
}

// link offers a client the identity that a phone signed for it, and waits until the client has signed it as well. Sign gets
// the number that the new device will have.
func (s *Server) link(ctx context.Context, r *registration, p *person, account []byte, sign func(device uint16) ([]byte, error)) (*device, error) {
	s.mu.Lock()
	if r.pending != nil || r.linked || r.conn.registration != r {
		s.mu.Unlock()
		return nil, fmt.Errorf("link device: %w", ErrUnknownCode)
	}
	d := &device{owner: p, id: p.nextDevice, static: r.conn.static, keys: r.keys, platform: r.platform}
	p.nextDevice++
	attempt := &linking{device: d, stanzaID: newID(), account: account, outcome: make(chan error, 1)}
	r.pending = attempt
	broken := s.takeBreak()
	s.mu.Unlock()
	identity, err := sign(d.id)
	if err != nil {
		s.abandonLinking(r, attempt)
		return nil, fmt.Errorf("sign device identity: %w", err)
	}
	if broken == nil || broken.offered {
		r.conn.send(mdSet(node{Tag: "pair-success", Content: []node{
			{Tag: "device-identity", Content: identity},
			{Tag: "device", Attrs: attrs{"jid": d.pn(), "lid": d.lid()}},
			{Tag: "platform", Attrs: attrs{"name": "android"}},
		}}, attempt.stanzaID))
	}
	if broken != nil {
		r.conn.hangUp(streamError(broken.code))
	}
	select {
	case err := <-attempt.outcome:
		if err != nil {
			return nil, fmt.Errorf("link device: %w", err)
		}
		return d, nil
	case <-ctx.Done():
		s.abandonLinking(r, attempt)
		return nil, fmt.Errorf("link device: %w", ctx.Err())
	}
}

func (s *Server) abandonLinking(r *registration, attempt *linking) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.pending == attempt {
		r.pending = nil
	}
}

// finishLinking takes the client's signed identity, opens its device and sends the client away to log in.
func (s *Server) finishLinking(r *registration, n *node) {
	s.mu.Lock()
	defer s.mu.Unlock()
	attempt := r.pending
	if attempt == nil || text(n, "id") != attempt.stanzaID {
		return // the answer to pair-device
	}
	if err := checkDeviceIdentity(n, r.keys.identity, attempt); err != nil {
		r.fail(err)
		r.conn.hangUp(streamError("500"))
		return
	}
	d := attempt.device
	r.linked, d.linkedAt = true, time.Now()
	d.owner.devices[d.id] = d
	s.devicesChanged(d, "add")
	r.conn.hangUp(streamError("515"))
	r.fail(nil)
}

// checkDeviceIdentity verifies the companion's signature over the identity that the phone signed (ADV, whatsmeow pair.go).
func checkDeviceIdentity(n *node, companion []byte, attempt *linking) error {
	signed, ok := n.GetOptionalChildByTag("pair-device-sign", "device-identity")
	if !ok {
		return errors.New("client sent no device identity")
	}
	if text(&signed, "key-index") != strconv.Itoa(int(attempt.device.id)) {
		return errors.New("client signed another key index")
	}
	var identity waAdv.ADVSignedDeviceIdentity
	if err := proto.Unmarshal(content(&signed), &identity); err != nil {
		return fmt.Errorf("parse device identity: %w", err)
	}
	message := slices.Concat([]byte{6, 1}, identity.GetDetails(), companion, attempt.account)
	if !verifySignature(companion, message, identity.GetDeviceSignature()) {
		return errors.New("client's device signature is wrong")
	}
	return nil
}

// unlinkByCompanion checks that a companion may unlink itself; afterAnswer does it.
func (s *Server) unlinkByCompanion(d *device) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	d.owner.phone.notice(Notice{Kind: NoticeCompanionLeft, Device: d.id})
	return nil
}

// removeDevice takes a companion out of its person's devices. The caller holds the mutex.
func (s *Server) removeDevice(d *device) {
	delete(d.owner.devices, d.id)
	s.deviceLeft(d)
	s.devicesChanged(d, "remove")
}

// displayName is what the real server takes for a client that asks for a pairing code: "Browser (System)".
var displayName = regexp.MustCompile(`^[A-Za-z ]+ \([A-Za-z ]+\)$`)
