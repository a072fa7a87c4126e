package whatsapptest

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"
)

// Kinds of entries.
const (
	KindText     = "text"
	KindImage    = "image"
	KindVideo    = "video"
	KindAudio    = "audio"
	KindVoice    = "voice"
	KindDocument = "document"
	KindSticker  = "sticker"
	KindLocation = "location"
	KindContact  = "contact"
	KindPoll     = "poll"
	KindOther    = "other"
)

// Entry is a message as a phone's owner sees it, own messages from linked devices included.
type Entry struct {
	// Seq is the entry's place in the inbox, from 1. Version grows with every change of any entry: an edit, a receipt.
	Seq     int `json:"seq"`
	Version int `json:"version"`
	// ID is the message's ID, unique per chat and sender.
	ID string `json:"id"`
	// Chat is the other person's phone number, or the group's ID.
	Chat string `json:"chat"`
	// From is the sender's phone number, or LID where the number is not known. FromMe says that it is the owner's, and
	// Device from which of the sender's devices it came.
	From   string `json:"from"`
	FromMe bool   `json:"from_me"`
	Device uint16 `json:"device"`
	// Name is the name that the sender published with it.
	Name string `json:"name,omitempty"`
	// Kind is one of the Kind constants; Text is the text or caption.
	Kind string `json:"kind"`
	Text string `json:"text"`
	// Media describes a file, if there is one.
	Media *Media `json:"media,omitempty"`
	// Quoted is the ID of the message that this one answers.
	Quoted string `json:"quoted,omitempty"`
	// Edited and Deleted say what became of it; a deleted entry has no text.
	Edited  bool `json:"edited,omitempty"`
	Deleted bool `json:"deleted,omitempty"`
	// Reactions are emoji by the phone number of who reacted.
	Reactions map[string]string `json:"reactions,omitempty"`
	// Receipts are "delivered", "read" or "played" by the phone number of the recipient, for own messages.
	Receipts map[string]string `json:"receipts,omitempty"`
	// At is when the server got it.
	At time.Time `json:"at"`
}

// Media is a file that came with a message, decrypted and checked.
type Media struct {
	// MIME is the type that the sender gave; Name the file name, if any.
	MIME string `json:"mime"`
	Name string `json:"name,omitempty"`
	// Bytes is the length of the file; SHA256 its hash in hexadecimal.
	Bytes  int    `json:"bytes"`
	SHA256 string `json:"sha256"`
	// Problem says why the file could not be had; the rest is what the message claims then.
	Problem string `json:"problem,omitempty"`

	data []byte
}

// Data returns the file.
func (m *Media) Data() []byte { return slices.Clone(m.data) }

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
			entry := *e
			entry.Reactions, entry.Receipts = maps.Clone(e.Reactions), maps.Clone(e.Receipts)
			entries = append(entries, entry)
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
		return *e, true
	}
	return Entry{}, false
}
