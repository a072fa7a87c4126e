// Package portal holds the vocabulary of the border between a foreign network and the state homeserver, and the rules
// about what may cross it. (bridgev2 calls a foreign chat that is bound to a room a portal, too; that type is
// [maunium.net/go/mautrix/bridgev2.Portal]. Here live the rules about them.)
//
// The contract:
//
//   - Everything that carries content crosses through a [Gate]: messages, media, edits, polls and votes, contacts and
//     locations. Reactions, deletions, receipts, typing notifications and names pass by class-wide switches; reactions wait or are
//     refused where administrators have stopped everything ([Follow]).
//   - The gate decides once an attempt, and writes the decision down, without content, under a key that a replay of the
//     same attempt repeats. What cannot be written down does not cross. What was admitted, and did not arrive, may go the
//     same way again without another decision ([PassAgain]).
//   - On the way out a connector's send functions take an [Admitted], which only the gate makes. On the way in the gate
//     stamps the [context.Context] of the event, and the Matrix connector sends nothing of a ghost's without that stamp
//     ([MayPass]).
//   - What comes from a foreign network is stored in the [Inbox] before the network is told that it arrived, and a
//     [Deliverer] brings it into its room.
//
// Package portal imports nothing else of this module but its own sub-packages.
package portal

import (
	"context"
	"errors"
	"io"
	"time"

	"maunium.net/go/mautrix/id"

	"passerelle/portal/relay"
	"passerelle/portal/say"
	"passerelle/portal/transfer"
)

// Direction says which way something crosses the border.
type Direction string

// The two ways across the border.
const (
	In  Direction = "in"  // from the foreign network into Matrix
	Out Direction = "out" // from Matrix to the foreign network
)

// Kind says what crosses, in the border's own words. Rules are written in them.
type Kind string

// The kinds that the gate sees.
const (
	KindText     Kind = "text"
	KindMedia    Kind = "media"
	KindEdit     Kind = "edit"
	KindPoll     Kind = "poll"
	KindVote     Kind = "vote"
	KindContact  Kind = "contact"
	KindLocation Kind = "location"
	KindNotice   Kind = "notice" // our own sentence in place of something that could not cross
	// KindReaction is a reaction, of which the gate is asked only whether administrators have stopped it ([Follow]).
	KindReaction Kind = "reaction"
)

// ChatKind says what sort of chat something crosses from or into.
type ChatKind string

// The sorts of chats.
const (
	ChatDirect  ChatKind = "direct"  // with one external contact
	ChatGroup   ChatKind = "group"   // of several people who all may write
	ChatChannel ChatKind = "channel" // one writes, many read: a channel, status posts, a broadcast list
)

// File describes the file of a media message. Size is in bytes.
type File struct {
	Name string
	MIME string
	Size int64
	// Content is the file itself, Size bytes, for those who look into it. It can be read until the crossing is decided.
	Content io.ReaderAt
}

// Crossing is one attempt to bring something across the border: all that a [Policy] may judge by.
//
// Text and File are content or close to it: they are judged and forgotten, never recorded.
type Crossing struct {
	// Key names the attempt. A replay after a crash has the same key; two different messages never share one.
	Key       string
	Network   string // "whatsapp", "telegram"
	Direction Direction
	Kind      Kind
	Portal    string    // the network's identifier of the chat
	Receiver  string    // the login whose own the chat's portal is; empty: several may share it
	Room      id.RoomID // on the way out: where it was written
	Login     string    // the login through which it crosses
	Owner     id.UserID // whose login that is
	Mark      string    // how sensitive administrators have marked the portal to be; "": they have not
	Chat      ChatKind  // "": it is not known, as of a group that is being made
	Sender    string    // network user ID on the way in, Matrix user ID on the way out
	At        time.Time
	Past      bool // it was said before the login was made
	Text      string
	File      *File
	// Contacts counts the external contacts in the chat; nil: it is not known. It may ask a database or the homeserver; its
	// errors are transient.
	Contacts func(ctx context.Context) (int, error)
	// First tells whether nothing was admitted in this chat before, in either direction; in a direct chat, through this login.
	// The gate fills it in. Its errors are transient.
	First func(ctx context.Context) (bool, error)
}

// Staff is the member of staff whom it concerns: who writes, or whose login it comes in through.
func (c Crossing) Staff() id.UserID {
	if c.Direction == Out {
		return id.UserID(c.Sender)
	}
	return c.Owner
}

// Border is what a connector of one network is handed in order to cross.
type Border struct {
	Network string
	Gate    *Gate
	Inbox   Inbox
	Sealer  Sealer
	// Transient tells whether an error means that a database cannot be used now, and may be used later.
	Transient func(error) bool
	// Spool is where files lie on their way.
	Spool *transfer.Pool
	// Relay is how the names of those who have no account stand before what they write through somebody else's.
	Relay relay.Style
	// Languages tells how people are addressed.
	Languages Languages
}

// Languages tells in which language people are addressed. Who reads a sentence decides about it.
type Languages interface {
	// Of returns the language that a member of staff chose, by Matrix ID. Who chose none is addressed in the configured one, and
	// so is a room that several people read: Of("").
	Of(person id.UserID) say.Language
}

// Sealer encrypts content that must lie in a database for a while.
type Sealer interface {
	// Seal encrypts plain for the row that names name, and returns the ID of the key that it used.
	Seal(plain []byte, names ...string) (keyID string, sealed []byte, err error)
	// Unseal decrypts what Seal made for the same names. It fails when the key is gone or anything was changed.
	Unseal(keyID string, sealed []byte, names ...string) ([]byte, error)
}

// PermanentError is a failure that trying again cannot mend. Every other error is transient: the caller tries again.
type PermanentError struct{ Err error }

// Permanent marks err as one that trying again cannot mend. Permanent(nil) is nil.
func Permanent(err error) error {
	if err == nil {
		return nil
	}
	return &PermanentError{Err: err}
}

// Error says what the cause says.
func (e *PermanentError) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *PermanentError) Unwrap() error { return e.Err }

// IsPermanent tells whether trying again cannot mend err.
func IsPermanent(err error) bool {
	var permanent *PermanentError
	return errors.As(err, &permanent)
}
