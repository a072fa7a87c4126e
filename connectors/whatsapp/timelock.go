package whatsapp

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/types/events"

	"passerelle/portal/say"
)

// WhatsApp may forbid an account to write to people who have not written to it, for a time (whatsmeow types/events,
// NotifyAccountReachoutTimelock). It says so to the account's devices, sometimes; always it refuses the messages.
// Who WhatsApp takes for such people is known to WhatsApp alone, so they are sent, and what it says of them is told.

// refusedFirstContact is WhatsApp's error of a message to somebody whom the account may not write to first.
const refusedFirstContact = 463

// refusedLately is how long a refusal is shown when WhatsApp has not said until when it refuses.
const refusedLately = 24 * time.Hour

// Timelock is when an account may not write to people who have not written to it.
type Timelock struct {
	// Refused is when WhatsApp last refused such a message, or said that it will.
	Refused time.Time `json:"refused,omitzero"`
	// Until is when that ends, as WhatsApp says; zero: it has not said.
	Until time.Time `json:"until,omitzero"`
}

// holds tells whether the account may not write to such people, as far as is known.
func (l Timelock) holds(now time.Time) bool {
	if l.Until.IsZero() {
		return !l.Refused.IsZero() && now.Sub(l.Refused) < refusedLately
	}
	return now.Before(l.Until)
}

// ackCode returns the code with which WhatsApp refused a message; 0: it did not. whatsmeow has it in the error's text only
// (whatsmeow/send.go, SendMessage).
func ackCode(err error) int {
	if !errors.Is(err, whatsmeow.ErrServerReturnedError) {
		return 0
	}
	_, code, _ := strings.Cut(err.Error(), whatsmeow.ErrServerReturnedError.Error()+" ")
	number, _ := strconv.Atoi(code) // 0 for what is no number
	return number
}

// refusedAsFirst is the error of a message to somebody whom the account may not write to first.
func (a *account) refusedAsFirst(err error) error {
	lock, now := a.kept().Timelock, a.connector.now()
	if !now.Before(lock.Until) {
		lock = Timelock{}
	}
	lock.Refused = now
	a.keepTimelock(lock)
	if lock.Until.IsZero() {
		return a.refused(err, a.say(say.FirstContactRefused, networkName))
	}
	return a.refused(err, a.say(say.FirstContactRefusedUntil, networkName, a.moment(lock.Until)))
}

// timelocked takes note of what WhatsApp says of whom the account may write to, and tells its owner.
func (a *account) timelocked(event *events.NotifyAccountReachoutTimelock) {
	before, lock, now := a.kept().Timelock, Timelock{}, a.connector.now()
	if event.IsActive {
		lock = Timelock{Refused: now, Until: event.TimeEnforcementEnds.Time}
	}
	a.keepTimelock(lock)
	switch {
	case before.holds(now) == lock.holds(now) && before.Until.Equal(lock.Until):
	case !lock.holds(now):
		a.tellOwner(a.say(say.MayWriteFirst, networkName))
	case lock.Until.IsZero():
		a.tellOwner(a.say(say.MayNotWriteFirst, networkName))
	default:
		a.tellOwner(a.say(say.MayNotWriteFirstUntil, networkName, a.moment(lock.Until)))
	}
}

func (a *account) keepTimelock(lock Timelock) {
	if err := a.keep(a.ctx, func(kept *LoginMetadata) { kept.Timelock = lock }); err != nil {
		a.log.Err(err).Msg("Until when the account may not write first could not be stored; a restart would forget it")
	}
}
