package whatsapptest

import (
	"maps"
	"slices"
	"time"
)

// Kinds of entries.
const (
	KindText      = "text"
	KindImage     = "image"
	KindVideo     = "video"
	KindGIF       = "gif"
	KindVideoNote = "video-note"
	KindAudio     = "audio"
	KindVoice     = "voice"
	KindDocument  = "document"
	KindSticker   = "sticker"
	KindLocation  = "location"
	KindContact   = "contact"
	KindPoll      = "poll"
	KindEvent     = "event"
	KindInvite    = "invite"
	KindOther     = "other"
)

// Entry is a message as a phone's owner sees it, own messages from linked devices included.
type Entry struct {
	// Seq is the entry's place in the inbox, from 1. Version grows with every change of any entry: an edit, a receipt.
	Seq     int `json:"seq"`
	Version int `json:"version"`
	// ID is the message's ID, unique per chat and sender.
	ID string `json:"id"`
	// Chat is the other person's phone number, or the group's ID; "status@broadcast" for status posts.
	Chat string `json:"chat"`
	// From is the sender's phone number, or LID where the number is not known. FromMe says that it is the owner's, and
	// Device from which of the sender's devices it came.
	From   string `json:"from"`
	FromMe bool   `json:"from_me"`
	Device uint16 `json:"device"`
	// Name is the name that the sender published with it.
	Name string `json:"name,omitempty"`
	// Kind is one of the Kind constants; Text is the text or caption, a poll's question, the name of what was sent.
	Kind string `json:"kind"`
	Text string `json:"text"`
	// Type is the protobuf's name of what was sent, as "buttonsMessage".
	Type string `json:"type,omitempty"`
	// Media describes a file, if there is one; the others what their names say.
	Media    *Media        `json:"media,omitempty"`
	Poll     *Poll         `json:"poll,omitempty"`
	Event    *Event        `json:"event,omitempty"`
	Location *Location     `json:"location,omitempty"`
	Contacts []ContactCard `json:"contacts,omitempty"`
	Preview  *Preview      `json:"preview,omitempty"`
	Invite   *GroupInvite  `json:"invite,omitempty"`
	// Quoted is the ID of the message that this one answers.
	Quoted string `json:"quoted,omitempty"`
	// Mentions are the phone numbers of people whom the text names.
	Mentions []string `json:"mentions,omitempty"`
	// Forwarded and ViewOnce are marks.
	Forwarded bool `json:"forwarded,omitempty"`
	ViewOnce  bool `json:"view_once,omitempty"`
	// Timer is after how many seconds the message disappears; 0 for never.
	Timer uint32 `json:"timer,omitempty"`
	// Edited and Deleted say what became of it; a deleted entry has no text. Expired ones are gone by their timer.
	Edited  bool `json:"edited,omitempty"`
	Deleted bool `json:"deleted,omitempty"`
	Expired bool `json:"expired,omitempty"`
	// Seen says that the owner has read it, on any device.
	Seen bool `json:"seen,omitempty"`
	// Starred and Hidden are the owner's own marks: a star, and deleted for themself.
	Starred bool `json:"starred,omitempty"`
	Hidden  bool `json:"hidden,omitempty"`
	// Reactions are emoji by the phone number of who reacted.
	Reactions map[string]string `json:"reactions,omitempty"`
	// Votes are what people chose in a poll, by their phone numbers; who took the vote back is not among them. Answers are
	// likewise what they say to an event: "going", "not going" or "maybe".
	Votes   map[string][]string `json:"votes,omitempty"`
	Answers map[string]string   `json:"answers,omitempty"`
	// Receipts are "delivered", "read" or "played" by the phone number of the recipient, for own messages.
	Receipts map[string]string `json:"receipts,omitempty"`
	// At is when the server got it.
	At time.Time `json:"at"`
}

// clone copies what later changes touch; the rest is never written again.
func (e *Entry) clone() Entry {
	c := *e
	c.Reactions, c.Receipts = maps.Clone(e.Reactions), maps.Clone(e.Receipts)
	c.Votes, c.Answers = maps.Clone(e.Votes), maps.Clone(e.Answers)
	return c
}

// Media is a file that came with a message, decrypted and checked.
type Media struct {
	// MIME is the type that the sender gave; Name the file name, if any.
	MIME string `json:"mime"`
	Name string `json:"name,omitempty"`
	// Bytes is the length of the file; SHA256 its hash in hexadecimal.
	Bytes  int    `json:"bytes"`
	SHA256 string `json:"sha256"`
	// Width and Height are in pixels, Seconds is a duration, as the sender gave them; Waveform has a voice note's loudness.
	Width    uint32 `json:"width,omitempty"`
	Height   uint32 `json:"height,omitempty"`
	Seconds  uint32 `json:"seconds,omitempty"`
	Waveform []byte `json:"waveform,omitempty"`
	// Animated says so of a sticker. Thumbnail is the small picture that came with the message.
	Animated  bool   `json:"animated,omitempty"`
	Thumbnail []byte `json:"thumbnail,omitempty"`
	// Problem says why the file could not be had; the rest is what the message claims then.
	Problem string `json:"problem,omitempty"`

	data []byte
}

// Data returns the file.
func (m *Media) Data() []byte { return slices.Clone(m.data) }

// Poll is a question with options to choose from.
type Poll struct {
	Question string   `json:"question"`
	Options  []string `json:"options"`
	// Max is how many options one may choose; 0 for any number.
	Max int `json:"max,omitempty"`
}

// Event is a meeting that people say whether they come to.
type Event struct {
	Name        string    `json:"name"`
	Description string    `json:"description,omitempty"`
	Start       time.Time `json:"start"`
	// Place is where, JoinLink a call.
	Place    *Location `json:"place,omitempty"`
	JoinLink string    `json:"join_link,omitempty"`
	Canceled bool      `json:"canceled,omitempty"`
}

// Location is a place; a live one moves.
type Location struct {
	Latitude  float64 `json:"latitude"`
	Longitude float64 `json:"longitude"`
	Name      string  `json:"name,omitempty"`
	Address   string  `json:"address,omitempty"`
	// Live says that it moves, and Sequence which of its positions this is.
	Live     bool  `json:"live,omitempty"`
	Sequence int64 `json:"sequence,omitempty"`
	// Elapsed is how many seconds after the first position this one is told; 0 for the first.
	Elapsed uint32 `json:"elapsed,omitempty"`
}

// ContactCard is a person's vCard.
type ContactCard struct {
	Name  string `json:"name"`
	VCard string `json:"vcard"`
}

// Preview is what a text shows of a link in it.
type Preview struct {
	URL         string `json:"url"`
	Title       string `json:"title"`
	Description string `json:"description,omitempty"`
	Thumbnail   []byte `json:"thumbnail,omitempty"`
}

// GroupInvite invites somebody into a group that they could not be added to.
type GroupInvite struct {
	Group   string    `json:"group"`
	Subject string    `json:"subject"`
	Code    string    `json:"code"`
	Expires time.Time `json:"expires"`
}
