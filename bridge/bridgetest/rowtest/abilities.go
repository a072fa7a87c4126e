package rowtest

import "time"

// The interfaces of this file are what people can do on some networks and not
// on all: a Person has those that the network has.

// An Owner has a device with the account that is linked, on which staff may
// write, too. A bot's account has none.
type Owner interface{ OwnsDevice() }

// A Host has an account by which staff make groups and add others to them. A bot's cannot.
type Host interface{ AddsOthers() }

// A Neighbour has an account that shares the room of a group with the other accounts in it. A bot has a room of its own with each chat.
type Neighbour interface{ SharesRooms() }

// Somebody Reachable can be written to before they have written.
type Reachable interface{ CanBeWrittenToFirst() }

// An Editor changes the text of an own message.
type Editor interface {
	Edits(in Address, message Message, text string)
}

// A Deleter deletes a message for everybody.
type Deleter interface {
	Deletes(in Address, message Message)
}

// A Reactor reacts to a message with an emoji; none takes it back.
type Reactor interface {
	Reacts(in Address, message Message, emoji string)
}

// A Forwarder sends on what somebody else has written.
type Forwarder interface {
	Forwards(to Address, text string) Message
}

// A Stylist writes with marks; Spells tells how the device shows them.
type Stylist interface {
	Styles(to Address, words ...Words) Message
	Spells(words ...Words) string
}

// A Namer names somebody in a text, which notifies them. Spelling is how the
// device writes such a name.
type Namer interface {
	Names(to Address, before string, who Person, after string) Message
	Spelling(who Person) string
}

// A Linker sends a text with a link and what its app shows of that.
type Linker interface {
	Links(to Address, text string, preview Preview) Message
}

// A Sender sends files.
type Sender interface {
	Sends(to Address, file File) Message
}

// A Shaper's voice notes come with the shape of their sound, and show it.
type Shaper interface{ ShowsShapes() }

// An Animator's stickers may be animated pictures.
type Animator interface{ AnimatesStickers() }

// A Guide sends a place.
type Guide interface {
	SendsPlace(to Address, place Place) Message
}

// An Introducer sends somebody's contact card.
type Introducer interface {
	SendsCard(to Address, card Card) Message
}

// An Asker starts a poll.
type Asker interface {
	Asks(to Address, poll Poll) Message
}

// An Elector has an account that votes itself. A bot's cannot: what staff vote
// is said in text.
type Elector interface{ HasAVote() }

// A Voter votes in a poll; no options take the vote back.
type Voter interface {
	Votes(in Address, poll Message, options ...string)
}

// A Typist lets others see typing and the recording of a voice note.
type Typist interface {
	Types(in Address, typing bool)
	Records(in Address)
}

// A Watcher opens a chat on the screen, and then sees that somebody types
// there, and no longer does.
type Watcher interface {
	Opens(chat Address)
	SeesTyping(chat Address, typing bool)
}

// A Reader has the app tell the author what has been read; Listens the same of
// a voice note.
type Reader interface {
	Reads(in Address, message Message)
	Listens(in Address, message Message)
}

// A Timekeeper lets the messages of a chat disappear; zero ends that. LearnsTimer
// waits until the device knows that somebody else did.
type Timekeeper interface {
	SetsTimer(in Address, after time.Duration)
	LearnsTimer(in Address, after time.Duration)
}

// A Performer changes the name and the picture that everybody sees.
type Performer interface {
	ChangesName(name string)
	ChangesPicture(picture []byte)
}

// A Rememberer has messages that were written before the account was linked:
// by the person, or by the other.
type Rememberer interface {
	Remembers(with Person, by Person, at time.Time, text string)
}

// A Group is a group as the network has it.
type Group struct {
	Name, Description string
	Members, Admins   []Address
	// Announce: only admins write. Locked: only admins change name and description.
	Announce, Locked bool
	// Timer is after how long messages disappear.
	Timer time.Duration
}

// A Founder makes groups and runs them.
type Founder interface {
	Founds(name string, members ...Person) Address
	Renames(group Address, name string)
	Describes(group Address, description string)
	Pictures(group Address, picture []byte)
	Announces(group Address, adminsOnly bool)
	Locks(group Address, locked bool)
	Adds(group Address, who Person)
	Removes(group Address, who Person)
	Promotes(group Address, who Person)
	Demotes(group Address, who Person)
	Leaves(group Address)
	// SeesGroup waits until the group is so; Picture returns its picture, nil for none.
	SeesGroup(group Address, what string, match func(Group) bool)
	Picture(group Address) []byte
}
