package telegramtest

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"time"
)

// webhook is where a bot's updates are pushed to.
type webhook struct {
	url       string
	secret    string
	cancel    context.CancelFunc
	lastError string
	failedAt  int64
}

// webhookPause is how long a webhook that failed is left alone.
const webhookPause = 200 * time.Millisecond

var secretForm = regexp.MustCompile(`^[A-Za-z0-9_-]{1,256}$`)

// setWebhook begins to push a bot's updates. Telegram demands HTTPS; here a loopback address may do without.
func (c *call) setWebhook() (any, error) {
	address := c.text("url")
	if address == "" {
		return c.deleteWebhook()
	}
	if parsed, err := url.Parse(address); err != nil || parsed.Host == "" || parsed.Scheme != "https" && parsed.Hostname() != "127.0.0.1" {
		return nil, badRequest("bad webhook: An HTTPS URL must be provided for webhook")
	}
	if secret := c.text("secret_token"); secret != "" && !secretForm.MatchString(secret) {
		return nil, badRequest("secret token contains unallowed characters")
	}
	if err := c.setAllowed(); err != nil {
		return nil, err
	}
	b, s := c.bot, c.server
	b.endWebhook()
	if c.flag("drop_pending_updates") {
		b.updates = nil
	}
	ctx, cancel := context.WithCancel(s.ctx)
	b.hook = &webhook{url: address, secret: c.text("secret_token"), cancel: cancel}
	hook := b.hook
	s.running.Go(func() { b.push(ctx, hook) })
	return true, nil
}

func (c *call) deleteWebhook() (any, error) {
	c.bot.endWebhook()
	if c.flag("drop_pending_updates") {
		c.bot.updates = nil
	}
	return true, nil
}

func (b *Bot) endWebhook() {
	if b.hook != nil {
		b.hook.cancel()
		b.hook = nil
	}
}

func (c *call) webhookInfo() (any, error) {
	info := map[string]any{"url": "", "has_custom_certificate": false, "pending_update_count": len(c.bot.updates)}
	if hook := c.bot.hook; hook != nil {
		info["url"] = hook.url
		if hook.lastError != "" {
			info["last_error_message"], info["last_error_date"] = hook.lastError, hook.failedAt
		}
	}
	return info, nil
}

// push pushes a bot's updates in order until ctx ends. One that is not taken is pushed again.
func (b *Bot) push(ctx context.Context, hook *webhook) {
	s := b.server
	client := &http.Client{Timeout: time.Minute}
	defer client.CloseIdleConnections()
	for {
		var next *update
		if s.wait(ctx, func() bool {
			b.forgetOld()
			if len(b.updates) > 0 {
				next = b.updates[0]
			}
			return next != nil
		}) != nil {
			return
		}
		problem := hook.post(ctx, client, next)
		s.mu.Lock()
		if problem == "" {
			b.confirm(next.id + 1)
			s.wake()
		} else {
			hook.lastError, hook.failedAt = problem, s.now()
		}
		s.mu.Unlock()
		if problem != "" {
			select {
			case <-ctx.Done():
				return
			case <-time.After(webhookPause):
			}
		}
	}
}

// post pushes one update, and returns what went wrong; "": nothing.
func (h *webhook) post(ctx context.Context, client *http.Client, u *update) string {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, h.url, bytes.NewReader(u.body))
	if err != nil {
		return err.Error()
	}
	request.Header.Set("Content-Type", "application/json")
	if h.secret != "" {
		request.Header.Set("X-Telegram-Bot-Api-Secret-Token", h.secret)
	}
	answer, err := client.Do(request)
	if err != nil {
		return "Connection failed"
	}
	defer answer.Body.Close()
	io.Copy(io.Discard, answer.Body)
	if answer.StatusCode/100 != 2 {
		return "Wrong response from the webhook: " + answer.Status
	}
	return ""
}
