package whatsapptest

import (
	"fmt"
	"time"
)

// Refusal is the answer to a login that the server turns down (whatsmeow types/events, ConnectFailureReason): 401 logged out,
// 402 temporarily banned, 403 locked, 405 client outdated, 503 service unavailable.
type Refusal struct {
	// Reason is the failure's number.
	Reason int
	// Message is the text beside it, if any.
	Message string
	// Code and Expire detail a temporary ban: why (101 to 106), and for how long.
	Code   int
	Expire time.Duration
	// Times is how many logins are refused; one at least.
	Times int
}

func (r Refusal) stanza() node {
	a := attrs{"reason": r.Reason, "location": "sim"}
	if r.Message != "" {
		a["message"] = r.Message
	}
	if r.Code != 0 {
		a["code"], a["expire"] = r.Code, int(r.Expire/time.Second)
	}
	return node{Tag: "failure", Attrs: a}
}

// Fault is what may happen to a stanza on its way to a companion.
type Fault string

const (
	// Drop loses the stanza. One that is kept until acknowledged comes again at the next login.
	Drop Fault = "drop"
	// Duplicate sends it twice.
	Duplicate Fault = "duplicate"
	// Delay holds it, and all that follows on the connection, for a while.
	Delay Fault = "delay"
	// Reorder holds it until the next stanza of the same kind has gone.
	Reorder Fault = "reorder"
)

// Rule says which stanzas meet with which fault.
type Rule struct {
	// Fault is what happens.
	Fault Fault
	// Tag is the kind of stanza: message, receipt, notification, ack, iq, ...; message without one.
	Tag string
	// Times is how many stanzas are hit; one at least.
	Times int
	// Delay is how long a delayed stanza waits.
	Delay time.Duration
}

// rule is a Rule at work.
type rule struct {
	Rule
	held *node // by Reorder
}

func (r Rule) check() error {
	switch r.Fault {
	case Drop, Duplicate, Reorder:
		return nil
	case Delay:
		if r.Delay <= 0 {
			return fmt.Errorf("%w: a %s needs a duration", errBadInput, r.Fault)
		}
		return nil
	}
	return fmt.Errorf("%w: unknown fault %q", errBadInput, r.Fault)
}

// transmit sends a stanza to a connected device, past the rules that apply. The caller holds the mutex.
func (d *device) transmit(n node) {
	if d.conn == nil {
		return
	}
	for i, r := range d.rules {
		if r.Tag != n.Tag {
			continue
		}
		if r.held != nil {
			d.conn.send(n)
			d.conn.send(*r.held)
			r.held = nil
		} else {
			r.apply(d.conn, n)
			r.Times--
		}
		if r.Times <= 0 && r.held == nil {
			d.rules = append(d.rules[:i:i], d.rules[i+1:]...)
		}
		return
	}
	d.conn.send(n)
}

func (r *rule) apply(c *conn, n node) {
	switch r.Fault {
	case Drop:
	case Duplicate:
		c.send(n)
		c.send(n)
	case Delay:
		c.out.put(parcel{stanza: n, delay: r.Delay})
	case Reorder:
		r.held = &n
	}
}

func streamReplaced() node {
	return node{Tag: "stream:error", Content: []node{{Tag: "conflict", Attrs: attrs{"type": "replaced"}}}}
}

func streamDeviceRemoved() node {
	return node{Tag: "stream:error", Attrs: attrs{"code": "401"}, Content: []node{
		{Tag: "conflict", Attrs: attrs{"type": "device_removed"}},
	}}
}

// linkBreak is what happens to an attempt to link a client.
type linkBreak struct {
	code    string
	offered bool
}

// BreakNextLink ends the connection of the next client that is being linked with a stream error, as "515". With offered, the
// client has been sent the signed identity right before, so that the error may arrive while it handles that; without, instead.
func (s *Server) BreakNextLink(code string, offered bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.breaking = &linkBreak{code, offered}
}

// takeBreak returns what is to happen to an attempt to link, once. The caller holds the mutex.
func (s *Server) takeBreak() *linkBreak {
	b := s.breaking
	s.breaking = nil
	return b
}

// withCompanion runs a function on a companion under the mutex.
func (p *Phone) withCompanion(id uint16, do func(*device) error) error {
	p.server.mu.Lock()
	defer p.server.mu.Unlock()
	d := p.owner.devices[id]
	if d == nil || id == 0 {
		return fmt.Errorf("device %d of %s: %w", id, p.owner.number(), ErrNoSuchDevice)
	}
	return do(d)
}

// Tamper lays a rule on what goes to a companion; rules apply in the order in which they were laid.
func (p *Phone) Tamper(id uint16, r Rule) error {
	if err := r.check(); err != nil {
		return err
	}
	if r.Tag == "" {
		r.Tag = "message"
	}
	r.Times = max(r.Times, 1)
	return p.withCompanion(id, func(d *device) error {
		d.rules = append(d.rules, &rule{Rule: r})
		return nil
	})
}

// RefuseLogin turns down the companion's next logins.
func (p *Phone) RefuseLogin(id uint16, r Refusal) error {
	r.Times = max(r.Times, 1)
	return p.withCompanion(id, func(d *device) error {
		d.refusals = append(d.refusals, r)
		return nil
	})
}

// ClearFaults takes rules and refusals off a companion.
func (p *Phone) ClearFaults(id uint16) error {
	return p.withCompanion(id, func(d *device) error {
		d.rules, d.refusals = nil, nil
		return nil
	})
}

// LoseSessions makes the phone forget the keys of its conversations, as after a fault of its storage: what others encrypted with
// them it cannot read any more, and asks for again. Its own identity stays.
func (p *Phone) LoseSessions() {
	p.mu.Lock()
	defer p.mu.Unlock()
	clear(p.signal.sessions)
	clear(p.signal.senderKeys)
}

// Cut breaks the companion's connection without a word.
func (p *Phone) Cut(id uint16) error {
	return p.withCompanion(id, func(d *device) error {
		if d.conn != nil {
			d.conn.cut()
		}
		return nil
	})
}

func streamError(code string) node {
	return node{Tag: "stream:error", Attrs: attrs{"code": code}}
}

// StreamError ends the companion's connection with a stream error: "515" reconnect, "503" server restarts, or any other.
func (p *Phone) StreamError(id uint16, code string) error {
	return p.hangUpOn(id, streamError(code))
}

// ReplaceStream ends the companion's connection as if the same device had connected from elsewhere.
func (p *Phone) ReplaceStream(id uint16) error { return p.hangUpOn(id, streamReplaced()) }

func (p *Phone) hangUpOn(id uint16, n node) error {
	return p.withCompanion(id, func(d *device) error {
		if d.conn != nil {
			d.conn.hangUp(n)
		}
		return nil
	})
}
