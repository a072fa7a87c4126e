package telegramtest

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"time"
)

// updateLife is how long an update is kept for a bot that does not fetch it ("Getting updates").
const updateLife = 24 * time.Hour

// update is something that a bot is told.
type update struct {
	id   int64
	kind string
	at   time.Time
	body json.RawMessage // of the whole update, as it was when it happened
}

// byRequest are the kinds of updates that a bot gets only when allowed_updates names them.
var byRequest = map[string]bool{"chat_member": true, "message_reaction": true, "message_reaction_count": true}

// put tells a bot something, if it wants to know. The caller holds the mutex.
func (b *Bot) put(kind string, content any) {
	if wanted := b.allowed[kind]; b.away || b.allowed != nil && !wanted || b.allowed == nil && byRequest[kind] {
		return
	}
	b.lastUpdate = max(b.lastUpdate, b.user.ID) + 1
	body, err := json.Marshal(map[string]any{"update_id": b.lastUpdate, kind: content})
	if err != nil {
		panic(err) // they are our own types
	}
	b.updates = append(b.updates, &update{id: b.lastUpdate, kind: kind, at: b.server.time(), body: body})
	b.server.wake()
}

// Redeliver gives a bot the newest n updates that it has confirmed once more, as Telegram may after a failure of its own.
func (b *Bot) Redeliver(n int) {
	b.server.mu.Lock()
	defer b.server.mu.Unlock()
	again := b.confirmed[max(0, len(b.confirmed)-n):]
	b.updates = append(slices.Clone(again), b.updates...)
	b.server.wake()
}

// WaitForConfirmed returns once a bot has confirmed all that it was told.
func (b *Bot) WaitForConfirmed(ctx context.Context) error {
	return b.server.wait(ctx, func() bool { return len(b.updates) == 0 })
}

// setAllowed takes the kinds that a bot wants to know of, if it says so. The caller holds the mutex.
func (c *call) setAllowed() error {
	if c.values["allowed_updates"] == "" {
		return nil
	}
	var kinds []string
	if err := c.object("allowed_updates", &kinds); err != nil {
		return err
	}
	c.bot.allowed = nil
	if len(kinds) > 0 {
		c.bot.allowed = map[string]bool{}
		for _, kind := range kinds {
			c.bot.allowed[kind] = true
		}
	}
	return nil
}

// getUpdates gives a bot what it has not confirmed, waiting for the first if there is none.
func (c *call) getUpdates(ctx context.Context) (any, error) {
	s, b := c.server, c.bot
	s.mu.Lock()
	if b.hook != nil {
		s.mu.Unlock()
		return nil, conflict("can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first")
	}
	if b.polling != nil {
		close(b.polling)
	}
	mine := make(chan struct{})
	b.polling = mine
	s.wake()
	err := c.setAllowed()
	b.confirm(c.number("offset"))
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if b.polling == mine {
			b.polling = nil
		}
	}()
	if err != nil {
		return nil, err
	}
	limit := int(c.number("limit"))
	if limit <= 0 || limit > 100 {
		limit = 100
	}
	waiting, cancel := context.WithTimeout(ctx, time.Duration(c.number("timeout"))*time.Second)
	defer cancel()
	found := []json.RawMessage{}
	replaced := false
	s.wait(waiting, func() bool {
		select {
		case <-mine:
			replaced = true
			return true
		default:
		}
		b.forgetOld()
		for _, u := range b.updates[:min(limit, len(b.updates))] {
			found = append(found, u.body)
		}
		return len(found) > 0
	})
	if replaced {
		return nil, conflict("terminated by other getUpdates request; make sure that only one bot instance is running")
	}
	return found, nil
}

func conflict(text string) error {
	return &apiError{code: http.StatusConflict, text: "Conflict: " + text}
}

// confirm forgets the updates before an offset; a negative one keeps that many of the newest.
func (b *Bot) confirm(offset int64) {
	switch {
	case offset > 0:
		for len(b.updates) > 0 && b.updates[0].id < offset {
			b.confirmed, b.updates = append(b.confirmed, b.updates[0]), b.updates[1:]
		}
	case offset < 0:
		b.updates = b.updates[max(0, len(b.updates)+int(offset)):]
	}
}

func (b *Bot) forgetOld() {
	oldest := b.server.time().Add(-updateLife)
	b.updates = slices.DeleteFunc(b.updates, func(u *update) bool { return u.at.Before(oldest) })
}

// Forget has a bot never be told of what happens meanwhile, as when it is away for longer than updates are kept.
func (b *Bot) Forget(meanwhile func()) {
	b.server.mu.Lock()
	b.away = true
	b.server.mu.Unlock()
	meanwhile()
	b.server.mu.Lock()
	defer b.server.mu.Unlock()
	b.away = false
}
