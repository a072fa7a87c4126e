package whatsapp

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
	"maunium.net/go/mautrix/bridgev2/status"

	"passerelle/portal/say"
)

// WhatsApp removes the links of a phone that was not online for two weeks, and tells linked devices nothing of it before. It
// does not say when the phone was online, either: that shows by what the phone itself sends. When nothing comes from it for
// long, it is asked for something that it answers by itself.

const (
	// unlinkedAfter is how long a phone may be offline before WhatsApp removes its links
	// (faq.whatsapp.com/378279804439436, "About linked devices").
	unlinkedAfter = 14 * 24 * time.Hour
	// askAfter is how long after the phone was seen last it is asked for something, and askAgain the pause between two times.
	askAfter = 24 * time.Hour
	askAgain = 12 * time.Hour
	// phoneAnswersIn is how long the phone may take to answer before it counts as offline. Its owner is not warned sooner after
	// a time in which the bridge itself was away.
	phoneAnswersIn = time.Minute
	// phoneLook is how often it is looked whether there is something to do about a phone.
	phoneLook = 10 * time.Second
	// phoneKept is how much later the phone must have been seen for the database to be told.
	phoneKept = 6 * time.Hour
)

// lastWarning is the last day on which a warning makes sense.
const lastWarning = int(unlinkedAfter/(24*time.Hour)) - 1

// validateWarnings checks after how many days of silence people are warned.
func validateWarnings(days []int) error {
	for i, day := range days {
		if day < 1 || day > lastWarning || i > 0 && day <= days[i-1] {
			return fmt.Errorf("phone_warnings: must be rising numbers of days from 1 to %d; WhatsApp removes the link after %d", lastWarning, lastWarning+1)
		}
	}
	return nil
}

// primary is what is known of the account's phone.
type primary struct {
	mu    sync.Mutex
	seen  time.Time // guarded by mu; when it was last online, as far as is known
	asked time.Time // guarded by mu; when it was last asked for something on this connection; zero: not yet
}

// seenBy returns when the phone was online, by an event; zero: the event says nothing of it. The phone is device 0 of the
// account.
func seenBy(event any) time.Time {
	var source types.MessageSource
	var at time.Time
	switch event := event.(type) {
	case *events.Message:
		source, at = event.Info.MessageSource, event.Info.Timestamp
	case *events.UndecryptableMessage:
		source, at = event.Info.MessageSource, event.Info.Timestamp
	case *events.Receipt: // of type sender, for what other devices of the account send
		source, at = event.MessageSource, event.Timestamp
	case *events.MediaRetry: // it has uploaded a file again
		return event.Timestamp
	}
	if !source.IsFromMe || source.Sender.Device != 0 {
		return time.Time{}
	}
	return at
}

// phoneSeen takes note of when the phone was online.
func (a *account) phoneSeen(at time.Time) {
	if now := a.connector.now(); at.After(now) {
		at = now // its clock is fast
	}
	a.primary.mu.Lock()
	later := at.After(a.primary.seen)
	if later {
		a.primary.seen = at
	}
	a.primary.mu.Unlock()
	if !later {
		return
	}
	kept := a.kept()
	back := kept.PhoneWarned > 0 && a.silence() < askAfter
	if !back && at.Sub(kept.PhoneSeen) < phoneKept {
		return
	}
	err := a.keep(a.ctx, func(kept *LoginMetadata) {
		kept.PhoneSeen = at
		if back {
			kept.PhoneWarned = 0
		}
	})
	if err != nil {
		a.log.Err(err).Msg("That the phone was online could not be stored; a restart would forget it")
	}
	if back {
		a.tellOwner(a.say(say.PhoneBack, networkName))
	}
}

// lastSeen returns when the phone was last online.
func (a *account) lastSeen() time.Time {
	a.primary.mu.Lock()
	defer a.primary.mu.Unlock()
	return a.primary.seen
}

// silence is for how long nothing was seen of the phone.
func (a *account) silence() time.Duration { return a.connector.now().Sub(a.lastSeen()) }

// watchPhone asks after the phone, and warns its owner, until ctx ends.
func (a *account) watchPhone(ctx context.Context) {
	look := time.NewTicker(a.connector.phoneLook)
	defer look.Stop()
	for {
		a.lookAtPhone(ctx)
		select {
		case <-look.C:
		case <-ctx.Done():
			return
		}
	}
}

// lookAtPhone does what is to be done about the phone now.
func (a *account) lookAtPhone(ctx context.Context) {
	now, seen := a.connector.now(), a.lastSeen()
	silence := now.Sub(seen)
	if a.stand().StateEvent != status.StateConnected || silence < askAfter {
		a.phoneAsked(time.Time{})
		return
	}
	a.primary.mu.Lock()
	asked := a.primary.asked
	a.primary.mu.Unlock()
	if asked.IsZero() || now.Sub(asked) >= askAgain {
		if err := a.greetPhone(ctx); err != nil {
			a.log.Debug().Err(err).Msg("The phone could not be asked for anything")
			return
		}
		a.phoneAsked(now)
		return
	}
	if now.Sub(asked) >= a.connector.phoneAnswersIn {
		a.warnOfPhone(int(silence/(24*time.Hour)), seen)
	}
}

func (a *account) phoneAsked(at time.Time) {
	a.primary.mu.Lock()
	defer a.primary.mu.Unlock()
	a.primary.asked = at
}

// warnOfPhone warns the owner of a phone that has been offline for so many days, since it was seen, once for each day on which that is wanted.
func (a *account) warnOfPhone(days int, seen time.Time) {
	due := 0
	for _, day := range a.connector.options.PhoneWarnings {
		if day <= days {
			due = day
		}
	}
	if due <= a.kept().PhoneWarned {
		return
	}
	if err := a.keep(a.ctx, func(kept *LoginMetadata) { kept.PhoneWarned = due }); err != nil {
		a.log.Err(err).Msg("That the owner of a phone was warned could not be stored")
		return // and so they are warned later
	}
	a.tellOwner(a.say(say.PhoneAway, networkName, a.moment(seen), a.moment(seen.Add(unlinkedAfter))))
}

// greetPhone asks the phone for a key that the account has already: it answers by itself, and nothing changes (whatsmeow/appstate.go,
// requestAppStateKeys, does so for keys that are missing).
func (a *account) greetPhone(ctx context.Context) error {
	client := a.current()
	if client == nil {
		return whatsmeow.ErrNotLoggedIn
	}
	key, err := client.Store.AppStateKeys.GetLatestAppStateSyncKeyID(ctx)
	if err != nil || len(key) == 0 {
		return errors.Join(errors.New("there is no key to ask for"), err)
	}
	_, err = client.SendPeerMessage(ctx, &waE2E.Message{ProtocolMessage: &waE2E.ProtocolMessage{
		Type:                   waE2E.ProtocolMessage_APP_STATE_SYNC_KEY_REQUEST.Enum(),
		AppStateSyncKeyRequest: &waE2E.AppStateSyncKeyRequest{KeyIDs: []*waE2E.AppStateSyncKeyId{{KeyID: slices.Clone(key)}}},
	}})
	return err
}
