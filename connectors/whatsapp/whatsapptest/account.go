package whatsapptest

import (
	"encoding/json"
	"fmt"
	"strconv"
	"sync"
	"time"

	"go.mau.fi/whatsmeow/types"
)

// idleUnlink is after how long without their phone companions are unlinked.
const idleUnlink = 14 * 24 * time.Hour

// codeTimelocked is the refusal of a first message to somebody while the account may not write to strangers.
const codeTimelocked = 463

// power is whether a phone is on.
type power struct {
	mu    sync.Mutex
	off   bool
	since time.Time     // when it went off, by the phones' clock
	on    chan struct{} // closed when it is on again
}

// SwitchOff turns the phone off: nothing that arrives is handled, confirmed or answered until SwitchOn. After 14 days, as
// [Server.Advance] counts them, its companions are unlinked.
func (p *Phone) SwitchOff() {
	p.server.mu.Lock()
	now := time.Now().Add(p.server.ahead)
	p.server.mu.Unlock()
	p.power.mu.Lock()
	defer p.power.mu.Unlock()
	if !p.power.off {
		p.power.off, p.power.since, p.power.on = true, now, make(chan struct{})
	}
}

// SwitchOn turns the phone on again; what waited for it is handled.
func (p *Phone) SwitchOn() {
	p.power.mu.Lock()
	defer p.power.mu.Unlock()
	if p.power.off {
		p.power.off = false
		close(p.power.on)
	}
}

// state tells whether the phone is off, since when, and what is closed when it is on again.
func (w *power) state() (off bool, since time.Time, on <-chan struct{}) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.off, w.since, w.on
}

// unlinkIdle unlinks the companions of a phone that has been off for too long.
func (p *Phone) unlinkIdle(now time.Time) {
	if off, since, _ := p.power.state(); !off || now.Sub(since) < idleUnlink {
		return
	}
	p.server.mu.Lock()
	defer p.server.mu.Unlock()
	p.unlinkAll()
}

// unlinkAll removes all linked devices from the account. The caller holds the server's mutex.
func (p *Phone) unlinkAll() {
	for _, d := range p.owner.sortedDevices() {
		if d.id == 0 {
			continue
		}
		if d.conn != nil {
			d.conn.hangUp(streamDeviceRemoved())
		}
		p.server.removeDevice(d)
	}
}

// Ban turns down the logins of all companions for a while, as of an account that broke the rules: code says why (101 to 106,
// whatsmeow types/events, TempBanReason). Those that are connected are cut off.
func (p *Phone) Ban(code int, d time.Duration) error {
	for _, companion := range p.Devices() {
		if err := p.RefuseLogin(companion.ID, Refusal{Reason: 402, Code: code, Expire: d, Times: manyTimes}); err != nil {
			return err
		}
		if err := p.Cut(companion.ID); err != nil {
			return err
		}
	}
	return nil
}

// manyTimes is for good, until a fault is cleared.
const manyTimes = 1 << 30

// Timelock forbids the account to write to people with whom it has not exchanged messages yet, until a time: such messages are
// refused with error 463. All of its devices are told. The zero time ends it.
func (p *Phone) Timelock(until time.Time) error {
	var update struct {
		Data struct {
			Timelock struct {
				Type   string `json:"enforcement_type"`
				Active bool   `json:"is_active"`
				Ends   string `json:"time_enforcement_ends,omitempty"`
			} `json:"xwa2_notify_account_reachout_timelock"`
		} `json:"data"`
	}
	// What kinds of enforcement there are is not known; clients do not look.
	update.Data.Timelock.Type, update.Data.Timelock.Active = "RESTRICT_ALL_COMPANIONS", !until.IsZero()
	if !until.IsZero() {
		update.Data.Timelock.Ends = strconv.FormatInt(until.Unix(), 10)
	}
	raw, err := json.Marshal(update)
	if err != nil {
		return fmt.Errorf("announce timelock: %w", err)
	}
	p.server.mu.Lock()
	defer p.server.mu.Unlock()
	p.owner.timelock = until
	p.server.deliverAll(p.owner, nil, notification("mex", types.ServerJID, node{
		Tag: "update", Attrs: attrs{"op_name": "NotificationUserReachoutTimelockUpdate"}, Content: raw,
	}))
	return nil
}

// AckRule says which messages are refused with an error in the acknowledgement.
type AckRule struct {
	// From is who writes, by phone number, and To whom they write to, by phone number or group ID; anybody without one.
	From, To string
	// Code is the error: 463 no right to write first, 479 or 420 for what the server does not like, 429 too many.
	Code int
	// Times is how many messages are refused; all until [Server.ClearAckRules] without one.
	Times int
}

// ackRule is an AckRule at work.
type ackRule struct {
	from  *person
	to    types.JID
	code  int
	times int
}

// RefuseMessages answers messages with an error; nothing of them is delivered.
func (s *Server) RefuseMessages(r AckRule) error {
	if r.Code == 0 {
		return fmt.Errorf("refuse messages: %w: no code", errBadInput)
	}
	active := &ackRule{code: r.Code, times: r.Times}
	if active.times <= 0 {
		active.times = manyTimes
	}
	var err error
	if r.From != "" {
		if active.from, err = s.lookUp(r.From); err != nil {
			return fmt.Errorf("refuse messages: %w", err)
		}
	}
	if r.To != "" {
		if active.to, err = s.chatOf(r.To); err != nil {
			return fmt.Errorf("refuse messages: %w", err)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ackRules = append(s.ackRules, active)
	return nil
}

// chatOf finds a group by its ID, or a person by phone number or LID.
func (s *Server) chatOf(who string) (types.JID, error) {
	if group, err := s.Group(who); err == nil {
		return types.ParseJID(group.ID)
	}
	person, err := s.lookUp(who)
	if err != nil {
		return types.EmptyJID, err
	}
	return person.lid, nil
}

// ClearAckRules takes the rules of [Server.RefuseMessages] away.
func (s *Server) ClearAckRules() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ackRules = nil
}

// RefuseMessagesTo answers what anybody sends to the person with an error (463: no right to write first); 0 ends it.
// Nothing of such a message is delivered.
func (s *Server) RefuseMessagesTo(number string, code int) error {
	to, err := s.chatOf(number)
	if err != nil {
		return fmt.Errorf("refuse messages: %w", err)
	}
	s.mu.Lock()
	kept := s.ackRules[:0]
	for _, r := range s.ackRules {
		if r.to != to {
			kept = append(kept, r)
		}
	}
	s.ackRules = kept
	s.mu.Unlock()
	if code == 0 {
		return nil
	}
	return s.RefuseMessages(AckRule{To: number, Code: code})
}

// refusal returns the error that a message meets with, or nil: by a rule, or because its sender may not write to strangers. What
// one's own devices tell each other passes. The caller holds the mutex.
func (s *Server) refusal(m *outgoing) *stanzaError {
	to, recipient := m.to.ToNonAD(), s.personOf(m.to)
	if recipient != nil {
		to = recipient.lid
	}
	if recipient == m.from.owner || m.base["category"] == "peer" {
		return nil
	}
	for i, r := range s.ackRules {
		if (r.from != nil && r.from != m.from.owner) || (!r.to.IsEmpty() && r.to != to) {
			continue
		}
		if r.times--; r.times <= 0 {
			s.ackRules = append(s.ackRules[:i:i], s.ackRules[i+1:]...)
		}
		return &stanzaError{code: r.code}
	}
	if recipient != nil && time.Now().Add(s.ahead).Before(m.from.owner.timelock) && !m.from.owner.talked[recipient] {
		return &stanzaError{code: codeTimelocked}
	}
	return nil
}
