package whatsapp

import (
	"context"
	"fmt"
	"regexp"
	"sync"

	"github.com/rs/zerolog"
	signallog "go.mau.fi/libsignal/logger"
	waBinary "go.mau.fi/whatsmeow/binary"
	waLog "go.mau.fi/whatsmeow/util/log"
)

// discreetLog is whatsmeow's log without what a log must not hold. whatsmeow's debug lines are whole stanzas, pairing codes
// and names, so they go nowhere; its other lines name people by phone number, so the numbers are struck out. What a client
// says after its end, when everything fails, goes nowhere either.
type discreetLog struct {
	ctx context.Context // ends with the client
	log zerolog.Logger
}

var _ waLog.Logger = discreetLog{}

func (l discreetLog) Debugf(string, ...any)          {}
func (l discreetLog) Infof(msg string, args ...any)  { l.write(l.log.Debug(), msg, args) }
func (l discreetLog) Warnf(msg string, args ...any)  { l.write(l.log.Warn(), msg, args) }
func (l discreetLog) Errorf(msg string, args ...any) { l.write(l.log.Error(), msg, args) }

// Sub returns the log of a part of whatsmeow.
func (l discreetLog) Sub(module string) waLog.Logger {
	return discreetLog{ctx: l.ctx, log: l.log.With().Str("part", module).Logger()}
}

func (l discreetLog) write(entry *zerolog.Event, msg string, args []any) {
	if l.ctx.Err() != nil {
		return
	}
	for i, arg := range args {
		switch node := arg.(type) { // a whole stanza: names, subjects, keys
		case *waBinary.Node:
			args[i] = "<" + node.Tag + ">"
		case waBinary.Node:
			args[i] = "<" + node.Tag + ">"
		}
	}
	entry.Msg(withoutPhoneNumbers(fmt.Sprintf(msg, args...)))
}

// phoneNumber finds phone numbers as whatsmeow writes them: JIDs of users with or without device, JIDs of old groups (which
// begin with their founder's number), and numbers with a plus sign.
var phoneNumber = regexp.MustCompile(`\+\d{6,15}\b|\b\d{5,15}(?:[.:_]\d+)*@(?:s\.whatsapp\.net|c\.us|hosted)\b|\b\d{5,15}-\d+@g\.us\b`)

func withoutPhoneNumbers(text string) string {
	return phoneNumber.ReplaceAllString(text, "[phone number]")
}

// quietSignal is the log of the Signal library, which whatsmeow's own log repeats. By itself the library prints to standard
// output, and sets its logger up without a lock when it first has something to say.
type quietSignal struct{}

var _ signallog.Loggable = quietSignal{}

func (quietSignal) Debug(string, string)   {}
func (quietSignal) Info(string, string)    {}
func (quietSignal) Warning(string, string) {}
func (quietSignal) Error(string, string)   {}
func (quietSignal) Configure(string)       {}

// quietenSignal sets the Signal library's logger, which is one for the process, before the first client.
var quietenSignal = sync.OnceFunc(func() {
	if signallog.Logger == nil {
		var quiet signallog.Loggable = quietSignal{}
		signallog.Setup(&quiet)
	}
})
