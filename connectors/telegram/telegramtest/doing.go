package telegramtest

import (
	"context"
	"time"
)

// doingLasts is for how long apps show that somebody types (sendChatAction).
const doingLasts = 5 * time.Second

// doing is what somebody is about to send.
type doing struct {
	action string // "typing", "record_voice", ...
	until  time.Time
}

func (c *call) sendChatAction() (any, error) {
	in, _, sender, err := c.outgoing()
	if err != nil {
		return nil, err
	}
	if c.text("action") == "" {
		return nil, badRequest("wrong parameter action in request")
	}
	at := in.id
	if in.kind == "private" {
		at = in.other(sender)
	}
	c.bot.actions = append(c.bot.actions, Action{Chat: at, Action: c.text("action")})
	if in.doing == nil {
		in.doing = map[int64]doing{}
	}
	in.doing[sender] = doing{c.text("action"), c.server.time().Add(doingLasts)}
	c.server.wake()
	return true, nil
}

// Doing tells what the person's app shows somebody else to be about to send in a chat; "": nothing.
func (p *Person) Doing(chatID int64) (action string, err error) {
	err = p.do(chatID, func(c *chat) error { action = c.shownDoing(p.user.ID); return nil })
	return action, err
}

// WaitForDoing waits until the person's app shows that somebody else in a chat is about to send something.
func (p *Person) WaitForDoing(ctx context.Context, chatID int64, action string) error {
	return p.server.wait(ctx, func() bool {
		c, err := p.server.chatFor(p.user.ID, chatID)
		return err == nil && c.shownDoing(p.user.ID) == action
	})
}

func (c *chat) shownDoing(to int64) string {
	for who, what := range c.doing {
		if who != to && c.server.time().Before(what.until) {
			return what.action
		}
	}
	return ""
}
