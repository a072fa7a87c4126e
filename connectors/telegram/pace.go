package telegram

import (
	"context"
	"fmt"
	"sync"
	"time"

	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/event"

	"passerelle/portal/pace"
	"passerelle/portal/say"
)

// Telegram takes about one message a second in a chat, 20 a minute in a group, and 30 a second of a bot (Bots FAQ, "My bot is hitting
// limits"). More are refused for a while (429). Here they wait for their turn, where their senders see it.

// PaceOptions says how fast a bot may write.
type PaceOptions struct {
	Private pace.Limit `yaml:"private"` // in a chat with a person
	Group   pace.Limit `yaml:"group"`   // in a group or channel
	All     pace.Limit `yaml:"all"`     // in all chats together
}

func defaultPace() PaceOptions {
	return PaceOptions{
		Private: pace.Limit{Burst: 3, Every: time.Second},
		Group:   pace.Limit{Burst: 5, Every: 3 * time.Second},
		All:     pace.Limit{Burst: 30, Every: time.Second / 30},
	}
}

func (o PaceOptions) validate() error {
	for name, limit := range map[string]pace.Limit{"private": o.Private, "group": o.Group, "all": o.All} {
		if err := limit.Validate(); err != nil {
			return fmt.Errorf("pace.%s: %w", name, err)
		}
	}
	return nil
}

// worthSaying is how long a message waits without its sender being told.
const worthSaying = 10 * time.Second

// paces are the lines in which a bot's messages wait: one for each chat, and one for all.
type paces struct {
	options PaceOptions
	now     func() time.Time
	all     *pace.Line

	mu     sync.Mutex
	chats  map[chatID]*pace.Line // guarded by mu
	closed bool                  // guarded by mu
}

func (p *paces) open(options PaceOptions, now func() time.Time) {
	p.options, p.now, p.chats = options, now, map[chatID]*pace.Line{}
	p.all = pace.NewLine(options.All, now, nil, nil)
}

// of returns the line of a chat. Topics are in one chat.
func (p *paces) of(in chatID) *pace.Line {
	in = in.whole()
	p.mu.Lock()
	defer p.mu.Unlock()
	line := p.chats[in]
	if line == nil {
		limit := p.options.Group
		if in.isPrivate() {
			limit = p.options.Private
		}
		line = pace.NewLine(limit, p.now, nil, nil)
		p.chats[in] = line
		if p.closed {
			line.Close()
		}
	}
	return line
}

// wait returns when a message may go to a chat. waits may be nil; see pace.Line.
func (p *paces) wait(ctx context.Context, in chatID, waits func(since, until time.Time)) error {
	if err := p.of(in).Wait(ctx, string(in.portalID()), waits); err != nil {
		return err
	}
	return p.all.Wait(ctx, string(in.portalID()), waits)
}

// pause lets nothing go to a chat for a time, as Telegram asks.
func (p *paces) pause(in chatID, lasts time.Duration) { p.of(in).Pause(p.now().Add(lasts)) }

func (p *paces) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	for _, line := range p.chats {
		line.Close()
	}
	p.all.Close()
}

// waiting counts what waits for its chat's turn, and for the bot's.
func (p *paces) waiting() (chats, bot int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, line := range p.chats {
		chats += len(line.Waiting())
	}
	return chats, len(p.all.Waiting())
}

// AwaitTurn returns when a message may go to a room's chat (see bridge.Pacing).
func (c *Connector) AwaitTurn(ctx context.Context, to *bridgev2.Portal, message *event.Event, says func(text string)) error {
	in, err := parsePortalID(to.ID)
	if err != nil {
		return nil // whoever sends it tells
	}
	login := c.bridge.GetCachedUserLoginByID(loginID(in.bot))
	if login == nil {
		return nil // bridgev2 tells
	}
	a, ok := login.Client.(*account)
	if !ok {
		return nil
	}
	said := false
	return a.pace.wait(ctx, in, func(since, until time.Time) {
		if !said && until.Sub(since) > worthSaying {
			said = true
			says(c.sayTo(message.Sender, say.BotWaits, networkName, c.border.Languages.Of(message.Sender).Moment(until, c.now())))
		}
	})
}

// Waiting counts what waits of all bots (see bridge.Pacing).
func (c *Connector) Waiting() map[string]int {
	count := map[string]int{"chats": 0, "bots": 0}
	for _, login := range c.bridge.GetAllCachedUserLogins() {
		if a, ok := login.Client.(*account); ok {
			chats, bot := a.pace.waiting()
			count["chats"] += chats
			count["bots"] += bot
		}
	}
	return count
}
