package audit

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"passerelle/portal"
)

// Event says what an entry is about.
type Event string

// The events that are written down.
const (
	EventCrossing Event = "crossing" // the gate decided about something that was to cross the border
	EventAction   Event = "action"   // an administrator, or the program by itself, did something
)

// Door is where an action came in.
type Door string

// The doors.
const (
	DoorCommands    Door = "commands"    // a command to a bot
	DoorAPI         Door = "api"         // the HTTP API
	DoorConsole     Door = "console"     // the console
	DoorCommandLine Door = "commandline" // a subcommand of the program
	DoorSelf        Door = "self"        // the program did it by itself
)

// Result is how an action ended.
type Result string

// The results.
const (
	Asked  Result = "asked" // how it ended is said where it was asked for
	Done   Result = "done"
	Denied Result = "denied" // the actor may not
	Failed Result = "failed"
)

// Action is what somebody does who governs the bridge. It holds identifiers, of which an entry gets pseudonyms, and words of
// ours, which stand in the entry as they are: no content, and nobody's name.
type Action struct {
	Actor   string // a Matrix user ID, or the name of a user of the machine; "": the program
	Action  string // what is done, in a word of ours: "login", "portal.close"
	Network string // the network that Target and Portal belong to; "": none
	Target  string // whom it is done to: a Matrix user ID, or a network's identifier of a person; "": nobody
	Portal  string // which chat it is done to: the network's identifier; "": none
	Detail  string // what else is to be known, in words of ours
	Result  Result
	Door    Door
}

// Entry is one entry of the log. What is called a pseudonym is one of [Pseudonyms].
type Entry struct {
	Seq     int64     // its place in the log; the first one is 0
	At      time.Time // in milliseconds
	Salt    string    // random, in hex, so that nobody finds a pruned entry by trying
	Key     string    // ID of the key that the pseudonyms are under; "": the log's first, before entries named it
	Event   Event
	Network string
	Actor   string // pseudonym: who sent what crossed, or who acted; "": the program
	Portal  string // pseudonym of the chat
	Login   string // pseudonym of the account through which it crossed
	Message string // pseudonym of the decision's key
	// Of crossings:
	Direction portal.Direction
	Kind      portal.Kind
	Size      int64 // bytes
	Verdict   portal.Outcome
	Rule      string
	Found     string
	Digest    string
	// Of actions:
	Action string
	Target string // pseudonym of whom it was done to
	Detail string
	Result Result
	Door   Door
}

// IsBlank tells whether nothing stands in the entry but its place: it was pruned.
func (e *Entry) IsBlank() bool { return *e == Entry{Seq: e.Seq} }

// Millis returns the entry's time in milliseconds since 1970; 0: it has none.
func (e *Entry) Millis() int64 {
	if e.At.IsZero() {
		return 0
	}
	return e.At.UnixMilli()
}

// saltSize is in bytes.
const saltSize = 16

func newSalt() string { return hex.EncodeToString(randomBytes(saltSize)) }

func randomBytes(n int) []byte {
	b := make([]byte, n)
	rand.Read(b) // never fails (crypto/rand)
	return b
}

// header is the first line of an encoded entry. Another set of fields, or another order, gets another one.
const (
	header      = "passerelle audit entry v1"
	headerKeyed = "passerelle audit entry v2" // with the field "key"
)

// keyField is the name of the field that only entries of the second form have.
const keyField = "key"

// field is a line of an encoded entry.
type field struct {
	name string
	get  func(*Entry) string // nil for those that are no text
	set  func(*Entry, string)
}

// text is a field that is a text.
func text[T ~string](name string, of func(*Entry) *T) field {
	return field{name, func(e *Entry) string { return string(*of(e)) }, func(e *Entry, value string) { *of(e) = T(value) }}
}

// fields are the lines of an encoded entry, in their order.
var fields = []field{
	{name: "seq"}, {name: "at"},
	text("salt", func(e *Entry) *string { return &e.Salt }),
	text(keyField, func(e *Entry) *string { return &e.Key }),
	text("event", func(e *Entry) *Event { return &e.Event }),
	text("network", func(e *Entry) *string { return &e.Network }),
	text("actor", func(e *Entry) *string { return &e.Actor }),
	text("portal", func(e *Entry) *string { return &e.Portal }),
	text("login", func(e *Entry) *string { return &e.Login }),
	text("message", func(e *Entry) *string { return &e.Message }),
	text("direction", func(e *Entry) *portal.Direction { return &e.Direction }),
	text("kind", func(e *Entry) *portal.Kind { return &e.Kind }),
	{name: "size"},
	text("verdict", func(e *Entry) *portal.Outcome { return &e.Verdict }),
	text("rule", func(e *Entry) *string { return &e.Rule }),
	text("found", func(e *Entry) *string { return &e.Found }),
	text("digest", func(e *Entry) *string { return &e.Digest }),
	text("action", func(e *Entry) *string { return &e.Action }),
	text("target", func(e *Entry) *string { return &e.Target }),
	text("detail", func(e *Entry) *string { return &e.Detail }),
	text("result", func(e *Entry) *Result { return &e.Result }),
	text("door", func(e *Entry) *Door { return &e.Door }),
}

// Field is a field of an entry, by its name in the encoding. Value is a string or an int64.
type Field struct {
	Name  string
	Value any
}

// Fields lists the fields of an entry, all of them, in the order of the encoding.
func (e *Entry) Fields() []Field {
	list := make([]Field, len(fields))
	for i, f := range fields {
		list[i].Name = f.name
		switch f.name {
		case "seq":
			list[i].Value = e.Seq
		case "at":
			list[i].Value = e.Millis()
		case "size":
			list[i].Value = e.Size
		default:
			list[i].Value = f.get(e)
		}
	}
	return list
}

// Encode returns the one form of an entry that is hashed: the leaf of the log (docs/audit.md, "The entry").
func (e *Entry) Encode() []byte {
	first := header
	if e.Key != "" {
		first = headerKeyed
	}
	out := append(make([]byte, 0, 640), first...)
	for _, f := range fields {
		if f.name == keyField && e.Key == "" {
			continue
		}
		out = append(append(append(out, '\n'), f.name...), ' ')
		switch f.name {
		case "seq":
			out = strconv.AppendInt(out, e.Seq, 10)
		case "at":
			out = strconv.AppendInt(out, e.Millis(), 10)
		case "size":
			out = strconv.AppendInt(out, e.Size, 10)
		default:
			out = appendEscaped(out, f.get(e))
		}
	}
	return append(out, '\n')
}

const hexDigits = "0123456789abcdef"

// appendEscaped appends value, in which control characters and backslashes are written as \xNN.
func appendEscaped(out []byte, value string) []byte {
	for i := range len(value) {
		if c := value[i]; c < ' ' || c == 0x7f || c == '\\' {
			out = append(out, '\\', 'x', hexDigits[c>>4], hexDigits[c&0xf])
		} else {
			out = append(out, c)
		}
	}
	return out
}

// ErrNoEntry is the error of what is not the encoding of an entry.
var ErrNoEntry = errors.New("not an entry of the audit log")

// Decode reads what [Entry.Encode] wrote. Nothing else is taken: what it returns is encoded as exactly the same text.
func Decode(encoded []byte) (*Entry, error) {
	rest, keyed := bytes.CutPrefix(encoded, []byte(headerKeyed+"\n"))
	if !keyed {
		var ok bool
		if rest, ok = bytes.CutPrefix(encoded, []byte(header+"\n")); !ok {
			return nil, fmt.Errorf("%w: its first line is neither %q nor %q", ErrNoEntry, header, headerKeyed)
		}
	}
	e := &Entry{}
	for _, f := range fields {
		if f.name == keyField && !keyed {
			continue
		}
		line, after, _ := bytes.Cut(rest, []byte("\n"))
		name, value, _ := strings.Cut(string(line), " ")
		if rest = after; name != f.name {
			return nil, fmt.Errorf("%w: %q stands in the place of %q", ErrNoEntry, name, f.name)
		}
		if err := e.set(f, value); err != nil {
			return nil, fmt.Errorf("%w: %s: %w", ErrNoEntry, f.name, err)
		}
	}
	if !bytes.Equal(e.Encode(), encoded) {
		return nil, fmt.Errorf("%w: it is written in another way", ErrNoEntry)
	}
	return e, nil
}

func (e *Entry) set(f field, value string) (err error) {
	if f.set != nil {
		value, err = unescape(value)
		f.set(e, value)
		return err
	}
	number, err := strconv.ParseInt(value, 10, 64)
	switch f.name {
	case "seq":
		e.Seq = number
	case "at":
		e.At = time.UnixMilli(number)
	case "size":
		e.Size = number
	}
	return err
}

func unescape(value string) (string, error) {
	var out []byte
	for i := 0; i < len(value); i++ {
		if value[i] != '\\' {
			out = append(out, value[i])
			continue
		}
		if i+4 > len(value) || value[i+1] != 'x' {
			return "", errors.New("a backslash begins nothing")
		}
		c, err := strconv.ParseUint(value[i+2:i+4], 16, 8)
		if err != nil {
			return "", err
		}
		out = append(out, byte(c))
		i += 3
	}
	if !utf8.Valid(out) {
		return "", errors.New("it is not UTF-8")
	}
	return string(out), nil
}

// clean makes every text of the entry one that each database keeps as it is, and its time one that is kept.
func (e *Entry) clean() {
	for _, f := range fields {
		if f.set != nil {
			f.set(e, strings.ReplaceAll(strings.ToValidUTF8(f.get(e), "\uFFFD"), "\x00", "\uFFFD")) // PostgreSQL keeps no NUL
		}
	}
	e.At = time.UnixMilli(e.At.UnixMilli())
}
