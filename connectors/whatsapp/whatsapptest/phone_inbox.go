package whatsapptest

import (
	"context"
	"fmt"
	"slices"
	"sync"
)

// Kinds of notices.
const (
	NoticePairingRequested = "pairing-requested"
	NoticeCompanionLinked  = "companion-linked"
	NoticeCompanionLeft    = "companion-left"
	NoticeTyping           = "typing"
	NoticePaused           = "paused"
	NoticeOnline           = "online"
	NoticeAway             = "away"
	NoticeGroup            = "group"
	NoticePicture          = "picture"
	NoticeRetryAsked       = "retry-asked"
	NoticeUndecryptable    = "undecryptable"
	NoticeAppState         = "app-state"
	NoticeReadSelf         = "read-self"
	NoticeReaction         = "reaction"
	NoticePeerReceived     = "peer-received"
	NoticeTimer            = "timer"
	NoticeCall             = "call"
	NoticeNumberChanged    = "number-changed"
	NoticeIdentity         = "identity"
)

// Notice is something that a phone's owner may notice and that is not a message.
type Notice struct {
	// Kind is one of the Notice constants.
	Kind string `json:"kind"`
	// Chat and From are as in [Entry], where they apply; Device is a linked device.
	Chat   string `json:"chat,omitempty"`
	From   string `json:"from,omitempty"`
	Device uint16 `json:"device,omitempty"`
	// Detail says more: what changed in a group, the index of an app-state change, the media of typing.
	Detail string `json:"detail,omitempty"`
}

// inbox is what a phone's owner has seen. It has a lock of its own, so that it can be written from anywhere, and takes no other
// while it holds it: what changes an entry must not ask the server.
type inbox struct {
	mu      sync.Mutex
	entries []*Entry
	bySeen  map[string]bool   // chat, sender and ID
	byID    map[string]*Entry // chat and ID
	version int
	notices []Notice
	changed chan struct{} // closed at the next change
}

func newInbox() *inbox {
	return &inbox{bySeen: map[string]bool{}, byID: map[string]*Entry{}, changed: make(chan struct{})}
}

func (b *inbox) wake() {
	close(b.changed)
	b.changed = make(chan struct{})
}

// add appends an entry and reports so, unless the same sender has written the same ID in the same chat before.
func (b *inbox) add(e Entry) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	seen := e.Chat + " " + e.From + " " + e.ID
	if b.bySeen[seen] {
		return false
	}
	b.version++
	e.Seq, e.Version = len(b.entries)+1, b.version
	b.bySeen[seen] = true
	b.byID[e.Chat+" "+e.ID] = &e
	b.entries = append(b.entries, &e)
	b.wake()
	return true
}

// change changes an entry, if it is there.
func (b *inbox) change(chat, id string, change func(*Entry)) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	e := b.byID[chat+" "+id]
	if e == nil {
		return false
	}
	change(e)
	b.version++
	e.Version = b.version
	b.wake()
	return true
}

func (b *inbox) note(n Notice) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.notices = append(b.notices, n)
	b.wake()
}

// since returns copies of the entries that changed after a version, the version now, and a channel that closes at the next
// change.
func (b *inbox) since(version int) ([]Entry, int, <-chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var entries []Entry
	for _, e := range b.entries {
		if e.Version > version {
			entries = append(entries, e.clone())
		}
	}
	return entries, b.version, b.changed
}

func (b *inbox) noticesSince(n int) ([]Notice, <-chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.notices[min(n, len(b.notices)):]), b.changed
}

func (p *Phone) notice(n Notice) { p.inbox.note(n) }

// Inbox returns all entries, in the order in which they came.
func (p *Phone) Inbox() []Entry {
	entries, _, _ := p.inbox.since(0)
	return entries
}

// InboxAfter returns the entries that came after the one with a sequence number (0 for all). It waits for the first until the
// context ends, and then returns none.
func (p *Phone) InboxAfter(ctx context.Context, seq int) []Entry {
	entries, _ := p.waitEntries(ctx, 0, func(e Entry) bool { return e.Seq > seq })
	return entries
}

// InboxSince returns the entries that came or changed after a version, and the version now. It waits for one until the context
// ends, and then returns none.
func (p *Phone) InboxSince(ctx context.Context, version int) ([]Entry, int) {
	return p.waitEntries(ctx, version, func(Entry) bool { return true })
}

func (p *Phone) waitEntries(ctx context.Context, version int, holds func(Entry) bool) ([]Entry, int) {
	for {
		entries, now, changed := p.inbox.since(version)
		entries = slices.DeleteFunc(entries, func(e Entry) bool { return !holds(e) })
		if len(entries) > 0 {
			return entries, now
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, now
		}
	}
}

// WaitFor waits for an entry of which the function holds, and returns the first.
func (p *Phone) WaitFor(ctx context.Context, holds func(Entry) bool) (Entry, error) {
	for {
		entries, _, changed := p.inbox.since(0)
		if i := slices.IndexFunc(entries, holds); i >= 0 {
			return entries[i], nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return Entry{}, fmt.Errorf("wait for a message on the phone of %s, which has %d: %w", p.Number(), len(entries), ctx.Err())
		}
	}
}

// WaitForText waits for an entry with the text, as [Phone.WaitFor].
func (p *Phone) WaitForText(ctx context.Context, text string) (Entry, error) {
	return p.WaitFor(ctx, func(e Entry) bool { return e.Text == text })
}

// Notices returns what the owner has noticed beside messages, in order.
func (p *Phone) Notices() []Notice {
	notices, _ := p.inbox.noticesSince(0)
	return notices
}

// WaitForNotice waits for a notice of which the function holds, and returns the first.
func (p *Phone) WaitForNotice(ctx context.Context, holds func(Notice) bool) (Notice, error) {
	for {
		notices, changed := p.inbox.noticesSince(0)
		if i := slices.IndexFunc(notices, holds); i >= 0 {
			return notices[i], nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return Notice{}, fmt.Errorf("wait for a notice on the phone of %s, which has %d: %w", p.Number(), len(notices), ctx.Err())
		}
	}
}

// find returns an entry by chat and ID.
func (b *inbox) find(chat, id string) (Entry, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if e := b.byID[chat+" "+id]; e != nil {
		return e.clone(), true
	}
	return Entry{}, false
}

// last returns the ID of the newest entry of which the function holds, or none.
func (b *inbox) last(holds func(*Entry) bool) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, e := range slices.Backward(b.entries) {
		if holds(e) {
			return e.ID
		}
	}
	return ""
}
