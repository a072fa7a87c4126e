package telegram

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"path"
	"strings"
	"sync/atomic"
	"time"

	"github.com/cenkalti/backoff/v5"
	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"
	"maunium.net/go/mautrix/bridgev2/networkid"
)

// Where the configuration names an address, Telegram pushes updates there instead of being asked for them (Bot API, setWebhook). An
// update is acknowledged once the inbox holds it: until then Telegram pushes it again. One at a time is pushed, so that chats keep
// their order.

// WebhookOptions says where Telegram pushes updates to. Its zero value is nowhere.
type WebhookOptions struct {
	// URL is where Telegram reaches the bridge, through a proxy that speaks HTTPS: each bot's path is its number below it.
	URL string `yaml:"url"`
	// Listen is the host and port where the bridge listens for it.
	Listen string `yaml:"listen"`
}

func (o WebhookOptions) validate() error {
	if o == (WebhookOptions{}) {
		return nil
	}
	at, err := url.Parse(o.URL)
	if err != nil || at.Host == "" || at.Scheme != "https" && !(at.Scheme == "http" && at.Hostname() == "127.0.0.1") {
		return errors.New("webhook.url: must be where Telegram reaches the bridge, such as https://bridge.example.org/telegram; leave webhook out to have the bridge ask")
	}
	if _, _, err := net.SplitHostPort(o.Listen); err != nil {
		return errors.New("webhook.listen: must be a host and a port, such as 127.0.0.1:29330, to which your proxy passes webhook.url")
	}
	return nil
}

const (
	// hookLook is how often it is looked whether the webhook still stands: other programs that have the token can end it, and only
	// then is it known that Telegram does not take the token any more.
	hookLook = time.Minute
	// maxPush bounds what is pushed, in bytes. One update is far smaller.
	maxPush = 4 << 20
	// pushPatience bounds how long Telegram may take to push, and how long it waits for the inbox.
	pushPatience = 30 * time.Second
	// secretHeader proves that it is Telegram that pushes.
	secretHeader = "X-Telegram-Bot-Api-Secret-Token"
)

// startWebhooks begins to listen, if updates are pushed.
func (c *Connector) startWebhooks(ctx context.Context) error {
	if c.options.Webhook.Listen == "" {
		return nil
	}
	var listening net.ListenConfig
	listener, err := listening.Listen(ctx, "tcp", c.options.Webhook.Listen)
	if err != nil {
		return fmt.Errorf("networks.telegram.webhook.listen: %w", err)
	}
	c.hooks = &http.Server{Handler: http.HandlerFunc(c.pushed), ReadTimeout: pushPatience, WriteTimeout: 2 * pushPatience,
		ErrorLog: log.New(io.Discard, "", 0)} // strangers' requests
	c.serving.Go(func() { c.hooks.Serve(listener) }) // until it is closed
	return nil
}

// Stop ends what Start began (see [bridgev2.StoppableNetwork]).
func (c *Connector) Stop() {
	if c.hooks != nil {
		c.hooks.Close()
		c.serving.Wait()
	}
}

// pushed takes an update that is pushed, and acknowledges it when the inbox holds it.
func (c *Connector) pushed(w http.ResponseWriter, r *http.Request) {
	login := c.bridge.GetCachedUserLoginByID(networkid.UserLoginID(path.Base(r.URL.Path)))
	if login == nil || r.Method != http.MethodPost {
		http.NotFound(w, r)
		return
	}
	a, ok := login.Client.(*account)
	if !ok || !a.hook.knows(r.Header.Get(secretHeader)) {
		http.Error(w, "", http.StatusUnauthorized)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxPush))
	if err != nil {
		http.Error(w, "", http.StatusBadRequest)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), pushPatience)
	defer cancel()
	stop := context.AfterFunc(a.ctx, cancel)
	defer stop()
	if !a.take(ctx, []json.RawMessage{body}) {
		http.Error(w, "", http.StatusServiceUnavailable) // and it is pushed again
	}
}

// pushSecret is what a webhook's pushes have in their header, as a hash, so that what is compared has one length. It is new each time
// that the webhook is set.
type pushSecret struct {
	current atomic.Pointer[[sha256.Size]byte] // nil: nothing is pushed
}

// knows tells whether a header is the secret.
func (s *pushSecret) knows(header string) bool {
	is := s.current.Load()
	hash := sha256.Sum256([]byte(header))
	return is != nil && subtle.ConstantTimeCompare(hash[:], is[:]) == 1
}

// renew makes a new secret, and returns it.
func (s *pushSecret) renew() string {
	secret := rand.Text()
	hash := sha256.Sum256([]byte(secret))
	s.current.Store(&hash)
	return secret
}

// webhookInfo is how a webhook stands (Bot API, WebhookInfo).
type webhookInfo struct {
	URL           string `json:"url"`
	Pending       int    `json:"pending_update_count"`
	LastErrorDate int64  `json:"last_error_date"`
	LastError     string `json:"last_error_message"`
}

// setWebhook has updates pushed to an address.
func (a *api) setWebhook(ctx context.Context, to, secret string) error {
	return a.call(ctx, "setWebhook", tgbotapi.Params{"url": to, "secret_token": secret, "max_connections": "1", "allowed_updates": encoded(updateKinds())}, nil)
}

// deleteWebhook has updates kept for being fetched. Those that wait stay.
func (a *api) deleteWebhook(ctx context.Context) error {
	return a.call(ctx, "deleteWebhook", nil, nil)
}

func (a *api) getWebhookInfo(ctx context.Context) (info webhookInfo, err error) {
	return info, a.call(ctx, "getWebhookInfo", nil, &info)
}

// errHookTaken is the error of a webhook that another program has ended, or put one of its own in its place.
var errHookTaken = errors.New("another program has changed where updates are pushed")

// listen has updates pushed until ctx ends or Telegram does not take the token.
func (a *account) listen(ctx context.Context) {
	to := strings.TrimRight(a.connector.options.Webhook.URL, "/") + "/" + number(a.bot)
	wait := newWait()
	for ctx.Err() == nil {
		err := a.api.setWebhook(ctx, to, a.hook.renew())
		if err == nil {
			a.connected(ctx)
			wait.Reset()
			err = a.watchHook(ctx, to)
		}
		if ctx.Err() != nil {
			return
		}
		pause, goesOn := a.troubled(err, wait)
		if !goesOn {
			return
		}
		rest(ctx, pause)
	}
}

// watchHook returns when the webhook does not stand any more, or it cannot be known. Meanwhile it tells when Telegram cannot push.
func (a *account) watchHook(ctx context.Context, to string) error {
	for stuck := false; ; {
		if !stuck {
			a.seen(ctx)
		}
		if rest(ctx, hookLook); ctx.Err() != nil {
			return ctx.Err()
		}
		info, err := a.api.getWebhookInfo(ctx)
		if err != nil {
			return err
		}
		switch err := info.trouble(to, a.connector.now()); {
		case errors.Is(err, errHookTaken):
			return err
		case err != nil:
			stuck = true
			a.lost(err)
		case stuck:
			stuck = false
			a.connected(ctx)
		}
	}
}

// trouble tells what is wrong with a webhook that should be at an address; nil: nothing.
func (i webhookInfo) trouble(to string, now time.Time) error {
	switch {
	case i.URL != to:
		return errHookTaken
	case i.Pending > 0 && now.Sub(time.Unix(i.LastErrorDate, 0)) < 2*hookLook:
		return fmt.Errorf("updates cannot be pushed here, and %d wait; look at webhook.url and your proxy: %s", i.Pending, i.LastError)
	}
	return nil
}

// newWait returns how long to wait between attempts to be connected.
func newWait() *backoff.ExponentialBackOff {
	wait := backoff.NewExponentialBackOff()
	wait.MaxInterval = longestPause
	return wait
}
