package whatsapptest

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"go.mau.fi/whatsmeow/types"
)

// Errors that the API returns; test with errors.Is.
var (
	// ErrNoSuchPerson says that nobody on this server has the phone number or LID.
	ErrNoSuchPerson = errors.New("nobody has this phone number")
	// ErrNoSuchDevice says that the person has no linked device of that number.
	ErrNoSuchDevice = errors.New("no such linked device")
	// ErrPersonExists says that the phone number is taken.
	ErrPersonExists = errors.New("phone number is taken")
	// ErrBadNumber says that a phone number is not 7 to 15 digits.
	ErrBadNumber = errors.New("not a phone number of 7 to 15 digits")
)

// person is an account: a phone number, a LID and devices. The server's mutex guards the fields below the line.
type person struct {
	digits atomic.Pointer[string] // the phone number, which changes under the mutex
	lid    types.JID
	phone  *Phone

	name         string // the push name, as published
	about        string // the text that the person shows beside it
	devices      map[uint16]*device
	nextDevice   uint16
	picture      *picture
	blocked      map[types.JID]bool
	collections  map[string]*collection // app state
	watchers     map[*device]bool       // devices that subscribed to the person's presence
	online       bool
	lastSeen     time.Time
	privacy      map[string]string // settings by name
	defaultTimer uint32            // of disappearing messages in new chats, in seconds
	talked       map[*person]bool  // who wrote to the person or was written to
	addressing   Addressing
	timelock     time.Time        // until when the person may not write to strangers
	contacts     map[*person]bool // who is in the address book
}

// number returns the phone number.
func (p *person) number() string { return *p.digits.Load() }

func (p *person) pn() types.JID { return types.NewJID(p.number(), types.DefaultUserServer) }

// device is one device of a person: 0 is the phone, the others are companions. The server's mutex guards it.
type device struct {
	owner    *person
	id       uint16
	static   []byte // the Noise key that its connections must prove; none for a phone
	platform string
	linkedAt time.Time
	keys     keyring

	conn      *conn // the connection that it is logged in with, or nil
	active    bool  // it asked for its queue
	available bool  // it says that its owner is there
	queue     []*node
	rules     []*rule
	refusals  []Refusal
	logins    int
}

func (d *device) lid() types.JID {
	jid := d.owner.lid
	jid.Device = d.id
	return jid
}

func (d *device) pn() types.JID {
	jid := d.owner.pn()
	jid.Device = d.id
	return jid
}

// AddPerson opens an account and returns its phone. The number may be written with a plus sign, spaces, dots and dashes.
func (s *Server) AddPerson(number, name string) (*Phone, error) {
	digits, err := normalizeNumber(number)
	if err != nil {
		return nil, fmt.Errorf("add %q: %w", name, err)
	}
	p := &person{
		lid: types.NewJID(lidFor(digits), types.HiddenUserServer), name: name, about: "Hey there! I am using WhatsApp.",
		devices: map[uint16]*device{}, nextDevice: 1, blocked: map[types.JID]bool{}, collections: map[string]*collection{},
		watchers: map[*device]bool{}, privacy: newPrivacy(), contacts: map[*person]bool{}, talked: map[*person]bool{},
	}
	p.digits.Store(&digits)
	if _, err := s.lookUp(p.lid.String()); err == nil { // of somebody who had the number before
		p.lid.User = lidFor(newID())
	}
	if p.phone, err = newPhone(s, p); err != nil {
		return nil, fmt.Errorf("add %q: %w", name, err)
	}
	s.mu.Lock()
	if s.people[digits] != nil {
		s.mu.Unlock()
		return nil, fmt.Errorf("add %q: %w", name, ErrPersonExists)
	}
	s.people[digits], s.people[p.lid.User] = p, p
	s.mu.Unlock()
	if err := p.phone.switchOn(); err != nil {
		return nil, fmt.Errorf("add %q: %w", name, err)
	}
	return p.phone, nil
}

// Phone returns the phone of the person with this number or LID. It fails with [ErrNoSuchPerson].
func (s *Server) Phone(number string) (*Phone, error) {
	p, err := s.lookUp(number)
	if err != nil {
		return nil, err
	}
	return p.phone, nil
}

// People returns all phones, in the order of their numbers.
func (s *Server) People() []*Phone {
	s.mu.Lock()
	defer s.mu.Unlock()
	var phones []*Phone
	for key, p := range s.people {
		if key == p.number() {
			phones = append(phones, p.phone)
		}
	}
	slices.SortFunc(phones, func(a, b *Phone) int { return strings.Compare(a.Number(), b.Number()) })
	return phones
}

// lookUp finds a person by what people write: a number in any notation, or a JID.
func (s *Server) lookUp(who string) (*person, error) {
	user, _, isJID := strings.Cut(who, "@")
	if !isJID {
		digits, err := normalizeNumber(who)
		if err != nil {
			return nil, fmt.Errorf("%q: %w", who, ErrNoSuchPerson)
		}
		user = digits
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := s.people[user]; p != nil {
		return p, nil
	}
	return nil, fmt.Errorf("%q: %w", who, ErrNoSuchPerson)
}

// personOf returns the owner of a JID, or nil. The caller holds the mutex.
func (s *Server) personOf(jid types.JID) *person {
	switch jid.Server {
	case types.DefaultUserServer, types.HiddenUserServer, types.LegacyUserServer:
		return s.people[jid.User]
	}
	return nil
}

// deviceOf returns the device of a JID, or nil. The caller holds the mutex.
func (s *Server) deviceOf(jid types.JID) *device {
	if p := s.personOf(jid); p != nil {
		return p.devices[jid.Device]
	}
	return nil
}

// lidOf returns the LID of a device that may be named by number. The caller holds the mutex.
func (s *Server) lidOf(jid types.JID) types.JID {
	if d := s.deviceOf(jid); d != nil {
		return d.lid()
	}
	return jid
}

// sortedDevices returns a person's devices in the order of their numbers. The caller holds the mutex.
func (p *person) sortedDevices() []*device {
	devices := make([]*device, 0, len(p.devices))
	for _, d := range p.devices {
		devices = append(devices, d)
	}
	slices.SortFunc(devices, func(a, b *device) int { return int(a.id) - int(b.id) })
	return devices
}

// normalizeNumber keeps the digits of a phone number in international notation.
func normalizeNumber(number string) (string, error) {
	digits := strings.Map(func(r rune) rune {
		switch {
		case r >= '0' && r <= '9':
			return r
		case strings.ContainsRune("+ .-()\u00a0\u202f", r):
			return -1
		}
		return '?'
	}, number)
	if len(digits) < 7 || len(digits) > 15 || strings.Contains(digits, "?") || digits[0] == '0' {
		return "", ErrBadNumber
	}
	return digits, nil
}

// lidFor derives a LID of 15 digits from a phone number: unrelated to look at, the same in every run, and never a number that
// normalizeNumber yields for a real person, since no country code starts with 999.
func lidFor(digits string) string {
	sum := sha256.Sum256([]byte("lid of " + digits))
	return fmt.Sprintf("999%012d", binary.BigEndian.Uint64(sum[:8])%1e12)
}
