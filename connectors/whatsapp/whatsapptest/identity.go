package whatsapptest

import (
	"context"
	"fmt"
	"time"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/proto/waLidMigrationSyncPayload"
	"google.golang.org/protobuf/proto"

	"go.mau.fi/whatsmeow/types"
)

// ChangeNumber moves the account to another phone number. The LID stays; companions are unlinked; those who know the person and
// the members of common groups are told. whatsmeow knows neither notification (in groups it is an unknown change): they are as
// other clients read them.
func (p *Phone) ChangeNumber(number string) error {
	digits, err := normalizeNumber(number)
	if err != nil {
		return fmt.Errorf("change number: %w", err)
	}
	old, err := p.server.renumber(p.owner, digits)
	if err != nil {
		return fmt.Errorf("change number: %w", err)
	}
	for _, other := range p.server.People() {
		if other.inbox.rename(old.User, digits) {
			other.notice(Notice{Kind: NoticeNumberChanged, From: digits, Detail: old.User})
		}
	}
	return nil
}

func (s *Server) renumber(p *person, digits string) (old types.JID, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.people[digits] != nil {
		return types.EmptyJID, ErrPersonExists
	}
	p.phone.unlinkAll()
	old = p.pn()
	delete(s.people, old.User)
	p.digits.Store(&digits)
	s.people[digits] = p
	news := notification("contacts", p.lid, node{Tag: "modify", Attrs: attrs{
		"old": old, "new": p.pn(), "old_lid": p.lid, "new_lid": p.lid,
	}})
	for key, other := range s.people {
		if other != p && key == other.number() && (other.contacts[p] || other.talked[p]) {
			s.deliverAll(other, nil, news)
		}
	}
	for _, g := range s.sortedGroups() {
		if g.members[p] == nil {
			continue
		}
		change := g.news(p.devices[0], node{Tag: "modify", Content: []node{g.member(&member{person: p})}})
		if g.byNumber {
			change.Attrs["participant"] = old
		}
		for _, m := range g.sortedMembers() {
			s.deliverAll(m.person, nil, change)
		}
	}
	return old, nil
}

// rename moves what an inbox has of a number to another one, and reports whether there was anything.
func (b *inbox) rename(old, next string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	renamed := func(name string) string {
		if name == old {
			return next
		}
		return name
	}
	found := false
	for _, e := range b.entries {
		found = found || e.Chat == old || e.From == old
		delete(b.byID, e.Chat+" "+e.ID)
		delete(b.bySeen, e.Chat+" "+e.From+" "+e.ID)
		e.Chat, e.From = renamed(e.Chat), renamed(e.From)
		b.byID[e.Chat+" "+e.ID], b.bySeen[e.Chat+" "+e.From+" "+e.ID] = e, true
		moveKey(e.Reactions, old, next)
		moveKey(e.Receipts, old, next)
		moveKey(e.Votes, old, next)
		moveKey(e.Answers, old, next)
	}
	return found
}

func moveKey[V any](m map[string]V, old, next string) {
	if value, ok := m[old]; ok {
		delete(m, old)
		m[next] = value
	}
}

// Addressing is how a person is named in direct chats.
type Addressing string

const (
	// ByLID names the LID, with the number beside it, as new accounts are.
	ByLID Addressing = "lid"
	// ByNumber names the number, with the LID beside it, as chats are that have not been moved to LIDs.
	ByNumber Addressing = "number"
	// ByNumberOnly names the number alone: the LID is to be asked for.
	ByNumberOnly Addressing = "number-only"
)

// SetAddressing decides how others see the owner in direct chats from now on. From a number to the LID is what clients see when
// a chat is moved.
func (p *Phone) SetAddressing(a Addressing) error {
	switch a {
	case ByLID, ByNumber, ByNumberOnly:
	default:
		return fmt.Errorf("%w: unknown addressing %q", errBadInput, a)
	}
	p.server.mu.Lock()
	defer p.server.mu.Unlock()
	p.owner.addressing = a
	return nil
}

// byNumber tells whether direct chats name the person's number.
func (p *person) byNumber() bool { return p.addressing == ByNumber || p.addressing == ByNumberOnly }

// direct is how direct chats name a person. The caller holds the mutex.
func (p *person) direct() types.JID {
	if p.byNumber() {
		return p.pn()
	}
	return p.lid
}

// direct is how direct chats name a device. The caller holds the mutex.
func (d *device) direct() types.JID {
	jid := d.owner.direct()
	jid.Device = d.id
	return jid
}

// directName is how direct chats name a person.
func (s *Server) directName(lid types.JID) types.JID {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := s.personOf(lid); p != nil {
		return p.direct()
	}
	return lid
}

// MigrateToLIDs tells a companion that the phone has moved its chats from numbers to LIDs, and which are whose.
func (p *Phone) MigrateToLIDs(ctx context.Context, companion uint16) error {
	payload := &waLidMigrationSyncPayload.LIDMigrationMappingSyncPayload{ChatDbMigrationTimestamp: proto.Uint64(uint64(time.Now().Unix()))}
	for _, other := range p.server.People() {
		payload.PnToLidMappings = append(payload.PnToLidMappings, &waLidMigrationSyncPayload.LIDMigrationMapping{
			Pn: proto.Uint64(other.PN().UserInt()), AssignedLid: proto.Uint64(other.LID().UserInt()),
		})
	}
	raw, err := proto.Marshal(payload)
	if err != nil {
		return fmt.Errorf("migrate to LIDs: %w", err)
	}
	d, err := p.companion(companion)
	if err != nil {
		return fmt.Errorf("migrate to LIDs: %w", err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.sendPeer(ctx, d, &waE2E.ProtocolMessage{
		Type:                           waE2E.ProtocolMessage_LID_MIGRATION_MAPPING_SYNC.Enum(),
		LidMigrationMappingSyncMessage: &waE2E.LIDMigrationMappingSyncMessage{EncodedMappingPayload: raw},
	})
}

// Reinstall moves the account to a new phone: its keys are new, its sessions gone and its companions unlinked. Everybody is told
// that the identity changed. What the owner has seen stays, as from a backup.
func (p *Phone) Reinstall() error {
	identity, err := newCurveKey()
	if err != nil {
		return fmt.Errorf("reinstall: %w", err)
	}
	store, err := newSignalStore(identity)
	if err != nil {
		return fmt.Errorf("reinstall: %w", err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.identity, p.signal = identity, store
	keys := store.publish()
	p.server.mu.Lock()
	defer p.server.mu.Unlock()
	p.unlinkAll()
	p.device.keys = keys
	news := notification("encrypt", p.owner.lid, node{Tag: "identity"})
	for key, other := range p.server.people {
		if other != p.owner && key == other.number() {
			p.server.deliverAll(other, nil, news)
		}
	}
	return nil
}

// forgetIdentity drops the keys and sessions of somebody who has a new phone.
func (p *Phone) forgetIdentity(who types.JID) {
	p.mu.Lock()
	defer p.mu.Unlock()
	address := p.asLID(who).SignalAddress().String()
	delete(p.signal.identities, address)
	delete(p.signal.sessions, address)
	p.notice(Notice{Kind: NoticeIdentity, From: p.nameOf(who)})
}
