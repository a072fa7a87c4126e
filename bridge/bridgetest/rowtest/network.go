package rowtest

import (
	"testing"
	"time"

	"maunium.net/go/mautrix/id"

	"passerelle/bridge/bridgetest"
)

// A Network is a foreign network, simulated.
type Network interface {
	// Name is what configurations, bots and ghosts call it, Title what people do.
	Name() string
	Title() string
	// Join gives a new person of that name an account. What fails in the
	// person's hands fails t.
	Join(t testing.TB, name string) Person
	// In gives a person who has joined in another test into the hands of t.
	In(t testing.TB, who Person) Person
	// Link links a person's account to the bridge, for a member of staff who
	// talks to the network's bot in a room.
	Link(t testing.TB, staff *bridgetest.Actor, desk id.RoomID, account Person)
}

// Address names a chat as a person's app does: the other person, or a group.
type Address string

// Message names a message on the network, within its chat.
type Message string

// A Person has an account on the network and a device, on which Shows looks.
// Everything waits as long as is fair, and then fails the test.
type Person interface {
	// Name is the published name; Address is where others write to the person.
	Name() string
	Address() Address
	// Identity is what the person's ghost is named by on the homeserver.
	Identity() string
	// Writes sends a text, Answers one that quotes a message.
	Writes(to Address, text string) Message
	Answers(to Address, message Message, text string) Message
	// Shows waits until the device shows a message that match accepts.
	Shows(what string, match func(Shown) bool) Shown
	// Screen returns all that the device shows, in order.
	Screen() []Shown
}

// Kind says what a message is.
type Kind string

// The kinds of messages that networks share.
const (
	Text     Kind = "text"
	Picture  Kind = "picture"
	Video    Kind = "video"
	GIF      Kind = "gif"
	Voice    Kind = "voice"
	Audio    Kind = "audio"
	Document Kind = "document"
	Sticker  Kind = "sticker"
	Spot     Kind = "place"
	Contact  Kind = "contact"
	Question Kind = "poll"
	Other    Kind = "other"
)

// Shown is a message as a person's device shows it.
type Shown struct {
	ID   Message
	Chat Address
	From Address // the author
	Mine bool
	Kind Kind
	Text string // the text or caption, a poll's question; as the network writes marks
	// Answers is the message that it quotes.
	Answers                    Message
	Mentions                   []Address
	Forwarded, Edited, Deleted bool
	File                       *File
	Place                      *Place
	Card                       *Card
	Poll                       *Poll
	Preview                    *Preview
	Reactions                  map[Address]string
	Votes                      map[Address][]string
	// Read are those who have read it; Expires is when it disappears after it
	// was sent, 0 for never.
	Read    map[Address]bool
	Seen    bool // the owner has read it, on any device
	Expires time.Duration
	Gone    bool // disappeared
}

// A File comes with a message.
type File struct {
	Kind                   Kind
	Name, Caption, MIME    string
	Data                   []byte
	Width, Height, Seconds int
	// Waveform is a voice note's loudness, from 0 to 100; Thumbnail is a small picture.
	Waveform, Thumbnail []byte
	Animated            bool
	Problem             string // why the device does not have it
}

// A Place is a point on earth that may have a name.
type Place struct {
	Latitude, Longitude float64
	Name                string
}

// A Card is a person's vCard.
type Card struct{ Name, VCard string }

// A Poll is a question with answers, of which one may choose one or any.
type Poll struct {
	Question string
	Options  []string
	Any      bool
}

// A Preview is what a message shows of a link in it.
type Preview struct {
	URL, Title, Description string
	Thumbnail               []byte
}

// A Mark is how some words are written.
type Mark string

// The marks that networks share.
const (
	Plain  Mark = ""
	Bold   Mark = "bold"
	Italic Mark = "italic"
	Strike Mark = "strike"
	Code   Mark = "code"
)

// Words are a piece of a text that is written in one way.
type Words struct {
	Text string
	Mark Mark
}
