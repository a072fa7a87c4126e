package telegram

import (
	"context"
	"encoding/json"
	"time"

	"github.com/cenkalti/backoff/v5"

	"passerelle/portal"
)

const (
	// longestPause bounds the time between two attempts to fetch updates.
	longestPause = time.Minute
	// numbersLast is for how long the numbers of updates go on from the last one. After a week without any, the next one may have
	// any number (Bot API, Update, update_id): then what is known of the last one is forgotten a day before.
	numbersLast = 6 * 24 * time.Hour
)

// poll fetches updates until ctx ends or Telegram does not take the token. Each request tells Telegram that those before are
// stored.
func (a *account) poll(ctx context.Context) {
	wait := newWait()
	holds := time.Duration(0) // until it is known that the connection stands
	pushed := true            // perhaps, as the configuration said before, or by another program
	for ctx.Err() == nil {
		var updates []json.RawMessage
		var err error
		if pushed {
			err = a.api.deleteWebhook(ctx)
			pushed = err != nil
		}
		if err == nil {
			updates, err = a.api.getUpdates(ctx, a.offset(), holds)
		}
		if ctx.Err() != nil {
			return
		}
		if err == nil {
			if holds == 0 {
				a.connected(ctx)
			}
			holds = pollLasts
			wait.Reset()
			a.seen(ctx)
			a.take(ctx, updates)
			continue
		}
		holds = 0
		pause, goesOn := a.troubled(err, wait)
		if !goesOn {
			return
		}
		rest(ctx, pause)
	}
}

// rest waits, or until ctx ends.
func rest(ctx context.Context, pause time.Duration) {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// offset is the number of the first update that has not come yet; 0: any.
func (a *account) offset() int64 {
	kept := a.kept()
	if a.connector.now().Sub(kept.OffsetAt) > numbersLast {
		return 0
	}
	return kept.Offset
}

// take stores updates, and then the number of the next one. It is false when ctx has ended before, and then they come again.
func (a *account) take(ctx context.Context, raw []json.RawMessage) (taken bool) {
	if len(raw) == 0 {
		return true
	}
	a.taking.Lock()
	defer a.taking.Unlock()
	first, next := a.offset(), int64(0)
	var arrivals []portal.Arrival
	for _, each := range raw {
		u, err := parseUpdate(each)
		next = max(next, u.ID+1)
		if u.ID < first {
			continue // it has come before
		}
		if err == nil && u.Kind == updatePoll {
			err = a.lookAtPoll(ctx, u)
		}
		if err == nil {
			var came portal.Arrival
			if came, err = a.arrivalOf(u); err == nil {
				arrivals = append(arrivals, came)
			}
		}
		if err != nil {
			a.log.Err(err).Int64("update", u.ID).Msg("An update cannot be kept")
		}
	}
	if !a.store(ctx, arrivals) {
		return false
	}
	err := a.keep(ctx, func(kept *LoginMetadata) { kept.Offset, kept.OffsetAt = max(first, next), a.connector.now() })
	if err != nil && ctx.Err() == nil { // what comes again is known by what it is
		a.log.Err(err).Msg("How many updates have come could not be stored")
	}
	return true
}

// store puts arrivals into the inbox, all or none, and waits for the database if it has to. It is false when ctx has ended.
func (a *account) store(ctx context.Context, arrivals []portal.Arrival) (stored bool) {
	wait := backoff.NewExponentialBackOff()
	wait.InitialInterval, wait.MaxInterval = 50*time.Millisecond, 5*time.Second
	_, err := backoff.Retry(ctx, func() (struct{}, error) {
		return struct{}{}, a.connector.border.Inbox.Put(ctx, arrivals...)
	}, backoff.WithBackOff(wait), backoff.WithMaxElapsedTime(0), backoff.WithNotify(func(err error, next time.Duration) {
		a.log.Error().Err(err).Stringer("next", next).Msg("Updates cannot be stored; Telegram is not told of their arrival")
	}))
	return err == nil
}
