package whatsapptest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"go.mau.fi/whatsmeow/proto/waHistorySync"
	"go.mau.fi/whatsmeow/types"
)

// Phone is a person's primary device. Its methods are what its owner does with it; they may be called from any goroutine.
//
// One goroutine handles what arrives, in order. A mutex guards the Signal sessions and the sent messages, and is held while a
// message is encrypted and handed to the server; the inbox has a lock of its own.
type Phone struct {
	server   *Server
	owner    *person
	device   *device
	identity curveKey
	mail     *mailbox[node]
	inbox    *inbox
	power    power

	mu      sync.Mutex
	signal  *signalStore
	sent    map[string]sentMessage // by message ID, to send again on a retry receipt
	retries map[string]int         // retry receipts that this phone has asked for, by message
	state   *phoneState            // app state
	onLink  *HistoryOnLink
	timers  map[types.JID]chatTimer
	log     []loggedMessage // what was sent and received, for companions that ask

	pending      []*waHistorySync.HistorySync // what ContinueHistory sends
	historyAsked []*historyOnDemandAsk
}

// DeviceInfo describes a linked device.
type DeviceInfo struct {
	// ID is the device's number, from 1.
	ID uint16 `json:"device"`
	// PN and LID are its addresses.
	PN  string `json:"pn"`
	LID string `json:"lid"`
	// Platform is the name that the client gave itself.
	Platform string `json:"platform"`
	// Connected says that it is logged in now; Logins how often it has logged in.
	Connected bool `json:"connected"`
	Logins    int  `json:"logins"`
	// Queued is the number of stanzas that it has not acknowledged.
	Queued int `json:"queued"`
	// PreKeys is the number of its one-time prekeys that the server still has.
	PreKeys int `json:"prekeys"`
	// LinkedAt is when it was linked.
	LinkedAt time.Time `json:"linked_at"`
}

func newPhone(s *Server, owner *person) (*Phone, error) {
	identity, err := newCurveKey()
	if err != nil {
		return nil, err
	}
	p := &Phone{
		server: s, owner: owner, identity: identity, mail: newMailbox[node](), inbox: newInbox(),
		sent: map[string]sentMessage{}, retries: map[string]int{}, timers: map[types.JID]chatTimer{},
	}
	if !s.options.KeepHistory {
		p.onLink = &HistoryOnLink{Inline: true}
	}
	if p.signal, err = newSignalStore(identity); err != nil {
		return nil, err
	}
	p.device = &device{owner: owner, platform: "phone", linkedAt: time.Now(), keys: p.signal.publish()}
	owner.devices[0] = p.device
	if p.state, err = newPhoneState(); err != nil {
		return nil, err
	}
	return p, nil
}

// switchOn starts handling what arrives and publishes the owner's name.
func (p *Phone) switchOn() error {
	p.server.goRun(func() { p.run(p.server.ctx) })
	return p.publishName()
}

// run handles stanzas until the context ends.
func (p *Phone) run(ctx context.Context) {
	for {
		n, err := p.mail.take(ctx)
		if err != nil {
			return
		}
		if off, _, on := p.power.state(); off {
			select {
			case <-on:
			case <-ctx.Done():
				return
			}
		}
		p.receive(ctx, &n)
	}
}

// Number returns the phone number, digits only.
func (p *Phone) Number() string { return p.owner.number() }

// PN returns the phone number as a JID.
func (p *Phone) PN() types.JID { return p.owner.pn() }

// LID returns the LID as a JID.
func (p *Phone) LID() types.JID { return p.owner.lid }

// Name returns the name that the person publishes.
func (p *Phone) Name() string {
	p.server.mu.Lock()
	defer p.server.mu.Unlock()
	return p.owner.name
}

// Devices lists the linked devices in the order in which they were linked.
func (p *Phone) Devices() []DeviceInfo {
	p.server.mu.Lock()
	devices := p.owner.sortedDevices()
	p.server.mu.Unlock()
	var infos []DeviceInfo
	for _, d := range devices {
		if d.id != 0 {
			infos = append(infos, p.deviceInfo(d))
		}
	}
	return infos
}

func (p *Phone) deviceInfo(d *device) DeviceInfo {
	p.server.mu.Lock()
	defer p.server.mu.Unlock()
	return DeviceInfo{
		ID: d.id, PN: d.pn().String(), LID: d.lid().String(), Platform: d.platform, Connected: d.conn != nil,
		Logins: d.logins, Queued: len(d.queue), PreKeys: len(d.keys.oneTime), LinkedAt: d.linkedAt,
	}
}

// Unlink removes a linked device from the account. If it is connected it is told so, and sent away.
func (p *Phone) Unlink(id uint16) error {
	return p.withCompanion(id, func(d *device) error {
		if d.conn != nil {
			d.conn.hangUp(streamDeviceRemoved())
		}
		p.server.removeDevice(d)
		return nil
	})
}

// LosePreKeys makes the server forget all but some of a companion's one-time prekeys.
func (p *Phone) LosePreKeys(id uint16, keep int) error {
	return p.withCompanion(id, func(d *device) error {
		if keep < len(d.keys.oneTime) {
			d.keys.oneTime = d.keys.oneTime[:keep:keep]
		}
		return nil
	})
}

// ask puts a question to the server as a client would.
func (p *Phone) ask(n node) ([]node, error) { return p.server.answer(p.device, parseQuery(&n)) }

// iq builds a question.
func iq(xmlns, kind string, to types.JID, child node) node {
	return node{Tag: "iq", Attrs: attrs{"xmlns": xmlns, "type": kind, "to": to, "id": newID()}, Content: []node{child}}
}

// SetPicture sets the owner's profile picture, a PNG or JPEG image; none removes it. Everybody's devices are told.
func (p *Phone) SetPicture(data []byte) error { return p.setPictureOf(p.LID(), data) }

func (p *Phone) setPictureOf(target types.JID, data []byte) error {
	stanza := iq("w:profile:picture", "set", types.ServerJID, node{Tag: "picture", Attrs: attrs{"type": "image"}, Content: data})
	if len(data) == 0 {
		stanza.Content = nil
	}
	stanza.Attrs["target"] = target
	if _, err := p.ask(stanza); errors.Is(err, errNotAcceptable) {
		return fmt.Errorf("set picture: %w", ErrBadImage)
	} else if err != nil {
		return fmt.Errorf("set picture: %w", err)
	}
	return nil
}

// SetOnline shows the owner as present or away to those who watch.
func (p *Phone) SetOnline(online bool) {
	p.server.mu.Lock()
	defer p.server.mu.Unlock()
	p.server.setAvailable(p.device, online)
}

// SetName changes the name that the person publishes: the next message carries it, and so does the app state.
func (p *Phone) SetName(name string) error {
	p.server.mu.Lock()
	p.owner.name = name
	p.server.mu.Unlock()
	return p.publishName()
}

// Typing shows the owner as typing a message to a person or group, or as having stopped.
func (p *Phone) Typing(to string, composing bool) error {
	jid, err := p.resolve(to)
	if err != nil {
		return fmt.Errorf("type to %s: %w", to, err)
	}
	state := "paused"
	if composing {
		state = "composing"
	}
	return p.server.handleChatState(p.device, &node{Tag: "chatstate", Attrs: attrs{"to": jid}, Content: []node{{Tag: state}}})
}

// Recording shows the owner as recording a voice message for a person or group; Typing ends it.
func (p *Phone) Recording(to string) error {
	jid, err := p.resolve(to)
	if err != nil {
		return fmt.Errorf("record for %s: %w", to, err)
	}
	state := node{Tag: "composing", Attrs: attrs{"media": "audio"}}
	return p.server.handleChatState(p.device, &node{Tag: "chatstate", Attrs: attrs{"to": jid}, Content: []node{state}})
}

// Watch asks to be told when a person comes and goes; it arrives as a notice.
func (p *Phone) Watch(who string) error {
	jid, err := p.resolve(who)
	if err != nil {
		return fmt.Errorf("watch %s: %w", who, err)
	}
	return p.server.handlePresence(p.device, &node{Tag: "presence", Attrs: attrs{"type": "subscribe", "to": jid}})
}

// resolve finds the address of a person, by phone number or LID, or of a group.
func (p *Phone) resolve(to string) (types.JID, error) {
	if to == types.StatusBroadcastJID.String() {
		return types.StatusBroadcastJID, nil
	}
	if strings.HasSuffix(to, "@"+types.GroupServer) {
		jid, err := types.ParseJID(to)
		if err != nil {
			return types.EmptyJID, err
		}
		p.server.mu.Lock()
		defer p.server.mu.Unlock()
		if p.server.groups[jid] == nil {
			return types.EmptyJID, fmt.Errorf("%q: %w", to, ErrNoSuchGroup)
		}
		return jid, nil
	}
	other, err := p.server.lookUp(to)
	if err != nil {
		return types.EmptyJID, err
	}
	return other.lid, nil
}
