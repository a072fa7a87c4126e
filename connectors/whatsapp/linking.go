package whatsapp

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/rs/zerolog"
	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/bridgev2/database"
	"maunium.net/go/mautrix/bridgev2/networkid"

	"passerelle/portal/say"
)

// The ways to log in: `login qr` and `login code` in a conversation with the bot.
const (
	flowQR   = "qr"
	flowCode = "code"
)

// Names of the steps, for clients that show them in their own way.
const (
	stepQR       = "passerelle.whatsapp.qr"
	stepNumber   = "passerelle.whatsapp.number"
	stepCode     = "passerelle.whatsapp.code"
	stepComplete = "passerelle.whatsapp.complete"

	fieldNumber = "phone_number"
)

const (
	// WhatsApp Web shows the first QR code for a minute and each other one for 20 seconds; WhatsApp hangs up after the last
	// (whatsmeow/qrchan.go).
	firstCodeLasts = 60 * time.Second
	codeLasts      = 20 * time.Second
	// typedCodeLasts is how long all QR codes last together, and with them a code to type (whatsmeow/pair-code.go).
	typedCodeLasts = firstCodeLasts + 5*codeLasts
	// linkPatience is how long each step between WhatsApp and the bridge may take.
	linkPatience = 30 * time.Second
	// pairingBrowser is the client's name while a code is typed: WhatsApp accepts only common browsers
	// (whatsmeow/pair-code.go, PairPhone).
	pairingBrowser = "Chrome (Linux)"
)

// GetLoginFlows lists the ways to log in (see [bridgev2.NetworkConnector]).
func (c *Connector) GetLoginFlows() []bridgev2.LoginFlow {
	return c.LoginFlowsIn(c.border.Languages.Of(""))
}

// LoginFlowsIn lists the ways to log in, described in a language.
func (c *Connector) LoginFlowsIn(in say.Language) []bridgev2.LoginFlow {
	return []bridgev2.LoginFlow{
		{ID: flowQR, Name: "QR", Description: in.Say(say.FlowQR)},
		{ID: flowCode, Name: "Code", Description: in.Say(say.FlowCode)},
	}
}

// CreateLogin begins to log a user in (see [bridgev2.NetworkConnector]).
func (c *Connector) CreateLogin(_ context.Context, user *bridgev2.User, flow string) (bridgev2.LoginProcess, error) {
	if flow != flowQR && flow != flowCode {
		return nil, bridgev2.ErrInvalidLoginFlowID
	}
	l := &linking{connector: c, user: user, flow: flow, log: user.Log.With().Str("action", "link").Logger(),
		heard: make(chan any, 16)}
	l.ctx, l.cancel = context.WithCancel(l.log.WithContext(c.bridge.BackgroundCtx))
	return l, nil
}

// linking links the bridge to an account: it connects as a device that nobody knows yet, shows a code, and hears from
// WhatsApp that the phone has taken it. Its client ends there; the account's own one begins with the device's keys, so that
// no two clients ever use them.
type linking struct {
	connector *Connector
	user      *bridgev2.User
	flow      string
	log       zerolog.Logger

	ctx    context.Context // outlives the command that began the login
	cancel context.CancelFunc
	once   sync.Once

	client *whatsmeow.Client
	heard  chan any // what the client hears of the pairing

	codes   []string  // QR codes to come
	expires time.Time // when what is shown ends
	hungUp  bool      // WhatsApp has asked the client to come back as a linked device
}

var (
	_ bridgev2.LoginProcessDisplayAndWait = (*linking)(nil)
	_ bridgev2.LoginProcessUserInput      = (*linking)(nil)
)

// Start returns the first step: a QR code, or the question for the phone number.
func (l *linking) Start(ctx context.Context) (*bridgev2.LoginStep, error) {
	if l.flow == flowCode {
		return l.askNumber(), nil
	}
	if err := l.connect(ctx); err != nil {
		return nil, l.fail(err)
	}
	step := l.nextQR(firstCodeLasts)
	step.Instructions = l.say(say.ScanQR, networkName)
	return step, nil
}

func (l *linking) askNumber() *bridgev2.LoginStep {
	return &bridgev2.LoginStep{
		Type: bridgev2.LoginStepTypeUserInput, StepID: stepNumber,
		UserInputParams: &bridgev2.LoginUserInputParams{Fields: []bridgev2.LoginInputDataField{{
			Type: bridgev2.LoginInputFieldTypePhoneNumber, ID: fieldNumber,
			Name: l.say(say.PhoneNumber), Description: l.say(say.AskPhoneNumber),
			Validate: func(number string) (string, error) {
				cleaned, err := bridgev2.CleanPhoneNumber(number)
				if err != nil {
					return "", errors.New(l.say(say.PhoneNumberWrong))
				}
				return cleaned, nil
			},
		}}},
	}
}

// SubmitUserInput takes the phone number and returns the code to type.
func (l *linking) SubmitUserInput(ctx context.Context, input map[string]string) (*bridgev2.LoginStep, error) {
	if err := l.connect(ctx); err != nil {
		return nil, l.fail(err)
	}
	patience, cancel := context.WithTimeout(ctx, linkPatience)
	defer cancel()
	code, err := l.client.PairPhone(patience, input[fieldNumber], true, whatsmeow.PairClientChrome, pairingBrowser)
	switch {
	case errors.Is(err, whatsmeow.ErrPhoneNumberTooShort), errors.Is(err, whatsmeow.ErrPhoneNumberIsNotInternational),
		errors.Is(err, whatsmeow.ErrIQBadRequest):
		return nil, l.fail(l.refusal(say.PhoneNumberWrong))
	case err != nil:
		return nil, l.fail(err)
	}
	l.expires = time.Now().Add(typedCodeLasts)
	return &bridgev2.LoginStep{
		Type: bridgev2.LoginStepTypeDisplayAndWait, StepID: stepCode,
		Instructions:         l.say(say.TypeCode, networkName),
		DisplayAndWaitParams: &bridgev2.LoginDisplayAndWaitParams{Type: bridgev2.LoginDisplayTypeCode, Data: code},
	}, nil
}

// connect connects as a device that nobody knows, and returns once WhatsApp has sent QR codes.
func (l *linking) connect(ctx context.Context) error {
	l.client = l.connector.newClient(l.ctx, l.connector.devices.NewDevice(), l.log)
	l.client.EnableAutoReconnect = false // connecting again is the account's business
	l.client.AddEventHandler(l.hear)
	patience, cancel := context.WithTimeout(ctx, linkPatience)
	defer cancel()
	if err := l.client.ConnectContext(l.ctx); err != nil {
		return err
	}
	for {
		select {
		case <-patience.Done():
			return patience.Err()
		case event := <-l.heard:
			if qr, ok := event.(*events.QR); ok && len(qr.Codes) > 0 {
				l.codes = qr.Codes
				return nil
			}
			if err := l.failure(event); err != nil {
				return err
			}
		}
	}
}

// hear passes on what concerns the pairing.
func (l *linking) hear(event any) {
	switch event.(type) {
	case *events.QR, *events.PairSuccess, *events.PairError, *events.PairPasskeyRequest, *events.PairPasskeyError,
		*events.ManualLoginReconnect, *events.Disconnected, *events.ConnectFailure, *events.ClientOutdated,
		*events.TemporaryBan, *events.StreamError:
		select {
		case l.heard <- event:
		case <-l.ctx.Done():
		}
	}
}

// failure returns the error that an event means for the pairing, if it means one.
func (l *linking) failure(event any) error {
	switch event := event.(type) {
	case *events.PairError:
		return event.Error
	case *events.PairPasskeyError:
		return event.Error
	case *events.PairPasskeyRequest:
		return errors.New("the phone asks for a passkey")
	case *events.ClientOutdated:
		return l.refusal(say.UpdateBridge, networkName)
	case *events.TemporaryBan:
		return bridgev2.RespError{ErrCode: mautrix.MUnknown.ErrCode, StatusCode: http.StatusBadRequest,
			Err: l.connector.suspended(l.user.MXID, newBan(event, l.connector.now()))}
	case *events.ConnectFailure:
		return errors.New(event.PermanentDisconnectDescription())
	case *events.Disconnected:
		return l.refusal(say.LoginTimedOut, networkName)
	}
	return nil
}

// nextQR shows the next QR code. There must be one.
func (l *linking) nextQR(lasts time.Duration) *bridgev2.LoginStep {
	code := l.codes[0]
	l.codes = l.codes[1:]
	l.expires = time.Now().Add(lasts)
	return &bridgev2.LoginStep{
		Type: bridgev2.LoginStepTypeDisplayAndWait, StepID: stepQR,
		DisplayAndWaitParams: &bridgev2.LoginDisplayAndWaitParams{Type: bridgev2.LoginDisplayTypeQR, Data: code},
	}
}

// Wait returns the next step: the next QR code when the one that is shown ends, or the end of the login.
func (l *linking) Wait(ctx context.Context) (*bridgev2.LoginStep, error) {
	ended := time.NewTimer(time.Until(l.expires))
	defer ended.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil, l.fail(ctx.Err())
		case <-l.ctx.Done():
			return nil, l.fail(l.ctx.Err())
		case <-ended.C:
			if l.flow == flowQR && len(l.codes) > 0 {
				return l.nextQR(codeLasts), nil
			}
			return nil, l.fail(l.refusal(say.LoginTimedOut, networkName))
		case event := <-l.heard:
			switch event := event.(type) {
			case *events.PairSuccess:
				return l.finish(event)
			case *events.ManualLoginReconnect:
				l.hungUp = true // the success is still being worked on
			}
			if err := l.failure(event); err != nil {
				return nil, l.fail(err)
			}
		}
	}
}

// finish makes the login of a pairing that succeeded, and returns when its account is connected. It waits for WhatsApp to
// want that: by itself whatsmeow would connect again as soon as WhatsApp asks for it, also when the pairing's success is
// still being worked on.
func (l *linking) finish(paired *events.PairSuccess) (*bridgev2.LoginStep, error) {
	defer l.Cancel()
	l.awaitHangUp()
	l.client.Disconnect()
	id := loginID(paired.LID)
	err := l.makeRoom(id)
	if !isLIDUser(string(id)) {
		err = errors.New("WhatsApp named no LID for the account")
	}
	if err != nil {
		l.giveBack(paired.ID)
		return nil, l.fail(err)
	}
	login, err := l.user.NewLogin(l.ctx, &database.UserLogin{
		ID: id, RemoteName: paired.BusinessName, Metadata: l.connector.newLogin(l.user, id, paired.ID),
	}, nil)
	if err != nil {
		return nil, l.fail(err)
	}
	a := login.Client.(*account)
	a.Connect(l.ctx)
	patience, cancel := context.WithTimeout(l.ctx, linkPatience)
	defer cancel()
	select {
	case <-a.settled:
	case <-patience.Done(): // it goes on connecting; the login's state says how that goes
	}
	if !a.IsLoggedIn() {
		return nil, l.fail(l.refusal(say.LinkFailed, networkName))
	}
	return &bridgev2.LoginStep{
		Type: bridgev2.LoginStepTypeComplete, StepID: stepComplete,
		Instructions:   l.say(say.Connected, networkName),
		CompleteParams: &bridgev2.LoginCompleteParams{UserLoginID: login.ID, UserLogin: login},
	}, nil
}

// giveBack removes a link that was made for nothing.
func (l *linking) giveBack(jid types.JID) {
	device, err := l.connector.device(l.ctx, jid)
	if err == nil && device != nil {
		client := l.connector.newClient(l.ctx, device, l.log)
		client.EnableDecryptedEventBuffer = false // nobody handles what it may receive
		if err = client.ConnectContext(l.ctx); err == nil {
			client.WaitForConnection(linkPatience)
		}
		err = unlink(l.ctx, client)
	}
	if err != nil {
		l.log.Warn().Str("reason", withoutPhoneNumbers(err.Error())).Msg("A link that nobody uses may be left on the phone")
	}
}

// awaitHangUp waits until WhatsApp asks the client to come back as a linked device, which it does once it has what it needs
// of the pairing. It may also just hang up, and then nothing comes: hence the limit.
func (l *linking) awaitHangUp() {
	limit := time.NewTimer(5 * time.Second)
	defer limit.Stop()
	for !l.hungUp && l.client.IsConnected() {
		select {
		case event := <-l.heard:
			switch event.(type) {
			case *events.ManualLoginReconnect, *events.Disconnected, *events.StreamError:
				return
			}
		case <-limit.C:
			return
		case <-l.ctx.Done():
			return
		}
	}
}

// makeRoom ends what the new login takes the place of. It fails when the account belongs to somebody else's login.
func (l *linking) makeRoom(id networkid.UserLoginID) error {
	existing, err := l.connector.bridge.GetExistingUserLoginByID(l.ctx, id)
	if err != nil {
		return err
	}
	if existing == nil {
		return nil
	}
	if existing.UserMXID != l.user.MXID {
		return l.refusal(say.AccountTaken, networkName)
	}
	if old, ok := existing.Client.(*account); ok {
		old.LogoutRemote(l.ctx)
	}
	return nil
}

// refusal is an error that a person reads.
func (l *linking) refusal(sentence say.Sentence, args ...any) error {
	return bridgev2.RespError{ErrCode: mautrix.MUnknown.ErrCode, Err: l.say(sentence, args...), StatusCode: http.StatusBadRequest}
}

// fail ends the login and returns what a person reads about it.
func (l *linking) fail(err error) error {
	l.Cancel()
	var readable bridgev2.RespError
	switch {
	case errors.As(err, &readable):
		return err
	case errors.Is(err, context.Canceled):
		return l.refusal(say.LoginCancelled)
	case errors.Is(err, context.DeadlineExceeded):
		l.log.Warn().Msg("WhatsApp did not answer in time")
	default:
		l.log.Warn().Str("reason", withoutPhoneNumbers(err.Error())).Msg("The login failed")
	}
	return l.refusal(say.LinkFailed, networkName)
}

// Cancel ends the login. It may be called again.
func (l *linking) Cancel() {
	l.once.Do(func() {
		if l.client != nil {
			l.client.Disconnect()
		}
		l.cancel()
	})
}
