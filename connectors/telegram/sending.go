package telegram

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/cenkalti/backoff/v5"
	"maunium.net/go/mautrix/id"

	"passerelle/portal/say"
	"passerelle/portal/unsent"
)

// The Bot API has no key by which a message that is sent again is known. So what is about to be sent is noted first, and the note goes
// when bridgev2's table holds the message. Who finds a note after a restart does not send: whether the message arrived nobody can ask.

// sending is what is noted of a Matrix event whose message may have gone out.
type sending struct {
	At   time.Time  `json:"at"`
	Poll *askedPoll `json:"poll,omitempty"` // of a poll
}

const (
	// sendPatience is how long a message is tried again: the room's other messages wait for it.
	sendPatience = 2 * time.Minute
	// noteLasts is how long a note of a message stays whose outcome nobody knows. The homeserver repeats no event after so long.
	noteLasts = 7 * 24 * time.Hour
)

// errPerhapsSent is the error of a message that may have gone out before a restart.
var errPerhapsSent = errors.New("it may have gone out before")

// beginSending notes that a message is about to be sent, and a poll in it.
func (a *account) beginSending(ctx context.Context, evt id.EventID, to chatID, parts []part) error {
	a.keeping.Lock()
	_, before := a.login.Metadata.(*LoginMetadata).Sending[evt]
	if !before {
		if a.underway == nil {
			a.underway = map[id.EventID]bool{}
		}
		a.underway[evt] = true
	}
	a.keeping.Unlock()
	if before {
		return errPerhapsSent
	}
	var asked *askedPoll
	for _, part := range parts {
		poll, err := a.askedBy(evt, to, part)
		if err != nil {
			a.endSending(evt)
			return err
		}
		if poll != nil {
			asked = poll
		}
	}
	now := a.connector.now()
	err := a.keep(ctx, func(kept *LoginMetadata) {
		if kept.Sending == nil {
			kept.Sending = map[id.EventID]sending{}
		}
		for other, note := range kept.Sending {
			if now.Sub(note.At) > noteLasts {
				delete(kept.Sending, other)
			}
		}
		kept.Sending[evt] = sending{At: now, Poll: asked}
	})
	if err != nil {
		a.endSending(evt)
	}
	return wrapped("note what is sent", err)
}

// endSending forgets a message whose outcome is known. The database forgets it with the next change: until then bridgev2's table holds
// the message, or its sender has been told.
func (a *account) endSending(evt id.EventID) {
	a.keeping.Lock()
	defer a.keeping.Unlock()
	delete(a.underway, evt)
	changing.Lock()
	defer changing.Unlock()
	delete(a.login.Metadata.(*LoginMetadata).Sending, evt)
}

// breakOff notes that nobody knows whether a message arrived. Its note stays.
func (a *account) breakOff(evt id.EventID) {
	a.keeping.Lock()
	defer a.keeping.Unlock()
	delete(a.underway, evt)
}

// sendParts sends the messages that one of Matrix becomes, in order, and returns them. The first one answers a message, if there is
// one to answer. It has waited for its turn; the others wait here. The note of the event stays: see endSending. Its errors carry the sentence
// that the sender reads.
func (a *account) sendParts(ctx context.Context, evt id.EventID, to chatID, parts []part, answers messageID, preview *linkPreview) (all []message, err error) {
	if len(parts) == 0 {
		return nil, nil
	}
	switch err := a.beginSending(ctx, evt, to, parts); {
	case errors.Is(err, errPerhapsSent):
		return nil, a.perhaps(ctx, err)
	case err != nil:
		return nil, a.failed(ctx, err, say.NotSent)
	}
	for i, part := range parts {
		turns := max(1, len(part.files)) // each file of an album counts
		if i == 0 {
			turns--
		} else {
			answers = messageID{}
		}
		for range turns {
			if err := a.pace.wait(ctx, to, nil); err != nil && i == 0 {
				a.endSending(evt)
				return nil, a.failed(ctx, err, say.NotSent)
			} else if err != nil {
				a.breakOff(evt)
				return nil, a.perhaps(ctx, err)
			}
		}
		var sent []message
		err := a.try(ctx, to, wasNotSent, func(ctx context.Context) (err error) {
			sent, err = a.sendPart(ctx, to, part, answers, preview)
			var refused *refusal
			if answers.isElsewhere(to) && errors.As(err, &refused) { // the message of before may be why
				sent, err = a.sendPart(ctx, to, part, messageID{}, preview)
			}
			return err
		})
		if err != nil {
			var none *unanswered
			if errors.As(err, &none) && none.perhaps || ctx.Err() != nil {
				a.breakOff(evt)
				return nil, a.perhaps(ctx, err) // and the note stays
			}
			a.endSending(evt)
			if i > 0 { // some of it arrived
				return nil, a.perhaps(ctx, err)
			}
			return nil, a.unsent(ctx, err)
		}
		all = append(all, sent...)
	}
	return all, nil
}

func numbersOf(sent []message) (ids []int64) {
	for _, each := range sent {
		ids = append(ids, each.MessageID)
	}
	return ids
}

// transmit sends a message that is neither text nor file. A channel takes anonymous polls only.
func (a *account) transmit(ctx context.Context, to chatID, c call, answers messageID) (message, error) {
	sent, err := a.api.send(ctx, to, c, answers)
	var refused *refusal
	if c.method == "sendPoll" && errors.As(err, &refused) && strings.Contains(refused.text, "non-anonymous polls") {
		c.params = maps.Clone(c.params)
		c.params["is_anonymous"] = "true"
		return a.api.send(ctx, to, c, answers)
	}
	return sent, err
}

// wasNotSent tells whether a call on which there was no answer did not reach Telegram.
func wasNotSent(none *unanswered) bool { return !none.perhaps }

// insist makes a call that does the same when it is made again, such as an edit, until it is answered or patience ends.
func (a *account) insist(ctx context.Context, in chatID, call func(context.Context) error) error {
	return a.try(ctx, in, func(*unanswered) bool { return true }, call)
}

// try makes a call until it is answered, or patience ends: after as long as Telegram asks when there were too many, and when there was
// no answer if again says that it may be made again.
func (a *account) try(ctx context.Context, in chatID, again func(*unanswered) bool, call func(context.Context) error) error {
	if !a.IsLoggedIn() {
		return &unanswered{method: "none", cause: errors.New("the bot's token is not taken")}
	}
	wait := backoff.NewExponentialBackOff()
	wait.InitialInterval, wait.MaxInterval = 200*time.Millisecond, 5*time.Second
	for end := time.Now().Add(sendPatience); ; {
		err := call(ctx)
		var pause time.Duration
		var fast *tooFast
		var none *unanswered
		switch {
		case errors.As(err, &fast):
			pause = fast.after
			a.pace.pause(in, fast.after)
		case errors.As(err, &none) && again(none):
			pause = wait.NextBackOff()
		default:
			return err
		}
		if time.Now().Add(pause).After(end) {
			return err
		}
		if rest(ctx, pause); ctx.Err() != nil {
			return fmt.Errorf("%w, after: %v", ctx.Err(), err)
		}
	}
}

// refused is the error of what is not sent, and would not be if it were sent again.
func (a *account) refused(ctx context.Context, err error, sentence say.Sentence, args ...any) error {
	return unsent.Refused(err, a.sayToWriter(ctx, sentence, append([]any{networkName}, args...)...))
}

// failed is the error of what did not go out.
func (a *account) failed(ctx context.Context, err error, sentence say.Sentence) error {
	return unsent.Failed(err, a.sayToWriter(ctx, sentence, networkName))
}

// perhaps is the error of what may or may not have gone out.
func (a *account) perhaps(ctx context.Context, err error) error {
	return unsent.Perhaps(err, a.sayToWriter(ctx, say.BotPerhaps, networkName))
}

// unsent says to the sender why a call failed.
func (a *account) unsent(ctx context.Context, err error) error {
	var refused *refusal
	var none *unanswered
	switch {
	case errors.As(err, &refused) && refused.migratedTo != 0: // it is about a message of before: see migration.go
		return a.refused(ctx, err, say.BeforeGrowth)
	case errors.As(err, &refused):
		return a.refused(ctx, err, refused.sentence())
	case errors.As(err, &none) && none.perhaps:
		return a.perhaps(ctx, err)
	case errors.As(err, &none):
		return a.failed(ctx, err, say.NotConnected)
	}
	return a.failed(ctx, err, say.NotSent)
}
