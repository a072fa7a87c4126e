package whatsapp

import (
	"context"
	"errors"
	"time"

	"github.com/cenkalti/backoff/v5"
	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/appstate"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
	"maunium.net/go/mautrix/bridgev2/status"

	"passerelle/portal/say"
)

// Codes of what is wrong with a login, for machines. People read the message beside them.
const (
	codeLoggedOut     status.BridgeStateErrorCode = "whatsapp-logged-out"
	codeDisconnected  status.BridgeStateErrorCode = "whatsapp-disconnected"
	codeUsedElsewhere status.BridgeStateErrorCode = "whatsapp-used-elsewhere"
	codeSuspended     status.BridgeStateErrorCode = "whatsapp-suspended"
	codeOutdated      status.BridgeStateErrorCode = "whatsapp-outdated"
	codeRefused       status.BridgeStateErrorCode = "whatsapp-refused"
)

// longestPause bounds the time between two attempts to connect.
const longestPause = time.Minute

// Connect begins to connect and returns at once (see [bridgev2.NetworkAPI]). Attempts go on until one succeeds, the phone
// removes the link, or the account is disconnected.
func (a *account) Connect(context.Context) {
	a.beginning.Do(func() {
		a.spawn(a.doDue)
		if a.connector.options.ContactPresence {
			a.spawn(a.showOnline)
		}
	})
	kept := a.kept()
	if a.current() == nil {
		a.tellLoggedOut(kept.LoggedOut)
		return
	}
	a.spawn(a.watchPhone)
	if a.connector.now().Before(kept.Ban.Again) {
		a.stayAway(kept.Ban)
		return
	}
	a.tell(status.BridgeState{StateEvent: status.StateConnecting})
	a.spawn(a.connect)
	a.spawn(a.endMutes)
}

// connect tries until a connection stands. From then on whatsmeow connects again by itself.
func (a *account) connect(ctx context.Context) {
	wait := backoff.NewExponentialBackOff()
	wait.MaxInterval = longestPause
	_, err := backoff.Retry(ctx, func() (struct{}, error) {
		client := a.current()
		if client == nil {
			return struct{}{}, backoff.Permanent(whatsmeow.ErrNotLoggedIn)
		}
		err := client.ConnectContext(ctx)
		if errors.Is(err, whatsmeow.ErrAlreadyConnected) {
			err = nil
		}
		return struct{}{}, err
	}, backoff.WithBackOff(wait), backoff.WithMaxElapsedTime(0), backoff.WithNotify(func(err error, next time.Duration) {
		a.lost(err)
	}))
	if err != nil && ctx.Err() == nil && !errors.Is(err, whatsmeow.ErrNotLoggedIn) {
		a.log.Err(err).Msg("Not connecting any more")
	}
}

// connectAfter connects again after a pause. whatsmeow does not when WhatsApp refused it.
func (a *account) connectAfter(pause time.Duration) {
	a.spawn(func(ctx context.Context) {
		timer := time.NewTimer(pause)
		defer timer.Stop()
		select {
		case <-timer.C:
			a.connect(ctx)
		case <-ctx.Done():
		}
	})
}

// comeBack connects again because WhatsApp asks for it (stream error 515). By itself whatsmeow would try once, and stay away
// when that fails (whatsmeow/connectionevents.go, handleStreamError).
func (a *account) comeBack() {
	a.tell(status.BridgeState{StateEvent: status.StateConnecting})
	a.spawn(func(ctx context.Context) {
		if client := a.current(); client != nil {
			client.Disconnect()
			a.connect(ctx)
		}
	})
}

// reconnectFailed is called by whatsmeow between two attempts of its own. Its pauses grow by two seconds an attempt without
// end (whatsmeow/client.go, autoReconnect); here they stop growing.
func (a *account) reconnectFailed(err error) (again bool) {
	if client := a.current(); client != nil {
		client.AutoReconnectErrors = min(client.AutoReconnectErrors, int(longestPause/(2*time.Second)))
	}
	a.lost(err)
	return true
}

// lost tells that the connection is gone and will be back.
func (a *account) lost(err error) {
	state := status.BridgeState{StateEvent: status.StateTransientDisconnect, Error: codeDisconnected,
		Message: a.say(say.ConnectionLost, networkName)}
	if err != nil {
		a.log.Warn().Str("reason", withoutPhoneNumbers(err.Error())).Msg("WhatsApp cannot be reached; trying again")
	}
	a.tell(state)
}

// tell says the login's state to bridgev2.
func (a *account) tell(state status.BridgeState) {
	a.stands(state)
	a.telling.Lock()
	defer a.telling.Unlock()
	if a.ctx.Err() == nil {
		a.login.BridgeState.Send(state)
	}
}

// trouble tells that the connection is gone and will not be back by itself.
func (a *account) trouble(code status.BridgeStateErrorCode, sentence say.Sentence) {
	a.tell(status.BridgeState{StateEvent: status.StateUnknownError, Error: code, Message: a.say(sentence, networkName)})
	a.settle()
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

// handle is called by whatsmeow with each event; false keeps WhatsApp from being told that the event arrived.
func (a *account) handle(event any) (handled bool) {
	if !a.begin() {
		return false
	}
	defer a.running.Done()
	if at := seenBy(event); !at.IsZero() {
		a.phoneSeen(at)
	}
	switch event := event.(type) {
	case *events.Message:
		return a.receive(event)
	case *events.UndecryptableMessage:
		return a.receiveUnreadable(event)
	case *events.Connected:
		a.connected()
		a.announce()
	case *events.Disconnected, *events.KeepAliveTimeout, *events.StreamError:
		a.watch.forget()
		a.lost(nil)
	case *events.KeepAliveRestored:
		a.connected()
	case *events.ManualLoginReconnect:
		a.comeBack()
	case *events.LoggedOut:
		a.loggedOut(event.Reason)
	case *events.StreamReplaced:
		a.trouble(codeUsedElsewhere, say.UsedElsewhere)
	case *events.ClientOutdated:
		a.trouble(codeOutdated, say.UpdateBridge)
	case *events.TemporaryBan:
		a.banned(event)
	case *events.ConnectFailure:
		a.log.Warn().Int("reason", int(event.Reason)).Msg("WhatsApp refused the connection")
		a.trouble(codeRefused, say.ConnectionRefused)
		a.connectAfter(longestPause)
	case *events.NotifyAccountReachoutTimelock:
		a.timelocked(event)
	case *events.PushNameSetting:
		a.renamed(event.Action.GetName())
		a.nameKnown()
	case *events.AppStateSyncComplete:
		a.settingsCame(event.Name)
	case *events.PushName:
		a.contactRenamed(event)
	case *events.Contact:
		a.contactSaved(event)
	case *events.Picture:
		return a.pictureChanged(event)
	case *events.MediaRetry:
		a.phoneAnswers.take(event)
	case *events.GroupInfo:
		return a.receiveGroupChange(event) && a.groupTimerChanged(event)
	case *events.JoinedGroup:
		return a.receiveJoined(event)
	case *events.Presence:
		a.presenceCame(event)
	case *events.CallOffer:
		return a.callOffered(event)
	case *events.CallOfferNotice:
		return a.callNoticed(event)
	case *events.CallAccept:
		return a.callAccepted(event)
	case *events.CallTerminate:
		return a.callEnded(event)
	case *events.Receipt:
		a.receipt(event)
	case *events.ChatPresence:
		a.typed(event)
	case *events.Mute:
		return a.receiveMarks(event.JID, muteMark)
	case *events.Pin:
		return a.receiveMarks(event.JID, placeMark)
	case *events.Archive:
		return a.receiveMarks(event.JID, placeMark)
	case *events.MarkChatAsRead:
		a.markedUnread(event)
	}
	return true
}

// settingsCame is called when all of a part of the phone's settings has come.
func (a *account) settingsCame(part appstate.WAPatchName) {
	switch part {
	case appstate.WAPatchCriticalBlock: // the owner's name, which comes without an event of its own the first time
		a.nameKnown()
		if client := a.current(); client != nil {
			a.renamed(client.Store.PushName)
		}
	case appstate.WAPatchCriticalUnblockLow: // the address book
		a.contactsCame()
	case appstate.WAPatchRegularHigh:
		a.marksCame(muteMark)
	case appstate.WAPatchRegularLow:
		a.marksCame(placeMark)
	}
}

func (a *account) connected() {
	if a.kept().Ban != (Ban{}) {
		if err := a.keep(a.ctx, func(kept *LoginMetadata) { kept.Ban = Ban{} }); err != nil {
			a.log.Err(err).Msg("That a suspension is over could not be stored")
		}
	}
	a.tell(status.BridgeState{StateEvent: status.StateConnected})
	a.settle()
}

// loggedOut closes a login whose link was removed on the phone or by WhatsApp. whatsmeow destroys the keys. The rooms stay.
func (a *account) loggedOut(reason events.ConnectFailureReason) {
	a.mu.Lock()
	a.unlinked = true
	a.mu.Unlock()
	if err := a.keep(a.ctx, func(kept *LoginMetadata) { kept.Device, kept.LoggedOut = types.EmptyJID, reason }); err != nil {
		a.log.Err(err).Msg("That the link is gone could not be stored; the next start finds the keys gone")
	}
	a.log.Warn().Int("reason", int(reason)).Msg("The link is gone")
	a.tellLoggedOut(reason)
}

// tellLoggedOut tells that the link is gone, why, and what to do.
func (a *account) tellLoggedOut(reason events.ConnectFailureReason) {
	sentence := say.LoggedOut
	switch {
	case reason == events.ConnectFailureMainDeviceGone:
		sentence = say.LoggedOutLocked
	case reason == events.ConnectFailureUnknownLogout:
		sentence = say.LoggedOutBanned
	case a.silence() >= unlinkedAfter:
		sentence = say.LoggedOutPhoneAway
	}
	a.tell(status.BridgeState{StateEvent: status.StateBadCredentials, Error: codeLoggedOut, Reason: reason.NumberString(),
		Message: a.say(sentence, networkName), UserAction: status.UserActionRelogin})
	a.settle()
}

// standing is how an account is connected, for people to see.
type standing struct {
	status.BridgeState
	since time.Time // when it became so
}

// stand returns how the account is connected.
func (a *account) stand() standing {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.standing
}

// stands notes how the account is connected.
func (a *account) stands(state status.BridgeState) {
	a.mu.Lock()
	defer a.mu.Unlock()
	since := a.standing.since
	if a.standing.StateEvent != state.StateEvent {
		since = a.connector.now()
	}
	a.standing = standing{state, since}
}

// renamed notes the name that the account's owner published.
func (a *account) renamed(name string) {
	if name == "" || name == a.publicName() {
		return
	}
	if err := a.keep(a.ctx, func(*LoginMetadata) { a.login.RemoteName = name }); err != nil {
		a.log.Err(err).Msg("The account's name could not be stored")
		return
	}
	a.spawn(a.nameAnew)
}
