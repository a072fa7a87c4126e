package telegram

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/cenkalti/backoff/v5"
	"maunium.net/go/mautrix/bridgev2/status"

	"passerelle/portal/say"
)

// Codes of what is wrong with a login, for machines. People read the message beside them.
const (
	codeLoggedOut    status.BridgeStateErrorCode = "telegram-logged-out"
	codeDisconnected status.BridgeStateErrorCode = "telegram-disconnected"
	codeUsedTwice    status.BridgeStateErrorCode = "telegram-used-twice"
)

// Connect begins to fetch updates and returns at once (see [bridgev2.NetworkAPI]). Attempts go on until Telegram does not take the
// token, or the account is disconnected.
func (a *account) Connect(context.Context) {
	if a.api == nil {
		a.tellLoggedOut(say.BotKeyChanged)
		return
	}
	a.tell(status.BridgeState{StateEvent: status.StateConnecting})
	if a.connector.options.Webhook.URL != "" {
		a.spawn(a.listen)
		return
	}
	a.spawn(a.poll)
}

// connected tells that updates come, and learns what the bot is called.
func (a *account) connected(ctx context.Context) {
	if me, err := a.api.getMe(ctx); err != nil {
		a.log.Warn().Err(err).Msg("The bot's name is not known yet")
	} else if me.name() != a.name() || me.Username != a.kept().Username {
		err := a.keep(ctx, func(kept *LoginMetadata) {
			a.login.RemoteName, kept.Username = me.name(), me.Username
		})
		if err != nil {
			a.log.Err(err).Msg("The bot's name could not be stored")
		}
	}
	a.tell(status.BridgeState{StateEvent: status.StateConnected})
	a.settle()
}

// lost tells that the connection is gone and will be back.
func (a *account) lost(err error) {
	a.log.Warn().Err(err).Msg("Telegram cannot be reached; trying again")
	a.tell(status.BridgeState{StateEvent: status.StateTransientDisconnect, Error: codeDisconnected, Message: a.say(say.ConnectionLost, networkName)})
}

// troubled tells what keeps the bot from being connected, and how long to wait before the next attempt; false: there is none, since
// Telegram does not take the token.
func (a *account) troubled(err error, wait *backoff.ExponentialBackOff) (pause time.Duration, goesOn bool) {
	pause = wait.NextBackOff()
	var fast *tooFast
	switch {
	case isUnauthorized(err):
		a.loggedOut()
		return 0, false
	case hasCode(err, http.StatusConflict), errors.Is(err, errHookTaken):
		a.usedTwice(err)
	case errors.As(err, &fast):
		pause = max(pause, fast.after)
		fallthrough
	default:
		a.lost(err)
	}
	return pause, true
}

// usedTwice tells that another program fetches the bot's updates (409), or has them pushed elsewhere.
func (a *account) usedTwice(err error) {
	a.log.Warn().Err(err).Msg("Another program fetches the bot's updates; trying again")
	a.tell(status.BridgeState{StateEvent: status.StateUnknownError, Error: codeUsedTwice, Message: a.say(say.BotUsedTwice, networkName)})
	a.settle()
}

// loggedOut ends what runs for a bot whose token Telegram does not take any more. The rooms stay.
func (a *account) loggedOut() {
	a.mu.Lock()
	a.rejected = true
	a.mu.Unlock()
	a.log.Warn().Msg("Telegram does not take the bot's token")
	a.tellLoggedOut(say.BotKeyGone)
}

func (a *account) tellLoggedOut(why say.Sentence) {
	a.tell(status.BridgeState{StateEvent: status.StateBadCredentials, Error: codeLoggedOut, Message: a.say(why, networkName),
		UserAction: status.UserActionRelogin})
	a.settle()
}

// tell says the login's state to bridgev2.
func (a *account) tell(state status.BridgeState) {
	a.telling.Lock()
	defer a.telling.Unlock()
	if a.ctx.Err() == nil {
		a.login.BridgeState.Send(state)
	}
}

// settle notes that the first connection has succeeded, or that none will stand soon.
func (a *account) settle() {
	a.mu.Lock()
	defer a.mu.Unlock()
	select {
	case <-a.settled:
	default:
		close(a.settled)
	}
}
